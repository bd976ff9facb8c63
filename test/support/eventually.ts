// Waiting for what the protocol gives no event for. Everything else is awaited by its own answer.
import { setTimeout as delay } from 'node:timers/promises'
import { Unexpected } from './unexpected.ts'

const INTERVAL_MS = 10
const DEADLINE_MS = 20_000

/** Asks until the answer is neither undefined nor false, and gives it; fails with the last error at the deadline. */
export async function eventually<T>(
  what: string,
  condition: () => Promise<T | undefined | false>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const answer = await condition()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) {
      throw new Unexpected(`not within ${deadlineMs} ms: ${what}`, what, `not within ${deadlineMs} ms`)
    }
    await delay(INTERVAL_MS)
  }
}
