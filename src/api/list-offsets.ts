// ListOffsets, key 2: the offset that a time, or a place in the log, stands for.
//
// v0  offsets of segments, as many as were asked for, only where odradek.legacy.versions asks for it
// v1  one offset and its timestamp; v2 isolation level; v4 leader epochs (KIP-320); v6 flexible
// v7  -3, the record with the greatest timestamp; v8 -4, the earliest on local disk; v9 -5, the latest that is tiered
// v10 a timeout for look-ups in tiered storage; v11 -6, the earliest that waits to be tiered
import {
  type Isolation,
  ListOffsetsTimestamp,
  type ReplicaManager,
  segmentOffsets,
  withinHighWatermark,
} from '../replica/index.ts'
import { apis, type Draft, ErrorCode, type Infer, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Request = Infer<typeof apis.ListOffsets.request>
type Response = Draft<typeof apis.ListOffsets.response>
type Topic = Request['topics'][number]
type PartitionRequest = Topic['partitions'][number]
type PartitionResponse = NonNullable<NonNullable<Response['topics']>[number]['partitions']>[number]

const CONSUMER = -1
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1

/** The version from which on each special timestamp is known. */
const KNOWN_FROM: ReadonlyMap<number, number> = new Map([
  [ListOffsetsTimestamp.LATEST, 0],
  [ListOffsetsTimestamp.EARLIEST, 0],
  [ListOffsetsTimestamp.MAX_TIMESTAMP, 7],
  [ListOffsetsTimestamp.EARLIEST_LOCAL, 8],
  [ListOffsetsTimestamp.LATEST_TIERED, 9],
  [ListOffsetsTimestamp.EARLIEST_PENDING_UPLOAD, 11],
])

export function listOffsetsApi({ replicas, now }: { replicas: ReplicaManager; now: () => number }): ApiHandler {
  const oldStyleOffsets = (topic: string, partition: PartitionRequest, replicaId: number): PartitionResponse => {
    const { partitionIndex, timestamp, maxNumOffsets } = partition
    try {
      const found = replicas.require(topic, partitionIndex)
      found.checkLeader()
      const offsets = segmentOffsets(found.log, timestamp, maxNumOffsets, now())
      const seen = replicaId === CONSUMER ? withinHighWatermark(offsets, found.log.highWatermark) : offsets
      return { partitionIndex, errorCode: ErrorCode.NONE, oldStyleOffsets: seen }
    } catch (error) {
      if (error instanceof KafkaError) return { partitionIndex, errorCode: error.code }
      throw error
    }
  }

  return defineApi(
    apis.ListOffsets,
    { min: 1, max: 11, legacyMin: 0 },
    ({ apiVersion }, request): Response => {
      const isolation = isolationOf(request)
      const duplicates = duplicatePartitions(request)
      const offsetOf = (topic: string, partition: PartitionRequest): PartitionResponse => {
        const { partitionIndex, timestamp, currentLeaderEpoch } = partition
        if (apiVersion === 0) return oldStyleOffsets(topic, partition, request.replicaId)
        if (duplicates.has(`${topic} ${partitionIndex}`)) return failed(partition, ErrorCode.INVALID_REQUEST)
        if (!isKnown(timestamp, apiVersion)) return failed(partition, ErrorCode.UNSUPPORTED_VERSION)
        try {
          const found = replicas.require(topic, partitionIndex)
          found.checkLeader(currentLeaderEpoch)
          const { offset, timestamp: time, leaderEpoch } = found.offsetFor(timestamp, isolation)
          const epoch = apiVersion >= 4 ? { leaderEpoch } : {}
          return { partitionIndex, errorCode: ErrorCode.NONE, timestamp: time, offset, ...epoch }
        } catch (error) {
          if (error instanceof KafkaError) return failed(partition, error.code)
          throw error
        }
      }
      const found = new Map<string, Map<number, PartitionResponse>>()
      for (const { name, partitions } of request.topics) {
        const ofTopic = found.get(name) ?? new Map<number, PartitionResponse>()
        found.set(name, ofTopic)
        for (const partition of partitions) ofTopic.set(partition.partitionIndex, offsetOf(name, partition))
      }
      return { topics: Array.from(found, ([name, ofTopic]) => ({ name, partitions: [...ofTopic.values()] })) }
    },
    ({ topics }, errorCode) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((partition) => failed(partition, errorCode)),
      })),
    }),
  )
}

/** A consumer sees what is replicated; a replica, or whoever debugs one, all that is written. */
function isolationOf({ replicaId, isolationLevel }: Request): Isolation {
  if (isolationLevel !== READ_UNCOMMITTED && isolationLevel !== READ_COMMITTED)
    throw new KafkaError('UNKNOWN_SERVER_ERROR')
  if (replicaId !== CONSUMER) return 'logEnd'
  return isolationLevel === READ_COMMITTED ? 'lastStable' : 'highWatermark'
}

function isKnown(timestamp: number, apiVersion: number): boolean {
  return timestamp >= 0 || apiVersion >= (KNOWN_FROM.get(timestamp) ?? Number.POSITIVE_INFINITY)
}

function duplicatePartitions({ topics }: Request): ReadonlySet<string> {
  const seen = new Set<string>()
  const duplicates = new Set<string>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name} ${partitionIndex}`
      if (seen.has(key)) duplicates.add(key)
      seen.add(key)
    }
  }
  return duplicates
}

function failed({ partitionIndex }: PartitionRequest, errorCode: number): PartitionResponse {
  return { partitionIndex, errorCode, timestamp: -1, offset: -1 }
}
