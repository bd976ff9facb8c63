// What one topic is configured to do: its own configs over the broker's over the defaults.
// A TopicConfig is an immutable object that is replaced on change; the log reads its plain fields on the hot path.
import { KafkaError } from '../wire/errors.ts'
import type { BrokerConfig, ConfigMap } from './broker-config.ts'
import type { BrokerConfigName } from './definitions/broker-configs.ts'
import type { ConfigDefinition, ConfigValue, ValueOf } from './definitions/definition.ts'
import { type TopicConfigName, topicConfigs } from './definitions/topic-configs.ts'
import { checkTextLength, defaultValue, invalidValue, parseConfig } from './values.ts'

export type CompressionType = 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer'
export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** The resolved configs of a topic. Times in ms; -1 means no limit where Kafka says so. */
export interface TopicConfig {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  readonly maxMessageBytes: number
  readonly flushMessages: number
  readonly flushMs: number
  readonly retentionBytes: number
  readonly retentionMs: number
  readonly fileDeleteDelayMs: number
  readonly compact: boolean
  readonly delete: boolean
  readonly deleteRetentionMs: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly minCleanableDirtyRatio: number
  readonly minInsyncReplicas: number
  readonly uncleanLeaderElectionEnable: boolean
  readonly compressionType: CompressionType
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly messageTimestampType: TimestampType
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly preallocate: boolean
  /** The topic's own configs, as they stand in its ConfigRecords. */
  readonly overrides: ConfigMap
}

type TopicConfigValues = { readonly [N in TopicConfigName]: ValueOf<(typeof topicConfigs)[N]> }

/** Resolves a topic's configs. Throws INVALID_CONFIG for a value that Kafka would refuse. */
export function resolveTopicConfig(overrides: ConfigMap, broker: BrokerConfig): TopicConfig {
  const values = topicValues(overrides, broker)
  const policy = values['cleanup.policy']
  const compact = policy.includes('compact')
  const segmentMs = values['segment.ms']
  return {
    segmentBytes: values['internal.segment.bytes'] ?? values['segment.bytes'],
    // A compacted log rolls in time for max.compaction.lag.ms, since the active segment is never cleaned.
    segmentMs: compact ? Math.min(segmentMs, values['max.compaction.lag.ms']) : segmentMs,
    segmentJitterMs: values['segment.jitter.ms'],
    segmentIndexBytes: values['segment.index.bytes'],
    indexIntervalBytes: values['index.interval.bytes'],
    maxMessageBytes: values['max.message.bytes'],
    flushMessages: values['flush.messages'],
    flushMs: values['flush.ms'],
    retentionBytes: values['retention.bytes'],
    retentionMs: values['retention.ms'],
    fileDeleteDelayMs: values['file.delete.delay.ms'],
    compact,
    delete: policy.includes('delete'),
    deleteRetentionMs: values['delete.retention.ms'],
    minCompactionLagMs: values['min.compaction.lag.ms'],
    maxCompactionLagMs: values['max.compaction.lag.ms'],
    minCleanableDirtyRatio: values['min.cleanable.dirty.ratio'],
    minInsyncReplicas: values['min.insync.replicas'],
    uncleanLeaderElectionEnable: values['unclean.leader.election.enable'],
    compressionType: values['compression.type'] as CompressionType,
    compressionGzipLevel: values['compression.gzip.level'],
    compressionLz4Level: values['compression.lz4.level'],
    compressionZstdLevel: values['compression.zstd.level'],
    messageTimestampType: values['message.timestamp.type'] as TimestampType,
    messageTimestampBeforeMaxMs: values['message.timestamp.before.max.ms'],
    messageTimestampAfterMaxMs: values['message.timestamp.after.max.ms'],
    preallocate: values.preallocate,
    overrides,
  }
}

/** Every topic config by name: the topic's own value, or the broker's, or the default. */
export function topicValues(overrides: ConfigMap, broker: BrokerConfig): TopicConfigValues {
  const values: Record<string, ConfigValue> = {}
  for (const name of Object.keys(topicConfigs)) values[name] = topicValue(name as TopicConfigName, overrides, broker)
  return values as TopicConfigValues
}

/** One of them, whatever the others are. */
export function topicValue<N extends TopicConfigName>(
  name: N,
  overrides: ConfigMap,
  broker: BrokerConfig,
): TopicConfigValues[N] {
  const definition: ConfigDefinition = topicConfigs[name]
  const text = overrides.get(name)
  const value = text === undefined ? topicDefault(name, definition, broker) : parseConfig(name, definition, text)
  return value as TopicConfigValues[N]
}

/** The value of a topic config that the topic does not set: the broker's, converted where its unit differs. */
export function topicDefault(name: string, definition: ConfigDefinition, broker: BrokerConfig): ConfigValue {
  switch (name) {
    case 'segment.ms':
      return broker.logRollMs()
    case 'segment.jitter.ms':
      return broker.logRollJitterMs()
    case 'retention.ms':
      return broker.logRetentionMs()
    case 'flush.ms':
      return broker.logFlushIntervalMs()
  }
  const [brokerName] = definition.broker ?? []
  return brokerName === undefined ? defaultValue(name, definition) : broker.get(brokerName as BrokerConfigName)
}

/**
 * Checks the configs a topic would have, as Kafka's controller does before it writes them.
 * `existing` is what the topic has now; a new topic has nothing.
 */
export function validateTopicConfigs(configs: ConfigMap, existing: ConfigMap, broker: BrokerConfig): void {
  for (const name of configs.keys()) {
    if (!Object.hasOwn(topicConfigs, name)) {
      throw new KafkaError('INVALID_CONFIG', `Unknown topic config name: ${name}`)
    }
  }
  const values = topicValues(configs, broker)
  const minLag = values['min.compaction.lag.ms']
  const maxLag = values['max.compaction.lag.ms']
  if (minLag > maxLag) {
    throw new KafkaError(
      'INVALID_CONFIG',
      `conflict topic config setting min.compaction.lag.ms (${minLag}) > max.compaction.lag.ms (${maxLag})`,
    )
  }
  if (values['remote.storage.enable']) checkRemoteStorage(values, broker)
  else checkRemoteStorageTurnedOff(values, existing)
}

/** As `validateTopicConfigs`, for what CreateTopics carries, where a value may be null. */
export function newTopicConfigs(entries: Iterable<readonly [string, string | null]>, broker: BrokerConfig): ConfigMap {
  const configs = new Map<string, string>()
  const withoutValue: string[] = []
  for (const [name, value] of entries) {
    if (value === null) withoutValue.push(name)
    else configs.set(name, value)
  }
  if (withoutValue.length > 0) {
    throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${withoutValue.join(',')}`)
  }
  for (const text of configs.values()) checkTextLength(text)
  validateTopicConfigs(configs, new Map(), broker)
  return configs
}

function checkRemoteStorage(values: TopicConfigValues, broker: BrokerConfig): void {
  if (!broker.get('remote.log.storage.system.enable')) {
    throw new KafkaError(
      'INVALID_CONFIG',
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    )
  }
  if (values['cleanup.policy'].includes('compact')) {
    throw new KafkaError(
      'INVALID_CONFIG',
      'Remote log storage only supports topics with cleanup.policy=delete or cleanup.policy being an empty list.',
    )
  }
  checkLocalRetention(
    'local.retention.bytes',
    values['local.retention.bytes'],
    'retention.bytes',
    values['retention.bytes'],
  )
  checkLocalRetention('local.retention.ms', values['local.retention.ms'], 'retention.ms', values['retention.ms'])
  if (!values['remote.log.copy.disable']) return
  for (const unit of ['bytes', 'ms'] as const) {
    const local = values[`local.retention.${unit}`]
    if (local === -2 || local === values[`retention.${unit}`]) continue
    throw new KafkaError(
      'INVALID_CONFIG',
      `When \`remote.log.copy.disable\` is set to true, the \`local.retention.${unit}\` and \`retention.${unit}\` must be set to the identical value because there will be no more logs copied to the remote storage.`,
    )
  }
}

/** -2 follows the whole log's retention; otherwise the local part may not outlive it. */
function checkLocalRetention(localName: string, local: number, totalName: string, total: number): void {
  if (total <= -1 || local === -2) return
  if (local === -1)
    throw invalidValue(localName, '-1', `Value must not be -1 as ${totalName} value is set as ${total}.`)
  if (local > total) {
    throw invalidValue(localName, String(local), `Value must not be more than ${totalName} property value: ${total}`)
  }
}

function checkRemoteStorageTurnedOff(values: TopicConfigValues, existing: ConfigMap): void {
  if (existing.get('remote.storage.enable')?.toLowerCase() !== 'true') return
  if (values['remote.log.delete.on.disable']) return
  throw new KafkaError(
    'INVALID_CONFIG',
    'It is invalid to disable remote storage without deleting remote data. If you want to keep the remote data and turn to read only, please set `remote.storage.enable=true,remote.log.copy.disable=true`. If you want to disable remote storage and delete all remote data, please set `remote.storage.enable=false,remote.log.delete.on.disable=true`.',
  )
}
