// Writes the markers of decided transactions: to each broker those of the partitions that it leads, again and again where
// that fails for now. Kafka's TransactionMarkerChannelManager. Keeps nothing but what is under way.
import type { Clock, Logger, Timer } from '../io/index.ts'
import { type MetadataImage, NO_LEADER } from '../metadata/index.ts'
import {
  type Draft,
  ErrorCode,
  type ErrorName,
  errorName,
  type WriteTxnMarkersRequest,
  type WriteTxnMarkersResponse,
} from '../wire/index.ts'
import type { Completion } from './completion.ts'
import type { TopicPartition } from './partitions.ts'

export type TxnMarkers = WriteTxnMarkersRequest['markers']
export type TxnMarkerResults = NonNullable<Draft<typeof WriteTxnMarkersResponse>['markers']>

/** A WriteTxnMarkers to one broker. Rejects where it was not reached. */
export type SendMarkers = (brokerId: number, markers: TxnMarkers) => Promise<TxnMarkerResults>

export interface MarkerRooms {
  readonly image: MetadataImage
  readonly send: SendMarkers
  /** All markers of a transaction are written. Rejects where that could not be noted. */
  readonly complete: (completion: Completion) => Promise<void>
  readonly clock: Clock
  readonly log: Logger
}

/** Before what failed is tried again. */
export const RETRY_BACKOFF_MS = 100

/** A partition with the error by which it said that it will never take the marker. */
const FENCED: ReadonlySet<ErrorName> = new Set<ErrorName>(['INVALID_PRODUCER_EPOCH', 'TRANSACTION_COORDINATOR_FENCED'])
/** A log that cannot hold markers holds no transactions. */
const NEEDS_NONE: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'NONE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'UNSUPPORTED_VERSION',
])

export class Markers {
  readonly #rooms: MarkerRooms
  readonly #timers = new Set<Timer>()

  constructor(rooms: MarkerRooms) {
    this.#rooms = rooms
  }

  /** Writes the markers of a transaction, and then its end. */
  start(completion: Completion): void {
    void this.#attempt(completion, [...completion.remaining]).then(completion.attempted.resolve)
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  /** Resolves when each partition was tried, and never rejects. */
  async #attempt(completion: Completion, partitions: readonly TopicPartition[]): Promise<void> {
    if (completion.isCancelled) return
    const byBroker = this.#byLeader(completion, partitions)
    await Promise.all(Array.from(byBroker, ([broker, ofBroker]) => this.#attemptAt(broker, completion, ofBroker)))
    if (completion.remaining.isEmpty) await this.#complete(completion)
  }

  #byLeader(completion: Completion, partitions: readonly TopicPartition[]): Map<number, TopicPartition[]> {
    const byLeader = new Map<number, TopicPartition[]>()
    for (const partition of partitions) {
      const leader = this.#rooms.image.partition(partition.topic, partition.partition)?.leader
      // Deleted, and its part of the transaction with it.
      if (leader === undefined) completion.settle(partition)
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
    }
    return byLeader
  }

  async #attemptAt(broker: number, completion: Completion, partitions: readonly TopicPartition[]): Promise<void> {
    const errors =
      broker === NO_LEADER ? new Map<string, ErrorName>() : await this.#send(broker, completion, partitions)
    if (completion.isCancelled) return
    const retried: TopicPartition[] = []
    for (const partition of partitions) {
      const error = errors.get(keyOf(partition)) ?? 'NETWORK_EXCEPTION'
      if (FENCED.has(error)) {
        // Another producer or coordinator has taken over: as in Kafka, nothing more is done for this transaction.
        this.#log(completion, { ...partition, error }, 'A partition will not take the marker of a transaction')
        return
      }
      if (NEEDS_NONE.has(error)) completion.settle(partition)
      else retried.push(partition)
    }
    if (retried.length > 0) this.#later(() => this.#attempt(completion, retried))
  }

  async #send(
    broker: number,
    completion: Completion,
    partitions: readonly TopicPartition[],
  ): Promise<Map<string, ErrorName>> {
    try {
      return errorsOf(await this.#rooms.send(broker, [markerOf(completion, partitions)]))
    } catch (error) {
      this.#log(completion, { broker, err: error }, 'Could not send the markers of a transaction')
      return new Map()
    }
  }

  async #complete(completion: Completion): Promise<void> {
    if (completion.isCancelled) return
    try {
      await this.#rooms.complete(completion)
      completion.ended.resolve()
    } catch (error) {
      this.#log(completion, { err: error }, 'Could not write the end of a transaction')
      this.#later(() => this.#complete(completion))
    }
  }

  #later(run: () => Promise<void>): void {
    const timer = this.#rooms.clock.setTimer(RETRY_BACKOFF_MS, () => {
      this.#timers.delete(timer)
      void run()
    })
    this.#timers.add(timer)
  }

  #log({ transactionalId, coordinatorEpoch }: Completion, details: object, message: string): void {
    this.#rooms.log.warn({ transactionalId, coordinatorEpoch, ...details }, message)
  }
}

function markerOf(
  { prepared, committed, coordinatorEpoch }: Completion,
  partitions: readonly TopicPartition[],
): TxnMarkers[number] {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  return {
    producerId: prepared.producerId,
    producerEpoch: prepared.producerEpoch,
    transactionResult: committed,
    topics: Array.from(byTopic, ([name, partitionIndexes]) => ({ name, partitionIndexes })),
    coordinatorEpoch,
    transactionVersion: prepared.clientTransactionVersion,
  }
}

function errorsOf(results: TxnMarkerResults): Map<string, ErrorName> {
  const errors = new Map<string, ErrorName>()
  for (const { topics = [] } of results) {
    for (const { name: topic = '', partitions = [] } of topics) {
      for (const { partitionIndex: partition = 0, errorCode = ErrorCode.NONE } of partitions) {
        errors.set(keyOf({ topic, partition }), errorName(errorCode) ?? 'UNKNOWN_SERVER_ERROR')
      }
    }
  }
  return errors
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
