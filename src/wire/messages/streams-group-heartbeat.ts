// The StreamsGroupHeartbeat API (key 88): its request and response.
import {
  array,
  bool,
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
} from '../schema.ts'

const keyValue = {
  key: string('0+'),
  value: string('0+'),
}

const topicInfo = {
  name: string('0+'),
  partitions: int32('0+'),
  replicationFactor: int16('0+'),
  topicConfigs: structs('KeyValue', '0+', keyValue),
}

const endpoint = {
  host: string('0+'),
  port: uint16('0+'),
}

const taskOffset = {
  subtopologyId: string('0+'),
  partition: int32('0+'),
  offset: int64('0+'),
}

const taskIds = {
  subtopologyId: string('0+'),
  partitions: array('int32', '0+'),
}

export const StreamsGroupHeartbeatRequest = message(
  'StreamsGroupHeartbeatRequest',
  { apiKey: 88, type: 'request', versions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    memberId: string('0+'),
    memberEpoch: int32('0+'),
    endpointInformationEpoch: int32('0+'),
    instanceId: string('0+', { nullable: '0+', default: null }),
    rackId: string('0+', { nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    topology: struct(
      'Topology',
      '0+',
      {
        epoch: int32('0+'),
        subtopologies: structs('Subtopology', '0+', {
          subtopologyId: string('0+'),
          sourceTopics: array('string', '0+'),
          sourceTopicRegex: array('string', '0+'),
          stateChangelogTopics: structs('TopicInfo', '0+', topicInfo),
          repartitionSinkTopics: array('string', '0+'),
          repartitionSourceTopics: structs('TopicInfo', '0+', topicInfo),
          copartitionGroups: structs('CopartitionGroup', '0+', {
            sourceTopics: array('int16', '0+'),
            sourceTopicRegex: array('int16', '0+'),
            repartitionSourceTopics: array('int16', '0+'),
          }),
        }),
      },
      { nullable: '0+', default: null },
    ),
    activeTasks: structs('TaskIds', '0+', taskIds, { nullable: '0+', default: null }),
    standbyTasks: structs('TaskIds', '0+', taskIds, { nullable: '0+', default: null }),
    warmupTasks: structs('TaskIds', '0+', taskIds, { nullable: '0+', default: null }),
    processId: string('0+', { nullable: '0+', default: null }),
    userEndpoint: struct('Endpoint', '0+', endpoint, { nullable: '0+', default: null }),
    clientTags: structs('KeyValue', '0+', keyValue, { nullable: '0+', default: null }),
    taskOffsets: structs('TaskOffset', '0+', taskOffset, { nullable: '0+', default: null }),
    taskEndOffsets: structs('TaskOffset', '0+', taskOffset, { nullable: '0+', default: null }),
    shutdownApplication: bool('0+', { default: false }),
  }),
)
export type StreamsGroupHeartbeatRequest = Infer<typeof StreamsGroupHeartbeatRequest>

const status = {
  statusCode: int8('0+'),
  statusDetail: string('0+'),
}

const topicPartition = {
  topic: string('0+'),
  partitions: array('int32', '0+'),
}

export const StreamsGroupHeartbeatResponse = message(
  'StreamsGroupHeartbeatResponse',
  { apiKey: 88, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    memberId: string('0+'),
    memberEpoch: int32('0+'),
    heartbeatIntervalMs: int32('0+'),
    acceptableRecoveryLag: int32('0+'),
    taskOffsetIntervalMs: int32('0+'),
    status: structs('Status', '0+', status, { nullable: '0+' }),
    activeTasks: structs('TaskIds', '0+', taskIds, { nullable: '0+', default: null }),
    standbyTasks: structs('TaskIds', '0+', taskIds, { nullable: '0+', default: null }),
    warmupTasks: structs('TaskIds', '0+', taskIds, { nullable: '0+', default: null }),
    endpointInformationEpoch: int32('0+'),
    partitionsByUserEndpoint: structs(
      'EndpointToPartitions',
      '0+',
      {
        userEndpoint: struct('Endpoint', '0+', endpoint),
        activePartitions: structs('TopicPartition', '0+', topicPartition),
        standbyPartitions: structs('TopicPartition', '0+', topicPartition),
      },
      { nullable: '0+', default: null },
    ),
  }),
)
export type StreamsGroupHeartbeatResponse = Infer<typeof StreamsGroupHeartbeatResponse>
