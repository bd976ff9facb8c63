// Real clients, unmodified, each through the same scenarios; see README.md. What a client cannot do, or what fails against
// Apache Kafka too, is skipped with the reason; what it does there, it does here.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { targetName } from '../support/target.ts'
import { type Driver, drivers } from './drivers.ts'
import { type ClientRun, type Ending, Matrix } from './matrix.ts'
import { type ClientResults, type Outcome, record, recordedResults } from './results.ts'
import { SCENARIOS, type Scenario, scenarioNames } from './scenarios.ts'

function chosen<T>(variable: string, all: readonly T[], nameOf: (one: T) => string): T[] {
  const names = process.env[variable]?.split(',')
  const unknown = names?.filter((name) => !all.some((one) => nameOf(one) === name)) ?? []
  if (unknown.length > 0) throw new Error(`${variable}: no ${unknown}; there are ${all.map(nameOf)}`)
  return all.filter((one) => names === undefined || names.includes(nameOf(one)))
}

const scenarios = chosen<Scenario>('CLIENTS_SCENARIOS', scenarioNames, (name) => name)
const matrix = new Matrix(
  chosen<Driver>('CLIENTS_ONLY', drivers, ({ name }) => name),
  scenarios,
)
const againstKafka = recordedResults().kafka
const EXCUSED = { unsupported: 'it cannot', failed: 'failed as against Apache Kafka', skipped: 'skipped' }

beforeAll(() => {
  matrix.run().catch((error: Error) => {
    for (const run of matrix.runs) run.settleAll({ outcome: 'failed', reason: error.message })
  })
})

afterAll(async () => {
  await matrix.stop()
  for (const run of matrix.runs) console.info(await summaryOf(run))
  if (process.env.CLIENTS_RECORD !== undefined) record(targetName(), await resultsOf(matrix.runs))
})

/** One line that .ci/run repeats at its end. */
async function summaryOf({ driver, version, endings }: ClientRun): Promise<string> {
  const all = await Promise.all(Array.from(endings, async ([scenario, ending]) => [scenario, await ending] as const))
  const skipped = all.find(([, { outcome }]) => outcome === 'skipped')
  if (skipped !== undefined) return `client ${driver.client}: skipped, ${skipped[1].reason}`
  const counts = new Map<string, number>()
  for (const [scenario, ending] of all) {
    const excused = excuse(ending, againstKafka[driver.name]?.scenarios[scenario]) !== undefined
    const kind = ending.outcome === 'ok' || !excused ? ending.outcome : EXCUSED[ending.outcome]
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  const called = driver.client.endsWith(version) ? driver.client : `${driver.client} ${version}`
  return `client ${called}: ${Array.from(counts, ([kind, count]) => `${count} ${kind}`).join(', ')}`
}

const wordsOf = ({ outcome, reason }: Ending) => (reason === undefined ? outcome : `${outcome}: ${reason}`)

/** Why this is no failure of the broker's, if so. */
function excuse(ending: Ending, onKafka: Outcome | undefined): string | undefined {
  if (ending.outcome === 'skipped') return ending.reason
  if (ending.outcome === 'unsupported' && onKafka?.outcome !== 'ok') return `the client cannot: ${ending.reason}`
  if (ending.outcome === 'failed' && onKafka?.outcome === 'failed') return `as against Apache Kafka: ${ending.reason}`
  return undefined
}

describe.for(matrix.runs.map((run) => [run.driver.name, run] as const))('%s', ([, run]) => {
  test.for(scenarios)('%s', async (scenario, { skip }) => {
    const ending = await run.of(scenario)
    const reason = excuse(ending, againstKafka[run.driver.name]?.scenarios[scenario])
    if (reason !== undefined) skip(reason)
    expect(wordsOf(ending), SCENARIOS[scenario]).toBe('ok')
  })
})

async function resultsOf(runs: readonly ClientRun[]): Promise<Record<string, ClientResults>> {
  const all: Record<string, ClientResults> = {}
  for (const { driver, version, endings } of runs) {
    const settled = await Promise.all(Array.from(endings, async ([name, ending]) => [name, await ending] as const))
    const told = settled.filter((one): one is readonly [Scenario, Outcome] => one[1].outcome !== 'skipped')
    if (told.length > 0) all[driver.name] = { client: driver.client, version, scenarios: Object.fromEntries(told) }
  }
  return all
}
