// The ShareGroupHeartbeat API (key 76): its request and response.
import { array, type Infer, int16, int32, message, string, struct, structs, uuid } from '../schema.ts'

export const ShareGroupHeartbeatRequest = message(
  'ShareGroupHeartbeatRequest',
  { apiKey: 76, type: 'request', versions: '1', removedVersions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    memberId: string('0+'),
    memberEpoch: int32('0+'),
    rackId: string('0+', { nullable: '0+', default: null }),
    subscribedTopicNames: array('string', '0+', { nullable: '0+', default: null }),
  }),
)
export type ShareGroupHeartbeatRequest = Infer<typeof ShareGroupHeartbeatRequest>

const topicPartitions = {
  topicId: uuid('0+'),
  partitions: array('int32', '0+'),
}

export const ShareGroupHeartbeatResponse = message(
  'ShareGroupHeartbeatResponse',
  { apiKey: 76, type: 'response', versions: '1', removedVersions: '0', flexible: '0+' },
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
export type ShareGroupHeartbeatResponse = Infer<typeof ShareGroupHeartbeatResponse>
