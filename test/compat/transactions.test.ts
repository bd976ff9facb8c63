// Transactions: what is visible when, who is fenced by whom, and how one ends. The rows 1 and 2 are the two protocols:
// the older adds partitions before it produces, the newer by producing, and ends with a new epoch (KIP-890).
import { Batch, controlType } from '../../src/wire/records/index.ts'
import { apis, describe, expect, kip, only, type TestBroker, test, valuesIn } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'
import { batchOf } from '../support/records.ts'

const MB = 1 << 20

/** What a reader of committed records gets, and up to where. */
async function committed(broker: TestBroker, topic: string, fetchOffset = 0) {
  return broker.fetch(topic, fetchOffset, {}, { isolationLevel: 1, maxWaitMs: 0 })
}

/** Waits until no transaction is open below this offset. */
async function stableUpTo(broker: TestBroker, topic: string, offset: number): Promise<void> {
  await eventually(`${topic} to be stable up to ${offset}`, async () => {
    return (await committed(broker, topic)).lastStableOffset >= offset
  })
}

/** The values that a client shows to readers of committed records: without markers and without what was aborted. */
async function visible(broker: TestBroker, topic: string): Promise<string[]> {
  const { records, abortedTransactions } = await committed(broker, topic)
  const bytes = records ?? Buffer.alloc(0)
  const coming = [...(abortedTransactions ?? [])].sort((a, b) => a.firstOffset - b.firstOffset)
  const aborted = new Set<number>()
  const values: string[] = []
  for (const at of Batch.positions(bytes)) {
    while (coming[0] !== undefined && coming[0].firstOffset <= Batch.baseOffset(bytes, at)) {
      aborted.add(coming.shift()?.producerId ?? -1)
    }
    const [batch, producerId] = [bytes.subarray(at, at + Batch.sizeInBytes(bytes, at)), Batch.producerId(bytes, at)]
    if (Batch.isControl(bytes, at)) aborted.delete(producerId)
    else if (!Batch.isTransactional(bytes, at) || !aborted.has(producerId)) values.push(...valuesIn(batch))
  }
  return values
}

async function stateOf(broker: TestBroker, transactionalId: string) {
  const answer = await broker.ask(apis.DescribeTransactions, 0, { transactionalIds: [transactionalId] })
  return only(answer.transactionStates)
}

describe.for([1, 2] as const)('A transaction of protocol %i', kip(98), (protocol) => {
  test('is read by no reader of committed records while it is open', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol })
    expect(await producer.send(name, ['a', 'b'])).toEqual({ errorCode: 'NONE', baseOffset: 0 })
    const answer = await committed(broker, name)
    expect(answer).toMatchObject({ errorCode: 'NONE', highWatermark: 2, lastStableOffset: 0 })
    expect(answer.records).toHaveLength(0)
    expect(valuesIn((await broker.fetch(name, 0)).records)).toEqual(['a', 'b'])
  })

  test('is read when it is committed', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol })
    await producer.send(name, ['a', 'b'])
    expect(await producer.commit()).toBe('NONE')
    await stableUpTo(broker, name, 3)
    expect(await visible(broker, name)).toEqual(['a', 'b'])
    expect((await committed(broker, name)).abortedTransactions).toEqual([])
  })

  test('is listed as aborted when it is aborted', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol })
    const { producerId } = producer
    await producer.send(name, ['a', 'b'])
    expect(await producer.abort()).toBe('NONE')
    await stableUpTo(broker, name, 3)
    expect((await committed(broker, name)).abortedTransactions).toEqual([{ producerId, firstOffset: 0 }])
    expect(await visible(broker, name)).toEqual([])
  })

  test('takes one offset for its end, in every partition it wrote to', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 3 })
    const producer = await broker.transaction({ protocol })
    await producer.send(name, ['a'], 0)
    await producer.send(name, ['b', 'c'], 2)
    await producer.commit()
    const ends = () => Promise.all([0, 1, 2].map((partition) => broker.endOffset(name, partition)))
    await eventually('the markers', async () => (await ends()).join() === '2,0,3')
  })

  test('ends with a control batch that says how', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol })
    await producer.send(name, ['a'])
    await producer.commit()
    await stableUpTo(broker, name, 2)
    await producer.send(name, ['b'])
    await producer.abort()
    await stableUpTo(broker, name, 4)
    const bytes = (await broker.fetch(name, 0)).records ?? Buffer.alloc(0)
    const markers = [...Batch.positions(bytes)].filter((at) => Batch.isControl(bytes, at))
    expect(markers.map((at) => Batch.baseOffset(bytes, at))).toEqual([1, 3])
    expect(markers.map((at) => Batch.isTransactional(bytes, at))).toEqual([true, true])
    const keys = (await broker.records(name)).filter(({ offset }) => offset % 2 === 1).map(({ key }) => key)
    expect(keys.map((key) => controlType(key ?? Buffer.alloc(0)))).toEqual(['COMMIT', 'ABORT'])
  })

  test('holds back what others wrote behind it', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol })
    await broker.append(name, ['before'])
    await producer.send(name, ['open'])
    await broker.append(name, ['behind'])
    expect(await visible(broker, name)).toEqual(['before'])
    await producer.commit()
    await stableUpTo(broker, name, 4)
    expect(await visible(broker, name)).toEqual(['before', 'open', 'behind'])
  })

  test('is held back by an older one that is open', async ({ broker }) => {
    const { name } = await broker.topic()
    const [older, newer] = [await broker.transaction({ protocol }), await broker.transaction({ protocol })]
    await older.send(name, ['older'])
    await newer.send(name, ['newer'])
    await newer.commit()
    await eventually('the newer marker', async () => (await broker.endOffset(name)) === 3)
    expect(await visible(broker, name)).toEqual([])
    await older.abort()
    await stableUpTo(broker, name, 4)
    expect(await visible(broker, name)).toEqual(['newer'])
  })

  test('wakes a reader of committed records when it ends', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol })
    await producer.send(name, ['a'])
    const waiting = await broker.connect()
    const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }]
    const body = { maxWaitMs: 30_000, minBytes: 1, maxBytes: MB, isolationLevel: 1, topics }
    const answer = waiting.ask(apis.Fetch, 12, body)
    await producer.commit()
    const read = only(only((await answer).responses).partitions)
    expect(valuesIn(read.records)[0]).toBe('a')
  })

  test('moves the end that a reader of committed records is told', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol })
    await broker.append(name, ['before'])
    await producer.send(name, ['open'])
    const latest = async (isolationLevel: number) => {
      const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
      const answer = await broker.ask(apis.ListOffsets, 7, { replicaId: -1, isolationLevel, topics })
      return only(only(answer.topics).partitions).offset
    }
    expect([await latest(0), await latest(1)]).toEqual([2, 1])
    await producer.commit()
    await stableUpTo(broker, name, 3)
    expect([await latest(0), await latest(1)]).toEqual([3, 3])
  })

  test('may follow another', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol })
    for (const value of ['a', 'b', 'c']) {
      expect((await producer.send(name, [value])).errorCode).toBe('NONE')
      expect(await (value === 'b' ? producer.abort() : producer.commit())).toBe('NONE')
    }
    await stableUpTo(broker, name, 6)
    expect(await visible(broker, name)).toEqual(['a', 'c'])
  })

  test('is aborted by the next producer of its id, which fences its producer', async ({ broker }) => {
    broker.needs(apis.EndTxn, 2)
    const { name } = await broker.topic()
    const first = await broker.transaction({ protocol })
    await first.send(name, ['lost'])
    const second = await broker.transaction({ protocol, transactionalId: first.transactionalId })
    expect(second.producerId).toBe(first.producerId)
    expect(second.producerEpoch).toBeGreaterThan(first.producerEpoch)
    await stableUpTo(broker, name, 2)
    expect(await visible(broker, name)).toEqual([])
    expect((await first.trySend(name, ['late'])).errorCode).toBe('INVALID_PRODUCER_EPOCH')
    expect(await first.commit()).toBe('PRODUCER_FENCED')
    await second.send(name, ['next'])
    expect(await second.commit()).toBe('NONE')
  })

  test('that is open is described', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    const producer = await broker.transaction({ protocol, timeoutMs: 45_000 })
    await producer.send(name, ['a'], 0)
    await producer.send(name, ['b'], 1)
    const { producerId, transactionalId } = producer
    const state = await stateOf(broker, transactionalId)
    expect(state).toMatchObject({
      errorCode: 'NONE',
      transactionalId,
      transactionState: 'Ongoing',
      transactionTimeoutMs: 45_000,
      producerId,
    })
    expect(only(state.topics)).toMatchObject({ topic: name })
    expect(only(state.topics).partitions.sort()).toEqual([0, 1])
    expect(Date.now() - state.transactionStartTimeMs).toBeLessThan(60_000)
  })

  test.for([
    ['commit', 'CompleteCommit'],
    ['abort', 'CompleteAbort'],
  ] as const)('has its end described after %s', async ([end, state], { broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol })
    await producer.send(name, ['a'])
    await producer[end]()
    await eventually(state, async () => {
      return (await stateOf(broker, producer.transactionalId)).transactionState === state
    })
    expect((await stateOf(broker, producer.transactionalId)).topics).toEqual([])
  })

  test('shows where it began among the producers of a partition', async ({ broker }) => {
    const { name } = await broker.topicWith(['before'])
    const producer = await broker.transaction({ protocol })
    await producer.send(name, ['a'])
    const topics = [{ name, partitionIndexes: [0] }]
    const producers = async () =>
      only(only((await broker.ask(apis.DescribeProducers, 0, { topics })).topics).partitions).activeProducers
    expect(only(await producers())).toMatchObject({ producerId: producer.producerId, currentTxnStartOffset: 1 })
    await producer.commit()
    await stableUpTo(broker, name, 3)
    expect(only(await producers())).toMatchObject({ currentTxnStartOffset: -1 })
  })
})

describe('A transaction of protocol 1', kip(98), () => {
  test('keeps its epoch when it ends', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol: 1 })
    const { producerEpoch } = producer
    await producer.send(name, ['a'])
    await producer.commit()
    expect(producer.producerEpoch).toBe(producerEpoch)
    expect((await producer.send(name, ['b'])).errorCode).toBe('NONE')
  })

  test('must have its partitions added', async ({ broker }) => {
    broker.needs(apis.Produce, 11)
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol: 1 })
    expect(await producer.trySend(name, ['a'])).toEqual({ errorCode: 'TRANSACTION_ABORTABLE', baseOffset: -1 })
    expect(await broker.endOffset(name)).toBe(0)
  })

  test('is told so as a state that is wrong where it is too old to know more', async ({ broker }) => {
    const { name } = await broker.topic()
    const { transactionalId, producerId, producerEpoch } = await broker.transaction({ protocol: 1 })
    const records = batchOf(['a'], { producerId, producerEpoch, baseSequence: 0, isTransactional: true })
    const topicData = [{ name, partitionData: [{ index: 0, records }] }]
    const body = { transactionalId, acks: -1, timeoutMs: 30_000, topicData }
    const { responses } = await broker.ask(apis.Produce, 10, body)
    expect(only(only(responses).partitionResponses).errorCode).toBe('INVALID_TXN_STATE')
  })

  test('cannot end before it has begun', async ({ broker }) => {
    const producer = await broker.transaction({ protocol: 1 })
    expect(await producer.commit()).toBe('INVALID_TXN_STATE')
    expect(await producer.abort()).toBe('INVALID_TXN_STATE')
  })

  test('may be ended the same way twice, and not in two ways', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol: 1 })
    await producer.send(name, ['a'])
    expect(await producer.commit()).toBe('NONE')
    expect(await producer.commit()).toBe('NONE')
    expect(await producer.abort()).toBe('INVALID_TXN_STATE')
  })
})

describe('A transaction of protocol 2', kip(890), () => {
  test('has a new epoch when it ends, and begins at sequence 0', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol: 2 })
    const { producerEpoch } = producer
    await producer.send(name, ['a'])
    await producer.commit()
    expect(producer.producerEpoch).toBe(producerEpoch + 1)
    expect((await producer.send(name, ['b'])).errorCode).toBe('NONE')
  })

  test('that has not begun cannot be committed, and may be aborted', async ({ broker }) => {
    const producer = await broker.transaction({ protocol: 2 })
    expect(await producer.commit()).toBe('INVALID_TXN_STATE')
    expect(await producer.abort()).toBe('NONE')
    expect(producer.producerEpoch).toBe(1)
  })

  test('may be ended the same way twice by who did not hear the answer, and not in two ways', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol: 2 })
    const before = producer.identity
    await producer.send(name, ['a'])
    await producer.commit()
    await eventually('its end', async () => {
      return (await stateOf(broker, producer.transactionalId)).transactionState === 'CompleteCommit'
    })
    const { producerId, producerEpoch } = producer
    expect(await broker.ask(apis.EndTxn, 5, { ...before, committed: true })).toMatchObject({
      errorCode: 'NONE',
      producerId,
      producerEpoch,
    })
    expect((await broker.ask(apis.EndTxn, 5, { ...before, committed: false })).errorCode).toBe('INVALID_TXN_STATE')
  })

  test('takes no late batch of the one before', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol: 2 })
    const { transactionalId, producerId, producerEpoch } = producer.identity
    await producer.send(name, ['a'])
    await producer.commit()
    await stableUpTo(broker, name, 2)
    const records = batchOf(['late'], { producerId, producerEpoch, baseSequence: 1, isTransactional: true })
    const topicData = [{ name, partitionData: [{ index: 0, records }] }]
    const body = { transactionalId, acks: -1, timeoutMs: 30_000, topicData }
    const { responses } = await broker.ask(apis.Produce, 12, body)
    expect(only(only(responses).partitionResponses).errorCode).toBe('INVALID_PRODUCER_EPOCH')
    expect(await broker.endOffset(name)).toBe(2)
  })
})

describe('InitProducerId with a transactional id', kip(98), () => {
  test('gives the same id with the next epoch again', async ({ broker }) => {
    const first = await broker.transaction()
    const second = await broker.transaction({ transactionalId: first.transactionalId })
    expect([second.producerId, second.producerEpoch]).toEqual([first.producerId, first.producerEpoch + 1])
  })

  test('gives another id to another transactional id', async ({ broker }) => {
    expect((await broker.transaction()).producerId).not.toBe((await broker.transaction()).producerId)
  })

  test.for([0, -1, 900_001])('refuses a timeout of %i ms', async (transactionTimeoutMs, { broker }) => {
    const { transactionalId } = await broker.transaction()
    const answer = await broker.ask(apis.InitProducerId, 5, { transactionalId, transactionTimeoutMs })
    expect(answer).toMatchObject({ errorCode: 'INVALID_TRANSACTION_TIMEOUT', producerId: -1, producerEpoch: -1 })
  })

  test('bumps the epoch of a producer that names itself', async ({ broker }) => {
    const { producerId, producerEpoch, identity } = await broker.transaction()
    const answer = await broker.ask(apis.InitProducerId, 5, { ...identity, transactionTimeoutMs: 60_000 })
    expect(answer).toMatchObject({ errorCode: 'NONE', producerId, producerEpoch: producerEpoch + 1 })
  })

  test.for([
    [3, 'INVALID_PRODUCER_EPOCH'],
    [4, 'PRODUCER_FENCED'],
  ] as const)(
    'fences an epoch, or an id, that is not the last, at version %i',
    async ([version, errorCode], { broker }) => {
      const { identity } = await broker.transaction()
      for (const other of [{ producerEpoch: 7 }, { producerId: 999_999 }]) {
        const body = { ...identity, ...other, transactionTimeoutMs: 60_000 }
        expect(await broker.ask(apis.InitProducerId, version, body)).toMatchObject({ errorCode, producerId: -1 })
      }
    },
  )
})

describe('AddPartitionsToTxn', kip(98), () => {
  test('takes none of several partitions where one is not there', async ({ broker }) => {
    const { name } = await broker.topic()
    const { transactionalId, producerId, producerEpoch } = await broker.transaction({ protocol: 1 })
    const answer = await broker.ask(apis.AddPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name, partitions: [0, 7] }],
    })
    const errors = only(answer.resultsByTopicV3AndBelow).resultsByPartition.map((p) => [
      p.partitionIndex,
      p.partitionErrorCode,
    ])
    expect(errors.sort()).toEqual([
      [0, 'OPERATION_NOT_ATTEMPTED'],
      [7, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ])
    expect((await stateOf(broker, transactionalId)).transactionState).toBe('Empty')
  })

  test('takes a partition twice', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol: 1 })
    expect([await producer.add(name), await producer.add(name)]).toEqual(['NONE', 'NONE'])
    expect(only((await stateOf(broker, producer.transactionalId)).topics).partitions).toEqual([0])
  })

  test('begins a transaction that may be ended though nothing was written', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol: 1 })
    await producer.add(name)
    expect(await producer.commit()).toBe('NONE')
    await eventually('the marker', async () => (await broker.endOffset(name)) === 1)
  })

  test.for<[string, object, string]>([
    ['another epoch', { v3AndBelowProducerEpoch: 9 }, 'PRODUCER_FENCED'],
    ['another producer id', { v3AndBelowProducerId: 999_999 }, 'INVALID_PRODUCER_ID_MAPPING'],
    ['an id that nobody began', { v3AndBelowTransactionalId: 'nobody' }, 'INVALID_PRODUCER_ID_MAPPING'],
    ['an empty id', { v3AndBelowTransactionalId: '' }, 'INVALID_REQUEST'],
  ])('refuses %s', async ([, other, errorCode], { broker }) => {
    const { name } = await broker.topic()
    const { transactionalId, producerId, producerEpoch } = await broker.transaction({ protocol: 1 })
    const answer = await broker.ask(apis.AddPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name, partitions: [0] }],
      ...other,
    })
    expect(only(only(answer.resultsByTopicV3AndBelow).resultsByPartition).partitionErrorCode).toBe(errorCode)
  })

  test('tells an older client that its epoch is wrong, not that it is fenced', async ({ broker }) => {
    const { name } = await broker.topic()
    const { transactionalId, producerId } = await broker.transaction({ protocol: 1 })
    const answer = await broker.ask(apis.AddPartitionsToTxn, 1, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: 9,
      v3AndBelowTopics: [{ name, partitions: [0] }],
    })
    const { partitionErrorCode } = only(only(answer.resultsByTopicV3AndBelow).resultsByPartition)
    expect(partitionErrorCode).toBe('INVALID_PRODUCER_EPOCH')
  })
})

describe('EndTxn', kip(98), () => {
  test.for<[string, object, string]>([
    ['another epoch', { producerEpoch: 9 }, 'PRODUCER_FENCED'],
    ['another producer id', { producerId: 999_999 }, 'INVALID_PRODUCER_ID_MAPPING'],
    ['an id that nobody began', { transactionalId: 'nobody' }, 'INVALID_PRODUCER_ID_MAPPING'],
    ['an empty id', { transactionalId: '' }, 'INVALID_REQUEST'],
  ])('refuses %s', async ([, other, errorCode], { broker }) => {
    const { identity } = await broker.transaction()
    for (const version of [4, 5]) {
      const answer = await broker.ask(apis.EndTxn, version, { ...identity, ...other, committed: true })
      expect(answer).toMatchObject({ errorCode, producerId: -1, producerEpoch: -1 })
    }
  })

  test('tells an older client that its epoch is wrong, not that it is fenced', async ({ broker }) => {
    const { identity } = await broker.transaction()
    const answer = await broker.ask(apis.EndTxn, 1, { ...identity, producerEpoch: 9, committed: true })
    expect(answer.errorCode).toBe('INVALID_PRODUCER_EPOCH')
  })
})

describe('DescribeTransactions', kip(664), () => {
  test('tells of one that has not begun that it is empty', async ({ broker }) => {
    const { transactionalId, producerId, producerEpoch } = await broker.transaction()
    expect(await stateOf(broker, transactionalId)).toEqual({
      errorCode: 'NONE',
      transactionalId,
      transactionState: 'Empty',
      transactionTimeoutMs: 60_000,
      transactionStartTimeMs: -1,
      producerId,
      producerEpoch,
      topics: [],
    })
  })

  test('does not know an id that nobody began', async ({ broker }) => {
    await broker.transaction()
    expect(await stateOf(broker, 'nobody')).toMatchObject({
      errorCode: 'TRANSACTIONAL_ID_NOT_FOUND',
      transactionState: '',
    })
  })

  test('refuses an empty id', async ({ broker }) => {
    await broker.transaction()
    expect((await stateOf(broker, '')).errorCode).toBe('INVALID_REQUEST')
  })
})

describe('ListTransactions', kip(664), () => {
  const list = async (broker: TestBroker, filters: object, version = 2) =>
    broker.ask(apis.ListTransactions, version, { stateFilters: [], producerIdFilters: [], ...filters })
  const ids = (answer: Awaited<ReturnType<typeof list>>) => answer.transactionStates.map((one) => one.transactionalId)

  test.for([0, 1, 2])('lists those that there are at version %i', async (version, { broker }) => {
    const { transactionalId, producerId } = await broker.transaction()
    const answer = await list(broker, {}, version)
    expect(answer.errorCode).toBe('NONE')
    expect(answer.transactionStates).toContainEqual({ transactionalId, producerId, transactionState: 'Empty' })
  })

  test('filters by state', async ({ broker }) => {
    const { name } = await broker.topic()
    const [open, idle] = [await broker.transaction(), await broker.transaction()]
    await open.send(name, ['a'])
    const listed = ids(await list(broker, { stateFilters: ['Ongoing'] }))
    expect(listed).toContain(open.transactionalId)
    expect(listed).not.toContain(idle.transactionalId)
  })

  test('names the states that it does not know, and lists nothing of them', async ({ broker }) => {
    await broker.transaction()
    expect(await list(broker, { stateFilters: ['NoSuchState'] })).toMatchObject({
      errorCode: 'NONE',
      unknownStateFilters: ['NoSuchState'],
      transactionStates: [],
    })
  })

  test('filters by producer', async ({ broker }) => {
    const { transactionalId, producerId } = await broker.transaction()
    expect(ids(await list(broker, { producerIdFilters: [producerId] }))).toEqual([transactionalId])
  })

  test('filters by how long they are open', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction()
    await producer.send(name, ['a'])
    const ofProducer = { producerIdFilters: [producer.producerId] }
    expect(ids(await list(broker, { ...ofProducer, durationFilter: -1 }))).toEqual([producer.transactionalId])
    expect(ids(await list(broker, { ...ofProducer, durationFilter: 600_000 }))).toEqual([])
  })

  test('takes those for open since ever that are not open', async ({ broker }) => {
    const { transactionalId, producerId } = await broker.transaction()
    const filters = { producerIdFilters: [producerId], durationFilter: 600_000 }
    expect(ids(await list(broker, filters))).toEqual([transactionalId])
  })

  test('filters by a pattern of ids', async ({ broker }) => {
    const { transactionalId } = await broker.transaction({ transactionalId: broker.name('pattern') })
    await broker.transaction()
    expect(ids(await list(broker, { transactionalIdPattern: `${transactionalId.slice(0, -3)}.*` }))).toEqual([
      transactionalId,
    ])
  })

  test('refuses a pattern that is none', async ({ broker }) => {
    await broker.transaction()
    expect((await list(broker, { transactionalIdPattern: '(' })).errorCode).toBe('INVALID_REGULAR_EXPRESSION')
  })
})

describe('Produce within a transaction', kip(98), () => {
  test('takes an idempotent batch of the same producer that is not of it', async ({ broker }) => {
    const { name } = await broker.topic()
    const { producerId, producerEpoch } = await broker.transaction()
    const answer = await broker.produce(name, batchOf(['a'], { producerId, producerEpoch, baseSequence: 0 }))
    expect(answer.errorCode).toBe('NONE')
  })

  test('refuses a producer whose id nobody began a transaction with', async ({ broker }) => {
    const { name } = await broker.topic()
    const producerId = await broker.producerId()
    const { transactionalId } = await broker.transaction()
    const records = batchOf(['a'], { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true })
    const topicData = [{ name, partitionData: [{ index: 0, records }] }]
    const body = { transactionalId, acks: -1, timeoutMs: 30_000, topicData }
    const { responses } = await broker.ask(apis.Produce, 12, body)
    expect(only(only(responses).partitionResponses).errorCode).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await broker.endOffset(name)).toBe(0)
  })

  test('is answered the old offset for a duplicate', async ({ broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction()
    const { transactionalId, producerId, producerEpoch } = producer.identity
    await producer.send(name, ['a'])
    const records = batchOf(['a'], { producerId, producerEpoch, baseSequence: 0, isTransactional: true })
    const topicData = [{ name, partitionData: [{ index: 0, records }] }]
    const body = { transactionalId, acks: -1, timeoutMs: 30_000, topicData }
    const { responses } = await broker.ask(apis.Produce, 12, body)
    expect(only(only(responses).partitionResponses)).toMatchObject({ errorCode: 'NONE', baseOffset: 0 })
    expect(await broker.endOffset(name)).toBe(1)
  })

  test('begins at sequence 0 in a partition', async ({ broker }) => {
    const { name } = await broker.topic()
    const { transactionalId, producerId, producerEpoch } = await broker.transaction()
    const records = batchOf(['a'], { producerId, producerEpoch, baseSequence: 5, isTransactional: true })
    const topicData = [{ name, partitionData: [{ index: 0, records }] }]
    const body = { transactionalId, acks: -1, timeoutMs: 30_000, topicData }
    const { responses } = await broker.ask(apis.Produce, 12, body)
    expect(only(only(responses).partitionResponses).errorCode).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })
})
