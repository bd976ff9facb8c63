// How the files and directories of a log are called, as Kafka calls them. Text only; touches no disk.
import { join } from 'node:path'

export const LOG_SUFFIX = '.log'
export const OFFSET_INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TRANSACTION_INDEX_SUFFIX = '.txnindex'
/** The files of a segment, its log first. */
export const SEGMENT_SUFFIXES = [LOG_SUFFIX, OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX]
export const SNAPSHOT_SUFFIX = '.snapshot'
/** Added to a file that is about to go, so that a restart knows it is gone. */
export const DELETED_SUFFIX = '.deleted'
/** Files of a cleaning that was under way. */
export const CLEANED_SUFFIX = '.cleaned'
/** Files of a cleaning that was done, but not all moved to their place. */
export const SWAP_SUFFIX = '.swap'
export const LEADER_EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'
export const PARTITION_METADATA = 'partition.metadata'

const DELETED_DIRECTORY = /\.[0-9a-f]{32}-delete$/
const FUTURE_DIRECTORY = /\.[0-9a-f]{32}-future$/
const STRAY_DIRECTORY = /\.[0-9a-f]{32}-stray$/
const MAX_DIRECTORY_NAME = 255

/** An offset as file names have it: 20 digits. */
export function offsetName(offset: number): string {
  return String(offset).padStart(20, '0')
}

export function segmentPath(directory: string, baseOffset: number, suffix: string): string {
  return join(directory, `${offsetName(baseOffset)}${suffix}`)
}

/** The offset that a file's name says; undefined where it is no such name. */
export function offsetOf(fileName: string, suffix: string): number | undefined {
  if (!fileName.endsWith(suffix)) return undefined
  const digits = fileName.slice(0, -suffix.length)
  return /^\d{20}$/.test(digits) ? Number(digits) : undefined
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export function partitionDirectory({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

export type PartitionDirectoryKind = 'current' | 'deleted' | 'future' | 'stray'

/** What a directory of a log directory is; undefined where its name is none of a partition. */
export function parsePartitionDirectory(name: string): (TopicPartition & { kind: PartitionDirectoryKind }) | undefined {
  const kind = kindOf(name)
  const plain = kind === 'current' ? name : name.slice(0, name.lastIndexOf('.'))
  const dash = plain.lastIndexOf('-')
  const partition = plain.slice(dash + 1)
  if (dash < 1 || !/^\d+$/.test(partition)) return undefined
  return { topic: plain.slice(0, dash), partition: Number(partition), kind }
}

function kindOf(name: string): PartitionDirectoryKind {
  if (DELETED_DIRECTORY.test(name)) return 'deleted'
  if (FUTURE_DIRECTORY.test(name)) return 'future'
  return STRAY_DIRECTORY.test(name) ? 'stray' : 'current'
}

/** The name of a partition's directory while its log is on its way to there; `id` is 32 hexadecimal digits. */
export function futureDirectory(topicPartition: TopicPartition, id: string): string {
  return `${partitionDirectory(topicPartition)}.${id}-future`
}

/** The name of a partition's directory while its files wait to be deleted; `id` is 32 hexadecimal digits. */
export function deletedDirectory(topicPartition: TopicPartition, id: string): string {
  return directoryWith(`.${id}-delete`, topicPartition)
}

/** The name of the directory of a log that was put aside, because no replica here is known to which it could belong. */
export function strayDirectory(topicPartition: TopicPartition, id: string): string {
  return directoryWith(`.${id}-stray`, topicPartition)
}

function directoryWith(tail: string, { topic, partition }: TopicPartition): string {
  const number = `-${partition}`
  return `${topic.slice(0, MAX_DIRECTORY_NAME - tail.length - number.length)}${number}${tail}`
}
