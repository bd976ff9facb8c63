// What the log's tests share: a log on a file system in memory, and batches to fill it with.
import { type BrokerConfig, loadBrokerConfig, resolveTopicConfig, type TopicConfig } from '../config/index.ts'
import { type TestIo, testIo } from '../io/testing.ts'
import { encodeBatch, encodeEndTransactionMarker, type NewBatch } from '../wire/records/index.ts'
import type { AppendOrigin } from './log-validator.ts'
import { type AppendResult, PartitionLog } from './partition-log.ts'
import { recoverLog } from './recovery.ts'
import { countExpired } from './retention.ts'

export const DIRECTORY = '/logs/topic-0'
const topicPartition = { topic: 'topic', partition: 0 }
const broker: BrokerConfig = loadBrokerConfig()

export function topicConfig(configs: Record<string, string> = {}): TopicConfig {
  return resolveTopicConfig(new Map(Object.entries(configs)), broker)
}

export interface OpenOptions {
  readonly io?: TestIo
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

/** Opens the log in DIRECTORY, made where it is missing; its high watermark follows what is written. */
export function openLog(options: OpenOptions = {}): OpenedLog {
  const io = options.io ?? testIo()
  io.fs.makeDirectory(DIRECTORY)
  const config = topicConfig(options.configs)
  const shared = { topicPartition, directory: DIRECTORY, config, fs: io.fs, clock: io.clock, log: io.log }
  const { cleanShutdown = false, recoveryPoint = 0, logStartOffset = 0 } = options
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
