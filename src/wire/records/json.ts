// Record sets as plain JSON: what the protocol debugger prints and takes. Bytes are base64, int64 a number.
import { EncodeError } from '../errors.ts'
import * as Batch from './batch.ts'
import { type CompressionName, compressionName } from './compression.ts'
import { encodeMessageSet, readRecords } from './legacy.ts'
import { encodeBatch, type KafkaRecord, type NewRecord } from './records.ts'

export interface JsonRecord {
  offset: number
  timestamp: number
  key: string | null
  value: string | null
  /** Magic 2 only. */
  headers?: { key: string; value: string | null }[]
}

export interface JsonBatch {
  magic: number
  baseOffset: number
  lastOffset: number
  compression: CompressionName
  timestampType: Batch.TimestampType
  maxTimestamp: number
  sizeInBytes?: number
  /** -1 for magic 0 and 1. */
  crc?: number
  /** From here on magic 2 only. */
  partitionLeaderEpoch?: number
  isTransactional?: boolean
  isControl?: boolean
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
  lastSequence?: number
  deleteHorizonMs?: number | null
  records: JsonRecord[]
}

/** The complete batches of a buffer; a cut-off last one is left out, as readers of a fetch response do. */
export function decodeRecordSet(buffer: Buffer, maxBytes?: number): JsonBatch[] {
  const batches: JsonBatch[] = []
  for (const at of Batch.positions(buffer)) batches.push(decodeBatch(buffer, at, maxBytes))
  return batches
}

function decodeBatch(buffer: Buffer, at: number, maxBytes?: number): JsonBatch {
  const magic = Batch.magic(buffer, at)
  if (magic === 2) Batch.checkHeaderFits(buffer, at)
  const records = readRecords(buffer, at, maxBytes)
  const common = {
    magic,
    baseOffset: magic === 2 ? Batch.baseOffset(buffer, at) : (records[0]?.offset ?? 0),
    lastOffset: Batch.lastOffset(buffer, at),
    compression: compressionName(Batch.compressionId(buffer, at)),
    timestampType: Batch.timestampType(buffer, at),
    maxTimestamp: Batch.maxTimestamp(buffer, at),
    sizeInBytes: Batch.sizeInBytes(buffer, at),
  }
  if (magic < 2) return { ...common, crc: -1, records: records.map(legacyRecordToJson) }
  return {
    ...common,
    crc: Batch.crc(buffer, at),
    partitionLeaderEpoch: Batch.partitionLeaderEpoch(buffer, at),
    isTransactional: Batch.isTransactional(buffer, at),
    isControl: Batch.isControl(buffer, at),
    producerId: Batch.producerId(buffer, at),
    producerEpoch: Batch.producerEpoch(buffer, at),
    baseSequence: Batch.baseSequence(buffer, at),
    lastSequence: Batch.lastSequence(buffer, at),
    deleteHorizonMs: Batch.deleteHorizonMs(buffer, at) ?? null,
    records: records.map(recordToJson),
  }
}

function base64(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('base64')
}

function legacyRecordToJson(record: KafkaRecord): JsonRecord {
  const { offset, timestamp, key, value } = record
  return { offset, timestamp, key: base64(key), value: base64(value) }
}

function recordToJson(record: KafkaRecord): JsonRecord {
  const headers = record.headers.map(({ key, value }) => ({ key, value: base64(value) }))
  return { ...legacyRecordToJson(record), headers }
}

/** The bytes of these batches; sizes and checksums are computed, whatever the JSON says. */
export function encodeRecordSet(batches: readonly JsonBatch[]): Buffer {
  return Buffer.concat(batches.map(encodeJsonBatch))
}

function encodeJsonBatch(batch: JsonBatch): Buffer {
  const { magic, baseOffset, compression, timestampType } = batch
  const records = batch.records.map(recordFromJson)
  if (magic === 0 || magic === 1) {
    return encodeMessageSet({
      magic,
      baseOffset,
      records,
      compression,
      timestampType,
      maxTimestamp: batch.maxTimestamp,
    })
  }
  if (magic !== 2 || timestampType === 'NoTimestampType') {
    throw new EncodeError(`no batch of magic ${magic} with ${timestampType}`)
  }
  return encodeBatch({ ...batch, records, timestampType })
}

function bytes(text: string | null | undefined): Buffer | null {
  return text === null || text === undefined ? null : Buffer.from(text, 'base64')
}

function recordFromJson(record: JsonRecord): NewRecord {
  return {
    offset: record.offset,
    timestamp: record.timestamp,
    key: bytes(record.key),
    value: bytes(record.value),
    headers: record.headers?.map(({ key, value }) => ({ key, value: bytes(value) })),
  }
}
