// Produce: what is taken, where it lands, and what is answered.
import { Batch, encodeBatch, encodeMessageSet } from '../../src/wire/records/index.ts'
import {
  apis,
  describe,
  EMPTY_UUID,
  expect,
  guide,
  kip,
  message,
  only,
  recordsIn,
  type TestBroker,
  test,
  valuesIn,
} from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'
import { batchOf, recordsOf, TIMESTAMP } from '../support/records.ts'

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** The one batch that a fetch from 0 gives. */
async function storedBatch(broker: TestBroker, topic: string): Promise<Buffer> {
  const { records } = await broker.fetch(topic, 0)
  const bytes = records ?? Buffer.alloc(0)
  expect([...Batch.positions(bytes)]).toEqual([0])
  return bytes
}

function compressionIn(batch: Buffer): string {
  return CODECS[Batch.compressionId(batch, 0)] ?? 'unknown'
}

describe('Produce', message('Produce'), () => {
  test.for([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('appends by name at version %i', async (version, { broker }) => {
    const { name } = await broker.topic()
    expect(await broker.produce(name, batchOf(['a', 'b']), { version })).toMatchObject({
      index: 0,
      errorCode: 'NONE',
      baseOffset: 0,
      logAppendTimeMs: -1,
    })
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(['a', 'b'])
  })

  test('appends by id at version 13', async ({ broker }) => {
    const { name, id } = await broker.topic()
    const topicData = [{ topicId: id, partitionData: [{ index: 0, records: batchOf(['a']) }] }]
    const { responses } = await broker.ask(apis.Produce, 13, { acks: -1, timeoutMs: 30_000, topicData })
    expect(only(responses)).toMatchObject({ topicId: id })
    expect(only(only(responses).partitionResponses)).toMatchObject({ errorCode: 'NONE', baseOffset: 0 })
    expect(await broker.endOffset(name)).toBe(1)
  })

  test.for([
    ['acks=1', 1],
    ['acks=all', -1],
  ] as const)('answers where the batch begins with %s', async ([, acks], { broker }) => {
    const { name } = await broker.topic()
    expect((await broker.produce(name, batchOf(['a', 'b', 'c']), { acks })).baseOffset).toBe(0)
    expect((await broker.produce(name, batchOf(['d']), { acks })).baseOffset).toBe(3)
  })

  test('answers nothing with acks=0, and appends', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = await broker.client()
    const topicData = [{ name, partitionData: [{ index: 0, records: batchOf(['quiet']) }] }]
    client.post(apis.Produce, 12, { acks: 0, timeoutMs: 30_000, topicData })
    // The next answer on this connection is that of the next request.
    expect((await client.ask(apis.Metadata, 12, { topics: [] })).brokers).toHaveLength(1)
    await eventually('the record', async () => (await broker.endOffset(name)) === 1)
  })

  test('ends the connection where acks=0 cannot tell of an error', async ({ broker }) => {
    const client = await broker.connect()
    const topicData = [{ name: broker.name('missing'), partitionData: [{ index: 0, records: batchOf(['a']) }] }]
    client.post(apis.Produce, 12, { acks: 0, timeoutMs: 30_000, topicData })
    await client.closed
  })

  test('appends to several partitions of several topics in one request', async ({ broker }) => {
    const [one, two] = [await broker.topic({ partitions: 2 }), await broker.topic()]
    const partitionData = (...indexes: number[]) => indexes.map((index) => ({ index, records: batchOf([`p${index}`]) }))
    const topicData = [
      { name: one.name, partitionData: partitionData(0, 1) },
      { name: two.name, partitionData: partitionData(0) },
    ]
    const { responses } = await broker.ask(apis.Produce, 12, { acks: -1, timeoutMs: 30_000, topicData })
    const errors = responses.flatMap((topic) => topic.partitionResponses.map((p) => [topic.name, p.index, p.errorCode]))
    expect(errors.sort()).toEqual(
      [
        [one.name, 0, 'NONE'],
        [one.name, 1, 'NONE'],
        [two.name, 0, 'NONE'],
      ].sort(),
    )
    expect((await broker.records(one.name, 0, 1)).map(({ value }) => String(value))).toEqual(['p1'])
  })

  test('appends to one partition though another of the request fails', async ({ broker }) => {
    const { name } = await broker.topic()
    const partitionData = [0, 7].map((index) => ({ index, records: batchOf(['a']) }))
    const { responses } = await broker.ask(apis.Produce, 12, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name, partitionData }],
    })
    const errors = only(responses).partitionResponses.map(({ index, errorCode }) => [index, errorCode])
    expect(errors.sort()).toEqual([
      [0, 'NONE'],
      [7, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ])
  })

  test('keeps key, value, headers and timestamp of a record', async ({ broker }) => {
    const { name } = await broker.topic()
    const headers = [
      { key: 'h', value: Buffer.from('1') },
      { key: 'h', value: null },
      { key: '', value: Buffer.alloc(0) },
    ]
    const record = { key: Buffer.from('k'), value: Buffer.from('v'), timestamp: TIMESTAMP, headers }
    await broker.produce(name, encodeBatch({ records: [record] }))
    expect(only(await broker.records(name))).toEqual({ offset: 0, ...record })
  })

  test('keeps null apart from empty', async ({ broker }) => {
    const { name } = await broker.topic()
    const records = [null, Buffer.alloc(0)].map((bytes) => ({ key: bytes, value: bytes, timestamp: TIMESTAMP }))
    await broker.produce(name, encodeBatch({ records }))
    expect((await broker.records(name)).map(({ key, value }) => [key, value])).toEqual([
      [null, null],
      [Buffer.alloc(0), Buffer.alloc(0)],
    ])
  })

  test('wants no more replicas in sync than there are', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'min.insync.replicas': '2' } })
    expect((await broker.produce(name, batchOf(['a']), { acks: -1 })).errorCode).toBe('NONE')
  })

  test('tells the log’s start from version 5 on', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset: 1 }] }]
    await broker.ask(apis.DeleteRecords, 2, { topics, timeoutMs: 30_000 })
    expect((await broker.produce(name, batchOf(['c']))).logStartOffset).toBe(1)
  })

  test('keeps bytes that are no text as they are', async ({ broker }) => {
    const { name } = await broker.topic()
    const value = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    await broker.produce(name, encodeBatch({ records: [{ key: null, value, timestamp: TIMESTAMP }] }))
    expect(only(await broker.records(name)).value).toEqual(value)
  })

  test('takes a record of 900 KB', async ({ broker }) => {
    const { name } = await broker.topic()
    expect((await broker.produce(name, batchOf(['x'.repeat(900_000)]))).errorCode).toBe('NONE')
    expect(only(await broker.records(name)).value).toHaveLength(900_000)
  })

  test('creates no topic that is missing', async ({ broker }) => {
    const name = broker.name('missing')
    expect(await broker.produce(name, batchOf(['a']))).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      baseOffset: -1,
      logStartOffset: -1,
    })
    const { topics } = await broker.ask(apis.Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
    expect(only(topics).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('does not know an id that no topic has', async ({ broker }) => {
    const topicData = [{ topicId: UNKNOWN_ID, partitionData: [{ index: 0, records: batchOf(['a']) }] }]
    const { responses } = await broker.ask(apis.Produce, 13, { acks: -1, timeoutMs: 30_000, topicData })
    expect(only(only(responses).partitionResponses).errorCode).toBe('UNKNOWN_TOPIC_ID')
  })

  test('does not know the id of nothing', async ({ broker }) => {
    const topicData = [{ topicId: EMPTY_UUID, partitionData: [{ index: 0, records: batchOf(['a']) }] }]
    const { responses } = await broker.ask(apis.Produce, 13, { acks: -1, timeoutMs: 30_000, topicData })
    expect(only(only(responses).partitionResponses).errorCode).toBe('UNKNOWN_TOPIC_ID')
  })

  test.for([5, -1])('does not know partition %i of a topic of one', async (index, { broker }) => {
    const { name } = await broker.topic()
    expect((await broker.produce(name, batchOf(['a']), { index })).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('refuses what no client may write: an internal topic', async ({ broker }) => {
    await broker.group()
    expect((await broker.produce('__consumer_offsets', batchOf(['a']))).errorCode).toBe('INVALID_TOPIC_EXCEPTION')
  })

  test.for([2, -2])('refuses acks=%i, and appends nothing', async (acks, { broker }) => {
    const { name } = await broker.topic()
    expect(await broker.produce(name, batchOf(['a']), { acks })).toMatchObject({
      errorCode: 'INVALID_REQUIRED_ACKS',
      baseOffset: -1,
    })
    expect(await broker.endOffset(name)).toBe(0)
  })
})

describe('Produce with compression', guide('Record Batch'), () => {
  test.for(CODECS)('keeps a batch of %s as it came', async (compression, { broker }) => {
    if (compression === 'zstd') broker.needs(apis.Produce, 7)
    const { name } = await broker.topic()
    const values = Array.from({ length: 20 }, (_, i) => `value ${i}`)
    const sent = batchOf(values, { compression })
    expect((await broker.produce(name, sent)).errorCode).toBe('NONE')
    const stored = await storedBatch(broker, name)
    expect(compressionIn(stored)).toBe(compression)
    expect(stored.subarray(Batch.BATCH_HEADER_SIZE)).toEqual(sent.subarray(Batch.BATCH_HEADER_SIZE))
    expect(valuesIn(stored)).toEqual(values)
  })

  test.for(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'compresses to %s where the topic says so',
    async (codec, { broker }) => {
      const { name } = await broker.topic({ configs: { 'compression.type': codec } })
      await broker.produce(name, batchOf(['a', 'b']))
      const stored = await storedBatch(broker, name)
      expect(compressionIn(stored)).toBe(codec)
      expect(valuesIn(stored)).toEqual(['a', 'b'])
    },
  )

  test('decompresses where the topic wants no compression', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'compression.type': 'uncompressed' } })
    await broker.produce(name, batchOf(['a', 'b'], { compression: 'lz4' }))
    const stored = await storedBatch(broker, name)
    expect(compressionIn(stored)).toBe('none')
    expect(valuesIn(stored)).toEqual(['a', 'b'])
  })

  test('recompresses from one codec to the topic’s', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'compression.type': 'zstd' } })
    await broker.produce(name, batchOf(['a', 'b'], { compression: 'gzip' }))
    expect(compressionIn(await storedBatch(broker, name))).toBe('zstd')
  })

  test('keeps sequence and producer of a batch that it recompresses', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'compression.type': 'gzip' } })
    const producerId = await broker.producerId()
    await broker.produce(name, batchOf(['a'], { producerId, producerEpoch: 0, baseSequence: 0 }))
    const stored = await storedBatch(broker, name)
    expect([Batch.producerId(stored, 0), Batch.producerEpoch(stored, 0), Batch.baseSequence(stored, 0)]).toEqual([
      producerId,
      0,
      0,
    ])
  })

  test('refuses zstd below version 7, whose readers would not know it', async ({ broker }) => {
    const { name } = await broker.topic()
    const answer = await broker.produce(name, batchOf(['a'], { compression: 'zstd' }), { version: 6 })
    expect(answer.errorCode).toBe('UNSUPPORTED_COMPRESSION_TYPE')
    expect(await broker.endOffset(name)).toBe(0)
  })

  test('takes zstd at version 7', async ({ broker }) => {
    const { name } = await broker.topic()
    expect((await broker.produce(name, batchOf(['a'], { compression: 'zstd' }), { version: 7 })).errorCode).toBe('NONE')
  })
})

describe('Produce and time', kip(32), () => {
  test('keeps the producer’s times under CreateTime', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    expect((await broker.records(name)).map(({ timestamp }) => timestamp)).toEqual([TIMESTAMP, TIMESTAMP + 1])
  })

  test('stamps the batch under LogAppendTime, and answers the stamp', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'message.timestamp.type': 'LogAppendTime' } })
    const before = Date.now()
    const { logAppendTimeMs } = await broker.produce(name, batchOf(['a', 'b']))
    expect(logAppendTimeMs).toBeGreaterThanOrEqual(before)
    expect(logAppendTimeMs).toBeLessThanOrEqual(Date.now())
    const stored = await storedBatch(broker, name)
    expect(Batch.timestampType(stored, 0)).toBe('LogAppendTime')
    expect(recordsIn(stored).map(({ timestamp }) => timestamp)).toEqual([logAppendTimeMs, logAppendTimeMs])
  })

  test('takes a record without a time', async ({ broker }) => {
    const { name } = await broker.topic()
    const records = [{ key: null, value: Buffer.from('a'), timestamp: -1 }]
    expect((await broker.produce(name, encodeBatch({ records }))).errorCode).toBe('NONE')
    expect(only(await broker.records(name)).timestamp).toBe(-1)
  })

  test('stores the greatest time of a batch, wherever it stands', async ({ broker }) => {
    const { name } = await broker.topic()
    const records = [0, 9, 4].map((ahead) => ({ key: null, value: null, timestamp: TIMESTAMP + ahead }))
    await broker.produce(name, encodeBatch({ records }))
    expect(Batch.maxTimestamp(await storedBatch(broker, name), 0)).toBe(TIMESTAMP + 9)
  })

  test('takes no notice of a batch that claims LogAppendTime on a topic of CreateTime', async ({ broker }) => {
    const { name } = await broker.topic()
    const claim = { timestampType: 'LogAppendTime', maxTimestamp: TIMESTAMP } as const
    expect((await broker.produce(name, batchOf(['a'], claim))).errorCode).toBe('NONE')
    expect(Batch.timestampType(await storedBatch(broker, name), 0)).toBe('CreateTime')
  })

  test('takes any time that is past', async ({ broker }) => {
    const { name } = await broker.topic()
    const records = [{ key: null, value: Buffer.from('a'), timestamp: 1 }]
    expect((await broker.produce(name, encodeBatch({ records }))).errorCode).toBe('NONE')
  })

  test('refuses a time more than an hour ahead', async ({ broker }) => {
    broker.needs(apis.Produce, 8)
    const { name } = await broker.topic()
    const timestamp = Date.now() + 2 * 3_600_000
    const answer = await broker.produce(
      name,
      encodeBatch({ records: [{ key: null, value: Buffer.from('a'), timestamp }] }),
    )
    expect(answer).toMatchObject({
      errorCode: 'INVALID_TIMESTAMP',
      baseOffset: -1,
      errorMessage: 'One or more records have been rejected due to invalid timestamp',
    })
    expect(only(answer.recordErrors)).toMatchObject({ batchIndex: 0 })
    expect(only(answer.recordErrors).batchIndexErrorMessage).toMatch(
      new RegExp(`^Timestamp ${timestamp} of message with offset 0 is out of range. The timestamp should be within `),
    )
  })

  test('refuses a time older than message.timestamp.before.max.ms, for each such record', async ({ broker }) => {
    broker.needs(apis.Produce, 8)
    const { name } = await broker.topic({ configs: { 'message.timestamp.before.max.ms': '60000' } })
    const records = recordsOf(['old', 'new', 'old']).map((record, i) =>
      i === 1 ? { ...record, timestamp: Date.now() } : record,
    )
    const answer = await broker.produce(name, encodeBatch({ records }))
    expect(answer.errorCode).toBe('INVALID_TIMESTAMP')
    expect(answer.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([0, 2])
    expect(await broker.endOffset(name)).toBe(0)
  })

  test('takes any time under LogAppendTime', async ({ broker }) => {
    const configs = { 'message.timestamp.type': 'LogAppendTime', 'message.timestamp.before.max.ms': '1000' }
    const { name } = await broker.topic({ configs })
    expect((await broker.produce(name, batchOf(['a']))).errorCode).toBe('NONE')
  })
})

describe('Produce of record errors before version 8', kip(467), () => {
  test('tells the error alone', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'cleanup.policy': 'compact' } })
    const answer = await broker.produce(name, batchOf(['no key']), { version: 7 })
    expect(answer).toMatchObject({ errorCode: 'INVALID_RECORD', recordErrors: [], errorMessage: null })
  })
})

describe('Produce of message sets of old', kip(724), () => {
  test.for([
    [0, 3],
    [1, 3],
    [0, 12],
    [1, 12],
  ] as const)('refuses magic %i at version %i, appending nothing', async ([magic, version], { broker }) => {
    const { name } = await broker.topic()
    const records = encodeMessageSet({ magic, records: recordsOf(['a']), compression: 'none' })
    expect((await broker.produce(name, records, { version })).errorCode).toBe('INVALID_RECORD')
    expect(await broker.endOffset(name)).toBe(0)
  })
})
