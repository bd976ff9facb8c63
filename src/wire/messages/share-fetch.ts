// The ShareFetch API (key 78): its request and response.
import {
  array,
  bool,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  message,
  records,
  string,
  struct,
  structs,
  uuid,
} from '../schema.ts'

export const ShareFetchRequest = message(
  'ShareFetchRequest',
  { apiKey: 78, type: 'request', versions: '1-2', removedVersions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    groupId: string('0+', { nullable: '0+', default: null }),
    memberId: string('0+', { nullable: '0+' }),
    shareSessionEpoch: int32('0+'),
    maxWaitMs: int32('0+'),
    minBytes: int32('0+'),
    maxBytes: int32('0+', { default: 2147483647 }),
    maxRecords: int32('1+'),
    batchSize: int32('1+'),
    shareAcquireMode: int8('2+', { default: 0, ignorable: true }),
    isRenewAck: bool('2+', { default: false }),
    topics: structs('FetchTopic', '0+', {
      topicId: uuid('0+'),
      partitions: structs('FetchPartition', '0+', {
        partitionIndex: int32('0+'),
        partitionMaxBytes: int32('0'),
        acknowledgementBatches: structs('AcknowledgementBatch', '0+', {
          firstOffset: int64('0+'),
          lastOffset: int64('0+'),
          acknowledgeTypes: array('int8', '0+'),
        }),
      }),
    }),
    forgottenTopicsData: structs('ForgottenTopic', '0+', {
      topicId: uuid('0+'),
      partitions: array('int32', '0+'),
    }),
  }),
)
export type ShareFetchRequest = Infer<typeof ShareFetchRequest>

export const ShareFetchResponse = message(
  'ShareFetchResponse',
  { apiKey: 78, type: 'response', versions: '1-2', removedVersions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    acquisitionLockTimeoutMs: int32('1+'),
    responses: structs('ShareFetchableTopicResponse', '0+', {
      topicId: uuid('0+'),
      partitions: structs('PartitionData', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
        acknowledgeErrorCode: int16('0+'),
        acknowledgeErrorMessage: string('0+', { nullable: '0+', default: null }),
        currentLeader: struct('LeaderIdAndEpoch', '0+', {
          leaderId: int32('0+'),
          leaderEpoch: int32('0+'),
        }),
        records: records('0+', { nullable: '0' }),
        acquiredRecords: structs('AcquiredRecords', '0+', {
          firstOffset: int64('0+'),
          lastOffset: int64('0+'),
          deliveryCount: int16('0+'),
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
export type ShareFetchResponse = Infer<typeof ShareFetchResponse>
