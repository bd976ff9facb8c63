// CreateTopics, DeleteTopics, CreatePartitions, DescribeLogDirs.
import { apis } from '../../../src/wire/index.ts'
import { everyVersion, type Script } from '../recorder.ts'
import { unknownTopicId } from './cluster.ts'

const createTopics = everyVersion(apis.CreateTopics, async (broker, version, tag) => {
  const ask = (topics: object[], note: string, validateOnly = false) =>
    broker.ask(apis.CreateTopics, version, { topics, timeoutMs: 30_000, validateOnly }, note)
  const plain = { numPartitions: 2, replicationFactor: 1 }
  await ask([{ name: `${tag}-a`, ...plain }], 'a topic')
  await ask([{ name: `${tag}-a`, ...plain }], 'which exists')
  await ask([{ name: `${tag}-b`, ...plain, configs: [{ name: 'retention.ms', value: '5' }] }], 'with a config')
  await ask([{ name: `${tag}-c`, ...plain, configs: [{ name: 'retention.ms', value: 'x' }] }], 'with a bad config')
  await ask([{ name: `${tag}-c`, ...plain, configs: [{ name: 'nope', value: '1' }] }], 'with an unknown config')
  await ask([{ name: `${tag}-c`, ...plain }], 'validate only', true)
  await ask([{ name: `${tag}.dot`, ...plain }], 'a name with a dot')
  await ask([{ name: `${tag}_dot`, ...plain }], 'a name that collides')
  await ask(
    [
      { name: '', ...plain },
      { name: '.', ...plain },
      { name: 'a b', ...plain },
      { name: 'y'.repeat(250), ...plain },
    ],
    'invalid names',
  )
  await ask([{ name: `${tag}-e`, numPartitions: 0, replicationFactor: 1 }], 'no partitions')
  await ask([{ name: `${tag}-e`, numPartitions: -2, replicationFactor: 1 }], 'negative partitions')
  await ask([{ name: `${tag}-e`, numPartitions: 1, replicationFactor: 0 }], 'no replicas')
  await ask([{ name: `${tag}-e`, numPartitions: 1, replicationFactor: 3 }], 'too many replicas')
  await ask(
    [
      { name: `${tag}-twice`, ...plain },
      { name: `${tag}-twice`, ...plain },
    ],
    'twice in one request',
  )
  const assigned = (assignments: object[]) => ({ numPartitions: -1, replicationFactor: -1, assignments })
  await ask(
    [
      {
        name: `${tag}-f`,
        ...assigned([
          { partitionIndex: 0, brokerIds: [1] },
          { partitionIndex: 1, brokerIds: [1] },
        ]),
      },
    ],
    'assigned',
  )
  await ask([{ name: `${tag}-g`, ...assigned([{ partitionIndex: 1, brokerIds: [1] }]) }], 'assigned from 1')
  await ask([{ name: `${tag}-g`, ...assigned([{ partitionIndex: 0, brokerIds: [9] }]) }], 'assigned to nobody')
  await ask([{ name: `${tag}-g`, ...assigned([{ partitionIndex: 0, brokerIds: [1, 1] }]) }], 'assigned twice')
  await ask([{ name: `${tag}-g`, ...assigned([{ partitionIndex: 0, brokerIds: [] }]) }], 'assigned to none')
  await ask(
    [{ name: `${tag}-g`, ...plain, assignments: [{ partitionIndex: 0, brokerIds: [1] }] }],
    'assigned and counted',
  )
  if (version >= 4) await ask([{ name: `${tag}-h`, numPartitions: -1, replicationFactor: -1 }], 'defaults')
  await ask([], 'nothing')
  const late = [{ name: `${tag}-late`, ...plain }]
  await broker.ask(apis.CreateTopics, version, { topics: late, timeoutMs: 0 }, 'in no time')
})

const deleteTopics = everyVersion(apis.DeleteTopics, async (broker, version, tag) => {
  const id = await broker.topic(`${tag}-a`)
  await broker.topic(`${tag}-b`)
  const ask = (names: string[], note: string) =>
    version >= 6
      ? broker.ask(apis.DeleteTopics, version, { topics: names.map((name) => ({ name })), timeoutMs: 30_000 }, note)
      : broker.ask(apis.DeleteTopics, version, { topicNames: names, timeoutMs: 30_000 }, note)
  await ask([`${tag}-b`, `${tag}-missing`], 'one of two')
  await ask([`${tag}-b`], 'again')
  await ask([`${tag}-a`, `${tag}-a`], 'twice in one request')
  await ask([''], 'no name')
  if (version < 6) return
  const byId = (topics: object[], note: string) =>
    broker.ask(apis.DeleteTopics, version, { topics, timeoutMs: 30_000 }, note)
  await byId([{ name: null, topicId: id }], 'by id')
  await byId([{ name: null, topicId: unknownTopicId }], 'by an unknown id')
  await byId([{ name: `${tag}-b`, topicId: unknownTopicId }], 'by name and id')
  await byId([{ name: null }], 'by nothing')
})

const createPartitions = everyVersion(apis.CreatePartitions, async (broker, version, tag) => {
  await broker.topic(tag, 2)
  const ask = (topics: object[], note: string, validateOnly = false) =>
    broker.ask(apis.CreatePartitions, version, { topics, timeoutMs: 30_000, validateOnly }, note)
  await ask([{ name: tag, count: 3, assignments: null }], 'one more', true)
  await ask([{ name: tag, count: 3, assignments: null }], 'one more')
  await ask([{ name: tag, count: 3, assignments: null }], 'as many')
  await ask([{ name: tag, count: 1, assignments: null }], 'fewer')
  await ask([{ name: tag, count: -1, assignments: null }], 'negative')
  await ask([{ name: tag, count: 4, assignments: [{ brokerIds: [1] }] }], 'assigned')
  await ask([{ name: tag, count: 6, assignments: [{ brokerIds: [1] }] }], 'too few assignments')
  await ask([{ name: tag, count: 5, assignments: [{ brokerIds: [7] }] }], 'assigned to nobody')
  await ask([{ name: tag, count: 5, assignments: [{ brokerIds: [1, 1] }] }], 'assigned twice')
  await ask([{ name: `${tag}-missing`, count: 5, assignments: null }], 'a missing topic')
  await ask(
    [
      { name: tag, count: 5, assignments: null },
      { name: tag, count: 6, assignments: null },
    ],
    'twice in one request',
  )
})

const describeLogDirs = everyVersion(apis.DescribeLogDirs, async (broker, version, tag) => {
  await broker.topic(tag, 2)
  await broker.produce(tag, ['a', 'b'])
  await broker.ask(apis.DescribeLogDirs, version, { topics: [{ topic: tag, partitions: [0, 1] }] })
  await broker.ask(apis.DescribeLogDirs, version, { topics: [{ topic: tag, partitions: [7] }] }, 'an unknown partition')
  await broker.ask(apis.DescribeLogDirs, version, { topics: [] }, 'no topics')
})

export const topicScripts: readonly Script[] = [
  ...createTopics,
  ...deleteTopics,
  ...createPartitions,
  ...describeLogDirs,
]
