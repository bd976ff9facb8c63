// Exactly-once from outside: pipelines of real clients copy a topic, each into one of its own, while the broker and the
// clients are killed with -9 at random moments; then each output is the input, record by record.
// CHAOS_KILLS sets how often, CHAOS_SEED repeats the choices, CHAOS_INSTANCES is how many processes a pipeline has,
// CHAOS_CLIENTS with what the names of its pipelines begin, CLIENT_LOGS a directory for all that the clients print.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTopic } from '../support/admin.ts'
import { ClientProcess, javaCommand } from '../support/client-process.ts'
import { eventually } from '../support/eventually.ts'
import { type Compiled, compileClients } from '../support/jars.ts'
import { type KillableBroker, startKillable } from '../support/killable-broker.ts'
import { type Seeded, seeded, seedFrom } from '../support/random.ts'
import { RawClient } from '../support/raw-client.ts'
import { TopicReader } from '../support/topic-reader.ts'
import { whereTheBrokerStood } from '../support/where-it-stood.ts'
import { faultsOf } from './checker.ts'
import {
  type Asker,
  type Client,
  committedOffsets,
  endOffsets,
  exactlyOnceClients,
  INPUT,
  PARTITIONS,
  Pipeline,
  sum,
} from './pipeline.ts'
import { whoWroteTwice } from './who-wrote.ts'

const KILLS = Number(process.env.CHAOS_KILLS ?? 6)
const INSTANCES = Number(process.env.CHAOS_INSTANCES ?? 2)
const RECORDS_PER_SECOND = 400
/** After so many kills every pipeline must have come further. */
const KILLS_BETWEEN_PROGRESS = 5

/** Members that were killed are given up soon. */
const BROKER_CONFIGS = {
  'group.min.session.timeout.ms': '1000',
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': '3000',
  'group.consumer.min.heartbeat.interval.ms': '100',
  'group.consumer.heartbeat.interval.ms': '300',
}

const directory = mkdtempSync(join(tmpdir(), 'odradek-chaos-'))
const script = join(directory, 'kafkajs-processor.cjs')
let compiled: Compiled

beforeAll(async () => {
  compiled = await compileClients('chaos')
  const entry = fileURLToPath(new URL('./kafkajs-processor.ts', import.meta.url))
  await build({
    entryPoints: [entry],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'error',
  })
}, 300_000)

afterAll(() => {
  compiled?.dispose()
  rmSync(directory, { recursive: true, force: true })
})

/** The broker, the feeder and the pipelines of one run. */
class Run {
  readonly broker: KillableBroker
  readonly pipelines: readonly Pipeline[]
  readonly feeder: ClientProcess
  private client: RawClient | undefined
  private feederSaid = ''

  constructor(broker: KillableBroker, clients: readonly Client[], instances: number, seed: number) {
    this.broker = broker
    const programs = { bootstrap: this.bootstrap, classpath: compiled.classpath, script }
    this.pipelines = clients.map((client) => new Pipeline(client, instances, programs))
    const args = [this.bootstrap, INPUT, String(PARTITIONS), String(RECORDS_PER_SECOND), String(seed)]
    this.feeder = new ClientProcess('feeder', javaCommand(compiled.classpath, 'Feeder', args), (line) => {
      this.feederSaid = line
    })
  }

  get bootstrap(): string {
    return `${this.broker.host}:${this.broker.port}`
  }

  get members(): readonly ClientProcess[] {
    return this.pipelines.flatMap(({ members }) => members)
  }

  get topics(): string[] {
    return [INPUT, ...this.pipelines.map(({ output }) => output)]
  }

  readonly ask: Asker = async (question) => {
    this.client ??= await RawClient.connect(this.broker.host, this.broker.port)
    return question(this.client)
  }

  async begin(): Promise<void> {
    // Small segments, so that transactions span several.
    const configs = { 'internal.segment.bytes': '262144' }
    for (const topic of this.topics) await this.ask((client) => createTopic(client, topic, PARTITIONS, configs))
    this.feeder.start()
    for (const pipeline of this.pipelines) pipeline.start()
    await this.progress()
  }

  /** Every pipeline comes further. */
  async progress(): Promise<void> {
    await Promise.all(
      this.pipelines.map(async (pipeline) => {
        await pipeline.progress(this.ask, sum(await committedOffsets(this.ask, pipeline.group)))
      }),
    )
  }

  async killBroker(downMs: number): Promise<void> {
    this.client?.close()
    this.client = undefined
    await this.broker.kill()
    await delay(downMs)
    await this.broker.restart()
  }

  /** Feeds no more, waits until all is copied, and ends the clients in order. */
  async finish(): Promise<number> {
    await this.feeder.finish()
    const fed = Number(/^fed (\d+)$/.exec(this.feederSaid)?.[1])
    expect(fed, this.feederSaid).toBeGreaterThan(0)
    const ends = await endOffsets(this.ask, INPUT)
    await Promise.all(this.pipelines.map((pipeline) => pipeline.finishes(this.ask, ends)))
    await Promise.all(this.members.map((member) => member.stop()))
    return fed
  }

  async read(): Promise<TopicReader> {
    const reader = new TopicReader(compiled.classpath, this.bootstrap, this.topics)
    await reader.finish()
    return reader
  }

  async whereAllStood(): Promise<string> {
    const clients = await Promise.all([this.feeder, ...this.members].map((member) => member.whereItStood()))
    const broker = await whereTheBrokerStood(this.broker.host, this.broker.port, this.topics)
    return [...clients, `the broker printed: ${this.broker.output()}`, broker].join('\n\n')
  }

  async end(): Promise<void> {
    this.client?.close()
    await Promise.all([this.feeder, ...this.members].map((member) => member.kill()))
    await this.broker.stop()
  }
}

async function runOf(
  clients: readonly Client[],
  instances: number,
  seed: number,
  scenario: (run: Run) => Promise<void>,
): Promise<void> {
  const run = new Run(await startKillable(BROKER_CONFIGS), clients, instances, seed)
  try {
    await run.begin()
    await scenario(run)
  } catch (error) {
    console.log(`CHAOS_SEED=${seed}: ${error}\n\n${await run.whereAllStood()}`)
    throw error
  } finally {
    await run.end()
  }
}

/** One kill, or two at once; gives what was killed. */
async function killSomething(run: Run, random: Seeded): Promise<string[]> {
  const victims: string[] = []
  const kills: Promise<void>[] = []
  if (random.chance(0.4)) {
    victims.push('the broker')
    kills.push(run.killBroker(random.chance(0.5) ? 0 : random.below(1500)))
  }
  if (victims.length === 0 || random.chance(0.2)) {
    const member = random.pick(run.members)
    victims.push(member.name)
    kills.push(member.kill().then(() => member.start()))
  }
  await Promise.all(kills)
  return victims
}

/** What made clients end by themselves; they are started again. */
function ownEnds(members: readonly ClientProcess[]): string {
  const times = new Map<string, number>()
  for (const line of members.flatMap((member) => member.ownEnds)) {
    const reason = line.replace(/^\d+ /, '').slice(0, 120)
    times.set(reason, (times.get(reason) ?? 0) + 1)
  }
  return [...times].map(([reason, count]) => `\n  ${count} × ${reason}`).join('')
}

test(`in = out over ${KILLS} kills of brokers and clients`, { timeout: 600_000 + KILLS * 30_000 }, async () => {
  const seed = seedFrom('CHAOS_SEED')
  console.log(`CHAOS_SEED=${seed}`)
  const random = seeded(seed)
  const clients = exactlyOnceClients.filter((client) => client.startsWith(process.env.CHAOS_CLIENTS ?? ''))
  await runOf(clients, INSTANCES, seed, async (run) => {
    const killed = new Map<string, number>()
    for (let kills = 0, next = KILLS_BETWEEN_PROGRESS; kills < KILLS; ) {
      await delay(random.below(2500))
      for (const victim of await killSomething(run, random)) {
        killed.set(victim, (killed.get(victim) ?? 0) + 1)
        kills++
      }
      if (kills < next) continue
      next += KILLS_BETWEEN_PROGRESS
      await run.progress()
    }
    const fed = await run.finish()
    const reader = await run.read()
    const input = reader.of(INPUT)
    expect(input.length, 'records that the feeder was told of').toBe(fed)
    const hanging = reader.ends.filter((end) => end.lastStableOffset !== end.highWatermark)
    expect(hanging, 'partitions with transactions that do not end').toEqual([])
    for (const { client, output, members } of run.pipelines) {
      const out = reader.of(output)
      const faults = faultsOf(input, out)
      if (faults.length > 0) console.log(`${output}: ${await whoWroteTwice(run.ask, output, PARTITIONS)}`)
      expect(faults, `CHAOS_SEED=${seed}, ${client}`).toEqual([])
      console.log(`${client}: in = out: ${input.length} = ${out.length}${ownEnds(members)}`)
    }
    const total = sum([...killed.values()])
    const told = [...killed].map(([victim, times]) => `${victim} ${times}`).join(', ')
    console.log(`kills: ${total} (${told}), CHAOS_SEED=${seed}`)
  })
})

test('the checker finds what a plain producer and automatic commits do to a killed client', {
  timeout: 300_000,
}, async () => {
  const seed = seedFrom('CHAOS_SEED')
  await runOf(['java-at-least-once'], INSTANCES, seed, async (run) => {
    const [pipeline] = run.pipelines
    if (pipeline === undefined) throw new Error('no pipeline')
    for (const member of pipeline.members) {
      // Killed when it has written what it has not committed yet.
      await eventually('output that is not committed', async () => {
        const committed = sum(await committedOffsets(run.ask, pipeline.group))
        return sum(await endOffsets(run.ask, pipeline.output)) > committed + 100
      })
      await member.kill()
      member.start()
    }
    await run.finish()
    const reader = await run.read()
    const faults = faultsOf(reader.of(INPUT), reader.of(pipeline.output))
    console.log(`exactly-once switched off: ${faults[0]}`)
    expect(faults.join('\n')).toContain('records doubled')
  })
})
