// Hostile record sets: whatever the bytes, the decoder answers with batches or a DecodeError, soon and in bounded memory.
import { expect, test } from 'vitest'
import { DecodeError } from '../errors.ts'
import { Batch, type CompressionName, decodeRecordSet, encodeBatch, encodeMessageSet, type NewRecord } from './index.ts'

const SEED = Number(process.env.FUZZ_SEED ?? 20_261)
const CASES = Number(process.env.FUZZ_CASES ?? 4000)
const MAX_BYTES = 1_000_000

let state = SEED >>> 0
function random(limit: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * limit)
}

const codecs: CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

function someBytes(limit: number): Buffer {
  return Buffer.from(Array.from({ length: random(limit) }, () => 97 + random(5)))
}

function someSet(): Buffer {
  const records: NewRecord[] = Array.from({ length: 1 + random(6) }, () => ({
    timestamp: random(2 ** 31),
    key: random(4) === 0 ? null : someBytes(20),
    value: random(4) === 0 ? null : someBytes(200),
    headers: random(3) === 0 ? [{ key: 'h', value: someBytes(5) }] : undefined,
  }))
  const compression = codecs[random(5)] ?? 'none'
  const magic = random(4)
  if (magic < 2 && compression !== 'zstd') return encodeMessageSet({ magic: magic as 0 | 1, records, compression })
  return encodeBatch({ records, compression })
}

const extremes = [0, 1, 0x7f, 0x80, 0xff, 0xfe]

function mutate(set: Buffer): Buffer {
  const bytes = Buffer.from(set)
  for (let count = random(3); count >= 0; count--) {
    const at = random(bytes.length)
    const kind = random(4)
    if (kind === 0) bytes[at] = (bytes[at] as number) ^ (1 << random(8))
    else if (kind === 1) bytes[at] = extremes[random(extremes.length)] as number
    else if (kind === 2) bytes.fill(0xff, at, Math.min(at + random(6), bytes.length))
    else if (bytes.length > 20)
      bytes.writeInt32BE(
        [0x7fffffff, -1, -0x80000000, bytes.length][random(4)] as number,
        8 + random(bytes.length - 12),
      )
  }
  // What follows a length that still fits is reached only where the checksum is not looked at, as here.
  return random(5) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
}

test(`${CASES} damaged record sets are decoded or refused (seed ${SEED})`, () => {
  let refused = 0
  for (let index = 0; index < CASES; index++) {
    const bytes = mutate(someSet())
    try {
      decodeRecordSet(bytes, MAX_BYTES)
    } catch (error) {
      refused++
      expect(error, `seed ${SEED}, case ${index}: ${bytes.toString('hex')}`).toBeInstanceOf(DecodeError)
    }
  }
  expect(refused).toBeGreaterThan(CASES / 20)
})

test.each(codecs.slice(1))('a %s bomb is refused within its bound', (compression) => {
  const bomb = encodeBatch({ records: [{ timestamp: 0, key: null, value: Buffer.alloc(50_000_000) }], compression })
  const before = process.memoryUsage().arrayBuffers
  expect(() => decodeRecordSet(bomb, MAX_BYTES)).toThrow(DecodeError)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MAX_BYTES)
})

test('a count that the bytes cannot hold is refused before an array is made', () => {
  const batch = encodeBatch({ records: [{ timestamp: 0, key: null, value: null }] })
  batch.writeInt32BE(0x7fffffff, 57)
  Batch.updateCrc(batch, 0)
  expect(() => decodeRecordSet(batch)).toThrow(DecodeError)
})
