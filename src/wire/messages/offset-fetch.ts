// The OffsetFetch API (key 9): its request and response.
import { array, bool, type Infer, int16, int32, int64, message, string, structs, uuid } from '../schema.ts'

export const OffsetFetchRequest = message(
  'OffsetFetchRequest',
  { apiKey: 9, type: 'request', versions: '1-10', removedVersions: '0', flexible: '6+', listeners: ['broker'] },
  () => ({
    groupId: string('0-7'),
    topics: structs(
      'OffsetFetchRequestTopic',
      '0-7',
      {
        name: string('0-7'),
        partitionIndexes: array('int32', '0-7'),
      },
      { nullable: '2-7' },
    ),
    groups: structs('OffsetFetchRequestGroup', '8+', {
      groupId: string('8+'),
      memberId: string('9+', { nullable: '9+', default: null, ignorable: true }),
      memberEpoch: int32('9+', { default: -1, ignorable: true }),
      topics: structs(
        'OffsetFetchRequestTopics',
        '8+',
        {
          name: string('8-9', { ignorable: true }),
          topicId: uuid('10+', { ignorable: true }),
          partitionIndexes: array('int32', '8+'),
        },
        { nullable: '8+' },
      ),
    }),
    requireStable: bool('7+', { default: false }),
  }),
)
export type OffsetFetchRequest = Infer<typeof OffsetFetchRequest>

export const OffsetFetchResponse = message(
  'OffsetFetchResponse',
  { apiKey: 9, type: 'response', versions: '1-10', removedVersions: '0', flexible: '6+' },
  () => ({
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: structs('OffsetFetchResponseTopic', '0-7', {
      name: string('0-7'),
      partitions: structs('OffsetFetchResponsePartition', '0-7', {
        partitionIndex: int32('0-7'),
        committedOffset: int64('0-7'),
        committedLeaderEpoch: int32('5-7', { default: -1, ignorable: true }),
        metadata: string('0-7', { nullable: '0-7' }),
        errorCode: int16('0-7'),
      }),
    }),
    errorCode: int16('2-7', { default: 0, ignorable: true }),
    groups: structs('OffsetFetchResponseGroup', '8+', {
      groupId: string('8+'),
      topics: structs('OffsetFetchResponseTopics', '8+', {
        name: string('8-9', { ignorable: true }),
        topicId: uuid('10+', { ignorable: true }),
        partitions: structs('OffsetFetchResponsePartitions', '8+', {
          partitionIndex: int32('8+'),
          committedOffset: int64('8+'),
          committedLeaderEpoch: int32('8+', { default: -1, ignorable: true }),
          metadata: string('8+', { nullable: '8+' }),
          errorCode: int16('8+'),
        }),
      }),
      errorCode: int16('8+', { default: 0 }),
    }),
  }),
)
export type OffsetFetchResponse = Infer<typeof OffsetFetchResponse>
