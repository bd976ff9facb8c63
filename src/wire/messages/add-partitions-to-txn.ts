// The AddPartitionsToTxn API (key 24): its request and response.
import { array, bool, type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

const addPartitionsToTxnTopic = {
  name: string('0+'),
  partitions: array('int32', '0+'),
}

export const AddPartitionsToTxnRequest = message(
  'AddPartitionsToTxnRequest',
  { apiKey: 24, type: 'request', versions: '0-5', flexible: '3+', listeners: ['broker'] },
  () => ({
    transactions: structs('AddPartitionsToTxnTransaction', '4+', {
      transactionalId: string('4+'),
      producerId: int64('4+'),
      producerEpoch: int16('4+'),
      verifyOnly: bool('4+', { default: false }),
      topics: structs('AddPartitionsToTxnTopic', '4+', addPartitionsToTxnTopic),
    }),
    v3AndBelowTransactionalId: string('0-3'),
    v3AndBelowProducerId: int64('0-3'),
    v3AndBelowProducerEpoch: int16('0-3'),
    v3AndBelowTopics: structs('AddPartitionsToTxnTopic', '0-3', addPartitionsToTxnTopic),
  }),
)
export type AddPartitionsToTxnRequest = Infer<typeof AddPartitionsToTxnRequest>

const addPartitionsToTxnPartitionResult = {
  partitionIndex: int32('0+'),
  partitionErrorCode: int16('0+'),
}

const addPartitionsToTxnTopicResult = {
  name: string('0+'),
  resultsByPartition: structs('AddPartitionsToTxnPartitionResult', '0+', addPartitionsToTxnPartitionResult),
}

export const AddPartitionsToTxnResponse = message(
  'AddPartitionsToTxnResponse',
  { apiKey: 24, type: 'response', versions: '0-5', flexible: '3+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('4+', { ignorable: true }),
    resultsByTransaction: structs('AddPartitionsToTxnResult', '4+', {
      transactionalId: string('4+'),
      topicResults: structs('AddPartitionsToTxnTopicResult', '4+', addPartitionsToTxnTopicResult),
    }),
    resultsByTopicV3AndBelow: structs('AddPartitionsToTxnTopicResult', '0-3', addPartitionsToTxnTopicResult),
  }),
)
export type AddPartitionsToTxnResponse = Infer<typeof AddPartitionsToTxnResponse>
