// Where a broker lives while it is tested: the listeners and their connections, the clock, the files. The broker on it
// comes and goes, for a reset, a restore or a restart, under the same sockets.
import { Broker, limitsOf, listenerAddresses } from '../broker.ts'
import { type BrokerConfig, loadBrokerConfig } from '../config/index.ts'
import type { VersionLimit } from '../handlers.ts'
import {
  type Fault as DiskFault,
  type FaultPredicate,
  FaultyFileSystem,
  type FileSystem,
  type Logger,
  MemoryFileSystem,
  MortalClock,
  MortalFileSystem,
  RealFileSystem,
  realNetwork,
  realRandom,
  SteeredClock,
} from '../io/index.ts'
import type { LogLevel } from '../metadata/index.ts'
import { type BoundListener, type Connection, type Limits, Server } from '../server/index.ts'
import { Activity, turn } from './activity.ts'
import { Traffic } from './traffic.ts'

export interface StageOptions {
  readonly properties: Readonly<Record<string, string>>
  /** Left out: the log is kept in memory. */
  readonly onDisk: boolean
  readonly clusterId: string | undefined
  readonly logger: Logger
  readonly logLevel: LogLevel
  readonly versionLimit: VersionLimit | undefined
  readonly maxRequests: number
  /** What memory holds at the start. */
  readonly files?: (now: () => number) => MemoryFileSystem
}

/** One life of a broker, with doors that can be shut on it. */
interface Node {
  readonly broker: Broker
  readonly clock: MortalClock
  readonly fs: MortalFileSystem
}

/** Turns in which nothing happens, after which nothing will until a client, a timer or the test does something. */
const QUIET_TURNS = 3
/** A client that does not read, or a disk that is slow on purpose, is not waited for longer than this. */
const MAX_BUSY_TURNS = 500

export class Stage {
  readonly clock = new SteeredClock()
  readonly activity = new Activity()
  readonly traffic: Traffic
  readonly server: Server
  readonly options: StageOptions
  readonly config: BrokerConfig
  /** Decides over the operations of the broker's disk. */
  decide: FaultPredicate = () => undefined
  /** What a new connection meets. */
  onConnect: (connection: Connection) => void = () => undefined
  #memory: MemoryFileSystem
  #node: Node | undefined
  #isClosed = false

  constructor(options: StageOptions) {
    this.options = options
    this.config = loadBrokerConfig({ overrides: options.properties })
    this.clock.onActivity = this.activity.note
    const now = () => this.clock.now()
    this.#memory = options.files?.(now) ?? new MemoryFileSystem(now)
    this.traffic = new Traffic(
      {
        clock: this.clock,
        nodeId: this.config.nodeId,
        activity: this.activity,
        topicName: (topicId) => this.#node?.broker.rooms.controller.image.topicById(topicId)?.name,
        fetchSession: (sessionId) => this.#node?.broker.rooms.sessions.partitionsOf(sessionId) ?? [],
        prepare: (api, request) => this.#prepare(api, request),
      },
      options.maxRequests,
    )
    const startLimits = limitsOf(this.config)
    let read: { readonly from: BrokerConfig; readonly limits: Limits } | undefined
    this.server = new Server({
      network: realNetwork,
      clock: this.clock,
      log: options.logger,
      limits: () => {
        const from = this.#node?.broker.rooms.config.broker
        if (from === undefined) return startLimits
        if (read?.from !== from) read = { from, limits: limitsOf(from) }
        return read.limits
      },
      onConnect: (connection) => {
        this.onConnect(connection)
        this.activity.note()
      },
      onDisconnect: (connectionId) => {
        this.#node?.broker.onDisconnect(connectionId)
        this.traffic.onDisconnect(connectionId)
      },
    })
  }

  /** Binds the listeners and puts the first broker on. */
  async open(): Promise<void> {
    try {
      await this.server.bind(listenerAddresses(this.config))
      await this.#start()
    } catch (error) {
      await this.close()
      throw error
    }
  }

  get broker(): Broker {
    if (this.#node === undefined) throw new Error(this.#isClosed ? 'the broker is closed' : 'the broker is not running')
    return this.#node.broker
  }

  /** @internal */
  get rooms(): Broker['rooms'] {
    return this.broker.rooms
  }

  get listeners(): readonly BoundListener[] {
    return this.server.bound
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Not while it restarts, or is reset. */
  get isRunning(): boolean {
    return this.#node !== undefined
  }

  async #start(): Promise<void> {
    const { options, clock: stageClock } = this
    const disk: FileSystem = options.onDisk ? new RealFileSystem() : this.#memory
    const decide: FaultPredicate = (attempt): DiskFault | undefined => this.decide(attempt)
    const clock = new MortalClock(stageClock)
    const fs = new MortalFileSystem(new FaultyFileSystem(disk, decide))
    const io = { network: realNetwork, clock, fs, random: realRandom, log: options.logger }
    const broker = await Broker.start({
      io,
      config: this.config,
      clusterId: options.clusterId,
      logLevel: options.logLevel,
      host: { server: this.server },
      interceptor: this.traffic.intercept,
      versionLimit: options.versionLimit,
    }).catch(async (error: unknown) => {
      clock.die()
      await fs.die()
      throw error
    })
    this.#node = { broker, clock, fs }
    this.activity.note()
  }

  /** What Kafka makes when it is first asked for is there before the answer: nobody has to ask twice. */
  #prepare(api: string, request: object): Promise<void> | undefined {
    if (api !== 'FindCoordinator') return undefined
    const { keyType } = request as { keyType?: number }
    const topic = keyType === 0 ? '__consumer_offsets' : keyType === 1 ? '__transaction_state' : undefined
    const { controller, autoTopicCreation } = this.rooms
    if (topic === undefined || controller.image.topicByName(topic) !== undefined) return undefined
    autoTopicCreation.create([topic])
    return this.#topicIsThere(topic)
  }

  async #topicIsThere(topic: string): Promise<void> {
    const { image } = this.rooms.controller
    await new Promise<void>((resolve) => {
      if (image.topicByName(topic) !== undefined) return resolve()
      const unsubscribe = image.subscribe(() => {
        if (image.topicByName(topic) === undefined) return
        unsubscribe()
        resolve()
      })
    })
    // Its shards are loaded in the turns after.
    await this.settle()
  }

  /** Resolves when what is under way has come to its end, and answers have left. */
  async settle(): Promise<void> {
    let quiet = 0
    let seen = this.activity.count
    for (let turns = 0; quiet < QUIET_TURNS; turns++) {
      await turn()
      const isWaiting = turns < MAX_BUSY_TURNS && ((this.#node?.fs.inFlight ?? 0) > 0 || this.#isSending())
      if (this.clock.hasWork || isWaiting || this.activity.count !== seen) quiet = 0
      else quiet++
      seen = this.activity.count
    }
  }

  /** After one timer of many: no more turns than it needs. */
  async settleBriefly(): Promise<void> {
    const seen = this.activity.count
    await turn()
    if (this.clock.hasWork || this.activity.count !== seen || (this.#node?.fs.inFlight ?? 0) > 0) await this.settle()
  }

  #isSending(): boolean {
    return this.server.openConnections().some((connection) => connection.isSending)
  }

  /** What memory holds now, as a crash would leave it. */
  fork(): MemoryFileSystem {
    return this.#memory.fork()
  }

  emptyFiles(): MemoryFileSystem {
    return new MemoryFileSystem(() => this.clock.now())
  }

  /** From this moment on nothing of the broker leaves or is written: what `swap` does next, as far as it need not wait. */
  abandon(): void {
    this.server.hold()
    for (const connection of this.server.openConnections()) connection.cut()
    this.#node?.clock.die()
  }

  /** Another broker takes the place of this one, over these files, or over the same. */
  async swap(
    how: { readonly orderly?: boolean; readonly files?: MemoryFileSystem; readonly connections: 'keep' | 'close' },
    whileDown: () => Promise<void> | void = () => undefined,
  ): Promise<void> {
    const node = this.#node
    this.server.hold()
    if (how.connections === 'close') for (const connection of this.server.openConnections()) connection.cut()
    if (node !== undefined) {
      if (how.orderly) await node.broker.close()
      else if (how.connections === 'keep') {
        node.broker.answerWaiting()
        await turn()
      }
      await this.#kill(node)
    }
    this.server.closeWaiting()
    if (how.files !== undefined) this.#memory = how.files
    await whileDown()
    await this.#start()
  }

  async #kill({ clock, fs }: Node): Promise<void> {
    this.#node = undefined
    clock.die()
    await fs.die()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.traffic.heal()
    const node = this.#node
    await this.server.close()
    if (node !== undefined) {
      // On disk, the next one shall find all in order; what memory holds is gone.
      if (this.options.onDisk) await node.broker.close()
      await this.#kill(node)
    }
    this.clock.close()
    this.activity.close()
  }
}
