// How one member gets from the partitions it has to those it is to have, without two members ever having one: first it
// gives up what others are to have, then it moves to the epoch of the assignment, and it takes what is free by then and
// waits for the rest. A pure function; the next member it gives becomes the current one by its record.
import { JavaHashMap, javaIntMap, javaIntSetOrder, javaUuidHash } from '../coordinator/index.ts'
import { KafkaError } from '../wire/index.ts'
import type { Assignment } from './assignors/assignor.ts'
import { NO_EPOCH } from './consumer-group.ts'
import { type ConsumerMember, MemberState } from './consumer-member.ts'
import { NOTHING_OWNED, type OwnedPartitions } from './owned-partitions.ts'

/** The partitions that a member says it has. */
export type ReportedPartitions = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

export interface Aim {
  readonly assignmentEpoch: number
  readonly target: Assignment
  /** What the member subscribes to is not what it was. */
  readonly hasSubscriptionChanged: boolean
  isSubscribedTo(topicId: string): boolean
  /** Whether the member subscribes to nothing at all. */
  readonly hasNoSubscription: boolean
  /** The epoch of the member that has the partition, or NO_EPOCH. */
  currentPartitionEpoch(topicId: string, partition: number): number
  /** Null where the member does not say what it has. */
  readonly reported: ReportedPartitions | null
}

export function reconcile(member: ConsumerMember, aim: Aim): ConsumerMember {
  const { memberEpoch, partitionsPendingRevocation } = member
  switch (member.state) {
    case MemberState.STABLE:
      if (memberEpoch !== aim.assignmentEpoch) return nextAssignment(member, memberEpoch, aim)
      return aim.hasSubscriptionChanged ? withoutUnsubscribed(member, aim) : member
    case MemberState.UNREVOKED_PARTITIONS:
      if (!stillHas(aim.reported, partitionsPendingRevocation)) return nextAssignment(member, memberEpoch, aim)
      return aim.hasSubscriptionChanged ? withoutUnsubscribed(member, aim) : member
    case MemberState.UNRELEASED_PARTITIONS:
      return nextAssignment(member, memberEpoch, aim)
    case MemberState.UNKNOWN:
      // Written by a later version: it starts again, and so must the member, unless it has nothing anyway.
      if (aim.reported === null || aim.reported.length > 0) {
        throw new KafkaError(
          'FENCED_MEMBER_EPOCH',
          'The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.',
        )
      }
      return nextAssignment(member, aim.assignmentEpoch, aim)
  }
}

/** A member that does not say what it has may have anything. */
function stillHas(reported: ReportedPartitions | null, revoked: OwnedPartitions): boolean {
  if (reported === null) return true
  return reported.some(({ topicId, partitions }) => {
    const ofTopic = revoked.get(topicId)
    return ofTopic !== undefined && partitions.some((partition) => ofTopic.has(partition))
  })
}

/** The assignment is what it was, but the member no longer subscribes to all of it. */
function withoutUnsubscribed(member: ConsumerMember, aim: Aim): ConsumerMember {
  const { assignedPartitions, partitionsPendingRevocation: revokedBefore } = member
  const isAllGone = aim.hasNoSubscription && revokedBefore.size === 0
  if (isAllGone) return giveUp(member, NOTHING_OWNED, assignedPartitions, aim)
  const unsubscribed = [...assignedPartitions].filter(([topicId]) => !aim.isSubscribedTo(topicId))
  if (unsubscribed.length === 0) return member
  const assigned = JavaHashMap.copyOf(assignedPartitions, javaUuidHash)
  const revoked = JavaHashMap.copyOf(revokedBefore, javaUuidHash)
  for (const [topicId, partitions] of unsubscribed) {
    assigned.delete(topicId)
    const before = revoked.computeIfAbsent(topicId, () => partitions)
    if (before !== partitions) revoked.set(topicId, merged(before, partitions))
  }
  return giveUp(member, new Map(assigned), new Map(revoked), aim)
}

function giveUp(
  member: ConsumerMember,
  assignedPartitions: OwnedPartitions,
  partitionsPendingRevocation: OwnedPartitions,
  { reported }: Aim,
): ConsumerMember {
  const left = { ...atEpoch(member, member.memberEpoch), assignedPartitions }
  if (partitionsPendingRevocation.size === 0 || !stillHas(reported, partitionsPendingRevocation)) return left
  return { ...left, state: MemberState.UNREVOKED_PARTITIONS, partitionsPendingRevocation }
}

function merged(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  const both = JavaHashMap.copyOf(a, (partition) => partition)
  for (const [partition, epoch] of b) both.set(partition, epoch)
  return new Map(both)
}

/** `memberEpoch` is what the member stays at while it has to give up partitions. */
function nextAssignment(member: ConsumerMember, memberEpoch: number, aim: Aim): ConsumerMember {
  const { kept, revoked, free, isWaiting } = compare(member, aim)
  if (revoked.size > 0 && stillHas(aim.reported, revoked)) {
    return {
      ...atEpoch(member, memberEpoch),
      state: MemberState.UNREVOKED_PARTITIONS,
      assignedPartitions: frozen(kept),
      partitionsPendingRevocation: revoked,
    }
  }
  for (const [topicId, partitions] of free) {
    const assigned = kept.computeIfAbsent(topicId, () => javaIntMap<number>())
    for (const partition of partitions) assigned.set(partition, aim.assignmentEpoch)
  }
  return {
    ...atEpoch(member, aim.assignmentEpoch),
    state: isWaiting ? MemberState.UNRELEASED_PARTITIONS : MemberState.STABLE,
    assignedPartitions: frozen(kept),
    partitionsPendingRevocation: NOTHING_OWNED,
  }
}

type Epochs = JavaHashMap<number, number>

interface Comparison {
  readonly kept: JavaHashMap<string, Epochs>
  readonly revoked: OwnedPartitions
  readonly free: JavaHashMap<string, readonly number[]>
  /** Someone else still has partitions that the member is to have. */
  readonly isWaiting: boolean
}

function compare(member: ConsumerMember, aim: Aim): Comparison {
  const { assignedPartitions, partitionsPendingRevocation } = member
  const topicIds = new JavaHashMap<string, true>(javaUuidHash, Math.max(Math.floor(aim.target.size / 0.75) + 1, 16))
  for (const topicId of [...aim.target.keys(), ...assignedPartitions.keys()]) topicIds.set(topicId, true)
  const kept = new JavaHashMap<string, Epochs>(javaUuidHash)
  const revoked = new JavaHashMap<string, ReadonlyMap<number, number>>(javaUuidHash)
  const free = new JavaHashMap<string, readonly number[]>(javaUuidHash)
  let isWaiting = false
  for (const topicId of topicIds.keys()) {
    const target: ReadonlySet<number> = aim.isSubscribedTo(topicId) ? (aim.target.get(topicId) ?? new Set()) : new Set()
    const ofTopic = split(assignedPartitions.get(topicId) ?? new Map(), target)
    if (ofTopic.kept.size > 0) kept.set(topicId, ofTopic.kept)
    if (ofTopic.revoked.size > 0) revoked.set(topicId, ofTopic.revoked)
    const released = partitionsPendingRevocation.get(topicId)
    const isFree = (partition: number): boolean =>
      aim.currentPartitionEpoch(topicId, partition) === NO_EPOCH || released?.has(partition) === true
    const available = ofTopic.missing.filter(isFree)
    if (available.length < ofTopic.missing.length) isWaiting = true
    if (available.length > 0) free.set(topicId, available)
  }
  return { kept, revoked: new Map(revoked), free, isWaiting }
}

function split(
  current: ReadonlyMap<number, number>,
  target: ReadonlySet<number>,
): { kept: Epochs; revoked: ReadonlyMap<number, number>; missing: readonly number[] } {
  const kept = JavaHashMap.copyOf(current, (partition) => partition)
  const revoked = JavaHashMap.copyOf(current, (partition) => partition)
  for (const partition of current.keys()) {
    if (target.has(partition)) revoked.delete(partition)
    else kept.delete(partition)
  }
  const missing = javaIntSetOrder([...target]).filter((partition) => !kept.has(partition))
  return { kept, revoked: new Map(revoked), missing }
}

function frozen(owned: JavaHashMap<string, Epochs>): OwnedPartitions {
  return new Map(Array.from(owned, ([topicId, epochs]) => [topicId, new Map(epochs)]))
}

function atEpoch(member: ConsumerMember, memberEpoch: number): ConsumerMember {
  return { ...member, memberEpoch, previousMemberEpoch: member.memberEpoch }
}
