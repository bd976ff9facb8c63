// What the finalized metadata.version allows in the log: which version of a record is written, and which fields it has.
// A directory of an older Kafka keeps its level until UpdateFeatures raises it, and every record fits that level.
import { LATEST_METADATA_VERSION, METADATA_VERSION } from './features.ts'
import type { MetadataImage } from './image.ts'

/** The level that first has each. */
const LEVEL = {
  migration: 8,
  noEpochBumpOnIsrShrink: 12,
  transactions: 13,
  controllerRegistration: 15,
  directories: 17,
  eligibleLeaderReplicas: 23,
  cordonedLogDirs: 30,
} as const

/** The levels that brought new records or fields: going back below one would lose what they hold. */
const levelsThatChangedRecords = [7, 8, 11, 13, 14, 15, 17, 23, 30]

/** The level in force; before the first record, the one that a new cluster gets. */
export function metadataVersionOf(image: Pick<MetadataImage, 'features'>): number {
  return image.features.get(METADATA_VERSION) ?? LATEST_METADATA_VERSION
}

/** Whether records or their fields differ between the two levels. */
export function metadataChanged(low: number, high: number): boolean {
  return levelsThatChangedRecords.some((level) => level > low && level <= high)
}

export function registerBrokerRecordVersion(level: number): number {
  if (level >= LEVEL.cordonedLogDirs) return 4
  if (level >= LEVEL.directories) return 3
  return level >= LEVEL.migration ? 2 : 1
}

/** Of a PartitionRecord, and of a PartitionChangeRecord too. */
export function partitionRecordVersion(level: number): number {
  if (level >= LEVEL.eligibleLeaderReplicas) return 2
  return level >= LEVEL.directories ? 1 : 0
}

/** Transactions of metadata records (KIP-868). */
export function hasTransactions(level: number): boolean {
  return level >= LEVEL.transactions
}

export function hasControllerRegistration(level: number): boolean {
  return level >= LEVEL.controllerRegistration
}

export function hasDirectories(level: number): boolean {
  return level >= LEVEL.directories
}

export function hasCordonedLogDirs(level: number): boolean {
  return level >= LEVEL.cordonedLogDirs
}

/** Before 3.6, a broker needed a new leader epoch to notice that its ISR had shrunk (KAFKA-15021). */
export function bumpsEpochOnIsrShrink(level: number): boolean {
  return level < LEVEL.noEpochBumpOnIsrShrink
}
