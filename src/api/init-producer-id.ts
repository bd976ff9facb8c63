// InitProducerId, key 22: an id and an epoch for a producer. With a transactional id, whoever had it before is fenced and
// its transaction aborted; until that is done the answer is CONCURRENT_TRANSACTIONS.
//
// v2 flexible; v3 the id and epoch that the producer has, to recover from an error (KIP-360)
// v4 clients know PRODUCER_FENCED; v5 and TRANSACTION_ABORTABLE (KIP-890)
import type { ProducerIds, TransactionCoordinator } from '../txn/index.ts'
import { apis, ErrorCode, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { fencedInVersion } from './support/fenced.ts'

const NONE = -1
const KNOWS_FENCED = 4

export function initProducerIdApi(rooms: {
  producerIds: ProducerIds
  transactions: TransactionCoordinator
}): ApiHandler {
  const { producerIds, transactions } = rooms
  return defineApi(
    apis.InitProducerId,
    { min: 0, max: 5 },
    async (_context, { transactionalId, transactionTimeoutMs, producerId, producerEpoch }) => {
      if ((producerId === NONE) !== (producerEpoch === NONE)) throw new KafkaError('INVALID_REQUEST')
      if (transactionalId === null) {
        return { errorCode: ErrorCode.NONE, producerId: await producerIds.next(), producerEpoch: 0 }
      }
      const expected = producerId === NONE ? undefined : { producerId, producerEpoch }
      return transactions.initProducerId({ transactionalId, transactionTimeoutMs, expected })
    },
    (_request, errorCode, _message, { apiVersion }) => ({
      errorCode: fencedInVersion(errorCode, apiVersion, KNOWS_FENCED),
      producerId: NONE,
      producerEpoch: NONE,
    }),
  )
}
