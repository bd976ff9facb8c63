// Snappy in xerial's framing, which Kafka writes: a header, then blocks behind their sizes. Raw snappy, which some
// clients send, is read too. The blocks are the native codec's.
import { DecodeError, KafkaError } from '../errors.ts'
import { TooLargeError } from './bounds.ts'
import { loadOptional } from './native.ts'

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_SIZE = 16
const XERIAL_VERSION = 1
const BLOCK_BYTES = 32 * 1024
/** The densest element, a copy of 64 bytes, takes three. */
const MAX_RATIO = 64 / 3

interface NativeSnappy {
  compressSync(data: Uint8Array, options: typeof COPIED): Buffer
  uncompressSync(data: Uint8Array, options: typeof COPIED): Buffer
}

/** Output copied into memory of Node's own, which is several times as fast as handing over the codec's. */
const COPIED = { copyOutputData: true }

let native: NativeSnappy | undefined

function snappy(): NativeSnappy {
  native ??= loadOptional<NativeSnappy>('snappy')
  if (native === undefined) throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', 'snappy is not installed')
  return native
}

export function encodeSnappy(data: Uint8Array): Buffer {
  const header = Buffer.alloc(XERIAL_HEADER_SIZE)
  XERIAL_MAGIC.copy(header)
  header.writeInt32BE(XERIAL_VERSION, 8)
  header.writeInt32BE(XERIAL_VERSION, 12)
  const parts: Buffer[] = [header]
  for (let at = 0; at < data.length; at += BLOCK_BYTES) {
    const block = snappy().compressSync(data.subarray(at, at + BLOCK_BYTES), COPIED)
    const size = Buffer.allocUnsafe(4)
    size.writeInt32BE(block.length, 0)
    parts.push(size, block)
  }
  return Buffer.concat(parts)
}

export function decodeSnappy(data: Buffer, maxBytes: number): Buffer {
  const xerial = data.length >= XERIAL_HEADER_SIZE && XERIAL_MAGIC.compare(data, 0, XERIAL_MAGIC.length) === 0
  if (!xerial) return decodeBlock(data, maxBytes)
  const parts: Buffer[] = []
  let size = 0
  let at = XERIAL_HEADER_SIZE
  // Less than a size at the end is left unread, as by Kafka's reader.
  while (data.length - at >= 4) {
    const blockSize = data.readInt32BE(at)
    at += 4
    // Streams that were appended to one another repeat the header where a block would stand.
    if (blockSize === XERIAL_MAGIC.readInt32BE(0) && data.length - at >= XERIAL_HEADER_SIZE - 4) {
      at += XERIAL_HEADER_SIZE - 4
      continue
    }
    if (blockSize < 0 || blockSize > data.length - at) throw new DecodeError(`snappy: a block of ${blockSize} bytes`)
    const part = decodeBlock(data.subarray(at, at + blockSize), maxBytes - size)
    parts.push(part)
    size += part.length
    at += blockSize
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size)
}

function decodeBlock(block: Buffer, maxBytes: number): Buffer {
  const size = declaredSize(block)
  if (size > maxBytes) throw new TooLargeError(maxBytes)
  if (size > block.length * MAX_RATIO) throw new DecodeError(`snappy: ${size} bytes out of ${block.length}`)
  try {
    return snappy().uncompressSync(block, COPIED)
  } catch (error) {
    if (error instanceof KafkaError) throw error
    throw new DecodeError('snappy: corrupt block')
  }
}

/** A block opens with its plain size as a varint. */
function declaredSize(block: Buffer): number {
  let size = 0
  for (let index = 0; index < 5; index++) {
    const byte = block[index]
    if (byte === undefined) break
    size += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return size
  }
  throw new DecodeError('snappy: no size')
}
