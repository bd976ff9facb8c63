// Fetch sessions (KIP-227): only what changed is sent, in both directions.
import { apis, describe, expect, kip, only, type TestBroker, test, valuesIn } from '../support/compat.ts'

const MB = 1 << 20
const [FULL, CLOSE] = [0, -1]
const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

interface Asked {
  readonly offsets?: Readonly<Record<number, number>>
  readonly forget?: readonly number[]
}

/** One request of a session on a topic; offsets by partition. */
async function ask(
  broker: TestBroker,
  topic: string,
  sessionId: number,
  sessionEpoch: number,
  { offsets = {}, forget = [] }: Asked = {},
) {
  const partitions = Object.entries(offsets).map(([partition, fetchOffset]) => ({
    partition: Number(partition),
    fetchOffset,
    partitionMaxBytes: MB,
  }))
  const answer = await broker.ask(apis.Fetch, 12, {
    maxWaitMs: 20,
    minBytes: 1,
    maxBytes: MB,
    sessionId,
    sessionEpoch,
    topics: partitions.length === 0 ? [] : [{ topic, partitions }],
    forgottenTopicsData: forget.length === 0 ? [] : [{ topic, partitions: [...forget] }],
  })
  const parts = answer.responses.flatMap((one) => one.partitions)
  return { ...answer, parts, read: parts.map(({ partitionIndex, records }) => [partitionIndex, ...valuesIn(records)]) }
}

describe('A fetch session', kip(227), () => {
  test('begins with epoch 0, and answers every partition', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    await broker.append(name, ['a'])
    const { errorCode, sessionId, read } = await ask(broker, name, 0, FULL, { offsets: { 0: 0, 1: 0 } })
    expect(errorCode).toBe('NONE')
    expect(sessionId).toBeGreaterThan(0)
    expect(read).toEqual([[0, 'a'], [1]])
  })

  test('is not made where the epoch is -1', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const { sessionId, read } = await ask(broker, name, 0, CLOSE, { offsets: { 0: 0 } })
    expect(sessionId).toBe(0)
    expect(read).toEqual([[0, 'a']])
  })

  test('begins without a partition too, and takes some in later', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const { sessionId } = await ask(broker, name, 0, FULL)
    expect(sessionId).toBeGreaterThan(0)
    expect((await ask(broker, name, sessionId, 1, { offsets: { 0: 0 } })).read).toEqual([[0, 'a']])
  })

  test('answers nothing where nothing is new', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 0, 1: 0 } })
    expect(await ask(broker, name, sessionId, 1)).toMatchObject({ errorCode: 'NONE', sessionId, parts: [] })
  })

  test('answers the partitions alone that have something new', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 3 })
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 0, 1: 0, 2: 0 } })
    await broker.append(name, ['new'], {}, 1)
    expect((await ask(broker, name, sessionId, 1)).read).toEqual([[1, 'new']])
  })

  test('goes on from the offset that was last asked for', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 0 } })
    expect((await ask(broker, name, sessionId, 1)).read).toEqual([[0, 'a', 'b']])
    expect((await ask(broker, name, sessionId, 2, { offsets: { 0: 2 } })).read).toEqual([])
    await broker.append(name, ['c'])
    expect((await ask(broker, name, sessionId, 3)).read).toEqual([[0, 'c']])
  })

  test('takes a partition in', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 0 } })
    await broker.append(name, ['x'], {}, 1)
    expect((await ask(broker, name, sessionId, 1)).read).toEqual([])
    expect((await ask(broker, name, sessionId, 2, { offsets: { 1: 0 } })).read).toEqual([[1, 'x']])
  })

  test('forgets a partition', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 0, 1: 0 } })
    await ask(broker, name, sessionId, 1, { forget: [1] })
    await broker.append(name, ['x'], {}, 1)
    expect((await ask(broker, name, sessionId, 2)).read).toEqual([])
  })

  test('ends when its last partition is forgotten', async ({ broker }) => {
    const { name } = await broker.topic()
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 0 } })
    await ask(broker, name, sessionId, 1, { forget: [0] })
    expect((await ask(broker, name, sessionId, 2)).errorCode).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })

  test('tells of an error again and again', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 7 } })
    for (const epoch of [1, 2]) {
      expect(only((await ask(broker, name, sessionId, epoch)).parts).errorCode).toBe('OFFSET_OUT_OF_RANGE')
    }
  })

  test('tells when the log’s start moves', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 2 } })
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset: 1 }] }]
    await broker.ask(apis.DeleteRecords, 2, { topics, timeoutMs: 30_000 })
    const { parts } = await ask(broker, name, sessionId, 1)
    expect(only(parts)).toMatchObject({ errorCode: 'NONE', logStartOffset: 1, highWatermark: 2 })
  })

  test.for([2, 9, 0x7fffffff])('refuses epoch %i where 1 comes next', async (epoch, { broker }) => {
    const { name } = await broker.topic()
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 0 } })
    expect(await ask(broker, name, sessionId, epoch)).toMatchObject({
      errorCode: 'INVALID_FETCH_SESSION_EPOCH',
      sessionId: 0,
      responses: [],
    })
  })

  test('takes the right epoch after a wrong one', async ({ broker }) => {
    const { name } = await broker.topic()
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 0 } })
    await ask(broker, name, sessionId, 9)
    expect((await ask(broker, name, sessionId, 1)).errorCode).toBe('NONE')
  })

  test('does not know a session that nobody began', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(await ask(broker, name, 12345, 1)).toMatchObject({ errorCode: 'FETCH_SESSION_ID_NOT_FOUND', responses: [] })
  })

  test('is closed by epoch -1', async ({ broker }) => {
    const { name } = await broker.topic()
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 0 } })
    expect(await ask(broker, name, sessionId, CLOSE)).toMatchObject({ errorCode: 'NONE', sessionId: 0 })
    expect((await ask(broker, name, sessionId, 1)).errorCode).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })

  test('is replaced by a new one where its id comes with epoch 0', async ({ broker }) => {
    const { name } = await broker.topic()
    const first = await ask(broker, name, 0, FULL, { offsets: { 0: 0 } })
    const second = await ask(broker, name, first.sessionId, FULL, { offsets: { 0: 0 } })
    expect(second.sessionId).toBeGreaterThan(0)
    expect(second.sessionId).not.toBe(first.sessionId)
    expect((await ask(broker, name, first.sessionId, 1)).errorCode).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })

  test('lives on without the connection that began it', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const client = await broker.connect()
    const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }]
    const begun = await client.ask(apis.Fetch, 12, { maxWaitMs: 0, minBytes: 0, sessionEpoch: FULL, topics })
    client.close()
    await client.closed
    expect((await ask(broker, name, begun.sessionId, 1)).read).toEqual([[0, 'a']])
  })
})

describe('A fetch session of topic ids', kip(516), () => {
  const begin = (broker: TestBroker, topicId: string, version = 13) =>
    broker.ask(apis.Fetch, version, {
      maxWaitMs: 0,
      minBytes: 0,
      sessionEpoch: FULL,
      topics: [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MB }] }],
    })
  const next = (broker: TestBroker, sessionId: number, sessionEpoch: number, version = 13) =>
    broker.ask(apis.Fetch, version, { maxWaitMs: 0, minBytes: 0, sessionId, sessionEpoch, topics: [] })

  test('reads on', async ({ broker }) => {
    const { id } = await broker.topicWith(['a'])
    const { sessionId } = await begin(broker, id)
    const { responses } = await next(broker, sessionId, 1)
    expect(valuesIn(only(only(responses).partitions).records)).toEqual(['a'])
  })

  test('does not turn to names', async ({ broker }) => {
    const { id } = await broker.topicWith(['a'])
    const { sessionId } = await begin(broker, id)
    expect((await next(broker, sessionId, 1, 12)).errorCode).toBe('FETCH_SESSION_TOPIC_ID_ERROR')
  })

  test('does not begin with names', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const { sessionId } = await ask(broker, name, 0, FULL, { offsets: { 0: 0 } })
    expect((await next(broker, sessionId, 1, 13)).errorCode).toBe('FETCH_SESSION_TOPIC_ID_ERROR')
  })

  test('keeps an id that no topic has, and says so each time', async ({ broker }) => {
    const { sessionId, responses } = await begin(broker, UNKNOWN_ID)
    expect(only(only(responses).partitions).errorCode).toBe('UNKNOWN_TOPIC_ID')
    const again = await next(broker, sessionId, 1)
    expect(only(only(again.responses).partitions).errorCode).toBe('UNKNOWN_TOPIC_ID')
  })

  test('does not go over to a topic that was made again by the same name', async ({ broker }) => {
    const { name, id } = await broker.topicWith(['a'])
    const { sessionId } = await begin(broker, id)
    await broker.ask(apis.DeleteTopics, 6, { topics: [{ name }], timeoutMs: 30_000 })
    await broker.topic({ name })
    const { responses } = await next(broker, sessionId, 1)
    expect(only(only(responses).partitions).errorCode).toBe('INCONSISTENT_TOPIC_ID')
  })
})
