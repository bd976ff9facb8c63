// DescribeTransactions, key 65, version 0: where transactions stand, by their ids (KIP-664).
import type { TransactionCoordinator } from '../txn/index.ts'
import { apis, type Draft, ErrorCode, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Description = NonNullable<Draft<typeof apis.DescribeTransactions.response>['transactionStates']>[number]

export function describeTransactionsApi({ transactions }: { transactions: TransactionCoordinator }): ApiHandler {
  const describe = async (transactionalId: string): Promise<Description> => {
    try {
      return { errorCode: ErrorCode.NONE, ...(await transactions.describe(transactionalId)) }
    } catch (error) {
      if (error instanceof KafkaError) return { errorCode: error.code, transactionalId }
      throw error
    }
  }

  return defineApi(
    apis.DescribeTransactions,
    { min: 0, max: 0 },
    async (_context, { transactionalIds }) => ({
      transactionStates: await Promise.all(transactionalIds.map(describe)),
    }),
    ({ transactionalIds }, errorCode) => ({
      transactionStates: transactionalIds.map((transactionalId) => ({ errorCode, transactionalId })),
    }),
  )
}
