// What must hold between a broker's configs, beyond each one's own range. Kafka's rules and Kafka's words.
// Only reads a BrokerConfig; runs once for each that is made.
import { KafkaError } from '../wire/errors.ts'
import { parsePairs } from './addresses.ts'
import type { BrokerConfig } from './broker-config.ts'
import { checkGroupDefaults } from './groups.ts'

function refuse(message: string): never {
  throw new KafkaError('INVALID_CONFIG', message)
}

/** Scala's `require`, whose prefix clients see. */
function require(holds: boolean, message: string): void {
  if (!holds) refuse(`requirement failed: ${message}`)
}

export function checkBroker(config: BrokerConfig): void {
  if (config.nodeId !== config.get('broker.id')) refuse('You must set `node.id` to the same value as `broker.id`.')
  checkLog(config)
  checkReplication(config)
  checkQuorum(config)
  checkAdvertised(config)
  checkConnections(config)
  checkGroups(config)
  checkSecurity(config)
}

function checkLog(config: BrokerConfig): void {
  require(config.logRollMs() >= 1, 'log.roll.ms must be greater than or equal to 1')
  require(config.logRollJitterMs() >= 0, 'log.roll.jitter.ms must be greater than or equal to 0')
  const retentionMs = config.logRetentionMs()
  require(retentionMs >= 1 ||
    retentionMs === -1, 'log.retention.ms must be unlimited (-1) or, greater than or equal to 1')
  require(config.logDirs().length > 0, 'At least one log directory must be defined via log.dirs or log.dir.')
  checkCordonedLogDirs(config)
  // Kafka divides before it looks.
  if (config.get('log.cleaner.threads') === 0) refuse('/ by zero')
  require(Math.floor(config.get('log.cleaner.dedupe.buffer.size') / config.get('log.cleaner.threads')) >
    1024 * 1024, 'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.')
}

function checkCordonedLogDirs(config: BrokerConfig): void {
  const cordoned = config.get('cordoned.log.dirs')
  if (cordoned.includes('*')) {
    require(cordoned.length === 1, 'When cordoned.log.dirs is set to *, it must not contain other values')
    return
  }
  const missing = cordoned.filter((dir) => !config.logDirs().includes(dir))
  require(missing.length ===
    0, `All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : ${missing.join(', ')}`)
}

function checkReplication(config: BrokerConfig): void {
  const waitMs = config.get('replica.fetch.wait.max.ms')
  require(waitMs <=
    config.get(
      'replica.socket.timeout.ms',
    ), 'replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts')
  require(waitMs <=
    config.get(
      'replica.lag.time.max.ms',
    ), 'replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent changes in ISR')
}

function checkQuorum(config: BrokerConfig): void {
  if (isOwnQuorum(config)) return
  const { nodeId, processRoles } = config
  const voterIds = config.quorumVoters.map(({ id }) => id)
  const isVoter = voterIds.includes(nodeId)
  const shownVoters = `controller.quorum.voters=Set(${voterIds.join(', ')})`
  if (voterIds.length === 0 && config.get('controller.quorum.bootstrap.servers').length === 0) {
    refuse(
      'If using process.roles, either controller.quorum.bootstrap.servers must contain the set of bootstrap controllers or controller.quorum.voters must contain a parseable set of controllers.',
    )
  }
  if (!processRoles.has('controller')) {
    require(!isVoter, `If process.roles contains just the 'broker' role, the node id ${nodeId} must not be included in the set of voters ${shownVoters}`)
    require(config.controllerListeners.length ===
      0, "controller.listener.names must not contain a value appearing in the 'listeners' configuration when running KRaft with just the broker role")
    checkControllerProtocols(config)
    return
  }
  if (!processRoles.has('broker')) {
    require(config.controllerListeners.length ===
      config.listeners
        .length, 'The listeners config must only contain KRaft controller listeners from controller.listener.names when process.roles=controller')
  }
  require(voterIds.length === 0 ||
    isVoter, `If process.roles contains the 'controller' role, the node id ${nodeId} must be included in the set of voters ${shownVoters}`)
  require(config.controllerListeners.length >
    0, "controller.listener.names must contain at least one value appearing in the 'listeners' configuration when running the KRaft controller role")
  require(config.controllerListenerNames.every((name) =>
    config.listeners.some((listener) => listener.name === name),
  ), "controller.listener.names must only contain values appearing in the 'listeners' configuration when running the KRaft controller role")
}

/** A single node that nobody gave a quorum is its own, without a listener for it: Kafka would refuse to start. */
function isOwnQuorum({ given, processRoles }: BrokerConfig): boolean {
  return (
    processRoles.size === 2 &&
    !given.has('controller.quorum.voters') &&
    !given.has('controller.quorum.bootstrap.servers') &&
    !given.has('controller.listener.names')
  )
}

function checkControllerProtocols(config: BrokerConfig): void {
  for (const name of config.controllerListenerNames) {
    if (config.securityProtocols.has(name.toUpperCase())) continue
    refuse(
      `Controller listener with name ${name.toUpperCase()} defined in controller.listener.names not found in listener.security.protocol.map  (an explicit security mapping for each controller listener is required if listener.security.protocol.map is non-empty, or if there are security protocols other than PLAINTEXT in use)`,
    )
  }
}

function checkAdvertised(config: BrokerConfig): void {
  const { advertisedListeners, listeners, interBrokerListenerName } = config
  const advertised = advertisedListeners.map(({ name }) => name)
  const names = listeners.map(({ name }) => name)
  if (config.processRoles.has('broker')) {
    require(advertised.length >
      0, 'There must be at least one broker advertised listener. Perhaps all listeners appear in controller.listener.names?')
    require(advertised.includes(
      interBrokerListenerName,
    ), `inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are ${advertised.join(',')}`)
    require(advertised.every((name) =>
      names.includes(name),
    ), `advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found ${advertised.join(',')}. The valid options based on the current configuration are ${names.join(',')}`)
  }
  require([...advertisedListeners, ...config.controllerListeners].every(
    ({ host }) => host !== '0.0.0.0',
  ), 'advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.')
}

function checkConnections(config: BrokerConfig): void {
  const queued = config.get('queued.max.request.bytes')
  require(queued <= 0 ||
    queued >=
      config.get(
        'socket.request.max.bytes',
      ), 'queued.max.request.bytes must be larger or equal to socket.request.max.bytes')
  const overrides = connectionsPerIpOverrides(config)
  if (config.get('max.connections.per.ip') === 0) {
    require(overrides.size >
      0, 'max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.')
  }
  const invalid = [...overrides.keys()].filter((address) => !/^[0-9a-zA-Z\-.:%_]+$/.test(address))
  if (invalid.length > 0) {
    refuse(`max.connections.per.ip.overrides contains invalid addresses : ${invalid.join(',')}`)
  }
  const idleMs = config.get('connections.max.idle.ms')
  const delayMs = config.get('connection.failed.authentication.delay.ms')
  require(idleMs < 0 ||
    delayMs <
      idleMs, `connection.failed.authentication.delay.ms=${delayMs} should always be less than connections.max.idle.ms=${idleMs} to prevent failed authentication responses from timing out`)
}

function checkGroups(config: BrokerConfig): void {
  if (!config.get('group.coordinator.rebalance.protocols').includes('classic')) {
    refuse("Disabling the 'classic' protocol is not supported.")
  }
  checkGroupDefaults(config)
  checkAssignors(config.get('group.consumer.assignors'), ['uniform', 'range'])
  checkAssignors(config.get('group.share.assignors'), ['simple'])
  if (config.get('group.share.max.share.sessions') < config.get('group.share.max.size')) {
    refuse('group.share.max.share.sessions must be greater than or equal to group.share.max.size')
  }
  const codec = config.get('offsets.topic.compression.codec')
  if (codec < 0 || codec > 4) refuse(`Unknown compression type id: ${codec}`)
}

/** An assignor is one of the built in names, or a class; the only classes known here are Kafka's own. */
function checkAssignors(assignors: readonly string[], builtIn: readonly string[]): void {
  for (const assignor of assignors) {
    if (builtIn.includes(assignor) || assignor.startsWith('org.apache.kafka.')) continue
    refuse(`Class ${assignor} cannot be found`)
  }
}

function checkSecurity(config: BrokerConfig): void {
  const usesSasl = config.interBrokerSecurityProtocol.startsWith('SASL_')
  require(!usesSasl ||
    config
      .get('sasl.enabled.mechanisms')
      .includes(
        config.get('sasl.mechanism.inter.broker.protocol'),
      ), 'sasl.mechanism.inter.broker.protocol must be included in sasl.enabled.mechanisms when SASL is used for inter-broker communication')
  const known = [...config.listeners.map(({ name }) => name), ...config.controllerListenerNames]
  for (const name of config.get('early.start.listeners') ?? []) {
    if (known.includes(name.toUpperCase())) continue
    refuse(
      `early.start.listeners contains listener ${name.toUpperCase()}, but this is not contained in listeners or controller.listener.names`,
    )
  }
  require(!config.get('controller.quorum.auto.join.enable') ||
    config.processRoles.has(
      'controller',
    ), "controller.quorum.auto.join.enable is only supported when process.roles contains the 'controller' role.")
}

/** `max.connections.per.ip.overrides` by address. */
export function connectionsPerIpOverrides(config: BrokerConfig): ReadonlyMap<string, number> {
  const property = 'max.connections.per.ip.overrides'
  const overrides = new Map<string, number>()
  for (const [address, count] of parsePairs(property, config.get(property))) {
    if (!/^[+-]?[0-9]+$/.test(count)) refuse(`For input string: "${count}"`)
    overrides.set(address, Number(count))
  }
  return overrides
}
