// Committed offsets: who may commit, what is fetched, when offsets expire or go with their topic, and what a producer's
// transaction does to them.
import { describe, expect, test } from 'vitest'
import { errorOf, turn } from '../../test/support/coordinator-storage.ts'
import {
  commit,
  type GroupRoom,
  groupRoom,
  Member,
  offsetsOf,
  stateOf,
  subscription,
  topicIds,
} from '../../test/support/group-room.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

async function stableMember(room: GroupRoom, groupId: string, ...topics: string[]): Promise<Member> {
  const member = new Member(room, groupId, 'client', {
    apiVersion: 3,
    protocols: { range: subscription(...topics) },
    sessionTimeoutMs: 1_800_000,
  })
  const joining = member.join()
  await room.pass(0)
  await joining
  await member.sync()
  return member
}

const listed = async (room: GroupRoom) =>
  (await room.groups.listGroups({ states: [], types: [] })).map(({ groupId }) => groupId)

describe('a commit', () => {
  test('without a group makes one that only stores offsets', async () => {
    const room = await groupRoom()
    expect(await commit(room, { groupId: 'g', offset: 42, metadata: 'm' })).toBe(ErrorCode.NONE)
    expect(await room.groups.listGroups({ states: [], types: [] })).toEqual([
      { groupId: 'g', protocolType: '', groupState: 'Empty', groupType: 'classic' },
    ])
    const topics = [{ name: 'red', topicId: topicIds.red, partitionIndexes: [0, 1] }]
    const [red] = await room.groups.fetchOffsets({ groupId: 'g', topics }, { requireStable: false })
    expect(red?.partitions).toEqual([
      { partitionIndex: 0, committedOffset: 42, committedLeaderEpoch: 4, metadata: 'm', errorCode: 0 },
      { partitionIndex: 1, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
    ])
  })

  test('of a generation that does not exist is refused, as old clients and as new ones know it', async () => {
    const room = await groupRoom()
    const commitAt = (apiVersion: number) =>
      commit(room, { groupId: 'g', offset: 1, memberId: 'm', generationIdOrMemberEpoch: 3, apiVersion })
    expect(await commitAt(8)).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(await commitAt(9)).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  })

  test('in a group with members is for its members, in their generation and with their assignment', async () => {
    const room = await groupRoom()
    const member = await stableMember(room, 'g', 'red')
    expect(await member.commit(1)).toBe(ErrorCode.NONE)
    expect(await commit(room, { groupId: 'g', offset: 1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(await commit(room, { groupId: 'g', offset: 1, memberId: member.memberId })).toBe(
      ErrorCode.ILLEGAL_GENERATION,
    )
    await member.join()
    expect(await member.commit(2), 'its assignment is not known yet').toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('with too much metadata is refused, and leaves no trace', async () => {
    const room = await groupRoom({ 'offset.metadata.max.bytes': '3' })
    expect(await commit(room, { groupId: 'g', offset: 1, metadata: '1234' })).toBe(ErrorCode.OFFSET_METADATA_TOO_LARGE)
    expect(await listed(room)).toEqual([])
    expect(await commit(room, { groupId: 'g', offset: 1, metadata: '123' })).toBe(ErrorCode.NONE)
  })

  test('is answered only when it is written, and told apart from what was not', async () => {
    const room = await groupRoom()
    room.storage.hold()
    let code = -1
    void commit(room, { groupId: 'g', offset: 1 }).then((answered) => {
      code = answered
    })
    await turn()
    expect(code).toBe(-1)
    room.storage.release()
    await turn()
    expect(code).toBe(ErrorCode.NONE)
  })

  test('that could not be written is an error of the coordinator, and is not there afterwards', async () => {
    const room = await groupRoom()
    await commit(room, { groupId: 'g', offset: 1 })
    room.storage.failure = new KafkaError('KAFKA_STORAGE_ERROR')
    expect(await commit(room, { groupId: 'g', offset: 2 })).toBe(ErrorCode.NOT_COORDINATOR)
    room.storage.failure = new KafkaError('NOT_ENOUGH_REPLICAS')
    await turn()
    expect(await commit(room, { groupId: 'g', offset: 3 })).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    await turn()
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 1 })
  })

  test('for a topic that has another id now is not fetched by that id', async () => {
    const room = await groupRoom()
    await commit(room, { groupId: 'g', offset: 5 })
    const fetchWith = async (topicId: string) => {
      const topics = [{ name: 'red', topicId, partitionIndexes: [0] }]
      const [red] = await room.groups.fetchOffsets({ groupId: 'g', topics }, { requireStable: false })
      return red?.partitions?.[0]?.committedOffset
    }
    expect(await fetchWith(topicIds.red)).toBe(5)
    expect(await fetchWith(topicIds.blue)).toBe(-1)
  })
})

describe('deletion', () => {
  test('of offsets spares topics that the members are subscribed to', async () => {
    const room = await groupRoom()
    const member = await stableMember(room, 'g', 'red')
    await member.commit(1)
    await member.commit(2, 'blue')
    const partitions = [{ partitionIndex: 0 }]
    const topics = [
      { name: 'red', partitions },
      { name: 'blue', partitions },
    ]
    const { topics: deleted } = await room.groups.deleteOffsets({ groupId: 'g', topics })
    expect(deleted?.map((topic) => topic.partitions?.[0]?.errorCode)).toEqual([
      ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
      ErrorCode.NONE,
    ])
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 1 })
  })

  test('of offsets is not for groups that are no consumers and have members, nor for those that do not exist', async () => {
    const room = await groupRoom()
    const connect = new Member(room, 'c', 'client', { apiVersion: 3, protocolType: 'connect' })
    const joining = connect.join()
    await room.pass(0)
    await joining
    expect(await errorOf(room.groups.deleteOffsets({ groupId: 'c', topics: [] }))).toBe('NON_EMPTY_GROUP')
    expect(await errorOf(room.groups.deleteOffsets({ groupId: 'x', topics: [] }))).toBe('GROUP_ID_NOT_FOUND')
    expect(await errorOf(room.groups.deleteOffsets({ groupId: '', topics: [] }))).toBe('INVALID_GROUP_ID')
  })

  test('of a group takes its offsets with it, and is for empty groups', async () => {
    const room = await groupRoom()
    const member = await stableMember(room, 'g', 'red')
    await member.commit(1)
    expect(await room.groups.deleteGroups(['g', 'x'])).toEqual([
      ErrorCode.NON_EMPTY_GROUP,
      ErrorCode.GROUP_ID_NOT_FOUND,
    ])
    await member.leave()
    expect(await room.groups.deleteGroups(['g'])).toEqual([ErrorCode.NONE])
    expect(await offsetsOf(room, 'g')).toEqual({})
    const after = await room.restarted()
    expect(await listed(after)).toEqual([])
    expect(await offsetsOf(after, 'g')).toEqual({})
  })

  test('of a topic takes its offsets in all groups with it', async () => {
    const room = await groupRoom()
    for (const groupId of ['g', 'h', 'i']) {
      await commit(room, { groupId, offset: 1 })
      await commit(room, { groupId, offset: 2, topic: 'blue' })
    }
    room.image.apply([{ type: 'RemoveTopicRecord', version: 0, data: { topicId: topicIds.red } }])
    await turn()
    for (const groupId of ['g', 'h', 'i']) {
      expect(await offsetsOf(room, groupId)).toEqual({ 'blue-0': 2 })
      expect(await offsetsOf(await room.restarted(), groupId)).toEqual({ 'blue-0': 2 })
    }
  })
})

describe('expiry', () => {
  const configs = { 'offsets.retention.minutes': '60', 'offsets.retention.check.interval.ms': String(10 * MINUTE_MS) }

  test('of a group without members counts from the commit, and the group goes with its last offset', async () => {
    const room = await groupRoom(configs)
    await commit(room, { groupId: 'g', offset: 1 })
    await room.pass(30 * MINUTE_MS)
    await commit(room, { groupId: 'g', offset: 2, topic: 'blue' })
    await room.pass(30 * MINUTE_MS)
    expect(await offsetsOf(room, 'g')).toEqual({ 'blue-0': 2 })
    await room.pass(30 * MINUTE_MS)
    expect(await listed(room)).toEqual([])
    expect(await listed(await room.restarted())).toEqual([])
  })

  test('of a group that had members counts from when it became empty', async () => {
    const room = await groupRoom(configs)
    const member = await stableMember(room, 'g', 'red')
    await member.commit(1)
    for (let hours = 0; hours < 5; hours++) {
      for (let minutes = 0; minutes < 60; minutes += 10) {
        await member.heartbeat()
        await room.pass(10 * MINUTE_MS)
      }
    }
    await member.leave()
    await room.pass(50 * MINUTE_MS)
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 1 })
    await room.pass(20 * MINUTE_MS)
    expect(await listed(room)).toEqual([])
  })

  test('of a live group is for topics that it does not consume any more', async () => {
    const room = await groupRoom(configs)
    const member = await stableMember(room, 'g', 'red')
    await member.commit(1)
    await member.commit(2, 'blue')
    for (let minutes = 0; minutes < 70; minutes += 10) {
      await member.heartbeat()
      await room.pass(10 * MINUTE_MS)
    }
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 1 })
    expect(await stateOf(room, 'g')).toBe('Stable')
  })

  test('comes when a commit said so itself', async () => {
    const room = await groupRoom(configs)
    await commit(room, { groupId: 'g', offset: 1, retentionTimeMs: 2 * DAY_MS, apiVersion: 2 })
    await commit(room, { groupId: 'g', offset: 2, topic: 'blue', retentionTimeMs: 1, apiVersion: 2 })
    await room.pass(10 * MINUTE_MS)
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 1 })
    const after = await room.restarted()
    await after.pass(2 * DAY_MS - 20 * MINUTE_MS)
    expect(await offsetsOf(after, 'g')).toEqual({ 'red-0': 1 })
    await after.pass(20 * MINUTE_MS)
    expect(await offsetsOf(after, 'g')).toEqual({})
  })

  test('takes a group that never got a member', async () => {
    const room = await groupRoom(configs)
    await new Member(room, 'g', 'client').join()
    expect(await listed(room)).toEqual(['g'])
    await room.pass(10 * MINUTE_MS)
    expect(await listed(room)).toEqual([])
  })
})

describe('an offset in a transaction', () => {
  const producer = { producerId: 7, producerEpoch: 0 }

  function commitIn(room: GroupRoom, offset: number, { producerId = 7, groupId = 'g', memberId = '' } = {}) {
    const partition = { partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: null }
    return room.groups.commitTransactionalOffsets({
      transactionalId: 't',
      groupId,
      producerId,
      producerEpoch: 0,
      generationId: memberId === '' ? -1 : 1,
      memberId,
      groupInstanceId: null,
      topics: [{ name: 'red', partitions: [partition] }],
    })
  }

  const end = (room: GroupRoom, committed: boolean, producerId = 7) =>
    room.groups.completeTransaction(room.groups.partitionFor('g'), {
      ...producer,
      producerId,
      coordinatorEpoch: 0,
      committed,
    })

  test('is not seen before its commit, and makes stable reads wait', async () => {
    const room = await groupRoom()
    await commit(room, { groupId: 'g', offset: 1 })
    await commitIn(room, 2)
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 1 })
    const topics = [{ name: 'red', topicId: topicIds.red, partitionIndexes: [0] }]
    const [red] = await room.groups.fetchOffsets({ groupId: 'g', topics }, { requireStable: true })
    expect(red?.partitions?.[0]).toMatchObject({ committedOffset: -1, errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT })
    await end(room, true)
    expect(await offsetsOf(room, 'g', { requireStable: true })).toEqual({ 'red-0': 2 })
  })

  test('is gone with its abort', async () => {
    const room = await groupRoom()
    await commit(room, { groupId: 'g', offset: 1 })
    await commitIn(room, 2)
    await end(room, false)
    expect(await offsetsOf(room, 'g', { requireStable: true })).toEqual({ 'red-0': 1 })
  })

  test('gives way to what was committed after it, whenever its transaction ends', async () => {
    const room = await groupRoom()
    await commitIn(room, 10)
    await commitIn(room, 20, { producerId: 8 })
    await end(room, true, 8)
    await end(room, true, 7)
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 20 })
    await commitIn(room, 30)
    await commit(room, { groupId: 'g', offset: 40 })
    await end(room, true)
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 40 })
  })

  test('is pending still, committed or aborted after a restart', async () => {
    const room = await groupRoom()
    await commitIn(room, 1)
    await end(room, true)
    await commitIn(room, 2)
    await end(room, false)
    await commitIn(room, 3)
    const after = await room.restarted()
    expect(await offsetsOf(after, 'g')).toEqual({ 'red-0': 1 })
    await end(after, true)
    expect(await offsetsOf(after, 'g')).toEqual({ 'red-0': 3 })
  })

  test('does not expire, nor let its group go, while the transaction is open', async () => {
    const room = await groupRoom({ 'offsets.retention.minutes': '1', 'offsets.retention.check.interval.ms': '60000' })
    await commit(room, { groupId: 'g', offset: 1 })
    await commitIn(room, 2)
    await room.pass(10 * MINUTE_MS)
    expect(await offsetsOf(room, 'g')).toEqual({ 'red-0': 1 })
    await end(room, false)
    await room.pass(MINUTE_MS)
    expect(await listed(room)).toEqual([])
  })

  test('is deleted with its group, so that a late commit brings nothing back', async () => {
    const room = await groupRoom()
    await commitIn(room, 2)
    expect(await room.groups.deleteGroups(['g'])).toEqual([ErrorCode.NONE])
    await end(room, true)
    expect(await offsetsOf(room, 'g')).toEqual({})
    expect(await offsetsOf(await room.restarted(), 'g')).toEqual({})
  })

  test('of a group with members is for its members', async () => {
    const room = await groupRoom()
    const { memberId } = await stableMember(room, 'g', 'red')
    expect(await errorOf(commitIn(room, 1, { memberId }))).toBe('NONE')
    expect(await errorOf(commitIn(room, 1, { memberId: 'stranger' }))).toBe('UNKNOWN_MEMBER_ID')
    expect(await errorOf(commitIn(room, 1, { groupId: 'x', memberId: 'stranger' }))).toBe('ILLEGAL_GENERATION')
  })
})
