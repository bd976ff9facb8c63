// The front door of records: batches v2, legacy message sets, control records, compression, checksums.

export type { Magic, TimestampType } from './batch.ts'
export * as Batch from './batch.ts'
export {
  type CompressionName,
  compress,
  compressionId,
  compressionName,
  compressionNames,
  decompress,
  MAX_DECOMPRESSED_BYTES,
} from './compression.ts'
export { crc32, crc32c } from './crc.ts'
export {
  encodeBatch,
  type KafkaRecord,
  type NewBatch,
  type NewRecord,
  type RecordHeader,
  readBatchRecords,
} from './records.ts'
