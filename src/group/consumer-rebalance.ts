// What moves a consumer group on, whichever protocol its members speak: a member that has said something new, the epoch
// and the assignment that follow, the member's own step towards it, and the removal of members that do not keep up. The
// timers of the members are here too. Everything here yields records; only their replay changes the group.
import { JavaHashMap, javaHashCode, type ShardTimers } from '../coordinator/index.ts'
import type { Logger } from '../io/index.ts'
import type { Assignment, Assignor } from './assignors/assignor.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import {
  type ConsumerMember,
  isReconciledTo,
  MemberState,
  regexOf,
  sameMember,
  sameNames,
  usesClassicProtocol,
} from './consumer-member.ts'
import {
  currentAssignmentRecord,
  epochRecord,
  memberRecord,
  memberTombstones,
  partitionMetadataTombstone,
  regexTombstone,
} from './consumer-records.ts'
import type { GroupMigration } from './group-migration.ts'
import type { GroupTopics } from './group-topics.ts'
import type { Groups } from './groups.ts'
import type { LiveGroupConfig } from './live-group-config.ts'
import { type MemberTimer, memberTimer, memberTimers } from './member-timers.ts'
import { type ReportedPartitions, reconcile } from './reconciliation.ts'
import { type GroupRecord, type GroupResult, NOTHING } from './records.ts'
import { addTo, type Counts, isHomogeneous, mostCounted, type TopicCounts } from './subscription-counts.ts'
import { computeTarget, isNamed, subscriptionOf } from './target-assignment.ts'
import { METADATA_REFRESH_INTERVAL_MS, regexesAfter, type TopicRegexes } from './topic-regexes.ts'

export interface ConsumerRooms {
  readonly groups: Groups
  readonly topics: GroupTopics
  readonly timers: ShardTimers<GroupRecord>
  readonly config: LiveGroupConfig
  readonly assignors: readonly [Assignor, ...Assignor[]]
  readonly now: () => number
  readonly log: Logger
}

/** One member before and after what it has just said. `before` may be new to the group, `after` is not in it yet. */
export interface MemberChange {
  readonly before: ConsumerMember
  readonly after: ConsumerMember
}

/** What the group will be once the records so far are replayed. */
interface Epoch {
  readonly groupEpoch: number
  readonly isHomogeneous: boolean
}

interface Target {
  readonly assignmentEpoch: number
  readonly assignment: Assignment
}

export class ConsumerRebalance {
  readonly #rooms: ConsumerRooms
  readonly #regexes: TopicRegexes
  readonly #migration: GroupMigration

  constructor(rooms: ConsumerRooms, regexes: TopicRegexes, migration: GroupMigration) {
    this.#rooms = rooms
    this.#regexes = regexes
    this.#migration = migration
  }

  get defaultAssignor(): string {
    return this.#rooms.assignors[0].name
  }

  /** Adds what tells of the member; whether it asks for another assignment, and in which way. */
  record(
    group: ConsumerGroup,
    { before, after }: MemberChange,
    records: GroupRecord[],
  ): { namesChanged: boolean; regexChange: 'none' | 'updated' | 'resolved' } {
    const isSame = sameMember(before, after)
    if (!isSame) records.push(memberRecord(group.groupId, after))
    const namesChanged = !isSame && !sameNames(before.subscribedTopicNames, after.subscribedTopicNames)
    return { namesChanged, regexChange: this.#regexes.update(group, before, after, records) }
  }

  /** The next epoch, where one is asked for or the topics have changed. */
  advance(group: ConsumerGroup, change: MemberChange, isAskedFor: boolean, records: GroupRecord[]): Epoch {
    const { now, topics, log } = this.#rooms
    const { before, after } = change
    const { groupId } = group
    if (!isAskedFor && !group.hasMetadataExpired(now())) return group
    const counts = this.#countsAfter(group, change)
    const metadataHash = topics.hashOf(counts.topics())
    const isNew = isAskedFor || metadataHash !== group.metadataHash
    const groupEpoch = group.groupEpoch + (isNew ? 1 : 0)
    if (isNew) {
      records.push(epochRecord(groupId, groupEpoch, metadataHash))
      log.info({ groupId, memberId: after.memberId, groupEpoch }, 'A consumer group has a new epoch')
    }
    group.metadataRefreshedAt(groupEpoch, now() + METADATA_REFRESH_INTERVAL_MS)
    if (group.hasPartitionMetadataRecord) records.push(partitionMetadataTombstone(groupId))
    const { memberId, instanceId } = after
    const isMember = group.members.has(memberId) || (instanceId !== null && group.staticMembers.has(instanceId))
    const members = group.members.size + (isMember ? 0 : 1)
    return { groupEpoch, isHomogeneous: isHomogeneous(regexesAfter(group, before, after), counts, members) }
  }

  /** What the member is to have. A new assignment is computed where the epoch asks for one and the last is old enough. */
  aim(group: ConsumerGroup, { before, after }: MemberChange, epoch: Epoch, records: GroupRecord[]): Target {
    const { config, now, topics, log } = this.#rooms
    const { groupId, assignmentEpoch, assignmentTimestamp } = group
    const { groupEpoch } = epoch
    const notBefore = assignmentTimestamp === 0 ? 0 : assignmentTimestamp + config.assignmentIntervalMs(groupId)
    if (assignmentEpoch >= groupEpoch || now() < notBefore) {
      return { assignmentEpoch, assignment: group.targetOf(after.memberId, after.instanceId) }
    }
    const assignor = this.#assignorOf(group, before, after)
    const request = { group, updated: after, ...epoch, assignor, now: now() }
    const assignment = computeTarget(request, topics, records)
    log.info({ groupId, groupEpoch, assignor: assignor.name }, 'A consumer group has a new target assignment')
    return { assignmentEpoch: groupEpoch, assignment }
  }

  /** The member's next step. `reported`: the partitions that it says it has. */
  reconcile(
    group: ConsumerGroup,
    member: ConsumerMember,
    { assignmentEpoch, assignment }: Target,
    { hasSubscriptionChanged, reported }: { hasSubscriptionChanged: boolean; reported: ReportedPartitions | null },
    records: GroupRecord[],
  ): ConsumerMember {
    if (!hasSubscriptionChanged && isReconciledTo(member, assignmentEpoch)) return member
    const names = subscriptionOf(group, member)
    const next = reconcile(member, {
      assignmentEpoch,
      target: assignment,
      hasSubscriptionChanged,
      hasNoSubscription: names.size === 0,
      isSubscribedTo: (topicId) => isNamed(this.#rooms.topics, topicId, names),
      currentPartitionEpoch: (topicId, partition) => group.currentPartitionEpoch(topicId, partition),
      reported,
    })
    if (sameMember(member, next)) return next
    records.push(currentAssignmentRecord(group.groupId, next))
    if (!usesClassicProtocol(next)) {
      if (next.state === MemberState.UNREVOKED_PARTITIONS) this.scheduleRebalanceTimeout(group.groupId, next)
      else this.cancel('rebalance', group.groupId, next.memberId)
    }
    return next
  }

  /** Takes members out. Where only classic members are left, the group becomes a classic one. */
  fence<T>(group: ConsumerGroup, members: readonly ConsumerMember[], response: T): GroupResult<T> {
    if (members.length === 0) return { records: [], response }
    const records: GroupRecord[] = []
    if (this.#migration.canDowngradeWithout(group, members)) {
      this.#migration.downgradeWithout(group, members, records)
      return { records, response, applied: true }
    }
    const { groupId } = group
    for (const { memberId } of members) records.push(...memberTombstones(groupId, memberId))
    const counts = group.subscribedTopics.copy()
    for (const { subscribedTopicNames } of members) counts.replaceNames(subscribedTopicNames, undefined)
    for (const regex of regexesGoneWith(group, members)) {
      records.push(regexTombstone(groupId, regex))
      counts.addRegex(group.resolvedRegexes.get(regex)?.topics ?? [], -1)
    }
    const groupEpoch = group.groupEpoch + 1
    records.push(epochRecord(groupId, groupEpoch, this.#rooms.topics.hashOf(counts.topics())))
    for (const { memberId } of members) this.cancelAll(groupId, memberId)
    return { records, response }
  }

  /** The member is alive: it may be silent for another session timeout. */
  scheduleSession(groupId: string, memberId: string, timeoutMs = this.#rooms.config.sessionTimeoutMs(groupId)): void {
    this.#schedule('session', groupId, memberId, timeoutMs, 'its session timed out')
  }

  /** The member has to give up partitions, and its epoch is held up by them. */
  scheduleRebalanceTimeout(groupId: string, { memberId, memberEpoch, rebalanceTimeoutMs }: ConsumerMember): void {
    this.#rooms.timers.schedule(memberTimer('rebalance', groupId, memberId), rebalanceTimeoutMs, () => {
      const member = this.#rooms.groups.findConsumer(groupId)?.members.get(memberId)
      return member?.memberEpoch === memberEpoch ? this.#expire(groupId, memberId, 'it kept partitions') : NOTHING
    })
  }

  /** A classic member was told that it has to join again. */
  scheduleJoinUnlessScheduled(groupId: string, { memberId, rebalanceTimeoutMs }: ConsumerMember): void {
    if (this.#rooms.timers.isScheduled(memberTimer('join', groupId, memberId))) return
    this.#schedule('join', groupId, memberId, rebalanceTimeoutMs, 'it did not join again in time')
  }

  /** A classic member has joined, and has to ask for its assignment. */
  scheduleSync(groupId: string, memberId: string, rebalanceTimeoutMs: number): void {
    this.#schedule('sync', groupId, memberId, rebalanceTimeoutMs, 'it did not ask for its assignment in time')
  }

  cancel(kind: MemberTimer, groupId: string, memberId: string): void {
    this.#rooms.timers.cancel(memberTimer(kind, groupId, memberId))
  }

  cancelAll(groupId: string, memberId: string): void {
    for (const kind of memberTimers) this.cancel(kind, groupId, memberId)
  }

  #schedule(kind: MemberTimer, groupId: string, memberId: string, timeoutMs: number, reason: string): void {
    const name = memberTimer(kind, groupId, memberId)
    this.#rooms.timers.schedule(name, timeoutMs, () => this.#expire(groupId, memberId, reason))
  }

  #expire(groupId: string, memberId: string, reason: string): GroupResult {
    const group = this.#rooms.groups.findConsumer(groupId)
    const member = group?.members.get(memberId)
    if (group === undefined || member === undefined) return NOTHING
    this.#rooms.log.info({ groupId, memberId, reason }, 'Fenced a member of a consumer group')
    return this.fence(group, [member], undefined)
  }

  #countsAfter(group: ConsumerGroup, { before, after }: MemberChange): TopicCounts {
    const counts = group.subscribedTopics.copy()
    counts.replaceNames(before.subscribedTopicNames, after.subscribedTopicNames)
    const [old, next] = [regexOf(before), regexOf(after)]
    if (old !== undefined && old !== next && group.subscribersOfRegex(old) === 1) {
      counts.addRegex(group.resolvedRegexes.get(old)?.topics ?? [], -1)
    }
    return counts
  }

  /** The one that most members ask for, else the first of the broker's. */
  #assignorOf(group: ConsumerGroup, before: ConsumerMember, after: ConsumerMember): Assignor {
    const { assignors } = this.#rooms
    const counts = JavaHashMap.copyOf(group.serverAssignors, javaHashCode)
    const [old, next] = [before.serverAssignorName, after.serverAssignorName]
    if (old !== null && counts.has(old)) addTo(counts, old, -1)
    if (next !== null) counts.set(next, counts.computeIfAbsent(next, () => 0) + 1)
    const preferred = mostCounted(counts)
    return assignors.find(({ name }) => name === preferred) ?? assignors[0]
  }
}

/** The expressions that nobody has once these members are gone. */
function regexesGoneWith(group: ConsumerGroup, members: readonly ConsumerMember[]): string[] {
  const counts: Counts = new Map()
  for (const member of members) {
    const regex = regexOf(member)
    if (regex !== undefined) addTo(counts, regex, 1)
  }
  return [...counts].filter(([regex, count]) => group.subscribersOfRegex(regex) === count).map(([regex]) => regex)
}
