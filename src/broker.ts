// One broker: puts the rooms together, starts them in order and stops them in order. The only file that knows them all.
// A broker is a value without globals; as many as wanted live in one process.
import { hostname } from 'node:os'
import { type MarkerLogs, writeTxnMarkers } from './api/write-txn-markers.ts'
import { type BrokerConfig, connectionsPerIpOverrides, type Listener, resolveTopicConfig } from './config/index.ts'
import { consumerOffsetsStorage, GroupCoordinator } from './group/index.ts'
import { handlersOf, type Rooms, type VersionLimit } from './handlers.ts'
import type { Io } from './io/index.ts'
import { type LogDirectory, LogManager, openDirectories } from './log/index.ts'
import {
  AutoTopicCreation,
  type BrokerEndpoint,
  BrokerLoggers,
  Controller,
  LiveConfig,
  LogJournal,
  type LogLevel,
  type NewRegistration,
  type ReplicaDirectory,
} from './metadata/index.ts'

import { FetchSessions, followDirectories, LogDirectoryMoves, ReplicaManager } from './replica/index.ts'
import {
  ApiDispatcher,
  type BoundListener,
  type Interceptor,
  type Limits,
  type ListenerAddress,
  Server,
} from './server/index.ts'

import { inspectDirectories } from './takeover.ts'
import { ClientMetrics, type TelemetryReceiver } from './telemetry/index.ts'
import {
  ProducerIds,
  TransactionCoordinator,
  type TxnMarkerResults,
  type TxnMarkers,
  transactionStateStorage,
} from './txn/index.ts'
import { KafkaError } from './wire/index.ts'

const securityProtocolIds = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const
/** Where Kafka's own examples let the controller listen; told in the metadata, for there is no such listener here. */
const DEFAULT_CONTROLLER = { host: 'localhost', port: 9093 }

/** What the broker is started on; see `startBroker` for what an embedder may leave out. */
export interface Setup {
  readonly io: Io
  readonly config: BrokerConfig
  readonly clusterId?: string
  /** From which level on the broker's loggers speak, until a client sets others. */
  readonly logLevel: LogLevel
  readonly clientTelemetry?: TelemetryReceiver
  /** A server that is another's, and outlives this broker: it is bound already, and not closed with it. */
  readonly host?: { readonly server: Server }
  /** Stands between clients and the broker. */
  readonly interceptor?: Interceptor
  /** Which versions are served; left out: all. */
  readonly versionLimit?: VersionLimit
}

export class Broker {
  /** Settles with the error that the broker cannot go on with: its metadata log failed, or all of its directories. */
  readonly failure: Promise<unknown>
  readonly #io: Io
  readonly #loggers: BrokerLoggers
  readonly #server: Server
  readonly #directories: readonly LogDirectory[]
  readonly #clusterId: string
  readonly #startConfig: BrokerConfig
  readonly #telemetryReceiver: TelemetryReceiver | undefined
  readonly #setup: Setup
  #rooms: Rooms | undefined
  #config: () => BrokerConfig
  #journal: LogJournal | undefined
  #controller: Controller | undefined
  #logs: LogManager | undefined
  #replicas: ReplicaManager | undefined
  #groups: GroupCoordinator | undefined
  #transactions: TransactionCoordinator | undefined
  #telemetry: ClientMetrics | undefined
  #moves: LogDirectoryMoves | undefined
  #brokerEpoch = -1
  /** Listeners that come and go one change after the other. */
  #relistening: Promise<void> = Promise.resolve()
  #fail: (error: unknown) => void = () => undefined
  #closing: Promise<void> | undefined

  private constructor(setup: Setup) {
    const { io: doors, config, clusterId, logLevel, clientTelemetry, host } = setup
    this.#setup = setup
    this.#loggers = new BrokerLoggers(doors.log, logLevel)
    const io = { ...doors, log: this.#loggers.logger('odradek.broker') }
    this.#io = io
    this.#startConfig = config
    this.#telemetryReceiver = clientTelemetry
    this.#config = () => config
    this.failure = new Promise((resolve) => {
      this.#fail = resolve
    })
    const { nodeId } = config
    // What cannot be listened on is refused before a directory is touched.
    void listenerAddresses(config)
    const opened = openDirectories(io, [metadataDirectory(config), ...config.logDirs()], {
      nodeId,
      newClusterId: clusterId,
      inspect: (directories) => inspectDirectories(io, config, directories[0] as LogDirectory, directories),
    })
    this.#directories = opened.directories
    this.#clusterId = opened.clusterId
    const { network, clock } = io
    const log = this.#loggers.logger('odradek.server')
    this.#server =
      host?.server ??
      new Server({
        network,
        clock,
        log,
        limits: limitsReader(() => this.#config()),
        onDisconnect: (connectionId) => this.onDisconnect(connectionId),
      })
  }

  /** @internal A connection is gone. */
  onDisconnect(connectionId: string): void {
    this.#telemetry?.onDisconnect(connectionId)
  }

  /** @internal What the broker is made of, for who embeds it in a test. */
  get rooms(): Rooms {
    if (this.#rooms === undefined) throw new Error('the broker has not started')
    return this.#rooms
  }

  /** @internal Answers what waits, and leaves everything else as it is: the broker is about to be given up. */
  answerWaiting(): void {
    this.#replicas?.close()
    this.#transactions?.close()
    this.#telemetry?.close()
    this.#groups?.close()
  }

  /** Starts a broker; when it resolves, clients can connect. Rejects, with nothing left behind, where it cannot start. */
  static async start(setup: Setup): Promise<Broker> {
    const broker = new Broker(setup)
    try {
      await broker.#start()
      return broker
    } catch (error) {
      await broker.#release()
      throw error
    }
  }

  get clusterId(): string {
    return this.#clusterId
  }

  get nodeId(): number {
    return this.#startConfig.nodeId
  }

  /** The listeners for clients, with the ports that they have. */
  get listeners(): readonly BoundListener[] {
    return this.#server.bound
  }

  /** Where clients of the first listener connect. */
  get host(): string {
    // One without a host listens everywhere.
    return this.#server.bound[0]?.host || 'localhost'
  }

  get port(): number {
    return this.#server.bound[0]?.port ?? 0
  }

  async #start(): Promise<void> {
    const { clock, random, fs } = this.#io
    const loggerOf = (room: string) => this.#loggers.logger(`odradek.${room}`)
    const metadataIo = { ...this.#io, log: loggerOf('metadata') }
    const config = this.#startConfig
    for (const directory of this.#directories) {
      if (directory.isOffline) continue
      directory.markKnown()
      directory.removeCleanShutdownMarker()
    }
    const journal = await LogJournal.open(journalOptions(metadataIo, config, this.#metadataDirectory(), this.#fail))
    this.#journal = journal
    const controller = new Controller({
      journal,
      clusterId: this.#clusterId,
      nodeId: this.nodeId,
      config: () => this.#config(),
      clock,
      random,
      onFatal: (error) => this.#fail(error),
    })
    this.#controller = controller
    const { image } = controller
    const live = new LiveConfig(config, image, metadataIo.log)
    this.#config = () => live.broker
    const logs = new LogManager({
      io: { ...this.#io, log: loggerOf('log') },
      directories: this.#logDirectories(),
      config: () => live.broker,
      topicConfig: (topic) => live.topic(topic),
      onDirectoryFailure: (directory) => this.#onDirectoryFailure(directory),
    })
    this.#logs = logs
    logs.load(
      (topic, partition, topicId) => {
        const registration = image.partition(topic, partition)
        const isSameTopic = topicId === undefined || image.topicByName(topic)?.topicId === topicId
        return isSameTopic && (registration?.replicas.includes(this.nodeId) ?? false)
      },
      (topic, partition) => {
        const registration = image.partition(topic, partition)
        return registration?.directories[registration.replicas.indexOf(this.nodeId)]
      },
    )
    if (this.#setup.host === undefined) await this.#server.bind(listenerAddresses(config))
    const registration = this.#registration(config)
    await controller.start(registration)
    await controller.fenceOtherBrokers(this.nodeId)
    this.#brokerEpoch = await controller.registerBroker(registration)
    this.#tellOffline(this.#logDirectories().filter(({ isOffline }) => isOffline))
    const log = loggerOf('replica')
    const replicas = new ReplicaManager({
      brokerId: this.nodeId,
      image,
      logs,
      config: live,
      // The coordinator keeps its log here, and is asked before what belongs to a transaction is appended.
      transactions: {
        addOrVerify: (write) => transactions.addOrVerify(write),
        awaitEnd: (transactionalId, maxMs) => transactions.awaitEnd(transactionalId, maxMs),
      },
      clock,
      log,
    })
    this.#replicas = replicas
    const groups = new GroupCoordinator({
      storage: consumerOffsetsStorage({ log: replicas, clock, config: live }),
      image,
      nodeId: this.nodeId,
      config: () => live.broker,
      clock,
      random,
      log: loggerOf('group'),
    })
    this.#groups = groups
    const producerIds = new ProducerIds(() => controller.allocateProducerIds(this.nodeId))
    const transactions = new TransactionCoordinator({
      storage: transactionStateStorage({ log: replicas, clock, config: live }),
      image,
      nodeId: this.nodeId,
      config: () => live.broker,
      producerIds,
      sendMarkers: (broker, markers) =>
        this.#sendMarkers(broker, markers, { replicas, groups, now: () => clock.now() }),
      clock,
      log: loggerOf('txn'),
    })
    this.#transactions = transactions
    const telemetry = new ClientMetrics({
      image,
      config: () => live.broker,
      clock,
      random,
      log: loggerOf('telemetry'),
      receiver: this.#telemetryReceiver,
    })
    this.#telemetry = telemetry
    const assign: (assignments: readonly ReplicaDirectory[]) => Promise<void> = (assignments) =>
      controller.assignReplicasToDirectories(this.nodeId, assignments)
    const moves = new LogDirectoryMoves({
      logs,
      config: live,
      require: (topic, partition) => replicas.require(topic, partition),
      assign,
      clock,
      log,
    })
    this.#moves = moves
    const rooms: Rooms = {
      controller,
      replicas,
      logs,
      moves,
      fs,
      clock,
      config: live,
      loggers: this.#loggers,
      sessions: new FetchSessions(clock, random, () => live.broker.get('max.incremental.fetch.session.cache.slots')),
      autoTopicCreation: new AutoTopicCreation(controller, () => live.broker, metadataIo.log),
      groups,
      transactions,
      telemetry,
      producerIds,
    }
    this.#rooms = rooms
    await controller.unfenceBroker(this.nodeId, this.#cordoned(live.broker))
    this.#followCordoned(controller, live)
    followDirectories({ brokerId: this.nodeId, image, logs, assign, clock, log })
    live.subscribe(({ broker }) => {
      if (broker) logs.configureBroker()
    })
    void groups.start()
    void transactions.start()
    const { versionLimit, interceptor } = this.#setup
    this.#server.start(new ApiDispatcher(handlersOf(rooms, versionLimit), loggerOf('server'), interceptor))
    logs.start()
    moves.start()
    await this.#followListeners(live)
  }

  /** Markers for the partitions of another broker go there as a WriteTxnMarkers; for now there is no other. */
  async #sendMarkers(broker: number, markers: TxnMarkers, logs: MarkerLogs): Promise<TxnMarkerResults> {
    if (broker !== this.nodeId) throw new Error(`broker ${broker} cannot be reached`)
    return writeTxnMarkers(logs, markers)
  }

  #metadataDirectory(): LogDirectory {
    const path = metadataDirectory(this.#startConfig)
    return this.#directories.find((directory) => directory.path === path) as LogDirectory
  }

  #registration(config: BrokerConfig): NewRegistration {
    const portOf = (name: string): number => this.#server.bound.find((bound) => bound.name === name)?.port ?? 0
    return {
      nodeId: this.nodeId,
      incarnationId: this.#io.random.uuid(),
      endpoints: config.advertisedListeners.map((listener) =>
        endpointOf({ ...listener, port: listener.port === 0 ? portOf(listener.name) : listener.port }),
      ),
      controllerEndpoints: controllerEndpoints(config),
      rack: config.get('broker.rack'),
      logDirs: idsOf(this.#logDirectories().filter(({ isOffline }) => !isOffline)),
      previousBrokerEpoch: this.#previousBrokerEpoch(),
    }
  }

  /** The metadata may have one of its own. */
  #logDirectories(): LogDirectory[] {
    const paths = this.#startConfig.logDirs()
    return this.#directories.filter(({ path }) => paths.includes(path))
  }

  /** Of the last run, where it stopped in order in all of its directories. */
  #previousBrokerEpoch(): number | undefined {
    const [first, ...others] = this.#logDirectories()
    const epoch = first?.cleanShutdownEpoch
    return others.every(({ cleanShutdownEpoch }) => cleanShutdownEpoch === epoch) ? epoch : undefined
  }

  /** The ids of the directories that get no new replicas (KIP-1066). */
  #cordoned(config: BrokerConfig): string[] {
    const paths = config.get('cordoned.log.dirs')
    return idsOf(this.#logDirectories().filter(({ path }) => paths.includes(path) || paths.includes('*')))
  }

  #followCordoned(controller: Controller, live: LiveConfig): void {
    let known = this.#cordoned(live.broker).join()
    live.subscribe(({ broker }) => {
      const cordoned = this.#cordoned(live.broker)
      if (!broker || cordoned.join() === known) return
      known = cordoned.join()
      controller.cordonLogDirs(this.nodeId, cordoned).catch((error: unknown) => {
        this.#io.log.error({ err: error }, 'could not tell which log directories are cordoned')
      })
    })
  }

  /** Listeners come and go with the config; what the metadata tells clients of stays as it was at the start. */
  async #followListeners(live: LiveConfig): Promise<void> {
    live.subscribe(({ broker }) => {
      if (broker) this.#relistening = this.#relistening.then(() => this.#listenAsSaid(live.broker))
    })
    await this.#listenAsSaid(live.broker)
  }

  async #listenAsSaid(config: BrokerConfig): Promise<void> {
    if (this.#closing !== undefined) return
    const wanted = new Set(config.brokerListeners.map(({ name }) => name))
    for (const { name } of this.#server.bound) if (!wanted.has(name)) this.#server.unbind(name)
    try {
      await this.#server.bind(listenerAddresses(config))
    } catch (error) {
      this.#io.log.error({ err: error }, 'could not listen where the config says')
    }
  }

  /** Without its metadata, or without any directory, a broker cannot go on; else the controller is told. */
  #onDirectoryFailure(directory: LogDirectory): void {
    if (directory === this.#metadataDirectory()) this.#fail(new Error('the metadata log directory has failed'))
    else if (this.#logDirectories().every(({ isOffline }) => isOffline)) {
      this.#fail(new Error('all log directories have failed'))
    } else this.#tellOffline([directory])
  }

  #tellOffline(directories: readonly LogDirectory[]): void {
    // Before the broker is registered, its registration says what is online.
    if (this.#brokerEpoch < 0 || directories.length === 0) return
    const timer = this.#io.clock.setTimer(this.#config().get('log.dir.failure.timeout.ms'), () => {
      this.#fail(new Error('the controller could not be told that a log directory has failed'))
    })
    const told = this.#controller?.takeDirectoriesOffline(this.nodeId, idsOf(directories))
    told?.catch((error: unknown) => this.#fail(error)).finally(() => timer.cancel())
  }

  /** Stops in order: the next start finds everything as it was left, and has nothing to recover. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#closeServer()
    this.#moves?.close()
    this.answerWaiting()
    await this.#controller
      ?.shutDownBroker(this.nodeId)
      .catch((error: unknown) => this.#io.log.warn({ err: error }, 'could not leave the cluster in order'))
    await this.#logs?.close(this.#brokerEpoch)
    await this.#release()
  }

  /** Gives back what a start took, whether it got through or not. */
  async #release(): Promise<void> {
    await this.#closeServer()
    await this.#journal?.close()
    for (const directory of this.#directories) directory.unlock()
  }

  async #closeServer(): Promise<void> {
    await this.#relistening
    if (this.#setup.host === undefined) await this.#server.close()
  }
}

/** @internal Where the configuration says that clients connect. Throws where that is to be encrypted or authenticated. */
export function listenerAddresses(config: BrokerConfig): ListenerAddress[] {
  for (const { name, securityProtocol } of config.brokerListeners) {
    if (securityProtocol !== 'PLAINTEXT') {
      throw new KafkaError(
        'INVALID_CONFIG',
        `The listener ${name} is ${securityProtocol}, and only PLAINTEXT is there yet`,
      )
    }
  }
  return config.brokerListeners.map(({ name, host, port }) => ({ name, host: host ?? '', port }))
}

function idsOf(directories: readonly LogDirectory[]): string[] {
  return directories.flatMap(({ id }) => id ?? [])
}

function metadataDirectory(config: BrokerConfig): string {
  return config.get('metadata.log.dir') ?? (config.logDirs()[0] as string)
}

function journalOptions(io: Io, config: BrokerConfig, directory: LogDirectory, onFailure: (error: unknown) => void) {
  const segmentBytes = config.get('internal.metadata.log.segment.bytes') ?? config.get('metadata.log.segment.bytes')
  const overrides = new Map([
    ['internal.segment.bytes', String(segmentBytes)],
    ['segment.ms', String(config.get('metadata.log.segment.ms'))],
  ])
  return {
    io,
    logDirectory: directory.path,
    directoryId: directory.id as string,
    nodeId: config.nodeId,
    controllerEndpoints: controllerEndpoints(config),
    hasStaticVoters: config.quorumVoters.length > 0,
    config: resolveTopicConfig(overrides, config),
    maxRecordBytesBetweenSnapshots: config.get('metadata.log.max.record.bytes.between.snapshots'),
    maxSnapshotIntervalMs: config.get('metadata.log.max.snapshot.interval.ms'),
    onFailure,
  }
}

function controllerEndpoints(config: BrokerConfig): BrokerEndpoint[] {
  const { advertisedControllerListeners } = config
  if (advertisedControllerListeners.length > 0) return advertisedControllerListeners.map(endpointOf)
  const name = config.controllerListenerNames[0] ?? 'CONTROLLER'
  return [{ name, ...DEFAULT_CONTROLLER, securityProtocol: securityProtocolIds.PLAINTEXT }]
}

/** A listener without a host is told by the name of this machine, as Kafka does. */
function endpointOf({ name, host, port, securityProtocol }: Listener): BrokerEndpoint {
  return { name, host: host ?? hostname(), port, securityProtocol: securityProtocolIds[securityProtocol] }
}

/** The limits, read anew only where the configuration is a new one: the server asks at every request. */
function limitsReader(config: () => BrokerConfig): () => Limits {
  let read: { readonly from: BrokerConfig; readonly limits: Limits } | undefined
  return () => {
    const from = config()
    if (read?.from !== from) read = { from, limits: limitsOf(from) }
    return read.limits
  }
}

/** @internal */
export function limitsOf(config: BrokerConfig): Limits {
  return {
    socketRequestMaxBytes: config.get('socket.request.max.bytes'),
    connectionsMaxIdleMs: config.get('connections.max.idle.ms'),
    maxConnections: config.get('max.connections'),
    maxConnectionsPerIp: config.get('max.connections.per.ip'),
    maxConnectionsPerIpOverrides: connectionsPerIpOverrides(config),
    queuedMaxRequestBytes: config.get('queued.max.request.bytes'),
  }
}
