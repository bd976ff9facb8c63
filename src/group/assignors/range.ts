// The range assignor: of every topic each member gets a run of neighbouring partitions, in the order of the members.
// So members get the same partitions of topics that have as many, which joins of streams need. What a member had before
// does not matter.
import { JavaHashMap, javaUuidHash } from '../../coordinator/index.ts'
import type { Assignment, Assignor, GroupSpec, MemberSpec } from './assignor.ts'

/** The partitions of a topic while they are handed out. */
interface Ranges {
  readonly partitionCount: number
  /** What each member gets at least, and how many get one more. */
  readonly least: number
  extras: number
  next: number
}

export const rangeAssignor: Assignor = {
  name: 'range',
  assign(group) {
    const members = [...group.members].sort(byInstanceThenMember)
    const subscriptions = subscriptionsOf(group, members)
    const ranges = rangesOf(group, subscriptions)
    return new Map(
      subscriptions.map(({ memberId, topicIds, size }) => [memberId, takeRanges(topicIds, size, ranges)] as const),
    )
  },
}

interface Subscription {
  readonly memberId: string
  readonly topicIds: readonly string[]
  readonly size: number
}

/** In a homogeneous group the first speaks for all. */
function subscriptionsOf({ isHomogeneous }: GroupSpec, members: readonly MemberSpec[]): Subscription[] {
  const [first] = members
  return members.map(({ memberId, topicIds, subscriptionSize }) => {
    if (!isHomogeneous || first === undefined) return { memberId, topicIds, size: subscriptionSize }
    return { memberId, topicIds: first.topicIds, size: first.topicIds.length }
  })
}

/** Static members first: those of one instance get the same ranges however often it restarts. */
function byInstanceThenMember(a: MemberSpec, b: MemberSpec): number {
  if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId)
  if (a.instanceId !== null) return -1
  if (b.instanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function rangesOf(group: GroupSpec, members: readonly Subscription[]): Map<string, Ranges> {
  const subscribers = new Map<string, number>()
  for (const { topicIds } of members) {
    for (const topicId of topicIds) subscribers.set(topicId, (subscribers.get(topicId) ?? 0) + 1)
  }
  return new Map(
    Array.from(subscribers, ([topicId, count]) => {
      const partitionCount = group.partitionCount(topicId)
      const least = Math.floor(partitionCount / count)
      return [topicId, { partitionCount, least, extras: partitionCount % count, next: 0 }]
    }),
  )
}

function takeRanges(topicIds: readonly string[], expected: number, ranges: ReadonlyMap<string, Ranges>): Assignment {
  const taken = new JavaHashMap<string, ReadonlySet<number>>(javaUuidHash, Math.floor(expected / 0.75 + 1))
  for (const topicId of topicIds) {
    const range = ranges.get(topicId)
    const partitions = range === undefined ? [] : takeRange(range)
    if (partitions.length > 0) taken.set(topicId, new Set(partitions))
  }
  return new Map(taken)
}

function takeRange(range: Ranges): number[] {
  const { next, least, extras, partitionCount } = range
  const end = Math.min(next + least + (extras > 0 ? 1 : 0), partitionCount)
  if (extras > 0) range.extras--
  range.next = end
  return Array.from({ length: end - next }, (_, index) => next + index)
}
