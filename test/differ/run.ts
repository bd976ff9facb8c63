// `npm run test:differ`: the same scripted requests to Apache Kafka and to Odradek, every API at every version, and
// where the answers differ. --only=PATTERN runs the scripts whose names match, --verbose tells each as it runs.
// KAFKA_BOOTSTRAP and ODRADEK_BOOTSTRAP=host:port take running brokers; they must be fresh ones.
import { parseArgs } from 'node:util'
import { startKafka } from '../oracle/kafka.ts'
import { startOdradekTarget } from '../support/target.ts'
import { type Difference, differences, Normalizer } from './compare.ts'
import { advertised, Coverage } from './coverage.ts'
import { expected } from './expected.ts'
import { type Exchange, Recorder, type Script } from './recorder.ts'
import { scripts } from './scripts/index.ts'

const { values: flags } = parseArgs({
  options: { only: { type: 'string', default: '' }, verbose: { type: 'boolean', default: false } },
})
const only = new RegExp(flags.only, 'i')

interface Broker {
  readonly host: string
  readonly port: number
  stop(): Promise<void>
}

async function broker(variable: string, start: () => Promise<Broker>): Promise<Broker> {
  const [host, port] = (process.env[variable] ?? '').split(':')
  if (!host) return start()
  return { host, port: Number(port), stop: async () => undefined }
}

async function record(script: Script, { host, port }: Broker): Promise<Recorder | Error> {
  const recorder = new Recorder(host, port)
  try {
    await script.run(recorder)
    return recorder
  } catch (error) {
    return new Error(`${script.name} could not run: ${(error as Error).message}`)
  } finally {
    await recorder.close()
  }
}

const show = (value: unknown) => JSON.stringify(value)?.slice(0, 300)

const coverage = new Coverage()
const explained = new Map<string, number>()
let compared = 0
let unexplained = 0

function compare(script: Script, kafka: Recorder | Error, odradek: Recorder | Error): void {
  if (kafka instanceof Error || odradek instanceof Error) {
    unexplained++
    if (kafka instanceof Error) console.log(`${kafka.message} (on Apache Kafka)`)
    if (odradek instanceof Error) console.log(`${odradek.message} (on Odradek)`)
    return
  }
  if (kafka.exchanges.length !== odradek.exchanges.length) {
    unexplained++
    console.log(`${script.name}: ${kafka.exchanges.length} and ${odradek.exchanges.length} exchanges`)
  }
  const [left, right] = [new Normalizer(kafka.known), new Normalizer(odradek.known)]
  for (const [i, exchange] of kafka.exchanges.entries()) {
    const other = odradek.exchanges[i]
    if (other === undefined) break
    compared++
    coverage.add(exchange)
    for (const difference of differences(left.answerOf(exchange), right.answerOf(other))) {
      report(exchange, difference)
    }
  }
}

function report(exchange: Exchange, difference: Difference): void {
  const known = expected.find((one) => one.covers(exchange, difference))
  if (known !== undefined) {
    explained.set(known.reason, (explained.get(known.reason) ?? 0) + 1)
    return
  }
  unexplained++
  const { api, version, note } = exchange
  const request = `${api} ${version}${note === '' ? '' : ` (${note})`}`
  console.log(`${request} ${difference.path}: Kafka ${show(difference.kafka)}, Odradek ${show(difference.odradek)}`)
}

/** Whether a broker serves what the script is about. */
function served(script: Script, apis: ReadonlySet<string>): boolean {
  return script.api === undefined || apis.has(`${script.api} ${script.version}`)
}

const kafka = await broker('KAFKA_BOOTSTRAP', startKafka)
try {
  const odradek = await broker('ODRADEK_BOOTSTRAP', startOdradekTarget)
  try {
    await compareAll(kafka, odradek)
  } finally {
    await odradek.stop()
  }
} finally {
  await kafka.stop()
}

async function compareAll(theirs: Broker, ours: Broker): Promise<void> {
  const oracle = await advertised(theirs.host, theirs.port)
  const built = await advertised(ours.host, ours.port)
  const wanted = scripts.filter((script) => only.test(script.name) && served(script, oracle))
  for (const script of wanted.filter((one) => served(one, built))) {
    if (flags.verbose) console.log(`# ${script.name}`)
    const [left, right] = await Promise.all([record(script, theirs), record(script, ours)])
    compare(script, left, right)
  }
  summarize(
    oracle,
    wanted.filter((script) => !served(script, built)),
  )
}

function summarize(oracle: ReadonlySet<string>, skipped: readonly Script[]): void {
  for (const [reason, times] of explained) console.log(`listed: ${times} × ${reason}`)
  if (skipped.length > 0) {
    console.log(`skipped, since Odradek does not advertise it: ${skipped.map(({ name }) => name).join(', ')}`)
  }
  const skippedNames = new Set(skipped.map(({ api, version }) => `${api} ${version}`))
  const missing = coverage.missing(oracle).filter((one) => !skippedNames.has(one))
  if (flags.only === '' && missing.length > 0) console.log(`in no script: ${missing.join(', ')}`)
  console.log(`errors that Kafka answered (${coverage.errorsSeen().length}): ${coverage.errorsSeen().join(' ')}`)
  const listed = [...explained.values()].reduce((sum, times) => sum + times, 0)
  const gone = expected.filter(({ reason }) => !explained.has(reason))
  if (flags.only === '') for (const { reason } of gone) console.log(`listed, and different no more: ${reason}`)
  console.log(`${compared} requests compared, ${listed} listed differences, ${unexplained} unexplained differences`)
  const incomplete = flags.only === '' && (missing.length > 0 || gone.length > 0)
  process.exitCode = unexplained > 0 || compared === 0 || incomplete ? 1 : 0
}
