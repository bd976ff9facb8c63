// AddPartitionsToTxn, key 24: partitions that a producer is about to write to become part of its transaction. Those of a
// transaction are added together or not at all.
//
// v2 clients know PRODUCER_FENCED; v3 flexible
// v4 for brokers alone: many transactions in one request, and verifyOnly: whether the partitions were added (KIP-890)
// v5 from brokers whose clients know TRANSACTION_ABORTABLE
import type { MetadataImage } from '../metadata/index.ts'
import type { TransactionCoordinator } from '../txn/index.ts'
import { apis, type Draft, ErrorCode, type ErrorName, type Infer, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { fencedInVersion } from './support/fenced.ts'

type Request = Infer<typeof apis.AddPartitionsToTxn.request>
type Response = Draft<typeof apis.AddPartitionsToTxn.response>
type Transaction = Request['transactions'][number]
type Topic = Transaction['topics'][number]
type TopicResults = NonNullable<Response['resultsByTopicV3AndBelow']>

const BATCHED = 4
const KNOWS_FENCED = 2
/** Of transactions: in the first, clients add their partitions themselves; in the second, brokers do. */
const ADDED_BY_CLIENTS = 0
const ADDED_BY_BROKERS = 2

export function addPartitionsToTxnApi(rooms: {
  transactions: TransactionCoordinator
  image: MetadataImage
}): ApiHandler {
  const { transactions, image } = rooms

  return defineApi(
    apis.AddPartitionsToTxn,
    { min: 0, max: 5 },
    async ({ apiVersion }, request): Promise<Response> => {
      if (apiVersion < BATCHED) {
        return { resultsByTopicV3AndBelow: await addOrVerify(transactionOf(request), apiVersion) }
      }
      const resultsByTransaction = request.transactions.map(async (transaction) => ({
        transactionalId: transaction.transactionalId,
        topicResults: await addOrVerify(transaction, apiVersion),
      }))
      return { resultsByTransaction: await Promise.all(resultsByTransaction) }
    },
    (request, errorCode, _message, { apiVersion }) =>
      apiVersion < BATCHED
        ? { resultsByTopicV3AndBelow: resultsFor(request.v3AndBelowTopics, () => errorCode) }
        : { errorCode },
  )

  async function addOrVerify(transaction: Transaction, apiVersion: number): Promise<TopicResults> {
    const { topics, verifyOnly, ...producer } = transaction
    const isKnown = (topic: string, partition: number): boolean => image.partition(topic, partition) !== undefined
    const partitions = topics.flatMap(({ name: topic, partitions: indexes }) =>
      indexes.map((partition) => ({ topic, partition })),
    )
    if (!partitions.every(({ topic, partition }) => isKnown(topic, partition))) {
      return resultsFor(topics, (topic, partition) =>
        isKnown(topic, partition) ? ErrorCode.OPERATION_NOT_ATTEMPTED : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      )
    }
    try {
      if (verifyOnly) return verified(topics, await transactions.verifyPartitions(producer, partitions))
      await transactions.addPartitions(producer, partitions, apiVersion < BATCHED ? ADDED_BY_CLIENTS : ADDED_BY_BROKERS)
      return resultsFor(topics, () => ErrorCode.NONE)
    } catch (error) {
      // With a transaction.version that has no place for it, the request as a whole is refused.
      if (!(error instanceof KafkaError) || error.codeName === 'UNSUPPORTED_VERSION') throw error
      const errorCode = fencedInVersion(error.code, apiVersion, KNOWS_FENCED)
      return resultsFor(topics, () => errorCode)
    }
  }
}

function transactionOf(request: Request): Transaction {
  return {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: request.v3AndBelowTopics,
  }
}

/** `errors` has one for each partition, in their order. */
function verified(topics: readonly Topic[], errors: readonly (ErrorName | undefined)[]): TopicResults {
  const next = errors.values()
  return resultsFor(topics, () => ErrorCode[next.next().value ?? 'NONE'])
}

function resultsFor(topics: readonly Topic[], errorOf: (topic: string, partition: number) => number): TopicResults {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorOf(name, partitionIndex),
    })),
  }))
}
