// The report for programs: one check a line, so that two reports can be compared line by line.
import { type CheckResult, type Report, totalsOf } from './report.ts'

export function jsonReport(report: Report): string {
  const { version, broker, startedAt, durationMs, results, leftBehind, brokenOff } = report
  const { checks, passed, failed, ...others } = totalsOf(results)
  const head = {
    kit: { name: 'odradek conformance', version },
    broker,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(durationMs),
    totals: { checks, passed, failed, notApplicable: others['not applicable'], notRun: others['not run'] },
    leftBehind,
    brokenOff,
  }
  const lines = results.map((result) => JSON.stringify(entry(result)))
  return `${JSON.stringify(head).slice(0, -1)},"checks":[\n${lines.join(',\n')}\n]}\n`
}

function entry({ failure, ...result }: CheckResult): object {
  return failure === undefined ? result : { ...result, ...failure }
}
