// A group of the classic protocol: its members, its generation and the state it is in.
// It changes only through its methods; when to call them is up to ClassicGroups and ClassicRebalance. What a restart
// keeps of it is the GroupMetadata record of the last generation that was agreed on.
import { JavaHashMap, javaHashCode, javaHashMapOrder } from '../coordinator/index.ts'
import { ErrorCode, type GroupMetadataValue, KafkaError } from '../wire/index.ts'
import {
  type Answer,
  type ClassicMember,
  classicMember,
  type JoinResponse,
  type MemberTerms,
  metadataOf,
  NO_ASSIGNMENT,
  type Protocol,
  type SyncResponse,
  vote,
} from './classic-member.ts'
import { CONSUMER_PROTOCOL_TYPE, subscribedTopics } from './consumer-protocol.ts'
import type { CommitIdentity, CommitRequest, Group } from './group.ts'
import { type GroupRecord, groupTombstone } from './records.ts'

export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

const validPreviousStates: Record<ClassicGroupState, readonly ClassicGroupState[]> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Stable', 'PreparingRebalance', 'CompletingRebalance', 'Empty', 'Dead'],
}

export class ClassicGroup implements Group {
  readonly type = 'classic'
  readonly expires = true
  readonly groupId: string
  readonly #now: () => number
  #state: ClassicGroupState = 'Empty'
  previousState: ClassicGroupState = 'Dead'
  generationId = 0
  /** Null in a group that only stores offsets (a "simple" one). */
  protocolType: string | null = null
  /** The protocol that the members' votes chose. */
  protocolName: string | null = null
  leaderId: string | null = null
  /** -1 where it was not recorded: before Kafka 2.1. */
  currentStateTimestamp: number
  /** Someone joined during the initial rebalance, so it may be prolonged. */
  newMemberAdded = false
  /** The generation whose assignment is on its way to the log: a leader that asks again cannot change it. */
  assignedGeneration = -1
  readonly members = new JavaHashMap<string, ClassicMember>(javaHashCode)
  /** By group.instance.id. */
  readonly staticMembers = new Map<string, string>()
  /** Told their member id and expected to join with it (KIP-394). */
  readonly pendingJoinMembers = new Set<string>()
  readonly pendingSyncMembers = new Set<string>()
  /** Null where the coordinator cannot know: not consumers, or a subscription it cannot read. */
  #subscribedTopics: ReadonlySet<string> | null = null
  /** How many members have a protocol. */
  readonly #supporters = new Map<string, number>()
  #membersAwaitingJoin = 0

  constructor(groupId: string, now: () => number) {
    this.groupId = groupId
    this.#now = now
    this.currentStateTimestamp = now()
  }

  /** The group as a record tells it: with members it is stable, without it is empty. */
  static fromRecord(groupId: string, value: GroupMetadataValue, now: () => number): ClassicGroup {
    const group = new ClassicGroup(groupId, now)
    group.#state = value.members.length === 0 ? 'Empty' : 'Stable'
    group.generationId = value.generation
    group.protocolType = value.protocolType === '' ? null : value.protocolType
    group.protocolName = value.protocol
    group.leaderId = value.leader
    group.currentStateTimestamp = value.currentStateTimestamp
    for (const member of value.members) group.add(memberOfRecord(member, value))
    group.#subscribedTopics = group.#computeSubscribedTopics()
    return group
  }

  /** A stable generation of members that have been together in a group of another kind. */
  static ofMembers(
    { groupId, generationId, protocolType }: { groupId: string; generationId: number; protocolType: string },
    members: readonly ClassicMember[],
    now: () => number,
  ): ClassicGroup {
    const group = new ClassicGroup(groupId, now)
    group.#state = 'Stable'
    group.generationId = generationId
    group.protocolType = protocolType
    for (const member of members) group.add(member)
    group.protocolName = group.selectProtocol()
    group.#subscribedTopics = group.#computeSubscribedTopics()
    return group
  }

  /** The record that brings this generation back, with these assignments. */
  toRecord(assignments: ReadonlyMap<string, Buffer>): GroupRecord {
    const members = [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.terms.rebalanceTimeoutMs,
      sessionTimeout: member.terms.sessionTimeoutMs,
      subscription: metadataOf(member, this.protocolName),
      assignment: assignments.get(member.memberId) ?? NO_ASSIGNMENT,
    }))
    return {
      type: 'GroupMetadata',
      key: { group: this.groupId },
      value: {
        protocolType: this.protocolType ?? '',
        generation: this.generationId,
        protocol: this.protocolName,
        leader: this.leaderId,
        currentStateTimestamp: this.currentStateTimestamp,
        members,
      },
    }
  }

  /** The record of a group that was just made, before anyone is in it. */
  toEmptyRecord(): GroupRecord {
    const { groupId: group, currentStateTimestamp } = this
    return {
      type: 'GroupMetadata',
      key: { group },
      value: { protocolType: '', generation: 0, protocol: null, leader: null, currentStateTimestamp, members: [] },
    }
  }

  tombstones(): GroupRecord[] {
    return [groupTombstone(this.groupId)]
  }

  get state(): ClassicGroupState {
    return this.#state
  }

  get isEmpty(): boolean {
    return this.#state === 'Empty'
  }

  /** It only stores offsets, and nobody has asked to join. */
  get isSimple(): boolean {
    return this.protocolType === null && this.members.size === 0 && this.pendingJoinMembers.size === 0
  }

  isIn(...states: ClassicGroupState[]): boolean {
    return states.includes(this.#state)
  }

  transitionTo(state: ClassicGroupState): void {
    if (!validPreviousStates[state].includes(this.#state)) {
      throw new Error(`Group ${this.groupId} cannot go from ${this.#state} to ${state}`)
    }
    this.previousState = this.#state
    this.#state = state
    this.currentStateTimestamp = this.#now()
  }

  get canRebalance(): boolean {
    return validPreviousStates.PreparingRebalance.includes(this.#state)
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId
  }

  get hasAllMembersJoined(): boolean {
    return this.members.size === this.#membersAwaitingJoin && this.pendingJoinMembers.size === 0
  }

  get membersAwaitingJoin(): number {
    return this.#membersAwaitingJoin
  }

  /** The longest that a member may take to rejoin. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const { terms } of this.members.values()) longest = Math.max(longest, terms.rebalanceTimeoutMs)
    return longest
  }

  add(member: ClassicMember): void {
    if (member.groupInstanceId !== null) this.staticMembers.set(member.groupInstanceId, member.memberId)
    if (this.members.size === 0) this.protocolType = member.protocolType
    this.leaderId ??= member.memberId
    this.members.set(member.memberId, member)
    this.#countProtocols(member.terms.protocols, 1)
    if (member.awaitingJoin !== undefined) this.#membersAwaitingJoin++
    this.pendingJoinMembers.delete(member.memberId)
  }

  remove(memberId: string): void {
    const member = this.members.get(memberId)
    if (member !== undefined) {
      this.members.delete(memberId)
      this.#countProtocols(member.terms.protocols, -1)
      if (member.awaitingJoin !== undefined) this.#membersAwaitingJoin--
      if (member.groupInstanceId !== null) this.staticMembers.delete(member.groupInstanceId)
    }
    if (this.isLeader(memberId)) this.leaderId = this.members.keys()[0] ?? null
    this.pendingJoinMembers.delete(memberId)
    this.pendingSyncMembers.delete(memberId)
  }

  setTerms(member: ClassicMember, terms: MemberTerms): void {
    this.#countProtocols(member.terms.protocols, -1)
    member.terms = terms
    this.#countProtocols(terms.protocols, 1)
  }

  /** A member joins again, and waits for the answer. */
  rejoin(member: ClassicMember, terms: MemberTerms, answer: Answer<JoinResponse>): void {
    this.setTerms(member, terms)
    if (member.awaitingJoin === undefined) this.#membersAwaitingJoin++
    member.awaitingJoin = answer
  }

  /**
   * Gives the place of a static member to the process that came back under its instance id. Whoever still waits under
   * the old member id is fenced.
   */
  replaceStaticMember(groupInstanceId: string, oldMemberId: string, newMemberId: string): ClassicMember {
    const old = this.members.get(oldMemberId)
    if (old === undefined) throw new Error(`Cannot replace non-existing member id ${oldMemberId}`)
    const errorCode = ErrorCode.FENCED_INSTANCE_ID
    this.answerJoin(old, { memberId: oldMemberId, errorCode })
    this.answerSync(old, { errorCode })
    const member = { ...old, memberId: newMemberId, isNew: false }
    this.members.delete(oldMemberId)
    this.members.set(newMemberId, member)
    if (this.isLeader(oldMemberId)) this.leaderId = newMemberId
    this.staticMembers.set(groupInstanceId, newMemberId)
    return member
  }

  /** Throws where the member is unknown, or another process has taken over its instance id. */
  validateMember(memberId: string, groupInstanceId: string | null): ClassicMember {
    if (groupInstanceId !== null) {
      const existing = this.staticMembers.get(groupInstanceId)
      if (existing === undefined) throw new KafkaError('UNKNOWN_MEMBER_ID')
      if (existing !== memberId) throw new KafkaError('FENCED_INSTANCE_ID')
    }
    const member = this.members.get(memberId)
    if (member === undefined) throw new KafkaError('UNKNOWN_MEMBER_ID')
    return member
  }

  /** As `validateMember`, for one who must also know the generation. */
  validateGeneration({ memberId, groupInstanceId, generationId }: CommitIdentity): ClassicMember {
    if (this.isIn('Dead')) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    const member = this.validateMember(memberId, groupInstanceId)
    if (generationId !== this.generationId) throw new KafkaError('ILLEGAL_GENERATION')
    return member
  }

  /** A leader that did not rejoin gives way to a member that did. False where nobody did. */
  electJoinedLeader(): boolean {
    const leader = this.leaderId === null ? undefined : this.members.get(this.leaderId)
    if (leader === undefined) return false
    if (leader.awaitingJoin !== undefined) return true
    for (const member of this.members.values()) {
      if (member.awaitingJoin === undefined) continue
      this.leaderId = member.memberId
      return true
    }
    return false
  }

  /** All have joined: the next generation, with the protocol that they vote for. */
  startNextGeneration(): void {
    this.generationId++
    const isEmpty = this.members.size === 0
    this.protocolName = isEmpty ? null : this.selectProtocol()
    this.#subscribedTopics = this.#computeSubscribedTopics()
    this.transitionTo(isEmpty ? 'Empty' : 'CompletingRebalance')
    this.pendingSyncMembers.clear()
  }

  /** The protocol that most members prefer among those that all have; ties go by Java's order of a hash map. */
  selectProtocol(): string | null {
    const candidates = new Set<string>()
    for (const [name, supporters] of this.#supporters) if (supporters === this.members.size) candidates.add(name)
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const name = vote(member, candidates)
      votes.set(name, (votes.get(name) ?? 0) + 1)
    }
    let selected: string | null = null
    for (const name of javaHashMapOrder([...votes.keys()])) {
      if (selected === null || (votes.get(name) ?? 0) > (votes.get(selected) ?? 0)) selected = name
    }
    return selected
  }

  /** Whether a member with these protocols fits in. */
  supportsProtocols(protocolType: string, protocols: readonly Protocol[]): boolean {
    if (this.isEmpty) return protocolType !== '' && protocols.length > 0
    if (this.protocolType !== protocolType) return false
    return protocols.some(({ name }) => (this.#supporters.get(name) ?? 0) === this.members.size)
  }

  isSubscribedToTopic(topic: string): boolean {
    return this.#subscribedTopics === null ? this.usesConsumerProtocol : this.#subscribedTopics.has(topic)
  }

  /** What the leader is told of the members. */
  membersForLeader(): { memberId: string; groupInstanceId: string | null; metadata: Buffer }[] {
    return [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: metadataOf(member, this.protocolName),
    }))
  }

  assignments(): Map<string, Buffer> {
    return new Map([...this.members.values()].map(({ memberId, assignment }) => [memberId, assignment]))
  }

  answerJoin(member: ClassicMember, response: JoinResponse): void {
    const answer = member.awaitingJoin
    if (answer === undefined) return
    member.awaitingJoin = undefined
    this.#membersAwaitingJoin--
    answer(response)
  }

  /** Whether the member was waiting for it. */
  answerSync(member: ClassicMember, response: SyncResponse): boolean {
    const answer = member.awaitingSync
    if (answer === undefined) return false
    member.awaitingSync = undefined
    answer(response)
    return true
  }

  validateOffsetCommit(request: CommitRequest): undefined {
    const { memberId, groupInstanceId, generationId, isTransactional } = request
    if (this.isIn('Dead')) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    // An admin client, or a consumer that manages its partitions itself.
    if (generationId < 0 && this.isEmpty) return undefined
    if (generationId >= 0 || memberId !== '' || groupInstanceId !== null) this.validateGeneration(request)
    else if (!isTransactional) throw new KafkaError('UNKNOWN_MEMBER_ID')
    // The member knows its generation already; it commits again when it has its assignment.
    if (!isTransactional && this.isIn('CompletingRebalance')) throw new KafkaError('REBALANCE_IN_PROGRESS')
    return undefined
  }

  validateOffsetFetch(): void {
    if (this.isIn('Dead')) throw new KafkaError('GROUP_ID_NOT_FOUND', `Group ${this.groupId} is in dead state.`)
  }

  validateOffsetDelete(): void {
    this.validateOffsetFetch()
    if (!this.isEmpty && !this.usesConsumerProtocol) throw new KafkaError('NON_EMPTY_GROUP')
  }

  validateDelete(): void {
    this.validateOffsetFetch()
    if (!this.isEmpty) throw new KafkaError('NON_EMPTY_GROUP')
  }

  /** KIP-211: since the group became empty, or since the commit where no members speak for it. */
  offsetExpirationBase(): ((commitTimestamp: number) => number) | undefined {
    const sinceCommit = (commitTimestamp: number): number => commitTimestamp
    if (this.protocolType === null) return sinceCommit
    if (this.isEmpty) {
      const becameEmpty = this.currentStateTimestamp
      return becameEmpty === -1 ? sinceCommit : () => becameEmpty
    }
    return this.usesConsumerProtocol && this.#subscribedTopics !== null && this.isIn('Stable') ? sinceCommit : undefined
  }

  /** A protocol that a member names twice counts once. */
  #countProtocols(protocols: readonly Protocol[], change: 1 | -1): void {
    for (const name of new Set(protocols.map(({ name }) => name))) {
      const supporters = (this.#supporters.get(name) ?? 0) + change
      if (supporters === 0) this.#supporters.delete(name)
      else this.#supporters.set(name, supporters)
    }
  }

  #computeSubscribedTopics(): ReadonlySet<string> | null {
    if (!this.usesConsumerProtocol) return null
    const topics = new Set<string>()
    if (this.members.size === 0) return topics
    if (this.protocolName === null) return null
    for (const member of this.members.values()) {
      const subscribed = subscribedTopics(metadataOf(member, this.protocolName))
      if (subscribed === undefined) return null
      for (const topic of subscribed) topics.add(topic)
    }
    return topics
  }
}

type MemberOfRecord = GroupMetadataValue['members'][number]

function memberOfRecord(member: MemberOfRecord, { protocol, protocolType }: GroupMetadataValue): ClassicMember {
  const { memberId, groupInstanceId, clientId, clientHost, sessionTimeout, rebalanceTimeout } = member
  return classicMember(
    { memberId, groupInstanceId, clientId, clientHost, protocolType },
    {
      rebalanceTimeoutMs: rebalanceTimeout === -1 ? sessionTimeout : rebalanceTimeout,
      sessionTimeoutMs: sessionTimeout,
      protocols: [{ name: protocol ?? '', metadata: Buffer.from(member.subscription) }],
    },
    Buffer.from(member.assignment),
  )
}
