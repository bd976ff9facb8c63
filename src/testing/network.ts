// Faults of the network between the broker and its clients: connections that stall, that are cut, that are slow.
import type { Connection } from '../server/index.ts'
import { type Duration, milliseconds } from './duration.ts'
import type { Stage } from './stage.ts'

/** Which connections; what is left out lets all through. */
export interface ConnectionSelector {
  /** The id in the client's last request. A connection that has sent none yet is not chosen by it. */
  readonly clientId?: string | RegExp
  /** A connection's id, as `connections()` tells it. */
  readonly id?: string
  /** The listener's name. */
  readonly listener?: string
}

export interface ConnectionView {
  readonly id: string
  readonly clientId: string | null
  /** What the client says of itself (KIP-511): `{ name: 'apache-kafka-java', version: '4.3.1' }`. */
  readonly software: { readonly name: string; readonly version: string } | undefined
  readonly listener: string
  readonly host: string
  readonly port: number
  /** Whether a request of it is not answered yet. */
  readonly isWaiting: boolean
}

/** A fault of the network that lasts. */
export interface NetworkFault {
  /** All is as it was. */
  remove(): void
  [Symbol.dispose](): void
}

export interface Speed {
  /** Every answer is this much later. */
  readonly latency?: Duration
  /** And later still by its size. */
  readonly bytesPerSecond?: number
}

export class NetworkFaults {
  readonly #stage: Stage
  readonly #pauses = new Set<ConnectionSelector>()
  readonly #refusals = new Set<ConnectionSelector>()
  readonly #removals = new Set<() => void>()

  constructor(stage: Stage) {
    this.#stage = stage
    stage.onConnect = (connection) => {
      if ([...this.#refusals].some((selector) => this.#matches(selector, connection))) connection.cut()
      else if ([...this.#pauses].some((selector) => this.#matches(selector, connection))) connection.stall()
    }
  }

  connections(): ConnectionView[] {
    return this.#stage.server.openConnections().map((connection) => {
      const { id, listenerName, clientHost, clientPort, clientSoftware } = connection.info
      return {
        id,
        clientId: this.#stage.traffic.clientIdOf(id),
        software: clientSoftware,
        listener: listenerName,
        host: clientHost.replace(/^\//, ''),
        port: clientPort,
        isWaiting: connection.isWaited,
      }
    })
  }

  /** Nothing goes in or out, and nobody is told; when it is removed, all that waited goes on. New connections too. */
  pause(selector: ConnectionSelector = {}): NetworkFault {
    const stalled = this.#chosen(selector)
    for (const connection of stalled) connection.stall()
    this.#pauses.add(selector)
    return this.#lasting(() => {
      this.#pauses.delete(selector)
      for (const connection of this.#stage.server.openConnections()) {
        if (![...this.#pauses].some((other) => this.#matches(other, connection))) connection.unstall()
      }
    })
  }

  /** Ends connections at once (a reset). Until it is removed, new ones are ended too where `refuse` says so. */
  cut(selector: ConnectionSelector = {}, { refuse = false }: { readonly refuse?: boolean } = {}): NetworkFault {
    for (const connection of this.#chosen(selector)) connection.cut()
    if (refuse) this.#refusals.add(selector)
    return this.#lasting(() => this.#refusals.delete(selector))
  }

  /** Answers are late, by the broker's clock. */
  slow(speed: Speed, selector: ConnectionSelector = {}): NetworkFault {
    const latencyMs = milliseconds(speed.latency ?? 0)
    const { bytesPerSecond = Number.POSITIVE_INFINITY } = speed
    if (!(bytesPerSecond > 0)) throw new TypeError(`bytesPerSecond: more than 0, got ${bytesPerSecond}`)
    const slowness = {
      matches: (connection: Connection) => this.#matches(selector, connection),
      delayMs: (size: number) => latencyMs + (size / bytesPerSecond) * 1000,
    }
    this.#stage.traffic.slow.add(slowness)
    return this.#lasting(() => this.#stage.traffic.slow.delete(slowness))
  }

  heal(): void {
    for (const remove of [...this.#removals]) remove()
  }

  #lasting(end: () => void): NetworkFault {
    const remove = (): void => {
      if (this.#removals.delete(remove)) end()
    }
    this.#removals.add(remove)
    return { remove, [Symbol.dispose]: remove }
  }

  #chosen(selector: ConnectionSelector): Connection[] {
    return this.#stage.server.openConnections().filter((connection) => this.#matches(selector, connection))
  }

  #matches({ clientId, id, listener }: ConnectionSelector, { info }: Connection): boolean {
    if (id !== undefined && id !== info.id) return false
    if (listener !== undefined && listener !== info.listenerName) return false
    if (clientId === undefined) return true
    const known = this.#stage.traffic.clientIdOf(info.id)
    return known !== null && (typeof clientId === 'string' ? clientId === known : clientId.test(known))
  }
}
