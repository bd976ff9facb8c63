// Consumer groups of KIP-848: the coordinator assigns, and members follow it heartbeat by heartbeat.
import { assignment, subscription } from '../support/classic-member.ts'
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'
import type { ConsumerMember } from '../support/consumer-member.ts'
import { eventually } from '../support/eventually.ts'

const LEAVE = -1
const LEAVE_FOR_A_WHILE = -2

async function describeOne(broker: TestBroker, groupId: string, version = 1) {
  return only((await broker.ask(apis.ConsumerGroupDescribe, version, { groupIds: [groupId] })).groups)
}

/** A group of one member that has all partitions of a topic. */
async function alone(broker: TestBroker, partitions = 4, options: { instanceId?: string } = {}) {
  const topic = await broker.topic({ partitions })
  const member = await broker.consumer(await broker.group(), { topics: [topic.name], ...options })
  await member.join()
  await member.settle(() => member.size === partitions)
  return { topic, member }
}

/** Lets all members take and give until each has as many partitions as it should. */
async function share(members: readonly ConsumerMember[], sizes: readonly number[]): Promise<void> {
  await Promise.all(members.map((member, i) => member.settle(() => member.size === sizes[i])))
}

const partitionsOf = (member: ConsumerMember) => member.assigned.flatMap(({ partitions }) => partitions).sort()

describe('ConsumerGroupHeartbeat', kip(848), () => {
  test('of a first member brings it all partitions at once', async ({ broker }) => {
    const { name, id } = await broker.topic({ partitions: 3 })
    const member = await broker.consumer(await broker.group(), { topics: [name] })
    const answer = await member.join()
    expect(answer).toMatchObject({
      errorCode: 'NONE',
      errorMessage: null,
      memberId: member.memberId,
      heartbeatIntervalMs: 5_000,
    })
    expect(answer.memberEpoch).toBeGreaterThan(0)
    expect(answer.assignment?.topicPartitions).toEqual([{ topicId: id, partitions: [0, 1, 2] }])
  })

  test('makes an id for a member without one at version 0', async ({ broker }) => {
    const { name } = await broker.topic()
    const member = await broker.consumer(await broker.group(), { topics: [name] })
    const { subscribedTopicRegex, ...introduction } = member.introduction
    const request = { groupId: member.groupId, memberId: '', memberEpoch: 0, ...introduction }
    const answer = await broker.ask(apis.ConsumerGroupHeartbeat, 0, request)
    expect(subscribedTopicRegex).toBeNull()
    expect(answer.errorCode).toBe('NONE')
    expect(answer.memberId).toMatch(/^[\w-]{22}$/)
  })

  test('brings nothing where nothing changed', async ({ broker }) => {
    const { member } = await alone(broker)
    const { memberEpoch } = member
    expect(await member.heartbeat()).toMatchObject({ errorCode: 'NONE', memberEpoch, assignment: null })
  })

  test('brings the assignment again to who tells all of itself', async ({ broker }) => {
    const { member, topic } = await alone(broker, 2)
    const answer = await member.heartbeat({ ...member.introduction, topicPartitions: member.assigned })
    expect(answer.assignment?.topicPartitions).toEqual([{ topicId: topic.id, partitions: [0, 1] }])
  })

  test('brings nothing of a topic that is not there', async ({ broker }) => {
    const member = await broker.consumer(await broker.group(), { topics: [broker.name('missing')] })
    expect((await member.join()).assignment?.topicPartitions).toEqual([])
  })

  test('brings nothing to who subscribes to nothing', async ({ broker }) => {
    const member = await broker.consumer(await broker.group(), { topics: [] })
    expect(await member.join()).toMatchObject({ errorCode: 'NONE', assignment: { topicPartitions: [] } })
  })

  test('brings a topic that is made later', async ({ broker }) => {
    const name = broker.name('later')
    const member = await broker.consumer(await broker.group(), { topics: [name] })
    await member.join()
    await broker.topic({ name, partitions: 2 })
    await member.settle(() => member.size === 2)
  })

  test('brings partitions that are added', async ({ broker }) => {
    const { member, topic } = await alone(broker, 1)
    const topics = [{ name: topic.name, count: 3, assignments: null }]
    await broker.ask(apis.CreatePartitions, 3, { topics, timeoutMs: 30_000 })
    await member.settle(() => member.size === 3)
  })

  test('takes a topic away that is deleted', async ({ broker }) => {
    const { member, topic } = await alone(broker, 2)
    await broker.ask(apis.DeleteTopics, 6, { topics: [{ name: topic.name }], timeoutMs: 30_000 })
    await member.settle(() => member.size === 0)
  })

  test('follows a subscription that changes', async ({ broker }) => {
    const { member } = await alone(broker, 2)
    const other = await broker.topic({ partitions: 3 })
    await member.heartbeat({ subscribedTopicNames: [other.name] })
    await member.settle((assigned) => assigned.length === 1 && assigned[0]?.topicId === other.id)
    expect(partitionsOf(member)).toEqual([0, 1, 2])
  })

  test('shares the partitions of a topic among members', async ({ broker }) => {
    const { member: first, topic } = await alone(broker, 4)
    const second = await broker.consumer(first.groupId, { topics: [topic.name] })
    await second.join()
    await share([first, second], [2, 2])
    expect([...partitionsOf(first), ...partitionsOf(second)].sort()).toEqual([0, 1, 2, 3])
    expect(first.memberEpoch).toBe(second.memberEpoch)
  })

  test('gives no partition to another before its owner has let it go', async ({ broker }) => {
    const { member: first, topic } = await alone(broker, 2)
    const second = await broker.consumer(first.groupId, { topics: [topic.name] })
    await second.join()
    // The first is told to revoke, and has not said that it did.
    await eventually('a revocation', async () => (await first.heartbeat()).assignment !== null && first.size === 1)
    await second.heartbeat({ topicPartitions: [] })
    expect(second.size).toBe(0)
    await first.heartbeat({ topicPartitions: first.assigned })
    await second.settle(() => second.size === 1)
  })

  test('gives a member that leaves no more, and its partitions to the others', async ({ broker }) => {
    const { member: first, topic } = await alone(broker, 4)
    const second = await broker.consumer(first.groupId, { topics: [topic.name] })
    await second.join()
    await share([first, second], [2, 2])
    expect(await second.leave(LEAVE)).toMatchObject({
      errorCode: 'NONE',
      memberEpoch: LEAVE,
      heartbeatIntervalMs: 0,
      assignment: null,
    })
    await first.settle(() => first.size === 4)
    expect((await second.heartbeat({ memberEpoch: 3 })).errorCode).toBe('UNKNOWN_MEMBER_ID')
  })

  test('takes a member back that joins again with its id', async ({ broker }) => {
    const { member, topic } = await alone(broker, 2)
    const answer = await member.join()
    expect(answer.errorCode).toBe('NONE')
    expect(answer.assignment?.topicPartitions).toEqual([{ topicId: topic.id, partitions: [0, 1] }])
  })

  test('takes a heartbeat of the epoch before once more, where the answer was lost', async ({ broker }) => {
    const { member: first, topic } = await alone(broker, 2)
    const before = first.memberEpoch
    const second = await broker.consumer(first.groupId, { topics: [topic.name] })
    await second.join()
    await share([first, second], [1, 1])
    const now = first.memberEpoch
    expect(now).toBe(before + 1)
    expect((await first.heartbeat({ memberEpoch: before })).errorCode).toBe('FENCED_MEMBER_EPOCH')
    const answer = await first.heartbeat({ memberEpoch: before, topicPartitions: first.assigned })
    expect(answer).toMatchObject({ errorCode: 'NONE', memberEpoch: now })
  })

  test.for(['range', 'uniform'])(
    'assigns by the assignor that members want: %s',
    async (serverAssignor, { broker }) => {
      const { name } = await broker.topic({ partitions: 2 })
      const member = await broker.consumer(await broker.group(), { topics: [name], serverAssignor })
      await member.join()
      await member.settle(() => member.size === 2)
      await eventually('the assignor', async () => {
        return (await describeOne(broker, member.groupId)).assignorName === serverAssignor
      })
    },
  )

  test('assigns ranges of each topic where members want range', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 4 })
    const group = await broker.group()
    const members = []
    for (const memberId of ['a', 'b']) {
      const member = await broker.consumer(group, { topics: [name], serverAssignor: 'range', memberId })
      await member.join()
      members.push(member)
    }
    await share(members, [2, 2])
    expect(members.map(partitionsOf)).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  test('subscribes to topics by a pattern, from version 1 on', async ({ broker }) => {
    const prefix = broker.name('pattern')
    await broker.topic({ name: `${prefix}-1`, partitions: 2 })
    await broker.topic({ name: `${prefix}-2` })
    await broker.topic({ name: `other-${prefix}` })
    const member = await broker.consumer(await broker.group(), { regex: `${prefix}-.*` })
    await member.join()
    await member.settle(() => member.size === 3)
  })

  test('refuses a pattern that is none', async ({ broker }) => {
    const member = await broker.consumer(await broker.group(), { regex: '(' })
    expect(await member.join()).toMatchObject({
      errorCode: 'INVALID_REGULAR_EXPRESSION',
      errorMessage: 'SubscribedTopicRegex `(` is not a valid regular expression: missing closing ).',
    })
  })

  test.for<[string, object, string, string]>([
    ['an empty group id', { groupId: '' }, 'INVALID_REQUEST', "GroupId can't be empty."],
    ['an empty member id', { memberId: '' }, 'INVALID_REQUEST', "MemberId can't be empty."],
    ['an epoch below -2', { memberEpoch: -3 }, 'INVALID_REQUEST', 'MemberEpoch is invalid.'],
    ['to leave for a while without an instance', { memberEpoch: -2 }, 'INVALID_REQUEST', "InstanceId can't be null."],
    [
      'to join without a rebalance timeout',
      { memberEpoch: 0, rebalanceTimeoutMs: -1 },
      'INVALID_REQUEST',
      'RebalanceTimeoutMs must be provided in first request.',
    ],
    [
      'to join with partitions',
      { memberEpoch: 0, topicPartitions: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [0] }] },
      'INVALID_REQUEST',
      'TopicPartitions must be empty when (re-)joining.',
    ],
    [
      'to join without saying that it has none',
      { memberEpoch: 0, topicPartitions: null },
      'INVALID_REQUEST',
      'TopicPartitions must be empty when (re-)joining.',
    ],
    [
      'to join without a subscription',
      { memberEpoch: 0, subscribedTopicNames: null },
      'INVALID_REQUEST',
      'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
    ],
    [
      'an assignor that there is not',
      { memberEpoch: 0, serverAssignor: 'nope' },
      'UNSUPPORTED_ASSIGNOR',
      'ServerAssignor nope is not supported. Supported assignors: uniform, range.',
    ],
    ['an empty instance', { memberEpoch: 0, instanceId: '' }, 'INVALID_REQUEST', "InstanceId can't be empty."],
    ['an empty rack', { memberEpoch: 0, rackId: '' }, 'INVALID_REQUEST', "RackId can't be empty."],
  ])('refuses %s', async ([, request, errorCode, errorMessage], { broker }) => {
    const member = await broker.consumer(await broker.group(), { topics: ['any'] })
    expect(await member.heartbeat({ ...member.introduction, ...request })).toMatchObject({
      errorCode,
      errorMessage,
      memberId: null,
      memberEpoch: 0,
      heartbeatIntervalMs: 0,
      assignment: null,
    })
  })

  test('does not know a group that there is not', async ({ broker }) => {
    const member = await broker.consumer(await broker.group())
    expect(await member.heartbeat({ memberEpoch: 1 })).toMatchObject({
      errorCode: 'GROUP_ID_NOT_FOUND',
      errorMessage: `Consumer group ${member.groupId} not found.`,
    })
  })

  test('does not know a member that has not joined', async ({ broker }) => {
    const { member } = await alone(broker)
    const stranger = await broker.consumer(member.groupId, { memberId: 'stranger' })
    expect(await stranger.heartbeat({ memberEpoch: 1 })).toMatchObject({
      errorCode: 'UNKNOWN_MEMBER_ID',
      errorMessage: `Member stranger is not a member of group ${member.groupId}.`,
    })
  })

  test.for([
    [1, 'greater'],
    [-1, 'smaller'],
  ] as const)('fences a member whose epoch is %i away', async ([away, word], { broker }) => {
    const { member } = await alone(broker)
    const known = member.memberEpoch
    expect(await member.heartbeat({ memberEpoch: known + away })).toMatchObject({
      errorCode: 'FENCED_MEMBER_EPOCH',
      errorMessage: `The consumer group member has a ${word} member epoch (${known + away}) than the one known by the group coordinator (${known}). The member must abandon all its partitions and rejoin.`,
    })
  })

  test('refuses a group whose classic members are no consumers', async ({ broker }) => {
    const classic = await (await broker.member(await broker.group(), { protocolType: 'connect' })).settle()
    const member = await broker.consumer(classic.groupId, { topics: [] })
    expect(await member.join()).toMatchObject({
      errorCode: 'GROUP_ID_NOT_FOUND',
      errorMessage: `Cannot upgrade classic group ${classic.groupId} to consumer group because the group does not use the consumer embedded protocol.`,
    })
    expect(await classic.heartbeat()).toBe('NONE')
  })
})

describe('A consumer group and classic members', kip(848), () => {
  test('takes over a classic group that is empty, with its offsets', async ({ broker }) => {
    const { name } = await broker.topic()
    const classic = await (await broker.member(await broker.group())).settle()
    await classic.commit(name, 7)
    await classic.leave()
    const member = await broker.consumer(classic.groupId, { topics: [name] })
    expect((await member.join()).errorCode).toBe('NONE')
    const groups = [{ groupId: member.groupId, topics: [{ name, partitionIndexes: [0] }] }]
    const fetched = only((await broker.ask(apis.OffsetFetch, 9, { groups })).groups)
    expect(only(only(fetched.topics).partitions).committedOffset).toBe(7)
  })

  test('takes over a classic group with a consumer in it, which is told to rebalance', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    const classic = await broker.member(await broker.group(), { topics: [name] })
    await classic.join()
    const { groupId, memberId, generationId, joining } = classic
    await classic.client.ask(apis.SyncGroup, 5, {
      groupId,
      memberId,
      generationId,
      protocolType: joining.protocolType,
      protocolName: 'range',
      assignments: [{ memberId, assignment: assignment({ [name]: [0, 1] }) }],
    })
    const member = await broker.consumer(groupId, { topics: [name] })
    expect((await member.join()).errorCode).toBe('NONE')
    const described = await describeOne(broker, groupId)
    expect(described.members.map((one) => [one.memberId, one.memberType]).sort()).toEqual(
      [
        [memberId, 0],
        [member.memberId, 1],
      ].sort(),
    )
    await eventually('a rebalance', async () => (await classic.heartbeat()) === 'REBALANCE_IN_PROGRESS')
  })

  test('takes a classic consumer in', async ({ broker }) => {
    const { member, topic } = await alone(broker, 2)
    const classic = await broker.member(member.groupId, { topics: [topic.name] })
    expect(await classic.join()).toMatchObject({ errorCode: 'NONE', protocolType: 'consumer', protocolName: 'range' })
    expect((await describeOne(broker, member.groupId)).members).toHaveLength(2)
  })

  test('takes no classic member in that is no consumer', async ({ broker }) => {
    const { member } = await alone(broker)
    const classic = await broker.member(member.groupId, { protocolType: 'connect' })
    expect((await classic.join()).errorCode).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })

  test('does not know its own members as classic ones', async ({ broker }) => {
    const { member } = await alone(broker)
    const { groupId, memberId, memberEpoch } = member
    const identity = { groupId, memberId, generationId: memberEpoch }
    expect((await broker.ask(apis.Heartbeat, 4, identity)).errorCode).toBe('UNKNOWN_MEMBER_ID')
    const protocol = { protocolType: 'consumer', protocolName: 'range', assignments: [] }
    expect((await broker.ask(apis.SyncGroup, 5, { ...identity, ...protocol })).errorCode).toBe('UNKNOWN_MEMBER_ID')
  })

  test('lets LeaveGroup take its members out all the same', async ({ broker }) => {
    const { member } = await alone(broker)
    const members = [{ memberId: member.memberId }, { memberId: 'nobody' }]
    const answer = await broker.ask(apis.LeaveGroup, 5, { groupId: member.groupId, members })
    expect(answer.members.map(({ errorCode }) => errorCode)).toEqual(['NONE', 'UNKNOWN_MEMBER_ID'])
    expect((await member.heartbeat()).errorCode).toBe('UNKNOWN_MEMBER_ID')
  })
})

describe('A static member of a consumer group', kip(848), () => {
  test('keeps its partitions while it is away', async ({ broker }) => {
    const { member: first, topic } = await alone(broker, 4, { instanceId: 'one' })
    const second = await broker.consumer(first.groupId, { topics: [topic.name], instanceId: 'two' })
    await second.join()
    await share([first, second], [2, 2])
    const kept = partitionsOf(second)
    expect(await second.leave(LEAVE_FOR_A_WHILE)).toMatchObject({ errorCode: 'NONE', memberEpoch: LEAVE_FOR_A_WHILE })
    const again = await broker.consumer(first.groupId, { topics: [topic.name], instanceId: 'two' })
    await again.join()
    await share([again], [2])
    expect(partitionsOf(again)).toEqual(kept)
  })

  test('is not replaced while it is there', async ({ broker }) => {
    const { member, topic } = await alone(broker, 2, { instanceId: 'one' })
    const other = await broker.consumer(member.groupId, { topics: [topic.name], instanceId: 'one' })
    const { errorCode, errorMessage } = await other.join()
    expect(errorCode).toBe('UNRELEASED_INSTANCE_ID')
    expect(errorMessage).toBe(
      `Static member ${other.memberId} with instance id one cannot join the group because the instance id is owned by ${member.memberId} member.`,
    )
  })

  test('is fenced by the one that took its place', async ({ broker }) => {
    const { member: first, topic } = await alone(broker, 2, { instanceId: 'one' })
    const { memberEpoch } = first
    await first.leave(LEAVE_FOR_A_WHILE)
    const second = await broker.consumer(first.groupId, { topics: [topic.name], instanceId: 'one' })
    await second.join()
    const answer = await first.heartbeat({ memberEpoch })
    expect(answer.errorCode).toBe('FENCED_INSTANCE_ID')
  })

  test('leaves for good with epoch -1', async ({ broker }) => {
    const { member } = await alone(broker, 2, { instanceId: 'one' })
    expect((await member.leave(LEAVE)).errorCode).toBe('NONE')
    expect((await describeOne(broker, member.groupId)).members).toEqual([])
  })

  test('is not known by an instance that there is not', async ({ broker }) => {
    const { member } = await alone(broker)
    const stranger = await broker.consumer(member.groupId, { instanceId: 'stranger' })
    expect((await stranger.heartbeat({ memberEpoch: 1 })).errorCode).toBe('UNKNOWN_MEMBER_ID')
  })
})

describe('Offsets of a consumer group', kip(848), () => {
  const commit = async (
    broker: TestBroker,
    member: ConsumerMember,
    name: string,
    version: number,
    claim: object = {},
  ) => {
    const topics = [{ name, partitions: [{ partitionIndex: 0, committedOffset: 3 }] }]
    const { groupId, memberId, memberEpoch } = member
    const body = { groupId, memberId, generationIdOrMemberEpoch: memberEpoch, topics, ...claim }
    const answer = await broker.ask(apis.OffsetCommit, version, body)
    return only(only(answer.topics).partitions).errorCode
  }
  const fetched = async (broker: TestBroker, groupId: string, memberId: string | null, memberEpoch: number) =>
    only((await broker.ask(apis.OffsetFetch, 9, { groups: [{ groupId, memberId, memberEpoch, topics: null }] })).groups)

  test('are committed with the member’s epoch, and fetched', async ({ broker }) => {
    const { member, topic } = await alone(broker)
    expect(await commit(broker, member, topic.name, 9)).toBe('NONE')
    const { errorCode, topics } = await fetched(broker, member.groupId, member.memberId, member.memberEpoch)
    expect(errorCode).toBe('NONE')
    expect(only(only(topics).partitions).committedOffset).toBe(3)
  })

  test('are refused with another epoch', async ({ broker }) => {
    const { member, topic } = await alone(broker)
    const { memberEpoch } = member
    for (const away of [-1, 1]) {
      const claim = { generationIdOrMemberEpoch: memberEpoch + away }
      expect(await commit(broker, member, topic.name, 9, claim)).toBe('STALE_MEMBER_EPOCH')
    }
  })

  test('are refused from who is no member', async ({ broker }) => {
    const { member, topic } = await alone(broker)
    expect(await commit(broker, member, topic.name, 9, { memberId: 'nobody' })).toBe('UNKNOWN_MEMBER_ID')
    const outside = { memberId: '', generationIdOrMemberEpoch: -1 }
    expect(await commit(broker, member, topic.name, 9, outside)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('are taken from outside when the group is empty', async ({ broker }) => {
    const { member, topic } = await alone(broker)
    await member.leave()
    const outside = { memberId: '', generationIdOrMemberEpoch: -1 }
    expect(await commit(broker, member, topic.name, 9, outside)).toBe('NONE')
  })

  test.for([2, 8])('are refused at version %i, which knows no epochs', async (version, { broker }) => {
    const { member, topic } = await alone(broker)
    expect(await commit(broker, member, topic.name, version)).toBe('UNSUPPORTED_VERSION')
  })

  test('are not told to a member of another epoch, nor to who is no member', async ({ broker }) => {
    const { member, topic } = await alone(broker)
    await commit(broker, member, topic.name, 9)
    const { groupId, memberId, memberEpoch } = member
    expect(await fetched(broker, groupId, memberId, memberEpoch + 1)).toMatchObject({
      errorCode: 'STALE_MEMBER_EPOCH',
      topics: [],
    })
    expect(await fetched(broker, groupId, 'nobody', 1)).toMatchObject({ errorCode: 'UNKNOWN_MEMBER_ID', topics: [] })
  })

  test('are told to who claims no membership', async ({ broker }) => {
    const { member, topic } = await alone(broker)
    await commit(broker, member, topic.name, 9)
    expect((await fetched(broker, member.groupId, null, -1)).topics).toHaveLength(1)
  })

  test('of a topic that is subscribed are not deleted', async ({ broker }) => {
    const { member, topic } = await alone(broker)
    await commit(broker, member, topic.name, 9)
    const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }]
    const answer = await broker.ask(apis.OffsetDelete, 0, { groupId: member.groupId, topics })
    expect(only(only(answer.topics).partitions).errorCode).toBe('GROUP_SUBSCRIBED_TO_TOPIC')
  })
})

describe('A consumer group from outside', kip(848), () => {
  test.for([0, 1])('is described with its members at version %i', async (version, { broker }) => {
    const { member, topic } = await alone(broker, 2)
    const described = await describeOne(broker, member.groupId, version)
    expect(described).toMatchObject({
      errorCode: 'NONE',
      errorMessage: null,
      groupState: 'Stable',
      groupEpoch: member.memberEpoch,
      assignmentEpoch: member.memberEpoch,
      assignorName: 'uniform',
      authorizedOperations: -2147483648,
    })
    const assigned = { topicPartitions: [{ topicId: topic.id, topicName: topic.name, partitions: [0, 1] }] }
    expect(only(described.members)).toEqual({
      memberId: member.memberId,
      instanceId: null,
      rackId: null,
      memberEpoch: member.memberEpoch,
      clientId: 'compat',
      clientHost: expect.stringMatching(await broker.clientHost()),
      subscribedTopicNames: [topic.name],
      subscribedTopicRegex: '',
      assignment: assigned,
      targetAssignment: assigned,
      memberType: version === 0 ? -1 : 1,
    })
  })

  test('is reconciling while a member has more than it should', async ({ broker }) => {
    const { member: first, topic } = await alone(broker, 2)
    const second = await broker.consumer(first.groupId, { topics: [topic.name] })
    await second.join()
    await eventually('a revocation', async () => (await first.heartbeat()).assignment !== null && first.size === 1)
    const described = await describeOne(broker, first.groupId)
    expect(described.groupState).toBe('Reconciling')
    const sizes = (which: 'assignment' | 'targetAssignment') =>
      described.members.map((one) => one[which].topicPartitions.flatMap(({ partitions }) => partitions).length)
    expect(sizes('targetAssignment')).toEqual([1, 1])
  })

  test('is empty when all left', async ({ broker }) => {
    const { member } = await alone(broker)
    await member.leave()
    expect(await describeOne(broker, member.groupId)).toMatchObject({
      errorCode: 'NONE',
      groupState: 'Empty',
      members: [],
    })
  })

  test('tells what is allowed on demand', async ({ broker }) => {
    const { member } = await alone(broker)
    const request = { groupIds: [member.groupId], includeAuthorizedOperations: true }
    const answer = await broker.ask(apis.ConsumerGroupDescribe, 1, request)
    expect(only(answer.groups).authorizedOperations).toBe(0b110101001000)
  })

  test('is not there where nobody made it', async ({ broker }) => {
    await broker.group()
    expect(await describeOne(broker, 'no-such-group')).toMatchObject({
      errorCode: 'GROUP_ID_NOT_FOUND',
      errorMessage: 'Group no-such-group not found.',
      groupState: '',
    })
  })

  test('is not what a classic group is', async ({ broker }) => {
    const { groupId } = await (await broker.member(await broker.group())).settle()
    expect(await describeOne(broker, groupId)).toMatchObject({
      errorCode: 'GROUP_ID_NOT_FOUND',
      errorMessage: `Group ${groupId} is not a consumer group.`,
    })
  })

  test('must have a name', async ({ broker }) => {
    await broker.group()
    expect((await describeOne(broker, '')).errorCode).toBe('INVALID_GROUP_ID')
  })

  test('is no group to who describes classic groups', async ({ broker }) => {
    const { member } = await alone(broker)
    const ask = async (version: number) =>
      only((await broker.ask(apis.DescribeGroups, version, { groups: [member.groupId] })).groups)
    expect(await ask(5)).toMatchObject({ errorCode: 'NONE', groupState: 'Dead', members: [] })
    expect(await ask(6)).toMatchObject({
      errorCode: 'GROUP_ID_NOT_FOUND',
      errorMessage: `Group ${member.groupId} is not a classic group.`,
    })
  })

  test('is listed with its type and state', async ({ broker }) => {
    const { member } = await alone(broker)
    const request = { typesFilter: ['consumer'], statesFilter: ['Stable'] }
    const { groups } = await broker.ask(apis.ListGroups, 5, request)
    expect(groups).toContainEqual({
      groupId: member.groupId,
      protocolType: 'consumer',
      groupState: 'Stable',
      groupType: 'consumer',
    })
    const classic = await broker.ask(apis.ListGroups, 5, { typesFilter: ['classic'] })
    expect(classic.groups.map(({ groupId }) => groupId)).not.toContain(member.groupId)
  })

  test('is deleted only when it is empty', async ({ broker }) => {
    const { member } = await alone(broker)
    const remove = async () =>
      only((await broker.ask(apis.DeleteGroups, 2, { groupsNames: [member.groupId] })).results).errorCode
    expect(await remove()).toBe('NON_EMPTY_GROUP')
    await member.leave()
    expect(await remove()).toBe('NONE')
    expect((await describeOne(broker, member.groupId)).errorCode).toBe('GROUP_ID_NOT_FOUND')
  })

  test('becomes a classic group when it is empty and a classic member joins', async ({ broker }) => {
    const { member } = await alone(broker)
    await member.leave()
    const protocols = [{ name: 'range', metadata: subscription([]) }]
    const classic = await broker.member(member.groupId, { protocols })
    expect(await classic.join()).toMatchObject({ errorCode: 'NONE' })
    const { groups } = await broker.ask(apis.ListGroups, 5, { typesFilter: ['classic'] })
    expect(groups.map(({ groupId }) => groupId)).toContain(member.groupId)
  })
})
