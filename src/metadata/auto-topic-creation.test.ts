// Topics that come to be because someone asked for them: at once an answer, and one creation however often they ask.
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { testIo } from '../io/testing.ts'
import { AutoTopicCreation } from './auto-topic-creation.ts'
import { startedNode } from './testing.ts'
import type { NewTopic, NewTopicResult } from './topic-commands.ts'

const [UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION] = [3, 17]

test('a topic is created with the defaults of the broker, and answered as unknown meanwhile', async () => {
  const { controller, config, image } = await startedNode({ overrides: { 'num.partitions': '3' } })
  const creation = new AutoTopicCreation(controller, () => config.broker, testIo().log)
  expect([...creation.create(['t', 'bad name', ''])]).toEqual([
    ['t', UNKNOWN_TOPIC_OR_PARTITION],
    ['bad name', INVALID_TOPIC_EXCEPTION],
    ['', INVALID_TOPIC_EXCEPTION],
  ])
  await turn()
  expect(image.topicByName('t')?.partitions).toHaveLength(3)
  expect(image.topicCount).toBe(1)
})

test('an internal topic is created as Kafka creates it', async () => {
  const { controller, config, image } = await startedNode({
    overrides: { 'offsets.topic.num.partitions': '4', 'transaction.state.log.num.partitions': '2' },
  })
  const creation = new AutoTopicCreation(controller, () => config.broker, testIo().log)
  creation.create(['__consumer_offsets', '__transaction_state', '__share_group_state'])
  await turn()
  expect(image.topicByName('__consumer_offsets')?.partitions).toHaveLength(4)
  expect([...image.topicConfigs('__consumer_offsets')].sort()).toEqual([
    ['cleanup.policy', 'compact'],
    ['compression.type', 'producer'],
    ['segment.bytes', '104857600'],
  ])
  expect(image.topicByName('__transaction_state')?.partitions).toHaveLength(2)
  expect([...image.topicConfigs('__transaction_state')].sort()).toEqual([
    ['cleanup.policy', 'compact'],
    ['compression.type', 'uncompressed'],
    ['min.insync.replicas', '1'],
    ['segment.bytes', '104857600'],
    ['unclean.leader.election.enable', 'false'],
  ])
  expect([...image.topicConfigs('__share_group_state')].sort()).toEqual([
    ['cleanup.policy', 'delete'],
    ['compression.type', 'producer'],
    ['min.insync.replicas', '1'],
    ['retention.ms', '-1'],
    ['segment.bytes', '104857600'],
  ])
})

test('a topic on its way is not asked for again, and one that failed is', async () => {
  const { config } = await startedNode()
  const asked: string[][] = []
  let answer: (results: NewTopicResult[]) => void = () => undefined
  const createTopics = (topics: readonly NewTopic[]) => {
    asked.push(topics.map(({ name }) => name))
    return new Promise<NewTopicResult[]>((resolve) => {
      answer = resolve
    })
  }
  const { log, lines } = testIo()
  const creation = new AutoTopicCreation({ createTopics }, () => config.broker, log)
  creation.create(['a', 'b'])
  creation.create(['b', 'c'])
  expect(asked).toEqual([['a', 'b'], ['c']])
  const failed = { topicId: '', numPartitions: -1, replicationFactor: -1, configs: new Map() }
  answer([{ ...failed, name: 'c', errorCode: 38, errorMessage: 'too few brokers' }])
  await turn()
  expect(lines).toEqual([
    {
      level: 'warn',
      details: { topic: 'c', errorCode: 38, errorMessage: 'too few brokers' },
      message: 'a topic could not be created automatically',
    },
  ])
  creation.create(['b', 'c'])
  expect(asked.at(-1)).toEqual(['c'])
})
