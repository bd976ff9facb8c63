// The indexes of a segment: fixed-size entries in the order of their offsets, found by bisection.
// Entries live in memory in the form of the file and reach the disk when the segment is flushed: whatever a crash takes
// with it is made again from the log, because nothing behind the recovery point is trusted after one.
import type { FileSystem } from '../io/index.ts'
import { readInt64, writeInt64 } from '../wire/records/index.ts'

const INITIAL_ENTRIES = 64

abstract class EntryIndex {
  readonly path: string
  protected readonly baseOffset: number
  readonly #fs: FileSystem
  readonly #entrySize: number
  /** Undefined until somebody looks: a broker has many segments that nobody reads. */
  #bytes: Buffer | undefined
  #used = 0
  #persisted = 0
  /** Whether memory holds what the file does not. */
  #dirty = false

  constructor(fs: FileSystem, path: string, baseOffset: number, entrySize: number) {
    this.#fs = fs
    this.path = path
    this.baseOffset = baseOffset
    this.#entrySize = entrySize
  }

  get entries(): number {
    this.bytes()
    return this.#used / this.#entrySize
  }

  get sizeInBytes(): number {
    return this.#bytes === undefined && this.exists() ? this.#fs.stat(this.path).size : this.#used
  }

  /** Starts anew, in memory: for a new segment, and before it is built again. */
  reset(): void {
    this.#bytes = Buffer.allocUnsafeSlow(0)
    this.#used = 0
    this.#persisted = 0
    this.#dirty = true
  }

  exists(): boolean {
    return this.#fs.exists(this.path)
  }

  /** Whether there is a file of whole entries. */
  isSane(): boolean {
    return this.exists() && this.#fs.stat(this.path).size % this.#entrySize === 0
  }

  /** Writes what is not on the disk yet. */
  persist(): void {
    if (!this.#dirty || this.#bytes === undefined) return
    const file = this.#fs.open(this.path, { create: true })
    try {
      if (file.size() > this.#persisted) file.truncate(this.#persisted)
      // A copy, since the file may keep the buffer and ours is written over.
      const rest = Buffer.from(this.#bytes.subarray(this.#persisted, this.#used))
      if (rest.length > 0) file.write([rest], this.#persisted)
    } finally {
      file.close()
    }
    this.#persisted = this.#used
    this.#dirty = false
  }

  /** Persists, and makes the file durable; off the loop. */
  async sync(): Promise<void> {
    this.persist()
    if (!this.exists()) return
    const file = this.#fs.open(this.path)
    try {
      await file.sync()
    } finally {
      file.close()
    }
  }

  /** Forgets what is held in memory; the next look reads the file. */
  release(): void {
    if (this.#bytes === undefined) return
    this.persist()
    this.#bytes = undefined
  }

  protected abstract offsetAt(entry: number): number

  protected bytes(): Buffer {
    if (this.#bytes === undefined) {
      const content = this.exists() ? this.#fs.readFile(this.path) : Buffer.alloc(0)
      this.#used = content.length - (content.length % this.#entrySize)
      this.#persisted = this.#used
      this.#bytes = content
    }
    return this.#bytes
  }

  /** Where the next entry goes; the caller fills it. */
  protected extend(): number {
    const bytes = this.bytes()
    const at = this.#used
    if (at + this.#entrySize > bytes.length) {
      const entries = Math.max(INITIAL_ENTRIES, (at / this.#entrySize) * 2)
      const bigger = Buffer.allocUnsafeSlow(entries * this.#entrySize)
      bytes.copy(bigger, 0, 0, at)
      this.#bytes = bigger
    }
    this.#used += this.#entrySize
    this.#dirty = true
    return at
  }

  protected keepEntries(count: number): void {
    this.bytes()
    if (count >= this.entries) return
    this.#used = count * this.#entrySize
    this.#persisted = Math.min(this.#persisted, this.#used)
    this.#dirty = true
  }

  /** The last entry whose key is at most `target`; -1 where all are greater. */
  protected floor(target: number, keyAt: (entry: number) => number): number {
    let low = -1
    let high = this.entries - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (keyAt(middle) <= target) low = middle
      else high = middle - 1
    }
    return low
  }
}

const OFFSET_ENTRY = 8

/** offset -> position in the log file: relative offset 4, position 4. */
export class OffsetIndex extends EntryIndex {
  constructor(fs: FileSystem, path: string, baseOffset: number) {
    super(fs, path, baseOffset, OFFSET_ENTRY)
  }

  isFull(maxIndexBytes: number): boolean {
    return this.entries >= Math.floor(maxIndexBytes / OFFSET_ENTRY)
  }

  append(offset: number, position: number): void {
    const at = this.extend()
    const bytes = this.bytes()
    bytes.writeUInt32BE(offset - this.baseOffset, at)
    bytes.writeUInt32BE(position, at + 4)
  }

  /** Where in the file a batch stands that is not behind `offset`. */
  positionFor(offset: number): number {
    const entry = this.floor(offset, (index) => this.offsetAt(index))
    return entry < 0 ? 0 : this.#positionAt(entry)
  }

  /** The offset of the first entry at or behind `position`; undefined where there is none. */
  offsetFrom(position: number): number | undefined {
    const entry = this.floor(position - 1, (index) => this.#positionAt(index)) + 1
    return entry < this.entries ? this.offsetAt(entry) : undefined
  }

  /** Drops the entries of `offset` and later ones. */
  truncateTo(offset: number): void {
    this.keepEntries(this.floor(offset - 1, (index) => this.offsetAt(index)) + 1)
  }

  protected override offsetAt(entry: number): number {
    return this.baseOffset + this.bytes().readUInt32BE(entry * OFFSET_ENTRY)
  }

  #positionAt(entry: number): number {
    return this.bytes().readUInt32BE(entry * OFFSET_ENTRY + 4)
  }
}

const TIME_ENTRY = 12

export interface TimestampOffset {
  readonly timestamp: number
  readonly offset: number
}

/** timestamp -> the offset of the batch that first had it: timestamp 8, relative offset 4. */
export class TimeIndex extends EntryIndex {
  constructor(fs: FileSystem, path: string, baseOffset: number) {
    super(fs, path, baseOffset, TIME_ENTRY)
  }

  /** One entry is kept back for the greatest timestamp, which is written when the segment closes. */
  isFull(maxIndexBytes: number): boolean {
    return this.entries >= Math.floor(maxIndexBytes / TIME_ENTRY) - 1
  }

  /** Adds an entry where the time has moved on. */
  maybeAppend({ timestamp, offset }: TimestampOffset): void {
    if (timestamp <= this.last.timestamp) return
    const at = this.extend()
    const bytes = this.bytes()
    writeInt64(bytes, timestamp, at)
    bytes.writeUInt32BE(offset - this.baseOffset, at + 8)
  }

  get last(): TimestampOffset {
    return this.#entry(this.entries - 1)
  }

  /** The last entry that is not later than `timestamp`. */
  floorOf(timestamp: number): TimestampOffset {
    return this.#entry(this.floor(timestamp, (index) => this.#timestampAt(index)))
  }

  /** Drops the entries of `offset` and later ones. */
  truncateTo(offset: number): void {
    this.keepEntries(this.floor(offset - 1, (index) => this.offsetAt(index)) + 1)
  }

  protected override offsetAt(entry: number): number {
    return this.baseOffset + this.bytes().readUInt32BE(entry * TIME_ENTRY + 8)
  }

  #timestampAt(entry: number): number {
    return readInt64(this.bytes(), entry * TIME_ENTRY)
  }

  #entry(entry: number): TimestampOffset {
    if (entry < 0) return { timestamp: -1, offset: this.baseOffset }
    return { timestamp: this.#timestampAt(entry), offset: this.offsetAt(entry) }
  }
}

const ABORTED_ENTRY = 34
const ABORTED_VERSION = 0

/** A transaction that was aborted: which offsets it covers, and the last stable offset when its marker was written. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly lastStableOffset: number
}

/** The aborted transactions whose markers are in this segment, in the order of the markers. The file is made at need. */
export class TransactionIndex extends EntryIndex {
  constructor(fs: FileSystem, path: string, baseOffset: number) {
    super(fs, path, baseOffset, ABORTED_ENTRY)
  }

  append(aborted: AbortedTransaction): void {
    const at = this.extend()
    const bytes = this.bytes()
    bytes.writeInt16BE(ABORTED_VERSION, at)
    writeInt64(bytes, aborted.producerId, at + 2)
    writeInt64(bytes, aborted.firstOffset, at + 10)
    writeInt64(bytes, aborted.lastOffset, at + 18)
    writeInt64(bytes, aborted.lastStableOffset, at + 26)
  }

  override isSane(): boolean {
    return !this.exists() || super.isSane()
  }

  /** A segment without aborted transactions has no such file. */
  override persist(): void {
    if (this.exists() || this.entries > 0) super.persist()
  }

  *all(): Generator<AbortedTransaction, void, undefined> {
    for (let entry = 0; entry < this.entries; entry++) yield this.#read(entry)
  }

  /** Drops the transactions whose markers stand at `offset` or later. */
  truncateTo(offset: number): void {
    this.keepEntries(this.floor(offset - 1, (index) => this.offsetAt(index)) + 1)
  }

  protected override offsetAt(entry: number): number {
    return readInt64(this.bytes(), entry * ABORTED_ENTRY + 18)
  }

  #read(entry: number): AbortedTransaction {
    const bytes = this.bytes()
    const at = entry * ABORTED_ENTRY
    return {
      producerId: readInt64(bytes, at + 2),
      firstOffset: readInt64(bytes, at + 10),
      lastOffset: readInt64(bytes, at + 18),
      lastStableOffset: readInt64(bytes, at + 26),
    }
  }
}
