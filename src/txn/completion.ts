// The way from a decision to its end: which markers are still to be written. Lives in memory alone; after a restart it
// begins again, for a marker that is written twice does no harm.
import type { TransactionMetadata } from './metadata.ts'
import type { TopicPartition, TopicPartitions } from './partitions.ts'

interface Promised {
  readonly promise: Promise<void>
  resolve(): void
}

function promised(): Promised {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

export class Completion {
  readonly transactionalId: string
  /** Of __transaction_state. */
  readonly statePartition: number
  readonly coordinatorEpoch: number
  /** As it was decided. */
  readonly prepared: TransactionMetadata
  /** When the decision was written. */
  readonly preparedMs: number
  #remaining: TopicPartitions
  #isCancelled = false
  /** Resolves when every marker was tried once, and the end is written where that was all it took. */
  readonly attempted = promised()
  /** Resolves when the transaction has ended, or this way there has. */
  readonly ended = promised()

  constructor(
    where: { transactionalId: string; statePartition: number; coordinatorEpoch: number },
    prepared: TransactionMetadata,
    now: number,
  ) {
    this.transactionalId = where.transactionalId
    this.statePartition = where.statePartition
    this.coordinatorEpoch = where.coordinatorEpoch
    this.prepared = prepared
    this.preparedMs = now
    this.#remaining = prepared.partitions
  }

  get committed(): boolean {
    return this.prepared.state === 'PrepareCommit'
  }

  get remaining(): TopicPartitions {
    return this.#remaining
  }

  /** The partition has its marker, or is gone. */
  settle(partition: TopicPartition): void {
    this.#remaining = this.#remaining.without(partition)
  }

  get isCancelled(): boolean {
    return this.#isCancelled
  }

  /** The shard is gone, or its log went another way: nothing may be sent any more. */
  cancel(): void {
    this.#isCancelled = true
    this.attempted.resolve()
    this.ended.resolve()
  }
}
