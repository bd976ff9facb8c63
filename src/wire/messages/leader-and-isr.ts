// The LeaderAndIsr API (key 4): its request and response.
import { array, bool, type Infer, int8, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

const leaderAndIsrPartitionState = {
  topicName: string('0-1', { ignorable: true }),
  partitionIndex: int32('0+'),
  controllerEpoch: int32('0+'),
  leader: int32('0+'),
  leaderEpoch: int32('0+'),
  isr: array('int32', '0+'),
  partitionEpoch: int32('0+'),
  replicas: array('int32', '0+'),
  addingReplicas: array('int32', '3+', { ignorable: true }),
  removingReplicas: array('int32', '3+', { ignorable: true }),
  isNew: bool('1+', { default: false, ignorable: true }),
  leaderRecoveryState: int8('6+', { default: 0 }),
}

export const LeaderAndIsrRequest = message(
  'LeaderAndIsrRequest',
  { apiKey: 4, type: 'request', versions: 'none', removedVersions: '0-7', flexible: '4+', listeners: ['zkBroker'] },
  () => ({
    controllerId: int32('0+'),
    isKRaftController: bool('7+', { default: false }),
    controllerEpoch: int32('0+'),
    brokerEpoch: int64('2+', { default: -1, ignorable: true }),
    type: int8('5+'),
    ungroupedPartitionStates: structs('LeaderAndIsrPartitionState', '0-1', leaderAndIsrPartitionState),
    topicStates: structs('LeaderAndIsrTopicState', '2+', {
      topicName: string('2+'),
      topicId: uuid('5+', { ignorable: true }),
      partitionStates: structs('LeaderAndIsrPartitionState', '2+', leaderAndIsrPartitionState),
    }),
    liveLeaders: structs('LeaderAndIsrLiveLeader', '0+', {
      brokerId: int32('0+'),
      hostName: string('0+'),
      port: int32('0+'),
    }),
  }),
)
export type LeaderAndIsrRequest = Infer<typeof LeaderAndIsrRequest>

const leaderAndIsrPartitionError = {
  topicName: string('0-4', { ignorable: true }),
  partitionIndex: int32('0+'),
  errorCode: int16('0+'),
}

export const LeaderAndIsrResponse = message(
  'LeaderAndIsrResponse',
  { apiKey: 4, type: 'response', versions: 'none', removedVersions: '0-7', flexible: '4+' },
  () => ({
    errorCode: int16('0+'),
    partitionErrors: structs('LeaderAndIsrPartitionError', '0-4', leaderAndIsrPartitionError),
    topics: structs('LeaderAndIsrTopicError', '5+', {
      topicId: uuid('5+'),
      partitionErrors: structs('LeaderAndIsrPartitionError', '5+', leaderAndIsrPartitionError),
    }),
  }),
)
export type LeaderAndIsrResponse = Infer<typeof LeaderAndIsrResponse>
