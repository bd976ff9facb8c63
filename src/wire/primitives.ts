// Reading and writing Kafka's primitive types on a Buffer.
// Owns the bounds checks: a Reader never passes its end, and never takes memory by a length it has not checked.
import { DecodeError, EncodeError } from './errors.ts'

/** Long.MAX_VALUE as a number (2^63): written saturated, so it comes back as it went. */
export const INT64_MAX = 2 ** 63
/** Long.MIN_VALUE as a number. */
export const INT64_MIN = -(2 ** 63)
const TWO_32 = 2 ** 32

/**
 * How many array elements one message may hold in all, however small they are on the wire: what bounds the memory
 * that a hostile frame can take beyond its own size.
 */
export const MAX_ELEMENTS = 1 << 20

export class Reader {
  readonly buffer: Buffer
  position: number
  readonly end: number
  private elementsLeft = MAX_ELEMENTS

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer
    this.position = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  private take(size: number): number {
    const start = this.position
    if (size > this.end - start) throw new DecodeError(`${size} bytes wanted at ${start}, ${this.end - start} left`)
    this.position = start + size
    return start
  }

  bool(): boolean {
    return this.buffer[this.take(1)] !== 0
  }

  int8(): number {
    return ((this.buffer[this.take(1)] as number) << 24) >> 24
  }

  int16(): number {
    return (this.uint16() << 16) >> 16
  }

  uint16(): number {
    const at = this.take(2)
    return ((this.buffer[at] as number) << 8) | (this.buffer[at + 1] as number)
  }

  int32(): number {
    const at = this.take(4)
    const b = this.buffer
    return (
      ((b[at] as number) << 24) | ((b[at + 1] as number) << 16) | ((b[at + 2] as number) << 8) | (b[at + 3] as number)
    )
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  int64(): number {
    const high = this.int32()
    return high * TWO_32 + (this.int32() >>> 0)
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.take(8))
  }

  uuid(): string {
    const at = this.take(16)
    return this.buffer.toString('base64url', at, at + 16)
  }

  /** An unsigned varint of at most 32 bits. */
  uvarint(): number {
    let value = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.buffer[this.take(1)] as number
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new DecodeError(`a varint at ${this.position} has more than five bytes`)
  }

  /** A zigzag varint of at most 32 bits. */
  varint(): number {
    const raw = this.uvarint()
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** A zigzag varint of at most 64 bits. */
  varlong(): number {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.buffer[this.take(1)] as number
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= (bits & 0x0f) << 28
        high |= bits >> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        const negative = low & 1
        const shiftedLow = ((low >>> 1) | ((high & 1) << 31)) >>> 0
        const magnitude = (high >>> 1) * TWO_32 + shiftedLow
        return negative ? -magnitude - 1 : magnitude
      }
    }
    throw new DecodeError(`a varlong at ${this.position} has more than ten bytes`)
  }

  /** A length as Kafka writes it: int16/int32, or in flexible versions a varint of length + 1. -1 stands for null. */
  private length(flexible: boolean, wide: boolean): number {
    const length = flexible ? this.uvarint() - 1 : wide ? this.int32() : this.int16()
    if (length > this.end - this.position) {
      throw new DecodeError(`a length of ${length} at ${this.position}, ${this.end - this.position} bytes left`)
    }
    return length < 0 ? -1 : length
  }

  private present(length: number): number {
    if (length < 0) throw new DecodeError(`null at ${this.position} where the protocol has no null`)
    return length
  }

  private text(length: number): string {
    if (length > 0x7fff) throw new DecodeError(`a string of ${length} bytes at ${this.position}`)
    const start = this.position
    this.position = start + length
    return this.buffer.toString('utf8', start, start + length)
  }

  string(flexible: boolean): string {
    return this.text(this.present(this.length(flexible, false)))
  }

  nullableString(flexible: boolean): string | null {
    const length = this.length(flexible, false)
    return length < 0 ? null : this.text(length)
  }

  private slice(length: number): Buffer {
    const start = this.position
    this.position = start + length
    return this.buffer.subarray(start, start + length)
  }

  /** A slice of the frame, not a copy. */
  bytes(flexible: boolean): Buffer {
    return this.slice(this.present(this.length(flexible, true)))
  }

  nullableBytes(flexible: boolean): Buffer | null {
    const length = this.length(flexible, true)
    return length < 0 ? null : this.slice(length)
  }

  /** The count of an array whose elements take `elementSize` bytes at the least; -1 for null. */
  nullableCount(flexible: boolean, elementSize: number): number {
    const count = flexible ? this.uvarint() - 1 : this.int32()
    if (count <= 0) return count < 0 ? -1 : 0
    if (count * elementSize > this.end - this.position) {
      throw new DecodeError(`a count of ${count} at ${this.position}, ${this.end - this.position} bytes left`)
    }
    this.elementsLeft -= count
    if (this.elementsLeft < 0) throw new DecodeError(`more than ${MAX_ELEMENTS} array elements in one message`)
    return count
  }

  count(flexible: boolean, elementSize: number): number {
    return this.present(this.nullableCount(flexible, elementSize))
  }

  /** Opens a tagged field's body; `closeTag` checks that it was read to its end. */
  openTag(): number {
    const size = this.uvarint()
    if (size > this.end - this.position) throw new DecodeError(`a tagged field of ${size} bytes at ${this.position}`)
    return this.position + size
  }

  closeTag(bodyEnd: number): void {
    if (this.position !== bodyEnd) throw new DecodeError(`a tagged field ends at ${this.position}, not ${bodyEnd}`)
  }

  skipTag(): void {
    this.position = this.openTag()
  }
}

/** Slices at least this long are not copied into the writer's buffer but kept as they are, for a vectored write. */
const KEEP_SLICE_FROM = 2048

export class Writer {
  private chunks: Uint8Array[] | undefined
  private chunkBytes = 0
  private buffer: Buffer
  private start = 0
  private position = 0

  constructor(initialSize = 512) {
    this.buffer = Buffer.allocUnsafe(initialSize)
  }

  get size(): number {
    return this.chunkBytes + this.position - this.start
  }

  private room(size: number): number {
    const at = this.position
    if (at + size > this.buffer.length) return this.grow(size)
    this.position = at + size
    return at
  }

  private grow(size: number): number {
    const used = this.position - this.start
    const bigger = Buffer.allocUnsafe(Math.max((used + size) * 2, 512))
    this.buffer.copy(bigger, 0, this.start, this.position)
    this.buffer = bigger
    this.start = 0
    this.position = used + size
    return used
  }

  bool(value: boolean): void {
    // Room first: it may put another buffer in the place of this one.
    const at = this.room(1)
    this.buffer[at] = value ? 1 : 0
  }

  int8(value: number): void {
    const at = this.room(1)
    this.buffer[at] = value
  }

  int16(value: number): void {
    const at = this.room(2)
    const b = this.buffer
    b[at] = value >> 8
    b[at + 1] = value
  }

  uint16(value: number): void {
    this.int16(value)
  }

  int32(value: number): void {
    const at = this.room(4)
    const b = this.buffer
    b[at] = value >> 24
    b[at + 1] = value >> 16
    b[at + 2] = value >> 8
    b[at + 3] = value
  }

  uint32(value: number): void {
    this.int32(value | 0)
  }

  int64(value: number): void {
    if (value >= INT64_MAX) {
      this.int32(0x7fffffff)
      this.int32(-1)
    } else if (value <= INT64_MIN) {
      this.int32(-0x80000000)
      this.int32(0)
    } else {
      const high = Math.floor(value / TWO_32)
      this.int32(high)
      this.int32((value - high * TWO_32) | 0)
    }
  }

  float64(value: number): void {
    const at = this.room(8)
    this.buffer.writeDoubleBE(value, at)
  }

  uuid(value: string): void {
    const at = this.room(16)
    if (this.buffer.write(value, at, 16, 'base64url') !== 16) throw new EncodeError(`not a uuid: ${value}`)
  }

  uvarint(value: number): void {
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.int8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.int8(rest)
  }

  varint(value: number): void {
    this.uvarint((value << 1) ^ (value >> 31))
  }

  /** A zigzag varint of up to 64 bits. */
  varlong(value: number): void {
    if (value >= -0x40000000 && value < 0x40000000) {
      this.varint(value)
      return
    }
    // Zigzag on the two halves, since the doubled value may pass 2^53.
    const magnitude = value < 0 ? -value - 1 : value
    const low = magnitude % TWO_32
    const high = Math.floor(magnitude / TWO_32)
    let zigzagLow = ((low << 1) | (value < 0 ? 1 : 0)) >>> 0
    let zigzagHigh = ((high << 1) | (low >>> 31)) >>> 0
    while (zigzagHigh !== 0 || zigzagLow >= 0x80) {
      this.int8((zigzagLow & 0x7f) | 0x80)
      zigzagLow = ((zigzagLow >>> 7) | (zigzagHigh << 25)) >>> 0
      zigzagHigh >>>= 7
    }
    this.int8(zigzagLow)
  }

  private length(length: number, flexible: boolean, wide: boolean): void {
    if (flexible) this.uvarint(length + 1)
    else if (wide) this.int32(length)
    else this.int16(length)
  }

  string(value: string, flexible: boolean): void {
    const size = Buffer.byteLength(value)
    if (size > 0x7fff) throw new EncodeError(`a string of ${size} bytes, 32767 at the most`)
    this.length(size, flexible, false)
    const at = this.room(size)
    this.buffer.write(value, at, size, 'utf8')
  }

  nullableString(value: string | null, flexible: boolean): void {
    if (value === null) this.length(-1, flexible, false)
    else this.string(value, flexible)
  }

  bytes(value: Uint8Array, flexible: boolean): void {
    this.length(value.length, flexible, true)
    this.raw(value)
  }

  nullableBytes(value: Uint8Array | null, flexible: boolean): void {
    if (value === null) this.length(-1, flexible, true)
    else this.bytes(value, flexible)
  }

  records(value: Uint8Array | readonly Uint8Array[], flexible: boolean): void {
    if (value instanceof Uint8Array) {
      this.bytes(value, flexible)
      return
    }
    let size = 0
    for (const slice of value) size += slice.length
    this.length(size, flexible, true)
    for (const slice of value) this.raw(slice)
  }

  nullableRecords(value: Uint8Array | readonly Uint8Array[] | null, flexible: boolean): void {
    if (value === null) this.length(-1, flexible, true)
    else this.records(value, flexible)
  }

  /** The bytes themselves; long ones are kept as a slice, so they must not change until they are sent. */
  raw(value: Uint8Array): void {
    if (value.length < KEEP_SLICE_FROM) {
      const at = this.room(value.length)
      this.buffer.set(value, at)
      return
    }
    this.cut()
    this.keep(value)
  }

  private keep(slice: Uint8Array): void {
    this.chunks ??= []
    this.chunks.push(slice)
    this.chunkBytes += slice.length
  }

  private cut(): void {
    if (this.position > this.start) this.keep(this.buffer.subarray(this.start, this.position))
    this.start = this.position
  }

  count(count: number, flexible: boolean): void {
    this.length(count, flexible, true)
  }

  /** A tagged field: its tag, its size, its body. */
  tag(tag: number, body: Writer): void {
    this.uvarint(tag)
    this.uvarint(body.size)
    for (const chunk of body.finish()) this.raw(chunk)
  }

  /** What was written, as a vector of slices. The writer must not be used after this. */
  finish(): Uint8Array[] {
    this.cut()
    return this.chunks ?? []
  }

  /** What was written, as one Buffer. */
  toBuffer(): Buffer {
    const chunks = this.finish()
    const only = chunks[0]
    if (chunks.length === 1 && only !== undefined) return Buffer.from(only.buffer, only.byteOffset, only.length)
    return Buffer.concat(chunks, this.chunkBytes)
  }
}
