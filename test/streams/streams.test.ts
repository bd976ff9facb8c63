// Kafka Streams, unmodified, with exactly_once_v2: two instances that are killed with -9 and started again while they
// run, and a broker that is too. What comes out is what the test computes itself, every step of it once.
// STREAMS_KILLS sets how many more kills there are, STREAMS_SEED repeats the choices.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apis } from '../../src/wire/index.ts'
import { encodeBatch } from '../../src/wire/records/index.ts'
import { createTopic } from '../support/admin.ts'
import { ClientProcess, javaCommand } from '../support/client-process.ts'
import { eventually } from '../support/eventually.ts'
import { type Compiled, compileClients } from '../support/jars.ts'
import { runJava } from '../support/java.ts'
import { type KillableBroker, startKillable } from '../support/killable-broker.ts'
import { seeded, seedFrom } from '../support/random.ts'
import { RawClient } from '../support/raw-client.ts'
import { type ReadRecord, TopicReader } from '../support/topic-reader.ts'
import { whereTheBrokerStood } from '../support/where-it-stood.ts'
import {
  add,
  expectedOutputs,
  INPUTS,
  type InputRecord,
  makeInputs,
  OUTPUTS,
  PARTITIONS,
  WINDOW_MS,
} from './expected.ts'

const MORE_KILLS = Number(process.env.STREAMS_KILLS ?? 0)
const APPLICATION = 'streams-app'
const PROGRESS_DEADLINE_MS = 120_000
const AWAY = new Set(['NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_TOPIC_OR_PARTITION'])
const IN_MEMORY = 'InMemoryDslStoreSuppliers'
const ROCKS_DB = 'RocksDBDslStoreSuppliers'

let compiled: Compiled
let native: string

beforeAll(async () => {
  compiled = await compileClients('streams')
  native = (await runJava(compiled.classpath, 'Stores', [])).stdout.trim()
}, 300_000)

afterAll(() => compiled?.dispose())

/** Appends each input to its partition; a broker that has just started may not lead it yet, and then takes nothing. */
async function feed(client: RawClient, inputs: readonly InputRecord[]): Promise<void> {
  for (const name of INPUTS) {
    for (let index = 0; index < PARTITIONS; index++) {
      const own = inputs.filter(({ topic, partition }) => topic === name && partition === index)
      if (own.length === 0) continue
      const records = encodeBatch({
        records: own.map(({ timestamp, key, value }) => ({
          timestamp,
          key: Buffer.from(key),
          value: Buffer.from(value),
        })),
      })
      const topicData = [{ name, partitionData: [{ index, records }] }]
      await eventually(`${name}-${index} to take records`, async () => {
        const answer = await client.ask(apis.Produce, 9, { acks: -1, timeoutMs: 30_000, topicData })
        const errorCode = answer.responses[0]?.partitionResponses[0]?.errorCode ?? 'no answer'
        if (!AWAY.has(errorCode)) expect(errorCode).toBe('NONE')
        return errorCode === 'NONE'
      })
    }
  }
}

/** The application's instances on one broker, and who reads what comes out of them. */
class Run {
  readonly broker: KillableBroker
  readonly instances: readonly ClientProcess[]
  readonly reader: TopicReader
  private readonly directory = mkdtempSync(join(tmpdir(), 'odradek-streams-'))

  constructor(broker: KillableBroker, store: string, standbys: number) {
    this.broker = broker
    this.reader = new TopicReader(compiled.classpath, this.bootstrap, OUTPUTS)
    this.instances = [0, 1].map((i) => {
      const name = `instance-${i}`
      const command = javaCommand(compiled.classpath, 'StreamsApp', [
        `application.id=${APPLICATION}`,
        `bootstrap=${this.bootstrap}`,
        `state.dir=${join(this.directory, name)}`,
        `store=${store}`,
        `standby.replicas=${standbys}`,
        `window.ms=${WINDOW_MS}`,
      ])
      return new ClientProcess(name, command)
    })
    for (const instance of this.instances) instance.start()
  }

  get bootstrap(): string {
    return `${this.broker.host}:${this.broker.port}`
  }

  /** Resolves when more than this has come out. */
  async progress(before: number): Promise<void> {
    const further = async () => this.reader.records.length > before
    await eventually(`more than ${before} records`, further, PROGRESS_DEADLINE_MS)
  }

  async kill(victim: string): Promise<void> {
    const instance = this.instances.find(({ name }) => name === victim)
    await (instance ?? this.broker).kill()
    if (instance !== undefined) instance.start()
    else await this.broker.restart()
  }

  async whereAllStood(): Promise<string> {
    const clients = await Promise.all([...this.instances, this.reader.process].map((one) => one.whereItStood()))
    const broker = await whereTheBrokerStood(this.broker.host, this.broker.port, OUTPUTS)
    return [...clients, `the broker printed: ${this.broker.output()}`, broker].join('\n\n')
  }

  async end(): Promise<void> {
    await Promise.all([...this.instances, this.reader.process].map((one) => one.kill()))
    await this.broker.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

function byKey(records: readonly ReadRecord[]): Map<string, string[]> {
  const all = new Map<string, string[]>()
  for (const { key, value } of records) add(all, key, value)
  return all
}

/** Sorted by key, and by value too where the order means nothing. */
function sorted(map: ReadonlyMap<string, string[]>, values: boolean): [string, string[]][] {
  return [...map]
    .map(([key, found]): [string, string[]] => [key, values ? [...found].sort() : found])
    .sort(([one], [other]) => (one < other ? -1 : 1))
}

const size = (map: ReadonlyMap<string, string[]>) => [...map.values()].reduce((total, { length }) => total + length, 0)

async function withClient<T>(broker: KillableBroker, use: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await RawClient.connect(broker.host, broker.port)
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

/** Feeds, kills, waits, and compares. */
async function proves(run: Run, seed: number): Promise<void> {
  const random = seeded(seed)
  const victims = ['the broker', ...run.instances.map(({ name }) => name)]
  const kills = [...victims].sort(() => random.below(3) - 1)
  while (kills.length < victims.length + MORE_KILLS) kills.push(random.pick(victims))
  const now = Date.now()
  const inputs: InputRecord[] = []
  for (const [round, victim] of [undefined, ...kills].entries()) {
    const load = makeInputs(random, now, round)
    inputs.push(...load)
    const before = run.reader.records.length
    await withClient(run.broker, (client) => feed(client, load))
    await delay(random.below(1000))
    if (victim !== undefined) await run.kill(victim)
    // The first records come when both have found each other; what is killed later is at work.
    if (round === 0 || random.chance(0.5)) await run.progress(before)
  }
  const expected = expectedOutputs(inputs)
  const total = OUTPUTS.reduce((count, output) => count + size(expected[output]), 0)
  await run.progress(total - 1)
  await Promise.all(run.instances.map((instance) => instance.stop()))
  await run.reader.finish()
  for (const output of OUTPUTS) {
    const found = byKey(run.reader.of(output))
    const inAnyOrder = output === 'joined'
    expect(sorted(found, inAnyOrder), output).toEqual(sorted(expected[output], inAnyOrder))
    console.log(`${output}: ${size(found)} records of ${found.size} keys, as computed`)
  }
  const hanging = run.reader.ends.filter((end) => end.lastStableOffset !== end.highWatermark)
  expect(hanging, 'partitions with transactions that do not end').toEqual([])
  console.log(`kills: ${kills.length} (${kills.join(', ')}), STREAMS_SEED=${seed}`)
  await changelogHolds(run, expected.balances)
}

/** The last record of each key in the changelog is the last balance. */
async function changelogHolds(run: Run, balances: ReadonlyMap<string, string[]>): Promise<void> {
  const topic = `${APPLICATION}-balances-changelog`
  const reader = new TopicReader(compiled.classpath, run.bootstrap, [topic])
  await reader.finish()
  const last = (map: ReadonlyMap<string, string[]>) =>
    sorted(map, false).map(([key, values]) => [key, values.at(-1)] as const)
  expect(last(byKey(reader.of(topic)))).toEqual(last(balances))
  const { topics } = await withClient(run.broker, (client) => client.ask(apis.Metadata, 12, { topics: null }))
  const internal = topics.map(({ name }) => name ?? '').filter((name) => name.startsWith(`${APPLICATION}-`))
  expect(internal.sort()).toEqual(
    [
      'balances-changelog',
      'counts-changelog',
      'pairs-other-join-store-changelog',
      'pairs-this-join-store-changelog',
      'words-repartition',
    ].map((name) => `${APPLICATION}-${name}`),
  )
}

test.for([
  ['memory', 0],
  ['the platform’s best', 1],
] as const)(
  'counts, joins and keeps state exactly once, in stores in %s, with %i standbys',
  {
    timeout: 600_000 + MORE_KILLS * 30_000,
  },
  async ([where, standbys]) => {
    const seed = seedFrom('STREAMS_SEED')
    console.log(`STREAMS_SEED=${seed}, stores: ${where === 'memory' ? IN_MEMORY : native}`)
    expect([IN_MEMORY, ROCKS_DB]).toContain(native)
    const broker = await startKillable({ 'group.min.session.timeout.ms': '1000' })
    await withClient(broker, async (client) => {
      for (const topic of [...INPUTS, ...OUTPUTS]) await createTopic(client, topic, PARTITIONS)
    })
    const run = new Run(broker, where === 'memory' ? IN_MEMORY : native, standbys)
    try {
      await proves(run, seed)
    } catch (error) {
      console.log(`STREAMS_SEED=${seed}: ${error}\n\n${await run.whereAllStood()}`)
      throw error
    } finally {
      await run.end()
    }
  },
)
