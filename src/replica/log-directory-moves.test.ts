// Moves of replicas where time, disks and crashes are ours to move: at every step that a crash can follow, the restart
// finds each record once, and the move comes to its end.
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { loadBrokerConfig, resolveTopicConfig } from '../config/index.ts'
import { copyTree, FaultyFileSystem, type FileSystem, MemoryFileSystem } from '../io/index.ts'
import { type TestIo, testIo } from '../io/testing.ts'
import { LogManager, openDirectories } from '../log/index.ts'
import { LiveConfig, MetadataImage, type PartitionRegistration } from '../metadata/index.ts'
import { KafkaError } from '../wire/index.ts'
import { encodeBatch, readRecords } from '../wire/records/index.ts'
import { LogDirectoryMoves } from './log-directory-moves.ts'
import { Partition } from './partition.ts'

const TOPIC_ID = '4L6g3nShT-eMCtK--X86sw'
const THERE = { topic: 't', partition: 0 }
const PATHS = ['/a', '/b'] as const
const SMALL = { 'internal.segment.bytes': '1000', 'index.interval.bytes': '100' }
const REGISTRATION: PartitionRegistration = {
  partition: 0,
  leader: 1,
  leaderEpoch: 1,
  partitionEpoch: 1,
  replicas: [1],
  isr: [1],
  addingReplicas: [],
  removingReplicas: [],
  directories: [],
  eligibleLeaderReplicas: [],
  lastKnownElr: [],
  leaderRecoveryState: 0,
}

interface Room {
  readonly io: TestIo
  readonly logs: LogManager
  readonly moves: LogDirectoryMoves
  readonly partition: Partition
  /** What the metadata says. */
  readonly metadata: { directoryId: string | undefined; epoch: number }
  put(...values: string[]): void
  values(): string[]
  /** Runs until nothing is left to do. */
  settle(): Promise<void>
}

/** A broker with one partition, begun on what the disk holds. */
function start(io: TestIo = testIo(), metadata: Room['metadata'] = { directoryId: undefined, epoch: 1 }): Room {
  const started = loadBrokerConfig({ overrides: { 'log.dirs': PATHS.join() } })
  const config = new LiveConfig(started, new MetadataImage('cluster', 1), io.log)
  const { directories } = openDirectories(io, PATHS, { nodeId: 1 })
  const logs = new LogManager({
    io,
    directories,
    config: () => config.broker,
    topicConfig: () => resolveTopicConfig(new Map(Object.entries(SMALL)), config.broker),
    onDirectoryFailure: () => undefined,
  })
  logs.load(
    () => true,
    () => metadata.directoryId,
  )
  const log = logs.getOrCreate(THERE, TOPIC_ID, metadata.directoryId)
  metadata.directoryId ??= logs.directoryOf(log)?.id
  const partition = new Partition(1, TOPIC_ID, log, { ...REGISTRATION, leaderEpoch: metadata.epoch++ })
  const moves = new LogDirectoryMoves({
    logs,
    config,
    require: () => partition,
    assign: async ([assignment]) => {
      metadata.directoryId = assignment?.directoryId
    },
    clock: io.clock,
    log: io.log,
  })
  return {
    io,
    logs,
    moves,
    partition,
    metadata,
    put(...values) {
      const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestamp: 1 }))
      const options = { leaderEpoch: partition.leaderEpoch, origin: 'client' as const }
      partition.log.append(encodeBatch({ records }), options, () => undefined)
      io.clock.endTurn()
    },
    values: () =>
      Array.from(partition.log.wholeBatches(0), ({ buffer, at }) =>
        readRecords(buffer, at).map(({ value }) => String(value)),
      ).flat(),
    async settle() {
      for (let idle = 0; idle < 3; idle++) {
        if (io.clock.timers > 0) idle = 0
        io.clock.advance(1)
        await turn()
        if ([...logs.futures()].length === 0) idle++
      }
    },
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => `record ${i}`)

/** The disk as it is now, for another broker to start on. */
function copyOf(disk: FileSystem): MemoryFileSystem {
  const copy = new MemoryFileSystem()
  for (const path of PATHS) copyTree(disk, copy, path)
  return copy
}

function pathOf({ logs, partition }: Room): string | undefined {
  return logs.directoryOf(partition.log)?.path
}

const otherOf = (path: string | undefined): string => (path === '/a' ? '/b' : '/a')

/** Advances in steps until the replica is there. */
async function arrive(room: Room, path: string): Promise<void> {
  for (let i = 0; i < 1000 && pathOf(room) !== path; i++) {
    room.io.clock.advance(1)
    await turn()
  }
  expect(pathOf(room)).toBe(path)
}

describe('a crash', () => {
  test('at any step of a move loses nothing, and the move ends after the restart', async () => {
    const room = start()
    room.put(...numbers(20))
    for (const number of numbers(60)) room.put(number)
    const [from, to] = [pathOf(room), otherOf(pathOf(room))]
    const crashes: { after: string; disk: MemoryFileSystem; metadata: Room['metadata']; expected: string[] }[] = []
    room.io.fs.decide = ({ operation, path }) => {
      const isChange = ['write', 'replaceFile', 'rename', 'makeDirectory', 'truncate', 'remove'].includes(operation)
      if (isChange) {
        const after = `${crashes.length}: before ${operation} of ${path}`
        crashes.push({ after, disk: copyOf(room.io.fs.inner), metadata: { ...room.metadata }, expected: room.values() })
      }
      return undefined
    }
    room.moves.alter(THERE, to)
    await arrive(room, to)
    room.io.fs.decide = () => undefined
    crashes.push({
      after: 'the end',
      disk: copyOf(room.io.fs.inner),
      metadata: { ...room.metadata },
      expected: room.values(),
    })
    expect(crashes.length).toBeGreaterThan(20)
    expect(room.values()).toEqual([...numbers(20), ...numbers(60)])

    for (const { after, disk, metadata, expected } of crashes) {
      // The metadata may have been told when the broker died, and not have been heard of any more.
      for (const directoryId of new Set([metadata.directoryId, room.metadata.directoryId])) {
        const again = start(testIo({ fs: new FaultyFileSystem(copyOf(disk)) }), { ...metadata, directoryId })
        expect(again.values(), after).toEqual(expected)
        again.put('more')
        again.moves.start()
        const isOnItsWay = [...again.logs.futures()].length > 0
        const where = isOnItsWay ? to : pathOf(again)
        await arrive(again, where ?? '')
        expect([from, to]).toContain(pathOf(again))
        expect(again.values(), after).toEqual([...expected, 'more'])
        expect([...again.logs.futures()]).toEqual([])
        again.put('and more')
        expect(again.partition.log.logEndOffset, after).toBe(expected.length + 2)
      }
    }
  })

  test('that cut the tail of the log makes the move begin anew', async () => {
    const room = start()
    for (const number of numbers(30)) room.put(number)
    const to = otherOf(pathOf(room))
    // It has arrived, and nobody has been told.
    const held = { until: new Promise<void>(() => undefined) }
    room.io.fs.decide = ({ operation }) => (operation === 'sync' ? held : undefined)
    room.moves.alter(THERE, to)
    for (let i = 0; i < 100; i++) {
      room.io.clock.advance(1)
      await turn()
    }
    const [future] = room.logs.futures()
    expect(future?.logEndOffset).toBe(30)
    const disk = copyOf(room.io.fs.inner)
    const log = `${room.partition.log.segments.at(-1)?.path}`
    disk.open(log).truncate(disk.stat(log).size - 1)

    const again = start(testIo({ fs: new FaultyFileSystem(disk) }), { ...room.metadata })
    const left = again.values()
    expect(left.length).toBeLessThan(30)
    again.put('other', 'records')
    again.moves.start()
    await arrive(again, to)
    expect(again.values()).toEqual([...left, 'other', 'records'])
  })
})

describe('a directory that fails', () => {
  test('on the way leaves the replica where it was', async () => {
    const room = start()
    room.put(...numbers(10))
    const [from, to] = [pathOf(room), otherOf(pathOf(room))]
    room.moves.alter(THERE, to)
    room.io.fs.decide = ({ operation, path }) =>
      path.startsWith(to) && operation === 'write' ? { code: 'ENOSPC' } : undefined
    await room.settle()
    expect(pathOf(room)).toBe(from)
    expect(room.partition.log.isOffline).toBe(false)
    room.put('still served')
    expect(room.values().at(-1)).toBe('still served')
    expect(() => room.moves.alter(THERE, to)).toThrow(new KafkaError('KAFKA_STORAGE_ERROR'))
  })

  test('when it takes over leaves the replica where it was', async () => {
    const room = start()
    room.put(...numbers(10))
    const [from, to] = [pathOf(room), otherOf(pathOf(room))]
    room.io.fs.decide = ({ operation, path }) =>
      path.startsWith(to) && operation === 'rename' ? { code: 'EIO' } : undefined
    room.moves.alter(THERE, to)
    await room.settle()
    expect(pathOf(room)).toBe(from)
    room.put('still served')
    expect(room.values()).toEqual([...numbers(10), 'still served'])
  })
})

describe('a log that changes on its way', () => {
  test('and begins later than what was to be copied, is begun anew', async () => {
    const room = start()
    for (const number of numbers(30)) room.put(number)
    const to = otherOf(pathOf(room))
    room.moves.alter(THERE, to)
    const { log } = room.partition
    log.advanceLogStartOffset(25)
    const count = log.countOld(0, (_, next) => next !== undefined && next.baseOffset <= 25)
    for (const file of log.dropSegments(count)) room.io.fs.remove(file)
    await arrive(room, to)
    expect(room.partition.log.logStartOffset).toBe(25)
    expect(room.values().slice(-5)).toEqual(numbers(30).slice(-5))
  })

  test('and is called off when the metadata had been told, is told back', async () => {
    const room = start()
    room.put(...numbers(5))
    const [from, to] = [pathOf(room), otherOf(pathOf(room))]
    const before = room.metadata.directoryId
    room.moves.alter(THERE, to)
    for (let i = 0; i < 100 && room.metadata.directoryId === before; i++) {
      room.io.clock.advance(1)
      await turn()
      room.put('x')
    }
    expect(room.metadata.directoryId).not.toBe(before)
    room.moves.alter(THERE, from ?? '')
    await room.settle()
    expect(pathOf(room)).toBe(from)
    expect(room.metadata.directoryId).toBe(before)
  })
})
