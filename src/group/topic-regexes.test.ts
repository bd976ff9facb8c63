// Regular expressions as subscriptions: when they are resolved, and when again.
import { describe, expect, test } from 'vitest'
import { errorOf, turn } from '../../test/support/coordinator-storage.ts'
import { Consumer, settle, settledConsumers } from '../../test/support/group-consumer.ts'
import { createTopic, deleteTopic, type GroupRoom, groupRoom } from '../../test/support/group-room.ts'
import { KafkaError } from '../wire/index.ts'
import { groupRecordCodec } from './records.ts'

const NOW = { 'group.consumer.assignment.interval.ms': '0' }

async function withRegex(regex: string, ...topics: string[]): Promise<{ room: GroupRoom; consumer: Consumer }> {
  const room = await groupRoom(NOW)
  for (const topic of topics) createTopic(room, topic, 1)
  const consumer = new Consumer(room, 'g', { regex })
  await consumer.join()
  await room.pass(0)
  await settle(room, [consumer])
  return { room, consumer }
}

describe('a regular expression', () => {
  test('is resolved after the heartbeat that brings it, and the next one brings the topics', async () => {
    const room = await groupRoom(NOW)
    const consumer = new Consumer(room, 'g', { regex: 'r.*|green' })
    expect((await consumer.join()).assignment).toEqual({ topicPartitions: [] })
    await turn()
    await room.pass(0)
    await consumer.beat()
    expect(consumer.partitions).toEqual(['red-0', 'red-1'])
    const [described] = await room.groups.describeConsumerGroups(['g'])
    expect(described?.members).toMatchObject([{ subscribedTopicRegex: 'r.*|green', subscribedTopicNames: [] }])
  })

  test('has to match the whole name', async () => {
    const { consumer } = await withRegex('re', 'greet', 're')
    expect(consumer.partitions).toEqual(['re-0'])
  })

  test('may be there beside names', async () => {
    const room = await groupRoom(NOW)
    const consumer = new Consumer(room, 'g', { regex: 'r.d', topics: ['blue'] })
    await consumer.join()
    expect(consumer.partitions).toEqual(['blue-0', 'blue-1'])
    await room.pass(0)
    await settle(room, [consumer])
    expect(consumer.partitions.toSorted()).toEqual(['blue-0', 'blue-1', 'red-0', 'red-1'])
  })

  test('that is none is refused, and the member with it', async () => {
    const room = await groupRoom()
    const consumer = new Consumer(room, 'g', { regex: '(a' })
    const joining = consumer.join()
    await expect(joining).rejects.toThrow(KafkaError)
    await expect(joining).rejects.toMatchObject({
      codeName: 'INVALID_REGULAR_EXPRESSION',
      errorMessage: 'SubscribedTopicRegex `(a` is not a valid regular expression: missing closing ).',
    })
    expect(await errorOf(consumer.beat({ memberEpoch: 1 }))).toBe('GROUP_ID_NOT_FOUND')
  })

  test('of what RE2 does not know is none: a look ahead, a reference back', async () => {
    const room = await groupRoom()
    for (const regex of ['(?=a)', '(a)\\1', 'a**']) {
      expect(await errorOf(new Consumer(room, 'g', { regex }).join()), regex).toBe('INVALID_REGULAR_EXPRESSION')
    }
  })

  test('that is empty is none at all', async () => {
    const { room, consumer } = await withRegex('r.*')
    await consumer.beat({ subscribedTopicRegex: '' })
    await settle(room, [consumer])
    expect(consumer.partitions).toEqual([])
  })

  test('stands for the same topics for all who have it, at once', async () => {
    const { room, consumer } = await withRegex('r.*')
    const other = new Consumer(room, 'g', { regex: 'r.*' })
    await other.join()
    await settle(room, [consumer, other])
    expect([...consumer.partitions, ...other.partitions].toSorted()).toEqual(['red-0', 'red-1'])
  })
})

describe('a topic that is made', () => {
  test('is seen with a heartbeat, and not before the expressions are ten seconds old', async () => {
    const { room, consumer } = await withRegex('g.*|r.*')
    await room.pass(0)
    createTopic(room, 'green', 1)
    await consumer.beat()
    await room.pass(0)
    await consumer.beat()
    expect(consumer.partitions, 'too early').not.toContain('green-0')
    await room.pass(10_001)
    await consumer.beat()
    await room.pass(0)
    await settle(room, [consumer])
    expect(consumer.partitions).toContain('green-0')
  })

  test('is seen after a restart too, whatever happened meanwhile', async () => {
    const { room, consumer } = await withRegex('g.*')
    createTopic(room, 'green', 1)
    const after = await room.restarted()
    consumer.room = after
    await after.pass(10_001)
    await consumer.beat()
    await after.pass(0)
    await settle(after, [consumer])
    expect(consumer.partitions).toEqual(['green-0'])
  })
})

describe('a topic that goes', () => {
  test('is gone from the assignment with the next heartbeat', async () => {
    const { room, consumer } = await withRegex('g.*|red', 'green')
    expect(consumer.partitions.toSorted()).toEqual(['green-0', 'red-0', 'red-1'])
    deleteTopic(room, 'green')
    await settle(room, [consumer])
    expect(consumer.partitions).toEqual(['red-0', 'red-1'])
  })
})

describe('what is written of an expression', () => {
  test('goes with the last who has it', async () => {
    const { room, consumer } = await withRegex('r.*')
    const [other] = await settledConsumers(room, 'g', { topics: ['blue'] })
    await settle(room, [consumer, other as Consumer])
    const records = () => [0, 1, 2].flatMap((index) => room.storage.entries(index)).filter((entry) => 'key' in entry)
    const ofRegexes = () => records().filter(({ key }) => key?.readInt16BE(0) === 16)
    expect(ofRegexes().map(({ value }) => value !== null)).toEqual([true])
    await consumer.leave()
    expect(ofRegexes().map(({ value }) => value !== null)).toEqual([true, false])
  })

  test('is written again after ten minutes, to know that it is current', async () => {
    const { room, consumer } = await withRegex('r.*')
    const written = () => [0, 1, 2].reduce((sum, index) => sum + room.storage.entries(index).length, 0)
    const before = written()
    const beatAfter = async (ms: number) => {
      await room.pass(ms)
      await consumer.beat()
      await room.pass(0)
      return written() - before
    }
    const resolvedMsAgo = room.io.clock.now() - resolvedAt(room)
    let passed = resolvedMsAgo
    for (; passed + 30_000 <= 600_000; passed += 30_000) expect(await beatAfter(30_000)).toBe(0)
    expect(await beatAfter(600_000 - passed)).toBe(0)
    expect(await beatAfter(1)).toBe(1)
  })
})

/** When the expressions were resolved last, as their records tell. */
function resolvedAt({ storage }: GroupRoom): number {
  const entries = [0, 1, 2].flatMap((index) => storage.entries(index))
  const times = entries.map((entry) => {
    if (!('key' in entry) || entry.key === null || entry.value === null) return 0
    const record = groupRecordCodec.decode(entry.key, entry.value)
    return record?.type === 'ConsumerGroupRegularExpression' ? (record.value?.timestamp ?? 0) : 0
  })
  return Math.max(...times)
}
