// What every kind of group is to the offsets and to the administration of groups; all kinds share one space of ids.
import type { GroupRecord } from './records.ts'

export type GroupType = 'classic' | 'consumer' | 'share' | 'streams'

/** Who commits offsets: a member of a generation, or someone from outside (-1, no member id). */
export interface CommitIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
}

export interface Group {
  readonly type: GroupType
  readonly groupId: string
  readonly isEmpty: boolean
  /** The state's name as clients know it. */
  readonly state: string
  readonly protocolType: string | null
  /** Throws where this group refuses a commit by that identity. */
  validateOffsetCommit(identity: CommitIdentity, isTransactional: boolean): void
  validateOffsetFetch(): void
  validateOffsetDelete(): void
  validateDelete(): void
  /** Offsets of a topic that the group consumes do not expire, and cannot be deleted. */
  isSubscribedToTopic(topic: string): boolean
  /** From when on the retention of an offset counts, given the time of its commit; undefined where none expires now. */
  offsetExpirationBase(): ((commitTimestamp: number) => number) | undefined
  /** What deletes the group, its offsets aside. */
  tombstones(): GroupRecord[]
}
