// kafkajs, as applications use it: what a client of today does without knowing which broker this is.
import { AssignerProtocol, type Consumer, type EachMessagePayload, Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { describe } from 'vitest'
import { apis, expect, type TestBroker, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

function kafka(broker: TestBroker, config: Partial<KafkaConfig> = {}): Kafka {
  return new Kafka({ brokers: [broker.bootstrap], clientId: 'kafkajs', logLevel: logLevel.NOTHING, ...config })
}

async function producer(broker: TestBroker, options: Parameters<Kafka['producer']>[0] = {}) {
  const client = kafka(broker).producer(options)
  broker.atEnd(() => client.disconnect())
  await client.connect()
  return client
}

async function admin(broker: TestBroker) {
  const client = kafka(broker).admin()
  broker.atEnd(() => client.disconnect())
  await client.connect()
  return client
}

interface Read {
  readonly consumer: Consumer
  /** What came, in order; by partition where that matters. */
  readonly messages: EachMessagePayload[]
  readonly values: () => string[]
}

async function consume(
  broker: TestBroker,
  groupId: string,
  topic: string,
  options: { autoCommit?: boolean; fromBeginning?: boolean } = {},
): Promise<Read> {
  const consumer = kafka(broker).consumer({ groupId, maxWaitTimeInMs: 100, heartbeatInterval: 200 })
  broker.atEnd(() => consumer.disconnect())
  const messages: EachMessagePayload[] = []
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve())
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: options.fromBeginning ?? true })
  await consumer.run({
    autoCommit: options.autoCommit ?? true,
    eachMessage: async (payload) => {
      messages.push(payload)
    },
  })
  await joined
  return { consumer, messages, values: () => messages.map(({ message }) => String(message.value)) }
}

const arrives = (what: string, condition: () => boolean) => eventually(what, async () => condition())

describe('kafkajs produces', () => {
  test('and is told where the messages went', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = await producer(broker)
    const [first] = await client.send({ topic: name, messages: [{ value: 'a' }, { value: 'b' }] })
    expect(first).toMatchObject({ topicName: name, partition: 0, errorCode: 0, baseOffset: '0' })
    const [second] = await client.send({ topic: name, messages: [{ value: 'c' }] })
    expect(second?.baseOffset).toBe('2')
  })

  test('messages with keys to the partitions of those keys', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 4 })
    const client = await producer(broker)
    const messages = Array.from({ length: 40 }, (_, i) => ({ key: `key ${i % 10}`, value: `${i}` }))
    await client.send({ topic: name, messages })
    const keys = await Promise.all(
      [0, 1, 2, 3].map(async (p) => new Set((await broker.records(name, 0, p)).map(({ key }) => String(key)))),
    )
    expect(keys.reduce((sum, { size }) => sum + size, 0)).toBe(10)
  })

  test('keys, headers, times and empty values as they are', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = await producer(broker)
    const timestamp = String(Date.now() - 5_000)
    await client.send({
      topic: name,
      messages: [{ key: 'k', value: null, headers: { h: ['1', '2'] }, timestamp }],
    })
    const [record] = await broker.records(name)
    expect(record).toMatchObject({ key: Buffer.from('k'), value: null, timestamp: Number(timestamp) })
    expect(record?.headers.map(({ key, value }) => `${key}=${value}`)).toEqual(['h=1', 'h=2'])
  })

  test('with acks of none, one and all', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = await producer(broker)
    for (const acks of [0, 1, -1]) await client.send({ topic: name, acks, messages: [{ value: `${acks}` }] })
    await eventually('three messages', async () => (await broker.endOffset(name)) === 3)
  })

  test('with gzip', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = await producer(broker)
    await client.send({ topic: name, compression: 1, messages: [{ value: 'x'.repeat(1000) }] })
    expect((await broker.records(name)).map(({ value }) => value?.length)).toEqual([1000])
  })

  test('as an idempotent producer', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = await producer(broker, { idempotent: true, maxInFlightRequests: 1 })
    for (let i = 0; i < 5; i++) await client.send({ topic: name, messages: [{ value: `${i}` }] })
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(['0', '1', '2', '3', '4'])
  })

  test('to several topics at once', async ({ broker }) => {
    const [one, two] = [await broker.topic(), await broker.topic()]
    const client = await producer(broker)
    await client.sendBatch({
      topicMessages: [one, two].map(({ name }) => ({ topic: name, messages: [{ value: name }] })),
    })
    expect([await broker.endOffset(one.name), await broker.endOffset(two.name)]).toEqual([1, 1])
  })

  test('to a topic that is not there, which the broker makes for it', async ({ broker }) => {
    const name = broker.name('auto')
    const client = await producer(broker, { allowAutoTopicCreation: true })
    await client.send({ topic: name, messages: [{ value: 'a' }] })
    expect(await broker.endOffset(name)).toBe(1)
  })

  test('nothing where the message is too large', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'max.message.bytes': '500' } })
    const client = await producer(broker, { retry: { retries: 0 } })
    await expect(client.send({ topic: name, messages: [{ value: 'x'.repeat(1000) }] })).rejects.toMatchObject({
      type: 'MESSAGE_TOO_LARGE',
    })
  })
})

describe('kafkajs consumes', () => {
  test('from the beginning and what comes later', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const read = await consume(broker, await broker.group(), name)
    await arrives('two messages', () => read.messages.length === 2)
    await broker.append(name, ['c'])
    await arrives('a third', () => read.messages.length === 3)
    expect(read.values()).toEqual(['a', 'b', 'c'])
    expect(read.messages.map(({ message }) => message.offset)).toEqual(['0', '1', '2'])
  })

  test('from the end where it is not told to begin', async ({ broker }) => {
    const { name } = await broker.topicWith(['old'])
    const read = await consume(broker, await broker.group(), name, { fromBeginning: false })
    await eventually('the first new message', async () => {
      await broker.append(name, ['new'])
      return read.messages.length > 0
    })
    expect(read.values()).not.toContain('old')
  })

  test('every compression that a producer may have used', async ({ broker }) => {
    const { name } = await broker.topic()
    for (const compression of ['none', 'gzip'] as const) await broker.append(name, [compression], { compression })
    const read = await consume(broker, await broker.group(), name)
    await arrives('both', () => read.messages.length === 2)
    expect(read.values()).toEqual(['none', 'gzip'])
  })

  test('on from where its group committed', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const group = await broker.group()
    const first = await consume(broker, group, name)
    await arrives('two messages', () => first.messages.length === 2)
    await first.consumer.disconnect()
    await broker.append(name, ['c'])
    const second = await consume(broker, group, name)
    await arrives('the third', () => second.messages.length === 1)
    expect(second.values()).toEqual(['c'])
  })

  test('again what its group did not commit', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const group = await broker.group()
    const first = await consume(broker, group, name, { autoCommit: false })
    await arrives('two messages', () => first.messages.length === 2)
    await first.consumer.disconnect()
    const second = await consume(broker, group, name)
    await arrives('both again', () => second.messages.length === 2)
  })

  test('on from an offset that was committed by hand', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    const group = await broker.group()
    const first = await consume(broker, group, name, { autoCommit: false })
    await arrives('three messages', () => first.messages.length === 3)
    await first.consumer.commitOffsets([{ topic: name, partition: 0, offset: '2' }])
    await first.consumer.disconnect()
    const second = await consume(broker, group, name)
    await arrives('the last', () => second.messages.length === 1)
    expect(second.values()).toEqual(['c'])
  })

  test('again from an offset that it seeks', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    const read = await consume(broker, await broker.group(), name)
    await arrives('three messages', () => read.messages.length === 3)
    read.consumer.seek({ topic: name, partition: 0, offset: '1' })
    await arrives('two again', () => read.messages.length === 5)
    expect(read.values().slice(3)).toEqual(['b', 'c'])
  })

  test('nothing while it is paused, and all of it later', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const [paused, other] = [
      await consume(broker, await broker.group(), name),
      await consume(broker, await broker.group(), name),
    ]
    await arrives('the first', () => paused.messages.length === 1)
    paused.consumer.pause([{ topic: name }])
    await broker.append(name, ['b'])
    await arrives('the second elsewhere', () => other.messages.length === 2)
    expect(paused.values()).toEqual(['a'])
    paused.consumer.resume([{ topic: name }])
    await arrives('the second', () => paused.messages.length === 2)
  })

  test('for two groups the same', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const [one, two] = [
      await consume(broker, await broker.group(), name),
      await consume(broker, await broker.group(), name),
    ]
    await arrives('all for both', () => one.messages.length === 2 && two.messages.length === 2)
  })

  test('each partition in one of two members, which share them', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 4 })
    const group = await broker.group()
    const first = await consume(broker, group, name)
    const second = await consume(broker, group, name)
    const client = await admin(broker)
    const shares = await eventually('a stable group of two', async () => {
      const [described] = (await client.describeGroups([group])).groups
      if (described?.state !== 'Stable' || described.members.length !== 2) return undefined
      return described.members.map(
        ({ memberAssignment }) => AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[name] ?? [],
      )
    })
    expect(shares.map(({ length }) => length)).toEqual([2, 2])
    expect(shares.flat().sort()).toEqual([0, 1, 2, 3])
    for (const partition of [0, 1, 2, 3]) await broker.append(name, [`p${partition}`], {}, partition)
    await arrives('all of them', () => new Set([...first.values(), ...second.values()]).size === 4)
  })

  test('all partitions again when the other member leaves', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 4 })
    const group = await broker.group()
    const first = await consume(broker, group, name)
    const second = await consume(broker, group, name)
    await second.consumer.disconnect()
    for (const partition of [0, 1, 2, 3]) await broker.append(name, [`p${partition}`], {}, partition)
    await arrives('all of them in the first', () => new Set(first.values()).size === 4)
  })

  test('topics by a pattern', async ({ broker }) => {
    const prefix = broker.name('pattern')
    await broker.topic({ name: `${prefix}-1` })
    await broker.topic({ name: `${prefix}-2` })
    const consumer = kafka(broker).consumer({ groupId: await broker.group(), maxWaitTimeInMs: 100 })
    broker.atEnd(() => consumer.disconnect())
    const topics = new Set<string>()
    await consumer.connect()
    await consumer.subscribe({ topic: new RegExp(`^${prefix}-`), fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ topic }) => {
        topics.add(topic)
      },
    })
    await broker.append(`${prefix}-1`, ['a'])
    await broker.append(`${prefix}-2`, ['b'])
    await arrives('both topics', () => topics.size === 2)
  })
})

describe('kafkajs in transactions', () => {
  const transactional = (broker: TestBroker) =>
    producer(broker, { transactionalId: broker.name('transaction'), idempotent: true, maxInFlightRequests: 1 })

  test('has what it commits read, and nothing of what it aborts', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = await transactional(broker)
    for (const [value, end] of [
      ['a', 'commit'],
      ['b', 'abort'],
      ['c', 'commit'],
    ] as const) {
      const transaction = await client.transaction()
      await transaction.send({ topic: name, messages: [{ value }] })
      await transaction[end]()
    }
    const read = await consume(broker, await broker.group(), name)
    await arrives('two messages', () => read.messages.length === 2)
    expect(read.values()).toEqual(['a', 'c'])
  })

  test('commits offsets with its messages', async ({ broker }) => {
    const { name } = await broker.topic()
    const groupId = await broker.group()
    const client = await transactional(broker)
    const send = async (offset: string, end: 'commit' | 'abort') => {
      const transaction = await client.transaction()
      await transaction.send({ topic: name, messages: [{ value: offset }] })
      await transaction.sendOffsets({
        consumerGroupId: groupId,
        topics: [{ topic: name, partitions: [{ partition: 0, offset }] }],
      })
      await transaction[end]()
    }
    await send('1', 'commit')
    await send('2', 'abort')
    await eventually('the offset', async () => {
      const groups = [{ groupId, topics: [{ name, partitionIndexes: [0] }] }]
      const answer = await broker.ask(apis.OffsetFetch, 9, { groups, requireStable: true })
      return answer.groups[0]?.topics[0]?.partitions[0]?.committedOffset === 1
    })
  })
})

describe('kafkajs administers', () => {
  test('topics: creates, lists, describes, deletes', async ({ broker }) => {
    const client = await admin(broker)
    const topic = broker.name()
    expect(await client.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: false })).toBe(true)
    expect(await client.createTopics({ topics: [{ topic }] })).toBe(false)
    await eventually('the topic', async () => (await client.listTopics()).includes(topic))
    const { topics } = await client.fetchTopicMetadata({ topics: [topic] })
    expect(topics[0]?.partitions).toHaveLength(2)
    await client.deleteTopics({ topics: [topic] })
    await eventually('the topic to be gone', async () => !(await client.listTopics()).includes(topic))
  })

  test('partitions: adds some', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = await admin(broker)
    await client.createPartitions({ topicPartitions: [{ topic: name, count: 3 }] })
    await eventually('three partitions', async () => {
      const { topics } = await client.fetchTopicMetadata({ topics: [name] })
      return topics[0]?.partitions.length === 3
    })
  })

  test('configs: describes and alters', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = await admin(broker)
    const resource = { type: 2, name }
    await client.alterConfigs({
      validateOnly: false,
      resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '77' }] }],
    })
    await eventually('the new value', async () => {
      const { resources } = await client.describeConfigs({
        includeSynonyms: false,
        resources: [{ ...resource, configNames: ['retention.ms'] }],
      })
      return resources[0]?.configEntries[0]?.configValue === '77'
    })
  })

  test('offsets: of a topic, by time, and of a group', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const client = await admin(broker)
    const groupId = await broker.group()
    expect(await client.fetchTopicOffsets(name)).toEqual([{ partition: 0, offset: '2', high: '2', low: '0' }])
    expect(await client.fetchTopicOffsetsByTimestamp(name, 0)).toEqual([{ partition: 0, offset: '0' }])
    const topics = [{ name, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
    await broker.ask(apis.OffsetCommit, 8, { groupId, generationIdOrMemberEpoch: -1, topics })
    expect(await client.fetchOffsets({ groupId, topics: [name] })).toMatchObject([
      { topic: name, partitions: [{ partition: 0, offset: '1' }] },
    ])
  })

  test('groups: lists, describes, deletes', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const client = await admin(broker)
    const group = await broker.group()
    const read = await consume(broker, group, name)
    await arrives('the message', () => read.messages.length === 1)
    expect((await client.listGroups()).groups).toContainEqual({ groupId: group, protocolType: 'consumer' })
    const described = await client.describeGroups([group])
    expect(described.groups[0]).toMatchObject({ state: 'Stable', protocol: 'RoundRobinAssigner' })
    await read.consumer.disconnect()
    expect(await client.deleteGroups([group])).toMatchObject([{ groupId: group, errorCode: 0 }])
  })

  test('records: deletes them', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    const client = await admin(broker)
    expect(await client.fetchTopicOffsets(name)).toMatchObject([{ low: '0', high: '3' }])
    await client.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '2' }] })
    expect(await client.fetchTopicOffsets(name)).toEqual([{ partition: 0, offset: '3', high: '3', low: '2' }])
  })

  test('the cluster: describes it', async ({ broker }) => {
    const { brokers, clusterId } = await (await admin(broker)).describeCluster()
    expect(brokers).toMatchObject([{ port: broker.port }])
    expect(clusterId).toMatch(/^[\w-]{22}$/)
  })
})
