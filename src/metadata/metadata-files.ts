// The files of the metadata log: what they are called, and what stands in them, read without changing a byte. Where the
// log was cut off by a crash, what is read ends at its last whole batch, as it will when it is opened.
import { join } from 'node:path'
import type { FileSystem } from '../io/index.ts'
import { offsetName, storedLog } from '../log/index.ts'
import { DecodeError, encode, KafkaError, SnapshotFooterRecord, SnapshotHeaderRecord } from '../wire/index.ts'
import { Batch, controlKey, encodeBatch, type NewRecord, readBatchRecords } from '../wire/records/index.ts'
import { CLUSTER_METADATA } from './internal-topics.ts'
import type { JournalEntry, SnapshotPoint } from './journal.ts'
import { parseQuorumState, type Quorum, quorumAfter, quorumRecords, STATIC_QUORUM } from './quorum.ts'

/** The log within the log directory that `metadata.log.dir` names. */
export function metadataDirectory(logDirectory: string): string {
  return join(logDirectory, `${CLUSTER_METADATA}-0`)
}

export const QUORUM_STATE = 'quorum-state'
/** What a new cluster begins with, beside the log; written by whoever formats the directory. */
const BOOTSTRAP = 'bootstrap.checkpoint'
const RECORDS_PER_SNAPSHOT_BATCH = 1000
const SNAPSHOT_NAME = /^(\d{20})-(\d{10})\.checkpoint$/

export interface SnapshotFile {
  readonly name: string
  readonly endOffset: number
  readonly epoch: number
}

export function snapshotName(endOffset: number, epoch: number): string {
  return `${offsetName(endOffset)}-${String(epoch).padStart(10, '0')}.checkpoint`
}

/** In ascending order. */
export function snapshotsIn(fs: FileSystem, directory: string): SnapshotFile[] {
  return fs
    .list(directory)
    .flatMap((name) => {
      const match = SNAPSHOT_NAME.exec(name)
      return match === null ? [] : [{ name, endOffset: Number(match[1]), epoch: Number(match[2]) }]
    })
    .sort((a, b) => a.endOffset - b.endOffset || a.epoch - b.epoch)
}

export interface Snapshot extends SnapshotFile {
  readonly bytes: Buffer
}

/** Header, quorum, the values, footer: whoever finds the footer knows that nothing is missing. */
export function encodeSnapshot(quorum: Quorum, point: SnapshotPoint, values: readonly Buffer[], now: number): Buffer {
  const batches: Buffer[] = []
  let nextOffset = 0
  const add = (records: readonly NewRecord[], isControl: boolean): void => {
    batches.push(encodeBatch({ baseOffset: nextOffset, records, isControl, partitionLeaderEpoch: point.epoch }))
    nextOffset += records.length
  }
  const header = encode(SnapshotHeaderRecord, 0, { lastContainedLogTimestamp: point.timestamp })
  add([{ timestamp: now, key: controlKey('SNAPSHOT_HEADER'), value: header }, ...quorumRecords(quorum, now)], true)
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

/** The latest one that is whole. */
export function latestSnapshot(fs: FileSystem, directory: string): Snapshot | undefined {
  for (const snapshot of snapshotsIn(fs, directory).reverse()) {
    const bytes = fs.readFile(join(directory, snapshot.name))
    if (isWhole(bytes)) return { ...snapshot, bytes }
  }
  return undefined
}

/** Whether a snapshot's batches are sound and the last of them is its footer. */
function isWhole(bytes: Buffer): boolean {
  let last = -1
  let end = 0
  for (const at of soundBatches(bytes)) {
    last = at
    end = at + Batch.sizeInBytes(bytes, at)
  }
  if (last < 0 || end !== bytes.length || !Batch.isControl(bytes, last)) return false
  const key = readBatchRecords(bytes, last).at(-1)?.key
  return key?.equals(controlKey('SNAPSHOT_FOOTER')) ?? false
}

/** The positions of the batches up to the first that is torn or corrupt. */
function* soundBatches(bytes: Buffer): Generator<number, void, undefined> {
  for (let at = 0; ; ) {
    const size = sizeOfSound(bytes, at)
    if (size === 0) return
    yield at
    at += size
  }
}

function sizeOfSound(bytes: Buffer, at: number): number {
  try {
    const size = Batch.completeSize(bytes, at)
    return size > 0 && Batch.isValid(bytes, at) ? size : 0
  } catch (error) {
    if (error instanceof DecodeError) return 0
    throw error
  }
}

export interface MetadataBatch {
  readonly buffer: Buffer
  readonly at: number
  /** Records below this offset of the log are in the snapshot already; in the snapshot itself, none. */
  readonly from: number
}

/** The batches of the latest snapshot that is whole, and those of the log behind it. Throws KAFKA_STORAGE_ERROR. */
export function* metadataBatches(fs: FileSystem, directory: string): Generator<MetadataBatch, void, undefined> {
  const snapshot = latestSnapshot(fs, directory)
  if (snapshot !== undefined) {
    for (const at of Batch.positions(snapshot.bytes)) yield { buffer: snapshot.bytes, at, from: 0 }
  }
  const from = snapshot?.endOffset ?? 0
  const log = storedLog(fs, directory)
  if (log.startOffset > from) {
    throw new KafkaError(
      'KAFKA_STORAGE_ERROR',
      `${directory} begins at ${log.startOffset} and has no snapshot up to there`,
    )
  }
  for (const { buffer, at } of log.batches()) if (Batch.lastOffset(buffer, at) >= from) yield { buffer, at, from }
}

/** Shows the values of a batch; control records are the quorum's own. */
export function visitValues({ buffer, at, from }: MetadataBatch, visit: (entry: JournalEntry) => void): void {
  if (Batch.isControl(buffer, at)) return
  const epoch = Batch.partitionLeaderEpoch(buffer, at)
  for (const { offset, timestamp, value } of readBatchRecords(buffer, at)) {
    if (offset >= from && value !== null) visit({ offset, epoch, timestamp, value })
  }
}

/** The values of a new cluster's first records, as whoever formatted the directory left them; undefined without any. */
export function bootstrapValues(fs: FileSystem, logDirectory: string): Buffer[] | undefined {
  const path = join(logDirectory, BOOTSTRAP)
  if (!fs.exists(path)) return undefined
  const buffer = fs.readFile(path)
  const values: Buffer[] = []
  for (const at of soundBatches(buffer)) visitValues({ buffer, at, from: 0 }, ({ value }) => values.push(value))
  return values
}

/** Leaves them as `kafka-storage format` does. */
export function writeBootstrap(fs: FileSystem, logDirectory: string, values: readonly Buffer[], now: number): void {
  const content = encodeSnapshot(STATIC_QUORUM, { offset: 0, epoch: 0, timestamp: 0 }, values, now)
  fs.replaceFile(join(logDirectory, BOOTSTRAP), content)
}

export interface StoredQuorum {
  readonly quorum: Quorum
  /** 0 where there was none. */
  readonly lastEpoch: number
  /** Who votes where the log does not say, as `quorum-state` remembers the configuration. */
  readonly staticVoters: readonly number[]
}

/** What snapshots, log and `quorum-state` say of the quorum. Throws KAFKA_STORAGE_ERROR. */
export function storedQuorum(fs: FileSystem, directory: string): StoredQuorum {
  let quorum = STATIC_QUORUM
  let lastEpoch = latestSnapshot(fs, directory)?.epoch ?? 0
  for (const { buffer, at } of metadataBatches(fs, directory)) {
    lastEpoch = Math.max(lastEpoch, Batch.partitionLeaderEpoch(buffer, at))
    if (Batch.isControl(buffer, at)) quorum = quorumAfter(quorum, buffer, at)
  }
  const path = join(directory, QUORUM_STATE)
  if (!fs.exists(path)) return { quorum, lastEpoch, staticVoters: [] }
  const { leaderEpoch, voterIds } = parseQuorumState(path, fs.readFile(path).toString('utf8'))
  return { quorum, lastEpoch: Math.max(lastEpoch, leaderEpoch), staticVoters: voterIds }
}
