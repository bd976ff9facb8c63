// OffsetForLeaderEpoch: where a leader's epoch ended.
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'

async function ask(
  broker: TestBroker,
  topic: string,
  leaderEpoch: number,
  { version = 4, currentLeaderEpoch = -1, partition = 0 } = {},
) {
  const topics = [{ topic, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }]
  const answer = await broker.ask(apis.OffsetForLeaderEpoch, version, { topics })
  return only(only(answer.topics).partitions)
}

describe('OffsetForLeaderEpoch', kip(320), () => {
  test.for([2, 3, 4])('tells the end of the log for the epoch of today at version %i', async (version, { broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    expect(await ask(broker, name, 0, { version })).toEqual({
      errorCode: 'NONE',
      partition: 0,
      leaderEpoch: 0,
      endOffset: 2,
    })
  })

  test('tells the end of an empty log', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(await ask(broker, name, 0)).toMatchObject({ errorCode: 'NONE', leaderEpoch: 0, endOffset: 0 })
  })

  test.for([3, -1])('has no end for epoch %i', async (leaderEpoch, { broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect(await ask(broker, name, leaderEpoch)).toMatchObject({ errorCode: 'NONE', leaderEpoch: -1, endOffset: -1 })
  })

  test('does not know a current epoch that is yet to come', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    expect(await ask(broker, name, 0, { currentLeaderEpoch: 7 })).toMatchObject({
      errorCode: 'UNKNOWN_LEADER_EPOCH',
      leaderEpoch: -1,
      endOffset: -1,
    })
  })

  test('does not know a partition that there is not', async ({ broker }) => {
    const { name } = await broker.topic()
    expect((await ask(broker, name, 0, { partition: 5 })).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    expect((await ask(broker, broker.name('missing'), 0)).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })
})
