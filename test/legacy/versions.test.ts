// The versions of APIs that Kafka 4 gave up, and that `odradek.legacy.versions=true` serves: message sets of magic 0 and 1
// in and out, offsets of segments, and the first version of what came later. LEGACY_BOOTSTRAP=host:port asks a Kafka 3.9
// instead, which answers the same.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/index.ts'
import { apis, decode, type ErrorName, OffsetCommitValue } from '../../src/wire/index.ts'
import {
  Batch,
  type CompressionName,
  encodeMessageSet,
  type LegacyRecord,
  type NewRecord,
  readBatchRecords,
  readLegacyRecords,
} from '../../src/wire/records/index.ts'
import { eventually } from '../support/eventually.ts'
import { TIMESTAMP } from '../support/records.ts'
import { only, TestBroker } from '../support/test-broker.ts'

const properties = {
  listeners: 'PLAINTEXT://127.0.0.1:0',
  'group.initial.rebalance.delay.ms': '0',
  'odradek.legacy.versions': 'true',
}
/** Where Kafka 3.9 is asked, what it does not have or do otherwise is left out. */
const isKafka = process.env.LEGACY_BOOTSTRAP !== undefined
const codecs = ['none', 'gzip', 'snappy', 'lz4'] as const

let embedded: Broker | undefined
let broker: TestBroker

beforeAll(async () => {
  const [host, port] = (process.env.LEGACY_BOOTSTRAP ?? '').split(':')
  if (port === undefined) embedded = await startBroker({ memory: true, properties })
  broker = new TestBroker(embedded ?? { host: host ?? '', port: Number(port) })
})
afterAll(async () => {
  await broker.end()
  await embedded?.close()
})

/** Records with keys, times one apart. */
const records = (values: readonly string[]): NewRecord[] =>
  values.map((value, i) => ({ timestamp: TIMESTAMP + i, key: Buffer.from(`k${i}`), value: Buffer.from(value) }))

async function produce(topic: string, version: number, set: Buffer, acks = -1) {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: set }] }]
  const answer = await broker.ask(apis.Produce, version, { acks, timeoutMs: 30_000, topicData })
  return only(only(answer.responses).partitionResponses)
}

interface Asked {
  readonly partitionMaxBytes?: number
  readonly maxWaitMs?: number
}

async function fetch(
  topic: string,
  version: number,
  fetchOffset = 0,
  { partitionMaxBytes = 1 << 20, maxWaitMs = 0 }: Asked = {},
) {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes }]
  const request = { maxWaitMs, minBytes: 1, topics: [{ topic, partitions }] }
  const answer = await (await broker.connect()).ask(apis.Fetch, version, request)
  return only(only(answer.responses).partitions)
}

/** Every message from this offset on: an answer may have a part of them. */
async function fetchAll(topic: string, version: number, from = 0): Promise<LegacyRecord[]> {
  const all: LegacyRecord[] = []
  for (let next = from; ; ) {
    const { records: set, highWatermark } = await fetch(topic, version, next)
    const found = messages(set).filter(({ offset }) => offset >= next)
    all.push(...found)
    const last = found.at(-1)
    if (last === undefined || last.offset + 1 >= highWatermark) return all
    next = last.offset + 1
  }
}

/** Every message of a set, those inside compressed ones too. */
function messages(set: Buffer | null): LegacyRecord[] {
  const bytes = set ?? Buffer.alloc(0)
  return [...Batch.positions(bytes)].flatMap((at) => readLegacyRecords(bytes, at))
}

const values = (found: readonly { readonly value: Buffer | null }[]) => found.map(({ value }) => String(value))

async function versionsOf(asked: TestBroker): Promise<Map<number, string>> {
  const { apiKeys } = await asked.ask(apis.ApiVersions, 0, {})
  return new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, `${minVersion}-${maxVersion}`]))
}

describe('ApiVersions', () => {
  const legacy = {
    Produce: 0,
    Fetch: 0,
    ListOffsets: 0,
    OffsetCommit: 0,
    OffsetFetch: 0,
    CreateTopics: 0,
    DeleteTopics: 0,
    OffsetForLeaderEpoch: 0,
    WriteTxnMarkers: 0,
    DescribeConfigs: 0,
    AlterReplicaLogDirs: 0,
    DescribeLogDirs: 0,
  } as const

  test('lists them', async () => {
    const versions = await versionsOf(broker)
    for (const [name, min] of Object.entries(legacy)) {
      expect(versions.get(apis[name as keyof typeof legacy].key), name).toMatch(new RegExp(`^${min}-`))
    }
  })

  test('lists none of them where nobody asks for them, and a request of one ends the connection', async () => {
    const { 'odradek.legacy.versions': _, ...others } = properties
    const modern = await startBroker({ memory: true, properties: others })
    const asked = new TestBroker(modern)
    try {
      const versions = await versionsOf(asked)
      for (const name of Object.keys(legacy)) {
        // Kafka lists Produce from 0 on, and serves it from 3 on.
        if (name === 'Produce') continue
        expect(versions.get(apis[name as keyof typeof legacy].key), name).not.toMatch(/^0-/)
      }
      await expect(asked.ask(apis.Fetch, 3, { maxWaitMs: 0, minBytes: 0, topics: [] })).rejects.toThrow('closed')
      const topicData = [{ name: 't', partitionData: [] }]
      const request = (await asked.connect()).ask(apis.Produce, 2, { acks: -1, timeoutMs: 1000, topicData })
      await expect(request).rejects.toThrow('closed')
    } finally {
      await asked.end()
      await modern.close()
    }
  })

  test.skipIf(isKafka)('the config is one that nobody knows, to clients', async () => {
    const configurationKeys = ['odradek.legacy.versions', 'some.plugin.config']
    const resources = [{ resourceType: 4, resourceName: '1', configurationKeys }]
    const { results } = await broker.ask(apis.DescribeConfigs, 4, { resources, includeSynonyms: true })
    const [described] = only(results).configs
    const asked = await startBroker({ memory: true, properties: { ...properties, 'some.plugin.config': 'true' } })
    const other = new TestBroker(asked)
    try {
      const answer = await other.ask(apis.DescribeConfigs, 4, { resources, includeSynonyms: true })
      const unknown = only(answer.results).configs.find(({ name }) => name === 'some.plugin.config')
      expect({ ...described, name: '', synonyms: [] }).toEqual({ ...unknown, name: '', synonyms: [] })
    } finally {
      await other.end()
      await asked.close()
    }
  })

  test('a value that is none is refused', async () => {
    const started = startBroker({ memory: true, properties: { ...properties, 'odradek.legacy.versions': 'yes' } })
    await expect(started).rejects.toThrow('odradek.legacy.versions')
  })
})

describe('Produce', () => {
  const sets = [0, 1, 2].flatMap((version) =>
    (version < 2 ? [0] : [0, 1]).flatMap((magic) => codecs.map((codec) => [version, magic as 0 | 1, codec] as const)),
  )

  test.each(sets)('version %i takes a set of magic %i with %s', async (version, magic, compression) => {
    const { name } = await broker.topic()
    const set = encodeMessageSet({ magic, compression, records: records(['a', 'b', 'c']) })
    expect(await produce(name, version, set)).toMatchObject({ errorCode: 'NONE', baseOffset: 0, logAppendTimeMs: -1 })
    expect((await produce(name, version, set)).baseOffset).toBe(3)
    const stored = (await broker.fetch(name, 0)).records ?? Buffer.alloc(0)
    const found = [...Batch.positions(stored)].flatMap((at) => readBatchRecords(stored, at))
    expect(Batch.magic(stored, 0)).toBe(2)
    expect(values(found)).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
    expect(found.map(({ key }) => String(key))).toEqual(['k0', 'k1', 'k2', 'k0', 'k1', 'k2'])
    expect(found[1]?.timestamp).toBe(magic === 0 ? -1 : TIMESTAMP + 1)
  })

  test('version 2 tells the time of the append', async () => {
    const { name } = await broker.topic({ configs: { 'message.timestamp.type': 'LogAppendTime' } })
    const set = encodeMessageSet({ magic: 1, records: records(['a']) })
    const { logAppendTimeMs } = await produce(name, 2, set)
    expect(Math.abs(logAppendTimeMs - Date.now())).toBeLessThan(60_000)
    expect(only(await broker.records(name)).timestamp).toBe(logAppendTimeMs)
  })

  test('with acks=0 there is no answer', async () => {
    const { name } = await broker.topic()
    const client = await broker.connect()
    const set = encodeMessageSet({ magic: 0, records: records(['a']) })
    client.post(apis.Produce, 0, {
      acks: 0,
      timeoutMs: 1000,
      topicData: [{ name, partitionData: [{ index: 0, records: set }] }],
    })
    await eventually('the record', async () => (await broker.endOffset(name)) === 1)
  })

  test.each<[what: string, set: () => Buffer, error: ErrorName]>([
    [
      'a message whose checksum is wrong',
      () => spoiled(encodeMessageSet({ magic: 1, records: records(['a']) })),
      'CORRUPT_MESSAGE',
    ],
    [
      'no key, in a compacted topic',
      () => encodeMessageSet({ magic: 1, records: [{ timestamp: 1, key: null, value: null }] }),
      'INVALID_RECORD',
    ],
  ])('refuses %s', async (what, set, error) => {
    const configs = { 'cleanup.policy': what.includes('compacted') ? 'compact' : 'delete' }
    const { name } = await broker.topic({ configs })
    expect((await produce(name, 2, set())).errorCode).toBe(error)
  })

  function spoiled(set: Buffer): Buffer {
    set.writeUInt8(set.readUInt8(set.length - 1) ^ 1, set.length - 1)
    return set
  }
})

describe('Fetch', () => {
  const formats = [0, 1, 2, 3].flatMap((version) => codecs.map((codec) => [version, codec] as const))
  const magicOf = (version: number) => (version < 2 ? 0 : 1)

  async function topicWith(compression: CompressionName, configs: Record<string, string> = {}): Promise<string> {
    const { name } = await broker.topic({ configs })
    const some = records(['a', 'b', 'c']).map((record) => ({ ...record, headers: [{ key: 'h', value: null }] }))
    await broker.append(name, [], { records: some, compression })
    await broker.append(name, [], { records: records(['d', 'e']), compression })
    return name
  }

  test.each(formats)('version %i tells batches with %s as message sets', async (version, codec) => {
    const name = await topicWith(codec)
    const { errorCode, highWatermark, records: set } = await fetch(name, version)
    expect({ errorCode, highWatermark }).toEqual({ errorCode: 'NONE', highWatermark: 5 })
    const found = await fetchAll(name, version)
    expect(values(found)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(found.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4])
    expect(new Set(found.map(({ magic }) => magic))).toEqual(new Set([magicOf(version)]))
    expect(found.map(({ key }) => String(key))).toEqual(['k0', 'k1', 'k2', 'k0', 'k1'])
    expect(found.map(({ timestamp }) => timestamp)).toEqual(
      [0, 1, 2, 0, 1].map((i) => (magicOf(version) === 0 ? -1 : TIMESTAMP + i)),
    )
    expect(found.every(({ crc, computedCrc }) => crc === computedCrc)).toBe(true)
    expect(Batch.compressionId(set ?? Buffer.alloc(0), 0)).toBe(['none', 'gzip', 'snappy', 'lz4'].indexOf(codec))
  })

  test.each(formats)('version %i begins in the middle of a batch with %s', async (version, codec) => {
    const name = await topicWith(codec)
    const found = messages((await fetch(name, version, 1)).records)
    // A reader leaves out of a compressed set what it did not ask for.
    const first = codec === 'none' ? 1 : 0
    expect(found[0]?.offset).toBe(first)
    expect(values(await fetchAll(name, version, 1))).toEqual(['b', 'c', 'd', 'e'])
  })

  test('version 3 tells the time of the append', async () => {
    const name = await topicWith('gzip', { 'message.timestamp.type': 'LogAppendTime' })
    const found = await fetchAll(name, 3)
    expect(found.map(({ timestampType }) => timestampType)).toEqual(Array(5).fill('LogAppendTime'))
    expect(Math.abs((found[0]?.timestamp ?? 0) - Date.now())).toBeLessThan(60_000)
  })

  test.skipIf(isKafka).each([0, 1, 2, 3])(
    'version %i tells everything of transactions but their markers',
    async (version) => {
      const { name } = await broker.topic()
      const transaction = await broker.transaction()
      await transaction.send(name, ['committed'])
      await transaction.commit()
      await transaction.send(name, ['aborted'])
      await transaction.abort()
      await eventually('the markers', async () => (await broker.endOffset(name)) === 4)
      await broker.append(name, ['after'])
      const seen = (found: LegacyRecord[]) => found.map(({ offset, value }) => `${offset} ${value}`)
      expect(seen(messages((await fetch(name, version)).records))).toEqual(['0 committed', '2 aborted', '4 after'])
      expect(seen(messages((await fetch(name, version, 3)).records)), 'from a marker on').toEqual(['4 after'])
    },
  )

  test.skipIf(isKafka)('a reader gets past markers that stand alone', async () => {
    const { name } = await broker.topic()
    const transaction = await broker.transaction()
    await transaction.send(name, ['x'.repeat(2000)])
    await transaction.commit()
    await eventually('the marker', async () => (await broker.endOffset(name)) === 2)
    await broker.append(name, ['after'])
    const { records: set } = await fetch(name, 3, 1, { partitionMaxBytes: 50 })
    expect(values(messages(set))).toEqual(['after'])
    expect((await fetch(name, 3, 3)).errorCode).toBe('NONE')
  })

  test.each([0, 1, 2, 3])('version %i has no zstd, and tells what is before', async (version) => {
    const { name } = await broker.topicWith(['a'])
    await broker.append(name, ['b'], { compression: 'zstd' })
    expect(values(messages((await fetch(name, version)).records))).toEqual(['a'])
    const refused = await fetch(name, version, 1)
    expect(refused.errorCode).toBe('UNSUPPORTED_COMPRESSION_TYPE')
    expect(refused.records?.length ?? 0).toBe(0)
  })

  test('up to version 2 no message is larger than asked for, then the first may be', async () => {
    const { name } = await broker.topicWith(['x'.repeat(1000)])
    for (const version of [0, 1, 2]) {
      const { records: set } = await fetch(name, version, 0, { partitionMaxBytes: 100 })
      expect(set?.length ?? 0, `version ${version}`).toBe(0)
    }
    expect(messages((await fetch(name, 3, 0, { partitionMaxBytes: 100 })).records)).toHaveLength(1)
  })

  test('waits for records', async () => {
    const { name } = await broker.topic()
    const waiting = fetch(name, 0, 0, { maxWaitMs: 30_000 })
    await broker.append(name, ['a'])
    expect(values(messages((await waiting).records))).toEqual(['a'])
  })

  test.each([0, 3])('version %i tells what is wrong with each partition', async (version) => {
    expect((await fetch(broker.name('missing'), version)).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    const { name } = await broker.topicWith(['a'])
    expect((await fetch(name, version, 7)).errorCode).toBe('OFFSET_OUT_OF_RANGE')
  })
})

describe('ListOffsets', () => {
  async function offsets(topic: string, timestamp: number, maxNumOffsets = 10, replicaId = -1) {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp, maxNumOffsets }] }]
    const answer = await broker.ask(apis.ListOffsets, 0, { replicaId, topics })
    const { errorCode, oldStyleOffsets } = only(only(answer.topics).partitions)
    return errorCode === 'NONE' ? oldStyleOffsets : errorCode
  }

  test.skipIf(isKafka)('version 0 tells where segments begin, the last first', async () => {
    const { name } = await broker.topic({ configs: { 'internal.segment.bytes': '300' } })
    for (const value of ['a', 'b', 'c']) await broker.append(name, [value.repeat(150)])
    const all = await offsets(name, -1)
    expect(all).toEqual([3, 2, 1, 0])
    expect(await offsets(name, -1, 1)).toEqual([3])
    expect(await offsets(name, -2)).toEqual([0])
    expect(await offsets(name, Date.now() + 60_000)).toEqual(all)
    expect(await offsets(name, 1)).toEqual([])
    expect(await offsets(name, -1, 0)).toEqual([])
  })

  test('of an empty log there is one offset', async () => {
    const { name } = await broker.topic()
    expect(await offsets(name, -1)).toEqual([0])
    expect(await offsets(broker.name('missing'), -1)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('of a log whose beginning was deleted, none before', async () => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    const partitions = [{ partitionIndex: 0, offset: 2 }]
    await broker.ask(apis.DeleteRecords, 2, { topics: [{ name, partitions }], timeoutMs: 30_000 })
    expect(await offsets(name, -1)).toEqual([3, 2])
  })
})

describe('offsets of groups', () => {
  const committed = async (groupId: string, topic: string, version: number) => {
    const topics = [{ name: topic, partitionIndexes: [0] }]
    const answer = await broker.ask(apis.OffsetFetch, version, { groupId, topics })
    const { committedOffset, metadata, errorCode } = only(only(answer.topics).partitions)
    return { committedOffset, metadata, errorCode }
  }

  // Kafka 3.9 sent these to ZooKeeper, and has an error where there is none.
  test.skipIf(isKafka)('version 0 commits and fetches', async () => {
    const { name } = await broker.topic()
    const groupId = await broker.group()
    const partitions = [{ partitionIndex: 0, committedOffset: 7, committedMetadata: 'here' }]
    const topics = [{ name, partitions }]
    const answer = await broker.ask(apis.OffsetCommit, 0, { groupId, topics })
    expect(only(only(answer.topics).partitions).errorCode).toBe('NONE')
    for (const version of [0, 1]) {
      expect(await committed(groupId, name, version)).toEqual({
        committedOffset: 7,
        metadata: 'here',
        errorCode: 'NONE',
      })
    }
  })

  test('version 1 says when each was committed', async () => {
    const { name } = await broker.topic()
    const groupId = await broker.group()
    const commitTimestamp = Date.now() - 1_000_000
    const partitions = [{ partitionIndex: 0, committedOffset: 9, commitTimestamp, committedMetadata: '' }]
    const topics = [{ name, partitions }]
    const answer = await broker.ask(apis.OffsetCommit, 1, { groupId, memberId: '', topics })
    expect(only(only(answer.topics).partitions).errorCode).toBe('NONE')
    expect((await committed(groupId, name, 1)).committedOffset).toBe(9)
    const stored: number[] = []
    for (let partition = 0; partition < 50; partition++) {
      for (const { key, value } of await broker.records('__consumer_offsets', 0, partition)) {
        if (key?.includes(groupId) !== true || value === null || key.readInt16BE(0) > 1) continue
        stored.push(decode(OffsetCommitValue, value.readInt16BE(0), value, 2).commitTimestamp)
      }
    }
    expect(stored).toEqual([commitTimestamp])
  })
})

describe('administration', () => {
  test('CreateTopics 0 and 1, DeleteTopics 0', async () => {
    const [first, second] = [broker.name(), broker.name()]
    const topic = { numPartitions: 1, replicationFactor: 1, configs: [{ name: 'retention.ms', value: '1000' }] }
    const created = await broker.ask(apis.CreateTopics, 0, { topics: [{ ...topic, name: first }], timeoutMs: 30_000 })
    expect(created.topics).toMatchObject([{ name: first, errorCode: 'NONE' }])
    const again = await broker.ask(apis.CreateTopics, 1, { topics: [{ ...topic, name: first }], timeoutMs: 30_000 })
    expect(again.topics).toMatchObject([
      { errorCode: 'TOPIC_ALREADY_EXISTS', errorMessage: `Topic '${first}' already exists.` },
    ])
    const request = { topics: [{ ...topic, name: second }], timeoutMs: 30_000, validateOnly: true }
    expect((await broker.ask(apis.CreateTopics, 1, request)).topics).toMatchObject([{ errorCode: 'NONE' }])
    const deleted = await broker.ask(apis.DeleteTopics, 0, { topicNames: [first, second], timeoutMs: 30_000 })
    expect(Object.fromEntries(deleted.responses.map(({ name, errorCode }) => [name, errorCode]))).toEqual({
      [first]: 'NONE',
      [second]: 'UNKNOWN_TOPIC_OR_PARTITION',
    })
  })

  // Kafka 3.9 forgot to say it.
  test.skipIf(isKafka)('DescribeConfigs 0 tells what is the default', async () => {
    const { name } = await broker.topic({ configs: { 'retention.ms': '1000' } })
    const configurationKeys = ['retention.ms', 'retention.bytes']
    const resources = [{ resourceType: 2, resourceName: name, configurationKeys }]
    const { configs } = only((await broker.ask(apis.DescribeConfigs, 0, { resources })).results)
    expect(Object.fromEntries(configs.map((config) => [config.name, [config.value, config.isDefault]]))).toEqual({
      'retention.ms': ['1000', false],
      'retention.bytes': ['-1', true],
    })
  })

  test('DescribeLogDirs 0 and AlterReplicaLogDirs 0', async () => {
    const { name } = await broker.topicWith(['a'])
    const { results } = await broker.ask(apis.DescribeLogDirs, 0, { topics: [{ topic: name, partitions: [0] }] })
    const { logDir, topics } = only(results)
    expect(only(only(topics).partitions)).toMatchObject({ partitionIndex: 0, offsetLag: 0, isFutureKey: false })
    const dirs = [{ path: logDir, topics: [{ name, partitions: [0] }] }]
    const moved = await broker.ask(apis.AlterReplicaLogDirs, 0, { dirs })
    expect(only(only(moved.results).partitions).errorCode).toBe('NONE')
  })

  test.each([0, 1])('OffsetForLeaderEpoch %i', async (version) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const topics = [{ topic: name, partitions: [{ partition: 0, leaderEpoch: 0 }] }]
    const answer = await broker.ask(apis.OffsetForLeaderEpoch, version, { topics })
    expect(only(only(answer.topics).partitions)).toMatchObject({ errorCode: 'NONE', endOffset: 2 })
  })

  test.skipIf(isKafka)('WriteTxnMarkers 0', async () => {
    const { name } = await broker.topic()
    const { producerId } = await broker.ask(apis.InitProducerId, 1, { transactionalId: null, transactionTimeoutMs: 0 })
    await broker.append(name, ['a'], { producerId, producerEpoch: 0, baseSequence: 0 })
    const topics = [{ name, partitionIndexes: [0] }]
    const marker = { producerId, producerEpoch: 0, transactionResult: true, coordinatorEpoch: 0, topics }
    const { markers } = await broker.ask(apis.WriteTxnMarkers, 0, { markers: [marker] })
    expect(only(only(only(markers).topics).partitions).errorCode).toBe('NONE')
    expect(await broker.endOffset(name)).toBe(2)
  })
})
