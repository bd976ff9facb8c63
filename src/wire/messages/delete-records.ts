// The DeleteRecords API (key 21): its request and response.
import { type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const DeleteRecordsRequest = message(
  'DeleteRecordsRequest',
  { apiKey: 21, type: 'request', versions: '0-2', flexible: '2+', listeners: ['broker'] },
  () => ({
    topics: structs('DeleteRecordsTopic', '0+', {
      name: string('0+'),
      partitions: structs('DeleteRecordsPartition', '0+', {
        partitionIndex: int32('0+'),
        offset: int64('0+'),
      }),
    }),
    timeoutMs: int32('0+'),
  }),
)
export type DeleteRecordsRequest = Infer<typeof DeleteRecordsRequest>

export const DeleteRecordsResponse = message(
  'DeleteRecordsResponse',
  { apiKey: 21, type: 'response', versions: '0-2', flexible: '2+' },
  () => ({
    throttleTimeMs: int32('0+'),
    topics: structs('DeleteRecordsTopicResult', '0+', {
      name: string('0+'),
      partitions: structs('DeleteRecordsPartitionResult', '0+', {
        partitionIndex: int32('0+'),
        lowWatermark: int64('0+'),
        errorCode: int16('0+'),
      }),
    }),
  }),
)
export type DeleteRecordsResponse = Infer<typeof DeleteRecordsResponse>
