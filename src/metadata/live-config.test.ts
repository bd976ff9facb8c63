// The broker's configuration as it is now, and who is told when it is another.
import { expect, test } from 'vitest'
import { startedNode } from './testing.ts'

const [TOPIC, BROKER] = [2, 4]
const [SET, DELETE] = [0, 1]

async function node() {
  const { controller, config } = await startedNode({ overrides: { 'log.retention.ms': '1000' } })
  const topics = ['a', 'b'].map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }))
  await controller.createTopics(topics)
  const alter = async (resourceType: number, resourceName: string, name: string, value: string | null) => {
    const configs = [{ name, configOperation: value === null ? DELETE : SET, value }]
    const [error] = await controller.incrementalAlterConfigs([{ resourceType, resourceName, configs }])
    expect(error?.errorMessage).toBeNull()
  }
  const told: [broker: boolean, topics: string[]][] = []
  config.subscribe(({ broker, topics }) => told.push([broker, [...topics].sort()]))
  return { controller, config, alter, told }
}

test('a topic has its own value, else the broker’s, else the cluster’s, else the one it was started with', async () => {
  const { config, alter } = await node()
  const retention = () => config.topic('a').retentionMs
  expect(retention()).toBe(1000)
  await alter(BROKER, '', 'log.retention.ms', '2000')
  expect(retention()).toBe(2000)
  await alter(BROKER, '1', 'log.retention.ms', '3000')
  expect(retention()).toBe(3000)
  await alter(TOPIC, 'a', 'retention.ms', '4000')
  expect(retention()).toBe(4000)
  await alter(TOPIC, 'a', 'retention.ms', null)
  await alter(BROKER, '1', 'log.retention.ms', null)
  await alter(BROKER, '', 'log.retention.ms', null)
  expect(retention()).toBe(1000)
})

test('a topic’s resolved configuration stays the same object until something changes', async () => {
  const { config, alter } = await node()
  const before = config.topic('a')
  await alter(TOPIC, 'b', 'retention.ms', '4000')
  expect(config.topic('a')).toBe(before)
  await alter(TOPIC, 'a', 'retention.ms', '4000')
  expect(config.topic('a')).not.toBe(before)
})

test('a change of a topic is told of that topic, and one of the broker of all', async () => {
  const { alter, told } = await node()
  await alter(TOPIC, 'a', 'retention.ms', '4000')
  await alter(BROKER, '', 'log.retention.ms', '2000')
  expect(told).toEqual([
    [false, ['a']],
    [true, ['a', 'b']],
  ])
})

test('a change for another broker or a group is nobody’s here', async () => {
  const { controller, told } = await node()
  const configs = [{ name: 'consumer.session.timeout.ms', configOperation: SET, value: '50000' }]
  await controller.incrementalAlterConfigs([{ resourceType: 32, resourceName: 'g', configs }])
  expect(told).toEqual([])
})

test('a topic that is made again under the name of an old one does not have its configuration', async () => {
  const { controller, config } = await node()
  const create = (value: string) =>
    controller.createTopics([
      { name: 'c', numPartitions: 1, replicationFactor: 1, configs: [{ name: 'retention.ms', value }] },
    ])
  const [created] = await create('5')
  expect(config.topic('c').retentionMs).toBe(5)
  await controller.deleteTopics([created?.topicId ?? ''])
  expect(config.topic('c').retentionMs).toBe(1000)
  await create('6')
  expect(config.topic('c').retentionMs).toBe(6)
})
