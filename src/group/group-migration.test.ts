// Groups that change their protocol: classic groups that consumers of the new protocol join, members of both protocols
// in one group, and the way back.
import { describe, expect, test } from 'vitest'
import { errorOf, turn } from '../../test/support/coordinator-storage.ts'
import { Consumer, consumerStateOf, settle, settledConsumers } from '../../test/support/group-consumer.ts'
import {
  type GroupRoom,
  groupRoom,
  Member,
  type MemberOptions,
  offsetsOf,
  stateOf,
} from '../../test/support/group-room.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  ErrorCode,
  encode,
  KafkaError,
} from '../wire/index.ts'
import { readAssignment } from './consumer-protocol.ts'

const NOW = { 'group.consumer.assignment.interval.ms': '0' }

interface Owned {
  readonly topic: string
  readonly partitions: number[]
}

function subscribed(ownedPartitions: Owned[] = [], topics = ['red']): Buffer {
  const value = { topics, userData: null, ownedPartitions, generationId: -1, rackId: null }
  return Buffer.concat([Buffer.from([0, 3]), encode(ConsumerProtocolSubscription, 3, value)])
}

function assignmentBytes(assignedPartitions: Owned[], userData: Buffer | null = null): string {
  return Buffer.concat([
    Buffer.from([0, 1]),
    encode(ConsumerProtocolAssignment, 1, { assignedPartitions, userData }),
  ]).toString('latin1')
}

const ownsAll: Owned[] = [{ topic: 'red', partitions: [0, 1] }]

/** A classic group with one member that has both partitions of red. */
async function classicGroup(
  room: GroupRoom,
  options: MemberOptions = {},
  assignment = assignmentBytes(ownsAll),
): Promise<Member> {
  const member = new Member(room, 'g', 'classic', { protocols: { range: subscribed() }, apiVersion: 3, ...options })
  const joining = member.join()
  await room.pass(0)
  await joining
  await member.sync({ [member.memberId]: assignment })
  expect(await stateOf(room, 'g')).toBe('Stable')
  return member
}

/** Joins a consumer group again, and what it is told to have. */
async function rejoin(member: Member, owned: Owned[]): Promise<Owned[]> {
  member.options = { ...member.options, protocols: { range: subscribed(owned) } }
  const { errorCode } = await member.join()
  expect(errorCode ?? 0).toBe(0)
  const { assignment = Buffer.alloc(0) } = await member.sync()
  return readAssignment(assignment as Buffer).assignedPartitions.map(({ topic, partitions }) => ({
    topic,
    partitions: [...partitions].sort((a, b) => a - b),
  }))
}

const typeOf = async (room: GroupRoom) => (await room.groups.listGroups({ states: [], types: [] }))[0]?.groupType

async function refusalOf(promise: Promise<unknown>): Promise<string | null> {
  try {
    await promise
    return null
  } catch (error) {
    if (error instanceof KafkaError) return `${error.codeName}: ${error.errorMessage}`
    throw error
  }
}

describe('a classic group', () => {
  test('with members becomes a consumer group when a consumer joins it, and nobody loses a partition unasked', async () => {
    const room = await groupRoom(NOW)
    const classic = await classicGroup(room)
    const consumer = new Consumer(room, 'g')
    await consumer.join()
    expect(await typeOf(room)).toBe('consumer')
    expect(consumer).toMatchObject({ epoch: classic.generationId + 1, partitions: [] })
    expect(await errorOf(classic.heartbeat())).toBe('REBALANCE_IN_PROGRESS')
    const kept = await rejoin(classic, ownsAll)
    expect(kept).toEqual([{ topic: 'red', partitions: [expect.any(Number)] }])
    expect((await consumer.beat()).assignment, 'the classic member has not yet let it go').toBeNull()
    expect(await errorOf(classic.heartbeat()), 'it has to say that it let one go').toBe('REBALANCE_IN_PROGRESS')
    expect(await rejoin(classic, kept)).toEqual(kept)
    expect(await errorOf(classic.heartbeat())).toBe('NONE')
    await consumer.beat()
    expect(consumer.partitions).toHaveLength(1)
    expect(await consumerStateOf(room, 'g')).toBe('Stable')
    expect((await room.groups.describeGroups(['g']))[0]?.errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  })

  test('without members is taken over with its offsets, whatever the policy', async () => {
    const room = await groupRoom({ ...NOW, 'group.consumer.migration.policy': 'disabled' })
    const classic = await classicGroup(room)
    expect(await classic.commit(7)).toBe(0)
    await classic.leave()
    await new Consumer(room, 'g').join()
    expect(await typeOf(room)).toBe('consumer')
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 7 })
  })

  test('in the middle of a rebalance answers those who wait, and they join again', async () => {
    const room = await groupRoom(NOW)
    await classicGroup(room)
    const late = new Member(room, 'g', 'late', { protocols: { range: subscribed() }, apiVersion: 3 })
    const joining = late.join()
    await turn()
    await new Consumer(room, 'g').join()
    expect((await joining).errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    expect(await rejoin(late, [])).toEqual([])
  })

  test.each(['disabled', 'downgrade'])('keeps consumers out where the policy is %s', async (policy) => {
    const room = await groupRoom({ 'group.consumer.migration.policy': policy })
    const classic = await classicGroup(room)
    expect(await refusalOf(new Consumer(room, 'g').join())).toBe(
      'GROUP_ID_NOT_FOUND: Cannot upgrade classic group g to consumer group because online upgrade is disabled.',
    )
    expect(await errorOf(classic.heartbeat())).toBe('NONE')
  })

  test('of others than consumers, with an assignor of its own, or too large, stays what it is', async () => {
    const connect = await groupRoom()
    await classicGroup(connect, { protocolType: 'connect' })
    expect(await refusalOf(new Consumer(connect, 'g').join())).toContain('does not use the consumer embedded protocol')
    const custom = await groupRoom()
    await classicGroup(custom, {}, assignmentBytes(ownsAll, Buffer.from('mine')))
    expect(await refusalOf(new Consumer(custom, 'g').join())).toContain('an unsupported custom assignor is in use')
    const garbled = await groupRoom()
    await classicGroup(garbled, {}, 'x')
    expect(await refusalOf(new Consumer(garbled, 'g').join())).toContain('the embedded consumer protocol is malformed')
    const large = await groupRoom({ 'group.consumer.max.size': '1' })
    const crowd = [0, 1].map((index) => new Member(large, 'g', `client-${index}`, { apiVersion: 3 }).join())
    await large.pass(0)
    await Promise.all(crowd)
    expect(await refusalOf(new Consumer(large, 'g').join())).toContain('exceeds the consumer group maximum size')
  })
})

describe('a classic member of a consumer group', () => {
  test('may join it, is asked to come back with its id, and commits in its generation', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = await settledConsumers(room, 'g', {})
    const classic = new Member(room, 'g', 'classic', { protocols: { range: subscribed() } })
    expect(await classic.join()).toEqual({ memberId: classic.memberId, errorCode: ErrorCode.MEMBER_ID_REQUIRED })
    expect(await rejoin(classic, [])).toEqual([])
    await settle(room, [consumer as Consumer])
    expect(await errorOf(classic.heartbeat())).toBe('REBALANCE_IN_PROGRESS')
    const owned = await rejoin(classic, [])
    expect(owned).toHaveLength(1)
    expect(await errorOf(classic.heartbeat())).toBe('NONE')
    expect(await classic.commit(1)).toBe(0)
    classic.generationId -= 1
    expect(await errorOf(classic.heartbeat())).toBe('ILLEGAL_GENERATION')
    expect(await classic.commit(1)).toBe(ErrorCode.ILLEGAL_GENERATION)
  })

  test('with no protocol in common with the others, or of another kind, is refused', async () => {
    const room = await groupRoom(NOW)
    await settledConsumers(room, 'g', {})
    const first = new Member(room, 'g', 'first', { protocols: { range: subscribed() } })
    await first.enter()
    const other = new Member(room, 'g', 'other', { protocols: { sticky: subscribed() } })
    expect(await errorOf(other.join())).toBe('INCONSISTENT_GROUP_PROTOCOL')
    const connect = new Member(room, 'g', 'connect', { protocolType: 'connect' })
    expect(await errorOf(connect.join())).toBe('INCONSISTENT_GROUP_PROTOCOL')
    const none = new Member(room, 'g', 'none', { protocols: {} })
    expect(await errorOf(none.join())).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })

  test('is refused where groups may not change their protocol', async () => {
    const room = await groupRoom({ 'group.consumer.migration.policy': 'disabled' })
    await settledConsumers(room, 'g', {})
    expect(await refusalOf(new Member(room, 'g', 'classic').join())).toBe(
      'INCONSISTENT_GROUP_PROTOCOL: Cannot join the consumer group g with the classic protocol because the group migration is disabled.',
    )
  })

  test('is taken out when its session ends, when it does not join again, and when it does not sync', async () => {
    const options = {
      protocols: { range: subscribed() },
      sessionTimeoutMs: 20_000,
      rebalanceTimeoutMs: 8000,
      apiVersion: 3,
    }
    const silent = await groupRoom(NOW)
    await settledConsumers(silent, 'g', {})
    const a = new Member(silent, 'g', 'a', options)
    await a.join()
    await a.sync()
    await silent.pass(20_000)
    expect(await errorOf(a.heartbeat())).toBe('UNKNOWN_MEMBER_ID')

    const idle = await groupRoom(NOW)
    await settledConsumers(idle, 'g', {})
    const b = new Member(idle, 'g', 'b', options)
    await b.join()
    await idle.pass(8000)
    expect(await errorOf(b.sync())).toBe('UNKNOWN_MEMBER_ID')

    const stubborn = await groupRoom(NOW)
    const [consumer] = await settledConsumers(stubborn, 'g', {})
    const c = new Member(stubborn, 'g', 'c', options)
    await c.join()
    await c.sync()
    await consumer?.beat({ subscribedTopicNames: ['red', 'blue'] })
    expect(await errorOf(c.heartbeat())).toBe('REBALANCE_IN_PROGRESS')
    await stubborn.pass(8000)
    expect(await errorOf(c.heartbeat())).toBe('UNKNOWN_MEMBER_ID')
  })

  test('is not one of the consumer protocol, and the other way round', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = await settledConsumers(room, 'g', {})
    const posing = new Member(room, 'g', 'posing')
    posing.memberId = consumer?.memberId ?? ''
    posing.generationId = consumer?.epoch ?? 0
    expect(await errorOf(posing.heartbeat())).toBe('UNKNOWN_MEMBER_ID')
    expect(await errorOf(posing.sync())).toBe('UNKNOWN_MEMBER_ID')
  })

  test('that turns to the consumer protocol under its static id goes on with what it had', async () => {
    const room = await groupRoom(NOW)
    const classic = await classicGroup(room, { groupInstanceId: 'i' })
    const consumer = new Consumer(room, 'g', { instanceId: 'i' })
    await consumer.join()
    expect(consumer.partitions).toEqual(['red-0', 'red-1'])
    expect(await errorOf(classic.heartbeat())).toBe('FENCED_INSTANCE_ID')
  })
})

describe('a consumer group', () => {
  test('becomes a classic one when the last consumer leaves, and the others join that', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = await settledConsumers(room, 'g', {})
    const classic = new Member(room, 'g', 'classic', { protocols: { range: subscribed() } })
    await classic.enter()
    await classic.sync()
    await consumer?.leave()
    expect(await typeOf(room)).toBe('classic')
    expect(await errorOf(classic.heartbeat())).toBe('REBALANCE_IN_PROGRESS')
    const joined = await classic.join()
    expect(joined).toMatchObject({ leader: classic.memberId })
    expect(joined.generationId).toBeGreaterThan(consumer?.epoch ?? 0)
    await classic.sync({ [classic.memberId]: assignmentBytes(ownsAll) })
    expect(await stateOf(room, 'g')).toBe('Stable')
    expect(await stateOf(await room.restarted(), 'g')).toBe('Stable')
  })

  test('becomes one too when the session of the last consumer ends', async () => {
    const room = await groupRoom(NOW)
    await settledConsumers(room, 'g', {})
    const options = { protocols: { range: subscribed() }, sessionTimeoutMs: 60_000 }
    const classic = new Member(room, 'g', 'classic', options)
    await classic.enter()
    await classic.sync()
    await room.pass(45_000)
    expect(await typeOf(room)).toBe('classic')
  })

  test('stays one where the policy is upgrade', async () => {
    const room = await groupRoom({ ...NOW, 'group.consumer.migration.policy': 'upgrade' })
    const [consumer] = await settledConsumers(room, 'g', {})
    const classic = new Member(room, 'g', 'classic', { protocols: { range: subscribed() } })
    await classic.enter()
    await classic.sync()
    await consumer?.leave()
    expect(await typeOf(room)).toBe('consumer')
    expect(await errorOf(classic.heartbeat()), 'what it waited for is free').toBe('REBALANCE_IN_PROGRESS')
  })

  test('becomes one when a classic member takes the place of its last static consumer', async () => {
    const room = await groupRoom(NOW)
    await settledConsumers(room, 'g', { instanceId: 'i' })
    const classic = new Member(room, 'g', 'classic', { groupInstanceId: 'i', protocols: { range: subscribed() } })
    await classic.join()
    expect(await typeOf(room)).toBe('classic')
    const { assignment = Buffer.alloc(0) } = await classic.sync()
    expect(readAssignment(assignment as Buffer).assignedPartitions).toMatchObject(ownsAll)
  })

  test('without members is taken over by a classic member', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = await settledConsumers(room, 'g', {})
    await consumer?.leave()
    await classicGroup(room)
    expect(await typeOf(room)).toBe('classic')
  })

  test('of which the log takes no classic form is loaded again as it was', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = await settledConsumers(room, 'g', {})
    const classic = new Member(room, 'g', 'classic', { protocols: { range: subscribed() } })
    await classic.enter()
    room.storage.refusal = new KafkaError('RECORD_LIST_TOO_LARGE')
    expect(await errorOf(consumer?.leave() as never)).toBe('UNKNOWN_SERVER_ERROR')
    await turn()
    expect(await typeOf(room)).toBe('consumer')
    expect((await consumer?.beat())?.memberEpoch).toBe(consumer?.epoch)
  })
})
