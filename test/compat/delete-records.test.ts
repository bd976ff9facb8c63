// DeleteRecords: the log's start moves, and never back.
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'

async function deleteBefore(
  broker: TestBroker,
  name: string,
  offset: number,
  { version = 2, partitionIndex = 0 } = {},
) {
  const topics = [{ name, partitions: [{ partitionIndex, offset }] }]
  const answer = await broker.ask(apis.DeleteRecords, version, { topics, timeoutMs: 30_000 })
  return only(only(answer.topics).partitions)
}

describe('DeleteRecords', kip(107), () => {
  test.for([0, 1, 2])('deletes what is before an offset at version %i', async (version, { broker }) => {
    const { name } = await broker.topic()
    for (const value of ['a', 'b', 'c']) await broker.append(name, [value])
    expect(await deleteBefore(broker, name, 2, { version })).toEqual({
      partitionIndex: 0,
      errorCode: 'NONE',
      lowWatermark: 2,
    })
    expect((await broker.records(name, 2)).map(({ value }) => String(value))).toEqual(['c'])
    expect((await broker.fetch(name, 1)).errorCode).toBe('OFFSET_OUT_OF_RANGE')
  })

  test('deletes all for -1', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    expect(await deleteBefore(broker, name, -1)).toMatchObject({ errorCode: 'NONE', lowWatermark: 3 })
    expect(await broker.append(name, ['d'])).toBe(3)
    expect((await broker.records(name, 3)).map(({ value }) => String(value))).toEqual(['d'])
  })

  test('deletes all for the end of the log', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    expect(await deleteBefore(broker, name, 2)).toMatchObject({ errorCode: 'NONE', lowWatermark: 2 })
  })

  test('deletes from within a batch, which a fetch still gives whole', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    await deleteBefore(broker, name, 1)
    expect((await broker.records(name, 1)).map(({ offset }) => offset)).toEqual([0, 1, 2])
  })

  test('does not go back', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    await deleteBefore(broker, name, 2)
    expect(await deleteBefore(broker, name, 1)).toMatchObject({ errorCode: 'NONE', lowWatermark: 2 })
  })

  test('does nothing to an empty log', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(await deleteBefore(broker, name, -1)).toMatchObject({ errorCode: 'NONE', lowWatermark: 0 })
  })

  test.for([4, -2])('refuses offset %i of a log of three', async (offset, { broker }) => {
    const { name } = await broker.topicWith(['a', 'b', 'c'])
    expect(await deleteBefore(broker, name, offset)).toEqual({
      partitionIndex: 0,
      errorCode: 'OFFSET_OUT_OF_RANGE',
      lowWatermark: -1,
    })
  })

  test('refuses a topic that is compacted and not deleted', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'cleanup.policy': 'compact' } })
    expect(await deleteBefore(broker, name, 0)).toMatchObject({ errorCode: 'POLICY_VIOLATION', lowWatermark: -1 })
  })

  test('takes a topic that is compacted and deleted', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'cleanup.policy': 'compact,delete' } })
    expect(await deleteBefore(broker, name, 0)).toMatchObject({ errorCode: 'NONE', lowWatermark: 0 })
  })

  test('refuses an internal topic', async ({ broker }) => {
    await broker.group()
    expect((await deleteBefore(broker, '__consumer_offsets', 0)).errorCode).toBe('INVALID_TOPIC_EXCEPTION')
  })

  test('does not know a partition that there is not', async ({ broker }) => {
    const { name } = await broker.topic()
    expect((await deleteBefore(broker, name, 0, { partitionIndex: 4 })).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    expect(await deleteBefore(broker, broker.name('missing'), 0)).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      lowWatermark: -1,
    })
  })
})
