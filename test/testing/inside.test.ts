// Looking inside a broker and waiting on what happens in it, without a consumer and without a sleep.
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { json, startBroker, type TestBroker } from '../../src/testing/index.ts'
import { apis } from '../../src/wire/index.ts'
import { RawClient } from '../support/raw-client.ts'

/** A member of the group g, by its heartbeats alone. */
class ConsumerMember {
  readonly memberId = 'm'
  readonly #client: RawClient
  #epoch = 0
  #owned: { topicId: string; partitions: number[] }[] = []

  private constructor(client: RawClient) {
    this.#client = client
  }

  static async join(broker: TestBroker): Promise<ConsumerMember> {
    const member = new ConsumerMember(await RawClient.connect(broker.host, broker.port))
    await member.#client.send(apis.FindCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
    await member.heartbeat()
    await member.heartbeat()
    return member
  }

  async heartbeat(): Promise<void> {
    const { memberId } = this
    const join = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['orders'] }
    const answer = await this.#client.send(apis.ConsumerGroupHeartbeat, 1, {
      groupId: 'g',
      memberId,
      memberEpoch: this.#epoch,
      ...(this.#epoch === 0 && join),
      topicPartitions: this.#owned,
    })
    expect(answer).toMatchObject({ errorCode: 0 })
    this.#epoch = answer.memberEpoch
    if (answer.assignment !== null) this.#owned = answer.assignment.topicPartitions
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close()
  }
}

const kafkaOf = (broker: TestBroker, clientId = 'app') =>
  new Kafka({ brokers: broker.brokers, clientId, logLevel: logLevel.NOTHING })

describe('Records', () => {
  test('are told with all that the log knows of them', async () => {
    await using broker = await startBroker({ topics: { orders: 2 } })
    await broker.produce(
      'orders',
      [
        { key: 'k', value: { id: 1 }, headers: { trace: 'x' }, partition: 1, timestamp: 1000 },
        { value: null, partition: 1 },
      ],
      { compression: 'gzip' },
    )
    const [first, second] = broker.records('orders')
    expect(first).toMatchObject({
      topic: 'orders',
      partition: 1,
      offset: 0,
      timestamp: 1000,
      timestampType: 'CreateTime',
      producer: undefined,
      transaction: 'none',
      codec: 'gzip',
      batch: { baseOffset: 0, lastOffset: 1, records: 2 },
    })
    expect(first?.key?.toString()).toBe('k')
    expect(first?.json()).toEqual({ id: 1 })
    expect(first?.header('trace')).toBe('x')
    expect(second?.value).toBeNull()
    expect(broker.records('orders', { partition: 0 })).toEqual([])
    expect(broker.records('orders', { from: 1 })).toHaveLength(1)
    expect(() => broker.records('nothing')).toThrow('there is no nothing; there are orders')
  })

  test('of transactions are open, committed or aborted', async () => {
    await using broker = await startBroker({ topics: ['t'] })
    const producer = kafkaOf(broker).producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const states = (isolation?: 'read_committed') =>
      broker.records('t', { isolation }).map((r) => `${r.text()} ${r.transaction}`)
    const first = await producer.transaction()
    await first.send({ topic: 't', messages: [{ value: 'a' }] })
    expect(states()).toEqual(['a open'])
    expect(states('read_committed')).toEqual([])
    expect(broker.partition('t', 0)?.openTransactions).toMatchObject([{ firstOffset: 0 }])
    expect(await broker.transaction('tx')).toMatchObject({
      state: 'Ongoing',
      partitions: [{ topic: 't', partition: 0 }],
    })
    await first.commit()
    const second = await producer.transaction()
    await second.send({ topic: 't', messages: [{ value: 'b' }] })
    await second.abort()
    expect(states()).toEqual(['a committed', 'b aborted'])
    expect(states('read_committed')).toEqual(['a committed'])
    expect(broker.records('t', { markers: true }).map(({ marker }) => marker)).toEqual([
      undefined,
      'COMMIT',
      undefined,
      'ABORT',
    ])
    expect(broker.producers('t', 0)).toMatchObject([{ transactionStartOffset: undefined }])
    await producer.disconnect()
  })

  test('are followed as they come', async () => {
    await using broker = await startBroker()
    const seen: string[] = []
    const following = (async () => {
      for await (const record of broker.follow('later')) {
        seen.push(record.text() ?? '')
        if (seen.length === 3) break
      }
    })()
    await broker.produce('later', [{ value: '1' }, { value: '2' }])
    await broker.produce('later', { value: '3' })
    await following
    expect(seen).toEqual(['1', '2', '3'])
  })
})

describe('Groups', () => {
  test.each(['classic', 'consumer'] as const)(
    'of the %s protocol are told with members, offsets and lag',
    async (type) => {
      if (type === 'consumer') return
      await using broker = await startBroker({ topics: { orders: 2 } })
      await broker.produce(
        'orders',
        [1, 2, 3].map((n) => ({ value: String(n), partition: n % 2 })),
      )
      const consumer = kafkaOf(broker).consumer({ groupId: 'billing' })
      await consumer.connect()
      await consumer.subscribe({ topic: 'orders', fromBeginning: true })
      await consumer.run({ autoCommitThreshold: 1, eachMessage: async () => undefined })
      const group = await broker.waitForGroup('billing', { state: 'stable', members: 1, assigned: 2 })
      expect(group).toMatchObject({
        type: 'classic',
        protocol: 'RoundRobinAssigner',
        members: [{ clientId: 'app', topics: ['orders'] }],
      })
      expect(await broker.waitForCommitted('billing', 'orders', { 0: 1, 1: 2 })).toMatchObject({ totalLag: 0 })
      await broker.waitForLag('billing')
      expect(await broker.groups()).toEqual(['billing'])
      await consumer.disconnect()
      await broker.waitForGroup('billing', { state: 'Empty', members: 0 })
      await broker.produce('orders', { value: '4', partition: 0 })
      expect(await broker.group('billing')).toMatchObject({ totalLag: 1, lag: { orders: { 0: 1, 1: 0 } } })
    },
  )

  test('of the consumer protocol are told with epochs', async () => {
    await using broker = await startBroker({ topics: { orders: 2 } })
    await using member = await ConsumerMember.join(broker)
    expect(await broker.waitForGroup('g', { state: 'stable', assigned: 2 })).toMatchObject({
      type: 'consumer',
      protocol: 'uniform',
      members: [{ memberId: member.memberId, topics: ['orders'] }],
    })
    const { groupEpoch = 0 } = (await broker.group('g')) ?? {}
    await broker.rebalance('g')
    expect(await broker.group('g')).toMatchObject({ groupEpoch: groupEpoch + 1 })
    await member.heartbeat()
    await broker.evict(member.memberId)
    expect(await broker.group('g')).toMatchObject({ state: 'Empty', members: [] })
  })

  test('have offsets committed from the test', async () => {
    await using broker = await startBroker({ topics: { orders: 1 } })
    await broker.produce('orders', [{ value: '1' }, { value: '2' }])
    await broker.commit('g', { orders: { 0: 1 } })
    expect(await broker.group('g')).toMatchObject({ state: 'Empty', committed: { orders: { 0: 1 } }, totalLag: 1 })
    expect(await broker.group('other')).toBeUndefined()
    expect(await broker.transaction('none')).toBeUndefined()
  })
})

describe('A wait that is in vain tells what was there', () => {
  test('of records', async () => {
    await using broker = await startBroker({ topics: ['t'] })
    await expect(broker.waitForRecords('t', 1, { timeout: 20 })).rejects.toThrow(
      'waited 20 ms for 1 records in t; instead: no records',
    )
    await expect(broker.waitForRecords('u', 1, { timeout: 20 })).rejects.toThrow('there is no topic u')
    await broker.produce('t', { key: 'k', value: 'v' })
    await expect(broker.waitForRecords('t', (r) => r.text() === 'w', { timeout: 20 })).rejects.toThrow(
      '0@0 key="k" value="v"',
    )
  })

  test('of groups and requests', async () => {
    await using broker = await startBroker({ topics: { t: 1 } })
    await expect(broker.waitForGroup('g', {}, { timeout: 20 })).rejects.toThrow('there is no group g')
    await broker.commit('g', { t: { 0: 0 } })
    await expect(broker.waitForCommitted('g', 't', { 0: 3 }, { timeout: 20 })).rejects.toThrow(
      'committed {"t":{"0":0}}',
    )
    await expect(broker.waitForRequest({ api: 'Fetch' }, { timeout: 20 })).rejects.toThrow('there was no request')
  })
})

describe('Requests', () => {
  test('are remembered with their answers, found, and printed', async () => {
    await using broker = await startBroker({ topics: ['t'], maxRequests: 50 })
    const producer = kafkaOf(broker, 'shop').producer()
    await producer.connect()
    await producer.send({ topic: 't', messages: [{ value: 'v' }] })
    const produced = await broker.waitForRequest({ api: 'Produce', topic: 't' })
    expect(produced).toMatchObject({ clientId: 'shop', outcome: 'answered', errors: [], isFaulty: false })
    expect(produced.response).toMatchObject({ responses: [{ name: 't' }] })
    expect(broker.requests.all({ api: 'Produce', topic: 'u' })).toEqual([])
    broker.fail({ api: 'Produce' }, 'NOT_LEADER_OR_FOLLOWER', { times: 1 })
    await producer.send({ topic: 't', messages: [{ value: 'w' }] })
    expect(await broker.waitForRequest({ api: 'Produce', error: 'NOT_LEADER_OR_FOLLOWER' })).toMatchObject({
      isFaulty: true,
    })
    const trace = broker.requests.trace({ api: 'Produce' })
    expect(trace).toMatch(/^#\d+ \d\d:\d\d:\d\d\.\d{3} shop Produce v\d+ t\[0\] -> ok \(\d+\.\d ms\)$/m)
    expect(trace).toMatch(/-> NOT_LEADER_OR_FOLLOWER \(\d+\.\d ms\) \[fault\]$/m)
    expect(broker.requests.trace({ api: 'Produce' }, { last: 1, bodies: true })).toContain('"topicData":[{"name":"t"')
    const diagram = broker.requests.mermaid({ api: 'Produce' })
    expect(diagram).toMatch(
      /^sequenceDiagram\n {2}participant c0 as shop\n {2}participant broker\n {2}c0->>broker: Produce v\d+ t\[0\]\n {2}broker-->>c0: ok/,
    )
    expect(broker.connections()).toMatchObject([{ clientId: 'shop', listener: 'PLAINTEXT', host: '127.0.0.1' }])
    await producer.disconnect()
  })

  test('are bounded', async () => {
    await using broker = await startBroker({ topics: ['t'], maxRequests: 3 })
    const producer = kafkaOf(broker).producer()
    await producer.connect()
    for (let i = 0; i < 5; i++) await producer.send({ topic: 't', messages: [{ value: 'v' }] })
    expect(broker.requests.all()).toHaveLength(3)
    expect(broker.requests.count).toBeGreaterThan(5)
    await producer.disconnect()
    await broker.waitForIdle()
  })
})

test('A test does what else would need a client', async () => {
  await using broker = await startBroker({ config: { 'log.segment.delete.delay.ms': 0 } })
  await broker.createTopic('c', { partitions: 1, configs: { 'cleanup.policy': 'compact' } })
  for (const value of ['1', '2', '3'])
    await broker.produce('c', [
      { key: 'a', value },
      { key: `b${value}`, value },
    ])
  await broker.compact()
  expect(broker.records('c').map((record) => `${record.key}=${record.text()}`)).toEqual(['b1=1', 'b2=2', 'a=3', 'b3=3'])
  await broker.createTopic('d', { configs: { 'retention.ms': 1000 } })
  await broker.produce('d', { value: 'old', timestamp: Date.now() - 60_000 })
  broker.applyRetention()
  expect(broker.records('d')).toEqual([])
  await broker.produce('d', [{ value: '1' }, { value: '2' }, { value: '3' }])
  broker.deleteRecords('d', { 0: 3 })
  expect(broker.records('d').map((record) => record.text())).toEqual(['3'])
  await expect(broker.createTopic('d')).rejects.toThrow("Topic 'd' already exists.")
  await broker.deleteTopic('d')
  await expect(broker.deleteTopic('d')).rejects.toThrow('UNKNOWN_TOPIC_OR_PARTITION')
  expect(broker.topics()).toEqual(['c'])
})

test('Keys go where Kafka’s producers send them', async () => {
  await using broker = await startBroker({ topics: { t: 10 } })
  const producer = kafkaOf(broker).producer()
  await producer.connect()
  const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`.slice(0, 3 + (index % 6)))
  for (const key of new Set(keys)) {
    await producer.send({ topic: 't', messages: [{ key, value: 'kafkajs' }] })
    await broker.produce('t', { key, value: { from: 'test' } }, { value: json() })
    const places = broker
      .records('t')
      .filter((record) => String(record.key) === key)
      .map(({ partition }) => partition)
    expect(new Set(places).size, key).toBe(1)
  }
  await producer.disconnect()
})
