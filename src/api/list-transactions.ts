// ListTransactions, key 66: the transactional ids that this broker coordinates (KIP-664).
//
// v1 durationFilter: those that have been running for longer (KIP-994)
// v2 transactionalIdPattern: those whose id matches, as a whole, a regular expression in RE2's syntax (KIP-1152)
import { Re2 } from '../coordinator/index.ts'
import { type TransactionCoordinator, transactionStates } from '../txn/index.ts'
import { apis, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

const knownStates: ReadonlySet<string> = new Set(transactionStates)

export function listTransactionsApi({ transactions }: { transactions: TransactionCoordinator }): ApiHandler {
  return defineApi(
    apis.ListTransactions,
    { min: 0, max: 2 },
    async (_context, { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern }) => {
      const states = new Set(stateFilters)
      const listed = await transactions.list({
        states,
        producerIds: new Set(producerIdFilters),
        runningLongerThanMs: durationFilter,
        matches: matcherOf(transactionalIdPattern),
      })
      return {
        errorCode: ErrorCode.NONE,
        unknownStateFilters: [...states].filter((state) => !knownStates.has(state)),
        transactionStates: listed,
      }
    },
    (_request, errorCode) => ({ errorCode }),
  )
}

function matcherOf(pattern: string | null): (transactionalId: string) => boolean {
  if (pattern === null || pattern === '') return () => true
  const expression = Re2.compile(pattern)
  return (transactionalId) => expression.matches(transactionalId)
}
