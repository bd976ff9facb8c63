// Moves of replicas between the log directories of this broker (KIP-113). The log is copied, batch by batch, into a
// second one beside it; when that has everything, the metadata is told its directory, and in one turn it takes the place
// of the first. Until then the first one serves, and a crash at any step leaves one that has everything.
import { resolve } from 'node:path'
import type { Clock, Logger, Timer } from '../io/index.ts'
import type { LogDirectory, LogManager, PartitionLog, TopicPartition } from '../log/index.ts'
import type { LiveConfig, ReplicaDirectory } from '../metadata/index.ts'
import { KafkaError } from '../wire/index.ts'
import { Batch } from '../wire/records/index.ts'
import type { Partition } from './partition.ts'

export interface LogDirectoryMovesRooms {
  readonly logs: LogManager
  readonly config: LiveConfig
  /** The partition, or Kafka's error. */
  readonly require: (topic: string, partition: number) => Partition
  /** Tells the metadata; resolves when it is durable. */
  readonly assign: (assignments: readonly ReplicaDirectory[]) => Promise<void>
  readonly clock: Clock
  readonly log: Logger
}

/** What is copied in one turn, where segments are not smaller. */
const CHUNK_BYTES = 1 << 20
/** The longest name that a directory can have, and what is added to that of the partition. */
const MAX_DIRECTORY_NAME = 255
const FUTURE_TAIL_LENGTH = 40
const UNLIMITED = Number.MAX_SAFE_INTEGER

/** A replica on its way. */
interface Move {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly target: LogDirectory
  /** Whether the metadata names the directory that it goes to, or may do so by now. */
  assignment: 'none' | 'asked' | 'done'
  isOver: boolean
  /** Waits for its turn, for the disk or for the metadata. */
  timer: Timer | undefined
}

export class LogDirectoryMoves {
  readonly #rooms: LogDirectoryMovesRooms
  readonly #moves = new Map<string, Move>()
  /** Those that nobody copies yet, in the order in which they were asked for. */
  readonly #waiting: Move[] = []
  readonly #copying = new Set<Move>()
  #restUntil = 0
  #isClosed = false

  constructor(rooms: LogDirectoryMovesRooms) {
    this.#rooms = rooms
  }

  /** Goes on with the moves that the last stop interrupted. */
  start(): void {
    for (const future of [...this.#rooms.logs.futures()]) {
      const { topic, partition } = future.topicPartition
      const target = this.#rooms.logs.directoryOf(future)
      const current = this.#rooms.logs.get(topic, partition)
      if (target === undefined || current === undefined) continue
      if (!isPrefix(future, current)) this.#startOver(future, current, target)
      this.#begin(current, target)
    }
  }

  /**
   * The replica shall be in the directory with this path: begins a move, turns one round, or calls one off. For a
   * partition that is not there yet the wish is remembered. Throws KafkaError.
   */
  alter({ topic, partition }: TopicPartition, path: string): void {
    const { logs, require } = this.#rooms
    if (`${topic}-${partition}`.length + FUTURE_TAIL_LENGTH > MAX_DIRECTORY_NAME) {
      throw new KafkaError('INVALID_TOPIC_EXCEPTION')
    }
    const target = this.#directoryAt(path)
    const current = logs.get(topic, partition)
    const future = logs.future(topic, partition)
    if (current?.isOffline === true) throw new KafkaError('KAFKA_STORAGE_ERROR')
    if (future !== undefined && logs.directoryOf(future) !== target) this.#callOff({ topic, partition })
    if (
      ![current, logs.future(topic, partition)].some((log) => log !== undefined && logs.directoryOf(log) === target)
    ) {
      logs.prefer({ topic, partition }, target)
    }
    const hosted = requireHosted(() => require(topic, partition))
    if (logs.directoryOf(hosted.log) === target || logs.future(topic, partition) !== undefined) return
    logs.createFuture(hosted.log, target)
    this.#begin(hosted.log, target)
  }

  #directoryAt(path: string): LogDirectory {
    const { logs, config } = this.#rooms
    const directory = logs.directories.find((each) => resolve(each.path) === path)
    if (directory === undefined) throw new KafkaError('LOG_DIR_NOT_FOUND')
    if (directory.isOffline) throw new KafkaError('KAFKA_STORAGE_ERROR')
    const cordoned = config.broker.get('cordoned.log.dirs')
    if (cordoned.includes('*') || cordoned.some((each) => resolve(each) === path)) {
      throw new KafkaError('INVALID_REPLICA_ASSIGNMENT')
    }
    return directory
  }

  /** What was copied so far goes, and the metadata is told again where the replica is. */
  #callOff({ topic, partition }: TopicPartition): void {
    const { logs } = this.#rooms
    const move = this.#moves.get(nameOf(topic, partition))
    logs.deleteFuture(topic, partition)
    if (move === undefined) return
    this.#end(move)
    const current = logs.get(topic, partition)
    const directoryId = current && logs.directoryOf(current)?.id
    if (move.assignment !== 'none' && directoryId !== undefined) this.#assign(move, directoryId).catch(() => undefined)
  }

  #begin({ topicPartition, topicId }: PartitionLog, target: LogDirectory): void {
    const { topic, partition } = topicPartition
    const move: Move = { topic, partition, topicId, target, assignment: 'none', isOver: false, timer: undefined }
    this.#moves.set(nameOf(topic, partition), move)
    this.#waiting.push(move)
    this.#startWaiting()
  }

  /** As many at once as num.replica.alter.log.dirs.threads says, or as there are directories. */
  #startWaiting(): void {
    const { config, logs } = this.#rooms
    const most = config.broker.get('num.replica.alter.log.dirs.threads') ?? logs.directories.length
    while (!this.#isClosed && this.#copying.size < most) {
      const move = this.#waiting.shift()
      if (move === undefined) return
      this.#copying.add(move)
      this.#later(move, 0)
    }
  }

  #end(move: Move): void {
    move.isOver = true
    move.timer?.cancel()
    const name = nameOf(move.topic, move.partition)
    if (this.#moves.get(name) === move) this.#moves.delete(name)
    const place = this.#waiting.indexOf(move)
    if (place >= 0) this.#waiting.splice(place, 1)
    this.#copying.delete(move)
    this.#startWaiting()
  }

  #later(move: Move, delayMs: number): void {
    if (move.isOver || this.#isClosed) return
    move.timer = this.#rooms.clock.setTimer(delayMs, () => this.#step(move))
  }

  #step(move: Move): void {
    try {
      this.#advance(move)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#fail(move, error)
    }
  }

  /** A failed directory has told about itself already. */
  #fail(move: Move, error: unknown): void {
    const { topic, partition } = move
    this.#rooms.log.warn({ topic, partition, err: error }, 'a move to another log directory was given up')
    this.#end(move)
  }

  #advance(move: Move): void {
    const { topic, partition } = move
    const { logs } = this.#rooms
    const current = logs.get(topic, partition)
    let future = logs.future(topic, partition)
    if (move.isOver || current === undefined || future === undefined || current.isOffline || future.isOffline) {
      this.#end(move)
      return
    }
    // What was to be copied next is gone already.
    if (future.logEndOffset < current.firstBatchOffset) future = this.#startOver(future, current, move.target)
    if (future.logEndOffset < current.writtenOffset) this.#copy(move, current, future)
    else if (move.assignment === 'none') this.#prepare(move, future)
    else if (move.assignment === 'done') this.#rooms.clock.atEndOfTurn(() => this.#takeOver(move))
  }

  #startOver({ topicPartition }: PartitionLog, current: PartitionLog, target: LogDirectory): PartitionLog {
    this.#rooms.logs.deleteFuture(topicPartition.topic, topicPartition.partition)
    return this.#rooms.logs.createFuture(current, target)
  }

  #copy(move: Move, current: PartitionLog, future: PartitionLog): void {
    const copied = this.#copyChunk(current, future, (error) => {
      if (error !== undefined) this.#fail(move, error)
      else this.#later(move, this.#restFor(copied))
    })
  }

  /** Takes the next batches over; gives their size. */
  #copyChunk(current: PartitionLog, future: PartitionLog, done: (error?: KafkaError) => void): number {
    const maxBytes = Math.min(CHUNK_BYTES, future.config.segmentBytes)
    const range = { maxBytes, minOneBatch: true, endOffset: current.writtenOffset }
    const { records } = current.read(Math.max(future.logEndOffset, current.logStartOffset), range)
    const whole = records.subarray(0, Batch.validEnd(records))
    if (whole.length === 0) throw new KafkaError('KAFKA_STORAGE_ERROR', `nothing to copy from ${current.directory}`)
    future.append(whole, { leaderEpoch: current.leaderEpochs.latest, origin: 'replication' }, (error) => {
      if (error === undefined) follow(future, current)
      done(error)
    })
    return whole.length
  }

  /** For how long to rest, so that all moves together keep to replica.alter.log.dirs.io.max.bytes.per.second. */
  #restFor(bytes: number): number {
    const rate = this.#rooms.config.broker.alterLogDirsMaxBytesPerSecond()
    if (rate >= UNLIMITED) return 0
    const now = this.#rooms.clock.monotonic()
    this.#restUntil = Math.max(this.#restUntil, now) + (bytes * 1000) / Math.max(rate, 1)
    return this.#restUntil - now
  }

  /** What was copied becomes durable, and then the metadata is told: what is behind that is copied as it comes. */
  #prepare(move: Move, future: PartitionLog): void {
    move.assignment = 'asked'
    const told = future.flush().then(async () => {
      if (move.target.id !== undefined) await this.#assign(move, move.target.id)
      move.assignment = 'done'
      this.#later(move, 0)
    })
    told.catch((error: unknown) => this.#fail(move, error))
  }

  async #assign({ topicId, partition }: Move, directoryId: string): Promise<void> {
    await this.#rooms.assign([{ topicId, partition, directoryId }])
  }

  /** At the end of a turn nothing waits to be written: what is missing is copied, and the copy is the log from now on. */
  #takeOver(move: Move): void {
    const { topic, partition } = move
    const { logs, require, log } = this.#rooms
    const current = logs.get(topic, partition)
    const future = logs.future(topic, partition)
    if (move.isOver || this.#isClosed || current === undefined || future === undefined) return
    if (!current.isSettled || !future.isSettled || future.logEndOffset !== current.logEndOffset) {
      this.#later(move, 0)
      return
    }
    try {
      const hosted = require(topic, partition)
      follow(future, current)
      hosted.moveTo(logs.promote(future))
      log.info({ topic, partition, directory: move.target.path }, 'a replica was moved to another log directory')
      this.#end(move)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#fail(move, error)
    }
  }

  close(): void {
    this.#isClosed = true
    for (const { timer } of this.#moves.values()) timer?.cancel()
  }
}

function nameOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** A replica that is not here is told apart from a partition that there is not. */
function requireHosted(find: () => Partition): Partition {
  try {
    return find()
  } catch (error) {
    const isElsewhere = error instanceof KafkaError && error.codeName === 'NOT_LEADER_OR_FOLLOWER'
    throw isElsewhere ? new KafkaError('REPLICA_NOT_AVAILABLE') : error
  }
}

/** Where the first log begins, and up to where it is served, the second does so too. */
function follow(future: PartitionLog, current: PartitionLog): void {
  future.setHighWatermark(current.highWatermark)
  const start = Math.min(current.logStartOffset, future.highWatermark)
  if (start > future.logStartOffset) future.advanceLogStartOffset(start)
}

/** Whether what was copied before a stop is the beginning of the log still: a crash may have cut either. */
function isPrefix(future: PartitionLog, current: PartitionLog): boolean {
  if (future.logEndOffset > current.logEndOffset) return false
  if (future.logEndOffset === future.logStartOffset) return true
  const { latest } = future.leaderEpochs
  const { epoch, endOffset } = current.leaderEpochs.endOffsetFor(latest, current.logEndOffset)
  return epoch === latest && endOffset >= future.logEndOffset
}
