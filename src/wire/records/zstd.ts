// Zstandard: node:zlib's from Node 22.15 on; before that a native package, and where that has no binary,
// a decoder in JavaScript and frames that store their data as it is.
import * as zlib from 'node:zlib'
import { DecodeError } from '../errors.ts'
import { isTooLarge, TooLargeError } from './bounds.ts'
import { loadOptional } from './native.ts'

const DEFAULT_LEVEL = 3
const MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const MAX_BLOCK_BYTES = 128 * 1024
/** libzstd's own limit for streams (2^27), which Kafka leaves as it is. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024

interface BuiltinZstd {
  zstdCompressSync?(data: Uint8Array, options: object): Buffer
  zstdDecompressSync?(data: Uint8Array, options: object): Buffer
  constants: { ZSTD_c_compressionLevel?: number }
}

interface NativeZstd {
  Encoder: new (level: number) => { encodeSync(data: Buffer): Buffer }
  Decoder: new () => { decodeSync(data: Buffer): Buffer }
}

interface PlainZstd {
  Decompress: new (onData: (chunk: Uint8Array) => void) => { push(data: Uint8Array, final: boolean): void }
}

const builtin = zlib as unknown as BuiltinZstd
let native: NativeZstd | null | undefined

function nativeZstd(): NativeZstd | null {
  if (native === undefined) native = loadOptional<NativeZstd>('@toondepauw/node-zstd') ?? null
  return native
}

export function encodeZstd(data: Buffer, level = DEFAULT_LEVEL): Buffer {
  const parameter = builtin.constants.ZSTD_c_compressionLevel
  if (builtin.zstdCompressSync !== undefined && parameter !== undefined) {
    return builtin.zstdCompressSync(data, { params: { [parameter]: level } })
  }
  const codec = nativeZstd()
  return codec === null ? storeZstd(data) : new codec.Encoder(level).encodeSync(data)
}

/** A frame of raw blocks: valid zstd, as long as its data. */
export function storeZstd(data: Buffer): Buffer {
  // Magic, then a single segment whose size follows in four bytes.
  const header = Buffer.allocUnsafe(9)
  header.writeUInt32LE(MAGIC, 0)
  header[4] = 0xa0
  header.writeUInt32LE(data.length, 5)
  const parts: Buffer[] = [header]
  let at = 0
  do {
    const block = data.subarray(at, at + MAX_BLOCK_BYTES)
    at += block.length
    const blockHeader = Buffer.allocUnsafe(3)
    blockHeader.writeUIntLE((block.length << 3) | (at === data.length ? 1 : 0), 0, 3)
    parts.push(blockHeader, block)
  } while (at < data.length)
  return Buffer.concat(parts)
}

export function decodeZstd(data: Buffer, maxBytes: number): Buffer {
  if (data.length === 0) return data
  const most = mostBytes(data)
  try {
    if (builtin.zstdDecompressSync !== undefined) return builtin.zstdDecompressSync(data, { maxOutputLength: maxBytes })
    const codec = nativeZstd()
    // The native decoder knows no limit, so it gets only what cannot pass it.
    return codec !== null && most <= maxBytes ? new codec.Decoder().decodeSync(data) : decodePlain(data, maxBytes)
  } catch (error) {
    if (error instanceof TooLargeError || isTooLarge(error)) throw new TooLargeError(maxBytes)
    throw new DecodeError(`zstd: ${error instanceof Error ? error.message : error}`)
  }
}

/** The decoder in JavaScript, which hands over block by block and can be stopped. */
export function decodePlain(data: Buffer, maxBytes: number): Buffer {
  const codec = loadOptional<PlainZstd>('fzstd')
  if (codec === undefined) throw new DecodeError('no decoder is installed')
  const chunks: Uint8Array[] = []
  let size = 0
  new codec.Decompress((chunk) => {
    size += chunk.length
    if (size > maxBytes) throw new TooLargeError(maxBytes)
    // The decoder goes on using its chunk as its window.
    chunks.push(chunk.slice())
  }).push(data, true)
  return Buffer.concat(chunks, size)
}

/** What the frames can inflate to at the most, by their block headers alone. Throws where those are malformed. */
function mostBytes(data: Buffer): number {
  let most = 0
  let at = 0
  while (at < data.length) {
    if (data.length - at < 5) throw premature()
    const magic = data.readUInt32LE(at)
    if ((magic & 0xfffffff0) === SKIPPABLE_MAGIC) {
      if (data.length - at < 8) throw premature()
      at += 8 + data.readUInt32LE(at + 4)
      continue
    }
    if (magic !== MAGIC) throw new DecodeError('zstd: Unknown frame descriptor')
    const flags = data[at + 4] as number
    at += 5 + headerBytes(data, at + 5, flags)
    for (let last = false; !last; ) {
      if (data.length - at < 3) throw premature()
      const block = data.readUIntLE(at, 3)
      const size = block >>> 3
      const type = (block >>> 1) & 3
      last = (block & 1) === 1
      at += 3 + (type === 1 ? 1 : size)
      most += type === 2 ? MAX_BLOCK_BYTES : size
    }
    if ((flags & 0x04) !== 0) at += 4
    if (at > data.length) throw premature()
  }
  return most
}

/** The bytes of a frame header behind its flags; refuses a window that libzstd refuses. */
function headerBytes(data: Buffer, at: number, flags: number): number {
  const singleSegment = (flags & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] as number
  const sizeCode = flags >>> 6
  const contentBytes = sizeCode === 0 ? (singleSegment ? 1 : 0) : 1 << sizeCode
  if (!singleSegment) {
    const descriptor = data[at] ?? 0
    const base = 2 ** (10 + (descriptor >>> 3))
    if (base + (base / 8) * (descriptor & 7) > MAX_WINDOW_BYTES)
      throw new DecodeError('zstd: Frame requires too much memory')
  } else if (contentBytes >= 4) {
    const position = at + dictionaryBytes
    if (data.length < position + contentBytes) throw premature()
    const high = contentBytes === 8 ? data.readUInt32LE(position + 4) : 0
    if (high > 0 || data.readUInt32LE(position) > MAX_WINDOW_BYTES)
      throw new DecodeError('zstd: Frame requires too much memory')
  }
  return (singleSegment ? 0 : 1) + dictionaryBytes + contentBytes
}

function premature(): DecodeError {
  return new DecodeError('zstd: Stream ended prematurely')
}
