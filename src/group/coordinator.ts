// The group coordinator: finds the shard of each group, and gives every request its answer. One shard per partition of
// __consumer_offsets that this broker leads; the metadata image says which those are, and which topics are gone.
import type { BrokerConfig } from '../config/index.ts'
import {
  CoordinatorRuntime,
  type CoordinatorStorage,
  javaHashCode,
  javaHashSetOrder,
  partitionFor,
  type TransactionMarker,
} from '../coordinator/index.ts'
import type { Clock, Logger, Random } from '../io/index.ts'
import type { VerificationGuard } from '../log/index.ts'
import {
  CONSUMER_OFFSETS,
  type MetadataDelta,
  type MetadataImage,
  type PartitionRegistration,
} from '../metadata/index.ts'
import {
  type ConsumerGroupHeartbeatRequest,
  type Draft,
  ErrorCode,
  type HeartbeatRequest,
  type JoinGroupRequest,
  KafkaError,
  type LeaveGroupResponse,
  type OffsetCommitRequest,
  type OffsetDeleteRequest,
  type SyncGroupRequest,
  type TxnOffsetCommitRequest,
} from '../wire/index.ts'
import { assignorsOf } from './assignors/index.ts'
import type { LeavingMember, Requester } from './classic-groups.ts'
import type { Answer, JoinResponse, SyncResponse } from './classic-member.ts'
import type { HeartbeatResponse } from './consumer-groups.ts'
import type { DescribedConsumerGroup, DescribedGroup, GroupFilters, ListedGroup } from './descriptions.ts'
import { inCoordinatorTerms, inFetchTerms } from './errors.ts'
import { GroupTopics } from './group-topics.ts'
import { checkHeartbeat } from './heartbeat-check.ts'
import { LiveGroupConfig } from './live-group-config.ts'
import type { CommitResponse, DeleteResponse, FetchedTopics, FetchGroup, TxnCommitResponse } from './offsets.ts'
import { type GroupRecord, type GroupResult, groupRecordCodec } from './records.ts'
import { GroupShard } from './shard.ts'

export type LeaveResponse = Draft<typeof LeaveGroupResponse>

export interface GroupCoordinatorRooms {
  /** Where __consumer_offsets is kept: see `consumerOffsetsStorage`. */
  readonly storage: CoordinatorStorage
  readonly image: MetadataImage
  readonly nodeId: number
  readonly config: () => BrokerConfig
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export class GroupCoordinator {
  readonly #rooms: GroupCoordinatorRooms
  readonly #runtime: CoordinatorRuntime<GroupShard, GroupRecord>
  readonly #topics: GroupTopics
  /** The names of the assignors of consumer groups, as Kafka lists them. */
  readonly #assignorNames: readonly string[]
  /** What groups are spread over, fixed while the coordinator serves; 0 where it does not. */
  #partitionCount = 0
  #unsubscribe: () => void = () => undefined

  /** Throws where the broker's config names an assignor that is not there. */
  constructor(rooms: GroupCoordinatorRooms) {
    this.#rooms = rooms
    const { storage, image, config, clock, random, log } = rooms
    const topics = new GroupTopics(image)
    const assignors = assignorsOf(config().get('group.consumer.assignors'))
    const live = new LiveGroupConfig(config, image)
    this.#topics = topics
    this.#assignorNames = javaHashSetOrder(
      assignors.map(({ name }) => name),
      javaHashCode,
    )
    this.#runtime = new CoordinatorRuntime<GroupShard, GroupRecord>({
      name: 'group',
      storage,
      codec: groupRecordCodec,
      clock,
      log,
      makeShard: (_partition, timers) =>
        new GroupShard({ config: live, topics, assignors, clock, random, log }, timers),
    })
  }

  /**
   * Serves from now on, and follows the image: whoever opens the logs must have subscribed to it before. Resolves when
   * what this broker leads now is loaded; until then requests are answered COORDINATOR_LOAD_IN_PROGRESS.
   */
  async start(): Promise<void> {
    const { image, config } = this.#rooms
    const partitions = image.topicByName(CONSUMER_OFFSETS)?.partitions ?? []
    this.#partitionCount = partitions.length === 0 ? config().get('offsets.topic.num.partitions') : partitions.length
    this.#unsubscribe = image.subscribe((delta) => this.#follow(delta))
    await Promise.all(partitions.map((partition) => this.#lead(partition)))
  }

  /** Answers all that waits with NOT_COORDINATOR, and everything after with COORDINATOR_NOT_AVAILABLE. */
  close(): void {
    this.#unsubscribe()
    this.#partitionCount = 0
    this.#runtime.close()
  }

  /** Gives the group's shard up and takes it over again, as two coordinators would. */
  async handOver(groupId: string): Promise<void> {
    const partition = this.partitionFor(groupId)
    this.#runtime.unload(partition)
    await this.#runtime.load(partition)
  }

  /** Has the members of a group join again, as after a change that matters to all of them. */
  async rebalance(groupId: string): Promise<void> {
    await this.#write(this.#requireGroupId({ groupId }), (shard) => shard.rebalance(groupId))
  }

  /** The partition of __consumer_offsets that holds a group. */
  partitionFor(groupId: string): number {
    if (this.#partitionCount === 0) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    return partitionFor(groupId, this.#partitionCount)
  }

  async joinGroup(who: Requester, request: JoinGroupRequest): Promise<JoinResponse> {
    const { groupId, memberId, sessionTimeoutMs } = request
    const config = this.#rooms.config()
    const isTimeoutValid =
      sessionTimeoutMs >= config.get('group.min.session.timeout.ms') &&
      sessionTimeoutMs <= config.get('group.max.session.timeout.ms')
    if (this.#partitionCount === 0) return { memberId, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE }
    if (groupId === '') return { memberId, errorCode: ErrorCode.INVALID_GROUP_ID }
    if (!isTimeoutValid) return { memberId, errorCode: ErrorCode.INVALID_SESSION_TIMEOUT }
    return this.#writeAndWait(groupId, (shard, answer) => shard.join(who, request, answer))
  }

  /** An error is part of the answer, with its message. */
  async consumerGroupHeartbeat(who: Requester, request: ConsumerGroupHeartbeatRequest): Promise<HeartbeatResponse> {
    if (this.#partitionCount === 0) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    checkHeartbeat(request, who.apiVersion, this.#assignorNames)
    return this.#write(request.groupId, (shard) => shard.consumerHeartbeat(who, request))
  }

  async syncGroup(request: SyncGroupRequest): Promise<SyncResponse> {
    const groupId = this.#requireGroupId(request)
    return this.#writeAndWait(groupId, (shard, answer) => shard.sync(request, answer))
  }

  async heartbeat(request: HeartbeatRequest): Promise<void> {
    const groupId = this.#requireGroupId(request)
    try {
      await this.#write(groupId, (shard) => shard.heartbeat(request))
    } catch (error) {
      // The member need not do anything: it is still one when the group is loaded.
      if (error instanceof KafkaError && error.codeName === 'COORDINATOR_LOAD_IN_PROGRESS') return
      throw error
    }
  }

  async leaveGroup(groupId: string, members: readonly LeavingMember[]): Promise<LeaveResponse> {
    this.#requireGroupId({ groupId })
    try {
      return { members: await this.#write(groupId, (shard) => shard.leave(groupId, members)) }
    } catch (error) {
      if (!(error instanceof KafkaError) || error.codeName !== 'UNKNOWN_MEMBER_ID') throw error
      return { members: members.map((member) => ({ ...member, errorCode: error.code })) }
    }
  }

  /** Topics must have both name and id. What goes wrong is told for each partition. */
  async commitOffsets(apiVersion: number, request: OffsetCommitRequest): Promise<CommitResponse> {
    try {
      return await this.#write(request.groupId, (shard) => shard.commitOffsets(apiVersion, request))
    } catch (error) {
      const errorCode = this.#codeOf(error)
      const topics = request.topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      }))
      return { topics }
    }
  }

  /**
   * The offsets take effect when the producer's transaction is committed. `verify` makes sure that this partition of
   * __consumer_offsets belongs to it, or rejects. Rejects with the log's own refusals too.
   */
  async commitTransactionalOffsets(
    request: TxnOffsetCommitRequest,
    verify: (partition: number) => Promise<VerificationGuard | undefined> = async () => undefined,
  ): Promise<TxnCommitResponse> {
    const groupId = this.#requireGroupId(request)
    const { producerId, producerEpoch } = request
    const partition = this.partitionFor(groupId)
    return translated(inCoordinatorTerms, async () => {
      const transaction = { producerId, producerEpoch, verificationGuard: await verify(partition) }
      return this.#runtime.writeTransactional(partition, transaction, (shard) =>
        shard.offsets.commitTransactional(request, (topic) => this.#topics.byName(topic)?.topicId),
      )
    })
  }

  /** Ends a producer's transaction in a partition of __consumer_offsets; resolves when its marker is written. */
  async completeTransaction(partition: number, marker: TransactionMarker): Promise<void> {
    if (this.#partitionCount === 0) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    return this.#runtime.completeTransaction(partition, marker)
  }

  /** Topics are asked for by name, and by id where one is given; null asks for all that the group has. */
  async fetchOffsets(
    { memberId = null, memberEpoch = -1, ...group }: Partial<FetchGroup> & Pick<FetchGroup, 'groupId' | 'topics'>,
    { requireStable }: { requireStable: boolean },
  ): Promise<FetchedTopics> {
    const partition = this.partitionFor(group.groupId)
    return translated(inFetchTerms, () =>
      this.#runtime.read(partition, (shard) => shard.offsets.fetch({ ...group, memberId, memberEpoch }, requireStable)),
    )
  }

  async deleteOffsets(request: Pick<OffsetDeleteRequest, 'groupId' | 'topics'>): Promise<DeleteResponse> {
    const groupId = this.#requireGroupId(request)
    return this.#write(groupId, (shard) => shard.offsets.delete(request))
  }

  async listGroups(filters: GroupFilters): Promise<ListedGroup[]> {
    if (this.#partitionCount === 0) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    const listed = this.#runtime.readAll((shard) => shard.list(filters))
    const groups = await Promise.all(listed.map((ofShard) => ofShard.catch(noneIfElsewhere)))
    return groups.flat()
  }

  /** Classic groups, in the order asked; an error for each group where there is one. */
  describeGroups(groupIds: readonly string[]): Promise<DescribedGroup[]> {
    return this.#describeAll(groupIds, (shard, groupId) => shard.describe(groupId))
  }

  /** As `describeGroups`, of consumer groups. */
  describeConsumerGroups(groupIds: readonly string[]): Promise<DescribedConsumerGroup[]> {
    return this.#describeAll(groupIds, (shard, groupId) => {
      if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
      return shard.describeConsumer(groupId)
    })
  }

  /** The error code of each, in the order asked. */
  deleteGroups(groupIds: readonly string[]): Promise<number[]> {
    return Promise.all(
      groupIds.map(async (groupId) => {
        try {
          await this.#write(groupId, (shard) => shard.delete(groupId))
          return ErrorCode.NONE
        } catch (error) {
          return this.#codeOf(error)
        }
      }),
    )
  }

  #describeAll<D extends { groupId?: string }>(
    groupIds: readonly string[],
    describe: (shard: GroupShard, groupId: string) => D,
  ): Promise<(D | { groupId: string; errorCode: number; errorMessage: string | null })[]> {
    return Promise.all(
      groupIds.map(async (groupId) => {
        try {
          return await this.#runtime.read(this.partitionFor(groupId), (shard) => describe(shard, groupId))
        } catch (error) {
          const errorMessage = error instanceof KafkaError ? error.errorMessage : null
          return { groupId, errorCode: this.#codeOf(error), errorMessage }
        }
      }),
    )
  }

  #follow(delta: MetadataDelta): void {
    const { partitionsAdded, partitionsChanged, topicsCreated, topicsDeleted } = delta
    const changed = this.#topics.changed(delta)
    if (changed.size > 0) this.#runtime.tellAll((shard) => shard.topicsChanged(changed, topicsCreated.length > 0))
    if (topicsDeleted.some(({ name }) => name === CONSUMER_OFFSETS)) this.#runtime.close()
    for (const { topic, partition } of [...partitionsAdded, ...partitionsChanged]) {
      if (topic.name === CONSUMER_OFFSETS) void this.#lead(partition)
    }
    if (topicsDeleted.length === 0) return
    void this.#runtime.writeAll('remove the offsets of deleted topics', (shard) =>
      shard.deleteOffsetsOfTopics(topicsDeleted),
    )
  }

  /** Takes over the partition where this broker leads it, gives it up where another one does. */
  async #lead({ partition, leader }: PartitionRegistration): Promise<void> {
    if (leader === this.#rooms.nodeId) await this.#runtime.load(partition)
    else this.#runtime.unload(partition)
  }

  #requireGroupId({ groupId }: { groupId: string }): string {
    if (this.#partitionCount === 0) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
    return groupId
  }

  async #write<T>(groupId: string, operation: (shard: GroupShard) => GroupResult<T>): Promise<T> {
    const partition = this.partitionFor(groupId)
    return translated(inCoordinatorTerms, () => this.#runtime.write(partition, operation))
  }

  /** The state machine answers at once, or when it will; where the operation fails, the runtime does. */
  #writeAndWait<T>(
    groupId: string,
    operation: (shard: GroupShard, answer: Answer<T>) => GroupResult<T | undefined>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#write(groupId, (shard) => operation(shard, resolve)).then((response) => {
        if (response !== undefined) resolve(response)
      }, reject)
    })
  }

  /** For answers that carry an error for each thing asked. */
  #codeOf(error: unknown): number {
    if (error instanceof KafkaError) return inCoordinatorTerms(error).code
    this.#rooms.log.error({ err: error }, 'a request about groups met a bug')
    return ErrorCode.UNKNOWN_SERVER_ERROR
  }
}

/** Another broker lists them, or none of their shards is there yet. */
function noneIfElsewhere(error: unknown): ListedGroup[] {
  if (error instanceof KafkaError && error.codeName === 'NOT_COORDINATOR') return []
  throw error instanceof KafkaError ? inCoordinatorTerms(error) : error
}

async function translated<T>(terms: (error: KafkaError) => KafkaError, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    throw error instanceof KafkaError ? terms(error) : error
  }
}
