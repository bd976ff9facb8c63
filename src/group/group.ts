// What every kind of group is to the offsets and to the administration of groups; all kinds share one space of ids.
import type { GroupRecord } from './records.ts'

/** The kinds that have no coordinator here. */
export type ForeignGroupType = 'share' | 'streams'
export type GroupType = 'classic' | 'consumer' | ForeignGroupType

/** Who commits offsets: a member of a generation, or someone from outside (-1, no member id). */
export interface CommitIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** The generation of a classic member, the epoch of one of a consumer group. */
  readonly generationId: number
}

export interface CommitRequest extends CommitIdentity {
  readonly isTransactional: boolean
  readonly apiVersion: number
}

/** Who fetches offsets: since OffsetFetch 9 that may be a member with its epoch. */
export interface FetchIdentity {
  readonly memberId: string | null
  readonly memberEpoch: number
}

/** Throws where the one who commits may not do so for this partition. */
export type PartitionValidator = (topic: string, topicId: string, partition: number) => void

export interface Group {
  readonly type: GroupType
  readonly groupId: string
  readonly isEmpty: boolean
  /** The state's name as clients know it. */
  readonly state: string
  readonly protocolType: string | null
  /** Throws where this group refuses a commit by that identity; what it gives may still refuse single partitions. */
  validateOffsetCommit(request: CommitRequest): PartitionValidator | undefined
  validateOffsetFetch(identity: FetchIdentity): void
  validateOffsetDelete(): void
  validateDelete(): void
  /** Offsets of a topic that the group consumes do not expire, and cannot be deleted. */
  isSubscribedToTopic(topic: string): boolean
  /** From when on the retention of an offset counts, given the time of its commit; undefined where none expires now. */
  offsetExpirationBase(): ((commitTimestamp: number) => number) | undefined
  /** Whether the group goes with the last of its offsets. */
  readonly expires: boolean
  /** What deletes the group, its offsets aside. */
  tombstones(): GroupRecord[]
}
