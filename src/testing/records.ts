// The records of a partition as a test sees them: decoded, with what the log knows of each. Reads the log itself, and
// goes on where it was the last time.
import type { PartitionLog } from '../log/index.ts'
import type { Partition } from '../replica/index.ts'
import {
  Batch,
  type CompressionName,
  compressionName,
  readEndTransactionMarker,
  readRecords,
} from '../wire/records/index.ts'
import { json, type Serde, text, unframe } from './serdes.ts'

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** Of a record outside transactions: `none`. */
export type TransactionState = 'none' | 'open' | 'committed' | 'aborted'

/** A record as it stands in the log. */
export interface RecordedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** ms since the epoch. */
  readonly timestamp: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
  /** Who wrote it, where it was an idempotent producer. */
  readonly producer: { readonly id: number; readonly epoch: number; readonly sequence: number } | undefined
  readonly transaction: TransactionState
  /** `COMMIT` or `ABORT` of the end of a transaction, which no consumer sees; undefined of data. */
  readonly marker: 'COMMIT' | 'ABORT' | undefined
  readonly batch: BatchInfo
  readonly codec: CompressionName
  /** The schema's id, where the value has the frame of Confluent's serializers. */
  readonly schemaId: number | undefined
  /** The value as text; null where there is none. */
  text(): string | null
  /** The value from JSON, with a frame or without. Throws where it is none. */
  json<T = unknown>(): T
  /** The value by a serde; null where there is none. */
  decode<T>(serde: Serde<T>): T | null
  /** The last header of that name, as text. */
  header(name: string): string | undefined
}

export interface BatchInfo {
  readonly baseOffset: number
  readonly lastOffset: number
  /** How many records were written in it; compaction may have taken some. */
  readonly records: number
  readonly sizeInBytes: number
  readonly leaderEpoch: number
}

export interface RecordsOptions {
  /** One partition; default: all of them, in their order. */
  readonly partition?: number
  /** From this offset on. */
  readonly from?: number
  /** `read_committed`: only what a consumer of that isolation sees. Default `read_uncommitted`. */
  readonly isolation?: 'read_uncommitted' | 'read_committed'
  /** With the markers that end transactions. Default false. */
  readonly markers?: boolean
}

class StoredRecord implements RecordedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
  readonly producer: { readonly id: number; readonly epoch: number; readonly sequence: number } | undefined
  transaction: TransactionState
  readonly marker: 'COMMIT' | 'ABORT' | undefined
  readonly batch: BatchInfo
  readonly codec: CompressionName

  constructor(fields: Omit<RecordedRecord, 'schemaId' | 'text' | 'json' | 'decode' | 'header'>) {
    this.topic = fields.topic
    this.partition = fields.partition
    this.offset = fields.offset
    this.timestamp = fields.timestamp
    this.timestampType = fields.timestampType
    this.key = fields.key
    this.value = fields.value
    this.headers = fields.headers
    this.producer = fields.producer
    this.transaction = fields.transaction
    this.marker = fields.marker
    this.batch = fields.batch
    this.codec = fields.codec
  }

  get schemaId(): number | undefined {
    return this.value === null ? undefined : unframe(this.value).schemaId
  }

  text(): string | null {
    return this.decode(text)
  }

  json<T>(): T {
    return this.decode(json<T>()) as T
  }

  decode<T>(serde: Serde<T>): T | null {
    return this.value === null ? null : serde.deserialize(this.value)
  }

  header(name: string): string | undefined {
    return this.headers.findLast(({ key }) => key === name)?.value?.toString('utf8')
  }
}

/** What was read of a log, to go on from. */
interface ReadLog {
  readonly records: StoredRecord[]
  /** Of each producer, the records of its transaction that has not ended. */
  readonly open: Map<number, StoredRecord[]>
  nextOffset: number
  /** The segments that were read: compaction puts others in their place. */
  segments: readonly unknown[]
}

const known = new WeakMap<PartitionLog, ReadLog>()

/** All records of a partition that a consumer could have, or the markers besides. */
export function recordsOf(partition: Partition, options: RecordsOptions = {}): RecordedRecord[] {
  const { from = 0, isolation = 'read_uncommitted', markers = false } = options
  const { log } = partition
  const committed = isolation === 'read_committed'
  const end = committed ? log.lastStableOffset : log.highWatermark
  const begin = Math.max(from, log.logStartOffset)
  return readLog(log).records.filter(
    ({ offset, marker, transaction }) =>
      offset >= begin &&
      offset < end &&
      (markers || marker === undefined) &&
      !(committed && transaction === 'aborted' && marker === undefined),
  )
}

function readLog(log: PartitionLog): ReadLog {
  let read = known.get(log)
  const { segments } = log
  if (read === undefined || read.segments.some((segment) => !segments.includes(segment as never))) {
    read = { records: [], open: new Map(), nextOffset: log.logStartOffset, segments: [] }
    known.set(log, read)
  }
  if (log.logEndOffset > read.nextOffset) {
    for (const { buffer, at } of log.wholeBatches(read.nextOffset)) readBatch(log, read, buffer, at)
  }
  read.segments = [...log.segments]
  return read
}

function readBatch({ topicPartition }: PartitionLog, read: ReadLog, buffer: Buffer, at: number): void {
  const baseOffset = Batch.baseOffset(buffer, at)
  if (Batch.lastOffset(buffer, at) < read.nextOffset) return
  // The bytes are of a buffer that is used again.
  const bytes = Buffer.from(buffer.subarray(at, at + Batch.sizeInBytes(buffer, at)))
  const producerId = Batch.producerId(bytes, 0)
  const isTransactional = Batch.isTransactional(bytes, 0)
  const isControl = Batch.isControl(bytes, 0)
  const batch: BatchInfo = {
    baseOffset,
    lastOffset: Batch.lastOffset(bytes, 0),
    records: Batch.recordsCount(bytes, 0),
    sizeInBytes: bytes.length,
    leaderEpoch: Batch.partitionLeaderEpoch(bytes, 0),
  }
  const epoch = Batch.producerEpoch(bytes, 0)
  const baseSequence = Batch.baseSequence(bytes, 0)
  for (const record of readRecords(bytes, 0)) {
    const marker = isControl && isTransactional ? readEndTransactionMarker(record).type : undefined
    const sequence = baseSequence < 0 ? -1 : baseSequence + record.offset - baseOffset
    const stored = new StoredRecord({
      ...topicPartition,
      offset: record.offset,
      timestamp: record.timestamp,
      timestampType: Batch.timestampType(bytes, 0) === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
      key: record.key,
      value: record.value,
      headers: record.headers,
      producer: producerId < 0 ? undefined : { id: producerId, epoch, sequence },
      transaction: !isTransactional ? 'none' : marker === undefined ? 'open' : stateAfter(marker),
      marker: marker === undefined ? undefined : marker === 'COMMIT' ? 'COMMIT' : 'ABORT',
      batch,
      codec: compressionName(Batch.compressionId(bytes, 0)),
    })
    read.records.push(stored)
    if (marker !== undefined) {
      for (const each of read.open.get(producerId) ?? []) each.transaction = stateAfter(marker)
      read.open.delete(producerId)
    } else if (isTransactional) {
      const open = read.open.get(producerId)
      if (open === undefined) read.open.set(producerId, [stored])
      else open.push(stored)
    }
  }
  read.nextOffset = batch.lastOffset + 1
}

function stateAfter(marker: string): TransactionState {
  return marker === 'COMMIT' ? 'committed' : 'aborted'
}
