// The Produce API (key 0): its request and response.
import { type Infer, int16, int32, int64, message, records, string, struct, structs, uuid } from '../schema.ts'

export const ProduceRequest = message(
  'ProduceRequest',
  { apiKey: 0, type: 'request', versions: '3-13', removedVersions: '0-2', flexible: '9+', listeners: ['broker'] },
  () => ({
    transactionalId: string('3+', { nullable: '3+', default: null }),
    acks: int16('0+'),
    timeoutMs: int32('0+'),
    topicData: structs('TopicProduceData', '0+', {
      name: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitionData: structs('PartitionProduceData', '0+', {
        index: int32('0+'),
        records: records('0+', { nullable: '0+' }),
      }),
    }),
  }),
)
export type ProduceRequest = Infer<typeof ProduceRequest>

export const ProduceResponse = message(
  'ProduceResponse',
  { apiKey: 0, type: 'response', versions: '3-13', removedVersions: '0-2', flexible: '9+' },
  () => ({
    responses: structs('TopicProduceResponse', '0+', {
      name: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitionResponses: structs('PartitionProduceResponse', '0+', {
        index: int32('0+'),
        errorCode: int16('0+'),
        baseOffset: int64('0+'),
        logAppendTimeMs: int64('2+', { default: -1, ignorable: true }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        recordErrors: structs(
          'BatchIndexAndErrorMessage',
          '8+',
          {
            batchIndex: int32('8+'),
            batchIndexErrorMessage: string('8+', { nullable: '8+', default: null }),
          },
          { ignorable: true },
        ),
        errorMessage: string('8+', { nullable: '8+', default: null, ignorable: true }),
        currentLeader: struct(
          'LeaderIdAndEpoch',
          '10+',
          {
            leaderId: int32('10+', { default: -1 }),
            leaderEpoch: int32('10+', { default: -1 }),
          },
          { tag: 0, tagged: '10+' },
        ),
      }),
    }),
    throttleTimeMs: int32('1+', { default: 0, ignorable: true }),
    nodeEndpoints: structs(
      'NodeEndpoint',
      '10+',
      {
        nodeId: int32('10+'),
        host: string('10+'),
        port: int32('10+'),
        rack: string('10+', { nullable: '10+', default: null }),
      },
      { tag: 0, tagged: '10+' },
    ),
  }),
)
export type ProduceResponse = Infer<typeof ProduceResponse>
