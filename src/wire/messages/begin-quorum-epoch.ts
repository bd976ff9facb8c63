// The BeginQuorumEpoch API (key 53): its request and response.
import { type Infer, int16, int32, message, string, structs, uint16, uuid } from '../schema.ts'

export const BeginQuorumEpochRequest = message(
  'BeginQuorumEpochRequest',
  { apiKey: 53, type: 'request', versions: '0-1', flexible: '1+', listeners: ['controller'] },
  () => ({
    clusterId: string('0+', { nullable: '0+', default: null }),
    voterId: int32('1+', { default: -1, ignorable: true }),
    topics: structs('TopicData', '0+', {
      topicName: string('0+'),
      partitions: structs('PartitionData', '0+', {
        partitionIndex: int32('0+'),
        voterDirectoryId: uuid('1+', { ignorable: true }),
        leaderId: int32('0+'),
        leaderEpoch: int32('0+'),
      }),
    }),
    leaderEndpoints: structs(
      'LeaderEndpoint',
      '1+',
      {
        name: string('1+'),
        host: string('1+'),
        port: uint16('1+'),
      },
      { ignorable: true },
    ),
  }),
)
export type BeginQuorumEpochRequest = Infer<typeof BeginQuorumEpochRequest>

export const BeginQuorumEpochResponse = message(
  'BeginQuorumEpochResponse',
  { apiKey: 53, type: 'response', versions: '0-1', flexible: '1+' },
  () => ({
    errorCode: int16('0+'),
    topics: structs('TopicData', '0+', {
      topicName: string('0+'),
      partitions: structs('PartitionData', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        leaderId: int32('0+'),
        leaderEpoch: int32('0+'),
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
export type BeginQuorumEpochResponse = Infer<typeof BeginQuorumEpochResponse>
