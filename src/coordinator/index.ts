// The front door of what coordinators share: the runtime, its storage, and which partition has which key.
export { JavaHashMap, javaHashSetOrder, javaIntMap, javaIntSetOrder, TimelineHashMap } from './java-collections.ts'
export { javaHashCode, javaHashMapOrder, javaUuidHash, partitionFor } from './java-hash.ts'
export { type InternalLog, LogStorage, type LogStorageOptions } from './log-storage.ts'
export { InvalidRegularExpression, Re2 } from './re2.ts'
export {
  type CoordinatorCodec,
  type CoordinatorResult,
  CoordinatorRuntime,
  type CoordinatorShard,
  type LogPosition,
  type ShardTimers,
} from './runtime.ts'
export type {
  CoordinatorStorage,
  EncodedRecord,
  LogVisitor,
  StoredRecord,
  TransactionEnd,
  TransactionMarker,
  TransactionOwner,
} from './storage.ts'
