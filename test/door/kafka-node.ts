// Apache Kafka on a directory that is there already: formatted with its own tool, or left by Odradek. Its configuration
// is the server.properties that Kafka ships, with what a test needs on top.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { answers, kafkaClasspath } from '../oracle/kafka.ts'

const run = promisify(execFile)
const START_TIMEOUT_MS = 90_000
const LOGGING =
  'rootLogger.level=warn\nrootLogger.appenderRef.console.ref=console\nappender.console.type=Console\nappender.console.name=console\nappender.console.layout.type=PatternLayout\nappender.console.layout.pattern=%p %m%n%throwable{short}\n'

export interface NodePorts {
  readonly client: number
  readonly controller: number
}

/** What `config/server.properties` of the distribution says, on these ports. */
export function shippedProperties(ports: NodePorts): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `localhost:${ports.controller}`,
    listeners: `PLAINTEXT://:${ports.client},CONTROLLER://:${ports.controller}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'advertised.listeners': `PLAINTEXT://localhost:${ports.client},CONTROLLER://localhost:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map':
      'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
    'num.network.threads': '3',
    'num.io.threads': '8',
    'socket.send.buffer.bytes': '102400',
    'socket.receive.buffer.bytes': '102400',
    'socket.request.max.bytes': '104857600',
    'log.dirs': '/tmp/kraft-combined-logs',
    'num.partitions': '1',
    'num.recovery.threads.per.data.dir': '2',
    'offsets.topic.replication.factor': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'log.retention.hours': '168',
    'log.segment.bytes': '1073741824',
    'log.retention.check.interval.ms': '300000',
  }
}

export function propertiesText(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

export interface KafkaNode {
  readonly host: string
  readonly port: number
  readonly pid: number
  /** SIGTERM, and wait for the end; gives the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL, and wait for the end. */
  kill(): Promise<void>
}

async function jvmFlags(directory: string, heap: string): Promise<string[]> {
  const logging = join(directory, 'log4j2.properties')
  writeFileSync(logging, LOGGING)
  return [
    `-Xmx${heap}`,
    '-XX:TieredStopAtLevel=1',
    `-Dlog4j2.configurationFile=${logging}`,
    '-cp',
    await kafkaClasspath(),
  ]
}

/** `kafka-storage.sh format`; `--standalone` among the flags makes a quorum with dynamic voters. */
export async function formatKafka(directory: string, config: string, flags: readonly string[]): Promise<void> {
  const jvm = await jvmFlags(directory, '128m')
  await run('java', [...jvm, 'kafka.tools.StorageTool', 'format', '-c', config, ...flags])
}

/** `kafka-server-start.sh CONFIG FLAGS`; resolves when clients can connect to the port. */
export async function startKafkaNode(
  directory: string,
  config: string,
  port: number,
  flags: readonly string[] = [],
): Promise<KafkaNode> {
  const jvm = await jvmFlags(directory, '512m')
  const child = spawn('java', [...jvm, 'kafka.Kafka', config, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-6000)
    })
  }
  let ended = false
  const exited = once(child, 'exit').then(([code]) => {
    ended = true
    return code as number | null
  })
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!(await answers(port))) {
    if (ended || performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`Apache Kafka did not start: ${output}`)
    }
    await delay(50)
  }
  return {
    host: '127.0.0.1',
    port,
    pid: child.pid ?? 0,
    stop() {
      child.kill('SIGTERM')
      return exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
