// Fetch sessions (KIP-227): a client names its partitions once, then only what changes, and is told only of partitions
// with something new. Keeps what each session's client last asked and was last told; knows nothing of logs.
import type { Clock, Random } from '../io/index.ts'
import { ErrorCode } from '../wire/index.ts'
import type { FetchEntry, FetchResult } from './fetch.ts'

const NO_SESSION = 0
/** The epoch of a request that wants a new session. */
const INITIAL_EPOCH = 0
/** The epoch of a request that wants none, and ends the one it names. */
const FINAL_EPOCH = -1
const MAX_EPOCH = 0x7fffffff
/** A session that was not used for so long gives way to any other. */
const STALE_AFTER_MS = 120_000

export interface FetchSessionRequest {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly usesTopicIds: boolean
  readonly entries: readonly FetchEntry[]
  readonly forgotten: readonly PartitionKey[]
}

/** A partition as a session tells it from others: by its topic's id, or by name where the client uses names. */
export interface PartitionKey {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
}

export interface FetchAnswer {
  readonly errorCode: number
  readonly sessionId: number
  /** What the client is told, in order. */
  readonly partitions: readonly { readonly entry: FetchEntry; readonly result: FetchResult }[]
}

export interface FetchContext {
  /** What is to be read now, in order. */
  readonly entries: readonly FetchEntry[]
  /** Takes a result for each entry, in their order. */
  answer(results: readonly FetchResult[]): FetchAnswer
}

interface CachedPartition {
  entry: FetchEntry
  /** What the client was last told; -1 where it has to be told again. */
  highWatermark: number
  logStartOffset: number
}

interface Session {
  readonly id: number
  readonly usesTopicIds: boolean
  readonly createdMs: number
  lastUsedMs: number
  epoch: number
  /** In the order in which they are read: those that gave records go to the end. */
  readonly partitions: Map<string, CachedPartition>
}

export class FetchSessions {
  readonly #clock: Clock
  readonly #random: Random
  readonly #maxSessions: () => number
  /** The one that was used the longest time ago stands first. */
  readonly #sessions = new Map<number, Session>()

  constructor(clock: Clock, random: Random, maxSessions: () => number) {
    this.#clock = clock
    this.#random = random
    this.#maxSessions = maxSessions
  }

  get size(): number {
    return this.#sessions.size
  }

  /** The partitions of a session. */
  partitionsOf(sessionId: number): readonly PartitionKey[] {
    return Array.from(this.#sessions.get(sessionId)?.partitions.values() ?? [], ({ entry }) => entry)
  }

  open(request: FetchSessionRequest): FetchContext {
    const { sessionId, sessionEpoch, entries } = request
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      this.#sessions.delete(sessionId)
      return sessionEpoch === FINAL_EPOCH ? sessionless(entries) : this.#fullContext(request)
    }
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    if (session.epoch !== sessionEpoch) return refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
    if (session.usesTopicIds !== request.usesTopicIds) return refused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
    update(session, request)
    if (session.partitions.size === 0) {
      this.#sessions.delete(sessionId)
      return sessionless(entries)
    }
    this.#touch(session)
    session.epoch = nextEpoch(session.epoch)
    return incremental(session, session.epoch)
  }

  #touch(session: Session): void {
    session.lastUsedMs = this.#clock.monotonic()
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
  }

  #fullContext({ entries, usesTopicIds }: FetchSessionRequest): FetchContext {
    return {
      entries,
      answer: (results) => {
        const partitions = pair(entries, results)
        const sessionId = this.#create(partitions, usesTopicIds)
        return { errorCode: ErrorCode.NONE, sessionId, partitions }
      },
    }
  }

  /** The new session's id; 0 where there is no room for one. */
  #create(told: FetchAnswer['partitions'], usesTopicIds: boolean): number {
    const now = this.#clock.monotonic()
    if (this.#sessions.size >= this.#maxSessions() && !this.#evictFor(told.length, now)) return NO_SESSION
    const partitions = new Map<string, CachedPartition>()
    for (const { entry, result } of told) partitions.set(keyOf(entry), cached(entry, result))
    const id = this.#newId()
    this.#sessions.set(id, { id, usesTopicIds, createdMs: now, lastUsedMs: now, epoch: 1, partitions })
    return id
  }

  #newId(): number {
    for (;;) {
      const id = 1 + Math.floor(this.#random.next() * (MAX_EPOCH - 1))
      if (!this.#sessions.has(id)) return id
    }
  }

  /** Makes room for a session of `size` partitions: a stale one goes, or an old one with fewer. */
  #evictFor(size: number, now: number): boolean {
    const oldest: Session | undefined = this.#sessions.values().next().value
    if (oldest === undefined) return false
    if (now - oldest.lastUsedMs > STALE_AFTER_MS) return this.#sessions.delete(oldest.id)
    let smallest: Session | undefined
    for (const session of this.#sessions.values()) {
      if (now - session.createdMs <= STALE_AFTER_MS) continue
      if (smallest === undefined || session.partitions.size < smallest.partitions.size) smallest = session
    }
    if (smallest === undefined || smallest.partitions.size >= size) return false
    return this.#sessions.delete(smallest.id)
  }
}

function nextEpoch(epoch: number): number {
  return epoch === MAX_EPOCH ? 1 : epoch + 1
}

function keyOf({ topic, topicId, partition }: PartitionKey): string {
  return `${topicId === '' ? topic : topicId} ${partition}`
}

function cached(entry: FetchEntry, result: FetchResult): CachedPartition {
  const { highWatermark, logStartOffset } = result
  return { entry, highWatermark, logStartOffset }
}

/** Takes in what the client says anew, and forgets what it does not want any more. */
function update(session: Session, { entries, forgotten }: FetchSessionRequest): void {
  for (const entry of entries) {
    const key = keyOf(entry)
    const known = session.partitions.get(key)
    if (known === undefined) session.partitions.set(key, { entry, highWatermark: -1, logStartOffset: -1 })
    else known.entry = known.entry.topic === '' ? entry : { ...entry, topic: known.entry.topic }
  }
  for (const key of forgotten) session.partitions.delete(keyOf(key))
}

function pair(entries: readonly FetchEntry[], results: readonly FetchResult[]): FetchAnswer['partitions'] {
  return entries.flatMap((entry, index) => {
    const result = results[index]
    return result === undefined ? [] : { entry, result }
  })
}

function refused(errorCode: number): FetchContext {
  return { entries: [], answer: () => ({ errorCode, sessionId: NO_SESSION, partitions: [] }) }
}

function sessionless(entries: readonly FetchEntry[]): FetchContext {
  return {
    entries,
    answer: (results) => ({ errorCode: ErrorCode.NONE, sessionId: NO_SESSION, partitions: pair(entries, results) }),
  }
}

function incremental(session: Session, epoch: number): FetchContext {
  const entries = Array.from(session.partitions.values(), ({ entry }) => entry)
  return {
    entries,
    answer: (results) => {
      // Another request of the same session came in between.
      if (session.epoch !== epoch) {
        return { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessionId: session.id, partitions: [] }
      }
      const partitions = pair(entries, results).filter(({ entry, result }) => isNews(session, entry, result))
      return { errorCode: ErrorCode.NONE, sessionId: session.id, partitions }
    },
  }
}

/** Whether the client has to be told; if so, it counts as told. */
function isNews({ partitions }: Session, entry: FetchEntry, result: FetchResult): boolean {
  const key = keyOf(entry)
  const known = partitions.get(key)
  if (known === undefined) return true
  const failed = result.errorCode !== ErrorCode.NONE
  const hasRecords = result.records.length > 0
  const changed =
    hasRecords ||
    failed ||
    result.divergingEpoch !== undefined ||
    known.highWatermark !== result.highWatermark ||
    known.logStartOffset !== result.logStartOffset
  // After an error the client is told again how things stand.
  known.highWatermark = failed ? -1 : result.highWatermark
  known.logStartOffset = result.logStartOffset
  if (hasRecords) {
    partitions.delete(key)
    partitions.set(key, known)
  }
  return changed
}
