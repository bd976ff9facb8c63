// AlterReplicaLogDirs: replicas move from one log directory to another, with all that their logs say.
import { createHash } from 'node:crypto'
import { describe } from 'vitest'
import { apis, expect, only, type TestBroker, testWith } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'
import { arrival, move, placesOf, twoDirectories } from '../support/log-dirs.ts'

const { configs, a, b } = twoDirectories()
const test = testWith(configs)

const other = (path: string) => (path === a ? b : a)

/** The batches of partition 0, and what is known of producers and offsets. */
async function contents(broker: TestBroker, topic: string) {
  const { records, highWatermark, lastStableOffset, logStartOffset, abortedTransactions } = await broker.fetch(
    topic,
    0,
    { partitionMaxBytes: 1 << 24 },
    { maxBytes: 1 << 24, isolationLevel: 1, maxWaitMs: 0 },
  )
  const topics = [{ name: topic, partitionIndexes: [0] }]
  const producers = only(only((await broker.ask(apis.DescribeProducers, 0, { topics })).topics).partitions)
  const digest = createHash('sha256')
    .update(records ?? Buffer.alloc(0))
    .digest('hex')
  return { digest, highWatermark, lastStableOffset, logStartOffset, abortedTransactions, ...producers }
}

describe('a move', () => {
  test.for([1, 2])('takes the log to the other directory, at version %i', async (version, { broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    const [from] = await placesOf(broker, name)
    const to = other(from?.directory ?? '')
    expect(await move(broker, name, to, 0, version)).toBe('NONE')
    await arrival(broker, name, to)
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(['a', 'b', 'c'])
    expect(await broker.append(name, ['d'])).toBe(3)
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(['a', 'b', 'c', 'd'])
  })

  test('keeps every batch, producer and transaction, over many segments', async ({ broker }) => {
    const { name } = await broker.topic({
      configs: { 'internal.segment.bytes': '2000', 'index.interval.bytes': '100' },
    })
    const producerId = await broker.producerId()
    const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
    for (const [index, compression] of compressions.entries()) {
      const values = Array.from({ length: 20 }, (_, i) => `${compression} ${i}`)
      await broker.append(name, values, { compression, producerId, producerEpoch: 0, baseSequence: index * 20 })
    }
    const transaction = await broker.transaction()
    await transaction.send(name, ['aborted'])
    await transaction.abort()
    const open = await broker.transaction()
    await open.send(name, ['open'])
    await eventually('the end of the transaction', async () =>
      (await contents(broker, name)).activeProducers.some(({ coordinatorEpoch }) => coordinatorEpoch >= 0),
    )
    // Asked for anew: what was found above may be of before the end in its other parts.
    const before = await contents(broker, name)
    const [from] = await placesOf(broker, name)
    const to = other(from?.directory ?? '')
    expect(await move(broker, name, to)).toBe('NONE')
    await arrival(broker, name, to)
    expect(await contents(broker, name)).toEqual(before)
    const again = { producerId, producerEpoch: 0, baseSequence: 80 }
    const values = Array.from({ length: 20 }, (_, i) => `zstd ${i}`)
    expect(await broker.append(name, values, { compression: 'zstd', ...again }), 'sent again').toBe(80)
    expect(await open.commit()).toBe('NONE')
    await eventually('the commit', async () => (await contents(broker, name)).lastStableOffset === 104)
  })

  test('keeps where the log begins, in the middle of a batch', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c', 'd', 'e'])
    const partitions = [{ partitionIndex: 0, offset: 2 }]
    await broker.ask(apis.DeleteRecords, 2, { topics: [{ name, partitions }], timeoutMs: 30_000 })
    const [from] = await placesOf(broker, name)
    const to = other(from?.directory ?? '')
    expect(await move(broker, name, to)).toBe('NONE')
    await arrival(broker, name, to)
    expect((await broker.fetch(name, 2)).logStartOffset).toBe(2)
    expect((await broker.fetch(name, 1)).errorCode).toBe('OFFSET_OUT_OF_RANGE')
    expect((await broker.records(name, 2)).map(({ value }) => String(value))).toContain('e')
  })

  test('goes on while records come', async ({ broker }) => {
    const { name } = await broker.topic()
    const [from] = await placesOf(broker, name)
    const to = other(from?.directory ?? '')
    const sent: string[] = []
    let moved: Promise<unknown> | undefined
    let isThere = false
    for (let i = 0; !isThere || i < 50; i++) {
      sent.push(`${i}`)
      expect(await broker.append(name, [`${i}`])).toBe(i)
      if (i === 20) {
        moved = move(broker, name, to)
          .then(() => arrival(broker, name, to))
          .then(() => {
            isThere = true
          })
      }
    }
    await moved
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(sent)
  })

  test('there and back again', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const [from] = await placesOf(broker, name)
    const here = from?.directory ?? ''
    for (const path of [other(here), here, other(here)]) {
      expect(await move(broker, name, path)).toBe('NONE')
      await arrival(broker, name, path)
    }
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(['a', 'b'])
  })

  test('to where the replica is, is none', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const before = await placesOf(broker, name)
    expect(await move(broker, name, before[0]?.directory ?? '')).toBe('NONE')
    expect(await placesOf(broker, name)).toEqual(before)
  })

  test('ends with its topic', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const [from] = await placesOf(broker, name)
    await move(broker, name, other(from?.directory ?? ''))
    await broker.ask(apis.DeleteTopics, 6, { topics: [{ name }], timeoutMs: 30_000 })
    await eventually('the logs to be gone', async () => (await placesOf(broker, name)).length === 0)
  })
})

describe('a wish for a partition that is not there yet', () => {
  test.for(['a', 'b'])('is remembered: %s', async (which, { broker }) => {
    const path = which === 'a' ? a : b
    const name = broker.name()
    expect(await move(broker, name, path)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    await broker.topic({ name, partitions: 1 })
    expect(await placesOf(broker, name)).toMatchObject([{ directory: path, isFuture: false }])
  })
})

describe('what is refused', () => {
  test('a directory that is none of the broker', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(await move(broker, name, '/no/such/directory')).toBe('LOG_DIR_NOT_FOUND')
    expect(await move(broker, name, `${a}/`), 'spelled in another way').toBe('LOG_DIR_NOT_FOUND')
  })

  test('a topic whose name leaves no room for that of the directory', async ({ broker }) => {
    const tail = broker.name()
    const longest = 'x'.repeat(215 - '-0'.length - tail.length) + tail
    expect(await move(broker, longest, a)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await move(broker, `x${longest}`, a)).toBe('INVALID_TOPIC_EXCEPTION')
  })

  test('a partition that there is not, and nothing else for that', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const [from] = await placesOf(broker, name)
    const dirs = [{ path: other(from?.directory ?? ''), topics: [{ name, partitions: [0, 7] }] }]
    const { results } = await broker.ask(apis.AlterReplicaLogDirs, 2, { dirs })
    expect(only(results).partitions.sort((x, y) => x.partitionIndex - y.partitionIndex)).toEqual([
      { partitionIndex: 0, errorCode: 'NONE' },
      { partitionIndex: 7, errorCode: 'UNKNOWN_TOPIC_OR_PARTITION' },
    ])
  })

  test('nothing asks for nothing', async ({ broker }) => {
    expect((await broker.ask(apis.AlterReplicaLogDirs, 2, { dirs: [] })).results).toEqual([])
  })
})
