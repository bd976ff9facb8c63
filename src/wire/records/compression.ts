// The codecs of record batches, synchronous, by Kafka's ids and names. Every decoder is bounded: what inflates beyond
// its bound is refused before the memory for it is taken.
import { gunzipSync, gzipSync, inflateRawSync, type ZlibOptions } from 'node:zlib'
import { DecodeError } from '../errors.ts'
import { isTooLarge, MAX_DECOMPRESSED_BYTES, TooLargeError } from './bounds.ts'
import { crc32 } from './crc.ts'
import { decodeLz4Frame, encodeLz4Frame } from './lz4.ts'
import { decodeSnappy, encodeSnappy } from './snappy.ts'
import { decodeZstd, encodeZstd } from './zstd.ts'

/** By id. */
export const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type CompressionName = (typeof compressionNames)[number]

export function compressionId(name: CompressionName): number {
  return compressionNames.indexOf(name)
}

export function compressionName(id: number): CompressionName {
  const name = compressionNames[id]
  if (name === undefined) throw new DecodeError(`Unknown compression type id: ${id}`)
  return name
}

export interface CompressOptions {
  /** As the topic configs compression.gzip.level, compression.lz4.level and compression.zstd.level give it. */
  level?: number
  /** The message format: LZ4 frames of magic 0 have a header checksum of their own. */
  magic?: number
}

export function compress(codec: CompressionName, data: Uint8Array, options: CompressOptions = {}): Buffer {
  const plain = Buffer.from(data.buffer, data.byteOffset, data.length)
  switch (codec) {
    case 'none':
      return plain
    case 'gzip':
      return gzipSync(plain, { level: options.level ?? -1 })
    case 'snappy':
      return encodeSnappy(plain)
    case 'lz4':
      return encodeLz4Frame(plain, options.magic === 0, options.level)
    case 'zstd':
      return encodeZstd(plain, options.level)
  }
}

/** The plain bytes, at most `maxBytes` of them; more than that, and anything malformed, is a DecodeError. */
export function decompress(
  codec: CompressionName,
  data: Buffer,
  maxBytes = MAX_DECOMPRESSED_BYTES,
  magic?: number,
): Buffer {
  const plain = decompressForNow(codec, data, maxBytes, magic)
  return codec === 'lz4' ? Buffer.from(plain) : plain
}

/** Like decompress, but the result may be overwritten by the next call: for what is only looked through. */
export function decompressForNow(
  codec: CompressionName,
  data: Buffer,
  maxBytes = MAX_DECOMPRESSED_BYTES,
  magic?: number,
): Buffer {
  switch (codec) {
    case 'none':
      return data
    case 'gzip':
      return decodeGzip(data, maxBytes)
    case 'snappy':
      return decodeSnappy(data, maxBytes)
    case 'lz4':
      return decodeLz4Frame(data, maxBytes, magic === 0)
    case 'zstd':
      return decodeZstd(data, maxBytes)
  }
}

function decodeGzip(data: Buffer, maxBytes: number): Buffer {
  const options = { maxOutputLength: maxBytes, chunkSize: gzipChunkSize(data) }
  try {
    return gunzipSync(data, options)
  } catch (error) {
    if (isTooLarge(error)) throw new TooLargeError(maxBytes)
    const first = firstGzipMember(data, options)
    if (first !== undefined) return first
    throw new DecodeError(`gzip: ${error instanceof Error ? error.message : error}`)
  }
}

const GZIP_HEADER_SIZE = 10

/** What Java's reader makes of a whole member with garbage behind it: the garbage is left unread. */
function firstGzipMember(data: Buffer, options: ZlibOptions): Buffer | undefined {
  if (data.length < GZIP_HEADER_SIZE + 8 || data.readUInt32BE(0) !== 0x1f8b0800) return undefined
  try {
    const inflated = inflateRawSync(data.subarray(GZIP_HEADER_SIZE), { ...options, info: true }) as unknown as {
      buffer: Buffer
      engine: { bytesWritten: number }
    }
    const trailer = GZIP_HEADER_SIZE + inflated.engine.bytesWritten
    const sizeMatches = data.readUInt32LE(trailer + 4) === inflated.buffer.length
    return sizeMatches && data.readUInt32LE(trailer) === crc32(inflated.buffer) ? inflated.buffer : undefined
  } catch {
    return undefined
  }
}

/** One chunk where the stream's trailer tells its size (the last four bytes), within reason. */
function gzipChunkSize(data: Buffer): number {
  const declared = data.length >= 18 ? data.readUInt32LE(data.length - 4) : 0
  return Math.min(Math.max(declared + 1, 64), 256 * 1024)
}
