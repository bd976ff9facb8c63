// The ConsumerGroupHeartbeat API (key 68): its request and response.
import { array, type Infer, int16, int32, message, string, struct, structs, uuid } from '../schema.ts'

export const ConsumerGroupHeartbeatRequest = message(
  'ConsumerGroupHeartbeatRequest',
  { apiKey: 68, type: 'request', versions: '0-1', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    memberId: string('0+'),
    memberEpoch: int32('0+'),
    instanceId: string('0+', { nullable: '0+', default: null }),
    rackId: string('0+', { nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    subscribedTopicNames: array('string', '0+', { nullable: '0+', default: null }),
    subscribedTopicRegex: string('1+', { nullable: '1+', default: null }),
    serverAssignor: string('0+', { nullable: '0+', default: null }),
    topicPartitions: structs(
      'TopicPartitions',
      '0+',
      {
        topicId: uuid('0+'),
        partitions: array('int32', '0+'),
      },
      { nullable: '0+', default: null },
    ),
  }),
)
export type ConsumerGroupHeartbeatRequest = Infer<typeof ConsumerGroupHeartbeatRequest>

const topicPartitions = {
  topicId: uuid('0+'),
  partitions: array('int32', '0+'),
}

export const ConsumerGroupHeartbeatResponse = message(
  'ConsumerGroupHeartbeatResponse',
  { apiKey: 68, type: 'response', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    memberId: string('0+', { nullable: '0+', default: null }),
    memberEpoch: int32('0+'),
    heartbeatIntervalMs: int32('0+'),
    assignment: struct(
      'Assignment',
      '0+',
      {
        topicPartitions: structs('TopicPartitions', '0+', topicPartitions),
      },
      { nullable: '0+', default: null },
    ),
  }),
)
export type ConsumerGroupHeartbeatResponse = Infer<typeof ConsumerGroupHeartbeatResponse>
