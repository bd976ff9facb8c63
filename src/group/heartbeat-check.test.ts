// What makes a ConsumerGroupHeartbeat invalid, and in which words.
import { expect, test } from 'vitest'
import { type ConsumerGroupHeartbeatRequest, KafkaError } from '../wire/index.ts'
import { checkHeartbeat } from './heartbeat-check.ts'

const joining: ConsumerGroupHeartbeatRequest = {
  groupId: 'g',
  memberId: 'm',
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: 5000,
  subscribedTopicNames: ['red'],
  subscribedTopicRegex: null,
  serverAssignor: null,
  topicPartitions: [],
}

function refusalOf(more: Partial<ConsumerGroupHeartbeatRequest>, apiVersion = 1): string | undefined {
  try {
    checkHeartbeat({ ...joining, ...more }, apiVersion, ['range', 'uniform'])
    return undefined
  } catch (error) {
    if (error instanceof KafkaError) return `${error.codeName}: ${error.errorMessage}`
    throw error
  }
}

test.each<[Partial<ConsumerGroupHeartbeatRequest>, string]>([
  [{ memberId: '' }, "INVALID_REQUEST: MemberId can't be empty."],
  [{ groupId: '' }, "INVALID_REQUEST: GroupId can't be empty."],
  [{ groupId: ' \t' }, "INVALID_REQUEST: GroupId can't be empty."],
  [{ instanceId: '' }, "INVALID_REQUEST: InstanceId can't be empty."],
  [{ rackId: '' }, "INVALID_REQUEST: RackId can't be empty."],
  [{ rebalanceTimeoutMs: -1 }, 'INVALID_REQUEST: RebalanceTimeoutMs must be provided in first request.'],
  [{ topicPartitions: null }, 'INVALID_REQUEST: TopicPartitions must be empty when (re-)joining.'],
  [
    { topicPartitions: [{ topicId: 'redredredredredredredA', partitions: [0] }] },
    'INVALID_REQUEST: TopicPartitions must be empty when (re-)joining.',
  ],
  [
    { subscribedTopicNames: null },
    'INVALID_REQUEST: Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
  ],
  [{ memberEpoch: -2 }, "INVALID_REQUEST: InstanceId can't be null."],
  [{ memberEpoch: -3 }, 'INVALID_REQUEST: MemberEpoch is invalid.'],
  [
    { serverAssignor: 'sticky' },
    'UNSUPPORTED_ASSIGNOR: ServerAssignor sticky is not supported. Supported assignors: range, uniform.',
  ],
])('%o is refused', (more, refusal) => {
  expect(refusalOf(more)).toBe(refusal)
})

test.each<Partial<ConsumerGroupHeartbeatRequest>>([
  {},
  { subscribedTopicNames: null, subscribedTopicRegex: '' },
  { subscribedTopicNames: [] },
  { serverAssignor: 'range' },
  { memberEpoch: 3, rebalanceTimeoutMs: -1, subscribedTopicNames: null, topicPartitions: null },
  { memberEpoch: -1, topicPartitions: null },
  { memberEpoch: -2, instanceId: 'i' },
])('%o is valid', (more) => {
  expect(refusalOf(more)).toBeUndefined()
})

test('A member of version 0 may join without a member id, and do nothing else', () => {
  expect(refusalOf({ memberId: '' }, 0)).toBeUndefined()
  expect(refusalOf({ memberId: '', memberEpoch: -2, instanceId: 'i' }, 0)).toBeUndefined()
  for (const memberEpoch of [1, -1]) {
    expect(refusalOf({ memberId: '', memberEpoch }, 0)).toBe("INVALID_REQUEST: MemberId can't be empty.")
  }
})
