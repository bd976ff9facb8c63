// Where a coordinator keeps its records: a partition of an internal topic, or memory in a test.
import type { VerificationGuard } from '../log/index.ts'

export interface EncodedRecord {
  readonly key: Buffer
  /** Null is a tombstone: compaction forgets the key. */
  readonly value: Buffer | null
}

/** A record as it stands in the log. */
export interface StoredRecord {
  readonly offset: number
  /** -1 outside transactions. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** The producer in whose transaction records are written. */
export interface TransactionOwner {
  readonly producerId: number
  readonly producerEpoch: number
  /** That the partition was found to be part of the transaction. */
  readonly verificationGuard?: VerificationGuard
}

/** How a transaction coordinator ends a producer's transaction in one partition. */
export interface TransactionMarker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly committed: boolean
  /** Of transactions: the version in which this one was ended; left out: the first. */
  readonly transactionVersion?: number
}

/** The marker that ends a producer's transaction in this partition, as it stands in the log. */
export interface TransactionEnd {
  readonly producerId: number
  readonly producerEpoch: number
  readonly offset: number
  readonly committed: boolean
}

export interface LogVisitor {
  record(record: StoredRecord): void
  transactionEnd(end: TransactionEnd): void
}

export interface CoordinatorStorage {
  /** Bytes of the records of one batch, uncompressed, up to which a batch is sure to be taken. */
  readonly batchCapacity: number
  /**
   * Appends the records as one batch, after all that was appended before. Throws a KafkaError where the log refuses
   * them and keeps nothing. The promise resolves when they can no longer be lost; it rejects where they may be.
   */
  append(partition: number, records: readonly EncodedRecord[], transaction?: TransactionOwner): Promise<void>
  /** Appends the marker under the same promises. */
  appendMarker(partition: number, marker: TransactionMarker): Promise<void>
  /** Shows the whole log of the partition, in order, and resolves with the offset after its end. */
  load(partition: number, visitor: LogVisitor): Promise<number>
}

/** The most bytes that a record takes in a batch besides its key and value (Kafka's MAX_RECORD_OVERHEAD). */
const MAX_RECORD_OVERHEAD = 21

/** The most bytes that the records take in a batch. */
export function sizeInBatch(records: readonly EncodedRecord[]): number {
  let size = 0
  for (const { key, value } of records) size += MAX_RECORD_OVERHEAD + key.length + (value?.length ?? 0)
  return size
}
