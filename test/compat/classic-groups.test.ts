// Classic groups: join, sync, heartbeat, leave, and the rebalance that ties them together.
import { type ClassicMember, rebalance, subscription } from '../support/classic-member.ts'
import { apis, describe, expect, message, only, type TestBroker, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

async function stateOf(broker: TestBroker, groupId: string): Promise<string> {
  return only((await broker.ask(apis.DescribeGroups, 5, { groups: [groupId] })).groups).groupState
}

/** A stable group of two: the leader and the other. */
async function pair(broker: TestBroker): Promise<[ClassicMember, ClassicMember]> {
  const group = await broker.group()
  const leader = await (await broker.member(group)).settle()
  const other = await broker.member(group)
  await rebalance([leader], [other])
  const assignments = { [leader.memberId]: 'for the leader', [other.memberId]: 'for the other' }
  await Promise.all([leader.sync(assignments), other.sync()])
  return [leader, other]
}

describe('JoinGroup', message('JoinGroup'), () => {
  test.for([0, 1, 2, 3])('takes a new member at once at version %i', async (version, { broker }) => {
    const groupId = await broker.group()
    const answer = await broker.ask(apis.JoinGroup, version, {
      groupId,
      sessionTimeoutMs: 30_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription([]) }],
      ...(version >= 1 ? { rebalanceTimeoutMs: 30_000 } : {}),
    })
    expect(answer).toMatchObject({ errorCode: 'NONE', generationId: 1, protocolName: 'range', leader: answer.memberId })
    expect(only(answer.members)).toMatchObject({ memberId: answer.memberId, metadata: subscription([]) })
  })

  test.for([4, 5, 6, 7, 8, 9])('first gives a new member its id at version %i', async (version, { broker }) => {
    const groupId = await broker.group()
    const request = {
      groupId,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription([]) }],
    }
    const first = await broker.ask(apis.JoinGroup, version, { ...request, memberId: '' })
    expect(first).toMatchObject({ errorCode: 'MEMBER_ID_REQUIRED', generationId: -1, leader: '', members: [] })
    expect(first.memberId).toMatch(new RegExp(`^compat-${UUID}$`))
    const second = await broker.ask(apis.JoinGroup, version, { ...request, memberId: first.memberId })
    expect(second).toMatchObject({ errorCode: 'NONE', generationId: 1, leader: first.memberId })
  })

  test('makes member ids of the client’s id', async ({ broker }) => {
    const member = await broker.member(await broker.group(), { clientId: 'my client' })
    expect((await member.tryJoin()).memberId).toMatch(new RegExp(`^my client-${UUID}$`))
  })

  test('tells the leader of all members, and the others of none', async ({ broker }) => {
    const group = await broker.group()
    const first = await (await broker.member(group, { topics: ['a'] })).settle()
    const second = await broker.member(group, { topics: ['b'] })
    const [ofFirst, ofSecond] = await rebalance([first], [second])
    expect(ofFirst).toMatchObject({ errorCode: 'NONE', generationId: 2, leader: first.memberId })
    expect(new Map(ofFirst?.members.map((member) => [member.memberId, member.metadata]))).toEqual(
      new Map([
        [first.memberId, subscription(['a'])],
        [second.memberId, subscription(['b'])],
      ]),
    )
    expect(ofSecond).toMatchObject({ errorCode: 'NONE', generationId: 2, leader: first.memberId, members: [] })
  })

  test('tells protocol type and name from version 7 on', async ({ broker }) => {
    broker.needs(apis.JoinGroup, 9)
    const answer = await (await broker.member(await broker.group())).join()
    expect(answer).toMatchObject({ protocolType: 'consumer', protocolName: 'range', skipAssignment: false })
  })

  test('chooses the protocol that most members like best', async ({ broker }) => {
    const group = await broker.group()
    const named = (...names: string[]) => ({ protocols: names.map((name) => ({ name, metadata: subscription([]) })) })
    const first = await (await broker.member(group, named('a', 'b', 'c'))).settle()
    const others = [await broker.member(group, named('b', 'a')), await broker.member(group, named('b', 'a', 'd'))]
    const answers = await rebalance([first], others)
    expect(answers.map(({ protocolName }) => protocolName)).toEqual(['b', 'b', 'b'])
  })

  test('chooses only among the protocols that all members have', async ({ broker }) => {
    const group = await broker.group()
    const named = (...names: string[]) => ({ protocols: names.map((name) => ({ name, metadata: subscription([]) })) })
    const first = await (await broker.member(group, named('a', 'b'))).settle()
    const answers = await rebalance([first], [await broker.member(group, named('c', 'b'))])
    expect(answers.map(({ protocolName }) => protocolName)).toEqual(['b', 'b'])
  })

  test('answers a member that joins again with what it has, where nothing changed', async ({ broker }) => {
    const [, other] = await pair(broker)
    const answer = await other.join()
    expect(answer).toMatchObject({ errorCode: 'NONE', generationId: 2, memberId: other.memberId })
    expect(await stateOf(broker, other.groupId)).toBe('Stable')
  })

  test('rebalances when the leader joins again', async ({ broker }) => {
    const [leader, other] = await pair(broker)
    const rejoined = leader.join()
    await eventually('a rebalance', async () => (await other.heartbeat()) === 'REBALANCE_IN_PROGRESS')
    await other.join()
    expect((await rejoined).generationId).toBe(3)
  })

  test('rebalances when a member wants something else', async ({ broker }) => {
    broker.needs(apis.JoinGroup, 9)
    const [leader, other] = await pair(broker)
    const { groupId, memberId } = other
    const rejoined = other.client.ask(apis.JoinGroup, 9, {
      groupId,
      memberId,
      ...other.joining,
      protocols: [{ name: 'range', metadata: subscription(['new']) }],
    })
    await eventually('a rebalance', async () => (await leader.heartbeat()) === 'REBALANCE_IN_PROGRESS')
    const { members } = await leader.join()
    expect(members.find((member) => member.memberId === memberId)?.metadata).toEqual(subscription(['new']))
    expect((await rejoined).generationId).toBe(3)
  })

  test('goes on without a member that does not come back within the rebalance timeout', async ({ broker }) => {
    const group = await broker.group()
    const gone = await (await broker.member(group, { rebalanceTimeoutMs: 300 })).settle()
    const next = await broker.member(group, { rebalanceTimeoutMs: 300 })
    const answer = await next.join()
    expect(answer).toMatchObject({ errorCode: 'NONE', generationId: 2, leader: next.memberId })
    expect(answer.members.map(({ memberId }) => memberId)).toEqual([next.memberId])
    expect(await gone.heartbeat()).toBe('UNKNOWN_MEMBER_ID')
  })

  test('begins anew when another joins before the leader has synced', async ({ broker }) => {
    const group = await broker.group()
    const first = await broker.member(group)
    await first.join()
    const second = await broker.member(group)
    const joining = second.join()
    await eventually('a rebalance', async () => (await first.heartbeat()) === 'REBALANCE_IN_PROGRESS')
    expect((await first.sync({ [first.memberId]: 'mine' })).errorCode).toBe('REBALANCE_IN_PROGRESS')
    const answer = await first.join()
    expect(answer.generationId).toBe(2)
    expect((await joining).generationId).toBe(2)
  })

  test.for<[string, object, string]>([
    ['an empty group id', { groupId: '' }, 'INVALID_GROUP_ID'],
    ['a session timeout that is too short', { sessionTimeoutMs: 1 }, 'INVALID_SESSION_TIMEOUT'],
    ['a session timeout that is too long', { sessionTimeoutMs: 1_800_001 }, 'INVALID_SESSION_TIMEOUT'],
    ['no protocols', { protocols: [] }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['no protocol type', { protocolType: '' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['a member that it does not know', { memberId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
    [
      'an instance that it does not know, with a member id',
      { memberId: 'nobody', groupInstanceId: 'i' },
      'UNKNOWN_MEMBER_ID',
    ],
  ])('refuses %s', async ([, request, errorCode], { broker }) => {
    const answer = await broker.ask(apis.JoinGroup, 7, {
      groupId: await broker.group(),
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription([]) }],
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      ...request,
    })
    expect(answer).toMatchObject({ errorCode, generationId: -1, protocolName: null, leader: '', members: [] })
  })

  test('refuses another protocol type than the group’s', async ({ broker }) => {
    const group = await broker.group()
    await (await broker.member(group)).settle()
    const stranger = await broker.member(group, { protocolType: 'connect' })
    expect((await stranger.join()).errorCode).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })

  test('refuses a member without a protocol that the others have', async ({ broker }) => {
    const group = await broker.group()
    await (await broker.member(group)).settle()
    const protocols = [{ name: 'other', metadata: subscription([]) }]
    expect((await (await broker.member(group, { protocols })).join()).errorCode).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })

  test('takes any protocol type again when the group is empty', async ({ broker }) => {
    const group = await broker.group()
    const first = await (await broker.member(group)).settle()
    await first.leave()
    const next = await broker.member(group, {
      protocolType: 'connect',
      protocols: [{ name: 'x', metadata: Buffer.from('any bytes') }],
    })
    expect(await next.join()).toMatchObject({ errorCode: 'NONE', protocolType: 'connect', protocolName: 'x' })
  })
})

describe('SyncGroup', message('SyncGroup'), () => {
  test('gives each member what the leader has for it', async ({ broker }) => {
    broker.needs(apis.SyncGroup, 5)
    const group = await broker.group()
    const leader = await (await broker.member(group)).settle()
    const other = await broker.member(group)
    await rebalance([leader], [other])
    const waiting = other.sync()
    const ofLeader = await leader.sync({ [leader.memberId]: 'one', [other.memberId]: 'two' })
    expect(ofLeader).toMatchObject({ errorCode: 'NONE', protocolType: 'consumer', protocolName: 'range' })
    expect(String(ofLeader.assignment)).toBe('one')
    expect(String((await waiting).assignment)).toBe('two')
  })

  test('gives a member nothing that the leader forgot', async ({ broker }) => {
    const group = await broker.group()
    const leader = await (await broker.member(group)).settle()
    const other = await broker.member(group)
    await rebalance([leader], [other])
    const waiting = other.sync()
    await leader.sync({ [leader.memberId]: 'all' })
    expect(await waiting).toMatchObject({ errorCode: 'NONE', assignment: Buffer.alloc(0) })
  })

  test.for([0, 1, 2, 3, 4, 5])('gives a stable group’s assignment again at version %i', async (version, { broker }) => {
    const { groupId, memberId, generationId } = await (await broker.member(await broker.group())).settle()
    const answer = await broker.ask(apis.SyncGroup, version, {
      groupId,
      memberId,
      generationId,
      assignments: [],
      ...(version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}),
    })
    expect(answer.errorCode).toBe('NONE')
    expect(String(answer.assignment)).toBe('assigned')
  })

  test('takes no notice of assignments from who does not lead', async ({ broker }) => {
    const [leader, other] = await pair(broker)
    await other.sync({ [leader.memberId]: 'stolen' })
    expect(String((await leader.sync()).assignment)).toBe('for the leader')
  })

  test.for<[string, object, string]>([
    ['another generation', { generationId: 9 }, 'ILLEGAL_GENERATION'],
    ['a member that it does not know', { memberId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
    ['a group that it does not know', { groupId: 'no-such-group' }, 'UNKNOWN_MEMBER_ID'],
    ['an empty group id', { groupId: '' }, 'INVALID_GROUP_ID'],
    ['another protocol type', { protocolType: 'connect' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['another protocol', { protocolName: 'other' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['no protocol type', { protocolType: null }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['no protocol', { protocolName: null }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['an instance that it does not know', { groupInstanceId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
  ])('refuses %s', async ([, request, errorCode], { broker }) => {
    const { groupId, memberId, generationId } = await (await broker.member(await broker.group())).settle()
    const answer = await broker.ask(apis.SyncGroup, 5, {
      groupId,
      memberId,
      generationId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [],
      ...request,
    })
    expect(answer).toMatchObject({ errorCode, assignment: Buffer.alloc(0) })
  })
})

describe('Heartbeat', message('Heartbeat'), () => {
  test.for([0, 1, 2, 3, 4])('of a member is answered at version %i', async (version, { broker }) => {
    const { groupId, memberId, generationId } = await (await broker.member(await broker.group())).settle()
    const answer = await broker.ask(apis.Heartbeat, version, { groupId, memberId, generationId })
    expect(answer.errorCode).toBe('NONE')
  })

  test('is answered while the leader has not synced', async ({ broker }) => {
    const member = await broker.member(await broker.group())
    await member.join()
    expect(await member.heartbeat()).toBe('NONE')
  })

  test('tells of a rebalance', async ({ broker }) => {
    const group = await broker.group()
    const first = await (await broker.member(group)).settle()
    const second = await broker.member(group)
    const joining = second.join()
    await eventually('a rebalance', async () => (await first.heartbeat()) === 'REBALANCE_IN_PROGRESS')
    await first.join()
    await joining
    expect(await first.heartbeat()).toBe('NONE')
  })

  test.for<[string, object, string]>([
    ['another generation', { generationId: 7 }, 'ILLEGAL_GENERATION'],
    ['a member that it does not know', { memberId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
    ['a group that it does not know', { groupId: 'no-such-group' }, 'UNKNOWN_MEMBER_ID'],
    ['an empty group id', { groupId: '' }, 'INVALID_GROUP_ID'],
    ['an instance that it does not know', { groupInstanceId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
  ])('refuses %s', async ([, request, errorCode], { broker }) => {
    const { groupId, memberId, generationId } = await (await broker.member(await broker.group())).settle()
    const answer = await broker.ask(apis.Heartbeat, 4, { groupId, memberId, generationId, ...request })
    expect(answer.errorCode).toBe(errorCode)
  })
})

describe('LeaveGroup', message('LeaveGroup'), () => {
  test.for([0, 1, 2])('lets one member go at version %i', async (version, { broker }) => {
    const { groupId, memberId } = await (await broker.member(await broker.group())).settle()
    expect((await broker.ask(apis.LeaveGroup, version, { groupId, memberId })).errorCode).toBe('NONE')
    expect(await stateOf(broker, groupId)).toBe('Empty')
  })

  test.for([3, 4, 5])('lets several members go at version %i', async (version, { broker }) => {
    const [leader, other] = await pair(broker)
    const members = [leader, other].map(({ memberId }) => ({ memberId }))
    const answer = await broker.ask(apis.LeaveGroup, version, { groupId: leader.groupId, members })
    expect(answer.errorCode).toBe('NONE')
    expect(answer.members.map(({ memberId, errorCode }) => [memberId, errorCode]).sort()).toEqual(
      [
        [leader.memberId, 'NONE'],
        [other.memberId, 'NONE'],
      ].sort(),
    )
    expect(await stateOf(broker, leader.groupId)).toBe('Empty')
  })

  test('makes the others rebalance, and another lead', async ({ broker }) => {
    const [leader, other] = await pair(broker)
    expect(await leader.leave()).toBe('NONE')
    expect(await other.heartbeat()).toBe('REBALANCE_IN_PROGRESS')
    expect(await other.join()).toMatchObject({ generationId: 3, leader: other.memberId })
  })

  test('lets a rebalance go on that waited for who leaves', async ({ broker }) => {
    const [leader, other] = await pair(broker)
    const rejoined = leader.join()
    await eventually('a rebalance', async () => (await other.heartbeat()) === 'REBALANCE_IN_PROGRESS')
    await other.leave()
    const { members } = await rejoined
    expect(members.map(({ memberId }) => memberId)).toEqual([leader.memberId])
  })

  test('lets a member go that has its id and has not joined', async ({ broker }) => {
    const groupId = await broker.group()
    const { memberId } = await (await broker.member(groupId)).tryJoin()
    const answer = await broker.ask(apis.LeaveGroup, 3, { groupId, members: [{ memberId }] })
    expect(only(answer.members)).toMatchObject({ memberId, errorCode: 'NONE' })
  })

  test('does not know a member twice', async ({ broker }) => {
    const member = await (await broker.member(await broker.group())).settle()
    await member.leave()
    expect(await member.leave()).toBe('UNKNOWN_MEMBER_ID')
    expect(await member.heartbeat()).toBe('UNKNOWN_MEMBER_ID')
  })

  test('does not know a member, each for itself', async ({ broker }) => {
    const member = await (await broker.member(await broker.group())).settle()
    const members = ['nobody', member.memberId].map((memberId) => ({ memberId }))
    const answer = await broker.ask(apis.LeaveGroup, 5, { groupId: member.groupId, members })
    expect(answer).toMatchObject({ errorCode: 'NONE' })
    expect(answer.members.map(({ memberId, errorCode }) => [memberId, errorCode])).toEqual([
      ['nobody', 'UNKNOWN_MEMBER_ID'],
      [member.memberId, 'NONE'],
    ])
  })

  test('does not know a member of a group that there is not', async ({ broker }) => {
    const groupId = await broker.group()
    const old = await broker.ask(apis.LeaveGroup, 2, { groupId, memberId: 'nobody' })
    expect(old.errorCode).toBe('UNKNOWN_MEMBER_ID')
    const answer = await broker.ask(apis.LeaveGroup, 5, { groupId, members: [{ memberId: 'nobody' }] })
    expect(answer.errorCode).toBe('NONE')
    expect(only(answer.members).errorCode).toBe('UNKNOWN_MEMBER_ID')
  })

  test('refuses an empty group id', async ({ broker }) => {
    const answer = await broker.ask(apis.LeaveGroup, 5, { groupId: '', members: [{ memberId: 'x' }] })
    expect(answer).toMatchObject({ errorCode: 'INVALID_GROUP_ID', members: [] })
  })
})
