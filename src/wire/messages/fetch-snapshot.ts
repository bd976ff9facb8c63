// The FetchSnapshot API (key 59): its request and response.
import { type Infer, int16, int32, int64, message, records, string, struct, structs, uint16, uuid } from '../schema.ts'

export const FetchSnapshotRequest = message(
  'FetchSnapshotRequest',
  { apiKey: 59, type: 'request', versions: '0-1', flexible: '0+', listeners: ['controller'] },
  () => ({
    clusterId: string('0+', { nullable: '0+', tag: 0, tagged: '0+', default: null }),
    replicaId: int32('0+', { default: -1 }),
    maxBytes: int32('0+', { default: 2147483647 }),
    topics: structs('TopicSnapshot', '0+', {
      name: string('0+'),
      partitions: structs('PartitionSnapshot', '0+', {
        partition: int32('0+'),
        currentLeaderEpoch: int32('0+'),
        snapshotId: struct('SnapshotId', '0+', {
          endOffset: int64('0+'),
          epoch: int32('0+'),
        }),
        position: int64('0+'),
        replicaDirectoryId: uuid('1+', { tag: 0, tagged: '1+', ignorable: true }),
      }),
    }),
  }),
)
export type FetchSnapshotRequest = Infer<typeof FetchSnapshotRequest>

export const FetchSnapshotResponse = message(
  'FetchSnapshotResponse',
  { apiKey: 59, type: 'response', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+', { ignorable: true }),
    errorCode: int16('0+'),
    topics: structs('TopicSnapshot', '0+', {
      name: string('0+'),
      partitions: structs('PartitionSnapshot', '0+', {
        index: int32('0+'),
        errorCode: int16('0+'),
        snapshotId: struct('SnapshotId', '0+', {
          endOffset: int64('0+'),
          epoch: int32('0+'),
        }),
        currentLeader: struct(
          'LeaderIdAndEpoch',
          '0+',
          {
            leaderId: int32('0+'),
            leaderEpoch: int32('0+'),
          },
          { tag: 0, tagged: '0+' },
        ),
        size: int64('0+'),
        position: int64('0+'),
        unalignedRecords: records('0+'),
      }),
    }),
    nodeEndpoints: structs(
      'NodeEndpoint',
      '1+',
      {
        nodeId: int32('1+'),
        host: string('1+'),
        port: uint16('1+'),
      },
      { tag: 0, tagged: '1+' },
    ),
  }),
)
export type FetchSnapshotResponse = Infer<typeof FetchSnapshotResponse>
