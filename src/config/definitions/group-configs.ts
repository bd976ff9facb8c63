// biome-ignore-all format: a table reads best with one row a line
// Every group config of Kafka 4.3 (KIP-848, KIP-932, KIP-1071). `broker` names the broker config that is its default.
// Plain data, sorted by name.
import type { ConfigDefinition } from './definition.ts'

export const groupConfigs = {
  'consumer.assignment.interval.ms': { type: 'INT', default: '1000', min: 0, importance: 'MEDIUM', broker: ['group.consumer.assignment.interval.ms'], effect: 'accepted', doc: null },
  'consumer.heartbeat.interval.ms': { type: 'INT', default: '5000', min: 1, importance: 'MEDIUM', broker: ['group.consumer.heartbeat.interval.ms'], effect: 'accepted', doc: null },
  'consumer.session.timeout.ms': { type: 'INT', default: '45000', min: 1, importance: 'MEDIUM', broker: ['group.consumer.session.timeout.ms'], effect: 'accepted', doc: null },
  'share.assignment.interval.ms': { type: 'INT', default: '1000', min: 0, importance: 'MEDIUM', broker: ['group.share.assignment.interval.ms'], effect: 'accepted', doc: null },
  'share.auto.offset.reset': { type: 'STRING', default: 'latest', check: 'share-offset-reset', importance: 'MEDIUM', effect: 'accepted', doc: null },
  'share.delivery.count.limit': { type: 'INT', default: '5', min: 2, importance: 'MEDIUM', broker: ['group.share.delivery.count.limit'], effect: 'accepted', doc: null },
  'share.heartbeat.interval.ms': { type: 'INT', default: '5000', min: 1, importance: 'MEDIUM', broker: ['group.share.heartbeat.interval.ms'], effect: 'accepted', doc: null },
  'share.isolation.level': { type: 'STRING', default: 'read_uncommitted', oneOf: ['read_committed', 'read_uncommitted'], importance: 'MEDIUM', effect: 'accepted', doc: null },
  'share.partition.max.record.locks': { type: 'INT', default: '2000', min: 100, importance: 'MEDIUM', broker: ['group.share.partition.max.record.locks'], effect: 'accepted', doc: null },
  'share.record.lock.duration.ms': { type: 'INT', default: '30000', min: 1000, importance: 'MEDIUM', broker: ['group.share.record.lock.duration.ms'], effect: 'accepted', doc: null },
  'share.renew.acknowledge.enable': { type: 'BOOLEAN', default: 'true', importance: 'MEDIUM', effect: 'accepted', doc: null },
  'share.session.timeout.ms': { type: 'INT', default: '45000', min: 1, importance: 'MEDIUM', broker: ['group.share.session.timeout.ms'], effect: 'accepted', doc: null },
  'streams.assignment.interval.ms': { type: 'INT', default: '1000', min: 0, importance: 'MEDIUM', broker: ['group.streams.assignment.interval.ms'], effect: 'accepted', doc: null },
  'streams.heartbeat.interval.ms': { type: 'INT', default: '5000', min: 1, importance: 'MEDIUM', broker: ['group.streams.heartbeat.interval.ms'], effect: 'accepted', doc: null },
  'streams.initial.rebalance.delay.ms': { type: 'INT', default: '3000', min: 0, importance: 'MEDIUM', broker: ['group.streams.initial.rebalance.delay.ms'], effect: 'accepted', doc: null },
  'streams.num.standby.replicas': { type: 'INT', default: '0', min: 0, importance: 'MEDIUM', broker: ['group.streams.num.standby.replicas'], effect: 'accepted', doc: null },
  'streams.session.timeout.ms': { type: 'INT', default: '45000', min: 1, importance: 'MEDIUM', broker: ['group.streams.session.timeout.ms'], effect: 'accepted', doc: null },
} as const satisfies Record<string, ConfigDefinition>

export type GroupConfigName = keyof typeof groupConfigs
