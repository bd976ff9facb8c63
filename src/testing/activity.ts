// What waits for the broker to get somewhere. State changes when a request is handled, when a timer fires and when a
// test does something; after each of these the conditions are looked at again, and never for the sake of time.
import { type Duration, milliseconds } from './duration.ts'

// A test framework may put its own in their place later.
const { setTimeout, clearTimeout, setImmediate } = globalThis

export const DEFAULT_TIMEOUT_MS = 10_000

export interface WaitOptions {
  /** How long to wait, in real time: milliseconds, or a text such as `'2 s'`. Default 10 s. */
  readonly timeout?: Duration
}

/** What was waited for did not come in time. The message says what was there instead. */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError'
}

export interface Condition<T> {
  /** The start of the error: `orders to have 3 records`. */
  readonly what: string
  /** The outcome once it is there. */
  readonly check: () => T | undefined | Promise<T | undefined>
  /** What is there instead. */
  readonly seen: () => string | Promise<string>
}

/** A turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export class Activity {
  #count = 0
  readonly #waiting = new Set<() => void>()
  #isScheduled = false
  #closed = false

  /** How often something happened. */
  get count(): number {
    return this.#count
  }

  /** Something happened: who waits looks at the end of this turn. */
  readonly note = (): void => {
    this.#count++
    if (this.#waiting.size === 0 || this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      for (const look of [...this.#waiting]) look()
    })
  }

  until<T>({ what, check, seen }: Condition<T>, { timeout = DEFAULT_TIMEOUT_MS }: WaitOptions = {}): Promise<T> {
    const timeoutMs = milliseconds(timeout)
    if (this.#closed) return Promise.reject(new Error(`waited for ${what}, but the broker is closed`))
    return new Promise<T>((resolve, reject) => {
      let isLooking = false
      let isStale = false
      const end = (settle: () => void): void => {
        this.#waiting.delete(look)
        clearTimeout(timer)
        settle()
      }
      const look = (): void => {
        isStale = true
        if (!isLooking) void lookAgain()
      }
      const lookAgain = async (): Promise<void> => {
        isLooking = true
        try {
          while (isStale && this.#waiting.has(look)) {
            isStale = false
            if (this.#closed) throw new Error(`waited for ${what}, but the broker was closed`)
            const found = await check()
            if (found !== undefined) end(() => resolve(found))
          }
        } catch (error) {
          end(() => reject(error as Error))
        } finally {
          isLooking = false
        }
      }
      const timer = setTimeout(async () => {
        const there = await Promise.resolve()
          .then(seen)
          .catch((error: unknown) => String(error))
        end(() => reject(new WaitTimeoutError(`waited ${timeoutMs} ms for ${what}; instead: ${there}`)))
      }, timeoutMs)
      this.#waiting.add(look)
      look()
    })
  }

  close(): void {
    this.#closed = true
    this.note()
  }
}
