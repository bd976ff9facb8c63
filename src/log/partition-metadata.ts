// `partition.metadata`: which topic a partition's directory belongs to, so that the log of a deleted topic is never
// taken for that of a new one of the same name.
import { join } from 'node:path'
import type { FileSystem } from '../io/index.ts'
import { PARTITION_METADATA } from './paths.ts'

const VERSION = 0

export function writePartitionMetadata(fs: FileSystem, directory: string, topicId: string): void {
  const text = `version: ${VERSION}\ntopic_id: ${topicId}\n`
  fs.replaceFile(join(directory, PARTITION_METADATA), text, { durable: false })
}

/** The topic's id; undefined where the directory does not say. */
export function readPartitionMetadata(fs: FileSystem, directory: string): string | undefined {
  const path = join(directory, PARTITION_METADATA)
  if (!fs.exists(path)) return undefined
  const match = /^version: 0\s+topic_id: (\S{22})\s*$/.exec(fs.readFile(path).toString('utf8'))
  return match?.[1]
}
