// The header of a batch at a position of a Buffer: read and patched in place, with no allocation.
// Works on every magic where the field exists; a legacy message (magic 0, 1) answers with Kafka's defaults.
//
//  v2:      baseOffset 8 | length 4 | leaderEpoch 4 | magic 1 | crc 4 | attributes 2 | lastOffsetDelta 4 |
//           baseTimestamp 8 | maxTimestamp 8 | producerId 8 | producerEpoch 2 | baseSequence 4 | count 4 | records
//  legacy:  offset 8 | length 4 | crc 4 | magic 1 | attributes 1 | (magic 1: timestamp 8) | key | value
import { DecodeError } from '../errors.ts'
import { crc32, crc32c } from './crc.ts'
import { readInt64, writeInt64 } from './int64.ts'

/** Offset and length: what stands before every batch, and is not counted in its length. */
export const LOG_OVERHEAD = 12
/** The header of a batch v2; its records begin here. */
export const BATCH_HEADER_SIZE = 61
export const NO_TIMESTAMP = -1
export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
export const NO_SEQUENCE = -1
export const NO_PARTITION_LEADER_EPOCH = -1

/** Where lastOffsetDelta ends: what a reader needs to tell a batch's offsets. */
export const LAST_OFFSET_DELTA_END = 27

const LENGTH = 8
const LEADER_EPOCH = 12
const MAGIC = 16
const CRC = 17
const ATTRIBUTES = 21
const LAST_OFFSET_DELTA = 23
const BASE_TIMESTAMP = 27
const MAX_TIMESTAMP = 35
const PRODUCER_ID = 43
const PRODUCER_EPOCH = 51
const BASE_SEQUENCE = 53
const RECORDS_COUNT = 57

const LEGACY_CRC = 12
const LEGACY_ATTRIBUTES = 17
const LEGACY_TIMESTAMP = 18
/** The least length of a message: crc, magic, attributes, a null key and a null value. */
export const LEGACY_OVERHEAD_V0 = 14
export const LEGACY_OVERHEAD_V1 = 22

const COMPRESSION_MASK = 0x07
const TIMESTAMP_TYPE_FLAG = 0x08
const TRANSACTIONAL_FLAG = 0x10
const CONTROL_FLAG = 0x20
const DELETE_HORIZON_FLAG = 0x40

export type Magic = 0 | 1 | 2
export type TimestampType = 'NoTimestampType' | 'CreateTime' | 'LogAppendTime'

export const attributeBits = {
  compression: COMPRESSION_MASK,
  logAppendTime: TIMESTAMP_TYPE_FLAG,
  transactional: TRANSACTIONAL_FLAG,
  control: CONTROL_FLAG,
  deleteHorizon: DELETE_HORIZON_FLAG,
} as const

/** The first offset of a batch v2. For a legacy message its own offset, or the last one inside a compressed wrapper. */
export function baseOffset(buffer: Buffer, at: number): number {
  return readInt64(buffer, at)
}

/** The length field: all that follows it. */
export function batchLength(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + LENGTH)
}

/** The whole batch, with offset and length. */
export function sizeInBytes(buffer: Buffer, at: number): number {
  return LOG_OVERHEAD + buffer.readInt32BE(at + LENGTH)
}

export function magic(buffer: Buffer, at: number): number {
  return buffer.readInt8(at + MAGIC)
}

export function partitionLeaderEpoch(buffer: Buffer, at: number): number {
  return magic(buffer, at) < 2 ? NO_PARTITION_LEADER_EPOCH : buffer.readInt32BE(at + LEADER_EPOCH)
}

/** The stored checksum, unsigned. */
export function crc(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(at + (magic(buffer, at) < 2 ? LEGACY_CRC : CRC))
}

/** The low byte of the attributes: all that Kafka uses. */
export function attributes(buffer: Buffer, at: number): number {
  return buffer.readUInt8(at + (magic(buffer, at) < 2 ? LEGACY_ATTRIBUTES : ATTRIBUTES + 1))
}

export function lastOffsetDelta(buffer: Buffer, at: number): number {
  return magic(buffer, at) < 2 ? 0 : buffer.readInt32BE(at + LAST_OFFSET_DELTA)
}

export function lastOffset(buffer: Buffer, at: number): number {
  return baseOffset(buffer, at) + lastOffsetDelta(buffer, at)
}

export function baseTimestamp(buffer: Buffer, at: number): number {
  return magic(buffer, at) < 2 ? maxTimestamp(buffer, at) : readInt64(buffer, at + BASE_TIMESTAMP)
}

export function maxTimestamp(buffer: Buffer, at: number): number {
  const format = magic(buffer, at)
  if (format === 0) return NO_TIMESTAMP
  return readInt64(buffer, at + (format === 1 ? LEGACY_TIMESTAMP : MAX_TIMESTAMP))
}

/** v2 only; a bigint, for where the ends of int64 matter. */
export function exactBaseTimestamp(buffer: Buffer, at: number): bigint {
  return buffer.readBigInt64BE(at + BASE_TIMESTAMP)
}

/** v2 only; a bigint, for where the ends of int64 matter. */
export function exactMaxTimestamp(buffer: Buffer, at: number): bigint {
  return buffer.readBigInt64BE(at + MAX_TIMESTAMP)
}

export function producerId(buffer: Buffer, at: number): number {
  return magic(buffer, at) < 2 ? NO_PRODUCER_ID : readInt64(buffer, at + PRODUCER_ID)
}

export function hasProducerId(buffer: Buffer, at: number): boolean {
  return producerId(buffer, at) > NO_PRODUCER_ID
}

export function producerEpoch(buffer: Buffer, at: number): number {
  return magic(buffer, at) < 2 ? NO_PRODUCER_EPOCH : buffer.readInt16BE(at + PRODUCER_EPOCH)
}

export function baseSequence(buffer: Buffer, at: number): number {
  return magic(buffer, at) < 2 ? NO_SEQUENCE : buffer.readInt32BE(at + BASE_SEQUENCE)
}

export function lastSequence(buffer: Buffer, at: number): number {
  const first = baseSequence(buffer, at)
  return first === NO_SEQUENCE ? NO_SEQUENCE : incrementSequence(first, lastOffsetDelta(buffer, at))
}

/** Sequences run from 0 to 2^31 - 1, then start again. */
export function incrementSequence(sequence: number, increment: number): number {
  const sum = sequence + increment
  return sum > 0x7fffffff ? sum - 0x80000000 : sum
}

/** The way back of incrementSequence. */
export function decrementSequence(sequence: number, decrement: number): number {
  const difference = sequence - decrement
  return difference < 0 ? difference + 0x80000000 : difference
}

/** The declared count of records; 1 for a legacy message, compressed or not. */
export function recordsCount(buffer: Buffer, at: number): number {
  return magic(buffer, at) < 2 ? 1 : buffer.readInt32BE(at + RECORDS_COUNT)
}

/** The codec's id; ids from 5 on are none of Kafka's. */
export function compressionId(buffer: Buffer, at: number): number {
  return attributes(buffer, at) & COMPRESSION_MASK
}

export function timestampType(buffer: Buffer, at: number): TimestampType {
  if (magic(buffer, at) === 0) return 'NoTimestampType'
  return (attributes(buffer, at) & TIMESTAMP_TYPE_FLAG) === 0 ? 'CreateTime' : 'LogAppendTime'
}

export function isTransactional(buffer: Buffer, at: number): boolean {
  return magic(buffer, at) >= 2 && (attributes(buffer, at) & TRANSACTIONAL_FLAG) !== 0
}

export function isControl(buffer: Buffer, at: number): boolean {
  return magic(buffer, at) >= 2 && (attributes(buffer, at) & CONTROL_FLAG) !== 0
}

/** When tombstones and markers in the batch may go, or undefined: the cleaner keeps it in baseTimestamp. */
export function deleteHorizonMs(buffer: Buffer, at: number): number | undefined {
  if (magic(buffer, at) < 2 || (attributes(buffer, at) & DELETE_HORIZON_FLAG) === 0) return undefined
  return readInt64(buffer, at + BASE_TIMESTAMP)
}

/** v2 only: both as they are, and the checksum; for where the ends of int64 matter. */
export function setExactTimestamps(buffer: Buffer, at: number, base: bigint, max: bigint): void {
  buffer.writeBigInt64BE(base, at + BASE_TIMESTAMP)
  buffer.writeBigInt64BE(max, at + MAX_TIMESTAMP)
  updateCrc(buffer, at)
}

/** The checksum that the bytes have. The caller knows that the whole batch is in the buffer. */
export function computeCrc(buffer: Buffer, at: number): number {
  const end = at + sizeInBytes(buffer, at)
  return magic(buffer, at) < 2 ? crc32(buffer, at + MAGIC, end) : crc32c(buffer, at + ATTRIBUTES, end)
}

/** Whether the batch has room for its header and its stored checksum is that of its bytes. */
export function isValid(buffer: Buffer, at: number): boolean {
  const format = magic(buffer, at)
  const least = format < 2 ? LOG_OVERHEAD + LEGACY_OVERHEAD_V0 : BATCH_HEADER_SIZE
  return sizeInBytes(buffer, at) >= least && crc(buffer, at) === computeCrc(buffer, at)
}

/** Not covered by the checksum. */
export function setBaseOffset(buffer: Buffer, at: number, offset: number): void {
  writeInt64(buffer, offset, at)
}

/** Moves the batch so that its last record has this offset. Not covered by the checksum. */
export function setLastOffset(buffer: Buffer, at: number, offset: number): void {
  writeInt64(buffer, offset - lastOffsetDelta(buffer, at), at)
}

/** v2 only. Not covered by the checksum. */
export function setPartitionLeaderEpoch(buffer: Buffer, at: number, epoch: number): void {
  buffer.writeInt32BE(epoch, at + LEADER_EPOCH)
}

/** Sets both and, where that changes the bytes, the checksum. Magic 1 and 2. */
export function setMaxTimestamp(buffer: Buffer, at: number, type: TimestampType, timestamp: number): void {
  if (timestampType(buffer, at) === type && maxTimestamp(buffer, at) === timestamp) return
  const legacy = magic(buffer, at) < 2
  const flags = attributes(buffer, at) & ~TIMESTAMP_TYPE_FLAG
  buffer[at + (legacy ? LEGACY_ATTRIBUTES : ATTRIBUTES + 1)] =
    type === 'LogAppendTime' ? flags | TIMESTAMP_TYPE_FLAG : flags
  // Kafka keeps no high byte when it rewrites the attributes.
  if (!legacy) buffer[at + ATTRIBUTES] = 0
  writeInt64(buffer, timestamp, at + (legacy ? LEGACY_TIMESTAMP : MAX_TIMESTAMP))
  updateCrc(buffer, at)
}

export function updateCrc(buffer: Buffer, at: number): void {
  buffer.writeUInt32BE(computeCrc(buffer, at), at + (magic(buffer, at) < 2 ? LEGACY_CRC : CRC))
}

export interface BatchHeader {
  readonly baseOffset: number
  readonly lastOffsetDelta: number
  readonly sizeInBytes: number
  readonly partitionLeaderEpoch: number
  readonly attributes: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordsCount: number
}

/** Writes the header of a batch v2 whose records already stand behind it, checksum included. */
export function writeHeader(buffer: Buffer, at: number, header: BatchHeader): void {
  writeInt64(buffer, header.baseOffset, at)
  buffer.writeInt32BE(header.sizeInBytes - LOG_OVERHEAD, at + LENGTH)
  buffer.writeInt32BE(header.partitionLeaderEpoch, at + LEADER_EPOCH)
  buffer.writeInt8(2, at + MAGIC)
  buffer.writeInt16BE(header.attributes, at + ATTRIBUTES)
  buffer.writeInt32BE(header.lastOffsetDelta, at + LAST_OFFSET_DELTA)
  writeInt64(buffer, header.baseTimestamp, at + BASE_TIMESTAMP)
  writeInt64(buffer, header.maxTimestamp, at + MAX_TIMESTAMP)
  writeInt64(buffer, header.producerId, at + PRODUCER_ID)
  buffer.writeInt16BE(header.producerEpoch, at + PRODUCER_EPOCH)
  buffer.writeInt32BE(header.baseSequence, at + BASE_SEQUENCE)
  buffer.writeInt32BE(header.recordsCount, at + RECORDS_COUNT)
  updateCrc(buffer, at)
}

/**
 * The size of the batch at `at` when all of it is before `end`, or 0 when it is cut off (a fetch and a torn write
 * may end in half a batch). A length or magic that no batch has is a DecodeError, worded as Kafka words it.
 */
export function completeSize(buffer: Buffer, at: number, end = buffer.length): number {
  const left = end - at
  if (left < LOG_OVERHEAD) return 0
  const length = batchLength(buffer, at)
  if (length < LEGACY_OVERHEAD_V0) {
    throw new DecodeError(`Record size ${length} is less than the minimum record overhead (${LEGACY_OVERHEAD_V0})`)
  }
  if (left <= MAGIC) return 0
  const format = magic(buffer, at)
  if (format < 0 || format > 2) throw new DecodeError(`Invalid magic found in record: ${format}`)
  return length + LOG_OVERHEAD <= left ? length + LOG_OVERHEAD : 0
}

/** A batch v2 whose length leaves no room for its header has no fields to read. */
export function checkHeaderFits(buffer: Buffer, at: number): void {
  const size = sizeInBytes(buffer, at)
  if (size >= BATCH_HEADER_SIZE) return
  throw new DecodeError(
    `Record batch is corrupt (the size ${size} is smaller than the minimum allowed overhead ${BATCH_HEADER_SIZE})`,
  )
}

/** The positions of the complete batches between start and end; bytes of a cut-off last one are left out. */
export function* positions(buffer: Buffer, start = 0, end = buffer.length): Generator<number, void, undefined> {
  for (let at = start; ; ) {
    const size = completeSize(buffer, at, end)
    if (size === 0) return
    yield at
    at += size
  }
}

/** Where the complete batches end: what a log may keep of a buffer. */
export function validEnd(buffer: Buffer, start = 0, end = buffer.length): number {
  let at = start
  for (let size = completeSize(buffer, at, end); size !== 0; size = completeSize(buffer, at, end)) at += size
  return at
}
