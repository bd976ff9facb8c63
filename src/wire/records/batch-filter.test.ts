// What a cleaner makes of a batch: what stays is what it was, and the batch still says what followers and producers
// must know of it.
import { describe, expect, test } from 'vitest'
import { seeded, seedFrom } from '../../../test/support/random.ts'
import { DecodeError } from '../errors.ts'
import {
  Batch,
  BatchFilter,
  type CompressionName,
  compressionNames,
  emptyBatch,
  encodeBatch,
  type NewBatch,
  type NewRecord,
  readBatchRecords,
} from './index.ts'

const T = 1_700_000_000_000

function record(key: string | null, value: string | null, timestamp = T): NewRecord {
  const bytes = (text: string | null) => (text === null ? null : Buffer.from(text))
  return { key: bytes(key), value: bytes(value), timestamp, headers: [{ key: 'h', value: null }] }
}

/** The batch without the records that `keeps` refuses. */
function filtered(batch: Buffer, keeps: (offset: number) => boolean, deleteHorizonMs?: number): Buffer {
  const filter = new BatchFilter()
  filter.open(batch, 0)
  while (filter.next()) if (keeps(filter.offset)) filter.keep()
  return filter.rebuild(deleteHorizonMs)
}

const identity = {
  baseOffset: 1000,
  producerId: 12,
  producerEpoch: 3,
  baseSequence: 77,
  isTransactional: true,
  partitionLeaderEpoch: 5,
} satisfies Partial<NewBatch>

describe('the records of a batch', () => {
  test.each(compressionNames)('are shown one by one, compressed with %s', (compression) => {
    const records = [record('a', '1'), record(null, '2'), record('c', null), record('', '')]
    const filter = new BatchFilter()
    filter.open(encodeBatch({ ...identity, records, compression }), 0)
    const seen: unknown[] = []
    while (filter.next()) {
      const { offset, keyStart, keySize, hasValue, bytes } = filter
      seen.push([offset, keySize < 0 ? null : bytes.toString('utf8', keyStart, keyStart + keySize), hasValue])
    }
    expect(seen).toEqual([
      [1000, 'a', true],
      [1001, null, true],
      [1002, 'c', false],
      [1003, '', true],
    ])
  })

  test('are refused where they do not hold together', () => {
    const batch = encodeBatch({ records: [record('a', '1'), record('b', '2')] })
    const read = (spoiled: Buffer) => () => filtered(spoiled, () => true)
    expect(read(batch)).not.toThrow()
    for (let at = Batch.BATCH_HEADER_SIZE; at < batch.length; at++) {
      for (const byte of [0x7f, 0xff]) {
        const spoiled = Buffer.from(batch)
        spoiled[at] = byte
        try {
          read(spoiled)()
        } catch (error) {
          expect(error, `byte ${at}`).toBeInstanceOf(DecodeError)
        }
      }
    }
  })
})

describe('a batch without some of its records', () => {
  test.each(compressionNames)('keeps its offsets, its producer and its sequence, compressed with %s', (compression) => {
    const records = Array.from({ length: 10 }, (_, i) => record(`key-${i}`, `value-${i}`, T + i))
    const batch = encodeBatch({ ...identity, records, compression })
    const left = filtered(batch, (offset) => offset % 3 === 0)
    expect(Batch.isValid(left, 0)).toBe(true)
    expect(Batch.baseOffset(left, 0)).toBe(1000)
    expect(Batch.lastOffset(left, 0)).toBe(1009)
    expect(Batch.producerId(left, 0)).toBe(12)
    expect(Batch.producerEpoch(left, 0)).toBe(3)
    expect(Batch.baseSequence(left, 0)).toBe(77)
    expect(Batch.lastSequence(left, 0)).toBe(86)
    expect(Batch.isTransactional(left, 0)).toBe(true)
    expect(Batch.partitionLeaderEpoch(left, 0)).toBe(5)
    expect(Batch.compressionId(left, 0)).toBe(Batch.compressionId(batch, 0))
    expect(Batch.recordsCount(left, 0)).toBe(3)
    const expected = readBatchRecords(batch, 0).filter(({ offset }) => offset % 3 === 0)
    expect(readBatchRecords(left, 0)).toEqual(expected)
    expect(Batch.baseTimestamp(left, 0)).toBe(T + 2)
    expect(Batch.maxTimestamp(left, 0)).toBe(T + 8)
  })

  test('has what its encoder makes of the same records', () => {
    const seed = seedFrom('FILTER_SEED')
    const random = seeded(seed)
    for (let round = 0; round < 300; round++) {
      const compression: CompressionName = random.pick(['none', 'snappy'])
      const records = Array.from({ length: 1 + random.below(20) }, (_, i) =>
        record(
          `${i}`.repeat(random.below(40)),
          random.chance(0.2) ? null : 'v'.repeat(random.below(300)),
          T + random.below(1e6),
        ),
      )
      const batch = encodeBatch({ ...identity, records, compression })
      const kept = new Set(records.flatMap((_, i) => (random.chance(0.5) || i === 0 ? 1000 + i : [])))
      const horizon = random.chance(0.3) ? T + random.below(1e9) : undefined
      const expected = encodeBatch({
        ...identity,
        records: readBatchRecords(batch, 0).filter(({ offset }) => kept.has(offset)),
        compression,
        deleteHorizonMs: horizon,
        lastOffset: 999 + records.length,
      })
      expect(
        filtered(batch, (offset) => kept.has(offset), horizon),
        `seed ${seed}, round ${round}`,
      ).toEqual(expected)
    }
  })

  test('tells its times from the delete horizon, and keeps the one that it has', () => {
    const batch = encodeBatch({ records: [record('a', null, T), record('b', '1', T + 5)] })
    const marked = filtered(batch, () => true, T + 1_000_000)
    expect(Batch.deleteHorizonMs(marked, 0)).toBe(T + 1_000_000)
    expect(readBatchRecords(marked, 0)).toEqual(readBatchRecords(batch, 0))
    const again = filtered(marked, (offset) => offset === 0)
    expect(Batch.deleteHorizonMs(again, 0)).toBe(T + 1_000_000)
    expect(readBatchRecords(again, 0).map(({ timestamp }) => timestamp)).toEqual([T])
  })

  test('keeps the time of its append', () => {
    const records = [record('a', '1', T), record('b', '2', T + 1), record('c', '3', T + 2)]
    const batch = encodeBatch({ records, timestampType: 'LogAppendTime', maxTimestamp: T + 99 })
    for (const horizon of [undefined, T + 5000]) {
      const left = filtered(batch, (offset) => offset === 1, horizon)
      expect(Batch.timestampType(left, 0)).toBe('LogAppendTime')
      expect(Batch.maxTimestamp(left, 0)).toBe(T + 99)
      expect(Batch.baseTimestamp(left, 0)).toBe(horizon ?? T + 99)
      expect(readBatchRecords(left, 0).map(({ timestamp }) => timestamp)).toEqual([T + 99])
    }
  })

  test('keeps times at the ends of what a time can be', () => {
    const ends = [-(2n ** 63n), -(2n ** 60n) - 7n, -1n, 0n, 2n ** 52n + 1n, 2n ** 62n + 12345n, 2n ** 63n - 1n]
    for (const base of ends) {
      const batch = encodeBatch({ records: [record('a', '1', 0), record('b', '2', 1), record('c', '3', 1000)] })
      Batch.setExactTimestamps(batch, 0, base, base)
      const exactTimes = (buffer: Buffer) =>
        [...deltasOf(buffer)].map((delta) => BigInt.asIntN(64, Batch.exactBaseTimestamp(buffer, 0) + delta))
      const left = filtered(batch, (offset) => offset > 0)
      expect(Batch.isValid(left, 0)).toBe(true)
      expect(exactTimes(left)).toEqual(exactTimes(batch).slice(1))
      expect(exactTimes(filtered(batch, () => true, T))).toEqual(exactTimes(batch))
    }
  })
})

/** The timestamp deltas of the records, exact. */
function* deltasOf(batch: Buffer): Generator<bigint> {
  for (let at = Batch.BATCH_HEADER_SIZE; at < batch.length; ) {
    const [size, body] = varlong(batch, at)
    yield varlong(batch, body + 1)[0]
    at = body + Number(size)
  }
}

function varlong(bytes: Buffer, start: number): [value: bigint, end: number] {
  let raw = 0n
  for (let at = start, shift = 0n; ; shift += 7n) {
    const byte = bytes[at++] ?? 0
    raw |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return [BigInt.asIntN(64, (BigInt.asUintN(64, raw) >> 1n) ^ -(raw & 1n)), at]
  }
}

test('what is left of a batch without records says where it was and who wrote it', () => {
  const records = [record('a', '1', T), record('b', '2', T + 7)]
  const batch = encodeBatch({ ...identity, records, compression: 'gzip', isControl: true })
  const left = emptyBatch(Buffer.concat([Buffer.alloc(9), batch]), 9)
  expect(left).toHaveLength(Batch.BATCH_HEADER_SIZE)
  expect(Batch.isValid(left, 0)).toBe(true)
  expect(readBatchRecords(left, 0)).toEqual([])
  expect([Batch.baseOffset(left, 0), Batch.lastOffset(left, 0), Batch.lastSequence(left, 0)]).toEqual([1000, 1001, 78])
  expect([Batch.producerId(left, 0), Batch.producerEpoch(left, 0)]).toEqual([12, 3])
  expect([Batch.isTransactional(left, 0), Batch.isControl(left, 0), Batch.compressionId(left, 0)]).toEqual([
    true,
    true,
    0,
  ])
  expect([Batch.baseTimestamp(left, 0), Batch.maxTimestamp(left, 0)]).toEqual([-1, T + 7])
})
