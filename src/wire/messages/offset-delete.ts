// The OffsetDelete API (key 47): its request and response.
import { type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const OffsetDeleteRequest = message(
  'OffsetDeleteRequest',
  { apiKey: 47, type: 'request', versions: '0', flexible: 'none', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    topics: structs('OffsetDeleteRequestTopic', '0+', {
      name: string('0+'),
      partitions: structs('OffsetDeleteRequestPartition', '0+', {
        partitionIndex: int32('0+'),
      }),
    }),
  }),
)
export type OffsetDeleteRequest = Infer<typeof OffsetDeleteRequest>

export const OffsetDeleteResponse = message(
  'OffsetDeleteResponse',
  { apiKey: 47, type: 'response', versions: '0', flexible: 'none' },
  () => ({
    errorCode: int16('0+'),
    throttleTimeMs: int32('0+', { ignorable: true }),
    topics: structs('OffsetDeleteResponseTopic', '0+', {
      name: string('0+'),
      partitions: structs('OffsetDeleteResponsePartition', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
      }),
    }),
  }),
)
export type OffsetDeleteResponse = Infer<typeof OffsetDeleteResponse>
