// What coordinators cost their clients, measured through Kafka's own Java clients: transactions, groups that come
// together, the first record of a group.

import { type Compiled, compileClients } from '../test/support/jars.ts'
import { runJava } from '../test/support/java.ts'
import { type Address, createTopic } from './clients.ts'

const MEASURED_MS = 20_000
const MEMBERS = 50
const TIMES = 20
const PRODUCERS = { one: 1, eight: 8 } as const

interface Result {
  readonly row: string
  readonly unit: string
  readonly value: number
}

type Numbers = Readonly<Record<string, number>>

const rows = {
  transactions: (producers: keyof typeof PRODUCERS) =>
    `transactions of 10 records, ${producers} producer${producers === 'one' ? '' : 's'}`,
  join: (protocol: string, members: number) => `a group of ${members} joins (${protocol})`,
  first: (protocol: string) => `subscribe to first record (${protocol})`,
}

/** All rows, for who chooses among them. */
export const coordinationRows: readonly string[] = [
  ...(['one', 'eight'] as const).map(rows.transactions),
  ...['classic', 'consumer'].flatMap((protocol) => [rows.join(protocol, MEMBERS), rows.first(protocol)]),
]

/** `wanted` chooses rows, `scale` makes less of each. */
export async function coordination(
  address: Address,
  wanted: (row: string) => boolean,
  scale: number,
): Promise<Result[]> {
  const compiled = await compileClients('bench')
  const ask = (mode: string, topic: string, ...args: (string | number)[]) =>
    askProgram(compiled, [mode, `${address.host}:${address.port}`, topic, ...args.map(String)])
  try {
    return [
      ...(await transactions(address, ask, wanted, Math.round(MEASURED_MS * scale))),
      ...(await groups(address, ask, wanted, scale)),
    ]
  } finally {
    compiled.dispose()
  }
}

type Ask = (mode: string, topic: string, ...args: (string | number)[]) => Promise<Numbers>

async function askProgram({ classpath }: Compiled, args: readonly string[]): Promise<Numbers> {
  const jvm = ['-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=off']
  const { code, stdout, stderr } = await runJava(classpath, 'Coordination', args, { jvm })
  if (code !== 0) throw new Error(`Coordination ${args.join(' ')} ended with ${code}: ${stdout}${stderr.slice(-2000)}`)
  return JSON.parse(stdout)
}

async function transactions(
  address: Address,
  ask: Ask,
  wanted: (row: string) => boolean,
  measuredMs: number,
): Promise<Result[]> {
  const results: Result[] = []
  for (const producers of ['one', 'eight'] as const) {
    const row = rows.transactions(producers)
    const percentiles = [50, 99].map((percent) => `${row}: commit, p${percent}`)
    if (![row, ...percentiles].some(wanted)) continue
    const topic = `transactions-${producers}`
    await createTopic(address, topic, PRODUCERS[producers])
    const { perSecond, p50, p99 } = await ask('transactions', topic, PRODUCERS[producers], measuredMs)
    results.push({ row, unit: '/s', value: perSecond ?? Number.NaN })
    for (const [i, value] of [p50, p99].entries()) {
      results.push({ row: percentiles[i] ?? '', unit: 'ms', value: value ?? Number.NaN })
    }
  }
  return results
}

async function groups(address: Address, ask: Ask, wanted: (row: string) => boolean, scale: number): Promise<Result[]> {
  const results: Result[] = []
  const members = Math.max(2, Math.round(MEMBERS * scale))
  const times = Math.max(1, Math.round(TIMES * scale))
  for (const protocol of ['classic', 'consumer']) {
    for (const [mode, row, count] of [
      ['join', rows.join(protocol, members), members],
      ['first', rows.first(protocol), times],
    ] as const) {
      if (!wanted(row)) continue
      const topic = `${mode}-${protocol}`
      await createTopic(address, topic, mode === 'join' ? members : 1)
      const { ms } = await ask(mode, topic, protocol, count)
      results.push({ row, unit: 'ms', value: ms ?? Number.NaN })
    }
  }
  return results
}
