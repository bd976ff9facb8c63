// The storage of a coordinator in a partition of an internal topic: records become batches v2, as Kafka writes them.
import type { Clock } from '../io/index.ts'
import type { VerificationGuard } from '../log/index.ts'
import { KafkaError } from '../wire/index.ts'
import {
  Batch,
  type CompressionName,
  encodeBatch,
  encodeEndTransactionMarker,
  readBatchRecords,
  readEndTransactionMarker,
} from '../wire/records/index.ts'
import type { CoordinatorStorage, EncodedRecord, LogVisitor, TransactionMarker, TransactionOwner } from './storage.ts'

/** For the log's checks of what belongs to a transaction. */
interface InternalAppendOptions {
  readonly verificationGuard?: VerificationGuard
  readonly transactionVersion?: number
}

/** What is needed of the replicas: appends that wait until they are safe, and a read of everything. */
export interface InternalLog {
  /**
   * Appends one batch: records, records of a transaction, or its marker. Resolves when it is written and replicated as
   * acks=all asks. Throws, in the same turn, where the log refuses it (a fenced producer, a record too large).
   */
  appendToInternal(topic: string, partition: number, batch: Buffer, options?: InternalAppendOptions): Promise<unknown>
  /** Calls `visit` with one or more whole batches at a time, from the log start to the log end. */
  readAll(topic: string, partition: number, visit: (batches: Buffer) => void): unknown
}

export interface LogStorageOptions {
  readonly topic: string
  readonly compression?: CompressionName
  /** Which sequence the batches carry: group and share coordinators write 0, where only idempotent producers count. */
  readonly baseSequence?: number
  /** The topic's max.message.bytes as it is now. */
  readonly maxMessageBytes: () => number
}

export class LogStorage implements CoordinatorStorage {
  readonly #log: InternalLog
  readonly #clock: Clock
  readonly #topic: string
  readonly #compression: CompressionName
  readonly #baseSequence: number
  readonly #maxMessageBytes: () => number

  constructor(rooms: { log: InternalLog; clock: Clock }, options: LogStorageOptions) {
    this.#log = rooms.log
    this.#clock = rooms.clock
    this.#topic = options.topic
    this.#compression = options.compression ?? 'none'
    this.#baseSequence = options.baseSequence ?? 0
    this.#maxMessageBytes = options.maxMessageBytes
  }

  get batchCapacity(): number {
    return this.#maxMessageBytes() - Batch.BATCH_HEADER_SIZE
  }

  append(partition: number, records: readonly EncodedRecord[], transaction?: TransactionOwner): Promise<void> {
    const timestamp = this.#clock.now()
    const batch = encodeBatch({
      records: records.map(({ key, value }) => ({ timestamp, key, value })),
      compression: this.#compression,
      baseSequence: this.#baseSequence,
      isTransactional: transaction !== undefined,
      producerId: transaction?.producerId,
      producerEpoch: transaction?.producerEpoch,
    })
    if (batch.length > this.#maxMessageBytes()) throw new KafkaError('RECORD_LIST_TOO_LARGE')
    return this.#append(partition, batch, { verificationGuard: transaction?.verificationGuard })
  }

  appendMarker(partition: number, marker: TransactionMarker): Promise<void> {
    const { producerId, producerEpoch, coordinatorEpoch, committed, transactionVersion } = marker
    const type = committed ? 'COMMIT' : 'ABORT'
    const timestamp = this.#clock.now()
    const batch = encodeEndTransactionMarker({ type, producerId, producerEpoch, coordinatorEpoch, timestamp })
    return this.#append(partition, batch, { transactionVersion })
  }

  /** Not async itself: a refusal must be thrown in this turn. */
  #append(partition: number, batch: Buffer, options: InternalAppendOptions): Promise<void> {
    return this.#log.appendToInternal(this.#topic, partition, batch, options).then(() => undefined)
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
