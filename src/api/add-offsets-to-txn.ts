// AddOffsetsToTxn, key 25: a group's partition of __consumer_offsets becomes part of a producer's transaction, which is
// going to commit offsets of that group. Not sent by clients of the second version of transactions (KIP-890).
//
// v2 clients know PRODUCER_FENCED; v3 flexible; v4 and TRANSACTION_ABORTABLE
import type { GroupCoordinator } from '../group/index.ts'
import { CONSUMER_OFFSETS } from '../metadata/index.ts'
import type { TransactionCoordinator } from '../txn/index.ts'
import { apis, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { fencedInVersion } from './support/fenced.ts'

const KNOWS_FENCED = 2
const CLIENT_TRANSACTION_VERSION = 0

export function addOffsetsToTxnApi(rooms: {
  transactions: TransactionCoordinator
  groups: GroupCoordinator
}): ApiHandler {
  const { transactions, groups } = rooms
  return defineApi(
    apis.AddOffsetsToTxn,
    { min: 0, max: 4 },
    async (_context, { groupId, ...producer }) => {
      const partition = { topic: CONSUMER_OFFSETS, partition: groups.partitionFor(groupId) }
      await transactions.addPartitions(producer, [partition], CLIENT_TRANSACTION_VERSION)
      return { errorCode: ErrorCode.NONE }
    },
    (_request, errorCode, _message, { apiVersion }) => ({
      errorCode: fencedInVersion(errorCode, apiVersion, KNOWS_FENCED),
    }),
  )
}
