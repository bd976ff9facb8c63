// What a log remembers of its producers: the last five batches of each, to tell duplicates and gaps, and which
// transactions are open. Rebuilt from a snapshot and the batches behind it, so it must say the same after a restart.
import { DecodeError, KafkaError } from '../wire/index.ts'
import { Batch, readBatchRecords, readEndTransactionMarker } from '../wire/records/index.ts'
import type { AbortedTransaction } from './entry-index.ts'
import type { AppendedBatch, AppendOrigin } from './log-validator.ts'
import { type VerificationGuard, Verifications } from './verification.ts'

/** How many of a producer's last batches are remembered: as many as it may have in flight. */
const REMEMBERED_BATCHES = 5
const NO_EPOCH = -1
const NO_SEQUENCE = -1
const MAX_SEQUENCE = 0x7fffffff
const MAX_EPOCH = 0x7fff

export interface BatchMetadata {
  readonly baseSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

/** What is known of one producer. */
export class ProducerEntry {
  readonly producerId: number
  producerEpoch = NO_EPOCH
  /** Of the last transaction marker; -1 before the first. */
  coordinatorEpoch = -1
  lastTimestamp = -1
  /** Where its open transaction began; undefined where it has none. */
  currentTxnFirstOffset: number | undefined
  /** The oldest first. */
  readonly batches: BatchMetadata[] = []

  constructor(producerId: number) {
    this.producerId = producerId
  }

  get lastSequence(): number {
    return this.batches.at(-1)?.lastSequence ?? NO_SEQUENCE
  }

  get lastDataOffset(): number {
    return this.batches.at(-1)?.lastOffset ?? -1
  }

  /** The batch that was sent before and arrives again. */
  findDuplicate(batch: AppendedBatch): BatchMetadata | undefined {
    if (batch.producerEpoch !== this.producerEpoch) return undefined
    return this.batches.find(
      (known) => known.baseSequence === batch.baseSequence && known.lastSequence === batch.lastSequence,
    )
  }

  takeEpoch(producerEpoch: number): void {
    if (producerEpoch === this.producerEpoch) return
    this.batches.length = 0
    this.producerEpoch = producerEpoch
  }

  remember(batch: BatchMetadata): void {
    if (this.batches.length === REMEMBERED_BATCHES) this.batches.shift()
    this.batches.push(batch)
    this.lastTimestamp = batch.timestamp
  }
}

interface OpenTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** The offset of the marker that ended it. */
  lastOffset?: number
}

/** What an append is checked by, besides its batches. */
export interface AppendTerms {
  readonly origin: AppendOrigin
  /** Of a marker: the version of transactions (the feature's level) in which its transaction was ended. */
  readonly transactionVersion?: number
  /** Whether a transactional batch needs a guard, unless its transaction is open here (KIP-890); left out: no. */
  readonly isVerified?: () => boolean
  readonly verificationGuard?: VerificationGuard
}

/** From this version on every transaction of a producer has an epoch of its own, which its marker has too. */
const EPOCH_BUMPED_FROM = 2

/** A transaction that ended with a marker in this log. */
export interface CompletedTransaction extends AbortedTransaction {
  readonly isAborted: boolean
}

export class ProducerStates {
  readonly #topicPartition: string
  readonly #entries = new Map<number, ProducerEntry>()
  /** By their first offset, in ascending order, since they begin in the order of the log. */
  readonly #ongoing = new Map<number, OpenTransaction>()
  /** Ended, but their markers are not below the high watermark yet. */
  readonly #unreplicated = new Map<number, OpenTransaction>()
  /** Those of a log go on to the one that takes its place. */
  verifications = new Verifications()
  /** Everything below this offset is in the state. */
  endOffset = 0

  constructor(topicPartition: string) {
    this.#topicPartition = topicPartition
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.#entries.get(producerId)
  }

  entries(): IterableIterator<ProducerEntry> {
    return this.#entries.values()
  }

  get size(): number {
    return this.#entries.size
  }

  /** Of this producer in this epoch. */
  hasOngoingTransaction(producerId: number, producerEpoch: number): boolean {
    const entry = this.#entries.get(producerId)
    return entry?.currentTxnFirstOffset !== undefined && entry.producerEpoch === producerEpoch
  }

  /** The first offset whose transaction is undecided, or decided by a marker that a crash could still take. */
  get firstUnstableOffset(): number | undefined {
    const undecided = this.#ongoing.keys().next().value
    const unreplicated = this.#unreplicated.keys().next().value
    if (undecided === undefined) return unreplicated
    return unreplicated === undefined ? undecided : Math.min(undecided, unreplicated)
  }

  /** The last time at which the producer of the oldest open transaction was heard of; undefined where none is open. */
  get oldestTransactionTimestamp(): number | undefined {
    const oldest = this.#ongoing.values().next().value
    return oldest === undefined ? undefined : this.#entries.get(oldest.producerId)?.lastTimestamp
  }

  /** Throws where the batch, which stands in `buffer`, may not be appended; changes nothing. */
  check(batch: AppendedBatch, buffer: Buffer, terms: AppendTerms): void {
    const entry = this.#entries.get(batch.producerId)
    if (batch.isControl) {
      this.#checkMarker(entry, batch, buffer, terms)
      return
    }
    if (batch.isTransactional) this.#checkVerified(entry, batch, terms)
    this.#checkEpoch(entry, batch, terms.origin)
    if (terms.origin === 'client') this.#checkSequence(entry, batch)
    if (entry?.currentTxnFirstOffset !== undefined && !batch.isTransactional) {
      throw refusal(
        'INVALID_TXN_STATE',
        `Expected transactional write from producer ${batch.producerId} at offset ${batch.baseOffset} in partition ${this.#topicPartition}`,
      )
    }
  }

  #checkVerified(entry: ProducerEntry | undefined, batch: AppendedBatch, terms: AppendTerms): void {
    if (terms.origin === 'replication' || this.hasOngoingTransaction(batch.producerId, batch.producerEpoch)) return
    this.#checkEpoch(entry, batch, terms.origin)
    if (!terms.isVerified?.() || this.verifications.holds(batch.producerId, terms.verificationGuard)) return
    throw refusal(
      'INVALID_TXN_STATE',
      `Record was not part of an ongoing transaction of producer ${batch.producerId} in ${this.#topicPartition}`,
    )
  }

  #checkEpoch(entry: ProducerEntry | undefined, batch: AppendedBatch, origin: AppendOrigin): void {
    const lastEpoch = lastEpochOf(entry)
    if (batch.producerEpoch >= lastEpoch || origin === 'replication') return
    throw this.#fenced(batch, 'smaller than', lastEpoch)
  }

  #fenced({ producerId, producerEpoch, baseOffset }: AppendedBatch, relation: string, lastEpoch: number): KafkaError {
    return refusal(
      'INVALID_PRODUCER_EPOCH',
      `Epoch of producer ${producerId} at offset ${baseOffset} in ${this.#topicPartition} is ${producerEpoch}, which is ${relation} the last seen epoch ${lastEpoch}`,
    )
  }

  /** Replicas take what their leader has taken. */
  #checkMarker(entry: ProducerEntry | undefined, batch: AppendedBatch, buffer: Buffer, terms: AppendTerms): void {
    if (terms.origin === 'replication') return
    if ((terms.transactionVersion ?? 0) < EPOCH_BUMPED_FROM) this.#checkEpoch(entry, batch, terms.origin)
    else if (batch.producerEpoch <= lastEpochOf(entry) && !isMarkerAgain(entry, batch)) {
      throw this.#fenced(batch, 'not greater than', lastEpochOf(entry))
    }
    if (entry === undefined) return
    const coordinatorEpoch = markerOf(buffer, batch.position)?.coordinatorEpoch
    if (coordinatorEpoch === undefined || coordinatorEpoch >= entry.coordinatorEpoch) return
    throw refusal(
      'TRANSACTION_COORDINATOR_FENCED',
      `Invalid coordinator epoch for producerId ${batch.producerId} in partition ${this.#topicPartition}: ${coordinatorEpoch} (zombie), ${entry.coordinatorEpoch} (current)`,
    )
  }

  #checkSequence(entry: ProducerEntry | undefined, batch: AppendedBatch): void {
    const refused = this.verifications.problemOf(batch, entry === undefined || entry.batches.length === 0)
    if (refused !== undefined) throw this.#outOfOrder(batch, refused)
    // A producer that is not known, or no longer, may begin anywhere.
    if (entry === undefined || entry.producerEpoch === NO_EPOCH) return
    const expected = batch.producerEpoch === entry.producerEpoch ? next(entry.lastSequence) : 0
    if (batch.baseSequence === expected) return
    throw this.#outOfOrder(batch, `${entry.lastSequence} (current end sequence number)`)
  }

  #outOfOrder({ producerId, baseOffset, baseSequence }: AppendedBatch, known: string): KafkaError {
    return refusal(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `Out of order sequence number for producer ${producerId} at offset ${baseOffset} in partition ${this.#topicPartition}: ${baseSequence} (incoming seq. number), ${known}`,
    )
  }

  /** Takes a data batch into the state. */
  apply(batch: AppendedBatch): void {
    const entry = this.#entryOf(batch.producerId)
    if (batch.isTransactional) this.verifications.end(batch.producerId)
    entry.takeEpoch(batch.producerEpoch)
    entry.remember({
      baseSequence: batch.baseSequence,
      lastSequence: batch.lastSequence,
      baseOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      timestamp: batch.maxTimestamp,
    })
    if (batch.isTransactional && entry.currentTxnFirstOffset === undefined) {
      entry.currentTxnFirstOffset = batch.baseOffset
      this.#ongoing.set(batch.baseOffset, { producerId: batch.producerId, firstOffset: batch.baseOffset })
    }
  }

  /**
   * Takes the marker of a control batch into the state; `buffer` holds the batch at `at`. Returns the transaction that
   * it ends, if the producer had one open here.
   */
  applyMarker(buffer: Buffer, at: number): CompletedTransaction | undefined {
    const marker = markerOf(buffer, at)
    // All of the transaction was cleaned from the log, or the control batch is of another kind.
    if (marker === undefined) return undefined
    const producerId = Batch.producerId(buffer, at)
    const producerEpoch = Batch.producerEpoch(buffer, at)
    this.verifications.endBefore(producerId, producerEpoch)
    const entry = this.#entryOf(producerId)
    entry.takeEpoch(producerEpoch)
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.lastTimestamp = marker.timestamp
    const firstOffset = entry.currentTxnFirstOffset
    entry.currentTxnFirstOffset = undefined
    if (firstOffset === undefined) return undefined
    return this.#complete(producerId, firstOffset, Batch.baseOffset(buffer, at), marker.type === 'ABORT')
  }

  #complete(producerId: number, firstOffset: number, lastOffset: number, isAborted: boolean): CompletedTransaction {
    const transaction = this.#ongoing.get(firstOffset) ?? { producerId, firstOffset }
    this.#ongoing.delete(firstOffset)
    transaction.lastOffset = lastOffset
    this.#unreplicated.set(firstOffset, transaction)
    const nextOpen = this.#ongoing.keys().next().value
    return { producerId, firstOffset, lastOffset, isAborted, lastStableOffset: nextOpen ?? lastOffset + 1 }
  }

  /** A batch that stands in the log, read again after a restart. Returns the transaction that it ends. */
  replay(buffer: Buffer, at: number, batch: AppendedBatch): CompletedTransaction | undefined {
    this.endOffset = batch.lastOffset + 1
    if (batch.producerId < 0) return undefined
    if (batch.isControl) return this.applyMarker(buffer, at)
    this.apply(batch)
    return undefined
  }

  /** Markers below the high watermark are safe: their transactions hold up nobody any more. */
  onHighWatermark(highWatermark: number): void {
    for (const [firstOffset, { lastOffset }] of this.#unreplicated) {
      if (lastOffset !== undefined && lastOffset < highWatermark) this.#unreplicated.delete(firstOffset)
    }
  }

  onLogStartOffset(logStartOffset: number): void {
    this.onHighWatermark(logStartOffset)
    this.endOffset = Math.max(this.endOffset, logStartOffset)
  }

  /** Forgets producers that were silent for so long, unless a transaction of theirs is open. */
  removeExpired(now: number, expirationMs: number): void {
    for (const entry of this.#entries.values()) {
      if (isExpired(entry, now, expirationMs)) this.#entries.delete(entry.producerId)
    }
    this.verifications.removeExpired(now, expirationMs)
  }

  /** Forgets everything, then takes what a snapshot held that is not expired. */
  reload(entries: Iterable<ProducerEntry>, endOffset: number, now: number, expirationMs: number): void {
    this.#entries.clear()
    this.#ongoing.clear()
    this.#unreplicated.clear()
    this.endOffset = endOffset
    const open: OpenTransaction[] = []
    for (const entry of entries) {
      if (isExpired(entry, now, expirationMs)) continue
      this.#entries.set(entry.producerId, entry)
      const firstOffset = entry.currentTxnFirstOffset
      if (firstOffset !== undefined) open.push({ producerId: entry.producerId, firstOffset })
    }
    open.sort((a, b) => a.firstOffset - b.firstOffset)
    for (const transaction of open) this.#ongoing.set(transaction.firstOffset, transaction)
  }

  #entryOf(producerId: number): ProducerEntry {
    let entry = this.#entries.get(producerId)
    if (entry === undefined) {
      entry = new ProducerEntry(producerId)
      this.#entries.set(producerId, entry)
    }
    return entry
  }
}

/**
 * A coordinator that was not answered sends its marker again, which then ends nothing. And where a producer's epochs
 * have run out, its last abort has no epoch of its own.
 */
function isMarkerAgain(entry: ProducerEntry | undefined, { producerEpoch }: AppendedBatch): boolean {
  if (entry === undefined || producerEpoch !== entry.producerEpoch) return false
  return entry.currentTxnFirstOffset === undefined || producerEpoch === MAX_EPOCH
}

function lastEpochOf(entry: ProducerEntry | undefined): number {
  return entry?.producerEpoch ?? NO_EPOCH
}

function next(sequence: number): number {
  return sequence === MAX_SEQUENCE ? 0 : sequence + 1
}

function isExpired(
  { currentTxnFirstOffset, lastTimestamp }: ProducerEntry,
  now: number,
  expirationMs: number,
): boolean {
  return currentTxnFirstOffset === undefined && now - lastTimestamp >= expirationMs
}

interface MarkerInBatch {
  readonly type: 'ABORT' | 'COMMIT'
  readonly coordinatorEpoch: number
  readonly timestamp: number
}

function markerOf(buffer: Buffer, at: number): MarkerInBatch | undefined {
  const [record] = readBatchRecords(buffer, at)
  if (record === undefined) return undefined
  try {
    return { ...readEndTransactionMarker(record), timestamp: record.timestamp }
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** An error whose message is for our log: the client gets the code alone, as from Kafka. */
function refusal(
  codeName:
    | 'INVALID_PRODUCER_EPOCH'
    | 'INVALID_TXN_STATE'
    | 'OUT_OF_ORDER_SEQUENCE_NUMBER'
    | 'TRANSACTION_COORDINATOR_FENCED',
  message: string,
): KafkaError {
  const error = new KafkaError(codeName)
  error.message = message
  return error
}
