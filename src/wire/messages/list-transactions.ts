// The ListTransactions API (key 66): its request and response.
import { array, type Infer, int16, int32, int64, message, string, structs } from '../schema.ts'

export const ListTransactionsRequest = message(
  'ListTransactionsRequest',
  { apiKey: 66, type: 'request', versions: '0-2', flexible: '0+', listeners: ['broker'] },
  () => ({
    stateFilters: array('string', '0+'),
    producerIdFilters: array('int64', '0+'),
    durationFilter: int64('1+', { default: -1 }),
    transactionalIdPattern: string('2+', { nullable: '2+', default: null }),
  }),
)
export type ListTransactionsRequest = Infer<typeof ListTransactionsRequest>

export const ListTransactionsResponse = message(
  'ListTransactionsResponse',
  { apiKey: 66, type: 'response', versions: '0-2', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    unknownStateFilters: array('string', '0+'),
    transactionStates: structs('TransactionState', '0+', {
      transactionalId: string('0+'),
      producerId: int64('0+'),
      transactionState: string('0+'),
    }),
  }),
)
export type ListTransactionsResponse = Infer<typeof ListTransactionsResponse>
