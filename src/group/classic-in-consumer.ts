// Members of consumer groups that speak the classic protocol, while a group moves from one protocol to the other:
// JoinGroup, SyncGroup, Heartbeat and LeaveGroup against a consumer group. Joining takes the member one step towards
// what it is to have, and syncing gives it that; there is no leader, and nobody waits for others.
import type { Random } from '../io/index.ts'
import {
  type ConsumerProtocolSubscription,
  DecodeError,
  ErrorCode,
  type HeartbeatRequest,
  type JoinGroupRequest,
  KafkaError,
  type SyncGroupRequest,
} from '../wire/index.ts'
import { type LeaveResult, type LeavingMember, REQUIRES_KNOWN_MEMBER_ID, type Requester } from './classic-groups.ts'
import { type JoinResponse, ownedProtocols, type SyncResponse } from './classic-member.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { checkRoom, knownStaticMember, replaceMember } from './consumer-groups.ts'
import { type ClassicTerms, type ConsumerMember, MemberState, topicNames } from './consumer-member.ts'
import { CONSUMER_PROTOCOL_TYPE, readSubscription, writeAssignment } from './consumer-protocol.ts'
import type { ConsumerRebalance } from './consumer-rebalance.ts'
import type { GroupMigration } from './group-migration.ts'
import type { GroupTopics } from './group-topics.ts'
import type { LiveGroupConfig } from './live-group-config.ts'
import type { ReportedPartitions } from './reconciliation.ts'
import type { GroupRecord, GroupResult } from './records.ts'

interface ClassicInConsumerRooms {
  readonly topics: GroupTopics
  readonly config: LiveGroupConfig
  readonly random: Random
}

export class ClassicInConsumer {
  readonly #rooms: ClassicInConsumerRooms
  readonly #rebalance: ConsumerRebalance
  readonly #migration: GroupMigration

  constructor(rooms: ClassicInConsumerRooms, rebalance: ConsumerRebalance, migration: GroupMigration) {
    this.#rooms = rooms
    this.#rebalance = rebalance
    this.#migration = migration
  }

  join(group: ConsumerGroup, who: Requester, request: JoinGroupRequest): GroupResult<JoinResponse> {
    const { groupId, groupInstanceId: instanceId } = request
    this.#checkMigration(group)
    const memberId = request.memberId || this.#rooms.random.uuid()
    checkRoom(group, memberId, this.#rooms.config)
    checkProtocols(group, memberId, request)
    if (instanceId === null && request.memberId === '' && who.apiVersion >= REQUIRES_KNOWN_MEMBER_ID) {
      return { records: [], response: { memberId, errorCode: ErrorCode.MEMBER_ID_REQUIRED } }
    }
    const records: GroupRecord[] = []
    const before = joiningMember(group, memberId, request, records)
    const replaced = group.staticMember(instanceId)
    const isDowngrade = replaced !== undefined && this.#migration.canDowngradeReplacing(group, replaced)
    const subscription = subscriptionIn(request)
    const after = joined(before, who, request, subscription)
    const { namesChanged, regexChange } = this.#rebalance.record(group, { before, after }, records)
    const hasSubscriptionChanged = namesChanged || regexChange !== 'none'
    const epoch = this.#rebalance.advance(group, { before, after }, hasSubscriptionChanged, records)
    const isStale = group.assignmentEpoch < epoch.groupEpoch
    const target = isDowngrade
      ? { assignmentEpoch: group.assignmentEpoch, assignment: group.targetOf(memberId, instanceId) }
      : this.#rebalance.aim(group, { before, after }, epoch, records)
    const options = { hasSubscriptionChanged, reported: this.#reported(subscription) }
    const member = isDowngrade && isStale ? after : this.#rebalance.reconcile(group, after, target, options, records)
    this.#rebalance.cancel('join', groupId, memberId)
    const response = joinResponse(member)
    if (isDowngrade) {
      this.#migration.downgradeReplacing(group, member, isStale, records)
      return { records, response, applied: true }
    }
    this.#rebalance.scheduleSession(groupId, memberId, request.sessionTimeoutMs)
    this.#rebalance.scheduleSync(groupId, memberId, request.rebalanceTimeoutMs)
    return { records, response }
  }

  sync(group: ConsumerGroup, request: SyncGroupRequest): GroupResult<SyncResponse> {
    const { groupId, memberId, protocolType, protocolName } = request
    const { member, terms } = classicMemberOf(group, request)
    checkNamed(member, terms, request)
    if (group.assignmentEpoch > member.memberEpoch && member.state !== MemberState.UNREVOKED_PARTITIONS) {
      this.#rebalance.scheduleJoinUnlessScheduled(groupId, member)
      throw new KafkaError('REBALANCE_IN_PROGRESS')
    }
    this.#rebalance.cancel('sync', groupId, memberId)
    this.#rebalance.scheduleSession(groupId, memberId, terms.sessionTimeoutMs)
    return { records: [], response: { protocolType, protocolName, assignment: this.#assignmentOf(member, terms) } }
  }

  /** Throws REBALANCE_IN_PROGRESS where the member has to join again to get ahead. */
  heartbeat(group: ConsumerGroup, request: HeartbeatRequest): GroupResult {
    const { groupId, memberId } = request
    const { member, terms } = classicMemberOf(group, request)
    this.#rebalance.scheduleSession(groupId, memberId, terms.sessionTimeoutMs)
    const mayMove =
      member.memberEpoch < group.assignmentEpoch ||
      member.state === MemberState.UNREVOKED_PARTITIONS ||
      (member.state === MemberState.UNRELEASED_PARTITIONS && !group.isWaitingForPartitions(member))
    if (!mayMove) return { records: [], response: undefined }
    this.#rebalance.scheduleJoinUnlessScheduled(groupId, member)
    throw new KafkaError('REBALANCE_IN_PROGRESS')
  }

  /** Of members of both protocols: an admin client may take out any. */
  leave(group: ConsumerGroup, members: readonly LeavingMember[]): GroupResult<LeaveResult[]> {
    const leaving = new Map<string, ConsumerMember>()
    const response = members.map((identity) => {
      try {
        const member = leavingMember(group, identity)
        leaving.set(member.memberId, member)
        return { ...identity, errorCode: ErrorCode.NONE }
      } catch (error) {
        if (error instanceof KafkaError) return { ...identity, errorCode: error.code }
        throw error
      }
    })
    return this.#rebalance.fence(group, [...leaving.values()], response)
  }

  #checkMigration({ groupId }: ConsumerGroup): void {
    if (this.#migration.isEnabled) return
    throw new KafkaError(
      'INCONSISTENT_GROUP_PROTOCOL',
      `Cannot join the consumer group ${groupId} with the classic protocol because the group migration is disabled.`,
    )
  }

  /** What the member says it has, of topics that exist. */
  #reported({ ownedPartitions }: ConsumerProtocolSubscription): ReportedPartitions {
    return ownedPartitions.flatMap(({ topic, partitions }) => {
      const found = this.#rooms.topics.byName(topic)
      return found === undefined ? [] : [{ topicId: found.topicId, partitions }]
    })
  }

  #assignmentOf({ assignedPartitions }: ConsumerMember, { supportedProtocols }: ClassicTerms): Buffer {
    const assigned = Array.from(assignedPartitions, ([topicId, partitions]) => {
      const topic = this.#rooms.topics.byId(topicId)
      return topic === undefined ? [] : [{ topic: topic.name, partitions: [...partitions.keys()] }]
    })
    return writeAssignment(assigned.flat(), supportedProtocols[0]?.metadata ?? Buffer.alloc(0))
  }
}

function checkProtocols(group: ConsumerGroup, memberId: string, { protocolType, protocols }: JoinGroupRequest): void {
  const names = protocols.map(({ name }) => name)
  if (group.supportsClassicProtocols(protocolType, names)) return
  throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', `Member ${memberId}'s protocols are not supported.`)
}

function joiningMember(
  group: ConsumerGroup,
  memberId: string,
  request: JoinGroupRequest,
  records: GroupRecord[],
): ConsumerMember {
  const { groupInstanceId: instanceId } = request
  if (instanceId === null) return group.memberOrNew(memberId)
  if (request.memberId !== '') return knownStaticMember(group, memberId, instanceId)
  const existing = group.staticMember(instanceId)
  return existing === undefined ? group.memberOrNew(memberId) : replaceMember(group, existing, memberId, records)
}

/** The assignors of a consumer all say the same, so the first tells everything. */
function subscriptionIn({ protocols }: JoinGroupRequest): ConsumerProtocolSubscription {
  try {
    return readSubscription(protocols[0]?.metadata ?? Buffer.alloc(0))
  } catch (error) {
    if (error instanceof DecodeError) throw new Error('Malformed embedded consumer protocol in a subscription')
    throw error
  }
}

function joined(
  member: ConsumerMember,
  who: Requester,
  { groupInstanceId, rebalanceTimeoutMs, sessionTimeoutMs, protocols }: JoinGroupRequest,
  { topics, rackId }: ConsumerProtocolSubscription,
): ConsumerMember {
  return {
    ...member,
    instanceId: groupInstanceId ?? member.instanceId,
    rackId: rackId || member.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    subscribedTopicNames: topicNames(topics),
    subscribedTopicRegex: '',
    clientId: who.clientId ?? '',
    clientHost: who.clientHost,
    classicTerms: { sessionTimeoutMs, supportedProtocols: ownedProtocols(protocols) },
  }
}

function joinResponse({ memberId, memberEpoch, classicTerms }: ConsumerMember): JoinResponse {
  return {
    memberId,
    generationId: memberEpoch,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName: classicTerms?.supportedProtocols[0]?.name ?? '',
  }
}

/** Throws where it is unknown, fenced, speaks the other protocol, or has another generation in mind. */
function classicMemberOf(
  group: ConsumerGroup,
  request: Pick<HeartbeatRequest, 'memberId' | 'groupInstanceId' | 'generationId'>,
): { member: ConsumerMember; terms: ClassicTerms } {
  const { memberId, groupInstanceId, generationId } = request
  const member =
    groupInstanceId === null ? group.getMember(memberId) : knownStaticMember(group, memberId, groupInstanceId)
  if (member.classicTerms === null) {
    throw new KafkaError('UNKNOWN_MEMBER_ID', `Member ${memberId} does not use the classic protocol.`)
  }
  if (member.memberEpoch !== generationId) throw new KafkaError('ILLEGAL_GENERATION')
  return { member, terms: member.classicTerms }
}

/** What the member was told when it joined. */
function checkNamed(
  { memberId }: ConsumerMember,
  { supportedProtocols }: ClassicTerms,
  { protocolType, protocolName }: SyncGroupRequest,
): void {
  const isType = protocolType === null || protocolType === CONSUMER_PROTOCOL_TYPE
  const isName = protocolName === null || protocolName === supportedProtocols[0]?.name
  if (isType && isName) return
  throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', `Member ${memberId} names a protocol that it was not told.`)
}

function leavingMember(group: ConsumerGroup, { memberId, groupInstanceId }: LeavingMember): ConsumerMember {
  if (groupInstanceId === null) return group.getMember(memberId)
  const member = group.staticMember(groupInstanceId)
  if (member === undefined) throw new KafkaError('UNKNOWN_MEMBER_ID')
  return memberId === '' ? member : knownStaticMember(group, memberId, groupInstanceId)
}
