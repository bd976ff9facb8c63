// All logs of a broker: where a new one goes, what is written down of them, what goes when it is old, and what a directory
// that fails takes with it.
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type BrokerConfig, loadBrokerConfig, resolveTopicConfig } from '../config/index.ts'
import { copyTree, FaultyFileSystem, MemoryFileSystem } from '../io/index.ts'
import { type TestIo, testIo } from '../io/testing.ts'
import type { KafkaError } from '../wire/index.ts'
import { encodeBatch, readRecords } from '../wire/records/index.ts'
import type { LogDirectory } from './log-directory.ts'
import { LogManager } from './log-manager.ts'
import { openDirectories } from './open-directories.ts'
import type { PartitionLog } from './partition-log.ts'

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

interface Opened {
  readonly io: TestIo
  readonly logs: LogManager
  readonly directories: readonly LogDirectory[]
  readonly failed: string[]
  readonly topics: Map<string, Record<string, string>>
  /** Replaces the broker's configs. */
  configure(configs: Record<string, string>): void
  close(): Promise<void>
}

interface Options {
  readonly io?: TestIo
  readonly configs?: Record<string, string>
  readonly paths?: readonly string[]
  readonly topics?: Map<string, Record<string, string>>
  readonly known?: (topic: string) => boolean
}

/** A broker's logs, loaded and begun. */
function open({
  io = testIo(),
  configs = {},
  paths = ['/a'],
  topics = new Map(),
  known = () => true,
}: Options = {}): Opened {
  const load = (more: Record<string, string>): BrokerConfig =>
    loadBrokerConfig({ overrides: { 'log.dirs': paths.join(), 'log.cleaner.backoff.ms': '1000', ...configs, ...more } })
  let config = load({})
  const { directories } = openDirectories(io, paths, { nodeId: 1 })
  const failed: string[] = []
  const logs = new LogManager({
    io,
    directories,
    config: () => config,
    topicConfig: (topic) => resolveTopicConfig(new Map(Object.entries(topics.get(topic) ?? {})), config),
    onDirectoryFailure: ({ path }) => failed.push(path),
  })
  for (const directory of directories) if (!directory.isOffline) directory.removeCleanShutdownMarker()
  logs.load(known)
  for (const log of logs.logs()) follow(log)
  logs.start()
  const configure = (more: Record<string, string>): void => {
    config = load(more)
    logs.configureBroker()
    for (const topic of new Set(Array.from(logs.logs(), (log) => log.topicPartition.topic))) logs.configure(topic)
  }
  const close = async (): Promise<void> => {
    const closed = logs.close(1)
    io.clock.endTurn()
    await closed
    for (const directory of directories) directory.unlock()
  }
  return { io, logs, directories, failed, topics, configure, close }
}

/** As its only replica does. */
function follow(log: PartitionLog): PartitionLog {
  log.onWritten = () => log.setHighWatermark(log.writtenOffset)
  log.setHighWatermark(log.logEndOffset)
  return log
}

function create({ logs }: Opened, topic: string, directoryId?: string): PartitionLog {
  return follow(logs.getOrCreate({ topic, partition: 0 }, TOPIC_ID, directoryId))
}

/** What is left on the disk after a kill, for another broker to start on. */
function killed({ io }: Opened): TestIo {
  const copy = new MemoryFileSystem()
  for (const path of io.fs.inner.list('/')) copyTree(io.fs.inner, copy, `/${path}`)
  return testIo({ fs: new FaultyFileSystem(copy), nowMs: io.clock.now() })
}

function put(opened: Opened, log: PartitionLog, keys: readonly string[], { ageMs = 0, bytes = 10 } = {}): void {
  const timestamp = opened.io.clock.now() - ageMs
  const records = keys.map((key) => ({ key: Buffer.from(key), value: Buffer.alloc(bytes), timestamp }))
  log.append(encodeBatch({ records }), { leaderEpoch: 0, origin: 'client' }, () => undefined)
  opened.io.clock.endTurn()
}

function keysIn(log: PartitionLog): string[] {
  return Array.from(log.wholeBatches(log.logStartOffset), ({ buffer, at }) =>
    readRecords(buffer, at).map(({ key }) => String(key)),
  ).flat()
}

function codeOf(attempt: () => unknown): string {
  try {
    attempt()
    return 'NONE'
  } catch (error) {
    return (error as KafkaError).codeName
  }
}

/** Lets time pass, and what is done in slices be done. */
async function pass({ io }: Opened, ms: number): Promise<void> {
  const steps = 20
  for (let i = 0; i < steps; i++) {
    io.clock.advance(ms / steps)
    await turn()
  }
}

function checkpoint({ io }: Opened, name: string, directory = '/a'): string[] {
  const path = join(directory, `${name}-checkpoint`)
  return io.fs.exists(path) ? io.fs.readFile(path).toString().trim().split('\n').slice(2) : []
}

describe('A new log', () => {
  test('goes into the directory with the fewest logs', () => {
    const opened = open({ paths: ['/a', '/b', '/c'] })
    for (let i = 0; i < 9; i++) create(opened, `topic-${i}`)
    expect(opened.directories.map((directory) => opened.logs.logsIn(directory).length)).toEqual([3, 3, 3])
  })

  test('goes into no directory that is cordoned, unless all are', () => {
    const opened = open({ paths: ['/a', '/b'], configs: { 'cordoned.log.dirs': '/a' } })
    for (let i = 0; i < 4; i++) create(opened, `topic-${i}`)
    expect(opened.directories.map((directory) => opened.logs.logsIn(directory).length)).toEqual([0, 4])
    opened.configure({ 'cordoned.log.dirs': '*' })
    create(opened, 'other')
    expect(opened.directories.map((directory) => opened.logs.logsIn(directory).length)).toEqual([1, 4])
  })

  test('goes where the metadata says that it is', () => {
    const opened = open({ paths: ['/a', '/b'] })
    const [, b] = opened.directories
    const log = create(opened, 'topic', b?.id)
    expect(log.directory).toBe('/b/topic-0')
    expect(create(opened, 'lost', 'AAAAAAAAAAAAAAAAAAAAAg').directory).toBe('/a/lost-0')
  })

  test('is not made where it may be in a directory that is offline', () => {
    const opened = open({ paths: ['/a', '/b'] })
    const [, b] = opened.directories
    const known = b?.id
    opened.io.fs.decide = ({ path }) => (path.startsWith('/b') ? { code: 'EIO' } : undefined)
    expect(create(opened, 'new', undefined).directory).toBe('/a/new-0')
    expect(create(opened, 'newer', undefined).directory).toBe('/a/newer-0')
    expect(opened.failed).toEqual(['/b'])
    expect(codeOf(() => create(opened, 'old', known))).toBe('KAFKA_STORAGE_ERROR')
    expect(create(opened, 'newest', undefined).directory).toBe('/a/newest-0')
  })

  test('is refused where every directory fails', () => {
    const opened = open({ paths: ['/a', '/b'] })
    opened.io.fs.decide = ({ operation }) => (operation === 'makeDirectory' ? { code: 'EROFS' } : undefined)
    expect(codeOf(() => create(opened, 'topic'))).toBe('KAFKA_STORAGE_ERROR')
    expect(opened.failed).toEqual(['/a', '/b'])
  })
})

describe('A log that was deleted', () => {
  test('leaves its files for log.segment.delete.delay.ms, whatever its topic says', async () => {
    const topics = new Map([['topic', { 'file.delete.delay.ms': '5' }]])
    const opened = open({ topics, configs: { 'log.segment.delete.delay.ms': '5000' } })
    create(opened, 'topic')
    opened.logs.delete('topic', 0)
    const deleted = () => opened.io.fs.list('/a').filter((name) => name.endsWith('-delete'))
    expect(deleted()).toHaveLength(1)
    opened.io.clock.advance(4999)
    expect(deleted()).toHaveLength(1)
    opened.io.clock.advance(1)
    expect(deleted()).toEqual([])
  })

  test('has its files removed later where a restart comes before', async () => {
    const opened = open()
    create(opened, 'topic')
    opened.logs.delete('topic', 0)
    const after = open({ io: killed(opened) })
    const deleted = () => after.io.fs.list('/a').filter((name) => name.endsWith('-delete'))
    expect(deleted()).toHaveLength(1)
    after.io.clock.advance(MINUTE_MS)
    expect(deleted()).toEqual([])
  })

  test('leaves no checkpoint that a new one of its name could take for its own', () => {
    const opened = open()
    const old = create(opened, 'topic')
    for (let i = 0; i < 10; i++) put(opened, old, ['k'])
    old.advanceLogStartOffset(10)
    old.cleanedUpTo = 9
    for (const kind of ['recoveryPoint', 'logStartOffset', 'cleanedUpTo'] as const) opened.logs.checkpoint(kind)
    expect(checkpoint(opened, 'log-start-offset')).toEqual(['topic 0 10'])
    opened.logs.delete('topic', 0)
    put(opened, create(opened, 'topic'), ['new'])
    const after = open({ io: killed(opened) })
    expect(after.logs.get('topic', 0)?.logStartOffset).toBe(0)
    expect(after.logs.get('topic', 0)?.cleanedUpTo).toBeUndefined()
    expect(keysIn(after.logs.get('topic', 0) as PartitionLog)).toEqual(['new'])
  })
})

describe('At the start', () => {
  test('logs are what they were, and where their checkpoints say', async () => {
    const opened = open()
    const log = create(opened, 'topic')
    for (let i = 0; i < 10; i++) put(opened, log, [`${i}`])
    log.advanceLogStartOffset(4)
    log.cleanedUpTo = 7
    opened.logs.checkpoint('cleanedUpTo')
    await opened.close()
    const after = open({ io: killed(opened) }).logs.get('topic', 0)
    expect(after).toMatchObject({ logStartOffset: 4, logEndOffset: 10, cleanedUpTo: 7 })
  })

  test('the log of a topic that nobody knows is put aside, not deleted', () => {
    const opened = open()
    put(opened, create(opened, 'gone'), ['k'])
    const after = open({ io: killed(opened), known: () => false })
    const [stray] = after.io.fs.list('/a').filter((name) => /^gone-0\.[0-9a-f]{32}-stray$/.test(name))
    expect(after.logs.get('gone', 0)).toBeUndefined()
    expect(after.io.fs.list(`/a/${stray}`)).toContain('00000000000000000000.log')
    // It stays there, and is in nobody's way.
    expect(create(after, 'gone').logEndOffset).toBe(0)
    const again = open({ io: killed(after) })
    expect(again.io.fs.list('/a')).toContain(stray)
  })

  test('checkpoints that cannot be understood are as none', () => {
    const opened = open()
    put(opened, create(opened, 'topic'), ['a', 'b'])
    const io = killed(opened)
    for (const name of ['recovery-point-offset', 'log-start-offset', 'cleaner-offset']) {
      io.fs.replaceFile(`/a/${name}-checkpoint`, 'no checkpoint\n')
    }
    const after = open({ io })
    expect(keysIn(after.logs.get('topic', 0) as PartitionLog)).toEqual(['a', 'b'])
    expect(io.lines.filter(({ level }) => level === 'warn')).toHaveLength(3)
  })

  test('a directory that cannot be read is offline, and the others are loaded', () => {
    const before = open({ paths: ['/a', '/b', '/c'] })
    for (const topic of ['a', 'b', 'c']) put(before, create(before, topic), ['k'])
    const io = killed(before)
    io.fs.decide = ({ path, operation }) =>
      (path.startsWith('/b') && operation === 'open') || (path.startsWith('/c') && operation === 'list')
        ? { code: 'EIO' }
        : undefined
    const opened = open({ io, paths: ['/a', '/b', '/c'] })
    expect(opened.directories.map(({ isOffline }) => isOffline)).toEqual([false, true, true])
    expect(Array.from(opened.logs.logs(), ({ name }) => name)).toEqual(['a-0'])
    expect(opened.failed).toEqual(['/c'])
  })

  test('a log in two directories is refused', () => {
    const opened = open({ paths: ['/a', '/b'] })
    create(opened, 'topic')
    const io = killed(opened)
    for (const name of io.fs.list('/a/topic-0')) {
      io.fs.makeDirectory('/b/topic-0')
      io.fs.replaceFile(`/b/topic-0/${name}`, io.fs.readFile(`/a/topic-0/${name}`))
    }
    expect(() => open({ io, paths: ['/a', '/b'] })).toThrow('topic-0 has a log in /a/topic-0 and in /b/topic-0')
  })
})

describe('Old records', () => {
  const small = { 'internal.segment.bytes': '500' }

  test('are looked for after log.initial.task.delay.ms, then every log.retention.check.interval.ms', () => {
    const topics = new Map([['topic', { 'retention.ms': '1000' }]])
    const configs = { 'log.initial.task.delay.ms': '700', 'log.retention.check.interval.ms': '2000' }
    const opened = open({ topics, configs })
    const log = create(opened, 'topic')
    put(opened, log, ['a'], { ageMs: HOUR_MS })
    opened.io.clock.advance(699)
    expect(log.logStartOffset).toBe(0)
    opened.io.clock.advance(1)
    expect(log.logStartOffset).toBe(1)
    put(opened, log, ['b'], { ageMs: HOUR_MS })
    opened.io.clock.advance(1999)
    expect(log.logStartOffset).toBe(1)
    opened.io.clock.advance(1)
    expect(log.logStartOffset).toBe(2)
  })

  test.each([
    [{ 'log.retention.hours': '2' }, 2 * HOUR_MS],
    [{ 'log.retention.hours': '2', 'log.retention.minutes': '30' }, 30 * MINUTE_MS],
    [{ 'log.retention.hours': '2', 'log.retention.minutes': '30', 'log.retention.ms': '5000' }, 5000],
    [{ 'log.retention.hours': '-1' }, undefined],
    [{ 'log.retention.hours': '2', 'log.retention.ms': '-1' }, undefined],
  ])('go after %o', (configs, retentionMs) => {
    const opened = open({ configs })
    const log = create(opened, 'topic')
    put(opened, log, ['a'], { ageMs: (retentionMs ?? 1e9) - 1000 })
    opened.logs.applyRetention()
    expect(log.logStartOffset).toBe(0)
    opened.io.clock.advance(1001)
    opened.logs.applyRetention()
    expect(log.logStartOffset).toBe(retentionMs === undefined ? 0 : 1)
  })

  test('go as their topic says, rather than as the broker does', () => {
    const topics = new Map([['topic', { 'retention.ms': '3600000' }]])
    const opened = open({ topics, configs: { 'log.retention.ms': '1000' } })
    const [own, common] = [create(opened, 'topic'), create(opened, 'other')]
    for (const log of [own, common]) put(opened, log, ['a'], { ageMs: MINUTE_MS })
    opened.logs.applyRetention()
    expect([own.logStartOffset, common.logStartOffset]).toEqual([0, 1])
  })

  test('go by their own time; a segment with one that is young enough stays', () => {
    const topics = new Map([['topic', { 'retention.ms': '1000', ...small }]])
    const opened = open({ topics })
    const log = create(opened, 'topic')
    for (const ageMs of [HOUR_MS, 100, HOUR_MS, HOUR_MS]) {
      put(opened, log, ['k'], { ageMs })
      log.roll()
    }
    opened.logs.applyRetention()
    expect(log.logStartOffset).toBe(1)
  })

  test('go by the time of their file where they have none', () => {
    const topics = new Map([['topic', { 'retention.ms': '1000' }]])
    const opened = open({ topics })
    const log = create(opened, 'topic')
    put(opened, log, ['k'], { ageMs: opened.io.clock.now() + 1 })
    opened.logs.applyRetention()
    expect(log.logStartOffset).toBe(0)
    opened.io.clock.advance(1001)
    opened.logs.applyRetention()
    expect(log.logStartOffset).toBe(1)
  })

  test('go above retention.bytes, and then by time, in one round', () => {
    const topics = new Map([['topic', { 'retention.ms': '1000', 'retention.bytes': '500', ...small }]])
    const opened = open({ topics })
    const log = create(opened, 'topic')
    // Young, old, young: the first goes by size, and only then the second by time.
    for (const ageMs of [0, HOUR_MS, 0]) {
      put(opened, log, ['k'], { ageMs, bytes: 200 })
      log.roll()
    }
    opened.logs.applyRetention()
    expect(log.logStartOffset).toBe(2)
  })

  test('leave their files for file.delete.delay.ms', async () => {
    const topics = new Map([['topic', { 'retention.ms': '1000', 'file.delete.delay.ms': '7000' }]])
    const opened = open({ topics })
    const log = create(opened, 'topic')
    put(opened, log, ['k'], { ageMs: HOUR_MS })
    opened.logs.applyRetention()
    const deleted = () => opened.io.fs.list(log.directory).filter((name) => name.endsWith('.deleted'))
    expect(deleted()).toEqual([
      '00000000000000000000.log.deleted',
      '00000000000000000000.index.deleted',
      '00000000000000000000.timeindex.deleted',
    ])
    opened.io.clock.advance(6999)
    expect(deleted()).toHaveLength(3)
    opened.io.clock.advance(1)
    await turn()
    expect(deleted()).toEqual([])
  })

  test('do not come back, at whatever step of their deletion the broker is killed', () => {
    const topics = new Map([['topic', { 'retention.ms': '1000', ...small }]])
    const opened = open({ topics })
    const log = create(opened, 'topic')
    for (let i = 0; i < 12; i++) put(opened, log, [`${i}`], { ageMs: HOUR_MS, bytes: 150 })
    put(opened, log, ['young'])
    const moments: TestIo[] = []
    opened.io.fs.decide = ({ operation }) => {
      if (['rename', 'remove', 'replaceFile', 'open', 'write'].includes(operation)) moments.push(killed(opened))
      return undefined
    }
    opened.logs.applyRetention()
    opened.io.fs.decide = () => undefined
    const begin = log.logStartOffset
    expect(begin).toBeGreaterThan(8)
    expect(moments.length).toBeGreaterThan(10)
    let deleting = false
    for (const io of [...moments, killed(opened)]) {
      const after = open({ io, topics }).logs.get('topic', 0) as PartitionLog
      // Nothing, or all of it at once; never back again.
      if (deleting) expect(after.logStartOffset).toBe(begin)
      else expect([0, begin]).toContain(after.logStartOffset)
      deleting = after.logStartOffset === begin
      expect(keysIn(after).at(-1)).toBe('young')
    }
    expect(deleting).toBe(true)
  })

  test('of a log that is compacted are the cleaner’s to delete', async () => {
    const topics = new Map([['topic', { 'cleanup.policy': 'compact,delete', 'retention.ms': '1000' }]])
    const opened = open({ topics, configs: { 'log.cleaner.backoff.ms': '60000' } })
    const log = create(opened, 'topic')
    await pass(opened, 20)
    put(opened, log, ['k'], { ageMs: HOUR_MS })
    opened.logs.applyRetention()
    expect(log.logStartOffset).toBe(0)
    await pass(opened, MINUTE_MS)
    expect(log.logStartOffset).toBe(1)
  })

  test('stay for ever without a cleanup.policy, but for what is before the log’s beginning', () => {
    const topics = new Map([['topic', { 'cleanup.policy': '', 'retention.ms': '1000', ...small }]])
    const opened = open({ topics })
    const log = create(opened, 'topic')
    for (let i = 0; i < 6; i++) put(opened, log, [`${i}`], { ageMs: HOUR_MS, bytes: 200 })
    opened.logs.applyRetention()
    expect(log.segments[0]?.baseOffset).toBe(0)
    log.advanceLogStartOffset(4)
    opened.logs.applyRetention()
    expect(log.logStartOffset).toBe(4)
    expect(log.segments[0]?.baseOffset).toBeGreaterThan(0)
  })
})

describe('Configs that change while the broker runs', () => {
  test('cleanup.policy: from delete to compact and back', async () => {
    const opened = open({ configs: { 'log.cleaner.backoff.ms': '100' } })
    opened.topics.set('topic', { 'min.cleanable.dirty.ratio': '0', 'retention.ms': String(HOUR_MS) })
    const alter = (policy: string) => {
      opened.topics.set('topic', { ...opened.topics.get('topic'), 'cleanup.policy': policy })
      opened.logs.configure('topic')
    }
    const log = create(opened, 'topic')
    const fill = () => {
      for (const key of ['a', 'b', 'a']) put(opened, log, [key])
      log.roll()
    }
    fill()
    await pass(opened, 500)
    expect(keysIn(log)).toEqual(['a', 'b', 'a'])
    alter('compact')
    await pass(opened, 500)
    expect(keysIn(log)).toEqual(['b', 'a'])
    expect(checkpoint(opened, 'cleaner-offset')).toEqual(['topic 0 3'])
    alter('delete')
    fill()
    await pass(opened, 500)
    expect(keysIn(log)).toEqual(['b', 'a', 'a', 'b', 'a'])
    opened.io.clock.advance(HOUR_MS + 1000)
    opened.logs.applyRetention()
    expect(log.logStartOffset).toBe(6)
    alter('compact')
    fill()
    await pass(opened, 500)
    expect(keysIn(log)).toEqual(['b', 'a'])
  })

  test('the broker’s configs of logs, in every log that does not say otherwise', async () => {
    const opened = open()
    opened.topics.set('own', { 'segment.bytes': '2000000', 'retention.ms': '-1' })
    const [own, common] = [create(opened, 'own'), create(opened, 'common')]
    opened.configure({
      'log.segment.bytes': '1048576',
      'log.retention.ms': '1000',
      'log.flush.interval.messages': '3',
      'log.message.timestamp.type': 'LogAppendTime',
      'min.insync.replicas': '2',
      'compression.type': 'gzip',
      'message.max.bytes': '1000',
    })
    expect(common.config).toMatchObject({
      segmentBytes: 1_048_576,
      retentionMs: 1000,
      flushMessages: 3,
      messageTimestampType: 'LogAppendTime',
      minInsyncReplicas: 2,
      compressionType: 'gzip',
      maxMessageBytes: 1000,
    })
    expect(own.config).toMatchObject({ segmentBytes: 2_000_000, retentionMs: -1, flushMessages: 3 })
    for (const log of [own, common]) put(opened, log, ['k'], { ageMs: HOUR_MS, bytes: 300 })
    expect(common.recoveryPoint).toBe(0)
    for (let i = 0; i < 2; i++) put(opened, common, ['k'])
    expect(common.recoveryPoint).toBe(3)
    expect(codeOf(() => put(opened, common, ['k'], { bytes: 2000 }))).toBe('MESSAGE_TOO_LARGE')
    opened.io.clock.advance(2000)
    opened.logs.applyRetention()
    expect([own.logStartOffset, common.logStartOffset]).toEqual([0, 3])
  })

  test('flush.ms, at every log.flush.scheduler.interval.ms', async () => {
    const opened = open({ configs: { 'log.flush.scheduler.interval.ms': '1000', 'log.initial.task.delay.ms': '0' } })
    opened.topics.set('topic', { 'flush.ms': '5000' })
    const log = create(opened, 'topic')
    put(opened, log, ['k'])
    await pass(opened, 4000)
    expect(log.recoveryPoint).toBe(0)
    opened.topics.set('topic', { 'flush.ms': '2000' })
    opened.logs.configure('topic')
    await pass(opened, 1000)
    expect(log.recoveryPoint).toBe(1)
  })

  test('segment.bytes, segment.ms and preallocate, with the next segment', () => {
    const opened = open()
    const log = create(opened, 'topic')
    const set = (configs: Record<string, string>) => {
      opened.topics.set('topic', configs)
      opened.logs.configure('topic')
    }
    for (let i = 0; i < 5; i++) put(opened, log, ['k'], { bytes: 200 })
    expect(log.segments).toHaveLength(1)
    set({ 'internal.segment.bytes': '600' })
    put(opened, log, ['k'], { bytes: 200 })
    expect(log.segments).toHaveLength(2)
    set({ 'segment.ms': '1000' })
    opened.io.clock.advance(1001)
    put(opened, log, ['k'], { bytes: 200 })
    expect(log.segments).toHaveLength(3)
    const sizes: number[] = []
    set({ 'internal.segment.bytes': '600', preallocate: 'true' })
    const { inner } = opened.io.fs
    const openFile = inner.open.bind(inner)
    inner.open = (path, options) => {
      const file = openFile(path, options)
      return Object.assign(file, { preallocate: (size: number) => sizes.push(size) })
    }
    for (let i = 0; i < 3; i++) put(opened, log, ['k'], { bytes: 200 })
    expect(sizes).toEqual([600])
  })
})

describe('A directory that fails', () => {
  test.each(['ENOSPC', 'EIO', 'EROFS'] as const)('with %s takes its logs with it, and no others', (code) => {
    const opened = open({ paths: ['/a', '/b'] })
    const [good, bad] = [create(opened, 'good'), create(opened, 'bad')]
    expect(bad.directory).toBe('/b/bad-0')
    for (const log of [good, bad]) put(opened, log, ['kept'])
    opened.io.fs.decide = ({ path, operation }) =>
      path.startsWith('/b') && operation === 'write' ? { code, tornAfterBytes: 7 } : undefined
    const told: (string | undefined)[] = []
    const records = encodeBatch({ records: [{ key: null, value: null, timestamp: 1 }] })
    bad.append(records, { leaderEpoch: 0, origin: 'client' }, (error) => told.push(error?.codeName))
    opened.io.clock.endTurn()
    expect(told).toEqual(['KAFKA_STORAGE_ERROR'])
    expect(opened.failed).toEqual(['/b'])
    expect(codeOf(() => put(opened, bad, ['refused']))).toBe('KAFKA_STORAGE_ERROR')
    expect(codeOf(() => bad.read(0, { maxBytes: 1, minOneBatch: true, endOffset: 1 }))).toBe('KAFKA_STORAGE_ERROR')
    put(opened, good, ['more'])
    expect(keysIn(good)).toEqual(['kept', 'more'])
    expect(opened.io.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
    const after = open({ io: killed(opened), paths: ['/a', '/b'] })
    expect(keysIn(after.logs.get('bad', 0) as PartitionLog)).toEqual(['kept'])
  })

  test('is noticed at the next checkpoint where it was taken away', () => {
    const opened = open({ paths: ['/a', '/b'] })
    for (const topic of ['one', 'two']) put(opened, create(opened, topic), ['k'])
    opened.io.fs.inner.rename('/b', '/elsewhere')
    opened.io.clock.advance(5000)
    expect(opened.failed).toEqual(['/b'])
    expect(opened.logs.get('two', 0)?.isOffline).toBe(true)
    expect(opened.logs.get('one', 0)?.isOffline).toBe(false)
  })

  test('is told of once, whatever else fails in it', async () => {
    const opened = open({ paths: ['/a', '/b'] })
    const logs = ['one', 'two', 'three', 'four'].map((topic) => create(opened, topic))
    for (const log of logs) put(opened, log, ['k'])
    opened.io.fs.decide = ({ path }) => (path.startsWith('/b') ? { code: 'EIO' } : undefined)
    for (const log of logs) if (!log.isOffline) codeOf(() => log.roll())
    opened.logs.applyRetention()
    opened.io.clock.advance(MINUTE_MS)
    await opened.close()
    expect(opened.failed).toEqual(['/b'])
    expect(opened.io.fs.inner.exists('/a/.kafka_cleanshutdown')).toBe(true)
    expect(opened.io.fs.inner.exists('/b/.kafka_cleanshutdown')).toBe(false)
  })

  test('at any operation whatever, leaves every acknowledged record to be found after a restart', async () => {
    // Each operation of a short life fails once.
    const life = async (failAt: number) => {
      const topics = new Map([['topic', { 'internal.segment.bytes': '400', 'index.interval.bytes': '100' }]])
      const opened = open({ topics, paths: ['/a', '/b'] })
      create(opened, 'first')
      const log = create(opened, 'topic')
      let operations = 0
      opened.io.fs.decide = ({ path }) =>
        path.startsWith('/b') && operations++ === failAt ? { code: 'EIO' } : undefined
      const acknowledged: string[] = []
      const errors = new Set<string>()
      for (let i = 0; i < 12; i++) {
        const records = [{ key: Buffer.from(`${i}`), value: Buffer.alloc(60), timestamp: opened.io.clock.now() }]
        const code = codeOf(() => {
          log.append(encodeBatch({ records }), { leaderEpoch: Math.floor(i / 4), origin: 'client' }, (error) => {
            if (error === undefined) acknowledged.push(`${i}`)
            else errors.add(error.codeName)
          })
        })
        if (code !== 'NONE') errors.add(code)
        opened.io.clock.endTurn()
        // Flushes are over.
        await turn()
      }
      const read = codeOf(() => log.read(3, { maxBytes: 100, minOneBatch: true, endOffset: log.writtenOffset }))
      if (read !== 'NONE' && read !== 'OFFSET_OUT_OF_RANGE') errors.add(read)
      expect(
        [...errors].filter((code) => code !== 'KAFKA_STORAGE_ERROR'),
        `operation ${failAt}`,
      ).toEqual([])
      const io = killed(opened)
      const after = open({ io, topics, paths: ['/a', '/b'] }).logs.get('topic', 0) as PartitionLog
      expect(keysIn(after).slice(0, acknowledged.length), `operation ${failAt}`).toEqual(acknowledged)
      return { isOver: operations <= failAt, isOffline: opened.failed.length > 0 }
    }
    let offline = 0
    for (let failAt = 0; ; failAt++) {
      const { isOver, isOffline } = await life(failAt)
      if (isOffline) offline++
      if (isOver) break
    }
    expect(offline).toBeGreaterThan(40)
  })
})
