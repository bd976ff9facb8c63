// The journal on disk: `__cluster_metadata-0`, a KRaft log of one voter as Kafka keeps it. Values are batches v2 under
// the epoch of this start; what the quorum itself must remember are control records, `quorum-state`, and the snapshots
// beside the log. Every append is synced before it counts.
import { join } from 'node:path'
import type { TopicConfig } from '../config/index.ts'
import type { Clock, FileSystem, Io, Logger } from '../io/index.ts'
import { PartitionLog, recoverLog, writePartitionMetadata } from '../log/index.ts'
import { KafkaError } from '../wire/index.ts'
import { encodeBatch, type NewRecord } from '../wire/records/index.ts'
import { bootstrapOfThisVersion } from './broker-commands.ts'
import type { BrokerEndpoint } from './image.ts'
import { CLUSTER_METADATA, CLUSTER_METADATA_TOPIC_ID } from './internal-topics.ts'
import type { JournalEntry, MetadataJournal, SnapshotPoint } from './journal.ts'
import {
  bootstrapValues,
  encodeSnapshot,
  latestSnapshot,
  metadataBatches,
  metadataDirectory,
  QUORUM_STATE,
  snapshotName,
  snapshotsIn,
  storedQuorum,
  visitValues,
  writeBootstrap,
} from './metadata-files.ts'
import { dynamicQuorum, epochRecords, type Quorum, quorumRecords, quorumStateText, STATIC_QUORUM } from './quorum.ts'
import { encodeMetadataRecord } from './records.ts'

/** The snapshot that a new directory begins with: nothing but the voters. */
const BOOTSTRAP_SNAPSHOT = snapshotName(0, 0)
/** A snapshot that is torn or spoiled can be done without while its log is there; one older is kept for that. */
const KEPT_SNAPSHOTS = 2

export interface LogJournalOptions {
  readonly io: Io
  /** The log directory that `metadata.log.dir` names. */
  readonly logDirectory: string
  readonly directoryId: string
  readonly nodeId: number
  /** Where the controller listens: what the voters' record of a new log says. */
  readonly controllerEndpoints: readonly BrokerEndpoint[]
  /** Whether the voters of a new log stand in the configuration, and not in the log. */
  readonly hasStaticVoters: boolean
  /** The configs of the log: `metadata.log.segment.bytes` and so on as a topic's. */
  readonly config: TopicConfig
  readonly maxRecordBytesBetweenSnapshots: number
  readonly maxSnapshotIntervalMs: number
  readonly onFailure: (error: unknown) => void
}

export class LogJournal implements MetadataJournal {
  readonly leaderEpoch: number
  readonly directoryId: string
  readonly directory: string
  readonly bootstrap: readonly Buffer[]
  readonly #options: LogJournalOptions
  readonly #fs: FileSystem
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #log: PartitionLog
  #quorum: Quorum
  #bytesSinceSnapshot = 0
  #lastSnapshotMs: number

  private constructor(
    options: LogJournalOptions,
    log: PartitionLog,
    quorum: Quorum,
    bootstrap: readonly Buffer[],
    leaderEpoch: number,
  ) {
    this.#options = options
    this.directoryId = options.directoryId
    this.#fs = options.io.fs
    this.#clock = options.io.clock
    this.#logger = options.io.log
    this.directory = log.directory
    this.#log = log
    this.#quorum = quorum
    this.bootstrap = bootstrap
    this.leaderEpoch = leaderEpoch
    this.#lastSnapshotMs = this.#clock.now()
    log.onWritten = () => undefined
  }

  /** Opens the log, made where it is missing, and becomes its leader: a new epoch begins. */
  static async open(options: LogJournalOptions): Promise<LogJournal> {
    const directory = metadataDirectory(options.logDirectory)
    const { fs } = options.io
    fs.makeDirectory(directory)
    const log = openLog(options, directory)
    const stored = storedQuorum(fs, directory)
    const isNew = log.logEndOffset === 0 && stored.lastEpoch === 0 && stored.quorum.voters.length === 0
    if (isNew && !options.hasStaticVoters) writeBootstrapSnapshot(options, directory)
    const quorum = isNew ? firstQuorum(options) : stored.quorum
    const bootstrap = bootstrapValues(fs, options.logDirectory) ?? bootstrapOfThisVersion().map(encodeMetadataRecord)
    if (isNew) writeBootstrap(fs, options.logDirectory, bootstrap, options.io.clock.now())
    const journal = new LogJournal(options, log, quorum, bootstrap, stored.lastEpoch + 1)
    journal.#writeQuorumState()
    await journal.#begin()
    return journal
  }

  get kraftVersion(): number {
    return this.#quorum.kraftVersion
  }

  get endOffset(): number {
    return this.#log.logEndOffset
  }

  get logStartOffset(): number {
    return this.#log.logStartOffset
  }

  get highWatermark(): number {
    return this.#log.highWatermark
  }

  replay(visit: (entry: JournalEntry) => void): void {
    for (const batch of metadataBatches(this.#fs, this.directory)) visitValues(batch, visit)
  }

  append(values: readonly Buffer[]): Promise<void> {
    const timestamp = this.#clock.now()
    return this.#append(
      values.map((value) => ({ timestamp, key: null, value })),
      { isControl: false },
    )
  }

  #append(records: readonly NewRecord[], { isControl }: { isControl: boolean }): Promise<void> {
    const batch = encodeBatch({
      baseOffset: this.endOffset,
      records,
      isControl,
      partitionLeaderEpoch: this.leaderEpoch,
    })
    this.#bytesSinceSnapshot += batch.length
    const endOffset = this.endOffset + records.length
    return new Promise((resolve, reject) => {
      this.#log.append(batch, { leaderEpoch: this.leaderEpoch, origin: 'replication' }, (error) => {
        if (error === undefined) this.#sync(endOffset).then(resolve, reject)
        else reject(error)
      })
    })
  }

  /** Appends that come meanwhile share the next sync. */
  async #sync(endOffset: number): Promise<void> {
    while (this.#log.recoveryPoint < endOffset) {
      await this.#log.flush()
      if (this.#log.isOffline) throw new KafkaError('KAFKA_STORAGE_ERROR')
    }
    this.#log.setHighWatermark(endOffset)
  }

  /** The epoch begins with the leader's message; in a new log the version and the voters follow it. */
  async #begin(): Promise<void> {
    const now = this.#clock.now()
    const records = epochRecords(this.#options.nodeId, now)
    if (this.endOffset === 0) records.push(...quorumRecords(this.#quorum, now))
    await this.#append(records, { isControl: true })
  }

  #writeQuorumState(): void {
    const text = quorumStateText(this.#quorum, this.#options.nodeId, this.leaderEpoch)
    this.#fs.replaceFile(join(this.directory, QUORUM_STATE), text)
  }

  /** The voters, so far those of the configuration, stand in the log from now on. */
  async writeVoters(): Promise<void> {
    this.#quorum = dynamicQuorum(this.#options)
    await this.#append(quorumRecords(this.#quorum, this.#clock.now()), { isControl: true })
  }

  offerSnapshot(point: SnapshotPoint, values: () => readonly Buffer[]): void {
    const { maxRecordBytesBetweenSnapshots, maxSnapshotIntervalMs } = this.#options
    const age = this.#clock.now() - this.#lastSnapshotMs
    const isDue =
      this.#bytesSinceSnapshot >= maxRecordBytesBetweenSnapshots ||
      (maxSnapshotIntervalMs > 0 && age >= maxSnapshotIntervalMs)
    if (!isDue) return
    this.#bytesSinceSnapshot = 0
    this.#lastSnapshotMs = this.#clock.now()
    const name = snapshotName(point.offset, point.epoch)
    const content = encodeSnapshot(this.#quorum, point, values(), this.#clock.now())
    try {
      this.#fs.replaceFile(join(this.directory, name), content)
      this.#removeOldSnapshots()
    } catch (error) {
      // The log still has everything.
      this.#logger.warn({ snapshot: name, err: error }, 'could not write a snapshot of the metadata')
    }
  }

  #removeOldSnapshots(): void {
    const snapshots = snapshotsIn(this.#fs, this.directory)
    const kept = snapshots.slice(-KEPT_SNAPSHOTS)
    for (const { name } of snapshots.slice(0, -KEPT_SNAPSHOTS)) this.#fs.remove(join(this.directory, name))
    const [oldest] = kept
    if (oldest === undefined || !this.#log.advanceLogStartOffset(oldest.endOffset)) return
    const old = this.#log.countOld(0, (_, next) => next !== undefined && next.baseOffset <= oldest.endOffset)
    for (const file of this.#log.dropSegments(old)) this.#fs.remove(file)
  }

  async close(): Promise<void> {
    await this.#log.close()
  }
}

function openLog({ io, config, onFailure }: LogJournalOptions, directory: string): PartitionLog {
  const topicPartition = { topic: CLUSTER_METADATA, partition: 0 }
  const shared = { topicPartition, directory, config, fs: io.fs, clock: io.clock, log: io.log }
  // As Kafka does: the whole log is checked at every start, for it is read anyway.
  const known = { cleanShutdown: false, recoveryPoint: 0 }
  const recover = (logStartOffset: number) =>
    recoverLog({ ...shared, ...known, logStartOffset, producerIdExpirationMs: Number.MAX_SAFE_INTEGER })
  let state = recover(0)
  // A log that ends before its snapshot has nothing to add to it: it begins anew behind it.
  const snapshotEnd = latestSnapshot(io.fs, directory)?.endOffset ?? 0
  if (state.logEndOffset < snapshotEnd) state = recover(snapshotEnd)
  writePartitionMetadata(io.fs, directory, CLUSTER_METADATA_TOPIC_ID)
  const log = new PartitionLog({ ...shared, topicId: CLUSTER_METADATA_TOPIC_ID, onFailure }, state)
  log.setHighWatermark(log.logEndOffset)
  return log
}

function firstQuorum(options: LogJournalOptions): Quorum {
  return options.hasStaticVoters ? STATIC_QUORUM : dynamicQuorum(options)
}

function writeBootstrapSnapshot(options: LogJournalOptions, directory: string): void {
  const { clock, fs } = options.io
  const now = clock.now()
  const point = { offset: 0, epoch: 0, timestamp: now }
  fs.replaceFile(join(directory, BOOTSTRAP_SNAPSHOT), encodeSnapshot(dynamicQuorum(options), point, [], now))
}
