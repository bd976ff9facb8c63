// The requests of the classic group protocol: JoinGroup, SyncGroup, Heartbeat and LeaveGroup, against the groups of one
// shard. What waits is answered later, by the rebalance; what must survive a restart is a record.
import type { Random } from '../io/index.ts'
import {
  ErrorCode,
  type HeartbeatRequest,
  type JoinGroupRequest,
  KafkaError,
  type LeaveGroupRequest,
  type SyncGroupRequest,
} from '../wire/index.ts'
import { ClassicGroup } from './classic-group.ts'
import {
  type Answer,
  type ClassicMember,
  classicMember,
  hasSameProtocols,
  type JoinResponse,
  type MemberTerms,
  ownedProtocols,
  type SyncResponse,
} from './classic-member.ts'
import { type ClassicRebalance, type ClassicRooms, joined } from './classic-rebalance.ts'
import { inCoordinatorTerms } from './errors.ts'
import type { Groups } from './groups.ts'
import { type GroupResult, NOTHING } from './records.ts'

/** Who asks, as members are remembered. */
export interface Requester {
  readonly apiVersion: number
  readonly clientId: string | null
  /** As Kafka shows it: `/127.0.0.1`. */
  readonly clientHost: string
}

export type LeavingMember = Pick<LeaveGroupRequest['members'][number], 'memberId' | 'groupInstanceId'>

export interface LeaveResult extends LeavingMember {
  readonly errorCode: number
}

/** From this version on, a new member is told its id first and joins with that (KIP-394). */
export const REQUIRES_KNOWN_MEMBER_ID = 4
/** From this version on, a leader that came back is told to leave the assignment as it is (KIP-814). */
const SKIPS_ASSIGNMENT = 9

export class ClassicGroups {
  readonly #groups: Groups
  readonly #rebalance: ClassicRebalance
  readonly #rooms: ClassicRooms & { readonly random: Random }

  constructor(rooms: ClassicRooms & { readonly random: Random }, rebalance: ClassicRebalance) {
    this.#rooms = rooms
    this.#groups = rooms.groups
    this.#rebalance = rebalance
  }

  /** A group of another kind that is empty gives way to a new classic one. */
  join(who: Requester, request: JoinGroupRequest, answer: Answer<JoinResponse>): GroupResult {
    const { groupId, memberId } = request
    const known = this.#groups.find(groupId)
    if (known instanceof ClassicGroup) return this.#join(who, request, known, answer)
    if (known !== undefined && !(known.isEmpty && known.type !== 'share')) {
      throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
    }
    if (memberId !== '') {
      answer({ memberId, errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
      return NOTHING
    }
    const replaced = known?.tombstones() ?? []
    this.#groups.remove(groupId)
    const group = this.#groups.createClassic(groupId)
    const result = this.#join(who, request, group, answer)
    if (result !== NOTHING) return result
    return { records: [...replaced, group.toEmptyRecord()], response: undefined, applied: true }
  }

  sync(request: SyncGroupRequest, answer: Answer<SyncResponse>): GroupResult {
    const group = this.#groups.findClassic(request.groupId)
    if (group === undefined || group.isEmpty) throw new KafkaError('UNKNOWN_MEMBER_ID')
    const member = group.validateGeneration(request)
    const { protocolType, protocolName } = group
    if (differs(request.protocolType, protocolType) || differs(request.protocolName, protocolName)) {
      throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
    }
    if (group.isIn('PreparingRebalance')) throw new KafkaError('REBALANCE_IN_PROGRESS')
    if (group.isIn('CompletingRebalance')) return this.#awaitAssignment(group, member, request, answer)
    this.#rebalance.synced(group, member.memberId)
    answer({ protocolType, protocolName, assignment: member.assignment })
    return NOTHING
  }

  heartbeat(request: HeartbeatRequest): GroupResult {
    const group = this.#groups.findClassic(request.groupId)
    if (group === undefined) throw new KafkaError('UNKNOWN_MEMBER_ID')
    this.#rebalance.scheduleSession(group, group.validateGeneration(request))
    if (group.isIn('PreparingRebalance')) throw new KafkaError('REBALANCE_IN_PROGRESS')
    return NOTHING
  }

  leave(groupId: string, members: readonly LeavingMember[]): GroupResult<LeaveResult[]> {
    const group = this.#groups.findClassic(groupId)
    if (group === undefined) throw new KafkaError('UNKNOWN_MEMBER_ID')
    const response = members.map((member) => ({ ...member, errorCode: this.#leave(group, member) }))
    const left = response.filter(({ errorCode }) => errorCode === ErrorCode.NONE)
    if (left.length === 0 || group.isEmpty) return { records: [], response }
    const reason = `explicit LeaveGroup request for (${left.map(({ memberId }) => memberId).join(', ')}) members`
    return { ...this.#rebalance.prepareOrComplete(group, reason), response }
  }

  /** A commit shows that its member is alive. */
  committed(group: ClassicGroup, memberId: string): void {
    const member = group.members.get(memberId)
    if (member !== undefined && group.isIn('Stable', 'PreparingRebalance')) {
      this.#rebalance.scheduleSession(group, member)
    }
  }

  /** The members have a session timeout from now on to show that they are still there. */
  loaded(group: ClassicGroup): void {
    for (const member of group.members.values()) this.#rebalance.scheduleSession(group, member)
    const maxSize = this.#maxSize()
    if (group.members.size > maxSize) {
      this.#rebalance.prepare(group, `the loaded group is over its capacity of ${maxSize}`)
    }
  }

  unloaded(group: ClassicGroup): void {
    group.transitionTo('Dead')
    const errorCode = ErrorCode.NOT_COORDINATOR
    for (const member of group.members.values()) {
      group.answerJoin(member, { memberId: member.memberId, errorCode })
      group.answerSync(member, { errorCode })
    }
  }

  #join(who: Requester, request: JoinGroupRequest, group: ClassicGroup, answer: Answer<JoinResponse>): GroupResult {
    const { memberId, protocolType, protocols } = request
    if (!this.#accepts(group, memberId)) {
      group.remove(memberId)
      answer({ errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED })
      return NOTHING
    }
    if (!group.supportsProtocols(protocolType, protocols)) {
      answer({ memberId, errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL })
      return NOTHING
    }
    return memberId === '' ? this.#joinNew(who, request, group, answer) : this.#joinKnown(who, request, group, answer)
  }

  #maxSize(): number {
    return this.#rooms.config().get('group.max.size')
  }

  /** In a rebalance those who have joined count, so that whoever comes first gets a place (KIP-389). */
  #accepts(group: ClassicGroup, memberId: string): boolean {
    const member = group.members.get(memberId)
    switch (group.state) {
      case 'Empty':
      case 'Dead':
        return true
      case 'PreparingRebalance':
        return member?.awaitingJoin !== undefined || group.membersAwaitingJoin < this.#maxSize()
      case 'CompletingRebalance':
      case 'Stable':
        return member !== undefined || group.members.size < this.#maxSize()
    }
  }

  #joinNew(who: Requester, request: JoinGroupRequest, group: ClassicGroup, answer: Answer<JoinResponse>): GroupResult {
    const { groupInstanceId, sessionTimeoutMs } = request
    const memberId = `${groupInstanceId ?? who.clientId ?? ''}-${dashedUuid(this.#rooms.random)}`
    if (groupInstanceId !== null) {
      const existing = group.staticMembers.get(groupInstanceId)
      if (existing !== undefined) return this.#replace(who, request, group, { existing, memberId, answer })
    } else if (who.apiVersion >= REQUIRES_KNOWN_MEMBER_ID) {
      group.pendingJoinMembers.add(memberId)
      this.#rebalance.schedulePendingJoin(group, memberId, sessionTimeoutMs)
      answer({ memberId, errorCode: ErrorCode.MEMBER_ID_REQUIRED })
      return NOTHING
    }
    return this.#add(who, request, group, memberId, answer)
  }

  #joinKnown(
    who: Requester,
    request: JoinGroupRequest,
    group: ClassicGroup,
    answer: Answer<JoinResponse>,
  ): GroupResult {
    const { memberId, groupInstanceId, protocols } = request
    if (group.pendingJoinMembers.has(memberId)) {
      // Kafka's state machine does not foresee it: only members without an instance id are pending.
      if (groupInstanceId !== null) throw new KafkaError('UNKNOWN_SERVER_ERROR')
      return this.#add(who, request, group, memberId, answer)
    }
    const member = validMember(group, request, answer)
    if (member === undefined) return NOTHING
    const mustRebalance =
      group.isIn('PreparingRebalance') ||
      (group.isIn('Stable') && group.isLeader(memberId)) ||
      !hasSameProtocols(member, protocols)
    if (!mustRebalance) {
      // The answer of before was lost; or a member only asks again.
      answer(joined(group, member))
      return NOTHING
    }
    group.rejoin(member, termsOf(request), answer)
    return this.#rebalance.prepareOrComplete(group, `member ${memberId} joins again${becauseOf(request)}`)
  }

  #add(
    who: Requester,
    request: JoinGroupRequest,
    group: ClassicGroup,
    memberId: string,
    answer: Answer<JoinResponse>,
  ): GroupResult {
    const { groupInstanceId, protocolType } = request
    const { clientHost } = who
    const identity = { memberId, groupInstanceId, clientId: who.clientId ?? '', clientHost, protocolType }
    const member = { ...classicMember(identity, termsOf(request)), isNew: true, awaitingJoin: answer }
    if (group.isIn('PreparingRebalance') && group.previousState === 'Empty') group.newMemberAdded = true
    group.add(member)
    this.#rebalance.scheduleFirstJoin(group, member)
    return this.#rebalance.prepareOrComplete(group, `adding new member ${memberId}${becauseOf(request)}`)
  }

  /** A static member came back without its member id: it takes its old place under a new one (KIP-345). */
  #replace(
    who: Requester,
    request: JoinGroupRequest,
    group: ClassicGroup,
    { existing, memberId, answer }: { existing: string; memberId: string; answer: Answer<JoinResponse> },
  ): GroupResult {
    const groupInstanceId = request.groupInstanceId ?? ''
    const oldLeader = group.leaderId
    const member = group.replaceStaticMember(groupInstanceId, existing, memberId)
    const oldTerms = member.terms
    this.#rebalance.cancelSession(group, existing)
    this.#rebalance.scheduleSession(group, member)
    group.rejoin(member, termsOf(request), answer)
    if (group.isIn('PreparingRebalance')) return this.#rebalance.completeIfAllJoined(group)
    if (!group.isIn('Stable') || group.selectProtocol() !== group.protocolName) {
      return this.#rebalance.prepareOrComplete(group, `static member ${groupInstanceId} came back${becauseOf(request)}`)
    }
    return {
      records: [group.toRecord(group.assignments())],
      response: undefined,
      applied: true,
      onWritten: () => answerReplaced(who, group, member, oldLeader),
      onRefused: (error) => {
        const { protocolType, protocolName, generationId } = group
        const errorCode = inCoordinatorTerms(error).code
        group.answerJoin(member, { errorCode, generationId, protocolType, protocolName, leader: oldLeader ?? '' })
        group.setTerms(member, oldTerms)
        this.#rebalance.cancelSession(group, memberId)
        this.#rebalance.scheduleSession(group, group.replaceStaticMember(groupInstanceId, memberId, existing))
      },
    }
  }

  #awaitAssignment(
    group: ClassicGroup,
    member: ClassicMember,
    request: SyncGroupRequest,
    answer: Answer<SyncResponse>,
  ): GroupResult {
    member.awaitingSync = answer
    this.#rebalance.synced(group, member.memberId)
    const { generationId } = group
    if (!group.isLeader(member.memberId) || group.assignedGeneration === generationId) return NOTHING
    group.assignedGeneration = generationId
    const assignments = new Map(
      request.assignments.map(({ memberId, assignment }) => [memberId, Buffer.from(assignment)] as const),
    )
    return {
      records: [group.toRecord(assignments)],
      response: undefined,
      applied: true,
      onWritten: () => {
        const isCurrent = group.isIn('CompletingRebalance') && group.generationId === generationId
        if (isCurrent) this.#rebalance.stabilize(group, assignments)
      },
      onRefused: (error) => {
        group.assignedGeneration = -1
        this.#rebalance.failAssignment(group, inCoordinatorTerms(error).code)
        this.#rebalance.prepareOrComplete(group, `the assignment could not be stored: ${error.message}`)
      },
    }
  }

  #leave(group: ClassicGroup, { memberId, groupInstanceId }: LeavingMember): number {
    if (group.pendingJoinMembers.has(memberId)) return this.#remove(group, memberId)
    if (memberId === '') {
      const existing = groupInstanceId === null ? undefined : group.staticMembers.get(groupInstanceId)
      return existing === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : this.#remove(group, existing)
    }
    try {
      group.validateMember(memberId, groupInstanceId)
    } catch (error) {
      if (error instanceof KafkaError) return error.code
      throw error
    }
    return this.#remove(group, memberId)
  }

  /** Whatever the member waits for, it is not one any more. */
  #remove(group: ClassicGroup, memberId: string): number {
    this.#rebalance.cancelSession(group, memberId)
    const member = group.members.get(memberId)
    if (member !== undefined) {
      group.answerJoin(member, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
      group.answerSync(member, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    }
    group.remove(memberId)
    return ErrorCode.NONE
  }
}

function termsOf({ rebalanceTimeoutMs, sessionTimeoutMs, protocols }: JoinGroupRequest): MemberTerms {
  return { rebalanceTimeoutMs, sessionTimeoutMs, protocols: ownedProtocols(protocols) }
}

/** The member that asks to join again; undefined where it was told why it is none. */
function validMember(
  group: ClassicGroup,
  { memberId, groupInstanceId }: JoinGroupRequest,
  answer: Answer<JoinResponse>,
): ClassicMember | undefined {
  try {
    return group.validateMember(memberId, groupInstanceId)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    answer({ memberId, errorCode: error.code })
    return undefined
  }
}

/** Its place is recorded. Where a rebalance has begun meanwhile, that one will answer. */
function answerReplaced(who: Requester, group: ClassicGroup, member: ClassicMember, oldLeader: string | null): void {
  if (!group.isIn('Stable')) return
  const response = joined(group, member)
  if (who.apiVersion >= SKIPS_ASSIGNMENT) {
    group.answerJoin(member, { ...response, skipAssignment: group.isLeader(member.memberId) })
  } else {
    // A leader of an older version would compute an assignment; it is not told that it leads.
    group.answerJoin(member, { ...response, leader: oldLeader ?? '', members: [] })
  }
}

function differs(said: string | null, known: string | null): boolean {
  return said !== null && known !== null && said !== known
}

function becauseOf({ reason }: JoinGroupRequest): string {
  return reason === null || reason === '' ? '' : `; client reason: ${reason}`
}

/** A random uuid in its usual text form, as Java's. */
function dashedUuid(random: Random): string {
  const hex = Buffer.from(random.uuid(), 'base64url').toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
