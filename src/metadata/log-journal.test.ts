// The journal on disk: what was appended is there after a stop and after a crash, an append wholly or not at all, and a
// snapshot stands for what it replaces.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadBrokerConfig, resolveTopicConfig } from '../config/index.ts'
import { copyTree, FaultyFileSystem, MemoryFileSystem } from '../io/index.ts'
import { type TestIo, testIo } from '../io/testing.ts'
import { EMPTY_UUID } from '../wire/index.ts'
import { LogJournal, type LogJournalOptions } from './log-journal.ts'
import { bootstrapValues, storedQuorum, writeBootstrap } from './metadata-files.ts'
import { STATIC_QUORUM } from './quorum.ts'
import { decodeMetadataRecord } from './records.ts'

const DIRECTORY = '/logs/__cluster_metadata-0'
const LOG = join(DIRECTORY, '00000000000000000000.log')
const config = resolveTopicConfig(new Map(), loadBrokerConfig())

function optionsOf(io: TestIo, maxRecordBytesBetweenSnapshots: number, hasStaticVoters: boolean): LogJournalOptions {
  return {
    io,
    logDirectory: '/logs',
    directoryId: 'XXXXXXXXXXXXXXXXXXXXXA',
    nodeId: 1,
    controllerEndpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 9093, securityProtocol: 0 }],
    hasStaticVoters,
    config,
    maxRecordBytesBetweenSnapshots,
    maxSnapshotIntervalMs: 0,
    onFailure: () => undefined,
  }
}

function open(io: TestIo, maxRecordBytesBetweenSnapshots = 1 << 20, hasStaticVoters = false): Promise<LogJournal> {
  io.fs.makeDirectory('/logs')
  return LogJournal.open(optionsOf(io, maxRecordBytesBetweenSnapshots, hasStaticVoters))
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

  test('begins anew behind a snapshot that its log does not reach', async () => {
    const io = testIo()
    const journal = await open(io, 1)
    await journal.append(valuesOf('a'))
    journal.offerSnapshot({ offset: journal.endOffset, epoch: 1, timestamp: 0 }, () => valuesOf('snapshot'))
    const after = crashed(io)
    after.fs.open(LOG).truncate(0)
    const second = await open(after)
    await second.append(valuesOf('b'))
    expect(contents(await open(crashed(after)))).toEqual(['snapshot', 'b'])
  })

  test('takes no epoch twice, even where only the log knows of it', async () => {
    const io = testIo()
    await open(io)
    const after = crashed(io)
    after.fs.remove(join(DIRECTORY, 'quorum-state'))
    expect((await open(after)).leaderEpoch).toBe(2)
  })
})

describe('the quorum', () => {
  const quorumState = (io: TestIo): object =>
    JSON.parse(io.fs.readFile(join(DIRECTORY, 'quorum-state')).toString()) as object

  test('of a new directory has its voters in the log', async () => {
    const io = testIo()
    expect((await open(io)).kraftVersion).toBe(1)
    expect(quorumState(io)).toEqual({
      leaderId: 1,
      leaderEpoch: 1,
      votedId: -1,
      votedDirectoryId: EMPTY_UUID,
      data_version: 1,
    })
    expect(storedQuorum(io.fs, DIRECTORY).quorum.voters).toMatchObject([
      { voterId: 1, endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }] },
    ])
  })

  test('stays in the configuration where it began there, until it is raised', async () => {
    const io = testIo()
    const first = await open(io, 1, true)
    expect(first.kraftVersion).toBe(0)
    expect(quorumState(io)).toEqual({
      clusterId: '',
      leaderId: 1,
      leaderEpoch: 1,
      votedId: -1,
      appliedOffset: 0,
      currentVoters: [{ voterId: 1 }],
      data_version: 0,
    })
    await first.append(valuesOf('a'))
    first.offerSnapshot({ offset: first.endOffset, epoch: 1, timestamp: 0 }, () => valuesOf('a'))
    expect(storedQuorum(io.fs, DIRECTORY)).toMatchObject({ quorum: STATIC_QUORUM, staticVoters: [1] })

    const after = crashed(io)
    const second = await open(after, 1)
    expect(second.kraftVersion).toBe(0)
    await second.writeVoters()
    expect(second.kraftVersion).toBe(1)
    const third = await open(crashed(after), 1, true)
    expect(third.kraftVersion).toBe(1)
    expect(contents(third)).toEqual(['a'])
  })

  test('keeps the voters that the log has, whatever the configuration says of the controller', async () => {
    const io = testIo()
    await (await open(io)).append(valuesOf('a'))
    const other = { name: 'CONTROLLER', host: 'elsewhere', port: 1, securityProtocol: 0 }
    const second = await LogJournal.open({ ...optionsOf(io, 1, false), controllerEndpoints: [other] })
    await second.append(valuesOf('b'))
    second.offerSnapshot({ offset: second.endOffset, epoch: 2, timestamp: 0 }, () => valuesOf('a', 'b'))
    expect(storedQuorum(io.fs, DIRECTORY).quorum.voters).toMatchObject([{ endpoints: [{ host: 'localhost' }] }])
  })

  test('begins with what the directory was formatted with', async () => {
    const io = testIo()
    io.fs.makeDirectory('/logs')
    const [formatted] = [Buffer.from('formatted')]
    writeBootstrap(io.fs, '/logs', [formatted], 0)
    expect((await open(io)).bootstrap).toEqual([formatted])
    const other = testIo()
    const { bootstrap } = await open(other)
    expect(bootstrap.map((value) => decodeMetadataRecord(value).data)).toContainEqual({
      name: 'metadata.version',
      featureLevel: 30,
    })
    expect(bootstrapValues(other.fs, '/logs')).toEqual(bootstrap)
  })
})
