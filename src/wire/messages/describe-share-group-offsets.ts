// The DescribeShareGroupOffsets API (key 90): its request and response.
import { array, type Infer, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

export const DescribeShareGroupOffsetsRequest = message(
  'DescribeShareGroupOffsetsRequest',
  { apiKey: 90, type: 'request', versions: '0-1', flexible: '0+', listeners: ['broker'] },
  () => ({
    groups: structs('DescribeShareGroupOffsetsRequestGroup', '0+', {
      groupId: string('0+'),
      topics: structs(
        'DescribeShareGroupOffsetsRequestTopic',
        '0+',
        {
          topicName: string('0+'),
          partitions: array('int32', '0+'),
        },
        { nullable: '0+' },
      ),
    }),
  }),
)
export type DescribeShareGroupOffsetsRequest = Infer<typeof DescribeShareGroupOffsetsRequest>

export const DescribeShareGroupOffsetsResponse = message(
  'DescribeShareGroupOffsetsResponse',
  { apiKey: 90, type: 'response', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    groups: structs('DescribeShareGroupOffsetsResponseGroup', '0+', {
      groupId: string('0+'),
      topics: structs('DescribeShareGroupOffsetsResponseTopic', '0+', {
        topicName: string('0+'),
        topicId: uuid('0+'),
        partitions: structs('DescribeShareGroupOffsetsResponsePartition', '0+', {
          partitionIndex: int32('0+'),
          startOffset: int64('0+'),
          leaderEpoch: int32('0+'),
          lag: int64('1+', { default: -1, ignorable: true }),
          errorCode: int16('0+'),
          errorMessage: string('0+', { nullable: '0+', default: null }),
        }),
      }),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+', default: null }),
    }),
  }),
)
export type DescribeShareGroupOffsetsResponse = Infer<typeof DescribeShareGroupOffsetsResponse>
