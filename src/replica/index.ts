// The front door of the room: the replicas of this broker, and fetch sessions.
export { followDirectories } from './directory-assignments.ts'
export { type FetchEntry, type FetchParams, type FetchResult, failedFetch } from './fetch.ts'
export { type FetchAnswer, type FetchContext, FetchSessions, type PartitionKey } from './fetch-sessions.ts'
export { LogDirectoryMoves } from './log-directory-moves.ts'
export { type Isolation, ListOffsetsTimestamp, type Partition } from './partition.ts'
export { type InternalAppendOptions, type ProduceDone, type ProduceOptions, ReplicaManager } from './replica-manager.ts'
export { segmentOffsets, withinHighWatermark } from './segment-offsets.ts'
export {
  type TransactionalWrite,
  type TransactionPartitions,
  type TransactionSupport,
  TransactionVerification,
  VerificationError,
  type Verified,
} from './transaction-verification.ts'
