// A run of checks: so many at once, each within its time, and nothing left of them on the broker afterwards.
import { randomBytes } from 'node:crypto'
import { version } from '../src/version.ts'
import { NotApplicable } from '../test/support/surroundings.ts'
import { TestBroker } from '../test/support/test-broker.ts'
import { Unexpected } from '../test/support/unexpected.ts'
import type { Check } from './check.ts'
import { cleanUp, look } from './cleanup.ts'
import { within } from './deadline.ts'
import { Exchange } from './exchange.ts'
import { plain } from './plain.ts'
import type { CheckResult, Failure, Report } from './report.ts'
import { requireConfigs, type Subject, warmUp } from './subject.ts'

export interface RunOptions {
  /** How many run at once. */
  readonly concurrency: number
  /** How long one may take. */
  readonly timeoutMs: number
  /** Ends the run early; what it made is removed all the same. */
  readonly signal: AbortSignal
  onResult(result: CheckResult): void
}

/** A check that was under way when the run was ended. */
class Interrupted extends Error {}

export async function runChecks(subject: Subject, checks: readonly Check[], options: RunOptions): Promise<Report> {
  const startedAt = new Date()
  const started = performance.now()
  // A check that failed has given up on answers that still come, or do not.
  const ignore = (): void => undefined
  process.on('unhandledRejection', ignore)
  const mark = `conformance-${randomBytes(4).toString('hex')}`
  const before = await look(subject)
  let results: CheckResult[] = []
  let leftBehind: string[] = []
  try {
    await warmUp(subject, `${mark}-first`)
    const surrounding = { subject, mark, interrupted: interruption(options.signal) }
    results = await inParallel(checks, options.concurrency, (check) => runOne(check, surrounding, options))
  } finally {
    leftBehind = await cleanUp(subject, mark, before)
    process.off('unhandledRejection', ignore)
  }
  const broker = { address: `${subject.host}:${subject.port}`, nodeId: subject.nodeId, clusterId: subject.clusterId }
  return { version, broker, startedAt, durationMs: performance.now() - started, results, leftBehind }
}

/** The results in the order of the checks, whichever was done first. */
async function inParallel<T, R>(all: readonly T[], limit: number, work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const waiting = all.entries()
  const worker = async (): Promise<void> => {
    // The workers share the iterator.
    for (const [i, one] of waiting) results[i] = await work(one)
  }
  await Promise.all(Array.from({ length: limit }, worker))
  return results
}

interface Surrounding {
  readonly subject: Subject
  readonly mark: string
  readonly interrupted: Promise<never>
}

async function runOne(
  check: Check,
  { subject, mark, interrupted }: Surrounding,
  options: RunOptions,
): Promise<CheckResult> {
  const { id, name, area, rule } = check
  const { host, port, nodeId, advertised } = subject
  const exchange = new Exchange()
  const surroundings = { mark, advertised, observe: exchange.observe }
  const broker = new TestBroker({ host, port, nodeId, surroundings })
  const started = performance.now()
  const result = (found: Pick<CheckResult, 'outcome' | 'reason' | 'failure'>): CheckResult => {
    const done = { id, name, area, rule, durationMs: Math.round(performance.now() - started), ...found }
    options.onResult(done)
    return done
  }
  if (options.signal.aborted) return result({ outcome: 'not run' })
  try {
    const running = requireConfigs(subject, check.given).then(() => check.run({ broker }))
    // What goes on after its time is not waited for: its connections end.
    await within(options.timeoutMs, Promise.race([running, interrupted]), () => tooLate(options.timeoutMs))
    return result({ outcome: 'passed' })
  } catch (error) {
    if (error instanceof NotApplicable) return result({ outcome: 'not applicable', reason: error.message })
    if (error instanceof Interrupted) return result({ outcome: 'not run' })
    return result({ outcome: 'failed', failure: failure(error, exchange) })
  } finally {
    await broker.end()
  }
}

function failure(error: unknown, exchange: Exchange): Failure {
  const { message } = error as Error
  const [expected, got] =
    error instanceof Unexpected ? [error.expected, error.actual] : ['what the name of the check says', message]
  return { message, expected: plain(expected), got: plain(got), exchange: exchange.report() }
}

function tooLate(timeoutMs: number): Error {
  const limit = `${timeoutMs / 1000} s`
  return new Unexpected(`not done within ${limit}`, 'an end', `none within ${limit}`)
}

/** Never resolves. */
function interruption(signal: AbortSignal): Promise<never> {
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Interrupted()), { once: true })
  })
  // Nobody may be waiting.
  interrupted.catch(() => undefined)
  return interrupted
}
