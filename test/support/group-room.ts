// The group room for its unit tests: a coordinator on a clock that stands still, over a log in memory.
import { type BrokerConfig, ConfigResourceType, loadBrokerConfig } from '../../src/config/index.ts'
import { GroupCoordinator, type JoinResponse, type SyncResponse } from '../../src/group/index.ts'
import { type TestIo, testIo } from '../../src/io/testing.ts'
import { CONSUMER_OFFSETS, MetadataImage } from '../../src/metadata/index.ts'
import { ConsumerProtocolSubscription, ErrorCode, encode, type OffsetCommitRequest } from '../../src/wire/index.ts'
import { MemoryStorage, turn } from './coordinator-storage.ts'

const NODE_ID = 1
const PARTITIONS = 3

/** What a Kafka client's topics are to the coordinator: names with ids. */
export const topicIds = { red: 'redredredredredredredA', blue: 'blueblueblueblueblueAA' } as const

function makeImage(): MetadataImage {
  const image = new MetadataImage('clusterclusterclusterA', NODE_ID)
  const topicId = 'offsetsoffsetsoffsetsA'
  image.apply([
    { type: 'TopicRecord', version: 0, data: { name: CONSUMER_OFFSETS, topicId } },
    ...Array.from({ length: PARTITIONS }, (_, partitionId) => partitionRecord(topicId, partitionId)),
    ...Object.entries(topicIds).flatMap(([name, id]) => [
      { type: 'TopicRecord' as const, version: 0, data: { name, topicId: id } },
      partitionRecord(id, 0),
      partitionRecord(id, 1),
    ]),
    { type: 'FeatureLevelRecord', version: 0, data: { name: 'group.version', featureLevel: 1 } },
  ])
  return image
}

/** The id of a topic that tests create. */
export function topicIdOf(name: string): string {
  return Buffer.from(name.padEnd(16, '-').slice(0, 16)).toString('base64url')
}

export function createTopic({ image }: GroupRoom, name: string, partitions: number): void {
  const topicId = topicIdOf(name)
  image.endOffset += 1 + partitions
  image.apply([
    { type: 'TopicRecord', version: 0, data: { name, topicId } },
    ...Array.from({ length: partitions }, (_, partition) => partitionRecord(topicId, partition)),
  ])
}

export function addPartition({ image }: GroupRoom, name: string): void {
  const topic = image.topicByName(name)
  if (topic === undefined) throw new Error(`there is no topic ${name}`)
  image.endOffset += 1
  image.apply([partitionRecord(topic.topicId, topic.partitions.length)])
}

export function deleteTopic({ image }: GroupRoom, name: string): void {
  image.endOffset += 1
  image.apply([{ type: 'RemoveTopicRecord', version: 0, data: { topicId: image.topicByName(name)?.topicId ?? '' } }])
}

/** Sets a config of the group, or clears it. */
export function setGroupConfig({ image }: GroupRoom, groupId: string, name: string, value: string | null): void {
  const data = { resourceType: ConfigResourceType.GROUP, resourceName: groupId, name, value }
  image.apply([{ type: 'ConfigRecord', version: 0, data }])
}

function partitionRecord(topicId: string, partitionId: number) {
  return {
    type: 'PartitionRecord' as const,
    version: 1,
    data: {
      partitionId,
      topicId,
      replicas: [NODE_ID],
      isr: [NODE_ID],
      removingReplicas: [],
      addingReplicas: [],
      leader: NODE_ID,
      leaderRecoveryState: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: ['directorydirectoryAAAA'],
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    },
  }
}

/** Which broker leads the partitions of __consumer_offsets from now on. */
export function moveLeadership(image: MetadataImage, leader: number): void {
  const topicId = image.topicByName(CONSUMER_OFFSETS)?.topicId ?? ''
  for (let partitionId = 0; partitionId < PARTITIONS; partitionId++) {
    const change = { partitionId, topicId, leader, isr: null, replicas: null, removingReplicas: null }
    const rest = { addingReplicas: null, leaderRecoveryState: -1, directories: null }
    const data = { ...change, ...rest, eligibleLeaderReplicas: null, lastKnownElr: null }
    image.apply([{ type: 'PartitionChangeRecord', version: 2, data }])
  }
}

export interface GroupRoom {
  readonly io: TestIo
  readonly storage: MemoryStorage
  readonly image: MetadataImage
  readonly groups: GroupCoordinator
  /** Moves the clock on and lets everything happen that is due. */
  pass(ms: number): Promise<void>
  /** Another coordinator over the same log, after a crash of this one. */
  restarted(): Promise<GroupRoom>
}

export async function groupRoom(configs: Record<string, string> = {}): Promise<GroupRoom> {
  const standard = { 'group.initial.rebalance.delay.ms': '0', ...configs }
  return roomOver(new MemoryStorage(), makeImage(), testIo(), loadBrokerConfig({ overrides: standard }))
}

/** Of the coordinators after the first, so that none makes up the ids of another. */
let seeds = 1

async function roomOver(
  storage: MemoryStorage,
  image: MetadataImage,
  io: TestIo,
  config: BrokerConfig,
): Promise<GroupRoom> {
  const { clock, random, log } = io
  const groups = new GroupCoordinator({ storage, image, nodeId: NODE_ID, config: () => config, clock, random, log })
  await groups.start()
  return {
    io,
    storage,
    image,
    groups,
    async pass(ms) {
      clock.advance(ms)
      await turn()
    },
    restarted: () => roomOver(storage, image, testIo({ seed: ++seeds, nowMs: clock.now() }), config),
  }
}

/** A subscription as consumers send it. */
export function subscription(...topics: string[]): Buffer {
  return Buffer.concat([Buffer.alloc(2), encode(ConsumerProtocolSubscription, 0, { topics, userData: null })])
}

export interface MemberOptions {
  readonly apiVersion?: number
  readonly groupInstanceId?: string
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly protocolType?: string
  readonly protocols?: Record<string, Buffer>
}

/** A client of the classic protocol: it remembers its member id and its generation. */
export class Member {
  room: GroupRoom
  readonly #groupId: string
  readonly #clientId: string
  options: MemberOptions
  memberId = ''
  generationId = -1
  leader = ''

  constructor(room: GroupRoom, groupId: string, clientId: string, options: MemberOptions = {}) {
    this.room = room
    this.#groupId = groupId
    this.#clientId = clientId
    this.options = options
  }

  get isLeader(): boolean {
    return this.leader === this.memberId
  }

  /** One JoinGroup; with MEMBER_ID_REQUIRED it has its id, and with success its generation. */
  async join(): Promise<JoinResponse> {
    const { apiVersion = 9, groupInstanceId = null, protocols = { range: subscription('red') } } = this.options
    const { sessionTimeoutMs = 10_000, rebalanceTimeoutMs = 60_000, protocolType = 'consumer' } = this.options
    const who = { apiVersion, clientId: this.#clientId, clientHost: '/127.0.0.1' }
    const response = await this.room.groups.joinGroup(who, {
      groupId: this.#groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.memberId,
      groupInstanceId,
      protocolType,
      protocols: Object.entries(protocols).map(([name, metadata]) => ({ name, metadata })),
      reason: null,
    })
    if (response.memberId) this.memberId = response.memberId
    if (!response.errorCode) {
      this.generationId = response.generationId ?? -1
      this.leader = response.leader ?? ''
    }
    return response
  }

  /** Joins until it is in a generation, which may take until the others do. */
  async enter(): Promise<JoinResponse> {
    const response = await this.join()
    return response.errorCode === ErrorCode.MEMBER_ID_REQUIRED ? this.join() : response
  }

  sync(assignments: Record<string, string | Buffer> = {}): Promise<SyncResponse> {
    return this.room.groups.syncGroup({
      ...this.#identity(),
      protocolType: null,
      protocolName: null,
      assignments: Object.entries(assignments).map(([memberId, text]) => ({
        memberId,
        assignment: typeof text === 'string' ? Buffer.from(text) : text,
      })),
    })
  }

  heartbeat(): Promise<void> {
    return this.room.groups.heartbeat(this.#identity())
  }

  leave() {
    const { groupInstanceId = null } = this.options
    return this.room.groups.leaveGroup(this.#groupId, [{ memberId: this.memberId, groupInstanceId }])
  }

  commit(offset: number, topic: keyof typeof topicIds = 'red'): Promise<number> {
    const { generationId: generationIdOrMemberEpoch, ...identity } = this.#identity()
    return commit(this.room, { ...identity, generationIdOrMemberEpoch, offset, topic })
  }

  #identity() {
    const { groupInstanceId = null } = this.options
    return { groupId: this.#groupId, memberId: this.memberId, generationId: this.generationId, groupInstanceId }
  }
}

interface Commit extends Partial<Omit<OffsetCommitRequest, 'topics'>> {
  readonly groupId: string
  readonly offset: number
  readonly topic?: keyof typeof topicIds
  readonly partition?: number
  readonly metadata?: string
  readonly apiVersion?: number
}

/** Commits one offset; the error code of its partition. */
export async function commit(room: GroupRoom, { offset, metadata = '', apiVersion = 9, ...more }: Commit) {
  const { topic = 'red', partition: partitionIndex = 0, ...request } = more
  const partition = { partitionIndex, committedOffset: offset, committedLeaderEpoch: 4, commitTimestamp: -1 }
  const response = await room.groups.commitOffsets(apiVersion, {
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    ...request,
    topics: [{ name: topic, topicId: topicIds[topic], partitions: [{ ...partition, committedMetadata: metadata }] }],
  })
  return response.topics?.[0]?.partitions?.[0]?.errorCode ?? 0
}

/** All offsets of a group as `topic-partition` to offset. */
export async function offsetsOf(
  room: GroupRoom,
  groupId: string,
  { requireStable = false } = {},
): Promise<Record<string, number>> {
  const topics = await room.groups.fetchOffsets({ groupId, topics: null }, { requireStable })
  const found = topics.flatMap(({ name, partitions = [] }) =>
    partitions.map(
      ({ partitionIndex, committedOffset = -1 }) => [`${name}-${partitionIndex}`, committedOffset] as const,
    ),
  )
  return Object.fromEntries(found)
}

export async function stateOf(room: GroupRoom, groupId: string): Promise<string | undefined> {
  const [group] = await room.groups.describeGroups([groupId])
  return group?.groupState
}
