// Produce, Fetch, ListOffsets, OffsetForLeaderEpoch, DeleteRecords, DescribeProducers, InitProducerId.
import { apis } from '../../../src/wire/index.ts'
import { encodeBatch, encodeMessageSet } from '../../../src/wire/records/index.ts'
import { batchOf, recordsOf, resealed, spoiled, TIMESTAMP } from '../../support/records.ts'
import { everyVersion, type Recorder, type Script } from '../recorder.ts'
import { unknownTopicId } from './cluster.ts'

const produce = everyVersion(apis.Produce, async (broker, version, tag) => {
  const ids = new Map<string, string>()
  for (const [suffix, configs] of [
    ['plain', {}],
    ['compact', { 'cleanup.policy': 'compact' }],
    ['small', { 'max.message.bytes': '200' }],
    ['append-time', { 'message.timestamp.type': 'LogAppendTime' }],
    ['strict', { 'message.timestamp.before.max.ms': '1000' }],
    ['zstd', { 'compression.type': 'zstd' }],
    ['uncompressed', { 'compression.type': 'uncompressed' }],
    ['segment', { 'segment.bytes': '1048576', 'max.message.bytes': '5000000' }],
  ] as const) {
    ids.set(suffix, await broker.topic(`${tag}-${suffix}`, 1, configs))
  }
  const topicOf = (suffix: string) =>
    version >= 13 ? { topicId: ids.get(suffix) ?? unknownTopicId } : { name: `${tag}-${suffix}` }
  const ask = (suffix: string, records: Buffer | null, note: string, { acks = -1, index = 0 } = {}) => {
    const topicData = [{ ...topicOf(suffix), partitionData: [{ index, records }] }]
    return broker.ask(apis.Produce, version, { acks, timeoutMs: 30_000, topicData }, note)
  }
  await ask('plain', batchOf(['a', 'b']), 'acks=all')
  await ask('plain', batchOf(['c']), 'acks=1', { acks: 1 })
  await ask('plain', batchOf(['c']), 'acks=2', { acks: 2 })
  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    await ask('plain', batchOf(['a', 'b', 'c'], { compression }), compression)
  }
  await ask('plain', batchOf(['d']), 'an unknown partition', { index: 5 })
  await ask('plain', batchOf(['d']), 'a negative partition', { index: -1 })
  await ask('missing', batchOf(['d']), 'an unknown topic')
  await ask('plain', Buffer.alloc(0), 'no records')
  await ask('plain', Buffer.concat([batchOf(['a']), batchOf(['b'])]), 'two batches')
  await ask(
    'plain',
    spoiled((batch) => batch.writeUInt32BE(1, 17)),
    'a wrong checksum',
  )
  await ask(
    'plain',
    spoiled((batch) => batch.writeInt8(1, 16)),
    'a wrong magic',
  )
  await ask(
    'plain',
    spoiled((batch) => batch.writeInt8(9, 16)),
    'an unknown magic',
  )
  await ask(
    'plain',
    spoiled((batch) => batch.writeInt32BE(9, 8)),
    'a wrong length',
  )
  const counts = (count: number, lastDelta: number) =>
    resealed((batch) => {
      batch.writeInt32BE(count, 57)
      batch.writeInt32BE(lastDelta, 23)
    })
  await ask('plain', counts(5, 4), 'more records announced than there are')
  await ask('plain', counts(1, 0), 'fewer records announced than there are')
  await ask('plain', counts(-1, 1), 'a negative count')
  await ask(
    'plain',
    resealed((batch) => batch.writeInt16BE(7, 21)),
    'an unknown codec',
  )
  await ask('plain', batchOf(['a'], { timestampType: 'LogAppendTime', maxTimestamp: TIMESTAMP }), 'LogAppendTime')
  await ask(
    'plain',
    encodeBatch({ records: recordsOf(['a', 'b']).map((record, i) => ({ ...record, offset: i * 2 })) }),
    'a gap of offsets',
  )
  await ask('plain', batchOf(['d']), 'acks=-2', { acks: -2 })
  await ask('plain', batchOf(['a']).subarray(0, 40), 'a header cut short')
  await ask('plain', batchOf(['a', 'b']).subarray(0, 70), 'a batch cut short')
  await ask('plain', encodeBatch({ records: [], maxTimestamp: TIMESTAMP }), 'a batch of none')
  await ask('plain', encodeBatch({ records: batchRecords(2), lastOffset: 5 }), 'offsets that do not fit the count')
  await ask('plain', encodeBatch({ records: batchRecords(1), isControl: true }), 'a control batch')
  await ask('plain', encodeBatch({ records: batchRecords(1), isTransactional: true }), 'transactional without an id')
  await ask(
    'plain',
    encodeBatch({ records: [{ key: null, value: null, timestamp: TIMESTAMP }], baseOffset: 100 }),
    'a base offset',
  )
  await ask('plain', encodeMessageSet({ magic: 1, records: batchRecords(2), compression: 'none' }), 'magic 1')
  await ask('plain', encodeMessageSet({ magic: 0, records: batchRecords(2), compression: 'none' }), 'magic 0')
  await ask('compact', batchOf(['a']), 'no key on a compacted topic')
  await ask('small', batchOf(['x'.repeat(300)]), 'too large')
  await ask('append-time', batchOf(['a']), 'append time')
  await ask('append-time', batchOf(['a'], { compression: 'gzip' }), 'append time of a compressed batch')
  await ask('zstd', batchOf(['a', 'b'], { compression: 'gzip' }), 'from one codec to another')
  await ask('uncompressed', batchOf(['a', 'b'], { compression: 'lz4' }), 'from a codec to none')
  await ask('segment', batchOf(['x'.repeat(1_100_000)]), 'larger than a segment')
  await ask('strict', batchOf(['a', 'b']), 'an old timestamp')
  await ask(
    'plain',
    encodeBatch({ records: [{ key: null, value: null, timestamp: Date.now() + 86_400_000 }] }),
    'a timestamp of tomorrow',
  )
  await ask('plain', encodeBatch({ records: [{ key: null, value: null, timestamp: -5 }] }), 'a negative timestamp')
  await idempotence(broker, ask)
  await internalTopic(broker, version)
  await severalPartitions(broker, version, tag)
})

function batchRecords(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    key: Buffer.from('k'),
    value: Buffer.from(`v${i}`),
    timestamp: TIMESTAMP,
  }))
}

type AskProduce = (suffix: string, records: Buffer, note: string) => Promise<unknown>

async function idempotence(broker: Recorder, ask: AskProduce): Promise<void> {
  const sender =
    (producerId: number) =>
    (baseSequence: number, count: number, note: string, producerEpoch = 0) =>
      ask('plain', batchOf(Array(count).fill('i'), { producerId, producerEpoch, baseSequence }), note)
  const late = sender(await broker.producerId())
  await late(5, 1, 'a first sequence that is not 0')
  await late(6, 1, 'the next')
  await late(0, 1, 'back at 0')
  const send = sender(await broker.producerId('another producer id'))
  await send(0, 3, 'idempotent')
  await send(3, 2, 'idempotent, next')
  await send(3, 2, 'a duplicate')
  await send(0, 3, 'an older duplicate')
  await send(7, 1, 'a gap')
  await send(4, 2, 'an overlap')
  await send(0, 1, 'a new epoch', 1)
  await send(1, 1, 'an old epoch', 0)
  await send(5, 1, 'a new epoch, not from 0', 2)
  await send(-1, 1, 'no sequence', 2)
}

async function internalTopic(broker: Recorder, version: number): Promise<void> {
  await broker.coordinator('differ-internal')
  const { topics } = await broker.prepare(apis.Metadata, 12, { topics: [{ name: '__consumer_offsets' }] })
  const topic = version >= 13 ? { topicId: topics[0]?.topicId ?? '' } : { name: '__consumer_offsets' }
  const topicData = [{ ...topic, partitionData: [{ index: 0, records: batchOf(['a']) }] }]
  await broker.ask(apis.Produce, version, { acks: -1, timeoutMs: 30_000, topicData }, 'an internal topic')
}

async function severalPartitions(broker: Recorder, version: number, tag: string): Promise<void> {
  const ids = [await broker.topic(`${tag}-one`, 2), await broker.topic(`${tag}-two`)]
  const topicData = ['one', 'two'].map((suffix, i) => ({
    ...(version >= 13 ? { topicId: ids[i] ?? '' } : { name: `${tag}-${suffix}` }),
    partitionData: [0, 1].map((index) => ({ index, records: batchOf([`${suffix} ${index}`]) })),
  }))
  const body = { acks: -1, timeoutMs: 30_000, topicData }
  await broker.ask(apis.Produce, version, body, 'several partitions, one missing')
  await broker.ask(apis.Produce, version, { ...body, topicData: [] }, 'nothing')
}

const fetch = everyVersion(apis.Fetch, async (broker, version, tag) => {
  const id = await broker.topic(tag, 2)
  for (const value of ['a', 'b', 'c']) await broker.produce(tag, [value, value.repeat(50)])
  const topicOf = (topicId = id) => (version >= 13 ? { topicId } : { topic: tag })
  const partitionAt = (fetchOffset: number, more = {}) => ({
    partition: 0,
    fetchOffset,
    partitionMaxBytes: 1 << 20,
    ...more,
  })
  const ask = (partitions: object[], note: string, more: object = {}, topic: object = topicOf()) =>
    broker.ask(
      apis.Fetch,
      version,
      { maxWaitMs: 50, minBytes: 1, maxBytes: 1 << 20, topics: [{ ...topic, partitions }], ...more },
      note,
    )
  await ask([partitionAt(0)], 'from the start')
  await ask([partitionAt(3)], 'from the middle of a batch')
  await ask([partitionAt(6)], 'at the end')
  await ask([partitionAt(7)], 'beyond the end')
  await ask([partitionAt(-1)], 'before the start')
  await ask([partitionAt(0, { partitionMaxBytes: 1 })], 'one byte a partition')
  await ask([partitionAt(0)], 'one byte in all', { maxBytes: 1 })
  await ask([partitionAt(0, { partitionMaxBytes: 200 })], '200 bytes a partition')
  await ask([partitionAt(0)], 'read committed', { isolationLevel: 1 })
  await ask([partitionAt(0)], 'an unknown isolation level', { isolationLevel: 7 })
  await ask([{ ...partitionAt(0), partition: -1 }], 'a negative partition')
  await ask([partitionAt(6)], 'no bytes wanted', { minBytes: 0 })
  await ask([], 'no partitions')
  await ask(
    [partitionAt(0), { ...partitionAt(0), partition: 1 }, { ...partitionAt(0), partition: 9 }],
    'three partitions',
  )
  await ask(
    [partitionAt(0)],
    'an unknown topic',
    {},
    version >= 13 ? topicOf(unknownTopicId) : { topic: `${tag}-missing` },
  )
  if (version >= 9) {
    await ask([partitionAt(0, { currentLeaderEpoch: 0 })], 'the leader epoch')
    await ask([partitionAt(0, { currentLeaderEpoch: 5 })], 'a later leader epoch')
  }
  if (version >= 12) {
    await ask([partitionAt(6, { lastFetchedEpoch: 0 })], 'the last fetched epoch')
    await ask([partitionAt(6, { lastFetchedEpoch: 3 })], 'a later last fetched epoch')
  }
  if (version >= 7) await sessions(broker, version, tag, id)
  const topics = [{ name: tag, partitions: [{ partitionIndex: 0, offset: 3 }] }]
  await broker.prepare(apis.DeleteRecords, 2, { topics, timeoutMs: 30_000 })
  await ask([partitionAt(2)], 'before the start of the log')
  await ask([partitionAt(3)], 'at the start of the log, within a batch')
})

async function sessions(broker: Recorder, version: number, tag: string, id: string): Promise<void> {
  const topic = version >= 13 ? { topicId: id } : { topic: tag }
  const ask = (sessionId: number, sessionEpoch: number, offsets: number[], note: string, more: object = {}) => {
    const partitions = offsets.map((fetchOffset, partition) => ({ partition, fetchOffset, partitionMaxBytes: 1 << 20 }))
    const topics = partitions.length === 0 ? [] : [{ ...topic, partitions }]
    return broker.ask(
      apis.Fetch,
      version,
      { maxWaitMs: 50, minBytes: 1, maxBytes: 1 << 20, topics, sessionId, sessionEpoch, ...more },
      note,
    )
  }
  const opened = await ask(0, 0, [6, 0], 'a new session')
  const sessionId = opened?.sessionId ?? 0
  await ask(sessionId, 1, [], 'incremental, nothing new')
  await broker.produce(tag, ['d'])
  await ask(sessionId, 2, [], 'incremental, something new')
  await ask(sessionId, 3, [7], 'incremental, moved on')
  await ask(sessionId, 9, [], 'a wrong epoch')
  await ask(sessionId, 4, [], 'forgetting', { forgottenTopicsData: [{ ...topic, partitions: [1] }] })
  await ask(12345, 1, [], 'an unknown session')
  await ask(12345, 0, [7], 'a new session beside an unknown one')
  if (version === 13) await sessionOfNames(broker, tag, id)
  if (version >= 13) await topicMadeAgain(broker, version, `${tag}-again`)
  await ask(sessionId, -1, [], 'closing')
  await ask(sessionId, 5, [], 'after closing')
}

/** A session begins with names or with ids, and stays with them. */
async function sessionOfNames(broker: Recorder, tag: string, topicId: string): Promise<void> {
  const begin = (version: number, topic: object) =>
    broker.ask(
      apis.Fetch,
      version,
      { maxWaitMs: 50, minBytes: 0, sessionEpoch: 0, topics: [{ ...topic, partitions: [{ partition: 0 }] }] },
      'a session',
    )
  const named = await begin(12, { topic: tag })
  const identified = await begin(13, { topicId })
  const next = (version: number, sessionId = 0) =>
    broker.ask(
      apis.Fetch,
      version,
      { maxWaitMs: 50, minBytes: 0, sessionId, sessionEpoch: 1, topics: [] },
      'the same session in another form',
    )
  await next(13, named?.sessionId)
  await next(12, identified?.sessionId)
}

/** A session of ids does not go over to a topic that was made again by the same name. */
async function topicMadeAgain(broker: Recorder, version: number, name: string): Promise<void> {
  const topicId = await broker.topic(name)
  const topics = [{ topicId, partitions: [{ partition: 0, partitionMaxBytes: 1 << 20 }] }]
  const begun = await broker.ask(apis.Fetch, version, { maxWaitMs: 0, sessionEpoch: 0, topics }, 'a session')
  await broker.prepare(apis.DeleteTopics, 6, { topics: [{ name }], timeoutMs: 30_000 })
  await broker.topic(name)
  const sessionId = begun?.sessionId ?? 0
  const next = { maxWaitMs: 0, sessionId, sessionEpoch: 1, topics: [] }
  await broker.ask(apis.Fetch, version, next, 'of a topic that was made again')
}

const listOffsets = everyVersion(apis.ListOffsets, async (broker, version, tag) => {
  await broker.topic(tag, 2)
  await broker.produce(tag, ['a', 'b', 'c'])
  await broker.produce(tag, ['d'])
  const ask = (timestamp: number, note: string, more: object = {}, topic = tag) => {
    const partitions = [{ partitionIndex: 0, timestamp, ...more }]
    return broker.ask(apis.ListOffsets, version, { replicaId: -1, topics: [{ name: topic, partitions }] }, note)
  }
  await ask(-1, 'latest')
  await ask(-2, 'earliest')
  for (const special of [-3, -4, -5, -6, -7, -99]) await ask(special, `timestamp ${special}`)
  await ask(TIMESTAMP, 'the first timestamp')
  await ask(TIMESTAMP + 1, 'the second timestamp')
  await ask(TIMESTAMP + 3, 'after the last timestamp')
  await ask(0, 'long ago')
  await ask(-1, 'an unknown topic', {}, `${tag}-missing`)
  await ask(-1, 'an unknown partition', { partitionIndex: 9 })
  if (version >= 4) await ask(-1, 'the leader epoch', { currentLeaderEpoch: 0 })
  if (version >= 4) await ask(-1, 'a later leader epoch', { currentLeaderEpoch: 4 })
  const twice = [
    { partitionIndex: 1, timestamp: -1 },
    { partitionIndex: 1, timestamp: -2 },
  ]
  await broker.ask(
    apis.ListOffsets,
    version,
    { replicaId: -1, topics: [{ name: tag, partitions: twice }] },
    'a partition twice',
  )
  if (version >= 2) {
    const partitions = [{ partitionIndex: 0, timestamp: -1 }]
    await broker.ask(
      apis.ListOffsets,
      version,
      { replicaId: -1, isolationLevel: 1, topics: [{ name: tag, partitions }] },
      'read committed',
    )
  }
})

const offsetForLeaderEpoch = everyVersion(apis.OffsetForLeaderEpoch, async (broker, version, tag) => {
  await broker.topic(tag)
  await broker.produce(tag, ['a', 'b'])
  const ask = (leaderEpoch: number, note: string, currentLeaderEpoch = -1, partition = 0, topic = tag) => {
    const partitions = [{ partition, currentLeaderEpoch, leaderEpoch }]
    return broker.ask(apis.OffsetForLeaderEpoch, version, { topics: [{ topic, partitions }] }, note)
  }
  await ask(0, 'the epoch')
  await ask(3, 'a later epoch')
  await ask(-1, 'no epoch')
  await ask(0, 'fenced', -1, 0)
  await ask(0, 'a later current epoch', 7)
  await ask(0, 'an unknown partition', -1, 5)
  await ask(0, 'an unknown topic', -1, 0, `${tag}-missing`)
})

const deleteRecords = everyVersion(apis.DeleteRecords, async (broker, version, tag) => {
  await broker.topic(tag)
  await broker.topic(`${tag}-compact`, 1, { 'cleanup.policy': 'compact' })
  await broker.produce(tag, ['a', 'b', 'c', 'd'])
  const ask = (offset: number, note: string, name = tag, partitionIndex = 0) =>
    broker.ask(
      apis.DeleteRecords,
      version,
      { topics: [{ name, partitions: [{ partitionIndex, offset }] }], timeoutMs: 30_000 },
      note,
    )
  await ask(2, 'two')
  await ask(1, 'what is gone')
  await ask(9, 'beyond the end')
  await ask(-2, 'a negative offset')
  await ask(-1, 'all')
  await ask(1, 'an unknown partition', tag, 4)
  await ask(1, 'an unknown topic', `${tag}-missing`)
  await ask(0, 'a compacted topic', `${tag}-compact`)
  await broker.coordinator(tag)
  await ask(0, 'an internal topic', '__consumer_offsets')
})

const describeProducers = everyVersion(apis.DescribeProducers, async (broker, version, tag) => {
  await broker.topic(tag)
  const producerId = await broker.producerId()
  await broker.produce(tag, ['a', 'b'], { producerId, producerEpoch: 0, baseSequence: 0 })
  const ask = (name: string, partitionIndexes: number[], note: string) =>
    broker.ask(apis.DescribeProducers, version, { topics: [{ name, partitionIndexes }] }, note)
  await ask(tag, [0], 'one producer')
  await ask(tag, [3], 'an unknown partition')
  await ask(`${tag}-missing`, [0], 'an unknown topic')
  await ask('bad name', [0], 'an invalid topic')
})

const initProducerId = everyVersion(apis.InitProducerId, async (broker, version) => {
  await broker.producerId()
  const ask = (more: object, note: string) =>
    broker.ask(apis.InitProducerId, version, { transactionalId: null, transactionTimeoutMs: 0, ...more }, note)
  await ask({}, 'a new id')
  await ask({ transactionTimeoutMs: -1 }, 'a negative timeout')
  await ask({ transactionalId: '', transactionTimeoutMs: 1000 }, 'an empty transactional id')
  if (version < 3) return
  await ask({ producerId: 12345, producerEpoch: 0 }, 'an id given')
  await ask({ producerId: 12345, producerEpoch: -1 }, 'an id without an epoch')
  await ask({ producerId: -1, producerEpoch: 1 }, 'an epoch without an id')
})

export const recordScripts: readonly Script[] = [
  ...produce,
  ...fetch,
  ...listOffsets,
  ...offsetForLeaderEpoch,
  ...deleteRecords,
  ...describeProducers,
  ...initProducerId,
]
