// biome-ignore-all format: a table reads best with one row a line
// Every topic config of Kafka 4.3. `broker` lists the broker configs that are its default, the strongest first;
// those in hours and minutes are converted (see broker-config.ts). Plain data, sorted by name.
import type { ConfigDefinition } from './definition.ts'

export const topicConfigs = {
  'cleanup.policy': { type: 'LIST', default: 'delete', check: 'distinct', oneOf: ['compact', 'delete'], importance: 'MEDIUM', broker: ['log.cleanup.policy'], effect: 'acts', doc: 'What happens to old records: delete them, compact by key, both, or neither when empty.' },
  'compression.gzip.level': { type: 'INT', default: '-1', check: 'gzip-level', importance: 'MEDIUM', broker: ['compression.gzip.level'], effect: 'acts', doc: 'Level at which gzip compresses.' },
  'compression.lz4.level': { type: 'INT', default: '9', min: 1, max: 17, importance: 'MEDIUM', broker: ['compression.lz4.level'], effect: 'acts', doc: 'Level at which lz4 compresses.' },
  'compression.type': { type: 'STRING', default: 'producer', oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'], importance: 'MEDIUM', broker: ['compression.type'], effect: 'acts', doc: 'How batches are compressed on disk; producer keeps what the producer chose.' },
  'compression.zstd.level': { type: 'INT', default: '3', min: -131072, max: 22, importance: 'MEDIUM', broker: ['compression.zstd.level'], effect: 'acts', doc: 'Level at which zstd compresses.' },
  'delete.retention.ms': { type: 'LONG', default: '86400000', min: 0, importance: 'MEDIUM', broker: ['log.cleaner.delete.retention.ms'], effect: 'acts', doc: 'How long a tombstone stays in a compacted log.' },
  'file.delete.delay.ms': { type: 'LONG', default: '60000', min: 0, importance: 'MEDIUM', broker: ['log.segment.delete.delay.ms'], effect: 'acts', doc: 'Wait before the files of a deleted segment go.' },
  'flush.messages': { type: 'LONG', default: '9223372036854775807', min: 1, importance: 'MEDIUM', broker: ['log.flush.interval.messages'], effect: 'acts', doc: 'Records after which the log is flushed to disk.' },
  'flush.ms': { type: 'LONG', default: '9223372036854775807', min: 0, importance: 'MEDIUM', broker: ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'], effect: 'acts', doc: 'Time after which the log is flushed to disk.' },
  'follower.replication.throttled.replicas': { type: 'LIST', default: '', check: 'throttled-replicas', importance: 'MEDIUM', effect: 'accepted', doc: "Replicas throttled on the follower's side, as partition:broker pairs, or * for all." },
  'index.interval.bytes': { type: 'INT', default: '4096', min: 0, importance: 'MEDIUM', broker: ['log.index.interval.bytes'], effect: 'acts', doc: 'Bytes of log between two index entries.' },
  'internal.segment.bytes': { type: 'INT', default: null, importance: 'MEDIUM', internal: true, effect: 'acts', doc: 'Largest segment of the log, below the public minimum; for tests.' },
  'leader.replication.throttled.replicas': { type: 'LIST', default: '', check: 'throttled-replicas', importance: 'MEDIUM', effect: 'accepted', doc: "Replicas throttled on the leader's side, as partition:broker pairs, or * for all." },
  'local.retention.bytes': { type: 'LONG', default: '-2', min: -2, importance: 'MEDIUM', broker: ['log.local.retention.bytes'], effect: 'accepted', doc: 'How many bytes of a tiered partition stay on local disk; -2 follows retention.bytes.' },
  'local.retention.ms': { type: 'LONG', default: '-2', min: -2, importance: 'MEDIUM', broker: ['log.local.retention.ms'], effect: 'accepted', doc: 'How long segments of a tiered topic stay on local disk; -2 follows retention.ms.' },
  'max.compaction.lag.ms': { type: 'LONG', default: '9223372036854775807', min: 1, importance: 'MEDIUM', broker: ['log.cleaner.max.compaction.lag.ms'], effect: 'acts', doc: 'Time after which a record must have become eligible for compaction.' },
  'max.message.bytes': { type: 'INT', default: '1048588', min: 0, importance: 'MEDIUM', broker: ['message.max.bytes'], effect: 'acts', doc: 'Largest record batch the topic accepts, in bytes as sent.' },
  'message.timestamp.after.max.ms': { type: 'LONG', default: '3600000', min: 0, importance: 'MEDIUM', broker: ['log.message.timestamp.after.max.ms'], effect: 'acts', doc: "How far a record's time may lie after the broker's." },
  'message.timestamp.before.max.ms': { type: 'LONG', default: '9223372036854775807', min: 0, importance: 'MEDIUM', broker: ['log.message.timestamp.before.max.ms'], effect: 'acts', doc: "How far a record's time may lie before the broker's." },
  'message.timestamp.type': { type: 'STRING', default: 'CreateTime', oneOf: ['CreateTime', 'LogAppendTime'], importance: 'MEDIUM', broker: ['log.message.timestamp.type'], effect: 'acts', doc: "Whether records keep the producer's time or take that of the append." },
  'min.cleanable.dirty.ratio': { type: 'DOUBLE', default: '0.5', min: 0, max: 1, importance: 'MEDIUM', broker: ['log.cleaner.min.cleanable.ratio'], effect: 'acts', doc: 'Share of the log that must be uncompacted before it is cleaned.' },
  'min.compaction.lag.ms': { type: 'LONG', default: '0', min: 0, importance: 'MEDIUM', broker: ['log.cleaner.min.compaction.lag.ms'], effect: 'acts', doc: 'Time a record is safe from compaction.' },
  'min.insync.replicas': { type: 'INT', default: '1', min: 1, importance: 'MEDIUM', broker: ['min.insync.replicas'], effect: 'acts', doc: 'In-sync replicas that must have a record before acks=all is answered.' },
  'preallocate': { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM', broker: ['log.preallocate'], effect: 'acts', doc: 'Whether the file of a new segment is allocated at once.' },
  'remote.log.copy.disable': { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM', effect: 'accepted', doc: 'Whether a tiered topic stops copying to the remote store and only reads from it.' },
  'remote.log.delete.on.disable': { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM', effect: 'accepted', doc: 'Whether remote data goes when tiered storage is turned off.' },
  'remote.storage.enable': { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM', effect: 'accepted', doc: "Whether the topic's old segments go to the remote store." },
  'retention.bytes': { type: 'LONG', default: '-1', importance: 'MEDIUM', broker: ['log.retention.bytes'], effect: 'acts', doc: 'Bytes of a partition to keep before old segments go; -1 has no limit.' },
  'retention.ms': { type: 'LONG', default: '604800000', min: -1, importance: 'MEDIUM', broker: ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'], effect: 'acts', doc: 'How long records are kept under the delete policy; -1 keeps them for ever.' },
  'segment.bytes': { type: 'INT', default: '1073741824', min: 1048576, importance: 'MEDIUM', broker: ['log.segment.bytes'], effect: 'acts', doc: 'Largest segment of the log, in bytes.' },
  'segment.index.bytes': { type: 'INT', default: '10485760', min: 4, importance: 'MEDIUM', broker: ['log.index.size.max.bytes'], effect: 'acts', doc: 'Largest offset index of a segment.' },
  'segment.jitter.ms': { type: 'LONG', default: '0', min: 0, importance: 'MEDIUM', broker: ['log.roll.jitter.ms', 'log.roll.jitter.hours'], effect: 'acts', doc: 'Random part of segment.ms, so that segments do not all roll at once.' },
  'segment.ms': { type: 'LONG', default: '604800000', min: 1, importance: 'MEDIUM', broker: ['log.roll.ms', 'log.roll.hours'], effect: 'acts', doc: 'Time after which the log starts a new segment even if it is not full.' },
  'unclean.leader.election.enable': { type: 'BOOLEAN', default: 'false', importance: 'MEDIUM', broker: ['unclean.leader.election.enable'], effect: 'accepted', doc: 'Whether a replica out of sync may become leader, at the price of lost records.' },
} as const satisfies Record<string, ConfigDefinition>

export type TopicConfigName = keyof typeof topicConfigs
