// The ShareGroupDescribe API (key 77): its request and response.
import { array, bool, type Infer, int16, int32, message, string, struct, structs, uuid } from '../schema.ts'

export const ShareGroupDescribeRequest = message(
  'ShareGroupDescribeRequest',
  { apiKey: 77, type: 'request', versions: '1', removedVersions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupIds: array('string', '0+'),
    includeAuthorizedOperations: bool('0+'),
  }),
)
export type ShareGroupDescribeRequest = Infer<typeof ShareGroupDescribeRequest>

const topicPartitions = {
  topicId: uuid('0+'),
  topicName: string('0+'),
  partitions: array('int32', '0+'),
}

const assignment = {
  topicPartitions: structs('TopicPartitions', '0+', topicPartitions),
}

export const ShareGroupDescribeResponse = message(
  'ShareGroupDescribeResponse',
  { apiKey: 77, type: 'response', versions: '1', removedVersions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    groups: structs('DescribedGroup', '0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+', default: null }),
      groupId: string('0+'),
      groupState: string('0+'),
      groupEpoch: int32('0+'),
      assignmentEpoch: int32('0+'),
      assignorName: string('0+'),
      members: structs('Member', '0+', {
        memberId: string('0+'),
        rackId: string('0+', { nullable: '0+', default: null }),
        memberEpoch: int32('0+'),
        clientId: string('0+'),
        clientHost: string('0+'),
        subscribedTopicNames: array('string', '0+'),
        assignment: struct('Assignment', '0+', assignment),
      }),
      authorizedOperations: int32('0+', { default: -2147483648 }),
    }),
  }),
)
export type ShareGroupDescribeResponse = Infer<typeof ShareGroupDescribeResponse>
