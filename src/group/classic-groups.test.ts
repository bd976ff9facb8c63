// The life of a classic group: joining, rebalancing, heartbeats, leaving, and what each member is told of it.
import { describe, expect, test } from 'vitest'
import { errorOf, turn } from '../../test/support/coordinator-storage.ts'
import {
  type GroupRoom,
  groupRoom,
  Member,
  type MemberOptions,
  moveLeadership,
  stateOf,
  subscription,
} from '../../test/support/group-room.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'

/** What a promise has become by now. */
function watch<T>(promise: Promise<T>): { value: T | 'waiting' } {
  const seen: { value: T | 'waiting' } = { value: 'waiting' }
  void promise.then((value) => {
    seen.value = value
  })
  return seen
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `client-${index}`)

/** A group that is Stable, with members that joined together; the first one leads. */
async function stableGroup(room: GroupRoom, groupId: string, ...options: MemberOptions[]): Promise<Member[]> {
  const members = options.map((one, index) => new Member(room, groupId, `client-${index}`, one))
  const entering = members.map((member) => member.enter())
  await turn()
  await room.pass(0)
  await Promise.all(entering)
  members.sort((a, b) => Number(b.isLeader) - Number(a.isLeader))
  const assignments = Object.fromEntries(members.map(({ memberId }, index) => [memberId, `part ${index}`]))
  await Promise.all(members.map((member) => member.sync(member.isLeader ? assignments : {})))
  expect(await stateOf(room, groupId)).toBe('Stable')
  return members
}

const leading = (members: Member[]): [Member, Member] => members as [Member, Member]

describe('a first member', () => {
  test('is told its member id, joins with that, and leads the first generation', async () => {
    const room = await groupRoom()
    const member = new Member(room, 'g', 'client')
    const told = await member.join()
    expect(told.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED)
    expect(told.memberId).toMatch(/^client-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const joining = member.join()
    await room.pass(0)
    const joined = await joining
    expect(joined).toMatchObject({ generationId: 1, leader: member.memberId, protocolName: 'range' })
    expect(joined.members).toEqual([
      { memberId: member.memberId, groupInstanceId: null, metadata: subscription('red') },
    ])
    expect(await stateOf(room, 'g')).toBe('CompletingRebalance')
  })

  test('of a client before version 4 is not asked to come back with its id', async () => {
    const room = await groupRoom()
    const member = new Member(room, 'g', 'client', { apiVersion: 3 })
    const joining = member.join()
    await room.pass(0)
    expect(await joining).toMatchObject({ generationId: 1, leader: member.memberId })
  })

  test('waits as long as others keep coming, and at most for its rebalance timeout', async () => {
    const room = await groupRoom({ 'group.initial.rebalance.delay.ms': '3000' })
    const [a, b, c] = numbered(3).map(
      (name) => new Member(room, 'g', name, { apiVersion: 3, rebalanceTimeoutMs: 7000 }),
    )
    const first = watch((a as Member).join())
    await room.pass(2000)
    const second = watch((b as Member).join())
    await room.pass(2000)
    expect(first.value, 'someone came within the first delay').toBe('waiting')
    const third = watch((c as Member).join())
    await room.pass(1999)
    expect(first.value).toBe('waiting')
    await room.pass(1001)
    for (const { value } of [first, second, third]) expect(value).toMatchObject({ generationId: 1 })
  })

  test('is refused with a session timeout out of bounds, without protocols, or in a group without a name', async () => {
    const room = await groupRoom()
    const refusalOf = async (groupId: string, options: MemberOptions) =>
      (await new Member(room, groupId, 'client', options).join()).errorCode
    expect(await refusalOf('g', { sessionTimeoutMs: 5999 })).toBe(ErrorCode.INVALID_SESSION_TIMEOUT)
    expect(await refusalOf('g', { sessionTimeoutMs: 1_800_001 })).toBe(ErrorCode.INVALID_SESSION_TIMEOUT)
    expect(await refusalOf('g', { protocols: {} })).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    expect(await refusalOf('g', { protocolType: '' })).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    expect(await refusalOf('', {})).toBe(ErrorCode.INVALID_GROUP_ID)
  })

  test('that sends a subscription nobody can read is a member all the same', async () => {
    const room = await groupRoom()
    const [member] = await stableGroup(room, 'g', { protocols: { range: Buffer.from('subscription') } })
    expect(member?.generationId).toBe(1)
  })
})

describe('a rebalance', () => {
  test('is told by the heartbeat, waits for all to rejoin, and gives the leader the list of members', async () => {
    const room = await groupRoom()
    const [a] = await stableGroup(room, 'g', {})
    const b = new Member(room, 'g', 'late')
    await b.join()
    const joining = watch(b.join())
    await turn()
    expect(joining.value).toBe('waiting')
    expect(await errorOf((a as Member).heartbeat())).toBe('REBALANCE_IN_PROGRESS')
    expect((await a?.join())?.members).toHaveLength(2)
    await turn()
    expect(joining.value).toMatchObject({ generationId: 2, leader: a?.memberId, members: [] })
  })

  test('chooses the protocol that all have and most prefer', async () => {
    const room = await groupRoom()
    const of = (...names: string[]): MemberOptions => ({
      protocols: Object.fromEntries(names.map((name) => [name, subscription('red')])),
    })
    await stableGroup(room, 'g', of('x', 'y', 'z'), of('z', 'y'), of('z', 'y', 'w'))
    const [described] = await room.groups.describeGroups(['g'])
    expect(described?.protocolData).toBe('z')
  })

  test('refuses who has no protocol in common with the members, or another protocol type', async () => {
    const room = await groupRoom()
    await stableGroup(room, 'g', {})
    const other = await new Member(room, 'g', 'b', { protocols: { other: Buffer.alloc(0) } }).join()
    expect(other.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    const connect = await new Member(room, 'g', 'b', { protocolType: 'connect' }).join()
    expect(connect.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  })

  test('goes on without those who do not rejoin within the longest rebalance timeout', async () => {
    const room = await groupRoom()
    const [a] = await stableGroup(room, 'g', { rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 60_000 })
    const b = new Member(room, 'g', 'late', { rebalanceTimeoutMs: 5000 })
    await b.join()
    const joining = watch(b.join())
    await room.pass(19_999)
    expect(joining.value).toBe('waiting')
    await room.pass(1)
    expect(joining.value).toMatchObject({ generationId: 2, leader: b.memberId })
    expect(await errorOf((a as Member).heartbeat())).toBe('UNKNOWN_MEMBER_ID')
  })

  test('starts again without those who never ask for their assignment', async () => {
    const room = await groupRoom()
    const options = { apiVersion: 3, rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 60_000 }
    const [a, b] = leading(numbered(2).map((name) => new Member(room, 'g', name, options)))
    const joins = [a.join(), b.join()]
    await room.pass(0)
    await Promise.all(joins)
    await a.sync({ [a.memberId]: 'all' })
    await room.pass(20_000)
    expect(await errorOf(b.heartbeat())).toBe('UNKNOWN_MEMBER_ID')
    expect(await errorOf(a.heartbeat())).toBe('REBALANCE_IN_PROGRESS')
  })

  test('waits for a member that was only told its id, until that is forgotten', async () => {
    const room = await groupRoom()
    const [a] = await stableGroup(room, 'g', { sessionTimeoutMs: 60_000 })
    const pending = new Member(room, 'g', 'pending', { sessionTimeoutMs: 8000 })
    await pending.join()
    const rejoining = watch((a as Member).join())
    await room.pass(7999)
    expect(rejoining.value).toBe('waiting')
    await room.pass(1)
    expect(rejoining.value).toMatchObject({ generationId: 2 })
    expect((await pending.join()).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('is not started by a member that asks again for what it has', async () => {
    const room = await groupRoom()
    const [leader, follower] = leading(await stableGroup(room, 'g', {}, {}))
    expect(await follower.join()).toMatchObject({ generationId: 1, members: [] })
    expect(await stateOf(room, 'g')).toBe('Stable')
    follower.options = { protocols: { range: subscription('red', 'blue') } }
    const rejoining = watch(follower.join())
    await turn()
    expect(rejoining.value, 'another subscription matters to all').toBe('waiting')
    await leader.join()
    await turn()
    expect(rejoining.value).toMatchObject({ generationId: 2 })
  })

  test('has room for no more than group.max.size members', async () => {
    const room = await groupRoom({ 'group.max.size': '2' })
    await stableGroup(room, 'g', {}, {})
    expect((await new Member(room, 'g', 'third').join()).errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED)
  })
})

describe('an assignment', () => {
  test('reaches the members only when it is written', async () => {
    const room = await groupRoom()
    const members = numbered(2).map((name) => new Member(room, 'g', name, { apiVersion: 3 }))
    const joins = members.map((member) => member.join())
    await room.pass(0)
    await Promise.all(joins)
    const [leader, follower] = leading(members.sort((a) => (a.isLeader ? -1 : 1)))
    room.storage.hold()
    const syncs = [
      watch(follower.sync()),
      watch(leader.sync({ [leader.memberId]: 'mine', [follower.memberId]: 'yours', stranger: 'lost' })),
    ]
    await turn()
    expect(syncs.map(({ value }) => value)).toEqual(['waiting', 'waiting'])
    room.storage.release()
    await turn()
    const text = ({ value }: { value: unknown }) => String((value as { assignment: Buffer }).assignment)
    expect(syncs.map(text)).toEqual(['yours', 'mine'])
    expect(await stateOf(room, 'g')).toBe('Stable')
    expect(String((await follower.sync()).assignment), 'asked again').toBe('yours')
  })

  test('that is too large for the log is refused, and the members rebalance', async () => {
    const room = await groupRoom()
    const [leader] = await stableGroup(room, 'g', {})
    await leader?.join()
    room.storage.batchCapacity = 100
    room.storage.refusal = new KafkaError('RECORD_LIST_TOO_LARGE')
    expect((await leader?.sync({ [leader.memberId]: 'x'.repeat(200) }))?.errorCode).toBe(ErrorCode.UNKNOWN_SERVER_ERROR)
    expect(await errorOf((leader as Member).heartbeat())).toBe('REBALANCE_IN_PROGRESS')
  })

  test('is not given to another generation, another protocol, a stranger, or during a rebalance', async () => {
    const room = await groupRoom()
    const [member] = (await stableGroup(room, 'g', {})) as [Member]
    const request = {
      groupId: 'g',
      memberId: member.memberId,
      generationId: 1,
      groupInstanceId: null,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [],
    }
    const codeOf = (more: object) => errorOf(room.groups.syncGroup({ ...request, ...more }))
    expect(await codeOf({ generationId: 2 })).toBe('ILLEGAL_GENERATION')
    expect(await codeOf({ protocolName: 'other' })).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(await codeOf({ memberId: 'stranger' })).toBe('UNKNOWN_MEMBER_ID')
    expect(await codeOf({ groupId: 'nowhere' })).toBe('UNKNOWN_MEMBER_ID')
    const b = new Member(room, 'g', 'late', { apiVersion: 3 })
    void b.join()
    await turn()
    expect(await codeOf({})).toBe('REBALANCE_IN_PROGRESS')
  })
})

describe('a session', () => {
  test('ends without a heartbeat, a rejoin or a commit, and the others rebalance', async () => {
    const room = await groupRoom()
    const [a, b] = leading(await stableGroup(room, 'g', { sessionTimeoutMs: 10_000 }, { sessionTimeoutMs: 10_000 }))
    await room.pass(6000)
    await a.heartbeat()
    await room.pass(6000)
    expect(await errorOf(b.heartbeat())).toBe('UNKNOWN_MEMBER_ID')
    expect(await errorOf(a.heartbeat())).toBe('REBALANCE_IN_PROGRESS')
  })

  test('is prolonged by a commit', async () => {
    const room = await groupRoom()
    const [a] = (await stableGroup(room, 'g', { sessionTimeoutMs: 10_000 })) as [Member]
    await room.pass(6000)
    expect(await a.commit(1)).toBe(ErrorCode.NONE)
    await room.pass(6000)
    expect(await errorOf(a.heartbeat())).toBe('NONE')
  })

  test('does not end while the member waits for the others', async () => {
    const room = await groupRoom()
    const [a, b] = leading(await stableGroup(room, 'g', { sessionTimeoutMs: 10_000 }, { sessionTimeoutMs: 100_000 }))
    a.options = { ...a.options, protocols: { range: subscription('blue') } }
    const rejoining = watch(a.join())
    await room.pass(50_000)
    expect(rejoining.value).toBe('waiting')
    await b.join()
    await turn()
    expect(rejoining.value).toMatchObject({ generationId: 2 })
  })

  test('of the last member leaves an empty group, with a record that says so', async () => {
    const room = await groupRoom()
    const [a] = (await stableGroup(room, 'g', { sessionTimeoutMs: 10_000 })) as [Member]
    await room.pass(10_000)
    expect(await stateOf(room, 'g')).toBe('Empty')
    expect(await stateOf(await room.restarted(), 'g')).toBe('Empty')
    expect(await errorOf(a.heartbeat())).toBe('UNKNOWN_MEMBER_ID')
  })

  test('of another generation is refused', async () => {
    const room = await groupRoom()
    const [a] = (await stableGroup(room, 'g', {})) as [Member]
    a.generationId = 7
    expect(await errorOf(a.heartbeat())).toBe('ILLEGAL_GENERATION')
  })
})

describe('leaving', () => {
  test('makes the others rebalance at once, and is told for each member', async () => {
    const room = await groupRoom()
    const [a, b] = leading(await stableGroup(room, 'g', {}, {}))
    const left = await room.groups.leaveGroup('g', [
      { memberId: b.memberId, groupInstanceId: null },
      { memberId: 'stranger', groupInstanceId: null },
    ])
    expect(left.members?.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID])
    expect(await errorOf(a.heartbeat())).toBe('REBALANCE_IN_PROGRESS')
    expect(await a.join()).toMatchObject({ generationId: 2 })
  })

  test('answers what the member still waits for', async () => {
    const room = await groupRoom()
    const [a, b] = leading(await stableGroup(room, 'g', {}, {}))
    b.options = { protocols: { range: subscription('blue') } }
    const rejoining = watch(b.join())
    await b.leave()
    await turn()
    expect(rejoining.value).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    expect(await a.join()).toMatchObject({ generationId: 2 })
  })

  test('of the last one empties the group; who is no member of any is told so', async () => {
    const room = await groupRoom()
    const [a] = (await stableGroup(room, 'g', {})) as [Member]
    await a.leave()
    expect(await stateOf(room, 'g')).toBe('Empty')
    expect((await a.leave()).members?.[0]?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    const elsewhere = await room.groups.leaveGroup('nowhere', [{ memberId: 'x', groupInstanceId: null }])
    expect(elsewhere.members?.[0]?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })
})

describe('a static member', () => {
  const two = [{ groupInstanceId: 'one' }, { groupInstanceId: 'two' }]

  test('comes back under a new member id to its old assignment, and nobody rebalances', async () => {
    const room = await groupRoom()
    const [, follower] = leading(await stableGroup(room, 'g', ...two))
    const oldId = follower.memberId
    follower.memberId = ''
    expect(await follower.join()).toMatchObject({ generationId: 1, skipAssignment: false, members: [] })
    expect(follower.memberId).not.toBe(oldId)
    expect(String((await follower.sync()).assignment)).toBe('part 1')
    expect(await stateOf(await room.restarted(), 'g')).toBe('Stable')
  })

  test('fences whoever still uses its old member id', async () => {
    const room = await groupRoom()
    const [, follower] = leading(await stableGroup(room, 'g', ...two))
    const before = new Member(room, 'g', 'old process', follower.options)
    before.memberId = follower.memberId
    before.generationId = 1
    follower.memberId = ''
    await follower.join()
    expect(await errorOf(before.heartbeat())).toBe('FENCED_INSTANCE_ID')
    expect(await errorOf(before.sync())).toBe('FENCED_INSTANCE_ID')
    expect(await before.commit(1)).toBe(ErrorCode.FENCED_INSTANCE_ID)
    expect((await before.join()).errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID)
    expect((await before.leave()).members?.[0]?.errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID)
  })

  test('that leads is told to skip the assignment from version 9 on, and does not know that it leads before', async () => {
    const room = await groupRoom()
    const [leader] = leading(await stableGroup(room, 'g', ...two))
    leader.memberId = ''
    const modern = await leader.join()
    expect(modern).toMatchObject({ skipAssignment: true, leader: leader.memberId })
    expect(modern.members).toHaveLength(2)
    const knownAs = leader.memberId
    leader.memberId = ''
    leader.options = { ...leader.options, apiVersion: 8 }
    expect(await leader.join()).toMatchObject({ leader: knownAs, members: [] })
  })

  test('that comes back with other preferences makes all rebalance', async () => {
    const room = await groupRoom()
    const both = { range: subscription('red'), sticky: subscription('red') }
    const [leader, follower] = leading(
      await stableGroup(room, 'g', ...two.map((options) => ({ ...options, protocols: both }))),
    )
    follower.memberId = ''
    follower.options = { groupInstanceId: follower.options.groupInstanceId, protocols: { sticky: subscription('red') } }
    const rejoining = watch(follower.join())
    await turn()
    expect(rejoining.value).toBe('waiting')
    expect(await errorOf(leader.heartbeat())).toBe('REBALANCE_IN_PROGRESS')
    expect(await leader.join()).toMatchObject({ generationId: 2, protocolName: 'sticky' })
  })

  test('keeps its place in a rebalance that it misses, until its session ends', async () => {
    const room = await groupRoom()
    const slow = { groupInstanceId: 'one', rebalanceTimeoutMs: 5000, sessionTimeoutMs: 20_000 }
    const [a] = (await stableGroup(room, 'g', slow)) as [Member]
    const b = new Member(room, 'g', 'late', { apiVersion: 3, rebalanceTimeoutMs: 5000 })
    const joining = b.join()
    await room.pass(5000)
    expect((await joining).members, 'the new leader assigns for both').toHaveLength(2)
    await b.sync({ [a.memberId]: 'kept' })
    a.generationId = 2
    expect(String((await a.sync()).assignment)).toBe('kept')
    await room.pass(20_000)
    expect(await errorOf(a.heartbeat())).toBe('UNKNOWN_MEMBER_ID')
  })

  test('is removed by its instance id alone', async () => {
    const room = await groupRoom()
    await stableGroup(room, 'g', ...two)
    const left = await room.groups.leaveGroup('g', [
      { memberId: '', groupInstanceId: 'one' },
      { memberId: '', groupInstanceId: 'three' },
      { memberId: 'wrong', groupInstanceId: 'two' },
    ])
    expect(left.members?.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.NONE,
      ErrorCode.UNKNOWN_MEMBER_ID,
      ErrorCode.FENCED_INSTANCE_ID,
    ])
  })

  test('keeps its old member id where the new one cannot be written', async () => {
    const room = await groupRoom()
    const [, follower] = leading(await stableGroup(room, 'g', ...two))
    const oldId = follower.memberId
    follower.memberId = ''
    room.storage.batchCapacity = 10
    room.storage.refusal = new KafkaError('RECORD_LIST_TOO_LARGE')
    expect((await follower.join()).errorCode).toBe(ErrorCode.UNKNOWN_SERVER_ERROR)
    follower.memberId = oldId
    expect(await errorOf(follower.heartbeat())).toBe('NONE')
  })
})

describe('a coordinator that goes', () => {
  test('tells all that wait in it, and knows nothing any more', async () => {
    const room = await groupRoom()
    const [a, b] = leading(await stableGroup(room, 'g', {}, {}))
    b.options = { protocols: { range: subscription('blue') } }
    const rejoining = watch(b.join())
    await turn()
    moveLeadership(room.image, 2)
    await turn()
    expect(rejoining.value).toMatchObject({ errorCode: ErrorCode.NOT_COORDINATOR })
    expect(await errorOf(a.heartbeat())).toBe('NOT_COORDINATOR')
    expect(await room.groups.listGroups({ states: [], types: [] })).toEqual([])
  })

  test('finds its groups again when it comes back, and gives the members a session to show themselves', async () => {
    const room = await groupRoom()
    const [a, b] = leading(await stableGroup(room, 'g', {}, {}))
    moveLeadership(room.image, 2)
    moveLeadership(room.image, 1)
    await turn()
    expect(await errorOf(a.heartbeat())).toBe('NONE')
    await room.pass(9999)
    expect(await errorOf(a.heartbeat())).toBe('NONE')
    await room.pass(1)
    expect(await errorOf(b.heartbeat())).toBe('UNKNOWN_MEMBER_ID')
  })

  test('asks others to wait while it loads, and lets heartbeats be', async () => {
    const room = await groupRoom()
    const [a] = (await stableGroup(room, 'g', {})) as [Member]
    moveLeadership(room.image, 2)
    moveLeadership(room.image, 1)
    const asked = [errorOf(a.heartbeat()), errorOf(a.join()), errorOf(a.leave())]
    expect(await Promise.all(asked)).toEqual(['NONE', 'COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_LOAD_IN_PROGRESS'])
    expect(await errorOf(a.heartbeat())).toBe('NONE')
  })

  test('that could not write an assignment goes back to what is written, and its members find it there', async () => {
    const room = await groupRoom()
    const [a] = (await stableGroup(room, 'g', {})) as [Member]
    await a.join()
    expect(a.generationId).toBe(2)
    room.storage.failure = new KafkaError('KAFKA_STORAGE_ERROR')
    expect((await a.sync({ [a.memberId]: 'lost' })).errorCode).toBe(ErrorCode.NOT_COORDINATOR)
    await turn()
    expect(await errorOf(a.heartbeat())).toBe('ILLEGAL_GENERATION')
    expect(await a.join()).toMatchObject({ generationId: 2 })
    await a.sync({ [a.memberId]: 'written' })
    expect(String((await a.sync()).assignment)).toBe('written')
  })

  test('that has stopped is not available', async () => {
    const room = await groupRoom()
    room.groups.close()
    const member = new Member(room, 'g', 'client')
    expect((await member.join()).errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    expect(await errorOf(member.heartbeat())).toBe('COORDINATOR_NOT_AVAILABLE')
    expect(await errorOf(room.groups.listGroups({ states: [], types: [] }))).toBe('COORDINATOR_NOT_AVAILABLE')
  })

  test('keeps members through a crash, in the generation and with the assignment that they have', async () => {
    const room = await groupRoom()
    const [a, b] = leading(await stableGroup(room, 'g', {}, { groupInstanceId: 'fixed' }))
    const after = await room.restarted()
    expect(await after.groups.describeGroups(['g'])).toEqual(await room.groups.describeGroups(['g']))
    for (const member of [a, b]) {
      const survivor = new Member(after, 'g', 'client', member.options)
      survivor.memberId = member.memberId
      survivor.generationId = 1
      expect(await errorOf(survivor.heartbeat())).toBe('NONE')
    }
  })
})
