// Groups, transactions and producers as a test sees them: what the coordinators know, in plain objects.
import type { Rooms } from '../handlers.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  KafkaError,
  type Message,
  Reader,
  read,
} from '../wire/index.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Offsets by topic and partition: `{ orders: { 0: 12 } }`. */
export type Offsets = Readonly<Record<string, Readonly<Record<number, number>>>>

export interface GroupMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** The topics that it subscribed to by name. */
  readonly topics: readonly string[]
  readonly assignment: readonly TopicPartition[]
  /** Of a consumer group (KIP-848): the member's epoch. */
  readonly memberEpoch: number | undefined
}

export interface GroupView {
  readonly groupId: string
  /** `classic` groups join and sync; `consumer` groups only send heartbeats (KIP-848). */
  readonly type: 'classic' | 'consumer'
  /** As Kafka names it: `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Stable`, `Assigning`, `Reconciling`, `Dead`. */
  readonly state: string
  /** The assignor: what a classic group agreed on, or what the coordinator computes with. */
  readonly protocol: string
  readonly members: readonly GroupMember[]
  readonly committed: Offsets
  /** What there is behind the committed offsets, of every partition of the topics that are committed or assigned. */
  readonly lag: Offsets
  /** All lags together. */
  readonly totalLag: number
  /** Of a consumer group. */
  readonly groupEpoch: number | undefined
}

export interface TransactionView {
  readonly transactionalId: string
  /** `Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`. */
  readonly state: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly timeoutMs: number
  /** When it began, in ms since the epoch; undefined where none is open. */
  readonly startedMs: number | undefined
  readonly partitions: readonly TopicPartition[]
}

/** A producer that a partition remembers. */
export interface ProducerView {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestamp: number
  /** Where its open transaction began. */
  readonly transactionStartOffset: number | undefined
}

/** Undefined for a group that there is not. */
export async function groupView(rooms: Rooms, groupId: string): Promise<GroupView | undefined> {
  const { groups } = rooms
  try {
    groups.partitionFor(groupId)
    const [consumer] = await groups.describeConsumerGroups([groupId])
    const committed = await committedOffsets(rooms, groupId)
    if (consumer !== undefined && consumer.errorCode === undefined) {
      const members = (consumer.members ?? []).map((member) => ({
        memberId: member.memberId ?? '',
        instanceId: member.instanceId ?? null,
        clientId: member.clientId ?? '',
        clientHost: member.clientHost ?? '',
        topics: [...(member.subscribedTopicNames ?? [])],
        assignment: flat(
          (member.assignment?.topicPartitions ?? []).map(({ topicName = '', partitions = [] }) => ({
            topic: topicName,
            partitions,
          })),
        ),
        memberEpoch: member.memberEpoch,
      }))
      return {
        groupId,
        type: 'consumer',
        state: consumer.groupState ?? '',
        protocol: consumer.assignorName ?? '',
        members,
        committed,
        ...lagOf(rooms, committed, members),
        groupEpoch: consumer.groupEpoch,
      }
    }
    const [classic] = await groups.describeGroups([groupId])
    if (classic === undefined || classic.errorCode !== undefined) return undefined
    const isConsumer = classic.protocolType === 'consumer'
    const members = (classic.members ?? []).map((member) => ({
      memberId: member.memberId ?? '',
      instanceId: member.groupInstanceId ?? null,
      clientId: member.clientId ?? '',
      clientHost: member.clientHost ?? '',
      topics: isConsumer ? (embedded(ConsumerProtocolSubscription, member.memberMetadata)?.topics ?? []) : [],
      assignment: isConsumer
        ? flat(embedded(ConsumerProtocolAssignment, member.memberAssignment)?.assignedPartitions ?? [])
        : [],
      memberEpoch: undefined,
    }))
    return {
      groupId,
      type: 'classic',
      state: classic.groupState ?? '',
      protocol: classic.protocolData ?? '',
      members,
      committed,
      ...lagOf(rooms, committed, members),
      groupEpoch: undefined,
    }
  } catch (error) {
    // It is not there yet, or its shard is not.
    if (error instanceof KafkaError) return undefined
    throw error
  }
}

async function committedOffsets({ groups }: Rooms, groupId: string): Promise<Offsets> {
  const topics = await groups.fetchOffsets({ groupId, topics: null }, { requireStable: false })
  const offsets: Record<string, Record<number, number>> = {}
  for (const { name = '', partitions = [] } of topics) {
    for (const { partitionIndex = 0, committedOffset = -1 } of partitions) {
      if (committedOffset < 0) continue
      offsets[name] ??= {}
      offsets[name][partitionIndex] = committedOffset
    }
  }
  return offsets
}

/** Of every partition of the topics that the group has committed offsets of, or is assigned. */
function lagOf(
  { replicas, controller }: Rooms,
  committed: Offsets,
  members: readonly GroupMember[],
): { lag: Offsets; totalLag: number } {
  const assigned = members.flatMap(({ assignment }) => assignment.map(({ topic }) => topic))
  const lag: Record<string, Record<number, number>> = {}
  let totalLag = 0
  for (const topic of new Set([...Object.keys(committed), ...assigned])) {
    const ofTopic: Record<number, number> = {}
    lag[topic] = ofTopic
    for (const { partition: number } of controller.image.topicByName(topic)?.partitions ?? []) {
      const log = replicas.get(topic, number)?.log
      if (log === undefined) continue
      const behind = Math.max(0, log.highWatermark - Math.max(committed[topic]?.[number] ?? 0, log.logStartOffset))
      ofTopic[number] = behind
      totalLag += behind
    }
  }
  return { lag, totalLag }
}

/** What a client put into its bytes: a version, and the message behind it. */
function embedded<M extends Message>(schema: M, bytes: Uint8Array | undefined) {
  if (bytes === undefined || bytes.length < 2) return undefined
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const version = Math.min(Math.max(buffer.readInt16BE(0), 0), 3)
    return read(schema, version, new Reader(buffer, 2)) as ReturnType<
      typeof read<M extends Message<infer F> ? F : never>
    >
  } catch {
    return undefined
  }
}

function flat(topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
}

/** Undefined for an id that nobody has used. */
export async function transactionView(
  { transactions }: Rooms,
  transactionalId: string,
): Promise<TransactionView | undefined> {
  try {
    const described = await transactions.describe(transactionalId)
    return {
      transactionalId,
      state: described.transactionState,
      producerId: described.producerId,
      producerEpoch: described.producerEpoch,
      timeoutMs: described.transactionTimeoutMs,
      startedMs: described.transactionStartTimeMs < 0 ? undefined : described.transactionStartTimeMs,
      partitions: flat(described.topics),
    }
  } catch (error) {
    if (error instanceof KafkaError) return undefined
    throw error
  }
}
