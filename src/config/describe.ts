// What DescribeConfigs answers for each kind of resource: which configs, with which value, from where.
// Pure functions; whether the resource exists and may be seen is the caller's to say.
import type { BrokerConfig, ConfigMap } from './broker-config.ts'
import { brokerConfigs } from './definitions/broker-configs.ts'
import { clientMetricsConfigs } from './definitions/client-metrics-configs.ts'
import type { ConfigDefinition, ConfigDefinitions, ConfigType, ConfigValue } from './definitions/definition.ts'
import { groupConfigs } from './definitions/group-configs.ts'
import { topicConfigs } from './definitions/topic-configs.ts'
import { groupDefault } from './groups.ts'
import {
  brokerDefinition,
  brokerSynonymsOfListener,
  describedBrokerDefinition,
  overriddenByListener,
} from './synonyms.ts'
import { topicDefault } from './topic-config.ts'
import { canonicalText, printValue } from './values.ts'

export const ConfigSource = {
  UNKNOWN: 0,
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  CLIENT_METRICS_CONFIG: 7,
  GROUP_CONFIG: 8,
} as const

export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource]

const typeNumbers: Readonly<Record<ConfigType, number>> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
}
const unknownType = 0

export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: ConfigSource
}

/** One config as DescribeConfigsResponse carries it. */
export interface DescribedConfig {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: ConfigSource
  readonly isSensitive: boolean
  readonly synonyms: readonly ConfigSynonym[]
  readonly configType: number
  readonly documentation: string | null
}

export interface DescribeOptions {
  /** The names asked for; all when absent, null or empty. */
  readonly keys?: readonly string[] | null
  readonly includeSynonyms?: boolean
  readonly includeDocumentation?: boolean
}

export function describeTopic(overrides: ConfigMap, broker: BrokerConfig, options: DescribeOptions): DescribedConfig[] {
  return names(topicConfigs, overrides, options).map((name) => {
    const definition: ConfigDefinition | undefined = topicConfigs[name as keyof typeof topicConfigs]
    const own = overrides.get(name)
    const [brokerName] = definition?.broker ?? []
    const synonyms = brokerName === undefined ? [] : brokerConfigSynonyms(brokerName, isSensitive(definition), broker)
    const value =
      own === undefined
        ? definition && printed(definition, topicDefault(name, definition, broker), broker, brokerName)
        : shownText(name, definition, own)
    const all =
      own === undefined ? synonyms : [synonym(name, definition, value, ConfigSource.DYNAMIC_TOPIC_CONFIG), ...synonyms]
    return entry(name, definition, value, all, { readOnly: false }, options)
  })
}

/** One config as CreateTopicsResponse carries it. */
export type NewTopicConfig = Pick<DescribedConfig, 'name' | 'value' | 'readOnly' | 'configSource' | 'isSensitive'>

/**
 * What the controller tells of a topic it made: each value as it was written, wherever that was, and not as it is read;
 * and a broker's config counts under all of its names.
 */
export function describeNewTopic(overrides: ConfigMap, broker: BrokerConfig): NewTopicConfig[] {
  return names(topicConfigs, overrides, {}).map((name) => {
    const definition: ConfigDefinition = topicConfigs[name as keyof typeof topicConfigs]
    const { value, source } = writtenFor(name, definition, overrides, broker)
    return { name, value, readOnly: false, configSource: source, isSensitive: isSensitive(definition) }
  })
}

function writtenFor(
  name: string,
  definition: ConfigDefinition,
  overrides: ConfigMap,
  broker: BrokerConfig,
): { value: string | null; source: ConfigSource } {
  const own = overrides.get(name)
  if (own !== undefined) return { value: own, source: ConfigSource.DYNAMIC_TOPIC_CONFIG }
  for (const [level, source] of levelsOf(broker)) {
    for (const synonym of definition.broker ?? []) {
      const text = level.get(synonym)
      if (text !== undefined) return { value: inMilliseconds(synonym, text), source }
    }
  }
  return { value: definition.default, source: ConfigSource.DEFAULT_CONFIG }
}

/** The weaker synonyms of a time are in other units; a topic's is always in ms. */
function inMilliseconds(name: string, text: string): string {
  if (name.endsWith('.hours')) return String(Number(text.trim()) * 3_600_000)
  return name.endsWith('.minutes') ? String(Number(text.trim()) * 60_000) : text
}

/** The configs of the broker itself. */
export function describeBroker(broker: BrokerConfig, options: DescribeOptions): DescribedConfig[] {
  return names(brokerConfigs, broker.effective, options).map((name) => {
    const definition = describedBrokerDefinition(name)
    const text = broker.effective.get(name)
    const value =
      text === undefined
        ? definition && printValue(definition.type, broker.value(name, definition))
        : brokerText(name, text)
    const synonyms = brokerConfigSynonyms(name, isSensitive(definition), broker)
    return brokerEntry(name, definition, value, synonyms, options)
  })
}

/** The dynamic defaults of the cluster: what a broker resource with an empty name has. */
export function describeBrokerDefaults(broker: BrokerConfig, options: DescribeOptions): DescribedConfig[] {
  return wanted([...broker.dynamicDefaults.keys()].sort(), options).map((name) => {
    const definition = describedBrokerDefinition(name)
    const synonyms = brokerConfigSynonyms(name, isSensitive(definition), broker).filter(
      ({ source }) => source === ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG,
    )
    return brokerEntry(name, definition, broker.dynamicDefaults.get(name), synonyms, options)
  })
}

export function describeGroup(overrides: ConfigMap, broker: BrokerConfig, options: DescribeOptions): DescribedConfig[] {
  return names(groupConfigs, overrides, options).map((name) => {
    const definition: ConfigDefinition | undefined = groupConfigs[name as keyof typeof groupConfigs]
    const own = overrides.get(name)
    const [brokerName] = definition?.broker ?? []
    const synonyms = brokerName === undefined ? [] : brokerConfigSynonyms(brokerName, isSensitive(definition), broker)
    if (own !== undefined) {
      const value = shownText(name, definition, own)
      const inherited = brokerName === undefined ? defaultOf(name, definition) : synonyms
      const all = [synonym(name, definition, value, ConfigSource.GROUP_CONFIG), ...inherited]
      return entry(name, definition, value, all, { readOnly: false }, options)
    }
    const value = definition && printValue(definition.type, groupDefault(name, definition, broker))
    const all = brokerName === undefined ? defaultOf(name, definition) : synonyms
    return entry(name, definition, value, all, { readOnly: false }, options)
  })
}

export function describeClientMetrics(overrides: ConfigMap, options: DescribeOptions): DescribedConfig[] {
  return names(clientMetricsConfigs, overrides, options).map((name) => {
    const definition: ConfigDefinition | undefined = clientMetricsConfigs[name as keyof typeof clientMetricsConfigs]
    const own = overrides.get(name)
    const value = own === undefined ? definition?.default : shownText(name, definition, own)
    const all = own === undefined ? [] : [synonym(name, definition, value, ConfigSource.CLIENT_METRICS_CONFIG)]
    return entry(name, definition, value, all, { readOnly: false }, options)
  })
}

/** The loggers of a broker with their levels; Kafka gives them no type and an empty documentation. */
export function describeBrokerLoggers(loggers: ConfigMap, options: DescribeOptions): DescribedConfig[] {
  return wanted([...loggers.keys()].sort(), options).map((name) => ({
    name,
    value: loggers.get(name) ?? null,
    readOnly: false,
    configSource: ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG,
    isSensitive: false,
    synonyms: [],
    configType: unknownType,
    documentation: '',
  }))
}

/** Everything that is set, and everything else that is not internal. */
function names(definitions: ConfigDefinitions, set: ConfigMap, options: DescribeOptions): string[] {
  const all = new Set(set.keys())
  for (const [name, definition] of Object.entries(definitions)) {
    if (!definition.internal) all.add(name)
  }
  return wanted([...all].sort(), options)
}

function wanted(all: string[], { keys }: DescribeOptions): string[] {
  if (keys === undefined || keys === null || keys.length === 0) return all
  return all.filter((name) => keys.includes(name))
}

/** What Kafka does not know may be a secret. */
function isSensitive(definition: ConfigDefinition | undefined): boolean {
  return definition === undefined || definition.type === 'PASSWORD'
}

/** A set value as Kafka prints it; an internal config is shown as it was written. */
function shownText(name: string, definition: ConfigDefinition | undefined, text: string): string {
  return definition === undefined || definition.internal ? text : canonicalText(name, definition, text)
}

function brokerText(name: string, text: string): string {
  return Object.hasOwn(brokerConfigs, name) ? shownText(name, brokerDefinition(name), text) : text
}

/** Prints an inherited value; a long beyond 2^53 comes from the broker's own text, which is exact. */
function printed(
  definition: ConfigDefinition,
  value: ConfigValue,
  broker: BrokerConfig,
  brokerName: string | undefined,
): string | null {
  const text = brokerName === undefined ? undefined : broker.effective.get(brokerName)
  const brokerConfig = brokerName === undefined ? undefined : brokerDefinition(brokerName)
  if (text !== undefined && brokerConfig !== undefined && !Number.isSafeInteger(value) && typeof value === 'number') {
    return canonicalText(brokerName ?? '', brokerConfig, text)
  }
  return printValue(definition.type, value)
}

/** Where a broker config is set, the strongest first: by level, and within a level by synonym. */
function brokerConfigSynonyms(name: string, sensitive: boolean, broker: BrokerConfig): readonly ConfigSynonym[] {
  const all: ConfigSynonym[] = []
  const candidates = brokerSynonymsOfListener(name)
  for (const [level, source] of levelsOf(broker)) {
    for (const candidate of candidates) {
      const value = level.get(candidate)
      if (value !== undefined) all.push({ name: candidate, value: sensitive ? null : value, source })
    }
  }
  for (const candidate of candidates) {
    const value = brokerDefinition(candidate)?.default
    if (value !== undefined && value !== null && Object.hasOwn(brokerConfigs, candidate)) {
      all.push({ name: candidate, value: sensitive ? null : value, source: ConfigSource.DEFAULT_CONFIG })
    }
  }
  // A stronger synonym set elsewhere does not describe this config: what counts begins at its own name.
  const first = all.findIndex((candidate) => candidate.name === name)
  return first < 0 ? [] : all.slice(first)
}

/** What was set for the broker, the strongest first. */
function levelsOf(broker: BrokerConfig) {
  return [
    [broker.dynamicBroker, ConfigSource.DYNAMIC_BROKER_CONFIG],
    [broker.dynamicDefaults, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG],
    [broker.staticConfigs, ConfigSource.STATIC_BROKER_CONFIG],
  ] as const
}

function defaultOf(name: string, definition: ConfigDefinition | undefined): readonly ConfigSynonym[] {
  return definition === undefined ? [] : [synonym(name, definition, definition.default, ConfigSource.DEFAULT_CONFIG)]
}

function synonym(
  name: string,
  definition: ConfigDefinition | undefined,
  value: string | null | undefined,
  source: ConfigSource,
): ConfigSynonym {
  return { name, value: isSensitive(definition) ? null : (value ?? null), source }
}

function brokerEntry(
  name: string,
  definition: ConfigDefinition | undefined,
  value: string | null | undefined,
  synonyms: readonly ConfigSynonym[],
  options: DescribeOptions,
): DescribedConfig {
  const isListenersOwn = overriddenByListener(name) !== undefined
  const isDocumented = options.includeDocumentation && Object.hasOwn(brokerConfigs, name)
  return {
    ...entry(name, definition, value, synonyms, { readOnly: isListenersOwn || !definition?.dynamic }, options),
    documentation: isDocumented ? (definition?.doc ?? null) : null,
  }
}

function entry(
  name: string,
  definition: ConfigDefinition | undefined,
  value: string | null | undefined,
  synonyms: readonly ConfigSynonym[],
  { readOnly }: { readonly readOnly: boolean },
  options: DescribeOptions,
): DescribedConfig {
  const sensitive = isSensitive(definition)
  return {
    name,
    value: sensitive ? null : (value ?? null),
    readOnly,
    configSource: synonyms[0]?.source ?? ConfigSource.DEFAULT_CONFIG,
    isSensitive: sensitive,
    synonyms: options.includeSynonyms ? synonyms : [],
    configType: definition === undefined ? unknownType : typeNumbers[definition.type],
    documentation: options.includeDocumentation ? (definition?.doc ?? null) : null,
  }
}
