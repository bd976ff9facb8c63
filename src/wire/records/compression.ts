// The codecs of record batches, synchronous, by Kafka's ids and names.
import { gunzipSync, gzipSync } from 'node:zlib'
import { DecodeError } from '../errors.ts'

export const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type CompressionName = (typeof compressionNames)[number]

/** How much one compressed batch may inflate to where the caller names no bound of its own. */
export const MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024

export function compressionId(name: CompressionName): number {
  return compressionNames.indexOf(name)
}

export function compressionName(id: number): CompressionName {
  const name = compressionNames[id]
  if (name === undefined) throw new DecodeError(`Unknown compression type id: ${id}`)
  return name
}

/** `level` as the topic configs compression.gzip.level, compression.lz4.level and compression.zstd.level give it. */
export function compress(codec: CompressionName, data: Uint8Array, level?: number): Buffer {
  switch (codec) {
    case 'none':
      return Buffer.from(data.buffer, data.byteOffset, data.length)
    case 'gzip':
      return gzipSync(data, { level: level ?? -1 })
    default:
      throw new Error(codec)
  }
}

/** The plain bytes, at most `maxBytes` of them; anything else, and anything malformed, is a DecodeError. */
export function decompress(codec: CompressionName, data: Buffer, maxBytes = MAX_DECOMPRESSED_BYTES): Buffer {
  switch (codec) {
    case 'none':
      return data
    case 'gzip':
      return gunzipSync(data, { maxOutputLength: maxBytes })
    default:
      throw new DecodeError(codec)
  }
}
