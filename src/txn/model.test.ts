// Random histories of producers, zombies, crashes, lost answers and time, against what transactions promise (see
// test/support/transaction-world.ts). A history that breaks a promise is printed with its seed, cut down to what it takes.
// ODRADEK_MODEL_SEED runs one seed, ODRADEK_MODEL_HISTORIES as many as wanted.
import { expect, test } from 'vitest'
import { type Seeded, seeded, seedFrom } from '../../test/support/random.ts'
import { CLIENTS, type Step, World } from '../../test/support/transaction-world.ts'
import { PARTITIONS } from '../../test/support/transactional-node.ts'

const STEPS = 60
const HISTORIES = 80

function history(random: Seeded): Step[] {
  const client = () => ({
    client: random.below(CLIENTS),
    lost: random.chance(0.15) ? 1 + random.below(2) : 0,
    retries: random.chance(0.8),
    together: random.chance(0.3),
  })
  const partition = () => random.below(PARTITIONS)
  const committed = () => random.chance(0.7)
  const send = (): Step => ({ do: 'send', ...client(), partition: partition(), count: 1 + random.below(3) })
  const end = (): Step => ({ do: 'end', ...client(), committed: committed() })
  const rare: readonly (() => Step)[] = [
    () => ({ do: 'takeOver', ...client() }),
    () => ({ do: 'zombieEnds', ...client(), committed: committed() }),
    () => ({ do: 'zombieSends', ...client(), partition: partition() }),
    () => ({ do: 'echo', ...client() }),
    () => ({ do: 'sneak', ...client(), partition: partition() }),
    () => ({ do: 'sneakOffsets', ...client() }),
    () => ({ do: 'wait', ms: random.pick([20, 100, 1000, 6000]) }),
    () => ({ do: 'crash', writes: 1 + random.below(8), tornAfterBytes: random.below(200) }),
    () => ({ do: 'refuseMarkers', count: 1 + random.below(4) }),
  ]
  const steps = [send, send, send, end, end, (): Step => ({ do: 'commitOffsets', ...client() }), ...Array(4).fill(null)]
  return Array.from({ length: STEPS }, () => (random.pick(steps) ?? random.pick(rare))())
}

async function violationOf(seed: number, steps: readonly Step[]): Promise<unknown> {
  try {
    await (await World.start(seed)).play(steps)
    return undefined
  } catch (error) {
    return error
  }
}

/** As few steps of these as still break something. */
async function shrunk(seed: number, steps: readonly Step[]): Promise<readonly Step[]> {
  let left = steps
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < left.length; ) {
      const fewer = [...left.slice(0, from), ...left.slice(from + size)]
      if ((await violationOf(seed, fewer)) === undefined) from += size
      else left = fewer
    }
  }
  return left
}

test('Whatever happens, transactions keep what they promise', { timeout: 600_000 }, async () => {
  const { ODRADEK_MODEL_SEED: given, ODRADEK_MODEL_HISTORIES: wanted } = process.env
  const first = seedFrom('ODRADEK_MODEL_SEED')
  const histories = wanted === undefined ? (given === undefined ? HISTORIES : 1) : Number(wanted)
  for (let seed = first; seed < first + histories; seed++) {
    const steps = history(seeded(seed))
    if ((await violationOf(seed, steps)) === undefined) continue
    const few = await shrunk(seed, steps)
    const violation = await violationOf(seed, few)
    const told = few.map((step) => JSON.stringify(step)).join('\n')
    expect.unreachable(`seed ${seed}: ${violation instanceof Error ? violation.stack : violation}\n${told}`)
  }
})
