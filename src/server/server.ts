// The listeners and their connections. Owns every socket, and knows nothing of what requests mean.
import type { Clock, Logger, NetServer, Network, Socket, Timer } from '../io/index.ts'
import { Connection, type Dispatcher, type Reply } from './connection.ts'
import { FrameSizeError } from './framer.ts'
import { ConnectionCount, type Limits, RequestMemory } from './limits.ts'

export interface ListenerAddress {
  readonly name: string
  /** Empty or `0.0.0.0` for every address. */
  readonly host: string
  /** 0 for a free port. */
  readonly port: number
}

export interface BoundListener {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface ServerOptions {
  readonly network: Network
  readonly clock: Clock
  readonly log: Logger
  readonly limits: () => Limits
  /** A connection is there, and nothing was read from it yet. */
  readonly onConnect?: (connection: Connection) => void
  /** A connection is gone, whoever ended it. */
  readonly onDisconnect?: (connectionId: string) => void
}

/** A request that came while nobody was there to take it. */
interface HeldRequest {
  readonly connection: Connection
  readonly frame: Buffer
  readonly reply: (reply: Reply) => void
}

/** How often idle connections are looked for, at the most. */
const IDLE_CHECK_MS = 10_000

export class Server {
  private readonly options: ServerOptions
  private readonly count: ConnectionCount
  private readonly memory: RequestMemory
  private readonly listeners = new Map<string, { readonly server: NetServer; readonly bound: BoundListener }>()
  private readonly connections = new Map<Socket, Connection>()
  private readonly waitingSockets = new Set<Socket>()
  private dispatcher: Dispatcher | undefined
  private idleTimer: Timer | undefined
  private nextConnection = 0
  private closing = false
  private held: HeldRequest[] = []

  constructor(options: ServerOptions) {
    this.options = options
    this.count = new ConnectionCount(options.limits)
    this.memory = new RequestMemory(options.limits)
  }

  /** Where it listens. */
  get bound(): BoundListener[] {
    return Array.from(this.listeners.values(), ({ bound }) => bound)
  }

  /**
   * Binds every listener whose name is not bound yet. Requests are answered from `start` on. Rejects with Node's error
   * (EADDRINUSE, …).
   */
  async bind(addresses: readonly ListenerAddress[]): Promise<void> {
    for (const address of addresses) if (!this.listeners.has(address.name)) await this.listen(address)
  }

  /** Ends a listener and its connections. */
  unbind(name: string): void {
    this.listeners.get(name)?.server.close()
    this.listeners.delete(name)
    for (const connection of this.openConnections()) if (connection.info.listenerName === name) connection.close()
  }

  /** Hands requests to the dispatcher from now on; sockets that were accepted before have waited. */
  start(dispatcher: Dispatcher): void {
    this.dispatcher = dispatcher
    for (const socket of this.waitingSockets) socket.resume()
    this.waitingSockets.clear()
    const held = this.held
    this.held = []
    for (const { connection, frame, reply } of held) dispatcher.dispatch(connection, frame, reply)
    this.idleTimer?.cancel()
    this.watchIdle()
  }

  /** Whoever serves goes, and another one will `start`: requests that come meanwhile wait for it. */
  hold(): void {
    const held = this.held
    this.dispatcher = {
      keepsAnswers: () => true,
      mayOverlap: () => false,
      dispatch: (connection, frame, reply) => void held.push({ connection, frame, reply }),
    }
  }

  /** Requests that nobody will answer any more end their connections. */
  closeWaiting(): void {
    const held = new Set(this.held.map(({ connection }) => connection))
    for (const connection of this.openConnections()) {
      if (connection.isWaited && !held.has(connection)) connection.cut()
    }
  }

  openConnections(): Connection[] {
    return [...this.connections.values()]
  }

  get connectionCount(): number {
    return this.connections.size
  }

  private listen(address: ListenerAddress): Promise<void> {
    const server = this.options.network.createServer((socket) => this.accept(socket, address.name))
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: address.host === '' ? undefined : address.host, port: address.port }, () => {
        server.off('error', reject)
        server.on('error', (error) =>
          this.options.log.error({ err: error, listener: address.name }, 'a listener failed'),
        )
        const bound = server.address()
        const port = typeof bound === 'object' && bound !== null ? bound.port : address.port
        this.listeners.set(address.name, { server, bound: { name: address.name, host: address.host, port } })
        resolve()
      })
    })
  }

  private accept(socket: Socket, listenerName: string): void {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
    socket.on('error', () => socket.destroy())
    if (this.closing || !this.count.allows(address)) {
      this.options.log.info(
        { client: address, listener: listenerName },
        'refused a connection over the limit of its address',
      )
      socket.destroy()
      return
    }
    socket.pause()
    const admit = () => this.admit(socket, listenerName, address)
    socket.once('close', () => {
      this.waitingSockets.delete(socket)
      const connection = this.connections.get(socket)
      connection?.release()
      this.connections.delete(socket)
      if (connection !== undefined) this.options.onDisconnect?.(connection.info.id)
      this.count.leave(address, admit)
    })
    this.count.enter(address, admit)
  }

  private admit(socket: Socket, listenerName: string, address: string): void {
    const info = {
      id: `${socket.localAddress}:${socket.localPort}-${address}:${socket.remotePort}-${this.nextConnection++}`,
      listenerName,
      clientHost: `/${address}`,
      clientPort: socket.remotePort ?? 0,
      clientSoftware: undefined,
    }
    const dispatcher: Dispatcher = {
      keepsAnswers: () => this.dispatcher?.keepsAnswers() ?? true,
      mayOverlap: (frame) => this.dispatcher?.mayOverlap(frame) ?? false,
      dispatch: (connection, frame, reply) => this.dispatcher?.dispatch(connection, frame, reply),
    }
    const maxFrameSize = () => this.options.limits().socketRequestMaxBytes
    const connection = new Connection(socket, info, dispatcher, this.memory, maxFrameSize, () =>
      this.options.clock.monotonic(),
    )
    this.connections.set(socket, connection)
    this.options.onConnect?.(connection)
    socket.on('data', (chunk: Buffer) => {
      try {
        connection.receive(chunk)
      } catch (error) {
        if (!(error instanceof FrameSizeError)) throw error
        this.options.log.warn(
          { connection: info.id, client: info.clientHost, reason: error.message },
          'closed a connection that sent an invalid frame',
        )
        connection.closeAfterAnswers()
      }
    })
    if (this.dispatcher === undefined) this.waitingSockets.add(socket)
    else socket.resume()
  }

  private watchIdle(): void {
    const { connectionsMaxIdleMs } = this.options.limits()
    if (connectionsMaxIdleMs < 0 || this.closing) return
    const delayMs = Math.min(IDLE_CHECK_MS, Math.max(10, connectionsMaxIdleMs / 4))
    this.idleTimer = this.options.clock.setTimer(delayMs, () => {
      const limit = this.options.clock.monotonic() - this.options.limits().connectionsMaxIdleMs
      for (const connection of this.connections.values()) {
        if (connection.isIdle && connection.lastActiveMs < limit) connection.close()
      }
      this.watchIdle()
    })
  }

  /** Stops accepting, then ends every connection. */
  async close(): Promise<void> {
    this.closing = true
    this.held = []
    this.idleTimer?.cancel()
    const closed = Array.from(
      this.listeners.values(),
      ({ server }) => new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve())),
    )
    for (const [socket, connection] of this.connections) {
      connection.release()
      socket.destroy()
    }
    for (const socket of this.waitingSockets) socket.destroy()
    await Promise.all(closed)
  }
}
