// The UpdateMetadata API (key 6): its request and response.
import { array, bool, type Infer, int8, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

const updateMetadataPartitionState = {
  topicName: string('0-4', { ignorable: true }),
  partitionIndex: int32('0+'),
  controllerEpoch: int32('0+'),
  leader: int32('0+'),
  leaderEpoch: int32('0+'),
  isr: array('int32', '0+'),
  zkVersion: int32('0+'),
  replicas: array('int32', '0+'),
  offlineReplicas: array('int32', '4+', { ignorable: true }),
}

export const UpdateMetadataRequest = message(
  'UpdateMetadataRequest',
  { apiKey: 6, type: 'request', versions: 'none', removedVersions: '0-8', flexible: '6+', listeners: ['zkBroker'] },
  () => ({
    controllerId: int32('0+'),
    isKRaftController: bool('8+', { default: false }),
    type: int8('8+', { tag: 0, tagged: '8+', default: 0 }),
    controllerEpoch: int32('0+'),
    brokerEpoch: int64('5+', { default: -1, ignorable: true }),
    ungroupedPartitionStates: structs('UpdateMetadataPartitionState', '0-4', updateMetadataPartitionState),
    topicStates: structs('UpdateMetadataTopicState', '5+', {
      topicName: string('5+'),
      topicId: uuid('7+', { ignorable: true }),
      partitionStates: structs('UpdateMetadataPartitionState', '5+', updateMetadataPartitionState),
    }),
    liveBrokers: structs('UpdateMetadataBroker', '0+', {
      id: int32('0+'),
      v0Host: string('0', { ignorable: true }),
      v0Port: int32('0', { ignorable: true }),
      endpoints: structs(
        'UpdateMetadataEndpoint',
        '1+',
        {
          port: int32('1+'),
          host: string('1+'),
          listener: string('3+', { ignorable: true }),
          securityProtocol: int16('1+'),
        },
        { ignorable: true },
      ),
      rack: string('2+', { nullable: '0+', ignorable: true }),
    }),
  }),
)
export type UpdateMetadataRequest = Infer<typeof UpdateMetadataRequest>

export const UpdateMetadataResponse = message(
  'UpdateMetadataResponse',
  { apiKey: 6, type: 'response', versions: 'none', removedVersions: '0-8', flexible: '6+' },
  () => ({
    errorCode: int16('0+'),
  }),
)
export type UpdateMetadataResponse = Infer<typeof UpdateMetadataResponse>
