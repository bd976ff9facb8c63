// EndTxn, key 26: commits or aborts a producer's transaction. Answered when the decision is written: what it brings
// about holds from then on, whatever happens.
//
// v2 clients know PRODUCER_FENCED; v3 flexible; v4 and TRANSACTION_ABORTABLE
// v5 gives the producer a new epoch for its next transaction, or a new id where the epochs are used up (KIP-890)
import type { TransactionCoordinator } from '../txn/index.ts'
import { apis, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { fencedInVersion } from './support/fenced.ts'

const KNOWS_FENCED = 2
const BUMPS_EPOCH = 5

export function endTxnApi({ transactions }: { transactions: TransactionCoordinator }): ApiHandler {
  return defineApi(
    apis.EndTxn,
    { min: 0, max: 5 },
    async ({ apiVersion }, request) => {
      const transactionVersion = apiVersion >= BUMPS_EPOCH ? 2 : 0
      const identity = await transactions.endTransaction({ ...request, transactionVersion })
      return { errorCode: ErrorCode.NONE, ...identity }
    },
    (_request, errorCode, _message, { apiVersion }) => ({
      errorCode: fencedInVersion(errorCode, apiVersion, KNOWS_FENCED),
    }),
  )
}
