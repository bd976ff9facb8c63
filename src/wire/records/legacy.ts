// Message sets of magic 0 and 1 (Kafka before 0.11), read and written, and conversion between them and batches v2.
// A compressed set is one message, the wrapper, whose value holds the others: with absolute offsets in magic 0,
// relative ones in magic 1. A wrapper's LogAppendTime stands for all its messages.
import { DecodeError, EncodeError } from '../errors.ts'
import * as Batch from './batch.ts'
import { MAX_DECOMPRESSED_BYTES } from './bounds.ts'
import { type CompressionName, compress, compressionId, compressionName, decompress } from './compression.ts'
import { crc32 } from './crc.ts'
import { writeInt64 } from './int64.ts'
import { encodeBatch, type KafkaRecord, type NewRecord, readBatchRecords } from './records.ts'

const MAGIC = 16
const ATTRIBUTES = 17
const TIMESTAMP = 18

export interface LegacyRecord extends KafkaRecord {
  /** Inner messages may have another magic than their wrapper; Kafka's validator refuses that later. */
  readonly magic: number
  readonly isCompressed: boolean
  readonly timestampType: Batch.TimestampType
  /** Stored and computed checksum, where the message stood. */
  readonly crc: number
  readonly computedCrc: number
}

function overhead(magic: number): number {
  return Batch.LOG_OVERHEAD + (magic === 0 ? Batch.LEGACY_OVERHEAD_V0 : Batch.LEGACY_OVERHEAD_V1)
}

function readBytes(buffer: Buffer, at: number, end: number): Buffer | null {
  if (end - at < 4) throw new DecodeError('a legacy message ends in a length')
  const size = buffer.readInt32BE(at)
  if (size < 0) return null
  if (size > end - at - 4) throw new DecodeError(`${size} bytes wanted in a legacy message, ${end - at - 4} left`)
  return buffer.subarray(at + 4, at + 4 + size)
}

/** The message at `at`, which the caller knows to be complete, as it stands there. */
function readMessage(buffer: Buffer, at: number): LegacyRecord {
  const magic = Batch.magic(buffer, at)
  const size = Batch.sizeInBytes(buffer, at)
  if (magic < 0 || magic > 1) throw new DecodeError(`Invalid magic found in record: ${magic}`)
  if (size < overhead(magic)) throw new DecodeError(`a legacy message of ${size} bytes`)
  const keyAt = at + (magic === 0 ? TIMESTAMP : TIMESTAMP + 8)
  const key = readBytes(buffer, keyAt, at + size)
  const value = readBytes(buffer, keyAt + 4 + (key?.length ?? 0), at + size)
  return {
    offset: Batch.baseOffset(buffer, at),
    timestamp: Batch.maxTimestamp(buffer, at),
    key,
    value,
    headers: [],
    magic,
    isCompressed: Batch.compressionId(buffer, at) !== 0,
    timestampType: Batch.timestampType(buffer, at),
    crc: Batch.crc(buffer, at),
    computedCrc: Batch.computeCrc(buffer, at),
  }
}

/** The message at `at`, or the messages inside it when it is a wrapper, with absolute offsets and timestamps. */
export function readLegacyRecords(buffer: Buffer, at: number, maxBytes = MAX_DECOMPRESSED_BYTES): LegacyRecord[] {
  const outer = readMessage(buffer, at)
  if (!outer.isCompressed) return [outer]
  const codec = compressionName(Batch.compressionId(buffer, at))
  if (codec === 'zstd') {
    throw new DecodeError(`Invalid wrapper compressionType found in legacy deep record iterator ${outer.magic}`)
  }
  if (outer.value === null) {
    throw new DecodeError(`Found invalid compressed record set with null value (magic = ${outer.magic})`)
  }
  const inner = readInnerMessages(decompress(codec, outer.value, maxBytes, outer.magic))
  const last = inner.at(-1)
  if (last === undefined) throw new DecodeError('Found invalid compressed record set with no inner records')
  const base = outer.magic === 0 ? 0 : relativeBase(outer.offset, last.offset)
  return inner.map((record) => ({
    ...record,
    offset: base + record.offset,
    timestampType: record.magic === 0 ? record.timestampType : outer.timestampType,
    timestamp: record.magic === 1 && outer.timestampType === 'LogAppendTime' ? outer.timestamp : record.timestamp,
  }))
}

function readInnerMessages(payload: Buffer): LegacyRecord[] {
  const records: LegacyRecord[] = []
  let at = 0
  // An inner length that no message has is an error, a cut-off last message is not.
  while (payload.length - at >= Batch.LOG_OVERHEAD) {
    const length = Batch.batchLength(payload, at)
    if (length < Batch.LEGACY_OVERHEAD_V0) {
      throw new DecodeError(`Record size is less than the minimum record overhead (${Batch.LEGACY_OVERHEAD_V0})`)
    }
    if (length > payload.length - at - Batch.LOG_OVERHEAD) break
    const record = readMessage(payload, at)
    if (record.isCompressed) throw new DecodeError('Inner messages must not be compressed')
    records.push(record)
    at += Batch.LOG_OVERHEAD + length
  }
  return records
}

/** What to add to the relative offsets of magic 1. Some librdkafka versions produce wrappers with offset 0. */
function relativeBase(wrapperOffset: number, lastInnerOffset: number): number {
  if (wrapperOffset === 0) return 0
  if (wrapperOffset < lastInnerOffset) {
    throw new DecodeError(
      `Found invalid wrapper offset in compressed v1 message set, wrapper offset '${wrapperOffset}' is less than ` +
        `the last inner message offset '${lastInnerOffset}' and it is not zero.`,
    )
  }
  return wrapperOffset - lastInnerOffset
}

export interface NewMessageSet {
  readonly magic: 0 | 1
  readonly records: readonly NewRecord[]
  readonly baseOffset?: number
  readonly compression?: CompressionName
  readonly level?: number
  readonly timestampType?: Batch.TimestampType
  /** The append time of LogAppendTime; else the records' own times, and their greatest for a wrapper. */
  readonly maxTimestamp?: number
}

/** A message set; headers are lost, since these formats have none. */
export function encodeMessageSet(set: NewMessageSet): Buffer {
  const { magic, records, compression = 'none' } = set
  const appendTime = set.timestampType === 'LogAppendTime' ? set.maxTimestamp : undefined
  const typeFlag = magic === 1 && set.timestampType === 'LogAppendTime' ? Batch.attributeBits.logAppendTime : 0
  const first = set.baseOffset ?? records[0]?.offset ?? 0
  const base = magic === 1 && compression !== 'none' ? first : 0
  let lastOffset = first - 1
  let greatest = Batch.NO_TIMESTAMP
  const messages: Buffer[] = []
  for (const record of records) {
    lastOffset = record.offset ?? lastOffset + 1
    const timestamp = appendTime ?? record.timestamp
    if (timestamp > greatest) greatest = timestamp
    messages.push(encodeMessage(magic, lastOffset - base, typeFlag, timestamp, record.key, record.value))
  }
  const plain = Buffer.concat(messages)
  if (compression === 'none' || records.length === 0) return plain
  if (compression === 'zstd') throw new EncodeError(`zstd is not supported for magic ${magic}`)
  const wrapped = compress(compression, plain, { level: set.level, magic })
  const timestamp = set.maxTimestamp ?? greatest
  return encodeMessage(magic, lastOffset, typeFlag | compressionId(compression), timestamp, null, wrapped)
}

function encodeMessage(
  magic: 0 | 1,
  offset: number,
  attributes: number,
  timestamp: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
): Buffer {
  const size = overhead(magic) + (key?.length ?? 0) + (value?.length ?? 0)
  const message = Buffer.allocUnsafe(size)
  writeInt64(message, offset, 0)
  message.writeInt32BE(size - Batch.LOG_OVERHEAD, 8)
  message[MAGIC] = magic
  message[ATTRIBUTES] = attributes
  if (magic === 1) writeInt64(message, timestamp, TIMESTAMP)
  const keyAt = magic === 0 ? TIMESTAMP : TIMESTAMP + 8
  writeBytes(message, value, writeBytes(message, key, keyAt))
  message.writeUInt32BE(crc32(message, MAGIC, size), 12)
  return message
}

function writeBytes(target: Buffer, bytes: Uint8Array | null, at: number): number {
  target.writeInt32BE(bytes === null ? -1 : bytes.length, at)
  if (bytes === null) return at + 4
  target.set(bytes, at + 4)
  return at + 4 + bytes.length
}

/** The records of the batch at `at`, whatever its magic. */
export function readRecords(buffer: Buffer, at: number, maxBytes?: number): KafkaRecord[] {
  return Batch.magic(buffer, at) < 2 ? readLegacyRecords(buffer, at, maxBytes) : readBatchRecords(buffer, at, maxBytes)
}

export interface ConvertOptions {
  /** How much a batch may inflate to. */
  readonly maxBytes?: number
  /** A reader wants nothing before: of a set that is not compressed, that is left out. */
  readonly firstOffset?: number
}

/**
 * The records of a buffer in another format, offsets and times kept: down for a reader of old, up for a log of today.
 * Down, what the older format has no place for is lost (headers, producer ids) or left out (control batches).
 */
export function convertRecords(buffer: Buffer, toMagic: Batch.Magic, options: ConvertOptions = {}): Buffer {
  const converted: Buffer[] = []
  for (const at of Batch.positions(buffer)) {
    if (Batch.magic(buffer, at) === toMagic) {
      converted.push(buffer.subarray(at, at + Batch.sizeInBytes(buffer, at)))
    } else if (!Batch.isControl(buffer, at)) {
      converted.push(convertBatch(buffer, at, toMagic, options))
    }
  }
  return Buffer.concat(converted)
}

function convertBatch(buffer: Buffer, at: number, toMagic: Batch.Magic, options: ConvertOptions): Buffer {
  const { maxBytes, firstOffset = 0 } = options
  const type = Batch.timestampType(buffer, at)
  const records = readRecords(buffer, at, maxBytes)
  const isCompressed = Batch.compressionId(buffer, at) !== 0
  const batch = {
    records: isCompressed || toMagic === 2 ? records : records.filter(({ offset }) => offset >= firstOffset),
    compression: compressionName(Batch.compressionId(buffer, at)),
    timestampType: type,
    maxTimestamp: type === 'LogAppendTime' ? Batch.maxTimestamp(buffer, at) : undefined,
  }
  if (toMagic < 2) return encodeMessageSet({ ...batch, magic: toMagic as 0 | 1 })
  return encodeBatch({ ...batch, timestampType: type === 'LogAppendTime' ? type : 'CreateTime' })
}
