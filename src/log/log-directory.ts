// One entry of `log.dirs`: its lock, its identity (meta.properties), its checkpoints, and whether the last stop was in
// order. Knows files; the logs in it are the manager's.
import { join } from 'node:path'
import { parse as parseProperties } from 'dot-properties'
import type { FileLock, Io } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import { type PartitionOffsets, readOffsetCheckpoint, writeOffsetCheckpoint } from './checkpoint-file.ts'
import { parsePartitionDirectory, type TopicPartition } from './paths.ts'

const META_PROPERTIES = 'meta.properties'
const META_VERSION = '1'
const LOCK = '.lock'
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'
const CLEAN_SHUTDOWN_VERSION = 0
/** Ours alone: says that the directory was looked through when it was taken over. Kafka passes it by. */
const KNOWN = '.odradek'

const checkpoints = {
  recoveryPoint: 'recovery-point-offset-checkpoint',
  logStartOffset: 'log-start-offset-checkpoint',
  highWatermark: 'replication-offset-checkpoint',
  cleanedUpTo: 'cleaner-offset-checkpoint',
} as const
export type Checkpoint = keyof typeof checkpoints

/** What meta.properties says. */
export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  /** Undefined where it was written before directories had ids. */
  readonly directoryId: string | undefined
}

export class LogDirectory {
  readonly path: string
  readonly #io: Io
  #lock: FileLock | undefined
  #meta: MetaProperties | undefined
  /** The epoch of the registration whose broker stopped in order; undefined after a crash, and in a new directory. */
  readonly cleanShutdownEpoch: number | undefined
  /** Whether the logs can be taken as they are. */
  readonly cleanShutdown: boolean = false
  isOffline: boolean

  private constructor(io: Io, path: string, lock: FileLock | undefined) {
    this.#io = io
    this.path = path
    this.#lock = lock
    this.isOffline = lock === undefined
    if (this.isOffline) return
    this.#meta = readMeta(io, join(path, META_PROPERTIES))
    const marker = join(path, CLEAN_SHUTDOWN)
    this.cleanShutdown = io.fs.exists(marker)
    this.cleanShutdownEpoch = this.cleanShutdown ? epochIn(io.fs.readFile(marker).toString('utf8')) : undefined
  }

  /** One that the system does not let us have: it is listed, and nothing else. */
  static offline(io: Io, path: string): LogDirectory {
    return new LogDirectory(io, path, undefined)
  }

  /** Locks the directory, which is made where it is missing. Throws where another process has it. */
  static open(io: Io, path: string): LogDirectory {
    io.fs.makeDirectory(path)
    const lock = io.fs.lock(join(path, LOCK))
    if (lock === undefined) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `the log directory ${path} is in use by another broker`)
    }
    try {
      return new LogDirectory(io, path, lock)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  get meta(): MetaProperties | undefined {
    return this.#meta
  }

  /** The directory's own id; undefined where it was offline from the start, or is not formatted yet. */
  get id(): string | undefined {
    return this.#meta?.directoryId
  }

  /** Writes meta.properties, with a new id for the directory. */
  format(clusterId: string, nodeId: number): void {
    this.#meta = { clusterId, nodeId, directoryId: this.#io.random.uuid() }
    const lines = [
      '#',
      `#${new Date(this.#io.clock.now()).toUTCString()}`,
      `cluster.id=${clusterId}`,
      `directory.id=${this.#meta.directoryId}`,
      `node.id=${nodeId}`,
      `version=${META_VERSION}`,
    ]
    this.#io.fs.replaceFile(join(this.path, META_PROPERTIES), `${lines.join('\n')}\n`)
  }

  /** Whether its logs were once found to have no batches but those of today's format. */
  get isKnown(): boolean {
    return this.#io.fs.exists(join(this.path, KNOWN))
  }

  markKnown(): void {
    if (!this.isKnown) this.#io.fs.replaceFile(join(this.path, KNOWN), '')
  }

  /** From now on a crash is a crash. */
  removeCleanShutdownMarker(): void {
    this.#io.fs.remove(join(this.path, CLEAN_SHUTDOWN))
  }

  writeCleanShutdownMarker(brokerEpoch: number): void {
    const text = JSON.stringify({ version: CLEAN_SHUTDOWN_VERSION, brokerEpoch })
    this.#io.fs.replaceFile(join(this.path, CLEAN_SHUTDOWN), text)
  }

  readCheckpoint(kind: Checkpoint): PartitionOffsets {
    return readOffsetCheckpoint(this.#io.fs, join(this.path, checkpoints[kind]))
  }

  writeCheckpoint(
    kind: Checkpoint,
    offsets: Iterable<TopicPartition & { readonly offset: number }>,
    options: { durable: boolean },
  ): void {
    writeOffsetCheckpoint(this.#io.fs, join(this.path, checkpoints[kind]), offsets, options)
  }

  /** The directories in it that are those of partitions. */
  partitions(): (NonNullable<ReturnType<typeof parsePartitionDirectory>> & { path: string })[] {
    return this.#io.fs.list(this.path).flatMap((name) => {
      const parsed = parsePartitionDirectory(name)
      const path = join(this.path, name)
      return parsed === undefined || !this.#io.fs.stat(path).isDirectory ? [] : [{ ...parsed, path }]
    })
  }

  /** Lets another process have it. */
  unlock(): void {
    this.#lock?.release()
    this.#lock = undefined
  }
}

function readMeta(io: Io, path: string): MetaProperties | undefined {
  if (!io.fs.exists(path)) return undefined
  const properties = parseProperties(io.fs.readFile(path).toString('utf8')) as Record<string, string>
  const refuse = (why: string): never => {
    throw new KafkaError('KAFKA_STORAGE_ERROR', `${path}: ${why}`)
  }
  const { version, 'cluster.id': clusterId = '', 'node.id': nodeId = '', 'directory.id': directoryId } = properties
  if (version !== META_VERSION) refuse(`version ${version} is not known, ${META_VERSION} is`)
  if (clusterId === '') refuse('it has no cluster.id')
  if (!/^\d+$/.test(nodeId)) refuse(`node.id is ${nodeId || 'missing'}`)
  return { clusterId, nodeId: Number(nodeId), directoryId }
}

function epochIn(text: string): number | undefined {
  try {
    const { brokerEpoch } = JSON.parse(text) as { brokerEpoch?: unknown }
    return typeof brokerEpoch === 'number' ? brokerEpoch : undefined
  } catch {
    return undefined
  }
}
