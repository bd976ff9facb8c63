// The report for a terminal: what failed, with what was expected and got; then the totals.
import { inspect } from 'node:util'
import type { Step } from './exchange.ts'
import type { Plain } from './plain.ts'
import { type CheckResult, type Failure, type Report, ruleText, totalsLine } from './report.ts'

/** A line of an exchange is cut there; the other formats have more. */
const MAX_LINE = 240
const INDENT = '    '

export function textReport(report: Report): string {
  const failed = report.results.flatMap((result) => {
    return result.failure === undefined ? [] : [failedText(result, result.failure)]
  })
  return `${failed.join('')}${endText(report)}`
}

/** How the run ended, and the totals. */
export function endText(report: Report): string {
  const end = report.brokenOff === undefined ? [] : [`broken off: ${report.brokenOff}\n`]
  const left = report.leftBehind.map((what) => `left on the broker: ${what}\n`)
  return [...end, ...left, `${totalsLine(report)}\n`].join('')
}

function failedText({ name, id, rule }: CheckResult, failure: Failure): string {
  const lines = [
    `FAILED ${name}`,
    `${INDENT}${id} (${ruleText(rule)})`,
    `${INDENT}${failure.message}`,
    `${INDENT}expected: ${valueText(failure.expected)}`,
    `${INDENT}got:      ${valueText(failure.got)}`,
    ...failure.exchange.map((step) => cut(`${INDENT}${stepText(step)}`)),
  ]
  return `${lines.join('\n')}\n\n`
}

/** As JavaScript writes it, further lines under the first. */
function valueText(value: Plain): string {
  return inspect(value, { depth: 10, breakLength: 100, maxArrayLength: null }).replaceAll(
    '\n',
    `\n${INDENT}${' '.repeat(10)}`,
  )
}

export function stepText({ connection, request, sent, got }: Step): string {
  const out =
    request === undefined ? (sent === undefined ? '' : `sent ${json(sent)}`) : `${request} ${json(sent ?? {})}`
  const back = got === undefined ? '' : json(got)
  return `#${connection} ${[out, back].filter((part) => part !== '').join(' -> ')}`
}

function json(value: Plain): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function cut(line: string): string {
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 1)}…` : line
}
