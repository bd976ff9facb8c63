// A clock that a test steers: it runs as the real one until it is stopped, and then moves only when it is told to.
// Timers fire in their order, each at its time; `advance` comes back when what they set off has been done.
// What a test framework puts in the place of Date and of the timers does not reach it: it keeps Node's own.
import type { Clock, Timer } from './io.ts'
import { TimerHeap } from './timers.ts'

const { setTimeout, clearTimeout, setImmediate, performance } = globalThis
const RealDate = Date

/** The longest delay that a system timer takes. */
const MAX_SYSTEM_DELAY_MS = 0x7fffffff

const ROUNDING_MS = 1 / 1024

export class SteeredClock implements Clock {
  /** Called when something has happened on this clock: a timer has fired, or a turn has ended with work. */
  onActivity: () => void = () => undefined
  readonly #timers = new TimerHeap()
  /** What is added to the real clocks; while it stands still: the time itself, of the day as it was at `#stoodMs`. */
  #wallMs = 0
  #monotonicMs = 0
  #stoodMs = 0
  #isFrozen = false
  #systemTimer: NodeJS.Timeout | undefined
  #systemDue = Number.POSITIVE_INFINITY
  #endOfTurn: (() => void)[] = []

  now(): number {
    if (!this.#isFrozen) return Math.floor(RealDate.now() + this.#wallMs)
    // Sums of fractions may fall short of a whole millisecond.
    return Math.floor(this.#wallMs + (this.#monotonicMs - this.#stoodMs) + ROUNDING_MS)
  }

  monotonic(): number {
    return this.#isFrozen ? this.#monotonicMs : performance.now() + this.#monotonicMs
  }

  get isFrozen(): boolean {
    return this.#isFrozen
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size
  }

  get hasWork(): boolean {
    return this.#endOfTurn.length > 0
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const due = this.monotonic() + Math.max(delayMs, 0)
    const timer = this.#timers.add(due, fire)
    if (!this.#isFrozen) {
      if (due < this.#systemDue) this.#arm(due)
    } else if (delayMs <= 0) setImmediate(() => this.#fireWithoutTime())
    return timer
  }

  atEndOfTurn(run: () => void): void {
    if (this.#endOfTurn.push(run) === 1) setImmediate(this.#runEndOfTurn)
  }

  readonly #runEndOfTurn = (): void => {
    const runs = this.#endOfTurn
    this.#endOfTurn = []
    try {
      for (let index = 0; index < runs.length; index++) {
        try {
          runs[index]?.()
        } catch (error) {
          for (const later of runs.slice(index + 1)) this.atEndOfTurn(later)
          throw error
        }
      }
    } finally {
      this.onActivity()
    }
  }

  /** One system timer for all, which does not keep the process alive. */
  #arm(due: number): void {
    clearTimeout(this.#systemTimer)
    this.#systemDue = due
    const delay = Math.min(Math.max(Math.ceil(due - this.monotonic()), 1), MAX_SYSTEM_DELAY_MS)
    this.#systemTimer = setTimeout(this.#fireDue, delay)
    this.#systemTimer.unref()
  }

  readonly #fireDue = (): void => {
    this.#systemDue = Number.POSITIVE_INFINITY
    if (this.#isFrozen) return
    const now = this.monotonic()
    try {
      for (let timer = this.#timers.takeDue(now); timer !== undefined; timer = this.#timers.takeDue(now)) timer.fire()
    } finally {
      this.#armNext()
      this.onActivity()
    }
  }

  /** What was to happen in the next turn does so, though time stands still. */
  #fireWithoutTime(): void {
    if (!this.#isFrozen) return
    const now = this.#monotonicMs
    for (let timer = this.#timers.takeDue(now); timer !== undefined; timer = this.#timers.takeDue(now)) timer.fire()
    this.onActivity()
  }

  #armNext(): void {
    const next = this.#timers.nextDue()
    if (next !== undefined && next < this.#systemDue) this.#arm(next)
  }

  /** Time stands still from here on. */
  freeze(): void {
    if (this.#isFrozen) return
    const [wallMs, monotonicMs] = [this.now(), this.monotonic()]
    this.#isFrozen = true
    this.#wallMs = wallMs
    this.#monotonicMs = monotonicMs
    this.#stoodMs = monotonicMs
    this.#disarm()
  }

  /** Time goes on from where it stands. */
  resume(): void {
    if (!this.#isFrozen) return
    this.#wallMs = this.now() - RealDate.now()
    this.#monotonicMs -= performance.now()
    this.#isFrozen = false
    this.#armNext()
  }

  /** The time of day is the real one again, and goes on by itself. */
  reset(): void {
    this.resume()
    this.#wallMs = 0
  }

  /** Sets the time of day; no timer fires, since none of them goes by it. */
  set(nowMs: number): void {
    this.#wallMs = this.#isFrozen ? nowMs : nowMs - RealDate.now()
    this.#stoodMs = this.#monotonicMs
  }

  /** Moves the time on, and fires every timer that becomes due, at its time; `settle` lets each one's effects happen. */
  async advance(ms: number, settle: () => Promise<void>): Promise<void> {
    const wasFrozen = this.#isFrozen
    this.freeze()
    const target = this.#monotonicMs + ms
    try {
      await settle()
      for (let timer = this.#timers.takeDue(target); timer !== undefined; timer = this.#timers.takeDue(target)) {
        this.#moveTo(timer.due)
        timer.fire()
        // Those of the same moment fire together, as a system timer would have it.
        for (let same = this.#timers.takeDue(timer.due); same !== undefined; same = this.#timers.takeDue(timer.due)) {
          same.fire()
        }
        this.onActivity()
        await settle()
      }
      this.#moveTo(target)
    } finally {
      if (!wasFrozen) this.resume()
      this.onActivity()
    }
  }

  #moveTo(monotonicMs: number): void {
    this.#monotonicMs = Math.max(this.#monotonicMs, monotonicMs)
  }

  #disarm(): void {
    clearTimeout(this.#systemTimer)
    this.#systemTimer = undefined
    this.#systemDue = Number.POSITIVE_INFINITY
  }

  /** No timer fires any more, and none is left behind. */
  close(): void {
    this.#disarm()
    this.#timers.clear()
    this.#endOfTurn = []
  }
}
