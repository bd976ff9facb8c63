// The groups and offsets of one partition of __consumer_offsets: a state machine for the coordinator runtime.
// It brings together what concerns both groups and offsets: deletion, expiry, descriptions, and the replay of records.
import type { BrokerConfig } from '../config/index.ts'
import type { CoordinatorShard, LogPosition, ShardTimers, TransactionEnd } from '../coordinator/index.ts'
import type { Clock, Logger, Random } from '../io/index.ts'
import type { DescribeGroupsResponse, Draft, ListGroupsResponse, OffsetCommitRequest } from '../wire/index.ts'
import { ClassicGroup } from './classic-group.ts'
import { ClassicGroups } from './classic-groups.ts'
import { metadataOf } from './classic-member.ts'
import { Groups } from './groups.ts'
import { type CommitResponse, Offsets } from './offsets.ts'
import type { GroupRecord, GroupResult } from './records.ts'

export type ListedGroup = NonNullable<Draft<typeof ListGroupsResponse>['groups']>[number]
export type DescribedGroup = NonNullable<Draft<typeof DescribeGroupsResponse>['groups']>[number]

/** Which groups are listed; an empty filter lets all through. Case does not matter. */
export interface GroupFilters {
  readonly states: readonly string[]
  readonly types: readonly string[]
}

export interface ShardRooms {
  readonly config: () => BrokerConfig
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

const EXPIRY_TIMER = 'expire-group-metadata'

export class GroupShard implements CoordinatorShard<GroupRecord> {
  readonly #groups: Groups
  readonly classic: ClassicGroups
  readonly offsets: Offsets
  readonly #timers: ShardTimers<GroupRecord>
  readonly #rooms: ShardRooms

  constructor(rooms: ShardRooms, timers: ShardTimers<GroupRecord>) {
    const now = (): number => rooms.clock.now()
    const { config, random, log } = rooms
    this.#rooms = rooms
    this.#timers = timers
    this.#groups = new Groups(now)
    this.classic = new ClassicGroups({ groups: this.#groups, timers, config, random, log })
    this.offsets = new Offsets({ groups: this.#groups, config, now })
  }

  replay(record: GroupRecord, position: LogPosition): void {
    switch (record.type) {
      case 'OffsetCommit':
        this.offsets.replay(record.key, record.value, position)
        return
      case 'GroupMetadata': {
        const { group: groupId } = record.key
        if (record.value === null) this.#groups.remove(groupId)
        else this.#groups.put(ClassicGroup.fromRecord(groupId, record.value, () => this.#rooms.clock.now()))
        return
      }
      default:
        record satisfies never
    }
  }

  replayTransactionEnd(end: TransactionEnd): void {
    this.offsets.replayTransactionEnd(end)
  }

  onLoaded(): void {
    for (const group of this.#groups) if (group instanceof ClassicGroup) this.classic.loaded(group)
    this.#scheduleExpiry()
  }

  onUnloaded(): void {
    for (const group of this.#groups) if (group instanceof ClassicGroup) this.classic.unloaded(group)
  }

  commitOffsets(apiVersion: number, request: OffsetCommitRequest): GroupResult<CommitResponse> {
    const result = this.offsets.commit(apiVersion, request)
    const group = this.#groups.findClassic(request.groupId)
    if (group !== undefined) this.classic.committed(group, request.memberId)
    return result
  }

  list({ states, types }: GroupFilters): ListedGroup[] {
    const wantedStates = new Set(states.map((state) => state.toLowerCase().trim()))
    const wantedTypes = new Set(types.map((type) => type.toLowerCase()))
    const listed: ListedGroup[] = []
    for (const { groupId, protocolType, state: groupState, type: groupType } of this.#groups) {
      if (wantedStates.size > 0 && !wantedStates.has(groupState.toLowerCase())) continue
      if (wantedTypes.size > 0 && !wantedTypes.has(groupType)) continue
      listed.push({ groupId, protocolType: protocolType ?? '', groupState, groupType })
    }
    return listed
  }

  describe(groupId: string): DescribedGroup {
    return describeClassic(this.#groups.getClassic(groupId))
  }

  delete(groupId: string): GroupResult {
    const group = this.#groups.get(groupId)
    group.validateDelete()
    return { records: [...this.offsets.tombstones(groupId), ...group.tombstones()], response: undefined }
  }

  deleteOffsetsOfTopics(topics: readonly { readonly name: string; readonly topicId: string }[]): GroupResult {
    return { records: this.offsets.topicsDeleted(topics), response: undefined, divisible: true }
  }

  #scheduleExpiry(): void {
    const intervalMs = this.#rooms.config().get('offsets.retention.check.interval.ms')
    this.#timers.schedule(EXPIRY_TIMER, intervalMs, () => this.#expire())
  }

  /** Removes expired offsets, and the empty groups that have no offsets left. */
  #expire(): GroupResult {
    this.#scheduleExpiry()
    const records: GroupRecord[] = []
    for (const group of this.#groups) {
      if (this.offsets.expire(group, records) && group.isEmpty) records.push(...group.tombstones())
    }
    return { records, response: undefined, divisible: true }
  }
}

function describeClassic(group: ClassicGroup): DescribedGroup {
  const { groupId, state, protocolName } = group
  const isStable = group.isIn('Stable')
  return {
    groupId,
    groupState: state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (protocolName ?? '') : '',
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, protocolName) : Buffer.alloc(0),
      memberAssignment: member.assignment,
    })),
  }
}
