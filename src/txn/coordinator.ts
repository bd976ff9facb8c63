// The transaction coordinator: finds the shard of each transactional id, and gives every request its answer. One shard
// per partition of __transaction_state that this broker leads; the metadata image says which those are.
import type { BrokerConfig } from '../config/index.ts'
import { CoordinatorRuntime, type CoordinatorStorage, partitionFor } from '../coordinator/index.ts'
import type { Clock, Logger } from '../io/index.ts'
import {
  type MetadataDelta,
  type MetadataImage,
  NO_LEADER,
  type PartitionRegistration,
  TRANSACTION_STATE,
} from '../metadata/index.ts'
import { type ErrorName, KafkaError } from '../wire/index.ts'
import type { Completion } from './completion.ts'
import { inCoordinatorTerms } from './errors.ts'
import { Markers, RETRY_BACKOFF_MS, type SendMarkers } from './markers.ts'
import type { TopicPartition } from './partitions.ts'
import type { ProducerIds } from './producer-ids.ts'
import { type TransactionRecord, type TransactionResult, transactionRecordCodec } from './records.ts'
import {
  type EndRequest,
  type Initialization,
  type ProducerIdAndEpoch,
  type TransactionalProducer,
  type TransactionDescription,
  type TransactionFilters,
  type TransactionListing,
  TransactionShard,
} from './shard.ts'

export interface TransactionCoordinatorRooms {
  /** Where __transaction_state is kept: see `transactionStateStorage`. */
  readonly storage: CoordinatorStorage
  readonly image: MetadataImage
  readonly nodeId: number
  readonly config: () => BrokerConfig
  readonly producerIds: ProducerIds
  readonly sendMarkers: SendMarkers
  readonly clock: Clock
  readonly log: Logger
}

/** What a broker asks about partitions that it is to append to. */
export interface PartitionsRequest extends TransactionalProducer {
  readonly partitions: readonly TopicPartition[]
  /** Else they are added where they are missing. */
  readonly verifyOnly: boolean
}

/** The version of transactions of clients whose partitions the brokers add. */
const ADDING_VERSION = 2
const NOT_LOADED = -1

export class TransactionCoordinator {
  readonly #rooms: TransactionCoordinatorRooms
  readonly #runtime: CoordinatorRuntime<TransactionShard, TransactionRecord>
  readonly #markers: Markers
  /** In which epoch each partition was loaded: another one loads it again. */
  readonly #epochs = new Map<number, number>()
  /** What transactional ids are spread over, fixed while the coordinator serves; 0 where it does not. */
  #partitionCount = 0
  #unsubscribe: () => void = () => undefined

  constructor(rooms: TransactionCoordinatorRooms) {
    this.#rooms = rooms
    const { storage, image, clock, log } = rooms
    const transactionVersion = () => image.features.get('transaction.version') ?? 0
    this.#markers = new Markers({
      image,
      send: rooms.sendMarkers,
      complete: (completion) => this.#complete(completion),
      clock,
      log,
    })
    this.#runtime = new CoordinatorRuntime<TransactionShard, TransactionRecord>({
      name: 'transaction',
      storage,
      codec: transactionRecordCodec(transactionVersion),
      clock,
      log,
      makeShard: (partition, timers) => {
        const coordinatorEpoch = this.#epochOf(partition)
        const isReloaded = this.#epochs.get(partition) === coordinatorEpoch
        this.#epochs.set(partition, coordinatorEpoch)
        return new TransactionShard(
          {
            statePartition: partition,
            coordinatorEpoch,
            config: rooms.config,
            transactionVersion,
            takeProducerId: () => rooms.producerIds.take(),
            startCompletion: (completion) => this.#markers.start(completion),
            // A shard that is loaded since it could not be written must not run in circles.
            resumeDelayMs: isReloaded ? RETRY_BACKOFF_MS : 0,
            clock,
            log,
          },
          timers,
        )
      },
    })
  }

  /**
   * Serves from now on, and follows the image: whoever opens the logs must have subscribed to it before. Resolves when
   * what this broker leads now is loaded; until then requests are answered COORDINATOR_LOAD_IN_PROGRESS.
   */
  async start(): Promise<void> {
    const { image, config } = this.#rooms
    const partitions = image.topicByName(TRANSACTION_STATE)?.partitions ?? []
    this.#partitionCount =
      partitions.length === 0 ? config().get('transaction.state.log.num.partitions') : partitions.length
    this.#unsubscribe = image.subscribe((delta) => this.#follow(delta))
    await Promise.all(partitions.map((partition) => this.#lead(partition)))
  }

  /** Answers all that waits with NOT_COORDINATOR, and everything after with COORDINATOR_NOT_AVAILABLE. */
  close(): void {
    this.#unsubscribe()
    this.#partitionCount = 0
    this.#runtime.close()
    this.#markers.close()
  }

  /** Gives the id's shard up and takes it over again, as two coordinators would. */
  async handOver(transactionalId: string): Promise<void> {
    const partition = this.partitionFor(transactionalId)
    this.#runtime.unload(partition)
    await this.#runtime.load(partition)
  }

  /** The partition of __transaction_state that holds a transactional id. */
  partitionFor(transactionalId: string): number {
    if (this.#partitionCount === 0) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    return partitionFor(transactionalId, this.#partitionCount)
  }

  /**
   * Gives a producer its id and epoch, and fences whoever had them. Where that one has a transaction, it is aborted and
   * the answer is CONCURRENT_TRANSACTIONS: who asks again gets them.
   */
  async initProducerId(request: Initialization): Promise<ProducerIdAndEpoch> {
    const { transactionalId, transactionTimeoutMs } = request
    requireId(transactionalId)
    const maxTimeoutMs = this.#rooms.config().get('transaction.max.timeout.ms')
    if (transactionTimeoutMs <= 0 || transactionTimeoutMs > maxTimeoutMs) {
      throw new KafkaError('INVALID_TRANSACTION_TIMEOUT')
    }
    const initialized = await this.#rooms.producerIds.withOne(() =>
      this.#write(transactionalId, (shard) => shard.initProducerId(request)),
    )
    if (!('aborting' in initialized)) return initialized
    await initialized.aborting.attempted.promise
    throw new KafkaError('CONCURRENT_TRANSACTIONS')
  }

  async addPartitions(
    producer: TransactionalProducer,
    partitions: readonly TopicPartition[],
    clientTransactionVersion: number,
  ): Promise<void> {
    requireId(producer.transactionalId)
    await this.#write(producer.transactionalId, (shard) =>
      shard.addPartitions(producer, partitions, clientTransactionVersion),
    )
  }

  /** An error for each partition, in their order; undefined where it belongs to the producer's transaction. */
  async verifyPartitions(
    producer: TransactionalProducer,
    partitions: readonly TopicPartition[],
  ): Promise<(ErrorName | undefined)[]> {
    requireId(producer.transactionalId)
    const verified = await this.#read(producer.transactionalId, (shard) => shard.verifyPartitions(producer, partitions))
    return verified.map((belongs) => (belongs ? undefined : 'TRANSACTION_ABORTABLE'))
  }

  /**
   * What a broker asks before it appends, as in an AddPartitionsToTxn to the coordinator. An error for each partition,
   * in their order; undefined where it belongs to the transaction. Rejects for bugs alone.
   */
  async addOrVerify({ partitions, verifyOnly, ...producer }: PartitionsRequest): Promise<(ErrorName | undefined)[]> {
    const all = (error?: ErrorName) => partitions.map(() => error)
    try {
      const statePartition = this.partitionFor(producer.transactionalId)
      const leader = this.#rooms.image.partition(TRANSACTION_STATE, statePartition)?.leader ?? NO_LEADER
      if (leader === NO_LEADER) return all('COORDINATOR_NOT_AVAILABLE')
      if (verifyOnly) return await this.verifyPartitions(producer, partitions)
      await this.addPartitions(producer, partitions, ADDING_VERSION)
      return all()
    } catch (error) {
      if (error instanceof KafkaError) return all(error.codeName)
      throw error
    }
  }

  /** Resolves when the end of a transaction that is ending is there, or after so many milliseconds. */
  async awaitEnd(transactionalId: string, maxMs: number): Promise<void> {
    const completion = await this.#read(transactionalId, (shard) => shard.completionOf(transactionalId)).catch(
      () => undefined,
    )
    await new Promise<void>((resolve) => {
      const timer = this.#rooms.clock.setTimer(maxMs, resolve)
      void completion?.ended.promise.then(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  /**
   * Commits or aborts. The answer is true as soon as the decision is written; it comes when the markers were tried, so
   * that who asks finds the transaction ended, and can begin the next, unless a partition is out of reach.
   */
  async endTransaction(request: EndRequest): Promise<ProducerIdAndEpoch> {
    requireId(request.transactionalId)
    const { completion, ...identity } = await this.#rooms.producerIds.withOne(() =>
      this.#write(request.transactionalId, (shard) => shard.end(request)),
    )
    await completion?.attempted.promise
    return identity
  }

  async describe(transactionalId: string): Promise<TransactionDescription> {
    // Also tells whether the coordinator serves at all.
    this.partitionFor(transactionalId)
    requireId(transactionalId)
    return this.#read(transactionalId, (shard) => shard.describe(transactionalId))
  }

  async list(filters: TransactionFilters): Promise<TransactionListing[]> {
    if (this.#partitionCount === 0) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    const ofShards = this.#runtime.readAll((shard) => shard.list(filters))
    const listed = await Promise.all(ofShards.map((ofShard) => ofShard.catch(noneIfElsewhere)))
    return listed.flat()
  }

  #follow({ partitionsAdded, partitionsChanged, topicsDeleted }: MetadataDelta): void {
    if (topicsDeleted.some(({ name }) => name === TRANSACTION_STATE)) {
      this.#runtime.close()
      this.#epochs.clear()
    }
    for (const { topic, partition } of [...partitionsAdded, ...partitionsChanged]) {
      if (topic.name === TRANSACTION_STATE) void this.#lead(partition)
    }
  }

  /** Takes over the partition where this broker leads it, in each epoch anew; gives it up where another one does. */
  async #lead({ partition, leader, leaderEpoch }: PartitionRegistration): Promise<void> {
    const isLeader = leader === this.#rooms.nodeId
    if (!isLeader || this.#epochs.get(partition) !== leaderEpoch) this.#runtime.unload(partition)
    if (isLeader) await this.#runtime.load(partition)
  }

  #epochOf(partition: number): number {
    return this.#rooms.image.partition(TRANSACTION_STATE, partition)?.leaderEpoch ?? NOT_LOADED
  }

  async #complete(completion: Completion): Promise<void> {
    await this.#runtime.write(completion.statePartition, (shard) => shard.complete(completion))
  }

  async #write<T>(transactionalId: string, operation: (shard: TransactionShard) => TransactionResult<T>): Promise<T> {
    try {
      return await this.#runtime.write(this.partitionFor(transactionalId), operation)
    } catch (error) {
      throw inCoordinatorTerms(error)
    }
  }

  async #read<T>(transactionalId: string, view: (shard: TransactionShard) => T): Promise<T> {
    try {
      return await this.#runtime.read(this.partitionFor(transactionalId), view)
    } catch (error) {
      throw inCoordinatorTerms(error)
    }
  }
}

function requireId(transactionalId: string): void {
  if (transactionalId === '') throw new KafkaError('INVALID_REQUEST')
}

/** Another broker lists them. */
function noneIfElsewhere(error: unknown): TransactionListing[] {
  if (error instanceof KafkaError && error.codeName === 'NOT_COORDINATOR') return []
  throw inCoordinatorTerms(error)
}
