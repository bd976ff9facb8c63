// The ListPartitionReassignments API (key 46): its request and response.
import { array, type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const ListPartitionReassignmentsRequest = message(
  'ListPartitionReassignmentsRequest',
  { apiKey: 46, type: 'request', versions: '0', flexible: '0+', listeners: ['broker', 'controller'] },
  () => ({
    timeoutMs: int32('0+', { default: 60000 }),
    topics: structs(
      'ListPartitionReassignmentsTopics',
      '0+',
      {
        name: string('0+'),
        partitionIndexes: array('int32', '0+'),
      },
      { nullable: '0+', default: null },
    ),
  }),
)
export type ListPartitionReassignmentsRequest = Infer<typeof ListPartitionReassignmentsRequest>

export const ListPartitionReassignmentsResponse = message(
  'ListPartitionReassignmentsResponse',
  { apiKey: 46, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    topics: structs('OngoingTopicReassignment', '0+', {
      name: string('0+'),
      partitions: structs('OngoingPartitionReassignment', '0+', {
        partitionIndex: int32('0+'),
        replicas: array('int32', '0+'),
        addingReplicas: array('int32', '0+'),
        removingReplicas: array('int32', '0+'),
      }),
    }),
  }),
)
export type ListPartitionReassignmentsResponse = Infer<typeof ListPartitionReassignmentsResponse>
