// Compaction: what of a log survives its cleaning, for how long, and what a cleaning may touch. Whole cleanings of logs in
// memory, seen through what a reader and a producer find afterwards.
import { describe, expect, test } from 'vitest'
import {
  Batch,
  encodeBatch,
  encodeMessageSet,
  type NewBatch,
  type NewRecord,
  readRecords,
} from '../wire/records/index.ts'
import { groupSegments, isDue, planCleaning } from './cleaning-plan.ts'
import { Segment } from './segment.ts'
import { append, clean, DIRECTORY, endTransaction, type OpenedLog, openLog } from './testing.ts'

const COMPACT = {
  'cleanup.policy': 'compact',
  'internal.segment.bytes': '100000',
  'min.cleanable.dirty.ratio': '0',
}
const HOUR_MS = 3_600_000

/** `key=value`, `key` for a tombstone, `=value` for a record without a key; a segment of its own. */
function put(opened: OpenedLog, texts: readonly string[], options: Partial<NewBatch> & { timestamp?: number } = {}) {
  const timestamp = options.timestamp ?? opened.io.clock.now()
  const records = texts.map((text): NewRecord => {
    const [key = '', value] = text.split('=')
    return {
      timestamp,
      key: key === '' ? null : Buffer.from(key),
      value: value === undefined ? null : Buffer.from(value),
    }
  })
  append(opened, encodeBatch({ ...options, records }), options.isTransactional ? 'coordinator' : 'client')
}

function roll({ log }: OpenedLog): void {
  log.roll()
}

/** A log whose first segment has these batches, followed by an empty one that is in use. */
function filled(batches: readonly (readonly string[])[], configs: Record<string, string> = {}): OpenedLog {
  const opened = openLog({ configs: { ...COMPACT, ...configs } })
  for (const batch of batches) put(opened, batch)
  roll(opened)
  return opened
}

/** What is there, as `offset:key=value`. */
function contents({ log }: OpenedLog): string[] {
  return batches({ log } as OpenedLog).flatMap(({ records }) => records)
}

function batches({ log }: Pick<OpenedLog, 'log'>) {
  return Array.from(log.wholeBatches(log.logStartOffset), ({ buffer, at }) => ({
    offsets: [Batch.baseOffset(buffer, at), Batch.lastOffset(buffer, at)],
    producer: [Batch.producerId(buffer, at), Batch.producerEpoch(buffer, at), Batch.lastSequence(buffer, at)],
    isControl: Batch.isControl(buffer, at),
    deleteHorizonMs: Batch.deleteHorizonMs(buffer, at),
    records: readRecords(buffer, at).map(
      ({ offset, key, value }) => `${offset}:${key ?? ''}${value === null ? '' : `=${value}`}`,
    ),
  }))
}

describe('Of each key', () => {
  test('the latest value stays, at its offset', async () => {
    const opened = filled([['a=1', 'b=1'], ['a=2', 'c=1'], ['c=2']])
    await clean(opened)
    expect(contents(opened)).toEqual(['1:b=1', '2:a=2', '4:c=2'])
    expect(opened.log.cleanedUpTo).toBe(5)
    expect(opened.log.logStartOffset).toBe(0)
    expect(opened.log.logEndOffset).toBe(5)
  })

  test('a later cleaning finds what an earlier one left', async () => {
    const opened = filled([['a=1', 'b=1', 'c=1']])
    await clean(opened)
    put(opened, ['b=2'])
    roll(opened)
    put(opened, ['a=2', 'd=1'])
    roll(opened)
    await clean(opened)
    expect(contents(opened)).toEqual(['2:c=1', '3:b=2', '4:a=2', '5:d=1'])
  })

  test('values in the segment in use are left, and supersede nothing yet', async () => {
    const opened = filled([['a=1', 'b=1', 'a=2']])
    put(opened, ['a=3', 'b=2', 'a=4'])
    await clean(opened)
    expect(contents(opened)).toEqual(['1:b=1', '2:a=2', '3:a=3', '4:b=2', '5:a=4'])
  })

  test('a record without a key, from before the log was compacted, goes', async () => {
    const opened = openLog({ configs: { 'internal.segment.bytes': '100000' } })
    put(opened, ['=1', 'a=1', '=2'])
    put(opened, ['a=2'])
    roll(opened)
    opened.log.configure(openLog({ configs: COMPACT }).log.config)
    await clean(opened)
    expect(contents(opened)).toEqual(['3:a=2'])
    expect(opened.io.lines.some(({ details }) => 'invalidRecords' in details)).toBe(true)
  })

  test('a batch that loses nothing stays as it is, byte for byte', async () => {
    const opened = filled([['a=1'], ['b=1', 'c=1'], ['a=2']])
    const before = Buffer.concat(Array.from(opened.log.wholeBatches(1), ({ buffer, at }) => wholeBatch(buffer, at)))
    await clean(opened)
    const after = Array.from(opened.log.wholeBatches(0), ({ buffer, at }) => wholeBatch(buffer, at))
    expect(Buffer.concat(after)).toEqual(before)
  })

  test('messages of before 0.11 are kept as batches of today', async () => {
    const opened = openLog({ configs: COMPACT })
    const set = (key: string, value: string | null) => ({
      timestamp: 1000,
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    })
    for (const [magic, compression] of [
      [0, 'none'],
      [0, 'gzip'],
      [1, 'none'],
      [1, 'snappy'],
    ] as const) {
      const records = [set('a', '1'), set('b', `${magic} ${compression}`), set('c', null)]
      const baseOffset = opened.log.logEndOffset
      append(opened, encodeMessageSet({ magic, compression, records, baseOffset }), 'replication')
    }
    roll(opened)
    await clean(opened)
    expect(contents(opened)).toEqual(['9:a=1', '10:b=1 snappy', '11:c'])
    for (const { buffer, at } of opened.log.wholeBatches(0)) expect(Batch.magic(buffer, at)).toBe(2)
  })
})

function wholeBatch(buffer: Buffer, at: number): Buffer {
  return Buffer.from(buffer.subarray(at, at + Batch.sizeInBytes(buffer, at)))
}

describe('A tombstone', () => {
  test('stays for delete.retention.ms from the first cleaning that sees it', async () => {
    const opened = filled([['a=1', 'b=1'], ['a']], { 'delete.retention.ms': '60000' })
    opened.io.clock.advance(10 * HOUR_MS)
    await clean(opened)
    expect(contents(opened)).toEqual(['1:b=1', '2:a'])
    const [, second] = batches(opened)
    expect(second?.deleteHorizonMs).toBeGreaterThanOrEqual(opened.io.clock.now() + 59_000)

    opened.io.clock.advance(30_000)
    put(opened, ['x=1'])
    roll(opened)
    await clean(opened)
    expect(contents(opened)).toEqual(['1:b=1', '2:a', '3:x=1'])

    opened.io.clock.advance(31_000)
    put(opened, ['x=2'])
    roll(opened)
    await clean(opened)
    expect(contents(opened)).toEqual(['1:b=1', '4:x=2'])
  })

  test('that was seen keeps its time when delete.retention.ms changes', async () => {
    const opened = filled([['a'], ['b=1']], { 'delete.retention.ms': '60000' })
    await clean(opened)
    const [first] = batches(opened)
    opened.log.configure(openLog({ configs: { ...COMPACT, 'delete.retention.ms': '0' } }).log.config)
    put(opened, ['x=1'])
    roll(opened)
    await clean(opened)
    expect(batches(opened)[0]).toEqual(first)
  })

  test('with a later value behind it goes at once', async () => {
    const opened = filled([['a=1'], ['a'], ['a=2']])
    await clean(opened)
    expect(contents(opened)).toEqual(['2:a=2'])
  })
})

describe('Where a log ends, and who wrote to it', () => {
  test('is still told by the last batch of a cleaning, when its records are gone', async () => {
    const opened = filled([['a=1'], ['b']], { 'delete.retention.ms': '0' })
    await clean(opened)
    put(opened, ['x=1'])
    roll(opened)
    put(opened, ['x=2'])
    put(opened, ['b=2'])
    roll(opened)
    opened.io.clock.advance(1000)
    await clean(opened)
    const after = openLog({ io: opened.io, configs: COMPACT })
    expect(after.log.logEndOffset).toBe(opened.log.logEndOffset)
    expect(contents(after)).toEqual(['0:a=1', '3:x=2', '4:b=2'])
  })

  test('is still told by the last batch of a producer that may go on', async () => {
    const opened = openLog({ configs: COMPACT })
    const producer = { producerId: 7, producerEpoch: 2 }
    put(opened, ['a=1', 'b=1'], { ...producer, baseSequence: 0 })
    put(opened, ['a=2'], { ...producer, baseSequence: 2 })
    put(opened, ['a=3', 'b=2'])
    roll(opened)
    await clean(opened)
    expect(batches(opened)[0]).toMatchObject({ offsets: [2, 2], producer: [7, 2, 2], records: [] })
    // After a crash too, its next batch is the next.
    const after = openLog({ io: opened.io, configs: COMPACT })
    put(after, ['c=1'], { ...producer, baseSequence: 3 })
    expect(() => put(after, ['c=2'], { ...producer, baseSequence: 9 })).toThrow('Out of order sequence number')
  })

  test('is forgotten with a producer that has been silent for long', async () => {
    const opened = openLog({ configs: COMPACT })
    put(opened, ['a=1'], { producerId: 7, producerEpoch: 0, baseSequence: 0 })
    put(opened, ['a=2'])
    roll(opened)
    opened.io.clock.advance(HOUR_MS)
    opened.log.removeExpiredProducers(HOUR_MS / 2)
    await clean(opened)
    expect(batches(opened).map(({ offsets }) => offsets)).toEqual([[1, 1]])
  })
})

describe('Transactions', () => {
  const transactional = (producerId: number, baseSequence = 0): Partial<NewBatch> => ({
    producerId,
    producerEpoch: 0,
    baseSequence,
    isTransactional: true,
  })

  test('that were aborted lose their records, and supersede none', async () => {
    const opened = openLog({ configs: COMPACT })
    put(opened, ['a=1', 'b=1'])
    put(opened, ['a=2'], transactional(1))
    put(opened, ['b=2'], transactional(2))
    endTransaction(opened, 1, 'ABORT')
    endTransaction(opened, 2, 'COMMIT')
    roll(opened)
    await clean(opened)
    const values = batches(opened).filter(({ isControl }) => !isControl)
    expect(values.flatMap(({ records }) => records)).toEqual(['0:a=1', '3:b=2'])
  })

  test('keep their markers until nothing is left of them, and then for delete.retention.ms', async () => {
    const opened = openLog({ configs: { ...COMPACT, 'delete.retention.ms': '60000' } })
    put(opened, ['a=1'], transactional(1))
    endTransaction(opened, 1, 'COMMIT')
    put(opened, ['b=1'], transactional(2))
    endTransaction(opened, 2, 'ABORT')
    put(opened, ['x=1'])
    roll(opened)
    const markers = () => batches(opened).filter(({ isControl }) => isControl)
    const again = async (text: string) => {
      put(opened, [text])
      roll(opened)
      await clean(opened)
    }
    await clean(opened)
    // Both producers are forgotten, or their batches would stay for them.
    opened.io.clock.advance(HOUR_MS)
    opened.log.removeExpiredProducers(1000)
    await again('a=2')
    // There was something of both in this cleaning.
    expect(markers()).toMatchObject([{ offsets: [1, 1], deleteHorizonMs: undefined }, { offsets: [3, 3] }])
    await again('x=2')
    expect(markers().map(({ deleteHorizonMs }) => typeof deleteHorizonMs)).toEqual(['number', 'number'])
    opened.io.clock.advance(58_000)
    await again('x=3')
    expect(markers()).toHaveLength(2)
    opened.io.clock.advance(3000)
    await again('x=4')
    expect(markers()).toEqual([])
    expect(contents(opened)).toEqual(['5:a=2', '8:x=4'])
  })

  test('whose records are partly gone are still told to readers as aborted', async () => {
    const opened = openLog({ configs: COMPACT })
    put(opened, ['a=1'], transactional(1))
    roll(opened)
    put(opened, ['b=1'], transactional(1, 1))
    endTransaction(opened, 1, 'ABORT')
    put(opened, ['x=1'])
    roll(opened)
    await clean(opened)
    const aborted = opened.log.segments.flatMap(({ transactionIndex }) => [...transactionIndex.all()])
    // Its records were there in this cleaning; in the next they are not, and the marker has nothing to say.
    expect(aborted).toMatchObject([{ producerId: 1, firstOffset: 0, lastOffset: 2 }])
    opened.io.clock.advance(HOUR_MS)
    opened.log.removeExpiredProducers(1000)
    for (const value of [2, 3]) {
      put(opened, [`x=${value}`])
      roll(opened)
      await clean(opened)
    }
    expect(opened.log.segments.flatMap(({ transactionIndex }) => [...transactionIndex.all()])).toEqual([])
  })

  test('that are open hold the cleaner up before the segment that they begin in', async () => {
    const opened = filled([['a=1', 'a=2']])
    put(opened, ['b=1', 'b=2'])
    put(opened, ['c=1'], transactional(1))
    roll(opened)
    put(opened, ['b=3', 'c=2'])
    roll(opened)
    await clean(opened)
    expect(contents(opened)).toEqual(['1:a=2', '2:b=1', '3:b=2', '4:c=1', '5:b=3', '6:c=2'])
    expect(opened.log.cleanedUpTo).toBe(2)
  })
})

describe('What may be cleaned', () => {
  const planOf = ({ log, io }: OpenedLog) => planCleaning(log, io.clock.now())

  test('ends with the segment in use, whatever the high watermark is', () => {
    const opened = filled([['a=1'], ['a=2']])
    put(opened, ['a=3'])
    expect(planOf(opened)).toMatchObject({ firstDirtyOffset: 0, firstUncleanableOffset: 2, dirtyRatio: 1 })
  })

  test('ends where not all is replicated', () => {
    const opened = filled([['a=1'], ['a=2']])
    opened.log.onWritten = () => undefined
    put(opened, ['b=1'])
    roll(opened)
    put(opened, ['b=2'])
    expect(planOf(opened)).toMatchObject({ firstUncleanableOffset: 2 })
  })

  test('ends with the first segment that min.compaction.lag.ms is not over for', () => {
    const opened = openLog({ configs: { ...COMPACT, 'min.compaction.lag.ms': String(HOUR_MS) } })
    for (const hoursAgo of [5, 3, 0.5, 2]) {
      put(opened, ['a=1'], { timestamp: opened.io.clock.now() - hoursAgo * HOUR_MS })
      roll(opened)
    }
    expect(planOf(opened)).toMatchObject({ firstUncleanableOffset: 2 })
    opened.io.clock.advance(HOUR_MS)
    expect(planOf(opened)).toMatchObject({ firstUncleanableOffset: 4 })
  })

  test('begins where the last cleaning ended; what is before counts as clean', async () => {
    const opened = filled([['a=1', 'b=1']])
    await clean(opened)
    const cleanBytes = opened.log.sizeInBytes
    put(opened, ['a=2'])
    roll(opened)
    const { firstDirtyOffset, cleanableBytes, dirtyRatio } = planOf(opened)
    expect(firstDirtyOffset).toBe(2)
    expect(dirtyRatio).toBeCloseTo(cleanableBytes / (cleanBytes + cleanableBytes))
  })

  test('begins at the log’s beginning where the checkpoint is before it, or behind the log’s end', async () => {
    const opened = filled([['a=1', 'b=1', 'a=2']])
    opened.log.cleanedUpTo = 99
    expect(planOf(opened)).toMatchObject({ firstDirtyOffset: 0, isCheckpointInvalid: true })
    opened.log.cleanedUpTo = 0
    opened.log.advanceLogStartOffset(1)
    expect(planOf(opened)).toMatchObject({ firstDirtyOffset: 1, isCheckpointInvalid: true })
    await clean(opened)
    expect(opened.log.cleanedUpTo).toBe(3)
    expect(opened.io.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  test('is cleaned when its share is more than min.cleanable.dirty.ratio', () => {
    const opened = openLog({ configs: { ...COMPACT, 'min.cleanable.dirty.ratio': '0.5' } })
    put(opened, ['a=1'])
    roll(opened)
    opened.log.cleanedUpTo = 1
    put(opened, ['a=2'])
    roll(opened)
    const plan = planOf(opened)
    expect(plan.dirtyRatio).toBe(0.5)
    expect(isDue(plan)).toBe(false)
    put(opened, ['a=3'])
    roll(opened)
    expect(isDue(planOf(opened))).toBe(true)
  })

  test('is cleaned in any case when max.compaction.lag.ms is over', () => {
    const configs = { ...COMPACT, 'min.cleanable.dirty.ratio': '1', 'max.compaction.lag.ms': String(HOUR_MS) }
    const opened = openLog({ configs })
    put(opened, ['a=1'])
    put(opened, ['b=1'], { timestamp: opened.io.clock.now() + 10 })
    roll(opened)
    opened.io.clock.advance(HOUR_MS)
    expect(isDue(planOf(opened))).toBe(false)
    opened.io.clock.advance(1)
    expect(isDue(planOf(opened))).toBe(true)
    opened.log.cleanedUpTo = 2
    expect(isDue(planOf(opened))).toBe(false)
  })

  test('an empty log has nothing to clean', () => {
    const opened = openLog({ configs: { ...COMPACT, 'min.cleanable.dirty.ratio': '0' } })
    expect(isDue(planOf(opened))).toBe(false)
  })
})

describe('Segments', () => {
  test('that are small become one, as far as one may be large', async () => {
    const opened = openLog({ configs: { ...COMPACT, 'internal.segment.bytes': '300' } })
    for (let i = 0; i < 12; i++) put(opened, [`${i % 6}=${'x'.repeat(40)}`])
    roll(opened)
    const before = opened.log.segments.length
    await clean(opened)
    put(opened, ['new=1'])
    roll(opened)
    await clean(opened)
    expect(opened.log.segments.length).toBeLessThan(before)
    for (const { size } of opened.log.segments) expect(size).toBeLessThanOrEqual(300)
    expect(contents(opened).map((text) => text.split('=')[0])).toEqual(
      [6, 7, 8, 9, 10, 11].map((i) => `${i}:${i % 6}`).concat('12:new'),
    )
    const names = opened.io.fs.list(DIRECTORY)
    expect(names.filter((name) => /deleted|swap|cleaned/.test(name))).toEqual([])
  })

  test('are grouped by the bytes of their logs and of their indexes', () => {
    const opened = openLog({ configs: { ...COMPACT, 'index.interval.bytes': '0' } })
    for (let segment = 0; segment < 6; segment++) {
      for (let i = 0; i < 5; i++) put(opened, [`${segment}-${i}=1`])
      roll(opened)
    }
    const all = opened.log.segments.slice(0, 6)
    const [first] = all
    const sizes = (limits: { segmentBytes: number; segmentIndexBytes: number }) =>
      groupSegments(all, limits, 30).map((group) => group.length)
    const unlimited = { segmentBytes: 1e9, segmentIndexBytes: 1e9 }
    expect(sizes(unlimited)).toEqual([6])
    expect(sizes({ ...unlimited, segmentBytes: 4 * (first?.size ?? 0) })).toEqual([4, 2])
    expect(sizes({ ...unlimited, segmentIndexBytes: 3 * (first?.offsetIndex.sizeInBytes ?? 0) })).toEqual([3, 3])
    expect(sizes({ segmentBytes: 1, segmentIndexBytes: 1 })).toEqual([1, 1, 1, 1, 1, 1])
  })

  test('are not grouped beyond what relative offsets can say, but for empty ones', () => {
    const { io } = openLog()
    const far = 2 ** 31
    const segmentAt = (baseOffset: number, size: number) => {
      const segment = Segment.create(io.fs, { directory: DIRECTORY, baseOffset }, 0)
      segment.size = size
      return segment
    }
    const limits = { segmentBytes: 1e9, segmentIndexBytes: 1e9 }
    const basesOf = (segments: readonly Segment[], end: number) =>
      groupSegments(segments, limits, end).map((group) => group.map(({ baseOffset }) => baseOffset))
    const [a, b, c] = [segmentAt(0, 10), segmentAt(1000, 10), segmentAt(far + 5, 10)]
    expect(basesOf([a, b, c], far + 9)).toEqual([[0], [1000, far + 5]])
    expect(basesOf([a, b], far - 1)).toEqual([[0, 1000]])
    expect(basesOf([a, segmentAt(far + 1, 0)], far + 9)).toEqual([[0, far + 1]])
  })

  test('keep the time at which they were last written', async () => {
    const opened = filled([['a=1'], ['a=2']])
    const written = opened.log.segments[0]?.lastModifiedMs
    opened.io.clock.advance(HOUR_MS)
    await clean(opened)
    expect(opened.log.segments[0]?.lastModifiedMs).toBe(written)
  })

  test('keep indexes by which every offset and every time is found', async () => {
    const opened = openLog({ configs: { ...COMPACT, 'index.interval.bytes': '100' } })
    const start = opened.io.clock.now() - HOUR_MS
    for (let i = 0; i < 200; i++) put(opened, [`${i % 150}=${i}`], { timestamp: start + i * 1000 })
    roll(opened)
    await clean(opened)
    const { log } = opened
    for (let offset = 0; offset < 200; offset++) {
      const { records } = log.read(offset, { maxBytes: 1, minOneBatch: true, endOffset: 200 })
      expect(Batch.baseOffset(records, 0), `offset ${offset}`).toBe(Math.max(offset, 50))
      expect(log.offsetForTimestamp(start + offset * 1000)?.offset).toBe(Math.max(offset, 50))
    }
    expect(log.bytesFrom(0, 200)).toBe(log.sizeInBytes)
  })
})
