// The log of a partition: what is appended is read again, by offset and by time, within bounds; what may not be
// appended leaves no trace; a disk that fails takes the log out of service.
import { describe, expect, test } from 'vitest'
import type { KafkaError } from '../wire/index.ts'
import { Batch, readBatchRecords } from '../wire/records/index.ts'
import { append, batchOf, dropExpired, endTransaction, type OpenedLog, openLog } from './testing.ts'

const SMALL = { 'internal.segment.bytes': '500', 'index.interval.bytes': '50' }

function codeOf(attempt: () => unknown): string | undefined {
  try {
    attempt()
    return undefined
  } catch (error) {
    return (error as KafkaError).codeName
  }
}

function values(records: Buffer): string[] {
  return [...Batch.positions(records)].flatMap((at) => readBatchRecords(records, at).map(({ value }) => String(value)))
}

function read(log: OpenedLog['log'], offset: number, options: Partial<Parameters<typeof log.read>[1]> = {}): Buffer {
  return log.read(offset, { maxBytes: 1 << 20, minOneBatch: true, endOffset: log.logEndOffset, ...options }).records
}

describe('reading', () => {
  test('begins with the batch that holds the offset, in any segment', () => {
    const opened = openLog({ configs: SMALL })
    for (let i = 0; i < 30; i++) append(opened, batchOf([`${i}a`, `${i}b`]))
    expect(opened.log.segments.length).toBeGreaterThan(5)
    for (let offset = 0; offset < 60; offset++) {
      expect(values(read(opened.log, offset))[0], `offset ${offset}`).toBe(`${Math.floor(offset / 2)}a`)
    }
  })

  test('ends before the end offset, wherever that lies', () => {
    const { log, io } = openLog({ configs: { 'index.interval.bytes': '50' } })
    const opened = { log, io, failures: [] }
    for (let i = 0; i < 30; i++) append(opened, batchOf([`${i}`]))
    for (let end = 0; end <= 30; end++) expect(values(read(log, 0, { endOffset: end }))).toHaveLength(end)
  })

  test('gives as many bytes as asked, half a batch at the end perhaps', () => {
    const opened = openLog()
    for (let i = 0; i < 5; i++) append(opened, batchOf([`value-${i}`]))
    const [segment] = opened.log.segments
    const size = segment?.size ?? 0
    for (let maxBytes = 100; maxBytes <= size; maxBytes += 7) {
      expect(read(opened.log, 0, { maxBytes })).toHaveLength(maxBytes)
    }
  })

  test('gives the first batch whole where it has to, and nothing of it where not', () => {
    const opened = openLog()
    append(opened, batchOf(['x'.repeat(1000)]))
    expect(values(read(opened.log, 0, { maxBytes: 1 }))).toEqual(['x'.repeat(1000)])
    expect(read(opened.log, 0, { maxBytes: 1, minOneBatch: false })).toHaveLength(0)
  })

  test('is refused before the beginning and behind the end, and gives nothing at the end', () => {
    const opened = openLog({ logStartOffset: 0 })
    append(opened, batchOf(['a', 'b']))
    opened.log.advanceLogStartOffset(1)
    expect(codeOf(() => read(opened.log, 0))).toBe('OFFSET_OUT_OF_RANGE')
    expect(codeOf(() => read(opened.log, 3))).toBe('OFFSET_OUT_OF_RANGE')
    expect(read(opened.log, 2)).toHaveLength(0)
  })

  test('does not see what is not written yet', () => {
    const { log, io } = openLog()
    log.append(batchOf(['a']), { leaderEpoch: 0, origin: 'client' }, () => undefined)
    expect(log.logEndOffset).toBe(1)
    expect(read(log, 0)).toHaveLength(0)
    expect(log.highWatermark).toBe(0)
    io.clock.endTurn()
    expect(values(read(log, 0))).toEqual(['a'])
    expect(log.highWatermark).toBe(1)
  })

  test('finds the first record that is not older than a time', () => {
    const opened = openLog({ configs: SMALL })
    const start = 1_600_000_000_000
    for (let i = 0; i < 30; i++) append(opened, batchOf([`${i}a`, `${i}b`], { timestamp: start + i * 100 }))
    const found = (timestamp: number) => opened.log.offsetForTimestamp(timestamp)
    expect(found(0)).toEqual({ offset: 0, timestamp: start, leaderEpoch: 0 })
    expect(found(start + 1)).toMatchObject({ offset: 1, timestamp: start + 1 })
    expect(found(start + 1050)).toMatchObject({ offset: 22, timestamp: start + 1100 })
    expect(found(start + 2901)).toMatchObject({ offset: 59 })
    expect(found(start + 2902)).toBeUndefined()
    expect(opened.log.offsetOfMaxTimestamp()).toMatchObject({ offset: 59, timestamp: start + 2901 })
  })

  test('counts the bytes that a reader could have', () => {
    const opened = openLog({ configs: SMALL })
    for (let i = 0; i < 30; i++) append(opened, batchOf([`${i}`]))
    const { log } = opened
    expect(log.bytesFrom(0, 30)).toBe(log.sizeInBytes)
    expect(log.bytesFrom(29, 30)).toBe(read(log, 29).length)
    expect(log.bytesFrom(30, 30)).toBe(0)
  })
})

describe('appending', () => {
  test('appends of one turn are one write', () => {
    const { log, io } = openLog()
    const writes: number[] = []
    io.fs.decide = ({ operation, length, path }) => {
      if (operation === 'write' && path.endsWith('.log')) writes.push(length)
      return undefined
    }
    const done: number[] = []
    for (let i = 0; i < 3; i++) {
      log.append(batchOf([`${i}`]), { leaderEpoch: 0, origin: 'client' }, () => done.push(i))
    }
    expect(writes).toEqual([])
    io.clock.endTurn()
    expect(writes).toEqual([log.sizeInBytes])
    expect(done).toEqual([0, 1, 2])
  })

  test('a segment is rolled by size, by the records’ time and by the size of its index', () => {
    const bySize = openLog({ configs: SMALL })
    for (let i = 0; i < 10; i++) append(bySize, batchOf(['x'.repeat(100)]))
    expect(bySize.log.segments.map(({ size }) => size <= 500)).not.toContain(false)

    const byTime = openLog({ configs: { 'segment.ms': '1000' } })
    append(byTime, batchOf(['a'], { timestamp: 1_600_000_000_000 }))
    append(byTime, batchOf(['b'], { timestamp: 1_600_000_001_000 }))
    expect(byTime.log.segments).toHaveLength(1)
    append(byTime, batchOf(['c'], { timestamp: 1_600_000_001_001 }))
    expect(byTime.log.segments).toHaveLength(2)

    const byIndex = openLog({ configs: { 'segment.index.bytes': '48', 'index.interval.bytes': '0' } })
    for (let i = 0; i < 10; i++) append(byIndex, batchOf(['a'], { timestamp: 1_600_000_000_000 + i }))
    expect(byIndex.log.segments.length).toBeGreaterThan(1)
  })

  test('a producer’s batch that comes again gets the offsets it had', () => {
    const opened = openLog()
    const send = (baseSequence: number, count: number, producerEpoch = 0) => {
      const records = Array.from({ length: count }, (_, i) => `${baseSequence + i}`)
      return append(opened, batchOf(records, { producerId: 7, producerEpoch, baseSequence }))
    }
    expect(send(0, 2)).toMatchObject({ baseOffset: 0, lastOffset: 1, isDuplicate: false })
    for (let i = 2; i < 7; i++) send(i, 1)
    expect(send(2, 1)).toMatchObject({ baseOffset: 2, isDuplicate: true })
    // Only the last five are remembered.
    expect(codeOf(() => send(0, 2))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(codeOf(() => send(8, 1))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(codeOf(() => send(1, 1, 1))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(send(0, 1, 1)).toMatchObject({ baseOffset: 7 })
    expect(codeOf(() => send(7, 1, 0))).toBe('INVALID_PRODUCER_EPOCH')
    expect(opened.log.logEndOffset).toBe(8)
  })

  test('sequences begin again behind the greatest int', () => {
    const opened = openLog()
    const at = (baseSequence: number) => batchOf(['x'], { producerId: 7, producerEpoch: 0, baseSequence })
    append(opened, at(0x7fffffff))
    expect(append(opened, at(0)).baseOffset).toBe(1)
  })

  test('what is refused leaves the log and its producers as they were', () => {
    const opened = openLog({ configs: { 'max.message.bytes': '200' } })
    append(opened, batchOf(['a'], { producerId: 7, producerEpoch: 0, baseSequence: 0 }))
    const tooLarge = batchOf(['x'.repeat(300)], { producerId: 7, producerEpoch: 0, baseSequence: 1 })
    expect(codeOf(() => append(opened, tooLarge))).toBe('MESSAGE_TOO_LARGE')
    expect(opened.log.logEndOffset).toBe(1)
    expect(opened.log.producers.get(7)?.lastSequence).toBe(0)
  })

  test('records that no segment could hold are refused', () => {
    const opened = openLog({ configs: { 'internal.segment.bytes': '100' } })
    expect(codeOf(() => append(opened, batchOf(['x'.repeat(200)])))).toBe('RECORD_LIST_TOO_LARGE')
  })

  test('a producer that was silent for long enough is forgotten, unless its transaction is open', () => {
    const opened = openLog()
    const now = opened.io.clock.now()
    append(opened, batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0, timestamp: now }))
    const open = { producerId: 2, producerEpoch: 0, baseSequence: 0, isTransactional: true, timestamp: now }
    append(opened, batchOf(['b'], open))
    opened.io.clock.advance(1000)
    opened.log.removeExpiredProducers(1001)
    expect(opened.log.producers.size).toBe(2)
    opened.log.removeExpiredProducers(1000)
    expect(Array.from(opened.log.activeProducers(), ({ producerId }) => producerId)).toEqual([2])
  })
})

describe('transactions', () => {
  const transactional = (producerId: number, baseSequence: number) =>
    batchOf([`${producerId}`], { producerId, producerEpoch: 0, baseSequence, isTransactional: true })

  test('an open one holds the last stable offset back', () => {
    const opened = openLog()
    append(opened, batchOf(['a']))
    append(opened, transactional(1, 0))
    append(opened, transactional(2, 0))
    expect(opened.log.lastStableOffset).toBe(1)
    endTransaction(opened, 1, 'COMMIT')
    expect(opened.log.lastStableOffset).toBe(2)
    endTransaction(opened, 2, 'ABORT')
    expect(opened.log.lastStableOffset).toBe(opened.log.logEndOffset)
  })

  test('aborted ones are told to whoever reads their records, and only to them', () => {
    const opened = openLog({ configs: { 'index.interval.bytes': '0' } })
    append(opened, transactional(1, 0))
    endTransaction(opened, 1, 'ABORT')
    append(opened, transactional(2, 0))
    endTransaction(opened, 2, 'COMMIT')
    append(opened, transactional(1, 1))
    endTransaction(opened, 1, 'ABORT')
    const { log } = opened
    const abortedFrom = (offset: number) => {
      const found = log.read(offset, { maxBytes: 1 << 20, minOneBatch: true, endOffset: log.logEndOffset })
      return log.abortedTransactions(offset, found).map(({ firstOffset }) => firstOffset)
    }
    expect(abortedFrom(0)).toEqual([0, 4])
    expect(abortedFrom(2)).toEqual([4])
  })

  test('a plain batch of a producer whose transaction is open is refused', () => {
    const opened = openLog()
    append(opened, transactional(1, 0))
    const plain = batchOf(['x'], { producerId: 1, producerEpoch: 0, baseSequence: 1 })
    expect(codeOf(() => append(opened, plain))).toBe('INVALID_TXN_STATE')
  })
})

describe('a disk that fails', () => {
  test('fails the appends of the turn and takes the log out of service', () => {
    const { log, io, failures } = openLog()
    append({ log, io, failures }, batchOf(['kept']))
    io.fs.decide = ({ operation }) => (operation === 'write' ? { code: 'ENOSPC', tornAfterBytes: 20 } : undefined)
    const errors: (string | undefined)[] = []
    for (let i = 0; i < 2; i++) {
      log.append(batchOf(['lost']), { leaderEpoch: 0, origin: 'client' }, (error) => errors.push(error?.codeName))
    }
    io.clock.endTurn()
    expect(errors).toEqual(['KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR'])
    expect(failures).toHaveLength(1)
    expect(codeOf(() => read(log, 0))).toBe('KAFKA_STORAGE_ERROR')
    io.fs.decide = () => undefined
    const after = openLog({ io })
    expect(values(read(after.log, 0))).toEqual(['kept'])
  })
})

describe('old segments', () => {
  const filled = (configs: Record<string, string>): OpenedLog => {
    const opened = openLog({ configs: { ...SMALL, ...configs } })
    for (let i = 0; i < 20; i++)
      append(opened, batchOf([`${i}`], { timestamp: opened.io.clock.now() - 20_000 + i * 1000 }))
    return opened
  }

  test('go by time, once their latest record is too old', () => {
    const { log, io } = filled({ 'retention.ms': '10000' })
    dropExpired(log, io.clock.now())
    expect(log.logStartOffset).toBeGreaterThan(5)
    expect(log.logStartOffset).toBeLessThanOrEqual(10)
    expect(values(read(log, 19))).toEqual(['19'])
  })

  test('go by size, as long as enough is left', () => {
    const { log, io } = filled({ 'retention.bytes': '600' })
    dropExpired(log, io.clock.now())
    expect(log.sizeInBytes).toBeGreaterThanOrEqual(600)
    expect(log.sizeInBytes).toBeLessThan(1200)
  })

  test('go when the log begins behind them, whatever the policy', () => {
    const { log, io } = filled({ 'cleanup.policy': 'compact' })
    const count = log.segments.length
    log.advanceLogStartOffset(10)
    dropExpired(log, io.clock.now())
    expect(log.segments.length).toBeLessThan(count)
    expect(log.logStartOffset).toBe(10)
  })

  test('may be all of them: the log goes on, empty', () => {
    const opened = filled({ 'retention.ms': '1' })
    opened.io.clock.advance(60_000)
    dropExpired(opened.log, opened.io.clock.now())
    expect(opened.log.logStartOffset).toBe(20)
    expect(append(opened, batchOf(['next'])).baseOffset).toBe(20)
  })
})
