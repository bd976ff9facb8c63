// The front door of records: batches v2, legacy message sets, control records, compression, checksums.

export type { Magic, TimestampType } from './batch.ts'
export * as Batch from './batch.ts'
export { BatchFilter, emptyBatch } from './batch-filter.ts'
export { TooLargeError } from './bounds.ts'
export {
  type CompressionName,
  compress,
  compressionId,
  compressionName,
  compressionNames,
  decompress,
  decompressForNow,
} from './compression.ts'
export {
  type ControlType,
  controlKey,
  controlType,
  type EndTransactionMarker,
  encodeControlBatch,
  encodeEndTransactionMarker,
  type NewMarker,
  readEndTransactionMarker,
} from './control.ts'
export { crc32, crc32c } from './crc.ts'
export { readInt64, writeInt64 } from './int64.ts'
export { decodeRecordSet, encodeRecordSet, type JsonBatch, type JsonRecord } from './json.ts'
export {
  convertRecords,
  encodeMessageSet,
  type LegacyRecord,
  type NewMessageSet,
  readLegacyRecords,
  readRecords,
} from './legacy.ts'
export {
  encodeBatch,
  type KafkaRecord,
  type NewBatch,
  type NewRecord,
  type RecordHeader,
  readBatchRecords,
} from './records.ts'
export { type RecordMode, RecordScan, RecordStructureError, RecordWalk } from './walk.ts'
