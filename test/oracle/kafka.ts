// The oracle: a real Apache Kafka 4.3.1, one combined node, started from Maven Central's jars.
// The jars are kept in .cache/, so that only the first start on a machine fetches them.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { apis } from '../../src/wire/index.ts'
import { jarsOf } from '../support/jars.ts'
import { RawClient } from '../support/raw-client.ts'

const run = promisify(execFile)

export const KAFKA_VERSION = '4.3.1'
const POM = fileURLToPath(new URL('./pom.xml', import.meta.url))
const START_TIMEOUT_MS = 90_000

export interface KafkaOptions {
  /** Broker configs over those of a single test node. */
  readonly overrides?: Readonly<Record<string, string>>
  /** The JVM's heap, as for -Xmx. */
  readonly heap?: string
}

export interface KafkaProcess {
  readonly name: 'kafka'
  readonly host: string
  readonly port: number
  readonly pid: number
  readonly logDir: string
  /** From the start of the JVM to the first answer, in ms; formatting is not counted. */
  readonly startMs: number
  /** SIGKILL, and wait for the end; the directory stays. */
  kill(): Promise<void>
  /** Starts it again after a kill, on the same ports and directory. */
  restart(): Promise<void>
  /** Ends it, and removes the directory. */
  stop(): Promise<void>
}

/** The classpath of Kafka and its tools; fetches the jars with Maven when they are not there. */
export function kafkaClasspath(): Promise<string> {
  return jarsOf(POM, `kafka-${KAFKA_VERSION}`)
}

/** Ports that nothing listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

function properties(
  directory: string,
  port: number,
  controllerPort: number,
  overrides: KafkaOptions['overrides'],
): string {
  const all: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': join(directory, 'data'),
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    ...overrides,
  }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** Formats a new directory, starts Kafka on free ports, and waits for its first answer. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaProcess> {
  const classpath = await kafkaClasspath()
  const directory = mkdtempSync(join(tmpdir(), 'odradek-kafka-'))
  const [port, controllerPort] = (await freePorts(2)) as [number, number]
  const config = join(directory, 'server.properties')
  writeFileSync(config, properties(directory, port, controllerPort, options.overrides))
  const logging = join(directory, 'log4j2.properties')
  writeFileSync(logging, 'rootLogger.level=off\n')
  const jvm = [`-Xmx${options.heap ?? '512m'}`, `-Dlog4j2.configurationFile=${logging}`, '-cp', classpath]
  await run('java', [
    ...jvm,
    'kafka.tools.StorageTool',
    'format',
    '--standalone',
    '-t',
    '4L6g3nShT-eMCtK--X86sw',
    '-c',
    config,
  ])

  let running = await launch(jvm, config, port).catch((error: unknown) => {
    rmSync(directory, { recursive: true, force: true })
    throw error
  })
  return {
    name: 'kafka',
    host: '127.0.0.1',
    port,
    logDir: join(directory, 'data'),
    get pid() {
      return running.pid
    },
    get startMs() {
      return running.startMs
    },
    kill: () => running.kill(),
    async restart() {
      running = await launch(jvm, config, port)
    },
    async stop() {
      await running.kill()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

interface Running {
  readonly pid: number
  readonly startMs: number
  kill(): Promise<void>
}

/** Starts the JVM of a formatted directory, and waits for its first answer. */
async function launch(jvm: readonly string[], config: string, port: number): Promise<Running> {
  const started = performance.now()
  const child = spawn('java', [...jvm, 'kafka.Kafka', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000)
    })
  }
  let exited = false
  const exit = once(child, 'exit').then(() => {
    exited = true
  })
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exit
  }
  while (!(await answers(port))) {
    if (exited || performance.now() - started > START_TIMEOUT_MS) {
      await kill()
      throw new Error(`Apache Kafka did not start: ${output}`)
    }
    await delay(20)
  }
  return { pid: child.pid ?? 0, startMs: performance.now() - started, kill }
}

/** Whether the broker says hello and knows itself as a broker. */
export async function answers(port: number): Promise<boolean> {
  let client: RawClient | undefined
  try {
    client = await RawClient.connect('127.0.0.1', port)
    const { brokers } = await client.send(apis.Metadata, 12, { topics: [] })
    return brokers.length === 1
  } catch {
    return false
  } finally {
    client?.close()
  }
}
