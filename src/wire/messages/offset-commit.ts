// The OffsetCommit API (key 8): its request and response.
import { type Infer, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

export const OffsetCommitRequest = message(
  'OffsetCommitRequest',
  { apiKey: 8, type: 'request', versions: '2-10', removedVersions: '0-1', flexible: '8+', listeners: ['broker'] },
  () => ({
    groupId: string('0+'),
    generationIdOrMemberEpoch: int32('1+', { default: -1, ignorable: true }),
    memberId: string('1+', { ignorable: true }),
    groupInstanceId: string('7+', { nullable: '7+', default: null }),
    retentionTimeMs: int64('2-4', { default: -1, ignorable: true }),
    topics: structs('OffsetCommitRequestTopic', '0+', {
      name: string('0-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: structs('OffsetCommitRequestPartition', '0+', {
        partitionIndex: int32('0+'),
        committedOffset: int64('0+'),
        committedLeaderEpoch: int32('6+', { default: -1, ignorable: true }),
        commitTimestamp: int64('1', { default: -1 }),
        committedMetadata: string('0+', { nullable: '0+' }),
      }),
    }),
  }),
)
export type OffsetCommitRequest = Infer<typeof OffsetCommitRequest>

export const OffsetCommitResponse = message(
  'OffsetCommitResponse',
  { apiKey: 8, type: 'response', versions: '2-10', removedVersions: '0-1', flexible: '8+' },
  () => ({
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: structs('OffsetCommitResponseTopic', '0+', {
      name: string('0-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: structs('OffsetCommitResponsePartition', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
      }),
    }),
  }),
)
export type OffsetCommitResponse = Infer<typeof OffsetCommitResponse>
