// Fetch: what is read from where, how long it waits, and how much it gives.
import { encodeRequest } from '../../src/wire/index.ts'
import { Batch } from '../../src/wire/records/index.ts'
import { openBytes } from '../support/byte-connection.ts'
import { apis, describe, expect, kip, message, only, type TestBroker, test, valuesIn } from '../support/compat.ts'
import { batchOf } from '../support/records.ts'

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const MB = 1 << 20

async function deleteBefore(broker: TestBroker, name: string, offset: number): Promise<void> {
  const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }]
  await broker.ask(apis.DeleteRecords, 2, { topics, timeoutMs: 30_000 })
}

describe('Fetch', message('Fetch'), () => {
  test.for([4, 5, 6, 7, 8, 9, 10, 11, 12])('reads by name at version %i', async (version, { broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }]
    const { responses } = await broker.ask(apis.Fetch, version, { maxWaitMs: 0, minBytes: 0, maxBytes: MB, topics })
    const partition = only(only(responses).partitions)
    expect(partition).toMatchObject({
      partitionIndex: 0,
      errorCode: 'NONE',
      highWatermark: 2,
      lastStableOffset: 2,
      abortedTransactions: null,
      preferredReadReplica: -1,
    })
    expect(valuesIn(partition.records)).toEqual(['a', 'b'])
  })

  test.for([13, 14, 15, 16, 17, 18])('reads by id at version %i', async (version, { broker }) => {
    const { id } = await broker.topicWith(['a', 'b'])
    const topics = [{ topicId: id, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }]
    const answer = await broker.ask(apis.Fetch, version, { maxWaitMs: 0, minBytes: 0, maxBytes: MB, topics })
    expect(only(answer.responses).topicId).toBe(id)
    expect(valuesIn(only(only(answer.responses).partitions).records)).toEqual(['a', 'b'])
    expect(answer.nodeEndpoints).toEqual([])
  })

  test('gives the whole batch that holds the offset asked for', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    await broker.append(name, ['d'])
    expect(valuesIn((await broker.fetch(name, 1)).records)).toEqual(['a', 'b', 'c', 'd'])
    expect(valuesIn((await broker.fetch(name, 3)).records)).toEqual(['d'])
  })

  test('writes the leader’s epoch into the batches', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const { records } = await broker.fetch(name, 0)
    expect(Batch.partitionLeaderEpoch(records ?? Buffer.alloc(0), 0)).toBe(0)
  })

  test('gives nothing at the end, without an error', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const answer = await broker.fetch(name, 2, {}, { maxWaitMs: 1 })
    expect(answer).toMatchObject({ errorCode: 'NONE', highWatermark: 2 })
    expect(answer.records).toHaveLength(0)
  })

  test('gives nothing of an empty topic', async ({ broker }) => {
    const { name } = await broker.topic()
    const answer = await broker.fetch(name, 0, {}, { maxWaitMs: 1 })
    expect(answer).toMatchObject({ errorCode: 'NONE', highWatermark: 0, lastStableOffset: 0, logStartOffset: 0 })
    expect(answer.records).toHaveLength(0)
  })

  test.for([3, -1])('refuses offset %i of a log from 0 to 2', async (offset, { broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const answer = await broker.fetch(name, offset)
    expect(answer).toMatchObject({
      errorCode: 'OFFSET_OUT_OF_RANGE',
      highWatermark: -1,
      lastStableOffset: -1,
      logStartOffset: -1,
    })
    expect(answer.records ?? Buffer.alloc(0)).toHaveLength(0)
  })

  test('refuses an offset before the log’s start', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    await deleteBefore(broker, name, 2)
    expect((await broker.fetch(name, 1)).errorCode).toBe('OFFSET_OUT_OF_RANGE')
    expect(await broker.fetch(name, 2)).toMatchObject({ errorCode: 'NONE', logStartOffset: 2, highWatermark: 3 })
  })

  test('refuses at once, however long it may wait', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const started = performance.now()
    await broker.fetch(name, 9, {}, { maxWaitMs: 30_000, minBytes: 1 << 20 })
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test.for([5, -1])('does not know partition %i of a topic of one', async (partition, { broker }) => {
    const { name } = await broker.topic()
    expect((await broker.fetch(name, 0, { partition })).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    expect((await broker.fetch(broker.name('missing'), 0)).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('does not know an id that no topic has', async ({ broker }) => {
    const topics = [{ topicId: UNKNOWN_ID, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }]
    const answer = await broker.ask(apis.Fetch, 13, { maxWaitMs: 0, minBytes: 0, maxBytes: MB, topics })
    expect(answer.errorCode).toBe('NONE')
    expect(only(only(answer.responses).partitions).errorCode).toBe('UNKNOWN_TOPIC_ID')
  })

  test('gives batches as they were compressed', async ({ broker }) => {
    broker.needs(apis.Fetch, 10)
    const { name } = await broker.topic()
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      await broker.produce(name, batchOf([compression], { compression }))
    }
    expect(valuesIn((await broker.fetch(name, 0)).records)).toEqual(['gzip', 'snappy', 'lz4', 'zstd'])
  })

  test.for(['producer', 'zstd'])(
    'gives zstd to readers below version 10 too, who may not know it, where the topic says %s',
    async (codec, { broker }) => {
      const { name } = await broker.topic({ configs: { 'compression.type': codec } })
      await broker.produce(name, batchOf(['a'], { compression: 'zstd' }))
      const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }]
      const answer = await broker.ask(apis.Fetch, 9, { maxWaitMs: 0, minBytes: 0, maxBytes: MB, topics })
      expect(valuesIn(only(only(answer.responses).partitions).records)).toEqual(['a'])
    },
  )

  test('reads internal topics too', async ({ broker }) => {
    await broker.group()
    expect((await broker.fetch('__consumer_offsets', 0, {}, { maxWaitMs: 1 })).errorCode).toBe('NONE')
  })
})

describe('Fetch of several partitions', message('Fetch'), () => {
  test('answers each, in the order asked', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 3 })
    for (const index of [0, 1, 2]) await broker.append(name, [`p${index}`], {}, index)
    const partitions = [2, 0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: MB }))
    const { responses } = await broker.ask(apis.Fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: MB,
      topics: [{ topic: name, partitions }],
    })
    const read = only(responses).partitions.map(({ partitionIndex, records }) => [partitionIndex, ...valuesIn(records)])
    expect(read).toEqual([
      [2, 'p2'],
      [0, 'p0'],
      [1, 'p1'],
    ])
  })

  test('answers those that are there beside one that is not', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const partitions = [0, 9].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: MB }))
    const { responses } = await broker.ask(apis.Fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: MB,
      topics: [{ topic: name, partitions }],
    })
    const errors = responses.flatMap((topic) => topic.partitions.map((p) => [p.partitionIndex, p.errorCode]))
    expect(errors.sort()).toEqual([
      [0, 'NONE'],
      [9, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ])
  })

  test('spends max bytes on the first, and gives the others nothing', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    for (const index of [0, 1]) await broker.append(name, ['x'.repeat(1000)], {}, index)
    const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: MB }))
    const { responses } = await broker.ask(apis.Fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1000,
      topics: [{ topic: name, partitions }],
    })
    const counts = only(responses).partitions.map(({ records }) => valuesIn(records).length)
    expect(counts).toEqual([1, 0])
  })
})

describe('Fetch and sizes', kip(74), () => {
  /** A topic of three batches, each of this size. */
  async function threeBatches(broker: TestBroker): Promise<{ name: string; size: number }> {
    const { name } = await broker.topic()
    for (const value of ['a', 'b', 'c']) await broker.append(name, [value.repeat(100)])
    return { name, size: batchOf(['a'.repeat(100)]).length }
  }

  test('gives the first batch whole, though one byte was asked for in all', async ({ broker }) => {
    const { name, size } = await threeBatches(broker)
    expect((await broker.fetch(name, 0, {}, { maxBytes: 1 })).records).toHaveLength(size)
  })

  test('gives the first batch whole, though one byte was asked for of the partition', async ({ broker }) => {
    const { name, size } = await threeBatches(broker)
    expect((await broker.fetch(name, 0, { partitionMaxBytes: 1 })).records).toHaveLength(size)
  })

  test('cuts behind the bytes asked for of the partition, through a batch if need be', async ({ broker }) => {
    const { name, size } = await threeBatches(broker)
    const { records } = await broker.fetch(name, 0, { partitionMaxBytes: size + 20 })
    expect(records).toHaveLength(size + 20)
    expect(valuesIn(records)).toEqual(['a'.repeat(100)])
  })

  test('cuts behind the bytes asked for in all', async ({ broker }) => {
    const { name, size } = await threeBatches(broker)
    expect((await broker.fetch(name, 0, {}, { maxBytes: size * 2 })).records).toHaveLength(size * 2)
  })

  test('gives all there is where more was asked for', async ({ broker }) => {
    const { name, size } = await threeBatches(broker)
    expect((await broker.fetch(name, 0)).records).toHaveLength(size * 3)
  })
})

describe('Fetch and waiting', message('Fetch'), () => {
  test('waits for the next record', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const waiting = await broker.connect()
    const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 1, partitionMaxBytes: MB }] }]
    const answer = waiting.ask(apis.Fetch, 12, { maxWaitMs: 30_000, minBytes: 1, maxBytes: MB, topics })
    // The fetch is before the append on its way, and waits when it comes to be looked at.
    await broker.append(name, ['b'])
    expect(valuesIn(only(only((await answer).responses).partitions).records)).toEqual(['b'])
  })

  test('waits for as many bytes as it wants', async ({ broker }) => {
    const { name } = await broker.topic()
    const waiting = await broker.connect()
    const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }]
    const answer = waiting.ask(apis.Fetch, 12, { maxWaitMs: 30_000, minBytes: 1000, maxBytes: MB, topics })
    await broker.append(name, ['small'])
    await broker.append(name, ['x'.repeat(1000)])
    expect(valuesIn(only(only((await answer).responses).partitions).records)).toEqual(['small', 'x'.repeat(1000)])
  })

  test('answers with what there is when its time is over', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const started = performance.now()
    const answer = await broker.fetch(name, 0, {}, { maxWaitMs: 300, minBytes: MB })
    expect(performance.now() - started).toBeGreaterThan(250)
    expect(valuesIn(answer.records)).toEqual(['a'])
  })

  test('waits for nothing where it wants no bytes', async ({ broker }) => {
    const { name } = await broker.topic()
    const started = performance.now()
    await broker.fetch(name, 0, {}, { maxWaitMs: 30_000, minBytes: 0 })
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test('is woken by any of its partitions', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    const waiting = await broker.connect()
    const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: MB }))
    const topics = [{ topic: name, partitions }]
    const answer = waiting.ask(apis.Fetch, 12, { maxWaitMs: 30_000, minBytes: 1, maxBytes: MB, topics })
    await broker.append(name, ['second'], {}, 1)
    const read = only((await answer).responses).partitions.map(({ records }) => valuesIn(records))
    expect(read).toEqual([[], ['second']])
  })

  test('is answered when its topic is deleted', async ({ broker }) => {
    const { name } = await broker.topic()
    const waiting = await broker.connect()
    const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }]
    const answer = waiting.ask(apis.Fetch, 12, { maxWaitMs: 30_000, minBytes: 1, maxBytes: MB, topics })
    await broker.ask(apis.DeleteTopics, 6, { topics: [{ name }], timeoutMs: 30_000 })
    const { errorCode } = only(only((await answer).responses).partitions)
    expect(errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('holds up the requests behind it on its connection, and no other connection', async ({ broker }) => {
    const { name } = await broker.topic()
    const waiting = await broker.connect()
    const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }]
    const order: string[] = []
    const fetch = waiting.ask(apis.Fetch, 12, { maxWaitMs: 30_000, minBytes: 1, maxBytes: MB, topics })
    const behind = waiting.ask(apis.Metadata, 12, { topics: [] })
    const marked = [fetch.then(() => order.push('fetch')), behind.then(() => order.push('metadata'))]
    await broker.ask(apis.Metadata, 12, { topics: [] })
    order.push('other connection')
    await broker.append(name, ['a'])
    await Promise.all(marked)
    expect(order).toEqual(['other connection', 'fetch', 'metadata'])
  })
})

describe('Fetch and leader epochs', kip(320), () => {
  test('takes the leader’s epoch', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect((await broker.fetch(name, 0, { currentLeaderEpoch: 0 })).errorCode).toBe('NONE')
  })

  test('does not know an epoch that is yet to come', async ({ broker }) => {
    broker.needs(apis.Fetch, 9)
    const { name } = await broker.topicWith(['a'])
    expect(await broker.fetch(name, 0, { currentLeaderEpoch: 5 })).toMatchObject({
      errorCode: 'UNKNOWN_LEADER_EPOCH',
      highWatermark: -1,
    })
  })

  test('takes the epoch that the reader last read', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect(await broker.fetch(name, 1, { lastFetchedEpoch: 0 }, { maxWaitMs: 1 })).toMatchObject({
      errorCode: 'NONE',
      divergingEpoch: { epoch: -1, endOffset: -1 },
    })
  })

  test('refuses an offset whose epoch is yet to come', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect((await broker.fetch(name, 1, { lastFetchedEpoch: 3 })).errorCode).toBe('OFFSET_OUT_OF_RANGE')
  })
})

describe('Fetch and isolation', kip(98), () => {
  test.for([
    [11, 'UNKNOWN_SERVER_ERROR'],
    [6, 'NONE'],
  ] as const)('refuses a level that there is not, at version %i', async ([version, errorCode], { broker }) => {
    const { name } = await broker.topicWith(['a'])
    const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }]
    const body = { maxWaitMs: 0, minBytes: 0, maxBytes: MB, isolationLevel: 7, topics }
    const answer = await broker.ask(apis.Fetch, version, body)
    expect(answer.errorCode).toBe(errorCode)
    expect(only(only(answer.responses).partitions)).toMatchObject({
      errorCode: 'UNKNOWN_SERVER_ERROR',
      highWatermark: -1,
    })
  })

  test('lists aborted transactions for who reads committed records, and null for who reads all', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect((await broker.fetch(name, 0, {}, { isolationLevel: 0 })).abortedTransactions).toBeNull()
    const committed = await broker.fetch(name, 0, {}, { isolationLevel: 1 })
    expect(committed.abortedTransactions).toEqual([])
    expect(valuesIn(committed.records)).toEqual(['a'])
  })

  test('never points to another replica where there is none', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect((await broker.fetch(name, 0, {}, { rackId: 'rack' })).preferredReadReplica).toBe(-1)
  })
})

describe('Fetch after many appends', message('Fetch'), () => {
  test('gives every record once and in order, whatever the sizes of the pieces', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'segment.bytes': '1048576' } })
    const expected: string[] = []
    for (let round = 0; round < 60; round++) {
      const values = Array.from({ length: 1 + (round % 7) }, (_, i) => `${round}.${i}.${'x'.repeat(round * 100)}`)
      expected.push(...values)
      await broker.append(name, values)
    }
    const read: string[] = []
    while (read.length < expected.length) {
      const { records } = await broker.fetch(name, read.length, { partitionMaxBytes: 10_000 })
      const base = Batch.baseOffset(records ?? Buffer.alloc(8), 0)
      read.push(...valuesIn(records).slice(read.length - base))
    }
    expect(read).toEqual(expected)
  })

  test('gives a reader that takes its time what it asked for, whatever others read meanwhile', async ({ broker }) => {
    const values = (letter: string) => Array.from({ length: 10 }, (_, i) => `${i}${letter.repeat(100_000)}`)
    const [slow, quick] = [await broker.topicWith(values('s')), await broker.topicWith(values('q'))]
    const topics = [{ topic: slow.name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }]
    const body = { maxWaitMs: 0, minBytes: 0, maxBytes: MB, topics }
    const request = encodeRequest(apis.Fetch.request, 12, { correlationId: 1, clientId: 'slow' }, body)

    const reader = await openBytes(broker)
    reader.pause()
    const asked = 20
    for (let i = 0; i < asked; i++) for (const slice of request) reader.send(slice)
    for (let i = 0; i < asked; i++) {
      expect(valuesIn((await broker.fetch(quick.name, 0, {}, { maxBytes: MB })).records)).toEqual(values('q'))
    }
    reader.resume()
    for (let i = 0; i < asked; i++) {
      const { responses } = reader.decode(apis.Fetch.response, 12, await reader.frame())
      const { records } = only(only(responses).partitions)
      expect(Batch.isValid(records ?? Buffer.alloc(0), 0)).toBe(true)
      expect(valuesIn(records)).toEqual(values('s'))
    }
  })
})
