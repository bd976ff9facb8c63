// The DescribeTopicPartitions API (key 75): its request and response.
import { array, bool, type Infer, int16, int32, message, string, struct, structs, uuid } from '../schema.ts'

export const DescribeTopicPartitionsRequest = message(
  'DescribeTopicPartitionsRequest',
  { apiKey: 75, type: 'request', versions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    topics: structs('TopicRequest', '0+', {
      name: string('0+'),
    }),
    responsePartitionLimit: int32('0+', { default: 2000 }),
    cursor: struct(
      'Cursor',
      '0+',
      {
        topicName: string('0+'),
        partitionIndex: int32('0+'),
      },
      { nullable: '0+', default: null },
    ),
  }),
)
export type DescribeTopicPartitionsRequest = Infer<typeof DescribeTopicPartitionsRequest>

export const DescribeTopicPartitionsResponse = message(
  'DescribeTopicPartitionsResponse',
  { apiKey: 75, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+', { ignorable: true }),
    topics: structs('DescribeTopicPartitionsResponseTopic', '0+', {
      errorCode: int16('0+'),
      name: string('0+', { nullable: '0+' }),
      topicId: uuid('0+', { ignorable: true }),
      isInternal: bool('0+', { default: false, ignorable: true }),
      partitions: structs('DescribeTopicPartitionsResponsePartition', '0+', {
        errorCode: int16('0+'),
        partitionIndex: int32('0+'),
        leaderId: int32('0+'),
        leaderEpoch: int32('0+', { default: -1, ignorable: true }),
        replicaNodes: array('int32', '0+'),
        isrNodes: array('int32', '0+'),
        eligibleLeaderReplicas: array('int32', '0+', { nullable: '0+', default: null }),
        lastKnownElr: array('int32', '0+', { nullable: '0+', default: null }),
        offlineReplicas: array('int32', '0+', { ignorable: true }),
      }),
      topicAuthorizedOperations: int32('0+', { default: -2147483648 }),
    }),
    nextCursor: struct(
      'Cursor',
      '0+',
      {
        topicName: string('0+'),
        partitionIndex: int32('0+'),
      },
      { nullable: '0+', default: null },
    ),
  }),
)
export type DescribeTopicPartitionsResponse = Infer<typeof DescribeTopicPartitionsResponse>
