// A partition's replicas: what a client's own assignment must look like, and the record of a new partition.
import { KafkaError } from '../wire/index.ts'
import { defaultDirectory } from './directories.ts'
import { type BrokerRegistration, type MetadataImage, NO_LEADER } from './image.ts'
import { hasDirectories, metadataVersionOf, partitionRecordVersion } from './metadata-version.ts'
import type { NewMetadataRecord } from './records.ts'

/** A broker that can lead: neither fenced nor shutting down. */
export function isActive(broker: BrokerRegistration | undefined): boolean {
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}

/** Checks one partition's replicas as a client gave them; all partitions of a topic have equally many. */
export function validateAssignment(
  image: MetadataImage,
  replicas: readonly number[],
  replicationFactor: number | undefined,
): void {
  const refuse = (why: string): never => {
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', why)
  }
  if (replicas.length === 0) refuse('The manual partition assignment includes an empty replica list.')
  const seen = new Set<number>()
  for (const brokerId of [...replicas].sort((a, b) => a - b)) {
    if (!image.brokers.has(brokerId)) {
      refuse(`The manual partition assignment includes broker ${brokerId}, but no such broker is registered.`)
    }
    if (seen.has(brokerId)) refuse(`The manual partition assignment includes the broker ${brokerId} more than once.`)
    seen.add(brokerId)
  }
  if (replicationFactor !== undefined && replicas.length !== replicationFactor) {
    refuse(
      `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not consistent with previous partitions, which have ${replicationFactor} replica(s).`,
    )
  }
}

/** The record of a new partition with these replicas; the first active one leads. */
export function newPartitionRecord(
  image: MetadataImage,
  topicId: string,
  partitionId: number,
  replicas: readonly number[],
): NewMetadataRecord {
  const level = metadataVersionOf(image)
  const isr = replicas.filter((brokerId) => isActive(image.brokers.get(brokerId)))
  const directories = replicas.map((brokerId) => defaultDirectory(image, brokerId))
  return {
    type: 'PartitionRecord',
    version: partitionRecordVersion(level),
    data: {
      partitionId,
      topicId,
      replicas,
      isr,
      leader: isr[0] ?? NO_LEADER,
      leaderEpoch: 0,
      partitionEpoch: 0,
      ...(hasDirectories(level) ? { directories } : {}),
    },
  }
}
