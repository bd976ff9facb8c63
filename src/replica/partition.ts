// A partition that this broker has a replica of: its log, and what the metadata says of its leadership. Decides who may
// append and read, up to where, and moves the high watermark.
import type { FoundOffset, LogRead, PartitionLog, ProducerEntry, TopicPartition } from '../log/index.ts'
import type { PartitionRegistration } from '../metadata/index.ts'
import { KafkaError } from '../wire/index.ts'

/** What a reader may see: everything, what is replicated, or what is replicated and not part of an open transaction. */
export type Isolation = 'logEnd' | 'highWatermark' | 'lastStable'

/** The timestamps of ListOffsets that stand for places. */
export const ListOffsetsTimestamp = {
  LATEST: -1,
  EARLIEST: -2,
  MAX_TIMESTAMP: -3,
  EARLIEST_LOCAL: -4,
  LATEST_TIERED: -5,
  EARLIEST_PENDING_UPLOAD: -6,
} as const

/** -1 in a request: the client does not know the leader's epoch. */
const UNKNOWN_EPOCH = -1
const NO_TIMESTAMP = -1
const NOT_FOUND: FoundOffset = { timestamp: NO_TIMESTAMP, offset: -1, leaderEpoch: -1 }

/** Something that waits for a partition to change. */
export interface Watcher {
  /** The partition has more to read, another leader, or is gone. */
  onChange(): void
}

export class Partition {
  readonly topicPartition: TopicPartition
  readonly topicId: string
  readonly #brokerId: number
  readonly #watchers = new Set<Watcher>()
  #log: PartitionLog
  #registration: PartitionRegistration
  #gone = false

  constructor(brokerId: number, topicId: string, log: PartitionLog, registration: PartitionRegistration) {
    this.#brokerId = brokerId
    this.topicPartition = log.topicPartition
    this.topicId = topicId
    this.#log = log
    this.#registration = registration
    log.onWritten = () => this.#advance()
    this.#lead()
  }

  get log(): PartitionLog {
    return this.#log
  }

  /** The log was moved to another directory: this is it from now on. */
  moveTo(log: PartitionLog): void {
    this.#log.onWritten = () => undefined
    this.#log = log
    log.onWritten = () => this.#advance()
    this.#lead()
  }

  get isLeader(): boolean {
    return !this.#gone && this.#registration.leader === this.#brokerId
  }

  get leaderId(): number {
    return this.#registration.leader
  }

  get leaderEpoch(): number {
    return this.#registration.leaderEpoch
  }

  get isr(): readonly number[] {
    return this.#registration.isr
  }

  /** The metadata changed. */
  update(registration: PartitionRegistration): void {
    const newEpoch = registration.leaderEpoch !== this.#registration.leaderEpoch
    this.#registration = registration
    if (newEpoch) this.#lead()
    this.#tellWatchers()
  }

  /** An epoch of this leader begins at the end of the log. */
  #lead(): void {
    if (!this.isLeader) return
    this.log.beginEpoch(this.leaderEpoch)
    this.#advance()
  }

  /** The log was written to: what every in-sync replica has is safe. */
  #advance(): void {
    if (this.isr.length > 1 || !this.isLeader) return
    this.log.setHighWatermark(this.log.writtenOffset)
    this.#tellWatchers()
  }

  /** The topic was deleted, or the replica moved away. */
  remove(): void {
    this.#gone = true
    this.#tellWatchers()
    this.#watchers.clear()
  }

  watch(watcher: Watcher): void {
    this.#watchers.add(watcher)
  }

  unwatch(watcher: Watcher): void {
    this.#watchers.delete(watcher)
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) watcher.onChange()
  }

  /** Throws unless this broker leads, in the epoch that the client knows. */
  checkLeader(currentLeaderEpoch = UNKNOWN_EPOCH): void {
    if (this.#gone) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    if (this.log.isOffline) throw new KafkaError('KAFKA_STORAGE_ERROR')
    if (currentLeaderEpoch !== UNKNOWN_EPOCH && currentLeaderEpoch !== this.leaderEpoch) {
      throw new KafkaError(currentLeaderEpoch < this.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH')
    }
    if (!this.isLeader) throw new KafkaError('NOT_LEADER_OR_FOLLOWER')
  }

  /** Throws where acks=all could not be kept. */
  checkInSyncReplicas(): void {
    const wanted = Math.min(this.log.config.minInsyncReplicas, this.#registration.replicas.length)
    if (this.isr.length < wanted) throw new KafkaError('NOT_ENOUGH_REPLICAS')
  }

  endOffset(isolation: Isolation): number {
    switch (isolation) {
      case 'logEnd':
        return this.log.writtenOffset
      case 'highWatermark':
        return this.log.highWatermark
      case 'lastStable':
        return this.log.lastStableOffset
    }
  }

  read(offset: number, isolation: Isolation, maxBytes: number, minOneBatch: boolean): LogRead {
    return this.log.read(offset, { maxBytes, minOneBatch, endOffset: this.endOffset(isolation) })
  }

  /** The offset that a timestamp of ListOffsets stands for; offset -1 where there is none. */
  offsetFor(timestamp: number, isolation: Isolation): FoundOffset {
    const { log } = this
    const at = (offset: number, leaderEpoch: number): FoundOffset => ({ timestamp: NO_TIMESTAMP, offset, leaderEpoch })
    switch (timestamp) {
      case ListOffsetsTimestamp.LATEST:
        return at(this.endOffset(isolation), this.leaderEpoch)
      case ListOffsetsTimestamp.EARLIEST:
      case ListOffsetsTimestamp.EARLIEST_LOCAL:
        return at(log.logStartOffset, log.leaderEpochs.epochFor(log.logStartOffset))
      case ListOffsetsTimestamp.LATEST_TIERED:
      case ListOffsetsTimestamp.EARLIEST_PENDING_UPLOAD:
        // Nothing is tiered.
        return NOT_FOUND
    }
    const found =
      timestamp === ListOffsetsTimestamp.MAX_TIMESTAMP ? log.offsetOfMaxTimestamp() : log.offsetForTimestamp(timestamp)
    return found === undefined || found.offset >= this.endOffset(isolation) ? NOT_FOUND : found
  }

  /** Deletes the records before `offset` (-1: the high watermark). Returns where the log begins now. */
  deleteRecords(offset: number): number {
    this.checkLeader()
    const { config } = this.log
    if (config.compact && !config.delete) throw new KafkaError('POLICY_VIOLATION')
    const target = offset === -1 ? this.log.highWatermark : offset
    if (target < 0) throw new KafkaError('OFFSET_OUT_OF_RANGE')
    this.log.advanceLogStartOffset(target)
    return this.log.logStartOffset
  }

  producers(): Iterable<ProducerEntry> {
    return this.log.activeProducers()
  }
}
