// One segment of a log: a file of batches from its base offset on, and the indexes into it.
// Knows positions and offsets; which offsets a reader may see, and when a segment is full, is the log's to say.
import { type File, type FileSystem, takeSendBuffer } from '../io/index.ts'
import { DecodeError } from '../wire/index.ts'
import { Batch, readRecords } from '../wire/records/index.ts'
import { OffsetIndex, TimeIndex, type TimestampOffset, TransactionIndex } from './entry-index.ts'
import {
  DELETED_SUFFIX,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  SEGMENT_SUFFIXES,
  segmentPath,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './paths.ts'

/** What one append adds: some batches, as slices, and what the indexes need to know of them. */
export interface SegmentAppend {
  readonly records: Buffer
  readonly lastOffset: number
  readonly maxTimestamp: number
  readonly offsetOfMaxTimestamp: number
}

export interface BatchPosition {
  readonly position: number
  readonly sizeInBytes: number
  readonly baseOffset: number
  readonly lastOffset: number
}

/** A batch in the file, with the file's bytes where it stands in `buffer`. */
export interface BatchInFile extends BatchPosition {
  readonly buffer: Buffer
  readonly at: number
}

/** Which segment of which log; with a suffix, the files of one that is not part of the log (yet, or any more). */
export interface SegmentName {
  readonly directory: string
  readonly baseOffset: number
  readonly suffix?: string
}

/** What a file is scanned with: large enough that a scan between two index entries is one read. */
const SCAN_BYTES = 8 * 1024
const RECOVERY_CHUNK_BYTES = 1 << 20
/** What must be there of a batch to know its size, its offsets and its magic. */
const HEAD_BYTES = Batch.LAST_OFFSET_DELTA_END

/** A write for each index entry would cost as much as the records' own. */
const ENTRIES_PER_WRITE = 512

const NO_TIMESTAMP: TimestampOffset = { timestamp: -1, offset: -1 }

// One for the process: a scan is done within a turn.
const scratch = Buffer.allocUnsafeSlow(SCAN_BYTES)

export class Segment {
  readonly baseOffset: number
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  readonly transactionIndex: TransactionIndex
  readonly path: string
  readonly #fs: FileSystem
  #file: File | undefined
  /** Bytes of the file, appends that still wait for their write included. */
  size: number
  /** When the segment was made, for the rolling of one whose records have no time. */
  readonly createdMs: number
  /** The greatest timestamp and its offset; undefined until it is read from the time index. */
  #max: TimestampOffset | undefined
  /** The greatest timestamp of the first append: what segment.ms counts from. */
  #firstTimestamp: number | undefined
  #bytesSinceIndexEntry = 0
  #entriesInMemory = 0

  private constructor(
    fs: FileSystem,
    { directory, baseOffset, suffix = '' }: SegmentName,
    size: number,
    createdMs: number,
  ) {
    const pathOf = (kind: string): string => `${segmentPath(directory, baseOffset, kind)}${suffix}`
    this.#fs = fs
    this.baseOffset = baseOffset
    this.size = size
    this.createdMs = createdMs
    this.path = pathOf(LOG_SUFFIX)
    this.offsetIndex = new OffsetIndex(fs, pathOf(OFFSET_INDEX_SUFFIX), baseOffset)
    this.timeIndex = new TimeIndex(fs, pathOf(TIME_INDEX_SUFFIX), baseOffset)
    this.transactionIndex = new TransactionIndex(fs, pathOf(TRANSACTION_INDEX_SUFFIX), baseOffset)
  }

  /** An empty segment; files of that name are emptied. */
  static create(fs: FileSystem, name: SegmentName, nowMs: number, { preallocatedBytes = 0 } = {}): Segment {
    const segment = new Segment(fs, name, 0, nowMs)
    segment.#file = fs.open(segment.path, { create: true, truncate: true })
    if (preallocatedBytes > 0) segment.#file.preallocate(preallocatedBytes)
    for (const index of segment.#indexes()) {
      index.reset()
      index.persist()
    }
    segment.#max = NO_TIMESTAMP
    return segment
  }

  /** A segment that is there; its indexes are read when they are needed. */
  static open(fs: FileSystem, name: SegmentName): Segment {
    const { directory, baseOffset, suffix = '' } = name
    const { size, mtimeMs } = fs.stat(`${segmentPath(directory, baseOffset, LOG_SUFFIX)}${suffix}`)
    return new Segment(fs, name, size, mtimeMs)
  }

  #indexes() {
    return [this.offsetIndex, this.timeIndex, this.transactionIndex]
  }

  get file(): File {
    this.#file ??= this.#fs.open(this.path)
    return this.#file
  }

  get maxTimestamp(): TimestampOffset {
    this.#max ??= this.timeIndex.last
    return this.#max
  }

  get lastModifiedMs(): number {
    return this.#fs.stat(this.path).mtimeMs
  }

  /** The time that retention and rolling go by: of the records, or of the file where they have none. */
  get largestTimestamp(): number {
    const { timestamp } = this.maxTimestamp
    return timestamp >= 0 ? timestamp : this.lastModifiedMs
  }

  /** Relative offsets are unsigned 31 bit. */
  canHold(offset: number): boolean {
    return offset - this.baseOffset >= 0 && offset - this.baseOffset <= 0x7fffffff
  }

  /** How long the segment has been waiting to be rolled, seen from records of this time. */
  waitedMs(nowMs: number, maxTimestampOfAppend: number): number {
    const first = this.firstBatchTimestamp
    return first >= 0 ? maxTimestampOfAppend - first : nowMs - this.createdMs
  }

  /** The greatest timestamp of the first batch, by which compaction and rolling count; -1 where it has none. */
  get firstBatchTimestamp(): number {
    if (this.size > 0) this.#firstTimestamp ??= this.#readFirstTimestamp()
    return this.#firstTimestamp ?? NO_TIMESTAMP.timestamp
  }

  #readFirstTimestamp(): number | undefined {
    const first = this.batchFrom(0)
    return first === undefined ? undefined : Batch.maxTimestamp(first.buffer, first.at)
  }

  /** Takes the append into the size and the indexes; the bytes are the caller's to write, at the old size. */
  noteAppend(append: SegmentAppend, indexIntervalBytes: number): void {
    const position = this.size
    if (position === 0) this.#firstTimestamp = append.maxTimestamp
    if (append.maxTimestamp > this.maxTimestamp.timestamp) {
      this.#max = { timestamp: append.maxTimestamp, offset: append.offsetOfMaxTimestamp }
    }
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) this.#index(append.lastOffset, position)
    this.#bytesSinceIndexEntry += append.records.length
    this.size += append.records.length
  }

  #index(lastOffset: number, position: number): void {
    this.offsetIndex.append(lastOffset, position)
    this.timeIndex.maybeAppend(this.maxTimestamp)
    this.#bytesSinceIndexEntry = 0
    this.#entriesInMemory++
  }

  /** The first batch that holds `offset` or comes after it; `end` bounds the file's bytes that count. */
  find(offset: number, end = this.size): BatchPosition | undefined {
    let position = this.offsetIndex.positionFor(offset)
    for (;;) {
      const batch = this.batchFrom(position, end)
      if (batch === undefined || batch.lastOffset >= offset) return batch
      // The bytes that were read hold the next batches too, mostly.
      let at = batch.at
      position = batch.position
      for (;;) {
        const size = Batch.sizeInBytes(batch.buffer, at)
        at += size
        position += size
        if (at + HEAD_BYTES > batch.buffer.length || position >= end) break
        if (Batch.lastOffset(batch.buffer, at) >= offset) return describe(batch.buffer, at, position)
      }
    }
  }

  /** The batch at `position`; its head is in the buffer, the rest perhaps. The buffer holds until the next call. */
  batchFrom(position: number, end = this.size): BatchInFile | undefined {
    if (position + HEAD_BYTES > end) return undefined
    const read = this.file.read(scratch, 0, Math.min(SCAN_BYTES, end - position), position)
    if (read < HEAD_BYTES) return undefined
    const buffer = scratch.subarray(0, read)
    return { ...describe(buffer, 0, position), buffer, at: 0 }
  }

  /** `length` bytes from `position` on, or what there is of them; memory that whoever sends them may give back. */
  read(position: number, length: number): Buffer {
    const bytes = takeSendBuffer(length)
    const read = this.file.read(bytes, 0, length, position)
    return read === length ? bytes : bytes.subarray(0, read)
  }

  /** The first record that is neither older than `timestamp` nor before `startOffset`. */
  findByTimestamp(
    timestamp: number,
    startOffset: number,
    end = this.size,
  ): (TimestampOffset & { leaderEpoch: number }) | undefined {
    const from = Math.max(this.timeIndex.floorOf(timestamp).offset, startOffset)
    for (let at = this.offsetIndex.positionFor(from); ; ) {
      const batch = this.batchFrom(at, end)
      if (batch === undefined) return undefined
      if (Batch.maxTimestamp(batch.buffer, batch.at) >= timestamp) {
        const whole = this.read(batch.position, batch.sizeInBytes)
        const leaderEpoch = Batch.partitionLeaderEpoch(whole, 0)
        for (const record of readRecords(whole, 0)) {
          if (record.timestamp >= timestamp && record.offset >= startOffset) {
            return { timestamp: record.timestamp, offset: record.offset, leaderEpoch }
          }
        }
      }
      at = batch.position + batch.sizeInBytes
    }
  }

  /** The first record of the batch that has the segment's greatest timestamp which has that very timestamp. */
  recordOfMaxTimestamp(): (TimestampOffset & { leaderEpoch: number }) | undefined {
    const { timestamp, offset } = this.maxTimestamp
    const batch = timestamp < 0 ? undefined : this.find(offset)
    if (batch === undefined) return undefined
    const whole = this.read(batch.position, batch.sizeInBytes)
    const record = readRecords(whole, 0).find((candidate) => candidate.timestamp === timestamp)
    return { timestamp, offset: record?.offset ?? offset, leaderEpoch: Batch.partitionLeaderEpoch(whole, 0) }
  }

  /** The offset after the last one; reads the file from its last index entry on. */
  nextOffset(): number {
    let next = this.baseOffset
    for (let at = this.offsetIndex.positionFor(Number.MAX_SAFE_INTEGER); ; ) {
      const batch = this.batchFrom(at)
      if (batch === undefined) return next
      next = batch.lastOffset + 1
      at = batch.position + batch.sizeInBytes
    }
  }

  /**
   * Reads the file batch by batch and builds the indexes anew; cuts the file at the first batch that is torn or
   * corrupt. Calls `visit` with each good batch. Returns the bytes that were cut.
   */
  recover(indexIntervalBytes: number, visit: (buffer: Buffer, at: number) => void): number {
    for (const index of this.#indexes()) index.reset()
    this.#max = NO_TIMESTAMP
    this.#firstTimestamp = undefined
    const before = this.size
    let valid = 0
    let lastIndexed = 0
    for (const { buffer, at } of this.wholeBatches(0)) {
      const lastOffset = Batch.lastOffset(buffer, at)
      if (!this.canHold(lastOffset)) throw new Error(`${this.path} holds offset ${lastOffset}, too far for its indexes`)
      const maxTimestamp = Batch.maxTimestamp(buffer, at)
      this.#firstTimestamp ??= maxTimestamp
      if (maxTimestamp > this.#max.timestamp) this.#max = { timestamp: maxTimestamp, offset: lastOffset }
      if (valid - lastIndexed > indexIntervalBytes) {
        this.#index(lastOffset, valid)
        lastIndexed = valid
      }
      visit(buffer, at)
      valid += Batch.sizeInBytes(buffer, at)
    }
    this.#bytesSinceIndexEntry = valid - lastIndexed
    this.size = valid
    if (valid < before) this.file.truncate(valid)
    this.timeIndex.maybeAppend(this.#max)
    return before - valid
  }

  /** The batches from `position` on, each whole and with a good checksum; ends at the first that is not. */
  *wholeBatches(position: number): Generator<{ buffer: Buffer; at: number; position: number }, void, undefined> {
    let chunkBytes = RECOVERY_CHUNK_BYTES
    for (let from = position; from < this.size; ) {
      const buffer = this.read(from, Math.min(chunkBytes, this.size - from))
      let at = 0
      for (;;) {
        const size = validSize(buffer, at, from + buffer.length >= this.size)
        if (size === undefined) return
        if (size === 0) break
        yield { buffer, at, position: from + at }
        at += size
      }
      from += at
      // The batch is larger than a chunk, or the file ends here.
      if (at === 0) {
        if (buffer.length < chunkBytes) return
        chunkBytes = Math.max(chunkBytes * 2, Batch.sizeInBytes(buffer, 0))
      } else chunkBytes = RECOVERY_CHUNK_BYTES
    }
  }

  /** Cuts the segment so that it holds no offset from `offset` on. Returns the bytes that were cut. */
  truncateTo(offset: number): number {
    const batch = this.find(offset)
    for (const index of this.#indexes()) index.truncateTo(offset)
    if (batch === undefined) return 0
    const cut = this.size - batch.position
    this.file.truncate(batch.position)
    this.size = batch.position
    this.#max = undefined
    if (this.size === 0) this.#firstTimestamp = undefined
    this.#bytesSinceIndexEntry = 0
    return cut
  }

  /** No append will come any more: the time index gets its last entry, and memory is given back. */
  becomeInactive(): void {
    this.timeIndex.maybeAppend(this.maxTimestamp)
    this.#trim()
    this.release()
  }

  /** Gives back what was allocated ahead. */
  #trim(): void {
    if (this.#file !== undefined && this.#file.size() > this.size) this.#file.truncate(this.size)
  }

  /** Gives back what a read can get again. */
  release(): void {
    for (const index of this.#indexes()) index.release()
    this.#file?.close()
    this.#file = undefined
  }

  persistIndexes(): void {
    for (const index of this.#indexes()) index.persist()
    this.#entriesInMemory = 0
  }

  /** Writes the indexes where they hold much that only memory knows. */
  persistIndexesWhenDue(): void {
    if (this.#entriesInMemory >= ENTRIES_PER_WRITE) this.persistIndexes()
  }

  /** Makes the segment durable, in the loop. */
  syncNow(): void {
    this.persistIndexes()
    this.file.syncNow()
  }

  /** Makes the segment durable, off the loop. */
  async sync(): Promise<void> {
    const [offsets, times, transactions] = [this.offsetIndex, this.timeIndex, this.transactionIndex]
    await Promise.all([this.file.sync(), offsets.sync(), times.sync(), transactions.sync()])
  }

  close(): void {
    this.becomeInactive()
  }

  /** Gives up the file without writing anything more. */
  abandon(): void {
    this.#file?.close()
    this.#file = undefined
  }

  deleteFiles(): void {
    this.abandon()
    for (const path of this.#paths()) this.#fs.remove(path)
  }

  /** Takes the files out of the log; a restart deletes them. */
  markDeleted(): string[] {
    this.abandon()
    return this.#paths().flatMap((path) => {
      if (!this.#fs.exists(path)) return []
      this.#fs.rename(path, `${path}${DELETED_SUFFIX}`)
      return `${path}${DELETED_SUFFIX}`
    })
  }

  /** Keeps the time at which records that are older than the file were last added to it. */
  setLastModified(mtimeMs: number): void {
    for (const path of this.#paths()) if (this.#fs.exists(path)) this.#fs.setModified(path, mtimeMs)
  }

  #paths(): string[] {
    return [this.path, ...this.#indexes().map(({ path }) => path)]
  }
}

/** Gives the files of a segment another suffix, the log's own first: a restart goes by it. */
export function changeSuffix(fs: FileSystem, { directory, baseOffset, suffix = '' }: SegmentName, to: string): void {
  for (const kind of SEGMENT_SUFFIXES) {
    const path = segmentPath(directory, baseOffset, kind)
    if (fs.exists(`${path}${suffix}`)) fs.rename(`${path}${suffix}`, `${path}${to}`)
  }
}

function describe(buffer: Buffer, at: number, position: number): BatchPosition {
  return {
    position,
    sizeInBytes: Batch.sizeInBytes(buffer, at),
    baseOffset: Batch.baseOffset(buffer, at),
    lastOffset: Batch.lastOffset(buffer, at),
  }
}

/** The size of the good batch at `at`; 0 where more bytes are needed, undefined where it is none. */
function validSize(buffer: Buffer, at: number, atEnd: boolean): number | undefined {
  try {
    const size = Batch.completeSize(buffer, at)
    if (size === 0) return atEnd ? undefined : 0
    return Batch.isValid(buffer, at) ? size : undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
