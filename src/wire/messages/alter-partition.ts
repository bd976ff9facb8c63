// The AlterPartition API (key 56): its request and response.
import { array, type Infer, int8, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

export const AlterPartitionRequest = message(
  'AlterPartitionRequest',
  { apiKey: 56, type: 'request', versions: '2-3', removedVersions: '0-1', flexible: '0+', listeners: ['controller'] },
  () => ({
    brokerId: int32('0+'),
    brokerEpoch: int64('0+', { default: -1 }),
    topics: structs('TopicData', '0+', {
      topicName: string('0-1', { ignorable: true }),
      topicId: uuid('2+', { ignorable: true }),
      partitions: structs('PartitionData', '0+', {
        partitionIndex: int32('0+'),
        leaderEpoch: int32('0+'),
        newIsr: array('int32', '0-2'),
        newIsrWithEpochs: structs('BrokerState', '3+', {
          brokerId: int32('3+'),
          brokerEpoch: int64('3+', { default: -1 }),
        }),
        leaderRecoveryState: int8('1+', { default: 0 }),
        partitionEpoch: int32('0+'),
      }),
    }),
  }),
)
export type AlterPartitionRequest = Infer<typeof AlterPartitionRequest>

export const AlterPartitionResponse = message(
  'AlterPartitionResponse',
  { apiKey: 56, type: 'response', versions: '2-3', removedVersions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    topics: structs('TopicData', '0+', {
      topicName: string('0-1', { ignorable: true }),
      topicId: uuid('2+', { ignorable: true }),
      partitions: structs('PartitionData', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        leaderId: int32('0+'),
        leaderEpoch: int32('0+'),
        isr: array('int32', '0+'),
        leaderRecoveryState: int8('1+', { default: 0, ignorable: true }),
        partitionEpoch: int32('0+'),
      }),
    }),
  }),
)
export type AlterPartitionResponse = Infer<typeof AlterPartitionResponse>
