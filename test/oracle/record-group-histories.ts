// Lives random groups against Kafka's own shard and ours, step by step: `tsx test/oracle/record-group-histories.ts`.
// Writes what Kafka answered and recorded to test/facts/kafka-group-histories.jsonl.gz, one history a line, for the
// unit test that replays them. `--check FROM TO` only compares, over the seeds from FROM up to TO.
import { writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { gzipSync } from 'node:zlib'
import { inOrder, type Outcome, OwnShard, readableRecord, type Step } from '../support/group-shards.ts'
import { GroupWorld, type WorldOptions } from '../support/group-world.ts'
import { seeded } from '../support/random.ts'
import { KafkaShard } from './group-shard.ts'

const FACTS = new URL('../facts/kafka-group-histories.jsonl.gz', import.meta.url)
const STEPS = 220
/** How many histories are kept. */
const KEPT = 40
const PROBE = 1_000_000

/** Every kind of group, from those of consumers alone to those of classic members alone. */
function optionsOf(seed: number): WorldOptions {
  const configs: Record<string, string> = { 'group.initial.rebalance.delay.ms': seed % 3 === 0 ? '3000' : '0' }
  const policies = ['disabled', 'upgrade', 'downgrade']
  if (seed % 7 < 3) configs['group.consumer.migration.policy'] = policies[seed % 7] ?? ''
  if (seed % 5 === 0) configs['group.consumer.assignment.interval.ms'] = '0'
  if (seed % 11 === 0) configs['group.consumer.max.size'] = '3'
  if (seed % 13 === 0) configs['group.max.size'] = '3'
  if (seed % 4 === 0) configs['group.consumer.assignors'] = 'range,uniform'
  return { groups: 2, clients: 9, classicShare: [0, 0.15, 0.4, 0.6, 0.9][seed % 5] ?? 0, configs }
}

/**
 * Kafka forgets an empty consumer group, in memory alone, when a classic member joins it with a member id. We do not, so
 * histories go round that.
 */
async function makesKafkaForget(kafka: KafkaShard, step: Step): Promise<boolean> {
  if (step.op !== 'request' || step.api !== 'JoinGroup') return false
  const { groupId = '', memberId } = step.body as { groupId?: string; memberId?: string }
  if (memberId === '') return false
  const body = { groupIds: [groupId], includeAuthorizedOperations: false }
  const probe = {
    op: 'request' as const,
    id: PROBE,
    api: 'ConsumerGroupDescribe' as const,
    version: 1,
    clientId: '',
    body,
  }
  const { answers } = await kafka.step(probe)
  const { groups } = answers[PROBE] as { groups: { groupState: string }[] }
  return groups[0]?.groupState === 'Empty'
}

async function next(kafka: KafkaShard, world: GroupWorld): Promise<Step> {
  for (;;) {
    const step = world.next()
    if (!(await makesKafkaForget(kafka, step))) return step
    if (step.op === 'request') world.learn(step, { answers: { [step.id]: { errorCode: 25 } }, records: [] })
  }
}

/** The history of a seed, as Kafka has it. Throws at the first step that we answer in another way. */
async function live(kafka: KafkaShard, seed: number): Promise<[Step, Outcome][]> {
  const world = new GroupWorld(seeded(seed), optionsOf(seed))
  const own = new OwnShard()
  const history: [Step, Outcome][] = []
  const take = async (step: Step): Promise<void> => {
    const theirs = inOrder(await kafka.step(step))
    const ours = inOrder(await own.step(step))
    history.push([step, theirs])
    if (!isDeepStrictEqual(theirs, ours)) throw new Error(difference(seed, history, ours, kafka, own))
    world.learn(step, theirs)
  }
  await take(world.start())
  for (let count = 0; count < STEPS; count++) await take(await next(kafka, world))
  for (const step of world.last()) await take(step)
  return history
}

function difference(
  seed: number,
  history: readonly [Step, Outcome][],
  ours: Outcome,
  kafka: KafkaShard,
  own: OwnShard,
): string {
  const [step, theirs] = history.at(-1) ?? []
  const lines = [`seed ${seed}, step ${history.length - 1}: ${JSON.stringify(step)}`]
  lines.push(`  Kafka answers ${JSON.stringify(theirs?.answers)}`, `  we answer     ${JSON.stringify(ours.answers)}`)
  const count = Math.max(theirs?.records.length ?? 0, ours.records.length)
  for (let index = 0; index < count; index++) {
    const [a, b] = [theirs?.records[index], ours.records[index]]
    if (!isDeepStrictEqual(a, b))
      lines.push(`  Kafka writes ${readableRecord(a)}`, `  we write     ${readableRecord(b)}`)
  }
  lines.push(
    `  Kafka's last surprise: ${kafka.causes.at(-1)}`,
    ...own.bugs.slice(-1).map((bug) => `  our bug: ${JSON.stringify(bug)}`),
  )
  const earlier = Number(process.env.EARLIER ?? 0)
  const before = history.slice(-1 - earlier, -1)
  return [
    ...before.map(([known, { answers }]) => `  ${JSON.stringify(known)} ${JSON.stringify(answers)}`),
    ...lines,
  ].join('\n')
}

const check = process.argv.indexOf('--check')
const [from, to] = check < 0 ? [1, KEPT + 1] : process.argv.slice(check + 1, check + 3).map(Number)
const kafka = await KafkaShard.start()
const histories: string[] = []
for (let seed = from ?? 1; seed < (to ?? 0); seed++) {
  try {
    histories.push(JSON.stringify({ seed, steps: await live(kafka, seed) }))
  } catch (error) {
    process.exitCode = 1
    console.error((error as Error).message)
    if (check < 0) break
  }
}
await kafka.stop()
if (check < 0 && process.exitCode === undefined)
  writeFileSync(FACTS, gzipSync(`${histories.join('\n')}\n`, { level: 9 }))
