// What goes into the Streams application, and what must come out, computed without it.
import type { Seeded } from '../support/random.ts'

export const PARTITIONS = 4
export const WINDOW_MS = 2000
export const INPUTS = ['lines', 'left', 'right', 'amounts'] as const
export const OUTPUTS = ['counts', 'joined', 'balances'] as const

const WORDS = 'you have to begin to lose your memory if only in bits and pieces to realize that memory is what makes us'
const vocabulary = [...new Set(WORDS.split(' '))]
const KEYS = 12
const SPREAD_MS = 60_000

export interface InputRecord {
  readonly topic: (typeof INPUTS)[number]
  readonly partition: number
  readonly timestamp: number
  readonly key: string
  readonly value: string
}

/** Records with keys are in the partition of their key, the same one in each topic. */
function keyed(topic: InputRecord['topic'], random: Seeded, timestamp: number, value: string): InputRecord {
  const key = random.below(KEYS)
  return { topic, partition: key % PARTITIONS, timestamp, key: `key-${key}`, value }
}

/** One load of each input; times are mixed up within a minute before `now`. */
export function makeInputs(random: Seeded, now: number, round: number): InputRecord[] {
  const time = () => now - SPREAD_MS + random.below(SPREAD_MS)
  const many = (count: number, one: (i: number) => InputRecord) => Array.from({ length: count }, (_, i) => one(i))
  const line = () => Array.from({ length: 1 + random.below(6) }, () => random.pick(vocabulary)).join(' ')
  return [
    ...many(80, () => ({
      topic: 'lines',
      partition: random.below(PARTITIONS),
      timestamp: time(),
      key: '',
      value: line(),
    })),
    ...many(50, (i) => keyed('left', random, time(), `l${round}.${i}`)),
    ...many(50, (i) => keyed('right', random, time(), `r${round}.${i}`)),
    ...many(80, () => keyed('amounts', random, time(), `${random.below(1000)}`)),
  ]
}

/** Every value that must come out for each key, in this order; those of `joined` in any. */
export function expectedOutputs(
  inputs: readonly InputRecord[],
): Record<(typeof OUTPUTS)[number], Map<string, string[]>> {
  const of = (topic: InputRecord['topic']) => inputs.filter((record) => record.topic === topic)
  return {
    counts: counts(of('lines')),
    joined: pairs(of('left'), of('right')),
    balances: balances(of('amounts')),
  }
}

export function add(map: Map<string, string[]>, key: string, value: string): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}

function counts(lines: readonly InputRecord[]): Map<string, string[]> {
  const all = new Map<string, string[]>()
  for (const word of lines.flatMap(({ value }) => value.split(' '))) {
    add(all, word, String((all.get(word)?.length ?? 0) + 1))
  }
  return all
}

function pairs(left: readonly InputRecord[], right: readonly InputRecord[]): Map<string, string[]> {
  const all = new Map<string, string[]>()
  for (const one of left) {
    for (const other of right) {
      const near = Math.abs(one.timestamp - other.timestamp) <= WINDOW_MS
      if (one.key === other.key && near) add(all, one.key, `${one.value}+${other.value}`)
    }
  }
  return all
}

function balances(amounts: readonly InputRecord[]): Map<string, string[]> {
  const all = new Map<string, string[]>()
  for (const { key, value } of amounts) {
    const [count = 0, sum = 0, hash = 0] = all.get(key)?.at(-1)?.split(':').map(Number) ?? []
    const amount = Number(value)
    add(all, key, `${count + 1}:${sum + amount}:${(hash * 31 + amount) % 1_000_003}`)
  }
  return all
}
