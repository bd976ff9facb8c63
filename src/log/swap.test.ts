// A cleaning that is cut off anywhere: whatever step the end comes after, a restart finds every record that the whole
// cleaning would have left, and no key with another value than before.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { seeded, seedFrom } from '../../test/support/random.ts'
import { copyTree, FaultyFileSystem, MemoryFileSystem } from '../io/index.ts'
import { type TestIo, testIo } from '../io/testing.ts'
import { Batch, encodeBatch, readRecords } from '../wire/records/index.ts'
import { append, clean, DIRECTORY, endTransaction, type OpenedLog, openLog } from './testing.ts'

const CONFIGS = {
  'cleanup.policy': 'compact',
  'internal.segment.bytes': '900',
  'index.interval.bytes': '100',
  'min.cleanable.dirty.ratio': '0',
  'delete.retention.ms': '1000',
}

const CHANGES = new Set(['open', 'write', 'truncate', 'replaceFile', 'rename', 'remove', 'sync'])

/** Some keys over and over, tombstones, transactions that end either way; the last segment is begun. */
function fill(opened: OpenedLog, seed: number, producerEpoch = 0): void {
  const random = seeded(seed)
  const sequences = [0, 0, 0]
  const open = new Set<number>()
  for (let i = 0; i < 60; i++) {
    const timestamp = opened.io.clock.now()
    const records = Array.from({ length: 1 + random.below(4) }, () => ({
      timestamp,
      key: Buffer.from(`key-${random.below(12)}`),
      value: random.chance(0.2) ? null : Buffer.from(`${i}`.repeat(1 + random.below(10))),
    }))
    const producerId = random.below(5)
    if (producerId > 2) append(opened, encodeBatch({ records }))
    else if (open.has(producerId) && random.chance(0.4)) {
      endTransaction(opened, producerId, random.chance(0.5) ? 'COMMIT' : 'ABORT', producerEpoch)
      open.delete(producerId)
    } else {
      const baseSequence = sequences[producerId] ?? 0
      sequences[producerId] = baseSequence + records.length
      const isTransactional = producerId > 0
      if (isTransactional) open.add(producerId)
      const batch = encodeBatch({ records, producerId, producerEpoch, baseSequence, isTransactional })
      append(opened, batch, isTransactional ? 'coordinator' : 'client')
    }
  }
  for (const producerId of open) endTransaction(opened, producerId, 'COMMIT', producerEpoch)
  opened.log.roll()
}

/** All that a reader of committed records, or a producer, could see of the log. */
function seen({ log }: OpenedLog) {
  const aborted = log.segments.map(({ transactionIndex }) => [...transactionIndex.all()])
  const isAborted = (producerId: number, offset: number) =>
    aborted.flat().some((one) => one.producerId === producerId && one.firstOffset <= offset && offset <= one.lastOffset)
  const records: { offset: number; timestamp: number; key: string; value: string | null }[] = []
  for (const { buffer, at } of log.wholeBatches(log.logStartOffset)) {
    const isHidden =
      Batch.isControl(buffer, at) || isAborted(Batch.producerId(buffer, at), Batch.baseOffset(buffer, at))
    if (isHidden) continue
    for (const { offset, key, value, timestamp } of readRecords(buffer, at)) {
      records.push({ offset, timestamp, key: String(key), value: value === null ? null : String(value) })
    }
  }
  return {
    records,
    segments: log.segments.map(({ baseOffset }) => baseOffset),
    logStartOffset: log.logStartOffset,
    logEndOffset: log.logEndOffset,
    aborted,
    producers: Array.from(log.producers.entries(), ({ producerId, lastSequence, producerEpoch }) => [
      producerId,
      producerEpoch,
      lastSequence,
    ]).sort(),
  }
}

function copyOf(io: TestIo): TestIo {
  const copy = new MemoryFileSystem()
  copyTree(io.fs.inner, copy, '/logs')
  return testIo({ fs: new FaultyFileSystem(copy), nowMs: io.clock.now() })
}

describe('A cleaning that ends at any step', () => {
  test.each([1, 2, 3, 4])('loses nothing and brings nothing back (%i)', async (round) => {
    const seed = seedFrom('SWAP_SEED') + round
    const opened = openLog({ configs: CONFIGS })
    fill(opened, seed)
    await clean(opened)
    opened.io.clock.advance(60_000)
    fill(opened, seed + 1000, 1)
    // So that a restart takes the indexes as they are.
    while (opened.log.recoveryPoint < opened.log.logEndOffset) await opened.log.flush()

    const { recoveryPoint } = opened.log
    const restart = (io: TestIo) => openLog({ io, configs: CONFIGS, recoveryPoint })
    const before = seen(restart(copyOf(opened.io)))
    // The files as they are before every change.
    const moments: TestIo[] = []
    let swaps = 0
    opened.io.fs.decide = ({ operation }) => {
      if (CHANGES.has(operation)) moments.push(copyOf(opened.io))
      return undefined
    }
    await clean(opened, {
      onReplaced: (_, files) => {
        swaps++
        for (const file of files) opened.io.fs.remove(file)
      },
    })
    opened.io.fs.decide = () => undefined
    const after = seen(restart(copyOf(opened.io)))
    expect(after).toEqual(seen(opened))
    expect(after.records.length).toBeLessThan(before.records.length)
    expect(swaps).toBeGreaterThan(2)
    expect(moments.length).toBeGreaterThan(50)

    const [atFirst, inTheEnd] = [before, after].map(({ records }) => new Set(records.map((one) => JSON.stringify(one))))
    for (const [index, io] of moments.entries()) {
      const where = `seed ${seed}, before change ${index}`
      const recovered = restart(io)
      const state = seen(recovered)
      const records = new Set(state.records.map((record) => JSON.stringify(record)))
      // Old segments behind the last record of the new one may still be there: they say nothing that is not so.
      expect(
        [...records].filter((record) => !atFirst?.has(record)),
        where,
      ).toEqual([])
      expect(
        [...(inTheEnd ?? [])].filter((record) => !records.has(record)),
        where,
      ).toEqual([])
      expect(latest(state), where).toEqual(latest(before))
      expect(state, where).toMatchObject({ logEndOffset: before.logEndOffset, producers: before.producers })
      const names = io.fs.list(DIRECTORY).filter((name) => /cleaned|swap|deleted/.test(name))
      expect(names, where).toEqual([])
      // It goes on, and stands another end of the same kind.
      append(recovered, encodeBatch({ records: [{ timestamp: 1, key: Buffer.from('next'), value: null }] }))
      expect(seen(restart(copyOf(io))), where).toEqual(seen(recovered))
    }
  })
})

/** What is known of each key in the end. */
function latest({ records }: ReturnType<typeof seen>): Map<string, string> {
  const values = new Map<string, string>()
  for (const { key, value } of records) {
    if (value === null) values.delete(key)
    else values.set(key, value)
  }
  return values
}

describe('A restart', () => {
  const logFile = (offset: number, suffix = '') => join(DIRECTORY, `${String(offset).padStart(20, '0')}.log${suffix}`)

  test('gives up what is cleaned but not all named so', () => {
    const opened = openLog({ configs: CONFIGS })
    fill(opened, 7)
    const before = seen(opened)
    const io = copyOf(opened.io)
    io.fs.replaceFile(logFile(0, '.swap'), Buffer.alloc(0))
    io.fs.replaceFile(logFile(0, '.cleaned').replace('.log', '.index'), Buffer.alloc(0))
    expect(seen(openLog({ io, configs: CONFIGS }))).toEqual(before)
  })

  test('takes an empty segment for those that it was cleaned from, and no index of theirs', () => {
    const opened = openLog({ configs: CONFIGS })
    const batch = (producerId: number) => {
      const records = [{ timestamp: opened.io.clock.now(), key: Buffer.from('k'), value: Buffer.alloc(600) }]
      return encodeBatch({ records, producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true })
    }
    append(opened, batch(1), 'coordinator')
    endTransaction(opened, 1, 'ABORT')
    opened.log.roll()
    append(opened, batch(2), 'coordinator')
    const io = copyOf(opened.io)
    for (const suffix of ['.log', '.index', '.timeindex']) {
      io.fs.replaceFile(`${logFile(0).replace('.log', suffix)}.swap`, Buffer.alloc(0))
    }
    const { records, aborted, logEndOffset } = seen(openLog({ io, configs: CONFIGS }))
    expect(records).toHaveLength(1)
    expect(aborted.flat()).toEqual([])
    expect(logEndOffset).toBe(3)
  })
})
