// DescribeTopicPartitions (KIP-966): topics in pages, with a cursor to the next.
import { apis, describe, EMPTY_UUID, expect, kip, only, test } from '../support/compat.ts'

const named = (...names: string[]) => names.map((name) => ({ name }))
const indexes = (topic: { partitions: { partitionIndex: number }[] }) => topic.partitions.map((p) => p.partitionIndex)

describe('DescribeTopicPartitions', kip(966), () => {
  test('describes topics in the order of their names, whatever the order asked', async ({ broker }) => {
    const [a, b] = [broker.name('a'), broker.name('b')]
    await broker.topic({ name: b, partitions: 2 })
    const { id } = await broker.topic({ name: a, partitions: 3 })
    const { topics, nextCursor } = await broker.ask(apis.DescribeTopicPartitions, 0, { topics: named(b, a) })
    expect(topics.map(({ name }) => name)).toEqual([a, b])
    expect(topics[0]).toMatchObject({ errorCode: 'NONE', topicId: id, isInternal: false })
    expect(topics.map(indexes)).toEqual([
      [0, 1, 2],
      [0, 1],
    ])
    expect(nextCursor).toBeNull()
  })

  test('tells leader, replicas and eligible leaders of a partition', async ({ broker }) => {
    const { name } = await broker.topic()
    const { topics } = await broker.ask(apis.DescribeTopicPartitions, 0, { topics: named(name) })
    const nodeId = only((await broker.ask(apis.Metadata, 12, { topics: [] })).brokers).nodeId
    expect(only(only(topics).partitions)).toEqual({
      errorCode: 'NONE',
      partitionIndex: 0,
      leaderId: nodeId,
      leaderEpoch: 0,
      replicaNodes: [nodeId],
      isrNodes: [nodeId],
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      offlineReplicas: [],
    })
  })

  test('stops at the limit of partitions and says where to go on', async ({ broker }) => {
    const [a, b] = [broker.name('a'), broker.name('b')]
    await broker.topic({ name: a, partitions: 3 })
    await broker.topic({ name: b, partitions: 2 })
    const first = await broker.ask(apis.DescribeTopicPartitions, 0, {
      topics: named(a, b),
      responsePartitionLimit: 4,
    })
    expect(first.topics.map(indexes)).toEqual([[0, 1, 2], [0]])
    expect(first.nextCursor).toEqual({ topicName: b, partitionIndex: 1 })
    const second = await broker.ask(apis.DescribeTopicPartitions, 0, {
      topics: named(a, b),
      responsePartitionLimit: 4,
      cursor: first.nextCursor,
    })
    expect(second.topics.map(({ name }) => name)).toEqual([b])
    expect(second.topics.map(indexes)).toEqual([[1]])
    expect(second.nextCursor).toBeNull()
  })

  test('points to the next topic where the limit falls between two', async ({ broker }) => {
    const [a, b] = [broker.name('a'), broker.name('b')]
    await broker.topic({ name: a, partitions: 2 })
    await broker.topic({ name: b })
    const { topics, nextCursor } = await broker.ask(apis.DescribeTopicPartitions, 0, {
      topics: named(a, b),
      responsePartitionLimit: 2,
    })
    expect(topics.map(({ name }) => name)).toEqual([a])
    expect(nextCursor).toEqual({ topicName: b, partitionIndex: 0 })
  })

  test('skips the topics before the one of the cursor, which need not exist', async ({ broker }) => {
    const [a, b, missing] = [broker.name('a'), broker.name('b'), broker.name('ab')]
    await broker.topic({ name: a })
    await broker.topic({ name: b })
    const { topics } = await broker.ask(apis.DescribeTopicPartitions, 0, {
      topics: named(a, missing, b),
      cursor: { topicName: missing, partitionIndex: 0 },
    })
    expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      [missing, 'UNKNOWN_TOPIC_OR_PARTITION'],
      [b, 'NONE'],
    ])
  })

  test('refuses a cursor at a topic that was not asked for', async ({ broker }) => {
    const { name } = await broker.topic()
    const answer = await broker.ask(apis.DescribeTopicPartitions, 0, {
      topics: named(name),
      cursor: { topicName: `${name}-other`, partitionIndex: 0 },
    })
    expect(only(answer.topics)).toMatchObject({ errorCode: 'INVALID_REQUEST', name, partitions: [] })
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    const name = broker.name('missing')
    const { topics } = await broker.ask(apis.DescribeTopicPartitions, 0, { topics: named(name) })
    expect(only(topics)).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      name,
      topicId: EMPTY_UUID,
      partitions: [],
    })
  })

  test('refuses a name that no topic can have', async ({ broker }) => {
    const { topics } = await broker.ask(apis.DescribeTopicPartitions, 0, { topics: named('bad name') })
    expect(only(topics)).toMatchObject({ errorCode: 'INVALID_TOPIC_EXCEPTION', name: 'bad name', partitions: [] })
  })

  test('refuses a cursor at a negative partition, for every topic', async ({ broker }) => {
    const { name } = await broker.topic()
    const answer = await broker.ask(apis.DescribeTopicPartitions, 0, {
      topics: named(name),
      cursor: { topicName: name, partitionIndex: -1 },
    })
    expect(only(answer.topics)).toMatchObject({ errorCode: 'INVALID_REQUEST', name, partitions: [] })
  })

  test('lists every topic where none is named', async ({ broker }) => {
    const { name } = await broker.topic()
    const { topics } = await broker.ask(apis.DescribeTopicPartitions, 0, { topics: [] })
    expect(topics.map((topic) => topic.name)).toContain(name)
  })
})
