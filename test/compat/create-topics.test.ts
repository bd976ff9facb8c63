// CreateTopics: what is made, with which defaults, and every reason to refuse.
import { apis, describe, EMPTY_UUID, expect, kip, only, type TestBroker, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

type Topics = NonNullable<Parameters<typeof create>[1]>
type Message = string | ((broker: TestBroker) => string)

async function create(
  broker: TestBroker,
  topics: readonly {
    name: string
    numPartitions?: number
    replicationFactor?: number
    assignments?: { partitionIndex: number; brokerIds: number[] }[]
    configs?: { name: string; value: string | null }[]
  }[],
  { version = 7, validateOnly = false } = {},
) {
  const entries = topics.map((topic) => ({ numPartitions: 1, replicationFactor: 1, ...topic }))
  return (await broker.ask(apis.CreateTopics, version, { topics: entries, timeoutMs: 30_000, validateOnly })).topics
}

async function exists(broker: TestBroker, name: string): Promise<boolean> {
  const request = { topics: [{ name }], allowAutoTopicCreation: false }
  return only((await broker.ask(apis.Metadata, 12, request)).topics).errorCode === 'NONE'
}

/** Metadata follow the controller's answer. */
async function appears(broker: TestBroker, name: string): Promise<void> {
  await eventually(`${name} to be there`, () => exists(broker, name))
}

describe('CreateTopics', kip(4), () => {
  test.for([2, 3, 4, 5, 6, 7])('creates a topic at version %i', async (version, { broker }) => {
    const name = broker.name()
    const topic = only(await create(broker, [{ name, numPartitions: 2 }], { version }))
    expect(topic).toMatchObject({ name, errorCode: 'NONE', errorMessage: null })
    await appears(broker, name)
  })

  test('tells the id, the counts and the configs of the new topic', async ({ broker }) => {
    const name = broker.name()
    const configs = [{ name: 'retention.ms', value: '5000' }]
    const topic = only(await create(broker, [{ name, numPartitions: 3, configs }]))
    expect(topic).toMatchObject({ errorCode: 'NONE', numPartitions: 3, replicationFactor: 1 })
    expect(topic.topicId).not.toBe(EMPTY_UUID)
    expect(topic.configs).toContainEqual({
      name: 'retention.ms',
      value: '5000',
      readOnly: false,
      configSource: 1,
      isSensitive: false,
    })
    expect(topic.configs).toContainEqual({
      name: 'cleanup.policy',
      value: 'delete',
      readOnly: false,
      configSource: 5,
      isSensitive: false,
    })
    const names = topic.configs?.map((config) => config.name)
    expect(names).toEqual([...(names ?? [])].sort())
  })

  test('takes the broker’s defaults for -1 partitions and -1 replicas', async ({ broker }) => {
    const topic = only(await create(broker, [{ name: broker.name(), numPartitions: -1, replicationFactor: -1 }]))
    expect(topic).toMatchObject({ errorCode: 'NONE', numPartitions: 1, replicationFactor: 1 })
  })

  test('places partitions where it is told to', async ({ broker }) => {
    const nodeId = only((await broker.ask(apis.Metadata, 12, { topics: [] })).brokers).nodeId
    const assignments = [0, 1].map((partitionIndex) => ({ partitionIndex, brokerIds: [nodeId] }))
    const name = broker.name()
    const topic = only(await create(broker, [{ name, numPartitions: -1, replicationFactor: -1, assignments }]))
    expect(topic).toMatchObject({ errorCode: 'NONE', numPartitions: 2, replicationFactor: 1 })
  })

  test('creates the good topics of a request with bad ones', async ({ broker }) => {
    const [good, bad] = [broker.name(), broker.name()]
    const topics = await create(broker, [{ name: good }, { name: bad, numPartitions: 0 }])
    const errors = new Map(topics.map((topic) => [topic.name, topic.errorCode]))
    expect(errors).toEqual(
      new Map([
        [good, 'NONE'],
        [bad, 'INVALID_PARTITIONS'],
      ]),
    )
    await appears(broker, good)
  })

  test('answers a request for nothing with nothing', async ({ broker }) => {
    expect(await create(broker, [])).toEqual([])
  })

  test('only validates when told so', async ({ broker }) => {
    const name = broker.name()
    const topic = only(await create(broker, [{ name, numPartitions: 2 }], { validateOnly: true }))
    expect(topic).toMatchObject({ errorCode: 'NONE', numPartitions: 2, replicationFactor: 1 })
    expect(await exists(broker, name)).toBe(false)
  })

  test('refuses when it only validates what it would refuse to create', async ({ broker }) => {
    const [topic] = await create(broker, [{ name: broker.name(), numPartitions: 0 }], { validateOnly: true })
    expect(topic?.errorCode).toBe('INVALID_PARTITIONS')
  })

  test('refuses a topic that exists', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(only(await create(broker, [{ name }]))).toMatchObject({
      errorCode: 'TOPIC_ALREADY_EXISTS',
      errorMessage: `Topic '${name}' already exists.`,
      topicId: EMPTY_UUID,
      numPartitions: -1,
      replicationFactor: -1,
      configs: [],
    })
  })

  test('refuses a name that differs from another only by dot and underscore, which metrics mix up', async ({
    broker,
  }) => {
    const { name } = await broker.topic({ name: `${broker.name('dot')}.x` })
    const other = name.replace('.', '_')
    expect(only(await create(broker, [{ name: other }]))).toMatchObject({
      errorCode: 'INVALID_TOPIC_EXCEPTION',
      errorMessage: `Topic '${other}' collides with existing topic: ${name}`,
    })
  })

  test('refuses a topic named twice in one request, and creates neither', async ({ broker }) => {
    const name = broker.name()
    expect(only(await create(broker, [{ name }, { name, numPartitions: 2 }]))).toMatchObject({
      name,
      errorCode: 'INVALID_REQUEST',
      errorMessage: 'Duplicate topic name.',
    })
    expect(await exists(broker, name)).toBe(false)
  })

  test.for([
    ['', 'Topic name is invalid: the empty string is not allowed'],
    ['.', "Topic name is invalid: '.' is not allowed"],
    ['..', "Topic name is invalid: '..' is not allowed"],
    [
      'a b',
      "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ],
    [
      'x'.repeat(250),
      `Topic name is invalid: the length of '${'x'.repeat(250)}' is longer than the max allowed length 249`,
    ],
  ] as const)('refuses the name %o', async ([name, errorMessage], { broker }) => {
    expect(only(await create(broker, [{ name }]))).toMatchObject({
      errorCode: 'INVALID_TOPIC_EXCEPTION',
      errorMessage,
    })
  })

  test.for<[string, Partial<Topics[number]>, string, string]>([
    [
      'no partitions',
      { numPartitions: 0 },
      'INVALID_PARTITIONS',
      'Number of partitions was set to an invalid non-positive value.',
    ],
    [
      'minus two partitions',
      { numPartitions: -2 },
      'INVALID_PARTITIONS',
      'Number of partitions was set to an invalid non-positive value.',
    ],
    [
      'no replicas',
      { replicationFactor: 0 },
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    ],
    [
      'minus two replicas',
      { replicationFactor: -2 },
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    ],
    [
      'more replicas than brokers',
      { replicationFactor: 3 },
      'INVALID_REPLICATION_FACTOR',
      'Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned.',
    ],
    [
      'a config that there is not',
      { configs: [{ name: 'nope', value: '1' }] },
      'INVALID_CONFIG',
      'Unknown topic config name: nope',
    ],
    [
      'a number that is none',
      { configs: [{ name: 'retention.ms', value: 'x' }] },
      'INVALID_CONFIG',
      'Invalid value x for configuration retention.ms: Not a number of type LONG',
    ],
    [
      'a number out of range',
      { configs: [{ name: 'segment.bytes', value: '1' }] },
      'INVALID_CONFIG',
      'Invalid value 1 for configuration segment.bytes: Value must be at least 1048576',
    ],
    [
      'a policy that there is not',
      { configs: [{ name: 'cleanup.policy', value: 'shred' }] },
      'INVALID_CONFIG',
      'Invalid value shred for configuration cleanup.policy: String must be one of: compact, delete',
    ],
    [
      'a config of null',
      { configs: [{ name: 'retention.ms', value: null }] },
      'INVALID_CONFIG',
      'Null value not supported for topic configs: retention.ms',
    ],
  ])('refuses %s', async ([, topic, errorCode, errorMessage], { broker }) => {
    const name = broker.name()
    expect(only(await create(broker, [{ name, ...topic }]))).toMatchObject({ errorCode, errorMessage })
    expect(await exists(broker, name)).toBe(false)
  })

  const assigned = (assignments: Topics[number]['assignments']) => ({
    numPartitions: -1,
    replicationFactor: -1,
    assignments,
  })

  test.for<[string, (broker: TestBroker) => Partial<Topics[number]>, string, Message]>([
    [
      'an assignment beside a replication factor',
      ({ nodeId }) => ({ numPartitions: -1, assignments: [{ partitionIndex: 0, brokerIds: [nodeId] }] }),
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    ],
    [
      'an assignment beside a number of partitions',
      ({ nodeId }) => ({ replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [nodeId] }] }),
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    ],
    [
      'an assignment that begins at partition 1',
      ({ nodeId }) => assigned([{ partitionIndex: 1, brokerIds: [nodeId] }]),
      'INVALID_REPLICA_ASSIGNMENT',
      'partitions should be a consecutive 0-based integer sequence',
    ],
    [
      'an assignment to a broker that there is not',
      ({ otherNodeId }) => assigned([{ partitionIndex: 0, brokerIds: [otherNodeId] }]),
      'INVALID_REPLICA_ASSIGNMENT',
      ({ otherNodeId }) =>
        `The manual partition assignment includes broker ${otherNodeId}, but no such broker is registered.`,
    ],
    [
      'an assignment of two replicas to one broker',
      ({ nodeId }) => assigned([{ partitionIndex: 0, brokerIds: [nodeId, nodeId] }]),
      'INVALID_REPLICA_ASSIGNMENT',
      ({ nodeId }) => `The manual partition assignment includes the broker ${nodeId} more than once.`,
    ],
    [
      'an assignment to nobody',
      () => assigned([{ partitionIndex: 0, brokerIds: [] }]),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes an empty replica list.',
    ],
    [
      'a partition that is assigned twice',
      ({ nodeId }) =>
        assigned([
          { partitionIndex: 0, brokerIds: [nodeId] },
          { partitionIndex: 0, brokerIds: [nodeId] },
        ]),
      'INVALID_REPLICA_ASSIGNMENT',
      'Found multiple manual partition assignments for partition 0',
    ],
  ])('refuses %s', async ([, topic, errorCode, message], { broker }) => {
    const name = broker.name()
    const errorMessage = typeof message === 'string' ? message : message(broker)
    expect(only(await create(broker, [{ name, ...topic(broker) }]))).toMatchObject({ errorCode, errorMessage })
    expect(await exists(broker, name)).toBe(false)
  })
})
