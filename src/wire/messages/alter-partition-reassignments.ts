// The AlterPartitionReassignments API (key 45): its request and response.
import { array, bool, type Infer, int16, int32, message, string, structs } from '../schema.ts'

export const AlterPartitionReassignmentsRequest = message(
  'AlterPartitionReassignmentsRequest',
  { apiKey: 45, type: 'request', versions: '0-1', flexible: '0+', listeners: ['broker', 'controller'] },
  () => ({
    timeoutMs: int32('0+', { default: 60000 }),
    allowReplicationFactorChange: bool('1+', { default: true }),
    topics: structs('ReassignableTopic', '0+', {
      name: string('0+'),
      partitions: structs('ReassignablePartition', '0+', {
        partitionIndex: int32('0+'),
        replicas: array('int32', '0+', { nullable: '0+', default: null }),
      }),
    }),
  }),
)
export type AlterPartitionReassignmentsRequest = Infer<typeof AlterPartitionReassignmentsRequest>

export const AlterPartitionReassignmentsResponse = message(
  'AlterPartitionReassignmentsResponse',
  { apiKey: 45, type: 'response', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    allowReplicationFactorChange: bool('1+', { default: true, ignorable: true }),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    responses: structs('ReassignableTopicResponse', '0+', {
      name: string('0+'),
      partitions: structs('ReassignablePartitionResponse', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
      }),
    }),
  }),
)
export type AlterPartitionReassignmentsResponse = Infer<typeof AlterPartitionReassignmentsResponse>
