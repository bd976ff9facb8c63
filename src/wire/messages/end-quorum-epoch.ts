// The EndQuorumEpoch API (key 54): its request and response.
import { array, type Infer, int16, int32, message, string, structs, uint16, uuid } from '../schema.ts'

export const EndQuorumEpochRequest = message(
  'EndQuorumEpochRequest',
  { apiKey: 54, type: 'request', versions: '0-1', flexible: '1+', listeners: ['controller'] },
  () => ({
    clusterId: string('0+', { nullable: '0+', default: null }),
    topics: structs('TopicData', '0+', {
      topicName: string('0+'),
      partitions: structs('PartitionData', '0+', {
        partitionIndex: int32('0+'),
        leaderId: int32('0+'),
        leaderEpoch: int32('0+'),
        preferredSuccessors: array('int32', '0', { ignorable: true }),
        preferredCandidates: structs(
          'ReplicaInfo',
          '1+',
          {
            candidateId: int32('1+'),
            candidateDirectoryId: uuid('1+'),
          },
          { ignorable: true },
        ),
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
export type EndQuorumEpochRequest = Infer<typeof EndQuorumEpochRequest>

export const EndQuorumEpochResponse = message(
  'EndQuorumEpochResponse',
  { apiKey: 54, type: 'response', versions: '0-1', flexible: '1+' },
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
export type EndQuorumEpochResponse = Infer<typeof EndQuorumEpochResponse>
