// Fetch, key 1: records from partitions, at once or when there are enough of them.
//
// v0-v3 message sets of magic 0 (v0 and v1) and 1, only where odradek.legacy.versions asks for it; v3 a bound of all
// v4  isolation level, aborted transactions; v5 logStartOffset
// v7  sessions: a client names its partitions once, and is told what is new (KIP-227)
// v9  the leader epoch that the client knows (KIP-320); v10 says that the client knows zstd; v11 its rack (KIP-392)
// v12 flexible; the epoch of the client's last record, answered with where histories part (KIP-595)
// v13 topic ids (KIP-516); v15 the replica's state in a tag; v16 tells the leader to a client that asked another
// v17 and v18 are for followers: their directory, and the high watermark they know
import type { BrokerConfig } from '../config/index.ts'
import type { LiveConfig, MetadataImage } from '../metadata/index.ts'
import type {
  FetchAnswer,
  FetchEntry,
  FetchResult,
  FetchSessions,
  Isolation,
  PartitionKey,
  ReplicaManager,
} from '../replica/index.ts'
import { failedFetch } from '../replica/index.ts'
import { apis, type Draft, ErrorCode, type Infer, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi, type RequestContext } from './handler.ts'
import { currentLeader } from './support/current-leader.ts'
import { downConverted } from './support/down-conversion.ts'

type Request = Infer<typeof apis.Fetch.request>
type Response = Draft<typeof apis.Fetch.response>
type TopicResponse = NonNullable<Response['responses']>[number]
type PartitionResponse = NonNullable<TopicResponse['partitions']>[number]

const TOPIC_IDS_FROM = 13
const SOFT_BOUNDS_FROM = 3
const SESSIONS_FROM = 7
const LEADER_TOLD_FROM = 16
const STORAGE_ERROR_FROM = 6
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const NO_ID = ''
const NO_RECORDS = Buffer.alloc(0)

interface Rooms {
  readonly replicas: ReplicaManager
  readonly sessions: FetchSessions
  readonly image: MetadataImage
  readonly config: LiveConfig
}

export function fetchApi(rooms: Rooms): ApiHandler {
  return defineApi(
    apis.Fetch,
    { min: 4, max: 18, legacyMin: 0 },
    (context, request): Promise<Response> => {
      const usesTopicIds = context.apiVersion >= TOPIC_IDS_FROM
      const session = rooms.sessions.open({
        sessionId: context.apiVersion >= SESSIONS_FROM ? request.sessionId : 0,
        sessionEpoch: context.apiVersion >= SESSIONS_FROM ? request.sessionEpoch : -1,
        usesTopicIds,
        entries: entriesOf(request, usesTopicIds ? rooms.image : undefined),
        forgotten: forgottenOf(request, usesTopicIds),
      })
      return new Promise((resolve, reject) => {
        read(rooms, context, request, session.entries, (results) => {
          try {
            resolve(responseOf(rooms, context, session.answer(results)))
          } catch (error) {
            reject(error)
          }
        })
      })
    },
    ({ topics }, errorCode, _message, { apiVersion }) => ({
      errorCode,
      // Before there was a place for an error of the whole request, each partition had it.
      responses:
        apiVersion >= TOPIC_IDS_FROM
          ? []
          : topics.map(({ topic, partitions }) => ({
              topic,
              partitions: partitions.map(({ partition }) => failedPartition(partition, errorCode)),
            })),
    }),
  )
}

/** With an image, topics come by id and are named as they are now: a session goes on with the name it began with. */
function entriesOf({ topics }: Request, byId: MetadataImage | undefined): FetchEntry[] {
  return topics.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => ({
      topic: byId === undefined ? topic : (byId.topicById(topicId)?.name ?? ''),
      topicId: byId === undefined ? NO_ID : topicId,
      partition: partition.partition,
      fetchOffset: partition.fetchOffset,
      maxBytes: partition.partitionMaxBytes,
      currentLeaderEpoch: partition.currentLeaderEpoch,
      lastFetchedEpoch: partition.lastFetchedEpoch,
    })),
  )
}

function forgottenOf({ forgottenTopicsData }: Request, usesTopicIds: boolean): PartitionKey[] {
  return forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => ({ topic, topicId: usesTopicIds ? topicId : NO_ID, partition })),
  )
}

/** Reads what exists; what does not has its error without being waited for. Results come in the entries' order. */
function read(
  { replicas, image, config }: Rooms,
  { apiVersion }: RequestContext,
  request: Request,
  entries: readonly FetchEntry[],
  done: (results: FetchResult[]) => void,
): void {
  const results: FetchResult[] = new Array(entries.length)
  const readable: FetchEntry[] = []
  const places: number[] = []
  for (const [index, entry] of entries.entries()) {
    const topic = image.topicById(entry.topicId) ?? image.topicByName(entry.topic)
    if (topic?.partitions[entry.partition] !== undefined) {
      readable.push(entry.topic === topic.name ? entry : { ...entry, topic: topic.name })
      places.push(index)
    } else {
      const unknownId = entry.topicId !== NO_ID && topic === undefined && entry.topic === ''
      const code = unknownId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      results[index] = { ...failedFetch(code), abortedTransactions: [] }
    }
  }
  if (readable.length === 0) {
    done(results)
    return
  }
  const params = paramsOf(request, apiVersion, config.broker)
  replicas.fetch(params, readable, (found) => {
    for (const [index, place] of places.entries()) {
      const result = found[index] as FetchResult
      const entry = readable[index] as FetchEntry
      results[place] = downConverted(replicas, entry, result, apiVersion)
    }
    done(results)
  })
}

function paramsOf(request: Request, apiVersion: number, config: BrokerConfig) {
  const maxBytes = Math.min(request.maxBytes, config.get('fetch.max.bytes'))
  return {
    isolation: isolationOf(request.isolationLevel),
    maxWaitMs: request.maxWaitMs,
    minBytes: Math.min(request.minBytes, maxBytes),
    maxBytes,
    hardMaxBytes: apiVersion < SOFT_BOUNDS_FROM,
  }
}

/** Kafka does not foresee other levels. */
function isolationOf(isolationLevel: number): Isolation {
  if (isolationLevel === READ_COMMITTED) return 'lastStable'
  if (isolationLevel === READ_UNCOMMITTED) return 'highWatermark'
  throw new KafkaError('UNKNOWN_SERVER_ERROR')
}

function responseOf(rooms: Rooms, context: RequestContext, answer: FetchAnswer): Response {
  const responses: (TopicResponse & { partitions: PartitionResponse[] })[] = []
  for (const { entry, result } of answer.partitions) {
    const last = responses.at(-1)
    const isSameTopic = last !== undefined && last.topic === entry.topic && (last.topicId ?? NO_ID) === entry.topicId
    const partition = partitionOf(rooms, context, entry, result)
    if (isSameTopic) last.partitions.push(partition)
    else responses.push({ topic: entry.topic, ...topicIdOf(entry), partitions: [partition] })
  }
  const { errorCode, sessionId } = answer
  if (context.apiVersion < LEADER_TOLD_FROM) return { errorCode, sessionId, responses }
  const told = responses.map(({ partitions }) => partitions)
  const nodeEndpoints = currentLeader.endpoints(rooms.image, told, context.connection.listenerName)
  return { errorCode, sessionId, responses, nodeEndpoints }
}

function topicIdOf({ topicId }: FetchEntry): { topicId?: string } {
  return topicId === NO_ID ? {} : { topicId }
}

function partitionOf(
  { image }: Rooms,
  { apiVersion }: RequestContext,
  entry: FetchEntry,
  result: FetchResult,
): PartitionResponse {
  const topic = entry.topicId === NO_ID ? entry.topic : (image.topicById(entry.topicId)?.name ?? '')
  return {
    partitionIndex: entry.partition,
    errorCode: knownError(result.errorCode, apiVersion),
    highWatermark: result.highWatermark,
    lastStableOffset: result.lastStableOffset,
    logStartOffset: result.logStartOffset,
    divergingEpoch: result.divergingEpoch,
    abortedTransactions: result.abortedTransactions,
    records: result.records,
    ...(apiVersion >= LEADER_TOLD_FROM
      ? currentLeader.inPartition(image, topic, entry.partition, result.errorCode)
      : {}),
  }
}

/** Old clients do not know the error of a failed disk, and would take it for one that no retry mends. */
function knownError(errorCode: number, apiVersion: number): number {
  const isNews = errorCode === ErrorCode.KAFKA_STORAGE_ERROR && apiVersion < STORAGE_ERROR_FROM
  return isNews ? ErrorCode.NOT_LEADER_OR_FOLLOWER : errorCode
}

function failedPartition(partitionIndex: number, errorCode: number): PartitionResponse {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: [],
    records: NO_RECORDS,
  }
}
