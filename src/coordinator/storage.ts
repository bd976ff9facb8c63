// Where a coordinator keeps its records: a partition of an internal topic, or memory in a test.

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

/** The marker that ends a producer's transaction in this partition. */
export interface TransactionEnd {
  readonly offset: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly committed: boolean
}

export interface LogVisitor {
  record(record: StoredRecord): void
  transactionEnd(end: TransactionEnd): void
}

export interface CoordinatorStorage {
  /**
   * Appends the records as one batch, after all that was appended before. Resolves when they can no longer be lost;
   * rejects with a KafkaError when nothing of them is in the log.
   */
  append(partition: number, records: readonly EncodedRecord[]): Promise<void>
  /** Shows the whole log of the partition, in order, and resolves with the offset after its end. */
  load(partition: number, visitor: LogVisitor): Promise<number>
}
