// The groups and offsets of one partition of __consumer_offsets: a state machine for the coordinator runtime.
// It brings together what concerns groups of all kinds, and both groups and offsets: which kind a request is for,
// deletion, expiry, and the replay of records.
import type { CoordinatorShard, LogPosition, ShardTimers, TransactionEnd } from '../coordinator/index.ts'
import type { Clock, Logger, Random } from '../io/index.ts'
import {
  type ConsumerGroupHeartbeatRequest,
  type HeartbeatRequest,
  type JoinGroupRequest,
  KafkaError,
  type OffsetCommitRequest,
  type SyncGroupRequest,
} from '../wire/index.ts'
import type { Assignor } from './assignors/assignor.ts'
import { ClassicGroup } from './classic-group.ts'
import { ClassicGroups, type LeaveResult, type LeavingMember, type Requester } from './classic-groups.ts'
import { ClassicInConsumer } from './classic-in-consumer.ts'
import type { Answer, JoinResponse, SyncResponse } from './classic-member.ts'
import { ClassicRebalance } from './classic-rebalance.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { ConsumerGroups, type HeartbeatResponse } from './consumer-groups.ts'
import { ConsumerRebalance } from './consumer-rebalance.ts'
import { epochRecord } from './consumer-records.ts'
import { replayConsumerGroup } from './consumer-replay.ts'
import {
  type DescribedConsumerGroup,
  type DescribedGroup,
  describeClassic,
  describeConsumer,
  type GroupFilters,
  type ListedGroup,
  listed,
} from './descriptions.ts'
import { GroupMigration } from './group-migration.ts'
import type { GroupTopics } from './group-topics.ts'
import { Groups } from './groups.ts'
import type { LiveGroupConfig } from './live-group-config.ts'
import { type CommitResponse, Offsets } from './offsets.ts'
import { type ForeignRecord, type GroupRecord, type GroupResult, NOTHING } from './records.ts'
import { TopicRegexes } from './topic-regexes.ts'

export interface ShardRooms {
  readonly config: LiveGroupConfig
  readonly topics: GroupTopics
  readonly assignors: readonly [Assignor, ...Assignor[]]
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

const EXPIRY_TIMER = 'expire-group-metadata'

export class GroupShard implements CoordinatorShard<GroupRecord> {
  readonly #groups: Groups
  readonly #classic: ClassicGroups
  readonly #classicRebalance: ClassicRebalance
  readonly #consumer: ConsumerGroups
  readonly #classicInConsumer: ClassicInConsumer
  readonly #regexes: TopicRegexes
  readonly #rebalance: ConsumerRebalance
  readonly offsets: Offsets
  readonly #timers: ShardTimers<GroupRecord>
  readonly #rooms: ShardRooms

  constructor(rooms: ShardRooms, timers: ShardTimers<GroupRecord>) {
    const now = (): number => rooms.clock.now()
    const { log, random, topics } = rooms
    const config = () => rooms.config.broker
    const groups = new Groups(now)
    const classicRooms = { groups, timers, config, random, log }
    const consumerRooms = { groups, topics, timers, config: rooms.config, assignors: rooms.assignors, now, log, random }
    this.#rooms = rooms
    this.#timers = timers
    this.#groups = groups
    this.#classicRebalance = new ClassicRebalance(classicRooms)
    this.#classic = new ClassicGroups(classicRooms, this.#classicRebalance)
    this.#regexes = new TopicRegexes(consumerRooms)
    const migration = new GroupMigration(consumerRooms, this.#classicRebalance)
    this.#rebalance = new ConsumerRebalance(consumerRooms, this.#regexes, migration)
    this.#consumer = new ConsumerGroups(consumerRooms, this.#rebalance, migration)
    this.#classicInConsumer = new ClassicInConsumer(consumerRooms, this.#rebalance, migration)
    this.offsets = new Offsets({ groups, config, now })
  }

  replay(record: GroupRecord, position: LogPosition): void {
    switch (record.type) {
      case 'OffsetCommit':
        this.offsets.replay(record.key, record.value, position)
        return
      case 'GroupMetadata': {
        const { group: groupId } = record.key
        if (record.value === null) this.#removeClassic(groupId)
        else this.#groups.put(ClassicGroup.fromRecord(groupId, record.value, () => this.#rooms.clock.now()))
        return
      }
      case 'Foreign':
        this.#replayForeign(record)
        return
      default:
        replayConsumerGroup(this.#groups, record)
    }
  }

  replayTransactionEnd(end: TransactionEnd): void {
    this.offsets.replayTransactionEnd(end)
  }

  onLoaded(): void {
    this.#regexes.topicsCreated()
    for (const group of this.#groups) {
      if (group instanceof ClassicGroup) this.#classic.loaded(group)
      if (group instanceof ConsumerGroup) this.#consumer.loaded(group)
    }
    this.#scheduleExpiry()
  }

  onUnloaded(): void {
    for (const group of this.#groups.all()) if (group instanceof ClassicGroup) this.#classic.unloaded(group)
  }

  /** Topics are different; `created`: some are new. */
  topicsChanged(names: ReadonlySet<string>, created: boolean): void {
    if (created) this.#regexes.topicsCreated()
    for (const group of this.#groups.all()) {
      if (group instanceof ConsumerGroup && isSubscribedToAny(group, names)) group.requestMetadataRefresh()
    }
  }

  consumerHeartbeat(who: Requester, request: ConsumerGroupHeartbeatRequest): GroupResult<HeartbeatResponse> {
    return this.#consumer.heartbeat(who, request)
  }

  /** Answers with the result, or later. */
  join(who: Requester, request: JoinGroupRequest, answer: Answer<JoinResponse>): GroupResult<JoinResponse | undefined> {
    const group = this.#groups.findConsumer(request.groupId)
    if (group === undefined || group.isEmpty) return later(this.#classic.join(who, request, answer))
    return this.#classicInConsumer.join(group, who, request)
  }

  /** As `join`. */
  sync(request: SyncGroupRequest, answer: Answer<SyncResponse>): GroupResult<SyncResponse | undefined> {
    const group = this.#groups.findConsumer(request.groupId)
    if (group === undefined) return later(this.#classic.sync(request, answer))
    if (group.isEmpty) throw new KafkaError('UNKNOWN_MEMBER_ID')
    return this.#classicInConsumer.sync(group, request)
  }

  heartbeat(request: HeartbeatRequest): GroupResult {
    const group = this.#groups.findConsumer(request.groupId)
    return group === undefined ? this.#classic.heartbeat(request) : this.#classicInConsumer.heartbeat(group, request)
  }

  leave(groupId: string, members: readonly LeavingMember[]): GroupResult<LeaveResult[]> {
    const group = this.#groups.findConsumer(groupId)
    return group === undefined ? this.#classic.leave(groupId, members) : this.#classicInConsumer.leave(group, members)
  }

  commitOffsets(apiVersion: number, request: OffsetCommitRequest): GroupResult<CommitResponse> {
    const result = this.offsets.commit(apiVersion, request)
    const group = this.#groups.findClassic(request.groupId)
    if (group !== undefined) this.#classic.committed(group, request.memberId)
    return result
  }

  list(filters: GroupFilters): ListedGroup[] {
    return listed(this.#groups, filters)
  }

  describe(groupId: string): DescribedGroup {
    return describeClassic(this.#groups.getClassic(groupId))
  }

  describeConsumer(groupId: string): DescribedConsumerGroup {
    const { topics } = this.#rooms
    return describeConsumer(this.#groups.getConsumer(groupId), this.#rebalance.defaultAssignor, topics)
  }

  /** A classic group waits for its members to join again; a consumer group has another epoch, for a new assignment. */
  rebalance(groupId: string): GroupResult {
    const group = this.#groups.get(groupId)
    if (group instanceof ClassicGroup) return this.#classicRebalance.prepareOrComplete(group, 'it was asked for')
    if (!(group instanceof ConsumerGroup)) throw new KafkaError('GROUP_ID_NOT_FOUND')
    return { records: [epochRecord(groupId, group.groupEpoch + 1, group.metadataHash)], response: undefined }
  }

  delete(groupId: string): GroupResult {
    const group = this.#groups.get(groupId)
    group.validateDelete()
    return { records: [...this.offsets.tombstones(groupId), ...group.tombstones()], response: undefined }
  }

  deleteOffsetsOfTopics(topics: readonly { readonly name: string; readonly topicId: string }[]): GroupResult {
    return { records: this.offsets.topicsDeleted(topics), response: undefined, divisible: true }
  }

  #removeClassic(groupId: string): void {
    const group = this.#groups.findClassic(groupId)
    if (group !== undefined) this.#classicRebalance.cancelAll(group)
    this.#groups.remove(groupId)
  }

  #replayForeign(record: ForeignRecord): void {
    const { groupId, groupType, isTombstone } = record
    if (isTombstone && this.#groups.find(groupId)?.type !== groupType) return
    const group = this.#groups.foreignOfRecord(groupId, groupType)
    group.replay(record)
    if (!group.hasRecords) this.#groups.remove(groupId)
  }

  #scheduleExpiry(): void {
    const intervalMs = this.#rooms.config.broker.get('offsets.retention.check.interval.ms')
    this.#timers.schedule(EXPIRY_TIMER, intervalMs, () => this.#expire())
  }

  /** Removes expired offsets, and the empty groups that have no offsets left. */
  #expire(): GroupResult {
    this.#scheduleExpiry()
    const records: GroupRecord[] = []
    for (const group of this.#groups) {
      if (!group.expires) continue
      if (this.offsets.expire(group, records) && group.isEmpty) records.push(...group.tombstones())
    }
    return records.length === 0 ? NOTHING : { records, response: undefined, divisible: true }
  }
}

/** The answer does not come with the result. */
function later(result: GroupResult): GroupResult<undefined> {
  return { ...result, response: undefined }
}

function isSubscribedToAny(group: ConsumerGroup, names: ReadonlySet<string>): boolean {
  for (const name of names) if (group.isSubscribedToTopic(name)) return true
  return false
}
