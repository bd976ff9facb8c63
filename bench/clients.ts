// The clients that load a broker: Kafka's own perf tools, and a raw connection for latency.
import { apis, ErrorCode } from '../src/wire/index.ts'
import { encodeBatch } from '../src/wire/records/index.ts'
import { runJava } from '../test/support/java.ts'
import { RawClient } from '../test/support/raw-client.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

async function java(classpath: string, mainClass: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runJava(classpath, mainClass, args, { jvm: [] })
  if (code !== 0) throw new Error(`${mainClass} ended with ${code}: ${stdout.slice(-2000)}${stderr.slice(-2000)}`)
  return stdout
}

export interface ProduceLoad {
  readonly topic: string
  readonly recordSize: number
  readonly records: number
  readonly compression: string
}

/** kafka-producer-perf-test with acks=all; MB/s as it prints them (1 MB = 2^20 bytes). */
export async function produce(classpath: string, address: Address, load: ProduceLoad): Promise<number> {
  const output = await java(classpath, 'org.apache.kafka.tools.ProducerPerformance', [
    '--topic',
    load.topic,
    '--num-records',
    String(load.records),
    '--record-size',
    String(load.recordSize),
    '--throughput',
    '-1',
    '--producer-props',
    `bootstrap.servers=${address.host}:${address.port}`,
    'acks=all',
    `compression.type=${load.compression}`,
  ])
  const match = [...output.matchAll(/^\d+ records sent, [\d.]+ records\/sec \(([\d.]+) MB\/sec\)/gm)].at(-1)
  if (match === undefined) throw new Error(`no result in: ${output.slice(-2000)}`)
  return Number(match[1])
}

/** kafka-consumer-perf-test over what is there; MB/s of fetching, joining the group left out. */
export async function consume(classpath: string, address: Address, topic: string, records: number): Promise<number> {
  const output = await java(classpath, 'org.apache.kafka.tools.ConsumerPerformance', [
    '--bootstrap-server',
    `${address.host}:${address.port}`,
    '--topic',
    topic,
    '--num-records',
    String(records),
    '--timeout',
    '60000',
  ])
  const cells = (line = '') => line.split(',').map((cell) => cell.trim())
  const lines = output.trim().split('\n')
  const names = cells(lines.find((line) => line.startsWith('start.time')))
  const values = cells(lines.at(-1))
  const speed = Number(values[names.indexOf('fetch.MB.sec')])
  if (!(speed > 0)) throw new Error(`no result in: ${output.slice(-2000)}`)
  return speed
}

export async function createTopic(address: Address, name: string, numPartitions = 1): Promise<void> {
  const client = await RawClient.connect(address.host, address.port)
  const topics = [{ name, numPartitions, replicationFactor: 1 }]
  const answer = await client.send(apis.CreateTopics, 5, { topics, timeoutMs: 30_000 })
  client.close()
  if (answer.topics[0]?.errorCode !== ErrorCode.NONE) throw new Error(`CreateTopics: ${answer.topics[0]?.errorMessage}`)
}

/** Microseconds from request to acknowledgement, one 100-byte record at a time with acks=all. */
export async function acknowledgeLatencies(address: Address, topic: string, count: number): Promise<number[]> {
  const client = await RawClient.connect(address.host, address.port)
  const value = Buffer.alloc(100, 'x')
  const latencies: number[] = []
  for (let i = 0; i < count; i++) {
    const records = encodeBatch({ records: [{ key: null, value, timestamp: Date.now() }] })
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
    const started = performance.now()
    const answer = await client.send(apis.Produce, 9, { acks: -1, timeoutMs: 30_000, topicData })
    latencies.push((performance.now() - started) * 1000)
    if (answer.responses[0]?.partitionResponses[0]?.errorCode !== ErrorCode.NONE) throw new Error('Produce failed')
  }
  client.close()
  return latencies
}

/** Opens connections that have said hello and then say nothing. */
export async function idleConnections(address: Address, count: number): Promise<RawClient[]> {
  const clients: RawClient[] = []
  for (let i = 0; i < count; i++) {
    const client = await RawClient.connect(address.host, address.port)
    await client.send(apis.ApiVersions, 3, { clientSoftwareName: 'bench', clientSoftwareVersion: '1' })
    clients.push(client)
  }
  return clients
}
