// The cleaning of one log, step by step: first the map of the keys in its dirty part, then group after group of segments
// copied into one new segment each, without what the map says is superseded. Reads and writes files; what is cleaned,
// when, and what becomes of the new segments is not known here, since this runs in a thread of its own where it can.
//
// A record stays where it is its key's latest, unless it is a tombstone that is past its delete horizon. A batch stays,
// without records, where something must still be told by it: the last sequence of a producer, or where the log ends.
import type { File, FileSystem } from '../io/index.ts'
import { DecodeError } from '../wire/index.ts'
import {
  Batch,
  BatchFilter,
  compressionName,
  emptyBatch,
  encodeBatch,
  type KafkaRecord,
  readLegacyRecords,
} from '../wire/records/index.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { type AbortedTransaction, OffsetIndex } from './entry-index.ts'
import { OffsetMap } from './offset-map.ts'
import { CLEANED_SUFFIX, LOG_SUFFIX, OFFSET_INDEX_SUFFIX, segmentPath } from './paths.ts'
import { Segment } from './segment.ts'

export interface SegmentToRead {
  readonly baseOffset: number
  readonly sizeInBytes: number
}

/** Reads the dirty part of the log: what comes first, and makes the map that the other steps go by. */
export interface MapStep {
  readonly type: 'map'
  readonly directory: string
  readonly segments: readonly SegmentToRead[]
  readonly startOffset: number
  /** Where the cleanable part ends (exclusive). */
  readonly endOffset: number
  readonly abortedTransactions: readonly AbortedTransaction[]
  readonly map: { readonly maxBytes: number; readonly loadFactor: number; readonly seed: number }
  readonly ioBufferBytes: number
}

export interface MapResult {
  /** Up to here (exclusive) keys are in the map. */
  readonly endOffset: number
  readonly keys: number
  readonly utilization: number
}

export interface SegmentToClean extends SegmentToRead {
  readonly lastModifiedMs: number
  readonly abortedTransactions: readonly AbortedTransaction[]
}

/** What is last known of a producer that may still write. */
export interface LastRecord {
  readonly producerId: number
  readonly producerEpoch: number
  /** -1 where only markers of it are left. */
  readonly lastDataOffset: number
}

/** Cleans some segments into one, whose files end in `.cleaned`. */
export interface GroupStep {
  readonly type: 'group'
  readonly directory: string
  readonly segments: readonly SegmentToClean[]
  readonly lastRecords: readonly LastRecord[]
  /** When the cleaning began. */
  readonly nowMs: number
  readonly deleteRetentionMs: number
  /** Tombstones in segments of magic 0 and 1 that are older than this may go. */
  readonly legacyDeleteHorizonMs: number
  /** Where the round ends (exclusive): its last batch stays. */
  readonly endOffset: number
  readonly indexIntervalBytes: number
  readonly ioBufferBytes: number
}

export interface GroupResult {
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly recordsRead: number
  readonly recordsWritten: number
  /** Without a key, which a compacted log cannot keep. */
  readonly invalidRecords: number
}

/** Makes the names of the log's files durable, after they were changed. */
export interface SyncStep {
  readonly type: 'sync'
  readonly directory: string
}

export type CleaningStep = MapStep | GroupStep | SyncStep
export type ResultOf<S extends CleaningStep> = S extends MapStep
  ? MapResult
  : S extends GroupStep
    ? GroupResult
    : undefined

/** A step as it goes: it stops after every few bytes, which it tells, and to wait for the disk. */
export type CleaningWork<S extends CleaningStep> = Generator<number | Promise<void>, ResultOf<S>, undefined>

type Retention = 'delete' | 'retainEmpty' | 'deleteEmpty'

interface Counts {
  bytesRead: number
  bytesWritten: number
  recordsRead: number
  recordsWritten: number
  invalidRecords: number
}

export class Cleaner {
  readonly #fs: FileSystem
  readonly #filter = new BatchFilter()
  #map = emptyMap()
  #transactions = new CleanedTransactions()
  /** The segment that is being written. */
  #cleaned: Segment | undefined

  constructor(fs: FileSystem) {
    this.#fs = fs
  }

  work<S extends CleaningStep>(step: S): CleaningWork<S> {
    return this.#workOn(step) as CleaningWork<S>
  }

  #workOn(step: CleaningStep): CleaningWork<CleaningStep> {
    switch (step.type) {
      case 'map':
        return this.#buildMap(step)
      case 'group':
        return this.#cleanGroup(step)
      case 'sync':
        return this.#sync(step)
    }
  }

  *#sync({ directory }: SyncStep): CleaningWork<SyncStep> {
    yield 0
    this.#fs.syncDirectory(directory)
    return undefined
  }

  // --- The map

  *#buildMap(step: MapStep): CleaningWork<MapStep> {
    const { startOffset, endOffset } = step
    this.#transactions = new CleanedTransactions((transaction) => this.#cleaned?.transactionIndex.append(transaction))
    // What is not needed any more goes before there is a new one.
    this.#map = emptyMap()
    this.#map = new OffsetMap({ ...step.map, expectedKeys: endOffset - startOffset })
    const transactions = new CleanedTransactions()
    transactions.add(step.abortedTransactions)
    for (const [index, segment] of step.segments.entries()) {
      const isFull = yield* this.#mapSegment(step, segment, transactions)
      if (isFull) break
      // Behind the last record there may be a gap.
      this.#map.latestOffset = (step.segments[index + 1]?.baseOffset ?? endOffset) - 1
    }
    const { latestOffset, size, utilization } = this.#map
    return { endOffset: latestOffset + 1, keys: size, utilization }
  }

  /** Returns whether the map is full. */
  *#mapSegment(
    step: MapStep,
    segment: SegmentToRead,
    transactions: CleanedTransactions,
  ): Generator<number, boolean, undefined> {
    const { directory, startOffset, ioBufferBytes } = step
    const path = segmentPath(directory, segment.baseOffset, OFFSET_INDEX_SUFFIX)
    const position = new OffsetIndex(this.#fs, path, segment.baseOffset).positionFor(startOffset)
    const reader = new SegmentReader(this.#fs, directory, segment, ioBufferBytes, position)
    try {
      while (reader.next()) {
        for (const at of Batch.positions(reader.buffer, 0, reader.length)) {
          if (!this.#mapBatch(reader.buffer, at, startOffset, transactions)) return true
        }
        yield reader.length
      }
      return false
    } finally {
      reader.close()
    }
  }

  /** Returns whether the whole batch had room. */
  #mapBatch(buffer: Buffer, at: number, startOffset: number, transactions: CleanedTransactions): boolean {
    const isAborted = transactions.canDiscard(buffer, at)
    const isData = !isAborted && !Batch.isControl(buffer, at)
    if (isData && !this.#mapRecords(buffer, at, startOffset)) return false
    const lastOffset = Batch.lastOffset(buffer, at)
    if (lastOffset >= startOffset) this.#map.latestOffset = lastOffset
    return true
  }

  #mapRecords(buffer: Buffer, at: number, startOffset: number): boolean {
    if (Batch.magic(buffer, at) < 2) {
      return readLegacyRecords(buffer, at).every(
        ({ key, offset }) => key === null || offset < startOffset || this.#put(key, 0, key.length, offset),
      )
    }
    const filter = this.#filter
    filter.open(buffer, at)
    while (filter.next()) {
      if (filter.keySize < 0 || filter.offset < startOffset) continue
      if (!this.#put(filter.bytes, filter.keyStart, filter.keySize, filter.offset)) return false
    }
    return true
  }

  #put(bytes: Buffer, start: number, size: number, offset: number): boolean {
    if (this.#map.isFull) return false
    this.#map.put(bytes, start, size, offset)
    return true
  }

  // --- A group of segments

  *#cleanGroup(step: GroupStep): CleaningWork<GroupStep> {
    const { directory, segments } = step
    const [first] = segments
    const last = segments.at(-1)
    if (first === undefined || last === undefined) throw new Error('a group without segments')
    const name = { directory, baseOffset: first.baseOffset, suffix: CLEANED_SUFFIX }
    const cleaned = Segment.create(this.#fs, name, step.nowMs)
    const lastRecords = new Map(step.lastRecords.map((last) => [last.producerId, last]))
    const counts: Counts = { bytesRead: 0, bytesWritten: 0, recordsRead: 0, recordsWritten: 0, invalidRecords: 0 }
    try {
      this.#cleaned = cleaned
      const writer = new SegmentWriter(cleaned, step.indexIntervalBytes)
      for (const segment of segments) yield* this.#cleanSegment({ ...step, lastRecords }, segment, writer, counts)
      writer.flush()
      cleaned.becomeInactive()
      yield cleaned.sync()
      // Retention goes by the file's time where the records have none.
      cleaned.setLastModified(last.lastModifiedMs)
      counts.bytesWritten = cleaned.size
      return counts
    } finally {
      this.#cleaned = undefined
      cleaned.abandon()
    }
  }

  *#cleanSegment(
    step: GroupTerms,
    segment: SegmentToClean,
    writer: SegmentWriter,
    counts: Counts,
  ): Generator<number, void, undefined> {
    this.#transactions.add(segment.abortedTransactions)
    const keepsLegacyDeletes = segment.lastModifiedMs > step.legacyDeleteHorizonMs
    const reader = new SegmentReader(this.#fs, step.directory, segment, step.ioBufferBytes)
    try {
      while (reader.next()) {
        const { buffer } = reader
        const before = writer.written
        for (const at of Batch.positions(buffer, 0, reader.length)) {
          const retention = this.#retentionOf(buffer, at, step)
          if (retention.action === 'delete') continue
          this.#copy(buffer, at, { ...step, ...retention, keepsLegacyDeletes }, writer, counts)
        }
        writer.flushWhenFull(step.ioBufferBytes)
        counts.bytesRead += reader.length
        yield reader.length + writer.written - before
      }
    } finally {
      reader.close()
    }
  }

  /** What becomes of the batch as a whole. */
  #retentionOf(buffer: Buffer, at: number, { nowMs, endOffset, lastRecords }: GroupTerms): BatchRetention {
    const canDiscard = this.#transactions.canDiscard(buffer, at)
    const isControl = Batch.isControl(buffer, at)
    // Readers in the middle of a transaction find its marker for as long as they find tombstones.
    const dropsRecords = canDiscard && (!isControl || isPast(Batch.deleteHorizonMs(buffer, at), nowMs))
    const isMarkerOfNothing = canDiscard && isControl
    const last = lastRecords.get(Batch.producerId(buffer, at))
    const isLast = last !== undefined && Batch.hasProducerId(buffer, at) && isLastOf(buffer, at, last)
    if (isLast || Batch.lastOffset(buffer, at) + 1 === endOffset) {
      return { action: 'retainEmpty', dropsRecords, isMarkerOfNothing }
    }
    return { action: dropsRecords ? 'delete' : 'deleteEmpty', dropsRecords, isMarkerOfNothing }
  }

  /** Writes what stays of the batch: all of it as it is, a new one, its header alone, or nothing. */
  #copy(buffer: Buffer, at: number, terms: CopyTerms, writer: SegmentWriter, counts: Counts): void {
    if (Batch.magic(buffer, at) < 2) {
      this.#copyLegacy(buffer, at, terms, writer, counts)
      return
    }
    const filter = this.#filter
    filter.open(buffer, at)
    const deleteHorizonMs = Batch.deleteHorizonMs(buffer, at)
    const keepsDeletes = !isPast(deleteHorizonMs, terms.nowMs)
    const isControl = Batch.isControl(buffer, at)
    while (filter.next()) {
      counts.recordsRead++
      if (terms.dropsRecords) continue
      if (isControl || this.#keeps(filter, keepsDeletes, counts)) filter.keep()
    }
    counts.recordsWritten += filter.keptCount
    if (filter.keptCount === 0) {
      if (terms.action === 'retainEmpty') writer.add(emptyBatch(buffer, at))
      return
    }
    const needsHorizon = (filter.keepsTombstone || terms.isMarkerOfNothing) && deleteHorizonMs === undefined
    if (filter.keepsAll && !needsHorizon) writer.add(buffer, at, Batch.sizeInBytes(buffer, at))
    else writer.add(filter.rebuild(needsHorizon ? terms.nowMs + terms.deleteRetentionMs : undefined))
  }

  #keeps({ bytes, offset, keyStart, keySize, hasValue }: BatchFilter, keepsDeletes: boolean, counts: Counts): boolean {
    // Behind the map nothing is known.
    if (offset > this.#map.latestOffset) return true
    if (keySize < 0) {
      counts.invalidRecords++
      return false
    }
    return offset >= this.#map.get(bytes, keyStart, keySize) && (hasValue || keepsDeletes)
  }

  /** Messages of before 0.11 become a batch v2. */
  #copyLegacy(buffer: Buffer, at: number, terms: CopyTerms, writer: SegmentWriter, counts: Counts): void {
    const records = readLegacyRecords(buffer, at)
    const kept = records.filter((record) => this.#keepsLegacy(record, terms.keepsLegacyDeletes, counts))
    counts.recordsRead += records.length
    counts.recordsWritten += kept.length
    const [first] = kept
    if (first === undefined) return
    const isAppendTime = Batch.timestampType(buffer, at) === 'LogAppendTime'
    const hasTombstone = kept.some(({ value }) => value === null)
    const batch = encodeBatch({
      baseOffset: first.offset,
      records: kept,
      compression: compressionName(Batch.compressionId(buffer, at)),
      timestampType: isAppendTime ? 'LogAppendTime' : 'CreateTime',
      maxTimestamp: isAppendTime ? Batch.maxTimestamp(buffer, at) : undefined,
      deleteHorizonMs: hasTombstone ? terms.nowMs + terms.deleteRetentionMs : undefined,
    })
    writer.add(batch)
  }

  #keepsLegacy({ key, value, offset }: KafkaRecord, keepsDeletes: boolean, counts: Counts): boolean {
    if (offset > this.#map.latestOffset) return true
    if (key === null) {
      counts.invalidRecords++
      return false
    }
    return offset >= this.#map.get(key, 0, key.length) && (value !== null || keepsDeletes)
  }
}

/** By producer id: they are looked up for every batch. */
type GroupTerms = Omit<GroupStep, 'lastRecords'> & { readonly lastRecords: ReadonlyMap<number, LastRecord> }

interface BatchRetention {
  readonly action: Retention
  /** The records of the batch are not looked at: none stays. */
  readonly dropsRecords: boolean
  /** The marker of a transaction of which nothing is left: from now on its time runs. */
  readonly isMarkerOfNothing: boolean
}

interface CopyTerms extends BatchRetention {
  readonly nowMs: number
  readonly deleteRetentionMs: number
  readonly keepsLegacyDeletes: boolean
}

function emptyMap(): OffsetMap {
  return new OffsetMap({ maxBytes: 0, loadFactor: 0, expectedKeys: 0, seed: 0 })
}

function isPast(deleteHorizonMs: number | undefined, nowMs: number): boolean {
  return deleteHorizonMs !== undefined && deleteHorizonMs <= nowMs
}

/** Whether the producer's last sequence stands in the batch; or its epoch, where no data of it is left. */
function isLastOf(buffer: Buffer, at: number, { lastDataOffset, producerEpoch }: LastRecord): boolean {
  if (lastDataOffset >= 0) return Batch.lastOffset(buffer, at) === lastDataOffset
  return Batch.isControl(buffer, at) && Batch.producerEpoch(buffer, at) === producerEpoch
}

/** Reads a segment from a position on, some whole batches at a time. Throws DecodeError where it finds none. */
class SegmentReader {
  /** Holds until `next` is called. */
  buffer: Buffer
  /** So many bytes of the buffer are whole batches. */
  length = 0
  readonly #file: File
  readonly #size: number
  #position: number

  constructor(
    fs: FileSystem,
    directory: string,
    { baseOffset, sizeInBytes }: SegmentToRead,
    bufferBytes: number,
    position = 0,
  ) {
    this.buffer = Buffer.allocUnsafeSlow(Math.max(Batch.BATCH_HEADER_SIZE, Math.min(bufferBytes, sizeInBytes)))
    this.#file = fs.open(segmentPath(directory, baseOffset, LOG_SUFFIX), { readOnly: true })
    this.#size = sizeInBytes
    this.#position = position
  }

  next(): boolean {
    this.#position += this.length
    this.length = 0
    while (this.#position < this.#size) {
      const left = this.#size - this.#position
      const read = this.#file.read(this.buffer, 0, Math.min(this.buffer.length, left), this.#position)
      this.length = this.#check(Batch.validEnd(this.buffer, 0, read))
      if (this.length > 0) return true
      // The batch is larger than the buffer, or torn.
      const size = read < Batch.LOG_OVERHEAD ? 0 : Batch.sizeInBytes(this.buffer, 0)
      if (size <= this.buffer.length || size > left) throw this.#corrupt()
      this.buffer = Buffer.allocUnsafeSlow(size)
    }
    return false
  }

  /** A batch that was spoiled on the disk is never taken for one: what it says might cost other records their place. */
  #check(length: number): number {
    for (const at of Batch.positions(this.buffer, 0, length)) {
      if (!Batch.isValid(this.buffer, at)) throw this.#corrupt(at)
    }
    return length
  }

  #corrupt(at = 0): DecodeError {
    return new DecodeError(`${this.#file.path} has no sound batch at ${this.#position + at}`)
  }

  close(): void {
    this.#file.close()
  }
}

/** Adds batches to a new segment, many with one write. */
class SegmentWriter {
  /** The bytes that are in the file, or wait. */
  written = 0
  readonly #segment: Segment
  readonly #indexIntervalBytes: number
  #pending: Buffer[] = []
  #pendingBytes = 0

  constructor(segment: Segment, indexIntervalBytes: number) {
    this.#segment = segment
    this.#indexIntervalBytes = indexIntervalBytes
  }

  /** The batch may stand in a buffer that is read into again. */
  add(buffer: Buffer, at = 0, size = buffer.length): void {
    const records = at === 0 && size === buffer.length ? buffer : Buffer.from(buffer.subarray(at, at + size))
    const lastOffset = Batch.lastOffset(records, 0)
    const maxTimestamp = Batch.maxTimestamp(records, 0)
    this.#segment.noteAppend(
      { records, lastOffset, maxTimestamp, offsetOfMaxTimestamp: lastOffset },
      this.#indexIntervalBytes,
    )
    this.#pending.push(records)
    this.#pendingBytes += size
    this.written += size
  }

  flushWhenFull(bytes: number): void {
    if (this.#pendingBytes >= bytes) this.flush()
  }

  flush(): void {
    if (this.#pendingBytes === 0) return
    this.#segment.file.write(this.#pending, this.written - this.#pendingBytes)
    this.#pending = []
    this.#pendingBytes = 0
  }
}
