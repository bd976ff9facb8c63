// @platformatic/kafka, as applications use it: another client's choice of versions, flexible ones first.
import {
  Admin,
  Consumer,
  type Message,
  type MessagesStream,
  MessagesStreamModes,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { describe } from 'vitest'
import { apis, expect, type TestBroker, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

/** What this client knows on every Node. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4'] as const

type Text = Message<string, string, string, string>

function producer(broker: TestBroker, options: { idempotent?: boolean } = {}) {
  const client = new Producer({
    clientId: 'platformatic',
    bootstrapBrokers: [broker.bootstrap],
    serializers: stringSerializers,
    retries: 3,
    ...options,
  })
  broker.atEnd(() => client.close(true))
  return client
}

function admin(broker: TestBroker): Admin {
  const client = new Admin({ clientId: 'platformatic', bootstrapBrokers: [broker.bootstrap], retries: 0 })
  broker.atEnd(() => client.close())
  return client
}

interface Read {
  readonly consumer: Consumer<string, string, string, string>
  readonly stream: MessagesStream<string, string, string, string>
  readonly messages: Text[]
  readonly values: () => string[]
}

type Protocol = { groupProtocol?: 'classic' } | { groupProtocol: 'consumer'; groupRemoteAssignor?: string }

async function consume(
  broker: TestBroker,
  groupId: string,
  topic: string,
  { autocommit = true, ...protocol }: { autocommit?: boolean } & Protocol = {},
): Promise<Read> {
  const consumer = new Consumer({
    groupId,
    clientId: 'platformatic',
    bootstrapBrokers: [broker.bootstrap],
    deserializers: stringDeserializers,
    maxWaitTime: 100,
    ...protocol,
  })
  broker.atEnd(() => consumer.close(true))
  const stream = await consumer.consume({
    topics: [topic],
    autocommit,
    mode: MessagesStreamModes.COMMITTED,
    fallbackMode: 'earliest',
    ...(protocol.groupProtocol === 'consumer' ? {} : { heartbeatInterval: 500 }),
  })
  const messages: Text[] = []
  stream.on('data', (message: Text) => messages.push(message))
  return { consumer, stream, messages, values: () => messages.map(({ value }) => value) }
}

const arrives = (what: string, condition: () => boolean) => eventually(what, async () => condition())

/** The broker's own error, wherever the client has put it. */
async function refusal(promise: Promise<unknown>): Promise<string | undefined> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return apiErrors(error)[0]
}

function apiErrors(error: unknown): string[] {
  if (error === null || typeof error !== 'object') return []
  const { apiId, errors, cause } = error as { apiId?: string; errors?: unknown[]; cause?: unknown }
  return [...(apiId === undefined ? [] : [apiId]), ...(errors ?? []).flatMap(apiErrors), ...apiErrors(cause)]
}

describe('@platformatic/kafka produces', () => {
  test('and is told where the messages went', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = producer(broker)
    const first = await client.send({ messages: [{ topic: name, value: 'a' }], acks: ProduceAcks.ALL })
    expect(first.offsets).toEqual([{ topic: name, partition: 0, offset: 0n }])
    const second = await client.send({ messages: [{ topic: name, value: 'b' }], acks: ProduceAcks.LEADER })
    expect(second.offsets).toEqual([{ topic: name, partition: 0, offset: 1n }])
  })

  test.for(CODECS)('with %s', async (compression, { broker }) => {
    const { name } = await broker.topic()
    const messages = Array.from({ length: 20 }, (_, i) => ({ topic: name, value: `value ${i}` }))
    await producer(broker).send({ messages, compression, acks: ProduceAcks.ALL })
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(messages.map(({ value }) => value))
  })

  test('keys and headers as they are', async ({ broker }) => {
    const { name } = await broker.topic()
    const message = { topic: name, key: 'k', value: 'v', headers: { h: '1' } }
    await producer(broker).send({ messages: [message], acks: ProduceAcks.ALL })
    const [record] = await broker.records(name)
    expect(record).toMatchObject({ key: Buffer.from('k'), headers: [{ key: 'h', value: Buffer.from('1') }] })
  })

  test('as an idempotent producer', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = producer(broker, { idempotent: true })
    for (let i = 0; i < 5; i++) {
      await client.send({ messages: [{ topic: name, value: `${i}` }], acks: ProduceAcks.ALL })
    }
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(['0', '1', '2', '3', '4'])
  })

  test('nothing where the message is too large', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'max.message.bytes': '500' } })
    const messages = [{ topic: name, value: 'x'.repeat(1000) }]
    const sent = producer(broker).send({ messages, acks: ProduceAcks.ALL })
    expect(await refusal(sent)).toBe('MESSAGE_TOO_LARGE')
    expect(await broker.endOffset(name)).toBe(0)
  })
})

describe('@platformatic/kafka consumes', () => {
  test('from the beginning and what comes later', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const read = await consume(broker, await broker.group(), name)
    await arrives('two messages', () => read.messages.length === 2)
    await broker.append(name, ['c'])
    await arrives('a third', () => read.messages.length === 3)
    expect(read.values()).toEqual(['a', 'b', 'c'])
  })

  test.for(CODECS)('what it compressed with %s itself', async (compression, { broker }) => {
    const { name } = await broker.topic()
    const messages = ['a', 'b'].map((value) => ({ topic: name, value }))
    await producer(broker).send({ messages, compression, acks: ProduceAcks.ALL })
    const read = await consume(broker, await broker.group(), name)
    await arrives('both', () => read.messages.length === 2)
    expect(read.values()).toEqual(['a', 'b'])
  })

  test('on from where its group committed', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const group = await broker.group()
    const first = await consume(broker, group, name, { autocommit: false })
    await arrives('two messages', () => first.messages.length === 2)
    await first.messages[0]?.commit()
    await first.consumer.close(true)
    const second = await consume(broker, group, name)
    await arrives('the second', () => second.messages.length === 1)
    expect(second.values()).toEqual(['b'])
  })

  test('all partitions between two members of a group', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 4 })
    const group = await broker.group()
    const first = await consume(broker, group, name)
    const second = await consume(broker, group, name)
    for (const partition of [0, 1, 2, 3]) await broker.append(name, [`p${partition}`], {}, partition)
    await arrives('all of them', () => new Set([...first.values(), ...second.values()]).size === 4)
    const share = (read: Read) => read.consumer.assignments?.flatMap(({ partitions }) => partitions).length
    await arrives('two partitions each', () => share(first) === 2 && share(second) === 2)
  })
})

describe('@platformatic/kafka in a consumer group (KIP-848)', () => {
  const groupProtocol = 'consumer'
  const share = (read: Read) => read.consumer.assignments?.flatMap(({ partitions }) => partitions).length

  async function described(broker: TestBroker, groupId: string) {
    const answer = await broker.ask(apis.ConsumerGroupDescribe, 1, { groupIds: [groupId] })
    return answer.groups[0]
  }

  test('consumes from the beginning and what comes later', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const read = await consume(broker, await broker.group(), name, { groupProtocol })
    await arrives('two messages', () => read.messages.length === 2)
    await broker.append(name, ['c'])
    await arrives('a third', () => read.messages.length === 3)
    expect(read.values()).toEqual(['a', 'b', 'c'])
  })

  test('is a member of a group of that type, which it leaves', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const group = await broker.group()
    const read = await consume(broker, group, name, { groupProtocol })
    await arrives('the message', () => read.messages.length === 1)
    const found = await described(broker, group)
    expect(found).toMatchObject({ errorCode: 'NONE', groupState: 'Stable', assignorName: 'uniform' })
    expect(found?.members).toMatchObject([{ clientId: 'platformatic', subscribedTopicNames: [name] }])
    await read.consumer.close(true)
    expect(await described(broker, group)).toMatchObject({ groupState: 'Empty', members: [] })
  })

  test('goes on from where its group committed', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const group = await broker.group()
    const first = await consume(broker, group, name, { autocommit: false, groupProtocol })
    await arrives('two messages', () => first.messages.length === 2)
    await first.messages[0]?.commit()
    await first.consumer.close(true)
    const second = await consume(broker, group, name, { groupProtocol })
    await arrives('the second', () => second.messages.length === 1)
    expect(second.values()).toEqual(['b'])
  })

  test('shares the partitions with a second member, and has them all again when that one leaves', async ({
    broker,
  }) => {
    const { name } = await broker.topic({ partitions: 4 })
    const group = await broker.group()
    const first = await consume(broker, group, name, { groupProtocol })
    await arrives('all partitions', () => share(first) === 4)
    const second = await consume(broker, group, name, { groupProtocol })
    await arrives('two partitions each', () => share(first) === 2 && share(second) === 2)
    for (const partition of [0, 1, 2, 3]) await broker.append(name, [`p${partition}`], {}, partition)
    await arrives('all of them', () => new Set([...first.values(), ...second.values()]).size === 4)
    await second.consumer.close(true)
    await arrives('all partitions again', () => share(first) === 4)
  })

  test('has its partitions from the assignor that it asks for', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const group = await broker.group()
    const read = await consume(broker, group, name, { groupProtocol, groupRemoteAssignor: 'range' })
    await arrives('the message', () => read.messages.length === 1)
    expect((await described(broker, group))?.assignorName).toBe('range')
  })
})

describe('@platformatic/kafka administers', () => {
  test('topics: creates, lists, deletes', async ({ broker }) => {
    const client = admin(broker)
    const name = broker.name()
    const [created] = await client.createTopics({ topics: [name], partitions: 3, replicas: 1 })
    expect(created).toMatchObject({ name, partitions: 3, replicas: 1 })
    await eventually('the topic', async () => (await client.listTopics()).includes(name))
    await client.deleteTopics({ topics: [name] })
    await eventually('the topic to be gone', async () => !(await admin(broker).listTopics()).includes(name))
  })

  test('topics: is told of one that exists', async ({ broker }) => {
    const { name } = await broker.topic()
    const created = admin(broker).createTopics({ topics: [name], partitions: 1, replicas: 1 })
    expect(await refusal(created)).toBe('TOPIC_ALREADY_EXISTS')
  })

  test('groups: lists and describes', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const group = await broker.group()
    const read = await consume(broker, group, name)
    await arrives('the message', () => read.messages.length === 1)
    const client = admin(broker)
    expect((await client.listGroups()).get(group)).toMatchObject({
      id: group,
      state: 'STABLE',
      protocolType: 'consumer',
    })
    expect((await client.describeGroups({ groups: [group] })).get(group)?.members.size).toBe(1)
  })
})
