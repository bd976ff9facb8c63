// Verification of transactions (KIP-890): before a transactional batch is appended to a partition where its transaction
// is not open, the transaction's coordinator is asked to verify that the partition belongs to it, or, by producers of
// the second version of transactions, to add it. Knows what the coordinator may answer, not how it comes to it.
import type { VerificationGuard } from '../log/index.ts'
import { type ErrorName, KafkaError } from '../wire/index.ts'

/** What the request's version says of its client: which errors it knows, and who adds partitions to transactions. */
export type TransactionSupport = 'defaultError' | 'genericError' | 'addPartition'

export interface PartitionKey {
  readonly topic: string
  readonly partition: number
}

export interface TransactionalWrite<P extends PartitionKey = PartitionKey> {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly partitions: readonly P[]
}

/** The transactions' coordinator, wherever it is. */
export interface TransactionPartitions {
  /** An error for each partition, in their order; undefined where it belongs to the transaction now. Never rejects. */
  addOrVerify(write: TransactionalWrite & { readonly verifyOnly: boolean }): Promise<(ErrorName | undefined)[]>
  /** Resolves when the end of a transaction that is ending is there, or after so many milliseconds. */
  awaitEnd(transactionalId: string, maxMs: number): Promise<void>
}

/** What came out for a partition: an error, or the guard that its append needs (undefined: none is needed). */
export type Verified = KafkaError | VerificationGuard | undefined

/** The log was not asked: its client is told no log start offset. */
export class VerificationError extends KafkaError {}

export interface VerificationRooms {
  readonly coordinator: TransactionPartitions
  /** Asks the log of a partition for a guard. Throws where that is not to be had. */
  readonly startVerification: (
    producer: { readonly producerId: number; readonly producerEpoch: number },
    partition: BatchKey,
    supportsEpochBump: boolean,
  ) => VerificationGuard | undefined
  readonly isEnabled: () => boolean
  /** How often, and for how long, a partition is tried to be added while the transaction before is ending. */
  readonly retryBackoffMs: () => number
  readonly retryBackoffMaxMs: () => number
  readonly clock: { now(): number }
}

const NO_SEQUENCE = -1

/** A partition with the first sequence of the batch that shall go there; -1 for one without. */
export interface BatchKey extends PartitionKey {
  readonly baseSequence: number
}

export class TransactionVerification {
  readonly #rooms: VerificationRooms
  /** By producer: its writes that wait for the coordinator go to the logs in the order in which they came. */
  readonly #waiting = new Map<number, Promise<unknown>>()

  constructor(rooms: VerificationRooms) {
    this.#rooms = rooms
  }

  /**
   * For records of a producer: what came out for each partition, in their order. At once where the coordinator need not
   * be asked, which is so for all but the first batch of a transaction in a partition. Waits a little for the end of
   * the transaction before.
   */
  verify(write: TransactionalWrite<BatchKey>, support: TransactionSupport): Verified[] | Promise<Verified[]> {
    const { producerId } = write
    const before = this.#waiting.get(producerId)
    if (before !== undefined)
      return this.#inOrder(
        producerId,
        before.then(() => this.#start(write, support)),
      )
    const verified = this.#start(write, support)
    return verified instanceof Promise ? this.#inOrder(producerId, verified) : verified
  }

  /** For offsets of a group: the guard for one partition, or rejects with what the coordinator answered. */
  async verifyOnce(
    write: Omit<TransactionalWrite, 'partitions'>,
    partition: PartitionKey,
    support: TransactionSupport,
  ): Promise<VerificationGuard | undefined> {
    if (!this.#isAsked(support)) return undefined
    const asked = { ...write, partitions: [partition] }
    const addsPartition = support === 'addPartition'
    const guard = this.#rooms.startVerification(write, { ...partition, baseSequence: NO_SEQUENCE }, addsPartition)
    if (guard === undefined) return undefined
    const [name] = await this.#rooms.coordinator.addOrVerify({ ...asked, verifyOnly: !addsPartition })
    if (name !== undefined) throw new KafkaError(inSupportedTerms(name, support))
    return guard
  }

  /** Whoever waits for this one starts behind what its caller does with it. */
  #inOrder(producerId: number, verified: Promise<Verified[]>): Promise<Verified[]> {
    const done = (): void => {
      if (this.#waiting.get(producerId) === settled) this.#waiting.delete(producerId)
    }
    const settled: Promise<void> = verified.then(done, done)
    this.#waiting.set(producerId, settled)
    return verified
  }

  #isAsked(support: TransactionSupport): boolean {
    return support === 'addPartition' || this.#rooms.isEnabled()
  }

  #start(write: TransactionalWrite<BatchKey>, support: TransactionSupport): Verified[] | Promise<Verified[]> {
    if (!this.#isAsked(support)) return write.partitions.map(() => undefined)
    const verified = this.#guardsOf(write, support)
    return verified.some(isGuard) ? this.#ask(write, support, verified) : verified
  }

  #guardsOf(write: TransactionalWrite<BatchKey>, support: TransactionSupport): Verified[] {
    return write.partitions.map((partition) => {
      try {
        return this.#rooms.startVerification(write, partition, support === 'addPartition')
      } catch (error) {
        if (error instanceof KafkaError) return inProducerTerms(error.codeName, support)
        throw error
      }
    })
  }

  async #ask(
    write: TransactionalWrite<BatchKey>,
    support: TransactionSupport,
    guards: readonly Verified[],
  ): Promise<Verified[]> {
    const { coordinator, clock, retryBackoffMs, retryBackoffMaxMs } = this.#rooms
    const addsPartitions = support === 'addPartition'
    const until = clock.now() + retryBackoffMaxMs()
    for (let known = guards; ; ) {
      const partitions = write.partitions.filter((_, index) => isGuard(known[index]))
      const errors = await coordinator.addOrVerify({ ...write, partitions, verifyOnly: !addsPartitions })
      if (!addsPartitions || !errors.includes('CONCURRENT_TRANSACTIONS') || clock.now() >= until) {
        return answered(known, errors, support)
      }
      await coordinator.awaitEnd(write.transactionalId, retryBackoffMs())
      // Guards are asked for again: the marker that was awaited may have made the old ones worthless.
      known = this.#guardsOf(write, support)
    }
  }
}

function isGuard(verified: Verified): verified is VerificationGuard {
  return typeof verified === 'symbol'
}

/** `errors` has one for each guard in `verified`. */
function answered(
  verified: readonly Verified[],
  errors: readonly (ErrorName | undefined)[],
  support: TransactionSupport,
): Verified[] {
  const answers = errors.values()
  return verified.map((each) => {
    const name = isGuard(each) ? answers.next().value : undefined
    return name === undefined ? each : inProducerTerms(inSupportedTerms(name, support), support)
  })
}

function inSupportedTerms(name: ErrorName, support: TransactionSupport): ErrorName {
  if (name === 'PRODUCER_FENCED') return 'INVALID_PRODUCER_EPOCH'
  return name === 'TRANSACTION_ABORTABLE' && support === 'defaultError' ? 'INVALID_TXN_STATE' : name
}

/** Where the coordinator could not be asked, the producer is told an error that every version of it tries again. */
const UNASKED: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
])

function inProducerTerms(name: ErrorName, support: TransactionSupport): VerificationError {
  if (name === 'INVALID_TXN_STATE') return new VerificationError(name, 'Partition was not added to the transaction')
  if (UNASKED.has(name) || (name === 'CONCURRENT_TRANSACTIONS' && support !== 'addPartition')) {
    return new VerificationError(
      'NOT_ENOUGH_REPLICAS',
      `Unable to verify the partition has been added to the transaction. Underlying error: ${name}`,
    )
  }
  return new VerificationError(name)
}
