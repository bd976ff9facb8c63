// Which leader epoch begins at which offset of a log: what a follower or a consumer asks to find out where histories
// part. Kept in `leader-epoch-checkpoint`, which is rewritten at each change.
import { join } from 'node:path'
import type { FileSystem } from '../io/index.ts'
import { type EpochEntry, readEpochCheckpoint, writeEpochCheckpoint } from './checkpoint-file.ts'
import { LEADER_EPOCH_CHECKPOINT } from './paths.ts'

export interface EpochEndOffset {
  /** -1 where the log knows of none. */
  readonly epoch: number
  readonly endOffset: number
}

const UNKNOWN: EpochEndOffset = { epoch: -1, endOffset: -1 }

export class LeaderEpochs {
  readonly #fs: FileSystem
  readonly #path: string
  /** In ascending order of both fields. */
  #entries: EpochEntry[]

  constructor(fs: FileSystem, directory: string) {
    this.#fs = fs
    this.#path = join(directory, LEADER_EPOCH_CHECKPOINT)
    this.#entries = readEpochCheckpoint(fs, this.#path)
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  /** -1 where there is none yet. */
  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? -1
  }

  /** The epoch begins at this offset. What an older leader wrote there or later never was. */
  assign(epoch: number, startOffset: number): void {
    const last = this.#entries.at(-1)
    if (last !== undefined && last.epoch === epoch && last.startOffset <= startOffset) return
    const kept = this.#entries.filter((entry) => entry.epoch < epoch && entry.startOffset < startOffset)
    this.#entries = [...kept, { epoch, startOffset }]
    this.#write()
  }

  /** Where the epoch ends: the start of the next one, or the log's end. An epoch in a gap answers for the one before. */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEndOffset {
    if (epoch < 0 || this.#entries.length === 0) return UNKNOWN
    if (epoch === this.latest) return { epoch, endOffset: logEndOffset }
    const nextIndex = this.#entries.findIndex((entry) => entry.epoch > epoch)
    if (nextIndex < 0) return UNKNOWN
    const next = this.#entries[nextIndex] as EpochEntry
    const floor = this.#entries[nextIndex - 1]
    // Before all that is known: its records are gone, and what is left begins with the next epoch.
    if (floor === undefined) return { epoch, endOffset: next.startOffset }
    return { epoch: floor.epoch, endOffset: next.startOffset }
  }

  /** The epoch of the record at `offset`; -1 where it is not known. */
  epochFor(offset: number): number {
    for (let index = this.#entries.length - 1; index >= 0; index--) {
      const entry = this.#entries[index] as EpochEntry
      if (entry.startOffset <= offset) return entry.epoch
    }
    return -1
  }

  /** The log was cut at `endOffset`. */
  truncateFromEnd(endOffset: number): void {
    if ((this.#entries.at(-1)?.startOffset ?? -1) < endOffset) return
    this.#entries = this.#entries.filter(({ startOffset }) => startOffset < endOffset)
    this.#write()
  }

  /** The log begins at `startOffset` now: the epoch that covers it begins there too. */
  truncateFromStart(startOffset: number): void {
    const covering = this.#entries.findLast((entry) => entry.startOffset <= startOffset)
    if (covering === undefined || covering.startOffset === startOffset) return
    const later = this.#entries.filter((entry) => entry.startOffset > startOffset)
    this.#entries = [{ epoch: covering.epoch, startOffset }, ...later]
    this.#write()
  }

  clear(): void {
    this.#entries = []
    this.#write()
  }

  #write(): void {
    writeEpochCheckpoint(this.#fs, this.#path, this.#entries)
  }
}
