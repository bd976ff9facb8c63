// The ReadShareGroupStateSummary API (key 87): its request and response.
import { type Infer, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

export const ReadShareGroupStateSummaryRequest = message(
  'ReadShareGroupStateSummaryRequest',
  { apiKey: 87, type: 'request', versions: '0-1', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    topics: structs('ReadStateSummaryData', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionData', '0+', {
        partition: int32('0+'),
        leaderEpoch: int32('0+'),
      }),
    }),
  }),
)
export type ReadShareGroupStateSummaryRequest = Infer<typeof ReadShareGroupStateSummaryRequest>

export const ReadShareGroupStateSummaryResponse = message(
  'ReadShareGroupStateSummaryResponse',
  { apiKey: 87, type: 'response', versions: '0-1', flexible: '0+' },
  () => ({
    results: structs('ReadStateSummaryResult', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionResult', '0+', {
        partition: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
        stateEpoch: int32('0+'),
        leaderEpoch: int32('0+'),
        startOffset: int64('0+'),
        deliveryCompleteCount: int32('1+', { default: -1, ignorable: true }),
      }),
    }),
  }),
)
export type ReadShareGroupStateSummaryResponse = Infer<typeof ReadShareGroupStateSummaryResponse>
