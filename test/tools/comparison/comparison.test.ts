// Kafka's command-line tools, unmodified, on Apache Kafka and on Odradek from the same state: what they print and how
// they exit is the same, but for what is listed in expected.ts with its reason. TOOLS_VERBOSE=1 tells what Kafka's say.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Comparison } from './comparison.ts'
import { scripts } from './scripts/index.ts'
import { startBoth } from './tool-broker.ts'
import { ToolRunner } from './tool-runner.ts'

const LEAST_INVOCATIONS = 80

let tools: Comparison
let runner: ToolRunner

beforeAll(async () => {
  runner = await ToolRunner.start()
  tools = new Comparison(await startBoth(), runner)
}, 180_000)

afterAll(async () => {
  for (const [reason, times] of tools.explained) console.log(`listed: ${times} × ${reason}`)
  console.log(tools.summary())
  await runner.stop()
  await tools.both((broker) => broker.stop())
})

describe('the tools say the same on both', () => {
  test.each(scripts.map((script) => [script.name, script] as const))('%s', async (_, { run }) => {
    await run(tools)
    expect(tools.takeFaults()).toEqual([])
  })
})

test('nothing was left out', () => {
  expect(tools.compared).toBeGreaterThanOrEqual(LEAST_INVOCATIONS)
})
