// Looking through the records of a batch v2 without making objects of them: what a broker does to all it is sent.
// RecordScan is the fast way and only says whether everything is as it should be. RecordWalk takes the records one by
// one and tells what is wrong, as Kafka would tell it.

/** Sums and differences of two such numbers are exact. */
const MAX_EXACT_TIMESTAMP = 2 ** 51

/**
 * Says in one pass whether a payload is flawless. Its bounds are set once for a batch, then `isClean` is called.
 * Written for speed: no call and no allocation per record beyond the varints.
 */
export class RecordScan {
  /** Timestamps outside of these are not clean, nor ever those that are no exact numbers. */
  earliest = -MAX_EXACT_TIMESTAMP
  latest = MAX_EXACT_TIMESTAMP
  keysRequired = false
  /** Whether offset deltas have to be 0, 1, 2, … */
  consecutive = false
  /** After a clean scan: the greatest timestamp, -1 when none is later. */
  maxTimestamp = -1

  private bytes: Buffer = Buffer.alloc(0)
  private at = 0

  isClean(payload: Buffer, start: number, end: number, count: number, baseTimestamp: number): boolean {
    this.bytes = payload
    this.at = start
    let greatest = -1
    if (Math.abs(baseTimestamp) > MAX_EXACT_TIMESTAMP) return false
    const earliest = Math.max(this.earliest, -MAX_EXACT_TIMESTAMP)
    const latest = Math.min(this.latest, MAX_EXACT_TIMESTAMP)
    for (let index = 0; index < count; index++) {
      const size = this.varint()
      const bodyEnd = this.at + size
      if (size < 0 || bodyEnd > end) return false
      // The attributes of a record have no bit in use.
      this.at++
      const timestamp = baseTimestamp + this.varlong()
      if (timestamp > greatest) greatest = timestamp
      if (timestamp < earliest || timestamp > latest) return false
      if (this.varint() !== index && this.consecutive) return false
      const keySize = this.varint()
      if (keySize >= 0) this.at += keySize
      else if (this.keysRequired) return false
      // Checked before reading on, so that a huge size never moves far away from the buffer.
      if (this.at >= bodyEnd) return false
      const valueSize = this.varint()
      if (valueSize > 0) this.at += valueSize
      if (this.at >= bodyEnd) return false
      const headers = this.varint()
      if (headers !== 0 && !this.skipHeaders(headers, bodyEnd)) return false
      if (this.at !== bodyEnd) return false
    }
    this.maxTimestamp = greatest
    return this.at === end
  }

  private skipHeaders(count: number, bodyEnd: number): boolean {
    if (count < 0 || count > bodyEnd - this.at) return false
    for (let index = 0; index < count; index++) {
      const keySize = this.varint()
      if (keySize < 0) return false
      this.at += keySize
      if (this.at >= bodyEnd) return false
      const valueSize = this.varint()
      if (valueSize > 0) this.at += valueSize
      if (this.at > bodyEnd) return false
    }
    return true
  }

  /** Past the end of the buffer it reads zeros; the caller finds that out by the position. */
  private varint(): number {
    const bytes = this.bytes
    let byte = bytes[this.at++] as number
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 0x7f
    let shift = 7
    do {
      // Five bytes at the most: a sixth is a size that no buffer has.
      if (shift > 28) return 0x7fffffff
      byte = bytes[this.at++] as number
      value |= (byte & 0x7f) << shift
      shift += 7
    } while (byte >= 0x80)
    return (value >>> 1) ^ -(value & 1)
  }

  /** Longer than a varint of 28 bits only in batches that span days, or in broken ones. */
  private varlong(): number {
    const bytes = this.bytes
    let byte = bytes[this.at++] as number
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let low = byte & 0x7f
    let shift = 7
    do {
      byte = bytes[this.at++] as number
      low |= (byte & 0x7f) << shift
      shift += 7
    } while (byte >= 0x80 && shift < 28)
    if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    return this.restOfVarlong(low)
  }

  private restOfVarlong(first28Bits: number): number {
    let raw = first28Bits
    let factor = 2 ** 28
    for (let count = 4; count < 10; count++) {
      const byte = this.bytes[this.at++] as number
      raw += (byte & 0x7f) * factor
      if (byte < 0x80) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
      factor *= 0x80
    }
    return Number.NaN
  }
}

/**
 * How Kafka reads the records, which decides what it finds wrong:
 * - `buffer`: of an uncompressed batch, every size checked;
 * - `stream`: of a compressed one that is going to be rewritten, every size checked;
 * - `skim`: of a compressed one that stays as it is: lengths are followed, the record's own size is not looked at.
 */
export type RecordMode = 'buffer' | 'stream' | 'skim'

/** What is wrong, in Kafka's words. `unexpected`: Kafka itself falls over it, and answers UNKNOWN_SERVER_ERROR. */
export class RecordStructureError extends Error {
  readonly unexpected: boolean

  constructor(message: string, unexpected = false) {
    super(message)
    this.unexpected = unexpected
  }
}

const PREMATURE_END = 'Incorrect declared batch size, premature EOF reached'
const INVALID_STRUCTURE = 'Found invalid record structure'

/** The records of a payload, one at each `next`, whose fields are then those of the walk. */
export class RecordWalk {
  offsetDelta = 0
  /** Exact, since what is unusual may well be a timestamp at the ends of int64. */
  timestampDelta = 0n
  keySize = 0
  valueSize = 0

  private readonly bytes: Buffer
  private readonly end: number
  private readonly mode: RecordMode
  private at: number
  private left: number

  constructor(payload: Buffer, start: number, end: number, count: number, mode: RecordMode) {
    this.bytes = payload
    this.at = start
    this.end = end
    this.left = count
    this.mode = mode
    if (count < 0) throw new RecordStructureError(`Found invalid record count ${count} in magic v2 batch`)
  }

  /** False after the last one; throws RecordStructureError. */
  next(): boolean {
    if (this.left === 0) return false
    this.left--
    if (this.mode === 'skim') this.skim()
    else this.read()
    if (this.left === 0 && this.at !== this.end) {
      throw new RecordStructureError('Incorrect declared batch size, records still remaining in file')
    }
    return true
  }

  private skim(): void {
    this.varint(PREMATURE_END)
    // At the end of a stream Java reads a byte of -1 here, and goes on.
    this.at++
    this.timestampDelta = this.varlong()
    this.offsetDelta = this.varint(INVALID_STRUCTURE)
    this.keySize = this.skipBytes()
    this.valueSize = this.skipBytes()
    const headers = this.headerCount()
    for (let index = 0; index < headers; index++) {
      this.skipHeaderKey()
      this.skipBytes()
    }
  }

  private read(): void {
    const size = this.recordSize()
    const start = this.at
    if (start + size > this.end) {
      const found =
        this.mode === 'stream'
          ? 'the record payload reached EOF.'
          : `instead the buffer has only ${this.end - start} remaining bytes.`
      throw new RecordStructureError(`Invalid record size: expected ${size} bytes in record payload, but ${found}`)
    }
    this.byte(INVALID_STRUCTURE)
    this.timestampDelta = this.varlong()
    this.offsetDelta = this.varint(INVALID_STRUCTURE)
    this.keySize = this.skipBytes()
    this.valueSize = this.skipBytes()
    const headers = this.headerCount()
    const remaining = (this.mode === 'stream' ? start + size : this.end) - this.at
    if (headers > remaining) {
      throw new RecordStructureError(
        `Found invalid number of record headers. ${headers} is larger than the remaining size of the buffer`,
      )
    }
    for (let index = 0; index < headers; index++) {
      this.skipHeaderKey()
      this.skipBytes()
    }
    if (this.at - start !== size) {
      throw new RecordStructureError(
        `Invalid record size: expected to read ${size} bytes in record payload, but instead read ${this.at - start}`,
      )
    }
  }

  private recordSize(): number {
    const size = this.varint(PREMATURE_END)
    if (size < 0 && this.mode === 'stream') throw new RecordStructureError(PREMATURE_END)
    return size
  }

  private headerCount(): number {
    const count = this.varint(INVALID_STRUCTURE)
    if (count < 0) throw new RecordStructureError(`Found invalid number of record headers ${count}`)
    return count
  }

  private skipHeaderKey(): void {
    const size = this.varint(INVALID_STRUCTURE)
    if (size < 0) throw new RecordStructureError(`Invalid negative header key size ${size}`)
    this.skip(size)
  }

  /** Skips a nullable field; returns its size, below 0 for null. */
  private skipBytes(): number {
    const size = this.varint(INVALID_STRUCTURE)
    if (size > 0) this.skip(size)
    return size
  }

  private skip(size: number): void {
    const left = this.end - this.at
    if (size <= left) {
      this.at += size
      return
    }
    throw new RecordStructureError(
      this.mode === 'skim'
        ? `Reached end of input stream before skipping all bytes. Remaining bytes:${size - Math.max(left, 0)}`
        : INVALID_STRUCTURE,
    )
  }

  private byte(atEnd: string): number {
    if (this.at >= this.end) throw new RecordStructureError(atEnd)
    return this.bytes[this.at++] as number
  }

  private varint(atEnd: string): number {
    let value = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.byte(atEnd)
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    // Kafka reads the size of an uncompressed record outside of its guard against this.
    throw new RecordStructureError(
      atEnd === PREMATURE_END && this.mode === 'buffer' ? 'Varint is too long' : atEnd,
      atEnd === PREMATURE_END && this.mode === 'buffer',
    )
  }

  private varlong(): bigint {
    let raw = 0n
    for (let shift = 0n; shift <= 63n; shift += 7n) {
      const byte = this.byte(INVALID_STRUCTURE)
      raw |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (BigInt.asUintN(64, raw) >> 1n) ^ -(raw & 1n))
    }
    throw new RecordStructureError(INVALID_STRUCTURE)
  }
}
