// Opening a partition's directory: what its files say after a clean stop, and what can be saved of them after a crash.
//
// After a crash nothing behind the recovery point is trusted but batches that are whole and have a good checksum: the
// log is cut at the first one that is not, and indexes, producers, open transactions and leader epochs are built again
// from those that are. So for every prefix of the bytes that were written, what comes back is a prefix of the records.
import { basename, join } from 'node:path'
import type { TopicConfig } from '../config/index.ts'
import type { Clock, FileSystem, Logger } from '../io/index.ts'
import { Batch } from '../wire/records/index.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import type { AppendedBatch } from './log-validator.ts'
import { appendedBatch } from './log-validator.ts'
import type { LogState } from './partition-log.ts'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  LOG_SUFFIX,
  offsetOf,
  partitionDirectory,
  SEGMENT_SUFFIXES,
  SWAP_SUFFIX,
  type TopicPartition,
} from './paths.ts'
import { ProducerSnapshots } from './producer-snapshot.ts'
import { ProducerStates } from './producer-state.ts'
import { changeSuffix, Segment } from './segment.ts'

export interface RecoveryOptions {
  readonly topicPartition: TopicPartition
  readonly directory: string
  readonly config: TopicConfig
  readonly fs: FileSystem
  readonly clock: Clock
  readonly log: Logger
  /** Whether the broker that wrote it stopped in order. */
  readonly cleanShutdown: boolean
  /** As the checkpoints have them; 0 where they do not know the log. */
  readonly recoveryPoint: number
  readonly logStartOffset: number
  readonly producerIdExpirationMs: number
}

/** Reads the directory, mends it where it has to be, and gives what a log starts from. */
export function recoverLog(options: RecoveryOptions): LogState {
  return new Recovery(options).run()
}

class Recovery {
  readonly #options: RecoveryOptions
  readonly #fs: FileSystem
  readonly #directory: string
  readonly #snapshots: ProducerSnapshots
  readonly #leaderEpochs: LeaderEpochs
  readonly #producers: ProducerStates
  #segments: Segment[]

  constructor(options: RecoveryOptions) {
    this.#options = options
    this.#fs = options.fs
    this.#directory = options.directory
    const found = options.fs.list(options.directory)
    const hasSwaps = found.some((name) => name.endsWith(SWAP_SUFFIX))
    const names = removeLeftovers(options.fs, options.directory, hasSwaps ? finishSwaps(options, found) : found)
    this.#segments = openSegments(options.fs, options.directory, names)
    this.#snapshots = new ProducerSnapshots(options.fs, options.directory, names)
    this.#leaderEpochs = new LeaderEpochs(options.fs, options.directory)
    this.#producers = new ProducerStates(partitionDirectory(options.topicPartition))
  }

  run(): LogState {
    const firstBase = this.#segments[0]?.baseOffset ?? 0
    const logStartOffset = Math.max(this.#options.logStartOffset, firstBase)
    const suspect = this.#firstSuspect()
    if (suspect >= 0) this.#recoverFrom(suspect)
    const logEndOffset = this.#logEnd(logStartOffset)
    this.#leaderEpochs.truncateFromEnd(logEndOffset)
    this.#leaderEpochs.truncateFromStart(logStartOffset)
    this.#snapshots.keepOnly(new Set(this.#segments.map(({ baseOffset }) => baseOffset)))
    this.#snapshots.keepWithin(0, logEndOffset)
    if (suspect < 0) this.#loadProducers(logEndOffset)
    this.#producers.onLogStartOffset(logStartOffset)
    return {
      segments: this.#segments,
      logStartOffset,
      logEndOffset,
      // What was recovered is not known to be on the disk for good.
      recoveryPoint: suspect < 0 ? logEndOffset : Math.min(this.#options.recoveryPoint, logEndOffset),
      producers: this.#producers,
      snapshots: this.#snapshots,
      leaderEpochs: this.#leaderEpochs,
    }
  }

  /** The first segment that has to be read through; -1 for none. */
  #firstSuspect(): number {
    const { cleanShutdown, recoveryPoint } = this.#options
    const unindexed = this.#segments.findIndex(
      ({ offsetIndex, timeIndex, transactionIndex }) =>
        !offsetIndex.isSane() || !timeIndex.isSane() || !transactionIndex.isSane(),
    )
    if (cleanShutdown) return unindexed
    const behind = this.#segments.findIndex((_, index) => {
      const next = this.#segments[index + 1]
      return next === undefined || next.baseOffset > recoveryPoint
    })
    if (behind < 0 || unindexed < 0) return Math.max(behind, unindexed)
    return Math.min(behind, unindexed)
  }

  #recoverFrom(first: number): void {
    const start = (this.#segments[first] as Segment).baseOffset
    this.#loadProducers(start)
    for (let index = first; index < this.#segments.length; index++) {
      const segment = this.#segments[index] as Segment
      if (index > first) this.#snapshots.take(this.#producers.entries(), segment.baseOffset, { durable: false })
      const cut = segment.recover(this.#options.config.indexIntervalBytes, (buffer, at) =>
        this.#replay(segment, buffer, at),
      )
      segment.persistIndexes()
      if (cut > 0) {
        this.#dropAfter(index, segment, cut)
        return
      }
    }
  }

  /** The log ends where it was cut: what comes after would leave a hole. */
  #dropAfter(index: number, segment: Segment, cut: number): void {
    const rest = this.#segments.slice(index + 1)
    this.#options.log.warn(
      { log: basename(this.#directory), segment: segment.baseOffset, bytesCut: cut, segmentsDropped: rest.length },
      'a log was cut at its last whole batch',
    )
    for (const later of rest) later.deleteFiles()
    this.#segments = this.#segments.slice(0, index + 1)
  }

  #replay(segment: Segment, buffer: Buffer, at: number): void {
    const batch = appendedBatch(buffer, at)
    const epoch = Batch.partitionLeaderEpoch(buffer, at)
    if (epoch > this.#leaderEpochs.latest) this.#leaderEpochs.assign(epoch, batch.baseOffset)
    const completed = this.#producers.replay(buffer, at, batch)
    if (completed?.isAborted) segment.transactionIndex.append(completed)
  }

  /** The producers' state below `upTo`: the latest snapshot before it, and the batches behind that. */
  #loadProducers(upTo: number): void {
    const { clock, producerIdExpirationMs } = this.#options
    const first = this.#segments[0]?.baseOffset ?? 0
    const snapshot = this.#snapshots.readLatestUpTo(upTo)
    const from = Math.max(snapshot?.offset ?? first, first)
    this.#producers.reload(snapshot?.entries ?? [], from, clock.now(), producerIdExpirationMs)
    if (from >= upTo) return
    for (const [index, segment] of this.#segments.entries()) {
      const next = this.#segments[index + 1]
      if (segment.baseOffset >= upTo || (next !== undefined && next.baseOffset <= from)) continue
      this.#replayProducers(segment, from, upTo)
    }
  }

  #replayProducers(segment: Segment, from: number, upTo: number): void {
    const start = segment.find(from)
    if (start === undefined) return
    for (const { buffer, at } of segment.wholeBatches(start.position)) {
      const batch: AppendedBatch = appendedBatch(buffer, at)
      if (batch.baseOffset >= upTo) return
      if (batch.lastOffset >= from) this.#producers.replay(buffer, at, batch)
    }
  }

  /** The offset of the next record; makes the first segment where there is none that counts. */
  #logEnd(logStartOffset: number): number {
    const last = this.#segments.at(-1)
    const end = last?.nextOffset() ?? 0
    if (last !== undefined && end >= logStartOffset) return end
    // Everything that is left was deleted before the crash.
    for (const segment of this.#segments) segment.deleteFiles()
    const { clock, config } = this.#options
    const name = { directory: this.#directory, baseOffset: logStartOffset }
    const preallocatedBytes = config.preallocate ? config.segmentBytes : 0
    this.#segments = [Segment.create(this.#fs, name, clock.now(), { preallocatedBytes })]
    return logStartOffset
  }
}

/**
 * Finishes a cleaning whose new segment was all written and named `.swap`: the segments that it was made from go, and it
 * takes their place. One that was not all named is given up, with whatever else is not named. Returns what is there now.
 */
function finishSwaps({ fs, directory, log }: RecoveryOptions, names: readonly string[]): string[] {
  const unfinished = Math.min(...offsetsWith(names, CLEANED_SUFFIX), Number.POSITIVE_INFINITY)
  const swaps = names.filter((name) => name.endsWith(SWAP_SUFFIX))
  const done = swaps.filter((name) => segmentFileOffset(name.slice(0, -SWAP_SUFFIX.length)) < unfinished)
  for (const name of swaps) if (!done.includes(name)) fs.remove(join(directory, name))
  for (const name of done) {
    const baseOffset = offsetOf(name, `${LOG_SUFFIX}${SWAP_SUFFIX}`)
    if (baseOffset === undefined) continue
    log.info({ log: basename(directory), segment: baseOffset }, 'finishing a cleaning that a stop interrupted')
    const segment = Segment.open(fs, { directory, baseOffset, suffix: SWAP_SUFFIX })
    const endOffset = Math.max(segment.nextOffset(), baseOffset + 1)
    segment.abandon()
    for (const old of names) {
      const offset = segmentFileOffset(old)
      if (offset >= baseOffset && offset < endOffset) fs.remove(join(directory, old))
    }
  }
  for (const baseOffset of offsetsWith(done, SWAP_SUFFIX)) {
    changeSuffix(fs, { directory, baseOffset, suffix: SWAP_SUFFIX }, '')
  }
  fs.syncDirectory(directory)
  return fs.list(directory)
}

/** The base offsets of the segments that have files with this suffix. */
function offsetsWith(names: readonly string[], suffix: string): Set<number> {
  const files = names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length))
  return new Set(files.map(segmentFileOffset).filter((offset) => offset >= 0))
}

/** -1 for what is no file of a segment. */
function segmentFileOffset(name: string): number {
  for (const suffix of SEGMENT_SUFFIXES) {
    const offset = offsetOf(name, suffix)
    if (offset !== undefined) return offset
  }
  return -1
}

/** Finishes deletions and forgets cleanings that a stop interrupted. Returns the names that are left. */
function removeLeftovers(fs: FileSystem, directory: string, names: readonly string[]): string[] {
  return names.filter((name) => {
    const isLeftover = name.endsWith(DELETED_SUFFIX) || name.endsWith(CLEANED_SUFFIX) || name.endsWith('.tmp')
    if (isLeftover) fs.remove(join(directory, name))
    return !isLeftover
  })
}

/** The segments in order. An index whose log is gone goes too. */
function openSegments(fs: FileSystem, directory: string, names: readonly string[]): Segment[] {
  const bases = new Set(names.flatMap((name) => offsetOf(name, LOG_SUFFIX) ?? []))
  for (const name of names) {
    const base = segmentFileOffset(name)
    if (base >= 0 && !bases.has(base)) fs.remove(join(directory, name))
  }
  return [...bases].sort((a, b) => a - b).map((baseOffset) => Segment.open(fs, { directory, baseOffset }))
}
