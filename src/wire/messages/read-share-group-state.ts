// The ReadShareGroupState API (key 84): its request and response.
import { type Infer, int8, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

export const ReadShareGroupStateRequest = message(
  'ReadShareGroupStateRequest',
  { apiKey: 84, type: 'request', versions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    topics: structs('ReadStateData', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionData', '0+', {
        partition: int32('0+'),
        leaderEpoch: int32('0+'),
      }),
    }),
  }),
)
export type ReadShareGroupStateRequest = Infer<typeof ReadShareGroupStateRequest>

export const ReadShareGroupStateResponse = message(
  'ReadShareGroupStateResponse',
  { apiKey: 84, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    results: structs('ReadStateResult', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionResult', '0+', {
        partition: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
        stateEpoch: int32('0+'),
        startOffset: int64('0+'),
        stateBatches: structs('StateBatch', '0+', {
          firstOffset: int64('0+'),
          lastOffset: int64('0+'),
          deliveryState: int8('0+'),
          deliveryCount: int16('0+'),
        }),
      }),
    }),
  }),
)
export type ReadShareGroupStateResponse = Infer<typeof ReadShareGroupStateResponse>
