// What one broker is configured to do: static properties < dynamic defaults of the cluster < dynamic configs of the broker.
// A BrokerConfig never changes; a dynamic change makes a new one (`withDynamic`).
import { parse as parseProperties } from 'dot-properties'
import { KafkaError } from '../wire/errors.ts'
import {
  type Listener,
  listenerName,
  parseListeners,
  parseQuorumVoters,
  parseSecurityProtocolMap,
  type SecurityProtocol,
  type SecurityProtocolMap,
  type Voter,
} from './addresses.ts'
import { checkBroker } from './broker-checks.ts'
import { type BrokerConfigName, brokerConfigs, brokerThrottleConfigs } from './definitions/broker-configs.ts'
import type { ConfigDefinition, ConfigValue, ValueOf } from './definitions/definition.ts'
import {
  brokerDefinition,
  brokerSynonyms,
  clusterLevelListenerConfigs,
  dynamicBrokerDefinition,
  overriddenByListener,
} from './synonyms.ts'
import { defaultValue, parseConfig } from './values.ts'

/** Configs as text by name, as they stand in server.properties and in ConfigRecords. */
export type ConfigMap = ReadonlyMap<string, string>

export type BrokerConfigValue<N extends BrokerConfigName> = ValueOf<(typeof brokerConfigs)[N]>

export type ProcessRole = 'broker' | 'controller'

/**
 * What a broker runs with where nothing else is said: one node that is its own quorum. The replication factors are
 * those of the server.properties that Kafka ships; everything not here is Kafka's default.
 */
export const singleNodeDefaults: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  listeners: 'PLAINTEXT://127.0.0.1:9092',
  'controller.listener.names': 'CONTROLLER',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
}

const LEGACY_VERSIONS = 'odradek.legacy.versions'
const legacyVersions: ConfigDefinition = {
  type: 'BOOLEAN',
  default: 'false',
  importance: 'LOW',
  effect: 'acts',
  doc: null,
}

export interface BrokerConfigSources {
  /** The text of a server.properties. */
  readonly properties?: string
  /** Stronger than the properties: what the command line or the embedder says. */
  readonly overrides?: Readonly<Record<string, string>>
}

/** Reads a broker's static configuration. Throws INVALID_CONFIG with Kafka's message when it does not hold. */
export function loadBrokerConfig(sources: BrokerConfigSources = {}): BrokerConfig {
  const given = new Map<string, string>()
  for (const [name, value] of Object.entries(parseProperties(sources.properties ?? ''))) given.set(name, String(value))
  for (const [name, value] of Object.entries(sources.overrides ?? {})) given.set(name, value)
  return new BrokerConfig(given, new Map(), new Map())
}

export class BrokerConfig {
  /** What was said, without the defaults of this product. */
  readonly given: ConfigMap
  readonly staticConfigs: ConfigMap
  readonly dynamicDefaults: ConfigMap
  readonly dynamicBroker: ConfigMap
  /** All three merged; a config that is set beats its weaker synonyms from below. */
  readonly effective: ConfigMap

  readonly nodeId: number
  readonly processRoles: ReadonlySet<ProcessRole>
  /** Every listener, the controller's included. */
  readonly listeners: readonly Listener[]
  /** The listeners that clients connect to. */
  readonly brokerListeners: readonly Listener[]
  readonly controllerListeners: readonly Listener[]
  /** What the metadata says of the controller's listeners. */
  readonly advertisedControllerListeners: readonly Listener[]
  readonly controllerListenerNames: readonly string[]
  /** What Metadata tells clients. */
  readonly advertisedListeners: readonly Listener[]
  readonly interBrokerListenerName: string
  readonly interBrokerSecurityProtocol: SecurityProtocol
  readonly securityProtocols: SecurityProtocolMap
  readonly quorumVoters: readonly Voter[]

  readonly #values = new Map<string, ConfigValue>()

  /** Use `loadBrokerConfig`. */
  constructor(given: ConfigMap, dynamicDefaults: ConfigMap, dynamicBroker: ConfigMap) {
    this.given = given
    this.staticConfigs = withNodeDefaults(given)
    this.dynamicDefaults = dynamicDefaults
    this.dynamicBroker = dynamicBroker
    this.effective = merge(this.staticConfigs, dynamicDefaults, dynamicBroker)
    for (const [name, text] of this.effective) this.#parse(name, text)

    this.nodeId = this.get('node.id')
    this.processRoles = new Set(this.get('process.roles') as readonly ProcessRole[])
    this.controllerListenerNames = this.get('controller.listener.names')
    this.quorumVoters = parseQuorumVoters(this.get('controller.quorum.voters'))
    this.securityProtocols = effectiveSecurityProtocols(this)
    this.listeners = parseListeners(this.get('listeners'), this.securityProtocols, { distinctPorts: true })
    const advertisedText = this.get('advertised.listeners')
    const advertised =
      advertisedText === null ? null : parseListeners(advertisedText, this.securityProtocols, { distinctPorts: false })
    const isController = ({ name }: Listener): boolean => this.controllerListenerNames.includes(name)
    this.controllerListeners = this.listeners.filter(isController)
    this.brokerListeners = this.listeners.filter((listener) => !isController(listener))
    this.advertisedListeners = advertised?.filter((listener) => !isController(listener)) ?? this.brokerListeners
    this.advertisedControllerListeners = advertisedControllerListeners(this, advertised ?? [])
    const interBroker = interBrokerListener(this)
    this.interBrokerListenerName = interBroker.name
    this.interBrokerSecurityProtocol = interBroker.protocol
    checkBroker(this)
    // Read, so that a value that is none is refused now.
    void this.legacyVersions
  }

  /**
   * `odradek.legacy.versions`: whether the versions of APIs are served that Kafka 4 gave up. Ours alone, so that to
   * clients it is a config that nobody knows.
   */
  get legacyVersions(): boolean {
    const text = this.given.get(LEGACY_VERSIONS) ?? 'false'
    return parseConfig(LEGACY_VERSIONS, legacyVersions, text) as boolean
  }

  /** The value of a config, typed by its definition. */
  get<N extends BrokerConfigName>(name: N): BrokerConfigValue<N> {
    return this.value(name, brokerConfigs[name]) as BrokerConfigValue<N>
  }

  /** The value of a config for one listener: its own, or the broker's. */
  getForListener<N extends BrokerConfigName>(listener: string, name: N): BrokerConfigValue<N> {
    const own = `listener.name.${listener.toLowerCase()}.${name}`
    return (this.effective.has(own) ? this.value(own, brokerConfigs[name]) : this.get(name)) as BrokerConfigValue<N>
  }

  /** The log directories, in their order. */
  logDirs(): readonly string[] {
    return this.get('log.dirs') ?? this.get('log.dir')
  }

  /** `log.roll.ms`, or the weaker config in hours. */
  logRollMs(): number {
    return this.get('log.roll.ms') ?? this.get('log.roll.hours') * 3_600_000
  }

  logRollJitterMs(): number {
    return this.get('log.roll.jitter.ms') ?? this.get('log.roll.jitter.hours') * 3_600_000
  }

  /** -1 means for ever. */
  logRetentionMs(): number {
    const minutes = this.get('log.retention.minutes')
    const fromMinutes = minutes === null ? this.get('log.retention.hours') * 3_600_000 : minutes * 60_000
    const retentionMs = this.get('log.retention.ms') ?? fromMinutes
    return retentionMs < 0 ? -1 : retentionMs
  }

  /** `replica.alter.log.dirs.io.max.bytes.per.second`, which is only ever set while a broker runs. */
  alterLogDirsMaxBytesPerSecond(): number {
    const name = 'replica.alter.log.dirs.io.max.bytes.per.second'
    const definition = brokerThrottleConfigs[name]
    const text = this.dynamicBroker.get(name) ?? this.dynamicDefaults.get(name) ?? definition.default
    return parseConfig(name, definition, text) as number
  }

  logFlushIntervalMs(): number {
    return this.get('log.flush.interval.ms') ?? this.get('log.flush.scheduler.interval.ms')
  }

  /**
   * The configuration after a dynamic change. As in Kafka, entries that are not dynamic, or whose value is not valid
   * (written by another version), are left out; what does not hold together throws INVALID_CONFIG.
   */
  withDynamic(defaults: ConfigMap, broker: ConfigMap): BrokerConfig {
    return new BrokerConfig(this.given, usableDynamic(defaults, 'cluster'), usableDynamic(broker, 'broker'))
  }

  /** The value of a config by any name; unset ones have the default of `definition`. */
  value(name: string, definition: ConfigDefinition): ConfigValue {
    const known = this.#values.get(name)
    if (known !== undefined) return known
    const value = defaultValue(name, definition)
    this.#values.set(name, value)
    return value
  }

  #parse(name: string, text: string): void {
    const definition = brokerDefinition(name)
    if (definition !== undefined)
      this.#values.set(name, parseConfig(overriddenByListener(name) ?? name, definition, text))
  }
}

/**
 * In the order of their names, as advertised or as they listen. The first one without an address of its own has the one
 * that `controller.quorum.voters` gives this node.
 */
function advertisedControllerListeners(config: BrokerConfig, advertised: readonly Listener[]): readonly Listener[] {
  const { controllerListenerNames, controllerListeners, quorumVoters, nodeId } = config
  return controllerListenerNames.flatMap((name, index) => {
    const isNamed = (listener: Listener): boolean => listener.name === name.toUpperCase()
    const own = advertised.find(isNamed)
    if (own !== undefined) return own
    const listener = controllerListeners.find(isNamed)
    if (listener === undefined) return []
    const isEverywhere = listener.host === null || listener.host === '0.0.0.0'
    const voter = index === 0 && isEverywhere ? quorumVoters.find(({ id }) => id === nodeId) : undefined
    return {
      ...listener,
      host: isEverywhere ? null : listener.host,
      ...(voter && { host: voter.host, port: voter.port }),
    }
  })
}

/** Fills in `node.id` from `broker.id` and back, as Kafka does, and then the defaults of a single node. */
function withNodeDefaults(given: ConfigMap): ConfigMap {
  const configs = new Map(given)
  const nodeId = given.get('node.id') ?? given.get('broker.id') ?? '1'
  if (!configs.has('node.id')) configs.set('node.id', nodeId)
  if (!configs.has('broker.id')) configs.set('broker.id', nodeId)
  for (const [name, text] of Object.entries(singleNodeDefaults)) {
    if (!configs.has(name)) configs.set(name, text)
  }
  return configs
}

function merge(...layers: readonly ConfigMap[]): ConfigMap {
  const merged = new Map<string, string>()
  for (const layer of layers) {
    for (const name of layer.keys()) {
      for (const synonym of brokerSynonyms(name)) {
        if (!layer.has(synonym)) merged.delete(synonym)
      }
    }
    for (const [name, text] of layer) merged.set(name, text)
  }
  return merged
}

/** What of the stored dynamic configs a broker may apply. */
function usableDynamic(configs: ConfigMap, level: 'cluster' | 'broker'): ConfigMap {
  const usable = new Map<string, string>()
  for (const [name, text] of configs) {
    if (isUsableDynamic(name, text, level)) usable.set(name, text)
  }
  return usable
}

function isUsableDynamic(name: string, text: string, level: 'cluster' | 'broker'): boolean {
  const base = overriddenByListener(name)
  const definition = dynamicBrokerDefinition(base ?? name)
  // Kafka keeps configs it does not know: a plugin may.
  if (definition === undefined) return !Object.hasOwn(brokerConfigs, name)
  const isListeners = base !== undefined && !clusterLevelListenerConfigs.has(base)
  if (level === 'cluster' && (definition.dynamic === 'per-broker' || isListeners)) return false
  try {
    parseConfig(name, definition, text)
    return true
  } catch (error) {
    if (error instanceof KafkaError) return false
    throw error
  }
}

/** With no map given, the controller's listeners are PLAINTEXT unless TLS or SASL is in use somewhere. */
function effectiveSecurityProtocols(config: BrokerConfig): SecurityProtocolMap {
  const map = new Map(parseSecurityProtocolMap(config.get('listener.security.protocol.map')))
  if (config.effective.has('listener.security.protocol.map')) return map
  const names = [...config.controllerListenerNames, ...config.get('listeners').map(listenerName)]
  if (names.some((name) => name === 'SSL' || name === 'SASL_SSL' || name === 'SASL_PLAINTEXT')) return map
  for (const name of config.controllerListenerNames) {
    if (name !== 'PLAINTEXT') map.set(name, 'PLAINTEXT')
  }
  return map
}

function interBrokerListener(config: BrokerConfig): { name: string; protocol: SecurityProtocol } {
  const name = config.get('inter.broker.listener.name')
  if (name === null) {
    const protocol = config.get('security.inter.broker.protocol') as SecurityProtocol
    return { name: protocol, protocol }
  }
  if (config.effective.has('security.inter.broker.protocol')) {
    throw new KafkaError(
      'INVALID_CONFIG',
      'Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.',
    )
  }
  const normalised = name.toUpperCase()
  const protocol = config.securityProtocols.get(normalised)
  if (protocol === undefined) {
    throw new KafkaError(
      'INVALID_CONFIG',
      `Listener with name ${normalised} defined in inter.broker.listener.name not found in listener.security.protocol.map.`,
    )
  }
  return { name: normalised, protocol }
}
