// The WriteShareGroupState API (key 85): its request and response.
import { type Infer, int8, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

export const WriteShareGroupStateRequest = message(
  'WriteShareGroupStateRequest',
  { apiKey: 85, type: 'request', versions: '0-1', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    topics: structs('WriteStateData', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionData', '0+', {
        partition: int32('0+'),
        stateEpoch: int32('0+'),
        leaderEpoch: int32('0+'),
        startOffset: int64('0+'),
        deliveryCompleteCount: int32('1+', { default: -1, ignorable: true }),
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
export type WriteShareGroupStateRequest = Infer<typeof WriteShareGroupStateRequest>

export const WriteShareGroupStateResponse = message(
  'WriteShareGroupStateResponse',
  { apiKey: 85, type: 'response', versions: '0-1', flexible: '0+' },
  () => ({
    results: structs('WriteStateResult', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionResult', '0+', {
        partition: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
      }),
    }),
  }),
)
export type WriteShareGroupStateResponse = Infer<typeof WriteShareGroupStateResponse>
