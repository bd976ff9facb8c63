// Apache Kafka's own command-line tools, unmodified, against the broker: what a person types, and what they see.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaClasspath } from '../oracle/kafka.ts'
import { runJava } from '../support/java.ts'
import { startOdradek } from '../support/odradek-process.ts'
import { startTarget, type Target } from '../support/target.ts'

const TOOLS = 'org.apache.kafka.tools'
const names = {
  topics: `${TOOLS}.TopicCommand`,
  producer: `${TOOLS}.ConsoleProducer`,
  consumer: `${TOOLS}.consumer.ConsoleConsumer`,
  groups: `${TOOLS}.consumer.group.ConsumerGroupCommand`,
  configs: 'kafka.admin.ConfigCommand',
  offsets: `${TOOLS}.GetOffsetShell`,
  deleteRecords: `${TOOLS}.DeleteRecordsCommand`,
  logDirs: `${TOOLS}.LogDirsCommand`,
  apiVersions: `${TOOLS}.BrokerApiVersionsCommand`,
  producerPerf: `${TOOLS}.ProducerPerformance`,
  consumerPerf: `${TOOLS}.ConsumerPerformance`,
  dumpLog: `${TOOLS}.DumpLogSegments`,
}

let target: Target
let classpath: string

/** Runs a tool against the broker; a failing one fails the test with what it printed. */
async function tool(name: keyof typeof names, args: readonly string[], input = ''): Promise<string> {
  const bootstrap = ['--bootstrap-server', `${target.host}:${target.port}`]
  const { code, stdout, stderr } = await runJava(classpath, names[name], [...bootstrap, ...args], { input })
  if (code !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`)
  return stdout
}

/** Rows of a table that a tool prints, as cells, without the headline. */
function rows(output: string, headline: RegExp): string[][] {
  const lines = output.split('\n')
  const at = lines.findIndex((line) => headline.test(line))
  expect(at, output).toBeGreaterThanOrEqual(0)
  return lines
    .slice(at + 1)
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/))
}

async function produceLines(topic: string, lines: readonly string[], ...properties: string[]): Promise<void> {
  await tool('producer', ['--topic', topic, ...properties], `${lines.join('\n')}\n`)
}

async function consumeLines(topic: string, count: number, ...args: string[]): Promise<string[]> {
  const output = await tool('consumer', [
    '--topic',
    topic,
    '--max-messages',
    String(count),
    '--timeout-ms',
    '30000',
    ...args,
  ])
  return output.trim().split('\n')
}

beforeAll(async () => {
  classpath = await kafkaClasspath()
  target = await startTarget()
}, 120_000)

afterAll(() => target.stop())

describe('kafka-topics', () => {
  test('creates, lists, describes, grows and deletes a topic', async () => {
    const topic = 'tools-topics'
    const create = ['--create', '--topic', topic, '--partitions', '2', '--config', 'retention.ms=123456']
    expect(await tool('topics', create)).toContain(`Created topic ${topic}.`)
    expect((await tool('topics', ['--list'])).split('\n')).toContain(topic)
    const described = await tool('topics', ['--describe', '--topic', topic])
    expect(described).toMatch(/PartitionCount: 2\tReplicationFactor: 1\tConfigs: .*retention\.ms=123456/)
    expect(described).toMatch(/Partition: 1\tLeader: 1\tReplicas: 1\tIsr: 1/)
    await tool('topics', ['--alter', '--topic', topic, '--partitions', '3'])
    expect(await tool('topics', ['--describe', '--topic', topic])).toContain('PartitionCount: 3')
    await tool('topics', ['--delete', '--topic', topic])
    expect((await tool('topics', ['--list'])).split('\n')).not.toContain(topic)
  })

  test('says what is wrong with a second topic of the same name', async () => {
    await tool('topics', ['--create', '--topic', 'tools-twice'])
    await expect(tool('topics', ['--create', '--topic', 'tools-twice'])).rejects.toThrow(
      "Topic 'tools-twice' already exists.",
    )
  })
})

describe('kafka-console-producer and kafka-console-consumer', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('carry lines with %s', async (codec) => {
    const topic = `tools-console-${codec}`
    const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`)
    await produceLines(topic, lines, '--compression-codec', codec)
    expect(await consumeLines(topic, 50, '--from-beginning')).toEqual(lines)
  })

  test('carry keys', async () => {
    await produceLines(
      'tools-keys',
      ['a:1', 'b:2'],
      '--reader-property',
      'parse.key=true',
      '--reader-property',
      'key.separator=:',
    )
    const args = [
      '--from-beginning',
      '--formatter-property',
      'print.key=true',
      '--formatter-property',
      'key.separator==',
    ]
    expect(await consumeLines('tools-keys', 2, ...args)).toEqual(['a=1', 'b=2'])
  })
})

describe('kafka-consumer-groups', () => {
  const [topic, group] = ['tools-groups', 'tools-group']

  test('shows offsets and lag, resets them, and deletes the group', async () => {
    await produceLines(topic, ['1', '2', '3', '4', '5'])
    await consumeLines(topic, 3, '--from-beginning', '--group', group)
    const headline = /^GROUP\s+TOPIC\s+PARTITION\s+CURRENT-OFFSET\s+LOG-END-OFFSET\s+LAG/
    const [row] = rows(await tool('groups', ['--describe', '--group', group]), headline)
    expect(row?.slice(0, 6)).toEqual([group, topic, '0', '3', '5', '2'])
    expect((await tool('groups', ['--list'])).split('\n')).toContain(group)

    const reset = ['--reset-offsets', '--group', group, '--topic', topic, '--to-earliest', '--execute']
    expect(rows(await tool('groups', reset), /^GROUP\s+TOPIC\s+PARTITION\s+NEW-OFFSET/)).toEqual([
      [group, topic, '0', '0'],
    ])
    expect(await consumeLines(topic, 5, '--group', group)).toEqual(['1', '2', '3', '4', '5'])

    expect(await tool('groups', ['--delete', '--group', group])).toContain(
      `Deletion of requested consumer groups ('${group}') was successful.`,
    )
    expect((await tool('groups', ['--list'])).split('\n')).not.toContain(group)
  })
})

describe('kafka-configs', () => {
  test('alters and describes a topic and a broker', async () => {
    await tool('topics', ['--create', '--topic', 'tools-configs'])
    const entity = ['--entity-type', 'topics', '--entity-name', 'tools-configs']
    await tool('configs', [
      ...entity,
      '--alter',
      '--add-config',
      'max.message.bytes=2000000,cleanup.policy=[compact,delete]',
    ])
    const described = await tool('configs', [...entity, '--describe'])
    expect(described).toContain('max.message.bytes=2000000')
    expect(described).toContain('cleanup.policy=compact,delete')
    await tool('configs', [...entity, '--alter', '--delete-config', 'max.message.bytes'])
    expect(await tool('configs', [...entity, '--describe'])).not.toContain('max.message.bytes')

    const broker = ['--entity-type', 'brokers', '--entity-name', '1']
    await tool('configs', [...broker, '--alter', '--add-config', 'log.cleaner.threads=2'])
    expect(await tool('configs', [...broker, '--describe'])).toContain('log.cleaner.threads=2')
    await tool('configs', [...broker, '--alter', '--delete-config', 'log.cleaner.threads'])
    expect(await tool('configs', [...broker, '--describe', '--all'])).toContain('num.io.threads=8')
  })

  test('refuses a value that is none', async () => {
    await tool('topics', ['--create', '--topic', 'tools-bad-config'])
    const args = [
      '--entity-type',
      'topics',
      '--entity-name',
      'tools-bad-config',
      '--alter',
      '--add-config',
      'retention.ms=soon',
    ]
    await expect(tool('configs', args)).rejects.toThrow(
      'Invalid value soon for configuration retention.ms: Not a number of type LONG',
    )
  })
})

describe('kafka-get-offsets, kafka-delete-records and kafka-log-dirs', () => {
  test('show and move the ends of a log', async () => {
    const topic = 'tools-offsets'
    await produceLines(topic, ['1', '2', '3', '4'])
    expect(await tool('offsets', ['--topic', topic])).toContain(`${topic}:0:4`)
    const file = join(tmpdir(), `odradek-delete-records-${process.pid}.json`)
    writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 3 }] }))
    expect(await tool('deleteRecords', ['--offset-json-file', file])).toContain('low_watermark: 3')
    expect(await tool('offsets', ['--topic', topic, '--time', '-2'])).toContain(`${topic}:0:3`)
    expect(await consumeLines(topic, 1, '--from-beginning')).toEqual(['4'])
    const dirs = await tool('logDirs', ['--describe', '--topic-list', topic])
    const json = JSON.parse(dirs.split('\n').find((line) => line.startsWith('{')) ?? '')
    const partitions = json.brokers[0].logDirs.flatMap((dir: { partitions: object[] }) => dir.partitions)
    expect(partitions).toEqual([expect.objectContaining({ partition: `${topic}-0`, offsetLag: 0, isFuture: false })])
  })
})

describe('kafka-broker-api-versions', () => {
  test('shows the broker and its APIs', async () => {
    const output = await tool('apiVersions', [])
    expect(output).toMatch(/\(id: 1 rack: null/)
    expect(output).toMatch(/Produce\(0\): 0 to 13 \[usable: 13\]/)
    expect(output).toMatch(/Fetch\(1\): 4 to 18 \[usable: 18\]/)
  })
})

describe('the perf tools', () => {
  test('produce and consume a load', async () => {
    const [topic, records] = ['tools-perf', 20_000]
    await tool('topics', ['--create', '--topic', topic])
    const props = ['--command-property', 'acks=all']
    const produced = await runJava(classpath, names.producerPerf, [
      ...['--bootstrap-server', `${target.host}:${target.port}`, '--topic', topic, '--num-records', String(records)],
      ...['--record-size', '200', '--throughput', '-1', ...props],
    ])
    expect(produced.stdout + produced.stderr).toContain(`${records} records sent`)
    const consumed = await tool('consumerPerf', ['--topic', topic, '--num-records', String(records)])
    const [row] = rows(consumed.replaceAll(',', ' '), /^start\.time/)
    expect(row?.join(' ')).toContain(String(records))
  })
})

describe('kafka-dump-log', () => {
  const dump = (partition: string, ending: string, ...args: string[]) =>
    dumpIn(target.logDir, partition, ending, ...args)

  /** Dumps the newest file with the ending in the partition's directory. */
  async function dumpIn(logDir: string, partition: string, ending: string, ...args: string[]): Promise<string> {
    const directory = join(logDir, partition)
    expect(existsSync(directory), directory).toBe(true)
    const file = readdirSync(directory)
      .filter((name) => name.endsWith(ending))
      .sort()
      .at(-1)
    expect(file, `a ${ending} in ${partition}`).toBeDefined()
    const { code, stdout, stderr } = await runJava(classpath, names.dumpLog, [
      '--files',
      join(directory, file ?? ''),
      ...args,
    ])
    expect(code, stdout + stderr).toBe(0)
    return stdout + stderr
  }

  const problems = /Found|mismatch|corrupt|invalid|Exception|isvalid: false/i

  test('reads segments, indexes and snapshots as a stop in order leaves them', async () => {
    const logDir = mkdtempSync(join(tmpdir(), 'odradek-tools-'))
    try {
      const broker = await startOdradek(['--port', '0', '--log-dir', logDir])
      const bootstrap = ['--bootstrap-server', `${broker.host}:${broker.port}`]
      const topic = 'tools-dump'
      const configs = ['--config', 'index.interval.bytes=100', '--config', 'internal.segment.bytes=20000']
      await runJava(classpath, names.topics, ['--create', '--topic', topic, ...configs, ...bootstrap])
      const lines = Array.from({ length: 300 }, (_, i) => `line ${i} ${'x'.repeat(200)}`)
      const producer = ['--topic', topic, '--command-property', 'batch.size=1000', ...bootstrap]
      await runJava(classpath, names.producer, producer, { input: `${lines.join('\n')}\n` })
      expect(await broker.stop()).toBe(0)

      const log = await dumpIn(logDir, `${topic}-0`, '.log', '--print-data-log', '--deep-iteration')
      expect(log).toContain(`payload: ${lines.at(-1)}`)
      expect(log).not.toMatch(problems)
      const indexes = readdirSync(join(logDir, `${topic}-0`)).filter((name) => name.endsWith('.index'))
      expect(indexes.length).toBeGreaterThan(2)
      for (const [which, name] of indexes.entries()) {
        const index = await dumpIn(logDir, `${topic}-0`, name)
        if (which < indexes.length - 1) expect(index, name).toMatch(/offset: \d+ position: \d+/)
        expect(index, name).not.toMatch(problems)
        const times = await dumpIn(logDir, `${topic}-0`, name.replace('.index', '.timeindex'))
        expect(times, name).toMatch(/timestamp: \d+ offset: \d+/)
        expect(times, name).not.toMatch(problems)
      }
      expect(await dumpIn(logDir, `${topic}-0`, '.snapshot')).toMatch(/producerId: \d+ producerEpoch: 0/)
    } finally {
      rmSync(logDir, { recursive: true, force: true })
    }
  })

  test('reads the metadata log and the offsets', async () => {
    await tool('topics', ['--create', '--topic', 'tools-dumped'])
    const metadata = await dump('__cluster_metadata-0', '.log', '--cluster-metadata-decoder')
    expect(metadata).toMatch(/"type":"TOPIC_RECORD".*"name":"tools-dumped"/)
    expect(metadata).toMatch(/"type":"REGISTER_BROKER_RECORD"/)
    expect(metadata).not.toMatch(problems)

    await produceLines('tools-committed', ['1', '2'])
    await consumeLines('tools-committed', 2, '--from-beginning', '--group', 'tools-committer')
    const partition = readdirSync(target.logDir).filter((name) => name.startsWith('__consumer_offsets-'))
    const dumps: string[] = []
    for (const name of partition) {
      const [first] = readdirSync(join(target.logDir, name)).filter((file) => file.endsWith('.log'))
      dumps.push(join(target.logDir, name, first ?? ''))
    }
    const { stdout } = await runJava(classpath, names.dumpLog, ['--files', dumps.join(','), '--offsets-decoder'])
    expect(stdout).toContain('{"type":"1","data":{"group":"tools-committer","topic":"tools-committed"')
    expect(stdout).toContain('{"type":"2","data":{"group":"tools-committer"')
  })
})
