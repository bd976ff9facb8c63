// Listeners that come and go while the broker runs. On a broker of their own.
import { createServer } from 'node:net'
import { apis, config, describe, expect, only, type TestBroker, testWith } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'
import { RawClient } from '../support/raw-client.ts'

const BROKER = 4
const [SET, DELETE] = [0, 1]

/** How Kafka words what its running parts refuse. */
const REFUSED = 'Invalid value org.apache.kafka.common.config.ConfigException:'
const BY_ITS_PARTS = 'for configuration Invalid dynamic configuration'

const test = testWith({ 'log.cleaner.backoff.ms': '1000' })

async function nodeId(broker: TestBroker): Promise<string> {
  return String((await broker.ask(apis.DescribeCluster, 0, {})).controllerId)
}

async function configOf(broker: TestBroker, name: string): Promise<string> {
  const resources = [{ resourceType: BROKER, resourceName: await nodeId(broker), configurationKeys: [name] }]
  const { results } = await broker.ask(apis.DescribeConfigs, 4, { resources })
  return only(only(results).configs).value ?? ''
}

async function alter(broker: TestBroker, configs: Readonly<Record<string, string | null>>) {
  const changes = Object.entries(configs).map(([name, value]) => ({
    name,
    configOperation: value === null ? DELETE : SET,
    value,
  }))
  const resources = [{ resourceType: BROKER, resourceName: await nodeId(broker), configs: changes }]
  const { responses } = await broker.ask(apis.IncrementalAlterConfigs, 1, { resources })
  const { errorCode, errorMessage } = only(responses)
  return { errorCode, errorMessage }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** The configs of one more listener on that port. */
async function withExtra(broker: TestBroker, port: number) {
  return {
    listeners: `${await configOf(broker, 'listeners')},EXTRA://127.0.0.1:${port}`,
    'listener.security.protocol.map': `${await configOf(broker, 'listener.security.protocol.map')},EXTRA:PLAINTEXT`,
  }
}

const answers = async (client: RawClient): Promise<boolean> =>
  (await client.ask(apis.ApiVersions, 0, {})).errorCode === 'NONE'

describe('A listener', config('listeners'), () => {
  test('opens and closes with the config of the broker', async ({ broker }) => {
    const { name } = await broker.topicWith(['a'])
    const port = await freePort()
    expect(await alter(broker, await withExtra(broker, port))).toEqual({ errorCode: 'NONE', errorMessage: null })
    await eventually('the listener to open', () => RawClient.connect('127.0.0.1', port).then(answers, () => false))

    const extra = await RawClient.connect('127.0.0.1', port)
    const { topics, brokers } = await extra.ask(apis.Metadata, 12, { topics: [{ name }] })
    // The metadata has what the broker was registered with.
    expect(brokers).toEqual([])
    expect(only(only(topics).partitions)).toMatchObject({ errorCode: 'LISTENER_NOT_FOUND', leaderId: -1 })

    const gone = await alter(broker, { listeners: null, 'listener.security.protocol.map': null })
    expect(gone).toEqual({ errorCode: 'NONE', errorMessage: null })
    await extra.closed
    await eventually('the listener to close', () =>
      RawClient.connect('127.0.0.1', port).then(
        (client) => {
          client.close()
          return false
        },
        () => true,
      ),
    )
    expect(await answers(await broker.connect())).toBe(true)
  })

  test('does not close while clients are told of it', async ({ broker }) => {
    const extra = await withExtra(broker, await freePort())
    const without = extra.listeners.replace(/PLAINTEXT:[^,]*,/, '')
    const { errorCode, errorMessage } = await alter(broker, { ...extra, listeners: without })
    expect(errorCode).toBe('INVALID_REQUEST')
    expect(errorMessage).toContain(
      'advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found PLAINTEXT.',
    )
  })

  test('keeps its protocol', async ({ broker }) => {
    const map = await configOf(broker, 'listener.security.protocol.map')
    const answer = await alter(broker, {
      listeners: await configOf(broker, 'listeners'),
      'listener.security.protocol.map': map.replace('PLAINTEXT:PLAINTEXT', 'PLAINTEXT:SSL'),
    })
    expect(answer).toEqual({
      errorCode: 'INVALID_REQUEST',
      errorMessage: `${REFUSED} Security protocol cannot be updated for existing listener ListenerName(PLAINTEXT) ${BY_ITS_PARTS}`,
    })
  })

  test('keeps what was said of it alone, while listeners change', async ({ broker }) => {
    const extra = await withExtra(broker, await freePort())
    const answer = await alter(broker, { ...extra, 'listener.name.plaintext.connections.max.reauth.ms': '5' })
    expect(answer).toEqual({
      errorCode: 'INVALID_REQUEST',
      errorMessage: `${REFUSED} Configs cannot be updated dynamically for existing listener ListenerName(PLAINTEXT), restart broker or create a new listener for update ${BY_ITS_PARTS}`,
    })
  })

  test('has an entry in the map of protocols', async ({ broker }) => {
    const { listeners } = await withExtra(broker, await freePort())
    const { errorCode, errorMessage } = await alter(broker, { listeners })
    expect(errorCode).toBe('INVALID_REQUEST')
    expect(errorMessage).toMatch(
      /^Error creating broker listeners from '.*': No security protocol defined for listener EXTRA$/,
    )
  })
})
