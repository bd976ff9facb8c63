// The DeleteShareGroupState API (key 86): its request and response.
import { type Infer, int16, int32, message, string, structs, uuid } from '../schema.ts'

export const DeleteShareGroupStateRequest = message(
  'DeleteShareGroupStateRequest',
  { apiKey: 86, type: 'request', versions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    topics: structs('DeleteStateData', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionData', '0+', {
        partition: int32('0+'),
      }),
    }),
  }),
)
export type DeleteShareGroupStateRequest = Infer<typeof DeleteShareGroupStateRequest>

export const DeleteShareGroupStateResponse = message(
  'DeleteShareGroupStateResponse',
  { apiKey: 86, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    results: structs('DeleteStateResult', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionResult', '0+', {
        partition: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
      }),
    }),
  }),
)
export type DeleteShareGroupStateResponse = Infer<typeof DeleteShareGroupStateResponse>
