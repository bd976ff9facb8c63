// The checksums of records: CRC-32C for batches v2, CRC-32 (IEEE) for the messages of magic 0 and 1.
import * as zlib from 'node:zlib'
import { loadOptional } from './native.ts'

type Checksum = (data: Uint8Array, seed: number) => number

interface NativeCrc {
  crc32(data: Uint8Array, seed?: number): number
  crc32c(data: Uint8Array, seed?: number): number
}

interface PlainCrc {
  buf(data: Uint8Array, seed?: number): number
}

function plain(module: string): Checksum {
  const table = loadOptional<PlainCrc>(module)
  if (table === undefined) throw new Error(`${module} is not installed`)
  return (data, seed) => table.buf(data, seed | 0) >>> 0
}

// Each picks its implementation at the first call, then is that implementation.
let crc32cOf: Checksum = (data, seed) => {
  crc32cOf = loadOptional<NativeCrc>('@node-rs/crc32')?.crc32c ?? plain('crc-32/crc32c.js')
  return crc32cOf(data, seed)
}

let crc32Of: Checksum = (data, seed) => {
  const builtin = (zlib as { crc32?: Checksum }).crc32
  crc32Of = builtin ?? loadOptional<NativeCrc>('@node-rs/crc32')?.crc32 ?? plain('crc-32')
  return crc32Of(data, seed)
}

/** CRC-32C (Castagnoli) of buffer[start, end), unsigned; `seed` continues an earlier one. */
export function crc32c(buffer: Uint8Array, start = 0, end = buffer.length, seed = 0): number {
  return crc32cOf(buffer.subarray(start, end), seed)
}

/** CRC-32 (IEEE) of buffer[start, end), unsigned; `seed` continues an earlier one. */
export function crc32(buffer: Uint8Array, start = 0, end = buffer.length, seed = 0): number {
  return crc32Of(buffer.subarray(start, end), seed)
}
