// biome-ignore-all format: a table reads best with one row a line
// Every group config of Kafka 4.3 (KIP-848, KIP-932, KIP-1071). `broker` names the broker config that is its default.
// Plain data, sorted by name.
import type { ConfigDefinition } from './definition.ts'

export const groupConfigs = {
  'consumer.assignment.interval.ms': { type: 'INT', default: '1000', min: 0, importance: 'MEDIUM', broker: ['group.consumer.assignment.interval.ms'], effect: 'acts', doc: 'Shortest time between two assignments of the consumer group.' },
  'consumer.heartbeat.interval.ms': { type: 'INT', default: '5000', min: 1, importance: 'MEDIUM', broker: ['group.consumer.heartbeat.interval.ms'], effect: 'acts', doc: 'Time between heartbeats of a consumer.' },
  'consumer.session.timeout.ms': { type: 'INT', default: '45000', min: 1, importance: 'MEDIUM', broker: ['group.consumer.session.timeout.ms'], effect: 'acts', doc: 'Time without a heartbeat after which a consumer leaves the group.' },
  'share.assignment.interval.ms': { type: 'INT', default: '1000', min: 0, importance: 'MEDIUM', broker: ['group.share.assignment.interval.ms'], effect: 'accepted', doc: 'Shortest time between two assignments of the share group.' },
  'share.auto.offset.reset': { type: 'STRING', default: 'latest', check: 'share-offset-reset', importance: 'MEDIUM', effect: 'accepted', doc: 'Where a share group starts: earliest, latest, or a duration back from now.' },
  'share.delivery.count.limit': { type: 'INT', default: '5', min: 2, importance: 'MEDIUM', broker: ['group.share.delivery.count.limit'], effect: 'accepted', doc: 'How often a record is delivered before it is given up.' },
  'share.heartbeat.interval.ms': { type: 'INT', default: '5000', min: 1, importance: 'MEDIUM', broker: ['group.share.heartbeat.interval.ms'], effect: 'accepted', doc: "Time between heartbeats of the share group's members." },
  'share.isolation.level': { type: 'STRING', default: 'read_uncommitted', oneOf: ['read_committed', 'read_uncommitted'], importance: 'MEDIUM', effect: 'accepted', doc: 'Whether the share group is given records of open and aborted transactions.' },
  'share.partition.max.record.locks': { type: 'INT', default: '2000', min: 100, importance: 'MEDIUM', broker: ['group.share.partition.max.record.locks'], effect: 'accepted', doc: 'Records that may be locked at once in a share partition.' },
  'share.record.lock.duration.ms': { type: 'INT', default: '30000', min: 1000, importance: 'MEDIUM', broker: ['group.share.record.lock.duration.ms'], effect: 'accepted', doc: 'How long a consumer holds the records it acquired.' },
  'share.renew.acknowledge.enable': { type: 'BOOLEAN', default: 'true', importance: 'MEDIUM', effect: 'accepted', doc: 'Whether consumers may renew the lock on records they acquired.' },
  'share.session.timeout.ms': { type: 'INT', default: '45000', min: 1, importance: 'MEDIUM', broker: ['group.share.session.timeout.ms'], effect: 'accepted', doc: 'Time without a heartbeat after which a member leaves the share group.' },
  'streams.assignment.interval.ms': { type: 'INT', default: '1000', min: 0, importance: 'MEDIUM', broker: ['group.streams.assignment.interval.ms'], effect: 'accepted', doc: 'Shortest time between two assignments of the streams group.' },
  'streams.heartbeat.interval.ms': { type: 'INT', default: '5000', min: 1, importance: 'MEDIUM', broker: ['group.streams.heartbeat.interval.ms'], effect: 'accepted', doc: "Time between heartbeats of the streams group's members." },
  'streams.initial.rebalance.delay.ms': { type: 'INT', default: '3000', min: 0, importance: 'MEDIUM', broker: ['group.streams.initial.rebalance.delay.ms'], effect: 'accepted', doc: 'How long the new group waits for more members before its first assignment.' },
  'streams.num.standby.replicas': { type: 'INT', default: '0', min: 0, importance: 'MEDIUM', broker: ['group.streams.num.standby.replicas'], effect: 'accepted', doc: 'Standby copies of each task.' },
  'streams.session.timeout.ms': { type: 'INT', default: '45000', min: 1, importance: 'MEDIUM', broker: ['group.streams.session.timeout.ms'], effect: 'accepted', doc: 'Time without a heartbeat after which a member leaves the streams group.' },
} as const satisfies Record<string, ConfigDefinition>

export type GroupConfigName = keyof typeof groupConfigs
