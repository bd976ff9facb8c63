// WriteTxnMarkers, key 27: the markers that end transactions in partitions of this broker; sent by transaction
// coordinators, and by admins to end what no coordinator knows of (KIP-664).
//
// v1 flexible
// v2 the version of transactions in which each was ended: from the second on, its marker has an epoch of its own (KIP-1228)
import type { GroupCoordinator } from '../group/index.ts'
import { CONSUMER_OFFSETS } from '../metadata/index.ts'
import type { ReplicaManager } from '../replica/index.ts'
import type { TxnMarkerResults, TxnMarkers } from '../txn/index.ts'
import { apis, ErrorCode, KafkaError } from '../wire/index.ts'
import { Batch, encodeEndTransactionMarker } from '../wire/records/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Marker = TxnMarkers[number]
type TopicResult = NonNullable<TxnMarkerResults[number]['topics']>[number]
type PartitionResult = NonNullable<TopicResult['partitions']>[number]

/** Where markers go. */
export interface MarkerLogs {
  readonly replicas: ReplicaManager
  readonly groups: GroupCoordinator
  readonly now: () => number
}

export function writeTxnMarkersApi(rooms: MarkerLogs): ApiHandler {
  return defineApi(
    apis.WriteTxnMarkers,
    { min: 1, max: 2, legacyMin: 0 },
    async (_context, { markers }) => ({ markers: await writeTxnMarkers(rooms, markers) }),
    ({ markers }, errorCode) => ({
      markers: merged(markers.map((marker) => ({ ...marker, topics: marker.topics.map(withError(errorCode)) }))),
    }),
  )
}

/** What the transaction coordinator of this broker calls, too: for it, this broker is one as any other. */
export async function writeTxnMarkers(rooms: MarkerLogs, markers: TxnMarkers): Promise<TxnMarkerResults> {
  // Kafka ends the request at the first marker that no batch can hold.
  const unwritable = markers.findIndex((marker) => !isWritable(marker) && reachesLog(rooms, marker))
  const writable = unwritable === -1 ? markers : markers.slice(0, unwritable)
  const results = await Promise.all(writable.map((marker) => write(rooms, marker)))
  if (unwritable !== -1) throw new KafkaError('UNKNOWN_SERVER_ERROR')
  return merged(results)
}

function isWritable({ producerId, producerEpoch }: Marker): boolean {
  return producerId !== Batch.NO_PRODUCER_ID && producerEpoch !== Batch.NO_PRODUCER_EPOCH
}

/** The log of offsets is the group coordinator's, which answers for its own partitions only. */
function reachesLog({ replicas }: MarkerLogs, { topics }: Marker): boolean {
  return topics.some(
    ({ name, partitionIndexes }) =>
      name !== CONSUMER_OFFSETS && partitionIndexes.some((index) => isOnline(replicas, name, index)),
  )
}

function isOnline(replicas: ReplicaManager, topic: string, partition: number): boolean {
  return replicas.get(topic, partition)?.log.isOffline === false
}

async function write(rooms: MarkerLogs, marker: Marker): Promise<TxnMarkerResults[number]> {
  const topics = marker.topics.map(async ({ name, partitionIndexes }) => ({
    name,
    partitions: await Promise.all(
      partitionIndexes.map(async (partitionIndex) => ({
        partitionIndex,
        errorCode: await errorCodeOf(writeTo(rooms, marker, name, partitionIndex)),
      })),
    ),
  }))
  return { producerId: marker.producerId, topics: await Promise.all(topics) }
}

async function writeTo(rooms: MarkerLogs, marker: Marker, topic: string, partition: number): Promise<void> {
  const { producerId, producerEpoch, coordinatorEpoch, transactionResult: committed, transactionVersion } = marker
  const { replicas, groups, now } = rooms
  if (!isOnline(replicas, topic, partition)) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  if (topic === CONSUMER_OFFSETS) {
    if (!isWritable(marker)) throw new KafkaError('UNKNOWN_SERVER_ERROR')
    const ending = { producerId, producerEpoch, coordinatorEpoch, committed, transactionVersion }
    await groups.completeTransaction(partition, ending).catch(inLeaderTerms)
    return
  }
  const type = committed ? 'COMMIT' : 'ABORT'
  const batch = encodeEndTransactionMarker({ type, producerId, producerEpoch, coordinatorEpoch, timestamp: now() })
  await replicas.appendToInternal(topic, partition, batch, { transactionVersion })
}

/** A coordinator that is not there is, for a marker, a leader that is not there: the sender looks for another. */
function inLeaderTerms(error: unknown): never {
  const elsewhere: ReadonlySet<unknown> = new Set([
    'COORDINATOR_NOT_AVAILABLE',
    'COORDINATOR_LOAD_IN_PROGRESS',
    'NOT_COORDINATOR',
  ])
  throw error instanceof KafkaError && elsewhere.has(error.codeName) ? new KafkaError('NOT_LEADER_OR_FOLLOWER') : error
}

async function errorCodeOf(written: Promise<void>): Promise<number> {
  try {
    await written
    return ErrorCode.NONE
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}

function withError(errorCode: number) {
  return ({ name, partitionIndexes }: Marker['topics'][number]): TopicResult => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode })),
  })
}

/** One entry for each producer, and in it for each topic and partition: of two, the later one counts. */
function merged(results: TxnMarkerResults): TxnMarkerResults {
  const byProducer = new Map<number, Map<string, Map<number, PartitionResult>>>()
  for (const { producerId = -1, topics = [] } of results) {
    const byTopic = entry(byProducer, producerId, () => new Map<string, Map<number, PartitionResult>>())
    for (const { name = '', partitions = [] } of topics) {
      const byPartition = entry(byTopic, name, () => new Map<number, PartitionResult>())
      for (const partition of partitions) byPartition.set(partition.partitionIndex ?? 0, partition)
    }
  }
  return Array.from(byProducer, ([producerId, byTopic]) => ({
    producerId,
    topics: Array.from(byTopic, ([name, byPartition]) => ({ name, partitions: [...byPartition.values()] })),
  }))
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
