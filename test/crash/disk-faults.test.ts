// Disks that fail under load: whatever operation the system refuses in one log directory, the others go on, and nothing
// that was acknowledged is lost. In one process, on a file system in memory that is made to fail.
// FAULT_RUNS sets how often, FAULT_SEED repeats a run.
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Broker } from '../../src/broker.ts'
import { loadBrokerConfig } from '../../src/config/index.ts'
import { copyTree, FaultyFileSystem, MemoryFileSystem, type Operation, realIo } from '../../src/io/index.ts'
import { apis, ErrorCode } from '../../src/wire/index.ts'
import { eventually } from '../support/eventually.ts'
import { seeded, seedFrom } from '../support/random.ts'
import { RawClient } from '../support/raw-client.ts'
import { broken, NumberedProducer, readNumbers } from './workload.ts'

const RUNS = Number(process.env.FAULT_RUNS ?? 3)
const DIRECTORIES = ['/d0', '/d1', '/d2']
const TOPICS = 6

const config = loadBrokerConfig({
  overrides: {
    'log.dirs': DIRECTORIES.join(),
    listeners: 'PLAINTEXT://127.0.0.1:0',
    'replica.high.watermark.checkpoint.interval.ms': '50',
    'log.flush.offset.checkpoint.interval.ms': '50',
    'log.initial.task.delay.ms': '50',
  },
})

const refusals = ['EIO', 'ENOSPC', 'EROFS'] as const
const operations: readonly Operation[] = ['write', 'open', 'sync', 'replaceFile', 'rename', 'read', 'truncate']

function start(fs: FaultyFileSystem): Promise<Broker> {
  return Broker.start({ io: { ...realIo(), fs }, config, logLevel: 'FATAL' })
}

async function createTopics(client: RawClient, names: readonly string[]): Promise<void> {
  const configs = [
    { name: 'internal.segment.bytes', value: '20000' },
    { name: 'index.interval.bytes', value: '500' },
    { name: 'flush.messages', value: '50' },
  ]
  const topics = names.map((name) => ({ name, numPartitions: 1, replicationFactor: 1, configs }))
  const created = await client.ask(apis.CreateTopics, 7, { topics, timeoutMs: 30_000 })
  expect(created.topics.map(({ errorCode }) => errorCode)).toEqual(names.map(() => 'NONE'))
}

/** The state of each directory, and the topics in it. */
async function logDirs(client: RawClient): Promise<Map<string, { errorCode: string; topics: string[] }>> {
  const { results } = await client.ask(apis.DescribeLogDirs, 4, { topics: null })
  return new Map(
    results.map(({ logDir, errorCode, topics }) => [logDir, { errorCode, topics: topics.map(({ name }) => name) }]),
  )
}

/** Produces until the topic is refused or `stop` says so; gives the code of the refusal. */
async function produce(producer: NumberedProducer, broker: Broker, seed: number, stop: () => boolean) {
  try {
    await producer.run(broker, seeded(seed), stop)
    return ErrorCode.NONE
  } catch (error) {
    const code = /Produce to \S+: (\d+)/.exec(String(error))?.[1]
    if (code === undefined) throw error
    return Number(code)
  }
}

describe('A directory that fails under load', () => {
  test(`takes nothing acknowledged with it, over ${RUNS} runs`, { timeout: 30_000 + RUNS * 20_000 }, async () => {
    const seed = seedFrom('FAULT_SEED')
    console.log(`FAULT_SEED=${seed}`)
    const random = seeded(seed)
    let acknowledged = 0
    for (let run = 0; run < RUNS; run++) {
      const memory = new MemoryFileSystem()
      const fs = new FaultyFileSystem(memory)
      const broker = await start(fs)
      const client = await RawClient.connect(broker.host, broker.port)
      const producers = Array.from({ length: TOPICS }, (_, i) => new NumberedProducer(`numbers-${i}`, i % 2 === 0))
      await createTopics(
        client,
        producers.map(({ topic }) => topic),
      )
      const placed = await logDirs(client)
      // The first has the metadata, without which a broker does not go on.
      const bad = random.pick(DIRECTORIES.slice(1))
      const lost = placed.get(bad)?.topics ?? []
      expect(lost.length).toBeGreaterThan(0)

      let stopped = false
      const ends = producers.map((producer, i) => produce(producer, broker, seed + i, () => stopped))
      await delay(random.below(200))
      const code = random.pick(refusals)
      const operation = random.pick(operations)
      const what = `seed ${seed}, run ${run}: ${code} of ${operation} in ${bad}`
      let left = random.below(20)
      fs.decide = (attempt) => {
        if (!attempt.path.startsWith(bad) || attempt.operation !== operation || left-- > 0) return undefined
        return { code, tornAfterBytes: random.below(Math.max(1, attempt.length)) }
      }
      // What nobody does any more is done for them: a fetch reads, a new topic is made.
      const noticed = async () => {
        for (const topic of lost) await fetchOnce(client, topic)
        return (await logDirs(client)).get(bad)?.errorCode === 'KAFKA_STORAGE_ERROR'
      }
      const isNoticed = await eventually(what, noticed, 3000).catch(() => false)
      const before = producers.map((producer) => producer.acknowledged.length)
      await delay(100)
      stopped = true
      const codes = await Promise.all(ends)
      for (const [i, { topic, acknowledged }] of producers.entries()) {
        if (lost.includes(topic) && isNoticed) {
          expect(codes[i], `${what}, ${topic}`).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
        } else {
          expect(codes[i], `${what}, ${topic}`).toBe(ErrorCode.NONE)
          expect(acknowledged.length, `${what}, ${topic}`).toBeGreaterThan(before[i] ?? 0)
        }
      }
      if (isNoticed) await awaitMetadata(client, lost, what)

      // The end, without a word; what is on the disks is what the next broker finds.
      const rest = new MemoryFileSystem()
      for (const directory of DIRECTORIES) copyTree(memory, rest, directory)
      client.close()
      fs.decide = () => undefined
      await broker.close()
      const next = await start(new FaultyFileSystem(rest))
      const reader = await RawClient.connect(next.host, next.port)
      for (const producer of producers) {
        const found = await readNumbers(reader, producer.topic)
        expect(broken(producer, found), `${what}, ${producer.topic}`).toEqual([])
        acknowledged += producer.acknowledged.length
      }
      reader.close()
      await next.close()
    }
    console.log(`${RUNS} runs: ${acknowledged} records acknowledged`)
  })

  test('that has the metadata, or is the last one, ends the broker', async () => {
    for (const bad of [['/d0'], DIRECTORIES]) {
      const fs = new FaultyFileSystem(new MemoryFileSystem())
      const broker = await start(fs)
      fs.decide = ({ path, operation }) =>
        operation === 'replaceFile' && bad.some((directory) => path.startsWith(directory)) ? { code: 'EIO' } : undefined
      expect(await broker.failure).toBeInstanceOf(Error)
      await broker.close()
    }
  })

  test('before the start is offline from the start; its partitions come back with it', async () => {
    const memory = new MemoryFileSystem()
    const fs = new FaultyFileSystem(memory)
    const first = await start(fs)
    const client = await RawClient.connect(first.host, first.port)
    const producers = Array.from({ length: TOPICS }, (_, i) => new NumberedProducer(`numbers-${i}`, false))
    await createTopics(
      client,
      producers.map(({ topic }) => topic),
    )
    const lost = (await logDirs(client)).get('/d1')?.topics ?? []
    let stopped = false
    const ends = producers.map((producer, i) => produce(producer, first, i, () => stopped))
    await delay(100)
    stopped = true
    await Promise.all(ends)
    client.close()
    await first.close()

    fs.decide = ({ path }) => (path.startsWith('/d1') ? { code: 'EIO' } : undefined)
    const second = await start(fs)
    const other = await RawClient.connect(second.host, second.port)
    await awaitMetadata(other, lost, 'a directory that is offline')
    for (const producer of producers) {
      if (lost.includes(producer.topic)) {
        expect(await fetchOnce(other, producer.topic)).toBe('KAFKA_STORAGE_ERROR')
      } else expect(broken(producer, await readNumbers(other, producer.topic))).toEqual([])
    }
    other.close()
    await second.close()

    fs.decide = () => undefined
    const third = await start(fs)
    const reader = await RawClient.connect(third.host, third.port)
    for (const producer of producers) expect(broken(producer, await readNumbers(reader, producer.topic))).toEqual([])
    reader.close()
    await third.close()
  })
})

async function fetchOnce(client: RawClient, topic: string): Promise<string | undefined> {
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100 }]
  const answer = await client.ask(apis.Fetch, 12, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 100,
    topics: [{ topic, partitions }],
  })
  return answer.responses[0]?.partitions[0]?.errorCode
}

/** The cluster knows that nobody leads these topics, whose one replica is offline. */
async function awaitMetadata(client: RawClient, topics: readonly string[], what: string): Promise<void> {
  await eventually(`${what}: the metadata`, async () => {
    const answer = await client.ask(apis.Metadata, 12, { topics: topics.map((name) => ({ name })) })
    return answer.topics.every(({ partitions: [partition] }) => {
      return partition?.errorCode === 'LEADER_NOT_AVAILABLE' && partition.offlineReplicas.length === 1
    })
  })
}
