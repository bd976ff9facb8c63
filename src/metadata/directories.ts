// The log directories of replicas (KIP-858): the ids that stand for none, which directory a new replica gets, and
// whether a replica's directory is online. Functions; which directories a broker has is in its registration.
import { EMPTY_UUID } from '../wire/index.ts'
import type { BrokerRegistration, MetadataImage, PartitionRegistration } from './image.ts'
import { hasDirectories, metadataVersionOf } from './metadata-version.ts'

/** A replica from before its cluster knew directories. */
export const MIGRATING_DIRECTORY = EMPTY_UUID
/** A replica whose broker has several directories, and has not said yet which one it took. */
export const UNASSIGNED_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAQ'
/** A replica in some directory that is offline. */
const LOST_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAg'

/** What the record of a new replica on this broker says of its directory. */
export function defaultDirectory(image: MetadataImage, brokerId: number): string {
  if (!hasDirectories(metadataVersionOf(image))) return MIGRATING_DIRECTORY
  const broker = image.brokers.get(brokerId)
  if (broker === undefined) return UNASSIGNED_DIRECTORY
  const [directory = MIGRATING_DIRECTORY, ...others] = broker.logDirs
  return others.length > 0 ? UNASSIGNED_DIRECTORY : directory
}

/** Whether the broker's replica of the partition is in a directory that works. */
export function isInOnlineDirectory(broker: BrokerRegistration, partition: PartitionRegistration): boolean {
  const directory = partition.directories[partition.replicas.indexOf(broker.brokerId)] ?? MIGRATING_DIRECTORY
  if (directory === MIGRATING_DIRECTORY || directory === UNASSIGNED_DIRECTORY) return true
  if (directory === LOST_DIRECTORY) return false
  // A broker that registered before 3.7 named none, and would have halted without one.
  return broker.logDirs.length === 0 || broker.logDirs.includes(directory)
}
