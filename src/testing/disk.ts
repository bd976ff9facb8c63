// Faults of the broker's disk: what fails, how, and how often. The disk itself is the broker's, real or in memory.
import type { Attempt, Clock, Fault as DiskFault, FaultPredicate, Operation } from '../io/index.ts'
import { type Duration, milliseconds } from './duration.ts'
import { type FaultOptions, seeded } from './faults.ts'

/** Which operations; what is left out lets all through. */
export interface DiskSelector {
  /** One of `open`, `read`, `write`, `truncate`, `sync`, `list`, `makeDirectory`, `readFile`, `replaceFile`, `rename`, `remove`; or several. */
  readonly operation?: Operation | readonly Operation[]
  /** Files of this topic's partitions. */
  readonly topic?: string
  /** With `topic`: of this partition. */
  readonly partition?: number
  /** Files whose path this matches, or contains. */
  readonly path?: string | RegExp
  readonly when?: (attempt: Attempt) => boolean
}

/** What becomes of an operation. */
export interface DiskAction {
  /** The system's error: `ENOSPC` (full), `EIO` (broken), `EROFS`, `EMFILE`, `EACCES`. */
  readonly code?: 'ENOSPC' | 'EIO' | 'EROFS' | 'EMFILE' | 'EACCES'
  /** Of a write that fails: how many of its bytes reach the file all the same. */
  readonly torn?: number
  /** The broker ends in the middle of it, as by kill -9, and starts again: with `torn`, what a crash leaves of a write. */
  readonly kill?: true
  /** Of a sync: it takes so much longer, by the broker's clock. Writes go to the page cache and are never slow. */
  readonly delay?: Duration
}

export interface DiskFaultHandle {
  readonly hits: number
  remove(): void
  [Symbol.dispose](): void
}

interface Injected {
  readonly selector: DiskSelector
  readonly action: DiskAction
  readonly options: FaultOptions
  readonly random: () => number
  seen: number
  hits: number
}

export class DiskFaults {
  readonly #clock: Clock
  readonly #onKill: () => void
  #faults: Injected[] = []

  constructor(clock: Clock, onKill: () => void) {
    this.#clock = clock
    this.#onKill = onKill
  }

  /** Throws TypeError for an action that does nothing. */
  fail(selector: DiskSelector, action: DiskAction, options: FaultOptions = {}): DiskFaultHandle {
    if (action.code === undefined && action.delay === undefined && action.kill === undefined) {
      throw new TypeError('a disk fault has a code, a delay, or kill')
    }
    const fault: Injected = { selector, action, options, random: seeded(options.seed ?? 1), seen: 0, hits: 0 }
    this.#faults.push(fault)
    const remove = (): void => {
      this.#faults = this.#faults.filter((each) => each !== fault)
    }
    return {
      get hits() {
        return fault.hits
      },
      remove,
      [Symbol.dispose]: remove,
    }
  }

  heal(): void {
    this.#faults = []
  }

  readonly decide: FaultPredicate = (attempt) => {
    if (this.#faults.length === 0) return undefined
    const fault = this.#faults.find((each) => matches(each.selector, attempt) && takes(each))
    if (fault === undefined) return undefined
    fault.hits++
    const { code, torn, kill, delay } = fault.action
    if (kill) this.#onKill()
    const until = delay === undefined ? undefined : this.#later(milliseconds(delay))
    return { code: kill ? 'EIO' : code, tornAfterBytes: torn, until } satisfies DiskFault
  }

  #later(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimer(delayMs, resolve))
  }
}

function takes(fault: Injected): boolean {
  const { times = Number.POSITIVE_INFINITY, after = 0, probability = 1 } = fault.options
  if (fault.hits >= times || fault.seen++ < after) return false
  return probability >= 1 || fault.random() < probability
}

function matches({ operation, topic, partition, path, when }: DiskSelector, attempt: Attempt): boolean {
  if (operation !== undefined) {
    const wanted = typeof operation === 'string' ? [operation] : operation
    if (!wanted.includes(attempt.operation)) return false
  }
  if (topic !== undefined && !isOf(attempt.path, topic, partition)) return false
  if (path !== undefined && !(typeof path === 'string' ? attempt.path.includes(path) : path.test(attempt.path)))
    return false
  return when === undefined || when(attempt)
}

function isOf(path: string, topic: string, partition: number | undefined): boolean {
  return path.split(/[\\/]/).some((part) => {
    const at = part.lastIndexOf('-')
    if (part.slice(0, at) !== topic) return false
    return partition === undefined ? /^\d+$/.test(part.slice(at + 1)) : part.slice(at + 1) === String(partition)
  })
}
