// The records of __consumer_offsets: keys and values of classic, consumer, share and streams groups.
import {
  array,
  bytes,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  message,
  string,
  struct,
  structs,
  uint16,
  uuid,
} from '../schema.ts'

export const LegacyOffsetCommitKey = message(
  'LegacyOffsetCommitKey',
  { apiKey: 0, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    group: string('0'),
    topic: string('0'),
    partition: int32('0'),
  }),
)
export type LegacyOffsetCommitKey = Infer<typeof LegacyOffsetCommitKey>

export const LegacyOffsetCommitValue = message(
  'LegacyOffsetCommitValue',
  { apiKey: 0, type: 'coordinator-value', versions: '0', flexible: 'none' },
  () => ({
    offset: int64('0'),
    metadata: string('0'),
    commitTimestamp: int64('0'),
  }),
)
export type LegacyOffsetCommitValue = Infer<typeof LegacyOffsetCommitValue>

export const OffsetCommitKey = message(
  'OffsetCommitKey',
  { apiKey: 1, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    group: string('0'),
    topic: string('0'),
    partition: int32('0'),
  }),
)
export type OffsetCommitKey = Infer<typeof OffsetCommitKey>

export const OffsetCommitValue = message(
  'OffsetCommitValue',
  { apiKey: 1, type: 'coordinator-value', versions: '0-4', flexible: '4+' },
  () => ({
    offset: int64('0+'),
    leaderEpoch: int32('3+', { default: -1, ignorable: true }),
    metadata: string('0+'),
    commitTimestamp: int64('0+'),
    expireTimestamp: int64('1', { default: -1, ignorable: true }),
    topicId: uuid('4+', { tag: 0, tagged: '4+', ignorable: true }),
  }),
)
export type OffsetCommitValue = Infer<typeof OffsetCommitValue>

export const GroupMetadataKey = message(
  'GroupMetadataKey',
  { apiKey: 2, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    group: string('0'),
  }),
)
export type GroupMetadataKey = Infer<typeof GroupMetadataKey>

const memberMetadata = {
  memberId: string('0+'),
  groupInstanceId: string('3+', { nullable: '3+', default: null, ignorable: true }),
  clientId: string('0+'),
  clientHost: string('0+'),
  rebalanceTimeout: int32('1+', { default: -1, ignorable: true }),
  sessionTimeout: int32('0+'),
  subscription: bytes('0+'),
  assignment: bytes('0+'),
}

export const GroupMetadataValue = message(
  'GroupMetadataValue',
  { apiKey: 2, type: 'coordinator-value', versions: '0-4', flexible: '4+' },
  () => ({
    protocolType: string('0+'),
    generation: int32('0+'),
    protocol: string('0+', { nullable: '0+' }),
    leader: string('0+', { nullable: '0+' }),
    currentStateTimestamp: int64('2+', { default: -1, ignorable: true }),
    members: structs('MemberMetadata', '0+', memberMetadata),
  }),
)
export type GroupMetadataValue = Infer<typeof GroupMetadataValue>

export const ConsumerGroupMetadataKey = message(
  'ConsumerGroupMetadataKey',
  { apiKey: 3, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
  }),
)
export type ConsumerGroupMetadataKey = Infer<typeof ConsumerGroupMetadataKey>

export const ConsumerGroupMetadataValue = message(
  'ConsumerGroupMetadataValue',
  { apiKey: 3, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    epoch: int32('0+'),
    metadataHash: int64('0+', { tag: 0, tagged: '0+', default: 0 }),
  }),
)
export type ConsumerGroupMetadataValue = Infer<typeof ConsumerGroupMetadataValue>

export const ConsumerGroupPartitionMetadataKey = message(
  'ConsumerGroupPartitionMetadataKey',
  { apiKey: 4, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
  }),
)
export type ConsumerGroupPartitionMetadataKey = Infer<typeof ConsumerGroupPartitionMetadataKey>

export const ConsumerGroupPartitionMetadataValue = message(
  'ConsumerGroupPartitionMetadataValue',
  { apiKey: 4, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    topics: structs('TopicMetadata', '0+', {
      topicId: uuid('0+'),
      topicName: string('0+'),
      numPartitions: int32('0+'),
      partitionMetadata: structs('PartitionMetadata', '0+', {
        partition: int32('0+'),
        racks: array('string', '0+'),
      }),
    }),
  }),
)
export type ConsumerGroupPartitionMetadataValue = Infer<typeof ConsumerGroupPartitionMetadataValue>

export const ConsumerGroupMemberMetadataKey = message(
  'ConsumerGroupMemberMetadataKey',
  { apiKey: 5, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    memberId: string('0'),
  }),
)
export type ConsumerGroupMemberMetadataKey = Infer<typeof ConsumerGroupMemberMetadataKey>

export const ConsumerGroupMemberMetadataValue = message(
  'ConsumerGroupMemberMetadataValue',
  { apiKey: 5, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    instanceId: string('0+', { nullable: '0+' }),
    rackId: string('0+', { nullable: '0+' }),
    clientId: string('0+'),
    clientHost: string('0+'),
    subscribedTopicNames: array('string', '0+'),
    subscribedTopicRegex: string('0+', { nullable: '0+' }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    serverAssignor: string('0+', { nullable: '0+' }),
    classicMemberMetadata: struct(
      'ClassicMemberMetadata',
      '0+',
      {
        sessionTimeoutMs: int32('0+'),
        supportedProtocols: structs('ClassicProtocol', '0+', {
          name: string('0+'),
          metadata: bytes('0+'),
        }),
      },
      { nullable: '0+', tag: 0, tagged: '0+' },
    ),
  }),
)
export type ConsumerGroupMemberMetadataValue = Infer<typeof ConsumerGroupMemberMetadataValue>

export const ConsumerGroupTargetAssignmentMetadataKey = message(
  'ConsumerGroupTargetAssignmentMetadataKey',
  { apiKey: 6, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
  }),
)
export type ConsumerGroupTargetAssignmentMetadataKey = Infer<typeof ConsumerGroupTargetAssignmentMetadataKey>

export const ConsumerGroupTargetAssignmentMetadataValue = message(
  'ConsumerGroupTargetAssignmentMetadataValue',
  { apiKey: 6, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    assignmentEpoch: int32('0+'),
    assignmentTimestamp: int64('0+', { tag: 0, tagged: '0+', default: 0, ignorable: true }),
  }),
)
export type ConsumerGroupTargetAssignmentMetadataValue = Infer<typeof ConsumerGroupTargetAssignmentMetadataValue>

export const ConsumerGroupTargetAssignmentMemberKey = message(
  'ConsumerGroupTargetAssignmentMemberKey',
  { apiKey: 7, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    memberId: string('0'),
  }),
)
export type ConsumerGroupTargetAssignmentMemberKey = Infer<typeof ConsumerGroupTargetAssignmentMemberKey>

export const ConsumerGroupTargetAssignmentMemberValue = message(
  'ConsumerGroupTargetAssignmentMemberValue',
  { apiKey: 7, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    topicPartitions: structs('TopicPartition', '0+', {
      topicId: uuid('0+'),
      partitions: array('int32', '0+'),
    }),
  }),
)
export type ConsumerGroupTargetAssignmentMemberValue = Infer<typeof ConsumerGroupTargetAssignmentMemberValue>

export const ConsumerGroupCurrentMemberAssignmentKey = message(
  'ConsumerGroupCurrentMemberAssignmentKey',
  { apiKey: 8, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    memberId: string('0'),
  }),
)
export type ConsumerGroupCurrentMemberAssignmentKey = Infer<typeof ConsumerGroupCurrentMemberAssignmentKey>

const topicPartitions = {
  topicId: uuid('0+'),
  partitions: array('int32', '0+'),
  assignmentEpochs: array('int32', '0+', { nullable: '0+', tag: 0, tagged: '0+' }),
}

export const ConsumerGroupCurrentMemberAssignmentValue = message(
  'ConsumerGroupCurrentMemberAssignmentValue',
  { apiKey: 8, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    memberEpoch: int32('0+'),
    previousMemberEpoch: int32('0+'),
    state: int8('0+'),
    assignedPartitions: structs('TopicPartitions', '0+', topicPartitions),
    partitionsPendingRevocation: structs('TopicPartitions', '0+', topicPartitions),
  }),
)
export type ConsumerGroupCurrentMemberAssignmentValue = Infer<typeof ConsumerGroupCurrentMemberAssignmentValue>

export const ShareGroupMemberMetadataKey = message(
  'ShareGroupMemberMetadataKey',
  { apiKey: 10, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    memberId: string('0'),
  }),
)
export type ShareGroupMemberMetadataKey = Infer<typeof ShareGroupMemberMetadataKey>

export const ShareGroupMemberMetadataValue = message(
  'ShareGroupMemberMetadataValue',
  { apiKey: 10, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    rackId: string('0+', { nullable: '0+' }),
    clientId: string('0+'),
    clientHost: string('0+'),
    subscribedTopicNames: array('string', '0+'),
  }),
)
export type ShareGroupMemberMetadataValue = Infer<typeof ShareGroupMemberMetadataValue>

export const ShareGroupMetadataKey = message(
  'ShareGroupMetadataKey',
  { apiKey: 11, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
  }),
)
export type ShareGroupMetadataKey = Infer<typeof ShareGroupMetadataKey>

export const ShareGroupMetadataValue = message(
  'ShareGroupMetadataValue',
  { apiKey: 11, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    epoch: int32('0+'),
    metadataHash: int64('0+'),
  }),
)
export type ShareGroupMetadataValue = Infer<typeof ShareGroupMetadataValue>

export const ShareGroupTargetAssignmentMetadataKey = message(
  'ShareGroupTargetAssignmentMetadataKey',
  { apiKey: 12, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
  }),
)
export type ShareGroupTargetAssignmentMetadataKey = Infer<typeof ShareGroupTargetAssignmentMetadataKey>

export const ShareGroupTargetAssignmentMetadataValue = message(
  'ShareGroupTargetAssignmentMetadataValue',
  { apiKey: 12, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    assignmentEpoch: int32('0+'),
    assignmentTimestamp: int64('0+', { tag: 0, tagged: '0+', default: 0, ignorable: true }),
  }),
)
export type ShareGroupTargetAssignmentMetadataValue = Infer<typeof ShareGroupTargetAssignmentMetadataValue>

export const ShareGroupTargetAssignmentMemberKey = message(
  'ShareGroupTargetAssignmentMemberKey',
  { apiKey: 13, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    memberId: string('0'),
  }),
)
export type ShareGroupTargetAssignmentMemberKey = Infer<typeof ShareGroupTargetAssignmentMemberKey>

export const ShareGroupTargetAssignmentMemberValue = message(
  'ShareGroupTargetAssignmentMemberValue',
  { apiKey: 13, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    topicPartitions: structs('TopicPartition', '0+', {
      topicId: uuid('0+'),
      partitions: array('int32', '0+'),
    }),
  }),
)
export type ShareGroupTargetAssignmentMemberValue = Infer<typeof ShareGroupTargetAssignmentMemberValue>

export const ShareGroupCurrentMemberAssignmentKey = message(
  'ShareGroupCurrentMemberAssignmentKey',
  { apiKey: 14, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    memberId: string('0'),
  }),
)
export type ShareGroupCurrentMemberAssignmentKey = Infer<typeof ShareGroupCurrentMemberAssignmentKey>

const shareGroupCurrentMemberAssignmentValueTopicPartitions = {
  topicId: uuid('0+'),
  partitions: array('int32', '0+'),
}

export const ShareGroupCurrentMemberAssignmentValue = message(
  'ShareGroupCurrentMemberAssignmentValue',
  { apiKey: 14, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    memberEpoch: int32('0+'),
    previousMemberEpoch: int32('0+'),
    state: int8('0+'),
    assignedPartitions: structs('TopicPartitions', '0+', shareGroupCurrentMemberAssignmentValueTopicPartitions),
  }),
)
export type ShareGroupCurrentMemberAssignmentValue = Infer<typeof ShareGroupCurrentMemberAssignmentValue>

export const ShareGroupStatePartitionMetadataKey = message(
  'ShareGroupStatePartitionMetadataKey',
  { apiKey: 15, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
  }),
)
export type ShareGroupStatePartitionMetadataKey = Infer<typeof ShareGroupStatePartitionMetadataKey>

const topicPartitionsInfo = {
  topicId: uuid('0+'),
  topicName: string('0+'),
  partitions: array('int32', '0+'),
}

const topicInfo = {
  topicId: uuid('0+'),
  topicName: string('0+'),
}

export const ShareGroupStatePartitionMetadataValue = message(
  'ShareGroupStatePartitionMetadataValue',
  { apiKey: 15, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    initializingTopics: structs('TopicPartitionsInfo', '0+', topicPartitionsInfo),
    initializedTopics: structs('TopicPartitionsInfo', '0+', topicPartitionsInfo),
    deletingTopics: structs('TopicInfo', '0+', topicInfo),
  }),
)
export type ShareGroupStatePartitionMetadataValue = Infer<typeof ShareGroupStatePartitionMetadataValue>

export const ConsumerGroupRegularExpressionKey = message(
  'ConsumerGroupRegularExpressionKey',
  { apiKey: 16, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    regularExpression: string('0'),
  }),
)
export type ConsumerGroupRegularExpressionKey = Infer<typeof ConsumerGroupRegularExpressionKey>

export const ConsumerGroupRegularExpressionValue = message(
  'ConsumerGroupRegularExpressionValue',
  { apiKey: 16, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    topics: array('string', '0+'),
    version: int64('0+'),
    timestamp: int64('0+'),
  }),
)
export type ConsumerGroupRegularExpressionValue = Infer<typeof ConsumerGroupRegularExpressionValue>

export const StreamsGroupMetadataKey = message(
  'StreamsGroupMetadataKey',
  { apiKey: 17, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
  }),
)
export type StreamsGroupMetadataKey = Infer<typeof StreamsGroupMetadataKey>

const lastAssignmentConfig = {
  key: string('0+'),
  value: string('0+'),
}

export const StreamsGroupMetadataValue = message(
  'StreamsGroupMetadataValue',
  { apiKey: 17, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    epoch: int32('0+'),
    metadataHash: int64('0+'),
    validatedTopologyEpoch: int32('0+', { tag: 0, tagged: '0+', default: -1 }),
    lastAssignmentConfigs: structs('LastAssignmentConfig', '0+', lastAssignmentConfig, {
      nullable: '0+',
      tag: 1,
      tagged: '0+',
    }),
  }),
)
export type StreamsGroupMetadataValue = Infer<typeof StreamsGroupMetadataValue>

export const StreamsGroupMemberMetadataKey = message(
  'StreamsGroupMemberMetadataKey',
  { apiKey: 19, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    memberId: string('0'),
  }),
)
export type StreamsGroupMemberMetadataKey = Infer<typeof StreamsGroupMemberMetadataKey>

const endpoint = {
  host: string('0+'),
  port: uint16('0+'),
}

const keyValue = {
  key: string('0+'),
  value: string('0+'),
}

export const StreamsGroupMemberMetadataValue = message(
  'StreamsGroupMemberMetadataValue',
  { apiKey: 19, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    instanceId: string('0+', { nullable: '0+' }),
    rackId: string('0+', { nullable: '0+' }),
    clientId: string('0+'),
    clientHost: string('0+'),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    topologyEpoch: int32('0+'),
    processId: string('0+'),
    userEndpoint: struct('Endpoint', '0+', endpoint, { nullable: '0+', default: null }),
    clientTags: structs('KeyValue', '0+', keyValue),
  }),
)
export type StreamsGroupMemberMetadataValue = Infer<typeof StreamsGroupMemberMetadataValue>

export const StreamsGroupTargetAssignmentMetadataKey = message(
  'StreamsGroupTargetAssignmentMetadataKey',
  { apiKey: 20, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
  }),
)
export type StreamsGroupTargetAssignmentMetadataKey = Infer<typeof StreamsGroupTargetAssignmentMetadataKey>

export const StreamsGroupTargetAssignmentMetadataValue = message(
  'StreamsGroupTargetAssignmentMetadataValue',
  { apiKey: 20, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    assignmentEpoch: int32('0+'),
    assignmentTimestamp: int64('0+', { tag: 0, tagged: '0+', default: 0, ignorable: true }),
  }),
)
export type StreamsGroupTargetAssignmentMetadataValue = Infer<typeof StreamsGroupTargetAssignmentMetadataValue>

export const StreamsGroupTargetAssignmentMemberKey = message(
  'StreamsGroupTargetAssignmentMemberKey',
  { apiKey: 21, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    memberId: string('0'),
  }),
)
export type StreamsGroupTargetAssignmentMemberKey = Infer<typeof StreamsGroupTargetAssignmentMemberKey>

const taskIds = {
  subtopologyId: string('0+'),
  partitions: array('int32', '0+'),
}

export const StreamsGroupTargetAssignmentMemberValue = message(
  'StreamsGroupTargetAssignmentMemberValue',
  { apiKey: 21, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    activeTasks: structs('TaskIds', '0+', taskIds),
    standbyTasks: structs('TaskIds', '0+', taskIds),
    warmupTasks: structs('TaskIds', '0+', taskIds),
  }),
)
export type StreamsGroupTargetAssignmentMemberValue = Infer<typeof StreamsGroupTargetAssignmentMemberValue>

export const StreamsGroupCurrentMemberAssignmentKey = message(
  'StreamsGroupCurrentMemberAssignmentKey',
  { apiKey: 22, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
    memberId: string('0'),
  }),
)
export type StreamsGroupCurrentMemberAssignmentKey = Infer<typeof StreamsGroupCurrentMemberAssignmentKey>

const streamsGroupCurrentMemberAssignmentValueTaskIds = {
  subtopologyId: string('0+'),
  partitions: array('int32', '0+'),
  assignmentEpochs: array('int32', '0+', { nullable: '0+', tag: 0, tagged: '0+' }),
}

export const StreamsGroupCurrentMemberAssignmentValue = message(
  'StreamsGroupCurrentMemberAssignmentValue',
  { apiKey: 22, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    memberEpoch: int32('0+'),
    previousMemberEpoch: int32('0+'),
    state: int8('0+'),
    activeTasks: structs('TaskIds', '0+', streamsGroupCurrentMemberAssignmentValueTaskIds),
    standbyTasks: structs('TaskIds', '0+', streamsGroupCurrentMemberAssignmentValueTaskIds),
    warmupTasks: structs('TaskIds', '0+', streamsGroupCurrentMemberAssignmentValueTaskIds),
    activeTasksPendingRevocation: structs('TaskIds', '0+', streamsGroupCurrentMemberAssignmentValueTaskIds),
    standbyTasksPendingRevocation: structs('TaskIds', '0+', streamsGroupCurrentMemberAssignmentValueTaskIds),
    warmupTasksPendingRevocation: structs('TaskIds', '0+', streamsGroupCurrentMemberAssignmentValueTaskIds),
  }),
)
export type StreamsGroupCurrentMemberAssignmentValue = Infer<typeof StreamsGroupCurrentMemberAssignmentValue>

export const StreamsGroupTopologyKey = message(
  'StreamsGroupTopologyKey',
  { apiKey: 23, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    groupId: string('0'),
  }),
)
export type StreamsGroupTopologyKey = Infer<typeof StreamsGroupTopologyKey>

const topicConfig = {
  key: string('0+'),
  value: string('0+'),
}

const streamsGroupTopologyValueTopicInfo = {
  name: string('0+'),
  partitions: int32('0+'),
  replicationFactor: int16('0+'),
  topicConfigs: structs('TopicConfig', '0+', topicConfig),
}

export const StreamsGroupTopologyValue = message(
  'StreamsGroupTopologyValue',
  { apiKey: 23, type: 'coordinator-value', versions: '0', flexible: '0+' },
  () => ({
    epoch: int32('0+'),
    subtopologies: structs('Subtopology', '0+', {
      subtopologyId: string('0+'),
      sourceTopics: array('string', '0+'),
      sourceTopicRegex: array('string', '0+'),
      stateChangelogTopics: structs('TopicInfo', '0+', streamsGroupTopologyValueTopicInfo),
      repartitionSinkTopics: array('string', '0+'),
      repartitionSourceTopics: structs('TopicInfo', '0+', streamsGroupTopologyValueTopicInfo),
      copartitionGroups: structs('CopartitionGroup', '0+', {
        sourceTopics: array('int16', '0+'),
        sourceTopicRegex: array('int16', '0+'),
        repartitionSourceTopics: array('int16', '0+'),
      }),
    }),
  }),
)
export type StreamsGroupTopologyValue = Infer<typeof StreamsGroupTopologyValue>
