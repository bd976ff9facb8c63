// Every log of this broker: opens them at the start, makes and deletes them, and does what is due from time to time:
// flushes, checkpoints, retention, forgetting of silent producers. Owns the log directories, and takes one out of
// service when the system refuses something in it; the others go on.
import { basename, join } from 'node:path'
import type { BrokerConfig, TopicConfig } from '../config/index.ts'
import { type Io, isSystemError, type Timer } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import type { PartitionOffsets } from './checkpoint-file.ts'
import { LogCleaner } from './log-cleaner.ts'
import type { Checkpoint, LogDirectory } from './log-directory.ts'
import { PartitionLog } from './partition-log.ts'
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts'
import { deletedDirectory, futureDirectory, partitionDirectory, strayDirectory, type TopicPartition } from './paths.ts'
import { recoverLog } from './recovery.ts'
import { countExpired } from './retention.ts'

export interface LogManagerOptions {
  readonly io: Io
  readonly directories: readonly LogDirectory[]
  readonly config: () => BrokerConfig
  /** The configs of a topic as they are now. */
  readonly topicConfig: (topic: string) => TopicConfig
  /** A directory failed: its partitions are out of service. */
  readonly onDirectoryFailure: (directory: LogDirectory) => void
}

/** What the checkpoints know of a log. */
interface Known {
  readonly recoveryPoint: number
  readonly logStartOffset: number
  readonly cleanedUpTo: number | undefined
  readonly cleanShutdown: boolean
}

/** A topic's partition as the metadata knows it, with the id of the topic that a directory belongs to, if it says. */
type IsKnown = (topic: string, partition: number, topicId: string | undefined) => boolean

/** The id of the directory that a replica is assigned to. */
type AssignedDirectory = (topic: string, partition: number) => string | undefined

interface Entry {
  readonly log: PartitionLog
  readonly directory: LogDirectory
}

/** Directories that clients wish for partitions that are not there yet; beyond that, the oldest wish is forgotten. */
const MAX_PREFERENCES = 10_000

const NEW_LOG: Known = { recoveryPoint: 0, logStartOffset: 0, cleanedUpTo: undefined, cleanShutdown: false }

export class LogManager {
  readonly #options: LogManagerOptions
  readonly #logs = new Map<string, Entry>()
  /** Logs on their way to another directory, beside those that they are copied from. */
  readonly #futures = new Map<string, Entry>()
  readonly #preferred = new Map<string, LogDirectory>()
  readonly #timers = new Map<string, Timer>()
  readonly #deletions = new Set<Timer>()
  readonly #cleaner: LogCleaner
  /** Their checkpoints still name logs that are gone. */
  readonly #outdated = new Set<LogDirectory>()

  constructor(options: LogManagerOptions) {
    this.#options = options
    this.#cleaner = new LogCleaner({
      io: options.io,
      config: options.config,
      logs: () => this.#cleanable(),
      onCheckpoint: (directory) => this.checkpoint('cleanedUpTo', directory),
      onReplaced: (log, files) => this.#removeLater(files, log.config.fileDeleteDelayMs),
      dropExpired: (log) => this.#dropExpired(log),
      onFailure: (directory, error) => this.#fail(directory, error),
    })
  }

  get directories(): readonly LogDirectory[] {
    return this.#options.directories
  }

  get(topic: string, partition: number): PartitionLog | undefined {
    return this.#logs.get(partitionDirectory({ topic, partition }))?.log
  }

  /** The log that is on its way to another directory, where one is. */
  future(topic: string, partition: number): PartitionLog | undefined {
    return this.#futures.get(partitionDirectory({ topic, partition }))?.log
  }

  /** The directory that holds the log. */
  directoryOf(log: PartitionLog): LogDirectory | undefined {
    const entry = this.#logs.get(log.name)
    return entry?.log === log ? entry.directory : this.#futures.get(log.name)?.directory
  }

  /** All that there are, those on their way included. */
  *logs(): Generator<PartitionLog, void, undefined> {
    for (const { log } of this.#logs.values()) yield log
    yield* this.futures()
  }

  *futures(): Generator<PartitionLog, void, undefined> {
    for (const { log } of this.#futures.values()) yield log
  }

  logsIn(directory: LogDirectory): PartitionLog[] {
    return [...this.#logs.values(), ...this.#futures.values()]
      .filter((entry) => entry.directory === directory)
      .map(({ log }) => log)
  }

  /** A log that is copied stays as it is until it has arrived. */
  *#cleanable(): Generator<Entry, void, undefined> {
    for (const [name, entry] of this.#logs) if (!this.#futures.has(name)) yield entry
  }

  #online(): LogDirectory[] {
    return this.directories.filter(({ isOffline }) => !isOffline)
  }

  // --- At the start

  /**
   * Opens the logs that are there, and ends moves that a stop has interrupted behind their decision. `isKnown` says
   * whether a topic still exists and has a replica here; the logs of others are put aside.
   */
  load(isKnown: IsKnown, assigned: AssignedDirectory = () => undefined): void {
    for (const directory of this.#online()) {
      try {
        this.#loadDirectory(directory, isKnown, assigned)
      } catch (error) {
        if (!isSystemError(error)) throw error
        this.#fail(directory, error)
      }
    }
    for (const log of [...this.futures()]) this.#settle(log, assigned)
  }

  #loadDirectory(directory: LogDirectory, isKnown: IsKnown, assigned: AssignedDirectory): void {
    const knownOf = this.#readCheckpoints(directory)
    const { io } = this.#options
    for (const { topic, partition, kind, path } of directory.partitions()) {
      if (kind === 'deleted') this.#removeLater([path], this.#directoryDeleteDelayMs())
      if ((kind !== 'current' && kind !== 'future') || topic === '__cluster_metadata') continue
      const topicId = readPartitionMetadata(io.fs, path)
      const topicPartition = { topic, partition }
      if (isKnown(topic, partition, topicId)) {
        const log = this.#openAt(directory, topicPartition, path, topicId ?? '', knownOf(topicPartition))
        this.#add({ log, directory }, kind, assigned)
      } else {
        const stray = join(directory.path, strayDirectory(topicPartition, this.#newDirectoryId()))
        io.fs.rename(path, stray)
        io.log.warn({ log: basename(path), directory: stray }, 'a log of no known replica was put aside')
      }
    }
  }

  #add(entry: Entry, kind: 'current' | 'future', assigned: AssignedDirectory): void {
    const logs = kind === 'current' ? this.#logs : this.#futures
    const { name } = entry.log
    const first = logs.get(name)
    // Of two on their way, which only a failing disk leaves, one is enough.
    const kept = first === undefined || kind === 'future' ? entry : this.#moved(first, entry, assigned)
    logs.set(name, kept)
    if (first !== undefined) this.#retire(kept === entry ? first : entry)
  }

  /**
   * Two logs of one partition: the one that it was moved to, and the one that was about to go when the broker stopped.
   * They are told apart by the assignment, which was changed first; what a crash has cut is the lesser one all the same.
   * Without that, nobody can say which counts but the one who runs the broker.
   */
  #moved(first: Entry, second: Entry, assigned: AssignedDirectory): Entry {
    const { topic, partition } = first.log.topicPartition
    const id = assigned(topic, partition)
    const target = [first, second].find(({ directory }) => directory.id !== undefined && directory.id === id)
    if (target === undefined) {
      const places = `${first.log.directory} and in ${second.log.directory}`
      throw new KafkaError('KAFKA_STORAGE_ERROR', `${topic}-${partition} has a log in ${places}`)
    }
    const source = target === first ? second : first
    return source.log.logEndOffset > target.log.logEndOffset ? source : target
  }

  /** A log on its way takes over where that was decided before the stop, and nothing has been written since. */
  #settle(future: PartitionLog, assigned: AssignedDirectory): void {
    const { topic, partition } = future.topicPartition
    const current = this.get(topic, partition)
    const isDecided = this.directoryOf(future)?.id === assigned(topic, partition)
    const hasArrived =
      current === undefined
        ? this.#online().length === this.directories.length
        : isDecided && future.logEndOffset >= current.logEndOffset
    if (hasArrived) this.promote(future)
  }

  #readCheckpoints(directory: LogDirectory): (topicPartition: TopicPartition) => Known {
    const recoveryPoints = this.#readCheckpoint(directory, 'recoveryPoint')
    const startOffsets = this.#readCheckpoint(directory, 'logStartOffset')
    const cleaned = this.#readCheckpoint(directory, 'cleanedUpTo')
    return (topicPartition) => {
      const name = partitionDirectory(topicPartition)
      return {
        recoveryPoint: recoveryPoints.get(name)?.offset ?? 0,
        logStartOffset: startOffsets.get(name)?.offset ?? 0,
        cleanedUpTo: cleaned.get(name)?.offset,
        cleanShutdown: directory.cleanShutdown,
      }
    }
  }

  /** One that cannot be understood is as none: more is recovered and cleaned than would have to be. */
  #readCheckpoint(directory: LogDirectory, kind: Checkpoint): PartitionOffsets {
    try {
      return directory.readCheckpoint(kind)
    } catch (error) {
      if (isSystemError(error)) throw error
      this.#options.io.log.warn({ directory: directory.path, err: error }, 'a checkpoint is left out of account')
      return new Map()
    }
  }

  #openAt(
    directory: LogDirectory,
    topicPartition: TopicPartition,
    path: string,
    topicId: string,
    known: Known,
  ): PartitionLog {
    const { io, topicConfig, config } = this.#options
    const config_ = topicConfig(topicPartition.topic)
    const shared = { topicPartition, directory: path, config: config_, fs: io.fs, clock: io.clock, log: io.log }
    const producerIdExpirationMs = config().get('producer.id.expiration.ms')
    const state = recoverLog({ ...shared, ...known, producerIdExpirationMs })
    const log = new PartitionLog({ ...shared, topicId, onFailure: (error) => this.#fail(directory, error) }, state)
    log.cleanedUpTo = known.cleanedUpTo
    return log
  }

  // --- Making and deleting

  /**
   * The log of a partition, made where there is none yet: in the directory with the id that the metadata has for it, or
   * in the one with the fewest logs where it has none. Throws KAFKA_STORAGE_ERROR, also where the log may be in a
   * directory that is offline.
   */
  getOrCreate(topicPartition: TopicPartition, topicId: string, directoryId?: string): PartitionLog {
    const known = this.get(topicPartition.topic, topicPartition.partition)
    if (known !== undefined) return known
    const preferred = this.#preferred.get(partitionDirectory(topicPartition))
    this.#preferred.delete(partitionDirectory(topicPartition))
    for (const directory of this.#candidatesFor(directoryId, preferred)) {
      try {
        return this.#create(directory, topicPartition, topicId)
      } catch (error) {
        if (!isSystemError(error)) throw error
        this.#fail(directory, error)
      }
    }
    throw new KafkaError('KAFKA_STORAGE_ERROR')
  }

  #create(directory: LogDirectory, topicPartition: TopicPartition, topicId: string): PartitionLog {
    const path = join(directory.path, partitionDirectory(topicPartition))
    // Files of that name are from a creation that a crash cut short.
    const log = this.#make(directory, topicPartition, path, topicId, NEW_LOG)
    this.#logs.set(log.name, { log, directory })
    return log
  }

  #make(
    directory: LogDirectory,
    topicPartition: TopicPartition,
    path: string,
    topicId: string,
    known: Known,
  ): PartitionLog {
    const { fs } = this.#options.io
    fs.makeDirectory(path)
    writePartitionMetadata(fs, path, topicId)
    return this.#openAt(directory, topicPartition, path, topicId, known)
  }

  /** The directories that may take the log, the best first. */
  #candidatesFor(directoryId: string | undefined, preferred: LogDirectory | undefined): LogDirectory[] {
    const online = this.#online()
    const assigned = online.find(({ id }) => id === directoryId)
    if (assigned !== undefined) return [assigned]
    if (directoryId !== undefined && online.length < this.directories.length) return []
    if (preferred !== undefined && !preferred.isOffline) return [preferred]
    const cordoned = this.#options.config().get('cordoned.log.dirs')
    const open = online.filter(({ path }) => !cordoned.includes(path) && !cordoned.includes('*'))
    if (open.length === 0) return online.slice(0, 1)
    const counts = new Map(open.map((directory) => [directory, this.logsIn(directory).length]))
    return open.sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0))
  }

  /** Takes the logs of the partition out of their directories at once; files go after log.segment.delete.delay.ms. */
  delete(topic: string, partition: number): void {
    this.deleteFuture(topic, partition)
    const entry = this.#logs.get(partitionDirectory({ topic, partition }))
    if (entry === undefined) return
    this.#logs.delete(entry.log.name)
    this.#retire(entry)
  }

  #retire({ log, directory }: Entry): void {
    this.#cleaner.callOff(log)
    log.takeOffline()
    if (directory.isOffline) return
    const target = join(directory.path, deletedDirectory(log.topicPartition, this.#newDirectoryId()))
    try {
      this.#options.io.fs.rename(log.directory, target)
      this.#removeLater([target], this.#directoryDeleteDelayMs())
      this.#forget(directory)
    } catch (error) {
      this.#fail(directory, error)
    }
  }

  /** A new log of that name must not take the checkpoints of this one for its own. */
  #forget(directory: LogDirectory): void {
    this.#outdated.add(directory)
    if (this.#outdated.size > 1) return
    this.#options.io.clock.atEndOfTurn(() => {
      const directories = [...this.#outdated]
      this.#outdated.clear()
      for (const each of directories) {
        for (const kind of ['recoveryPoint', 'logStartOffset', 'cleanedUpTo'] as const) this.checkpoint(kind, each)
      }
    })
  }

  // --- Moving from one directory to another

  /** A wish for the log of a partition that is not there yet. */
  prefer(topicPartition: TopicPartition, directory: LogDirectory): void {
    const name = partitionDirectory(topicPartition)
    this.#preferred.delete(name)
    this.#preferred.set(name, directory)
    const [oldest] = this.#preferred.keys()
    if (this.#preferred.size > MAX_PREFERENCES && oldest !== undefined) this.#preferred.delete(oldest)
  }

  /**
   * An empty log in another directory, which shall be filled and then promoted. Throws KAFKA_STORAGE_ERROR, also where a
   * directory is offline, since the log could be on its way to there already.
   */
  createFuture(current: PartitionLog, directory: LogDirectory): PartitionLog {
    if (this.#online().length < this.directories.length) throw new KafkaError('KAFKA_STORAGE_ERROR')
    const { topicPartition, topicId, firstBatchOffset: logStartOffset } = current
    const path = join(directory.path, futureDirectory(topicPartition, this.#newDirectoryId()))
    try {
      const log = this.#make(directory, topicPartition, path, topicId, { ...NEW_LOG, logStartOffset })
      this.#futures.set(log.name, { log, directory })
      this.#cleaner.callOff(current)
      return log
    } catch (error) {
      if (!isSystemError(error)) throw error
      this.#fail(directory, error)
      throw new KafkaError('KAFKA_STORAGE_ERROR')
    }
  }

  /** It shall not arrive: it goes as a log goes. */
  deleteFuture(topic: string, partition: number): void {
    const entry = this.#futures.get(partitionDirectory({ topic, partition }))
    if (entry === undefined) return
    this.#futures.delete(entry.log.name)
    this.#retire(entry)
  }

  /**
   * The log on its way has all that the current one has: it takes over, and the current one goes. Nothing may wait to be
   * written to either. Gives the log as it is from now on; throws KAFKA_STORAGE_ERROR where its directory fails.
   */
  promote(future: PartitionLog): PartitionLog {
    const { topicPartition, topicId, name } = future
    const entry = this.#futures.get(name)
    if (entry?.log !== future) throw new Error(`${name} is not on its way`)
    const { directory } = entry
    const current = this.#logs.get(name)
    const { fs } = this.#options.io
    try {
      // A restart in the middle must not begin before it.
      this.checkpoint('logStartOffset', directory)
      future.detach()
      const path = join(directory.path, partitionDirectory(topicPartition))
      fs.rename(future.directory, path)
      fs.syncDirectory(directory.path)
      const log = this.#openAt(directory, topicPartition, path, topicId, {
        recoveryPoint: future.recoveryPoint,
        logStartOffset: future.logStartOffset,
        cleanedUpTo: current?.log.cleanedUpTo,
        cleanShutdown: true,
      })
      log.limitRecoveryPoint(future.recoveryPoint)
      if (current !== undefined) log.producers.verifications = current.log.producers.verifications
      log.setHighWatermark(current?.log.highWatermark ?? future.highWatermark)
      this.#futures.delete(name)
      this.#logs.set(name, { log, directory })
      if (current !== undefined) this.#retire(current)
      this.#forget(directory)
      return log
    } catch (error) {
      if (!isSystemError(error)) throw error
      this.#fail(directory, error)
      throw new KafkaError('KAFKA_STORAGE_ERROR')
    }
  }

  #newDirectoryId(): string {
    return this.#options.io.random.bytes(16).toString('hex')
  }

  /** For whole logs the broker's config counts, as in Kafka. */
  #directoryDeleteDelayMs(): number {
    return this.#options.config().get('log.segment.delete.delay.ms')
  }

  #removeLater(paths: readonly string[], delayMs: number): void {
    if (paths.length === 0) return
    const { clock, fs, log } = this.#options.io
    const timer = clock.setTimer(delayMs, () => {
      this.#deletions.delete(timer)
      for (const path of paths) {
        fs.removeTree(path).catch((error: unknown) => {
          log.warn({ path, err: error }, 'could not delete what is no part of a log any more; a restart tries again')
        })
      }
    })
    this.#deletions.add(timer)
  }

  /** A topic's configs are others now. */
  configure(topic: string): void {
    for (const log of this.logs()) {
      if (log.topicPartition.topic !== topic) continue
      log.configure(this.#options.topicConfig(topic))
      if (!log.config.compact) this.#cleaner.callOff(log)
    }
  }

  /** The broker's configs are others now. Those of its topics come by themselves. */
  configureBroker(): void {
    this.#cleaner.configure()
  }

  // --- What is due from time to time

  /** Begins the tasks; the delays of the next round are read from the configs as they are then. */
  start(): void {
    const { config } = this.#options
    const initialDelayMs = config().get('log.initial.task.delay.ms')
    const repeat = (name: TaskInterval, run: () => void, firstDelayMs = initialDelayMs): void =>
      this.#repeat(name, firstDelayMs, run)
    repeat('log.retention.check.interval.ms', () => this.applyRetention())
    repeat('log.flush.scheduler.interval.ms', () => this.#flushDue())
    repeat('log.flush.offset.checkpoint.interval.ms', () => this.checkpoint('recoveryPoint'))
    repeat('log.flush.start.offset.checkpoint.interval.ms', () => this.checkpoint('logStartOffset'))
    repeat('replica.high.watermark.checkpoint.interval.ms', () => this.checkpoint('highWatermark'), 0)
    const expiry = 'producer.id.expiration.check.interval.ms'
    repeat(expiry, () => this.#expireProducers(), config().get(expiry))
    if (config().get('log.cleaner.enable')) this.#cleaner.start()
    else this.#options.io.log.warn({}, 'logs are not compacted: log.cleaner.enable is false')
  }

  #repeat(name: TaskInterval, delayMs: number, run: () => void): void {
    const timer = this.#options.io.clock.setTimer(delayMs, () => {
      run()
      this.#repeat(name, Math.max(1, this.#options.config().get(name)), run)
    })
    this.#timers.set(name, timer)
  }

  #flushDue(): void {
    const now = this.#options.io.clock.now()
    for (const log of this.logs()) if (now - log.lastFlushMs >= log.config.flushMs) void log.flush()
  }

  #expireProducers(): void {
    const expirationMs = this.#options.config().get('producer.id.expiration.ms')
    for (const log of this.logs()) log.removeExpiredProducers(expirationMs)
  }

  /** Removes the segments that are too old. Those of compacted logs are the cleaner's to remove, between its cleanings. */
  applyRetention(): void {
    for (const { log } of this.#logs.values()) {
      if (!log.config.compact && !log.isOffline && !this.#cleaner.isCleaning(log)) this.#dropExpired(log)
    }
  }

  /** Compacts a log now, with all that was appended so far. */
  async cleanNow(log: PartitionLog): Promise<void> {
    if (log.activeSegment.size > 0) log.roll()
    await this.#cleaner.cleanNow(log)
  }

  #dropExpired(log: PartitionLog): void {
    const directory = this.directoryOf(log)
    if (directory === undefined) return
    try {
      const count = countExpired(log, this.#options.io.clock.now())
      if (count === 0) return
      log.advanceBehind(count)
      // Before the first file goes: a restart in the middle must not begin further ahead.
      this.checkpoint('logStartOffset', directory)
      const files = log.dropSegments(count)
      this.#removeLater(files, log.config.fileDeleteDelayMs)
      const details = { log: log.name, segments: count, logStartOffset: log.logStartOffset }
      this.#options.io.log.info(details, 'segments of a log were deleted')
    } catch (error) {
      if (!log.isOffline) this.#fail(directory, error)
    }
  }

  /** Writes where the logs of a directory, or of all, stand. */
  checkpoint(kind: Checkpoint, only?: LogDirectory, { durable = false }: { durable?: boolean } = {}): void {
    for (const directory of only === undefined ? this.directories : [only]) {
      if (directory.isOffline) continue
      try {
        const offsets = this.logsIn(directory).flatMap((log) => checkpointed(kind, log))
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
    for (const log of this.logsIn(directory)) {
      this.#cleaner.callOff(log)
      log.takeOffline()
      if (this.#futures.get(log.name)?.log === log) this.#futures.delete(log.name)
    }
    this.#options.onDirectoryFailure(directory)
  }

  /** Flushes and closes everything; with an epoch, the next start is told that it need not recover. */
  async close(brokerEpoch: number): Promise<void> {
    for (const timer of [...this.#timers.values(), ...this.#deletions]) timer.cancel()
    await this.#cleaner.close()
    await Promise.all(Array.from(this.logs(), (log) => log.close()))
    for (const kind of ['recoveryPoint', 'logStartOffset', 'highWatermark'] as const) {
      this.checkpoint(kind, undefined, { durable: true })
    }
    for (const directory of this.#online()) {
      try {
        directory.writeCleanShutdownMarker(brokerEpoch)
      } catch (error) {
        this.#fail(directory, error)
      }
    }
  }
}

type TaskInterval =
  | 'log.retention.check.interval.ms'
  | 'log.flush.scheduler.interval.ms'
  | 'log.flush.offset.checkpoint.interval.ms'
  | 'log.flush.start.offset.checkpoint.interval.ms'
  | 'replica.high.watermark.checkpoint.interval.ms'
  | 'producer.id.expiration.check.interval.ms'

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
    case 'cleanedUpTo':
      return log.cleanedUpTo === undefined ? [] : [{ ...log.topicPartition, offset: log.cleanedUpTo }]
  }
}
