// Verification of transactions (KIP-890): before a producer's first batch of a transaction in this partition is appended,
// the transaction's coordinator is asked whether the partition belongs to it. What is kept here lasts from the question
// to the append, so that an append whose transaction has ended meanwhile is refused. It is never written anywhere.
import type { AppendedBatch } from './log-validator.ts'

/** What its holder was told of the transaction holds for as long as no batch or marker has come between. */
export type VerificationGuard = symbol

interface Verification {
  readonly guard: VerificationGuard
  readonly startedMs: number
  /** The producer gets a new epoch with every transaction, and begins each with sequence 0. */
  readonly supportsEpochBump: boolean
  /** Of the batches that wait: the one that comes first. */
  lowestSequence: number
  producerEpoch: number
}

export interface NewVerification {
  readonly producerId: number
  readonly producerEpoch: number
  /** The first sequence of the batch that waits; -1 where batches have none. */
  readonly sequence: number
  readonly supportsEpochBump: boolean
}

export class Verifications {
  readonly #byProducer = new Map<number, Verification>()

  /** Everyone who asks for a producer before one of its batches is appended gets the same guard. */
  start({ producerId, producerEpoch, sequence, supportsEpochBump }: NewVerification, now: number): VerificationGuard {
    const known = this.#byProducer.get(producerId)
    if (known === undefined) {
      const guard = Symbol('verification')
      const verification = { guard, startedMs: now, supportsEpochBump, lowestSequence: sequence, producerEpoch }
      this.#byProducer.set(producerId, verification)
      return guard
    }
    if (producerEpoch > known.producerEpoch) {
      known.producerEpoch = producerEpoch
      known.lowestSequence = sequence
    } else if (producerEpoch === known.producerEpoch && sequence < known.lowestSequence) {
      known.lowestSequence = sequence
    }
    return known.guard
  }

  holds(producerId: number, guard: VerificationGuard | undefined): boolean {
    return guard !== undefined && this.#byProducer.get(producerId)?.guard === guard
  }

  /** Which sequence a batch would have to have instead of its own, in words; undefined where it may be appended. */
  problemOf({ producerId, baseSequence }: AppendedBatch, isFirstBatch: boolean): string | undefined {
    if (this.#byProducer.size === 0) return undefined
    const verification = this.#byProducer.get(producerId)
    if (verification === undefined) return undefined
    if (verification.supportsEpochBump && isFirstBatch && baseSequence !== 0) return '0 begins a transaction'
    const { lowestSequence } = verification
    return baseSequence > lowestSequence ? `${lowestSequence} (earliest seen sequence)` : undefined
  }

  /** A batch of the producer was appended. */
  end(producerId: number): void {
    this.#byProducer.delete(producerId)
  }

  /** A marker was appended. One of this epoch may be late, and the verification for the next transaction. */
  endBefore(producerId: number, producerEpoch: number): void {
    const verification = this.#byProducer.get(producerId)
    if (verification?.supportsEpochBump && verification.producerEpoch === producerEpoch) return
    this.#byProducer.delete(producerId)
  }

  removeExpired(now: number, expirationMs: number): void {
    for (const [producerId, { startedMs }] of this.#byProducer) {
      if (now - startedMs >= expirationMs) this.#byProducer.delete(producerId)
    }
  }
}
