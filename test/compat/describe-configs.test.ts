// DescribeConfigs: values, where they come from, and what they fall back to.
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

const [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP] = [2, 4, 8, 16, 32]
const [TOPIC_CONFIG, STATIC_BROKER_CONFIG, DEFAULT_CONFIG] = [1, 4, 5]

async function describeOne(
  broker: TestBroker,
  resourceType: number,
  resourceName: string,
  configurationKeys: string[] | null = null,
  { version = 4, ...flags }: { version?: number; includeSynonyms?: boolean; includeDocumentation?: boolean } = {},
) {
  const resources = [{ resourceType, resourceName, configurationKeys }]
  return only((await broker.ask(apis.DescribeConfigs, version, { resources, ...flags })).results)
}

describe('DescribeConfigs of a topic', kip(133), () => {
  test.for([1, 2, 3, 4])('tells a value that was set at version %i', async (version, { broker }) => {
    const { name } = await broker.topic({ configs: { 'retention.ms': '1234' } })
    const result = await describeOne(broker, TOPIC, name, ['retention.ms'], { version })
    expect(result).toMatchObject({ errorCode: 'NONE', resourceType: TOPIC, resourceName: name })
    expect(only(result.configs)).toMatchObject({
      name: 'retention.ms',
      value: '1234',
      readOnly: false,
      configSource: TOPIC_CONFIG,
      isSensitive: false,
      synonyms: [],
    })
  })

  test('tells the default of what was not set', async ({ broker }) => {
    const { name } = await broker.topic()
    const { configs } = await describeOne(broker, TOPIC, name, ['file.delete.delay.ms'])
    expect(only(configs)).toMatchObject({ value: '60000', configSource: DEFAULT_CONFIG })
  })

  test('lists all configs where the keys are null', async ({ broker }) => {
    const { name } = await broker.topic()
    const names = (await describeOne(broker, TOPIC, name)).configs.map((config) => config.name)
    expect(names).toContain('cleanup.policy')
    expect(names).toContain('remote.storage.enable')
    expect(names).toHaveLength(33)
  })

  test('lists all configs where the keys are none', async ({ broker }) => {
    const { name } = await broker.topic()
    expect((await describeOne(broker, TOPIC, name, [])).configs).toHaveLength(33)
  })

  test('leaves out a key that there is not', async ({ broker }) => {
    const { name } = await broker.topic()
    const { configs } = await describeOne(broker, TOPIC, name, ['no.such.config', 'retention.ms'])
    expect(only(configs).name).toBe('retention.ms')
  })

  test('tells the synonyms from the nearest to the farthest', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'segment.index.bytes': '2000000' } })
    const { configs } = await describeOne(broker, TOPIC, name, ['segment.index.bytes'], { includeSynonyms: true })
    expect(only(configs).synonyms).toEqual([
      { name: 'segment.index.bytes', value: '2000000', source: TOPIC_CONFIG },
      { name: 'log.index.size.max.bytes', value: '10485760', source: DEFAULT_CONFIG },
    ])
  })

  test.for([
    ['a number of 64 bits', 'retention.ms', 5],
    ['a number of 32 bits', 'segment.bytes', 3],
    ['a list', 'cleanup.policy', 7],
    ['a boolean', 'unclean.leader.election.enable', 1],
    ['a string', 'compression.type', 2],
    ['a fraction', 'min.cleanable.dirty.ratio', 6],
  ] as const)('tells that a config is %s', async ([, key, configType], { broker }) => {
    const { name } = await broker.topic()
    expect(only((await describeOne(broker, TOPIC, name, [key])).configs).configType).toBe(configType)
  })

  test('documents a config on demand', async ({ broker }) => {
    const { name } = await broker.topic()
    const silent = await describeOne(broker, TOPIC, name, ['retention.ms'])
    const asked = await describeOne(broker, TOPIC, name, ['retention.ms'], { includeDocumentation: true })
    expect(only(silent.configs).documentation).toBeNull()
    expect(only(asked.configs).documentation).toMatch(/\w+ \w+ \w+/)
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    const name = broker.name('missing')
    expect(await describeOne(broker, TOPIC, name)).toEqual({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      errorMessage: '',
      resourceType: TOPIC,
      resourceName: name,
      configs: [],
    })
  })

  test('refuses a name that no topic can have', async ({ broker }) => {
    expect(await describeOne(broker, TOPIC, 'bad name')).toMatchObject({
      errorCode: 'INVALID_TOPIC_EXCEPTION',
      errorMessage:
        "Topic name is invalid: 'bad name' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
      configs: [],
    })
  })

  test('answers each resource of a request', async ({ broker }) => {
    const { name } = await broker.topic()
    const missing = broker.name('missing')
    const resources = [name, missing].map((resourceName) => ({ resourceType: TOPIC, resourceName }))
    const { results } = await broker.ask(apis.DescribeConfigs, 4, { resources })
    const errors = new Map(results.map((result) => [result.resourceName, result.errorCode]))
    expect(errors.get(name)).toBe('NONE')
    expect(errors.get(missing)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })
})

describe('DescribeConfigs of a broker', kip(133), () => {
  const delayed = test.given({ 'group.initial.rebalance.delay.ms': '0' })
  delayed('tells what the broker was started with, and the default behind it', async ({ broker }) => {
    const key = 'group.initial.rebalance.delay.ms'
    const { configs } = await describeOne(broker, BROKER, `${broker.nodeId}`, [key], { includeSynonyms: true })
    expect(only(configs)).toMatchObject({
      value: '0',
      readOnly: true,
      configSource: STATIC_BROKER_CONFIG,
      synonyms: [
        { name: key, value: '0', source: STATIC_BROKER_CONFIG },
        { name: key, value: '3000', source: DEFAULT_CONFIG },
      ],
    })
  })

  test('marks what can be changed while it runs as not read-only', async ({ broker }) => {
    const keys = ['log.cleaner.threads', 'broker.id', 'node.id']
    const { configs } = await describeOne(broker, BROKER, `${broker.nodeId}`, keys)
    const readOnly = Object.fromEntries(configs.map((config) => [config.name, config.readOnly]))
    expect(readOnly).toEqual({ 'log.cleaner.threads': false, 'broker.id': true, 'node.id': true })
  })

  test('hides the value of a password', async ({ broker }) => {
    const { configs } = await describeOne(broker, BROKER, `${broker.nodeId}`, ['ssl.keystore.password'])
    expect(only(configs)).toMatchObject({ value: null, isSensitive: true })
  })

  test('shows a throttle, which is only ever set while a broker runs', async ({ broker }) => {
    const resource = { resourceType: BROKER, resourceName: `${broker.nodeId}` }
    const name = 'leader.replication.throttled.rate'
    const alter = (value: string | null) => {
      const configs = [{ name, configOperation: value === null ? 1 : 0, value }]
      return broker.ask(apis.IncrementalAlterConfigs, 1, { resources: [{ ...resource, configs }] })
    }
    await alter('123456')
    const entry = await eventually('the throttle', async () => {
      return (await describeOne(broker, BROKER, `${broker.nodeId}`, [name], { includeSynonyms: true })).configs[0]
    })
    expect(entry).toMatchObject({
      value: '123456',
      readOnly: false,
      isSensitive: false,
      configType: 5,
      configSource: 2,
      synonyms: [{ name, value: '123456', source: 2 }],
    })
    await alter(null)
  })

  test('tells a listener’s limit that is set for all brokers', async ({ broker }) => {
    const name = 'listener.name.plaintext.num.network.threads'
    const alter = (value: string | null) => {
      const configs = [{ name, configOperation: value === null ? 1 : 0, value }]
      const resources = [{ resourceType: BROKER, resourceName: '', configs }]
      return broker.ask(apis.IncrementalAlterConfigs, 1, { resources })
    }
    expect(only((await alter('3')).responses).errorCode).toBe('NONE')
    const entry = await eventually('the limit', async () => (await describeOne(broker, BROKER, '', [name])).configs[0])
    expect(entry).toMatchObject({ value: '3', configSource: 3, isSensitive: false })
    const own = (await describeOne(broker, BROKER, `${broker.nodeId}`, [name])).configs
    expect(only(own)).toMatchObject({ value: '3', configSource: 3 })
    await alter(null)
  })

  test('lists for the cluster’s default what was set there alone', async ({ broker }) => {
    const { errorCode, configs } = await describeOne(broker, BROKER, '', ['num.io.threads'])
    expect(errorCode).toBe('NONE')
    expect(configs).toEqual([])
  })

  test('speaks for no other broker', async ({ broker }) => {
    const { nodeId, otherNodeId } = broker
    expect(await describeOne(broker, BROKER, `${otherNodeId}`)).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      errorMessage: `Unexpected broker id, expected ${nodeId} or empty string, but received ${otherNodeId}`,
    })
  })

  test('refuses a broker that is no number', async ({ broker }) => {
    expect(await describeOne(broker, BROKER, 'x')).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      errorMessage: 'Broker id must be an integer, but it is: x',
    })
  })
})

describe('DescribeConfigs of other things', kip(133), () => {
  test('tells a group’s configs though nobody has joined it', async ({ broker }) => {
    const { errorCode, configs } = await describeOne(broker, GROUP, broker.name('group'), [
      'consumer.session.timeout.ms',
    ])
    expect(errorCode).toBe('NONE')
    expect(only(configs)).toMatchObject({ value: '45000', configSource: DEFAULT_CONFIG })
  })

  test('refuses a group without a name', async ({ broker }) => {
    expect(await describeOne(broker, GROUP, '')).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      errorMessage: 'Group name must not be empty',
    })
  })

  test('tells the defaults of a subscription of client metrics that nobody made', async ({ broker }) => {
    const { errorCode, configs } = await describeOne(broker, CLIENT_METRICS, broker.name('metrics'))
    expect(errorCode).toBe('NONE')
    expect(configs.map(({ name, value }) => [name, value]).sort()).toEqual([
      ['interval.ms', '300000'],
      ['match', ''],
      ['metrics', ''],
    ])
  })

  test('refuses loggers of a broker that is another', async ({ broker }) => {
    const { nodeId, otherNodeId } = broker
    expect(await describeOne(broker, BROKER_LOGGER, `${otherNodeId}`)).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      errorMessage: `Unexpected broker id, expected ${nodeId} but received ${otherNodeId}`,
    })
  })

  test('refuses a type of resource that there is not', async ({ broker }) => {
    expect(await describeOne(broker, 99, 'x')).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      resourceType: 99,
      resourceName: 'x',
      configs: [],
    })
  })
})
