// `npm run bench`: Odradek and Apache Kafka side by side, in one run on one machine, and docs/benchmarks.md from it.
// --quick takes a tenth of the load (a check that the benchmark works, not a measurement); --only=PATTERN some rows.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { kafkaClasspath } from '../test/oracle/kafka.ts'
import { type Contender, kafka, type MeasuredBroker, odradek } from './brokers.ts'
import { acknowledgeLatencies, consume, createTopic, idleConnections, produce } from './clients.ts'
import { compareCodecs } from './codecs.ts'
import { coordination } from './coordination.ts'
import { cpuSeconds, median, percentile, residentBytes } from './process.ts'

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

const loads = [
  { row: 'produce 100 B, acks=all', topic: 'produce-100', recordSize: 100, records: 10_000_000, compression: 'none' },
  { row: 'produce 1 KB, acks=all', topic: 'produce-1k', recordSize: 1024, records: 2_000_000, compression: 'none' },
  { row: 'produce 1 KB, lz4', topic: 'produce-lz4', recordSize: 1024, records: 3_000_000, compression: 'lz4' },
]

const wanted = (row: string): boolean => row.includes(flags.only)

async function starts(contender: Contender, times: number): Promise<Result[]> {
  const took: number[] = []
  for (let i = 0; i < times; i++) {
    const broker = await contender.start()
    took.push(broker.startMs)
    await broker.stop()
  }
  return [{ row: 'process start to accepting', unit: 'ms', value: median(took) }]
}

async function throughput(broker: MeasuredBroker, classpath: string): Promise<Result[]> {
  const results: Result[] = []
  for (const load of loads.filter(({ row }) => wanted(row))) {
    const records = Math.round(load.records * scale)
    await createTopic(broker, load.topic)
    const cpuBefore = cpuSeconds(broker.pid)
    const speed = await produce(classpath, broker, { ...load, records })
    const gigabytes = (records * load.recordSize) / 2 ** 30
    results.push({ row: load.row, unit: 'MB/s', value: speed })
    results.push({
      row: `${load.row}: processor`,
      unit: 's/GB',
      value: (cpuSeconds(broker.pid) - cpuBefore) / gigabytes,
    })
    if (load.compression !== 'none') continue
    const read = await consume(classpath, broker, load.topic, records)
    results.push({ row: load.row.replace('produce', 'consume').replace(', acks=all', ''), unit: 'MB/s', value: read })
  }
  return results
}

async function latency(broker: MeasuredBroker): Promise<Result[]> {
  await createTopic(broker, 'latency')
  await acknowledgeLatencies(broker, 'latency', Math.round(5000 * scale))
  const latencies = await acknowledgeLatencies(broker, 'latency', Math.round(20_000 * scale))
  return [
    { row: 'acknowledge one record, p50', unit: 'µs', value: percentile(latencies, 50) },
    { row: 'acknowledge one record, p99', unit: 'µs', value: percentile(latencies, 99) },
  ]
}

async function connections(broker: MeasuredBroker): Promise<Result[]> {
  const before = residentBytes(broker.pid)
  const clients = await idleConnections(broker, IDLE_CONNECTIONS)
  const value = (residentBytes(broker.pid) - before) / IDLE_CONNECTIONS / 1024
  for (const client of clients) client.close()
  return [{ row: 'an idle connection', unit: 'KB', value }]
}

async function measure(contender: Contender, classpath: string): Promise<Result[]> {
  const results = wanted('start') ? await starts(contender, contender === odradek ? 5 : 2) : []
  const broker = await contender.start()
  try {
    await delay(5000)
    results.push({ row: 'memory, idle', unit: 'MB', value: residentBytes(broker.pid) / MB })
    // Before any load: memory that the load took is given back at its own time.
    if (wanted('connection')) results.push(...(await connections(broker)))
    if (wanted('acknowledge')) results.push(...(await latency(broker)))
    results.push(...(await throughput(broker, classpath)))
    results.push(...(await coordination(broker, wanted, scale)))
    results.push({ row: 'memory, after load', unit: 'MB', value: residentBytes(broker.pid) / MB })
  } finally {
    await broker.stop()
  }
  return results
}

interface Embedded {
  readonly wireMs: number
  readonly loadMs: number
  readonly firstMs: number
  readonly nextMs: number
}

function embedded(): Embedded {
  const script = fileURLToPath(new URL('./embedded.mjs', import.meta.url))
  const runs = Array.from({ length: 9 }, () => {
    const output = execFileSync(process.execPath, [script], { encoding: 'utf8' })
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Embedded
  })
  const middle = (key: keyof Embedded) => median(runs.map((run) => run[key]))
  return { wireMs: middle('wireMs'), loadMs: middle('loadMs'), firstMs: middle('firstMs'), nextMs: middle('nextMs') }
}

/** What DESIGN asks of each row, as a check on the ratio or on the figure itself. */
const aims: Record<string, string> = {
  'process start to accepting': '< 250 ms',
  'memory, idle': '< 80 MB',
  'memory, after load': '< 250 MB',
  'produce 100 B, acks=all': '≥ 1.7×',
  'produce 100 B, acks=all: processor': '≤ 0.5×',
  'produce 1 KB, acks=all': '≥ 2×',
  'produce 1 KB, acks=all: processor': '≤ 0.5×',
  'produce 1 KB, lz4': '≥ 1.3×',
  'consume 100 B': '≥ 1×',
  'consume 1 KB': '≥ 1×',
  'acknowledge one record, p50': '≤ 0.6×',
  'acknowledge one record, p99': '≤ 0.3×',
  'transactions of 10 records, one producer': '≥ 20×',
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
const ours = await measure(odradek, classpath)
const theirs = await measure(kafka, classpath)
const own = wanted('embedded') ? embedded() : undefined
const codecs = wanted('codecs') ? await compareCodecs() : []
const report = [
  '# Benchmarks',
  '',
  'Made by `npm run bench`: both brokers in one run on one machine, one after the other, with the same clients:',
  "Kafka's own `kafka-producer-perf-test` and `kafka-consumer-perf-test` (one partition, the clients' defaults and",
  "`acks=all`), Kafka's Java clients for transactions (records of 100 B, each producer a partition of its own) and groups",
  '(from the first `subscribe` until each member has one of as many partitions; to the first record: the median of new',
  'groups of one), and a raw connection for latency and idle connections. A new group waits for nobody',
  '(`group.initial.rebalance.delay.ms=0`). MB are 2^20 bytes. Processor seconds and memory are those of the broker’s',
  'process. Absolute figures are those of the machine; the ratios are what counts.',
  '',
  `Machine: ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB; Node ${process.version}; ${new Date().toISOString().slice(0, 10)}.`,
  '',
  table(ours, theirs),
  '',
  ...(own === undefined
    ? []
    : [
        'Embedded, in memory (median of 9 processes):',
        '',
        '| what | Odradek | aim |',
        '|---|---|---|',
        `| loading the codecs (odradek/wire) | ${own.wireMs.toFixed(1)} ms | < 5 ms |`,
        `| loading the rest of the package | ${own.loadMs.toFixed(1)} ms | |`,
        `| first broker in a process | ${own.firstMs.toFixed(1)} ms | < 50 ms |`,
        `| next broker in the process | ${own.nextMs.toFixed(1)} ms | < 10 ms |`,
        '',
      ]),
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
