// Keeps work to a rate on average, by telling it when to rest, as Kafka's Throttler does: what is done is counted, and
// looked at now and then.

const CHECK_INTERVAL_MS = 300

export class Throttle {
  readonly #bytesPerSecond: number
  readonly #monotonic: () => number
  #periodStart: number
  #observed = 0

  constructor(bytesPerSecond: number, monotonic: () => number) {
    this.#bytesPerSecond = bytesPerSecond
    this.#monotonic = monotonic
    this.#periodStart = monotonic()
  }

  /** So many bytes were read or written. Returns for how many ms to rest. */
  observe(bytes: number): number {
    this.#observed += bytes
    const elapsedMs = this.#monotonic() - this.#periodStart
    if (elapsedMs <= CHECK_INTERVAL_MS || this.#observed === 0) return 0
    const restMs = Math.max(0, Math.round((this.#observed * 1000) / this.#bytesPerSecond - elapsedMs))
    this.#periodStart = this.#monotonic() + restMs
    this.#observed = 0
    return restMs
  }
}
