// What an assignor is: given the members, what they subscribe to and what they have, who gets which partitions next.
// Assignors keep no state. Their input comes in the order of Kafka's own maps, because the outcome follows from it.
import { JavaHashMap, javaIntSetOrder, javaUuidHash } from '../../coordinator/index.ts'

/** Partitions by topic id, both in the order in which Kafka's maps hold them. */
export type Assignment = ReadonlyMap<string, ReadonlySet<number>>

export const NO_PARTITIONS: Assignment = new Map()

/** The assignment of a list, as Kafka's maps would hold it. */
export function assignmentOf(
  topics: readonly { readonly topicId: string; readonly partitions: readonly number[] }[],
): Assignment {
  const assignment = new JavaHashMap<string, ReadonlySet<number>>(javaUuidHash)
  for (const { topicId, partitions } of topics) assignment.set(topicId, new Set(javaIntSetOrder(partitions)))
  return new Map(assignment)
}

export interface MemberSpec {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  /** The topics that exist of those subscribed to. */
  readonly topicIds: readonly string[]
  /** How many topics are subscribed to, whether they exist or not. */
  readonly subscriptionSize: number
  isSubscribedTo(topicId: string): boolean
  /** What the member was to have so far. */
  readonly assignment: Assignment
}

export interface GroupSpec {
  readonly members: readonly MemberSpec[]
  /** All members subscribe to the same topics. */
  readonly isHomogeneous: boolean
  /** Of a topic that exists. */
  partitionCount(topicId: string): number
  /** Whether someone was to have the partition so far. */
  isAssigned(topicId: string, partition: number): boolean
}

export interface Assignor {
  readonly name: string
  /** Who gets what, by member id; a member that is left out gets nothing. */
  assign(group: GroupSpec): ReadonlyMap<string, Assignment>
}

export function sameAssignment(a: Assignment, b: Assignment): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others === undefined || others.size !== partitions.size) return false
    for (const partition of partitions) if (!others.has(partition)) return false
  }
  return true
}
