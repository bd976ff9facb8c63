// What a log is after a crash. The property: whatever prefix of the written bytes the disk has, opening it gives a
// prefix of the records with everything that follows from them, and what comes after is as if nothing had happened.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { copyTree, FaultyFileSystem, MemoryFileSystem } from '../io/index.ts'
import { type TestIo, testIo } from '../io/testing.ts'
import { readBatchRecords } from '../wire/records/index.ts'
import { append, batchOf, DIRECTORY, endTransaction, type OpenedLog, openLog } from './testing.ts'

const SMALL = { 'internal.segment.bytes': '700', 'index.interval.bytes': '100' }

/** Records of several producers, transactions open, committed and aborted, over several segments. */
function fill(opened: OpenedLog): void {
  append(opened, batchOf(['plain-1', 'plain-2']))
  for (let i = 0; i < 4; i++) {
    append(opened, batchOf([`a-${i}`], { producerId: 1, producerEpoch: 0, baseSequence: i }))
    append(opened, batchOf([`t-${i}`], { producerId: 2, producerEpoch: 0, baseSequence: i, isTransactional: true }))
    append(opened, batchOf([`u-${i}`], { producerId: 3, producerEpoch: 0, baseSequence: i, isTransactional: true }))
    if (i % 2 === 0) endTransaction(opened, 2, 'ABORT')
    if (i === 1) endTransaction(opened, 3, 'COMMIT')
    append(opened, batchOf([`z-${i}`, `z-${i}'`, `z-${i}''`], { compression: 'gzip' }))
  }
}

/** All that a reader or a producer could see of the log. */
function seen({ log }: OpenedLog) {
  const records: unknown[] = []
  for (const { buffer, at } of log.wholeBatches(log.logStartOffset)) {
    for (const { offset, value } of readBatchRecords(buffer, at)) records.push([offset, String(value)])
  }
  return {
    records,
    logStartOffset: log.logStartOffset,
    logEndOffset: log.logEndOffset,
    firstUnstable: log.producers.firstUnstableOffset,
    producers: Array.from(log.producers.entries(), (entry) => ({
      producerId: entry.producerId,
      lastSequence: entry.lastSequence,
      lastOffset: entry.lastDataOffset,
      open: entry.currentTxnFirstOffset,
    })).sort((a, b) => a.producerId - b.producerId),
    aborted: log.segments.map(({ transactionIndex }) => [...transactionIndex.all()]),
    epochs: log.leaderEpochs.entries,
  }
}

/** The same files in a new place: what a crash leaves on the disk. */
function copyOf(io: TestIo): TestIo {
  const copy = new MemoryFileSystem()
  copyTree(io.fs, copy, '/logs')
  return testIo({ fs: new FaultyFileSystem(copy), nowMs: io.clock.now() })
}

describe('after a crash', () => {
  test('a log whose bytes are all there is what it was', () => {
    const before = openLog({ configs: SMALL })
    fill(before)
    expect(before.log.segments.length).toBeGreaterThan(2)
    const after = openLog({ io: copyOf(before.io), configs: SMALL })
    expect(seen(after)).toEqual(seen(before))
  })

  test('for every prefix of the last segment’s bytes there is a prefix of the records', () => {
    const before = openLog({ configs: SMALL })
    fill(before)
    const whole = seen(before).records
    const last = before.log.segments.at(-1)
    if (last === undefined) throw new Error('no segment')
    for (let size = 0; size <= last.size; size++) {
      const io = copyOf(before.io)
      io.fs.open(last.path).truncate(size)
      const after = openLog({ io, configs: SMALL })
      const { records, logEndOffset } = seen(after)
      expect(records, `${size} bytes`).toEqual(whole.slice(0, records.length))
      expect(logEndOffset, `${size} bytes`).toBe(records.length)
      // The log goes on, and stands a second crash.
      expect(append(after, batchOf(['next'])).baseOffset).toBe(records.length)
      expect(seen(openLog({ io: copyOf(io), configs: SMALL }))).toEqual(seen(after))
    }
  })

  test('a flipped bit in any byte of a batch cuts the log there, and nothing spoiled is served', () => {
    const before = openLog()
    for (let i = 0; i < 5; i++) append(before, batchOf([`value-${i}`]))
    const [segment] = before.log.segments
    if (segment === undefined) throw new Error('no segment')
    const third = segment.find(2)
    if (third === undefined) throw new Error('no batch')
    // The offset, the length and the leader epoch are not covered by the checksum.
    for (let at = third.position + 16; at < third.position + third.sizeInBytes; at++) {
      const io = copyOf(before.io)
      const file = io.fs.open(segment.path)
      const byte = Buffer.alloc(1)
      file.read(byte, 0, 1, at)
      file.write([Buffer.from([(byte[0] ?? 0) ^ 4])], at)
      expect(seen(openLog({ io })).records, `byte ${at}`).toHaveLength(2)
    }
  })

  test('segments behind a torn one are dropped, for there would be a hole before them', () => {
    const before = openLog({ configs: SMALL })
    fill(before)
    const [, second] = before.log.segments
    if (second === undefined) throw new Error('no second segment')
    const io = copyOf(before.io)
    io.fs.open(second.path).truncate(second.size - 1)
    const after = openLog({ io, configs: SMALL })
    const { records } = seen(after)
    expect(records).toEqual(seen(before).records.slice(0, records.length))
    expect(after.log.segments).toHaveLength(2)
    expect(io.lines.some(({ level }) => level === 'warn')).toBe(true)
  })

  test('indexes, snapshots and epochs are made again where they are missing, torn or full of garbage', () => {
    const before = openLog({ configs: SMALL })
    fill(before)
    before.log.roll()
    const helpers = before.io.fs.list(DIRECTORY).filter((name) => !name.endsWith('.log'))
    expect(helpers.length).toBeGreaterThan(8)
    for (const name of helpers) {
      const path = join(DIRECTORY, name)
      for (const spoil of [
        (fs: FaultyFileSystem) => fs.remove(path),
        (fs: FaultyFileSystem) => fs.replaceFile(path, before.io.fs.readFile(path).subarray(0, -1)),
        ...(name.endsWith('checkpoint')
          ? []
          : [(fs: FaultyFileSystem) => fs.replaceFile(path, Buffer.alloc(36, 0xff))]),
      ]) {
        const io = copyOf(before.io)
        spoil(io.fs)
        expect(seen(openLog({ io, configs: SMALL })), name).toEqual(seen(before))
      }
    }
  })

  test('what is before the recovery point is taken as it is', async () => {
    const before = openLog({ configs: SMALL })
    fill(before)
    await before.log.flush()
    const [first] = before.log.segments
    if (first === undefined) throw new Error('no segment')
    const io = copyOf(before.io)
    // A change that a check would find.
    io.fs.open(first.path).write([Buffer.from([1])], 40)
    const after = openLog({ io, configs: SMALL, recoveryPoint: before.log.recoveryPoint })
    expect(after.log.logEndOffset).toBe(before.log.logEndOffset)
  })
})

describe('after a stop in order', () => {
  test('everything is there without a look at the batches but the last', async () => {
    const before = openLog({ configs: SMALL })
    fill(before)
    const expected = seen(before)
    await before.log.close()
    const io = copyOf(before.io)
    const reads: string[] = []
    io.fs.decide = ({ operation, path }) => {
      if (operation === 'read') reads.push(path)
      return undefined
    }
    const after = openLog({ io, configs: SMALL, cleanShutdown: true, recoveryPoint: before.log.recoveryPoint })
    expect(new Set(reads).size).toBe(1)
    expect(seen(after)).toEqual(expected)
  })

  test('a lost index is made again', async () => {
    const before = openLog({ configs: SMALL })
    fill(before)
    await before.log.close()
    const io = copyOf(before.io)
    io.fs.remove(join(DIRECTORY, '00000000000000000000.index'))
    const after = openLog({ io, configs: SMALL, cleanShutdown: true })
    expect(seen(after)).toEqual(seen(before))
  })

  test('the log begins where its checkpoint says, and afresh where all before that is gone', () => {
    const before = openLog({ configs: SMALL })
    fill(before)
    expect(openLog({ io: copyOf(before.io), configs: SMALL, logStartOffset: 5 }).log.logStartOffset).toBe(5)
    const beyond = before.log.logEndOffset + 10
    const after = openLog({ io: copyOf(before.io), configs: SMALL, logStartOffset: beyond })
    expect(after.log.logStartOffset).toBe(beyond)
    expect(append(after, batchOf(['first'])).baseOffset).toBe(beyond)
  })
})
