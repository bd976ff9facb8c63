// A group of the classic protocol: its members, its generation and the state it is in.
// It changes only through its methods; when to call them is up to ClassicGroups. What a restart keeps of it is the
// GroupMetadata record of the last generation that was agreed on.
import { javaHashMapOrder } from '../coordinator/index.ts'
import { ErrorCode, type ErrorName, type GroupMetadataValue, KafkaError } from '../wire/index.ts'
import {
  type Answer,
  type ClassicMember,
  type JoinResponse,
  metadataOf,
  NO_ASSIGNMENT,
  type Protocol,
  type SyncResponse,
  vote,
} from './classic-member.ts'
import { CONSUMER_PROTOCOL_TYPE, subscribedTopics } from './consumer-protocol.ts'
import type { GroupRecord } from './records.ts'

export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

const validPreviousStates: Record<ClassicGroupState, readonly ClassicGroupState[]> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Stable', 'PreparingRebalance', 'CompletingRebalance', 'Empty', 'Dead'],
}

export class ClassicGroup {
  readonly type = 'classic'
  readonly groupId: string
  readonly #now: () => number
  state: ClassicGroupState = 'Empty'
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
  /** Null where the coordinator cannot know: not consumers, or a subscription it cannot read. */
  subscribedTopics: ReadonlySet<string> | null = null
  readonly members = new Map<string, ClassicMember>()
  /** By group.instance.id. */
  readonly staticMembers = new Map<string, string>()
  /** Told their member id and expected to join with it (KIP-394). */
  readonly pendingJoinMembers = new Set<string>()
  readonly pendingSyncMembers = new Set<string>()
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
    group.state = value.members.length === 0 ? 'Empty' : 'Stable'
    group.generationId = value.generation
    group.protocolType = value.protocolType === '' ? null : value.protocolType
    group.protocolName = value.protocol
    group.leaderId = value.leader
    group.currentStateTimestamp = value.currentStateTimestamp
    for (const member of value.members) {
      group.add({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        protocolType: value.protocolType,
        rebalanceTimeoutMs: member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
        sessionTimeoutMs: member.sessionTimeout,
        protocols: [{ name: value.protocol ?? '', metadata: member.subscription }],
        assignment: member.assignment,
        isNew: false,
        awaitingJoin: undefined,
        awaitingSync: undefined,
      })
    }
    group.subscribedTopics = group.#computeSubscribedTopics()
    return group
  }

  /** The record that brings this generation back, with these assignments. */
  toRecord(assignments: ReadonlyMap<string, Buffer>): GroupRecord {
    const members = [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
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

  /** The record of a group that was just made, before anyone joined. */
  toEmptyRecord(): GroupRecord {
    const { groupId: group, currentStateTimestamp } = this
    return {
      type: 'GroupMetadata',
      key: { group },
      value: { protocolType: '', generation: 0, protocol: null, leader: null, currentStateTimestamp, members: [] },
    }
  }

  isIn(...states: ClassicGroupState[]): boolean {
    return states.includes(this.state)
  }

  transitionTo(state: ClassicGroupState): void {
    if (!validPreviousStates[state].includes(this.state)) {
      throw new Error(`Group ${this.groupId} cannot go from ${this.state} to ${state}`)
    }
    this.previousState = this.state
    this.state = state
    this.currentStateTimestamp = this.#now()
  }

  get canRebalance(): boolean {
    return validPreviousStates.PreparingRebalance.includes(this.state)
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
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  add(member: ClassicMember): void {
    if (member.groupInstanceId !== null) this.staticMembers.set(member.groupInstanceId, member.memberId)
    if (this.members.size === 0) this.protocolType = member.protocolType
    this.leaderId ??= member.memberId
    this.members.set(member.memberId, member)
    this.#countProtocols(member.protocols, 1)
    if (member.awaitingJoin !== undefined) this.#membersAwaitingJoin++
    this.pendingJoinMembers.delete(member.memberId)
  }

  remove(memberId: string): void {
    const member = this.members.get(memberId)
    if (member !== undefined) {
      this.members.delete(memberId)
      this.#countProtocols(member.protocols, -1)
      if (member.awaitingJoin !== undefined) this.#membersAwaitingJoin--
      if (member.groupInstanceId !== null) this.staticMembers.delete(member.groupInstanceId)
    }
    if (this.isLeader(memberId)) this.leaderId = this.members.keys().next().value ?? null
    this.pendingJoinMembers.delete(memberId)
    this.pendingSyncMembers.delete(memberId)
  }

  /** What a member says anew when it joins again. */
  update(
    member: ClassicMember,
    {
      protocols,
      rebalanceTimeoutMs,
      sessionTimeoutMs,
    }: Pick<ClassicMember, 'protocols' | 'rebalanceTimeoutMs' | 'sessionTimeoutMs'>,
    answer: Answer<JoinResponse>,
  ): void {
    this.#countProtocols(member.protocols, -1)
    member.protocols = protocols
    this.#countProtocols(protocols, 1)
    member.rebalanceTimeoutMs = rebalanceTimeoutMs
    member.sessionTimeoutMs = sessionTimeoutMs
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
    this.answerJoin(old, { memberId: oldMemberId, protocolName: null, errorCode })
    this.answerSync(old, { errorCode })
    const member: ClassicMember = { ...old, memberId: newMemberId, isNew: false }
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
    this.subscribedTopics = this.#computeSubscribedTopics()
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
    if (this.isIn('Empty')) return protocolType !== '' && protocols.length > 0
    if (this.protocolType !== protocolType) return false
    return protocols.some(({ name }) => (this.#supporters.get(name) ?? 0) === this.members.size)
  }

  isSubscribedToTopic(topic: string): boolean {
    return this.subscribedTopics === null ? this.usesConsumerProtocol : this.subscribedTopics.has(topic)
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

  /** Throws where this group refuses a commit with that identity. */
  validateOffsetCommit(
    commit: { memberId: string; groupInstanceId: string | null; generationId: number },
    isTransactional: boolean,
  ): void {
    const { memberId, groupInstanceId, generationId } = commit
    if (this.isIn('Dead')) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    // An admin client, or a consumer that manages its partitions itself.
    if (generationId < 0 && this.isIn('Empty')) return
    if (generationId >= 0 || memberId !== '' || groupInstanceId !== null) {
      this.validateMember(memberId, groupInstanceId)
      if (generationId !== this.generationId) throw new KafkaError('ILLEGAL_GENERATION')
    } else if (!isTransactional && !this.isIn('Empty')) throw new KafkaError('UNKNOWN_MEMBER_ID')
    // The member knows its generation already; it commits again when it has its assignment.
    if (!isTransactional && this.isIn('CompletingRebalance')) throw new KafkaError('REBALANCE_IN_PROGRESS')
  }

  validateOffsetDelete(): void {
    this.#refuseIfDead()
    if (!this.isIn('Empty') && !this.usesConsumerProtocol) throw new KafkaError('NON_EMPTY_GROUP')
  }

  validateDelete(): void {
    this.#refuseIfDead()
    if (!this.isIn('Empty')) throw new KafkaError('NON_EMPTY_GROUP')
  }

  #refuseIfDead(): void {
    if (this.isIn('Dead')) throw new KafkaError('GROUP_ID_NOT_FOUND', `Group ${this.groupId} is in dead state.`)
  }

  /**
   * From when on the retention of a committed offset counts (KIP-211): since the group became empty, or since the
   * commit where no members speak for it. Undefined where nothing expires now.
   */
  offsetExpirationBase(): ((commitTimestamp: number) => number) | undefined {
    const sinceCommit = (commitTimestamp: number): number => commitTimestamp
    if (this.protocolType === null) return sinceCommit
    if (this.isIn('Empty')) {
      const becameEmpty = this.currentStateTimestamp
      return becameEmpty === -1 ? sinceCommit : () => becameEmpty
    }
    if (this.usesConsumerProtocol && this.subscribedTopics !== null && this.isIn('Stable')) return sinceCommit
    return undefined
  }

  #countProtocols(protocols: readonly Protocol[], change: 1 | -1): void {
    for (const { name } of protocols) this.#supporters.set(name, (this.#supporters.get(name) ?? 0) + change)
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

/** What a failure says to a waiting join, sync or heartbeat. */
export function codeOf(name: ErrorName): number {
  return ErrorCode[name]
}
