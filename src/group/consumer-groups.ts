// The one request of the consumer protocol, ConsumerGroupHeartbeat, against the groups of one shard: with it a consumer
// joins, says what it subscribes to and what it has, is told what to have, and leaves.
import type { Random } from '../io/index.ts'
import {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  type Draft,
  KafkaError,
} from '../wire/index.ts'
import { ClassicGroup } from './classic-group.ts'
import type { Requester } from './classic-groups.ts'
import { ConsumerGroup } from './consumer-group.ts'
import {
  type ConsumerMember,
  LEAVE_GROUP_EPOCH,
  LEAVE_GROUP_STATIC_EPOCH,
  MemberState,
  sameNames,
  topicNames,
  usesClassicProtocol,
} from './consumer-member.ts'
import type { ConsumerRebalance } from './consumer-rebalance.ts'
import { currentAssignmentRecord, memberRecord, memberTombstones, targetRecord } from './consumer-records.ts'
import type { GroupMigration } from './group-migration.ts'
import type { Groups } from './groups.ts'
import type { LiveGroupConfig } from './live-group-config.ts'
import { NOTHING_OWNED, type OwnedPartitions, sameOwned, withEpochsOfZero } from './owned-partitions.ts'
import type { ReportedPartitions } from './reconciliation.ts'
import type { GroupRecord, GroupResult } from './records.ts'

export type HeartbeatResponse = Draft<typeof ConsumerGroupHeartbeatResponse>

const JOIN_EPOCH = 0

interface ConsumerGroupsRooms {
  readonly groups: Groups
  readonly config: LiveGroupConfig
  readonly random: Random
}

export class ConsumerGroups {
  readonly #rooms: ConsumerGroupsRooms
  readonly #rebalance: ConsumerRebalance
  readonly #migration: GroupMigration

  constructor(rooms: ConsumerGroupsRooms, rebalance: ConsumerRebalance, migration: GroupMigration) {
    this.#rooms = rooms
    this.#rebalance = rebalance
    this.#migration = migration
  }

  /** A valid request: see `checkHeartbeat`. */
  heartbeat(who: Requester, request: ConsumerGroupHeartbeatRequest): GroupResult<HeartbeatResponse> {
    const { memberEpoch } = request
    if (memberEpoch === LEAVE_GROUP_EPOCH || memberEpoch === LEAVE_GROUP_STATIC_EPOCH) return this.#leave(request)
    const { groupId, instanceId, topicPartitions: reported } = request
    const records: GroupRecord[] = []
    const group = this.#groupFor(request, records)
    checkRoom(group, request.memberId, this.#rooms.config)
    const memberId = request.memberId || this.#rooms.random.uuid()
    const before =
      instanceId === null
        ? dynamicMember(group, memberId, request)
        : staticMember(group, memberId, instanceId, request, records)
    const after = updated(before, who, request)
    const { namesChanged, regexChange } = this.#rebalance.record(group, { before, after }, records)
    const isAskedFor = namesChanged || regexChange === 'resolved'
    const epoch = this.#rebalance.advance(group, { before, after }, isAskedFor, records)
    const target = this.#rebalance.aim(group, { before, after }, epoch, records)
    const hasSubscriptionChanged = namesChanged || regexChange !== 'none'
    const options = { hasSubscriptionChanged, reported }
    const member = this.#rebalance.reconcile(group, after, target, options, records)
    this.#rebalance.scheduleSession(groupId, memberId)
    const isAnswered = isFull(request) || !sameOwned(before.assignedPartitions, member.assignedPartitions)
    return {
      records,
      response: {
        memberId,
        memberEpoch: member.memberEpoch,
        heartbeatIntervalMs: this.#rooms.config.heartbeatIntervalMs(groupId),
        assignment: isAnswered ? assignmentResponse(member.assignedPartitions) : null,
      },
    }
  }

  /** The members have a session timeout from now on to show that they are still there. */
  loaded(group: ConsumerGroup): void {
    for (const [memberId, member] of group.members) {
      this.#rebalance.scheduleSession(group.groupId, memberId)
      if (member.state === MemberState.UNREVOKED_PARTITIONS) {
        this.#rebalance.scheduleRebalanceTimeout(group.groupId, member)
      }
    }
  }

  /** Who joins may make the group, or turn a classic one into it. */
  #groupFor({ groupId, memberEpoch }: ConsumerGroupHeartbeatRequest, records: GroupRecord[]): ConsumerGroup {
    const group = this.#rooms.groups.find(groupId)
    if (group instanceof ConsumerGroup) return group
    const isJoining = memberEpoch === JOIN_EPOCH
    if (group === undefined) {
      if (isJoining) return new ConsumerGroup(groupId)
      throw new KafkaError('GROUP_ID_NOT_FOUND', `Consumer group ${groupId} not found.`)
    }
    if (!isJoining || !(group instanceof ClassicGroup)) {
      throw new KafkaError('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`)
    }
    if (group.isEmpty) {
      records.push(...group.tombstones())
      return new ConsumerGroup(groupId)
    }
    const upgraded = this.#migration.upgrade(group, records)
    for (const [memberId, { classicTerms }] of upgraded.members) {
      this.#rebalance.scheduleSession(groupId, memberId, classicTerms?.sessionTimeoutMs)
    }
    return upgraded
  }

  #leave(request: ConsumerGroupHeartbeatRequest): GroupResult<HeartbeatResponse> {
    const { groupId, memberId, memberEpoch, instanceId } = request
    const group = this.#rooms.groups.getConsumer(groupId)
    const response = { memberId, memberEpoch }
    if (instanceId === null) return this.#rebalance.fence(group, [group.getMember(memberId)], response)
    const member = knownStaticMember(group, memberId, instanceId)
    if (memberEpoch === LEAVE_GROUP_EPOCH) return this.#rebalance.fence(group, [member], response)
    // It is coming back, within its session timeout, and keeps what it has.
    const leaving = {
      ...member,
      memberEpoch: LEAVE_GROUP_STATIC_EPOCH,
      assignedPartitions: withEpochsOfZero(member.assignedPartitions),
      partitionsPendingRevocation: NOTHING_OWNED,
    }
    return { records: [currentAssignmentRecord(groupId, leaving)], response }
  }
}

export function checkRoom({ members }: ConsumerGroup, memberId: string, config: LiveGroupConfig): void {
  const maxSize = config.broker.get('group.consumer.max.size')
  if (members.size < maxSize || (memberId !== '' && members.has(memberId))) return
  throw new KafkaError(
    'GROUP_MAX_SIZE_REACHED',
    `The consumer group has reached its maximum capacity of ${maxSize} members.`,
  )
}

/** The static member of that instance, under that member id. */
export function knownStaticMember(group: ConsumerGroup, memberId: string, instanceId: string): ConsumerMember {
  const member = group.staticMember(instanceId)
  if (member === undefined) throw new KafkaError('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`)
  if (member.memberId === memberId) return member
  throw new KafkaError(
    'FENCED_INSTANCE_ID',
    `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`,
  )
}

/** A member under a new id in the place of the one that had its instance id. It starts at epoch 0 with all of it. */
export function replaceMember(
  group: ConsumerGroup,
  replaced: ConsumerMember,
  memberId: string,
  records: GroupRecord[],
): ConsumerMember {
  const { groupId } = group
  const member = { ...replaced, memberId, memberEpoch: JOIN_EPOCH, previousMemberEpoch: JOIN_EPOCH }
  records.push(
    ...memberTombstones(groupId, replaced.memberId),
    memberRecord(groupId, member),
    targetRecord(groupId, memberId, group.targetOf(replaced.memberId)),
    currentAssignmentRecord(groupId, member),
  )
  return member
}

function dynamicMember(group: ConsumerGroup, memberId: string, request: ConsumerGroupHeartbeatRequest): ConsumerMember {
  const member = request.memberEpoch === JOIN_EPOCH ? group.memberOrNew(memberId) : group.getMember(memberId)
  checkEpoch(member, request)
  return member
}

function staticMember(
  group: ConsumerGroup,
  memberId: string,
  instanceId: string,
  request: ConsumerGroupHeartbeatRequest,
  records: GroupRecord[],
): ConsumerMember {
  if (request.memberEpoch !== JOIN_EPOCH) {
    const member = knownStaticMember(group, memberId, instanceId)
    checkEpoch(member, request)
    return member
  }
  const existing = group.staticMember(instanceId)
  if (existing === undefined) return group.memberOrNew(memberId)
  if (!usesClassicProtocol(existing) && existing.memberEpoch !== LEAVE_GROUP_STATIC_EPOCH) {
    throw new KafkaError(
      'UNRELEASED_INSTANCE_ID',
      `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${existing.memberId} member.`,
    )
  }
  return replaceMember(group, existing, memberId, records)
}

/** A member whose last answer was lost may come with the epoch of before, as long as it has nothing of before. */
function checkEpoch(member: ConsumerMember, { memberEpoch, topicPartitions }: ConsumerGroupHeartbeatRequest): void {
  if (memberEpoch === JOIN_EPOCH || memberEpoch === member.memberEpoch) return
  const isGreater = memberEpoch > member.memberEpoch
  const isPrevious = memberEpoch === member.previousMemberEpoch
  if (!isGreater && isPrevious && isWithin(topicPartitions, member.assignedPartitions)) return
  throw new KafkaError(
    'FENCED_MEMBER_EPOCH',
    `The consumer group member has a ${isGreater ? 'greater' : 'smaller'} member epoch (${memberEpoch}) than the one known by the group coordinator (${member.memberEpoch}). The member must abandon all its partitions and rejoin.`,
  )
}

function isWithin(reported: ReportedPartitions | null, owned: OwnedPartitions): boolean {
  if (reported === null) return false
  return reported.every(({ topicId, partitions }) => {
    const ofTopic = owned.get(topicId)
    return ofTopic !== undefined && partitions.every((partition) => ofTopic.has(partition))
  })
}

/** The member with all that it says now; the same one where that is nothing new. */
function updated(member: ConsumerMember, who: Requester, request: ConsumerGroupHeartbeatRequest): ConsumerMember {
  const { subscribedTopicNames: names } = request
  const said = {
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignorName: request.serverAssignor ?? member.serverAssignorName,
    subscribedTopicNames: names === null ? member.subscribedTopicNames : topicNames(names),
    subscribedTopicRegex: request.subscribedTopicRegex ?? member.subscribedTopicRegex,
    clientId: who.clientId ?? '',
    clientHost: who.clientHost,
    classicTerms: null,
  }
  const isSame =
    said.instanceId === member.instanceId &&
    said.rackId === member.rackId &&
    said.rebalanceTimeoutMs === member.rebalanceTimeoutMs &&
    said.serverAssignorName === member.serverAssignorName &&
    said.subscribedTopicRegex === member.subscribedTopicRegex &&
    said.clientId === member.clientId &&
    said.clientHost === member.clientHost &&
    member.classicTerms === null &&
    sameNames(said.subscribedTopicNames, member.subscribedTopicNames)
  return isSame ? member : { ...member, ...said }
}

/** Joins, and requests that say everything, are told everything. */
function isFull(request: ConsumerGroupHeartbeatRequest): boolean {
  const { memberEpoch, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, topicPartitions } = request
  const saysSubscription = subscribedTopicNames !== null || subscribedTopicRegex !== null
  return memberEpoch === JOIN_EPOCH || (rebalanceTimeoutMs !== -1 && saysSubscription && topicPartitions !== null)
}

function assignmentResponse(owned: OwnedPartitions): HeartbeatResponse['assignment'] {
  const topicPartitions = Array.from(owned, ([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()],
  }))
  return { topicPartitions }
}
