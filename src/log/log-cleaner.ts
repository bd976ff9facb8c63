// The broker's log cleaner: looks for the log that needs compaction most, has it cleaned in a thread beside the loop,
// and swaps the new segments in. As many logs at once as log.cleaner.threads says; with nothing to clean there is no
// thread, only a look every log.cleaner.backoff.ms.
//
// The thread reads and writes; everything that is decided, renamed or deleted is so here, in single turns. Between two
// turns anything may have happened to a log, so each begins with a look at whether its cleaning was called off.
import { join } from 'node:path'
import type { BrokerConfig } from '../config/index.ts'
import { type Io, isSystemError, type Timer } from '../io/index.ts'
import type { GroupResult, GroupStep, MapResult, MapStep, SegmentToRead } from './cleaner.ts'
import { type CleaningPlan, groupSegments, isDue, planCleaning } from './cleaning-plan.ts'
import { CleaningEnded, type CleaningThread, startCleaningThread } from './cleaning-thread.ts'
import type { LogDirectory } from './log-directory.ts'
import type { PartitionLog } from './partition-log.ts'
import { CLEANED_SUFFIX } from './paths.ts'
import type { Segment } from './segment.ts'

const MAX_SEED = 2 ** 32

/** A change of these ends what is under way, and starts anew. */
const CONFIGS = [
  'log.cleaner.threads',
  'log.cleaner.dedupe.buffer.size',
  'log.cleaner.io.buffer.load.factor',
  'log.cleaner.io.buffer.size',
  'log.cleaner.io.max.bytes.per.second',
  'log.cleaner.backoff.ms',
  'message.max.bytes',
] as const

export interface LogCleanerOptions {
  readonly io: Io
  readonly config: () => BrokerConfig
  readonly logs: () => Iterable<{ readonly log: PartitionLog; readonly directory: LogDirectory }>
  /** Where the logs of a directory are cleaned up to has changed. */
  readonly onCheckpoint: (directory: LogDirectory) => void
  /** Files that are no part of the log any more. */
  readonly onReplaced: (log: PartitionLog, files: readonly string[]) => void
  /** Removes the segments of a compacted log that are too old. */
  readonly dropExpired: (log: PartitionLog) => void
  /** The system refused something in the log's directory. */
  readonly onFailure: (directory: LogDirectory, error: unknown) => void
}

/** One of the cleaner's threads. It goes from log to log. */
interface Lane {
  thread: CleaningThread | undefined
  timer: Timer | undefined
  isStopped: boolean
}

interface Job {
  readonly plan: CleaningPlan
  readonly log: PartitionLog
  readonly logDirectory: LogDirectory
  /** Where the log's files are as the job begins. */
  readonly path: string
  readonly lane: Lane
  isCalledOff: boolean
}

export class LogCleaner {
  readonly #options: LogCleanerOptions
  readonly #jobs = new Map<PartitionLog, Job>()
  /** Logs that could not be cleaned, and are left alone until a restart. */
  readonly #uncleanable = new WeakSet<PartitionLog>()
  readonly #ending = new Set<Promise<void>>()
  readonly #running = new Set<Promise<void>>()
  #lanes: Lane[] = []
  #settings = ''

  constructor(options: LogCleanerOptions) {
    this.#options = options
  }

  start(): void {
    this.#settings = this.#readSettings()
    const threads = this.#options.config().get('log.cleaner.threads')
    this.#lanes = Array.from({ length: threads }, () => ({ thread: undefined, timer: undefined, isStopped: false }))
    for (const lane of this.#lanes) this.#later(lane, 0)
  }

  /** The broker's configs are others now. */
  configure(): void {
    if (this.#lanes.length === 0 || this.#readSettings() === this.#settings) return
    this.#stop()
    this.start()
  }

  #readSettings(): string {
    const config = this.#options.config()
    return CONFIGS.map((name) => config.get(name)).join()
  }

  isCleaning(log: PartitionLog): boolean {
    return this.#jobs.has(log)
  }

  /** The log is not to be cleaned: it is going, or not compacted any more. What is under way is given up. */
  callOff(log: PartitionLog): void {
    const job = this.#jobs.get(log)
    if (job === undefined) return
    job.isCalledOff = true
    this.#endThread(job.lane)
  }

  /** Cleans a log that is there, however little there is to gain. Resolves when that is done or has failed. */
  async cleanNow(log: PartitionLog): Promise<void> {
    const entry = [...this.#options.logs()].find((each) => each.log === log)
    if (entry === undefined || !log.config.compact) return
    while (this.#jobs.has(log)) await Promise.race(this.#running)
    if (!this.#isFree(log)) return
    const lane: Lane = { thread: undefined, timer: undefined, isStopped: false }
    const plan = this.#plan(log, entry.directory, this.#options.io.clock.now())
    if (plan === undefined) return
    const job = { plan, log, logDirectory: entry.directory, path: log.directory, lane, isCalledOff: false }
    this.#jobs.set(log, job)
    const running = this.#clean(job).then(() => undefined)
    this.#running.add(running)
    await running.finally(() => this.#running.delete(running))
    this.#endThread(lane)
  }

  /** Resolves when no thread is left, and no file of what they were at. */
  async close(): Promise<void> {
    this.#stop()
    await Promise.all([...this.#running, ...this.#ending])
  }

  #stop(): void {
    for (const lane of this.#lanes) {
      lane.isStopped = true
      lane.timer?.cancel()
      this.#endThread(lane)
    }
    for (const job of this.#jobs.values()) job.isCalledOff = true
    this.#lanes = []
  }

  #later(lane: Lane, delayMs: number): void {
    lane.timer = this.#options.io.clock.setTimer(delayMs, () => {
      const running = this.#run(lane)
        .catch((error: unknown) => {
          this.#options.io.log.error({ err: error }, 'a thread of the log cleaner has ended')
        })
        .finally(() => this.#running.delete(running))
      this.#running.add(running)
    })
  }

  /** Cleans for as long as there is something to clean, then gives the thread back and rests. */
  async #run(lane: Lane): Promise<void> {
    while (!lane.isStopped) {
      const job = this.#nextJob(lane)
      const isCleaned = job !== undefined && (await this.#clean(job))
      if (lane.isStopped) return
      this.#dropExpired()
      if (!isCleaned) break
    }
    this.#endThread(lane)
    if (!lane.isStopped) this.#later(lane, this.#options.config().get('log.cleaner.backoff.ms'))
  }

  #endThread(lane: Lane): void {
    if (lane.thread === undefined) return
    const ending = lane.thread.end().finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
    lane.thread = undefined
  }

  // --- Which log

  /** The log whose cleaning frees most for what it reads, if one is due. */
  #nextJob(lane: Lane): Job | undefined {
    const now = this.#options.io.clock.now()
    let dirtiest: { readonly plan: CleaningPlan; readonly directory: LogDirectory } | undefined
    for (const { log, directory } of this.#options.logs()) {
      if (!log.config.compact || !this.#isFree(log)) continue
      const plan = this.#plan(log, directory, now)
      if (plan === undefined || !isDue(plan)) continue
      if (dirtiest === undefined || plan.dirtyRatio > dirtiest.plan.dirtyRatio) dirtiest = { plan, directory }
    }
    if (dirtiest === undefined) return undefined
    const { plan, directory } = dirtiest
    const { log } = plan
    const job = { plan, log, logDirectory: directory, path: log.directory, lane, isCalledOff: false }
    this.#jobs.set(log, job)
    return job
  }

  #isFree(log: PartitionLog): boolean {
    return !log.isOffline && !this.#jobs.has(log) && !this.#uncleanable.has(log)
  }

  #plan(log: PartitionLog, directory: LogDirectory, now: number): CleaningPlan | undefined {
    try {
      const plan = planCleaning(log, now)
      if (plan.isCheckpointInvalid) this.#resetCheckpoint(plan, directory)
      return plan
    } catch (error) {
      if (isSystemError(error)) this.#options.onFailure(directory, error)
      else if (!log.isOffline) this.#giveUpOn(log, error)
      return undefined
    }
  }

  #resetCheckpoint({ log, firstDirtyOffset }: CleaningPlan, directory: LogDirectory): void {
    // Where retention deletes at the beginning, that is as it should be.
    if (!log.config.delete || (log.cleanedUpTo ?? 0) > log.logEndOffset) {
      const details = { log: log.name, checkpoint: log.cleanedUpTo, firstDirtyOffset }
      this.#options.io.log.warn(details, 'the log was not cleaned up to where its checkpoint says')
    }
    log.cleanedUpTo = firstDirtyOffset
    this.#options.onCheckpoint(directory)
  }

  // --- The cleaning

  /** Returns whether all went well. */
  async #clean(job: Job): Promise<boolean> {
    const { log, logDirectory } = job
    try {
      log.cleanedUpTo = await this.#cleanLog(job)
      this.#options.onCheckpoint(logDirectory)
      return true
    } catch (error) {
      this.#onError(job, error)
      await this.#cleanUp(job)
      return false
    } finally {
      this.#jobs.delete(log)
    }
  }

  /** Returns up to where (exclusive) the log is clean now. */
  async #cleanLog(job: Job): Promise<number> {
    const { plan, log, path } = job
    const { clock } = this.#options.io
    const nowMs = clock.now()
    const started = clock.monotonic()
    this.#removeCleaned(path)
    const clean = log.segmentsBetween(0, plan.firstDirtyOffset).at(-1)
    const legacyDeleteHorizonMs = clean === undefined ? 0 : clean.lastModifiedMs - log.config.deleteRetentionMs
    const thread = this.#threadOf(job.lane)
    const mapped = await thread.run(this.#mapStep(job))
    this.#check(job)
    const segments = log.segmentsBetween(0, mapped.endOffset)
    const results: GroupResult[] = []
    for (const group of groupSegments(segments, log.config, plan.firstUncleanableOffset)) {
      results.push(await thread.run(this.#groupStep(job, group, nowMs, legacyDeleteHorizonMs)))
      this.#check(job)
      this.#options.onReplaced(log, log.replaceSegments(group))
      await thread.run({ type: 'sync', directory: path })
      this.#check(job)
    }
    this.#tell(job, mapped, results, clock.monotonic() - started)
    return mapped.endOffset
  }

  #check({ log, isCalledOff }: Job): void {
    if (isCalledOff || log.isOffline) throw new CleaningEnded()
  }

  /** Who cleans without being asked may be switched off. */
  get #laneCount(): number {
    return Math.max(1, this.#lanes.length)
  }

  #threadOf(lane: Lane): CleaningThread {
    const { io, config } = this.#options
    const bytesPerSecond = config().get('log.cleaner.io.max.bytes.per.second')
    // Each has its share.
    lane.thread ??= startCleaningThread(io, { maxBytesPerSecond: bytesPerSecond / this.#laneCount })
    return lane.thread
  }

  #mapStep({ plan, log, path }: Job): MapStep {
    const { config, io } = this.#options
    const { firstDirtyOffset: startOffset, firstUncleanableOffset: endOffset } = plan
    return {
      type: 'map',
      directory: path,
      segments: log.segmentsBetween(startOffset, endOffset).map(toRead),
      startOffset,
      endOffset,
      abortedTransactions: log.abortedBetween(startOffset, endOffset),
      map: {
        maxBytes: Math.floor(config().get('log.cleaner.dedupe.buffer.size') / this.#laneCount),
        loadFactor: config().get('log.cleaner.io.buffer.load.factor'),
        seed: Math.floor(io.random.next() * MAX_SEED),
      },
      ioBufferBytes: this.#ioBufferBytes(),
    }
  }

  /** One to read into, one to write from. */
  #ioBufferBytes(): number {
    return Math.floor(this.#options.config().get('log.cleaner.io.buffer.size') / this.#laneCount / 2)
  }

  #groupStep(
    { plan, log, path }: Job,
    group: readonly Segment[],
    nowMs: number,
    legacyDeleteHorizonMs: number,
  ): GroupStep {
    return {
      type: 'group',
      directory: path,
      segments: group.map((segment, index) => ({
        ...toRead(segment),
        lastModifiedMs: segment.lastModifiedMs,
        abortedTransactions: log.abortedBetween(
          segment.baseOffset,
          group[index + 1]?.baseOffset ?? segment.nextOffset(),
        ),
      })),
      lastRecords: log.lastRecords(),
      nowMs,
      deleteRetentionMs: log.config.deleteRetentionMs,
      legacyDeleteHorizonMs,
      endOffset: plan.firstUncleanableOffset,
      indexIntervalBytes: log.config.indexIntervalBytes,
      ioBufferBytes: this.#ioBufferBytes(),
    }
  }

  #tell({ plan, log }: Job, mapped: MapResult, results: readonly GroupResult[], ms: number): void {
    const sum = (field: keyof GroupResult): number => results.reduce((total, result) => total + result[field], 0)
    const details = {
      log: log.name,
      from: plan.firstDirtyOffset,
      to: mapped.endOffset,
      keys: mapped.keys,
      mapUtilization: mapped.utilization,
      bytesRead: sum('bytesRead'),
      bytesWritten: sum('bytesWritten'),
      recordsRead: sum('recordsRead'),
      recordsWritten: sum('recordsWritten'),
      ms: Math.round(ms),
    }
    this.#options.io.log.info(details, 'a log was cleaned')
    const invalidRecords = sum('invalidRecords')
    if (invalidRecords > 0) {
      this.#options.io.log.warn({ log: log.name, invalidRecords }, 'records without a key were cleaned away')
    }
  }

  // --- What goes wrong

  #onError({ log, logDirectory, isCalledOff }: Job, error: unknown): void {
    if (isCalledOff || log.isOffline || error instanceof CleaningEnded) return
    if (isSystemError(error)) this.#options.onFailure(logDirectory, error)
    else this.#giveUpOn(log, error)
  }

  #giveUpOn(log: PartitionLog, error: unknown): void {
    this.#uncleanable.add(log)
    this.#options.io.log.error({ log: log.name, err: error }, 'a log cannot be cleaned, and is left as it is')
  }

  /** Ends the thread, which may be in the middle of a file, and removes what it wrote. */
  async #cleanUp({ lane, log, path, logDirectory }: Job): Promise<void> {
    this.#endThread(lane)
    await Promise.all(this.#ending)
    // A new log may stand there by now.
    const isTaken = [...this.#jobs.values()].some((other) => other.log !== log && other.path === path)
    if (logDirectory.isOffline || isTaken) return
    try {
      this.#removeCleaned(path)
    } catch (error) {
      this.#options.io.log.warn({ log: log.name, err: error }, 'could not remove the files of a cleaning')
    }
  }

  /** What an older cleaning left would make a restart give up a newer one that was in the middle of its swap. */
  #removeCleaned(path: string): void {
    const { fs } = this.#options.io
    if (!fs.exists(path)) return
    for (const name of fs.list(path)) if (name.endsWith(CLEANED_SUFFIX)) fs.remove(join(path, name))
  }

  #dropExpired(): void {
    for (const { log } of this.#options.logs()) {
      if (log.config.compact && this.#isFree(log)) this.#options.dropExpired(log)
    }
  }
}

function toRead({ baseOffset, size }: Segment): SegmentToRead {
  return { baseOffset, sizeInBytes: size }
}
