// The ElectLeaders API (key 43): its request and response.
import { array, type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const ElectLeadersRequest = message(
  'ElectLeadersRequest',
  { apiKey: 43, type: 'request', versions: '0-2', flexible: '2+', listeners: ['broker', 'controller'] },
  () => ({
    electionType: int8('1+'),
    topicPartitions: structs(
      'TopicPartitions',
      '0+',
      {
        topic: string('0+'),
        partitions: array('int32', '0+'),
      },
      { nullable: '0+' },
    ),
    timeoutMs: int32('0+', { default: 60000 }),
  }),
)
export type ElectLeadersRequest = Infer<typeof ElectLeadersRequest>

export const ElectLeadersResponse = message(
  'ElectLeadersResponse',
  { apiKey: 43, type: 'response', versions: '0-2', flexible: '2+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('1+'),
    replicaElectionResults: structs('ReplicaElectionResult', '0+', {
      topic: string('0+'),
      partitionResult: structs('PartitionResult', '0+', {
        partitionId: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
      }),
    }),
  }),
)
export type ElectLeadersResponse = Infer<typeof ElectLeadersResponse>
