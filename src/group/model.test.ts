// Random histories of consumers of both protocols, of topics, time and crashes, against what groups promise: see
// test/support/group-crowd.ts. A history that breaks a promise is printed with its seed, cut down to what it takes.
// ODRADEK_MODEL_SEED runs one seed, ODRADEK_MODEL_HISTORIES as many as wanted.
import { expect, test } from 'vitest'
import type { Manner, Subscription } from '../../test/support/crowd-members.ts'
import { CLIENTS, Crowd, type CrowdStep, TOPICS } from '../../test/support/group-crowd.ts'
import { type Seeded, seeded, seedFrom } from '../../test/support/random.ts'
import { shrunk } from '../../test/support/shrink.ts'

const STEPS = 80
const HISTORIES = 30

interface World {
  readonly configs: Record<string, string>
  /** How many of the clients begin with the classic protocol. */
  readonly classicShare: number
}

function worldOf(random: Seeded): World {
  const assignmentInterval = random.pick(['0', '1000', '5000'])
  return {
    configs: { 'group.consumer.assignment.interval.ms': assignmentInterval },
    classicShare: random.pick([0, 0, 0.4, 1]),
  }
}

function subscription(random: Seeded): Subscription {
  // Never nothing at all: who joins with that is no reason for another assignment, whatever the one before was.
  const all = ['red', ...TOPICS]
  const topics = [random.pick(all), ...all.filter(() => random.chance(0.4))]
  const regex = random.chance(0.3) ? random.pick(['g.*', 'red', 'w.*|red', 'none']) : null
  return { topics: [...new Set(topics)], regex, assignor: random.pick([null, 'uniform', 'range']) }
}

function history(random: Seeded): CrowdStep[] {
  const client = () => random.below(CLIENTS)
  const manners: readonly Manner[] = ['well', 'well', 'well', 'slowly', 'deaf']
  const turn = (): CrowdStep => ({ do: 'turn', client: client(), manner: random.pick(manners) })
  const pass = (): CrowdStep => ({ do: 'pass', ms: random.pick([0, 100, 1000, 1000, 5000, 11_000, 31_000]) })
  const rare: readonly (() => CrowdStep)[] = [
    () => ({ do: 'subscribe', client: client(), subscription: subscription(random) }),
    () => ({ do: 'leave', client: client(), forAWhile: random.chance(0.5) }),
    () => ({ do: 'crash', client: client() }),
    () => ({ do: 'switch', client: client() }),
    () => ({ do: 'commit', client: client() }),
    () => ({ do: 'topic', name: random.pick(TOPICS), change: random.pick(['create', 'grow', 'delete']) }),
    () => ({ do: 'restart' }),
  ]
  const common = [turn, turn, turn, turn, turn, turn, pass, pass]
  return Array.from({ length: STEPS }, () => random.pick(random.chance(0.8) ? common : rare)())
}

async function violationOf(world: World, steps: readonly CrowdStep[]): Promise<unknown> {
  try {
    await (await Crowd.start(world.configs, world.classicShare)).play(steps)
    return undefined
  } catch (error) {
    return error
  }
}

test('Whatever happens, no partition has two owners, and every group settles', { timeout: 600_000 }, async () => {
  const { ODRADEK_MODEL_SEED: given, ODRADEK_MODEL_HISTORIES: wanted } = process.env
  const first = seedFrom('ODRADEK_MODEL_SEED')
  const histories = wanted === undefined ? (given === undefined ? HISTORIES : 1) : Number(wanted)
  for (let seed = first; seed < first + histories; seed++) {
    const random = seeded(seed)
    const world = worldOf(random)
    const steps = history(random)
    if ((await violationOf(world, steps)) === undefined) continue
    const few = await shrunk(steps, async (fewer) => (await violationOf(world, fewer)) !== undefined)
    const violation = await violationOf(world, few)
    const told = few.map((step) => JSON.stringify(step)).join('\n')
    const where = `seed ${seed}, ${JSON.stringify(world)}`
    expect.unreachable(`${where}: ${violation instanceof Error ? violation.stack : violation}\n${told}`)
  }
})
