// The journal on disk: what was appended is there after a stop and after a crash, an append wholly or not at all, and a
// snapshot stands for what it replaces.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadBrokerConfig, resolveTopicConfig } from '../config/index.ts'
import { copyTree, FaultyFileSystem, MemoryFileSystem } from '../io/index.ts'
import { type TestIo, testIo } from '../io/testing.ts'
import { LogJournal } from './log-journal.ts'

const DIRECTORY = '/logs/__cluster_metadata-0'
const LOG = join(DIRECTORY, '00000000000000000000.log')
const config = resolveTopicConfig(new Map(), loadBrokerConfig())

function open(io: TestIo, maxRecordBytesBetweenSnapshots = 1 << 20): Promise<LogJournal> {
  io.fs.makeDirectory('/logs')
  return LogJournal.open({
    io,
    logDirectory: '/logs',
    directoryId: 'XXXXXXXXXXXXXXXXXXXXXA',
    nodeId: 1,
    controllerEndpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 9093, securityProtocol: 0 }],
    config,
    maxRecordBytesBetweenSnapshots,
    maxSnapshotIntervalMs: 0,
    onFailure: () => undefined,
  })
}

function crashed(io: TestIo): TestIo {
  const copy = new MemoryFileSystem()
  copyTree(io.fs, copy, '/logs')
  return testIo({ fs: new FaultyFileSystem(copy) })
}

function contents(journal: LogJournal): string[] {
  const values: string[] = []
  journal.replay(({ value }) => values.push(String(value)))
  return values
}

const valuesOf = (...texts: string[]) => texts.map((text) => Buffer.from(text))

describe('the journal of the metadata', () => {
  test('holds what was appended after a stop and after a crash, under a new epoch each time', async () => {
    const io = testIo()
    const first = await open(io)
    expect(first.leaderEpoch).toBe(1)
    await first.append(valuesOf('a', 'b'))
    await first.append(valuesOf('c'))
    const second = await open(crashed(io))
    expect(second.leaderEpoch).toBe(2)
    expect(contents(second)).toEqual(['a', 'b', 'c'])
    await first.close()
    const third = await open(crashed(io))
    expect(contents(third)).toEqual(['a', 'b', 'c'])
    expect(third.endOffset).toBeGreaterThan(first.endOffset)
  })

  test('holds each append wholly or not at all, wherever the last bytes were cut', async () => {
    const io = testIo()
    const journal = await open(io)
    await journal.append(valuesOf('a', 'b'))
    await journal.append(valuesOf('c', 'd', 'e'))
    const { size } = io.fs.stat(LOG)
    for (let cut = 0; cut < size; cut++) {
      const after = crashed(io)
      after.fs.open(LOG).truncate(cut)
      const found = contents(await open(after))
      expect([[], ['a', 'b'], ['a', 'b', 'c', 'd', 'e']], `cut at ${cut}`).toContainEqual(found)
    }
  })

  test('answers in the order of the appends, and when they are synced', async () => {
    const io = testIo()
    const journal = await open(io)
    let release: () => void = () => undefined
    const until = new Promise<void>((resolve) => {
      release = resolve
    })
    io.fs.decide = ({ operation, path }) => (operation === 'sync' && path === LOG ? { until } : undefined)
    const answered: string[] = []
    const appends = ['a', 'b', 'c'].map((text) => journal.append(valuesOf(text)).then(() => answered.push(text)))
    await new Promise(setImmediate)
    expect(answered).toEqual([])
    release()
    await Promise.all(appends)
    expect(answered).toEqual(['a', 'b', 'c'])
  })

  test('goes on from its latest snapshot', async () => {
    const io = testIo()
    const journal = await open(io, 1)
    await journal.append(valuesOf('a', 'b'))
    const point = { offset: journal.endOffset, epoch: journal.leaderEpoch, timestamp: 0 }
    journal.offerSnapshot(point, () => valuesOf('both'))
    await journal.append(valuesOf('c'))
    expect(contents(await open(crashed(io)))).toEqual(['both', 'c'])
  })

  test('does without a snapshot that is torn, as long as its log is there', async () => {
    const io = testIo()
    const journal = await open(io, 1)
    await journal.append(valuesOf('a'))
    journal.offerSnapshot({ offset: journal.endOffset, epoch: 1, timestamp: 0 }, () => valuesOf('snapshot'))
    const name = io.fs.list(DIRECTORY).find((file) => file.endsWith('.checkpoint') && !file.startsWith('0'.repeat(20)))
    if (name === undefined) throw new Error('no snapshot')
    const whole = io.fs.readFile(join(DIRECTORY, name))
    for (let size = 0; size < whole.length; size += 7) {
      const after = crashed(io)
      after.fs.replaceFile(join(DIRECTORY, name), whole.subarray(0, size))
      expect(contents(await open(after)), `${size} bytes`).toEqual(['a'])
    }
  })

  test('keeps two snapshots, and no log before the older', async () => {
    const io = testIo()
    const journal = await open(io, 1)
    for (let i = 0; i < 5; i++) {
      await journal.append(valuesOf(`${i}`))
      journal.offerSnapshot({ offset: journal.endOffset, epoch: 1, timestamp: 0 }, () => valuesOf(`up to ${i}`))
    }
    const snapshots = io.fs.list(DIRECTORY).filter((name) => name.endsWith('.checkpoint'))
    expect(snapshots).toHaveLength(2)
    expect(journal.logStartOffset).toBe(journal.endOffset - 1)
    expect(contents(await open(crashed(io)))).toEqual(['up to 4'])
  })
})
