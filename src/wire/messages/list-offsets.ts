// The ListOffsets API (key 2): its request and response.
import { array, type Infer, int8, int16, int32, int64, message, string, structs } from '../schema.ts'

export const ListOffsetsRequest = message(
  'ListOffsetsRequest',
  { apiKey: 2, type: 'request', versions: '1-11', removedVersions: '0', flexible: '6+', listeners: ['broker'] },
  () => ({
    replicaId: int32('0+'),
    isolationLevel: int8('2+'),
    topics: structs('ListOffsetsTopic', '0+', {
      name: string('0+'),
      partitions: structs('ListOffsetsPartition', '0+', {
        partitionIndex: int32('0+'),
        currentLeaderEpoch: int32('4+', { default: -1, ignorable: true }),
        timestamp: int64('0+'),
        maxNumOffsets: int32('0', { default: 1 }),
      }),
    }),
    timeoutMs: int32('10+', { ignorable: true }),
  }),
)
export type ListOffsetsRequest = Infer<typeof ListOffsetsRequest>

export const ListOffsetsResponse = message(
  'ListOffsetsResponse',
  { apiKey: 2, type: 'response', versions: '1-11', removedVersions: '0', flexible: '6+' },
  () => ({
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: structs('ListOffsetsTopicResponse', '0+', {
      name: string('0+'),
      partitions: structs('ListOffsetsPartitionResponse', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        oldStyleOffsets: array('int64', '0'),
        timestamp: int64('1+', { default: -1 }),
        offset: int64('1+', { default: -1 }),
        leaderEpoch: int32('4+', { default: -1 }),
      }),
    }),
  }),
)
export type ListOffsetsResponse = Infer<typeof ListOffsetsResponse>
