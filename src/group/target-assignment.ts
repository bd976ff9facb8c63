// Who is to have what from the next assignment epoch on: an assignor asked about the group as it will be with the
// member that has just changed, and the records that tell of its answer.
import { JavaHashMap, javaHashCode } from '../coordinator/index.ts'
import {
  type Assignment,
  type Assignor,
  type GroupSpec,
  type MemberSpec,
  NO_PARTITIONS,
  sameAssignment,
} from './assignors/assignor.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, regexOf } from './consumer-member.ts'
import { targetEpochRecord, targetRecord } from './consumer-records.ts'
import type { GroupTopics } from './group-topics.ts'
import type { GroupRecord } from './records.ts'

export interface TargetRequest {
  readonly group: ConsumerGroup
  /** The member that changed, as it will be. */
  readonly updated: ConsumerMember
  readonly groupEpoch: number
  readonly isHomogeneous: boolean
  readonly assignor: Assignor
  readonly now: number
}

/** Adds the records of the assignment to `records`; what the changed member is to have. */
export function computeTarget(request: TargetRequest, topics: GroupTopics, records: GroupRecord[]): Assignment {
  const { group, updated, groupEpoch, assignor, now } = request
  const { groupId } = group
  const specs = memberSpecs(group, updated, topics)
  const members = Array.from(specs, ([, spec]) => spec)
  const assigned = assignor.assign(groupSpec(request, members, topics))
  for (const memberId of specs.keys()) {
    const old = group.targetAssignment.get(memberId)
    const next = assigned.get(memberId) ?? NO_PARTITIONS
    if (old === undefined || !sameAssignment(old, next)) records.push(targetRecord(groupId, memberId, next))
  }
  records.push(targetEpochRecord(groupId, groupEpoch, now))
  return assigned.get(updated.memberId) ?? NO_PARTITIONS
}

/** The topics that a member subscribes to by name or expression, as Java's sets hold them. */
export function subscriptionOf({ resolvedRegexes }: ConsumerGroup, member: ConsumerMember): ReadonlySet<string> {
  const { subscribedTopicNames } = member
  const regex = regexOf(member)
  const matching = regex === undefined ? undefined : resolvedRegexes.get(regex)?.topics
  if (matching === undefined || matching.size === 0) return subscribedTopicNames
  if (subscribedTopicNames.size === 0) return matching
  const namesAreMore = subscribedTopicNames.size > matching.size
  const [more, fewer] = namesAreMore ? [subscribedTopicNames, matching] : [matching, subscribedTopicNames]
  return new Set([...more, ...fewer])
}

/** In the order of Java's map of them, by which the assignor goes. */
function memberSpecs(
  group: ConsumerGroup,
  updated: ConsumerMember,
  topics: GroupTopics,
): JavaHashMap<string, MemberSpec> {
  const specs = new JavaHashMap<string, MemberSpec>(javaHashCode)
  for (const [memberId, member] of group.members) {
    const assignment = group.targetAssignment.get(memberId) ?? NO_PARTITIONS
    specs.set(memberId, memberSpec(member, assignment, subscriptionOf(group, member), topics))
  }
  const replaced = updated.instanceId === null ? undefined : group.staticMembers.get(updated.instanceId)
  const changes = new JavaHashMap<string, ConsumerMember | null>(javaHashCode)
  changes.set(updated.memberId, updated)
  if (replaced !== undefined && replaced !== updated.memberId) changes.set(replaced, null)
  for (const [memberId, member] of changes) {
    if (member === null) {
      specs.delete(memberId)
      continue
    }
    const assignment = group.targetAssignment.get(replaced ?? memberId) ?? NO_PARTITIONS
    specs.set(memberId, memberSpec(member, assignment, subscriptionOf(group, member), topics))
  }
  return specs
}

function memberSpec(
  { memberId, instanceId, rackId }: ConsumerMember,
  assignment: Assignment,
  names: ReadonlySet<string>,
  topics: GroupTopics,
): MemberSpec {
  const topicIds: string[] = []
  for (const name of names) {
    const topic = topics.byName(name)
    if (topic !== undefined) topicIds.push(topic.topicId)
  }
  return {
    memberId,
    instanceId,
    rackId,
    topicIds,
    subscriptionSize: names.size,
    isSubscribedTo: (topicId) => isNamed(topics, topicId, names),
    assignment,
  }
}

export function isNamed(topics: GroupTopics, topicId: string, names: ReadonlySet<string>): boolean {
  const topic = topics.byId(topicId)
  return topic !== undefined && names.has(topic.name)
}

function groupSpec(
  { group, isHomogeneous }: TargetRequest,
  members: readonly MemberSpec[],
  topics: GroupTopics,
): GroupSpec {
  return {
    members,
    isHomogeneous,
    partitionCount: (topicId) => topics.byId(topicId)?.partitions.length ?? 0,
    isAssigned: (topicId, partition) => group.isTargeted(topicId, partition),
  }
}
