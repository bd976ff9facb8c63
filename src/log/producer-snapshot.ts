// Snapshots of the producers' state: `<offset>.snapshot`, what the state was below that offset. A broker that restarts
// reads the latest and replays only what is behind it. The file has a checksum; a torn one counts as missing.
import type { FileSystem } from '../io/index.ts'
import { DecodeError, ProducerSnapshot, Reader, read, Writer, write } from '../wire/index.ts'
import { Batch, crc32c } from '../wire/records/index.ts'
import { offsetOf, SNAPSHOT_SUFFIX, segmentPath } from './paths.ts'
import { ProducerEntry } from './producer-state.ts'

const VERSION = 1
/** Version 2, checksum 4. */
const ENTRIES_AT = 6

export class ProducerSnapshots {
  readonly #fs: FileSystem
  readonly #directory: string
  /** Ascending. */
  #offsets: number[]

  constructor(fs: FileSystem, directory: string, fileNames: readonly string[]) {
    this.#fs = fs
    this.#directory = directory
    this.#offsets = fileNames.flatMap((name) => offsetOf(name, SNAPSHOT_SUFFIX) ?? []).sort((a, b) => a - b)
  }

  get latestOffset(): number | undefined {
    return this.#offsets.at(-1)
  }

  /** Writes the state below `offset`, unless that snapshot is there. */
  take(entries: Iterable<ProducerEntry>, offset: number, { durable }: { durable: boolean }): void {
    if (this.#offsets.includes(offset)) return
    this.#fs.replaceFile(this.#path(offset), encodeSnapshot(entries), { durable })
    this.#offsets = [...this.#offsets, offset].sort((a, b) => a - b)
  }

  /** The latest snapshot that says nothing from `end` on; those that cannot be read are removed on the way. */
  readLatestUpTo(end: number): { offset: number; entries: ProducerEntry[] } | undefined {
    for (const offset of [...this.#offsets].reverse()) {
      if (offset > end) continue
      const entries = decodeSnapshot(this.#fs.readFile(this.#path(offset)))
      if (entries !== undefined) return { offset, entries }
      this.#remove(offset)
    }
    return undefined
  }

  /** Removes those that say less than `from` or more than `to` knows (inclusive). */
  keepWithin(from: number, to: number): void {
    for (const offset of [...this.#offsets]) if (offset < from || offset > to) this.#remove(offset)
  }

  /** Removes those of segments that are gone, but for the last one: a clean stop wrote it. */
  keepOnly(baseOffsets: ReadonlySet<number>): void {
    const last = this.latestOffset
    for (const offset of [...this.#offsets]) {
      if (offset !== last && !baseOffsets.has(offset)) this.#remove(offset)
    }
  }

  removeBefore(offset: number): void {
    this.keepWithin(offset, Number.MAX_SAFE_INTEGER)
  }

  /** Their segments were cleaned into the one before them. */
  removeOf(baseOffsets: readonly number[]): void {
    for (const offset of baseOffsets) if (this.#offsets.includes(offset)) this.#remove(offset)
  }

  #remove(offset: number): void {
    this.#fs.remove(this.#path(offset))
    this.#offsets = this.#offsets.filter((known) => known !== offset)
  }

  #path(offset: number): string {
    return segmentPath(this.#directory, offset, SNAPSHOT_SUFFIX)
  }
}

export function encodeSnapshot(entries: Iterable<ProducerEntry>): Buffer {
  const writer = new Writer()
  writer.int16(VERSION)
  write(ProducerSnapshot, VERSION, writer, {
    crc: 0,
    producerEntries: Array.from(entries, (entry) => ({
      producerId: entry.producerId,
      epoch: entry.producerEpoch,
      lastSequence: entry.lastSequence,
      lastOffset: entry.lastDataOffset,
      offsetDelta: offsetDelta(entry),
      timestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnFirstOffset: entry.currentTxnFirstOffset ?? -1,
    })),
  })
  const bytes = writer.toBuffer()
  bytes.writeUInt32BE(crc32c(bytes, ENTRIES_AT), 2)
  return bytes
}

function offsetDelta(entry: ProducerEntry): number {
  const last = entry.batches.at(-1)
  return last === undefined ? 0 : last.lastOffset - last.baseOffset
}

/** Undefined where the bytes are no whole snapshot. */
export function decodeSnapshot(bytes: Buffer): ProducerEntry[] | undefined {
  if (bytes.length < ENTRIES_AT || bytes.readInt16BE(0) !== VERSION) return undefined
  if (bytes.readUInt32BE(2) !== crc32c(bytes, ENTRIES_AT)) return undefined
  try {
    return read(ProducerSnapshot, VERSION, new Reader(bytes, 2)).producerEntries.map(entryOf)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function entryOf(stored: ProducerSnapshot['producerEntries'][number]): ProducerEntry {
  const entry = new ProducerEntry(stored.producerId)
  entry.producerEpoch = stored.epoch
  entry.coordinatorEpoch = stored.coordinatorEpoch
  entry.currentTxnFirstOffset = stored.currentTxnFirstOffset >= 0 ? stored.currentTxnFirstOffset : undefined
  if (stored.lastOffset >= 0) {
    entry.remember({
      baseSequence: Batch.decrementSequence(stored.lastSequence, stored.offsetDelta),
      lastSequence: stored.lastSequence,
      baseOffset: stored.lastOffset - stored.offsetDelta,
      lastOffset: stored.lastOffset,
      timestamp: stored.timestamp,
    })
  }
  entry.lastTimestamp = stored.timestamp
  return entry
}
