// A consumer of the protocol of KIP-848 for the unit tests of the group room: it remembers its epoch and what it was told
// to have, and says of itself only what the test has it say.
import type { HeartbeatResponse } from '../../src/group/consumer-groups.ts'
import type { ConsumerGroupHeartbeatRequest } from '../../src/wire/index.ts'
import type { GroupRoom } from './group-room.ts'

export type HeartbeatDraft = Partial<ConsumerGroupHeartbeatRequest>
type Owned = { topicId: string; partitions: number[] }[]

export interface ConsumerOptions {
  readonly memberId?: string
  readonly apiVersion?: number
  readonly instanceId?: string
  readonly rackId?: string
  readonly assignor?: string
  readonly topics?: readonly string[]
  readonly regex?: string
  readonly rebalanceTimeoutMs?: number
}

let made = 0

export class Consumer {
  room: GroupRoom
  readonly groupId: string
  readonly options: ConsumerOptions
  memberId: string
  epoch = 0
  /** What it was told to have. */
  assigned: Owned = []

  constructor(room: GroupRoom, groupId: string, options: ConsumerOptions = {}) {
    this.room = room
    this.groupId = groupId
    this.options = options
    this.memberId = options.memberId ?? `member-${++made}`
  }

  /** Joins with all that it has to say. */
  join(more: HeartbeatDraft = {}): Promise<HeartbeatResponse> {
    const {
      instanceId = null,
      rackId = null,
      assignor = null,
      topics,
      regex,
      rebalanceTimeoutMs = 60_000,
    } = this.options
    this.epoch = 0
    return this.beat({
      instanceId,
      rackId,
      rebalanceTimeoutMs,
      serverAssignor: assignor,
      subscribedTopicNames: topics === undefined ? (regex === undefined ? ['red'] : null) : [...topics],
      subscribedTopicRegex: regex ?? null,
      topicPartitions: [],
      ...more,
    })
  }

  /** A heartbeat that says nothing new but what it is given. */
  async beat(more: HeartbeatDraft = {}): Promise<HeartbeatResponse> {
    const { apiVersion = 1, instanceId = null } = this.options
    const who = { apiVersion, clientId: 'client', clientHost: '/127.0.0.1' }
    const response = await this.room.groups.consumerGroupHeartbeat(who, {
      groupId: this.groupId,
      memberId: this.memberId,
      memberEpoch: this.epoch,
      instanceId,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: null,
      ...more,
    })
    this.memberId = response.memberId ?? this.memberId
    this.epoch = response.memberEpoch ?? this.epoch
    this.assigned = response.assignment?.topicPartitions?.map(copied) ?? this.assigned
    return response
  }

  /** Says that it has what it was told to have. */
  confirm(): Promise<HeartbeatResponse> {
    return this.beat({ topicPartitions: this.assigned })
  }

  leave(memberEpoch: -1 | -2 = -1): Promise<HeartbeatResponse> {
    return this.beat({ memberEpoch })
  }

  /** What it was told to have, as `topic-partition`. */
  get partitions(): string[] {
    return this.assigned.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => this.#name(topicId, partition)),
    )
  }

  #name(topicId: string, partition: number): string {
    return `${this.room.image.topicById(topicId)?.name ?? 'gone'}-${partition}`
  }
}

function copied({ topicId = '', partitions = [] }: { topicId?: string; partitions?: readonly number[] }) {
  return { topicId, partitions: [...partitions].sort((a, b) => a - b) }
}

/** Consumers that joined one after another and have what they are to have. */
export async function settledConsumers(
  room: GroupRoom,
  groupId: string,
  ...options: ConsumerOptions[]
): Promise<Consumer[]> {
  const consumers = options.map((one) => new Consumer(room, groupId, one))
  for (const consumer of consumers) {
    await consumer.join()
    await room.pass(1000)
  }
  await settle(room, consumers)
  return consumers
}

/** Time goes on, and all follow what they are told, until nobody is told anything new. */
export async function settle(room: GroupRoom, consumers: readonly Consumer[]): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const before = consumers.map(({ epoch }) => epoch)
    let hasNews = false
    for (const consumer of consumers) if ((await consumer.confirm()).assignment != null) hasNews = true
    if (!hasNews && consumers.every(({ epoch }, index) => epoch === before[index] && epoch === consumers[0]?.epoch))
      return
    await room.pass(1000)
  }
  throw new Error('the group does not settle')
}

export async function consumerStateOf(room: GroupRoom, groupId: string): Promise<string | undefined> {
  const [group] = await room.groups.describeConsumerGroups([groupId])
  return group?.groupState
}
