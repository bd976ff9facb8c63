// The broker is killed with -9 while it compacts its logs, at random moments, and started again on the same directory: of
// every key there is the last value that was acknowledged or a later one, at the offset that it was given. The same of
// the coordinators' own logs, which are compacted all the while. CRASH_KILLS sets how often, CRASH_SEED repeats a run.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { apis, ErrorCode } from '../../src/wire/index.ts'
import { Batch, type CompressionName, encodeBatch, readRecords } from '../../src/wire/records/index.ts'
import { createTopic } from '../support/admin.ts'
import { eventually } from '../support/eventually.ts'
import { startOdradek } from '../support/odradek-process.ts'
import { type Seeded, seeded, seedFrom } from '../support/random.ts'
import { RawClient } from '../support/raw-client.ts'
import type { Address } from './workload.ts'

const KILLS = Number(process.env.CRASH_KILLS ?? 4)
const KEYS = 50
const MAX_IN_FLIGHT = 5
const GROUP = 'compacted'
const TRANSACTIONAL_ID = 'compacted'

const configs = {
  'log.cleaner.backoff.ms': '1',
  'log.cleaner.min.cleanable.ratio': '0.01',
  'log.cleaner.delete.retention.ms': '0',
  'log.cleaner.threads': '2',
  'log.segment.delete.delay.ms': '50',
  // Segments of the coordinators' topics cannot be small, but short.
  'log.roll.ms': '50',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
}

const topicConfigs = { 'cleanup.policy': 'compact', 'internal.segment.bytes': '60000', 'index.interval.bytes': '512' }

const ENDED = /closed|ECONN|EPIPE/

/** Writes numbers, each under the key of its remainder, to a compacted topic, and remembers what was acknowledged. */
class KeyedProducer {
  readonly topic: string
  readonly offsets = new Map<number, number>()
  /** Of each key: the last number that was acknowledged. */
  readonly latest = new Map<number, number>()
  readonly #compression: CompressionName
  #next = 0
  #producerId = -1
  #unacknowledged: { readonly first: number; readonly count: number }[] = []

  constructor(topic: string, compression: CompressionName) {
    this.topic = topic
    this.#compression = compression
  }

  /** Until the connection ends; what was not acknowledged then is sent again at first, with the same sequences. */
  async run(address: Address, random: Seeded): Promise<void> {
    let client: RawClient | undefined
    try {
      client = await RawClient.connect(address.host, address.port)
      if (this.#producerId < 0) {
        const answer = await client.send(apis.InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
        this.#producerId = answer.producerId
      }
      const again = this.#unacknowledged.splice(0)
      const inFlight = new Set<Promise<void>>()
      for (;;) {
        const batch = again.shift() ?? { first: this.#next, count: 1 + random.below(20) }
        this.#next = Math.max(this.#next, batch.first + batch.count)
        this.#unacknowledged.push(batch)
        const sent = this.#send(client, batch).finally(() => inFlight.delete(sent))
        inFlight.add(sent)
        if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight)
      }
    } catch (error) {
      if (!ENDED.test(String(error))) throw error
    } finally {
      client?.close()
    }
  }

  async #send(client: RawClient, batch: { readonly first: number; readonly count: number }): Promise<void> {
    const { first, count } = batch
    const records = encodeBatch({
      records: Array.from({ length: count }, (_, i) => ({
        key: Buffer.from(`${(first + i) % KEYS}`),
        value: Buffer.from(`${first + i}`.padEnd(150, '.')),
        timestamp: Date.now(),
      })),
      compression: this.#compression,
      producerId: this.#producerId,
      producerEpoch: 0,
      baseSequence: first,
    })
    const topicData = [{ name: this.topic, partitionData: [{ index: 0, records }] }]
    const answer = await client.send(apis.Produce, 9, { acks: -1, timeoutMs: 30_000, topicData })
    const partition = answer.responses[0]?.partitionResponses[0]
    if (partition?.errorCode !== ErrorCode.NONE) throw new Error(`Produce to ${this.topic}: ${partition?.errorCode}`)
    for (let i = 0; i < count; i++) {
      // A batch that came twice is told its offsets as long as it is one of the last five.
      if (partition.baseOffset >= 0) this.offsets.set(first + i, partition.baseOffset + i)
      this.latest.set((first + i) % KEYS, first + i)
    }
    this.#unacknowledged = this.#unacknowledged.filter((one) => one !== batch)
  }

  /** What of the promises does not hold in what was found. */
  brokenBy(found: readonly Found[]): string[] {
    const faults: string[] = []
    const last = new Map<number, number>()
    const seen = new Set<number>()
    for (const { offset, key, number } of found) {
      if (number % KEYS !== key) faults.push(`${number} under the key ${key}`)
      if (seen.has(number)) faults.push(`${number} is there twice`)
      const acknowledged = this.offsets.get(number)
      if (acknowledged !== undefined && acknowledged !== offset) {
        faults.push(`${number} is at ${offset}, and was acknowledged at ${acknowledged}`)
      }
      if (number < (last.get(key) ?? -1)) faults.push(`${number} is behind ${last.get(key)}`)
      seen.add(number)
      last.set(key, number)
    }
    for (const [key, number] of this.latest) {
      if ((last.get(key) ?? -1) < number) faults.push(`key ${key} has ${last.get(key)}, and ${number} was acknowledged`)
    }
    return faults
  }
}

interface Found {
  readonly offset: number
  readonly key: number
  readonly number: number
}

async function readAll(client: RawClient, topic: string): Promise<{ found: Found[]; endOffset: number }> {
  const found: Found[] = []
  for (let offset = 0; ; ) {
    const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 8 << 20 }]
    const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 8 << 20, topics: [{ topic, partitions }] }
    const partition = (await client.send(apis.Fetch, 11, request)).responses[0]?.partitions[0]
    if (partition?.errorCode !== ErrorCode.NONE) throw new Error(`Fetch of ${topic}: ${partition?.errorCode}`)
    const records = partition.records ?? Buffer.alloc(0)
    for (const at of Batch.positions(records)) {
      for (const record of readRecords(records, at)) {
        if (record.offset < offset) continue
        found.push({
          offset: record.offset,
          key: Number(record.key),
          number: Number.parseInt(String(record.value), 10),
        })
      }
      offset = Batch.lastOffset(records, at) + 1
    }
    if (offset >= partition.highWatermark || records.length === 0) return { found, endOffset: partition.highWatermark }
  }
}

/** What the coordinators have acknowledged. */
interface Promised {
  offset: number
  producerEpoch: number
}

/** Commits offsets, and begins one life of a transactional producer after the other, until the broker is gone. */
async function coordinate(address: Address, promised: Promised): Promise<void> {
  let client: RawClient | undefined
  try {
    client = await RawClient.connect(address.host, address.port)
    for (let next = promised.offset + 1; ; next++) {
      const topics = [{ name: 'keyed-0', partitions: [{ partitionIndex: 0, committedOffset: next }] }]
      const request = { groupId: GROUP, generationIdOrMemberEpoch: -1, topics }
      const committed = await client.send(apis.OffsetCommit, 8, request)
      if (committed.topics[0]?.partitions[0]?.errorCode === ErrorCode.NONE) promised.offset = next
      const initialized = await initProducer(client)
      if (initialized !== undefined) promised.producerEpoch = initialized
    }
  } catch (error) {
    if (!ENDED.test(String(error))) throw error
  } finally {
    client?.close()
  }
}

/** A number that grows with every life of the producer: its epochs run out and begin again under a new id. */
async function initProducer(client: RawClient): Promise<number | undefined> {
  const request = { transactionalId: TRANSACTIONAL_ID, transactionTimeoutMs: 60_000 }
  const answer = await client.send(apis.InitProducerId, 4, request)
  return answer.errorCode === ErrorCode.NONE ? answer.producerId * 0x8000 + answer.producerEpoch : undefined
}

async function awaitCoordinators(client: RawClient): Promise<void> {
  await eventually('the coordinators', async () => {
    await client.send(apis.FindCoordinator, 3, { key: GROUP })
    const group = await client.send(apis.FindCoordinator, 3, { key: GROUP, keyType: 0 })
    const transactions = await client.send(apis.FindCoordinator, 3, { key: TRANSACTIONAL_ID, keyType: 1 })
    return group.errorCode === ErrorCode.NONE && transactions.errorCode === ErrorCode.NONE
  })
}

async function committedOffset(client: RawClient): Promise<number> {
  const topics = [{ name: 'keyed-0', partitionIndexes: [0] }]
  const answer = await eventually('the committed offset', async () => {
    const fetched = await client.send(apis.OffsetFetch, 7, { groupId: GROUP, topics })
    return fetched.errorCode === ErrorCode.NONE ? fetched : undefined
  })
  return answer.topics[0]?.partitions[0]?.committedOffset ?? -1
}

test(`compaction loses nothing over ${KILLS} kills`, { timeout: 60_000 + KILLS * 20_000 }, async () => {
  const seed = seedFrom('CRASH_SEED')
  console.log(`CRASH_SEED=${seed}`)
  const random = seeded(seed)
  const directory = mkdtempSync(join(tmpdir(), 'odradek-crash-cleaner-'))
  const overrides = Object.entries(configs).flatMap(([name, value]) => ['--override', `${name}=${value}`])
  const start = () => startOdradek(['--port', '0', '--log-dir', directory, ...overrides])
  const codecs = ['none', 'lz4', 'none', 'gzip'] as const
  const producers = codecs.map((codec, i) => new KeyedProducer(`keyed-${i}`, codec))
  const promised: Promised = { offset: 0, producerEpoch: -1 }
  let [written, kept] = [0, 0]
  try {
    let broker = await start()
    const setup = await RawClient.connect(broker.host, broker.port)
    for (const { topic } of producers) await createTopic(setup, topic, 1, topicConfigs)
    await awaitCoordinators(setup)
    setup.close()
    for (let round = 0; round < KILLS; round++) {
      const load = [...producers.map((producer) => producer.run(broker, random)), coordinate(broker, promised)]
      await delay(50 + random.below(800))
      await broker.kill()
      await Promise.all(load)

      broker = await start()
      const client = await RawClient.connect(broker.host, broker.port)
      const where = `seed ${seed}, kill ${round}`
      ;[written, kept] = [0, 0]
      for (const producer of producers) {
        const { found, endOffset } = await readAll(client, producer.topic)
        expect(producer.brokenBy(found), `${where}, ${producer.topic}`).toEqual([])
        written += endOffset
        kept += found.length
      }
      await awaitCoordinators(client)
      expect(await committedOffset(client), where).toBeGreaterThanOrEqual(promised.offset)
      const life = await eventually('a life of the producer', () => initProducer(client))
      expect(life, where).toBeGreaterThan(promised.producerEpoch)
      client.close()
    }
    const checkpoint = readFileSync(join(directory, 'cleaner-offset-checkpoint'), 'utf8')
    for (const log of ['keyed-0 0', 'keyed-3 0', '__consumer_offsets 0', '__transaction_state 0']) {
      expect(checkpoint).toContain(log)
    }
    expect(await broker.stop()).toBe(0)
    console.log(`${KILLS} kills: ${written} records written, ${kept} kept, offset ${promised.offset}`)
    expect(kept).toBeLessThan(written / 4)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
