// What a broker's own configs bound: frames, topics, groups, sessions. These tests share a broker started for them.
import { Batch } from '../../src/wire/records/index.ts'
import { openBytes, requestFrame } from '../support/byte-connection.ts'
import { rebalance } from '../support/classic-member.ts'
import { apis, config, describe, expect, kip, only, type TestBroker, testWith } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'
import { batchOf } from '../support/records.ts'

const MAX_FRAME = 20_000
const MIN_SESSION_MS = 500
const SESSIONS = 8

const test = testWith({
  'socket.request.max.bytes': String(MAX_FRAME),
  'auto.create.topics.enable': 'false',
  'delete.topic.enable': 'false',
  'num.partitions': '3',
  'message.max.bytes': '1000',
  'compression.type': 'gzip',
  'group.min.session.timeout.ms': String(MIN_SESSION_MS),
  'group.max.session.timeout.ms': '60000',
  'group.max.size': '2',
  'offset.metadata.max.bytes': '10',
  'max.incremental.fetch.session.cache.slots': String(SESSIONS),
  'max.request.partition.size.limit': '2',
})

async function stateOf(broker: TestBroker, groupId: string): Promise<string> {
  return only((await broker.ask(apis.DescribeGroups, 5, { groups: [groupId] })).groups).groupState
}

describe('socket.request.max.bytes', config('socket.request.max.bytes'), () => {
  const frameOf = (size: number) =>
    requestFrame({ apiKey: 3, apiVersion: 1, correlationId: 1 }, Buffer.alloc(size - 10))

  test('lets a frame pass that is just as large', async ({ broker }) => {
    const connection = await openBytes(broker)
    connection.send(frameOf(MAX_FRAME))
    expect((await connection.frame()).readInt32BE(0)).toBe(1)
  })

  test('ends the connection at a frame that is larger, before it is there', async ({ broker }) => {
    const connection = await openBytes(broker)
    connection.send(frameOf(MAX_FRAME + 1).subarray(0, 100))
    expect(await connection.closed).toBe(0)
  })
})

describe('auto.create.topics.enable=false', config('auto.create.topics.enable'), () => {
  test('creates nothing for who asks for metadata', async ({ broker }) => {
    const name = broker.name('missing')
    for (let i = 0; i < 2; i++) {
      const { topics } = await broker.ask(apis.Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: true })
      expect(only(topics).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    }
  })

  test('lets the broker create its internal topics all the same', async ({ broker }) => {
    await broker.group()
    const { topics } = await broker.ask(apis.Metadata, 12, { topics: [{ name: '__consumer_offsets' }] })
    expect(only(topics)).toMatchObject({ errorCode: 'NONE', isInternal: true })
  })
})

describe('delete.topic.enable=false', config('delete.topic.enable'), () => {
  test('keeps every topic', async ({ broker }) => {
    const { name } = await broker.topic()
    const answer = await broker.ask(apis.DeleteTopics, 6, { topics: [{ name }], timeoutMs: 30_000 })
    expect(only(answer.responses)).toMatchObject({ errorCode: 'TOPIC_DELETION_DISABLED' })
    expect(await broker.append(name, ['a'])).toBe(0)
  })

  test('is told as a bad request to who is too old to know it', async ({ broker }) => {
    const { name } = await broker.topic()
    const answer = await broker.ask(apis.DeleteTopics, 2, { topicNames: [name], timeoutMs: 30_000 })
    expect(only(answer.responses).errorCode).toBe('INVALID_REQUEST')
  })
})

describe('num.partitions', config('num.partitions'), () => {
  test('is how many a topic gets that says nothing', async ({ broker }) => {
    const topics = [{ name: broker.name(), numPartitions: -1, replicationFactor: -1 }]
    const answer = await broker.ask(apis.CreateTopics, 7, { topics, timeoutMs: 30_000 })
    expect(only(answer.topics).numPartitions).toBe(3)
  })
})

describe('message.max.bytes', config('message.max.bytes'), () => {
  test('bounds the batches of a topic', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'compression.type': 'producer' } })
    expect((await broker.produce(name, batchOf(['x'.repeat(1000)]))).errorCode).toBe('MESSAGE_TOO_LARGE')
  })

  test('gives way to the topic’s own', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'compression.type': 'producer', 'max.message.bytes': '5000' } })
    expect((await broker.produce(name, batchOf(['x'.repeat(1000)]))).errorCode).toBe('NONE')
  })
})

describe('compression.type', config('compression.type'), () => {
  test('of the broker holds for a topic that says nothing', async ({ broker }) => {
    const { name } = await broker.topic()
    await broker.produce(name, batchOf(['a']))
    const { records } = await broker.fetch(name, 0)
    expect(Batch.compressionId(records ?? Buffer.alloc(0), 0)).toBe(1)
  })
})

describe('A session timeout', config('group.min.session.timeout.ms'), () => {
  test('below the broker’s least is refused, and that itself is taken', async ({ broker }) => {
    const group = await broker.group()
    const short = await broker.member(group, { sessionTimeoutMs: MIN_SESSION_MS - 1 })
    expect((await short.join()).errorCode).toBe('INVALID_SESSION_TIMEOUT')
    const enough = await broker.member(group, { sessionTimeoutMs: MIN_SESSION_MS })
    expect((await enough.join()).errorCode).toBe('NONE')
  })

  test('above the broker’s greatest is refused', async ({ broker }) => {
    const member = await broker.member(await broker.group(), { sessionTimeoutMs: 60_001 })
    expect((await member.join()).errorCode).toBe('INVALID_SESSION_TIMEOUT')
  })

  test('takes a silent member out of its group', async ({ broker }) => {
    const group = await broker.group()
    const member = await (await broker.member(group, { sessionTimeoutMs: MIN_SESSION_MS })).settle()
    await eventually('the group to be empty', async () => (await stateOf(broker, group)) === 'Empty')
    expect(await member.heartbeat()).toBe('UNKNOWN_MEMBER_ID')
  })

  test('leaves a member in its group that sends heartbeats', async ({ broker }) => {
    const group = await broker.group()
    const silent = await (await broker.member(group, { sessionTimeoutMs: 3 * MIN_SESSION_MS })).settle()
    const talking = await broker.member(group, { sessionTimeoutMs: MIN_SESSION_MS })
    await rebalance([silent], [talking])
    await Promise.all([silent.sync(), talking.sync()])
    // The silent one is gone only after the talking one would have been.
    await eventually('a rebalance without the silent one', async () => {
      return (await talking.heartbeat()) === 'REBALANCE_IN_PROGRESS'
    })
    const { members } = await talking.join()
    expect(members.map(({ memberId }) => memberId)).toEqual([talking.memberId])
  })

  test('takes an id back that nobody joined with', async ({ broker }) => {
    const group = await broker.group()
    const pending = await broker.member(group, { sessionTimeoutMs: MIN_SESSION_MS })
    const { memberId } = await pending.tryJoin()
    // This one joins later and is silent for longer: when it is gone, the other's time is over too.
    await (await broker.member(group, { sessionTimeoutMs: 2 * MIN_SESSION_MS })).settle()
    await eventually('the group to be empty', async () => (await stateOf(broker, group)) === 'Empty')
    expect((await pending.tryJoin(memberId)).errorCode).toBe('UNKNOWN_MEMBER_ID')
  })

  test('takes a static member out too, and its instance may come again', async ({ broker }) => {
    const group = await broker.group()
    const options = { groupInstanceId: 'instance', sessionTimeoutMs: MIN_SESSION_MS }
    await (await broker.member(group, options)).settle()
    await eventually('the group to be empty', async () => (await stateOf(broker, group)) === 'Empty')
    const again = await (await broker.member(group, options)).join()
    expect(again).toMatchObject({ errorCode: 'NONE', skipAssignment: false })
    expect(again.generationId).toBeGreaterThan(2)
  })
})

describe('group.max.size', config('group.max.size'), () => {
  test('keeps more members out', async ({ broker }) => {
    const group = await broker.group()
    const first = await (await broker.member(group)).settle()
    await rebalance([first], [await broker.member(group)])
    expect((await (await broker.member(group)).join()).errorCode).toBe('GROUP_MAX_SIZE_REACHED')
  })
})

describe('offset.metadata.max.bytes', config('offset.metadata.max.bytes'), () => {
  test('bounds what is said beside an offset', async ({ broker }) => {
    const [groupId, { name }] = [await broker.group(), await broker.topic()]
    const commit = async (committedMetadata: string) => {
      const topics = [{ name, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata }] }]
      const answer = await broker.ask(apis.OffsetCommit, 8, { groupId, generationIdOrMemberEpoch: -1, topics })
      return only(only(answer.topics).partitions).errorCode
    }
    expect(await commit('x'.repeat(11))).toBe('OFFSET_METADATA_TOO_LARGE')
    expect(await commit('x'.repeat(10))).toBe('NONE')
  })
})

describe('max.incremental.fetch.session.cache.slots', kip(227), () => {
  test('bounds the sessions, and who gets none reads all the same', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }]
    const begin = () => broker.ask(apis.Fetch, 12, { maxWaitMs: 0, minBytes: 0, sessionEpoch: 0, topics })
    const answers = []
    for (let i = 0; i < SESSIONS * 20; i++) answers.push(await begin())
    expect(answers.filter(({ sessionId }) => sessionId > 0)).toHaveLength(SESSIONS)
    expect(answers.at(-1)).toMatchObject({ errorCode: 'NONE', sessionId: 0 })
    expect(only(only(answers.at(-1)?.responses ?? []).partitions).records).not.toHaveLength(0)
  })
})

describe('max.request.partition.size.limit', kip(966), () => {
  test('bounds what one description of partitions tells', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 3 })
    const answer = await broker.ask(apis.DescribeTopicPartitions, 0, { topics: [{ name }] })
    expect(only(answer.topics).partitions).toHaveLength(2)
    expect(answer.nextCursor).toEqual({ topicName: name, partitionIndex: 2 })
  })
})
