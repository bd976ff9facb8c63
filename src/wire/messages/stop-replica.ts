// The StopReplica API (key 5): its request and response.
import { array, bool, type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const StopReplicaRequest = message(
  'StopReplicaRequest',
  { apiKey: 5, type: 'request', versions: 'none', removedVersions: '0-4', flexible: '2+', listeners: ['zkBroker'] },
  () => ({
    controllerId: int32('0+'),
    isKRaftController: bool('4+', { default: false }),
    controllerEpoch: int32('0+'),
    brokerEpoch: int64('1+', { default: -1, ignorable: true }),
    deletePartitions: bool('0-2'),
    ungroupedPartitions: structs('StopReplicaPartitionV0', '0', {
      topicName: string('0'),
      partitionIndex: int32('0'),
    }),
    topics: structs('StopReplicaTopicV1', '1-2', {
      name: string('1-2'),
      partitionIndexes: array('int32', '1-2'),
    }),
    topicStates: structs('StopReplicaTopicState', '3+', {
      topicName: string('3+'),
      partitionStates: structs('StopReplicaPartitionState', '3+', {
        partitionIndex: int32('3+'),
        leaderEpoch: int32('3+', { default: -1 }),
        deletePartition: bool('3+'),
      }),
    }),
  }),
)
export type StopReplicaRequest = Infer<typeof StopReplicaRequest>

export const StopReplicaResponse = message(
  'StopReplicaResponse',
  { apiKey: 5, type: 'response', versions: 'none', removedVersions: '0-4', flexible: '2+' },
  () => ({
    errorCode: int16('0+'),
    partitionErrors: structs('StopReplicaPartitionError', '0+', {
      topicName: string('0+'),
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
    }),
  }),
)
export type StopReplicaResponse = Infer<typeof StopReplicaResponse>
