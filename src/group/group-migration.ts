// Groups that change the protocol while they run: a classic group becomes a consumer group when a consumer of the new
// protocol joins, and goes back when the last of them has left. Members of both kinds live in a consumer group meanwhile.
import type { Logger } from '../io/index.ts'
import { DecodeError, ErrorCode, KafkaError } from '../wire/index.ts'
import { type Assignment, assignmentOf, NO_PARTITIONS } from './assignors/assignor.ts'
import { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, classicMember, metadataOf } from './classic-member.ts'
import type { ClassicRebalance } from './classic-rebalance.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, MemberState, newMember, topicNames } from './consumer-member.ts'
import { CONSUMER_PROTOCOL_TYPE, readAssignment, readSubscription, writeAssignment } from './consumer-protocol.ts'
import {
  consumerGroupTombstones,
  currentAssignmentRecord,
  epochRecord,
  memberRecord,
  targetEpochRecord,
  targetRecord,
} from './consumer-records.ts'
import type { GroupTopics } from './group-topics.ts'
import type { Groups } from './groups.ts'
import type { LiveGroupConfig } from './live-group-config.ts'
import { withEpoch } from './owned-partitions.ts'
import type { GroupRecord } from './records.ts'

interface MigrationRooms {
  readonly groups: Groups
  readonly topics: GroupTopics
  readonly config: LiveGroupConfig
  readonly now: () => number
  readonly log: Logger
}

export class GroupMigration {
  readonly #rooms: MigrationRooms
  readonly #classic: ClassicRebalance

  constructor(rooms: MigrationRooms, classic: ClassicRebalance) {
    this.#rooms = rooms
    this.#classic = classic
  }

  /** Whether those who speak the classic protocol may join consumer groups at all. */
  get isEnabled(): boolean {
    return this.#policy !== 'disabled'
  }

  /**
   * A consumer group as the classic one is now, which its members find out with their next request. Only the records,
   * replayed, put it in the place of that one. Throws GROUP_ID_NOT_FOUND where that may not or cannot be.
   */
  upgrade(classic: ClassicGroup, records: GroupRecord[]): ConsumerGroup {
    this.#checkUpgrade(classic)
    const errorCode = ErrorCode.REBALANCE_IN_PROGRESS
    for (const member of classic.members.values()) {
      classic.answerJoin(member, { memberId: member.memberId, errorCode })
      classic.answerSync(member, { errorCode })
    }
    const group = this.#upgraded(classic)
    records.push(...classic.tombstones(), ...creationRecords(group))
    this.#rooms.log.info({ groupId: group.groupId }, 'A classic group becomes a consumer group')
    return group
  }

  /** Whether the group becomes a classic one when these members go. */
  canDowngradeWithout(group: ConsumerGroup, leaving: readonly ConsumerMember[]): boolean {
    if (!group.allClassicWithout(leaving)) return false
    const size = group.members.size - leaving.length
    return size > 0 && this.#canDowngrade(group, size)
  }

  /** Whether the group becomes a classic one when a classic member takes the place of this static one. */
  canDowngradeReplacing(group: ConsumerGroup, replaced: ConsumerMember): boolean {
    if (replaced.classicTerms !== null || !group.allClassicWithout([replaced])) return false
    return this.#canDowngrade(group, group.members.size)
  }

  /** The classic group is there at once; those who are left have to join it again. */
  downgradeWithout(group: ConsumerGroup, leaving: readonly ConsumerMember[], records: GroupRecord[]): void {
    records.push(...consumerGroupTombstones(group))
    const gone = new Set(leaving.map(({ memberId }) => memberId))
    const staying = Array.from(group.members, ([, member]) => member).filter(({ memberId }) => !gone.has(memberId))
    const classic = this.#downgrade(
      group,
      staying.map((member) => ({ member, owner: member.memberId })),
      records,
    )
    this.#classic.prepare(classic, 'the last member of the consumer protocol has left')
  }

  /**
   * As `downgradeWithout`, with the joining member in the place of the static one of its instance. `isStale`: the
   * assignment is not that of the group's epoch, so that all have to join again.
   */
  downgradeReplacing(group: ConsumerGroup, joining: ConsumerMember, isStale: boolean, records: GroupRecord[]): void {
    const replaced = group.staticMember(joining.instanceId)
    if (replaced === undefined) throw new Error('Only a static member can take the place of another')
    records.push(...consumerGroupTombstones(group, { old: replaced.memberId, new: joining.memberId }))
    const staying = Array.from(group.members, ([, member]) => member).filter((member) => member !== replaced)
    const members = staying.map((member) => ({ member, owner: member.memberId }))
    const classic = this.#downgrade(group, [...members, { member: joining, owner: replaced.memberId }], records)
    if (isStale) this.#classic.prepare(classic, 'the last member of the consumer protocol was replaced')
  }

  get #policy(): string {
    return this.#rooms.config.broker.get('group.consumer.migration.policy').toLowerCase()
  }

  #checkUpgrade({ groupId, usesConsumerProtocol, members }: ClassicGroup): void {
    const policy = this.#policy
    const reason =
      policy !== 'bidirectional' && policy !== 'upgrade'
        ? 'online upgrade is disabled'
        : !usesConsumerProtocol
          ? 'the group does not use the consumer embedded protocol'
          : members.size > this.#rooms.config.broker.get('group.consumer.max.size')
            ? 'the group size exceeds the consumer group maximum size'
            : undefined
    if (reason !== undefined) throw cannotUpgrade(groupId, reason)
  }

  #upgraded(classic: ClassicGroup): ConsumerGroup {
    const { groupId, generationId, protocolName } = classic
    // Its first rebalance is under way, so there is no protocol yet. Kafka has not thought of that, and answers this.
    if (protocolName === null) throw new KafkaError('UNKNOWN_SERVER_ERROR')
    const group = new ConsumerGroup(groupId)
    group.groupEpoch = generationId
    group.assignmentEpoch = generationId
    group.assignmentTimestamp = 0
    try {
      for (const member of classic.members.values()) this.#addClassic(group, member, generationId, protocolName)
    } catch (error) {
      if (error instanceof DecodeError) throw cannotUpgrade(groupId, 'the embedded consumer protocol is malformed')
      throw error
    }
    group.metadataHash = this.#rooms.topics.hashOf(group.subscribedTopics.topics())
    return group
  }

  #addClassic(group: ConsumerGroup, member: ClassicMember, epoch: number, protocolName: string | null): void {
    const { memberId, groupInstanceId, clientId, clientHost, terms } = member
    const assignment = this.#assignmentOf(group.groupId, member)
    const { topics, rackId } = readSubscription(metadataOf(member, protocolName))
    group.setTarget(memberId, assignment)
    group.updateMember({
      ...newMember(memberId),
      memberEpoch: epoch,
      previousMemberEpoch: epoch,
      state: MemberState.STABLE,
      instanceId: groupInstanceId,
      rackId: rackId || null,
      rebalanceTimeoutMs: terms.rebalanceTimeoutMs,
      clientId,
      clientHost,
      subscribedTopicNames: topicNames(topics),
      assignedPartitions: withEpoch(assignment, epoch),
      classicTerms: { sessionTimeoutMs: terms.sessionTimeoutMs, supportedProtocols: [...terms.protocols] },
    })
  }

  /** Of topics that exist. What an assignor of its own has added would be lost. */
  #assignmentOf(groupId: string, { assignment }: ClassicMember): Assignment {
    if (assignment.length === 0) return NO_PARTITIONS
    const { assignedPartitions, userData } = readAssignment(assignment)
    if (userData !== null && userData.length > 0) {
      throw cannotUpgrade(
        groupId,
        'an unsupported custom assignor is in use. Please refer to the documentation or switch to a default assignor before re-attempting the upgrade',
      )
    }
    const known = assignedPartitions.flatMap(({ topic, partitions }) => {
      const found = this.#rooms.topics.byName(topic)
      return found === undefined ? [] : [{ topicId: found.topicId, partitions }]
    })
    return assignmentOf(known)
  }

  #canDowngrade({ groupId }: ConsumerGroup, size: number): boolean {
    const policy = this.#policy
    const isAllowed = policy === 'bidirectional' || policy === 'downgrade'
    if (isAllowed && size <= this.#rooms.config.broker.get('group.max.size')) return true
    this.#rooms.log.info({ groupId, size, policy }, 'A consumer group does not become a classic one')
    return false
  }

  /** `owner`: under which member id the group knows what the member is to have. */
  #downgrade(
    group: ConsumerGroup,
    members: readonly { member: ConsumerMember; owner: string }[],
    records: GroupRecord[],
  ): ClassicGroup {
    const { groups, now, log } = this.#rooms
    const { groupId } = group
    const classic = ClassicGroup.ofMembers(
      { groupId, generationId: group.groupEpoch, protocolType: CONSUMER_PROTOCOL_TYPE },
      members.map(({ member }) => toClassic(member)),
      now,
    )
    for (const { member, owner } of members) this.#setAssignment(group, classic, member.memberId, owner)
    records.push(classic.toRecord(classic.assignments()))
    groups.remove(groupId)
    groups.put(classic)
    for (const member of classic.members.values()) this.#classic.scheduleSession(classic, member)
    log.info({ groupId }, 'A consumer group becomes a classic group')
    return classic
  }

  #setAssignment(group: ConsumerGroup, classic: ClassicGroup, memberId: string, owner: string): void {
    const member = classic.members.get(memberId)
    if (member === undefined) return
    const assigned = Array.from(group.targetOf(owner), ([topicId, partitions]) => {
      const topic = this.#rooms.topics.byId(topicId)
      return topic === undefined ? [] : [{ topic: topic.name, partitions: [...partitions] }]
    })
    try {
      member.assignment = writeAssignment(assigned.flat(), metadataOf(member, classic.protocolName))
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      throw new KafkaError(
        'GROUP_ID_NOT_FOUND',
        `Cannot downgrade the classic group ${group.groupId}: ${error.message}.`,
      )
    }
  }
}

function cannotUpgrade(groupId: string, reason: string): KafkaError {
  const message = `Cannot upgrade classic group ${groupId} to consumer group because ${reason}.`
  return new KafkaError('GROUP_ID_NOT_FOUND', message)
}

function toClassic(member: ConsumerMember): ClassicMember {
  const { memberId, instanceId: groupInstanceId, clientId, clientHost, rebalanceTimeoutMs, classicTerms } = member
  if (classicTerms === null) throw new Error(`Member ${memberId} does not speak the classic protocol`)
  return classicMember(
    { memberId, groupInstanceId, clientId, clientHost, protocolType: CONSUMER_PROTOCOL_TYPE },
    { rebalanceTimeoutMs, sessionTimeoutMs: classicTerms.sessionTimeoutMs, protocols: classicTerms.supportedProtocols },
  )
}

function creationRecords(group: ConsumerGroup): GroupRecord[] {
  const { groupId, groupEpoch, metadataHash, assignmentEpoch, assignmentTimestamp } = group
  const members = Array.from(group.members, ([, member]) => member)
  return [
    ...members.map((member) => memberRecord(groupId, member)),
    epochRecord(groupId, groupEpoch, metadataHash),
    ...members.map(({ memberId }) => targetRecord(groupId, memberId, group.targetOf(memberId))),
    targetEpochRecord(groupId, assignmentEpoch, assignmentTimestamp),
    ...members.map((member) => currentAssignmentRecord(groupId, member)),
  ]
}
