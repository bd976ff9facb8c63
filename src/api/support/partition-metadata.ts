// A partition as Metadata and DescribeTopicPartitions show it to the clients of one listener.
import {
  type BrokerRegistration,
  isInOnlineDirectory,
  type MetadataImage,
  NO_LEADER,
  type PartitionRegistration,
} from '../../metadata/index.ts'

export interface PartitionView {
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas: readonly number[]
}

/** Whether clients of this listener can reach the broker now. */
export function isReachable(broker: BrokerRegistration | undefined, listenerName: string): boolean {
  return broker !== undefined && !broker.fenced && hasListener(broker, listenerName)
}

/** The leader is told as long as it has the listener: that it is fenced now, a client finds out by itself. */
export function viewPartition(
  image: MetadataImage,
  partition: PartitionRegistration,
  listenerName: string,
): PartitionView {
  const { leader, leaderEpoch, replicas, isr } = partition
  const leading = image.brokers.get(leader)
  return {
    partitionIndex: partition.partition,
    leaderId: leading !== undefined && hasListener(leading, listenerName) ? leader : NO_LEADER,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
    offlineReplicas: replicas.filter((id) => isOffline(image.brokers.get(id), partition, listenerName)),
  }
}

function hasListener({ endpoints }: BrokerRegistration, listenerName: string): boolean {
  return endpoints.some(({ name }) => name === listenerName)
}

/** A replica is offline with its broker, or with its log directory. */
function isOffline(
  broker: BrokerRegistration | undefined,
  partition: PartitionRegistration,
  listenerName: string,
): boolean {
  return broker === undefined || !isReachable(broker, listenerName) || !isInOnlineDirectory(broker, partition)
}
