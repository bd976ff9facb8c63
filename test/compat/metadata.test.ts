// Metadata: who the brokers are, and what a client learns of topics by name and by id.
import { apis, describe, EMPTY_UUID, expect, message, only, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

const NO_OPERATIONS = -2147483648
const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

describe('Metadata', message('Metadata'), () => {
  test('names the one broker, the cluster and the controller', async ({ broker }) => {
    const { brokers, clusterId, controllerId } = await broker.ask(apis.Metadata, 12, { topics: [] })
    expect(only(brokers)).toMatchObject({ port: broker.port, rack: null })
    expect(clusterId).toMatch(/^[\w-]{22}$/)
    expect(controllerId).toBe(only(brokers).nodeId)
  })

  test('describes a topic with its id and a leader for each partition', async ({ broker }) => {
    const { name, id } = await broker.topic({ partitions: 3 })
    const { topics, brokers } = await broker.ask(apis.Metadata, 12, { topics: [{ name }] })
    const nodeId = only(brokers).nodeId
    const topic = only(topics)
    expect(topic).toMatchObject({ errorCode: 'NONE', name, topicId: id, isInternal: false })
    expect(topic.partitions.sort((a, b) => a.partitionIndex - b.partitionIndex)).toEqual(
      [0, 1, 2].map((partitionIndex) => ({
        errorCode: 'NONE',
        partitionIndex,
        leaderId: nodeId,
        leaderEpoch: 0,
        replicaNodes: [nodeId],
        isrNodes: [nodeId],
        offlineReplicas: [],
      })),
    )
  })

  test.for([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])(
    'describes a topic at version %i',
    async (version, { broker }) => {
      const { name } = await broker.topic({ partitions: 2 })
      const { topics } = await broker.ask(apis.Metadata, version, { topics: [{ name }] })
      expect(only(topics)).toMatchObject({ errorCode: 'NONE', name })
      expect(only(topics).partitions).toHaveLength(2)
    },
  )

  test('lists all topics where the array is null', async ({ broker }) => {
    const { name } = await broker.topic()
    const { topics } = await broker.ask(apis.Metadata, 12, { topics: null })
    expect(topics.map((topic) => topic.name)).toContain(name)
  })

  test('lists all topics at version 0 where the array is empty', async ({ broker }) => {
    const { name } = await broker.topic()
    const { topics } = await broker.ask(apis.Metadata, 0, { topics: [] })
    expect(topics.map((topic) => topic.name)).toContain(name)
  })

  test('lists no topics from version 1 on where the array is empty', async ({ broker }) => {
    await broker.topic()
    expect((await broker.ask(apis.Metadata, 1, { topics: [] })).topics).toEqual([])
  })

  test('marks the internal topics', async ({ broker }) => {
    await broker.group()
    const { topics } = await broker.ask(apis.Metadata, 12, { topics: [{ name: '__consumer_offsets' }] })
    expect(only(topics)).toMatchObject({ errorCode: 'NONE', isInternal: true })
  })

  test('does not know a topic that nobody made, when it may not create it', async ({ broker }) => {
    const name = broker.name('missing')
    const request = { topics: [{ name }], allowAutoTopicCreation: false }
    expect(only((await broker.ask(apis.Metadata, 12, request)).topics)).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      name,
      topicId: EMPTY_UUID,
      partitions: [],
    })
    expect(only((await broker.ask(apis.Metadata, 12, request)).topics).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('creates a missing topic when it may, and says so only when asked again', async ({ broker }) => {
    const name = broker.name('auto')
    const request = { topics: [{ name }], allowAutoTopicCreation: true }
    const first = only((await broker.ask(apis.Metadata, 12, request)).topics)
    expect(first.errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    const created = await eventually(`${name} to be there`, async () => {
      const topic = only((await broker.ask(apis.Metadata, 12, request)).topics)
      return topic.errorCode === 'NONE' ? topic : undefined
    })
    expect(created.partitions).toHaveLength(1)
  })

  test.for([
    ['a slash', 'a/b'],
    ['a space', 'a b'],
    ['nothing in it', ''],
    ['one dot', '.'],
    ['two dots', '..'],
    ['250 characters', 'x'.repeat(250)],
    ['a letter that is not ASCII', 'thé'],
  ])('refuses a name with %s', async ([, name], { broker }) => {
    const { topics } = await broker.ask(apis.Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: true })
    expect(only(topics)).toMatchObject({ errorCode: 'INVALID_TOPIC_EXCEPTION', name, partitions: [] })
  })

  test('takes a name of 249 characters', async ({ broker }) => {
    const name = broker.name('long').padEnd(249, 'x')
    const { topics } = await broker.ask(apis.Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
    expect(only(topics)).toMatchObject({ errorCode: 'UNKNOWN_TOPIC_OR_PARTITION', name })
  })

  test('finds a topic by id, from version 12 on', async ({ broker }) => {
    const { name, id } = await broker.topic()
    const { topics } = await broker.ask(apis.Metadata, 12, { topics: [{ name: null, topicId: id }] })
    expect(only(topics)).toMatchObject({ errorCode: 'NONE', name, topicId: id })
  })

  test('does not know an id that no topic has', async ({ broker }) => {
    const { topics } = await broker.ask(apis.Metadata, 12, { topics: [{ name: null, topicId: UNKNOWN_ID }] })
    expect(only(topics)).toMatchObject({ errorCode: 'UNKNOWN_TOPIC_ID', name: null, topicId: UNKNOWN_ID })
  })

  test('does not know the id of a topic that was deleted', async ({ broker }) => {
    const { name, id } = await broker.topic()
    await broker.ask(apis.DeleteTopics, 6, { topics: [{ name }], timeoutMs: 30_000 })
    const gone = await eventually('the topic to be gone', async () => {
      const topic = only((await broker.ask(apis.Metadata, 12, { topics: [{ name: null, topicId: id }] })).topics)
      return topic.errorCode === 'NONE' ? undefined : topic
    })
    expect(gone).toMatchObject({ errorCode: 'UNKNOWN_TOPIC_ID', topicId: id })
  })

  test('gives a topic that was made again another id', async ({ broker }) => {
    const { name, id } = await broker.topic()
    await broker.ask(apis.DeleteTopics, 6, { topics: [{ name }], timeoutMs: 30_000 })
    const again = await broker.topic({ name })
    expect(again.id).not.toBe(id)
    const { topics } = await broker.ask(apis.Metadata, 12, { topics: [{ name }] })
    expect(only(topics).topicId).toBe(again.id)
  })

  test('answers a topic that is asked for twice once', async ({ broker }) => {
    const { name } = await broker.topic()
    const { topics } = await broker.ask(apis.Metadata, 12, { topics: [{ name }, { name }] })
    expect(only(topics)).toMatchObject({ errorCode: 'NONE', name })
  })

  test('keeps what is allowed to itself until it is asked', async ({ broker }) => {
    const { name } = await broker.topic()
    const { topics, clusterAuthorizedOperations } = await broker.ask(apis.Metadata, 10, { topics: [{ name }] })
    expect(only(topics).topicAuthorizedOperations).toBe(NO_OPERATIONS)
    expect(clusterAuthorizedOperations).toBe(NO_OPERATIONS)
  })

  test('tells which operations on a topic and on the cluster are allowed', async ({ broker }) => {
    const { name } = await broker.topic()
    const { topics, clusterAuthorizedOperations } = await broker.ask(apis.Metadata, 10, {
      topics: [{ name }],
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    })
    expect(only(topics).topicAuthorizedOperations).toBe(0b110111111000)
    expect(clusterAuthorizedOperations).toBe(0b1111110100000)
  })
})
