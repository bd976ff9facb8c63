// DeleteTopics: by name, by id, and what is left afterwards.
import { apis, describe, EMPTY_UUID, expect, kip, only, type TestBroker, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

async function remove(broker: TestBroker, topics: { name: string | null; topicId?: string }[]) {
  return (await broker.ask(apis.DeleteTopics, 6, { topics, timeoutMs: 30_000 })).responses
}

describe('DeleteTopics', kip(4), () => {
  test.for([1, 2, 3, 4, 5])('deletes by name at version %i', async (version, { broker }) => {
    const { name } = await broker.topic()
    const { responses } = await broker.ask(apis.DeleteTopics, version, { topicNames: [name], timeoutMs: 30_000 })
    expect(only(responses)).toMatchObject({ name, errorCode: 'NONE' })
    await eventually('the topic to be gone', async () => {
      const { topics } = await broker.ask(apis.Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
      return only(topics).errorCode === 'UNKNOWN_TOPIC_OR_PARTITION'
    })
  })

  test('deletes by name at version 6 and tells the id', async ({ broker }) => {
    const { name, id } = await broker.topic()
    expect(only(await remove(broker, [{ name }]))).toEqual({
      name,
      topicId: id,
      errorCode: 'NONE',
      errorMessage: null,
    })
  })

  test('deletes by id and tells the name', async ({ broker }) => {
    const { name, id } = await broker.topic()
    expect(only(await remove(broker, [{ name: null, topicId: id }]))).toMatchObject({
      name,
      topicId: id,
      errorCode: 'NONE',
    })
  })

  test('takes the records along: a topic of that name begins at 0 again', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    await remove(broker, [{ name }])
    await broker.topic({ name })
    expect(await broker.endOffset(name)).toBe(0)
  })

  test('refuses to produce to what is gone', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    await remove(broker, [{ name }])
    await eventually('the partition to be gone', async () => {
      const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
      const answer = await broker.ask(apis.ListOffsets, 7, { replicaId: -1, topics })
      return only(only(answer.topics).partitions).errorCode === 'UNKNOWN_TOPIC_OR_PARTITION'
    })
  })

  test('deletes what exists of a request with what does not', async ({ broker }) => {
    const { name, id } = await broker.topic()
    const missing = broker.name('missing')
    const responses = await remove(broker, [{ name: missing }, { name }])
    expect(responses).toHaveLength(2)
    expect(responses).toContainEqual({ name, topicId: id, errorCode: 'NONE', errorMessage: null })
    expect(responses).toContainEqual({
      name: missing,
      topicId: EMPTY_UUID,
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      errorMessage: 'This server does not host this topic-partition.',
    })
  })

  test('does not know an id that no topic has', async ({ broker }) => {
    expect(only(await remove(broker, [{ name: null, topicId: UNKNOWN_ID }]))).toEqual({
      name: null,
      topicId: UNKNOWN_ID,
      errorCode: 'UNKNOWN_TOPIC_ID',
      errorMessage: 'This server does not host this topic ID.',
    })
  })

  test('refuses a name together with an id', async ({ broker }) => {
    const { name, id } = await broker.topic()
    expect(only(await remove(broker, [{ name, topicId: id }]))).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      errorMessage: 'You may not specify both topic name and topic id.',
    })
  })

  test('refuses neither name nor id', async ({ broker }) => {
    expect(only(await remove(broker, [{ name: null }]))).toMatchObject({
      name: null,
      errorCode: 'INVALID_REQUEST',
      errorMessage: 'Neither topic name nor id were specified.',
    })
  })

  test('refuses a topic named twice, and keeps it', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(only(await remove(broker, [{ name }, { name }]))).toMatchObject({
      name,
      errorCode: 'INVALID_REQUEST',
      errorMessage: 'Duplicate topic name.',
    })
    expect(await broker.endOffset(name)).toBe(0)
  })

  test('refuses a topic named once and given once by its id, and keeps it', async ({ broker }) => {
    const { name, id } = await broker.topic()
    const responses = await remove(broker, [{ name }, { name: null, topicId: id }])
    expect(responses.map(({ errorCode }) => errorCode)).not.toContain('NONE')
    expect(await broker.endOffset(name)).toBe(0)
  })

  test('does not know the empty name', async ({ broker }) => {
    expect(only(await remove(broker, [{ name: '' }])).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })
})
