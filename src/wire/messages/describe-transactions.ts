// The DescribeTransactions API (key 65): its request and response.
import { array, type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const DescribeTransactionsRequest = message(
  'DescribeTransactionsRequest',
  { apiKey: 65, type: 'request', versions: '0', flexible: '0+', listeners: ['broker'] },
  () => ({
    transactionalIds: array('string', '0+'),
  }),
)
export type DescribeTransactionsRequest = Infer<typeof DescribeTransactionsRequest>

export const DescribeTransactionsResponse = message(
  'DescribeTransactionsResponse',
  { apiKey: 65, type: 'response', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    transactionStates: structs('TransactionState', '0+', {
      errorCode: int16('0+'),
      transactionalId: string('0+'),
      transactionState: string('0+'),
      transactionTimeoutMs: int32('0+'),
      transactionStartTimeMs: int64('0+'),
      producerId: int64('0+'),
      producerEpoch: int16('0+'),
      topics: structs('TopicData', '0+', {
        topic: string('0+'),
        partitions: array('int32', '0+'),
      }),
    }),
  }),
)
export type DescribeTransactionsResponse = Infer<typeof DescribeTransactionsResponse>
