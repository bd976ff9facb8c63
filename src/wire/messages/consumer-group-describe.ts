// The ConsumerGroupDescribe API (key 69): its request and response.
import { array, bool, type Infer, int8, int16, int32, message, string, struct, structs, uuid } from '../schema.ts'

export const ConsumerGroupDescribeRequest = message(
  'ConsumerGroupDescribeRequest',
  { apiKey: 69, type: 'request', versions: '0-1', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupIds: array('string', '0+'),
    includeAuthorizedOperations: bool('0+'),
  }),
)
export type ConsumerGroupDescribeRequest = Infer<typeof ConsumerGroupDescribeRequest>

const topicPartitions = {
  topicId: uuid('0+'),
  topicName: string('0+'),
  partitions: array('int32', '0+'),
}

const assignment = {
  topicPartitions: structs('TopicPartitions', '0+', topicPartitions),
}

export const ConsumerGroupDescribeResponse = message(
  'ConsumerGroupDescribeResponse',
  { apiKey: 69, type: 'response', versions: '0-1', flexible: '0+' },
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
        instanceId: string('0+', { nullable: '0+', default: null }),
        rackId: string('0+', { nullable: '0+', default: null }),
        memberEpoch: int32('0+'),
        clientId: string('0+'),
        clientHost: string('0+'),
        subscribedTopicNames: array('string', '0+'),
        subscribedTopicRegex: string('0+', { nullable: '0+', default: null }),
        assignment: struct('Assignment', '0+', assignment),
        targetAssignment: struct('Assignment', '0+', assignment),
        memberType: int8('1+', { default: -1, ignorable: true }),
      }),
      authorizedOperations: int32('0+', { default: -2147483648 }),
    }),
  }),
)
export type ConsumerGroupDescribeResponse = Infer<typeof ConsumerGroupDescribeResponse>
