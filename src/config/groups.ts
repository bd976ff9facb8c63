// Group configs (KIP-848, KIP-932, KIP-1071): a group's own values over the broker's, within the bounds the broker sets.
// The same bounds hold for the broker's own defaults, which broker-checks.ts asks here.
import { KafkaError } from '../wire/errors.ts'
import type { BrokerConfig, ConfigMap } from './broker-config.ts'
import type { BrokerConfigName } from './definitions/broker-configs.ts'
import type { ConfigDefinition, ConfigValue, ValueOf } from './definitions/definition.ts'
import { type GroupConfigName, groupConfigs } from './definitions/group-configs.ts'
import { defaultValue, parseConfig } from './values.ts'

type GroupConfigValues = { readonly [N in GroupConfigName]: ValueOf<(typeof groupConfigs)[N]> }

type BoundedConfigName = Extract<GroupConfigName, `${string}.${'ms' | 'limit' | 'locks' | 'replicas'}`>

interface Bound {
  readonly group: BoundedConfigName
  readonly min?: BrokerConfigName
  readonly max: BrokerConfigName
}

/** What of the broker limits each group config, in the order Kafka checks them. */
const bounds: readonly Bound[] = [
  {
    group: 'consumer.heartbeat.interval.ms',
    min: 'group.consumer.min.heartbeat.interval.ms',
    max: 'group.consumer.max.heartbeat.interval.ms',
  },
  {
    group: 'consumer.session.timeout.ms',
    min: 'group.consumer.min.session.timeout.ms',
    max: 'group.consumer.max.session.timeout.ms',
  },
  {
    group: 'consumer.assignment.interval.ms',
    min: 'group.consumer.min.assignment.interval.ms',
    max: 'group.consumer.max.assignment.interval.ms',
  },
  {
    group: 'share.heartbeat.interval.ms',
    min: 'group.share.min.heartbeat.interval.ms',
    max: 'group.share.max.heartbeat.interval.ms',
  },
  {
    group: 'share.session.timeout.ms',
    min: 'group.share.min.session.timeout.ms',
    max: 'group.share.max.session.timeout.ms',
  },
  {
    group: 'share.assignment.interval.ms',
    min: 'group.share.min.assignment.interval.ms',
    max: 'group.share.max.assignment.interval.ms',
  },
  {
    group: 'share.delivery.count.limit',
    min: 'group.share.min.delivery.count.limit',
    max: 'group.share.max.delivery.count.limit',
  },
  {
    group: 'share.record.lock.duration.ms',
    min: 'group.share.min.record.lock.duration.ms',
    max: 'group.share.max.record.lock.duration.ms',
  },
  {
    group: 'share.partition.max.record.locks',
    min: 'group.share.min.partition.max.record.locks',
    max: 'group.share.max.partition.max.record.locks',
  },
  {
    group: 'streams.heartbeat.interval.ms',
    min: 'group.streams.min.heartbeat.interval.ms',
    max: 'group.streams.max.heartbeat.interval.ms',
  },
  {
    group: 'streams.session.timeout.ms',
    min: 'group.streams.min.session.timeout.ms',
    max: 'group.streams.max.session.timeout.ms',
  },
  {
    group: 'streams.assignment.interval.ms',
    min: 'group.streams.min.assignment.interval.ms',
    max: 'group.streams.max.assignment.interval.ms',
  },
  { group: 'streams.num.standby.replicas', max: 'group.streams.max.standby.replicas' },
]

const families = ['consumer', 'share', 'streams'] as const

/** Every group config by name: the group's own value, or the broker's, or the default. */
function groupValues(overrides: ConfigMap, broker: BrokerConfig): GroupConfigValues {
  const values: Record<string, ConfigValue> = {}
  for (const [name, definition] of Object.entries<ConfigDefinition>(groupConfigs)) {
    const text = overrides.get(name)
    values[name] = text === undefined ? groupDefault(name, definition, broker) : parseConfig(name, definition, text)
  }
  return values as GroupConfigValues
}

export function groupDefault(name: string, definition: ConfigDefinition, broker: BrokerConfig): ConfigValue {
  const [brokerName] = definition.broker ?? []
  return brokerName === undefined ? defaultValue(name, definition) : broker.get(brokerName as BrokerConfigName)
}

/**
 * The configs a group runs with. What it once set may lie outside the broker's bounds by now: it is brought
 * inside them, as Kafka does, rather than refused.
 */
export function resolveGroupConfig(overrides: ConfigMap, broker: BrokerConfig): GroupConfigValues {
  const values: Record<string, ConfigValue> = { ...groupValues(overrides, broker) }
  for (const { group, min, max } of bounds) {
    const value = Math.min(values[group] as number, broker.get(max) as number)
    values[group] = min === undefined ? value : Math.max(value, broker.get(min) as number)
  }
  return values as GroupConfigValues
}

/** Checks the configs a group would have, as Kafka's controller does before it writes them. */
export function validateGroupConfigs(configs: ConfigMap, broker: BrokerConfig): void {
  for (const name of configs.keys()) {
    if (!Object.hasOwn(groupConfigs, name)) {
      throw new KafkaError('INVALID_CONFIG', `Unknown group config name: ${name}`)
    }
  }
  const values = groupValues(configs, broker)
  for (const { group, min, max } of bounds) checkWithin(group, values[group] as number, min, max, broker)
  for (const family of families) {
    if (values[`${family}.session.timeout.ms`] <= values[`${family}.heartbeat.interval.ms`]) {
      throw new KafkaError(
        'INVALID_CONFIG',
        `${family}.session.timeout.ms must be greater than ${family}.heartbeat.interval.ms`,
      )
    }
  }
}

/** Checks the broker's own group defaults against its bounds. */
export function checkGroupDefaults(broker: BrokerConfig): void {
  for (const { group, min, max } of bounds) {
    if (min !== undefined && (broker.get(max) as number) < (broker.get(min) as number)) {
      throw new KafkaError('INVALID_CONFIG', `${max} must be greater than or equal to ${min}`)
    }
    const [name] = groupConfigs[group].broker
    checkWithin(name, broker.get(name), min, max, broker)
  }
  for (const family of families) {
    const heartbeat = `group.${family}.heartbeat.interval.ms` as const
    const session = `group.${family}.session.timeout.ms` as const
    if (broker.get(heartbeat) >= broker.get(session)) {
      throw new KafkaError('INVALID_CONFIG', `${heartbeat} must be less than ${session}`)
    }
  }
}

function checkWithin(
  name: string,
  value: number,
  min: BrokerConfigName | undefined,
  max: BrokerConfigName,
  broker: BrokerConfig,
): void {
  if (min !== undefined && value < (broker.get(min) as number)) {
    throw new KafkaError('INVALID_CONFIG', `${name} must be greater than or equal to ${min}`)
  }
  if (value > (broker.get(max) as number)) {
    throw new KafkaError('INVALID_CONFIG', `${name} must be less than or equal to ${max}`)
  }
}
