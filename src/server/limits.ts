// How many connections and how many queued bytes the broker takes, as Kafka's ConnectionQuotas and memory pool do:
// a connection over an address's limit is closed at once, one over the broker's limit waits for a place.

/** Read at every decision, because Kafka lets them change while the broker runs. */
export interface Limits {
  readonly socketRequestMaxBytes: number
  readonly connectionsMaxIdleMs: number
  readonly maxConnections: number
  readonly maxConnectionsPerIp: number
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>
  /** Bytes of requests received and not yet answered, over all connections; -1 for no limit. */
  readonly queuedMaxRequestBytes: number
}

/** Counts connections: in all and by address. */
export class ConnectionCount {
  private total = 0
  private readonly byAddress = new Map<string, number>()
  private readonly waiting: (() => void)[] = []
  private readonly limits: () => Limits

  constructor(limits: () => Limits) {
    this.limits = limits
  }

  /** Whether the address may have one more connection. */
  allows(address: string): boolean {
    const { maxConnectionsPerIp, maxConnectionsPerIpOverrides } = this.limits()
    return (this.byAddress.get(address) ?? 0) < (maxConnectionsPerIpOverrides.get(address) ?? maxConnectionsPerIp)
  }

  /** Counts a connection of the address, and calls `admit` when the broker has a place for it: now or later. */
  enter(address: string, admit: () => void): void {
    this.byAddress.set(address, (this.byAddress.get(address) ?? 0) + 1)
    if (this.total < this.limits().maxConnections) {
      this.total++
      admit()
    } else this.waiting.push(admit)
  }

  /** Gives the place back; the longest-waiting connection gets it. */
  leave(address: string, admit: () => void): void {
    const left = (this.byAddress.get(address) ?? 1) - 1
    if (left > 0) this.byAddress.set(address, left)
    else this.byAddress.delete(address)
    const waitedAt = this.waiting.indexOf(admit)
    if (waitedAt >= 0) {
      this.waiting.splice(waitedAt, 1)
      return
    }
    this.total--
    while (this.total < this.limits().maxConnections) {
      const next = this.waiting.shift()
      if (next === undefined) return
      this.total++
      next()
    }
  }
}

/** Counts the bytes of requests in flight, and tells those who wait when there is room again. */
export class RequestMemory {
  private used = 0
  private readonly waiting = new Set<() => void>()
  private readonly limits: () => Limits

  constructor(limits: () => Limits) {
    this.limits = limits
  }

  get exhausted(): boolean {
    const { queuedMaxRequestBytes } = this.limits()
    return queuedMaxRequestBytes >= 0 && this.used >= queuedMaxRequestBytes
  }

  take(bytes: number): void {
    this.used += bytes
  }

  release(bytes: number): void {
    this.used -= bytes
    if (this.waiting.size === 0 || this.exhausted) return
    const woken = [...this.waiting]
    this.waiting.clear()
    for (const wake of woken) wake()
  }

  /** Calls `wake` once, when there is room. */
  whenFree(wake: () => void): void {
    this.waiting.add(wake)
  }

  forget(wake: () => void): void {
    this.waiting.delete(wake)
  }
}
