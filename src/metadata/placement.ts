// On which brokers the replicas of new partitions go, and what a client's own assignment must look like.
import type { Random } from '../io/index.ts'
import { EMPTY_UUID, KafkaError } from '../wire/index.ts'
import { type BrokerRegistration, type MetadataImage, NO_LEADER } from './image.ts'
import type { NewMetadataRecord } from './records.ts'

/** What a PartitionRecord says of a replica whose broker has several directories: it picks one itself. */
const UNASSIGNED_DIRECTORY = EMPTY_UUID

/** A broker that can lead: neither fenced nor shutting down. */
export function isActive(broker: BrokerRegistration | undefined): boolean {
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}

/** Places the replicas of `count` partitions around the brokers, from a random one on. */
export function placeReplicas(
  image: MetadataImage,
  count: number,
  replicationFactor: number,
  random: Random,
): readonly (readonly number[])[] {
  const brokers = [...image.brokers.values()]
  const unfenced = brokers.filter(({ fenced }) => !fenced)
  const refuse = (why: string): never => {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${replicationFactor} time(s): ${why}`,
    )
  }
  if (unfenced.length === 0) refuse('All brokers are currently fenced or have all their log directories cordoned.')
  if (replicationFactor > brokers.length) {
    refuse(
      `The target replication factor of ${replicationFactor} cannot be reached because only ${brokers.length} broker(s) are registered or some brokers have all their log directories cordoned.`,
    )
  }
  const start = Math.floor(random.next() * unfenced.length)
  return Array.from({ length: count }, (_, index) => {
    const leader = unfenced[(start + index) % unfenced.length]
    const followers = brokers.filter((broker) => broker !== leader)
    const shift = followers.length === 0 ? 0 : (start + index) % followers.length
    const around = [...followers.slice(shift), ...followers.slice(0, shift)]
    return [leader, ...around].slice(0, replicationFactor).map((broker) => broker?.brokerId ?? NO_LEADER)
  })
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
  const isr = replicas.filter((brokerId) => isActive(image.brokers.get(brokerId)))
  const directories = replicas.map((brokerId) => {
    const logDirs = image.brokers.get(brokerId)?.logDirs ?? []
    return logDirs.length === 1 ? (logDirs[0] ?? UNASSIGNED_DIRECTORY) : UNASSIGNED_DIRECTORY
  })
  return {
    type: 'PartitionRecord',
    version: 2,
    data: {
      partitionId,
      topicId,
      replicas: [...replicas],
      isr,
      leader: isr[0] ?? NO_LEADER,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories,
    },
  }
}
