// The log cleaner at work: which log it takes, what stops it, what it does about what goes wrong, and the thread that it
// has beside the loop.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { loadBrokerConfig } from '../config/index.ts'
import { FaultyFileSystem, RealFileSystem } from '../io/index.ts'
import { testIo } from '../io/testing.ts'
import { DecodeError } from '../wire/index.ts'
import { encodeBatch, readRecords } from '../wire/records/index.ts'
import type { MapStep } from './cleaner.ts'
import { CleaningEnded, startCleaningThread } from './cleaning-thread.ts'
import { append, clean, DIRECTORY, type OpenedLog, openCleaner, openLog } from './testing.ts'
import { Throttle } from './throttle.ts'

const COMPACT = { 'cleanup.policy': 'compact', 'internal.segment.bytes': '2000', 'min.cleanable.dirty.ratio': '0.5' }

/** Keys over and over, in a few segments. */
function fill(opened: OpenedLog, { keys = 5, batches = 40 } = {}): void {
  for (let i = 0; i < batches; i++) {
    const timestamp = opened.io.clock.now()
    const record = { key: Buffer.from(`key-${i % keys}`), value: Buffer.from(`${i}`.padStart(100)), timestamp }
    append(opened, encodeBatch({ records: [record] }))
  }
  opened.log.roll()
}

function countOf({ log }: OpenedLog): number {
  return Array.from(log.wholeBatches(0), ({ buffer, at }) => readRecords(buffer, at).length).reduce((a, b) => a + b, 0)
}

function latestOf({ log }: OpenedLog): Map<string, string> {
  const records = Array.from(log.wholeBatches(0), ({ buffer, at }) => readRecords(buffer, at)).flat()
  return new Map(records.map(({ key, value }) => [String(key), String(value)]))
}

function leftovers({ io }: OpenedLog): string[] {
  return io.fs.list(DIRECTORY).filter((name) => /cleaned|swap/.test(name))
}

describe('The cleaner', () => {
  test('takes the log that is dirtiest first', async () => {
    const io = testIo()
    const logs = ['a', 'b', 'c'].map((topic) => openLog({ io, topic, configs: COMPACT }))
    for (const opened of logs) fill(opened)
    const [, b, c] = logs
    if (b === undefined || c === undefined) throw new Error('three logs')
    b.log.cleanedUpTo = 20
    c.log.cleanedUpTo = 10
    const { cleaner, run } = openCleaner(logs)
    cleaner.start()
    await run()
    const cleaned = io.lines.filter(({ message }) => message === 'a log was cleaned')
    expect(cleaned.map(({ details }) => (details as { log: string }).log)).toEqual(['a-0', 'c-0', 'b-0'])
    await cleaner.close()
  })

  test('leaves logs alone that are not compacted, or are offline', async () => {
    const io = testIo()
    const deleting = openLog({ io, topic: 'a', configs: { ...COMPACT, 'cleanup.policy': 'delete' } })
    const offline = openLog({ io, topic: 'b', configs: COMPACT })
    fill(deleting)
    fill(offline)
    offline.log.takeOffline()
    const { cleaner, run } = openCleaner([deleting, offline])
    cleaner.start()
    await run()
    await cleaner.close()
    expect(countOf(deleting)).toBe(40)
    expect(offline.log.cleanedUpTo).toBeUndefined()
  })

  test('looks again after log.cleaner.backoff.ms', async () => {
    const opened = openLog({ configs: COMPACT })
    const { cleaner, run } = openCleaner([opened], { configs: { 'log.cleaner.backoff.ms': '15000' } })
    cleaner.start()
    await run()
    fill(opened)
    opened.io.clock.advance(14_000)
    await run()
    expect(opened.log.cleanedUpTo).toBeUndefined()
    opened.io.clock.advance(1000)
    await run()
    expect(opened.log.cleanedUpTo).toBe(40)
    await cleaner.close()
  })

  test('removes what is too old of a log with both policies, and only what is before its beginning of others', async () => {
    const io = testIo()
    const both = openLog({
      io,
      topic: 'a',
      configs: { ...COMPACT, 'cleanup.policy': 'compact,delete', 'retention.ms': '1000' },
    })
    const compacted = openLog({ io, topic: 'b', configs: { ...COMPACT, 'retention.ms': '1000' } })
    for (const opened of [both, compacted]) fill(opened, { keys: 1000 })
    io.clock.advance(60_000)
    compacted.log.advanceLogStartOffset(20)
    const { cleaner, run } = openCleaner([both, compacted])
    cleaner.start()
    await run()
    await cleaner.close()
    expect(both.log.logStartOffset).toBe(40)
    expect(compacted.log.logStartOffset).toBe(20)
    expect(compacted.log.segments[0]?.baseOffset).toBeGreaterThan(0)
    expect(compacted.log.segments[0]?.baseOffset).toBeLessThanOrEqual(20)
  })

  test('goes in several rounds where the keys are more than the map takes', async () => {
    const opened = openLog({ configs: { ...COMPACT, 'min.cleanable.dirty.ratio': '0' } })
    const records = (from: number) =>
      Array.from({ length: 20 }, (_, i) => ({ key: Buffer.from(`${from + i}`), value: Buffer.from('x'), timestamp: 1 }))
    for (let i = 0; i < 100; i++) append(opened, encodeBatch({ records: records((i % 50) * 20) }))
    opened.log.roll()
    const before = latestOf(opened)
    // 391 keys at a time.
    const configs = { 'log.cleaner.dedupe.buffer.size': '134217728', 'log.cleaner.io.buffer.load.factor': '0.00007' }
    const { cleaner, run } = openCleaner([opened], { configs })
    cleaner.start()
    await run()
    await cleaner.close()
    expect(opened.log.cleanedUpTo).toBe(2000)
    expect(opened.io.lines.filter(({ message }) => message === 'a log was cleaned').length).toBeGreaterThan(3)
    expect(countOf(opened)).toBe(1000)
    expect(latestOf(opened)).toEqual(before)
  })

  test('keeps within log.cleaner.io.max.bytes.per.second', async () => {
    const opened = openLog({ configs: { ...COMPACT, 'internal.segment.bytes': '2000000' } })
    const value = Buffer.alloc(100_000)
    for (let i = 0; i < 100; i++) {
      append(opened, encodeBatch({ records: [{ key: Buffer.from(`${i}`), value, timestamp: 1 }] }))
    }
    opened.log.roll()
    const { cleaner } = openCleaner([opened], { configs: { 'log.cleaner.io.max.bytes.per.second': '1000000' } })
    const started = opened.io.clock.monotonic()
    cleaner.start()
    // What is done in a slice takes no time here, but every slice begins a little later.
    for (let i = 0; i < 1000 && opened.log.cleanedUpTo === undefined; i++) {
      opened.io.clock.advance(400)
      await new Promise(setImmediate)
    }
    await cleaner.close()
    expect(opened.log.cleanedUpTo).toBe(100)
    // Read twice and written once: 30 MB.
    const seconds = (opened.io.clock.monotonic() - started) / 1000
    expect(seconds).toBeGreaterThan(25)
    expect(seconds).toBeLessThan(45)
  })

  test('begins anew when its configs change', async () => {
    const opened = openLog({ configs: COMPACT })
    let config = loadBrokerConfig({ overrides: { 'log.cleaner.backoff.ms': '1000000' } })
    const { cleaner, run } = openCleaner([opened], { config: () => config })
    cleaner.start()
    await run()
    fill(opened)
    config = loadBrokerConfig({ overrides: { 'log.cleaner.backoff.ms': '1000000', 'log.retention.ms': '5' } })
    cleaner.configure()
    await run()
    expect(opened.log.cleanedUpTo).toBeUndefined()
    config = loadBrokerConfig({ overrides: { 'log.cleaner.backoff.ms': '999' } })
    cleaner.configure()
    await run()
    expect(opened.log.cleanedUpTo).toBe(40)
    await cleaner.close()
  })
})

describe('A cleaning that is called off', () => {
  /** A cleaner in the middle of writing; `resume` lets it go on. */
  async function inTheMiddle() {
    const opened = openLog({ configs: COMPACT })
    fill(opened, { batches: 200 })
    const opening = openCleaner([opened], { configs: { 'log.cleaner.io.max.bytes.per.second': '1' } })
    opening.cleaner.start()
    for (let i = 0; i < 1000 && leftovers(opened).length === 0; i++) {
      opened.io.clock.advance(1e6)
      await new Promise(setImmediate)
    }
    expect(leftovers(opened)).not.toEqual([])
    expect(opening.cleaner.isCleaning(opened.log)).toBe(true)
    return { opened, ...opening }
  }

  const before = 200

  test('leaves the log as it was, and no file', async () => {
    const { opened, cleaner, run } = await inTheMiddle()
    cleaner.callOff(opened.log)
    opened.log.configure(openLog({ configs: { ...COMPACT, 'cleanup.policy': 'delete' } }).log.config)
    await run()
    expect(cleaner.isCleaning(opened.log)).toBe(false)
    expect(leftovers(opened)).toEqual([])
    expect(countOf(opened)).toBe(before)
    expect(opened.log.cleanedUpTo).toBeUndefined()
    await cleaner.close()
  })

  test('is over with the cleaner, at once', async () => {
    const { opened, cleaner, failures } = await inTheMiddle()
    await cleaner.close()
    expect(leftovers(opened)).toEqual([])
    expect(countOf(opened)).toBe(before)
    expect(failures).toEqual([])
    expect(opened.io.clock.timers).toBe(0)
  })

  test('by the log’s end does not bring the directory down', async () => {
    const { opened, cleaner, failures, run } = await inTheMiddle()
    opened.log.takeOffline()
    cleaner.callOff(opened.log)
    opened.io.fs.rename(DIRECTORY, `${DIRECTORY}.0-delete`)
    await run()
    expect(failures).toEqual([])
    expect(opened.io.lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([])
    await cleaner.close()
  })
})

describe('What goes wrong', () => {
  test('a spoiled batch makes the log one that is left alone; other logs are cleaned', async () => {
    const io = testIo()
    const [spoiled, sound] = ['a', 'b'].map((topic) => openLog({ io, topic, configs: COMPACT }))
    if (spoiled === undefined || sound === undefined) throw new Error('two logs')
    fill(spoiled)
    fill(sound)
    const path = spoiled.log.segments[1]?.path ?? ''
    io.fs.open(path).write([Buffer.from([99])], 150)
    const { cleaner, run, failures } = openCleaner([spoiled, sound], { configs: { 'log.cleaner.backoff.ms': '10' } })
    cleaner.start()
    for (let i = 0; i < 20; i++) await run()
    await cleaner.close()
    expect(failures).toEqual([])
    expect(sound.log.cleanedUpTo).toBe(40)
    expect(spoiled.log.cleanedUpTo).toBeUndefined()
    const errors = io.lines.filter(({ level }) => level === 'error')
    expect(errors).toHaveLength(1)
    expect(errors[0]?.details).toMatchObject({ err: expect.any(DecodeError) })
    expect(io.fs.list('/logs/a-0').filter((name) => name.includes('cleaned'))).toEqual([])
  })

  test.each(['write', 'read', 'sync', 'rename', 'open'] as const)(
    'a %s that the system refuses is told of',
    async (refused) => {
      const opened = openLog({ configs: COMPACT })
      fill(opened)
      const before = latestOf(opened)
      const { cleaner, run, failures } = openCleaner([opened])
      opened.io.fs.decide = ({ operation, path }) =>
        operation === refused && (refused === 'read' || path.includes('cleaned')) ? { code: 'EIO' } : undefined
      cleaner.start()
      await run()
      const told = [...failures, ...opened.failures]
      expect(told[0]).toMatchObject({ code: 'EIO' })
      opened.io.fs.decide = () => undefined
      await cleaner.close()
      const after = openLog({ io: opened.io, configs: COMPACT })
      expect(latestOf(after)).toEqual(before)
      expect(leftovers(after)).toEqual([])
    },
  )

  test('files of an older cleaning are removed before a new one', async () => {
    const opened = openLog({ configs: COMPACT })
    fill(opened)
    opened.io.fs.replaceFile(join(DIRECTORY, '00000000000000000003.log.cleaned'), 'x')
    await clean(opened)
    expect(leftovers(opened)).toEqual([])
  })
})

describe('The throttle', () => {
  test('lets work be done at the rate, and not faster', () => {
    let now = 0
    const throttle = new Throttle(1000, () => now)
    expect(throttle.observe(100)).toBe(0)
    now = 400
    expect(throttle.observe(900)).toBe(600)
    now = 1000
    expect(throttle.observe(10)).toBe(0)
    now = 5000
    expect(throttle.observe(100)).toBe(0)
  })
})

describe('The thread beside the loop', () => {
  const directories: string[] = []
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
  })

  /** A log on the disk, and what a thread needs to map its first segments. */
  function onDisk() {
    const directory = mkdtempSync(join(tmpdir(), 'odradek-cleaner-'))
    directories.push(directory)
    const source = openLog({ configs: COMPACT })
    fill(source)
    for (const name of source.io.fs.list(DIRECTORY)) {
      new RealFileSystem().replaceFile(join(directory, name), source.io.fs.readFile(join(DIRECTORY, name)))
    }
    const step: MapStep = {
      type: 'map',
      directory,
      segments: source.log.segments.map(({ baseOffset, size }) => ({ baseOffset, sizeInBytes: size })),
      startOffset: 0,
      endOffset: 40,
      abortedTransactions: [],
      map: { maxBytes: 1 << 20, loadFactor: 0.9, seed: 1 },
      ioBufferBytes: 1000,
    }
    return { directory, step, source }
  }

  const threads = () => {
    // Linux tells them; elsewhere there is nothing to count.
    try {
      return readdirSync('/proc/self/task').length
    } catch {
      return undefined
    }
  }

  test('does the steps, one after the other, and is gone when it is ended', async () => {
    const { step, directory, source } = onDisk()
    const { clock, log, lines } = testIo()
    const before = threads()
    const thread = startCleaningThread({ fs: new RealFileSystem(), clock, log }, { maxBytesPerSecond: 1e12 })
    expect(await thread.run(step)).toMatchObject({ endOffset: 40, keys: 5 })
    const running = threads()
    const group = await thread.run({
      type: 'group',
      directory,
      segments: step.segments.map((segment) => ({ ...segment, lastModifiedMs: 1e12, abortedTransactions: [] })),
      lastRecords: source.log.lastRecords(),
      nowMs: 0,
      deleteRetentionMs: 0,
      legacyDeleteHorizonMs: 0,
      endOffset: 40,
      indexIntervalBytes: 4096,
      ioBufferBytes: 1000,
    })
    expect(group).toMatchObject({ recordsRead: 40, recordsWritten: 5 })
    expect(new RealFileSystem().stat(join(directory, '00000000000000000000.log.cleaned')).mtimeMs).toBe(1e12)
    await thread.end()
    expect(lines).toEqual([])
    if (before !== undefined && running !== undefined) {
      expect(running).toBeGreaterThan(before)
      for (let i = 0; i < 100 && (threads() ?? 0) > before; i++) await delay(10)
      expect(threads()).toBeLessThanOrEqual(before)
    }
    await expect(thread.run(step)).rejects.toThrow(CleaningEnded)
  })

  test('is gone with the cleaner, wherever it is in a log, and so is what it wrote', async () => {
    const root = mkdtempSync(join(tmpdir(), 'odradek-cleaner-'))
    directories.push(root)
    const before = threads()
    const opened = openLog({ io: testIo({ fs: new FaultyFileSystem(new RealFileSystem()) }), root, configs: COMPACT })
    fill(opened, { batches: 500 })
    // The log is where a thread can reach it.
    const io = { ...opened.io, fs: new RealFileSystem() }
    const { cleaner, failures } = openCleaner([opened], { io, root })
    cleaner.start()
    opened.io.clock.advance(1)
    const names = () => readdirSync(join(root, 'topic-0'))
    expect(cleaner.isCleaning(opened.log)).toBe(true)
    await cleaner.close()
    expect(cleaner.isCleaning(opened.log)).toBe(false)
    expect(names().filter((name) => /cleaned|swap|deleted/.test(name))).toEqual([])
    expect(failures).toEqual([])
    expect(latestOf(opened).size).toBe(5)
    if (before !== undefined) {
      for (let i = 0; i < 100 && (threads() ?? 0) > before; i++) await delay(10)
      expect(threads()).toBeLessThanOrEqual(before)
    }
  })

  test('tells what the system refused', async () => {
    const { step } = onDisk()
    const { clock, log } = testIo()
    const thread = startCleaningThread({ fs: new RealFileSystem(), clock, log }, { maxBytesPerSecond: 1e12 })
    await expect(thread.run({ ...step, directory: '/nowhere' })).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await thread.run(step)).toMatchObject({ keys: 5 })
    await thread.end()
  })

  test('ends in the middle of a step', async () => {
    const { step } = onDisk()
    const { clock, log } = testIo()
    const thread = startCleaningThread({ fs: new RealFileSystem(), clock, log }, { maxBytesPerSecond: 0.001 })
    const ended = expect(thread.run(step)).rejects.toThrow(CleaningEnded)
    await thread.end()
    await ended
  })

  test('is the loop itself where none can be started', async () => {
    const { step } = onDisk()
    const io = testIo()
    const fs = new RealFileSystem()
    fs.startWorker = (_scripts, { onFailure }) => {
      setImmediate(() => onFailure(new Error('no threads here')))
      return { post: () => undefined, terminate: async () => undefined }
    }
    const thread = startCleaningThread({ ...io, fs }, { maxBytesPerSecond: 1e12 })
    expect(await thread.run(step)).toMatchObject({ keys: 5 })
    expect(io.lines.map(({ level }) => level)).toEqual(['warn'])
    fs.startWorker = () => undefined
    const other = startCleaningThread({ ...io, fs }, { maxBytesPerSecond: 1e12 })
    expect(await other.run(step)).toMatchObject({ keys: 5 })
  })
})
