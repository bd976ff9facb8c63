// An Io for tests: time that stands still until it is moved, a disk in memory, seeded randomness, a logger that listens.
import { FaultyFileSystem } from './faulty.ts'
import type { Clock, Io, Logger, Random, Timer } from './io.ts'
import { MemoryFileSystem } from './memory.ts'
import { realNetwork } from './network.ts'
import { uuidFrom } from './real.ts'
import { TimerHeap } from './timers.ts'

export class FakeClock implements Clock {
  readonly #timers = new TimerHeap()
  readonly #start: number
  #elapsed = 0
  #endOfTurn: (() => void)[] = []

  constructor(startMs: number) {
    this.#start = startMs
  }

  now(): number {
    return this.#start + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    return this.#timers.add(this.#elapsed + Math.max(delayMs, 0), fire)
  }

  /** Ends by itself with the real turn, or sooner with `endTurn`. */
  atEndOfTurn(run: () => void): void {
    if (this.#endOfTurn.push(run) === 1) setImmediate(() => this.endTurn())
  }

  endTurn(): void {
    while (this.#endOfTurn.length > 0) {
      const runs = this.#endOfTurn
      this.#endOfTurn = []
      for (const run of runs) run()
    }
  }

  /** Moves the time on, firing every timer that becomes due, at its time, and ending the turn after each. */
  advance(ms: number): void {
    const target = this.#elapsed + ms
    this.endTurn()
    for (let timer = this.#timers.takeDue(target); timer !== undefined; timer = this.#timers.takeDue(target)) {
      this.#elapsed = Math.max(this.#elapsed, timer.due)
      timer.fire()
      this.endTurn()
    }
    this.#elapsed = target
  }
}

/** mulberry32: 32 bits of state, the same run for the same seed. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const bytes = (size: number): Buffer => Buffer.from(Array.from({ length: size }, () => Math.floor(next() * 256)))
  return { next, bytes, uuid: () => uuidFrom(bytes) }
}

export interface LogLine {
  readonly level: keyof Logger
  readonly details: object
  readonly message: string
}

export interface TestIo extends Io {
  readonly clock: FakeClock
  /** Set its `decide` to inject faults. */
  readonly fs: FaultyFileSystem
  /** All that was logged. */
  readonly lines: LogLine[]
}

export function testIo(options: { seed?: number; nowMs?: number; fs?: FaultyFileSystem } = {}): TestIo {
  const clock = new FakeClock(options.nowMs ?? 1_700_000_000_000)
  const lines: LogLine[] = []
  const record =
    (level: keyof Logger) =>
    (details: object, message: string): void => {
      lines.push({ level, details, message })
    }
  return {
    network: realNetwork,
    clock,
    fs: options.fs ?? new FaultyFileSystem(new MemoryFileSystem(() => clock.now())),
    random: seededRandom(options.seed ?? 1),
    log: { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') },
    lines,
  }
}
