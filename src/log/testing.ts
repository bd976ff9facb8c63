// What the log's tests share: a log on a file system in memory, and batches to fill it with.
import { setImmediate as turn } from 'node:timers/promises'
import { type BrokerConfig, loadBrokerConfig, resolveTopicConfig, type TopicConfig } from '../config/index.ts'
import { type TestIo, testIo } from '../io/testing.ts'
import { encodeBatch, encodeEndTransactionMarker, type NewBatch } from '../wire/records/index.ts'
import { LogCleaner, type LogCleanerOptions } from './log-cleaner.ts'
import { LogDirectory } from './log-directory.ts'
import type { AppendOrigin } from './log-validator.ts'
import { type AppendResult, PartitionLog } from './partition-log.ts'
import { recoverLog } from './recovery.ts'
import { countExpired } from './retention.ts'

export const DIRECTORY = '/logs/topic-0'
const broker: BrokerConfig = loadBrokerConfig()

export function topicConfig(configs: Record<string, string> = {}): TopicConfig {
  return resolveTopicConfig(new Map(Object.entries(configs)), broker)
}

export interface OpenOptions {
  readonly io?: TestIo
  readonly topic?: string
  /** The log directory; /logs where left out. */
  readonly root?: string
  readonly configs?: Record<string, string>
  readonly cleanShutdown?: boolean
  readonly recoveryPoint?: number
  readonly logStartOffset?: number
}

export interface OpenedLog {
  readonly io: TestIo
  readonly log: PartitionLog
  readonly failures: unknown[]
}

/** Opens the log in DIRECTORY, or another, made where it is missing; its high watermark follows what is written. */
export function openLog(options: OpenOptions = {}): OpenedLog {
  const io = options.io ?? testIo()
  const { topic = 'topic', root = '/logs', cleanShutdown = false, recoveryPoint = 0, logStartOffset = 0 } = options
  const directory = `${root}/${topic}-0`
  io.fs.makeDirectory(directory)
  const config = topicConfig(options.configs)
  const topicPartition = { topic, partition: 0 }
  const shared = { topicPartition, directory, config, fs: io.fs, clock: io.clock, log: io.log }
  const state = recoverLog({
    ...shared,
    cleanShutdown,
    recoveryPoint,
    logStartOffset,
    producerIdExpirationMs: 86_400_000,
  })
  const failures: unknown[] = []
  const log = new PartitionLog({ ...shared, topicId: 'x', onFailure: (error) => failures.push(error) }, state)
  log.onWritten = () => log.setHighWatermark(log.writtenOffset)
  log.setHighWatermark(log.logEndOffset)
  return { io, log, failures }
}

export function batchOf(values: readonly string[], options: Partial<NewBatch> & { timestamp?: number } = {}): Buffer {
  const timestamp = options.timestamp ?? 1_700_000_000_000
  const records = values.map((value, index) => ({
    timestamp: timestamp + index,
    key: Buffer.from(`key-${value}`),
    value: Buffer.from(value),
  }))
  return encodeBatch({ ...options, records })
}

/** Appends, and lets the turn end, so that the bytes are in the file. */
export function append({ io, log }: OpenedLog, records: Buffer, origin: AppendOrigin = 'client'): AppendResult {
  const result = log.append(records, { leaderEpoch: 0, origin }, (error) => {
    if (error !== undefined) throw error
  })
  io.clock.endTurn()
  return result
}

export function endTransaction(
  opened: OpenedLog,
  producerId: number,
  type: 'COMMIT' | 'ABORT',
  producerEpoch = 0,
): void {
  const timestamp = opened.io.clock.now()
  const marker = encodeEndTransactionMarker({ type, producerId, producerEpoch, coordinatorEpoch: 0, timestamp })
  append(opened, marker, 'coordinator')
}

/** Removes what is too old, as the broker does from time to time. */
export function dropExpired(log: PartitionLog, now: number): void {
  const count = countExpired(log, now)
  if (count === 0) return
  log.advanceBehind(count)
  log.dropSegments(count)
}

export interface OpenedCleaner {
  readonly cleaner: LogCleaner
  readonly directory: LogDirectory
  readonly failures: unknown[]
  /** Until nothing more happens. */
  run(): Promise<void>
}

/** A cleaner of these logs, which share an Io and a directory; it works in the loop, as slices that the clock starts. */
export function openCleaner(
  opened: readonly OpenedLog[],
  {
    configs = {},
    root = '/logs',
    ...options
  }: Partial<LogCleanerOptions> & { configs?: Record<string, string>; root?: string } = {},
): OpenedCleaner {
  const [first] = opened
  if (first === undefined) throw new Error('no log to clean')
  const { io } = first
  const directory = LogDirectory.open(io, root)
  const failures: unknown[] = []
  const config = loadBrokerConfig({ overrides: configs })
  const cleaner = new LogCleaner({
    io,
    config: () => config,
    logs: () => opened.map(({ log }) => ({ log, directory })),
    onCheckpoint: () => undefined,
    onReplaced: (_, files) => {
      for (const file of files) io.fs.remove(file)
    },
    dropExpired: (log) => dropExpired(log, io.clock.now()),
    onFailure: (_, error) => failures.push(error),
    ...options,
  })
  return { cleaner, directory, failures, run: () => runTimers(io) }
}

/** Moves the clock on, a little for each slice, for as long as that makes anything happen. */
async function runTimers(io: TestIo): Promise<void> {
  for (let idle = 0; idle < 3; ) {
    const before = io.fs.attempts
    io.clock.advance(1)
    await turn()
    idle = io.fs.attempts === before ? idle + 1 : 0
  }
}

/** Cleans the log once, as far as it can be; in the end the lock on the directory is free again. */
export async function clean(opened: OpenedLog, options: Parameters<typeof openCleaner>[1] = {}): Promise<void> {
  const { cleaner, directory, failures, run } = openCleaner([opened], options)
  cleaner.start()
  await run()
  await cleaner.close()
  directory.unlock()
  const [failure] = failures
  if (failure !== undefined) throw failure
}
