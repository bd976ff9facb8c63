// Every log of this broker: opens them at the start, makes and deletes them, and does what is due from time to time:
// flushes, checkpoints, retention, forgetting of silent producers. Owns the log directories.
import { join } from 'node:path'
import type { BrokerConfig, TopicConfig } from '../config/index.ts'
import type { Io, Timer } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import type { Checkpoint, LogDirectory } from './log-directory.ts'
import { PartitionLog } from './partition-log.ts'
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts'
import { deletedDirectory, partitionDirectory, type TopicPartition } from './paths.ts'
import { recoverLog } from './recovery.ts'
import { expiredSegments } from './retention.ts'

const INITIAL_TASK_DELAY_MS = 30_000

export interface LogManagerOptions {
  readonly io: Io
  readonly directories: readonly LogDirectory[]
  readonly config: () => BrokerConfig
  /** The configs of a topic as they are now. */
  readonly topicConfig: (topic: string) => TopicConfig
  /** A directory failed: its partitions are out of service. */
  readonly onDirectoryFailure: (directory: LogDirectory) => void
}

export class LogManager {
  readonly #options: LogManagerOptions
  readonly #logs = new Map<string, { readonly log: PartitionLog; readonly directory: LogDirectory }>()
  readonly #timers = new Map<string, Timer>()
  readonly #deletions = new Set<Timer>()

  constructor(options: LogManagerOptions) {
    this.#options = options
  }

  get directories(): readonly LogDirectory[] {
    return this.#options.directories
  }

  get(topic: string, partition: number): PartitionLog | undefined {
    return this.#logs.get(partitionDirectory({ topic, partition }))?.log
  }

  /** The directory that holds the log. */
  directoryOf(log: PartitionLog): LogDirectory | undefined {
    return this.#logs.get(log.name)?.directory
  }

  *logs(): Generator<PartitionLog, void, undefined> {
    for (const { log } of this.#logs.values()) yield log
  }

  logsIn(directory: LogDirectory): PartitionLog[] {
    return [...this.#logs.values()].filter((entry) => entry.directory === directory).map(({ log }) => log)
  }

  /** Opens the logs that are there. `isKnown` says whether a topic still exists; the logs of others are deleted. */
  load(isKnown: (topic: string, partition: number, topicId: string | undefined) => boolean): void {
    for (const directory of this.directories) this.#loadDirectory(directory, isKnown)
  }

  #loadDirectory(
    directory: LogDirectory,
    isKnown: (topic: string, partition: number, topicId: string | undefined) => boolean,
  ): void {
    const recoveryPoints = directory.readCheckpoint('recoveryPoint')
    const startOffsets = directory.readCheckpoint('logStartOffset')
    const { fs, log: logger } = this.#options.io
    for (const { topic, partition, kind, path } of directory.partitions()) {
      const topicId = readPartitionMetadata(fs, path)
      if (kind === 'current' && topic === '__cluster_metadata') continue
      if (kind === 'deleted') this.#removeLater(path, 0)
      else if (kind === 'current' && isKnown(topic, partition, topicId)) {
        const name = partitionDirectory({ topic, partition })
        this.#open(directory, { topic, partition }, path, topicId ?? '', {
          recoveryPoint: recoveryPoints.get(name)?.offset ?? 0,
          logStartOffset: startOffsets.get(name)?.offset ?? 0,
          cleanShutdown: directory.cleanShutdown,
        })
      } else if (kind === 'current') {
        logger.info({ directory: path }, 'deleting the log of a topic that is gone')
        this.#deleteDirectory(directory, { topic, partition }, path)
      }
    }
  }

  #open(
    directory: LogDirectory,
    topicPartition: TopicPartition,
    path: string,
    topicId: string,
    known: { recoveryPoint: number; logStartOffset: number; cleanShutdown: boolean },
  ): PartitionLog {
    const { io, topicConfig, config } = this.#options
    const config_ = topicConfig(topicPartition.topic)
    const shared = { topicPartition, directory: path, config: config_, fs: io.fs, clock: io.clock, log: io.log }
    const producerIdExpirationMs = config().get('producer.id.expiration.ms')
    const state = recoverLog({ ...shared, ...known, producerIdExpirationMs })
    const log = new PartitionLog({ ...shared, topicId, onFailure: (error) => this.#fail(directory, error) }, state)
    this.#logs.set(log.name, { log, directory })
    return log
  }

  /** The log of a partition, made where there is none yet. Throws KAFKA_STORAGE_ERROR. */
  getOrCreate(topicPartition: TopicPartition, topicId: string): PartitionLog {
    const known = this.get(topicPartition.topic, topicPartition.partition)
    if (known !== undefined) return known
    const directory = this.#emptiestDirectory()
    const path = join(directory.path, partitionDirectory(topicPartition))
    try {
      this.#options.io.fs.makeDirectory(path)
      writePartitionMetadata(this.#options.io.fs, path, topicId)
      // Files of that name are from a creation that a crash cut short.
      return this.#open(directory, topicPartition, path, topicId, {
        recoveryPoint: 0,
        logStartOffset: 0,
        cleanShutdown: false,
      })
    } catch (error) {
      this.#fail(directory, error)
      throw new KafkaError('KAFKA_STORAGE_ERROR')
    }
  }

  #emptiestDirectory(): LogDirectory {
    const online = this.directories.filter(({ isOffline }) => !isOffline)
    const [first, ...others] = online
    if (first === undefined) throw new KafkaError('KAFKA_STORAGE_ERROR')
    if (others.length === 0) return first
    const counts = new Map(online.map((directory) => [directory, this.logsIn(directory).length]))
    return online.reduce((best, next) => ((counts.get(next) ?? 0) < (counts.get(best) ?? 0) ? next : best))
  }

  /** Takes the log out of the directory at once; its files go after file.delete.delay.ms. */
  delete(topic: string, partition: number): void {
    const entry = this.#logs.get(partitionDirectory({ topic, partition }))
    if (entry === undefined) return
    const { log, directory } = entry
    this.#logs.delete(log.name)
    log.takeOffline()
    if (!directory.isOffline) this.#deleteDirectory(directory, log.topicPartition, log.directory, log.config)
  }

  #deleteDirectory(directory: LogDirectory, topicPartition: TopicPartition, path: string, config?: TopicConfig): void {
    const { io } = this.#options
    const target = join(directory.path, deletedDirectory(topicPartition, io.random.bytes(16).toString('hex')))
    try {
      io.fs.rename(path, target)
      this.#removeLater(target, config?.fileDeleteDelayMs ?? 0)
    } catch (error) {
      this.#fail(directory, error)
    }
  }

  #removeLater(path: string, delayMs: number): void {
    this.#later(delayMs, () => {
      this.#options.io.fs.removeTree(path).catch((error: unknown) => {
        this.#options.io.log.warn({ path, err: error }, 'could not delete the files of a log; a restart tries again')
      })
    })
  }

  #later(delayMs: number, run: () => void): void {
    const timer = this.#options.io.clock.setTimer(delayMs, () => {
      this.#deletions.delete(timer)
      run()
    })
    this.#deletions.add(timer)
  }

  /** A topic's configs are others now. */
  configure(topic: string): void {
    for (const { log } of this.#logs.values()) {
      if (log.topicPartition.topic === topic) log.configure(this.#options.topicConfig(topic))
    }
  }

  // --- What is due from time to time

  /** Begins the tasks; the delays of the next round are read from the configs as they are then. */
  start(): void {
    const config = this.#options.config
    this.#repeat(
      'flush',
      () => config().get('log.flush.scheduler.interval.ms'),
      () => this.#flushDue(),
    )
    this.#repeat(
      'recovery points',
      () => config().get('log.flush.offset.checkpoint.interval.ms'),
      () => this.checkpoint('recoveryPoint'),
    )
    this.#repeat(
      'log start offsets',
      () => config().get('log.flush.start.offset.checkpoint.interval.ms'),
      () => this.checkpoint('logStartOffset'),
    )
    this.#repeat(
      'high watermarks',
      () => config().get('replica.high.watermark.checkpoint.interval.ms'),
      () => this.checkpoint('highWatermark'),
    )
    this.#repeat(
      'retention',
      () => config().get('log.retention.check.interval.ms'),
      () => this.applyRetention(),
    )
    this.#repeat(
      'producer expiry',
      () => config().get('producer.id.expiration.check.interval.ms'),
      () => this.#expireProducers(),
    )
  }

  #repeat(name: string, intervalMs: () => number, run: () => void): void {
    const delayMs = Math.max(1, intervalMs())
    this.#timers.set(
      name,
      this.#options.io.clock.setTimer(name === 'retention' ? Math.min(delayMs, INITIAL_TASK_DELAY_MS) : delayMs, () => {
        run()
        this.#repeat(name, intervalMs, run)
      }),
    )
  }

  #flushDue(): void {
    const now = this.#options.io.clock.now()
    for (const log of this.logs()) if (now - log.lastFlushMs >= log.config.flushMs) void log.flush()
  }

  #expireProducers(): void {
    const expirationMs = this.#options.config().get('producer.id.expiration.ms')
    for (const log of this.logs()) log.removeExpiredProducers(expirationMs)
  }

  /** Removes the segments that are too old. */
  applyRetention(): void {
    const now = this.#options.io.clock.now()
    for (const { log, directory } of this.#logs.values()) {
      if (!log.isOffline) this.#dropExpired(log, directory, now)
    }
  }

  #dropExpired(log: PartitionLog, directory: LogDirectory, now: number): void {
    try {
      const old = expiredSegments(log, now)
      if (old.length === 0) return
      log.dropSegments(old)
      this.checkpoint('logStartOffset', directory)
      const files = old.flatMap((segment) => segment.markDeleted())
      const { fs } = this.#options.io
      this.#later(log.config.fileDeleteDelayMs, () => {
        for (const file of files) fs.remove(file)
      })
    } catch (error) {
      if (!log.isOffline) this.#fail(directory, error)
    }
  }

  /** Writes where the logs of a directory, or of all, stand. */
  checkpoint(kind: Checkpoint, only?: LogDirectory, { durable = false }: { durable?: boolean } = {}): void {
    for (const directory of only === undefined ? this.directories : [only]) {
      if (directory.isOffline) continue
      try {
        const logs = this.logsIn(directory)
        const offsets = logs.flatMap((log) => checkpointed(kind, log)).map((entry) => entry)
        directory.writeCheckpoint(kind, offsets, { durable })
      } catch (error) {
        this.#fail(directory, error)
      }
    }
  }

  #fail(directory: LogDirectory, error: unknown): void {
    if (directory.isOffline) return
    directory.isOffline = true
    this.#options.io.log.error({ directory: directory.path, err: error }, 'a log directory failed and is offline now')
    for (const log of this.logsIn(directory)) log.takeOffline()
    this.#options.onDirectoryFailure(directory)
  }

  /** Flushes and closes everything; with an epoch, the next start is told that it need not recover. */
  async close(brokerEpoch: number): Promise<void> {
    for (const timer of [...this.#timers.values(), ...this.#deletions]) timer.cancel()
    await Promise.all(Array.from(this.logs(), (log) => log.close()))
    for (const kind of ['recoveryPoint', 'logStartOffset', 'highWatermark'] as const) {
      this.checkpoint(kind, undefined, { durable: true })
    }
    for (const directory of this.directories) {
      if (!directory.isOffline) directory.writeCleanShutdownMarker(brokerEpoch)
    }
  }
}

function checkpointed(kind: Checkpoint, log: PartitionLog): (TopicPartition & { readonly offset: number })[] {
  switch (kind) {
    case 'recoveryPoint':
      return [{ ...log.topicPartition, offset: log.recoveryPoint }]
    case 'highWatermark':
      return [{ ...log.topicPartition, offset: log.highWatermark }]
    case 'logStartOffset':
      // Where the log begins with its first segment, its file's name says so.
      if (log.logStartOffset <= (log.segments[0]?.baseOffset ?? 0)) return []
      return [{ ...log.topicPartition, offset: log.logStartOffset }]
  }
}
