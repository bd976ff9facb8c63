// The journal on disk: `__cluster_metadata-0`, a KRaft log of one voter as Kafka keeps it. Values are batches v2 under
// the epoch of this start; what the quorum itself must remember are control records, `quorum-state`, and the snapshots
// beside the log. Every append is synced before it counts.
import { join } from 'node:path'
import type { TopicConfig } from '../config/index.ts'
import type { Clock, FileSystem, Io, Logger } from '../io/index.ts'
import { offsetName, PartitionLog, recoverLog, writePartitionMetadata } from '../log/index.ts'
import {
  type Draft,
  EMPTY_UUID,
  encode,
  KafkaError,
  KRaftVersionRecord,
  LeaderChangeMessage,
  type QuorumStateData,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from '../wire/index.ts'
import { Batch, controlKey, encodeBatch, type NewRecord, readBatchRecords } from '../wire/records/index.ts'
import type { BrokerEndpoint } from './image.ts'
import { CLUSTER_METADATA, CLUSTER_METADATA_TOPIC_ID } from './internal-topics.ts'
import type { JournalEntry, MetadataJournal, SnapshotPoint } from './journal.ts'

const QUORUM_STATE = 'quorum-state'
const QUORUM_STATE_VERSION = 1
/** The level of the raft log's own format: dynamic voters (KIP-853). */
const KRAFT_VERSION_LEVEL = 1
const SNAPSHOT_NAME = /^(\d{20})-(\d{10})\.checkpoint$/
/** The snapshot that a new directory begins with: nothing but the voters. */
const BOOTSTRAP_SNAPSHOT = snapshotName(0, 0)
const RECORDS_PER_SNAPSHOT_BATCH = 1000
/** A snapshot that is torn or spoiled can be done without while its log is there; one older is kept for that. */
const KEPT_SNAPSHOTS = 2

export interface LogJournalOptions {
  readonly io: Io
  /** The log directory that `metadata.log.dir` names. */
  readonly logDirectory: string
  readonly directoryId: string
  readonly nodeId: number
  /** Where the controller listens: what the voters' record says. */
  readonly controllerEndpoints: readonly BrokerEndpoint[]
  /** The configs of the log: `metadata.log.segment.bytes` and so on as a topic's. */
  readonly config: TopicConfig
  readonly maxRecordBytesBetweenSnapshots: number
  readonly maxSnapshotIntervalMs: number
  readonly onFailure: (error: unknown) => void
}

interface SnapshotFile {
  readonly name: string
  readonly endOffset: number
}

export class LogJournal implements MetadataJournal {
  readonly kraftVersion = KRAFT_VERSION_LEVEL
  readonly leaderEpoch: number
  readonly directoryId: string
  readonly directory: string
  readonly #options: LogJournalOptions
  readonly #fs: FileSystem
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #log: PartitionLog
  #bytesSinceSnapshot = 0
  #lastSnapshotMs: number

  private constructor(options: LogJournalOptions, directory: string, log: PartitionLog, leaderEpoch: number) {
    this.#options = options
    this.directoryId = options.directoryId
    this.#fs = options.io.fs
    this.#clock = options.io.clock
    this.#logger = options.io.log
    this.directory = directory
    this.#log = log
    this.leaderEpoch = leaderEpoch
    this.#lastSnapshotMs = this.#clock.now()
    log.onWritten = () => undefined
  }

  /** Opens the log, made where it is missing, and becomes its leader: a new epoch begins. */
  static async open(options: LogJournalOptions): Promise<LogJournal> {
    const directory = join(options.logDirectory, `${CLUSTER_METADATA}-0`)
    const { fs } = options.io
    const isNew = !fs.exists(directory)
    fs.makeDirectory(directory)
    if (isNew) writeBootstrapSnapshot(options, directory)
    const leaderEpoch = nextEpoch(fs, directory)
    const log = openLog(options, directory)
    const journal = new LogJournal(options, directory, log, leaderEpoch)
    writeQuorumState(fs, directory, options.nodeId, leaderEpoch)
    await journal.#begin()
    return journal
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
    const snapshot = this.#latestSnapshot()
    const from = Math.max(snapshot?.endOffset ?? 0, this.#log.logStartOffset)
    if (snapshot !== undefined) {
      const bytes = this.#fs.readFile(join(this.directory, snapshot.name))
      for (const at of Batch.positions(bytes)) visitBatch(bytes, at, 0, visit)
    }
    if (from > (snapshot?.endOffset ?? 0)) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `${this.directory} begins at ${from} and has no snapshot up to there`)
    }
    for (const { buffer, at } of this.#log.wholeBatches(from)) visitBatch(buffer, at, from, visit)
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
    const { nodeId } = this.#options
    const voters = [{ voterId: nodeId }]
    const timestamp = this.#clock.now()
    const leader = encode(LeaderChangeMessage, 0, { leaderId: nodeId, voters, grantingVoters: voters })
    const records = [{ timestamp, key: controlKey('LEADER_CHANGE'), value: leader }]
    if (this.endOffset === 0) records.push(...quorumRecords(this.#options, timestamp))
    await this.#append(records, { isControl: true })
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
    const content = snapshotFile(this.#options, point, values(), this.#clock.now())
    try {
      this.#fs.replaceFile(join(this.directory, name), content)
      this.#removeOldSnapshots()
    } catch (error) {
      // The log still has everything.
      this.#logger.warn({ snapshot: name, err: error }, 'could not write a snapshot of the metadata')
    }
  }

  #removeOldSnapshots(): void {
    const snapshots = this.#snapshots()
    const kept = snapshots.slice(-KEPT_SNAPSHOTS)
    for (const { name } of snapshots.slice(0, -KEPT_SNAPSHOTS)) this.#fs.remove(join(this.directory, name))
    const [oldest] = kept
    if (oldest === undefined || !this.#log.advanceLogStartOffset(oldest.endOffset)) return
    const old = this.#log.countOld(0, (_, next) => next !== undefined && next.baseOffset <= oldest.endOffset)
    for (const file of this.#log.dropSegments(old)) this.#fs.remove(file)
  }

  #snapshots(): SnapshotFile[] {
    return this.#fs
      .list(this.directory)
      .flatMap((name) => {
        const match = SNAPSHOT_NAME.exec(name)
        return match === null ? [] : [{ name, endOffset: Number(match[1]) }]
      })
      .sort((a, b) => a.endOffset - b.endOffset)
  }

  /** The latest one that is whole. */
  #latestSnapshot(): SnapshotFile | undefined {
    return this.#snapshots()
      .reverse()
      .find(({ name }) => isWhole(this.#fs.readFile(join(this.directory, name))))
  }

  async close(): Promise<void> {
    await this.#log.close()
  }
}

function openLog({ io, config, onFailure }: LogJournalOptions, directory: string): PartitionLog {
  const topicPartition = { topic: CLUSTER_METADATA, partition: 0 }
  const shared = { topicPartition, directory, config, fs: io.fs, clock: io.clock, log: io.log }
  // As Kafka does: the whole log is checked at every start, for it is read anyway.
  const known = { cleanShutdown: false, recoveryPoint: 0, logStartOffset: 0 }
  const state = recoverLog({ ...shared, ...known, producerIdExpirationMs: Number.MAX_SAFE_INTEGER })
  writePartitionMetadata(io.fs, directory, CLUSTER_METADATA_TOPIC_ID)
  const log = new PartitionLog({ ...shared, topicId: CLUSTER_METADATA_TOPIC_ID, onFailure }, state)
  log.setHighWatermark(log.logEndOffset)
  return log
}

/** One more than any epoch that stands in the directory. */
function nextEpoch(fs: FileSystem, directory: string): number {
  const path = join(directory, QUORUM_STATE)
  if (!fs.exists(path)) return 1
  const { leaderEpoch } = JSON.parse(fs.readFile(path).toString('utf8')) as { leaderEpoch?: unknown }
  if (typeof leaderEpoch !== 'number') throw new KafkaError('INVALID_CONFIG', `${path} names no leader epoch`)
  return leaderEpoch + 1
}

function writeQuorumState(fs: FileSystem, directory: string, nodeId: number, leaderEpoch: number): void {
  const state: Draft<typeof QuorumStateData> = {
    leaderId: nodeId,
    leaderEpoch,
    votedId: -1,
    votedDirectoryId: EMPTY_UUID,
  }
  fs.replaceFile(join(directory, QUORUM_STATE), JSON.stringify({ ...state, data_version: QUORUM_STATE_VERSION }))
}

function snapshotName(endOffset: number, epoch: number): string {
  return `${offsetName(endOffset)}-${String(epoch).padStart(10, '0')}.checkpoint`
}

function writeBootstrapSnapshot(options: LogJournalOptions, directory: string): void {
  const { clock, fs } = options.io
  const now = clock.now()
  const point = { offset: 0, epoch: 0, timestamp: now }
  fs.replaceFile(join(directory, BOOTSTRAP_SNAPSHOT), snapshotFile(options, point, [], now))
}

/** The version of the quorum's format, and its voters: this node alone. */
function quorumRecords(
  { nodeId, directoryId, controllerEndpoints }: LogJournalOptions,
  timestamp: number,
): { timestamp: number; key: Buffer; value: Buffer }[] {
  const voter = {
    voterId: nodeId,
    voterDirectoryId: directoryId,
    endpoints: controllerEndpoints.map(({ name, host, port }) => ({ name, host, port })),
    kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: KRAFT_VERSION_LEVEL },
  }
  return [
    {
      timestamp,
      key: controlKey('KRAFT_VERSION'),
      value: encode(KRaftVersionRecord, 0, { kRaftVersion: KRAFT_VERSION_LEVEL }),
    },
    { timestamp, key: controlKey('KRAFT_VOTERS'), value: encode(VotersRecord, 0, { voters: [voter] }) },
  ]
}

/** Header, quorum, the values, footer: whoever finds the footer knows that nothing is missing. */
function snapshotFile(
  options: LogJournalOptions,
  point: SnapshotPoint,
  values: readonly Buffer[],
  now: number,
): Buffer {
  const batches: Buffer[] = []
  let nextOffset = 0
  const add = (records: readonly NewRecord[], isControl: boolean): void => {
    batches.push(encodeBatch({ baseOffset: nextOffset, records, isControl, partitionLeaderEpoch: point.epoch }))
    nextOffset += records.length
  }
  const header = encode(SnapshotHeaderRecord, 0, { lastContainedLogTimestamp: point.timestamp })
  add([{ timestamp: now, key: controlKey('SNAPSHOT_HEADER'), value: header }, ...quorumRecords(options, now)], true)
  for (let from = 0; from < values.length; from += RECORDS_PER_SNAPSHOT_BATCH) {
    const some = values.slice(from, from + RECORDS_PER_SNAPSHOT_BATCH)
    add(
      some.map((value) => ({ timestamp: now, key: null, value })),
      false,
    )
  }
  add([{ timestamp: now, key: controlKey('SNAPSHOT_FOOTER'), value: encode(SnapshotFooterRecord, 0, {}) }], true)
  return Buffer.concat(batches)
}

/** Whether a snapshot's batches are sound and the last of them is its footer. */
function isWhole(bytes: Buffer): boolean {
  if (Batch.validEnd(bytes) !== bytes.length) return false
  let last = -1
  for (const at of Batch.positions(bytes)) {
    if (!Batch.isValid(bytes, at)) return false
    last = at
  }
  if (last < 0 || !Batch.isControl(bytes, last)) return false
  const key = readBatchRecords(bytes, last).at(-1)?.key
  return key?.equals(controlKey('SNAPSHOT_FOOTER')) ?? false
}

/** Shows the values of a batch from offset `from` on; control records are the quorum's own. */
function visitBatch(buffer: Buffer, at: number, from: number, visit: (entry: JournalEntry) => void): void {
  if (Batch.isControl(buffer, at)) return
  const epoch = Batch.partitionLeaderEpoch(buffer, at)
  for (const { offset, timestamp, value } of readBatchRecords(buffer, at)) {
    if (offset >= from && value !== null) visit({ offset, epoch, timestamp, value })
  }
}
