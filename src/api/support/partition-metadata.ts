// A partition as Metadata and DescribeTopicPartitions show it to the clients of one listener.
import type { BrokerRegistration, MetadataImage, PartitionRegistration } from '../../metadata/index.ts'
import { ErrorCode } from '../../wire/index.ts'

/** Whether clients of this listener can reach the broker now. */
export function isReachable(broker: BrokerRegistration | undefined, listenerName: string): boolean {
  return broker !== undefined && !broker.fenced && broker.endpoints.some(({ name }) => name === listenerName)
}

export interface PartitionMetadata {
  readonly errorCode: number
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export interface View {
  readonly listenerName: string
  /** Metadata 0 and 1 knew no offline replicas: replicas that are down were left out, with an error. */
  readonly unavailableReplicas: 'listed' | 'left out'
}

const NO_LEADER = -1

export function partitionMetadata(
  image: MetadataImage,
  partition: PartitionRegistration,
  view: View,
): PartitionMetadata {
  const { leader, leaderEpoch, replicas, isr } = partition
  const isUp = (id: number): boolean => isReachable(image.brokers.get(id), view.listenerName)
  const all = view.unavailableReplicas === 'listed'
  const replicaNodes = all ? replicas : replicas.filter(isUp)
  const isrNodes = all ? isr : isr.filter(isUp)
  const shown = {
    partitionIndex: partition.partition,
    leaderId: isUp(leader) ? leader : NO_LEADER,
    leaderEpoch,
    replicaNodes,
    isrNodes,
    offlineReplicas: replicas.filter((id) => !isOnline(image.brokers.get(id), partition, view.listenerName)),
  }
  return { errorCode: errorOf(image, partition, shown, view), ...shown }
}

function errorOf(
  image: MetadataImage,
  { leader, replicas, isr }: PartitionRegistration,
  shown: Omit<PartitionMetadata, 'errorCode'>,
  { listenerName }: View,
): number {
  const broker = image.brokers.get(leader)
  if (broker === undefined || broker.fenced) return ErrorCode.LEADER_NOT_AVAILABLE
  if (!isReachable(broker, listenerName)) return ErrorCode.LISTENER_NOT_FOUND
  const complete = shown.replicaNodes.length === replicas.length && shown.isrNodes.length === isr.length
  return complete ? ErrorCode.NONE : ErrorCode.REPLICA_NOT_AVAILABLE
}

/** A replica is offline with its broker, or with its log directory. */
function isOnline(
  broker: BrokerRegistration | undefined,
  { replicas, directories }: PartitionRegistration,
  listenerName: string,
): boolean {
  if (broker === undefined || !isReachable(broker, listenerName)) return false
  const directory = directories[replicas.indexOf(broker.brokerId)]
  return directory === undefined || RESERVED.has(directory) || broker.logDirs.includes(directory)
}

/** Directories that are none yet: unassigned, and of a broker before it knew directories (KIP-858). */
const RESERVED: ReadonlySet<string> = new Set(['AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAg'])
