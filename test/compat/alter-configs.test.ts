// IncrementalAlterConfigs, AlterConfigs and ListConfigResources: what changes, what is refused, what is left as it was.
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

const [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP] = [2, 4, 8, 16, 32]
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3]

type Change = readonly [name: string, operation: number, value: string | null]

async function alter(
  broker: TestBroker,
  resourceType: number,
  resourceName: string,
  changes: readonly Change[],
  { version = 1, validateOnly = false } = {},
) {
  const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }))
  const resources = [{ resourceType, resourceName, configs }]
  return only((await broker.ask(apis.IncrementalAlterConfigs, version, { resources, validateOnly })).responses)
}

async function alterAll(
  broker: TestBroker,
  resourceType: number,
  resourceName: string,
  values: Readonly<Record<string, string | null>>,
  { version = 2, validateOnly = false } = {},
) {
  const configs = Object.entries(values).map(([name, value]) => ({ name, value }))
  const resources = [{ resourceType, resourceName, configs }]
  return only((await broker.ask(apis.AlterConfigs, version, { resources, validateOnly })).responses)
}

async function configOf(broker: TestBroker, resourceType: number, resourceName: string, key: string) {
  const resources = [{ resourceType, resourceName, configurationKeys: [key] }]
  const { configs } = only((await broker.ask(apis.DescribeConfigs, 4, { resources })).results)
  return configs[0]
}

/** The change that undoes a later one: a broker in use may have the config set already. */
async function putBack(broker: TestBroker, node: string, key: string): Promise<Change> {
  const { value = null, configSource } = (await configOf(broker, BROKER, node, key)) ?? {}
  return configSource === (node === '' ? 3 : 2) ? [key, SET, value] : [key, DELETE, null]
}

async function topicValue(broker: TestBroker, topic: string, key: string): Promise<string | null | undefined> {
  return (await configOf(broker, TOPIC, topic, key))?.value
}

/** The image that DescribeConfigs reads follows the controller's answer. */
function becomes(broker: TestBroker, topic: string, key: string, value: string): Promise<true> {
  return eventually(`${key} of ${topic} to be ${value}`, async () => {
    return (await topicValue(broker, topic, key)) === value ? true : undefined
  })
}

describe('IncrementalAlterConfigs', kip(339), () => {
  test.for([0, 1])('sets a config at version %i', async (version, { broker }) => {
    const { name } = await broker.topic()
    expect(await alter(broker, TOPIC, name, [['retention.ms', SET, '99']], { version })).toEqual({
      errorCode: 'NONE',
      errorMessage: null,
      resourceType: TOPIC,
      resourceName: name,
    })
    await becomes(broker, name, 'retention.ms', '99')
  })

  test('leaves the other configs as they are', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'segment.bytes': '2000000' } })
    await alter(broker, TOPIC, name, [['retention.ms', SET, '99']])
    await becomes(broker, name, 'retention.ms', '99')
    expect(await topicValue(broker, name, 'segment.bytes')).toBe('2000000')
  })

  test('deletes a config, so that the default holds again', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'file.delete.delay.ms': '99' } })
    expect((await alter(broker, TOPIC, name, [['file.delete.delay.ms', DELETE, null]])).errorCode).toBe('NONE')
    await becomes(broker, name, 'file.delete.delay.ms', '60000')
  })

  test('deletes a config that was never set without a word', async ({ broker }) => {
    const { name } = await broker.topic()
    expect((await alter(broker, TOPIC, name, [['retention.ms', DELETE, null]])).errorCode).toBe('NONE')
  })

  test('appends to a list', async ({ broker }) => {
    const { name } = await broker.topic()
    expect((await alter(broker, TOPIC, name, [['cleanup.policy', APPEND, 'compact']])).errorCode).toBe('NONE')
    await becomes(broker, name, 'cleanup.policy', 'delete,compact')
  })

  test('appends nothing that the list has', async ({ broker }) => {
    const { name } = await broker.topic()
    await alter(broker, TOPIC, name, [['cleanup.policy', APPEND, 'delete']])
    await alter(broker, TOPIC, name, [['retention.ms', SET, '7']])
    await becomes(broker, name, 'retention.ms', '7')
    expect(await topicValue(broker, name, 'cleanup.policy')).toBe('delete')
  })

  test('subtracts from a list', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'cleanup.policy': 'compact,delete' } })
    expect((await alter(broker, TOPIC, name, [['cleanup.policy', SUBTRACT, 'delete']])).errorCode).toBe('NONE')
    await becomes(broker, name, 'cleanup.policy', 'compact')
  })

  test('subtracts what the list does not have without a word', async ({ broker }) => {
    const { name } = await broker.topic()
    expect((await alter(broker, TOPIC, name, [['cleanup.policy', SUBTRACT, 'compact']])).errorCode).toBe('NONE')
  })

  test('only validates when told so', async ({ broker }) => {
    const { name } = await broker.topic()
    const changes: Change[] = [['file.delete.delay.ms', SET, '99']]
    expect((await alter(broker, TOPIC, name, changes, { validateOnly: true })).errorCode).toBe('NONE')
    await alter(broker, TOPIC, name, [['segment.ms', SET, '7']])
    await becomes(broker, name, 'segment.ms', '7')
    expect(await topicValue(broker, name, 'file.delete.delay.ms')).toBe('60000')
  })

  test('changes nothing of a resource where one of its changes is refused', async ({ broker }) => {
    const { name } = await broker.topic()
    const changes: Change[] = [
      ['segment.ms', SET, '99'],
      ['retention.ms', SET, 'x'],
    ]
    expect((await alter(broker, TOPIC, name, changes)).errorCode).toBe('INVALID_CONFIG')
    await alter(broker, TOPIC, name, [['flush.ms', SET, '7']])
    await becomes(broker, name, 'flush.ms', '7')
    expect(await topicValue(broker, name, 'segment.ms')).toBe('604800000')
  })

  test.for<[string, Change[], string, string | null]>([
    [
      'to append to what is no list',
      [['retention.ms', APPEND, '1']],
      'INVALID_CONFIG',
      "Can't APPEND to key retention.ms because its type is not LIST.",
    ],
    [
      'to subtract from what is no list',
      [['retention.ms', SUBTRACT, '1']],
      'INVALID_CONFIG',
      "Can't SUBTRACT to key retention.ms because its type is not LIST.",
    ],
    ['to set null', [['retention.ms', SET, null]], 'INVALID_REQUEST', 'Null value not supported for : retention.ms'],
    [
      'a number out of range',
      [['retention.ms', SET, '-2']],
      'INVALID_CONFIG',
      'Invalid value -2 for configuration retention.ms: Value must be at least -1',
    ],
    [
      'a number that is none',
      [['retention.ms', SET, 'x']],
      'INVALID_CONFIG',
      'Invalid value x for configuration retention.ms: Not a number of type LONG',
    ],
    [
      'to append what a list cannot hold',
      [['cleanup.policy', APPEND, 'shred']],
      'INVALID_CONFIG',
      'Invalid value shred for configuration cleanup.policy: String must be one of: compact, delete',
    ],
    [
      'the same key twice',
      [
        ['retention.ms', SET, '1'],
        ['retention.ms', SET, '2'],
      ],
      'INVALID_REQUEST',
      'Error due to duplicate config keys',
    ],
    [
      'a config that there is not',
      [['no.such.config', SET, '1']],
      'INVALID_CONFIG',
      'Unknown topic config name: no.such.config',
    ],
    ['an operation that there is not', [['retention.ms', 9, '1']], 'UNKNOWN_SERVER_ERROR', null],
  ])('refuses %s', async ([, changes, errorCode, errorMessage], { broker }) => {
    const { name } = await broker.topic()
    expect(await alter(broker, TOPIC, name, changes)).toMatchObject({ errorCode, errorMessage })
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    const name = broker.name('missing')
    expect(await alter(broker, TOPIC, name, [['retention.ms', SET, '1']])).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      errorMessage: `The topic '${name}' does not exist.`,
    })
  })

  test('refuses a resource named twice in one request, and changes nothing', async ({ broker }) => {
    const { name } = await broker.topic()
    const resource = (value: string) => ({
      resourceType: TOPIC,
      resourceName: name,
      configs: [{ name: 'file.delete.delay.ms', configOperation: SET, value }],
    })
    const { responses } = await broker.ask(apis.IncrementalAlterConfigs, 1, {
      resources: [resource('1'), resource('2')],
    })
    expect(responses).toHaveLength(2)
    for (const response of responses) {
      expect(response).toMatchObject({
        errorCode: 'INVALID_REQUEST',
        errorMessage: 'Each resource must appear at most once.',
      })
    }
    expect(await topicValue(broker, name, 'file.delete.delay.ms')).toBe('60000')
  })

  test('refuses to alter what of a broker is read-only', async ({ broker }) => {
    expect(await alter(broker, BROKER, `${broker.nodeId}`, [['broker.id', SET, '5']])).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      errorMessage: 'Cannot update these configs dynamically: [broker.id]',
    })
  })

  test('refuses to alter another broker', async ({ broker }) => {
    const { nodeId, otherNodeId } = broker
    expect(await alter(broker, BROKER, `${otherNodeId}`, [['log.cleaner.threads', SET, '2']])).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      errorMessage: `Unexpected broker id, expected ${nodeId}, but received ${otherNodeId}`,
    })
  })

  test('refuses to alter a logger that there is not', async ({ broker }) => {
    const changes: Change[] = [['kafka.server.NoSuchLogger', SET, 'DEBUG']]
    expect(await alter(broker, BROKER_LOGGER, `${broker.nodeId}`, changes)).toMatchObject({
      errorCode: 'INVALID_CONFIG',
      errorMessage: 'Logger kafka.server.NoSuchLogger does not exist!',
    })
  })

  test.for<[string, number, string, Change[], string, string]>([
    [
      'a broker that is no number',
      BROKER,
      'x',
      [['log.cleaner.threads', SET, '2']],
      'INVALID_REQUEST',
      'Node id must be an integer, but it is: x',
    ],
    [
      'a group without a name',
      GROUP,
      '',
      [['consumer.session.timeout.ms', SET, '50000']],
      'INVALID_REQUEST',
      'Default group resources are not allowed.',
    ],
    ['a type of resource that there is not', 99, 'x', [['a', SET, 'b']], 'INVALID_REQUEST', 'Unknown resource type 99'],
  ])('refuses to alter %s', async ([, type, name, changes, errorCode, errorMessage], { broker }) => {
    expect(await alter(broker, type, name, changes)).toMatchObject({ errorCode, errorMessage })
  })

  test('sets a config of a group that nobody has joined', async ({ broker }) => {
    const group = broker.name('group')
    expect((await alter(broker, GROUP, group, [['consumer.session.timeout.ms', SET, '50000']])).errorCode).toBe('NONE')
    await eventually('the group’s config', async () => {
      return (await configOf(broker, GROUP, group, 'consumer.session.timeout.ms'))?.value === '50000'
    })
  })

  test('refuses a session timeout of a group beyond the broker’s bounds', async ({ broker }) => {
    const answer = await alter(broker, GROUP, broker.name('group'), [['consumer.session.timeout.ms', SET, '1']])
    expect(answer.errorCode).toBe('INVALID_CONFIG')
  })

  test('sets a broker’s config while it runs, above the static one, and takes it back', async ({ broker }) => {
    const key = 'log.cleaner.backoff.ms'
    const node = `${broker.nodeId}`
    const value = async () => (await configOf(broker, BROKER, node, key))?.value
    const [before, back] = [await value(), await putBack(broker, node, key)]
    expect((await alter(broker, BROKER, node, [[key, SET, '16000']])).errorCode).toBe('NONE')
    await eventually('the new value', async () => (await value()) === '16000')
    expect(await configOf(broker, BROKER, node, key)).toMatchObject({ configSource: 2 })
    expect((await alter(broker, BROKER, node, [back])).errorCode).toBe('NONE')
    await eventually('the old value', async () => (await value()) === before)
  })

  test('sets a default for all brokers, which a topic’s config falls back to', async ({ broker }) => {
    const { name } = await broker.topic()
    const key = 'log.index.interval.bytes'
    const ofTopic = () => configOf(broker, TOPIC, name, 'index.interval.bytes')
    const [before, back] = [(await ofTopic())?.value, await putBack(broker, '', key)]
    expect((await alter(broker, BROKER, '', [[key, SET, '5000']])).errorCode).toBe('NONE')
    await eventually('the topic to follow', async () => (await ofTopic())?.value === '5000')
    expect(await ofTopic()).toMatchObject({ configSource: 3 })
    expect((await alter(broker, BROKER, '', [back])).errorCode).toBe('NONE')
    await eventually('the topic to be back', async () => (await ofTopic())?.value === before)
  })
})

describe('AlterConfigs', kip(133), () => {
  test.for([0, 1, 2])('replaces all that was set, at version %i', async (version, { broker }) => {
    const { name } = await broker.topic({ configs: { 'file.delete.delay.ms': '99' } })
    expect(await alterAll(broker, TOPIC, name, { 'segment.bytes': '2000000' }, { version })).toMatchObject({
      errorCode: 'NONE',
      errorMessage: null,
    })
    await becomes(broker, name, 'segment.bytes', '2000000')
    expect(await topicValue(broker, name, 'file.delete.delay.ms')).toBe('60000')
  })

  test('clears a topic’s configs where it is given none', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'file.delete.delay.ms': '99' } })
    expect((await alterAll(broker, TOPIC, name, {})).errorCode).toBe('NONE')
    await becomes(broker, name, 'file.delete.delay.ms', '60000')
  })

  test('only validates when told so', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'retention.ms': '99' } })
    const answer = await alterAll(broker, TOPIC, name, { 'segment.bytes': '2000000' }, { validateOnly: true })
    expect(answer.errorCode).toBe('NONE')
    expect(await topicValue(broker, name, 'retention.ms')).toBe('99')
  })

  test.for<[string, Record<string, string | null>, string, string]>([
    [
      'a number that is none',
      { 'segment.bytes': 'x' },
      'INVALID_CONFIG',
      'Invalid value x for configuration segment.bytes: Not a number of type INT',
    ],
    ['a config that there is not', { nope: 'x' }, 'INVALID_CONFIG', 'Unknown topic config name: nope'],
    ['null', { 'segment.bytes': null }, 'INVALID_REQUEST', 'Null value not supported for : segment.bytes'],
  ])('refuses %s', async ([, values, errorCode, errorMessage], { broker }) => {
    const { name } = await broker.topic()
    expect(await alterAll(broker, TOPIC, name, values)).toMatchObject({ errorCode, errorMessage })
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    expect((await alterAll(broker, TOPIC, broker.name('missing'), {})).errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })
})

describe('ListConfigResources', kip(1142), () => {
  test('lists the subscriptions of client metrics, at version 0 alone', async ({ broker }) => {
    const name = broker.name('metrics')
    await alter(broker, CLIENT_METRICS, name, [['interval.ms', SET, '1000']])
    await eventually('the subscription', async () => {
      const { configResources } = await broker.ask(apis.ListConfigResources, 0, {})
      return configResources.some(({ resourceName }) => resourceName === name)
    })
  })

  test('lists the resources of a type', async ({ broker }) => {
    const { name } = await broker.topic()
    const { errorCode, configResources } = await broker.ask(apis.ListConfigResources, 1, { resourceTypes: [TOPIC] })
    expect(errorCode).toBe('NONE')
    expect(configResources).toContainEqual({ resourceName: name, resourceType: TOPIC })
    expect(new Set(configResources.map(({ resourceType }) => resourceType))).toEqual(new Set([TOPIC]))
  })

  test('lists the brokers', async ({ broker }) => {
    const { configResources } = await broker.ask(apis.ListConfigResources, 1, { resourceTypes: [BROKER] })
    expect(configResources).toEqual([{ resourceName: `${broker.nodeId}`, resourceType: BROKER }])
  })

  test('lists the groups with configs', async ({ broker }) => {
    const group = broker.name('group')
    await alter(broker, GROUP, group, [['consumer.session.timeout.ms', SET, '50000']])
    await eventually('the group', async () => {
      const { configResources } = await broker.ask(apis.ListConfigResources, 1, { resourceTypes: [GROUP] })
      return configResources.some(({ resourceName }) => resourceName === group)
    })
  })

  test('lists all types where none is named', async ({ broker }) => {
    const { name } = await broker.topic()
    const { configResources } = await broker.ask(apis.ListConfigResources, 1, { resourceTypes: [] })
    expect(configResources).toContainEqual({ resourceName: name, resourceType: TOPIC })
    const resourceName = `${broker.nodeId}`
    expect(configResources).toContainEqual({ resourceName, resourceType: BROKER })
    expect(configResources).toContainEqual({ resourceName, resourceType: BROKER_LOGGER })
  })

  test('refuses a type that there is not', async ({ broker }) => {
    expect(await broker.ask(apis.ListConfigResources, 1, { resourceTypes: [99] })).toMatchObject({
      errorCode: 'UNSUPPORTED_VERSION',
      configResources: [],
    })
  })
})
