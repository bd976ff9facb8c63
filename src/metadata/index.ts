// The front door of the room: the image that everyone reads, the controller that alone changes it, and the log beneath.
export { type ApiError, apiError, errorOf, NO_ERROR, textOf } from './api-error.ts'
export { AutoTopicCreation } from './auto-topic-creation.ts'
export type { NewRegistration, ReplicaDirectory } from './broker-commands.ts'
export { BrokerLoggers, type LogLevel } from './broker-loggers.ts'
export type { Alteration } from './config-commands.ts'
export {
  Controller,
  type ControllerOptions,
  type FinalizedFeatures,
  type ProducerIdBlock,
  type QuorumState,
} from './controller.ts'
export { isInOnlineDirectory, UNASSIGNED_DIRECTORY } from './directories.ts'
export type { FeatureUpdate } from './feature-commands.ts'
export type { SupportedFeature } from './features.ts'
export {
  type BrokerEndpoint,
  type BrokerRegistration,
  type MetadataDelta,
  MetadataImage,
  type MetadataListener,
  NO_LEADER,
  type PartitionRegistration,
  type TopicImage,
} from './image.ts'
export { hasMetadataLog, inspectMetadata } from './inspection.ts'
export {
  automaticTopic,
  CLUSTER_METADATA,
  CONSUMER_OFFSETS,
  isInternalTopic,
  SHARE_GROUP_STATE,
  TRANSACTION_STATE,
} from './internal-topics.ts'
export { type JournalEntry, MemoryJournal, type MetadataJournal } from './journal.ts'
export { type ConfigChanges, LiveConfig } from './live-config.ts'
export { LogJournal, type LogJournalOptions } from './log-journal.ts'
export { listPartitionReassignments } from './reassignment-commands.ts'
export type { NewPartitions, NewTopic, NewTopicResult } from './topic-commands.ts'
export { isValidTopicName, validateTopicName } from './topic-names.ts'
