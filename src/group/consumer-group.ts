// A group of the consumer protocol (KIP-848): its members, its epochs, the assignment that is aimed at, and what follows
// from them. Only records change it, through its methods. The group epoch moves with everything that asks for another
// assignment; the assignment epoch follows when one is computed; members follow that one by one.
import { TimelineHashMap } from '../coordinator/index.ts'
import { KafkaError } from '../wire/index.ts'
import { type Assignment, NO_PARTITIONS } from './assignors/assignor.ts'
import {
  type ConsumerMember,
  isReconciledTo,
  LEAVE_GROUP_EPOCH,
  MemberState,
  newMember,
  regexOf,
  usesClassicProtocol,
} from './consumer-member.ts'
import { CONSUMER_PROTOCOL_TYPE } from './consumer-protocol.ts'
import { consumerGroupTombstones } from './consumer-records.ts'
import type { CommitRequest, FetchIdentity, Group, PartitionValidator } from './group.ts'
import { epochOf, type OwnedPartitions } from './owned-partitions.ts'
import type { GroupRecord } from './records.ts'
import { addTo, type Counts, isHomogeneous, TopicCounts } from './subscription-counts.ts'

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

/** The topics that a regular expression stands for. */
export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>
  /** The offset in the metadata log up to which topics were looked at. */
  readonly version: number
  readonly timestamp: number
}

/** Nobody has the partition. */
export const NO_EPOCH = -1
/** From this version on, OffsetCommit can say that an epoch is stale. */
const TELLS_STALE_EPOCH = 9
const INITIAL_EPOCH = 1

export class ConsumerGroup implements Group {
  readonly type = 'consumer'
  readonly protocolType = CONSUMER_PROTOCOL_TYPE
  readonly expires = true
  readonly groupId: string
  groupEpoch = INITIAL_EPOCH
  assignmentEpoch = INITIAL_EPOCH
  /** When the assignment was computed; 0 where none was. */
  assignmentTimestamp = 0
  /** Of everything that the group knows of its topics. */
  metadataHash = 0n
  /** The log has a record of how Kafka before 4.1 kept what it knew of the topics. */
  hasPartitionMetadataRecord = false
  readonly members = new TimelineHashMap<ConsumerMember>()
  /** By instance id. */
  readonly staticMembers = new Map<string, string>()
  readonly targetAssignment = new Map<string, Assignment>()
  readonly resolvedRegexes = new TimelineHashMap<ResolvedRegex>()
  readonly subscribedTopics = new TopicCounts()
  /** How many members subscribe to a regular expression. */
  readonly subscribedRegexes = new TimelineHashMap<number>()
  /** How many members ask for an assignor. */
  readonly serverAssignors = new TimelineHashMap<number>()
  numClassicMembers = 0
  /** Whether all subscribed to the same topics when a member changed last; expressions may have been resolved since. */
  isHomogeneous = true
  /** How many of the classic members have a protocol. */
  readonly #classicProtocols: Counts = new Map()
  /** The epoch of the member that has a partition. */
  readonly #partitionEpochs = new Map<string, Map<number, number>>()
  /** Who is to have a partition. */
  readonly #targetOwners = new Map<string, Map<number, string>>()
  /** Until then, and unless the group epoch falls behind, the topics are taken to be as they were. */
  #metadataRefresh = { deadlineMs: 0, epoch: 0 }

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  get state(): ConsumerGroupState {
    if (this.isEmpty) return 'Empty'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values()) if (!isReconciledTo(member, this.assignmentEpoch)) return 'Reconciling'
    return 'Stable'
  }

  getMember(memberId: string): ConsumerMember {
    const member = this.members.get(memberId)
    if (member !== undefined) return member
    throw new KafkaError('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of group ${this.groupId}.`)
  }

  /** The member, or a new one that the group does not know yet. */
  memberOrNew(memberId: string): ConsumerMember {
    return this.members.get(memberId) ?? newMember(memberId)
  }

  staticMember(instanceId: string | null): ConsumerMember | undefined {
    const memberId = instanceId === null ? undefined : this.staticMembers.get(instanceId)
    return memberId === undefined ? undefined : this.getMember(memberId)
  }

  /** What the member is to have; a static one has what was meant for its instance, under whatever member id. */
  targetOf(memberId: string, instanceId: string | null = null): Assignment {
    const owner = instanceId === null ? memberId : this.staticMembers.get(instanceId)
    return (owner === undefined ? undefined : this.targetAssignment.get(owner)) ?? NO_PARTITIONS
  }

  /** The epoch of the member that has the partition, or NO_EPOCH. */
  currentPartitionEpoch(topicId: string, partition: number): number {
    return this.#partitionEpochs.get(topicId)?.get(partition) ?? NO_EPOCH
  }

  isTargeted(topicId: string, partition: number): boolean {
    return this.#targetOwners.get(topicId)?.has(partition) ?? false
  }

  updateMember(member: ConsumerMember): void {
    const old = this.members.get(member.memberId)
    this.members.set(member.memberId, member)
    this.subscribedTopics.replaceNames(old?.subscribedTopicNames, member.subscribedTopicNames)
    this.#count(old, -1)
    this.#count(member, 1)
    if (old !== undefined) this.#removePartitionEpochs(old)
    this.#addPartitionEpochs(member, member.assignedPartitions)
    this.#addPartitionEpochs(member, member.partitionsPendingRevocation)
    if (member.instanceId !== null) this.staticMembers.set(member.instanceId, member.memberId)
    this.#membersChanged()
  }

  removeMember(memberId: string): void {
    const old = this.members.get(memberId)
    if (old === undefined) return
    this.members.delete(memberId)
    this.subscribedTopics.replaceNames(old.subscribedTopicNames, undefined)
    this.#count(old, -1)
    this.#removePartitionEpochs(old)
    if (old.instanceId !== null) this.staticMembers.delete(old.instanceId)
    this.#membersChanged()
  }

  setTarget(memberId: string, assignment: Assignment): void {
    this.#releaseTarget(memberId, assignment)
    for (const [topicId, partitions] of assignment) {
      const owners = this.#targetOwners.get(topicId) ?? new Map<number, string>()
      this.#targetOwners.set(topicId, owners)
      for (const partition of partitions) owners.set(partition, memberId)
    }
    this.targetAssignment.set(memberId, assignment)
  }

  removeTarget(memberId: string): void {
    this.#releaseTarget(memberId, NO_PARTITIONS)
    this.targetAssignment.delete(memberId)
  }

  setResolvedRegex(regex: string, resolved: ResolvedRegex): void {
    this.removeResolvedRegex(regex)
    this.resolvedRegexes.set(regex, resolved)
    this.subscribedTopics.addRegex(resolved.topics, 1)
  }

  removeResolvedRegex(regex: string): void {
    const old = this.resolvedRegexes.get(regex)
    if (old === undefined) return
    this.resolvedRegexes.delete(regex)
    this.subscribedTopics.addRegex(old.topics, -1)
  }

  subscribersOfRegex(regex: string): number {
    return this.subscribedRegexes.get(regex) ?? 0
  }

  /** `epoch`: the group epoch that was computed from the topics as they are; it may not have reached the group yet. */
  metadataRefreshedAt(epoch: number, deadlineMs: number): void {
    this.#metadataRefresh = { deadlineMs, epoch }
  }

  /** A topic of the group has changed. */
  requestMetadataRefresh(): void {
    this.#metadataRefresh = { deadlineMs: 0, epoch: 0 }
  }

  hasMetadataExpired(now: number): boolean {
    return now >= this.#metadataRefresh.deadlineMs || this.groupEpoch < this.#metadataRefresh.epoch
  }

  /** Whether a member of the classic protocol with these assignors fits in. */
  supportsClassicProtocols(protocolType: string, protocols: readonly string[]): boolean {
    if (protocolType !== CONSUMER_PROTOCOL_TYPE) return false
    if (this.isEmpty) return protocols.length > 0
    return protocols.some((name) => (this.#classicProtocols.get(name) ?? 0) === this.numClassicMembers)
  }

  /** Whether all speak the classic protocol once these are gone. */
  allClassicWithout(leaving: Iterable<ConsumerMember>): boolean {
    let classicLeaving = 0
    let allLeaving = 0
    for (const member of leaving) {
      allLeaving++
      if (usesClassicProtocol(member)) classicLeaving++
    }
    return this.numClassicMembers - classicLeaving === this.members.size - allLeaving
  }

  /** Whether partitions that the member is to have still belong to others. */
  isWaitingForPartitions({ memberId, state, assignedPartitions }: ConsumerMember): boolean {
    if (state !== MemberState.UNRELEASED_PARTITIONS) return false
    for (const [topicId, partitions] of this.targetOf(memberId)) {
      const assigned = assignedPartitions.get(topicId)
      for (const partition of partitions) {
        const isTheirs = assigned?.has(partition) !== true
        if (isTheirs && this.currentPartitionEpoch(topicId, partition) !== NO_EPOCH) return true
      }
    }
    return false
  }

  validateOffsetCommit(request: CommitRequest): PartitionValidator | undefined {
    const { memberId, groupInstanceId, generationId: epoch, isTransactional, apiVersion } = request
    // An admin client, or a consumer that manages its partitions itself.
    if (epoch < 0 && this.isEmpty) return undefined
    if (isTransactional && epoch === LEAVE_GROUP_EPOCH && memberId === '' && groupInstanceId === null) return undefined
    const member = this.getMember(memberId)
    const isClassic = usesClassicProtocol(member)
    if (!isTransactional && !isClassic && apiVersion < TELLS_STALE_EPOCH) {
      throw new KafkaError(
        'UNSUPPORTED_VERSION',
        'OffsetCommit version 9 or above must be used by members using the consumer group protocol',
      )
    }
    if (epoch === member.memberEpoch) return undefined
    if (epoch > member.memberEpoch) {
      const received = isClassic ? 'Received generation id' : 'Received member epoch'
      throw staleEpoch(member, `${received} ${epoch} is newer than current member epoch ${member.memberEpoch}.`)
    }
    return (topic, topicId, partition) => validateAssignmentEpoch(member, epoch, { topic, topicId, partition })
  }

  validateOffsetFetch({ memberId, memberEpoch }: FetchIdentity): void {
    if (memberId === null && memberEpoch < 0) return
    const member = this.getMember(memberId ?? 'null')
    if (memberEpoch === member.memberEpoch) return
    const received = usesClassicProtocol(member) ? 'The received generation id' : 'The received member epoch'
    throw staleEpoch(
      member,
      `${received} ${memberEpoch} does not match the expected member epoch ${member.memberEpoch}.`,
    )
  }

  validateOffsetDelete(): void {}

  validateDelete(): void {
    if (!this.isEmpty) throw new KafkaError('NON_EMPTY_GROUP')
  }

  isSubscribedToTopic(topic: string): boolean {
    return this.subscribedTopics.has(topic)
  }

  offsetExpirationBase(): (commitTimestamp: number) => number {
    return (commitTimestamp) => commitTimestamp
  }

  tombstones(): GroupRecord[] {
    return consumerGroupTombstones(this)
  }

  #membersChanged(): void {
    this.isHomogeneous = isHomogeneous(this.subscribedRegexes, this.subscribedTopics, this.members.size)
  }

  #count(member: ConsumerMember | undefined, by: 1 | -1): void {
    if (member === undefined) return
    const { serverAssignorName, classicTerms } = member
    if (serverAssignorName !== null) addTo(this.serverAssignors, serverAssignorName, by)
    const regex = regexOf(member)
    if (regex !== undefined) addTo(this.subscribedRegexes, regex, by)
    if (classicTerms === null) return
    this.numClassicMembers += by
    for (const { name } of classicTerms.supportedProtocols) addTo(this.#classicProtocols, name, by)
  }

  /** Gives up what the member was to have and is not any more. */
  #releaseTarget(memberId: string, next: Assignment): void {
    for (const [topicId, partitions] of this.targetAssignment.get(memberId) ?? NO_PARTITIONS) {
      const owners = this.#targetOwners.get(topicId)
      const kept = next.get(topicId)
      for (const partition of partitions) {
        // Someone else may have been given it already.
        if (kept?.has(partition) !== true && owners?.get(partition) === memberId) owners.delete(partition)
      }
      if (owners?.size === 0) this.#targetOwners.delete(topicId)
    }
  }

  #addPartitionEpochs({ memberEpoch }: ConsumerMember, owned: OwnedPartitions): void {
    for (const [topicId, partitions] of owned) {
      const epochs = this.#partitionEpochs.get(topicId) ?? new Map<number, number>()
      this.#partitionEpochs.set(topicId, epochs)
      for (const partition of partitions.keys()) {
        const epoch = epochs.get(partition)
        if (epoch !== undefined && epoch >= memberEpoch) {
          throw new Error(
            `Cannot set the epoch of ${topicId}-${partition} to ${memberEpoch}: it is still owned at epoch ${epoch}`,
          )
        }
        epochs.set(partition, memberEpoch)
      }
    }
  }

  #removePartitionEpochs({ memberEpoch, assignedPartitions, partitionsPendingRevocation }: ConsumerMember): void {
    for (const owned of [assignedPartitions, partitionsPendingRevocation]) {
      for (const [topicId, partitions] of owned) {
        const epochs = this.#partitionEpochs.get(topicId)
        if (epochs === undefined) continue
        // Where the epoch is another one, the partition has a new owner already.
        for (const partition of partitions.keys()) {
          if (epochs.get(partition) === memberEpoch) epochs.delete(partition)
        }
        if (epochs.size === 0) this.#partitionEpochs.delete(topicId)
      }
    }
  }
}

/** A commit with an epoch of before counts for partitions that the member has had since then (KIP-1251). */
function validateAssignmentEpoch(
  member: ConsumerMember,
  received: number,
  { topic, topicId, partition }: { topic: string; topicId: string; partition: number },
): void {
  const assignmentEpoch =
    epochOf(member.assignedPartitions, topicId, partition) ??
    epochOf(member.partitionsPendingRevocation, topicId, partition)
  if (assignmentEpoch === undefined) {
    throw staleEpoch(member, `Partition ${topic}-${partition} is not assigned or pending revocation for member.`)
  }
  if (received < assignmentEpoch) {
    const what = usesClassicProtocol(member) ? 'Received generation id' : 'Received member epoch'
    throw staleEpoch(
      member,
      `${what} ${received} is older than assignment epoch ${assignmentEpoch} for partition ${topic}-${partition}.`,
    )
  }
}

/** In the words of the protocol that the member speaks. */
function staleEpoch(member: ConsumerMember, message: string): KafkaError {
  return new KafkaError(usesClassicProtocol(member) ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH', message)
}
