// Random lives of groups of both protocols, from the joins of their first members to restarts of the coordinator: what
// Kafka's own group coordinator answered and recorded at every step, held against ours. test/oracle/record-group-histories.ts
// records them.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { inOrder, type Outcome, OwnShard, readableRecord, type Step } from '../../test/support/group-shards.ts'

interface History {
  readonly seed: number
  readonly steps: readonly (readonly [Step, Outcome])[]
}

function histories(): History[] {
  const file = new URL('../../test/facts/kafka-group-histories.jsonl.gz', import.meta.url)
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n')
  return lines.map((line) => JSON.parse(line) as History)
}

function readable({ answers, records }: Outcome) {
  return { answers, records: records.map(readableRecord) }
}

test.each(histories().map((history) => [history.seed, history] as const))(
  'history %i goes as it did in Kafka',
  async (_, { steps }) => {
    const shard = new OwnShard()
    for (const [index, [step, kafka]] of steps.entries()) {
      const ours = inOrder(await shard.step(step))
      const where = `step ${index}: ${JSON.stringify(step)}`
      // What can be read tells more of a difference; the bytes decide.
      expect(readable(ours), where).toEqual(readable(kafka))
      expect(ours.records, where).toEqual(kafka.records)
    }
  },
)
