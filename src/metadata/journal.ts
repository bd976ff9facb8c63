// The log beneath the metadata, as the controller sees it: an ordered, durable list of values under one leader epoch.
// The real one is LogJournal, over the __cluster_metadata-0 partition; MemoryJournal is for tests.

/** A value of the log, with where and when it was written. */
export interface JournalEntry {
  readonly offset: number
  readonly epoch: number
  readonly timestamp: number
  readonly value: Buffer
}

export interface MetadataJournal {
  /** The epoch of this leader: greater than that of any entry from before it was opened. */
  readonly leaderEpoch: number
  /** The offset of the next value. */
  readonly endOffset: number
  /** The level of kraft.version that the log's control records say: 1 with dynamic voters (KIP-853), else 0. */
  readonly kraftVersion?: number
  /** The id of the directory that the log is in. */
  readonly directoryId?: string
  /** The values of the records that a new cluster begins with. */
  readonly bootstrap?: readonly Buffer[]
  /** Visits everything that was there when the journal was opened, in order. */
  replay(visit: (entry: JournalEntry) => void): void
  /**
   * Adds values as one batch: all of them or, after a crash, none. They get the offsets from `endOffset` on at once;
   * resolves when they are durable, in the order of the appends.
   */
  append(values: readonly Buffer[]): Promise<void>
  /** Raises kraft.version from 0 to 1: the voters stand in the log from now on. Resolves when that is durable. */
  writeVoters?(): Promise<void>
  /** Offers the state of the image at `offset` (exclusive) as a snapshot, where the journal wants one now. */
  offerSnapshot?(at: SnapshotPoint, values: () => readonly Buffer[]): void
  close(): Promise<void>
}

/** What a snapshot contains: everything below `offset`. */
export interface SnapshotPoint {
  readonly offset: number
  readonly epoch: number
  readonly timestamp: number
}

/** A journal in memory. Opened again over the entries of another, it is the same log after a restart. */
export class MemoryJournal implements MetadataJournal {
  readonly leaderEpoch: number
  readonly entries: JournalEntry[]
  readonly #replayed: number

  constructor(entries: readonly JournalEntry[] = []) {
    this.entries = [...entries]
    this.#replayed = entries.length
    this.leaderEpoch = (entries.at(-1)?.epoch ?? 0) + 1
  }

  get endOffset(): number {
    return this.entries.length
  }

  replay(visit: (entry: JournalEntry) => void): void {
    for (const entry of this.entries.slice(0, this.#replayed)) visit(entry)
  }

  append(values: readonly Buffer[]): Promise<void> {
    for (const value of values) {
      this.entries.push({ offset: this.entries.length, epoch: this.leaderEpoch, timestamp: 0, value })
    }
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
