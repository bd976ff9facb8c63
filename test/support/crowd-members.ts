// Consumers of either protocol that do as they are told, for the model test of groups: what they have is theirs by what
// the coordinator answered, and they let it go when it says so, sooner or later. They never wait: what is answered later
// is learned later.

import { readAssignment, readSubscription, writeAssignment } from '../../src/group/consumer-protocol.ts'
import type { JoinResponse } from '../../src/group/index.ts'
import { ConsumerProtocolSubscription, ErrorCode, encode, KafkaError } from '../../src/wire/index.ts'
import { Consumer } from './group-consumer.ts'
import { type GroupRoom, Member } from './group-room.ts'

export interface Subscription {
  readonly topics: readonly string[]
  /** Of the consumer protocol alone. */
  readonly regex: string | null
  readonly assignor: string | null
}

export interface MemberIdentity {
  readonly name: string
  readonly groupId: string
  readonly instanceId: string | null
}

/** How a client goes about its turn: as it should, without letting go what it should, or without hearing the answer. */
export type Manner = 'well' | 'slowly' | 'deaf'

export interface CrowdMember {
  room: GroupRoom
  readonly memberId: string
  /** Only classic members know generations. */
  readonly generation: number | undefined
  /** `topic-partition`, by the topic's id. */
  readonly owned: ReadonlySet<string>
  /** It has stopped for good. */
  readonly hasGivenUp: boolean
  takeTurn(manner: Manner): Promise<void>
  subscribe(subscription: Subscription): void
  leave(forAWhile: boolean): Promise<void>
  commit(): Promise<unknown>
}

const NOT_ITS_FAULT = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS'])
/** So it is answered when it joins in the first rebalance of a classic group, and gives up, as consumers of Kafka do. */
const FATAL = 'UNKNOWN_SERVER_ERROR'

const REBALANCE_TIMEOUT_MS = 20_000

async function errorNameOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt
    return 'NONE'
  } catch (error) {
    if (error instanceof KafkaError) return error.codeName
    throw error
  }
}

export class NewConsumer implements CrowdMember {
  readonly generation = undefined
  readonly #consumer: Consumer
  readonly #groupId: string
  #subscription: Subscription
  hasGivenUp = false
  #isIn = false
  /** Its next heartbeat says everything of it, as after an answer that did not come. */
  #saysAll = false
  #held: readonly { topicId: string; partitions: number[] }[] = []

  constructor(room: GroupRoom, { name, groupId, instanceId }: MemberIdentity, subscription: Subscription) {
    const options = { memberId: name, instanceId: instanceId ?? undefined }
    this.#consumer = new Consumer(room, groupId, options)
    this.#groupId = groupId
    this.#subscription = subscription
  }

  get room(): GroupRoom {
    return this.#consumer.room
  }

  set room(room: GroupRoom) {
    this.#consumer.room = room
  }

  get memberId(): string {
    return this.#consumer.memberId
  }

  get owned(): ReadonlySet<string> {
    const names = this.#held.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => `${topicId}-${partition}`),
    )
    return new Set(names)
  }

  subscribe(subscription: Subscription): void {
    this.#subscription = subscription
    this.#saysAll = true
  }

  async takeTurn(manner: Manner): Promise<void> {
    const consumer = this.#consumer
    const { epoch, assigned } = consumer
    const error = await errorNameOf(this.#isIn ? consumer.beat(this.#news()) : consumer.join(this.#introduction()))
    if (manner === 'deaf') {
      Object.assign(consumer, { epoch, assigned })
      this.#saysAll = true
      return
    }
    if (error === 'NONE') {
      this.#isIn = true
      this.#saysAll = false
      if (manner === 'well') this.#held = consumer.assigned
    } else if (!NOT_ITS_FAULT.has(error)) {
      this.hasGivenUp = error === FATAL
      this.#isIn = false
      this.#held = []
      consumer.assigned = []
    }
  }

  async leave(forAWhile: boolean): Promise<void> {
    const isBack = forAWhile && this.#consumer.options.instanceId !== undefined
    await errorNameOf(this.#consumer.leave(isBack ? -2 : -1))
  }

  commit(): Promise<unknown> {
    const partition = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, commitTimestamp: -1 }
    const { memberId, epoch: generationIdOrMemberEpoch } = this.#consumer
    return this.room.groups.commitOffsets(9, {
      groupId: this.#groupId,
      memberId,
      generationIdOrMemberEpoch,
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [
        { name: 'red', topicId: 'redredredredredredredA', partitions: [{ ...partition, committedMetadata: '' }] },
      ],
    })
  }

  #introduction() {
    const { topics, regex, assignor } = this.#subscription
    return {
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      subscribedTopicNames: [...topics],
      subscribedTopicRegex: regex ?? '',
      serverAssignor: assignor,
    }
  }

  /** It has let go by now what it is not to have. */
  #news() {
    const topicPartitions = [...this.#held]
    return this.#saysAll ? { ...this.#introduction(), topicPartitions } : { topicPartitions }
  }
}

type Phase = 'out' | 'waiting' | 'in'

/** Joins without letting go what it has, and lets go what the assignment does not give it (cooperative-sticky). */
export class ClassicConsumer implements CrowdMember {
  readonly hasGivenUp = false
  readonly #member: Member
  #topics: readonly string[]
  #phase: Phase = 'out'
  #held = new Set<string>()
  #hasToldTopics = false
  /** What the topics were when it led an assignment. */
  #assignedFor = ''

  constructor(room: GroupRoom, { name, groupId, instanceId }: MemberIdentity, { topics }: Subscription) {
    const options = {
      groupInstanceId: instanceId ?? undefined,
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      sessionTimeoutMs: 30_000,
    }
    this.#member = new Member(room, groupId, name, options)
    this.#topics = topics
  }

  get room(): GroupRoom {
    return this.#member.room
  }

  set room(room: GroupRoom) {
    this.#member.room = room
  }

  get memberId(): string {
    return this.#member.memberId
  }

  get generation(): number {
    return this.#member.generationId
  }

  get owned(): ReadonlySet<string> {
    return this.#held
  }

  subscribe({ topics }: Subscription): void {
    this.#topics = topics
    this.#hasToldTopics = false
  }

  async takeTurn(manner: Manner): Promise<void> {
    if (this.#phase === 'waiting') return
    // Whoever sends nothing is as silent as one who hears nothing.
    if (manner !== 'well') return
    const hasNewTopics = this.#member.isLeader && this.#assignedFor !== this.#topicsNow()
    if (this.#phase === 'out' || !this.#hasToldTopics || hasNewTopics) {
      void this.#join()
      return
    }
    const error = await errorNameOf(this.#member.heartbeat())
    if (error === 'REBALANCE_IN_PROGRESS') this.#phase = 'out'
    else if (error !== 'NONE') this.#lost(error)
  }

  async leave(): Promise<void> {
    if (this.memberId !== '') await errorNameOf(this.#member.leave())
  }

  commit(): Promise<unknown> {
    return this.#member.commit(1)
  }

  async #join(): Promise<void> {
    const member = this.#member
    this.#phase = 'waiting'
    this.#hasToldTopics = true
    member.options = { ...member.options, protocols: { 'cooperative-sticky': this.#subscriptionBytes() } }
    const response: JoinResponse = await member.join().catch(asAnswer)
    const error = nameOf(response.errorCode)
    if (error !== 'NONE') {
      this.#phase = 'out'
      if (error !== 'MEMBER_ID_REQUIRED' && error !== 'REBALANCE_IN_PROGRESS') this.#lost(error)
      return
    }
    const isLeading = member.isLeader && response.skipAssignment !== true
    if (isLeading) this.#assignedFor = this.#topicsNow()
    const synced = await member.sync(isLeading ? this.#assignments(response) : {}).catch(asAnswer)
    const syncError = nameOf(synced.errorCode)
    this.#phase = 'out'
    if (syncError !== 'NONE') {
      if (syncError !== 'REBALANCE_IN_PROGRESS') this.#lost(syncError)
      return
    }
    const before = this.#held
    this.#held = new Set(partitionsOf(this.room, Buffer.from(synced.assignment ?? [])))
    const hasLetGo = [...before].some((partition) => !this.#held.has(partition))
    this.#phase = hasLetGo ? 'out' : 'in'
  }

  /** A leader joins again where topics change; consumers of the new protocol leave that to the coordinator. */
  #topicsNow(): string {
    const topics = Array.from(this.room.image.topics(), ({ topicId, partitions }) => `${topicId} ${partitions.length}`)
    return topics.join()
  }

  #lost(error: string): void {
    this.#phase = 'out'
    if (NOT_ITS_FAULT.has(error)) return
    this.#held = new Set()
    this.#member.memberId = ''
    this.#member.generationId = -1
  }

  #subscriptionBytes(): Buffer {
    const owned = new Map<string, number[]>()
    for (const partition of this.#held) {
      const at = partition.lastIndexOf('-')
      const topic = this.room.image.topicById(partition.slice(0, at))?.name
      if (topic !== undefined) owned.set(topic, [...(owned.get(topic) ?? []), Number(partition.slice(at + 1))])
    }
    const ownedPartitions = Array.from(owned, ([topic, partitions]) => ({ topic, partitions }))
    const value = { topics: [...this.#topics], userData: null, ownedPartitions, generationId: -1, rackId: null }
    return Buffer.concat([Buffer.from([0, 3]), encode(ConsumerProtocolSubscription, 3, value)])
  }

  /** As the leader: who has a partition that another is to have keeps nothing of it, and nobody has it until the next time. */
  #assignments({ members = [] }: JoinResponse): Record<string, Buffer> {
    const said = members.map(({ memberId = '', metadata = Buffer.alloc(0) }) => ({
      memberId,
      ...readSubscription(metadata as Buffer),
    }))
    const owners = new Map<string, string>()
    for (const { memberId, ownedPartitions } of said) {
      for (const { topic, partitions } of ownedPartitions) {
        for (const partition of partitions) owners.set(`${topic}-${partition}`, memberId)
      }
    }
    return Object.fromEntries(
      said.map(({ memberId }) => {
        const assigned = [...new Set(said.flatMap(({ topics }) => topics))].flatMap((topic) => {
          const count = this.room.image.topicByName(topic)?.partitions.length ?? 0
          const takers = said.filter(({ topics }) => topics.includes(topic))
          const partitions = [...Array(count).keys()].filter((partition) => {
            const owner = owners.get(`${topic}-${partition}`)
            return takers[partition % takers.length]?.memberId === memberId && (owner ?? memberId) === memberId
          })
          return partitions.length === 0 ? [] : [{ topic, partitions }]
        })
        return [memberId, writeAssignment(assigned, Buffer.from([0, 3]))]
      }),
    )
  }
}

function asAnswer(error: unknown): { errorCode: number; assignment?: undefined } {
  if (error instanceof KafkaError) return { errorCode: error.code }
  throw error
}

function nameOf(errorCode = 0): string {
  return Object.entries(ErrorCode).find(([, code]) => code === errorCode)?.[0] ?? 'UNKNOWN'
}

function partitionsOf({ image }: GroupRoom, assignment: Buffer): string[] {
  if (assignment.length === 0) return []
  return readAssignment(assignment).assignedPartitions.flatMap(({ topic, partitions }) => {
    const topicId = image.topicByName(topic)?.topicId ?? topic
    return partitions.map((partition) => `${topicId}-${partition}`)
  })
}
