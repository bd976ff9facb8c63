// Kafka's checkpoint files: a version, a count, and a line for each entry. Text in, values out; a file that does not
// hold together is an error, because to go on without it could lose what it protects.
import type { FileSystem } from '../io/index.ts'
import { partitionDirectory, type TopicPartition } from './paths.ts'

const VERSION = 0

function readLines(fs: FileSystem, path: string): string[] {
  if (!fs.exists(path)) return []
  const lines = fs.readFile(path).toString('utf8').split('\n')
  if (lines[0] === '') return []
  const malformed = (why: string): Error => new Error(`${path} is malformed: ${why}`)
  if (lines[0] !== String(VERSION)) throw malformed(`unknown version ${lines[0]}`)
  const count = Number(lines[1])
  const entries = lines.slice(2).filter((line) => line !== '')
  if (!/^\d+$/.test(lines[1] ?? '') || entries.length !== count) {
    throw malformed(`${lines[1]} entries expected, ${entries.length} found`)
  }
  return entries
}

function writeLines(fs: FileSystem, path: string, entries: readonly string[], durable: boolean): void {
  const text = [VERSION, entries.length, ...entries].map((line) => `${line}\n`).join('')
  fs.replaceFile(path, text, { durable })
}

/** An offset for each partition of a log directory. */
export type PartitionOffsets = Map<string, TopicPartition & { readonly offset: number }>

export function readOffsetCheckpoint(fs: FileSystem, path: string): PartitionOffsets {
  const offsets: PartitionOffsets = new Map()
  for (const line of readLines(fs, path)) {
    const match = /^(\S+) (\d+) (\d+)$/.exec(line)
    if (match === null) throw new Error(`${path} is malformed: ${line}`)
    const entry = { topic: match[1] ?? '', partition: Number(match[2]), offset: Number(match[3]) }
    offsets.set(partitionDirectory(entry), entry)
  }
  return offsets
}

export function writeOffsetCheckpoint(
  fs: FileSystem,
  path: string,
  offsets: Iterable<TopicPartition & { readonly offset: number }>,
  { durable }: { durable: boolean },
): void {
  const lines = Array.from(offsets, ({ topic, partition, offset }) => `${topic} ${partition} ${offset}`)
  writeLines(fs, path, lines, durable)
}

export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

export function readEpochCheckpoint(fs: FileSystem, path: string): EpochEntry[] {
  return readLines(fs, path).map((line) => {
    const match = /^(\d+) (\d+)$/.exec(line)
    if (match === null) throw new Error(`${path} is malformed: ${line}`)
    return { epoch: Number(match[1]), startOffset: Number(match[2]) }
  })
}

export function writeEpochCheckpoint(fs: FileSystem, path: string, entries: readonly EpochEntry[]): void {
  const lines = entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`)
  // Recovery finds the epochs behind the recovery point in the batches again.
  writeLines(fs, path, lines, false)
}
