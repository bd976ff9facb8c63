// The Vote API (key 52): its request and response.
import { bool, type Infer, int16, int32, int64, message, string, structs, uint16, uuid } from '../schema.ts'

export const VoteRequest = message(
  'VoteRequest',
  { apiKey: 52, type: 'request', versions: '0-2', flexible: '0+', listeners: ['controller'] },
  () => ({
    clusterId: string('0+', { nullable: '0+', default: null }),
    voterId: int32('1+', { default: -1, ignorable: true }),
    topics: structs('TopicData', '0+', {
      topicName: string('0+'),
      partitions: structs('PartitionData', '0+', {
        partitionIndex: int32('0+'),
        replicaEpoch: int32('0+'),
        replicaId: int32('0+'),
        replicaDirectoryId: uuid('1+', { ignorable: true }),
        voterDirectoryId: uuid('1+', { ignorable: true }),
        lastOffsetEpoch: int32('0+'),
        lastOffset: int64('0+'),
        preVote: bool('2+'),
      }),
    }),
  }),
)
export type VoteRequest = Infer<typeof VoteRequest>

export const VoteResponse = message(
  'VoteResponse',
  { apiKey: 52, type: 'response', versions: '0-2', flexible: '0+' },
  () => ({
    errorCode: int16('0+'),
    topics: structs('TopicData', '0+', {
      topicName: string('0+'),
      partitions: structs('PartitionData', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        leaderId: int32('0+'),
        leaderEpoch: int32('0+'),
        voteGranted: bool('0+'),
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
export type VoteResponse = Infer<typeof VoteResponse>
