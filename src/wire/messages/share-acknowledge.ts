// The ShareAcknowledge API (key 79): its request and response.
import { array, bool, type Infer, int16, int32, int64, message, string, struct, structs, uuid } from '../schema.ts'

export const ShareAcknowledgeRequest = message(
  'ShareAcknowledgeRequest',
  { apiKey: 79, type: 'request', versions: '1-2', removedVersions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupId: string('0+', { nullable: '0+', default: null }),
    memberId: string('0+', { nullable: '0+' }),
    shareSessionEpoch: int32('0+'),
    isRenewAck: bool('2+', { default: false }),
    topics: structs('AcknowledgeTopic', '0+', {
      topicId: uuid('0+'),
      partitions: structs('AcknowledgePartition', '0+', {
        partitionIndex: int32('0+'),
        acknowledgementBatches: structs('AcknowledgementBatch', '0+', {
          firstOffset: int64('0+'),
          lastOffset: int64('0+'),
          acknowledgeTypes: array('int8', '0+'),
        }),
      }),
    }),
  }),
)
export type ShareAcknowledgeRequest = Infer<typeof ShareAcknowledgeRequest>

export const ShareAcknowledgeResponse = message(
  'ShareAcknowledgeResponse',
  { apiKey: 79, type: 'response', versions: '1-2', removedVersions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    acquisitionLockTimeoutMs: int32('2+', { ignorable: true }),
    responses: structs('ShareAcknowledgeTopicResponse', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionData', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
        currentLeader: struct('LeaderIdAndEpoch', '0+', {
          leaderId: int32('0+'),
          leaderEpoch: int32('0+'),
        }),
      }),
    }),
    nodeEndpoints: structs('NodeEndpoint', '0+', {
      nodeId: int32('0+'),
      host: string('0+'),
      port: int32('0+'),
      rack: string('0+', { nullable: '0+', default: null }),
    }),
  }),
)
export type ShareAcknowledgeResponse = Infer<typeof ShareAcknowledgeResponse>
