// The cleaner against Kafka's: the same batches are produced to both, both are made to clean them, and what survives is
// compared batch by batch, field by field, and file by file where no time of the cleaning itself stands in it.
// CLEANER_SEED repeats a run.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apis, ErrorCode } from '../../src/wire/index.ts'
import { Batch, type CompressionName, encodeBatch, type NewBatch } from '../../src/wire/records/index.ts'
import { createTopic } from '../support/admin.ts'
import { eventually } from '../support/eventually.ts'
import { cleanedUpTo, type DescribedBatch, describeBatches, inactiveSegments } from '../support/log-files.ts'
import { type Seeded, seeded, seedFrom } from '../support/random.ts'
import { RawClient } from '../support/raw-client.ts'
import { startOdradekTarget, type Target } from '../support/target.ts'
import { startKafka } from './kafka.ts'

const CLEANING_DEADLINE_MS = 120_000
/** Never cleaned, until it is said otherwise. */
const LATER = '1'
const NOW = '0.0001'

const brokerConfigs = {
  'log.cleaner.backoff.ms': '100',
  // The least that Kafka takes: some 39,000 keys.
  'log.cleaner.dedupe.buffer.size': '1048600',
  // Producers and their transactions are made up here.
  'transaction.partition.verification.enable': 'false',
}

const SEGMENT_BYTES = 16_384

const topicConfigs = {
  'cleanup.policy': 'compact',
  'internal.segment.bytes': String(SEGMENT_BYTES),
  'index.interval.bytes': '512',
  'segment.ms': '1000000000',
  'min.cleanable.dirty.ratio': LATER,
}

interface Broker {
  readonly target: Pick<Target, 'host' | 'port' | 'logDir' | 'stop' | 'name'>
  readonly client: RawClient
}

let brokers: readonly Broker[] = []

beforeAll(async () => {
  const targets = [await startKafka({ overrides: brokerConfigs }), await startOdradekTarget(brokerConfigs)]
  brokers = await Promise.all(
    targets.map(async (target) => ({ target, client: await RawClient.connect(target.host, target.port) })),
  )
}, 120_000)

afterAll(async () => {
  for (const { client, target } of brokers) {
    client.close()
    await target.stop()
  }
})

/** What is done to both brokers, in this order. */
type Step =
  | { readonly records: Buffer }
  | { readonly producerId: number; readonly producerEpoch: number; readonly commits: boolean }

async function apply({ client }: Broker, topic: string, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if ('records' in step) {
      const topicData = [{ name: topic, partitionData: [{ index: 0, records: step.records }] }]
      const transactionalId = Batch.isTransactional(step.records, 0) ? 'made-up' : null
      const answer = await client.send(apis.Produce, 9, { transactionalId, acks: -1, timeoutMs: 30_000, topicData })
      expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(ErrorCode.NONE)
    } else {
      const { producerId, producerEpoch, commits } = step
      const topics = [{ name: topic, partitionIndexes: [0] }]
      const marker = { producerId, producerEpoch, transactionResult: commits, topics, coordinatorEpoch: 0 }
      const answer = await client.send(apis.WriteTxnMarkers, 1, { markers: [marker] })
      expect(answer.markers[0]?.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.NONE)
    }
  }
}

async function configure({ client }: Broker, topic: string, configs: Readonly<Record<string, string>>): Promise<void> {
  const changes = Object.entries(configs).map(([name, value]) => ({ name, configOperation: 0, value }))
  const resources = [{ resourceType: 2, resourceName: topic, configs: changes }]
  const answer = await client.send(apis.IncrementalAlterConfigs, 1, { resources })
  expect(answer.responses[0]?.errorCode).toBe(ErrorCode.NONE)
}

/** The offset at which the segment in use begins: up to there the cleaner gets. */
function activeOffset({ target }: Broker, topic: string): number {
  const last = inactiveSegments(target.logDir, topic).at(-1)
  if (last === undefined) throw new Error(`${topic} has one segment only`)
  const batches = describeBatches(last.log)
  return (batches.at(-1)?.lastOffset ?? -1) + 1
}

/** Has everything cleaned that can be, and no more until the next time. */
async function clean(broker: Broker, topic: string): Promise<void> {
  const end = activeOffset(broker, topic)
  await configure(broker, topic, { 'min.cleanable.dirty.ratio': NOW })
  const { logDir, name } = broker.target
  const isDone = async () => cleanedUpTo(logDir, topic) === end
  await eventually(`${name} to clean ${topic} up to ${end}`, isDone, CLEANING_DEADLINE_MS)
  await configure(broker, topic, { 'min.cleanable.dirty.ratio': LATER })
}

/** Without what says when the broker wrote a marker, an append time, or cleaned a tombstone for the first time. */
function timeless(batch: DescribedBatch, hasAppendTime: boolean) {
  const { deleteHorizonMs, baseTimestamp, maxTimestamp, sizeInBytes, records, ...others } = batch
  const hasHorizon = deleteHorizonMs !== undefined
  const isTimed = batch.isControl || hasAppendTime
  return {
    ...others,
    hasHorizon,
    baseTimestamp: hasHorizon || isTimed ? undefined : baseTimestamp,
    maxTimestamp: isTimed ? undefined : maxTimestamp,
    // Two compressors make different bytes of the same records.
    sizeInBytes: hasHorizon || isTimed || batch.compression > 0 ? undefined : sizeInBytes,
    records: records.map(({ timestamp, ...record }) => ({ ...record, timestamp: isTimed ? undefined : timestamp })),
  }
}

/** Compares what the two have left; returns it. */
function compare(topic: string, { hasAppendTime = false } = {}): DescribedBatch[] {
  const [kafka, odradek] = brokers.map(({ target }) => inactiveSegments(target.logDir, topic))
  if (kafka === undefined || odradek === undefined) throw new Error('two brokers')
  const batchesOf = (segments: typeof kafka) => segments.map(({ log }) => describeBatches(log))
  const [left, right] = [batchesOf(kafka), batchesOf(odradek)]
  expect(odradek.map(({ baseOffset }) => baseOffset)).toEqual(kafka.map(({ baseOffset }) => baseOffset))
  expect(right.map(({ length }) => length)).toEqual(left.map(({ length }) => length))
  const all = right.flat()
  for (const [index, batch] of left.flat().entries()) {
    const [expected, found] = [batch, all[index]].map((each) => each && timeless(each, hasAppendTime))
    // There are very many, and a text is compared at once.
    if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found).toEqual(expected)
  }
  for (const [index, segment] of kafka.entries()) {
    const other = odradek[index]
    const batches = left[index] ?? []
    expect(other?.transactionIndex).toEqual(segment.transactionIndex)
    const isTimeless = batches.every(
      ({ isControl, compression, deleteHorizonMs }) => !isControl && compression === 0 && deleteHorizonMs === undefined,
    )
    if (!isTimeless || hasAppendTime) continue
    for (const file of ['log', 'index', 'timeIndex'] as const) {
      expect(other?.[file].equals(segment[file]), `${file} of ${segment.baseOffset}`).toBe(true)
    }
  }
  expect(all.every(({ isValid }) => isValid)).toBe(true)
  return all
}

const START = Date.now() - 3_600_000

function keyed(random: Seeded, keys: number, count: number, tombstones: number): NewBatch['records'] {
  return Array.from({ length: count }, () => ({
    key: Buffer.from(`key-${random.below(keys)}`),
    value: random.chance(tombstones) ? null : Buffer.from(`value-${random.below(1e9)}`.padEnd(random.below(60), '.')),
    timestamp: START + random.below(60_000),
    headers: random.chance(0.2) ? [{ key: 'header', value: Buffer.from([random.below(256)]) }] : [],
  }))
}

const codecs: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** A producer that goes on where it was: epoch, sequence, and whether its transaction is open. */
class MadeUpProducer {
  readonly producerId: number
  producerEpoch = 0
  isOpen = false
  #sequence = 0

  constructor(producerId: number) {
    this.producerId = producerId
  }

  batch(records: NewBatch['records'], options: Partial<NewBatch>): Step {
    const { producerId, producerEpoch } = this
    const baseSequence = this.#sequence
    this.#sequence += records.length
    if (options.isTransactional) this.isOpen = true
    return { records: encodeBatch({ ...options, records, producerId, producerEpoch, baseSequence }) }
  }

  end(commits: boolean): Step {
    this.isOpen = false
    return { producerId: this.producerId, producerEpoch: this.producerEpoch, commits }
  }

  newEpoch(): void {
    this.producerEpoch++
    this.#sequence = 0
  }
}

/** Everything at once: plain and idempotent batches, transactions that end either way, every codec, tombstones. */
function mixture(random: Seeded, steps: number, producers: readonly MadeUpProducer[]): Step[] {
  const all: Step[] = []
  for (let i = 0; i < steps; i++) {
    const records = keyed(random, 40, 1 + random.below(12), 0.15)
    const compression = random.pick(codecs)
    const producer = random.pick(producers)
    const isTransactional = producer.producerId % 2 === 0
    const kind = random.below(10)
    if (kind < 3) all.push({ records: encodeBatch({ records, compression }) })
    else if (kind < 8) all.push(producer.batch(records, { compression, isTransactional }))
    else if (producer.isOpen) all.push(producer.end(random.chance(0.5)))
    else if (kind === 9) producer.newEpoch()
  }
  return [...all, ...producers.filter(({ isOpen }) => isOpen).map((producer) => producer.end(random.chance(0.5)))]
}

/** Fills what is left of the segment in use, so that all of the others can be cleaned; its keys are its own. */
function filler(segmentBytes = SEGMENT_BYTES): Step[] {
  const [value, recordsInBatch] = [Buffer.alloc(500), Math.ceil(segmentBytes / 10_000)]
  const batches = Math.ceil((1.2 * segmentBytes) / (recordsInBatch * value.length))
  return Array.from({ length: batches }, (_, batch) => ({
    records: encodeBatch({
      records: Array.from({ length: recordsInBatch }, (_, i) => ({
        key: Buffer.from(`filler-${batch * recordsInBatch + i}`),
        value,
        timestamp: START + 120_000,
      })),
    }),
  }))
}

async function both(work: (broker: Broker) => Promise<void>): Promise<void> {
  for (const broker of brokers) await work(broker)
}

let topics = 0

async function topicOn(configs: Readonly<Record<string, string>> = {}): Promise<string> {
  const name = `cleaned-${topics++}`
  await both(async ({ client }) => {
    await createTopic(client, name, 1, { ...topicConfigs, ...configs })
  })
  return name
}

describe('what a cleaning leaves is what Kafka’s leaves', () => {
  test('of plain records, to the byte, indexes included', async () => {
    const random = seeded(seedFrom('CLEANER_SEED'))
    console.log(`CLEANER_SEED=${random.seed}`)
    const topic = await topicOn()
    const steps = Array.from({ length: 400 }, () => ({
      records: encodeBatch({ records: keyed(random, 50, 1 + random.below(20), 0) }),
    }))
    await both((broker) => apply(broker, topic, [...steps, ...filler()]))
    await both((broker) => clean(broker, topic))
    const left = compare(topic).flatMap(({ records }) => records)
    expect(new Set(left.map(({ key }) => key)).size).toBe(left.length)
  })

  test('of transactions, producers, codecs and tombstones, over five rounds', async () => {
    const random = seeded(seedFrom('CLEANER_SEED'))
    console.log(`CLEANER_SEED=${random.seed}`)
    const topic = await topicOn({ 'delete.retention.ms': '600000' })
    const producers = Array.from({ length: 8 }, (_, i) => new MadeUpProducer(1000 + i))
    for (let round = 0; round < 5; round++) {
      const steps = mixture(random, 250, producers)
      await both((broker) => apply(broker, topic, [...steps, ...filler()]))
      // In the last rounds what has waited long enough goes.
      if (round === 3) await both((broker) => configure(broker, topic, { 'delete.retention.ms': '0' }))
      await both((broker) => clean(broker, topic))
      compare(topic)
    }
  })

  test('of an open transaction: nothing behind its beginning is touched', async () => {
    const topic = await topicOn()
    const open = new MadeUpProducer(2000)
    const random = seeded(7)
    const records = () => keyed(random, 10, 10, 0.2)
    const steps: Step[] = [
      ...Array.from({ length: 60 }, () => ({ records: encodeBatch({ records: records() }) })),
      open.batch(records(), { isTransactional: true }),
      ...Array.from({ length: 60 }, () => ({ records: encodeBatch({ records: records() }) })),
      ...filler(),
    ]
    await both((broker) => apply(broker, topic, steps))
    await both((broker) => configure(broker, topic, { 'min.cleanable.dirty.ratio': NOW }))
    const cleaned: number[] = []
    for (const { target } of brokers) {
      const isDone = async () => cleanedUpTo(target.logDir, topic)
      cleaned.push(await eventually(`${target.name} to clean`, isDone, CLEANING_DEADLINE_MS))
    }
    expect(cleaned[1]).toBe(cleaned[0])
    compare(topic)
    await both((broker) => configure(broker, topic, { 'min.cleanable.dirty.ratio': LATER }))
    await both((broker) => apply(broker, topic, [open.end(false), ...filler()]))
    await both((broker) => clean(broker, topic))
    compare(topic)
  })

  test('with the times of appends', async () => {
    const random = seeded(11)
    const topic = await topicOn({ 'message.timestamp.type': 'LogAppendTime' })
    const steps = Array.from({ length: 200 }, () => ({
      records: encodeBatch({ records: keyed(random, 30, 1 + random.below(10), 0.2), compression: random.pick(codecs) }),
    }))
    await both((broker) => apply(broker, topic, [...steps, ...filler()]))
    await both((broker) => clean(broker, topic))
    const batches = compare(topic, { hasAppendTime: true })
    for (const { records, maxTimestamp } of batches) {
      expect(records.every(({ timestamp }) => timestamp === maxTimestamp)).toBe(true)
    }
  })

  test('of more keys than the map holds at once', async () => {
    const topic = await topicOn({ 'internal.segment.bytes': String(1 << 20) })
    const random = seeded(3)
    const steps = Array.from({ length: 130 }, () => ({
      records: encodeBatch({ records: keyed(random, 1_000_000, 1000, 0) }),
    }))
    await both((broker) => apply(broker, topic, [...steps, ...filler(1 << 20)]))
    await both((broker) => clean(broker, topic))
    expect(compare(topic).length).toBeGreaterThan(100)
  })

  test('of a million records over ten thousand keys', async () => {
    const topic = await topicOn({ 'internal.segment.bytes': String(4 << 20) })
    const random = seeded(seedFrom('CLEANER_SEED'))
    console.log(`CLEANER_SEED=${random.seed}`)
    for (let batch = 0; batch < 1000; batch += 100) {
      const steps = Array.from({ length: 100 }, () => ({
        records: encodeBatch({ records: keyed(random, 10_000, 1000, 0.01) }),
      }))
      await both((broker) => apply(broker, topic, steps))
    }
    await both((broker) => apply(broker, topic, filler(4 << 20)))
    await both((broker) => clean(broker, topic))
    const left = compare(topic).flatMap(({ records }) => records)
    const kept = left.filter(({ key }) => key?.startsWith('key-')).length
    expect(kept).toBeLessThanOrEqual(10_000)
    console.log(`compaction: 1000000 records over 10000 keys, ${kept} kept, the same as Kafka's`)
  })
})
