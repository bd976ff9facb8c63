// Hostile bytes for every message: a typed error or a valid decode, never a hang, a crash or unbounded memory.
// FUZZ_CASES sets the number of cases, FUZZ_SEED repeats a run.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import {
  allMessages,
  DecodeError,
  decode,
  EncodeError,
  encode,
  messageByName,
  Reader,
  read,
  versionRange,
} from '../../src/wire/index.ts'
import { seeded, seedFrom } from '../support/random.ts'
import { mutate } from './mutate.ts'

const CASES = Number(process.env.FUZZ_CASES ?? 100_000)
/** What one decode may take at the most, whatever its bytes say. */
const SLOWEST_MS = 1000
const LARGEST_HEAP_GROWTH = 400 << 20

interface Sample {
  name: string
  version: number
  bytes: Buffer
}

/** Kafka's own bytes where there are some, and for every message its default at every version. */
function samples(): Sample[] {
  const lines = gunzipSync(readFileSync(new URL('../facts/messages.jsonl.gz', import.meta.url))).toString()
  const vectors = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { message: string; version: number; hex: string })
    .map(({ message, version, hex }) => ({ name: message, version, bytes: Buffer.from(hex, 'hex') }))
  const defaults = allMessages.flatMap((schema) => {
    const ranges = [schema.versions, schema.removedVersions ?? 'none'].map(versionRange)
    return ranges.flatMap((range) => {
      if (range === undefined) return []
      const versions = Array.from({ length: range.max - range.min + 1 }, (_, i) => range.min + i)
      return versions.map((version) => ({ name: schema.name, version, bytes: encode(schema, version, {}) }))
    })
  })
  return [...vectors, ...defaults]
}

test(`${CASES} spoiled messages are refused with a typed error or decoded to something that encodes`, {
  timeout: 600_000,
}, () => {
  const seed = seedFrom('FUZZ_SEED')
  console.log(`FUZZ_SEED=${seed}`)
  const random = seeded(seed)
  const all = samples()
  let refused = 0
  let slowest = 0
  const heapBefore = process.memoryUsage().heapUsed
  for (let i = 0; i < CASES; i++) {
    const { name, version, bytes } = random.pick(all)
    const schema = messageByName(name)
    if (schema === undefined) throw new Error(name)
    const spoiled = mutate(bytes, random)
    const where = `case ${i}: ${name} version ${version} ${spoiled.toString('hex').slice(0, 400)}`
    const started = performance.now()
    try {
      const reader = new Reader(spoiled)
      const value = read(schema, version, reader)
      expect(reader.position, where).toBeLessThanOrEqual(spoiled.length)
      if (i % 10 === 0) expect(decode(schema, version, encode(schema, version, value)), where).toEqual(value)
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof EncodeError)) throw new Error(where, { cause: error })
      refused++
    }
    slowest = Math.max(slowest, performance.now() - started)
  }
  expect(slowest).toBeLessThan(SLOWEST_MS)
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(LARGEST_HEAP_GROWTH)
  expect(refused).toBeGreaterThan(CASES / 10)
  expect(refused).toBeLessThan(CASES)
  console.log(`${CASES} cases: ${refused} refused, ${CASES - refused} decoded, slowest ${slowest.toFixed(1)} ms`)
})

test('a count is bounded by the bytes that are left, before an array is made', () => {
  const metadata = messageByName('MetadataRequest')
  if (metadata === undefined) throw new Error('no MetadataRequest')
  expect(() => decode(metadata, 1, Buffer.from('7fffffff', 'hex'))).toThrow(DecodeError)
  expect(() => decode(metadata, 9, Buffer.from('ffffffff0f00', 'hex'))).toThrow(DecodeError)
})

test('a frame full of the smallest elements is refused before it takes more memory than the stated bound', () => {
  const request = messageByName('DescribeTopicPartitionsRequest')
  if (request === undefined) throw new Error('no DescribeTopicPartitionsRequest')
  // 32 MB of empty topics, two bytes each: far more elements than one message may have.
  const count = 16 << 20
  const frame = Buffer.alloc(count * 2 + 5, 1)
  Buffer.from([0x81, 0x80, 0x80, 0x08]).copy(frame)
  expect(() => decode(request, 0, frame)).toThrow(/array elements/)
})
