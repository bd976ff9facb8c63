// The broker's time in a test's hand.
import { type Duration, milliseconds } from './duration.ts'
import type { Stage } from './stage.ts'

/**
 * The time that the broker goes by: timeouts of sessions, rebalances and transactions, retention and compaction, expiry
 * of offsets, long polls, timestamps. Clients have clocks of their own, which go on.
 */
export class BrokerClock {
  readonly #stage: Stage

  /** @internal */
  constructor(stage: Stage) {
    this.#stage = stage
  }

  /** ms since the epoch. */
  now(): number {
    return this.#stage.clock.now()
  }

  get isFrozen(): boolean {
    return this.#stage.clock.isFrozen
  }

  /** Time stands still: no timeout passes until it is advanced or resumed. */
  freeze(): void {
    this.#stage.clock.freeze()
  }

  /** Time goes on by itself, from where it is. */
  resume(): void {
    this.#stage.clock.resume()
  }

  /**
   * Moves the time on by a span such as `'5 minutes'` or a number of ms. Every timer that becomes due fires, in order,
   * at its time. Resolves when what they set off is done: records written, answers sent. Time that stood still does so
   * afterwards.
   */
  async advance(duration: Duration): Promise<void> {
    const { clock } = this.#stage
    await clock.advance(milliseconds(duration), () => this.#stage.settleBriefly())
    await this.#stage.settle()
  }

  /**
   * Sets the time of day, as an administrator sets a machine's clock: timestamps, retention and expiry go by it from now
   * on, but no timer fires. `advance` is what lets time pass.
   */
  set(time: Date | number | string): void {
    const nowMs = new Date(time).getTime()
    if (Number.isNaN(nowMs)) throw new TypeError(`a date or ms since the epoch, got ${String(time)}`)
    this.#stage.clock.set(nowMs)
    this.#stage.activity.note()
  }
}
