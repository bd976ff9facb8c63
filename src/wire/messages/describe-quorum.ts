// The DescribeQuorum API (key 55): its request and response.
import { type Infer, int16, int32, int64, message, string, structs, uint16, uuid } from '../schema.ts'

export const DescribeQuorumRequest = message(
  'DescribeQuorumRequest',
  { apiKey: 55, type: 'request', versions: '0-2', flexible: '0+', listeners: ['broker', 'controller'] },
  () => ({
    topics: structs('TopicData', '0+', {
      topicName: string('0+'),
      partitions: structs('PartitionData', '0+', {
        partitionIndex: int32('0+'),
      }),
    }),
  }),
)
export type DescribeQuorumRequest = Infer<typeof DescribeQuorumRequest>

const replicaState = {
  replicaId: int32('0+'),
  replicaDirectoryId: uuid('2+'),
  logEndOffset: int64('0+'),
  lastFetchTimestamp: int64('1+', { default: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64('1+', { default: -1, ignorable: true }),
}

export const DescribeQuorumResponse = message(
  'DescribeQuorumResponse',
  { apiKey: 55, type: 'response', versions: '0-2', flexible: '0+' },
  () => ({
    errorCode: int16('0+'),
    errorMessage: string('2+', { nullable: '2+', ignorable: true }),
    topics: structs('TopicData', '0+', {
      topicName: string('0+'),
      partitions: structs('PartitionData', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('2+', { nullable: '2+', ignorable: true }),
        leaderId: int32('0+'),
        leaderEpoch: int32('0+'),
        highWatermark: int64('0+'),
        currentVoters: structs('ReplicaState', '0+', replicaState),
        observers: structs('ReplicaState', '0+', replicaState),
      }),
    }),
    nodes: structs('Node', '2+', {
      nodeId: int32('2+'),
      listeners: structs('Listener', '2+', {
        name: string('2+'),
        host: string('2+'),
        port: uint16('2+'),
      }),
    }),
  }),
)
export type DescribeQuorumResponse = Infer<typeof DescribeQuorumResponse>
