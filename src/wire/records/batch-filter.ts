// What a log's cleaner does to a batch v2: looking at its records one by one without making objects of them, and
// building the batch anew from those that stay. Offsets, producer and sequence stay what they were; so does every byte
// of a record but its time, which is told from the batch's.
import { DecodeError } from '../errors.ts'
import * as Batch from './batch.ts'
import { compress, compressionName, decompressForNow } from './compression.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './int64.ts'

/** Sums and differences of two such numbers are exact. */
const MAX_EXACT_TIMESTAMP = 2 ** 51

/** Where a record that stays stands in the payload, and its time. */
interface KeptRecord {
  /** Behind the timestamp delta. */
  readonly tail: number
  readonly end: number
  readonly timestampDelta: bigint | number
}

/** Opened on one batch after the other: `next` steps to a record, `keep` lets it stay, `rebuild` makes the new batch. */
export class BatchFilter {
  /** The payload that the key's position is in; holds until the next batch is opened. */
  bytes: Buffer = Buffer.alloc(0)
  offset = 0
  keyStart = 0
  /** -1 for a record without a key. */
  keySize = -1
  hasValue = false

  #buffer: Buffer = Buffer.alloc(0)
  #batch = 0
  #at = 0
  #end = 0
  #left = 0
  #count = 0
  #tail = 0
  #timestampDelta: bigint | number = 0
  #recordEnd = 0
  #kept: KeptRecord[] = []
  #keepsTombstone = false
  #isExact = true

  /** Throws DecodeError for a batch that cannot be read. */
  open(buffer: Buffer, at: number): void {
    Batch.checkHeaderFits(buffer, at)
    this.#buffer = buffer
    this.#batch = at
    const payload = buffer.subarray(at + Batch.BATCH_HEADER_SIZE, at + Batch.sizeInBytes(buffer, at))
    this.bytes = decompressForNow(compressionName(Batch.compressionId(buffer, at)), payload)
    this.#at = 0
    this.#end = this.bytes.length
    this.#count = Batch.recordsCount(buffer, at)
    this.#left = this.#count
    this.#kept = []
    this.#keepsTombstone = false
    this.#isExact = Math.abs(Batch.baseTimestamp(buffer, at)) <= MAX_EXACT_TIMESTAMP
    if (this.#count < 0) throw new DecodeError(`Found invalid record count ${this.#count} in magic v2 batch`)
  }

  get keptCount(): number {
    return this.#kept.length
  }

  get keepsAll(): boolean {
    return this.#kept.length === this.#count
  }

  /** Whether one of the records that stay has no value. */
  get keepsTombstone(): boolean {
    return this.#keepsTombstone
  }

  /** False behind the last record. */
  next(): boolean {
    if (this.#left === 0) {
      if (this.#at !== this.#end) throw new DecodeError('records still remaining behind the last one of a batch')
      return false
    }
    this.#left--
    const size = this.#varint()
    this.#recordEnd = this.#at + size
    if (size < 0 || this.#recordEnd > this.#end) throw new DecodeError(`Invalid record size: ${size} bytes`)
    // The attributes of a record have no bit in use.
    this.#at++
    this.#timestampDelta = this.#varlong()
    this.#tail = this.#at
    this.offset = Batch.baseOffset(this.#buffer, this.#batch) + this.#varint()
    this.keySize = Math.max(this.#varint(), -1)
    this.keyStart = this.#at
    this.#at += Math.max(this.keySize, 0)
    if (this.#at >= this.#recordEnd) throw new DecodeError('a record ends in its key')
    this.hasValue = this.#varint() >= 0
    if (this.#at > this.#recordEnd) throw new DecodeError('a record ends in the size of its value')
    this.#at = this.#recordEnd
    return true
  }

  /** The record stays. */
  keep(): void {
    this.#kept.push({ timestampDelta: this.#timestampDelta, tail: this.#tail, end: this.#recordEnd })
    if (!this.hasValue) this.#keepsTombstone = true
    if (typeof this.#timestampDelta === 'bigint') this.#isExact = false
  }

  /** The batch of the records that stay, at least one; with a new delete horizon, or the one that it has. */
  rebuild(newDeleteHorizonMs?: number): Buffer {
    const horizon = newDeleteHorizonMs ?? Batch.deleteHorizonMs(this.#buffer, this.#batch)
    const times = this.#isExact ? this.#times(horizon) : this.#exactTimes(horizon)
    const codec = compressionName(Batch.compressionId(this.#buffer, this.#batch))
    const isPlain = codec === 'none'
    const payload = this.#write(times.deltas, isPlain ? Batch.BATCH_HEADER_SIZE : 0)
    const whole = isPlain ? payload : withRoomForHeader(compress(codec, payload))
    writeHeader(whole, this.#buffer, this.#batch, {
      baseTimestamp: times.base,
      maxTimestamp: times.greatest,
      hasDeleteHorizon: horizon !== undefined,
      recordsCount: this.#kept.length,
    })
    return whole
  }

  /** The times of the records that stay, told from the first of them or from the horizon. */
  #times(horizon: number | undefined): Times {
    const [buffer, at] = [this.#buffer, this.#batch]
    if (Batch.timestampType(buffer, at) === 'LogAppendTime') {
      const appendTime = Batch.maxTimestamp(buffer, at)
      const base = horizon ?? appendTime
      return { base, greatest: appendTime, deltas: this.#kept.map(() => appendTime - base) }
    }
    const oldBase = Batch.baseTimestamp(buffer, at)
    const stamps = this.#kept.map(({ timestampDelta }) => oldBase + Number(timestampDelta))
    const base = horizon ?? stamps[0] ?? Batch.NO_TIMESTAMP
    let greatest = Batch.NO_TIMESTAMP
    for (const stamp of stamps) if (stamp > greatest) greatest = stamp
    return { base, greatest, deltas: stamps.map((stamp) => stamp - base) }
  }

  /** The same for times at the ends of int64, with sums that wrap around as Java's do. */
  #exactTimes(horizon: number | undefined): Times {
    const [buffer, at] = [this.#buffer, this.#batch]
    const appendTime =
      Batch.timestampType(buffer, at) === 'LogAppendTime' ? Batch.exactMaxTimestamp(buffer, at) : undefined
    const oldBase = Batch.exactBaseTimestamp(buffer, at)
    const stamps = this.#kept.map(
      ({ timestampDelta }) => appendTime ?? BigInt.asIntN(64, oldBase + BigInt(timestampDelta)),
    )
    const base = horizon === undefined ? (stamps[0] ?? -1n) : BigInt(horizon)
    let greatest = BigInt(Batch.NO_TIMESTAMP)
    for (const stamp of stamps) if (stamp > greatest) greatest = stamp
    return { base, greatest, deltas: stamps.map((stamp) => BigInt.asIntN(64, stamp - base)) }
  }

  #write(deltas: readonly (bigint | number)[], start: number): Buffer {
    let size = start
    for (const [index, kept] of this.#kept.entries()) {
      const body = bodySize(kept, deltas[index] ?? 0)
      size += sizeOfVarint(body) + body
    }
    const target = Buffer.allocUnsafeSlow(size)
    let at = start
    for (const [index, kept] of this.#kept.entries()) {
      const delta = deltas[index] ?? 0
      at = writeVarint(target, bodySize(kept, delta), at)
      target[at++] = 0
      at = typeof delta === 'number' ? writeVarlong(target, delta, at) : writeExactVarlong(target, delta, at)
      this.bytes.copy(target, at, kept.tail, kept.end)
      at += kept.end - kept.tail
    }
    return target
  }

  /** Past the end of the payload it reads zeros; the caller finds that out by the position. */
  #varint(): number {
    let byte = this.bytes[this.#at++] as number
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift > 28) throw new DecodeError('Varint is too long')
      byte = this.bytes[this.#at++] as number
      value |= (byte & 0x7f) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }

  /** A bigint where a number might not be exact. */
  #varlong(): bigint | number {
    let byte = this.bytes[this.#at++] as number
    let raw = byte & 0x7f
    let factor = 0x80
    while (byte >= 0x80) {
      if (factor > 2 ** 42) return this.#restOfVarlong(BigInt(raw), BigInt(factor))
      byte = this.bytes[this.#at++] as number
      raw += (byte & 0x7f) * factor
      factor *= 0x80
    }
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
  }

  #restOfVarlong(low: bigint, first: bigint): bigint {
    let raw = low
    for (let factor = first; factor <= 1n << 63n; factor <<= 7n) {
      const byte = this.bytes[this.#at++] as number
      raw += BigInt(byte & 0x7f) * factor
      if (byte < 0x80) return BigInt.asIntN(64, (BigInt.asUintN(64, raw) >> 1n) ^ -(raw & 1n))
    }
    throw new DecodeError('Varlong is too long')
  }
}

interface Times {
  readonly base: bigint | number
  readonly greatest: bigint | number
  readonly deltas: readonly (bigint | number)[]
}

interface HeaderChange {
  readonly baseTimestamp: bigint | number
  readonly maxTimestamp: bigint | number
  readonly hasDeleteHorizon: boolean
  readonly recordsCount: number
}

/** The header of the batch at `at`, before the records of `target`. */
function writeHeader(target: Buffer, buffer: Buffer, at: number, change: HeaderChange): void {
  const { deleteHorizon } = Batch.attributeBits
  const attributes = Batch.attributes(buffer, at) & ~deleteHorizon
  Batch.writeHeader(target, 0, {
    baseOffset: Batch.baseOffset(buffer, at),
    // The last offset stays although its record may be gone, for the sequence numbers are counted by it.
    lastOffsetDelta: Batch.lastOffsetDelta(buffer, at),
    sizeInBytes: target.length,
    partitionLeaderEpoch: Batch.partitionLeaderEpoch(buffer, at),
    attributes: change.hasDeleteHorizon ? attributes | deleteHorizon : attributes,
    baseTimestamp: Number(change.baseTimestamp),
    maxTimestamp: Number(change.maxTimestamp),
    producerId: Batch.producerId(buffer, at),
    producerEpoch: Batch.producerEpoch(buffer, at),
    baseSequence: Batch.baseSequence(buffer, at),
    recordsCount: change.recordsCount,
  })
  if (typeof change.baseTimestamp === 'bigint' && typeof change.maxTimestamp === 'bigint') {
    Batch.setExactTimestamps(target, 0, change.baseTimestamp, change.maxTimestamp)
  }
}

/** What stays of a batch v2 whose records are all gone: the header, which tells its offsets and its producer. */
export function emptyBatch(buffer: Buffer, at: number): Buffer {
  const target = Buffer.allocUnsafeSlow(Batch.BATCH_HEADER_SIZE)
  const { compression, deleteHorizon } = Batch.attributeBits
  Batch.writeHeader(target, 0, {
    baseOffset: Batch.baseOffset(buffer, at),
    lastOffsetDelta: Batch.lastOffsetDelta(buffer, at),
    sizeInBytes: target.length,
    partitionLeaderEpoch: Batch.partitionLeaderEpoch(buffer, at),
    attributes: Batch.attributes(buffer, at) & ~(compression | deleteHorizon),
    baseTimestamp: Batch.NO_TIMESTAMP,
    maxTimestamp: Batch.maxTimestamp(buffer, at),
    producerId: Batch.producerId(buffer, at),
    producerEpoch: Batch.producerEpoch(buffer, at),
    baseSequence: Batch.baseSequence(buffer, at),
    recordsCount: 0,
  })
  Batch.setExactTimestamps(target, 0, BigInt(Batch.NO_TIMESTAMP), Batch.exactMaxTimestamp(buffer, at))
  return target
}

function withRoomForHeader(compressed: Buffer): Buffer {
  const whole = Buffer.allocUnsafeSlow(Batch.BATCH_HEADER_SIZE + compressed.length)
  compressed.copy(whole, Batch.BATCH_HEADER_SIZE)
  return whole
}

function bodySize({ tail, end }: KeptRecord, delta: bigint | number): number {
  return 1 + (typeof delta === 'number' ? sizeOfVarlong(delta) : sizeOfExactVarlong(delta)) + end - tail
}

function zigzag(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
}

function sizeOfExactVarlong(value: bigint): number {
  let size = 1
  for (let rest = zigzag(value) >> 7n; rest > 0n; rest >>= 7n) size++
  return size
}

function writeExactVarlong(target: Buffer, value: bigint, start: number): number {
  let at = start
  let rest = zigzag(value)
  for (; rest >= 0x80n; rest >>= 7n) target[at++] = Number(rest & 0x7fn) | 0x80
  target[at++] = Number(rest)
  return at
}
