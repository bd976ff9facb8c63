// The InitializeShareGroupState API (key 83): its request and response.
import { type Infer, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

export const InitializeShareGroupStateRequest = message(
  'InitializeShareGroupStateRequest',
  { apiKey: 83, type: 'request', versions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    topics: structs('InitializeStateData', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionData', '0+', {
        partition: int32('0+'),
        stateEpoch: int32('0+'),
        startOffset: int64('0+'),
      }),
    }),
  }),
)
export type InitializeShareGroupStateRequest = Infer<typeof InitializeShareGroupStateRequest>

export const InitializeShareGroupStateResponse = message(
  'InitializeShareGroupStateResponse',
  { apiKey: 83, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    results: structs('InitializeStateResult', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionResult', '0+', {
        partition: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
      }),
    }),
  }),
)
export type InitializeShareGroupStateResponse = Infer<typeof InitializeShareGroupStateResponse>
