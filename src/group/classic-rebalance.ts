// How a classic group gets from one generation to the next: whom it waits for and how long, when all have joined, and
// what becomes of those who do not. The session timers of the members are here too, since their end starts a rebalance.
// Everything here changes the group at once; records tell of what a restart must know.
import type { BrokerConfig } from '../config/index.ts'
import type { ShardTimers } from '../coordinator/index.ts'
import type { Logger } from '../io/index.ts'
import { ErrorCode } from '../wire/index.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, hasSatisfiedHeartbeat, type JoinResponse, NO_ASSIGNMENT } from './classic-member.ts'
import type { Groups } from './groups.ts'
import { type GroupRecord, type GroupResult, NOTHING } from './records.ts'

/** How long a member that waits for its first generation may take: its client may be gone without a heartbeat to miss. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60_000

export interface ClassicRooms {
  readonly groups: Groups
  readonly timers: ShardTimers<GroupRecord>
  readonly config: () => BrokerConfig
  readonly log: Logger
}

export class ClassicRebalance {
  readonly #groups: Groups
  readonly #timers: ShardTimers<GroupRecord>
  readonly #config: () => BrokerConfig
  readonly #log: Logger

  constructor(rooms: ClassicRooms) {
    this.#groups = rooms.groups
    this.#timers = rooms.timers
    this.#config = rooms.config
    this.#log = rooms.log
  }

  /** Something that matters to all members changed. */
  prepareOrComplete(group: ClassicGroup, reason: string): GroupResult {
    return group.canRebalance ? this.prepare(group, reason) : this.completeIfAllJoined(group)
  }

  prepare(group: ClassicGroup, reason: string): GroupResult {
    if (group.isIn('CompletingRebalance')) this.failAssignment(group, ErrorCode.REBALANCE_IN_PROGRESS)
    group.pendingSyncMembers.clear()
    this.#timers.cancel(syncTimer(group))
    const isInitial = group.isEmpty
    group.transitionTo('PreparingRebalance')
    const { groupId, generationId } = group
    this.#log.info({ groupId, generationId, reason }, 'Preparing to rebalance a group')
    return isInitial ? this.#delayInitial(group) : this.#completeOrWait(group)
  }

  /** The last one that a rebalance waited for has joined, or left. The initial one waits for its delay. */
  completeIfAllJoined(group: ClassicGroup): GroupResult {
    const isInitial = group.previousState === 'Empty'
    return group.isIn('PreparingRebalance') && !isInitial && group.hasAllMembersJoined ? this.complete(group) : NOTHING
  }

  /** Ends the wait: who has not joined by now is out, static members excepted, and the next generation starts. */
  complete(group: ClassicGroup): GroupResult {
    this.#timers.cancel(joinTimer(group))
    for (const member of [...group.members.values()]) {
      if (member.awaitingJoin === undefined && member.groupInstanceId === null) this.#drop(group, member.memberId)
    }
    const { groupId, members } = group
    if (!group.electJoinedLeader() && members.size > 0) {
      this.#log.warn({ groupId }, 'No member of a group has joined its rebalance; waiting on')
      this.#waitForJoins(group)
      return NOTHING
    }
    group.startNextGeneration()
    const { generationId } = group
    this.#log.info({ groupId, generationId, members: members.size }, 'A group has a new generation')
    if (group.isEmpty) return { records: [group.toRecord(new Map())], response: undefined, applied: true }
    for (const member of members.values()) {
      group.answerJoin(member, joined(group, member))
      this.scheduleSession(group, member)
      member.isNew = false
      group.pendingSyncMembers.add(member.memberId)
    }
    this.#timers.schedule(syncTimer(group), group.rebalanceTimeoutMs, () => this.#expireSync(groupId, generationId))
    return NOTHING
  }

  /** The assignment is recorded: the generation is stable, and those who wait for their part get it. */
  stabilize(group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>): void {
    for (const member of group.members.values()) {
      member.assignment = assignments.get(member.memberId) ?? NO_ASSIGNMENT
      const { protocolType, protocolName } = group
      const answered = group.answerSync(member, { protocolType, protocolName, assignment: member.assignment })
      if (answered) this.scheduleSession(group, member)
    }
    group.transitionTo('Stable')
  }

  /** There is no assignment for this generation; those who wait for it are told why. */
  failAssignment(group: ClassicGroup, errorCode: number): void {
    for (const member of group.members.values()) {
      member.assignment = NO_ASSIGNMENT
      if (group.answerSync(member, { errorCode })) this.scheduleSession(group, member)
    }
  }

  synced(group: ClassicGroup, memberId: string): void {
    group.pendingSyncMembers.delete(memberId)
    if (group.pendingSyncMembers.size === 0) this.#timers.cancel(syncTimer(group))
  }

  /** The member is alive: it may be silent for another session timeout. */
  scheduleSession(group: ClassicGroup, member: ClassicMember): void {
    this.#scheduleSession(group, member.memberId, member.terms.sessionTimeoutMs)
  }

  scheduleFirstJoin(group: ClassicGroup, member: ClassicMember): void {
    this.#scheduleSession(group, member.memberId, NEW_MEMBER_JOIN_TIMEOUT_MS)
  }

  /** The member id was given away; it is forgotten where nobody joins with it. */
  schedulePendingJoin(group: ClassicGroup, memberId: string, sessionTimeoutMs: number): void {
    this.#scheduleSession(group, memberId, sessionTimeoutMs)
  }

  cancelSession(group: ClassicGroup, memberId: string): void {
    this.#timers.cancel(sessionTimer(group, memberId))
  }

  /** The group is no classic group any more. */
  cancelAll(group: ClassicGroup): void {
    this.#timers.cancel(joinTimer(group))
    this.#timers.cancel(syncTimer(group))
    for (const memberId of [...group.members.keys(), ...group.pendingJoinMembers]) this.cancelSession(group, memberId)
  }

  #scheduleSession({ groupId }: ClassicGroup, memberId: string, timeoutMs: number): void {
    this.#timers.schedule(sessionTimer({ groupId }, memberId), timeoutMs, () => this.#expireSession(groupId, memberId))
  }

  #drop(group: ClassicGroup, memberId: string): void {
    group.remove(memberId)
    this.cancelSession(group, memberId)
  }

  #expireSession(groupId: string, memberId: string): GroupResult {
    const group = this.#groups.findClassic(groupId)
    if (group === undefined) return NOTHING
    if (group.pendingJoinMembers.has(memberId)) {
      group.remove(memberId)
      return this.#completeIfLast(group)
    }
    const member = group.members.get(memberId)
    if (member === undefined || hasSatisfiedHeartbeat(member)) return NOTHING
    this.#log.info({ groupId, memberId }, "A member's session timed out")
    group.answerJoin(member, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    group.remove(memberId)
    return group.isIn('Stable', 'CompletingRebalance')
      ? this.prepareOrComplete(group, `removing member ${memberId} on heartbeat expiration`)
      : this.#completeIfLast(group)
  }

  /** As `completeIfAllJoined`, but the initial rebalance ends too: who it was prolonged for is gone. */
  #completeIfLast(group: ClassicGroup): GroupResult {
    return group.isIn('PreparingRebalance') && group.hasAllMembersJoined ? this.complete(group) : NOTHING
  }

  #completeOrWait(group: ClassicGroup): GroupResult {
    if (group.hasAllMembersJoined) return this.complete(group)
    this.#waitForJoins(group)
    return NOTHING
  }

  #waitForJoins(group: ClassicGroup): void {
    const { groupId, rebalanceTimeoutMs } = group
    this.#timers.schedule(joinTimer(group), rebalanceTimeoutMs, () => {
      const now = this.#groups.findClassic(groupId)
      return now === undefined ? NOTHING : this.complete(now)
    })
  }

  /** The first members of a group come one after the other: wait for more of them, as long as new ones come. */
  #delayInitial(group: ClassicGroup): GroupResult {
    const delayMs = this.#config().get('group.initial.rebalance.delay.ms')
    this.#scheduleInitial(group.groupId, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0))
    return NOTHING
  }

  #scheduleInitial(groupId: string, delayMs: number, remainingMs: number): void {
    this.#timers.schedule(joinTimer({ groupId }), delayMs, () => {
      const group = this.#groups.findClassic(groupId)
      if (group === undefined) return NOTHING
      if (!group.newMemberAdded || remainingMs === 0) return this.complete(group)
      group.newMemberAdded = false
      const nextDelayMs = Math.min(this.#config().get('group.initial.rebalance.delay.ms'), remainingMs)
      this.#scheduleInitial(groupId, nextDelayMs, Math.max(remainingMs - delayMs, 0))
      return NOTHING
    })
  }

  /** Members that got their generation and never asked for their assignment are out. */
  #expireSync(groupId: string, generationId: number): GroupResult {
    const group = this.#groups.findClassic(groupId)
    if (group === undefined || group.generationId !== generationId) return NOTHING
    if (!group.isIn('CompletingRebalance', 'Stable') || group.pendingSyncMembers.size === 0) return NOTHING
    const silent = [...group.pendingSyncMembers]
    for (const memberId of silent) this.#drop(group, memberId)
    return this.prepare(group, `removing ${silent.join(', ')} on pending sync request expiration`)
  }
}

/** What a member is told when it is in the generation. */
export function joined(group: ClassicGroup, member: ClassicMember): JoinResponse {
  return {
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    memberId: member.memberId,
    members: group.isLeader(member.memberId) ? group.membersForLeader() : [],
  }
}

/** Member ids end with a uuid, so no two pairs make one name. */
function sessionTimer({ groupId }: Pick<ClassicGroup, 'groupId'>, memberId: string): string {
  return `heartbeat-${groupId}-${memberId}`
}

function joinTimer({ groupId }: Pick<ClassicGroup, 'groupId'>): string {
  return `join-${groupId}`
}

function syncTimer({ groupId }: Pick<ClassicGroup, 'groupId'>): string {
  return `sync-${groupId}`
}
