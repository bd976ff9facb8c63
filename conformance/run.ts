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
import { requireAlive, requireConfigs, type Subject, warmUp } from './subject.ts'

export interface RunOptions {
  /** How many run at once. */
  readonly concurrency: number
  /** How long one may take. */
  readonly timeoutMs: number
  /** Ends the run early; what it made is removed all the same. */
  readonly signal: AbortSignal
  onResult(result: CheckResult): void
}

/** What a check is told that was under way when the run was ended. */
class Interrupted extends Error {}

/** The end of a run before its time: the user has had enough, or the broker is gone. */
class Ending {
  isThere = false
  /** Why, unless the user knows. */
  reason: string | undefined
  /** Rejects then, and never resolves. */
  readonly interrupted: Promise<never>
  private interrupt: (() => void) | undefined

  constructor(signal: AbortSignal) {
    this.interrupted = new Promise((_, reject) => {
      this.interrupt = () => reject(new Interrupted())
    })
    // Nobody may be waiting.
    this.interrupted.catch(() => undefined)
    if (signal.aborted) this.end()
    else signal.addEventListener('abort', () => this.end(), { once: true })
  }

  end(reason?: string): void {
    if (!this.isThere) this.reason = reason
    this.isThere = true
    this.interrupt?.()
  }
}

interface Run extends RunOptions {
  readonly subject: Subject
  readonly mark: string
  readonly ending: Ending
}

export async function runChecks(subject: Subject, checks: readonly Check[], options: RunOptions): Promise<Report> {
  const startedAt = new Date()
  const started = performance.now()
  // A check that failed has given up on answers that still come, or do not.
  const ignore = (): void => undefined
  process.on('unhandledRejection', ignore)
  const mark = `conformance-${randomBytes(4).toString('hex')}`
  const ending = new Ending(options.signal)
  const before = await look(subject)
  let results: CheckResult[] = []
  let leftBehind: string[] = []
  try {
    await Promise.race([warmUp(subject, `${mark}-first`), ending.interrupted]).catch(ignore)
    const run = { ...options, subject, mark, ending }
    const together = checks.filter(({ runsAlone }) => !runsAlone)
    results = await inParallel(together, options.concurrency, (check) => runOne(check, run))
    const alone = checks.filter(({ runsAlone }) => runsAlone)
    results = [...results, ...(await inParallel(alone, 1, (check) => runOne(check, run)))]
  } finally {
    leftBehind = await cleanUp(subject, mark, before)
    process.off('unhandledRejection', ignore)
  }
  const broker = { address: `${subject.host}:${subject.port}`, nodeId: subject.nodeId, clusterId: subject.clusterId }
  const durationMs = performance.now() - started
  return { version, broker, startedAt, durationMs, results, leftBehind, brokenOff: ending.reason }
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

type Found = Pick<CheckResult, 'outcome' | 'reason' | 'failure'>

async function runOne(check: Check, run: Run): Promise<CheckResult> {
  const { id, name, area, rule } = check
  const started = performance.now()
  const found: Found = run.ending.isThere ? { outcome: 'not run' } : await lookAt(check, run)
  const result = { id, name, area, rule, durationMs: Math.round(performance.now() - started), ...found }
  run.onResult(result)
  return result
}

async function lookAt(check: Check, { subject, mark, ending, timeoutMs }: Run): Promise<Found> {
  const { host, port, nodeId, advertised } = subject
  const exchange = new Exchange()
  const broker = new TestBroker({ host, port, nodeId, surroundings: { mark, advertised, observe: exchange.observe } })
  try {
    const running = requireConfigs(subject, check.given).then(() => check.run({ broker }))
    // What goes on after its time is not waited for: its connections end.
    await within(timeoutMs, Promise.race([running, ending.interrupted]), () => tooLate(timeoutMs))
    return { outcome: 'passed' }
  } catch (error) {
    if (error instanceof NotApplicable) return { outcome: 'not applicable', reason: error.message }
    if (error instanceof Interrupted) return { outcome: 'not run' }
    const failure = failureOf(error, exchange)
    // Without a broker, all that follow would fail as well, and slowly.
    await requireAlive(subject).catch(({ message }: Error) => ending.end(message))
    return { outcome: 'failed', failure }
  } finally {
    await broker.end()
  }
}

function failureOf(error: unknown, exchange: Exchange): Failure {
  const { message } = error as Error
  const [expected, got] =
    error instanceof Unexpected ? [error.expected, error.actual] : ['an answer to go on with', message]
  return { message, expected: plain(expected), got: plain(got), exchange: exchange.report() }
}

function tooLate(timeoutMs: number): Error {
  const limit = `${timeoutMs / 1000} s`
  return new Unexpected(`not done within ${limit}`, 'an end', `none within ${limit}`)
}
