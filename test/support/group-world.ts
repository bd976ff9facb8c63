// Random lives of groups, for histories: consumers of both protocols that join, follow what they are told more or less
// well, leave and crash; topics that come, grow and go; time that passes; restarts; and admin clients that look on. What
// a client does next follows from the answers it had, so a history is made against a shard, step by step.
import {
  ConsumerProtocolAssignment as AssignmentSchema,
  type ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  ErrorCode,
  encode,
  type Json,
} from '../../src/wire/index.ts'
import { type GroupApi, type Outcome, offsetsTopic, type RequestStep, type Step, type Topics } from './group-shards.ts'
import type { Seeded } from './random.ts'

type Body = Record<string, Json>
type TopicPartitions = { topicId: string; partitions: number[] }[]

interface Client {
  readonly name: string
  readonly groupId: string
  readonly instanceId: string | null
  memberId: string
  /** Epoch or generation; -1 while it is no member. */
  epoch: number
}

interface Consumer extends Client {
  readonly kind: 'consumer'
  /** What it was told to have. */
  assigned: TopicPartitions
  /** What it has. */
  owned: TopicPartitions
  topics: string[] | null
  regex: string | null
  assignor: string | null
  /** It has yet to say what it has. */
  hasNews: boolean
}

interface Classic extends Client {
  readonly kind: 'classic'
  topics: string[]
  subscriptionVersion: number
  protocols: string[]
  owned: { topic: string; partitions: number[] }[]
  waiting: 'no' | 'join' | 'sync'
  isLeader: boolean
  members: string[]
  mustJoin: boolean
  mustSync: boolean
}

export interface WorldOptions {
  readonly groups: number
  readonly clients: number
  /** How many of the clients speak the classic protocol. */
  readonly classicShare: number
  readonly configs: Readonly<Record<string, string>>
}

const REGEXES = ['t.*', 'topic-[ab].*', '.*', 'u[0-9]', '(topic-a|u1)', 'nothing']
const INVALID_REGEXES = ['[', 'a**', '(?=a)', '(', '\\8']
const ASSIGNORS = ['uniform', 'range', null, null]
const DELAYS = [0, 1, 100, 500, 1000, 1000, 1001, 2500, 5000, 10_001, 46_000]
const TOPIC_NAMES = ['topic-a', 'topic-b', 'topic-ab', 'u1', 'u2', 'v']

export class GroupWorld {
  readonly #random: Seeded
  readonly #options: WorldOptions
  readonly #clients: (Consumer | Classic)[] = []
  readonly #asked = new Map<number, { client: Consumer | Classic | undefined; step: RequestStep }>()
  #topics: Topics = {}
  #version = 100
  #nextId = 1
  #nextName = 1

  constructor(random: Seeded, options: WorldOptions) {
    this.#random = random
    this.#options = options
  }

  start(): Step {
    for (const name of TOPIC_NAMES.slice(0, 3)) this.#topics = { ...this.#topics, [name]: this.#newTopic() }
    return { op: 'start', now: 1_700_000_000_000, configs: this.#options.configs, ...this.#topicsNow() }
  }

  next(): Step {
    const random = this.#random
    const dice = random.below(100)
    if (this.#clients.length < 2 || (dice < 8 && this.#clients.length < this.#options.clients)) {
      const client = this.#newClient()
      this.#clients.push(client)
      return this.#turn(client)
    }
    if (dice < 70) return this.#turn(random.pick(this.#clients))
    if (dice < 86) return { op: 'advance', ms: random.pick(DELAYS) }
    if (dice < 90) return this.#changeTopics()
    if (dice < 91) return { op: 'reload' }
    if (dice < 93) return this.#gone()
    return this.#admin()
  }

  /** What the clients learn from it. */
  learn(step: Step, { answers }: Outcome): void {
    if (step.op === 'reload') this.#asked.clear()
    for (const [id, answer] of Object.entries(answers)) {
      const asked = this.#asked.get(Number(id))
      this.#asked.delete(Number(id))
      if (asked?.client === undefined) continue
      if (asked.client.kind === 'consumer') this.#learnConsumer(asked.client, asked.step, answer as Body)
      else this.#learnClassic(asked.client, asked.step, answer as Body)
    }
  }

  /** Groups at rest are looked at, and everything in them. */
  *last(): Generator<Step> {
    yield { op: 'advance', ms: 0 }
    for (const groupId of this.#groupIds()) {
      yield this.#request('ConsumerGroupDescribe', 1, { groupIds: [groupId], includeAuthorizedOperations: false })
      yield this.#request('DescribeGroups', 6, { groups: [groupId], includeAuthorizedOperations: false })
      yield this.#fetchAll(groupId)
    }
    yield this.#request('ListGroups', 5, { statesFilter: [], typesFilter: [] })
  }

  #groupIds(): string[] {
    return Array.from({ length: this.#options.groups }, (_, index) => `group-${index}`)
  }

  #topicsNow(): { topics: Topics; version: number } {
    return { topics: { ...offsetsTopic, ...this.#topics }, version: this.#version }
  }

  #newTopic() {
    const random = this.#random
    const id = Buffer.from(Array.from({ length: 16 }, (_, index) => (index === 0 ? 8 : random.below(256))))
    const replicas = [[1], [1, 2], [2, 3], [3, 1]]
    return { id: id.toString('base64url'), partitions: 1 + random.below(7), replicas: random.pick(replicas) }
  }

  #newClient(): Consumer | Classic {
    const random = this.#random
    const name = `client-${this.#nextName++}`
    const instanceId = random.chance(0.25) ? `instance-${random.below(4)}` : null
    const identity = { name, groupId: random.pick(this.#groupIds()), instanceId, memberId: '', epoch: -1 }
    if (!random.chance(this.#options.classicShare)) {
      const consumer = { ...identity, kind: 'consumer' as const, assigned: [], owned: [], hasNews: false }
      return { ...consumer, ...this.#subscription(), assignor: random.pick(ASSIGNORS) }
    }
    const topics = this.#someTopics()
    const protocols = random.pick([['range'], ['range', 'cooperative-sticky'], ['cooperative-sticky', 'range']])
    const rest = { waiting: 'no' as const, isLeader: false, members: [], mustJoin: true, mustSync: false, owned: [] }
    const subscriptionVersion = random.below(4)
    return { ...identity, kind: 'classic', topics, protocols, subscriptionVersion, ...rest }
  }

  #someTopics(): string[] {
    const random = this.#random
    const topics = TOPIC_NAMES.filter(() => random.chance(0.5))
    return random.chance(0.5) ? ['topic-a', 'topic-b'] : topics
  }

  #subscription(): { topics: string[] | null; regex: string | null } {
    const random = this.#random
    if (random.chance(0.3)) return { topics: random.chance(0.3) ? ['u2'] : null, regex: random.pick(REGEXES) }
    return { topics: this.#someTopics(), regex: null }
  }

  #request(api: GroupApi, version: number, body: Body, client?: Consumer | Classic): RequestStep {
    const id = this.#nextId++
    const step = { op: 'request' as const, id, api, version, clientId: client?.name ?? 'admin', body }
    this.#asked.set(id, { client, step })
    return step
  }

  #turn(client: Consumer | Classic): Step {
    return client.kind === 'consumer' ? this.#consumerTurn(client) : this.#classicTurn(client)
  }

  #changeTopics(): Step {
    const random = this.#random
    const name = random.pick(TOPIC_NAMES)
    const topic = this.#topics[name]
    this.#version += 1 + random.below(3)
    const { [name]: _, ...others } = this.#topics
    if (topic === undefined) this.#topics = { ...others, [name]: this.#newTopic() }
    else if (random.chance(0.3)) this.#topics = others
    else this.#topics = { ...others, [name]: { ...topic, partitions: topic.partitions + 1 + random.below(3) } }
    return { op: 'topics', ...this.#topicsNow() }
  }

  /** A client that is never heard of again; another may come with its instance. */
  #gone(): Step {
    const index = this.#random.below(this.#clients.length)
    this.#clients.splice(index, 1)
    return { op: 'advance', ms: this.#random.pick(DELAYS) }
  }

  // Consumers

  #consumerTurn(client: Consumer): Step {
    const random = this.#random
    if (client.epoch < 0) return this.#joinAsConsumer(client)
    const dice = random.below(100)
    if (dice < 4) return this.#leaveAsConsumer(client)
    if (dice < 8) return this.#commit(client)
    if (dice < 9) return this.#strangeHeartbeat(client)
    if (dice < 10)
      return this.#request(
        'ConsumerGroupHeartbeat',
        1,
        this.#heartbeat(client, { regex: random.pick(INVALID_REGEXES) }),
        client,
      )
    if (dice < 16) {
      Object.assign(client, this.#subscription())
      client.topics ??= []
      client.regex ??= ''
      return this.#request('ConsumerGroupHeartbeat', 1, this.#heartbeat(client, { full: true }), client)
    }
    if (dice < 18) client.assignor = random.pick(ASSIGNORS)
    if (client.hasNews && random.chance(0.8)) {
      client.owned = random.chance(0.85) ? client.assigned : within(client.owned, client.assigned, random)
      client.hasNews = client.owned !== client.assigned
      return this.#request('ConsumerGroupHeartbeat', 1, this.#heartbeat(client, { owned: true }), client)
    }
    return this.#request('ConsumerGroupHeartbeat', 1, this.#heartbeat(client, { owned: random.chance(0.2) }), client)
  }

  #joinAsConsumer(client: Consumer): Step {
    const version = client.regex === null && this.#random.chance(0.15) ? 0 : 1
    if (version === 1 && client.memberId === '') client.memberId = `member-${client.name}-${this.#random.below(1e6)}`
    client.assigned = []
    client.owned = []
    const body = { ...this.#heartbeat(client, { full: true }), memberEpoch: 0, topicPartitions: [] }
    return this.#request('ConsumerGroupHeartbeat', version, withoutRegex(body, version), client)
  }

  #leaveAsConsumer(client: Consumer): Step {
    const isBack = client.instanceId !== null && this.#random.chance(0.7)
    const body = { ...this.#heartbeat(client, {}), memberEpoch: isBack ? -2 : -1 }
    return this.#request('ConsumerGroupHeartbeat', 1, body, client)
  }

  #strangeHeartbeat(client: Consumer): Step {
    const random = this.#random
    const body = this.#heartbeat(client, { owned: true })
    const strange: Body[] = [
      { memberEpoch: client.epoch + 1 },
      { memberEpoch: Math.max(client.epoch - 1, 1) },
      { memberEpoch: Math.max(client.epoch - 2, 1) },
      { memberId: 'stranger' },
      { instanceId: 'instance-9' },
      { groupId: 'group-9' },
    ]
    return this.#request('ConsumerGroupHeartbeat', 1, { ...body, ...random.pick(strange) }, client)
  }

  #heartbeat(client: Consumer, say: { full?: boolean; owned?: boolean; regex?: string }): Body {
    return {
      groupId: client.groupId,
      memberId: client.memberId,
      memberEpoch: client.epoch,
      instanceId: client.instanceId,
      rackId: say.full && this.#random.chance(0.2) ? 'a' : null,
      rebalanceTimeoutMs: say.full ? 4000 : -1,
      subscribedTopicNames: say.full ? client.topics : null,
      subscribedTopicRegex: say.regex ?? (say.full ? client.regex : null),
      serverAssignor: client.assignor,
      topicPartitions: say.owned || say.full ? client.owned : null,
    }
  }

  #learnConsumer(client: Consumer, { api, body }: RequestStep, answer: Body): void {
    if (api !== 'ConsumerGroupHeartbeat') return
    const said = body as Body
    if (said.memberId !== client.memberId && said.memberEpoch !== 0) return
    if (answer.errorCode !== ErrorCode.NONE) {
      if (answer.errorCode === ErrorCode.INVALID_REGULAR_EXPRESSION) return
      client.epoch = -1
      if (this.#random.chance(0.3)) client.memberId = ''
      return
    }
    client.memberId = String(answer.memberId)
    client.epoch = Number(answer.memberEpoch)
    const assignment = answer.assignment as { topicPartitions: TopicPartitions } | null
    if (assignment === null) return
    client.assigned = assignment.topicPartitions
    client.hasNews = true
  }

  // Classic consumers

  #classicTurn(client: Classic): Step {
    const random = this.#random
    if (client.waiting !== 'no') return { op: 'advance', ms: random.pick([0, 0, 1, 100, 1000]) }
    if (client.mustJoin || random.chance(0.05)) return this.#join(client)
    if (client.mustSync) return this.#sync(client)
    const dice = random.below(100)
    if (dice < 6) return this.#leave(client)
    if (dice < 12) return this.#commit(client)
    if (dice < 16) {
      client.topics = this.#someTopics()
      return this.#join(client)
    }
    if (dice < 18) return this.#sync(client)
    const body = {
      groupId: client.groupId,
      generationId: dice < 20 ? client.epoch + random.below(3) - 1 : client.epoch,
      memberId: client.memberId,
      groupInstanceId: client.instanceId,
    }
    return this.#request('Heartbeat', 4, body, client)
  }

  #join(client: Classic): Step {
    const random = this.#random
    client.waiting = 'join'
    const metadata = this.#subscriptionBytes(client)
    const body = {
      groupId: client.groupId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 3000,
      memberId: client.memberId,
      groupInstanceId: client.instanceId,
      protocolType: 'consumer',
      protocols: client.protocols.map((name) => ({ name, metadata })),
      reason: null,
    }
    const isOld = client.instanceId === null && random.chance(0.2)
    if (!isOld) return this.#request('JoinGroup', 9, body, client)
    const { groupInstanceId: _, reason: __, ...old } = body
    return this.#request('JoinGroup', 3, old, client)
  }

  #subscriptionBytes({ topics, owned, subscriptionVersion, epoch }: Classic): string {
    const version = Buffer.alloc(2)
    version.writeInt16BE(subscriptionVersion)
    const value = { topics, userData: null, ownedPartitions: owned, generationId: epoch, rackId: 'a' }
    return Buffer.concat([version, encode(ConsumerProtocolSubscription, subscriptionVersion, value)]).toString('base64')
  }

  #sync(client: Classic): Step {
    client.waiting = 'sync'
    const assignments = client.isLeader
      ? client.members.map((memberId, index) => ({ memberId, assignment: this.#assignmentBytes(client, index) }))
      : []
    const body = {
      groupId: client.groupId,
      generationId: client.epoch,
      memberId: client.memberId,
      groupInstanceId: client.instanceId,
      protocolType: 'consumer',
      protocolName: client.protocols[0] ?? '',
      assignments,
    }
    return this.#request('SyncGroup', 5, body, client)
  }

  /** A leader that shares its topics out, partition by partition. */
  #assignmentBytes({ topics, members }: Classic, index: number): string {
    const assignedPartitions: ConsumerProtocolAssignment['assignedPartitions'] = topics.flatMap((topic) => {
      const { partitions: count = 0 } = this.#topics[topic] ?? {}
      const partitions = [...Array(count).keys()].filter((partition) => partition % members.length === index)
      return partitions.length === 0 ? [] : [{ topic, partitions }]
    })
    return Buffer.concat([Buffer.from([0, 1]), encode(AssignmentSchema, 1, { assignedPartitions })]).toString('base64')
  }

  #leave(client: Classic): Step {
    client.mustJoin = true
    const member = { memberId: client.memberId, groupInstanceId: client.instanceId, reason: null }
    return this.#request('LeaveGroup', 5, { groupId: client.groupId, members: [member] }, client)
  }

  #learnClassic(client: Classic, { api }: RequestStep, answer: Body): void {
    if (api === 'JoinGroup' || api === 'SyncGroup') client.waiting = 'no'
    if (api === 'OffsetCommit') return
    const { errorCode } = answer
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      client.memberId = String(answer.memberId)
      client.mustJoin = true
      return
    }
    if (errorCode !== ErrorCode.NONE) {
      client.mustJoin = true
      client.mustSync = false
      if (errorCode !== ErrorCode.REBALANCE_IN_PROGRESS) client.memberId = ''
      return
    }
    if (api === 'LeaveGroup') client.memberId = ''
    if (api === 'JoinGroup') {
      client.memberId = String(answer.memberId)
      client.epoch = Number(answer.generationId)
      client.isLeader = answer.leader === client.memberId
      client.members = (answer.members as { memberId: string }[]).map(({ memberId }) => memberId)
      client.mustJoin = false
      client.mustSync = true
    }
    if (api === 'SyncGroup') client.mustSync = false
  }

  // Offsets and administration

  #commit(client: Consumer | Classic): Step {
    const random = this.#random
    const [name = 'topic-a', topic] = random.pick(Object.entries({ ...offsetsTopic, ...this.#topics }))
    const isOld = random.chance(0.2)
    const partitions = [0, 1].map((partitionIndex) => ({
      partitionIndex: partitionIndex % (topic?.partitions ?? 1),
      committedOffset: random.below(1000),
      committedLeaderEpoch: -1,
      committedMetadata: random.chance(0.1) ? null : 'm',
    }))
    const body = {
      groupId: client.groupId,
      generationIdOrMemberEpoch: random.chance(0.2) ? client.epoch - 1 : client.epoch,
      memberId: client.memberId,
      groupInstanceId: client.instanceId,
      topics: [{ name, partitions: partitions.slice(0, (topic?.partitions ?? 1) > 1 ? 2 : 1) }],
    }
    return this.#request('OffsetCommit', isOld ? 8 : 9, body, client)
  }

  #fetchAll(groupId: string): RequestStep {
    const topics = Object.keys(this.#topics).map((name) => ({ name, partitionIndexes: [0, 1] }))
    const group = { groupId, memberId: null, memberEpoch: -1, topics }
    return this.#request('OffsetFetch', 9, { groups: [group], requireStable: true })
  }

  #admin(): Step {
    const random = this.#random
    const groupId = random.pick([...this.#groupIds(), 'group-9'])
    const dice = random.below(100)
    if (dice < 30) {
      return this.#request('ConsumerGroupDescribe', random.below(2), {
        groupIds: [groupId],
        includeAuthorizedOperations: false,
      })
    }
    if (dice < 45)
      return this.#request('DescribeGroups', 5 + random.below(2), {
        groups: [groupId],
        includeAuthorizedOperations: false,
      })
    if (dice < 60) {
      const statesFilter = random.chance(0.5) ? [] : [random.pick(['Stable', 'reconciling', 'ASSIGNING', 'Empty'])]
      const typesFilter = random.chance(0.5) ? [] : [random.pick(['consumer', 'Classic', 'share', 'nonsense'])]
      return this.#request('ListGroups', 5, { statesFilter, typesFilter })
    }
    if (dice < 68) return this.#request('DeleteGroups', 2, { groupsNames: [groupId] })
    if (dice < 80) {
      const topics = Object.keys(this.#topics).map((name) => ({ name, partitions: [{ partitionIndex: 0 }] }))
      return this.#request('OffsetDelete', 0, { groupId, topics })
    }
    if (dice < 88) {
      const client = random.pick(this.#clients)
      const topics = [{ name: 'topic-a', partitionIndexes: [0] }]
      const memberEpoch = random.chance(0.5) ? client.epoch : client.epoch + 1
      const group = { groupId: client.groupId, memberId: client.memberId, memberEpoch, topics }
      return this.#request('OffsetFetch', 9, { groups: [group], requireStable: true })
    }
    return this.#fetchAll(groupId)
  }
}

function withoutRegex(body: Body, version: number): Body {
  if (version > 0) return body
  const { subscribedTopicRegex: _, ...old } = body
  return { ...old, subscribedTopicNames: old.subscribedTopicNames ?? [] }
}

/** Some of what one has and is to have. */
function within(owned: TopicPartitions, assigned: TopicPartitions, random: Seeded): TopicPartitions {
  return [...owned, ...assigned]
    .filter(({ topicId }, index, all) => all.findIndex((other) => other.topicId === topicId) === index)
    .map(({ topicId, partitions }) => ({ topicId, partitions: partitions.filter(() => random.chance(0.6)) }))
    .filter(({ partitions }) => partitions.length > 0)
}
