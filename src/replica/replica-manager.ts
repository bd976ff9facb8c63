// The replicas of this broker: makes and deletes them as the metadata says, and is where requests find a partition.
// Appends, fetches and offset look-ups of every API come through here.
import type { Clock, Logger } from '../io/index.ts'
import type { AppendOptions, AppendResult, LogManager, VerificationGuard } from '../log/index.ts'
import type { LiveConfig, MetadataDelta, MetadataImage, TopicImage } from '../metadata/index.ts'
import { isInternalTopic, type PartitionRegistration, UNASSIGNED_DIRECTORY } from '../metadata/index.ts'
import { KafkaError } from '../wire/index.ts'
import { Batch } from '../wire/records/index.ts'
import { type FetchEntry, type FetchParams, FetchPurgatory, type FetchResult } from './fetch.ts'
import { Partition } from './partition.ts'
import { type TransactionPartitions, TransactionVerification } from './transaction-verification.ts'

export interface ReplicaManagerRooms {
  readonly brokerId: number
  readonly image: MetadataImage
  readonly logs: LogManager
  readonly config: LiveConfig
  readonly transactions: TransactionPartitions
  readonly clock: Clock
  readonly log: Logger
}

export interface ProduceOptions {
  /** -1: all in-sync replicas; 1: the leader; 0: nobody waits. */
  readonly acks: number
  /** Kafka's own admin client may write to internal topics. */
  readonly internalTopicsAllowed: boolean
  /** What `verification` gave for this partition. */
  readonly verificationGuard?: VerificationGuard
}

/** Of a coordinator's batch in a producer's transaction, or of the marker that ends one. */
export interface InternalAppendOptions {
  readonly verificationGuard?: VerificationGuard
  readonly transactionVersion?: number
}

export type ProduceDone = (result: AppendResult | KafkaError) => void

export class ReplicaManager {
  readonly #rooms: ReplicaManagerRooms
  readonly #partitions = new Map<string, Map<number, Partition>>()
  readonly #purgatory: FetchPurgatory
  readonly #isVerified: () => boolean
  /** To be asked before what belongs to a transaction is appended. */
  readonly verification: TransactionVerification

  constructor(rooms: ReplicaManagerRooms) {
    this.#rooms = rooms
    const { config } = rooms
    this.#isVerified = () => config.broker.get('transaction.partition.verification.enable')
    this.verification = new TransactionVerification({
      coordinator: rooms.transactions,
      startVerification: ({ producerId, producerEpoch }, { topic, partition, baseSequence }, supportsEpochBump) => {
        const found = this.require(topic, partition)
        found.checkLeader()
        return found.log.startVerification({ producerId, producerEpoch, sequence: baseSequence, supportsEpochBump })
      },
      isEnabled: this.#isVerified,
      retryBackoffMs: () => config.broker.get('add.partitions.to.txn.retry.backoff.ms'),
      retryBackoffMaxMs: () =>
        Math.min(
          config.broker.get('add.partitions.to.txn.retry.backoff.max.ms'),
          config.broker.get('request.timeout.ms'),
        ),
      clock: rooms.clock,
    })
    this.#purgatory = new FetchPurgatory(rooms.clock, (entry) => this.#fetchable(entry))
    for (const topic of rooms.image.topics()) for (const each of topic.partitions) this.#host(topic, each)
    rooms.image.subscribe((delta) => this.#apply(delta))
    rooms.config.subscribe(({ topics }) => {
      for (const topic of topics) rooms.logs.configure(topic)
    })
  }

  #apply(delta: MetadataDelta): void {
    for (const topic of delta.topicsDeleted) this.#removeTopic(topic)
    for (const { topic, partition } of delta.partitionsAdded) this.#host(topic, partition)
    for (const { topic, partition } of delta.partitionsChanged) this.#host(topic, partition)
  }

  #host(topic: TopicImage, registration: PartitionRegistration): void {
    const known = this.get(topic.name, registration.partition)
    if (!registration.replicas.includes(this.#rooms.brokerId)) {
      if (known !== undefined) this.#remove(known)
    } else if (known !== undefined) known.update(registration)
    else this.#create(topic, registration)
  }

  #create({ name: topic, topicId }: TopicImage, registration: PartitionRegistration): void {
    const { brokerId, logs, log } = this.#rooms
    try {
      const { partition, replicas, directories } = registration
      const assigned = directories[replicas.indexOf(brokerId)]
      const directoryId = assigned === UNASSIGNED_DIRECTORY ? undefined : assigned
      const partitionLog = logs.getOrCreate({ topic, partition }, topicId, directoryId)
      let ofTopic = this.#partitions.get(topic)
      if (ofTopic === undefined) {
        ofTopic = new Map()
        this.#partitions.set(topic, ofTopic)
      }
      ofTopic.set(partition, new Partition(brokerId, topicId, partitionLog, registration))
    } catch (error) {
      log.error({ topic, partition: registration.partition, err: error }, 'could not make the log of a partition')
    }
  }

  #removeTopic({ name }: TopicImage): void {
    for (const partition of this.#partitions.get(name)?.values() ?? []) this.#remove(partition)
  }

  #remove(partition: Partition): void {
    const { topic, partition: number } = partition.topicPartition
    const ofTopic = this.#partitions.get(topic)
    ofTopic?.delete(number)
    if (ofTopic?.size === 0) this.#partitions.delete(topic)
    this.#rooms.logs.delete(topic, number)
    partition.remove()
  }

  get(topic: string, partition: number): Partition | undefined {
    return this.#partitions.get(topic)?.get(partition)
  }

  *partitions(): Generator<Partition, void, undefined> {
    for (const ofTopic of this.#partitions.values()) yield* ofTopic.values()
  }

  /** The partition, or Kafka's error: it exists elsewhere, or its log could not be made, or nobody knows it. */
  require(topic: string, partition: number): Partition {
    const hosted = this.get(topic, partition)
    if (hosted !== undefined) return hosted
    const registration = this.#rooms.image.partition(topic, partition)
    if (registration === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    const isOurs = registration.replicas.includes(this.#rooms.brokerId)
    throw new KafkaError(isOurs ? 'KAFKA_STORAGE_ERROR' : 'NOT_LEADER_OR_FOLLOWER')
  }

  #fetchable({ topic, topicId, partition }: FetchEntry): Partition {
    const found = this.require(topic, partition)
    if (topicId !== '' && topicId !== found.topicId) throw new KafkaError('INCONSISTENT_TOPIC_ID')
    return found
  }

  // --- Appending

  /** Appends what a producer sent to one partition. `done` is called once, in this turn or when it is written. */
  produce(topic: string, partition: number, records: Buffer, options: ProduceOptions, done: ProduceDone): void {
    let result: AppendResult | undefined
    try {
      if (isInternalTopic(topic) && !options.internalTopicsAllowed) throw new KafkaError('INVALID_TOPIC_EXCEPTION')
      const found = this.require(topic, partition)
      found.checkLeader()
      if (options.acks === -1) found.checkInSyncReplicas()
      const append = this.#appendOptions(found, 'client', options)
      result = found.log.append(records, append, (error) => done(error ?? (result as AppendResult)))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      done(error)
    }
  }

  /**
   * Appends a coordinator's batch; resolves when all in-sync replicas have it. Throws, in the same turn, where the log
   * refuses it.
   */
  appendToInternal(
    topic: string,
    partition: number,
    batch: Buffer,
    options: InternalAppendOptions = {},
  ): Promise<AppendResult> {
    const found = this.require(topic, partition)
    found.checkLeader()
    found.checkInSyncReplicas()
    let settle: (error?: KafkaError) => void = () => undefined
    const written = new Promise<void>((resolve, reject) => {
      settle = (error) => (error === undefined ? resolve() : reject(error))
    })
    const result = found.log.append(batch, this.#appendOptions(found, 'coordinator', options), settle)
    return written.then(() => result)
  }

  #appendOptions(
    { leaderEpoch }: Partition,
    origin: 'client' | 'coordinator',
    { verificationGuard, transactionVersion }: InternalAppendOptions,
  ): AppendOptions {
    return { leaderEpoch, origin, verificationGuard, transactionVersion, isVerified: this.#isVerified }
  }

  /** Shows all batches of a partition, in order, each whole. */
  readAll(topic: string, partition: number, visit: (batches: Buffer) => void): void {
    const { log } = this.require(topic, partition)
    for (const { buffer, at } of log.wholeBatches(log.logStartOffset)) {
      visit(buffer.subarray(at, at + Batch.sizeInBytes(buffer, at)))
    }
  }

  // --- Reading

  fetch(params: FetchParams, entries: readonly FetchEntry[], done: (results: FetchResult[]) => void): void {
    this.#purgatory.fetch(params, entries, done)
  }

  /** Where the log's beginning moved, it is written down at once. */
  deleteRecords(topic: string, partition: number, offset: number): number {
    const found = this.require(topic, partition)
    const lowWatermark = found.deleteRecords(offset)
    const directory = this.#rooms.logs.directoryOf(found.log)
    if (directory !== undefined) this.#rooms.logs.checkpoint('logStartOffset', directory)
    return lowWatermark
  }

  /** Answers all fetches that wait. */
  close(): void {
    this.#purgatory.close()
  }
}
