// CreatePartitions: a topic grows, and never shrinks.
import { awaitPartitions } from '../support/admin.ts'
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'

interface Growth {
  readonly name: string
  readonly count: number
  readonly assignments?: { brokerIds: number[] }[] | null
}

async function grow(broker: TestBroker, topics: Growth[], { version = 3, validateOnly = false } = {}) {
  const entries = topics.map((topic) => ({ assignments: null, ...topic }))
  return (await broker.ask(apis.CreatePartitions, version, { topics: entries, timeoutMs: 30_000, validateOnly }))
    .results
}

async function partitionCount(broker: TestBroker, name: string): Promise<number> {
  return only((await broker.ask(apis.Metadata, 12, { topics: [{ name }] })).topics).partitions.length
}

describe('CreatePartitions', kip(195), () => {
  test.for([0, 1, 2, 3])('adds partitions at version %i', async (version, { broker }) => {
    const topic = await broker.topic({ partitions: 2 })
    const { name } = topic
    const result = only(await grow(broker, [{ name, count: 4 }], { version }))
    expect(result).toEqual({ name, errorCode: 'NONE', errorMessage: null })
    await awaitPartitions(await broker.client(), topic, 4)
    expect(await partitionCount(broker, name)).toBe(4)
  })

  test('keeps the records of the partitions that were there', async ({ broker }) => {
    const topic = await broker.topicWith(['a', 'b'])
    const { name } = topic
    await grow(broker, [{ name, count: 2 }])
    await awaitPartitions(await broker.client(), topic, 2)
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(['a', 'b'])
    expect(await broker.endOffset(name, 1)).toBe(0)
  })

  test('places new partitions where it is told to', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(
      only(await grow(broker, [{ name, count: 2, assignments: [{ brokerIds: [broker.nodeId] }] }])).errorCode,
    ).toBe('NONE')
  })

  test('only validates when told so', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(only(await grow(broker, [{ name, count: 3 }], { validateOnly: true })).errorCode).toBe('NONE')
    expect(await partitionCount(broker, name)).toBe(1)
  })

  test.for<
    [string, (broker: TestBroker) => Omit<Growth, 'name'>, string, (name: string, broker: TestBroker) => string]
  >([
    [
      'as many partitions as there are',
      () => ({ count: 2 }),
      'INVALID_PARTITIONS',
      () => 'Topic already has 2 partition(s).',
    ],
    [
      'fewer partitions',
      () => ({ count: 1 }),
      'INVALID_PARTITIONS',
      (name) => `The topic ${name} currently has 2 partition(s); 1 would not be an increase.`,
    ],
    [
      'a negative count',
      () => ({ count: -1 }),
      'INVALID_PARTITIONS',
      (name) => `The topic ${name} currently has 2 partition(s); -1 would not be an increase.`,
    ],
    [
      'fewer assignments than new partitions',
      ({ nodeId }) => ({ count: 4, assignments: [{ brokerIds: [nodeId] }] }),
      'INVALID_REPLICA_ASSIGNMENT',
      () => 'Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.',
    ],
    [
      'more assignments than new partitions',
      ({ nodeId }) => ({ count: 3, assignments: [{ brokerIds: [nodeId] }, { brokerIds: [nodeId] }] }),
      'INVALID_REPLICA_ASSIGNMENT',
      () => 'Attempted to add 1 additional partition(s), but only 2 assignment(s) were specified.',
    ],
    [
      'an assignment to a broker that there is not',
      ({ otherNodeId }) => ({ count: 3, assignments: [{ brokerIds: [otherNodeId] }] }),
      'INVALID_REPLICA_ASSIGNMENT',
      (_name, { otherNodeId }) =>
        `The manual partition assignment includes broker ${otherNodeId}, but no such broker is registered.`,
    ],
    [
      'two replicas on one broker',
      ({ nodeId }) => ({ count: 3, assignments: [{ brokerIds: [nodeId, nodeId] }] }),
      'INVALID_REPLICA_ASSIGNMENT',
      (_name, { nodeId }) => `The manual partition assignment includes the broker ${nodeId} more than once.`,
    ],
    [
      'a partition on no broker',
      () => ({ count: 3, assignments: [{ brokerIds: [] }] }),
      'INVALID_REPLICA_ASSIGNMENT',
      () => 'The manual partition assignment includes an empty replica list.',
    ],
  ])('refuses %s', async ([, growth, errorCode, errorMessage], { broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    expect(only(await grow(broker, [{ name, ...growth(broker) }]))).toEqual({
      name,
      errorCode,
      errorMessage: errorMessage(name, broker),
    })
    expect(await partitionCount(broker, name)).toBe(2)
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    const name = broker.name('missing')
    expect(only(await grow(broker, [{ name, count: 2 }])).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('refuses a topic named twice in one request, and leaves it as it is', async ({ broker }) => {
    const { name } = await broker.topic()
    const results = await grow(broker, [
      { name, count: 2 },
      { name, count: 3 },
    ])
    expect(only(results)).toEqual({ name, errorCode: 'INVALID_REQUEST', errorMessage: 'Duplicate topic name.' })
    expect(await partitionCount(broker, name)).toBe(1)
  })
})
