// `odradek conformance`: how another broker answers where the rules say how. Loads the kit, which nothing else does.
// Progress and totals are on stderr, the report on stdout or in a file.
import { writeFileSync } from 'node:fs'
import {
  type Check,
  type CheckResult,
  endText,
  findSubject,
  htmlReport,
  jsonReport,
  junitReport,
  loadedChecks,
  type Report,
  runChecks,
  textReport,
  Unfit,
} from '../../conformance/index.ts'
import { CommandError, ExitCode } from './command-error.ts'
import { reason } from './refusal.ts'
import { untilStopped } from './signals.ts'

const formats = { text: textReport, json: jsonReport, junit: junitReport, html: htmlReport } as const
export type ReportFormat = keyof typeof formats

export interface ConformanceFlags {
  readonly bootstrap?: string
  readonly only?: readonly string[]
  readonly list?: boolean
  readonly report: ReportFormat
  readonly output?: string
  readonly concurrency: number
  readonly timeout: number
}

/** Resolves with the exit code that ours shall be. */
export async function conformance(flags: ConformanceFlags): Promise<number> {
  // `odradek conformance --list | head` has read enough.
  process.stdout.on('error', () => process.exit(0))
  process.stderr.on('error', () => undefined)
  const checks = await loadedChecks((flags.only ?? []).map(pattern))
  if (checks.length === 0)
    throw new CommandError(ExitCode.usage, `no check fits --only ${flags.only?.join(' --only ')}`)
  if (flags.list) {
    await print(checks.map(listed).join(''))
    return 0
  }
  const { host, port } = addressOf(flags.bootstrap)
  const stop = new AbortController()
  void untilStopped(async () => stop.abort())
  const report = await runAgainst(host, port, checks, flags, stop.signal)
  await print(formats[flags.report](report), flags.output)
  if (flags.report !== 'text' || flags.output !== undefined) {
    process.stderr.write(endText(report))
  }
  return exitCodeOf(report, stop.signal)
}

async function runAgainst(
  host: string,
  port: number,
  checks: readonly Check[],
  { concurrency, timeout }: ConformanceFlags,
  signal: AbortSignal,
): Promise<Report> {
  const progress = new Progress(checks.length)
  const onResult = (result: CheckResult) => progress.take(result)
  try {
    const subject = await findSubject(host, port)
    return await runChecks(subject, checks, { concurrency, timeoutMs: timeout * 1000, signal, onResult })
  } catch (error) {
    throw error instanceof Unfit ? new CommandError(ExitCode.usage, error.message) : error
  } finally {
    progress.end()
  }
}

/** What could not be removed counts as a failure: the broker is not as it was. */
function exitCodeOf({ results, leftBehind }: Report, { aborted }: AbortSignal): number {
  if (aborted) return ExitCode.interrupted
  return leftBehind.length > 0 || results.some(({ outcome }) => outcome === 'failed') ? ExitCode.failed : 0
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i')
  } catch (error) {
    throw new CommandError(ExitCode.usage, `--only ${text}: ${(error as Error).message}`)
  }
}

function addressOf(text: string | undefined): { host: string; port: number } {
  const [, host = '', port = ''] = /^\[?([^[\]]+)\]?:(\d{1,5})$/.exec(text ?? '') ?? []
  if (host === '') throw new CommandError(ExitCode.usage, 'where is the broker? --bootstrap HOST:PORT')
  return { host, port: Number(port) }
}

function listed({ id, name, rule }: Check): string {
  return `${[id, rule.source, name].join('\t')}\n`
}

/** How far the run is: one line that changes on a terminal, a line for each failure elsewhere. */
class Progress {
  private readonly total: number
  private done = 0
  private failed = 0
  private readonly isTerminal = process.stderr.isTTY === true

  constructor(total: number) {
    this.total = total
  }

  take({ outcome, name }: CheckResult): void {
    this.done += 1
    if (outcome === 'failed') this.failed += 1
    if (this.isTerminal) process.stderr.write(`\r${this.done} of ${this.total}, ${this.failed} failed`)
    else if (outcome === 'failed') process.stderr.write(`failed: ${name}\n`)
    else if (this.done % 100 === 0) process.stderr.write(`${this.done} of ${this.total}\n`)
  }

  end(): void {
    if (this.isTerminal) process.stderr.write('\r\u001b[K')
  }
}

async function print(text: string, file?: string): Promise<void> {
  if (file === undefined) {
    await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()))
    return
  }
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new CommandError(ExitCode.failed, `${file} cannot be written: ${reason(error)}`)
  }
}
