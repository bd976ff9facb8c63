// Ways to spoil good bytes: cuts, flips, huge lengths, endless varints, doubled and swapped pieces.
import type { Seeded } from '../support/random.ts'

const HUGE = [
  '7fffffff',
  '80000000',
  'ffffffff',
  '7fff',
  'ffff',
  '8000',
  'ffffffff07',
  'feffffff0f',
  '8080808080',
  'ffffffffffffffffff01',
]

type Mutation = (bytes: Buffer, random: Seeded) => Buffer

const mutations: readonly Mutation[] = [
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => {
    const spoiled = Buffer.from(bytes)
    for (let flips = 1 + random.below(4); flips > 0 && spoiled.length > 0; flips--) {
      const at = random.below(spoiled.length)
      spoiled[at] = (spoiled[at] as number) ^ (1 << random.below(8))
    }
    return spoiled
  },
  (bytes, random) => {
    const huge = Buffer.from(random.pick(HUGE), 'hex')
    const at = random.below(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), huge, bytes.subarray(at + (random.chance(0.8) ? huge.length : 0))])
  },
  (bytes, random) => {
    const at = random.below(bytes.length + 1)
    const tail = Buffer.alloc(random.below(64), random.below(256))
    return Buffer.concat([bytes.subarray(0, at), tail, bytes.subarray(at)])
  },
  (bytes, random) => {
    const from = random.below(bytes.length + 1)
    const piece = bytes.subarray(from, from + random.below(32))
    const at = random.below(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
  },
  (_, random) => Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256))),
]

/** Spoils the bytes in one to three ways. */
export function mutate(bytes: Buffer, random: Seeded): Buffer {
  let spoiled = bytes
  for (let times = 1 + random.below(3); times > 0; times--) spoiled = random.pick(mutations)(spoiled, random)
  return spoiled
}
