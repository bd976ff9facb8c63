// What Apache Kafka 4.3.1's own LogValidator answered to some thousands of appends, held against ours; then the few
// promises that are ours alone.
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { KafkaError } from '../wire/errors.ts'
import { Batch, decodeRecordSet, encodeBatch } from '../wire/records/index.ts'
import { RecordValidationError, type ValidationOptions, validateRecords } from './log-validator.ts'

const NOW = 1_700_000_000_000

const defaults: ValidationOptions = {
  topicPartition: 'topic-0',
  origin: 'client',
  offset: 1000,
  now: NOW,
  partitionLeaderEpoch: 7,
  compactedTopic: false,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: 2 ** 63,
  timestampAfterMaxMs: 3_600_000,
  compression: 'producer',
  maxMessageBytes: 1_048_588,
}

interface Answer {
  error?: string
  message?: string
  recordErrors?: { batchIndex: number; message: string }[]
  empty?: true
  lastOffset?: number
  maxTimestamp?: number
  hex?: string
}

interface Vector extends ValidationOptions {
  name: string
  hex: string
  answer: Answer
}

const file = new URL('../../test/facts/log-validator.jsonl.gz', import.meta.url)
const vectors = gunzipSync(readFileSync(file))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector)

/** A codec may compress otherwise than Java's, so compressed batches are compared by what is in them. */
function comparable(hex: string): unknown {
  const buffer = Buffer.from(hex, 'hex')
  if (buffer.length === 0 || Batch.compressionId(buffer, 0) === 0) return hex
  return decodeRecordSet(buffer).map((batch) => ({ ...batch, sizeInBytes: 0, crc: 0 }))
}

function answer({ name: _name, hex, answer: expected, ...options }: Vector): Answer {
  try {
    const result = validateRecords(Buffer.from(hex, 'hex'), { ...options, topicPartition: 'topic-0' })
    if (result.baseOffset === -1) return { empty: true }
    const { lastOffset, maxTimestamp, records } = result
    const written = records.toString('hex')
    const same = written === expected.hex || readsAlike(written, expected.hex)
    return { lastOffset, maxTimestamp, hex: same ? expected.hex : written }
  } catch (error) {
    if (error instanceof RecordValidationError) {
      return { error: error.codeName, message: error.message, recordErrors: [...error.recordErrors] }
    }
    if (error instanceof KafkaError && error.errorMessage === null) return { error: error.codeName }
    throw error
  }
}

function readsAlike(written: string, expected: string | undefined): boolean {
  return expected !== undefined && isDeepStrictEqual(comparable(written), comparable(expected))
}

const kinds = new Map<string, Vector[]>()
for (const vector of vectors) {
  const kind = vector.name.replace(/[-=].*/, '')
  kinds.set(kind, [...(kinds.get(kind) ?? []), vector])
}

describe.each([...kinds])('%s', (_kind, cases) => {
  test(`${cases.length} appends are answered as Kafka answers them`, () => {
    for (const vector of cases) expect(answer(vector), JSON.stringify(vector)).toEqual(vector.answer)
  })
})

function batchOf(count: number, fields: Partial<Parameters<typeof encodeBatch>[0]> = {}): Buffer {
  const records = Array.from({ length: count }, (_, index) => ({
    timestamp: NOW - index,
    key: Buffer.from(`key ${index}`),
    value: Buffer.from(`value ${index}`),
  }))
  return encodeBatch({ records, ...fields })
}

test('an uncompressed batch is patched where it stands, and its checksum holds', () => {
  const produced = batchOf(3)
  const { records, baseOffset, lastOffset, recordCount } = validateRecords(produced, defaults)
  expect(records).toBe(produced)
  expect({ baseOffset, lastOffset, recordCount }).toEqual({ baseOffset: 1000, lastOffset: 1002, recordCount: 3 })
  expect(Batch.partitionLeaderEpoch(records, 0)).toBe(7)
  expect(Batch.isValid(records, 0)).toBe(true)
})

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'a %s batch that keeps its codec is patched in place',
  (codec) => {
    const produced = batchOf(3, { compression: codec })
    const result = validateRecords(produced, { ...defaults, timestampType: 'LogAppendTime' })
    expect(result.records).toBe(produced)
    expect(result.logAppendTime).toBe(NOW)
    expect(Batch.isValid(produced, 0)).toBe(true)
    expect(decodeRecordSet(produced)[0]?.records.map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [1000, NOW],
      [1001, NOW],
      [1002, NOW],
    ])
  },
)

test('the batch list carries what the producer state needs', () => {
  const produced = batchOf(2, { producerId: 9, producerEpoch: 1, baseSequence: 0x7fffffff, isTransactional: true })
  expect(validateRecords(produced, defaults).batches).toEqual([
    {
      position: 0,
      sizeInBytes: produced.length,
      baseOffset: 1000,
      lastOffset: 1001,
      maxTimestamp: NOW,
      producerId: 9,
      producerEpoch: 1,
      baseSequence: 0x7fffffff,
      lastSequence: 0,
      isTransactional: true,
      isControl: false,
    },
  ])
})

test('a follower takes the batches of its leader as they are', () => {
  const first = batchOf(2, { baseOffset: 1000, partitionLeaderEpoch: 3 })
  const second = batchOf(1, { baseOffset: 1005, partitionLeaderEpoch: 4 })
  const fetched = Buffer.concat([first, second, Buffer.alloc(5)])
  const before = Buffer.from(fetched)
  const result = validateRecords(fetched, { ...defaults, origin: 'replication', maxMessageBytes: 10 })
  expect(fetched.equals(before)).toBe(true)
  expect(result.records.length).toBe(first.length + second.length)
  expect(result.baseOffset).toBe(1000)
  expect(result.lastOffset).toBe(1005)
  expect(result.batches).toHaveLength(2)
})

test('a batch that inflates beyond its bound is too large, before the memory is taken', () => {
  const bomb = batchOf(1, {
    records: [{ timestamp: NOW, key: null, value: Buffer.alloc(4_000_000) }],
    compression: 'gzip',
  })
  expect(() => validateRecords(bomb, { ...defaults, maxDecompressedBytes: 1_000_000 })).toThrowError(
    expect.objectContaining({ codeName: 'MESSAGE_TOO_LARGE' }),
  )
})

test('a refused batch is left as it came', () => {
  const produced = batchOf(3, { records: [{ timestamp: NOW, key: null, value: null }] })
  const before = Buffer.from(produced)
  expect(() => validateRecords(produced, { ...defaults, compactedTopic: true })).toThrow(RecordValidationError)
  expect(produced.equals(before)).toBe(true)
})
