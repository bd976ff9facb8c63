// The AlterShareGroupOffsets API (key 91): its request and response.
import { type Infer, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

export const AlterShareGroupOffsetsRequest = message(
  'AlterShareGroupOffsetsRequest',
  { apiKey: 91, type: 'request', versions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    topics: structs('AlterShareGroupOffsetsRequestTopic', '0+', {
      topicName: string('0+'),
      partitions: structs('AlterShareGroupOffsetsRequestPartition', '0+', {
        partitionIndex: int32('0+'),
        startOffset: int64('0+'),
      }),
    }),
  }),
)
export type AlterShareGroupOffsetsRequest = Infer<typeof AlterShareGroupOffsetsRequest>

export const AlterShareGroupOffsetsResponse = message(
  'AlterShareGroupOffsetsResponse',
  { apiKey: 91, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    responses: structs('AlterShareGroupOffsetsResponseTopic', '0+', {
      topicName: string('0+'),
      topicId: uuid('0+'),
      partitions: structs('AlterShareGroupOffsetsResponsePartition', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
      }),
    }),
  }),
)
export type AlterShareGroupOffsetsResponse = Infer<typeof AlterShareGroupOffsetsResponse>
