// GetTelemetrySubscriptions and PushTelemetry (KIP-714). Neither broker has a receiver here: then they are served, and
// not advertised.
import { gzipSync } from 'node:zlib'
import { apis, describe, EMPTY_UUID, expect, kip, type TestBroker, testWith } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'
import type { RawClient } from '../support/raw-client.ts'

// Of their own: a change of any subscription lets clients ask again.
const test = testWith({})

const CLIENT_METRICS = 16
const INTERVAL_MS = 60_000
const GZIP = 1
const INSTANCE = '4L6g3nShT-eMCtK--X86sw'

const subscriptions: Record<string, Record<string, string>> = {
  plain: {
    match: 'client_id=plain-.*',
    metrics: 'org.apache.kafka.consumer.,org.apache.kafka.producer.',
    'interval.ms': '60000',
  },
  one: { match: 'client_id=both-.*', metrics: 'a.,b.', 'interval.ms': '2000' },
  other: { match: 'client_id=b.*', metrics: 'b.,c.', 'interval.ms': '1000' },
  all: { match: 'client_id=all', metrics: '*,a.' },
  some: { match: 'client_id=a.*', metrics: 'x.' },
  software: { match: 'client_software_name=tool,client_software_version=1\\..*', metrics: 'software.' },
  source: { match: 'client_source_address=127\\.0\\.0\\.1,client_id=source', metrics: 'source.' },
  port: { match: 'client_source_port=1,client_id=source', metrics: 'port.' },
  instance: { match: `client_instance_id=${INSTANCE},client_id=instance`, metrics: 'instance.', 'interval.ms': '100' },
}

let made: Promise<unknown> | undefined

async function make(broker: TestBroker): Promise<unknown> {
  const resources = Object.entries(subscriptions).map(([resourceName, configs]) => ({
    resourceType: CLIENT_METRICS,
    resourceName,
    configs: Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 })),
  }))
  const { responses } = await broker.ask(apis.IncrementalAlterConfigs, 1, { resources })
  for (const { errorCode, errorMessage } of responses) if (errorCode !== 'NONE') throw new Error(String(errorMessage))
  const probe = await broker.connect('source')
  return eventually('the subscriptions', async () => (await get(probe)).requestedMetrics.length > 0)
}

/** A connection with this client id, when the subscriptions are known. */
async function clientOf(broker: TestBroker, clientId: string): Promise<RawClient> {
  made ??= make(broker)
  await made
  return broker.connect(clientId)
}

const get = (client: RawClient, clientInstanceId = EMPTY_UUID) =>
  client.ask(apis.GetTelemetrySubscriptions, 0, { clientInstanceId })

const push = async (client: RawClient, body: object) =>
  (await client.ask(apis.PushTelemetry, 0, { metrics: Buffer.from('metrics'), ...body })).errorCode

test('they are not advertised where nobody receives anything', async ({ broker }) => {
  const { apiKeys } = await broker.ask(apis.ApiVersions, 0, {})
  expect(apiKeys.filter(({ apiKey }) => apiKey === 71 || apiKey === 72)).toEqual([])
})

describe('GetTelemetrySubscriptions', kip(714), () => {
  test('tells a client that no subscription matches nothing but the rules', async ({ broker }) => {
    const answer = await get(await clientOf(broker, 'nobody'))
    expect(answer).toMatchObject({
      errorCode: 'NONE',
      requestedMetrics: [],
      pushIntervalMs: 300_000,
      acceptedCompressionTypes: [4, 3, 1, 2],
      telemetryMaxBytes: 1_048_576,
      deltaTemporality: true,
    })
    expect(answer.clientInstanceId).toMatch(/^[\w-]{22}$/)
    expect(answer.clientInstanceId).not.toBe(EMPTY_UUID)
  })

  test('gives each client an instance id, and lets it keep the one that it has', async ({ broker }) => {
    const [one, other] = [await get(await clientOf(broker, 'nobody')), await get(await clientOf(broker, 'nobody'))]
    expect(one.clientInstanceId).not.toBe(other.clientInstanceId)
    const kept = await get(await clientOf(broker, 'nobody'), '2L6g3nShT-eMCtK--X86sw')
    expect(kept.clientInstanceId).toBe('2L6g3nShT-eMCtK--X86sw')
  })

  test.for<[what: string, clientId: string, metrics: string[], intervalMs: number]>([
    ['a client id', 'plain-1', ['org.apache.kafka.consumer.', 'org.apache.kafka.producer.'], INTERVAL_MS],
    ['two that overlap, at the shorter interval', 'both-1', ['a.', 'b.', 'c.'], 1000],
    ['one of them, since a pattern must match the whole', 'b', ['b.', 'c.'], 1000],
    ['all metrics, whatever else is asked for', 'all', ['*'], 300_000],
    ['the address, and not the port', 'source', ['source.'], 300_000],
  ])('asks for what matches: %s', async ([, clientId, metrics, pushIntervalMs], { broker }) => {
    const answer = await get(await clientOf(broker, clientId))
    expect(answer).toMatchObject({ errorCode: 'NONE', pushIntervalMs })
    expect([...answer.requestedMetrics].sort()).toEqual(metrics)
  })

  test('knows the software that the client said it is', async ({ broker }) => {
    const client = await clientOf(broker, 'nobody')
    await client.ask(apis.ApiVersions, 3, { clientSoftwareName: 'tool', clientSoftwareVersion: '1.2' })
    expect((await get(client)).requestedMetrics).toEqual(['software.'])
    const other = await clientOf(broker, 'nobody')
    await other.ask(apis.ApiVersions, 3, { clientSoftwareName: 'tool', clientSoftwareVersion: '21.2' })
    expect((await get(other)).requestedMetrics).toEqual([])
  })

  test('numbers a subscription by what is in it and who it is for', async ({ broker }) => {
    const ids = async (clientId: string, instance: string) =>
      (await get(await clientOf(broker, clientId), instance)).subscriptionId
    expect([
      await ids('plain-ids', 'KFRQ6TpfQDeYWEQK-UjGwA'),
      await ids('both-ids', 'SFRQ6TpfQDeYWEQK-UjGwA'),
      await ids('ids', 'SlRQ6TpfQDeYWEQK-UjGwA'),
    ]).toEqual([-1_259_608_404, 2_073_423_656, -975_386_166])
  })

  test('has the instance id among what can be matched', async ({ broker }) => {
    const client = await clientOf(broker, 'instance')
    expect((await get(client)).requestedMetrics).toEqual([])
    expect((await get(client, INSTANCE)).requestedMetrics).toEqual(['instance.'])
  })

  test('is not to be asked again before an interval has passed', async ({ broker }) => {
    const client = await clientOf(broker, 'plain-again')
    const { clientInstanceId } = await get(client)
    expect(await get(client, clientInstanceId)).toMatchObject({
      errorCode: 'THROTTLING_QUOTA_EXCEEDED',
      clientInstanceId: EMPTY_UUID,
      requestedMetrics: [],
    })
  })
})

describe('PushTelemetry', kip(714), () => {
  async function subscribed(broker: TestBroker, clientId: string) {
    const client = await clientOf(broker, clientId)
    const { clientInstanceId, subscriptionId } = await get(client)
    return { client, identity: { clientInstanceId, subscriptionId } }
  }

  test('takes a push at once after the subscription, and another one after an interval', async ({ broker }) => {
    const { client, identity } = await subscribed(broker, 'plain-push')
    expect(await push(client, identity)).toBe('NONE')
    expect(await push(client, identity)).toBe('THROTTLING_QUOTA_EXCEEDED')
    expect((await get(client, identity.clientInstanceId)).errorCode).toBe('THROTTLING_QUOTA_EXCEEDED')
  })

  test('sends a client that it does not know for a subscription', async ({ broker }) => {
    const { client, identity } = await subscribed(broker, 'plain-unknown')
    const clientInstanceId = 'zFRQ6TpfQDeYWEQK-UjGwA'
    expect(await push(client, { ...identity, clientInstanceId })).toBe('UNKNOWN_SUBSCRIPTION_ID')
    expect((await get(client, clientInstanceId)).errorCode).toBe('NONE')
  })

  test.for<[what: string, body: object, error: string]>([
    ['another subscription', { subscriptionId: 1 }, 'UNKNOWN_SUBSCRIPTION_ID'],
    ['a codec that there is not', { compressionType: 9 }, 'UNSUPPORTED_COMPRESSION_TYPE'],
  ])('sends a client with %s back for its subscription at once', async ([what, body, error], { broker }) => {
    const { client, identity } = await subscribed(broker, `plain-${what}`)
    expect(await push(client, { ...identity, ...body })).toBe(error)
    expect((await get(client, identity.clientInstanceId)).errorCode).toBe('NONE')
  })

  test.for<[what: string, body: object, error: string]>([
    ['more than telemetry.max.bytes', { metrics: Buffer.alloc(1_048_577) }, 'TELEMETRY_TOO_LARGE'],
    ['what cannot be decompressed', { compressionType: GZIP, metrics: Buffer.from('no gzip') }, 'INVALID_RECORD'],
    ['what gets too large', { compressionType: GZIP, metrics: gzipSync(Buffer.alloc(1_048_577)) }, 'INVALID_RECORD'],
    ['the id that is none', { clientInstanceId: EMPTY_UUID }, 'INVALID_REQUEST'],
    ['the id of the metadata topic', { clientInstanceId: 'AAAAAAAAAAAAAAAAAAAAAQ' }, 'INVALID_REQUEST'],
  ])('refuses %s', async ([what, body, error], { broker }) => {
    const { client, identity } = await subscribed(broker, `plain-${what}`)
    expect(await push(client, { ...identity, ...body })).toBe(error)
  })

  test.for<[what: string, body: object]>([
    ['nothing', { metrics: Buffer.alloc(0) }],
    ['as much as may be', { metrics: Buffer.alloc(1_048_576) }],
    ['gzip', { compressionType: GZIP, metrics: gzipSync(Buffer.from('metrics')) }],
  ])('takes %s', async ([what, body], { broker }) => {
    const { client, identity } = await subscribed(broker, `plain-${what}`)
    expect(await push(client, { ...identity, ...body })).toBe('NONE')
  })

  test('takes a last push whenever it comes, and none behind it', async ({ broker }) => {
    const { client, identity } = await subscribed(broker, 'plain-last')
    expect(await push(client, identity)).toBe('NONE')
    expect(await push(client, { ...identity, terminating: true })).toBe('NONE')
    expect(await push(client, { ...identity, terminating: true })).toBe('INVALID_REQUEST')
    expect(await push(client, identity)).toBe('INVALID_REQUEST')
  })

  test('forgets a client with its connection', async ({ broker }) => {
    const { client, identity } = await subscribed(broker, 'plain-gone')
    client.close()
    await client.closed
    const other = await clientOf(broker, 'plain-gone')
    await eventually('to be forgotten', async () => (await get(other, identity.clientInstanceId)).errorCode === 'NONE')
  })
})
