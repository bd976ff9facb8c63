// The records of a batch v2: reading them out of one, building one of them.
// A record read is slices of the bytes it came in; nothing is copied.
import { DecodeError, EncodeError } from '../errors.ts'
import { Reader } from '../primitives.ts'
import * as Batch from './batch.ts'
import { type CompressionName, compress, compressionId, compressionName, decompress } from './compression.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './int64.ts'

export interface RecordHeader {
  key: string
  value: Buffer | null
}

/** One record as an application sees it. */
export interface KafkaRecord {
  offset: number
  timestamp: number
  key: Buffer | null
  value: Buffer | null
  headers: RecordHeader[]
}

/** The least bytes of a record: its length, attributes, two deltas, null key, null value, no headers. */
const MIN_RECORD_SIZE = 7

/** The payload of the batch at `at`, decompressed where it is compressed: at most `maxBytes`. */
export function recordsPayload(buffer: Buffer, at: number, maxBytes?: number): Buffer {
  const payload = buffer.subarray(at + Batch.BATCH_HEADER_SIZE, at + Batch.sizeInBytes(buffer, at))
  return decompress(compressionName(Batch.compressionId(buffer, at)), payload, maxBytes)
}

/** The records of the complete batch v2 at `at`; for magic 0 and 1 see readLegacyRecords. */
export function readBatchRecords(buffer: Buffer, at: number, maxBytes?: number): KafkaRecord[] {
  Batch.checkHeaderFits(buffer, at)
  const count = Batch.recordsCount(buffer, at)
  if (count < 0) throw new DecodeError(`Found invalid record count ${count} in magic v2 batch`)
  if (count === 0) return []
  const reader = new Reader(recordsPayload(buffer, at, maxBytes))
  if (count * MIN_RECORD_SIZE > reader.remaining) {
    throw new DecodeError(`${count} records declared, ${reader.remaining} bytes for them`)
  }
  const baseOffset = Batch.baseOffset(buffer, at)
  const baseTimestamp = Batch.baseTimestamp(buffer, at)
  const appendTime = Batch.timestampType(buffer, at) === 'LogAppendTime' ? Batch.maxTimestamp(buffer, at) : undefined
  const records: KafkaRecord[] = []
  for (let index = 0; index < count; index++) {
    records.push(readRecord(reader, baseOffset, baseTimestamp, appendTime))
  }
  if (reader.remaining > 0) throw new DecodeError('Incorrect declared batch size, records still remaining in file')
  return records
}

function readRecord(
  reader: Reader,
  baseOffset: number,
  baseTimestamp: number,
  appendTime: number | undefined,
): KafkaRecord {
  const size = reader.varint()
  const end = reader.position + size
  if (size < 0 || end > reader.end) {
    throw new DecodeError(`Invalid record size: ${size} bytes, ${reader.remaining} remaining`)
  }
  reader.int8()
  const timestampDelta = reader.varlong()
  const offset = baseOffset + reader.varint()
  const key = readBytes(reader, end)
  const value = readBytes(reader, end)
  const headers = readHeaders(reader, end)
  if (reader.position !== end) {
    throw new DecodeError(`Invalid record size: expected ${size} bytes, read ${reader.position - end + size}`)
  }
  return { offset, timestamp: appendTime ?? baseTimestamp + timestampDelta, key, value, headers }
}

function readBytes(reader: Reader, end: number): Buffer | null {
  const size = reader.varint()
  if (size < 0) return null
  const start = reader.position
  if (size > end - start) throw new DecodeError(`${size} bytes wanted in a record, ${end - start} left`)
  reader.position = start + size
  return reader.buffer.subarray(start, start + size)
}

const NO_HEADERS: RecordHeader[] = []

function readHeaders(reader: Reader, end: number): RecordHeader[] {
  const count = reader.varint()
  if (count === 0) return NO_HEADERS.slice()
  // A header takes two bytes at the least.
  if (count < 0 || count * 2 > end - reader.position) {
    throw new DecodeError(`Found invalid number of record headers ${count}`)
  }
  const headers: RecordHeader[] = []
  for (let index = 0; index < count; index++) {
    const key = readBytes(reader, end)
    if (key === null) throw new DecodeError('Invalid negative header key size')
    headers.push({ key: key.toString('utf8'), value: readBytes(reader, end) })
  }
  return headers
}

/** A record to be written; without an offset it takes the place after the one before it. */
export interface NewRecord {
  offset?: number
  timestamp: number
  key: Uint8Array | null
  value: Uint8Array | null
  headers?: readonly { key: string; value: Uint8Array | null }[]
}

export interface NewBatch {
  baseOffset?: number
  records: readonly NewRecord[]
  compression?: CompressionName
  /** The codec's level; its default where left out. */
  level?: number
  timestampType?: 'CreateTime' | 'LogAppendTime'
  /** The append time of LogAppendTime, and the timestamp of an empty batch; else the records' greatest. */
  maxTimestamp?: number
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
  isTransactional?: boolean
  isControl?: boolean
  partitionLeaderEpoch?: number
  deleteHorizonMs?: number | null
  /** Where a cleaned batch ended before it lost its last records. */
  lastOffset?: number
}

/** A batch v2 of these records, checksum and all. */
export function encodeBatch(batch: NewBatch): Buffer {
  const { records, compression = 'none' } = batch
  const baseOffset = batch.baseOffset ?? records[0]?.offset ?? 0
  const deleteHorizon = batch.deleteHorizonMs ?? undefined
  const baseTimestamp = deleteHorizon ?? records[0]?.timestamp ?? Batch.NO_TIMESTAMP
  const sizes = new Array<number>(records.length)
  let payloadSize = 0
  let lastDelta = -1
  let greatest = Batch.NO_TIMESTAMP
  for (let index = 0; index < records.length; index++) {
    const record = records[index] as NewRecord
    const offsetDelta = record.offset === undefined ? lastDelta + 1 : record.offset - baseOffset
    if (offsetDelta < 0 || offsetDelta > 0x7fffffff) {
      throw new EncodeError(`offset ${record.offset} in a batch from ${baseOffset} on`)
    }
    const size = bodySize(record, offsetDelta, record.timestamp - baseTimestamp)
    sizes[index] = size
    payloadSize += sizeOfVarint(size) + size
    lastDelta = offsetDelta
    if (record.timestamp > greatest) greatest = record.timestamp
  }
  const plain = compression === 'none'
  const start = plain ? Batch.BATCH_HEADER_SIZE : 0
  const body = Buffer.allocUnsafe(start + payloadSize)
  let at = start
  lastDelta = -1
  for (let index = 0; index < records.length; index++) {
    const record = records[index] as NewRecord
    lastDelta = record.offset === undefined ? lastDelta + 1 : record.offset - baseOffset
    at = writeVarint(body, sizes[index] as number, at)
    at = writeBody(body, at, record, lastDelta, record.timestamp - baseTimestamp)
  }
  const whole = plain ? body : withRoomForHeader(compress(compression, body, { level: batch.level }))
  Batch.writeHeader(whole, 0, {
    baseOffset,
    lastOffsetDelta: batch.lastOffset === undefined ? lastDelta : batch.lastOffset - baseOffset,
    sizeInBytes: whole.length,
    partitionLeaderEpoch: batch.partitionLeaderEpoch ?? Batch.NO_PARTITION_LEADER_EPOCH,
    attributes: attributesOf(batch, compression, deleteHorizon !== undefined),
    baseTimestamp,
    maxTimestamp: batch.maxTimestamp ?? greatest,
    producerId: batch.producerId ?? Batch.NO_PRODUCER_ID,
    producerEpoch: batch.producerEpoch ?? Batch.NO_PRODUCER_EPOCH,
    baseSequence: batch.baseSequence ?? Batch.NO_SEQUENCE,
    recordsCount: records.length,
  })
  return whole
}

function withRoomForHeader(compressed: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(Batch.BATCH_HEADER_SIZE + compressed.length)
  compressed.copy(whole, Batch.BATCH_HEADER_SIZE)
  return whole
}

function attributesOf(batch: NewBatch, compression: CompressionName, deleteHorizon: boolean): number {
  let bits: number = compressionId(compression)
  if (batch.timestampType === 'LogAppendTime') bits |= Batch.attributeBits.logAppendTime
  if (batch.isTransactional) bits |= Batch.attributeBits.transactional
  if (batch.isControl) bits |= Batch.attributeBits.control
  if (deleteHorizon) bits |= Batch.attributeBits.deleteHorizon
  return bits
}

function bodySize(record: NewRecord, offsetDelta: number, timestampDelta: number): number {
  let size = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta)
  size += sizeOfBytes(record.key) + sizeOfBytes(record.value)
  const headers = record.headers
  if (headers === undefined) return size + 1
  size += sizeOfVarint(headers.length)
  for (const header of headers) {
    const keySize = Buffer.byteLength(header.key)
    size += sizeOfVarint(keySize) + keySize + sizeOfBytes(header.value)
  }
  return size
}

function sizeOfBytes(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length
}

function writeBody(
  target: Buffer,
  start: number,
  record: NewRecord,
  offsetDelta: number,
  timestampDelta: number,
): number {
  let at = start
  // Record attributes: none of their bits is used.
  target[at++] = 0
  at = writeVarlong(target, timestampDelta, at)
  at = writeVarint(target, offsetDelta, at)
  at = writeBytes(target, record.key, at)
  at = writeBytes(target, record.value, at)
  const headers = record.headers
  at = writeVarint(target, headers?.length ?? 0, at)
  if (headers === undefined) return at
  for (const header of headers) {
    at = writeVarint(target, Buffer.byteLength(header.key), at)
    at += target.write(header.key, at, 'utf8')
    at = writeBytes(target, header.value, at)
  }
  return at
}

function writeBytes(target: Buffer, bytes: Uint8Array | null, at: number): number {
  if (bytes === null) return writeVarint(target, -1, at)
  const start = writeVarint(target, bytes.length, at)
  target.set(bytes, start)
  return start + bytes.length
}
