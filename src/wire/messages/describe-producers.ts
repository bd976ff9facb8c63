// The DescribeProducers API (key 61): its request and response.
import { array, type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const DescribeProducersRequest = message(
  'DescribeProducersRequest',
  { apiKey: 61, type: 'request', versions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    topics: structs('TopicRequest', '0+', {
      name: string('0+'),
      partitionIndexes: array('int32', '0+'),
    }),
  }),
)
export type DescribeProducersRequest = Infer<typeof DescribeProducersRequest>

export const DescribeProducersResponse = message(
  'DescribeProducersResponse',
  { apiKey: 61, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    topics: structs('TopicResponse', '0+', {
      name: string('0+'),
      partitions: structs('PartitionResponse', '0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
        activeProducers: structs('ProducerState', '0+', {
          producerId: int64('0+'),
          producerEpoch: int32('0+'),
          lastSequence: int32('0+', { default: -1 }),
          lastTimestamp: int64('0+', { default: -1 }),
          coordinatorEpoch: int32('0+'),
          currentTxnStartOffset: int64('0+', { default: -1 }),
        }),
      }),
    }),
  }),
)
export type DescribeProducersResponse = Infer<typeof DescribeProducersResponse>
