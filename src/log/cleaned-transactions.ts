// Which transactions a cleaning is in the middle of, as it reads a log from its beginning: what of them was aborted and
// may go, and which markers have nothing left to say. Owns the list of aborted transactions that the cleaned log keeps.
import { Batch, controlType, readBatchRecords } from '../wire/records/index.ts'
import type { AbortedTransaction } from './entry-index.ts'

interface OngoingAborted {
  readonly transaction: AbortedTransaction
  /** Whether a batch of it was still there. */
  observed: boolean
}

export class CleanedTransactions {
  readonly #onRetained: (transaction: AbortedTransaction) => void
  readonly #committed = new Set<number>()
  readonly #aborted = new Map<number, OngoingAborted>()
  /** Still ahead, by their first offsets, the next one last. */
  #ahead: AbortedTransaction[] = []

  /** `onRetained` hears of each aborted transaction that readers must know of. */
  constructor(onRetained: (transaction: AbortedTransaction) => void = () => undefined) {
    this.#onRetained = onRetained
  }

  /** Aborted transactions that may come up in what is read next; some may be known. */
  add(transactions: readonly AbortedTransaction[]): void {
    if (transactions.length === 0) return
    this.#ahead = [...this.#ahead, ...transactions].sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /** A batch comes next. Returns whether nobody needs it: its transaction was aborted, or it is a marker of nothing. */
  canDiscard(buffer: Buffer, at: number): boolean {
    this.#consumeUpTo(Batch.lastOffset(buffer, at))
    return Batch.isControl(buffer, at) ? this.#onMarker(buffer, at) : this.#onData(buffer, at)
  }

  #consumeUpTo(offset: number): void {
    for (let next = this.#ahead.at(-1); next !== undefined && next.firstOffset <= offset; next = this.#ahead.at(-1)) {
      this.#ahead.pop()
      if (!this.#aborted.has(next.producerId))
        this.#aborted.set(next.producerId, { transaction: next, observed: false })
    }
  }

  #onData(buffer: Buffer, at: number): boolean {
    if (!Batch.isTransactional(buffer, at)) return false
    const producerId = Batch.producerId(buffer, at)
    const aborted = this.#aborted.get(producerId)
    if (aborted === undefined) {
      this.#committed.add(producerId)
      return false
    }
    aborted.observed = true
    return true
  }

  #onMarker(buffer: Buffer, at: number): boolean {
    const [record] = readBatchRecords(buffer, at)
    // Its record was cleaned away before.
    if (record === undefined) return true
    const producerId = Batch.producerId(buffer, at)
    switch (controlType(record.key)) {
      case 'ABORT':
        return this.#onAbort(producerId)
      case 'COMMIT':
        // Batches that were there keep their marker.
        return !this.#committed.delete(producerId)
      default:
        return false
    }
  }

  #onAbort(producerId: number): boolean {
    const aborted = this.#aborted.get(producerId)
    this.#aborted.delete(producerId)
    if (!aborted?.observed) return true
    this.#onRetained(aborted.transaction)
    return false
  }
}
