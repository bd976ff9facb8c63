// The records of __transaction_state: keys and values.
import { array, type Infer, int8, int16, int32, int64, message, string, structs } from '../schema.ts'

export const TransactionLogKey = message(
  'TransactionLogKey',
  { apiKey: 0, type: 'coordinator-key', versions: '0', flexible: 'none' },
  () => ({
    transactionalId: string('0'),
  }),
)
export type TransactionLogKey = Infer<typeof TransactionLogKey>

export const TransactionLogValue = message(
  'TransactionLogValue',
  { apiKey: 0, type: 'coordinator-value', versions: '0-1', flexible: '1+' },
  () => ({
    producerId: int64('0+'),
    previousProducerId: int64('1+', { tag: 0, tagged: '1+', default: -1 }),
    nextProducerId: int64('1+', { tag: 1, tagged: '1+', default: -1 }),
    producerEpoch: int16('0+'),
    nextProducerEpoch: int16('1+', { tag: 3, tagged: '1+', default: -1 }),
    transactionTimeoutMs: int32('0+'),
    transactionStatus: int8('0+'),
    transactionPartitions: structs(
      'PartitionsSchema',
      '0+',
      {
        topic: string('0+'),
        partitionIds: array('int32', '0+'),
      },
      { nullable: '0+' },
    ),
    transactionLastUpdateTimestampMs: int64('0+'),
    transactionStartTimestampMs: int64('0+'),
    clientTransactionVersion: int16('1+', { tag: 2, tagged: '1+', default: 0 }),
  }),
)
export type TransactionLogValue = Infer<typeof TransactionLogValue>
