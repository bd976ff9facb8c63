// The OffsetForLeaderEpoch API (key 23): its request and response.
import { type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const OffsetForLeaderEpochRequest = message(
  'OffsetForLeaderEpochRequest',
  { apiKey: 23, type: 'request', versions: '2-4', removedVersions: '0-1', flexible: '4+', listeners: ['broker'] },
  () => ({
    replicaId: int32('3+', { default: -2, ignorable: true }),
    topics: structs('OffsetForLeaderTopic', '0+', {
      topic: string('0+'),
      partitions: structs('OffsetForLeaderPartition', '0+', {
        partition: int32('0+'),
        currentLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
        leaderEpoch: int32('0+'),
      }),
    }),
  }),
)
export type OffsetForLeaderEpochRequest = Infer<typeof OffsetForLeaderEpochRequest>

export const OffsetForLeaderEpochResponse = message(
  'OffsetForLeaderEpochResponse',
  { apiKey: 23, type: 'response', versions: '2-4', removedVersions: '0-1', flexible: '4+' },
  () => ({
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: structs('OffsetForLeaderTopicResult', '0+', {
      topic: string('0+'),
      partitions: structs('EpochEndOffset', '0+', {
        errorCode: int16('0+'),
        partition: int32('0+'),
        leaderEpoch: int32('1+', { default: -1, ignorable: true }),
        endOffset: int64('0+', { default: -1 }),
      }),
    }),
  }),
)
export type OffsetForLeaderEpochResponse = Infer<typeof OffsetForLeaderEpochResponse>
