// Idempotent producers: sequences, duplicates, epochs, and where their ids come from.
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'
import { batchOf } from '../support/records.ts'

interface Producer {
  readonly producerId: number
  /** Appends `count` records from this sequence on; gives the error and the offset answered. */
  send(baseSequence: number, count?: number, producerEpoch?: number): Promise<[string, number]>
}

async function producer(broker: TestBroker, topic: string): Promise<Producer> {
  const producerId = await broker.producerId()
  return {
    producerId,
    async send(baseSequence, count = 1, producerEpoch = 0) {
      const values = Array.from({ length: count }, (_, i) => `${baseSequence + i}`)
      const answer = await broker.produce(topic, batchOf(values, { producerId, producerEpoch, baseSequence }))
      return [answer.errorCode, answer.baseOffset]
    },
  }
}

describe('InitProducerId without a transactional id', kip(98), () => {
  test.for([0, 1, 2, 3, 4, 5])('gives an id with epoch 0 at version %i', async (version, { broker }) => {
    await broker.producerId()
    const answer = await broker.ask(apis.InitProducerId, version, { transactionalId: null, transactionTimeoutMs: 0 })
    expect(answer).toMatchObject({ errorCode: 'NONE', producerEpoch: 0 })
    expect(answer.producerId).toBeGreaterThanOrEqual(0)
  })

  test('never gives an id twice', async ({ broker }) => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => broker.producerId()))
    expect(new Set(ids).size).toBe(20)
  })

  test('takes no notice of the transaction timeout', async ({ broker }) => {
    const answer = await broker.ask(apis.InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: -1 })
    expect(answer.errorCode).toBe('NONE')
  })

  test('gives a new id to who brings one', async ({ broker }) => {
    const producerId = await broker.producerId()
    const request = { transactionalId: null, transactionTimeoutMs: 0, producerId, producerEpoch: 0 }
    const answer = await broker.ask(apis.InitProducerId, 4, request)
    expect(answer).toMatchObject({ errorCode: 'NONE', producerEpoch: 0 })
    expect(answer.producerId).not.toBe(producerId)
  })

  test.for([
    ['an id without an epoch', { producerId: 5, producerEpoch: -1 }],
    ['an epoch without an id', { producerId: -1, producerEpoch: 5 }],
  ] as const)('refuses %s', async ([, given], { broker }) => {
    const request = { transactionalId: null, transactionTimeoutMs: 0, ...given }
    expect(await broker.ask(apis.InitProducerId, 4, request)).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      producerId: -1,
      producerEpoch: -1,
    })
  })

  test('refuses the empty transactional id', async ({ broker }) => {
    const request = { transactionalId: '', transactionTimeoutMs: 1000 }
    expect((await broker.ask(apis.InitProducerId, 4, request)).errorCode).toBe('INVALID_REQUEST')
  })
})

describe('An idempotent producer', kip(98), () => {
  test('appends sequence after sequence', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    expect(await send(0, 3)).toEqual(['NONE', 0])
    expect(await send(3, 2)).toEqual(['NONE', 3])
    expect(await send(5)).toEqual(['NONE', 5])
  })

  test('is answered the old offset for a duplicate, and nothing is appended', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    await send(0, 3)
    expect(await send(0, 3)).toEqual(['NONE', 0])
    expect(await broker.endOffset(name)).toBe(3)
  })

  test('is answered the old offset for any of its last five batches', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    for (const sequence of [0, 1, 2, 3, 4, 5]) await send(sequence)
    for (const sequence of [5, 4, 3, 2, 1]) expect(await send(sequence)).toEqual(['NONE', sequence])
    expect(await broker.endOffset(name)).toBe(6)
  })

  test('is told that a batch before its last five is out of order', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    for (const sequence of [0, 1, 2, 3, 4, 5]) await send(sequence)
    expect(await send(0)).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', -1])
    expect(await broker.endOffset(name)).toBe(6)
  })

  test('is told of a gap', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    await send(0)
    expect(await send(2)).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', -1])
    expect(await send(1)).toEqual(['NONE', 1])
  })

  test('is told of a batch that overlaps the last', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    await send(0, 3)
    expect(await send(2, 2)).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', -1])
  })

  test('is told of a batch that begins as the last and is longer', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    await send(0, 2)
    expect(await send(0, 3)).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', -1])
  })

  test('may begin at any sequence where the partition has not seen it', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    expect(await send(7)).toEqual(['NONE', 0])
    expect(await send(8)).toEqual(['NONE', 1])
  })

  test('goes on from the greatest sequence to 0', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    expect(await send(2 ** 31 - 2, 2)).toEqual(['NONE', 0])
    expect(await send(0)).toEqual(['NONE', 2])
  })

  test('wraps around within a batch', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    expect(await send(2 ** 31 - 1, 2)).toEqual(['NONE', 0])
    expect(await send(1)).toEqual(['NONE', 2])
  })

  test('begins at 0 with a new epoch', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    await send(0)
    expect(await send(0, 1, 1)).toEqual(['NONE', 1])
    expect(await send(1, 1, 1)).toEqual(['NONE', 2])
  })

  test('must begin at 0 with a new epoch', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    await send(0)
    expect(await send(1, 1, 1)).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', -1])
  })

  test('is fenced by its later epoch', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    await send(0, 1, 1)
    expect(await send(1, 1, 0)).toEqual(['INVALID_PRODUCER_EPOCH', -1])
    expect(await broker.endOffset(name)).toBe(1)
  })

  test('has its duplicates of an earlier epoch refused', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    await send(0, 1, 0)
    await send(0, 1, 1)
    expect(await send(0, 1, 0)).toEqual(['INVALID_PRODUCER_EPOCH', -1])
  })

  test('counts in each partition for itself', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    const producerId = await broker.producerId()
    const batch = batchOf(['a'], { producerId, producerEpoch: 0, baseSequence: 0 })
    expect(await broker.produce(name, batch, { index: 0 })).toMatchObject({ errorCode: 'NONE', baseOffset: 0 })
    expect(await broker.produce(name, batch, { index: 1 })).toMatchObject({ errorCode: 'NONE', baseOffset: 0 })
  })

  test('is told of two batches for a partition in one request', async ({ broker }) => {
    const { name } = await broker.topic()
    const producerId = await broker.producerId()
    const batch = (baseSequence: number) => batchOf(['a'], { producerId, producerEpoch: 0, baseSequence })
    const answer = await broker.produce(name, Buffer.concat([batch(0), batch(1)]))
    expect(answer.errorCode).toBe('INVALID_RECORD')
  })

  test('must have a sequence', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    expect(await send(-1)).toEqual(['INVALID_RECORD', -1])
  })

  test('need not have an epoch', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    expect(await send(0, 1, -1)).toEqual(['NONE', 0])
  })

  test('is remembered when its records are deleted', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send } = await producer(broker, name)
    await send(0, 3)
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset: -1 }] }]
    await broker.ask(apis.DeleteRecords, 2, { topics, timeoutMs: 30_000 })
    expect(await send(5)).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', -1])
    expect(await send(3)).toEqual(['NONE', 3])
  })
})

describe('DescribeProducers', kip(664), () => {
  const describeProducers = async (broker: TestBroker, name: string, partitionIndex = 0) => {
    const topics = [{ name, partitionIndexes: [partitionIndex] }]
    return only(only((await broker.ask(apis.DescribeProducers, 0, { topics })).topics).partitions)
  }

  test('tells last epoch, sequence and time of a producer', async ({ broker }) => {
    const { name } = await broker.topic()
    const { send, producerId } = await producer(broker, name)
    await send(0, 3)
    const { errorCode, activeProducers } = await describeProducers(broker, name)
    expect(errorCode).toBe('NONE')
    const active = only(activeProducers)
    expect(active).toMatchObject({
      producerId,
      producerEpoch: 0,
      lastSequence: 2,
      coordinatorEpoch: -1,
      currentTxnStartOffset: -1,
    })
    expect(active.lastTimestamp).toBeGreaterThan(0)
  })

  test('tells of no producer that is not idempotent', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect(await describeProducers(broker, name)).toEqual({
      partitionIndex: 0,
      errorCode: 'NONE',
      errorMessage: null,
      activeProducers: [],
    })
  })

  test('does not know a partition that there is not', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(await describeProducers(broker, name, 3)).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      activeProducers: [],
    })
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    expect(await describeProducers(broker, broker.name('missing'))).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      errorMessage: 'This server does not host this topic-partition.',
    })
  })

  test('refuses a name that no topic can have', async ({ broker }) => {
    expect((await describeProducers(broker, 'bad name')).errorCode).toBe('INVALID_TOPIC_EXCEPTION')
  })
})
