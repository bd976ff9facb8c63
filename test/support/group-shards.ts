// Histories of the group coordinator, step by step: what is asked, what topics become, how time passes; and a shard of
// ours that they are driven through, from the API handlers down to the records it writes. Kafka's own shard, which
// answers the same steps, is in test/oracle/group-shard.ts.
import { consumerGroupDescribeApi } from '../../src/api/consumer-group-describe.ts'
import { consumerGroupHeartbeatApi } from '../../src/api/consumer-group-heartbeat.ts'
import { deleteGroupsApi } from '../../src/api/delete-groups.ts'
import { describeGroupsApi } from '../../src/api/describe-groups.ts'
import type { ApiHandler, RequestContext } from '../../src/api/handler.ts'
import { heartbeatApi } from '../../src/api/heartbeat.ts'
import { joinGroupApi } from '../../src/api/join-group.ts'
import { leaveGroupApi } from '../../src/api/leave-group.ts'
import { listGroupsApi } from '../../src/api/list-groups.ts'
import { offsetCommitApi } from '../../src/api/offset-commit.ts'
import { offsetDeleteApi } from '../../src/api/offset-delete.ts'
import { offsetFetchApi } from '../../src/api/offset-fetch.ts'
import { syncGroupApi } from '../../src/api/sync-group.ts'
import { type BrokerConfig, loadBrokerConfig } from '../../src/config/index.ts'
import { GroupCoordinator } from '../../src/group/index.ts'
import { groupRecordCodec } from '../../src/group/records.ts'
import type { Random } from '../../src/io/index.ts'
import { type TestIo, testIo } from '../../src/io/testing.ts'
import { CONSUMER_OFFSETS, MetadataImage } from '../../src/metadata/index.ts'
import {
  type Api,
  apis,
  decode,
  ErrorCode,
  type ErrorName,
  encode,
  fromJson,
  type Json,
  KafkaError,
  toJson,
} from '../../src/wire/index.ts'
import { MemoryStorage, turn } from './coordinator-storage.ts'

export interface TopicSpec {
  readonly id: string
  readonly partitions: number
  /** Of brokers 1 to 3; broker 3 has no rack. */
  readonly replicas: readonly number[]
}

export type Topics = Readonly<Record<string, TopicSpec>>

export type GroupApi =
  | 'ConsumerGroupHeartbeat'
  | 'ConsumerGroupDescribe'
  | 'JoinGroup'
  | 'SyncGroup'
  | 'Heartbeat'
  | 'LeaveGroup'
  | 'OffsetCommit'
  | 'OffsetFetch'
  | 'OffsetDelete'
  | 'DescribeGroups'
  | 'ListGroups'
  | 'DeleteGroups'

export interface RequestStep {
  readonly op: 'request'
  readonly id: number
  readonly api: GroupApi
  readonly version: number
  readonly clientId: string
  /** In the JSON form of the wire room. */
  readonly body: Json
}

export interface StartStep {
  readonly op: 'start'
  readonly now: number
  readonly configs: Readonly<Record<string, string>>
  readonly topics: Topics
  readonly version: number
}

export type Step =
  | StartStep
  | { readonly op: 'topics'; readonly topics: Topics; readonly version: number }
  | { readonly op: 'advance'; readonly ms: number }
  | { readonly op: 'reload' }
  | RequestStep

/** What a step brings about: the answers of this and earlier requests by their ids, and the records. */
export interface Outcome {
  readonly answers: Readonly<Record<string, Json>>
  /** Keys and values in base64. */
  readonly records: readonly (readonly [key: string, value: string | null])[]
}

export const NODE_ID = 1
export const offsetsTopic: Topics = {
  [CONSUMER_OFFSETS]: { id: 'offsetsoffsetsoffsetsA', partitions: 1, replicas: [1] },
}
export const racks: Readonly<Record<number, string | null>> = { 1: 'a', 2: 'b', 3: null }

type MetadataRecords = Parameters<MetadataImage['apply']>[0]

function topicRecords(name: string, { id, replicas }: TopicSpec, from: number, to: number): MetadataRecords {
  const added = Array.from({ length: to - from }, (_, index) => ({
    type: 'PartitionRecord' as const,
    version: 1,
    data: {
      partitionId: from + index,
      topicId: id,
      replicas: [...replicas],
      isr: [...replicas],
      removingReplicas: [],
      addingReplicas: [],
      leader: NODE_ID,
      leaderRecoveryState: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: replicas.map(() => 'directorydirectoryAAAA'),
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    },
  }))
  const topic = from === 0 ? [{ type: 'TopicRecord' as const, version: 0, data: { name, topicId: id } }] : []
  return [...topic, ...added]
}

function brokerRecords(): MetadataRecords {
  return Object.entries(racks).map(([id, rack]) => ({
    type: 'RegisterBrokerRecord' as const,
    version: 3,
    data: {
      brokerId: Number(id),
      isMigratingZkBroker: false,
      incarnationId: 'incarnationincarnatioA',
      brokerEpoch: 1,
      endPoints: [],
      features: [],
      rack,
      fenced: false,
      inControlledShutdown: false,
      logDirs: [],
      cordonedLogDirs: null,
    },
  }))
}

const featureRecord = {
  type: 'FeatureLevelRecord' as const,
  version: 0,
  data: { name: 'group.version', featureLevel: 1 },
}

/** What makes the topics of before those of now; ids never come back. */
function changes(before: Topics, now: Topics): MetadataRecords {
  const ids = new Set(Object.values(now).map(({ id }) => id))
  const gone = Object.values(before).filter(({ id }) => !ids.has(id))
  const known = new Map(Object.values(before).map((topic) => [topic.id, topic]))
  return [
    ...gone.map(({ id: topicId }) => ({ type: 'RemoveTopicRecord' as const, version: 0, data: { topicId } })),
    ...Object.entries(now).flatMap(([name, topic]) =>
      topicRecords(name, topic, known.get(topic.id)?.partitions ?? 0, topic.partitions),
    ),
  ]
}

/** The ids that a shard makes up, in the order in which Kafka's makes up its own: see GroupShard.java. */
export function seededIds(): Random {
  let state = 1
  const byte = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) | 0
    return (mixed ^ (mixed >>> 14)) >>> 24
  }
  const uuid = (): string => {
    const bytes = Buffer.from(Array.from({ length: 16 }, byte))
    bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0)
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
    return bytes.toString('base64url')
  }
  return { next: () => 0, bytes: (size) => Buffer.alloc(size), uuid }
}

/** What the handlers need besides the coordinator, and what outlives a restart of it. */
interface World {
  readonly io: TestIo
  readonly storage: MemoryStorage
  readonly image: MetadataImage
  readonly config: BrokerConfig
  readonly random: Random
}

export class OwnShard {
  #world: World | undefined
  #groups: GroupCoordinator | undefined
  #handlers = new Map<string, ApiHandler>()
  #topics: Topics = {}
  #written = 0
  #answers: Record<string, Json> = {}

  /** Errors that are bugs, as they were logged. */
  get bugs(): readonly object[] {
    return (this.#world?.io.lines ?? []).filter(({ level }) => level === 'error').map(({ details }) => details)
  }

  async step(step: Step): Promise<Outcome> {
    this.#answers = {}
    switch (step.op) {
      case 'start':
        await this.#start(step)
        break
      case 'topics':
        this.#setTopics(this.#open().image, step.topics, step.version)
        break
      case 'advance':
        this.#open().io.clock.advance(step.ms)
        break
      case 'reload':
        this.#groups?.close()
        await turn()
        await this.#load()
        break
      case 'request':
        void this.#ask(step)
    }
    await turn()
    return { answers: this.#answers, records: this.#newRecords() }
  }

  #open(): World {
    if (this.#world === undefined) throw new Error('the shard has not started')
    return this.#world
  }

  async #start({ now, configs, topics, version }: StartStep): Promise<void> {
    const image = new MetadataImage('clusterclusterclusterA', NODE_ID)
    image.apply([...brokerRecords(), featureRecord])
    this.#topics = {}
    this.#written = 0
    this.#setTopics(image, topics, version)
    const config = loadBrokerConfig({ overrides: configs })
    this.#world = { io: testIo({ nowMs: now }), storage: new MemoryStorage(), image, config, random: seededIds() }
    await this.#load()
  }

  async #load(): Promise<void> {
    const { io, storage, image, config: broker, random } = this.#open()
    const config = (): BrokerConfig => broker
    const { clock, log } = io
    const groups = new GroupCoordinator({ storage, image, nodeId: NODE_ID, config, clock, random, log })
    this.#groups = groups
    await groups.start()
    const handlers = [
      consumerGroupHeartbeatApi({ groups, image, config }),
      consumerGroupDescribeApi({ groups, image, config }),
      joinGroupApi({ groups }),
      syncGroupApi({ groups }),
      heartbeatApi({ groups }),
      leaveGroupApi({ groups }),
      offsetCommitApi({ groups, image }),
      offsetFetchApi({ groups, image }),
      offsetDeleteApi({ groups, image }),
      describeGroupsApi({ groups }),
      listGroupsApi({ groups }),
      deleteGroupsApi({ groups }),
    ]
    this.#handlers = new Map(handlers.map((handler) => [handler.api.name, handler]))
  }

  #setTopics(image: MetadataImage, topics: Topics, version: number): void {
    image.endOffset = version + 1
    image.apply(changes(this.#topics, topics))
    this.#topics = topics
  }

  async #ask(step: RequestStep): Promise<void> {
    const handler = this.#handlerOf(step.api)
    const answer = await answerOf(handler, step)
    this.#answers[step.id] = toJson(apis[step.api].response, step.version, answer)
  }

  #handlerOf(api: string): ApiHandler {
    const handler = this.#handlers.get(api)
    if (handler === undefined) throw new Error(`no handler of ${api}`)
    return handler
  }

  #newRecords(): Outcome['records'] {
    const entries = this.#open().storage.entries(0)
    const added = entries.slice(this.#written)
    this.#written = entries.length
    return added.flatMap((entry) =>
      'key' in entry ? [[entry.key?.toString('base64') ?? '', entry.value?.toString('base64') ?? null] as const] : [],
    )
  }
}

async function answerOf(handler: ApiHandler, step: RequestStep): Promise<unknown> {
  const { version, body, clientId } = step
  const schemas: Api = apis[step.api]
  const request = decode(
    schemas.request,
    version,
    encode(schemas.request, version, fromJson(schemas.request, version, body)),
  )
  const context = contextOf(version, clientId)
  let response: unknown
  try {
    response = await handler.handle(context, request)
  } catch (error) {
    response = failed(handler, context, request, error)
  }
  return decode(schemas.response, version, encode(schemas.response, version, response as object))
}

function failed(handler: ApiHandler, context: RequestContext, request: unknown, error: unknown): unknown {
  const isKnown = error instanceof KafkaError
  const code = isKnown ? error.code : ErrorCode.UNKNOWN_SERVER_ERROR
  return handler.fail(context, request, code, isKnown ? error.errorMessage : null)
}

function contextOf(apiVersion: number, clientId: string): RequestContext {
  const connection = {
    id: '1',
    listenerName: 'PLAINTEXT',
    clientHost: '/127.0.0.1',
    clientPort: 1,
    clientSoftware: undefined,
  }
  return { apiVersion, correlationId: 0, clientId, connection }
}

/** The types of record whose order among each other means nothing: offsets, and what expressions stand for. */
const UNORDERED = new Set([1, 16])

/** An outcome in which what has no order is in one. */
export function inOrder({ answers, records }: Outcome): Outcome {
  const isUnordered = ([key]: Outcome['records'][number]) => UNORDERED.has(Buffer.from(key, 'base64').readInt16BE(0))
  const sorted = records.filter(isUnordered).sort(([a], [b]) => (a < b ? -1 : 1))
  return { answers, records: records.map((record) => (isUnordered(record) ? (sorted.shift() ?? record) : record)) }
}

/** A record for a message about a difference. */
export function readableRecord(record: Outcome['records'][number] | undefined): string {
  if (record === undefined) return 'nothing'
  const [key, value] = record
  const decoded = groupRecordCodec.decode(
    Buffer.from(key, 'base64'),
    value === null ? null : Buffer.from(value, 'base64'),
  )
  return JSON.stringify(decoded, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner))
}

/** The answer to a request that Kafka's shard has refused with an error, as its service gives it. */
export function refusal(step: RequestStep, error: ErrorName, message: string | null): Json {
  const errorCode = ErrorCode[error]
  const body = step.body as AskedBody
  switch (step.api) {
    case 'ConsumerGroupHeartbeat':
      return { errorCode, errorMessage: error === 'UNKNOWN_SERVER_ERROR' ? null : message }
    case 'OffsetCommit':
      return { topics: withErrors(body.topics ?? [], errorCode) }
    case 'OffsetFetch':
      return { groups: [{ groupId: body.groups?.[0]?.groupId ?? '', errorCode }] }
    case 'LeaveGroup': {
      if (error !== 'UNKNOWN_MEMBER_ID') return { errorCode }
      return {
        members: (body.members ?? []).map(({ memberId, groupInstanceId }) => ({
          memberId,
          groupInstanceId,
          errorCode,
        })),
      }
    }
    default:
      return { errorCode }
  }
}

/** What answers to refused requests repeat of them. */
interface AskedBody {
  readonly topics?: readonly { name?: string; topicId?: string; partitions: { partitionIndex: number }[] }[]
  readonly groups?: readonly { groupId: string }[]
  readonly members?: readonly { memberId: string; groupInstanceId: string | null }[]
}

function withErrors(topics: NonNullable<AskedBody['topics']>, errorCode: number): Json[] {
  return topics.map(({ name, topicId, partitions }) => ({
    ...(name === undefined ? {} : { name }),
    ...(topicId === undefined ? {} : { topicId }),
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  }))
}
