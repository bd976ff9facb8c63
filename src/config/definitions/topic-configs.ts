// biome-ignore-all format: a table reads best with one row a line
// Every topic config of Kafka 4.3. `broker` lists the broker configs that are its default, the strongest first;
// those in hours and minutes are converted (see broker-config.ts). Plain data, sorted by name.
import type { ConfigDefinition } from './definition.ts'

export const topicConfigs = {
  'cleanup.policy': { type: 'LIST', default: 'delete', check: 'distinct', oneOf: ['compact', 'delete'], importance: 'MEDIUM', broker: ['log.cleanup.policy'], effect: 'acts', doc: null },
  'compression.gzip.level': { type: 'INT', default: '-1', check: 'gzip-level', importance: 'MEDIUM', broker: ['compression.gzip.level'], effect: 'acts', doc: null },
  'compression.lz4.level': { type: 'INT', default: '9', min: 1, max: 17, importance: 'MEDIUM', broker: ['compression.lz4.level'], effect: 'acts', doc: null },
  'compression.type': { type: 'STRING', default: 'producer', oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'], importance: 'MEDIUM', broker: ['compression.type'], effect: 'acts', doc: null },
  'compression.zstd.level': { type: 'INT', default: '3', min: -131072, max: 22, importance: 'MEDIUM', broker: ['compression.zstd.level'], effect: 'acts', doc: null },
  'delete.retention.ms': { type: 'LONG', default: '86400000', min: 0, importance: 'MEDIUM', broker: ['log.cleaner.delete.retention.ms'], effect: 'acts', doc: null },
  'file.delete.delay.ms': { type: 'LONG', default: '60000', min: 0, importance: 'MEDIUM', broker: ['log.segment.delete.delay.ms'], effect: 'acts', doc: null },
  'flush.messages': { type: 'LONG', default: '9223372036854775807', min: 1, importance: 'MEDIUM', broker: ['log.flush.interval.messages'], effect: 'acts', doc: null },
  'flush.ms': { type: 'LONG', default: '9223372036854775807', min: 0, importance: 'MEDIUM', broker: ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'], effect: 'acts', doc: null },
  'follower.replication.throttled.replicas': { type: 'LIST', default: '', check: 'throttled-replicas', importance: 'MEDIUM', effect: 'accepted', doc: null },
  'index.interval.bytes': { type: 'INT', default: '4096', min: 0, importance: 'MEDIUM', broker: ['log.index.interval.bytes'], effect: 'acts', doc: null },
  'internal.segment.bytes': { type: 'INT', default: null, importance: 'MEDIUM', internal: true, effect: 'acts', doc: null },
  'leader.replication.throttled.replicas': { type: 'LIST', default: '', check: 'throttled-replicas', importance: 'MEDIUM', effect: 'accepted', doc: null },
  'local.retention.bytes': { type: 'LONG', default: '-2', min: -2, importance: 'MEDIUM', broker: ['log.local.retention.bytes'], effect: 'accepted', doc: null },
  'local.retention.ms': { type: 'LONG', default: '-2', min: -2, importance: 'MEDIUM', broker: ['log.local.retention.ms'], effect: 'accepted', doc: null },
  'max.compaction.lag.ms': { type: 'LONG', default: '9223372036854775807', min: 1, importance: 'MEDIUM', broker: ['log.cleaner.max.compaction.lag.ms'], effect: 'acts', doc: null },
  'max.message.bytes': { type: 'INT', default: '1048588', min: 0, importance: 'MEDIUM', broker: ['message.max.bytes'], effect: 'acts', doc: null },
  'message.timestamp.after.max.ms': { type: 'LONG', default: '3600000', min: 0, importance: 'MEDIUM', broker: ['log.message.timestamp.after.max.ms'], effect: 'acts', doc: null },
  'message.timestamp.before.max.ms': { type: 'LONG', default: '9223372036854775807', min: 0, importance: 'MEDIUM', broker: ['log.message.timestamp.before.max.ms'], effect: 'acts', doc: null },
  'message.timestamp.type': { type: 'STRING', default: 'CreateTime', oneOf: ['CreateTime', 'LogAppendTime'], importance: 'MEDIUM', broker: ['log.message.timestamp.type'], effect: 'acts', doc: null },
  'min.cleanable.dirty.ratio': { type: 'DOUBLE', default: '0.5', min: 0, max: 1, importance: 'MEDIUM', broker: ['log.cleaner.min.cleanable.ratio'], effect: 'acts', doc: null },
  'min.compaction.lag.ms': { type: 'LONG', default: '0', min: 0, importance: 'MEDIUM', broker: ['log.cleaner.min.compaction.lag.ms'], effect: 'acts', doc: null },
  'min.insync.replicas': { type: 'INT', default: '1', min: 1, importance: 'MEDIUM', broker: ['min.insync.replicas'], effect: 'acts', doc: null },
  'preallocate': { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM', broker: ['log.preallocate'], effect: 'accepted', doc: null },
  'remote.log.copy.disable': { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM', effect: 'accepted', doc: null },
  'remote.log.delete.on.disable': { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM', effect: 'accepted', doc: null },
  'remote.storage.enable': { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM', effect: 'accepted', doc: null },
  'retention.bytes': { type: 'LONG', default: '-1', importance: 'MEDIUM', broker: ['log.retention.bytes'], effect: 'acts', doc: null },
  'retention.ms': { type: 'LONG', default: '604800000', min: -1, importance: 'MEDIUM', broker: ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'], effect: 'acts', doc: null },
  'segment.bytes': { type: 'INT', default: '1073741824', min: 1048576, importance: 'MEDIUM', broker: ['log.segment.bytes'], effect: 'acts', doc: null },
  'segment.index.bytes': { type: 'INT', default: '10485760', min: 4, importance: 'MEDIUM', broker: ['log.index.size.max.bytes'], effect: 'acts', doc: null },
  'segment.jitter.ms': { type: 'LONG', default: '0', min: 0, importance: 'MEDIUM', broker: ['log.roll.jitter.ms', 'log.roll.jitter.hours'], effect: 'acts', doc: null },
  'segment.ms': { type: 'LONG', default: '604800000', min: 1, importance: 'MEDIUM', broker: ['log.roll.ms', 'log.roll.hours'], effect: 'acts', doc: null },
  'unclean.leader.election.enable': { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM', broker: ['unclean.leader.election.enable'], effect: 'accepted', doc: null },
} as const satisfies Record<string, ConfigDefinition>

export type TopicConfigName = keyof typeof topicConfigs
