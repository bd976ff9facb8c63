// What a run has found. The formats that it is printed in are each a file: text, json, junit, html.
import type { Rule } from '../test/support/rules.ts'
import type { Step } from './exchange.ts'
import type { Plain } from './plain.ts'

/** `not run` where the run was interrupted. What is not applicable is neither there nor missing. */
export type Outcome = 'passed' | 'failed' | 'not applicable' | 'not run'

export interface CheckResult {
  readonly id: string
  readonly name: string
  readonly area: string
  readonly rule: Rule
  readonly outcome: Outcome
  readonly durationMs: number
  /** Why it is not applicable. */
  readonly reason?: string
  readonly failure?: Failure
}

export interface Failure {
  readonly message: string
  readonly expected: Plain
  readonly got: Plain
  /** What was sent and what came, in the order of time. */
  readonly exchange: readonly Step[]
}

export interface Report {
  /** The version of the package that the checks are from. */
  readonly version: string
  readonly broker: { readonly address: string; readonly nodeId: number; readonly clusterId: string | null }
  readonly startedAt: Date
  readonly durationMs: number
  readonly results: readonly CheckResult[]
  /** What of the run could not be removed from the broker. */
  readonly leftBehind: readonly string[]
  /** Why the run ended before its time, where that was not the user's wish. */
  readonly brokenOff?: string
}

export type Totals = Readonly<Record<Outcome, number>> & { readonly checks: number }

export function totalsOf(results: readonly CheckResult[]): Totals {
  const count = (outcome: Outcome) => results.filter((result) => result.outcome === outcome).length
  return {
    checks: results.length,
    passed: count('passed'),
    failed: count('failed'),
    'not applicable': count('not applicable'),
    'not run': count('not run'),
  }
}

/** `560 checks: 548 passed, 0 failed, 12 not applicable (74.2 s)`. */
export function totalsLine({ results, durationMs }: Pick<Report, 'results' | 'durationMs'>): string {
  const totals = totalsOf(results)
  const parts = [`${totals.passed} passed`, `${totals.failed} failed`, `${totals['not applicable']} not applicable`]
  if (totals['not run'] > 0) parts.push(`${totals['not run']} not run`)
  return `${totals.checks} checks: ${parts.join(', ')} (${(durationMs / 1000).toFixed(1)} s)`
}

/** The areas in their order, each with its results. */
export function byArea(results: readonly CheckResult[]): Map<string, CheckResult[]> {
  const areas = new Map<string, CheckResult[]>()
  for (const result of results) {
    const area = areas.get(result.area)
    if (area === undefined) areas.set(result.area, [result])
    else area.push(result)
  }
  return areas
}

/** `KIP-227, Introduce Incremental FetchRequests to Increase Partition Scalability`. */
export function ruleText({ source, title }: Rule): string {
  return `${source}, ${title}`
}
