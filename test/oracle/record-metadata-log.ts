// Records the metadata log that Apache Kafka writes over the lives of a node: `tsx test/oracle/record-metadata-log.ts`,
// after they changed. Writes test/facts/kafka-metadata-log.jsonl.gz: a line for each life, the values of its records.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type Api, apis, fromJson } from '../../src/wire/index.ts'
import { Batch, readBatchRecords } from '../../src/wire/records/index.ts'
import { RawClient } from '../support/raw-client.ts'
import { kafkaClasspath } from './kafka.ts'
import { type Life, lives } from './metadata-lives.ts'

const FACTS = new URL('../facts/kafka-metadata-log.jsonl.gz', import.meta.url)
const [PORT, CONTROLLER_PORT] = [39_292, 39_293]

const directory = mkdtempSync(join(tmpdir(), 'odradek-metadata-log-'))
const config = join(directory, 'server.properties')
const data = join(directory, 'data')
writeFileSync(
  config,
  `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:${CONTROLLER_PORT}
listeners=PLAINTEXT://127.0.0.1:${PORT},CONTROLLER://127.0.0.1:${CONTROLLER_PORT}
controller.listener.names=CONTROLLER
log.dirs=${data}
`,
)
const jvm = ['-Xmx512m', '-cp', await kafkaClasspath()]

async function start(): Promise<ChildProcess> {
  const kafka = spawn('java', [...jvm, 'kafka.Kafka', config], { stdio: 'ignore' })
  for (;;) {
    try {
      const client = await RawClient.connect('127.0.0.1', PORT)
      const { brokers } = await client.send(apis.Metadata, 12, { topics: [] })
      client.close()
      if (brokers.length === 1) return kafka
    } catch {
      // Not yet.
    }
    await delay(50)
  }
}

async function live({ commands, end }: Life): Promise<void> {
  const kafka = await start()
  const client = await RawClient.connect('127.0.0.1', PORT)
  for (const { api: name, version, request } of commands) {
    const api: Api = apis[name]
    console.log(
      name,
      JSON.stringify(await client.send(api, version, fromJson(api.request, version, request))).slice(0, 200),
    )
  }
  client.close()
  kafka.kill(end === 'stop' ? 'SIGTERM' : 'SIGKILL')
  await once(kafka, 'exit')
}

/** The values of the log from an offset on, in hex, with the offset behind them. */
function read(from: number): { values: string[]; end: number } {
  const bytes = readFileSync(join(data, '__cluster_metadata-0', '00000000000000000000.log'))
  const values: string[] = []
  let end = from
  for (const at of Batch.positions(bytes)) {
    const isControl = Batch.isControl(bytes, at)
    for (const { offset, value } of readBatchRecords(bytes, at)) {
      if (offset < from) continue
      end = offset + 1
      if (!isControl && value !== null) values.push(value.toString('hex'))
    }
  }
  return { values, end }
}

await promisify(execFile)('java', [
  ...jvm,
  'kafka.tools.StorageTool',
  'format',
  '--standalone',
  '-t',
  '4L6g3nShT-eMCtK--X86sw',
  '-c',
  config,
])
const lines: string[] = []
let from = 0
for (const life of lives) {
  await live(life)
  const { values, end } = read(from)
  from = end
  lines.push(JSON.stringify(values))
}
writeFileSync(FACTS, gzipSync(`${lines.join('\n')}\n`, { level: 9 }))
rmSync(directory, { recursive: true })
