// The uniform assignor where all members subscribe to the same topics: each has a quota; what is above it is taken
// away, what is below it is filled up with what is free.
import { JavaHashMap, javaUuidHash } from '../../coordinator/index.ts'
import type { Assignment, GroupSpec, MemberSpec } from './assignor.ts'
import { MemberTarget } from './member-target.ts'

interface FreePartition {
  readonly topicId: string
  readonly partition: number
}

interface Unfilled {
  readonly target: MemberTarget
  readonly missing: number
}

export function assignHomogeneous(group: GroupSpec): ReadonlyMap<string, Assignment> {
  const topics = topicsOf(group.members[0])
  if (topics.size === 0) return new Map()
  const { free, total } = partitionsOf(group, topics.keys())
  const targets = new Map<string, MemberTarget>()
  const unfilled = keepWithinQuota(group, topics, total, free, targets)
  fill(unfilled, free)
  return new Map(Array.from(targets, ([memberId, target]) => [memberId, target.result()]))
}

/** As Java's set of them holds them. */
function topicsOf(member: MemberSpec | undefined): JavaHashMap<string, true> {
  const { topicIds, subscriptionSize } = member ?? { topicIds: [], subscriptionSize: 0 }
  const topics = new JavaHashMap<string, true>(javaUuidHash, Math.max(Math.floor(subscriptionSize / 0.75) + 1, 16))
  for (const topicId of topicIds) topics.set(topicId, true)
  return topics
}

function partitionsOf(group: GroupSpec, topicIds: readonly string[]): { free: FreePartition[]; total: number } {
  const free: FreePartition[] = []
  let total = 0
  for (const topicId of topicIds) {
    const count = group.partitionCount(topicId)
    for (let partition = 0; partition < count; partition++) {
      if (!group.isAssigned(topicId, partition)) free.push({ topicId, partition })
    }
    total += count
  }
  return { free, total }
}

/** Lets every member keep up to its quota, adds the rest to what is free, and tells who has room left. */
function keepWithinQuota(
  { members }: GroupSpec,
  topics: JavaHashMap<string, true>,
  total: number,
  free: FreePartition[],
  targets: Map<string, MemberTarget>,
): Unfilled[] {
  const unfilled: Unfilled[] = []
  const least = Math.floor(total / members.length)
  /** How many members may still have one more than the others. */
  let extras = total % members.length
  for (const [index, member] of members.entries()) {
    const target = new MemberTarget(member.assignment)
    targets.set(member.memberId, target)
    let mayHaveExtra = extras > 0
    let room = keep(member.assignment, topics, least + (mayHaveExtra ? 1 : 0), target, free)
    // An extra goes first to who has it already, as long as there are enough members after this one to take the rest.
    if (room > 0 && mayHaveExtra && members.length - index > extras) {
      room--
      mayHaveExtra = false
    }
    if (room > 0) unfilled.push({ target, missing: room })
    if (mayHaveExtra) extras--
  }
  return unfilled
}

/** How much of the quota is left after what the member keeps. */
function keep(
  assignment: Assignment,
  topics: JavaHashMap<string, true>,
  quota: number,
  target: MemberTarget,
  free: FreePartition[],
): number {
  let room = quota
  for (const [topicId, partitions] of assignment) {
    if (!topics.has(topicId)) {
      target.removeTopic(topicId)
      continue
    }
    for (const partition of partitions) {
      if (room > 0) room--
      else {
        target.remove(topicId, partition)
        free.push({ topicId, partition })
      }
    }
  }
  return room
}

function fill(unfilled: readonly Unfilled[], free: readonly FreePartition[]): void {
  let next = 0
  for (const { target, missing } of unfilled) {
    target.change()
    for (const { topicId, partition } of free.slice(next, next + missing)) target.add(topicId, partition)
    next += missing
  }
  if (next < free.length) throw new Error('Partitions were left unassigned')
}
