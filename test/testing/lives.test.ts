// Between tests and through time: reset, snapshots, restarts, a clock in the test's hand, disks and networks that fail.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { Snapshot, startBroker, type TestBroker } from '../../src/testing/index.ts'
import { apis } from '../../src/wire/index.ts'
import { RawClient } from '../support/raw-client.ts'

const kafkaOf = (broker: TestBroker, clientId = 'app') =>
  new Kafka({ brokers: broker.brokers, clientId, logLevel: logLevel.NOTHING, retry: { initialRetryTime: 20 } })
const values = (broker: TestBroker, topic: string) => broker.records(topic).map((record) => record.text())
const clientOf = (broker: TestBroker, id?: string) => RawClient.connect(broker.host, broker.port, id)
/** The connection ends as soon as it is there, or before the client knows that it is. */
const refusal = (broker: TestBroker) =>
  clientOf(broker).then(
    (client) => client.closed,
    () => undefined,
  )

function temporary(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'odradek-testing-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

describe('A reset', () => {
  test('leaves nothing but the port and the connections', async () => {
    await using broker = await startBroker({ topics: { orders: 2 } })
    const { port, clusterId } = broker
    await broker.produce('orders', { value: '1' })
    await broker.commit('g', { orders: { 0: 1 } })
    broker.fail({}, { disconnect: 'before' })
    broker.clock.freeze()
    const client = await clientOf(broker)
    await broker.reset({ topics: { fresh: 1 } })
    expect([broker.port, broker.clusterId]).toEqual([port, clusterId])
    expect([broker.topics(), await broker.groups(), broker.faults.length, broker.clock.isFrozen]).toEqual([
      ['fresh'],
      [],
      0,
      false,
    ])
    const { topics } = await client.send(apis.Metadata, 12, { topics: null })
    expect(topics.map(({ name }) => name)).toEqual(['fresh'])
    expect(broker.requests.all()).toHaveLength(1)
    client.close()
  })

  test('answers who waits, and closes connections where it is asked to', async () => {
    await using broker = await startBroker({ topics: ['t'] })
    const client = await clientOf(broker)
    const fetch = { maxWaitMs: 60_000, minBytes: 1, topics: [{ topic: 't', partitions: [{ partition: 0 }] }] }
    const waiting = client.send(apis.Fetch, 11, fetch)
    await broker.waitForConnections(1, { waiting: true })
    await broker.reset()
    expect((await waiting).responses).toMatchObject([{ partitions: [{ errorCode: 0 }] }])
    await broker.reset({ connections: 'close' })
    await client.closed
  })

  test('lets a client go on that was there before', async () => {
    await using broker = await startBroker()
    const producer = kafkaOf(broker).producer()
    await producer.connect()
    for (let i = 0; i < 3; i++) {
      await producer.send({ topic: 't', messages: [{ value: String(i) }] })
      expect(values(broker, 't')).toEqual([String(i)])
      await broker.reset({ topics: ['t'] })
    }
    await producer.disconnect()
  })

  test('empties a directory too', async () => {
    using directory = temporary()
    await using broker = await startBroker({ logDir: join(directory.path, 'log'), topics: ['t'] })
    await broker.produce('t', { value: '1' })
    await broker.reset()
    expect(broker.topics()).toEqual([])
    await broker.produce('t', { value: '2' })
    expect(values(broker, 't')).toEqual(['2'])
  })
})

describe('A snapshot', () => {
  test('is restored any number of times, whatever came after', async () => {
    await using broker = await startBroker({ topics: ['t'] })
    await broker.produce('t', [{ value: '1' }, { value: '2' }])
    await broker.commit('g', { t: { 0: 1 } })
    const snapshot = await broker.snapshot()
    for (let i = 0; i < 3; i++) {
      await broker.produce('t', { value: `later ${i}` })
      await broker.commit('g', { t: { 0: 2 } })
      await broker.createTopic('u')
      await broker.restore(snapshot)
      expect(values(broker, 't')).toEqual(['1', '2'])
      expect(broker.topics()).toEqual(['t'])
      expect(await broker.group('g')).toMatchObject({ committed: { t: { 0: 1 } } })
    }
    await using other = await startBroker({ snapshot })
    expect(values(other, 't')).toEqual(['1', '2'])
    await other.produce('t', { value: '3' })
    expect(values(broker, 't')).toEqual(['1', '2'])
  })

  test('keeps a transaction that is open', async () => {
    await using broker = await startBroker({ topics: ['t'] })
    const producer = kafkaOf(broker).producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: 't', messages: [{ value: 'a' }] })
    const snapshot = await broker.snapshot()
    await transaction.commit()
    await broker.restore(snapshot, { connections: 'close' })
    expect(await broker.transaction('tx')).toMatchObject({ state: 'Ongoing' })
    await broker.expireTransaction('tx')
    expect(broker.records('t')).toMatchObject([{ transaction: 'aborted' }])
    await producer.disconnect()
  })

  test('is written to a file, and a broker starts from it', async () => {
    using directory = temporary()
    const file = join(directory.path, 'state')
    await using broker = await startBroker({ topics: { t: { partitions: 3, configs: { 'retention.ms': 1 } } } })
    await broker.produce(
      't',
      Array.from({ length: 100 }, (_, i) => ({ key: String(i), value: 'x'.repeat(1000) })),
    )
    await broker.saveTo(file)
    await using other = await startBroker({ snapshot: file })
    expect(other.clusterId).toBe(broker.clusterId)
    expect(values(other, 't')).toEqual(values(broker, 't'))
    expect(other.topic('t')?.configs).toEqual({ 'retention.ms': '1' })
    expect(() => Snapshot.readFrom(import.meta.filename)).toThrow('is no snapshot of a broker')
  })
})

describe('A restart', () => {
  test.each([false, true])('keeps port and data (killed: %s), in memory and on disk', async (kill) => {
    using directory = temporary()
    for (const logDir of [undefined, directory.path]) {
      await using broker = await startBroker({ topics: ['t'], logDir })
      const { port } = broker
      const producer = kafkaOf(broker).producer()
      await producer.connect()
      await producer.send({ topic: 't', messages: [{ value: '1' }] })
      await broker.restart({ kill })
      await producer.send({ topic: 't', messages: [{ value: '2' }] })
      expect([broker.port, values(broker, 't')]).toEqual([port, ['1', '2']])
      await producer.disconnect()
    }
  })

  test('refuses connections for as long as it is down', async () => {
    await using broker = await startBroker()
    broker.clock.freeze()
    const restarting = broker.restart({ downFor: '3 s' })
    await refusal(broker)
    await broker.clock.advance('3 s')
    await restarting
    const late = await clientOf(broker)
    expect(await late.send(apis.ApiVersions, 0, {})).toMatchObject({ errorCode: 0 })
    late.close()
  })
})

describe('Time', () => {
  test('stands still, moves, and moves retention and timestamps with it', async () => {
    await using broker = await startBroker({
      topics: { t: { configs: { 'retention.ms': 60_000, 'message.timestamp.type': 'LogAppendTime' } } },
    })
    broker.clock.set('2030-01-01T00:00:00Z')
    broker.clock.freeze()
    await broker.produce('t', { value: 'old' })
    expect(broker.records('t')[0]?.timestamp).toBeGreaterThanOrEqual(Date.UTC(2030, 0))
    await broker.clock.advance('30 s')
    await broker.produce('t', { value: 'new' })
    const [first, second] = broker.records('t')
    expect((second?.timestamp ?? 0) - (first?.timestamp ?? 0)).toBe(30_000)
    await broker.clock.advance('10 minutes')
    expect(values(broker, 't')).toEqual([])
    broker.clock.set(Date.UTC(2029, 0))
    expect(new Date(broker.clock.now()).getUTCFullYear()).toBe(2029)
    broker.clock.resume()
  })

  test('ends sessions, transactions and long polls exactly when they end', async () => {
    await using broker = await startBroker({ topics: ['t'] })
    const consumer = kafkaOf(broker).consumer({
      groupId: 'g',
      sessionTimeout: 30_000,
      heartbeatInterval: 25_000,
      maxWaitTimeInMs: 50,
    })
    await consumer.connect()
    await consumer.subscribe({ topic: 't' })
    await consumer.run({ eachMessage: async () => undefined })
    await broker.waitForGroup('g', { state: 'Stable', members: 1, assigned: 1 })
    broker.clock.freeze()
    await broker.clock.advance('29 s')
    expect(await broker.group('g')).toMatchObject({ state: 'Stable' })
    await broker.clock.advance('2 s')
    expect(await broker.group('g')).toMatchObject({ members: [] })
    broker.clock.resume()
    await consumer.disconnect()

    const producer = kafkaOf(broker).producer({
      transactionalId: 'tx',
      transactionTimeout: 60_000,
      maxInFlightRequests: 1,
      idempotent: true,
    })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: 't', messages: [{ value: 'a' }] })
    await broker.clock.advance('59 s')
    expect(await broker.transaction('tx')).toMatchObject({ state: 'Ongoing' })
    await broker.clock.advance('12 s')
    expect(broker.records('t')).toMatchObject([{ transaction: 'aborted' }])
    await producer.disconnect()

    broker.clock.freeze()
    const client = await clientOf(broker)
    const fetch = {
      maxWaitMs: 5000,
      minBytes: 1,
      topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 2 }] }],
    }
    let isAnswered = false
    const waiting = client.send(apis.Fetch, 11, fetch).then(() => {
      isAnswered = true
    })
    await broker.waitForConnections(1, { waiting: true })
    await broker.clock.advance(4999)
    expect(isAnswered).toBe(false)
    await broker.clock.advance(1)
    await waiting
    client.close()
  })

  test('days go by in no time', async () => {
    await using broker = await startBroker({ topics: ['t'] })
    await broker.commit('g', { t: { 0: 0 } })
    const began = performance.now()
    await broker.clock.advance('8 days')
    expect(await broker.group('g')).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(30_000)
  })
})

describe('A disk', () => {
  test('that is full takes the log offline', async () => {
    await using broker = await startBroker({
      topics: ['t'],
      config: { 'log.dirs': '/odradek/a,/odradek/b', 'metadata.log.dir': '/odradek/m' },
    })
    const fault = broker.disk.fail({ operation: 'write', topic: 't' }, { code: 'ENOSPC' })
    await expect(broker.produce('t', { value: '1' })).rejects.toMatchObject({ codeName: 'KAFKA_STORAGE_ERROR' })
    expect(fault.hits).toBe(1)
    broker.heal()
    await broker.restart()
    await broker.produce('t', { value: '2' })
    expect(values(broker, 't')).toEqual(['2'])
  })

  test('keeps half a write when the broker is killed in it, and the record was never acknowledged', async () => {
    await using broker = await startBroker({ topics: ['t'] })
    await broker.produce('t', { value: 'whole' })
    broker.disk.fail({ operation: 'write', topic: 't' }, { torn: 20, kill: true }, { times: 1 })
    const producer = kafkaOf(broker).producer()
    await producer.connect()
    // The client sends it again after the broker is back.
    await producer.send({ topic: 't', messages: [{ value: 'torn' }] })
    expect(values(broker, 't')).toEqual(['whole', 'torn'])
    await producer.disconnect()
  })

  test('is slow to sync', async () => {
    await using broker = await startBroker()
    broker.clock.freeze()
    broker.disk.fail({ operation: 'sync' }, { delay: '2 s' })
    let isMade = false
    const making = broker.createTopic('t').then(() => {
      isMade = true
    })
    await broker.clock.advance('1 s')
    expect(isMade).toBe(false)
    await broker.clock.advance('10 s')
    await making
  })
})

describe('A network', () => {
  test('pauses, for connections old and new, and goes on', async () => {
    await using broker = await startBroker({ topics: ['t'] })
    const [a, b] = [await clientOf(broker, 'a'), await clientOf(broker, 'b')]
    await Promise.all([a, b].map((client) => client.send(apis.ApiVersions, 0, {})))
    const pause = broker.network.pause({ clientId: 'a' })
    let isAnswered = false
    const held = a.send(apis.ApiVersions, 0, {}).then(() => {
      isAnswered = true
    })
    await b.send(apis.ApiVersions, 0, {})
    expect(isAnswered).toBe(false)
    pause.remove()
    await held
    for (const client of [a, b]) client.close()
  })

  test('cuts, and refuses', async () => {
    await using broker = await startBroker()
    const client = await clientOf(broker)
    await client.send(apis.ApiVersions, 0, {})
    const cut = broker.network.cut({}, { refuse: true })
    await client.closed
    await refusal(broker)
    cut.remove()
    const again = await clientOf(broker)
    await again.send(apis.ApiVersions, 0, {})
    again.close()
  })

  test('is slow, by the broker’s clock', async () => {
    await using broker = await startBroker()
    const client = await clientOf(broker)
    broker.clock.freeze()
    broker.network.slow({ latency: '1 s', bytesPerSecond: 1000 })
    let isAnswered = false
    const answer = client.send(apis.ApiVersions, 0, {}).then(() => {
      isAnswered = true
    })
    await broker.waitForRequest({ api: 'ApiVersions' })
    await broker.clock.advance('1 s')
    expect(isAnswered).toBe(false)
    await broker.clock.advance('1 s')
    await answer
    client.close()
  })
})

test('Producers are fenced, coordinators move, groups rebalance', async () => {
  await using broker = await startBroker({ topics: { t: 2 } })
  const producer = kafkaOf(broker).producer({
    transactionalId: 'tx',
    maxInFlightRequests: 1,
    idempotent: true,
    retry: { retries: 1 },
  })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic: 't', messages: [{ value: 'a' }] })
  await broker.fenceProducer('tx')
  await expect(transaction.send({ topic: 't', messages: [{ value: 'b' }] })).rejects.toThrow()
  expect(broker.records('t')).toMatchObject([{ transaction: 'aborted' }])
  await producer.disconnect().catch(() => undefined)

  const consumer = kafkaOf(broker, 'c').consumer({ groupId: 'g', heartbeatInterval: 50, maxWaitTimeInMs: 50 })
  let joins = 0
  consumer.on('consumer.group_join', () => joins++)
  await consumer.connect()
  await consumer.subscribe({ topic: 't' })
  await consumer.run({ eachMessage: async () => undefined })
  const first = await broker.waitForGroup('g', { state: 'Stable', assigned: 2 })
  await broker.rebalance('g')
  expect(await broker.group('g')).toMatchObject({ state: 'PreparingRebalance' })
  await broker.waitForGroup('g', { state: 'Stable', assigned: 2 })
  await broker.evict(first.members[0]?.memberId ?? '')
  const again = await broker.waitForGroup('g', { state: 'Stable', assigned: 2 })
  expect(again.members[0]?.memberId).not.toBe(first.members[0]?.memberId)
  await broker.moveCoordinator({ group: 'g' })
  await broker.waitForRequest({ group: 'g', error: 'NOT_COORDINATOR' })
  await broker.waitForRequest({ api: 'Heartbeat', group: 'g' }, { after: broker.requests.last() })
  await consumer.disconnect()
})

describe('A broker poses', () => {
  test.each(['0.11', '1.0', '2.0', '2.8', '3.9', '4.3'] as const)(
    'as Kafka %s, and a client works with it',
    async (apiVersions) => {
      await using broker = await startBroker({ apiVersions, topics: ['t'] })
      const producer = kafkaOf(broker).producer()
      await producer.connect()
      await producer.send({ topic: 't', messages: [{ value: apiVersions }] })
      await producer.disconnect()
      expect(values(broker, 't')).toEqual([apiVersions])
    },
  )

  test('with single APIs otherwise', async () => {
    await using broker = await startBroker({ apiVersions: { Fetch: 11, Produce: [3, 8], DescribeCluster: false } })
    const client = await clientOf(broker)
    const { apiKeys } = await client.send(apis.ApiVersions, 0, {})
    const range = (key: number) => apiKeys.filter(({ apiKey }) => apiKey === key).map(({ maxVersion }) => maxVersion)
    expect([range(0), range(1), range(60)]).toEqual([[8], [11], []])
    client.close()
  })

  test('with the versions that Kafka 4 gave up, where the older one had them', async () => {
    await using broker = await startBroker({ apiVersions: '0.11', topics: ['t'] })
    await broker.produce('t', { value: 'v' })
    const client = await clientOf(broker)
    const { apiKeys } = await client.send(apis.ApiVersions, 0, {})
    expect(apiKeys.find(({ apiKey }) => apiKey === apis.Fetch.key)).toEqual({ apiKey: 1, minVersion: 0, maxVersion: 5 })
    const fetch = {
      maxWaitMs: 10,
      minBytes: 1,
      topics: [{ topic: 't', partitions: [{ partition: 0, partitionMaxBytes: 1000 }] }],
    }
    expect(await client.send(apis.Fetch, 2, fetch)).toMatchObject({
      responses: [{ partitions: [{ errorCode: 0, highWatermark: 1 }] }],
    })
    client.close()
  })

  test('as none that there is not', async () => {
    await expect(startBroker({ apiVersions: '0.7' as never })).rejects.toThrow('no Kafka 0.7; known are 0.11, ')
  })
})

test('A broker on disk leaves its log to the next one, and one in memory nothing', async () => {
  using directory = temporary()
  const logDir = join(directory.path, 'log')
  {
    await using broker = await startBroker({ logDir, topics: ['t'], nodeId: 7, clusterId: 'AAAAAAAAAAAAAAAAAAAABw' })
    await broker.produce('t', { value: '1' })
    expect([broker.nodeId, broker.clusterId]).toEqual([7, 'AAAAAAAAAAAAAAAAAAAABw'])
  }
  expect(existsSync(join(logDir, '.kafka_cleanshutdown'))).toBe(true)
  await using broker = await startBroker({ logDir, nodeId: 7 })
  expect(values(broker, 't')).toEqual(['1'])
})
