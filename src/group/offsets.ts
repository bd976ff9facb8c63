// The committed offsets of one shard's groups: what is committed, what waits for the end of a transaction, and what has
// expired. Requests yield records; only their replay changes what is stored here.
import type { BrokerConfig } from '../config/index.ts'
import type { LogPosition, TransactionEnd } from '../coordinator/index.ts'
import {
  type Draft,
  EMPTY_UUID,
  ErrorCode,
  type ErrorName,
  KafkaError,
  type OffsetCommitKey,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  type OffsetCommitValue,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitResponse,
} from '../wire/index.ts'
import type { CommitRequest, FetchIdentity, Group, PartitionValidator } from './group.ts'
import type { Groups } from './groups.ts'
import { OffsetTable } from './offset-table.ts'
import { type GroupRecord, type GroupResult, offsetTombstone } from './records.ts'

export type CommitResponse = Draft<typeof OffsetCommitResponse>
export type TxnCommitResponse = Draft<typeof TxnOffsetCommitResponse>
export type DeleteResponse = Draft<typeof OffsetDeleteResponse>
export type FetchedTopics = NonNullable<
  NonNullable<Draft<typeof OffsetFetchResponse>['groups']>[number]['topics']
>[number][]
/** Of OffsetFetch: null topics ask for all. */
export type FetchGroup = OffsetFetchRequest['groups'][number]
type FetchTopic = NonNullable<FetchGroup['topics']>[number]
type FetchedPartition = NonNullable<FetchedTopics[number]['partitions']>[number]
type CommitPartition = Omit<OffsetCommitRequest['topics'][number]['partitions'][number], 'commitTimestamp'>

/** When an offset was committed: as the client says in version 1, or now. */
const UNTIMED = -1

/** What stands in the log, and where: of two commits the later one holds, whichever transaction ends last. */
interface StoredOffset {
  readonly value: OffsetCommitValue
  readonly recordOffset: number
}

/** From this version on, who commits for an unknown group is told so. */
const TELLS_UNKNOWN_GROUP = 9
const NONE_COMMITTED = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' }
const NO_PRODUCER_ID = -1
/** Where the version decides nothing. */
const ANY_VERSION = 0

export class Offsets {
  readonly #groups: Groups
  readonly #config: () => BrokerConfig
  readonly #now: () => number
  readonly #committed = new OffsetTable<StoredOffset>()
  /** By producer id, until its transaction ends. */
  readonly #pending = new Map<number, OffsetTable<StoredOffset>>()
  /** The producers that have a pending offset for a partition. */
  readonly #openTransactions = new OffsetTable<Set<number>>()

  constructor(rooms: { groups: Groups; config: () => BrokerConfig; now: () => number }) {
    this.#groups = rooms.groups
    this.#config = rooms.config
    this.#now = rooms.now
  }

  commit(apiVersion: number, request: OffsetCommitRequest): GroupResult<CommitResponse> {
    const { groupId, memberId, groupInstanceId, retentionTimeMs } = request
    const generationId = request.generationIdOrMemberEpoch
    const unknown = apiVersion >= TELLS_UNKNOWN_GROUP ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'
    const identity = { memberId, groupInstanceId, generationId }
    const validate = this.#validateCommit(groupId, { ...identity, isTransactional: false, apiVersion }, unknown)
    const now = this.#now()
    const expireTimestamp = retentionTimeMs === -1 ? -1 : now + retentionTimeMs
    const records: GroupRecord[] = []
    const topics = request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map((partition) => {
        const key = { group: groupId, topic: name, partition: partition.partitionIndex }
        const commitTimestamp = partition.commitTimestamp === UNTIMED ? now : partition.commitTimestamp
        return this.#commitPartition(records, key, partition, { commitTimestamp, expireTimestamp, topicId }, validate)
      }),
    }))
    return { records, response: { topics } }
  }

  /** Its records must be written as part of the producer's transaction. `topicIdOf`: of a topic that exists. */
  commitTransactional(
    request: TxnOffsetCommitRequest,
    topicIdOf: (topic: string) => string | undefined,
  ): GroupResult<TxnCommitResponse> {
    const identity = { ...request, isTransactional: true, apiVersion: ANY_VERSION }
    const validate = inGenerations(() => this.#validateCommit(request.groupId, identity, 'ILLEGAL_GENERATION'))
    const times = { commitTimestamp: this.#now(), expireTimestamp: -1, topicId: EMPTY_UUID }
    const records: GroupRecord[] = []
    const topics = request.topics.map(({ name, partitions }) => {
      const topicId = topicIdOf(name)
      // What is assigned is known by topic ids.
      if (validate !== undefined && topicId === undefined) throw new KafkaError('ILLEGAL_GENERATION')
      const validateById: PartitionValidator = (topic, _topicId, partition) =>
        inGenerations(() => validate?.(topic, topicId ?? EMPTY_UUID, partition))
      return {
        name,
        partitions: partitions.map((partition) => {
          const key = { group: request.groupId, topic: name, partition: partition.partitionIndex }
          return this.#commitPartition(records, key, partition, times, validateById)
        }),
      }
    })
    return { records, response: { topics } }
  }

  /** `requireStable`: no offset that an open transaction is about to change. */
  fetch({ groupId, topics, ...identity }: FetchGroup, requireStable: boolean): FetchedTopics {
    const isKnown = this.#isFetchable(groupId, identity)
    if (topics !== null) return topics.map((topic) => this.#fetchTopic(groupId, topic, isKnown, requireStable))
    if (!isKnown) return []
    return Array.from(this.#committed.topics(groupId), ([name, partitions]) => {
      const topic = { name, topicId: EMPTY_UUID, partitionIndexes: [...partitions.keys()] }
      return this.#fetchTopic(groupId, topic, true, requireStable)
    })
  }

  delete({ groupId, topics }: Pick<OffsetDeleteRequest, 'groupId' | 'topics'>): GroupResult<DeleteResponse> {
    const group = this.#groups.get(groupId)
    group.validateOffsetDelete()
    const records: GroupRecord[] = []
    const response = topics.map(({ name, partitions }) => {
      const isSubscribed = group.isSubscribedToTopic(name)
      const errorCode = isSubscribed ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE
      for (const { partitionIndex } of isSubscribed ? [] : partitions) {
        if (this.#isStored(groupId, name, partitionIndex)) records.push(offsetTombstone(groupId, name, partitionIndex))
      }
      return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
    })
    return { records, response: { topics: response } }
  }

  /** What deletes all offsets of a group, those in open transactions too. */
  tombstones(groupId: string): GroupRecord[] {
    const records: GroupRecord[] = []
    for (const [topic, partitions] of this.#committed.topics(groupId)) {
      for (const partition of partitions.keys()) records.push(offsetTombstone(groupId, topic, partition))
    }
    for (const [topic, partitions] of this.#openTransactions.topics(groupId)) {
      for (const partition of partitions.keys()) {
        const isCommitted = this.#committed.get(groupId, topic, partition) !== undefined
        if (!isCommitted) records.push(offsetTombstone(groupId, topic, partition))
      }
    }
    return records
  }

  /** Adds what removes the expired offsets of a group; returns whether it has none left then. */
  expire(group: Group, records: GroupRecord[]): boolean {
    const { groupId } = group
    const hasOpenTransactions = this.#openTransactions.has(groupId)
    if (!this.#committed.has(groupId)) return !hasOpenTransactions
    const baseOf = group.offsetExpirationBase()
    if (baseOf === undefined) return false
    const now = this.#now()
    const retentionMs = this.#config().get('offsets.retention.minutes') * 60_000
    let allExpired = true
    for (const [topic, partitions] of this.#committed.topics(groupId)) {
      const isSubscribed = group.isSubscribedToTopic(topic)
      for (const [partition, { value }] of partitions) {
        const { commitTimestamp, expireTimestamp } = value
        const isExpired = expireTimestamp === -1 ? now - baseOf(commitTimestamp) >= retentionMs : now >= expireTimestamp
        const isPending = this.#openTransactions.get(groupId, topic, partition) !== undefined
        if (isExpired && !isSubscribed && !isPending) records.push(offsetTombstone(groupId, topic, partition))
        else allExpired = false
      }
    }
    return allExpired && !hasOpenTransactions
  }

  /** What removes the offsets of topics that are gone; a topic of the same name may be there already. */
  topicsDeleted(topics: readonly { readonly name: string; readonly topicId: string }[]): GroupRecord[] {
    const records: GroupRecord[] = []
    for (const table of [this.#committed, ...this.#pending.values()]) {
      for (const groupId of table.groups()) {
        for (const { name, topicId } of topics) {
          for (const [partition, { value }] of table.partitions(groupId, name)) {
            if (value.topicId !== EMPTY_UUID && value.topicId !== topicId) continue
            records.push(offsetTombstone(groupId, name, partition))
          }
        }
      }
    }
    return records
  }

  replay(key: OffsetCommitKey, value: OffsetCommitValue | null, { offset, producerId }: LogPosition): void {
    const { group, topic, partition } = key
    if (value === null) {
      this.#forget(key)
      return
    }
    this.#groups.getOrCreate(group)
    const stored = { value, recordOffset: offset }
    if (producerId === NO_PRODUCER_ID) {
      this.#committed.put(group, topic, partition, stored)
      return
    }
    const pending = this.#pending.get(producerId) ?? new OffsetTable()
    this.#pending.set(producerId, pending)
    pending.put(group, topic, partition, stored)
    const open = this.#openTransactions.get(group, topic, partition)
    if (open === undefined) this.#openTransactions.put(group, topic, partition, new Set([producerId]))
    else open.add(producerId)
  }

  replayTransactionEnd({ producerId, committed }: TransactionEnd): void {
    const pending = this.#pending.get(producerId)
    if (pending === undefined) return
    this.#pending.delete(producerId)
    for (const [groupId, topic, partition, stored] of pending.entries()) {
      const open = this.#openTransactions.get(groupId, topic, partition)
      open?.delete(producerId)
      if (open?.size === 0) this.#openTransactions.remove(groupId, topic, partition)
      if (!committed) continue
      const existing = this.#committed.get(groupId, topic, partition)
      if (existing === undefined || stored.recordOffset > existing.recordOffset) {
        this.#committed.put(groupId, topic, partition, stored)
      }
    }
  }

  /** What may still refuse single partitions. */
  #validateCommit(groupId: string, request: CommitRequest, unknown: ErrorName): PartitionValidator | undefined {
    const group = this.#groups.find(groupId)
    if (group !== undefined) return group.validateOffsetCommit(request)
    // Without a generation: a consumer that assigns its partitions itself. Its offsets make the group.
    if (request.generationId < 0) return undefined
    const message = unknown === 'GROUP_ID_NOT_FOUND' ? `Group ${groupId} not found.` : undefined
    throw new KafkaError(unknown, message)
  }

  #commitPartition(
    records: GroupRecord[],
    key: OffsetCommitKey,
    { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }: CommitPartition,
    times: Pick<OffsetCommitValue, 'commitTimestamp' | 'expireTimestamp' | 'topicId'>,
    validate: PartitionValidator | undefined,
  ): { partitionIndex: number; errorCode: number } {
    const metadata = committedMetadata ?? ''
    if (metadata.length > this.#config().get('offset.metadata.max.bytes')) {
      return { partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE }
    }
    validate?.(key.topic, times.topicId, partitionIndex)
    const value = { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata, ...times }
    records.push({ type: 'OffsetCommit', key, value })
    return { partitionIndex, errorCode: ErrorCode.NONE }
  }

  #isFetchable(groupId: string, identity: FetchIdentity): boolean {
    try {
      this.#groups.get(groupId).validateOffsetFetch(identity)
      return true
    } catch (error) {
      if (error instanceof KafkaError && error.codeName === 'GROUP_ID_NOT_FOUND') return false
      throw error
    }
  }

  #fetchTopic(
    groupId: string,
    { name, topicId, partitionIndexes }: FetchTopic,
    isKnown: boolean,
    requireStable: boolean,
  ): FetchedTopics[number] {
    const fetchPartition = (partitionIndex: number): FetchedPartition => {
      const isOpen = this.#openTransactions.get(groupId, name, partitionIndex) !== undefined
      if (requireStable && isOpen) {
        return { partitionIndex, ...NONE_COMMITTED, errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT }
      }
      const stored = isKnown ? this.#committed.get(groupId, name, partitionIndex) : undefined
      if (stored === undefined || isOfAnother(stored.value.topicId, topicId)) {
        return { partitionIndex, ...NONE_COMMITTED, errorCode: ErrorCode.NONE }
      }
      const { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata } = stored.value
      return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode: ErrorCode.NONE }
    }
    return { name, topicId, partitions: partitionIndexes.map(fetchPartition) }
  }

  #isStored(groupId: string, topic: string, partition: number): boolean {
    const committed = this.#committed.get(groupId, topic, partition)
    return committed !== undefined || this.#openTransactions.get(groupId, topic, partition) !== undefined
  }

  /** Deleted: committed or pending, and whoever's transaction it is. */
  #forget({ group, topic, partition }: OffsetCommitKey): void {
    this.#committed.remove(group, topic, partition)
    for (const producerId of this.#openTransactions.get(group, topic, partition) ?? []) {
      this.#pending.get(producerId)?.remove(group, topic, partition)
    }
    this.#openTransactions.remove(group, topic, partition)
  }
}

/** A producer knows generations; it is not told of epochs. */
function inGenerations<T>(attempt: () => T): T {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof KafkaError && error.codeName === 'STALE_MEMBER_EPOCH') {
      throw new KafkaError('ILLEGAL_GENERATION')
    }
    throw error
  }
}

/** Committed for a topic of the same name that is gone. Where either id is not known, the name decides. */
function isOfAnother(committedFor: string, asked: string): boolean {
  return committedFor !== EMPTY_UUID && asked !== EMPTY_UUID && committedFor !== asked
}
