// What reads the files themselves: kafka-dump-log, kafka-metadata-shell on a snapshot, kafka-storage.
import { cpSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { apis } from '../../../../src/wire/index.ts'
import { encodeBatch } from '../../../../src/wire/records/index.ts'
import { eventually } from '../../../support/eventually.ts'
import type { RunOptions } from '../comparison.ts'
import type { Script } from '../script.ts'
import type { ToolBroker } from '../tool-broker.ts'

const TOPIC = 'dumped'
const START = 1_700_000_000_000

/** A log of several segments with a bit of everything, the same bytes on both. */
async function fill(broker: ToolBroker): Promise<void> {
  const configs = { 'internal.segment.bytes': '4000', 'index.interval.bytes': '200', 'retention.ms': '-1' }
  await broker.topic({ name: TOPIC, configs: { ...configs, 'cleanup.policy': 'delete' } })
  const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
  let sequence = 0
  for (let i = 0; i < 60; i++) {
    const records = Array.from({ length: 1 + (i % 4) }, (_, j) => ({
      timestamp: START + i * 1000 + j,
      key: j === 0 ? null : Buffer.from(`key-${i}`),
      value: j === 2 ? null : Buffer.from(`value-${i}-${j}-${'x'.repeat(i)}`),
      headers: j === 1 ? [{ key: 'header', value: Buffer.from('h') }] : [],
    }))
    const isIdempotent = i % 3 === 0
    const producer = isIdempotent ? { producerId: 77, producerEpoch: 0, baseSequence: sequence } : {}
    if (isIdempotent) sequence += records.length
    const batch = encodeBatch({ records, compression: codecs[i % codecs.length] ?? 'none', ...producer })
    const { errorCode } = await broker.produce(TOPIC, batch)
    if (errorCode !== 'NONE') throw new Error(`Produce: ${errorCode}`)
  }
}

const dumps: Script = {
  name: 'kafka-dump-log',
  async run(tools) {
    await tools.both(fill)
    const dump = (file: (broker: ToolBroker) => string, args: readonly string[] = [], options: RunOptions = {}) =>
      tools.read('dump-log', ['--files', file, ...args], { bootstrap: 'none', ...options })
    const first = (ending: string) => (broker: ToolBroker) =>
      broker.segment(`${TOPIC}-0`, '.log').replace(/\d+\.log$/, `00000000000000000000${ending}`)
    const newest = (ending: string) => (broker: ToolBroker) => broker.segment(`${TOPIC}-0`, ending)
    await dump(first('.log'))
    await dump(first('.log'), ['--print-data-log'])
    await dump(first('.log'), ['--deep-iteration'])
    await dump(first('.log'), ['--print-data-log', '--skip-record-metadata'])
    await dump(first('.log'), ['--max-bytes', '600'])
    await dump(first('.index'))
    await dump(first('.index'), ['--index-sanity-check'])
    await dump(first('.index'), ['--verify-index-only'])
    await dump(first('.timeindex'))
    await dump(first('.timeindex'), ['--verify-index-only'])
    await dump(newest('.log'), ['--print-data-log'])
    await dump(newest('.snapshot'))
    await dump((broker) => broker.file('no-such.log', '').replace('no-such', 'missing'))
    await dump((broker) => broker.file('00000000000000000000.txt', 'text'))
    await tools.run('dump-log', [], { bootstrap: 'none' })
    await dump(first('.log'), ['--print-data-log'], { alone: true })

    await tools.both(async (broker) => {
      const groupId = await broker.group('dumped-group')
      const partitions = [{ partitionIndex: 0, committedOffset: 5, committedMetadata: 'why' }]
      const request = { groupId, generationIdOrMemberEpoch: -1, topics: [{ name: TOPIC, partitions }] }
      await broker.ask(apis.OffsetCommit, 8, request)
      const producer = await broker.transaction({ transactionalId: 'dumped-transaction' })
      await producer.send(TOPIC, ['1'])
      await producer.commit()
    })
    const payloads = (of: RegExp) => ({
      only: (lines: readonly string[]) => lines.flatMap((line) => payloadOf(line, of)),
    })
    const partition = (topic: string, index: number) => (broker: ToolBroker) =>
      broker.segment(`${topic}-${index}`, '.log')
    // The hash of a name says which of the fifty partitions it is in.
    await dump(partition('__consumer_offsets', partitionOf('dumped-group')), ['--offsets-decoder'], payloads(/dumped/))
    const transactions = partition('__transaction_state', partitionOf('dumped-transaction'))
    await dump(transactions, ['--transaction-log-decoder'], payloads(/dumped/))
    const metadata = (broker: ToolBroker) => broker.segment('__cluster_metadata-0', '.log')
    await dump(metadata, ['--cluster-metadata-decoder'], payloads(/"name":"dumped"|"resourceName":"dumped"/))
  },
}

/** What a line says of a record, without where it is and how large. */
function payloadOf(line: string, of: RegExp): string[] {
  const payload = / (key|payload): .*$/.exec(line)?.[0]
  return payload !== undefined && of.test(payload) ? [payload.replace(/(?<=")[\w-]{22}(?=")/g, '<id>')] : []
}

/** As Kafka chooses among fifty partitions. */
function partitionOf(name: string): number {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0
  return (hash & 0x7fffffff) % 50
}

/** Waits for a snapshot in which there is this topic. */
async function awaitSnapshotWith(broker: ToolBroker, topic: string): Promise<void> {
  await eventually(`a snapshot with ${topic}`, async () => {
    return readFileSync(broker.segment('__cluster_metadata-0', '.checkpoint')).includes(topic)
  })
}

/** A copy of the newest snapshot of the metadata, from where the broker has no lock on it. */
function snapshot(broker: ToolBroker): string {
  const path = broker.segment('__cluster_metadata-0', '.checkpoint')
  const copy = join(broker.scratch('__cluster_metadata-0'), basename(path))
  cpSync(path, copy)
  return copy
}

const shell: Script = {
  name: 'kafka-metadata-shell and kafka-storage',
  async run(tools) {
    await tools.both(async (broker) => {
      await broker.topic({ name: 'in-the-shell', partitions: 2, configs: { 'segment.ms': '5' } })
      await awaitSnapshotWith(broker, 'in-the-shell')
    })
    const alone = { bootstrap: 'none', alone: true, only: withoutIds } as const
    const look = (...command: string[]) => tools.read('metadata-shell', ['--snapshot', snapshot, ...command], alone)
    await look('ls', '/image', '/image/topics/byName', '/image/configs')
    await look('tree', '/image/topics/byName/in-the-shell')
    await look('cat', '/image/topics/byName/in-the-shell/0/data')
    await look('find', '/image/features', '/image/cluster')
    await look('tree', '/image/features')
    await look('ls', '/image/nowhere')
    await look('help')
    await look('dance')
    const locked = (broker: ToolBroker) => broker.segment('__cluster_metadata-0', '.checkpoint')
    await tools.run('metadata-shell', ['--snapshot', locked, 'ls'], alone)
    await tools.run('metadata-shell', [], alone)
    await tools.run('storage', ['info', '--config', (broker) => broker.config], { bootstrap: 'none', unordered: true })
  },
}

function withoutIds(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/(?<=["\s(,=[]|^)[\w-]{22}(?=["\s),\]]|$)/g, '<id>'))
}

export const logScripts: readonly Script[] = [dumps, shell]
