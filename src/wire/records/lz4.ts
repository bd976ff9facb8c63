// LZ4 frames as Kafka reads and writes them: independent blocks of 64 KB, no content checksum.
// The frame is ours, so that its size is bounded and the wrong header checksum of magic 0 can be read and written;
// the blocks are the native codec's where there is one.
import { DecodeError } from '../errors.ts'
import { TooLargeError } from './bounds.ts'
import { compressLz4BlockHigh } from './lz4-high.ts'
import { loadOptional } from './native.ts'

const MAGIC = 0x184d2204
/** Version 1, independent blocks. */
const FLAGS = 0x60
/** Blocks of 64 KB at the most. */
const BLOCK_DESCRIPTOR = 0x40
const HEADER_SIZE = 7
const BLOCK_BYTES = 64 * 1024
/** The default of compression.lz4.level. */
const DEFAULT_LEVEL = 9
const UNCOMPRESSED = 0x80000000
/** A byte of a compressed block yields 255 at the most. */
const MAX_RATIO = 255
/** More than most blocks need: tried first, so that a small block of a frame with 4 MB blocks takes little memory. */
const LIKELY_RATIO = 8

interface NativeLz4 {
  /** The block, behind its plain size in four bytes. */
  compressSync(data: Uint8Array): Buffer
  uncompressSync(sizeAndBlock: Uint8Array): Buffer
}

let native: NativeLz4 | null | undefined

function nativeLz4(): NativeLz4 | null {
  if (native === undefined) native = loadOptional<NativeLz4>('lz4-napi') ?? null
  return native
}

const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function round(lane: number, input: number): number {
  return Math.imul(rotate((lane + Math.imul(input, PRIME_2)) | 0, 13), PRIME_1)
}

/** xxHash32 with seed 0, the checksum of LZ4 frames. */
export function xxHash32(data: Buffer, start: number, end: number): number {
  const length = end - start
  let at = start
  let hash = PRIME_5
  if (length >= 16) {
    let lane1 = (PRIME_1 + PRIME_2) | 0
    let lane2 = PRIME_2 | 0
    let lane3 = 0
    let lane4 = -PRIME_1 | 0
    for (; at + 16 <= end; at += 16) {
      lane1 = round(lane1, data.readInt32LE(at))
      lane2 = round(lane2, data.readInt32LE(at + 4))
      lane3 = round(lane3, data.readInt32LE(at + 8))
      lane4 = round(lane4, data.readInt32LE(at + 12))
    }
    hash = rotate(lane1, 1) + rotate(lane2, 7) + rotate(lane3, 12) + rotate(lane4, 18)
  }
  hash = (hash + length) | 0
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(data.readInt32LE(at), PRIME_3)) | 0, 17), PRIME_4)
  }
  for (; at < end; at++) {
    hash = Math.imul(rotate((hash + Math.imul(data[at] as number, PRIME_5)) | 0, 11), PRIME_1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Longer runs are copied by the runtime, shorter ones byte by byte, which beats the call. */
const LONG_RUN = 48

/** Decodes the block source[from, to) into target[start, limit); returns where its output ends. */
export function decodeLz4Block(
  source: Buffer,
  from: number,
  to: number,
  target: Buffer,
  start: number,
  limit: number,
): number {
  let at = from
  let out = start
  while (at < to) {
    const token = source[at++] as number
    let literals = token >>> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        if (at >= to) throw corrupt()
        more = source[at++] as number
        literals += more
      }
    }
    if (literals > 0) {
      if (literals > to - at || literals > limit - out) throw corrupt()
      if (literals > LONG_RUN) target.set(source.subarray(at, at + literals), out)
      else for (let index = 0; index < literals; index++) target[out + index] = source[at + index] as number
      at += literals
      out += literals
    }
    if (at === to) return out
    if (to - at < 2) throw corrupt()
    const distance = (source[at] as number) | ((source[at + 1] as number) << 8)
    at += 2
    if (distance === 0 || distance > out - start) throw corrupt()
    let match = token & 15
    if (match === 15) {
      let more = 255
      while (more === 255) {
        if (at >= to) throw corrupt()
        more = source[at++] as number
        match += more
      }
    }
    match += 4
    if (match > limit - out) throw corrupt()
    const end = out + match
    if (match > LONG_RUN) {
      // A match that overlaps itself repeats its distance: each copy doubles what can be copied next.
      const first = out - distance
      while (out < end) {
        const length = Math.min(out - first, end - out)
        target.copyWithin(out, first, first + length)
        out += length
      }
    } else for (; out < end; out++) target[out] = target[out - distance] as number
  }
  throw corrupt()
}

function corrupt(): DecodeError {
  return new DecodeError('corrupt LZ4 block')
}

/** The checksum byte of a frame header; Kafka 0.8 to 0.10 took the magic bytes in by mistake (KAFKA-3160). */
function headerChecksum(frame: Buffer, end: number, legacy: boolean): number {
  return (xxHash32(frame, legacy ? 0 : 4, end) >>> 8) & 0xff
}

/**
 * A frame of this data. `legacyChecksum`: with the wrong header checksum that messages of magic 0 have. As in Kafka, the
 * default level is the fast compressor's, and every other one takes more effort.
 */
export function encodeLz4Frame(data: Uint8Array, legacyChecksum: boolean, level = DEFAULT_LEVEL): Buffer {
  const header = Buffer.allocUnsafe(HEADER_SIZE)
  header.writeUInt32LE(MAGIC, 0)
  header[4] = FLAGS
  header[5] = BLOCK_DESCRIPTOR
  header[6] = headerChecksum(header, 6, legacyChecksum)
  const parts: Uint8Array[] = [header]
  for (let at = 0; at < data.length; at += BLOCK_BYTES) {
    parts.push(...encodeBlock(data.subarray(at, at + BLOCK_BYTES), level))
  }
  parts.push(new Uint8Array(4))
  return Buffer.concat(parts)
}

/** One block behind its size; stored as it is where compressing gains nothing, or where there is no compressor. */
function encodeBlock(plain: Uint8Array, level: number): Uint8Array[] {
  const block = level === DEFAULT_LEVEL ? nativeLz4()?.compressSync(plain) : compressLz4BlockHigh(plain, level)
  if (block !== undefined && block.length - 4 < plain.length) {
    block.writeUInt32LE(block.length - 4, 0)
    return [block]
  }
  const size = Buffer.allocUnsafe(4)
  size.writeUInt32LE((plain.length | UNCOMPRESSED) >>> 0, 0)
  return [size, plain]
}

interface FrameHeader {
  readonly end: number
  readonly blockBytes: number
  readonly blockChecksums: boolean
}

/** Reads what Kafka reads: version 1, independent blocks; a content size is skipped. */
function readHeader(frame: Buffer, legacyChecksum: boolean): FrameHeader {
  if (frame.length < HEADER_SIZE) throw new DecodeError('LZ4: Stream ended prematurely')
  if (frame.readUInt32LE(0) !== MAGIC) throw new DecodeError('LZ4: Stream unsupported (invalid magic bytes)')
  const flags = frame[4] as number
  const descriptor = frame[5] as number
  if (flags >>> 6 !== 1) throw new DecodeError(`LZ4: Version ${flags >>> 6} unsupported`)
  if ((flags & 0x20) === 0) throw new DecodeError('LZ4: Dependent block stream is unsupported')
  if ((flags & 0x03) !== 0 || (descriptor & 0x8f) !== 0) throw new DecodeError('LZ4: Reserved bits must be 0')
  const sizeCode = descriptor >>> 4
  if (sizeCode < 4) throw new DecodeError(`LZ4: Block size value must be between 4 and 7, is ${sizeCode}`)
  const descriptorEnd = (flags & 0x08) === 0 ? 6 : 14
  if (frame.length <= descriptorEnd) throw new DecodeError('LZ4: Stream ended prematurely')
  // Magic 0 has either checksum, by the age of its writer, so Kafka looks at neither.
  if (!legacyChecksum && frame[descriptorEnd] !== headerChecksum(frame, descriptorEnd, false)) {
    throw new DecodeError('LZ4: Stream frame descriptor corrupted')
  }
  return { end: descriptorEnd + 1, blockBytes: 1 << (8 + 2 * sizeCode), blockChecksums: (flags & 0x10) !== 0 }
}

/** Output of the frame at hand, kept for the next one: a broker decodes one frame at a time, all day long. */
let scratch = Buffer.alloc(0)
const MAX_KEPT_SCRATCH = 4 * 1024 * 1024

function roomFor(size: number, used: number, maxBytes: number): void {
  if (size <= scratch.length) return
  const bigger = Buffer.allocUnsafeSlow(Math.min(Math.max(size, scratch.length * 2, 2 * BLOCK_BYTES), maxBytes))
  scratch.copy(bigger, 0, 0, used)
  scratch = bigger
}

/**
 * The plain bytes of a frame, at most `maxBytes`. They stand in a buffer that the next call may overwrite.
 * As Kafka does, it stops at the end mark, whatever follows it, and leaves a content checksum unread.
 */
export function decodeLz4Frame(frame: Buffer, maxBytes: number, legacyChecksum: boolean): Buffer {
  if (scratch.length > MAX_KEPT_SCRATCH) scratch = Buffer.alloc(0)
  const { end, blockBytes, blockChecksums } = readHeader(frame, legacyChecksum)
  let at = end
  let out = 0
  for (;;) {
    if (frame.length - at < 4) throw new DecodeError('LZ4: Stream ended prematurely')
    const sizeField = frame.readUInt32LE(at)
    const size = sizeField & 0x7fffffff
    if (size === 0) return scratch.subarray(0, out)
    at += 4
    if (size > blockBytes) throw new DecodeError(`LZ4: Block size ${size} exceeded max: ${blockBytes}`)
    const blockEnd = at + size
    if (blockEnd + (blockChecksums ? 4 : 0) > frame.length) throw new DecodeError('LZ4: Stream ended prematurely')
    if (blockChecksums && frame.readUInt32LE(blockEnd) !== xxHash32(frame, at, blockEnd)) {
      throw new DecodeError('LZ4: Block checksum mismatch')
    }
    const stored = sizeField >= UNCOMPRESSED
    const most = stored ? size : Math.min(blockBytes, size * MAX_RATIO)
    if (stored && out + size > maxBytes) throw new TooLargeError(maxBytes)
    if (stored) {
      roomFor(out + size, out, maxBytes)
      frame.copy(scratch, out, at, blockEnd)
      out += size
    } else out = decodeBlock(frame, at, blockEnd, out, most, maxBytes)
    at = blockEnd + (blockChecksums ? 4 : 0)
  }
}

/** Decodes frame[from, to) to the scratch buffer at `out`, `most` bytes of it; returns where the output ends. */
function decodeBlock(frame: Buffer, from: number, to: number, out: number, most: number, maxBytes: number): number {
  const limit = Math.min(most, maxBytes - out)
  const codec = nativeLz4()
  try {
    if (codec === null) {
      roomFor(out + limit, out, maxBytes)
      return decodeLz4Block(frame, from, to, scratch, out, out + limit)
    }
    const likely = Math.max(BLOCK_BYTES, (to - from) * LIKELY_RATIO)
    const plain =
      (likely < limit && uncompress(codec, frame, from, to, likely)) || uncompress(codec, frame, from, to, limit)
    if (plain === undefined) throw corrupt()
    roomFor(out + plain.length, out, maxBytes)
    plain.copy(scratch, out)
    return out + plain.length
  } catch (error) {
    // A block that had less room than it may fill is taken to have needed it.
    throw limit < most ? new TooLargeError(maxBytes) : error
  }
}

let sizeAndBlock = Buffer.alloc(0)

/** Undefined for a block that is malformed or longer than `most`. */
function uncompress(codec: NativeLz4, frame: Buffer, from: number, to: number, most: number): Buffer | undefined {
  if (sizeAndBlock.length < to - from + 4) sizeAndBlock = Buffer.allocUnsafeSlow(to - from + BLOCK_BYTES)
  sizeAndBlock.writeUInt32LE(most, 0)
  frame.copy(sizeAndBlock, 4, from, to)
  try {
    return codec.uncompressSync(sizeAndBlock.subarray(0, to - from + 4))
  } catch {
    return undefined
  }
}
