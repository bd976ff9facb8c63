// CreatePartitions: a topic grows, and never shrinks.
import { awaitPartitions } from '../support/admin.ts'
import { apis, describe, expect, only, type TestBroker, test } from '../support/compat.ts'

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

describe('CreatePartitions', () => {
  test.for([0, 1, 2, 3])('adds partitions at version %i', async (version, { broker }) => {
    const { name, id } = await broker.topic({ partitions: 2 })
    const result = only(await grow(broker, [{ name, count: 4 }], { version }))
    expect(result).toEqual({ name, errorCode: 'NONE', errorMessage: null })
    await awaitPartitions(await broker.client(), id, 4)
    expect(await partitionCount(broker, name)).toBe(4)
  })

  test('keeps the records of the partitions that were there', async ({ broker }) => {
    const { name, id } = await broker.topicWith(['a', 'b'])
    await grow(broker, [{ name, count: 2 }])
    await awaitPartitions(await broker.client(), id, 2)
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(['a', 'b'])
    expect(await broker.endOffset(name, 1)).toBe(0)
  })

  test('places new partitions where it is told to', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(only(await grow(broker, [{ name, count: 2, assignments: [{ brokerIds: [1] }] }])).errorCode).toBe('NONE')
  })

  test('only validates when told so', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(only(await grow(broker, [{ name, count: 3 }], { validateOnly: true })).errorCode).toBe('NONE')
    expect(await partitionCount(broker, name)).toBe(1)
  })

  test.for<[string, Omit<Growth, 'name'>, string, (name: string) => string]>([
    ['as many partitions as there are', { count: 2 }, 'INVALID_PARTITIONS', () => 'Topic already has 2 partition(s).'],
    [
      'fewer partitions',
      { count: 1 },
      'INVALID_PARTITIONS',
      (name) => `The topic ${name} currently has 2 partition(s); 1 would not be an increase.`,
    ],
    [
      'a negative count',
      { count: -1 },
      'INVALID_PARTITIONS',
      (name) => `The topic ${name} currently has 2 partition(s); -1 would not be an increase.`,
    ],
    [
      'fewer assignments than new partitions',
      { count: 4, assignments: [{ brokerIds: [1] }] },
      'INVALID_REPLICA_ASSIGNMENT',
      () => 'Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.',
    ],
    [
      'more assignments than new partitions',
      { count: 3, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }] },
      'INVALID_REPLICA_ASSIGNMENT',
      () => 'Attempted to add 1 additional partition(s), but only 2 assignment(s) were specified.',
    ],
    [
      'an assignment to a broker that there is not',
      { count: 3, assignments: [{ brokerIds: [7] }] },
      'INVALID_REPLICA_ASSIGNMENT',
      () => 'The manual partition assignment includes broker 7, but no such broker is registered.',
    ],
    [
      'two replicas on one broker',
      { count: 3, assignments: [{ brokerIds: [1, 1] }] },
      'INVALID_REPLICA_ASSIGNMENT',
      () => 'The manual partition assignment includes the broker 1 more than once.',
    ],
    [
      'a partition on no broker',
      { count: 3, assignments: [{ brokerIds: [] }] },
      'INVALID_REPLICA_ASSIGNMENT',
      () => 'The manual partition assignment includes an empty replica list.',
    ],
  ])('refuses %s', async ([, growth, errorCode, errorMessage], { broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    expect(only(await grow(broker, [{ name, ...growth }]))).toEqual({
      name,
      errorCode,
      errorMessage: errorMessage(name),
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
