// The records of __transaction_state as typed values, and their bytes: an int16 that is the type (keys) or the version
// (values), then the message. Which version of the value is written follows from the feature transaction.version.
import {
  type CoordinatorCodec,
  type CoordinatorResult,
  type EncodedRecord,
  javaHashMapOrder,
} from '../coordinator/index.ts'
import {
  DecodeError,
  encode,
  hasVersion,
  KafkaError,
  Reader,
  read,
  TransactionLogKey,
  TransactionLogValue,
} from '../wire/index.ts'
import { type TransactionMetadata, transactionStates } from './metadata.ts'
import { TopicPartitions } from './partitions.ts'

export interface TransactionRecord {
  readonly transactionalId: string
  /** Null: the id is forgotten. */
  readonly metadata: TransactionMetadata | null
}

/** What an operation on a shard of transactions yields. */
export type TransactionResult<T = void> = CoordinatorResult<TransactionRecord, T>

const PREFIX_SIZE = 2
const KEY_TYPE = 0
const KEY_VERSION = 0
/** The first version with tagged fields. */
const FLEXIBLE_VERSION = 1

/** `transactionVersion`: the finalized level of the feature. */
export function transactionRecordCodec(transactionVersion: () => number): CoordinatorCodec<TransactionRecord> {
  return {
    encode: ({ transactionalId, metadata }): EncodedRecord => ({
      key: prefixed(KEY_TYPE, encode(TransactionLogKey, KEY_VERSION, { transactionalId })),
      value: metadata && encodeValue(metadata, transactionVersion() >= 1 ? FLEXIBLE_VERSION : 0),
    }),
    decode: decodeRecord,
  }
}

function encodeValue(metadata: TransactionMetadata, version: number): Buffer {
  const { previousProducerId, nextProducerId, clientTransactionVersion } = metadata
  // What the version has no field for would be lost with a restart: Kafka refuses, too.
  if (version < FLEXIBLE_VERSION && clientTransactionVersion !== 0) throw new KafkaError('UNSUPPORTED_VERSION')
  const value = encode(TransactionLogValue, version, {
    producerId: metadata.producerId,
    producerEpoch: metadata.producerEpoch,
    transactionTimeoutMs: metadata.transactionTimeoutMs,
    transactionStatus: transactionStates.indexOf(metadata.state),
    transactionPartitions: metadata.state === 'Empty' ? null : partitionsOf(metadata.partitions),
    transactionLastUpdateTimestampMs: metadata.lastUpdateTimestamp,
    transactionStartTimestampMs: metadata.startTimestamp,
    ...(version >= FLEXIBLE_VERSION && { previousProducerId, nextProducerId, clientTransactionVersion }),
  })
  return prefixed(version, value)
}

/** By topic, in the order of the java.util.HashMap in which Kafka gathers them: in a bucket, the last stands first. */
function partitionsOf(partitions: TopicPartitions) {
  const byTopic = new Map(partitions.topics().map((ofTopic) => [ofTopic.topic, ofTopic.partitions]))
  return javaHashMapOrder([...byTopic.keys()].reverse()).map((topic) => ({
    topic,
    partitionIds: byTopic.get(topic) ?? [],
  }))
}

function decodeRecord(key: Buffer, value: Buffer | null): TransactionRecord | undefined {
  if (key.length < PREFIX_SIZE) throw new DecodeError('Could not read the type of a record from its key')
  if (key.readInt16BE(0) !== KEY_TYPE) return undefined
  const { transactionalId } = read(TransactionLogKey, KEY_VERSION, new Reader(key, PREFIX_SIZE))
  if (value === null) return { transactionalId, metadata: null }
  if (value.length < PREFIX_SIZE) throw new DecodeError('Could not read the version of a TransactionLogValue')
  const version = value.readInt16BE(0)
  // What a later version has written before a downgrade is ignored, as Kafka does.
  if (!hasVersion(TransactionLogValue, version)) return undefined
  const decoded = read(TransactionLogValue, version, new Reader(value, PREFIX_SIZE))
  return { transactionalId, metadata: metadataOf(decoded) }
}

function metadataOf(value: TransactionLogValue): TransactionMetadata {
  const state = transactionStates[value.transactionStatus]
  if (state === undefined) throw new DecodeError(`Unknown state ${value.transactionStatus} of a transaction`)
  const partitions = (value.transactionPartitions ?? []).flatMap(({ topic, partitionIds }) =>
    partitionIds.map((partition) => ({ topic, partition })),
  )
  return {
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: -1,
    transactionTimeoutMs: value.transactionTimeoutMs,
    state,
    partitions: TopicPartitions.of(state === 'Empty' ? [] : partitions),
    startTimestamp: value.transactionStartTimestampMs,
    lastUpdateTimestamp: value.transactionLastUpdateTimestampMs,
    clientTransactionVersion: value.clientTransactionVersion,
  }
}

function prefixed(prefix: number, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_SIZE + body.length)
  bytes.writeInt16BE(prefix, 0)
  body.copy(bytes, PREFIX_SIZE)
  return bytes
}
