// The TxnOffsetCommit API (key 28): its request and response.
import { type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const TxnOffsetCommitRequest = message(
  'TxnOffsetCommitRequest',
  { apiKey: 28, type: 'request', versions: '0-5', flexible: '3+', listeners: ['broker'] },
  () => ({
    transactionalId: string('0+'),
    groupId: string('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    generationId: int32('3+', { default: -1 }),
    memberId: string('3+', { default: '' }),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
    topics: structs('TxnOffsetCommitRequestTopic', '0+', {
      name: string('0+'),
      partitions: structs('TxnOffsetCommitRequestPartition', '0+', {
        partitionIndex: int32('0+'),
        committedOffset: int64('0+'),
        committedLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
        committedMetadata: string('0+', { nullable: '0+' }),
      }),
    }),
  }),
)
export type TxnOffsetCommitRequest = Infer<typeof TxnOffsetCommitRequest>

export const TxnOffsetCommitResponse = message(
  'TxnOffsetCommitResponse',
  { apiKey: 28, type: 'response', versions: '0-5', flexible: '3+' },
  () => ({
    throttleTimeMs: int32('0+'),
    topics: structs('TxnOffsetCommitResponseTopic', '0+', {
      name: string('0+'),
      partitions: structs('TxnOffsetCommitResponsePartition', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
      }),
    }),
  }),
)
export type TxnOffsetCommitResponse = Infer<typeof TxnOffsetCommitResponse>
