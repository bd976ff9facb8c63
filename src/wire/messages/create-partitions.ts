// The CreatePartitions API (key 37): its request and response.
import { array, bool, type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const CreatePartitionsRequest = message(
  'CreatePartitionsRequest',
  { apiKey: 37, type: 'request', versions: '0-3', flexible: '2+', listeners: ['broker', 'controller'] },
  () => ({
    topics: structs('CreatePartitionsTopic', '0+', {
      name: string('0+'),
      count: int32('0+'),
      assignments: structs(
        'CreatePartitionsAssignment',
        '0+',
        {
          brokerIds: array('int32', '0+'),
        },
        { nullable: '0+' },
      ),
    }),
    timeoutMs: int32('0+'),
    validateOnly: bool('0+'),
  }),
)
export type CreatePartitionsRequest = Infer<typeof CreatePartitionsRequest>

export const CreatePartitionsResponse = message(
  'CreatePartitionsResponse',
  { apiKey: 37, type: 'response', versions: '0-3', flexible: '2+' },
  () => ({
    throttleTimeMs: int32('0+'),
    results: structs('CreatePartitionsTopicResult', '0+', {
      name: string('0+'),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+', default: null }),
    }),
  }),
)
export type CreatePartitionsResponse = Infer<typeof CreatePartitionsResponse>
