// The log of one partition: a row of segments, what may be appended to them, and where a reader finds an offset.
//
// An append changes everything it changes in the turn in which it is called: offsets are given, producers remembered,
// indexes extended. Its bytes reach the file at the end of that turn, together with those of other appends as one
// vectored write; only then `logEndOffset` becomes `writtenOffset`, and whoever waits is told. A failed write takes the
// log out of service, because memory is ahead of the file then.
import type { TopicConfig } from '../config/index.ts'
import { type Clock, type FileSystem, isSystemError, type Logger } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import { Batch, type CompressionName } from '../wire/records/index.ts'
import type { LastRecord } from './cleaner.ts'
import type { AbortedTransaction, TimestampOffset } from './entry-index.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import { type AppendedBatch, type ValidatedRecords, type ValidationOptions, validateRecords } from './log-validator.ts'
import { CLEANED_SUFFIX, partitionDirectory, SWAP_SUFFIX, type TopicPartition } from './paths.ts'
import type { ProducerSnapshots } from './producer-snapshot.ts'
import type {
  AppendTerms,
  BatchMetadata,
  CompletedTransaction,
  ProducerEntry,
  ProducerStates,
} from './producer-state.ts'
import { changeSuffix, Segment } from './segment.ts'
import type { NewVerification, VerificationGuard } from './verification.ts'

/** Called once, after `append` has returned: when the append is in the file, or with the error that kept it out. */
export type AppendDone = (error?: KafkaError) => void

export interface AppendOptions extends AppendTerms {
  readonly leaderEpoch: number
}

export interface AppendResult {
  /** -1 where there was nothing to append. */
  readonly baseOffset: number
  readonly lastOffset: number
  /** -1 with CreateTime. */
  readonly logAppendTime: number
  readonly isDuplicate: boolean
}

export interface ReadOptions {
  readonly maxBytes: number
  /** The first batch comes whole, even if it is larger than `maxBytes`. */
  readonly minOneBatch: boolean
  /** Where what the reader may see ends (exclusive): high watermark, last stable offset or log end offset. */
  readonly endOffset: number
}

export interface LogRead {
  /** May end in half a batch. */
  readonly records: Buffer
  /** Where the batch of the offset stands, for whoever looks for aborted transactions; undefined without records. */
  readonly from: { readonly segment: Segment; readonly position: number } | undefined
}

export interface FoundOffset extends TimestampOffset {
  readonly leaderEpoch: number
}

/** Where a log stands when it was opened; see recovery.ts. */
export interface LogState {
  /** In ascending order; at least one. */
  readonly segments: Segment[]
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly recoveryPoint: number
  readonly producers: ProducerStates
  readonly snapshots: ProducerSnapshots
  readonly leaderEpochs: LeaderEpochs
}

export interface LogOptions {
  readonly topicPartition: TopicPartition
  readonly topicId: string
  readonly directory: string
  readonly config: TopicConfig
  readonly fs: FileSystem
  readonly clock: Clock
  readonly log: Logger
  /** The directory is not to be written to any more: every log in it is out of service. */
  readonly onFailure: (error: unknown) => void
}

const NOTHING: AppendResult = { baseOffset: -1, lastOffset: -1, logAppendTime: -1, isDuplicate: false }
const EMPTY = Buffer.alloc(0)
const NO_RECORDS: LogRead = { records: EMPTY, from: undefined }
/** Carries what little two hashes differ in to their upper bits. */
const MIX = 0x9e3779b1
const MAX_UINT32 = 0xffffffff

export class PartitionLog {
  readonly topicPartition: TopicPartition
  readonly name: string
  readonly topicId: string
  readonly leaderEpochs: LeaderEpochs
  readonly producers: ProducerStates
  /** Called when appends have reached the file, before those who wait for them are told. */
  onWritten: () => void = () => undefined
  readonly directory: string
  config: TopicConfig
  /** Up to here (exclusive) the log was compacted; undefined before the first time. The cleaner's to know. */
  cleanedUpTo: number | undefined
  readonly #options: LogOptions
  readonly #snapshots: ProducerSnapshots
  readonly #segments: Segment[]
  readonly #validation: ValidationOptions
  #active: Segment
  #logStartOffset: number
  #logEndOffset: number
  #writtenOffset: number
  #writtenSize: number
  #highWatermark: number
  /** Everything below this offset is on the disk for good. */
  #recoveryPoint: number
  #lastFlushMs: number
  #unflushedRecords = 0
  #flushing: Promise<void> | undefined
  #pending: Buffer[] = []
  #waiting: AppendDone[] = []
  /** Where the last append stands: readers at the tail need no search. */
  #tail: { readonly offset: number; readonly position: number; readonly segment: Segment } | undefined
  #rollJitterMs: number
  /** As large as the indexes of the active segment may grow: as large as was said when it began. */
  #maxIndexBytes: number
  #offline = false

  constructor(options: LogOptions, state: LogState) {
    this.#options = options
    this.topicPartition = options.topicPartition
    this.name = partitionDirectory(options.topicPartition)
    this.topicId = options.topicId
    this.directory = options.directory
    this.config = options.config
    this.leaderEpochs = state.leaderEpochs
    this.producers = state.producers
    this.#snapshots = state.snapshots
    this.#segments = state.segments
    this.#active = state.segments.at(-1) as Segment
    this.#logStartOffset = state.logStartOffset
    this.#logEndOffset = state.logEndOffset
    this.#writtenOffset = state.logEndOffset
    this.#writtenSize = this.#active.size
    this.#highWatermark = state.logStartOffset
    this.#recoveryPoint = state.recoveryPoint
    this.#lastFlushMs = options.clock.now()
    this.#rollJitterMs = this.#newJitter()
    this.#maxIndexBytes = this.config.segmentIndexBytes
    this.#validation = { ...validationOf(options.config), topicPartition: this.name, ...blankAppend }
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** Where the batch begins that has the first record: what was deleted may end in the middle of one. */
  get firstBatchOffset(): number {
    this.#write()
    const segment = this.#segments[this.#segmentIndexOf(this.#logStartOffset)]
    const batch = segment?.find(this.#logStartOffset, this.#writtenSizeOf(segment))
    return Math.min(batch?.baseOffset ?? this.#logStartOffset, this.#logStartOffset)
  }

  /** The offset of the next record. */
  get logEndOffset(): number {
    return this.#logEndOffset
  }

  /** Up to here (exclusive) appends are in the file. */
  get writtenOffset(): number {
    return this.#writtenOffset
  }

  get highWatermark(): number {
    return this.#highWatermark
  }

  /** Nothing waits to be written, and nobody to be told. */
  get isSettled(): boolean {
    return this.#pending.length === 0 && this.#waiting.length === 0
  }

  get recoveryPoint(): number {
    return this.#recoveryPoint
  }

  get isOffline(): boolean {
    return this.#offline
  }

  get lastFlushMs(): number {
    return this.#lastFlushMs
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  get sizeInBytes(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0)
  }

  /** Readers of committed records see what is below: no transaction that is still open begins before it. */
  get lastStableOffset(): number {
    const unstable = this.producers.firstUnstableOffset
    return unstable === undefined || unstable >= this.#highWatermark
      ? this.#highWatermark
      : Math.max(unstable, this.#logStartOffset)
  }

  /** Moves the high watermark; it never passes what is written. */
  setHighWatermark(offset: number): void {
    this.#highWatermark = Math.max(this.#logStartOffset, Math.min(offset, this.#writtenOffset))
    this.producers.onHighWatermark(this.#highWatermark)
  }

  configure(config: TopicConfig): void {
    this.config = config
    Object.assign(this.#validation, validationOf(config))
  }

  // --- Appending

  /** Takes records in, or throws KafkaError with everything as it was. `done` is told when they are written. */
  append(records: Buffer, options: AppendOptions, done: AppendDone): AppendResult {
    if (this.#offline) throw storageError(this.directory)
    const validated = this.#validate(records, options)
    if (validated.baseOffset < 0) {
      this.#await(done)
      return NOTHING
    }
    try {
      return this.#append(validated, options, done)
    } catch (error) {
      throw this.#asStorageError(error)
    }
  }

  #append(validated: ValidatedRecords, options: AppendOptions, done: AppendDone): AppendResult {
    this.#assignEpochs(validated)
    if (validated.records.length > this.config.segmentBytes) {
      const error = new KafkaError('RECORD_LIST_TOO_LARGE')
      error.message = `${validated.records.length} bytes in an append to ${this.name}, whose segments have ${this.config.segmentBytes}`
      throw error
    }
    const duplicate = this.#checkProducers(validated, options)
    if (duplicate !== undefined) {
      this.#await(done)
      const { baseOffset, lastOffset, timestamp } = duplicate
      return { baseOffset, lastOffset, logAppendTime: timestamp, isDuplicate: true }
    }
    this.#take(validated)
    this.#await(done)
    const { baseOffset, lastOffset, logAppendTime } = validated
    return { baseOffset, lastOffset, logAppendTime, isDuplicate: false }
  }

  #validate(records: Buffer, { leaderEpoch, origin }: AppendOptions): ValidatedRecords {
    const validation = this.#validation
    validation.origin = origin
    validation.offset = this.#logEndOffset
    validation.now = this.#options.clock.now()
    validation.partitionLeaderEpoch = leaderEpoch
    const validated = validateRecords(records, validation)
    if (origin === 'replication' && validated.baseOffset >= 0 && validated.baseOffset < this.#logEndOffset) {
      throw new Error(
        `${this.name}: offset ${validated.baseOffset} was replicated, ${this.#logEndOffset} or more expected`,
      )
    }
    return validated
  }

  /** A leader's epoch begins at the end of the log. */
  beginEpoch(epoch: number): void {
    if (this.#offline) return
    try {
      this.leaderEpochs.assign(epoch, this.#logEndOffset)
    } catch (error) {
      this.#fail(error)
    }
  }

  #assignEpochs({ records, batches }: ValidatedRecords): void {
    for (const { position, baseOffset } of batches) {
      const epoch = Batch.partitionLeaderEpoch(records, position)
      if (epoch >= 0) this.leaderEpochs.assign(epoch, baseOffset)
    }
  }

  #checkProducers(validated: ValidatedRecords, options: AppendOptions): BatchMetadata | undefined {
    for (const batch of validated.batches) {
      if (batch.producerId < 0) continue
      if (options.origin === 'client') {
        const duplicate = this.producers.get(batch.producerId)?.findDuplicate(batch)
        if (duplicate !== undefined) return duplicate
      }
      this.producers.check(batch, validated.records, options)
    }
    return undefined
  }

  /**
   * A producer is about to write the first batch of a transaction: gives the guard that its append needs, or undefined
   * where its transaction is open here already. Throws INVALID_PRODUCER_EPOCH for a producer that was fenced.
   */
  startVerification(verification: NewVerification): VerificationGuard | undefined {
    const { producerId, producerEpoch } = verification
    const known = this.producers.get(producerId)?.producerEpoch ?? producerEpoch
    if (producerEpoch < known) throw new KafkaError('INVALID_PRODUCER_EPOCH')
    if (this.producers.hasOngoingTransaction(producerId, producerEpoch)) return undefined
    return this.producers.verifications.start(verification, this.#options.clock.now())
  }

  #take(validated: ValidatedRecords): void {
    const { records, lastOffset } = validated
    if (this.#mustRoll(validated)) this.roll(validated.baseOffset)
    const segment = this.#active
    this.#tail = { offset: validated.baseOffset, position: segment.size, segment }
    segment.noteAppend(validated, this.config.indexIntervalBytes)
    this.#pending.push(records)
    this.#logEndOffset = lastOffset + 1
    this.#unflushedRecords += validated.recordCount
    for (const batch of validated.batches) this.#remember(records, batch)
    this.producers.endOffset = this.#logEndOffset
  }

  #remember(records: Buffer, batch: AppendedBatch): void {
    if (batch.producerId < 0) return
    if (!batch.isControl) this.producers.apply(batch)
    else this.#noteCompleted(this.producers.applyMarker(records, batch.position))
  }

  #noteCompleted(completed: CompletedTransaction | undefined): void {
    if (completed?.isAborted) this.#active.transactionIndex.append(completed)
  }

  #await(done: AppendDone): void {
    if (this.#waiting.push(done) === 1) this.#options.clock.atEndOfTurn(this.#writePending)
  }

  /** Puts what was appended in this turn into the file, and tells who waits. */
  readonly #writePending = (): void => {
    this.#write()
    const waiting = this.#waiting
    this.#waiting = []
    const error = this.#offline ? storageError(this.directory) : undefined
    for (let index = 0; index < waiting.length; index++) waiting[index]?.(error)
  }

  #write(): void {
    const buffers = this.#pending
    if (buffers.length === 0 || this.#offline) return
    this.#pending = []
    try {
      this.#active.file.write(buffers, this.#writtenSize)
      this.#active.persistIndexesWhenDue()
      if (this.#unflushedRecords >= this.config.flushMessages) this.#syncNow()
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#writtenSize = this.#active.size
    this.#writtenOffset = this.#logEndOffset
    this.onWritten()
  }

  /** flush.messages asks that nothing is acknowledged before the disk has it. */
  #syncNow(): void {
    this.#active.syncNow()
    this.#recoveryPoint = this.#logEndOffset
    this.#noteFlushed()
  }

  #fail(error: unknown): void {
    if (this.#offline) return
    this.#options.onFailure(error)
    this.takeOffline()
  }

  /** The directory cannot be trusted any more: nothing is read from it or written to it until a restart. */
  takeOffline(): void {
    if (this.#offline) return
    this.#offline = true
    this.#pending = []
    for (const segment of this.#segments) segment.abandon()
    if (this.#waiting.length > 0) this.#writePending()
  }

  // --- Segments

  #mustRoll({ records, lastOffset, maxTimestamp }: ValidatedRecords): boolean {
    const { segmentBytes, segmentMs } = this.config
    const active = this.#active
    if (active.size > segmentBytes - records.length) return true
    if (active.size > 0 && active.waitedMs(this.#options.clock.now(), maxTimestamp) > segmentMs - this.#rollJitterMs) {
      return true
    }
    if (active.offsetIndex.isFull(this.#maxIndexBytes) || active.timeIndex.isFull(this.#maxIndexBytes)) return true
    return !active.canHold(lastOffset)
  }

  /** Spreads the rolls of logs that began together; each segment has its own. */
  #newJitter(): number {
    const { segmentJitterMs, segmentMs } = this.config
    if (segmentJitterMs === 0) return 0
    let hash = this.#active.baseOffset | 0
    for (const char of this.name) hash = Math.imul(hash, 31) + (char.codePointAt(0) ?? 0)
    return Math.floor(
      ((Math.imul(hash ^ (hash >>> 15), MIX) >>> 0) / MAX_UINT32) * Math.min(segmentJitterMs, segmentMs),
    )
  }

  /** Closes the active segment and begins a new one at `baseOffset`. */
  roll(baseOffset = this.#logEndOffset): void {
    this.#write()
    if (this.#offline) throw storageError(this.directory)
    const old = this.#active
    try {
      if (old.size === 0 && old.baseOffset === baseOffset) {
        this.#segments.pop()
        old.deleteFiles()
      } else {
        old.becomeInactive()
        this.producers.endOffset = baseOffset
        this.#takeSnapshot(baseOffset, { durable: false })
      }
      const { fs, clock } = this.#options
      const preallocatedBytes = this.config.preallocate ? this.config.segmentBytes : 0
      this.#active = Segment.create(fs, { directory: this.directory, baseOffset }, clock.now(), { preallocatedBytes })
    } catch (error) {
      this.#fail(error)
      throw storageError(this.directory)
    }
    this.#segments.push(this.#active)
    this.#writtenSize = 0
    this.#rollJitterMs = this.#newJitter()
    this.#maxIndexBytes = this.config.segmentIndexBytes
    void this.flush()
  }

  #takeSnapshot(offset: number, options: { durable: boolean }): void {
    const last = this.#snapshots.latestOffset ?? this.#logStartOffset
    if (offset > last) this.#snapshots.take(this.producers.entries(), offset, options)
  }

  /** Makes durable what was written so far, off the loop, and moves the recovery point. Never rejects. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flushWritten().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async #flushWritten(): Promise<void> {
    this.#write()
    const upTo = this.#writtenOffset
    if (this.#offline || upTo <= this.#recoveryPoint) return
    this.#noteFlushed()
    const dirty = this.#segments.filter((_, index) => {
      const next = this.#segments[index + 1]
      return next === undefined || next.baseOffset > this.#recoveryPoint
    })
    try {
      await Promise.all(dirty.map((segment) => this.#syncSegment(segment)))
      if (upTo > this.#recoveryPoint) this.#recoveryPoint = upTo
    } catch (error) {
      this.#fail(error)
    }
  }

  async #syncSegment(segment: Segment): Promise<void> {
    try {
      await segment.sync()
      if (segment !== this.#active) segment.release()
    } catch (error) {
      // What was deleted meanwhile needs no flush.
      if (!this.#offline && this.#segments.includes(segment)) throw error
    }
  }

  #noteFlushed(): void {
    this.#lastFlushMs = this.#options.clock.now()
    this.#unflushedRecords = 0
  }

  #segmentIndexOf(offset: number): number {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#segments[middle] as Segment).baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** The bytes of a segment that are in its file. */
  #writtenSizeOf(segment: Segment): number {
    return segment === this.#active ? this.#writtenSize : segment.size
  }

  // --- Reading

  /** Batches from the one that holds `offset` on. Throws OFFSET_OUT_OF_RANGE, and KAFKA_STORAGE_ERROR. */
  read(offset: number, options: ReadOptions): LogRead {
    if (this.#offline) throw storageError(this.directory)
    if (offset < this.#logStartOffset || offset > this.#logEndOffset) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE')
    }
    const endOffset = Math.min(options.endOffset, this.#writtenOffset)
    if (offset >= endOffset) return NO_RECORDS
    try {
      return this.#readFrom(offset, endOffset, options)
    } catch (error) {
      throw this.#asStorageError(error)
    }
  }

  /** What the system refused takes the directory out of service; anything else is a bug and stays what it is. */
  #asStorageError(error: unknown): unknown {
    if (!isSystemError(error)) return error
    this.#fail(error)
    return storageError(this.directory)
  }

  #guarded<T>(work: () => T): T {
    if (this.#offline) throw storageError(this.directory)
    try {
      return work()
    } catch (error) {
      throw this.#asStorageError(error)
    }
  }

  #readFrom(offset: number, endOffset: number, { maxBytes, minOneBatch }: ReadOptions): LogRead {
    for (let index = this.#segmentIndexOf(offset); index < this.#segments.length; index++) {
      const segment = this.#segments[index] as Segment
      const size = this.#writtenSizeOf(segment)
      const first = this.#find(segment, offset, size)
      // What was compacted away at the end of a segment is found in the next.
      if (first === undefined) continue
      if (first.sizeInBytes > maxBytes && !minOneBatch) return { records: EMPTY, from: { segment, ...first } }
      const end = this.#positionOf(endOffset, segment, size)
      const length = Math.min(end - first.position, Math.max(maxBytes, first.sizeInBytes))
      if (length <= 0) return NO_RECORDS
      return { records: segment.read(first.position, length), from: { segment, position: first.position } }
    }
    return NO_RECORDS
  }

  #find(segment: Segment, offset: number, size: number): { position: number; sizeInBytes: number } | undefined {
    const tail = this.#tail
    if (tail?.offset === offset && tail.segment === segment) return segment.batchFrom(tail.position, size)
    return segment.find(offset, size)
  }

  /** Where in the segment's file what a reader may see ends. */
  #positionOf(endOffset: number, segment: Segment, size: number): number {
    if (endOffset >= this.#writtenOffset) return size
    const index = this.#segments.indexOf(segment)
    const next = this.#segments[index + 1]
    if (next !== undefined && endOffset >= next.baseOffset) return size
    return segment.find(endOffset, size)?.position ?? size
  }

  /** How many bytes a reader at `offset` could have: what a fetch that waits for more counts. */
  bytesFrom(offset: number, end: number): number {
    const endOffset = Math.min(end, this.#writtenOffset)
    if (this.#offline || offset < this.#logStartOffset || offset >= endOffset) return 0
    return this.#guarded(() => this.#countBytes(offset, endOffset))
  }

  #countBytes(offset: number, endOffset: number): number {
    const first = this.#segmentIndexOf(offset)
    const last = this.#segmentIndexOf(endOffset)
    let bytes = 0
    for (let index = first; index <= last; index++) {
      const segment = this.#segments[index] as Segment
      const size = this.#writtenSizeOf(segment)
      const from = index === first ? (this.#find(segment, offset, size)?.position ?? size) : 0
      bytes += Math.max(0, this.#positionOf(endOffset, segment, size) - from)
    }
    return bytes
  }

  /** The aborted transactions that a reader of these records must know of. */
  abortedTransactions(offset: number, { records, from }: LogRead): AbortedTransaction[] {
    if (from === undefined || records.length === 0) return []
    const first = this.#segments.indexOf(from.segment)
    const bound =
      from.segment.offsetIndex.offsetFrom(from.position + records.length) ??
      this.#segments[first + 1]?.baseOffset ??
      this.#logEndOffset
    return this.#guarded(() => this.#abortedFrom(first, offset, bound))
  }

  /** What a cleaner of these offsets must know of: every aborted transaction that has a part in them. */
  abortedBetween(offset: number, bound: number): AbortedTransaction[] {
    return this.#guarded(() => this.#abortedFrom(this.#segmentIndexOf(offset), this.#logStartOffset, bound))
  }

  #abortedFrom(firstSegment: number, offset: number, bound: number): AbortedTransaction[] {
    const aborted: AbortedTransaction[] = []
    for (let index = firstSegment; index >= 0 && index < this.#segments.length; index++) {
      for (const transaction of (this.#segments[index] as Segment).transactionIndex.all()) {
        if (transaction.lastOffset >= offset && transaction.firstOffset < bound) aborted.push(transaction)
        // No transaction behind this one can have begun before the bound.
        if (transaction.lastStableOffset >= bound) return aborted
      }
    }
    return aborted
  }

  /** The first record that is not older than `timestamp`. */
  offsetForTimestamp(timestamp: number): FoundOffset | undefined {
    return this.#guarded(() => {
      const segment = this.#segments.find((candidate) => candidate.largestTimestamp >= timestamp)
      return segment?.findByTimestamp(timestamp, this.#logStartOffset, this.#writtenSizeOf(segment))
    })
  }

  /** The first record with the greatest timestamp. */
  offsetOfMaxTimestamp(): FoundOffset | undefined {
    this.#write()
    return this.#guarded(() => this.#findMaxTimestamp())
  }

  #findMaxTimestamp(): FoundOffset | undefined {
    let latest: Segment | undefined
    for (const segment of this.#segments) {
      if (latest === undefined || segment.maxTimestamp.timestamp > latest.maxTimestamp.timestamp) latest = segment
    }
    return latest?.recordOfMaxTimestamp()
  }

  /** The position of the batch that holds `offset`, for those who read the whole log themselves. */
  *wholeBatches(from: number): Generator<{ buffer: Buffer; at: number }, void, undefined> {
    this.#write()
    for (let index = this.#segmentIndexOf(from); index < this.#segments.length; index++) {
      const segment = this.#segments[index] as Segment
      const first = segment.find(from)
      if (first !== undefined) yield* segment.wholeBatches(first.position)
    }
  }

  // --- The log's beginning and end

  /**
   * The log begins at `offset` now: what is before is not served any more, and goes with its segments. Returns whether
   * that changed anything. Throws OFFSET_OUT_OF_RANGE beyond the high watermark.
   */
  advanceLogStartOffset(offset: number): boolean {
    if (this.#offline) throw storageError(this.directory)
    if (offset > this.#highWatermark) throw new KafkaError('OFFSET_OUT_OF_RANGE')
    if (offset <= this.#logStartOffset) return false
    this.#logStartOffset = offset
    this.#guarded(() => this.leaderEpochs.truncateFromStart(offset))
    this.producers.onLogStartOffset(offset)
    return true
  }

  /**
   * How many of the segments from the start on are old: those for which `isOld` says yes, the last one only where it is
   * not empty. `known` of them are known to be.
   */
  countOld(known: number, isOld: (segment: Segment, next: Segment | undefined) => boolean): number {
    return this.#guarded(() => this.#countOld(known, isOld))
  }

  #countOld(known: number, isOld: (segment: Segment, next: Segment | undefined) => boolean): number {
    for (let index = known; index < this.#segments.length; index++) {
      const segment = this.#segments[index] as Segment
      const next = this.#segments[index + 1]
      // What readers have not been able to see yet stays.
      const upperBound = next?.baseOffset ?? this.#logEndOffset
      if (this.#highWatermark < upperBound || !isOld(segment, next)) return index
      if (next === undefined && segment.size === 0) return index
    }
    return this.#segments.length
  }

  /** The log begins behind these many segments, which are still there: what is written down of it now, holds. */
  advanceBehind(count: number): void {
    if (count === this.#segments.length) this.roll()
    const first = this.#segments[count] as Segment
    if (first.baseOffset > this.#logStartOffset) this.advanceLogStartOffset(first.baseOffset)
  }

  /** Removes these many segments, which are before the log's beginning, and hands over their files to be deleted. */
  dropSegments(count: number): string[] {
    return this.#guarded(() => {
      const old = this.#segments.splice(0, count)
      this.#snapshots.removeBefore((this.#segments[0] as Segment).baseOffset)
      return old.flatMap((segment) => segment.markDeleted())
    })
  }

  // --- Cleaning

  /** The segments with offsets in a range whose end is exclusive. */
  segmentsBetween(from: number, to: number): Segment[] {
    if (from >= to) return []
    const first = this.#segmentIndexOf(from)
    return this.#segments.slice(first).filter(({ baseOffset }) => baseOffset < to)
  }

  get activeSegment(): Segment {
    return this.#active
  }

  /** What must stay of producers that may still write, in the form of their last batches. */
  lastRecords(): LastRecord[] {
    return Array.from(this.producers.entries(), ({ producerId, producerEpoch, lastDataOffset }) => ({
      producerId,
      producerEpoch,
      lastDataOffset,
    }))
  }

  /**
   * Puts the cleaned segment, whose files stand beside the log, in the place of those that it was made from. Returns the
   * files that are to be deleted. Whatever step a crash comes after, recovery finds the old segments or the new one.
   */
  replaceSegments(old: readonly Segment[]): string[] {
    const [first] = old
    const at = first === undefined ? -1 : this.#segments.indexOf(first)
    const areThere = at >= 0 && old.every((segment, index) => this.#segments[at + index] === segment)
    if (first === undefined || !areThere || old.includes(this.#active)) {
      throw new Error(`${this.name} has changed under its cleaner`)
    }
    return this.#guarded(() => {
      const { fs } = this.#options
      const { baseOffset } = first
      const name = { directory: this.directory, baseOffset }
      changeSuffix(fs, { ...name, suffix: CLEANED_SUFFIX }, SWAP_SUFFIX)
      const files = old.flatMap((segment) => segment.markDeleted())
      changeSuffix(fs, { ...name, suffix: SWAP_SUFFIX }, '')
      this.#segments.splice(at, old.length, Segment.open(fs, name))
      this.#snapshots.removeOf(old.slice(1).map((segment) => segment.baseOffset))
      return files
    })
  }

  /** Lets go of all files, so that the directory can be renamed and opened as another log: this one ends here. */
  detach(): void {
    this.#writePending()
    if (this.#offline) throw storageError(this.directory)
    this.#takeSnapshot(this.#logEndOffset, { durable: false })
    for (const segment of this.#segments) {
      segment.persistIndexes()
      segment.close()
    }
    this.#offline = true
  }

  /** Not everything that is in the files is known to be on the disk. */
  limitRecoveryPoint(offset: number): void {
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset)
  }

  removeExpiredProducers(expirationMs: number): void {
    this.producers.removeExpired(this.#options.clock.now(), expirationMs)
  }

  activeProducers(): Iterable<ProducerEntry> {
    return this.producers.entries()
  }

  /** Writes and syncs everything, so that the next start has nothing to recover. */
  async close(): Promise<void> {
    this.#writePending()
    if (this.#offline) return
    await this.#flushing
    await this.flush()
    if (this.#offline) return
    try {
      this.#takeSnapshot(this.#logEndOffset, { durable: true })
      for (const segment of this.#segments) segment.close()
    } catch (error) {
      this.#fail(error)
    }
  }
}

/** Told to clients by its code alone. */
function storageError(directory: string): KafkaError {
  const error = new KafkaError('KAFKA_STORAGE_ERROR')
  error.message = `The log directory of ${directory} is offline`
  return error
}

const blankAppend = { origin: 'client', offset: 0, now: 0, partitionLeaderEpoch: 0 } as const

type ConfiguredValidation = Pick<
  ValidationOptions,
  | 'compactedTopic'
  | 'timestampType'
  | 'timestampBeforeMaxMs'
  | 'timestampAfterMaxMs'
  | 'compression'
  | 'compressionLevel'
  | 'maxMessageBytes'
>

function validationOf(config: TopicConfig): ConfiguredValidation {
  const { compressionType } = config
  const compression: 'producer' | CompressionName = compressionType === 'uncompressed' ? 'none' : compressionType
  return {
    compactedTopic: config.compact,
    timestampType: config.messageTimestampType,
    timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
    timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
    compression,
    compressionLevel: compressionLevelOf(config),
    maxMessageBytes: config.maxMessageBytes,
  }
}

function compressionLevelOf(config: TopicConfig): number | undefined {
  switch (config.compressionType) {
    case 'gzip':
      return config.compressionGzipLevel
    case 'lz4':
      return config.compressionLz4Level
    case 'zstd':
      return config.compressionZstdLevel
    default:
      return undefined
  }
}
