// What came out of the last whole runs, as it is committed: against Apache Kafka, which tells what a client can do, and
// against Odradek.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Target } from '../support/target.ts'
import type { Scenario } from './scenarios.ts'

const FILE = new URL('./results.json', import.meta.url)

export interface Outcome {
  readonly outcome: 'ok' | 'unsupported' | 'failed'
  /** The client's own words, where it is not ok. */
  readonly reason?: string
}

export interface ClientResults {
  readonly client: string
  readonly version: string
  readonly scenarios: Readonly<Partial<Record<Scenario, Outcome>>>
}

export type Results = Record<Target['name'], Record<string, ClientResults>>

export function recordedResults(): Results {
  const empty: Results = { kafka: {}, odradek: {} }
  return existsSync(FILE) ? { ...empty, ...(JSON.parse(readFileSync(FILE, 'utf8')) as Partial<Results>) } : empty
}

/** Keeps these clients' results of one broker; those of other clients and scenarios stay as they are. */
export function record(target: Target['name'], clients: Record<string, ClientResults>): void {
  const results = recordedResults()
  const merged = { ...results[target] }
  for (const [name, one] of Object.entries(clients)) {
    merged[name] = { ...one, scenarios: { ...merged[name]?.scenarios, ...one.scenarios } }
  }
  const sorted = Object.fromEntries(Object.entries(merged).sort(([a], [b]) => a.localeCompare(b)))
  writeFileSync(FILE, `${JSON.stringify({ ...results, [target]: sorted }, undefined, 2)}\n`)
}
