// `npm run bench`: Odradek and Apache Kafka side by side, in one run on one machine, and docs/benchmarks.md from it.
// --quick takes a tenth of the load (a check that the benchmark works, not a measurement); --only=PATTERN some rows.
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { kafkaClasspath } from '../test/oracle/kafka.ts'
import { type Contender, kafka, type MeasuredBroker, odradek } from './brokers.ts'
import { acknowledgeLatencies, consume, createTopic, idleConnections, produce } from './clients.ts'
import { compareCodecs } from './codecs.ts'
import { coordination, coordinationRows } from './coordination.ts'
import { fetchLoad, produceLoad } from './load.ts'
import { cpuSeconds, median, percentile, residentBytes } from './process.ts'
import { testingTable } from './testing.ts'

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
})

const MB = 2 ** 20
const scale = flags.quick ? 0.1 : 1
const IDLE_CONNECTIONS = flags.quick ? 100 : 1000

interface Result {
  readonly row: string
  readonly unit: string
  readonly value: number
}

/** Measured on both brokers in turn, `rounds` times after one that warms up, so that both see the same machine. */
interface Measurement {
  readonly rows: readonly string[]
  readonly rounds: number
  measure(broker: MeasuredBroker, round: number): Promise<Result[]>
}

const loads = [
  { row: 'produce 100 B', recordSize: 100, compression: 'none', bytes: 500 * MB },
  { row: 'produce 1 KB', recordSize: 1024, compression: 'none', bytes: 1000 * MB },
  { row: 'produce 1 KB, lz4', recordSize: 1024, compression: 'lz4', bytes: 2000 * MB },
] as const

const tools = [
  { row: '100 B', recordSize: 100, records: 5_000_000, compression: 'none' },
  { row: '1 KB', recordSize: 1024, records: 1_000_000, compression: 'none' },
  { row: '1 KB, lz4', recordSize: 1024, records: 1_000_000, compression: 'lz4' },
] as const

const wanted = (row: string): boolean => row.includes(flags.only)

/** What the broker's process took for each gigabyte of values. */
async function withProcessor(broker: MeasuredBroker, row: string, bytes: number, run: () => Promise<number>) {
  const before = cpuSeconds(broker.pid)
  const value = await run()
  const gigabytes = bytes / 2 ** 30
  return [
    { row, unit: 'MB/s', value },
    { row: `${row}: processor`, unit: 's/GB', value: (cpuSeconds(broker.pid) - before) / gigabytes },
  ]
}

function loadMeasurement({ row, recordSize, compression, bytes }: (typeof loads)[number]): Measurement {
  const consume = row.replace('produce', 'consume')
  const records = Math.round((bytes * scale) / recordSize)
  return {
    rows: compression === 'none' ? [row, consume] : [row],
    rounds: 3,
    async measure(broker, round) {
      const load = { topic: `load ${row} ${round}`.replace(/[^a-z0-9]/gi, '-'), recordSize, records, compression }
      await createTopic(broker, load.topic)
      const size = records * recordSize
      const results = await withProcessor(broker, row, size, () => produceLoad(broker, load))
      if (compression !== 'none') return results
      return [...results, ...(await withProcessor(broker, consume, size, () => fetchLoad(broker, load)))]
    },
  }
}

function toolMeasurement({ row, recordSize, compression, records }: (typeof tools)[number]): Measurement {
  const produceRow = `kafka-producer-perf-test, ${row}`
  const consumeRow = `kafka-consumer-perf-test, ${row}`
  return {
    rows: [produceRow, consumeRow],
    rounds: 2,
    async measure(broker, round) {
      const topic = `tool-${row}-${round}`.replace(/[^a-z0-9]/gi, '-')
      const load = { topic, recordSize, compression, records: Math.round(records * scale) }
      await createTopic(broker, topic)
      const size = load.records * recordSize
      const written = await withProcessor(broker, produceRow, size, () => produce(classpath, broker, load))
      const read = () => consume(classpath, broker, topic, load.records)
      return [...written, ...(await withProcessor(broker, consumeRow, size, read))]
    },
  }
}

const LATENCY_ROWS = { 50: 'acknowledge one record, p50', 99: 'acknowledge one record, p99' } as const

const latencyMeasurement: Measurement = {
  rows: Object.values(LATENCY_ROWS),
  rounds: 6,
  async measure(broker, round) {
    const topic = `latency-${round}`
    await createTopic(broker, topic)
    await acknowledgeLatencies(broker, topic, Math.round(2000 * scale))
    const latencies = await acknowledgeLatencies(broker, topic, Math.round(5000 * scale))
    return ([50, 99] as const).map((percent) => ({
      row: LATENCY_ROWS[percent],
      unit: 'µs',
      value: percentile(latencies, percent),
    }))
  },
}

const connectionMeasurement: Measurement = {
  rows: ['an idle connection'],
  rounds: 1,
  async measure(broker) {
    const before = residentBytes(broker.pid)
    const clients = await idleConnections(broker, IDLE_CONNECTIONS)
    const value = (residentBytes(broker.pid) - before) / IDLE_CONNECTIONS / 1024
    for (const client of clients) client.close()
    return [{ row: 'an idle connection', unit: 'KB', value }]
  },
}

const memoryMeasurement = (row: string): Measurement => ({
  rows: [row],
  rounds: 1,
  measure: async (broker) => [{ row, unit: 'MB', value: residentBytes(broker.pid) / MB }],
})

const coordinationMeasurement: Measurement = {
  rows: coordinationRows,
  rounds: 1,
  measure: (broker) => coordination(broker, wanted, scale),
}

/** Idle connections before any load: memory that the load took is given back at its own time. */
const measurements: readonly Measurement[] = [
  memoryMeasurement('memory, idle'),
  connectionMeasurement,
  latencyMeasurement,
  ...loads.map(loadMeasurement),
  ...tools.map(toolMeasurement),
  coordinationMeasurement,
  memoryMeasurement('memory, after load'),
]

type Contenders = readonly [ours: Contender, theirs: Contender]
type Both<T> = [ours: T, theirs: T]

async function starts([ours, theirs]: Contenders): Promise<Both<Result[]>> {
  const took: Both<number[]> = [[], []]
  for (let round = 0; round < (flags.quick ? 1 : 3); round++) {
    for (const [index, contender] of [ours, theirs].entries()) {
      const broker = await contender.start()
      took[index]?.push(broker.startMs)
      await broker.stop()
    }
  }
  const row = 'process start to accepting'
  const [fast, slow] = took
  return [[{ row, unit: 'ms', value: median(fast) }], [{ row, unit: 'ms', value: median(slow) }]]
}

/** The median of each row's rounds, in the order of the rows. */
function medians(results: readonly Result[]): Result[] {
  const byRow = new Map<string, Result[]>()
  for (const result of results) byRow.set(result.row, [...(byRow.get(result.row) ?? []), result])
  return [...byRow.values()].map((rounds) => ({
    ...(rounds[0] as Result),
    value: median(rounds.map(({ value }) => value)),
  }))
}

async function measureBoth(contenders: Contenders): Promise<Both<Result[]>> {
  const results: Both<Result[]> = wanted('start') ? await starts(contenders) : [[], []]
  const brokers = [await contenders[0].start(), await contenders[1].start()]
  try {
    await delay(5000)
    for (const { rows, rounds, measure } of measurements) {
      if (!rows.some(wanted)) continue
      const warmUps = rounds > 1 && !flags.quick ? 1 : 0
      for (let round = 0; round < (flags.quick ? 1 : rounds + warmUps); round++) {
        for (const [index, broker] of brokers.entries()) {
          process.stderr.write(`${contenders[index]?.name}: ${rows[0]}, round ${round}\n`)
          const measured = await measure(broker, round)
          if (round >= warmUps) results[index]?.push(...measured)
        }
      }
    }
  } finally {
    for (const broker of brokers) await broker.stop()
  }
  return [medians(results[0]), medians(results[1])]
}

/** What each row is to reach: a ratio, or a figure of its own. */
const aims: Record<string, string> = {
  'process start to accepting': '< 250 ms',
  'memory, idle': '< 80 MB',
  'memory, after load': '< 250 MB',
  'produce 100 B': '≥ 1.7×',
  'produce 100 B: processor': '≤ 0.5×',
  'produce 1 KB': '≥ 2×',
  'produce 1 KB: processor': '≤ 0.5×',
  'produce 1 KB, lz4': '≥ 1.3×',
  'consume 100 B': '≥ 1×',
  'consume 1 KB': '≥ 1×',
  'acknowledge one record, p50': '≤ 0.6×',
  'acknowledge one record, p99': '≤ 0.3×',
  'transactions of 10 records, one producer': '≥ 20×',
  'subscribe to first record (classic)': '≤ 0.5×',
  'subscribe to first record (consumer)': '≤ 0.5×',
  'an idle connection': '≤ 1×',
}

function table(ours: readonly Result[], theirs: readonly Result[]): string {
  const shown = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2))
  const rows = ours.map(({ row, unit, value }) => {
    const other = theirs.find((result) => result.row === row)?.value ?? Number.NaN
    return `| ${row} | ${shown(value)} ${unit} | ${shown(other)} ${unit} | ${shown(value / other)}× | ${aims[row] ?? ''} |`
  })
  return ['| what | Odradek | Apache Kafka 4.3.1 | ratio | aim |', '|---|---|---|---|---|', ...rows].join('\n')
}

const classpath = await kafkaClasspath()
const [ours, theirs] = await measureBoth([odradek, kafka])
const own = wanted('embedded') ? await testingTable() : []
const codecs = wanted('codecs') ? await compareCodecs() : []
const report = [
  '# Benchmarks',
  '',
  'Made by `npm run bench`: both brokers at once on one machine, loaded in turn, row by row and round by round; the median',
  'of the rounds after a first one that warms up. MB are 2^20 bytes of values, processor seconds and memory those of the broker’s process. Absolute',
  'figures are those of the machine; the ratios are what counts.',
  '',
  'Produce and consume: a connection that costs nearly nothing itself, one partition, acks=all. It sends batches of 16 KB',
  'that are encoded once, five requests in flight, and reads 1 MB a request, one request at a time. The rows named after',
  "Kafka's tools are those tools with their defaults: the same brokers, as fast as that Java client can be. Latency: one",
  "record at a time over a raw connection. Transactions (records of 100 B) and groups: Kafka's Java clients; from the first",
  '`subscribe` until each member has one of as many partitions, and to the first record (the median of new groups of one),',
  'where a new group waits for nobody (`group.initial.rebalance.delay.ms=0`).',
  '',
  `Machine: ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB; Node ${process.version}; ${new Date().toISOString().slice(0, 10)}.`,
  '',
  table(ours, theirs),
  '',
  ...own,
  ...(codecs.length === 0
    ? []
    : [
        'Codecs, messages a second in one process, in turn with those of kafkajs and @platformatic/kafka:',
        '',
        '| what | Odradek | kafkajs | @platformatic/kafka |',
        '|---|---|---|---|',
        ...codecs.map(
          ({ row, odradek, kafkajs, platformatic }) =>
            `| ${row} | ${odradek.toFixed(0)} | ${kafkajs.toFixed(0)} (${(odradek / kafkajs).toFixed(1)}×) | ${platformatic.toFixed(0)} (${(odradek / platformatic).toFixed(1)}×) |`,
        ),
        '',
      ]),
].join('\n')
console.log(report)
if (!flags.quick && flags.only === '') writeFileSync(new URL('../docs/benchmarks.md', import.meta.url), report)
