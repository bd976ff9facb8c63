// Reading for Fetch: from many partitions up to a number of bytes, and the wait for more where there is not enough.
import type { Clock, Timer } from '../io/index.ts'
import type { AbortedTransaction } from '../log/index.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'
import type { Isolation, Partition, Watcher } from './partition.ts'

export interface FetchParams {
  readonly isolation: Isolation
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  /** Not even the first batch may be larger: half of it comes then, and the reader asks for more. */
  readonly hardMaxBytes?: boolean
}

export interface FetchEntry {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly fetchOffset: number
  readonly maxBytes: number
  readonly currentLeaderEpoch: number
  /** The epoch of the last record that the reader has; -1 where it does not say. */
  readonly lastFetchedEpoch: number
}

export interface FetchResult {
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly records: Buffer
  /** Null for readers that see everything. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null
  /** Where the reader's history and the log's part, told instead of records. */
  readonly divergingEpoch?: { readonly epoch: number; readonly endOffset: number }
}

export type PartitionLookup = (entry: FetchEntry) => Partition

const NO_RECORDS = Buffer.alloc(0)

export function failedFetch(errorCode: number): FetchResult {
  return {
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    records: NO_RECORDS,
    abortedTransactions: null,
  }
}

/** The state of one pass over the partitions. */
interface Pass {
  readonly results: FetchResult[]
  bytes: number
  /** An answer that cannot wait: an error, or histories that part. */
  urgent: boolean
}

function readAll(lookup: PartitionLookup, params: FetchParams, entries: readonly FetchEntry[]): Pass {
  const pass: Pass = { results: [], bytes: 0, urgent: false }
  let bytesLeft = params.maxBytes
  for (const entry of entries) {
    // The first batch of the answer always comes, however large it is, so that a reader gets on.
    const minOneBatch = pass.bytes === 0 && params.hardMaxBytes !== true
    const result = readOne(lookup, params.isolation, entry, Math.min(entry.maxBytes, bytesLeft), minOneBatch)
    pass.results.push(result)
    pass.bytes += result.records.length
    bytesLeft = Math.max(0, bytesLeft - result.records.length)
    if (result.errorCode !== ErrorCode.NONE || result.divergingEpoch !== undefined) pass.urgent = true
  }
  return pass
}

function readOne(
  lookup: PartitionLookup,
  isolation: Isolation,
  entry: FetchEntry,
  maxBytes: number,
  minOneBatch: boolean,
): FetchResult {
  try {
    const partition = lookup(entry)
    partition.checkLeader(entry.currentLeaderEpoch)
    const { log } = partition
    const bounds = {
      errorCode: ErrorCode.NONE,
      highWatermark: log.highWatermark,
      lastStableOffset: log.lastStableOffset,
      logStartOffset: log.logStartOffset,
    }
    const divergingEpoch = divergence(partition, entry)
    if (divergingEpoch !== undefined) {
      return { ...bounds, records: NO_RECORDS, abortedTransactions: null, divergingEpoch }
    }
    const read = partition.read(entry.fetchOffset, isolation, maxBytes, minOneBatch)
    const abortedTransactions = isolation === 'lastStable' ? log.abortedTransactions(entry.fetchOffset, read) : null
    return { ...bounds, records: read.records, abortedTransactions }
  } catch (error) {
    if (error instanceof KafkaError) return failedFetch(error.code)
    throw error
  }
}

/** KIP-595: a reader that names its last epoch learns where that epoch ended here. */
function divergence({ log }: Partition, { lastFetchedEpoch, fetchOffset }: FetchEntry): FetchResult['divergingEpoch'] {
  if (lastFetchedEpoch < 0) return undefined
  const { logStartOffset } = log
  const { epoch, endOffset } = log.leaderEpochs.endOffsetFor(lastFetchedEpoch, log.logEndOffset)
  if (epoch < 0 || endOffset < 0 || fetchOffset < logStartOffset) throw new KafkaError('OFFSET_OUT_OF_RANGE')
  return epoch < lastFetchedEpoch || endOffset < fetchOffset ? { epoch, endOffset } : undefined
}

/** Fetches that wait: each watches its partitions and ends with enough to read, with a change, or with its time. */
export class FetchPurgatory {
  readonly #clock: Clock
  readonly #lookup: PartitionLookup
  readonly #waiting = new Set<WaitingFetch>()

  constructor(clock: Clock, lookup: PartitionLookup) {
    this.#clock = clock
    this.#lookup = lookup
  }

  /** Calls `done` with a result for each entry: in this turn where it can. */
  fetch(params: FetchParams, entries: readonly FetchEntry[], done: (results: FetchResult[]) => void): void {
    const pass = readAll(this.#lookup, params, entries)
    if (params.maxWaitMs <= 0 || entries.length === 0 || pass.bytes >= params.minBytes || pass.urgent) {
      done(pass.results)
      return
    }
    const waiting = new WaitingFetch(this.#lookup, params, entries, () => {
      this.#waiting.delete(waiting)
      done(readAll(this.#lookup, params, entries).results)
    })
    this.#waiting.add(waiting)
    waiting.start(this.#clock)
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Answers everyone with what there is. */
  close(): void {
    for (const waiting of [...this.#waiting]) waiting.end()
  }
}

class WaitingFetch implements Watcher {
  readonly #lookup: PartitionLookup
  readonly #params: FetchParams
  readonly #entries: readonly FetchEntry[]
  readonly #onEnd: () => void
  readonly #partitions: Partition[] = []
  #timer: Timer | undefined
  #ended = false

  constructor(lookup: PartitionLookup, params: FetchParams, entries: readonly FetchEntry[], onEnd: () => void) {
    this.#lookup = lookup
    this.#params = params
    this.#entries = entries
    this.#onEnd = onEnd
  }

  start(clock: Clock): void {
    for (const entry of this.#entries) {
      const partition = this.#lookup(entry)
      partition.watch(this)
      this.#partitions.push(partition)
    }
    this.#timer = clock.setTimer(this.#params.maxWaitMs, () => this.end())
  }

  onChange(): void {
    if (!this.#ended && this.#hasEnough()) this.end()
  }

  #hasEnough(): boolean {
    const { isolation, minBytes } = this.#params
    let bytes = 0
    for (const [index, entry] of this.#entries.entries()) {
      const partition = this.#partitions[index] as Partition
      if (!partition.isLeader || partition.log.isOffline) return true
      const end = partition.endOffset(isolation)
      if (entry.fetchOffset >= end) {
        // The log was cut, or begins later now.
        if (entry.fetchOffset > partition.log.logEndOffset) return true
        continue
      }
      if (minBytes <= 1 || entry.fetchOffset < partition.log.logStartOffset) return true
      bytes += Math.min(partition.log.bytesFrom(entry.fetchOffset, end), entry.maxBytes)
      if (bytes >= minBytes) return true
    }
    return false
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#timer?.cancel()
    for (const partition of this.#partitions) partition.unwatch(this)
    this.#onEnd()
  }
}
