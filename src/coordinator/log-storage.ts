// The storage of a coordinator in a partition of an internal topic: records become batches v2, as Kafka writes them.
import type { Clock } from '../io/index.ts'
import {
  Batch,
  type CompressionName,
  encodeBatch,
  readBatchRecords,
  readEndTransactionMarker,
} from '../wire/records/index.ts'
import type { CoordinatorStorage, EncodedRecord, LogVisitor } from './storage.ts'

/** What is needed of the replicas: appends that wait until they are safe, and a read of everything. */
export interface InternalLog {
  appendToInternal(topic: string, partition: number, batch: Buffer): Promise<unknown>
  /** Calls `visit` with one or more whole batches at a time, from the log start to the log end. */
  readAll(topic: string, partition: number, visit: (batches: Buffer) => void): unknown
}

export class LogStorage implements CoordinatorStorage {
  readonly #log: InternalLog
  readonly #clock: Clock
  readonly #topic: string
  readonly #compression: CompressionName

  constructor(rooms: { log: InternalLog; clock: Clock }, topic: string, compression: CompressionName = 'none') {
    this.#log = rooms.log
    this.#clock = rooms.clock
    this.#topic = topic
    this.#compression = compression
  }

  async append(partition: number, records: readonly EncodedRecord[]): Promise<void> {
    const timestamp = this.#clock.now()
    const batch = encodeBatch({
      records: records.map(({ key, value }) => ({ timestamp, key, value })),
      compression: this.#compression,
    })
    await this.#log.appendToInternal(this.#topic, partition, batch)
  }

  async load(partition: number, visitor: LogVisitor): Promise<number> {
    let nextOffset = 0
    await this.#log.readAll(this.#topic, partition, (batches) => {
      for (const at of Batch.positions(batches)) {
        visitBatch(batches, at, visitor)
        nextOffset = Batch.lastOffset(batches, at) + 1
      }
    })
    return nextOffset
  }
}

function visitBatch(buffer: Buffer, at: number, visitor: LogVisitor): void {
  const producerId = Batch.producerId(buffer, at)
  const producerEpoch = Batch.producerEpoch(buffer, at)
  const isControl = Batch.isControl(buffer, at)
  for (const record of readBatchRecords(buffer, at)) {
    const { offset, key, value } = record
    if (!isControl) visitor.record({ offset, producerId, producerEpoch, key, value })
    else {
      const committed = readEndTransactionMarker(record).type === 'COMMIT'
      visitor.transactionEnd({ offset, producerId, producerEpoch, committed })
    }
  }
}
