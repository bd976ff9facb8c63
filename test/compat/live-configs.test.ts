// Configs of a topic, and of the broker for its topics, that change while records come and go: what is acted on, and from
// when on. On a broker of their own, whose background tasks hardly rest.
import { Batch, encodeBatch, type NewBatch } from '../../src/wire/records/index.ts'
import { apis, config, describe, expect, kip, only, type TestBroker, testWith } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'
import { startOffset } from '../support/keyed-records.ts'

const HOUR_MS = 3_600_000
const [TOPIC, BROKER] = [2, 4]
const [SET, DELETE] = [0, 1]

const test = testWith({
  'log.cleaner.backoff.ms': '100',
  'log.initial.task.delay.ms': '100',
  'log.retention.check.interval.ms': '100',
})

async function alter(
  broker: TestBroker,
  configs: Readonly<Record<string, string | null>>,
  resourceType: number,
  resourceName: string,
): Promise<void> {
  const changes = Object.entries(configs).map(([name, value]) => ({
    name,
    configOperation: value === null ? DELETE : SET,
    value,
  }))
  const resources = [{ resourceType, resourceName, configs: changes }]
  const { responses } = await broker.ask(apis.IncrementalAlterConfigs, 1, { resources })
  expect(only(responses)).toMatchObject({ errorCode: 'NONE' })
}

/** Alters the topic, and waits until what `probe` finds is so. */
async function altered(
  broker: TestBroker,
  topic: string,
  configs: Readonly<Record<string, string | null>>,
  probe: () => Promise<boolean>,
): Promise<void> {
  await alter(broker, configs, TOPIC, topic)
  await eventually(`${topic} with ${JSON.stringify(configs)}`, probe)
}

function batch(key: string, value: string, options: Partial<NewBatch> & { timestamp?: number } = {}): Buffer {
  const { timestamp = Date.now() - HOUR_MS } = options
  return encodeBatch({ ...options, records: [{ key: Buffer.from(key), value: Buffer.from(value), timestamp }] })
}

async function put(broker: TestBroker, topic: string, records: Buffer): Promise<string> {
  return (await broker.produce(topic, records)).errorCode
}

async function values(broker: TestBroker, topic: string): Promise<string[]> {
  return (await broker.records(topic, await startOffset(broker, topic))).map(({ value }) => String(value))
}

/** The header of the topic's last batch. */
async function lastBatch(broker: TestBroker, topic: string): Promise<Buffer> {
  const end = await broker.endOffset(topic)
  const { records } = await broker.fetch(topic, end - 1)
  if (records === null) throw new Error('no records')
  const at = [...Batch.positions(records)].at(-1) ?? 0
  return records.subarray(at)
}

describe('A topic in use', config('topic configs'), () => {
  test('is compacted from cleanup.policy=compact on, and not any more after delete', async ({ broker }) => {
    const configs = { 'segment.ms': '1000', 'min.cleanable.dirty.ratio': '0.01', 'retention.ms': '-1' }
    const { name } = await broker.topic({ configs })
    const fill = async (round: number) => {
      for (const [i, key] of ['a', 'a', 'end'].entries()) {
        const timestamp = Date.now() - HOUR_MS + round * 600_000 + i * 60_000
        expect(await put(broker, name, batch(key, `${key}${round}${i}`, { timestamp }))).toBe('NONE')
      }
    }
    await fill(0)
    expect(await values(broker, name)).toEqual(['a00', 'a01', 'end02'])
    await altered(broker, name, { 'cleanup.policy': 'compact' }, async () => (await values(broker, name)).length === 2)
    expect(await values(broker, name)).toEqual(['a01', 'end02'])
    await alter(broker, { 'cleanup.policy': 'delete' }, TOPIC, name)
    // Records without keys are taken again by a topic that is not compacted.
    const plain = () =>
      encodeBatch({ records: [{ key: null, value: Buffer.from('plain'), timestamp: Date.now() - HOUR_MS + 300_000 }] })
    await eventually('a record without a key to be taken', async () => (await put(broker, name, plain())) === 'NONE')
    await fill(1)
    expect(await values(broker, name)).toEqual(['a01', 'end02', 'plain', 'a10', 'a11', 'end12'])
    const isCleaned = async () => (await values(broker, name)).length === 3
    await altered(broker, name, { 'cleanup.policy': 'compact' }, isCleaned)
    expect(await values(broker, name)).toEqual(['end02', 'a11', 'end12'].slice(-3))
  })

  test('refuses records without a key from cleanup.policy=compact on', async ({ broker }) => {
    const { name } = await broker.topic()
    const plain = () => encodeBatch({ records: [{ key: null, value: Buffer.from('v'), timestamp: Date.now() }] })
    expect(await put(broker, name, plain())).toBe('NONE')
    await altered(broker, name, { 'cleanup.policy': 'compact' }, async () => {
      return (await put(broker, name, plain())) === 'INVALID_RECORD'
    })
  })

  test('lets its records be deleted by whoever asks, but not while it is only compacted', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'cleanup.policy': 'compact' } })
    const remove = async (offset: number) => {
      const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }]
      const answer = await broker.ask(apis.DeleteRecords, 2, { topics, timeoutMs: 30_000 })
      return only(only(answer.topics).partitions).errorCode
    }
    for (let i = 0; i < 3; i++) await put(broker, name, batch('k', `${i}`))
    expect(await remove(1)).toBe('POLICY_VIOLATION')
    await altered(broker, name, { 'cleanup.policy': '' }, async () => (await remove(1)) === 'NONE')
    await alter(broker, { 'cleanup.policy': 'compact,delete' }, TOPIC, name)
    expect(await remove(2)).toBe('NONE')
    expect(await startOffset(broker, name)).toBe(2)
  })

  test('loses what is older than a retention.ms that is shorter now', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'retention.ms': '-1' } })
    expect(await put(broker, name, batch('k', 'old'))).toBe('NONE')
    await altered(broker, name, { 'retention.ms': '60000' }, async () => (await startOffset(broker, name)) === 1)
  })

  test('loses what is above a retention.bytes that is less now', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'segment.bytes': '1048576' } })
    for (let i = 0; i < 4; i++) await broker.append(name, ['x'.repeat(900_000)])
    expect(await startOffset(broker, name)).toBe(0)
    await altered(broker, name, { 'retention.bytes': '1500000' }, async () => (await startOffset(broker, name)) > 0)
  })

  test('takes batches as large as a max.message.bytes that is more now', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'max.message.bytes': '1000' } })
    const large = batch('k', 'x'.repeat(2000))
    expect(await put(broker, name, Buffer.from(large))).toBe('MESSAGE_TOO_LARGE')
    await altered(broker, name, { 'max.message.bytes': null }, async () => {
      return (await put(broker, name, Buffer.from(large))) === 'NONE'
    })
  })

  test('takes the time of the append from message.timestamp.type=LogAppendTime on', async ({ broker }) => {
    const { name } = await broker.topic()
    await put(broker, name, batch('k', 'v'))
    expect(Batch.timestampType(await lastBatch(broker, name), 0)).toBe('CreateTime')
    await altered(broker, name, { 'message.timestamp.type': 'LogAppendTime' }, async () => {
      await put(broker, name, batch('k', 'v'))
      return Batch.timestampType(await lastBatch(broker, name), 0) === 'LogAppendTime'
    })
  })

  test('refuses times that message.timestamp.before.max.ms and after.max.ms do not allow any more', async ({
    broker,
  }) => {
    const { name } = await broker.topic({ configs: { 'message.timestamp.after.max.ms': String(1000 * HOUR_MS) } })
    const at = (timestamp: number) => put(broker, name, batch('k', 'v', { timestamp }))
    const [past, future] = [Date.now() - 10 * HOUR_MS, Date.now() + 10 * HOUR_MS]
    expect([await at(past), await at(future)]).toEqual(['NONE', 'NONE'])
    await altered(broker, name, { 'message.timestamp.before.max.ms': String(HOUR_MS) }, async () => {
      return (await at(past)) === 'INVALID_TIMESTAMP'
    })
    await altered(broker, name, { 'message.timestamp.after.max.ms': String(HOUR_MS) }, async () => {
      return (await at(future)) === 'INVALID_TIMESTAMP'
    })
  })

  test('is compressed as compression.type says now', async ({ broker }) => {
    const { name } = await broker.topic()
    const codec = async () => {
      await put(broker, name, batch('k', 'v'.repeat(100)))
      return Batch.compressionId(await lastBatch(broker, name), 0)
    }
    expect(await codec()).toBe(0)
    await altered(broker, name, { 'compression.type': 'gzip' }, async () => (await codec()) === 1)
    await altered(broker, name, { 'compression.type': 'zstd' }, async () => (await codec()) === 4)
    await altered(broker, name, { 'compression.type': 'uncompressed' }, async () => (await codec()) === 0)
  })

  test('begins a new segment as segment.ms says now', async ({ broker }) => {
    const configs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01' }
    const { name } = await broker.topic({ configs })
    const fill = async (value: string) => {
      for (let i = 0; i < 3; i++) {
        const timestamp = Date.now() - HOUR_MS + i * 60_000
        expect(await put(broker, name, batch('k', value, { timestamp }))).toBe('NONE')
      }
    }
    await fill('one segment')
    expect(await values(broker, name)).toHaveLength(3)
    // Whatever is not in the segment in use is cleaned away.
    await altered(broker, name, { 'segment.ms': '1000' }, async () => {
      await fill('several')
      return !(await values(broker, name)).includes('one segment')
    })
  })

  test('wants replicas in sync as min.insync.replicas says now, and no more than it has', async ({ broker }) => {
    const { name } = await broker.topic()
    await altered(broker, name, { 'min.insync.replicas': '2' }, async () => true)
    expect(await put(broker, name, batch('k', 'v'))).toBe('NONE')
  })

  test('keeps tombstones for as long as delete.retention.ms says at their first cleaning', async ({ broker }) => {
    const configs = {
      'cleanup.policy': 'compact',
      'segment.ms': '1000',
      'min.cleanable.dirty.ratio': '0.01',
      'delete.retention.ms': '0',
    }
    const { name } = await broker.topic({ configs })
    const tombstone = encodeBatch({
      records: [{ key: Buffer.from('k'), value: null, timestamp: Date.now() - HOUR_MS }],
    })
    await put(broker, name, batch('k', 'v', { timestamp: Date.now() - 2 * HOUR_MS }))
    await put(broker, name, tombstone)
    await eventually('the tombstone to be gone', async () => {
      await put(broker, name, batch('end', 'v', { timestamp: Date.now() + 2000 * Math.floor(Math.random() * 1000) }))
      return (await broker.records(name, 0)).every(({ value }) => value !== null)
    })
  })
})

describe('A broker in use', kip(226), () => {
  // They hold for all topics of the broker, which therefore have configs of their own where others are altered.
  test('deletes as its log.retention.ms says now, where the topic says nothing', async ({ broker }) => {
    const [own, common] = [await broker.topic({ configs: { 'retention.ms': '-1' } }), await broker.topic()]
    for (const { name } of [own, common]) expect(await put(broker, name, batch('k', 'old'))).toBe('NONE')
    await alter(broker, { 'log.retention.ms': '60000' }, BROKER, '')
    await eventually('the record to be gone', async () => (await startOffset(broker, common.name)) === 1)
    expect(await startOffset(broker, own.name)).toBe(0)
    await alter(broker, { 'log.retention.ms': null }, BROKER, '')
  })

  test('goes on cleaning when the configs of its cleaner change', async ({ broker }) => {
    const configs = { 'cleanup.policy': 'compact', 'segment.ms': '1000', 'min.cleanable.dirty.ratio': '0.01' }
    const changes = {
      'log.cleaner.threads': '2',
      'log.cleaner.io.max.bytes.per.second': '10000000',
      'log.cleaner.io.buffer.size': '100000',
      'log.cleaner.dedupe.buffer.size': '5000000',
      'log.cleaner.io.buffer.load.factor': '0.5',
      'log.cleaner.backoff.ms': '50',
    }
    const { name } = await broker.topic({ configs })
    for (const [i, [config, value]] of Object.entries(changes).entries()) {
      await alter(broker, { [config]: value }, BROKER, '')
      const start = Date.now() - 2 * HOUR_MS + i * 600_000
      for (const [j, key] of ['k', 'k', 'end'].entries()) {
        await put(broker, name, batch(key, `${i}${j}`, { timestamp: start + j * 60_000 }))
      }
      await eventually(`a cleaning with ${config}`, async () => {
        const left = await values(broker, name)
        return left.includes(`${i}1`) && !left.includes(`${i}0`)
      })
    }
    for (const config of Object.keys(changes)) await alter(broker, { [config]: null }, BROKER, '')
  })
})
