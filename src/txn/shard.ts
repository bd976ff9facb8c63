// The transactional ids of one partition of __transaction_state: a state machine for the coordinator runtime.
// A decision is one record, its end another; between them, the markers are written. What a crash comes between goes on
// when the shard is loaded.
import type { BrokerConfig } from '../config/index.ts'
import type { CoordinatorShard, ShardTimers } from '../coordinator/index.ts'
import type { Clock, Logger } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import { Completion } from './completion.ts'
import {
  addPartitions,
  bumpsEpoch,
  complete,
  incrementEpoch,
  isEnding,
  isEpochExhausted,
  isExpirable,
  prepareEnd,
  prepareFence,
  rotateProducerId,
  type TransactionMetadata,
  type TransactionState,
  unknownTransaction,
} from './metadata.ts'
import type { TopicPartition } from './partitions.ts'
import type { TransactionRecord, TransactionResult } from './records.ts'

/** Who a producer says it is. */
export interface TransactionalProducer {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

export interface ProducerIdAndEpoch {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface Initialization {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  /** What the producer has, where it recovers from an error (KIP-360). */
  readonly expected: ProducerIdAndEpoch | undefined
}

export interface EndRequest extends TransactionalProducer {
  readonly committed: boolean
  /** Of transactions, by the version of the request. */
  readonly transactionVersion: number
}

/** A new identity, or the end of the transaction of whoever has the id now. */
export type Initialized = ProducerIdAndEpoch | { readonly aborting: Completion }

export interface Ended extends ProducerIdAndEpoch {
  /** Undefined where it has ended before. */
  readonly completion: Completion | undefined
}

/** Which transactions are listed. A negative duration, and an empty set, let all through. */
export interface TransactionFilters {
  readonly producerIds: ReadonlySet<number>
  readonly states: ReadonlySet<string>
  readonly runningLongerThanMs: number
  readonly matches: (transactionalId: string) => boolean
}

export interface TransactionListing {
  readonly transactionalId: string
  readonly producerId: number
  readonly transactionState: TransactionState
}

export interface TransactionDescription extends TransactionListing {
  readonly transactionTimeoutMs: number
  readonly transactionStartTimeMs: number
  readonly producerEpoch: number
  readonly topics: { topic: string; partitions: number[] }[]
}

export interface ShardRooms {
  /** Of __transaction_state, with the epoch in which this broker leads it. */
  readonly statePartition: number
  readonly coordinatorEpoch: number
  readonly config: () => BrokerConfig
  /** The finalized level of the feature transaction.version. */
  readonly transactionVersion: () => number
  /** One that nobody has; throws where there is none now. */
  readonly takeProducerId: () => number
  /** Has the markers written, and then `complete` called. */
  readonly startCompletion: (completion: Completion) => void
  /** How long to wait with what a load finds undone: longer than not at all where loads follow each other. */
  readonly resumeDelayMs: number
  readonly clock: Clock
  readonly log: Logger
}

const NO_PRODUCER: ProducerIdAndEpoch = { producerId: -1, producerEpoch: -1 }
const NOTHING: TransactionResult = { records: [], response: undefined }
/** A timeout that never passes: Kafka keeps it for two-phase commits. */
const NO_TIMEOUT_MS = 0x7fffffff
const LAST_EPOCH_OF_CLIENTS = 0x7ffe

export class TransactionShard implements CoordinatorShard<TransactionRecord> {
  readonly #rooms: ShardRooms
  readonly #timers: ShardTimers<TransactionRecord>
  readonly #transactions = new Map<string, TransactionMetadata>()
  /** Of those whose decision is written. */
  readonly #completions = new Map<string, Completion>()

  constructor(rooms: ShardRooms, timers: ShardTimers<TransactionRecord>) {
    this.#rooms = rooms
    this.#timers = timers
  }

  replay({ transactionalId, metadata }: TransactionRecord): void {
    if (metadata === null) this.#transactions.delete(transactionalId)
    else this.#transactions.set(transactionalId, metadata)
    this.#completions.delete(transactionalId)
  }

  /** No one writes to __transaction_state in a transaction. */
  replayTransactionEnd(): void {}

  onLoaded(): void {
    const { resumeDelayMs, config } = this.#rooms
    if (resumeDelayMs === 0) this.#resume()
    else {
      this.#timers.schedule('resume', resumeDelayMs, () => {
        this.#resume()
        return NOTHING
      })
    }
    const abortEveryMs = () => config().get('transaction.abort.timed.out.transaction.cleanup.interval.ms')
    const expireEveryMs = () => config().get('transaction.remove.expired.transaction.cleanup.interval.ms')
    this.#repeat('transaction-abort', abortEveryMs, () => this.#abortTimedOut())
    this.#repeat('transactional-id-expiration', expireEveryMs, () => this.#removeExpired())
  }

  #resume(): void {
    for (const [transactionalId, metadata] of this.#transactions) {
      if (isEnding(metadata)) this.#startCompletion(this.#completionOf(transactionalId, metadata))
    }
  }

  #repeat(name: string, intervalMs: () => number, operation: () => TransactionResult): void {
    this.#timers.schedule(name, intervalMs(), () => {
      this.#repeat(name, intervalMs, operation)
      return operation()
    })
  }

  onUnloaded(): void {
    for (const completion of this.#completions.values()) completion.cancel()
  }

  // --- What producers ask

  initProducerId(request: Initialization): TransactionResult<Initialized> {
    const { transactionalId, transactionTimeoutMs, expected } = request
    const { takeProducerId, clock } = this.#rooms
    const from = this.#transactions.get(transactionalId) ?? unknownTransaction(takeProducerId())
    if (isEnding(from)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
    if (expected !== undefined && !isOneOf(from, expected)) throw new KafkaError('PRODUCER_FENCED')
    if (from.state === 'Ongoing') {
      // Whoever asks comes back, and gets the next epoch then: this one has gone to nobody.
      const { completion, ...result } = this.#prepare(transactionalId, this.#fence(from))
      return { ...result, response: { aborting: completion } }
    }
    const now = clock.now()
    const expectedEpoch = expected?.producerEpoch
    const isRotated =
      isEpochExhausted(from.producerEpoch) && (expectedEpoch === undefined || expectedEpoch === from.producerEpoch)
    const metadata = isRotated
      ? rotateProducerId(from, {
          producerId: takeProducerId(),
          transactionTimeoutMs,
          isExpected: expected !== undefined,
          now,
        })
      : incrementEpoch(from, { transactionTimeoutMs, expectedEpoch, now })
    return { records: [{ transactionalId, metadata }], response: idAndEpochOf(metadata) }
  }

  addPartitions(
    producer: TransactionalProducer,
    partitions: readonly TopicPartition[],
    clientTransactionVersion: number,
  ): TransactionResult {
    const { transactionalId } = producer
    const from = this.#require(producer)
    if (isEnding(from)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
    checkProducer(from, producer)
    if (from.state === 'Ongoing' && from.partitions.hasAll(partitions)) return NOTHING
    const all = from.partitions.with(partitions)
    const metadata = addPartitions(from, all, { clientTransactionVersion, now: this.#rooms.clock.now() })
    return { records: [{ transactionalId, metadata }], response: undefined }
  }

  /** Which of the partitions belong to the producer's transaction. */
  verifyPartitions(producer: TransactionalProducer, partitions: readonly TopicPartition[]): boolean[] {
    const metadata = this.#require(producer)
    checkProducer(metadata, producer)
    if (isEnding(metadata)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
    return partitions.map((partition) => metadata.partitions.has(partition))
  }

  end(request: EndRequest): TransactionResult<Ended> {
    return bumpsEpoch(request.transactionVersion) ? this.#endWithBump(request) : this.#endWithoutBump(request)
  }

  #endWithoutBump(request: EndRequest): TransactionResult<Ended> {
    const from = this.#require(request)
    checkProducer(from, request)
    if (isEnding(from)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
    if (from.state === 'Ongoing') return this.#end(from, request, NO_PRODUCER)
    const ended = request.committed ? 'CompleteCommit' : 'CompleteAbort'
    if (from.state !== ended) throw new KafkaError('INVALID_TXN_STATE')
    return { records: [], response: { ...NO_PRODUCER, completion: undefined } }
  }

  /** Every end gives another epoch (KIP-890), by which a retry is told from the next transaction's end. */
  #endWithBump(request: EndRequest): TransactionResult<Ended> {
    const { producerId, producerEpoch, committed } = request
    const from = this.#require(request)
    if (isEnding(from)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
    const isOverflown =
      from.previousProducerId === producerId && producerEpoch === LAST_EPOCH_OF_CLIENTS && from.producerEpoch === 0
    const isRetry = isOverflown || from.producerEpoch === producerEpoch + 1
    if (from.producerId !== producerId && !isOverflown) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
    const hasEnded = from.state === 'CompleteCommit' || from.state === 'CompleteAbort'
    if (producerEpoch !== from.producerEpoch && !(hasEnded && isRetry)) throw new KafkaError('PRODUCER_FENCED')
    if (isRetry && hasEnded) {
      if (committed !== (from.state === 'CompleteCommit')) throw new KafkaError('INVALID_TXN_STATE')
      return { records: [], response: { ...idAndEpochOf(from), completion: undefined } }
    }
    // A producer that knows of no partition may abort: it cannot tell whether one was added.
    if (from.state !== 'Ongoing' && committed) throw new KafkaError('INVALID_TXN_STATE')
    return this.#end(from, request)
  }

  #end(
    from: TransactionMetadata,
    { transactionalId, committed, transactionVersion }: EndRequest,
    answer?: ProducerIdAndEpoch,
  ): TransactionResult<Ended> {
    const nextProducerId = this.#nextProducerId(from, transactionVersion)
    const now = this.#rooms.clock.now()
    const metadata = prepareEnd(from, { committed, transactionVersion, nextProducerId, now })
    const { completion, ...result } = this.#prepare(transactionalId, metadata)
    return { ...result, response: { ...(answer ?? idAndEpochOf(complete(metadata, now))), completion } }
  }

  /** The transaction is aborted by the coordinator itself, and whoever has it is fenced. */
  #fence(from: TransactionMetadata): TransactionMetadata {
    const transactionVersion = this.#rooms.transactionVersion()
    const nextProducerId = this.#nextProducerId(from, transactionVersion)
    return prepareFence(from, { transactionVersion, nextProducerId, now: this.#rooms.clock.now() })
  }

  #nextProducerId({ producerEpoch }: TransactionMetadata, transactionVersion: number): number {
    return bumpsEpoch(transactionVersion) && isEpochExhausted(producerEpoch) ? this.#rooms.takeProducerId() : -1
  }

  // --- From a decision to its end

  #prepare(transactionalId: string, metadata: TransactionMetadata) {
    const completion = this.#completionOf(transactionalId, metadata)
    return {
      records: [{ transactionalId, metadata }],
      onWritten: () => this.#startCompletion(completion),
      completion,
    }
  }

  #completionOf(transactionalId: string, metadata: TransactionMetadata): Completion {
    const { statePartition, coordinatorEpoch, clock } = this.#rooms
    return new Completion({ transactionalId, statePartition, coordinatorEpoch }, metadata, clock.now())
  }

  #startCompletion(completion: Completion): void {
    this.#completions.set(completion.transactionalId, completion)
    this.#rooms.startCompletion(completion)
  }

  /** All markers of the transaction are written. */
  complete(completion: Completion): TransactionResult {
    const { transactionalId, prepared, preparedMs } = completion
    if (this.#completions.get(transactionalId) !== completion) return NOTHING
    const metadata = complete(prepared, preparedMs)
    return { records: [{ transactionalId, metadata }], response: undefined }
  }

  completionOf(transactionalId: string): Completion | undefined {
    return this.#completions.get(transactionalId)
  }

  // --- What time brings

  #abortTimedOut(): TransactionResult {
    const now = this.#rooms.clock.now()
    const aborted = [...this.#transactions].flatMap(([transactionalId, metadata]) =>
      isTimedOut(metadata, now) ? this.#abort(transactionalId, metadata) : [],
    )
    return {
      records: aborted.flatMap(({ records }) => records),
      response: undefined,
      divisible: true,
      onWritten: () => {
        for (const { onWritten } of aborted) onWritten()
      },
    }
  }

  /** One that cannot be aborted now hinders no other. */
  #abort(transactionalId: string, metadata: TransactionMetadata) {
    const { producerId, producerEpoch } = metadata
    try {
      const prepared = this.#prepare(transactionalId, this.#fence(metadata))
      this.#rooms.log.info({ transactionalId, producerId, producerEpoch }, 'Aborts a transaction that timed out')
      return [prepared]
    } catch (error) {
      this.#rooms.log.warn({ transactionalId, err: error }, 'Could not abort a transaction that timed out')
      return []
    }
  }

  #removeExpired(): TransactionResult {
    const { config, clock } = this.#rooms
    const expiredSince = clock.now() - config().get('transactional.id.expiration.ms')
    const records = [...this.#transactions].flatMap(([transactionalId, metadata]) =>
      isExpirable(metadata) && metadata.lastUpdateTimestamp <= expiredSince
        ? [{ transactionalId, metadata: null }]
        : [],
    )
    return { records, response: undefined, divisible: true }
  }

  // --- What admins ask

  describe(transactionalId: string): TransactionDescription {
    const metadata = this.#transactions.get(transactionalId)
    if (metadata === undefined) throw new KafkaError('TRANSACTIONAL_ID_NOT_FOUND')
    const partitions = this.#completions.get(transactionalId)?.remaining ?? metadata.partitions
    return {
      ...listingOf(transactionalId, metadata),
      producerEpoch: metadata.producerEpoch,
      transactionTimeoutMs: metadata.transactionTimeoutMs,
      transactionStartTimeMs: metadata.startTimestamp,
      topics: partitions.topics(),
    }
  }

  list({ producerIds, states, runningLongerThanMs, matches }: TransactionFilters): TransactionListing[] {
    const now = this.#rooms.clock.now()
    const isListed = (transactionalId: string, metadata: TransactionMetadata): boolean =>
      (producerIds.size === 0 || producerIds.has(metadata.producerId)) &&
      (states.size === 0 || states.has(metadata.state)) &&
      (runningLongerThanMs < 0 || now - metadata.startTimestamp > runningLongerThanMs) &&
      matches(transactionalId)
    return [...this.#transactions].flatMap(([transactionalId, metadata]) =>
      isListed(transactionalId, metadata) ? [listingOf(transactionalId, metadata)] : [],
    )
  }

  #require({ transactionalId }: TransactionalProducer): TransactionMetadata {
    const metadata = this.#transactions.get(transactionalId)
    if (metadata === undefined) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
    return metadata
  }
}

function listingOf(transactionalId: string, { producerId, state }: TransactionMetadata): TransactionListing {
  return { transactionalId, producerId, transactionState: state }
}

function idAndEpochOf({ producerId, producerEpoch }: TransactionMetadata): ProducerIdAndEpoch {
  return { producerId, producerEpoch }
}

function checkProducer(metadata: TransactionMetadata, { producerId, producerEpoch }: TransactionalProducer): void {
  if (metadata.producerId !== producerId) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  if (metadata.producerEpoch !== producerEpoch) throw new KafkaError('PRODUCER_FENCED')
}

/**
 * Whether a producer that recovers is still the one that has the transactional id: it is new, or its id is the same, or
 * it asks again after its id was replaced, since its epochs were used up.
 */
function isOneOf(metadata: TransactionMetadata, { producerId, producerEpoch }: ProducerIdAndEpoch): boolean {
  if (metadata.producerEpoch === -1 || metadata.producerId === producerId) return true
  return metadata.previousProducerId === producerId && isEpochExhausted(producerEpoch)
}

function isTimedOut({ state, startTimestamp, transactionTimeoutMs }: TransactionMetadata, now: number): boolean {
  if (state !== 'Ongoing' || transactionTimeoutMs === NO_TIMEOUT_MS) return false
  return startTimestamp + transactionTimeoutMs < now
}
