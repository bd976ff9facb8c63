// What AlterConfigs and IncrementalAlterConfigs may change: operations in, the ConfigRecords to write out, or Kafka's error.
// Pure functions; whether a topic exists and who may alter it is the caller's to say.
import { KafkaError } from '../wire/errors.ts'
import type { Listener } from './addresses.ts'
import { BrokerConfig, type ConfigMap } from './broker-config.ts'
import { validateClientMetricsConfigs } from './client-metrics.ts'
import { type BrokerConfigName, brokerConfigs } from './definitions/broker-configs.ts'
import { clientMetricsConfigs } from './definitions/client-metrics-configs.ts'
import type { ConfigDefinition } from './definitions/definition.ts'
import { groupConfigs } from './definitions/group-configs.ts'
import { topicConfigs } from './definitions/topic-configs.ts'
import { validateGroupConfigs } from './groups.ts'
import { inHashOrder } from './hash-order.ts'
import { clusterLevelListenerConfigs, dynamicBrokerDefinition, overriddenByListener } from './synonyms.ts'
import { validateTopicConfigs } from './topic-config.ts'
import { checkTextLength, parseConfig } from './values.ts'

export const ConfigResourceType = {
  UNKNOWN: 0,
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const

/** Whether Kafka knows the config. Of a broker any name may be: a listener's, or a plugin's. */
export function isSupportedConfig(resourceType: number, name: string): boolean {
  switch (resourceType) {
    case ConfigResourceType.BROKER:
      return true
    case ConfigResourceType.TOPIC:
      return Object.hasOwn(topicConfigs, name)
    case ConfigResourceType.CLIENT_METRICS:
      return Object.hasOwn(clientMetricsConfigs, name)
    case ConfigResourceType.GROUP:
      return Object.hasOwn(groupConfigs, name)
    default:
      return false
  }
}

export const AlterOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

/** One operation, as IncrementalAlterConfigsRequest carries it. */
export interface ConfigOperation {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

/** What a ConfigRecord says: the value, or null to remove the config. */
export interface ConfigChange {
  readonly name: string
  readonly value: string | null
}

export interface AlterContext {
  readonly broker: BrokerConfig
  /** Whether eligible.leader.replicas.version is at least 1 (KIP-966), which protects min.insync.replicas. */
  readonly eligibleLeaderReplicas: boolean
  /** Whether metadata.version has cordoned log directories (KIP-1066). */
  readonly cordonedLogDirs: boolean
  readonly validateTopicName: (name: string) => void
}

/** What the broker that takes an IncrementalAlterConfigs checks of one resource, before the controller sees it. */
export function checkOperations(
  resource: ConfigResource,
  operations: readonly ConfigOperation[],
  current: ConfigMap,
  broker: BrokerConfig,
): void {
  checkEntries(
    operations,
    operations.filter(({ configOperation }) => configOperation !== AlterOperation.DELETE),
  )
  if (resource.resourceType === ConfigResourceType.BROKER) {
    checkBrokerChange(resource, afterBrokerOperations(operations, current), broker)
  } else checkResourceType(resource)
}

/** The records for the operations on one resource whose stored configs are `current`, as the controller judges them. */
export function alterIncrementally(
  resource: ConfigResource,
  operations: readonly ConfigOperation[],
  current: ConfigMap,
  context: AlterContext,
): readonly ConfigChange[] {
  const byName = new Map(operations.map((operation) => [operation.name, operation]))
  const changes: ConfigChange[] = []
  for (const name of inHashOrder([...byName.keys()])) {
    const before = current.get(name) ?? null
    const value = afterOperation(resource, byName.get(name), before)
    // A broker is told even of an unchanged value: it makes it reload files such as key stores (KAFKA-14136).
    if (value !== before || resource.resourceType === ConfigResourceType.BROKER) changes.push({ name, value })
  }
  checkChanges(resource, changes, current, context)
  return changes
}

/** As `checkOperations`, for the older AlterConfigs. */
export function checkReplacement(
  resource: ConfigResource,
  entries: readonly ConfigChange[],
  broker: BrokerConfig,
): void {
  checkEntries(entries, entries)
  if (resource.resourceType === ConfigResourceType.BROKER) {
    checkBrokerChange(resource, new Map(entries.map(({ name, value }) => [name, value ?? ''])), broker)
  } else checkResourceType(resource)
}

/** The records that replace all configs of the resource by `entries`. */
export function alterByReplacing(
  resource: ConfigResource,
  entries: readonly ConfigChange[],
  current: ConfigMap,
  context: AlterContext,
): readonly ConfigChange[] {
  const isBroker = resource.resourceType === ConfigResourceType.BROKER
  const next = new Map(entries.map(({ name, value }) => [name, value]))
  const changes: ConfigChange[] = []
  for (const name of inHashOrder([...next.keys()])) {
    const value = next.get(name) ?? null
    if (isBroker || current.get(name) !== value) changes.push({ name, value })
  }
  for (const name of inHashOrder([...current.keys()])) {
    if (!next.has(name)) changes.push({ name, value: null })
  }
  checkChanges(resource, changes, current, context)
  return changes
}

/** `configs` with `changes` made. */
export function applyChanges(configs: ConfigMap, changes: Iterable<ConfigChange>): Map<string, string> {
  const next = new Map(configs)
  for (const { name, value } of changes) {
    if (value === null) next.delete(name)
    else next.set(name, value)
  }
  return next
}

function checkEntries(entries: readonly { name: string }[], needingValue: readonly ConfigChange[]): void {
  if (new Set(entries.map(({ name }) => name)).size !== entries.length) {
    throw new KafkaError('INVALID_REQUEST', 'Error due to duplicate config keys')
  }
  const withoutValue = needingValue.filter(({ value }) => value === null).map(({ name }) => name)
  if (withoutValue.length > 0) {
    throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${withoutValue.join(', ')}`)
  }
}

function checkResourceType({ resourceType }: ConfigResource): void {
  const { TOPIC, GROUP, CLIENT_METRICS } = ConfigResourceType
  if (resourceType === TOPIC || resourceType === GROUP || resourceType === CLIENT_METRICS) return
  throw new KafkaError('INVALID_REQUEST', `Unknown resource type ${resourceType}`)
}

/** The value after one operation, by the controller's rules; null when the config is gone. */
function afterOperation(
  resource: ConfigResource,
  operation: ConfigOperation | undefined,
  before: string | null,
): string | null {
  if (operation === undefined) return before
  const { name, configOperation, value } = operation
  switch (configOperation) {
    case AlterOperation.SET:
      return value
    case AlterOperation.DELETE:
      return null
    case AlterOperation.APPEND:
    case AlterOperation.SUBTRACT: {
      const definition = listDefinition(resource, name)
      if (definition === undefined) {
        const verb = configOperation === AlterOperation.APPEND ? 'APPEND' : 'SUBTRACT'
        throw new KafkaError('INVALID_CONFIG', `Can't ${verb} to key ${name} because its type is not LIST.`)
      }
      const parts = splitAsJava(before ?? definition.default ?? '').filter((part) => part !== '')
      for (const part of splitAsJava(value ?? '')) {
        const at = parts.indexOf(part)
        if (configOperation === AlterOperation.APPEND && at < 0) parts.push(part)
        if (configOperation === AlterOperation.SUBTRACT && at >= 0) parts.splice(at, 1)
      }
      return parts.join(',')
    }
    default:
      throw new KafkaError('INVALID_REQUEST', `Unknown operations type ${configOperation}`)
  }
}

/** Lists of groups and client metrics cannot be appended to: Kafka's controller does not know their types. */
function listDefinition({ resourceType }: ConfigResource, name: string): ConfigDefinition | undefined {
  const definitions: Readonly<Record<string, ConfigDefinition>> =
    resourceType === ConfigResourceType.TOPIC
      ? topicConfigs
      : resourceType === ConfigResourceType.BROKER
        ? brokerConfigs
        : {}
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined
  return definition?.type === 'LIST' ? definition : undefined
}

/** Java's String.split(","): empty strings at the end are dropped, but "" is one empty string. */
function splitAsJava(text: string): string[] {
  if (text === '') return ['']
  return text.replace(/,+$/, '').split(',')
}

function checkChanges(
  resource: ConfigResource,
  changes: readonly ConfigChange[],
  current: ConfigMap,
  context: AlterContext,
): void {
  for (const { value } of changes) {
    if (value !== null) checkTextLength(value)
  }
  const next = applyChanges(current, changes)
  const { resourceType, resourceName } = resource
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      if (resourceName === '') throw new KafkaError('INVALID_REQUEST', 'Default topic resources are not allowed.')
      context.validateTopicName(resourceName)
      validateTopicConfigs(next, current, context.broker)
      return
    case ConfigResourceType.GROUP:
      if (resourceName === '') throw new KafkaError('INVALID_REQUEST', 'Default group resources are not allowed.')
      validateGroupConfigs(next, context.broker)
      return
    case ConfigResourceType.CLIENT_METRICS:
      validateClientMetricsConfigs(resourceName, next)
      return
    case ConfigResourceType.BROKER:
      if (context.eligibleLeaderReplicas) checkMinInsyncReplicas(resourceName, changes)
      if (!context.cordonedLogDirs) checkNoCordonedLogDirs(changes)
      return
  }
}

/** With eligible leader replicas, min.insync.replicas must be one number for all brokers. */
function checkMinInsyncReplicas(resourceName: string, changes: readonly ConfigChange[]): void {
  const change = changes.find(({ name }) => name === 'min.insync.replicas')
  if (change === undefined) return
  if (resourceName !== '') {
    throw new KafkaError('INVALID_CONFIG', 'Broker-level min.insync.replicas cannot be altered while ELR is enabled.')
  }
  if (change.value === null) {
    throw new KafkaError('INVALID_CONFIG', 'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.')
  }
}

function checkNoCordonedLogDirs(changes: readonly ConfigChange[]): void {
  if (changes.every(({ name }) => name !== 'cordoned.log.dirs')) return
  throw new KafkaError(
    'INVALID_CONFIG',
    'The cordoned.log.dirs configuration value cannot be set because it requires metadata.version >= 4.3-IV0',
  )
}

/** A broker's configs after the operations, by the rules of the broker that takes the request. */
function afterBrokerOperations(operations: readonly ConfigOperation[], current: ConfigMap): ConfigMap {
  const changes = operations.map((operation): ConfigChange => {
    const { name, configOperation } = operation
    const isListOperation = configOperation === AlterOperation.APPEND || configOperation === AlterOperation.SUBTRACT
    if (isListOperation) checkBrokerList(name, configOperation)
    const resource = { resourceType: ConfigResourceType.BROKER, resourceName: '' }
    return { name, value: afterOperation(resource, operation, current.get(name) ?? null) }
  })
  return applyChanges(current, changes)
}

function checkBrokerList(name: string, configOperation: number): void {
  if (!Object.hasOwn(brokerConfigs, name)) {
    throw new KafkaError('INVALID_CONFIG', `Unknown config name: ${name}`)
  }
  if (brokerConfigs[name as BrokerConfigName].type === 'LIST') return
  const verb = configOperation === AlterOperation.APPEND ? 'append' : 'subtract'
  throw new KafkaError('INVALID_CONFIG', `Config value ${verb} is not allowed for config key: ${name}`)
}

/** Everything the broker checks of its own change; Kafka answers INVALID_REQUEST whatever is wrong. */
function checkBrokerChange({ resourceName }: ConfigResource, next: ConfigMap, broker: BrokerConfig): void {
  if (resourceName !== '') checkIsThisBroker(resourceName, broker)
  try {
    checkDynamicNames(next, resourceName === '' ? 'cluster' : 'broker')
    checkListenerOverrides(next)
    const changed =
      resourceName === ''
        ? new BrokerConfig(broker.given, next, broker.dynamicBroker)
        : new BrokerConfig(broker.given, broker.dynamicDefaults, next)
    checkReconfiguration(broker, changed)
  } catch (error) {
    if (error instanceof KafkaError) throw new KafkaError('INVALID_REQUEST', error.message)
    throw error
  }
}

function checkIsThisBroker(resourceName: string, { nodeId }: BrokerConfig): void {
  if (parseNodeId(resourceName) !== nodeId) {
    throw new KafkaError('INVALID_REQUEST', `Unexpected broker id, expected ${nodeId}, but received ${resourceName}`)
  }
}

/** As Java's Integer.parseInt reads it. */
function parseNodeId(text: string): number {
  const id = /^[+-]?[0-9]+$/.test(text) ? Number(text) : Number.NaN
  if (id >= -0x80000000 && id <= 0x7fffffff) return id
  throw new KafkaError('INVALID_REQUEST', `Node id must be an integer, but it is: ${text}`)
}

/** Key and trust stores: only a listener's own can change while it runs. */
const storeConfigs: ReadonlySet<string> = new Set([
  'ssl.key.password',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.keystore.type',
  'ssl.truststore.certificates',
  'ssl.truststore.location',
  'ssl.truststore.password',
  'ssl.truststore.type',
])

function checkDynamicNames(configs: ConfigMap, level: 'cluster' | 'broker'): void {
  const names = [...configs.keys()]
  refuseNames(names.filter(isStatic), 'Cannot update these configs dynamically')
  refuseNames(
    names.filter((name) => storeConfigs.has(name)),
    'These security configs can be dynamically updated only per-listener using the listener prefix',
  )
  for (const [name, text] of configs) {
    const base = overriddenByListener(name) ?? name
    const definition = dynamicBrokerDefinition(base)
    if (definition !== undefined) parseConfig(base, definition, text)
  }
  if (level === 'cluster') {
    refuseNames(
      names.filter(isPerBroker),
      'Cannot update these configs at default cluster level, broker id must be specified',
    )
  }
}

function isStatic(name: string): boolean {
  return Object.hasOwn(brokerConfigs, name) && dynamicBrokerDefinition(name) === undefined
}

function isPerBroker(name: string): boolean {
  const base = overriddenByListener(name)
  if (base !== undefined) return !clusterLevelListenerConfigs.has(base)
  return dynamicBrokerDefinition(name)?.dynamic === 'per-broker'
}

function refuseNames(names: readonly string[], why: string): void {
  if (names.length > 0) throw new KafkaError('INVALID_CONFIG', `${why}: [${inHashOrder(names).join(', ')}]`)
}

/** A listener may override what the broker itself cannot change; a bad value is found where the listener applies it. */
function checkListenerOverrides(configs: ConfigMap): void {
  for (const [name, text] of configs) {
    const base = overriddenByListener(name)
    if (base === undefined || !isStatic(base)) continue
    try {
      parseConfig(base, brokerConfigs[base as BrokerConfigName], text)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      refuseReconfiguration(error.message)
    }
  }
}

/** Pools of threads, which Kafka lets grow to the double or shrink to the half in one step. */
const threadPools = [
  'num.io.threads',
  'num.replica.fetchers',
  'num.recovery.threads.per.data.dir',
  'background.threads',
  'num.network.threads',
  'remote.log.reader.threads',
  'remote.log.manager.copier.thread.pool.size',
  'remote.log.manager.expiration.thread.pool.size',
  'remote.log.manager.follower.thread.pool.size',
] as const

/** What Kafka's running parts refuse although the config as such holds. */
function checkReconfiguration(now: BrokerConfig, next: BrokerConfig): void {
  const rate = next.get('max.connection.creation.rate')
  if (rate <= 0) refuseReconfiguration(`Invalid max.connection.creation.rate ${rate}`)
  for (const name of threadPools) checkThreads(name, now.get(name), next.get(name))
  checkListeners(now, next)
  const cleaners = now.get('log.cleaner.threads')
  const newCleaners = next.get('log.cleaner.threads')
  if (newCleaners < Math.floor(cleaners / 2)) {
    refuseReconfiguration(`Log cleaner threads cannot be reduced to less than half the current value ${cleaners}`)
  }
  if (newCleaners > cleaners * 2) {
    refuseReconfiguration(`Log cleaner threads cannot be increased to more than double the current value ${cleaners}`)
  }
  if (next.get('metric.reporters').some((reporter) => !reporter.startsWith('org.apache.kafka.'))) {
    refuseReconfiguration(
      'Validation of dynamic config update of Set(metric.reporters) failed with class class kafka.server.DynamicMetricsReporters',
    )
  }
}

/** Listeners may come, and go where clients are not told of them; what is there keeps its protocol. */
function checkListeners(now: BrokerConfig, next: BrokerConfig): void {
  const listeners = namesOf(next.listeners)
  const advertised = namesOf(now.advertisedListeners)
  if ([...advertised].some((name) => !listeners.has(name))) {
    refuseReconfiguration(
      `Advertised listeners '${inScala(advertised)}' must be a subset of listeners '${inScala(listeners)}'`,
    )
  }
  const isAsked = (name: string): boolean => now.effective.get(name) !== next.effective.get(name)
  if (!isAsked('listeners') && !isAsked('listener.security.protocol.map')) return
  for (const { name, securityProtocol } of now.listeners) {
    const listener = next.listeners.find((candidate) => candidate.name === name)
    if (listener === undefined) continue
    if (fixedConfigsOf(name, now) !== fixedConfigsOf(name, next)) {
      refuseReconfiguration(
        `Configs cannot be updated dynamically for existing listener ListenerName(${name}), restart broker or create a new listener for update`,
      )
    }
    if (listener.securityProtocol !== securityProtocol) {
      refuseReconfiguration(`Security protocol cannot be updated for existing listener ListenerName(${name})`)
    }
  }
}

/** What was said for the listener itself and cannot change while it is there. */
function fixedConfigsOf(listener: string, { effective }: BrokerConfig): string {
  const prefix = `listener.name.${listener.toLowerCase()}.`
  const own = [...effective].filter(([name]) => name.startsWith(prefix) && isFixed(name.slice(prefix.length)))
  return JSON.stringify(own.sort())
}

const isFixed = (name: string): boolean => !storeConfigs.has(name) && !clusterLevelListenerConfigs.has(name)

const namesOf = (listeners: readonly Listener[]): Set<string> => new Set(listeners.map(({ name }) => name))

/** A set of listeners' names as Scala prints it. */
const inScala = (names: ReadonlySet<string>): string =>
  `Set(${Array.from(names, (name) => `ListenerName(${name})`).join(', ')})`

function checkThreads(name: string, now: number, next: number): void {
  if (next === now) return
  const failed = `Dynamic thread count update validation failed for ${name}=${next}, value should`
  if (next < Math.floor(now / 2)) refuseReconfiguration(`${failed} be at least half the current value ${now}`)
  if (next > now * 2) refuseReconfiguration(`${failed} not be greater than double the current value ${now}`)
}

/** Kafka passes the cause where the message's parts belong, so this is what clients read. */
function refuseReconfiguration(why: string): never {
  throw new KafkaError(
    'INVALID_CONFIG',
    `Invalid value org.apache.kafka.common.config.ConfigException: ${why} for configuration Invalid dynamic configuration`,
  )
}

const logLevels = ['DEBUG', 'ERROR', 'FATAL', 'INFO', 'TRACE', 'WARN'] as const

/** The levels that an IncrementalAlterConfigs on a broker's loggers sets (KIP-412); null goes back to the root's. */
export function alterBrokerLoggers(
  resourceName: string,
  operations: readonly ConfigOperation[],
  loggers: ConfigMap,
  nodeId: number,
): readonly ConfigChange[] {
  checkEntries(
    operations,
    operations.filter(({ configOperation }) => configOperation !== AlterOperation.DELETE),
  )
  const requested = parseNodeId(resourceName)
  if (requested !== nodeId) {
    throw new KafkaError('INVALID_REQUEST', `Unexpected node id. Expected ${nodeId}, but received ${requested}`)
  }
  return operations.map(({ name, configOperation, value }) => {
    switch (configOperation) {
      case AlterOperation.SET:
        checkLoggerExists(name, loggers)
        return { name, value: checkLogLevel(name, value ?? '') }
      case AlterOperation.DELETE:
        checkLoggerExists(name, loggers)
        if (name === 'root') {
          throw new KafkaError('INVALID_REQUEST', 'Removing the log level of the root logger is not allowed')
        }
        return { name, value: null }
      case AlterOperation.APPEND:
      case AlterOperation.SUBTRACT: {
        const verb = configOperation === AlterOperation.APPEND ? 'APPEND' : 'SUBTRACT'
        throw new KafkaError('INVALID_REQUEST', `${verb} operation is not allowed for the BROKER_LOGGER resource`)
      }
      default:
        throw new KafkaError('UNKNOWN_SERVER_ERROR')
    }
  })
}

function checkLoggerExists(name: string, loggers: ConfigMap): void {
  if (!loggers.has(name)) throw new KafkaError('INVALID_CONFIG', `Logger ${name} does not exist!`)
}

function checkLogLevel(name: string, level: string): string {
  const known = logLevels.find((candidate) => candidate === level)
  if (known !== undefined) return known
  throw new KafkaError(
    'INVALID_CONFIG',
    `Cannot set the log level of ${name} to ${level} as it is not a supported log level. Valid log levels are ${logLevels.join(', ')}`,
  )
}
