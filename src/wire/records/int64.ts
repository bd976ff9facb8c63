// int64 and varints at a position of a Buffer, as numbers, with no allocation and no reader object.
// The rule for int64 is the wire's: exact inside ±2^53, saturated at the ends.
import { INT64_MAX, INT64_MIN } from '../primitives.ts'

const TWO_32 = 2 ** 32

export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4)
}

export function writeInt64(buffer: Buffer, value: number, at: number): void {
  if (value >= INT64_MAX) {
    buffer.writeInt32BE(0x7fffffff, at)
    buffer.writeInt32BE(-1, at + 4)
  } else if (value <= INT64_MIN) {
    buffer.writeInt32BE(-0x80000000, at)
    buffer.writeInt32BE(0, at + 4)
  } else {
    const high = Math.floor(value / TWO_32)
    buffer.writeInt32BE(high, at)
    buffer.writeInt32BE((value - high * TWO_32) | 0, at + 4)
  }
}

/** Bytes of a zigzag varint of 32 bits. */
export function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x200000) return 3
  return zigzag < 0x10000000 ? 4 : 5
}

/** Bytes of a zigzag varint of 64 bits. */
export function sizeOfVarlong(value: number): number {
  let magnitude = value < 0 ? -value - 1 : value
  let size = 1
  for (magnitude /= 0x40; magnitude >= 1; magnitude /= 0x80) size++
  return Math.min(size, 10)
}

/** Writes a zigzag varint of 32 bits; returns the position after it. */
export function writeVarint(buffer: Buffer, value: number, at: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[at++] = rest
  return at
}

/** Writes a zigzag varint of 64 bits; returns the position after it. */
export function writeVarlong(buffer: Buffer, value: number, at: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return writeVarint(buffer, value, at)
  // Zigzag on the two halves, since the doubled value may pass 2^53. The ends saturate.
  const magnitude = Math.min(value < 0 ? -value - 1 : value, INT64_MAX)
  const saturated = magnitude >= INT64_MAX
  const low = saturated ? TWO_32 - 1 : magnitude % TWO_32
  const high = saturated ? 0x7fffffff : Math.floor(magnitude / TWO_32)
  let zigzagLow = ((low << 1) | (value < 0 ? 1 : 0)) >>> 0
  let zigzagHigh = ((high << 1) | (low >>> 31)) >>> 0
  while (zigzagHigh !== 0 || zigzagLow >= 0x80) {
    buffer[at++] = (zigzagLow & 0x7f) | 0x80
    zigzagLow = ((zigzagLow >>> 7) | (zigzagHigh << 25)) >>> 0
    zigzagHigh >>>= 7
  }
  buffer[at++] = zigzagLow
  return at
}
