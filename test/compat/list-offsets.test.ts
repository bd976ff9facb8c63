// ListOffsets: offsets by time and by name.
import { encodeBatch } from '../../src/wire/records/index.ts'
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'
import { TIMESTAMP } from '../support/records.ts'

const [LATEST, EARLIEST, MAX_TIMESTAMP, EARLIEST_LOCAL, LATEST_TIERED, EARLIEST_PENDING_UPLOAD] = [
  -1, -2, -3, -4, -5, -6,
]

async function list(
  broker: TestBroker,
  name: string,
  timestamp: number,
  {
    version = 11,
    isolationLevel = 0,
    ...partition
  }: Partial<Record<'version' | 'isolationLevel' | 'partitionIndex' | 'currentLeaderEpoch', number>> = {},
) {
  const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp, ...partition }] }]
  const isolation = version >= 2 ? { isolationLevel } : {}
  const answer = await broker.ask(apis.ListOffsets, version, { replicaId: -1, ...isolation, topics })
  return only(only(answer.topics).partitions)
}

/** One record for each time, each in a batch of its own or all in one. */
async function topicOfTimes(broker: TestBroker, times: readonly number[], oneBatch = false): Promise<string> {
  const { name } = await broker.topic()
  const records = times.map((timestamp) => ({ key: null, value: null, timestamp }))
  for (const batch of oneBatch ? [records] : records.map((record) => [record])) {
    await broker.produce(name, encodeBatch({ records: batch }))
  }
  return name
}

describe('ListOffsets', kip(79), () => {
  test.for([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])('tells both ends at version %i', async (version, { broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    const leaderEpoch = version >= 4 ? 0 : -1
    expect(await list(broker, name, EARLIEST, { version })).toMatchObject({
      errorCode: 'NONE',
      offset: 0,
      timestamp: -1,
      leaderEpoch,
    })
    expect(await list(broker, name, LATEST, { version })).toMatchObject({
      errorCode: 'NONE',
      offset: 3,
      timestamp: -1,
      leaderEpoch,
    })
  })

  test('tells 0 for both ends of an empty log', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(await list(broker, name, EARLIEST)).toMatchObject({ errorCode: 'NONE', offset: 0 })
    expect(await list(broker, name, LATEST)).toMatchObject({ errorCode: 'NONE', offset: 0 })
  })

  test('tells the log’s start after records were deleted', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset: 2 }] }]
    await broker.ask(apis.DeleteRecords, 2, { topics, timeoutMs: 30_000 })
    expect((await list(broker, name, EARLIEST)).offset).toBe(2)
    expect((await list(broker, name, EARLIEST_LOCAL)).offset).toBe(2)
  })

  test('tells the end to who reads committed records', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    expect((await list(broker, name, LATEST, { isolationLevel: 1 })).offset).toBe(2)
  })

  test.for<[string, boolean, number[], number, number, number]>([
    ['the first record at a time', false, [0, 10, 20], 10, 1, 10],
    ['the first record after a time', false, [0, 10, 20], 11, 2, 20],
    ['the very first record for a time before all', false, [0, 10, 20], -5, 0, 0],
    ['the first of several at one time', false, [0, 10, 10, 10], 10, 1, 10],
    ['the first at least as late, where times go back and forth', false, [0, 30, 10, 20], 10, 1, 30],
    ['a record inside a batch', true, [0, 10, 20], 10, 1, 10],
    ['a record inside a batch, where times go back and forth', true, [0, 30, 10, 40], 35, 3, 40],
  ])('finds %s', async ([, oneBatch, ahead, wanted, offset, found], { broker }) => {
    const name = await topicOfTimes(
      broker,
      ahead.map((ms) => TIMESTAMP + ms),
      oneBatch,
    )
    expect(await list(broker, name, TIMESTAMP + wanted)).toMatchObject({
      errorCode: 'NONE',
      offset,
      timestamp: TIMESTAMP + found,
      leaderEpoch: 0,
    })
  })

  test('finds nothing after the last time', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    expect(await list(broker, name, TIMESTAMP + 1_000)).toMatchObject({
      errorCode: 'NONE',
      offset: -1,
      timestamp: -1,
      leaderEpoch: -1,
    })
  })

  test('finds nothing by time in an empty log', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(await list(broker, name, 0)).toMatchObject({ errorCode: 'NONE', offset: -1, timestamp: -1 })
  })

  test('looks for no time in what was deleted', async ({ broker }) => {
    const name = await topicOfTimes(broker, [TIMESTAMP, TIMESTAMP + 10, TIMESTAMP + 20])
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset: 2 }] }]
    await broker.ask(apis.DeleteRecords, 2, { topics, timeoutMs: 30_000 })
    expect(await list(broker, name, TIMESTAMP)).toMatchObject({ offset: 2, timestamp: TIMESTAMP + 20 })
  })

  test('finds the record of the greatest time, wherever it stands', async ({ broker }) => {
    const name = await topicOfTimes(broker, [TIMESTAMP, TIMESTAMP + 50, TIMESTAMP + 10])
    expect(await list(broker, name, MAX_TIMESTAMP)).toMatchObject({
      errorCode: 'NONE',
      offset: 1,
      timestamp: TIMESTAMP + 50,
    })
  })

  test('finds the record of the greatest time inside a batch', async ({ broker }) => {
    const name = await topicOfTimes(broker, [TIMESTAMP, TIMESTAMP + 50, TIMESTAMP + 10], true)
    expect(await list(broker, name, MAX_TIMESTAMP)).toMatchObject({ offset: 1, timestamp: TIMESTAMP + 50 })
  })

  test('finds no greatest time in an empty log', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(await list(broker, name, MAX_TIMESTAMP)).toMatchObject({ errorCode: 'NONE', offset: -1, timestamp: -1 })
  })

  test('tells the log’s start for the earliest local offset', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect(await list(broker, name, EARLIEST_LOCAL)).toMatchObject({ errorCode: 'NONE', offset: 0 })
  })

  test('tells that nothing is in a remote tier', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect(await list(broker, name, LATEST_TIERED)).toMatchObject({ errorCode: 'NONE', offset: -1, leaderEpoch: -1 })
  })

  test('tells that nothing waits for a remote tier', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect(await list(broker, name, EARLIEST_PENDING_UPLOAD)).toMatchObject({ errorCode: 'NONE', offset: -1 })
  })

  test.for([
    ['the greatest time', MAX_TIMESTAMP, 6],
    ['the earliest local offset', EARLIEST_LOCAL, 7],
    ['the latest tiered offset', LATEST_TIERED, 8],
    ['the earliest offset pending upload', EARLIEST_PENDING_UPLOAD, 10],
    ['a name that there is not', -7, 11],
    ['another name that there is not', -99, 11],
  ] as const)('does not know %s (%i) at version %i', async ([, timestamp, version], { broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect(await list(broker, name, timestamp, { version })).toMatchObject({
      errorCode: 'UNSUPPORTED_VERSION',
      offset: -1,
      timestamp: -1,
    })
  })

  test.for([5, -1])('does not know partition %i of a topic of one', async (partitionIndex, { broker }) => {
    const { name } = await broker.topic()
    expect((await list(broker, name, LATEST, { partitionIndex })).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    expect((await list(broker, broker.name('missing'), LATEST)).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('takes the leader’s epoch, and does not know one that is yet to come', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect((await list(broker, name, LATEST, { currentLeaderEpoch: 0 })).errorCode).toBe('NONE')
    expect((await list(broker, name, LATEST, { currentLeaderEpoch: 4 })).errorCode).toBe('UNKNOWN_LEADER_EPOCH')
  })

  test('refuses a partition that is named twice', async ({ broker }) => {
    const { name } = await broker.topic()
    const partitions = [LATEST, EARLIEST].map((timestamp) => ({ partitionIndex: 0, timestamp }))
    const { topics } = await broker.ask(apis.ListOffsets, 7, { replicaId: -1, topics: [{ name, partitions }] })
    expect(only(only(topics).partitions)).toMatchObject({ errorCode: 'INVALID_REQUEST', offset: -1 })
  })

  test('answers each of several partitions', async ({ broker }) => {
    const { name } = await broker.topic({ partitions: 2 })
    await broker.append(name, ['a', 'b'], {}, 1)
    const partitions = [0, 1, 7].map((partitionIndex) => ({ partitionIndex, timestamp: LATEST }))
    const { topics } = await broker.ask(apis.ListOffsets, 7, { replicaId: -1, topics: [{ name, partitions }] })
    const offsets = only(topics).partitions.map((p) => [p.partitionIndex, p.errorCode, p.offset])
    expect(offsets.sort()).toEqual([
      [0, 'NONE', 0],
      [1, 'NONE', 2],
      [7, 'UNKNOWN_TOPIC_OR_PARTITION', -1],
    ])
  })
})
