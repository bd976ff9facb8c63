// `npm run test:differ`: the same scripted requests to Apache Kafka and to Odradek, every API at every version, and
// where the answers differ. --only=PATTERN runs some scripts; KAFKA_BOOTSTRAP and ODRADEK_BOOTSTRAP take running brokers.
import { parseArgs } from 'node:util'
import { startKafka } from '../oracle/kafka.ts'
import { startOdradekTarget } from '../support/target.ts'
import { type Difference, differences, Normalizer } from './compare.ts'
import { expected } from './expected.ts'
import { type Exchange, Recorder, type Script } from './recorder.ts'
import { scripts } from './scripts/index.ts'

const { values: flags } = parseArgs({ options: { only: { type: 'string', default: '' } } })

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

async function record(script: Script, { host, port }: Broker): Promise<Exchange[] | Error> {
  const recorder = new Recorder(host, port)
  try {
    await script.run(recorder)
    return recorder.exchanges
  } catch (error) {
    return new Error(`${script.name} could not run: ${(error as Error).message}`)
  } finally {
    recorder.close()
  }
}

const show = (value: unknown) => JSON.stringify(value)?.slice(0, 300)

let compared = 0
let unexplained = 0
const explained = new Map<string, number>()

function compare(script: Script, kafka: Exchange[] | Error, odradek: Exchange[] | Error): void {
  if (kafka instanceof Error || odradek instanceof Error) {
    unexplained++
    if (kafka instanceof Error) console.log(`${kafka.message} on Apache Kafka`)
    if (odradek instanceof Error) console.log(`${odradek.message} on Odradek`)
    return
  }
  if (kafka.length !== odradek.length) {
    unexplained++
    console.log(`${script.name}: ${kafka.length} exchanges on Apache Kafka, ${odradek.length} on Odradek`)
  }
  const [left, right] = [new Normalizer(), new Normalizer()]
  for (const [i, exchange] of kafka.entries()) {
    const other = odradek[i]
    if (other === undefined) break
    compared++
    for (const difference of differences(left.normalize(exchange.answer), right.normalize(other.answer))) {
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
  console.log(
    `${api} ${version}${note === '' ? '' : ` (${note})`} ${difference.path}: Kafka ${show(difference.kafka)}, Odradek ${show(difference.odradek)}`,
  )
}

const kafka = await broker('KAFKA_BOOTSTRAP', startKafka)
const odradek = await broker('ODRADEK_BOOTSTRAP', startOdradekTarget)
try {
  for (const script of scripts.filter(({ name }) => name.includes(flags.only))) {
    const [theirs, ours] = await Promise.all([record(script, kafka), record(script, odradek)])
    compare(script, theirs, ours)
  }
} finally {
  await Promise.all([kafka.stop(), odradek.stop()])
}
for (const [reason, times] of explained) console.log(`listed: ${times} × ${reason}`)
const listed = [...explained.values()].reduce((sum, times) => sum + times, 0)
console.log(`${compared} requests compared, ${listed} listed differences, ${unexplained} unexplained differences`)
process.exitCode = unexplained > 0 || compared === 0 ? 1 : 0
