// The front door of the room: a partition's log, all logs of a broker, and the directories that hold them.
export type { AbortedTransaction } from './entry-index.ts'
export { checkFormats } from './format-check.ts'
export { LogDirectory, type MetaProperties } from './log-directory.ts'
export { LogManager } from './log-manager.ts'
export { type AppendOrigin, type RecordError, RecordValidationError } from './log-validator.ts'
export { type OpenedDirectories, openDirectories } from './open-directories.ts'
export {
  type AppendDone,
  type AppendOptions,
  type AppendResult,
  type FoundOffset,
  type LogRead,
  PartitionLog,
  type ReadOptions,
} from './partition-log.ts'
export { writePartitionMetadata } from './partition-metadata.ts'
export { offsetName, type TopicPartition } from './paths.ts'
export type { ProducerEntry } from './producer-state.ts'
export { recoverLog } from './recovery.ts'
export { storedLog } from './stored-log.ts'
export type { NewVerification, VerificationGuard } from './verification.ts'
