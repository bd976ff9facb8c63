// Produce, key 0: record batches for partitions; answered when they are written, or not at all (acks=0).
//
// v0-v2 message sets of magic 0 and 1, only where odradek.legacy.versions asks for it; v2 the time of the append
// v3  transactionalId; from here on a partition's records are one batch of magic 2
// v5  logStartOffset in the response
// v7  zstd may be used; v8 says which records were refused, and why (KIP-467)
// v9  flexible; v10 tells the leader to a client that asked another (KIP-951)
// v11 clients know TRANSACTION_ABORTABLE; v12 adds the partitions to the transaction by itself (KIP-890)
// v13 topic ids (KIP-516)
import { type RecordError, RecordValidationError } from '../log/index.ts'
import type { MetadataImage } from '../metadata/index.ts'
import { type ReplicaManager, type TransactionSupport, VerificationError, type Verified } from '../replica/index.ts'
import { apis, DecodeError, type Draft, EMPTY_UUID, ErrorCode, type Infer, KafkaError } from '../wire/index.ts'
import { Batch, compressionId } from '../wire/records/index.ts'
import {
  type Answer,
  type ApiHandler,
  CloseConnection,
  defineApi,
  NO_RESPONSE,
  type RequestContext,
} from './handler.ts'
import { currentLeader } from './support/current-leader.ts'

type Request = Infer<typeof apis.Produce.request>
type Response = Draft<typeof apis.Produce.response>
type TopicData = Request['topicData'][number]
type PartitionData = TopicData['partitionData'][number]
type PartitionResult = NonNullable<NonNullable<Response['responses']>[number]['partitionResponses']>[number]

const BATCHES_FROM = 3
const TOPIC_IDS_FROM = 13
const ZSTD_FROM = 7
const LEADER_TOLD_FROM = 10
const ABORTABLE_FROM = 11
const ADDS_PARTITIONS_FROM = 12
/** Kafka's own admin client, which alone may write to internal topics. */
const ADMIN_CLIENT_ID = '__admin_client'
const NO_RECORDS = Buffer.alloc(0)

interface Rooms {
  readonly replicas: ReplicaManager
  readonly image: MetadataImage
}

export function produceApi(rooms: Rooms): ApiHandler {
  return defineApi(
    apis.Produce,
    { min: 3, max: 13, legacyMin: 0 },
    (context, request): Answer<Response> | Promise<Answer<Response>> => {
      if (hasTransactionalRecords(request) && request.transactionalId === null) {
        throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
      }
      if (context.apiVersion >= BATCHES_FROM && context.apiVersion < ZSTD_FROM) checkCodecs(request)
      return new Production(rooms, context, request).run()
    },
    (request, errorCode, errorMessage) => {
      if (request.acks === 0) throw new CloseConnection()
      return {
        responses: request.topicData.map(({ name, topicId, partitionData }) => ({
          name,
          topicId,
          partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1, errorMessage })),
        })),
      }
    },
  )
}

/** Kafka looks for zstd here, and does not foresee a codec that is none. */
function checkCodecs({ topicData }: Request): void {
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records === null || Batch.completeSize(records, 0) === 0 || Batch.magic(records, 0) !== 2) continue
      if (Batch.compressionId(records, 0) > compressionId('zstd')) throw new KafkaError('UNKNOWN_SERVER_ERROR')
    }
  }
}

/** Throws CORRUPT_MESSAGE where batches cannot be told apart, which is an error of the whole request here. */
function hasTransactionalRecords({ topicData }: Request): boolean {
  return topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => records !== null && hasTransactionalBatch(records)),
  )
}

function hasTransactionalBatch(records: Buffer): boolean {
  try {
    for (let at = 0; ; ) {
      const size = Batch.completeSize(records, at)
      if (size === 0) return false
      if (Batch.isTransactional(records, at)) return true
      at += size
    }
  } catch (error) {
    throw error instanceof DecodeError ? new KafkaError('CORRUPT_MESSAGE', error.message) : error
  }
}

/** One request on its way: a result for each of its partitions, and the answer when the last one is there. */
class Production {
  readonly #rooms: Rooms
  readonly #context: RequestContext
  readonly #request: Request
  readonly #results: PartitionResult[][] = []
  #outstanding = 0
  #resolve: ((response: Answer<Response>) => void) | undefined
  #reject: ((error: unknown) => void) | undefined

  constructor(rooms: Rooms, context: RequestContext, request: Request) {
    this.#rooms = rooms
    this.#context = context
    this.#request = request
  }

  run(): Answer<Response> | Promise<Answer<Response>> {
    if (this.#request.transactionalId === null) return this.#appendAll()
    const verified = this.#verify(this.#request.transactionalId)
    if (verified instanceof Promise) return verified.then((byPartition) => this.#appendAll(byPartition))
    return this.#appendAll(verified)
  }

  /** Appends to each partition what was verified, or needs not be. */
  #appendAll(verified?: ReadonlyMap<PartitionData, Verified>): Answer<Response> | Promise<Answer<Response>> {
    // Counted as one of its own, so that it cannot end before all of it has begun.
    this.#outstanding = 1
    for (const [topicIndex, topic] of this.#request.topicData.entries()) {
      this.#results.push([])
      for (const [index, partition] of topic.partitionData.entries()) {
        this.#outstanding++
        this.#append(topicIndex, index, topic, partition, verified?.get(partition))
      }
    }
    this.#outstanding--
    if (this.#outstanding === 0) return this.#answer()
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Has the partitions with transactional records found in, or added to, the transaction. */
  #verify(
    transactionalId: string,
  ): ReadonlyMap<PartitionData, Verified> | Promise<ReadonlyMap<PartitionData, Verified>> {
    const writes = this.#transactionalWrites()
    const [first] = writes
    if (first === undefined) return new Map()
    const { producerId, producerEpoch } = first
    if (writes.some((write) => write.producerId !== producerId || write.producerEpoch !== producerEpoch)) {
      throw new KafkaError('INVALID_PRODUCER_ID_MAPPING', 'Transactional records contained more than one producer ID')
    }
    const { verification } = this.#rooms.replicas
    const write = { transactionalId, producerId, producerEpoch, partitions: writes }
    const verified = verification.verify(write, supportOf(this.#context.apiVersion))
    const byPartition = (outcomes: readonly Verified[]) =>
      new Map(writes.map(({ data }, index) => [data, outcomes[index]]))
    return verified instanceof Promise ? verified.then(byPartition) : byPartition(verified)
  }

  /** Of the partitions that could be appended to. */
  #transactionalWrites() {
    return this.#request.topicData.flatMap((topicData) => {
      const topic = this.#nameOf(topicData)
      if (topic === undefined) return []
      return topicData.partitionData.flatMap((data) => {
        const records = data.records ?? NO_RECORDS
        if (this.#refusalOf(topic, data) !== undefined || !Batch.isTransactional(records, 0)) return []
        const producerId = Batch.producerId(records, 0)
        const baseSequence = Batch.baseSequence(records, 0)
        const write = { data, topic, partition: data.index, baseSequence, producerId }
        return producerId < 0 ? [] : [{ ...write, producerEpoch: Batch.producerEpoch(records, 0) }]
      })
    })
  }

  #append(
    topicIndex: number,
    index: number,
    topic: TopicData,
    partition: PartitionData,
    verified: Verified | undefined,
  ): void {
    const name = this.#nameOf(topic)
    const refusal = this.#refusalOf(name, partition)
    if (name === undefined || refusal !== undefined) {
      this.#settle(topicIndex, index, refused(partition.index, refusal ?? ErrorCode.UNKNOWN_TOPIC_ID))
      return
    }
    if (verified instanceof KafkaError) {
      this.#settle(topicIndex, index, this.#failed(name, partition.index, verified))
      return
    }
    const options = {
      acks: this.#request.acks,
      internalTopicsAllowed: this.#context.clientId === ADMIN_CLIENT_ID,
      verificationGuard: verified,
    }
    const records = partition.records ?? NO_RECORDS
    this.#rooms.replicas.produce(name, partition.index, records, options, (outcome) => {
      const isError = outcome instanceof KafkaError
      const result = isError ? this.#failed(name, partition.index, outcome) : this.#done(name, partition.index, outcome)
      this.#settle(topicIndex, index, result)
    })
  }

  /** What is wrong before the partition is asked. */
  #refusalOf(topic: string | undefined, { index, records }: PartitionData): ErrorCode | undefined {
    if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_ID
    if (this.#rooms.image.partition(topic, index) === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const { acks } = this.#request
    if (acks < -1 || acks > 1) return ErrorCode.INVALID_REQUIRED_ACKS
    return formatProblem(records ?? NO_RECORDS, this.#context.apiVersion)
  }

  #nameOf({ name, topicId }: TopicData): string | undefined {
    if (this.#context.apiVersion < TOPIC_IDS_FROM) return name
    return topicId === EMPTY_UUID ? undefined : this.#rooms.image.topicById(topicId)?.name
  }

  #done(topic: string, index: number, result: { baseOffset: number; logAppendTime: number }): PartitionResult {
    return {
      index,
      errorCode: ErrorCode.NONE,
      baseOffset: result.baseOffset,
      logAppendTimeMs: result.logAppendTime,
      logStartOffset: this.#logStartOffset(topic, index),
    }
  }

  #failed(topic: string, index: number, error: KafkaError): PartitionResult {
    const isValidation = error instanceof RecordValidationError
    const isVerification = error instanceof VerificationError
    const isBeforeLog = isVerification || WITHOUT_LOG_START.has(error.code)
    return {
      index,
      errorCode: error.code,
      baseOffset: -1,
      logStartOffset: isBeforeLog ? -1 : this.#logStartOffset(topic, index),
      recordErrors: isValidation ? error.recordErrors.map(recordError) : [],
      errorMessage: isValidation || isVerification ? error.errorMessage : null,
      ...(this.#context.apiVersion >= LEADER_TOLD_FROM
        ? currentLeader.inPartition(this.#rooms.image, topic, index, error.code)
        : {}),
    }
  }

  #logStartOffset(topic: string, index: number): number {
    return this.#rooms.replicas.get(topic, index)?.log.logStartOffset ?? -1
  }

  #settle(topicIndex: number, index: number, result: PartitionResult): void {
    const ofTopic = this.#results[topicIndex]
    if (ofTopic !== undefined) ofTopic[index] = result
    this.#outstanding--
    if (this.#outstanding > 0 || this.#resolve === undefined) return
    try {
      this.#resolve(this.#answer())
    } catch (error) {
      this.#reject?.(error)
    }
  }

  #answer(): Answer<Response> {
    if (this.#request.acks === 0) {
      if (this.#results.some((ofTopic) => ofTopic.some(({ errorCode }) => errorCode !== ErrorCode.NONE))) {
        throw new CloseConnection()
      }
      return NO_RESPONSE
    }
    const responses = this.#request.topicData.map(({ name, topicId }, index) => ({
      name,
      topicId,
      partitionResponses: this.#results[index],
    }))
    const { image } = this.#rooms
    return {
      responses,
      nodeEndpoints: currentLeader.endpoints(image, this.#results, this.#context.connection.listenerName),
    }
  }
}

function supportOf(apiVersion: number): TransactionSupport {
  if (apiVersion >= ADDS_PARTITIONS_FROM) return 'addPartition'
  return apiVersion >= ABORTABLE_FROM ? 'genericError' : 'defaultError'
}

/** The errors with which Kafka does not tell where the log begins. */
const WITHOUT_LOG_START: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_TOPIC_EXCEPTION,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.KAFKA_STORAGE_ERROR,
])

function refused(index: number, errorCode: number): PartitionResult {
  return { index, errorCode, baseOffset: -1 }
}

function recordError({ batchIndex, message }: RecordError) {
  return { batchIndex, batchIndexErrorMessage: message }
}

/** What can be told from the batches' heads: one batch, of magic 2, with a codec that the version knows. */
function formatProblem(records: Buffer, apiVersion: number): ErrorCode | undefined {
  if (apiVersion < BATCHES_FROM) return undefined
  try {
    const size = Batch.completeSize(records, 0)
    if (size === 0 || Batch.magic(records, 0) !== 2) return ErrorCode.INVALID_RECORD
    if (apiVersion < ZSTD_FROM && Batch.compressionId(records, 0) === compressionId('zstd')) {
      return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
    }
    return Batch.completeSize(records, size) === 0 ? undefined : ErrorCode.INVALID_RECORD
  } catch (error) {
    if (error instanceof DecodeError) return ErrorCode.CORRUPT_MESSAGE
    throw error
  }
}
