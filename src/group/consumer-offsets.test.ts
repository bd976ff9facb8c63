// Offsets of consumer groups: who may commit and fetch them in which epoch, and when they go.
import { describe, expect, test } from 'vitest'
import { errorOf } from '../../test/support/coordinator-storage.ts'
import { type Consumer, consumerStateOf, settledConsumers } from '../../test/support/group-consumer.ts'
import { commit, type GroupRoom, groupRoom, offsetsOf, topicIds } from '../../test/support/group-room.ts'
import { ErrorCode } from '../wire/index.ts'

const NOW = { 'group.consumer.assignment.interval.ms': '0' }
const DAY_MS = 24 * 60 * 60 * 1000
const CHECK_INTERVAL_MS = 600_000

function commitAs(
  room: GroupRoom,
  { memberId, epoch }: Consumer,
  more: { epoch?: number; partition?: number; apiVersion?: number } = {},
) {
  const { partition = 0, apiVersion = 9 } = more
  const generationIdOrMemberEpoch = more.epoch ?? epoch
  return commit(room, { groupId: 'g', memberId, generationIdOrMemberEpoch, offset: 5, partition, apiVersion })
}

function fetchAs(room: GroupRoom, memberId: string | null, memberEpoch: number) {
  const topics = [{ name: 'red', topicId: topicIds.red, partitionIndexes: [0] }]
  return room.groups.fetchOffsets({ groupId: 'g', memberId, memberEpoch, topics }, { requireStable: true })
}

describe('a commit', () => {
  test('is for members, in their epoch', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = (await settledConsumers(room, 'g', {})) as [Consumer]
    expect(await commitAs(room, consumer)).toBe(ErrorCode.NONE)
    expect(await commitAs(room, consumer, { epoch: consumer.epoch + 1 })).toBe(ErrorCode.STALE_MEMBER_EPOCH)
    expect(await commit(room, { groupId: 'g', offset: 5 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(await commit(room, { groupId: 'g', offset: 5, memberId: 'stranger' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 5 })
  })

  test('in an epoch of before counts for partitions that the member has had since then', async () => {
    const room = await groupRoom(NOW)
    const [a] = (await settledConsumers(room, 'g', {})) as [Consumer]
    const before = a.epoch
    await a.beat({ subscribedTopicNames: ['red', 'blue'] })
    expect(a.epoch).toBe(before + 1)
    expect(await commitAs(room, a, { epoch: before })).toBe(ErrorCode.NONE)
    expect(await commitAs(room, a, { epoch: before - 1 })).toBe(ErrorCode.STALE_MEMBER_EPOCH)
    const blue = { topic: 'blue' as const, groupId: 'g', memberId: a.memberId, offset: 5 }
    expect(await commit(room, { ...blue, generationIdOrMemberEpoch: before })).toBe(ErrorCode.STALE_MEMBER_EPOCH)
    expect(await commit(room, { ...blue, generationIdOrMemberEpoch: a.epoch })).toBe(ErrorCode.NONE)
  })

  test('of a version that does not know of epochs is refused', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = (await settledConsumers(room, 'g', {})) as [Consumer]
    expect(await commitAs(room, consumer, { apiVersion: 8 })).toBe(ErrorCode.UNSUPPORTED_VERSION)
  })

  test('from outside is for groups without members', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = (await settledConsumers(room, 'g', {})) as [Consumer]
    await consumer.leave()
    expect(await commit(room, { groupId: 'g', offset: 6 })).toBe(ErrorCode.NONE)
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 6 })
  })

  test('in a transaction is for members in their epoch, or for who claims no membership', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = (await settledConsumers(room, 'g', {})) as [Consumer]
    const inTransaction = async (memberId: string, generationId: number) => {
      const partition = { partitionIndex: 0, committedOffset: 9, committedLeaderEpoch: -1, committedMetadata: '' }
      const producer = { transactionalId: 't', producerId: 1, producerEpoch: 0, groupInstanceId: null }
      const topics = [{ name: 'red', partitions: [partition] }]
      return errorOf(
        room.groups.commitTransactionalOffsets({ groupId: 'g', memberId, generationId, ...producer, topics }),
      )
    }
    expect(await inTransaction(consumer.memberId, consumer.epoch)).toBe('NONE')
    expect(await inTransaction('', -1)).toBe('NONE')
    expect(await inTransaction(consumer.memberId, consumer.epoch + 1), 'producers know of no epochs').toBe(
      'ILLEGAL_GENERATION',
    )
    expect(await inTransaction('stranger', 1)).toBe('UNKNOWN_MEMBER_ID')
    const marker = { producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, committed: true }
    await room.groups.completeTransaction(room.groups.partitionFor('g'), marker)
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 9 })
  })
})

describe('a fetch', () => {
  test('is for members in their epoch, and for who claims no membership', async () => {
    const room = await groupRoom(NOW)
    const [{ memberId, epoch }] = (await settledConsumers(room, 'g', {})) as [Consumer]
    expect(await errorOf(fetchAs(room, memberId, epoch))).toBe('NONE')
    expect(await errorOf(fetchAs(room, null, -1))).toBe('NONE')
    expect(await errorOf(fetchAs(room, memberId, epoch - 1))).toBe('STALE_MEMBER_EPOCH')
    expect(await errorOf(fetchAs(room, memberId, epoch + 1))).toBe('STALE_MEMBER_EPOCH')
    expect(await errorOf(fetchAs(room, 'stranger', epoch))).toBe('UNKNOWN_MEMBER_ID')
    expect(await errorOf(fetchAs(room, '', epoch))).toBe('UNKNOWN_MEMBER_ID')
  })
})

describe('deletion', () => {
  test('of offsets spares topics that members subscribe to', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = (await settledConsumers(room, 'g', {})) as [Consumer]
    await commitAs(room, consumer)
    await commit(room, {
      groupId: 'g',
      topic: 'blue',
      memberId: consumer.memberId,
      generationIdOrMemberEpoch: consumer.epoch,
      offset: 1,
    })
    const topics = ['red', 'blue'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] }))
    const { topics: answered = [] } = await room.groups.deleteOffsets({ groupId: 'g', topics })
    const codes = answered.map(({ name, partitions = [] }) => [name, partitions[0]?.errorCode])
    expect(Object.fromEntries(codes)).toEqual({ red: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, blue: ErrorCode.NONE })
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 5 })
  })
})

describe('expiry', () => {
  test('takes offsets of topics that nobody subscribes to, and the group when it is empty', async () => {
    const room = await groupRoom(NOW)
    const [consumer] = (await settledConsumers(room, 'g', {})) as [Consumer]
    await commitAs(room, consumer)
    await consumer.leave()
    await room.pass(6 * DAY_MS)
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 5 })
    await room.pass(DAY_MS + CHECK_INTERVAL_MS)
    expect(await offsetsOf(room, 'g')).toEqual({})
    expect(await errorOf(consumer.beat({ memberEpoch: 1 }))).toBe('GROUP_ID_NOT_FOUND')
    expect(await room.groups.listGroups({ states: [], types: [] })).toEqual([])
  })

  test('spares what members subscribe to', async () => {
    const short = { 'offsets.retention.minutes': '1', 'offsets.retention.check.interval.ms': '10000' }
    const room = await groupRoom({ ...NOW, ...short })
    const [consumer] = (await settledConsumers(room, 'g', {})) as [Consumer]
    await commitAs(room, consumer)
    for (let count = 0; count < 3; count++) {
      await room.pass(40_000)
      await consumer.beat()
    }
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 5 })
    await consumer.beat({ subscribedTopicNames: ['blue'] })
    await room.pass(10_000)
    expect(await offsetsOf(room, 'g')).toEqual({})
    expect(await consumerStateOf(room, 'g')).not.toBe('Empty')
  })
})
