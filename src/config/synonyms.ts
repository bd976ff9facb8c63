// Which broker configs stand for the same thing: log.roll.ms and log.roll.hours, listener overrides and their base.
// Pure naming; values are merged in broker-config.ts.
import { type BrokerConfigName, brokerConfigs, brokerThrottleConfigs } from './definitions/broker-configs.ts'
import type { ConfigDefinition } from './definitions/definition.ts'

const timeSynonyms: readonly (readonly string[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
]

/** Listener configs that carry a SASL mechanism in their name: listener.name.NAME.MECHANISM.CONFIG. */
const mechanismConfigs = [
  'connections.max.reauth.ms',
  'sasl.jaas.config',
  'sasl.login.callback.handler.class',
  'sasl.login.class',
  'sasl.server.callback.handler.class',
] as const

/** Limits of a listener that may be set for all brokers at once. */
export const clusterLevelListenerConfigs: ReadonlySet<string> = new Set([
  'max.connections',
  'max.connection.creation.rate',
  'num.network.threads',
])

const listenerPrefix = /^listener\.name\.[^.]*\.(.*)$/

/** The config that `listener.name.NAME.…` overrides, or undefined for a name without that prefix. */
export function overriddenByListener(name: string): string | undefined {
  return listenerPrefix.exec(name)?.[1]
}

/** The names under which a broker config may be set, the strongest first. */
export function brokerSynonyms(name: string): readonly string[] {
  if (name === 'log.flush.interval.ms') return ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms']
  return timeSynonyms.find((synonyms) => synonyms.includes(name)) ?? [name]
}

/** As `brokerSynonyms`, with the base config behind a listener's own. */
export function brokerSynonymsOfListener(name: string): readonly string[] {
  const base = overriddenByListener(name)
  if (base === undefined) return brokerSynonyms(name)
  return [name, mechanismConfigs.find((config) => base.endsWith(config)) ?? base]
}

/** The definition of a broker config; a listener's own config is defined by its base. */
export function brokerDefinition(name: string): ConfigDefinition | undefined {
  if (Object.hasOwn(brokerConfigs, name)) return brokerConfigs[name as BrokerConfigName]
  const [, base] = brokerSynonymsOfListener(name)
  if (base === undefined || overriddenByListener(name) === undefined) return undefined
  return Object.hasOwn(brokerConfigs, base) ? brokerConfigs[base as BrokerConfigName] : undefined
}

/** The definition of what may be set on a broker at all: its configs, and the throttles. */
export function describedBrokerDefinition(name: string): ConfigDefinition | undefined {
  return brokerDefinition(name) ?? dynamicBrokerDefinition(name)
}

/** The definition of what AlterConfigs may set on a broker: the dynamic configs and the throttles. */
export function dynamicBrokerDefinition(name: string): ConfigDefinition | undefined {
  if (Object.hasOwn(brokerThrottleConfigs, name)) {
    return brokerThrottleConfigs[name as keyof typeof brokerThrottleConfigs]
  }
  if (!Object.hasOwn(brokerConfigs, name)) return undefined
  const definition: ConfigDefinition = brokerConfigs[name as BrokerConfigName]
  return definition.dynamic === undefined ? undefined : definition
}
