// The control server: everything over HTTP with JSON, its errors, its document, its streams; and who may ask.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ControlServer, serveControl, startBroker, type TestBroker } from '../../src/testing/index.ts'
import { apis } from '../../src/wire/index.ts'
import { RawClient } from '../support/raw-client.ts'

let broker: TestBroker
let control: ControlServer

beforeAll(async () => {
  broker = await startBroker()
  control = await serveControl(broker)
  document = (await (await fetch(`${control.url}/openapi.json`)).json()) as Document
})
beforeEach(() => broker.reset())
afterAll(async () => {
  await control.close()
  await broker.close()
})

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await fetch(control.url + path, { method, ...init })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  const answer = { status: response.status, body: isJson ? JSON.parse(text) : text }
  expectAsDocumented(method, path, answer)
  return answer
}

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: object }
}
interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema?: object }>> }>>
}

let document: Document
/** Every answer in this file is held to the OpenAPI document. */
function expectAsDocumented(method: string, path: string, { status, body }: { status: number; body: unknown }): void {
  if (path === '/openapi.json') return
  const asked = path.replace(/[?].*/, '').split('/')
  const fits = (template: string) => {
    const parts = template.split('/')
    return parts.length === asked.length && parts.every((part, index) => part.startsWith('{') || part === asked[index])
  }
  const [, operations] =
    Object.entries(document.paths)
      .sort(([a], [b]) => a.split('{').length - b.split('{').length)
      .find(([each, known]) => fits(each) && known[method.toLowerCase()] !== undefined) ?? []
  const { responses } = operations?.[method.toLowerCase()] ?? { responses: undefined }
  if (responses === undefined) {
    expect(status).toBe(404)
    return
  }
  const response = status < 300 ? responses[status] : responses.default
  expect(response, `${method} ${path}: ${status}`).toBeDefined()
  const schema = response?.content?.['application/json']?.schema
  if (schema === undefined) return
  const ajv = new Ajv({ strict: false })
  expect(ajv.validate({ ...schema, components: document.components }, body), ajv.errorsText()).toBe(true)
}
const get = async (path: string) => (await ask('GET', path)).body
const post = async (path: string, body?: unknown) => (await ask('POST', path, body)).body

describe('Over HTTP a test', () => {
  test('makes topics, appends and reads', async () => {
    await post('/topics', { name: 'orders', partitions: 2, configs: { 'retention.ms': 1000 } })
    expect(await get('/topics')).toEqual(['orders'])
    expect(await get('/topics/orders')).toMatchObject({ configs: { 'retention.ms': '1000' }, partitions: [{}, {}] })
    const records = [
      { key: 'k', value: { total: 12 }, partition: 1, headers: { trace: 'x' } },
      { valueBase64: 'AP8=', partition: 1 },
    ]
    expect(await post('/topics/orders/records', { records, compression: 'lz4' })).toEqual([
      { partition: 1, offset: 0 },
      { partition: 1, offset: 1 },
    ])
    expect(await get('/topics/orders/records?partition=1')).toMatchObject([
      { key: 'k', value: '{"total":12}', headers: [{ key: 'trace', value: 'x' }], codec: 'lz4', transaction: 'none' },
      { key: null, value: null, valueBase64: 'AP8=' },
    ])
    expect(await get('/topics/orders/records?from=1&limit=1')).toMatchObject([{ offset: 1 }])
    await post('/topics/orders/delete-records', { offsets: { 1: 2 } })
    expect(await get('/topics/orders/records')).toEqual([])
    expect(await ask('DELETE', '/topics/orders')).toMatchObject({ status: 204 })
  })

  test('looks at groups, and waits for them', async () => {
    await post('/topics', { name: 't' })
    await post('/topics/t/records', { records: [{ value: '1' }, { value: '2' }] })
    const waiting = post('/wait/committed', { group: 'g', topic: 't', offsets: { 0: 1 } })
    await post('/groups/g/offsets', { t: { 0: 1 } })
    expect(await waiting).toMatchObject({ committed: { t: { 0: 1 } }, totalLag: 1 })
    expect(await post('/wait/group', { group: 'g', state: 'Empty' })).toMatchObject({ groupId: 'g', members: [] })
    expect(await get('/groups')).toEqual(['g'])
    expect(await ask('POST', '/wait/lag', { group: 'g', lag: 0, timeout: 20 })).toMatchObject({
      status: 408,
      body: { error: 'TIMEOUT', message: expect.stringContaining('lag {"t":{"0":1}}') },
    })
    expect(await post('/wait/records', { topic: 't', count: 2 })).toHaveLength(2)
    expect(await post('/wait/records', { topic: 't' })).toHaveLength(2)
    const like = { key: 'k', value: { total: 12 }, headers: { trace: 'x' }, transaction: 'none' }
    const found = post('/wait/records', { topic: 't', like })
    await post('/topics/t/records', { records: [{ key: 'k', value: { total: 12 }, headers: { trace: 'x' } }] })
    expect(await found).toMatchObject([{ offset: 2 }])
    expect(await ask('POST', '/wait/records', { topic: 't', like: { value: '3' }, timeout: 20 })).toMatchObject({
      status: 408,
    })
    expect(await ask('POST', '/wait/records', { topic: 't', like, count: 1 })).toMatchObject({ status: 400 })
    expect(await ask('POST', '/wait/idle')).toMatchObject({ status: 204 })
  })

  test('injects faults, and removes them', async () => {
    await post('/topics', { name: 't' })
    const fault = await post('/faults', {
      selector: { api: 'Metadata' },
      action: 'LEADER_NOT_AVAILABLE',
      options: { times: 1 },
    })
    expect(fault).toMatchObject({ id: expect.any(String), hits: 0 })
    const { id } = fault as { id: string }
    const waiting = post(`/faults/${id}/wait`)
    const client = await RawClient.connect(broker.host, broker.port, 'c')
    expect(await client.send(apis.Metadata, 12, { topics: [{ name: 't' }] })).toMatchObject({
      topics: [{ errorCode: 5 }],
    })
    expect(await waiting).toMatchObject({ api: 'Metadata', clientId: 'c' })
    expect(await get(`/faults/${id}`)).toMatchObject({ hits: 1, selector: { api: 'Metadata' } })
    expect(await get('/requests?api=Metadata')).toMatchObject([
      { isFaulty: true, errors: ['LEADER_NOT_AVAILABLE'], body: { topics: [{ name: 't' }] } },
    ])
    expect(await get('/requests/trace?last=1')).toContain('c Metadata v12 t -> LEADER_NOT_AVAILABLE')
    expect(await get('/requests/mermaid')).toContain('sequenceDiagram')
    expect(await get('/connections')).toMatchObject([{ clientId: 'c' }])
    await ask('DELETE', `/faults/${id}`)
    expect(await get('/faults')).toEqual([])
    const { id: cut } = (await post('/network/cut', { clientId: 'c', refuse: true })) as { id: string }
    await client.closed
    expect(await ask('DELETE', `/network/${cut}`)).toMatchObject({ status: 204 })
    const { id: full } = (await post('/disk-faults', { selector: { operation: 'sync' }, action: { delay: 1 } })) as {
      id: string
    }
    expect(await ask('DELETE', `/disk-faults/${full}`)).toMatchObject({ status: 204 })
    expect(await ask('DELETE', '/faults')).toMatchObject({ status: 204 })
  })

  test('has clients in its hand', async () => {
    await post('/topics', { name: 't', configs: { 'cleanup.policy': 'compact' } })
    const kafka = new Kafka({ brokers: broker.brokers, clientId: 'app', logLevel: logLevel.NOTHING })
    const producer = kafka.producer({ transactionalId: 'x', idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: 't', messages: [{ key: 'k', value: '1' }] })
    expect(await get('/transactions/x')).toMatchObject({ state: 'Ongoing', partitions: [{ topic: 't', partition: 0 }] })
    expect(await get('/topics/t')).toMatchObject({ partitions: [{ openTransactions: [{ firstOffset: 0 }] }] })
    expect(await get('/topics/t/partitions/0/producers')).toMatchObject([{ transactionStartOffset: 0 }])
    await post('/transactions/x/move-coordinator')
    await post('/transactions/x/fence')
    await expect(transaction.commit()).rejects.toThrow()
    expect(await get('/topics/t/records?markers=true')).toMatchObject([{ transaction: 'aborted' }, { marker: 'ABORT' }])
    await producer.disconnect().catch(() => undefined)

    const consumer = kafka.consumer({ groupId: 'g', maxWaitTimeInMs: 100 })
    await consumer.connect()
    await consumer.subscribe({ topic: 't' })
    await consumer.run({ eachMessage: async () => undefined })
    const { members } = (await post('/wait/group', { group: 'g', state: 'Stable', assigned: 1 })) as {
      members: { memberId: string }[]
    }
    expect(await get('/groups/g')).toMatchObject({ members, type: 'classic' })
    expect(await post('/wait/request', { api: 'Fetch', clientId: 'app' })).toMatchObject({ outcome: 'answered' })
    expect(await ask('POST', '/groups/g/move-coordinator')).toMatchObject({ status: 204 })
    expect(await ask('POST', '/groups/g/evict', { memberId: 'none' })).toMatchObject({ status: 404 })
    expect(await ask('POST', '/groups/g/evict', { memberId: members[0]?.memberId })).toMatchObject({ status: 204 })
    await consumer.disconnect()
    expect(await post('/wait/connections', { count: 0 })).toEqual([])
  })

  test('does to logs, requests and the network what it likes', async () => {
    await post('/topics', { name: 't', configs: { 'cleanup.policy': 'compact' } })
    const records = ['1', '2'].map((value) => ({ key: 'k', value }))
    await post('/topics/t/records', { records: records.slice(0, 1) })
    await post('/topics/t/records', { records: records.slice(1) })
    expect(await ask('POST', '/compact', { topic: 't' })).toMatchObject({ status: 204 })
    expect(await get('/topics/t/records')).toMatchObject([{ value: '2' }])
    expect(await ask('POST', '/retention')).toMatchObject({ status: 204 })
    const client = await RawClient.connect(broker.host, broker.port, 'c')
    await client.send(apis.ApiVersions, 0, {})
    expect(await get('/requests')).toHaveLength(1)
    expect(await ask('DELETE', '/requests')).toMatchObject({ status: 204 })
    expect(await get('/requests')).toEqual([])
    for (const [kind, body] of [
      ['pause', { clientId: 'c' }],
      ['slow', { latency: '1 ms', bytesPerSecond: 1e6 }],
    ] as const) {
      const { id } = (await post(`/network/${kind}`, body)) as { id: string }
      expect(await ask('DELETE', `/network/${id}`)).toMatchObject({ status: 204 })
    }
    client.close()
    expect(await get('/broker')).toMatchObject({ bootstrapServers: broker.bootstrapServers })
    expect(await get('/clock')).toMatchObject({ isFrozen: false })
  })

  test('keeps a state in a file, and follows requests', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'odradek-control-'))
    try {
      const file = join(directory, 'state')
      expect(await ask('POST', '/save', { file })).toMatchObject({ status: 204 })
      expect(readdirSync(directory)).toEqual(['state'])
    } finally {
      rmSync(directory, { recursive: true })
    }
    const { id } = (await post('/snapshots')) as { id: string }
    expect(await ask('DELETE', `/snapshots/${id}`)).toMatchObject({ status: 204 })
    expect(await ask('POST', `/snapshots/${id}/restore`)).toMatchObject({ status: 404 })
    const response = await fetch(`${control.url}/requests/stream?api=ApiVersions`)
    const client = await RawClient.connect(broker.host, broker.port, 'c')
    await client.send(apis.ApiVersions, 0, {})
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      expect(Buffer.from(chunk).toString()).toMatch(/^data: \{"api":"ApiVersions"|^data: \{.*"clientId":"c"/)
      break
    }
    client.close()
  })

  test('resets, keeps states, restarts, and moves the time', async () => {
    await post('/topics', { name: 't' })
    const { id } = (await post('/snapshots')) as { id: string }
    expect(await post('/reset', { topics: { u: { partitions: 2 } } })).toMatchObject({ port: broker.port })
    expect(await get('/topics')).toEqual(['u'])
    await post(`/snapshots/${id}/restore`)
    expect(await get('/topics')).toEqual(['t'])
    await post('/restart', { kill: true })
    expect(await get('/topics')).toEqual(['t'])
    const { now } = (await post('/clock/freeze')) as { now: number }
    expect(await post('/clock/advance', { duration: '1 h' })).toMatchObject({ now: now + 3_600_000, isFrozen: true })
    expect(await post('/clock/set', { time: '2030-01-01T00:00:00Z' })).toMatchObject({
      iso: '2030-01-01T00:00:00.000Z',
    })
    expect(await post('/clock/resume')).toMatchObject({ isFrozen: false })
  })

  test('follows records as they come', async () => {
    await post('/topics', { name: 't' })
    const response = await fetch(`${control.url}/topics/t/records/stream`)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    await broker.produce('t', [{ value: '1' }, { value: '2' }])
    let seen = ''
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      seen += Buffer.from(chunk).toString()
      if (seen.includes('"value":"2"')) break
    }
    expect(seen.split('\n\n')[0]).toMatch(/^data: \{"topic":"t",.*"value":"1"/)
  })
})

describe('What cannot be done is said', () => {
  test.each<[string, string, unknown, number, string]>([
    ['GET', '/nothing', undefined, 404, 'NOT_FOUND'],
    ['GET', '/topics/none', undefined, 404, 'NOT_FOUND'],
    ['GET', '/topics/none/records', undefined, 404, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['GET', '/topics/t/records?partition=x', undefined, 400, 'INVALID_REQUEST'],
    ['POST', '/topics', {}, 400, 'INVALID_REQUEST'],
    ['POST', '/topics', { name: 'a b' }, 422, 'INVALID_TOPIC_EXCEPTION'],
    ['POST', '/topics', { name: 't', partitions: 0 }, 400, 'INVALID_REQUEST'],
    ['POST', '/faults', { selector: { apis: 'Fetch' }, action: 'NOT_COORDINATOR' }, 400, 'INVALID_REQUEST'],
    ['POST', '/faults', { selector: { api: 'Fech' }, action: 'NOT_COORDINATOR' }, 400, 'INVALID_REQUEST'],
    ['POST', '/faults', { action: 'NO_SUCH' }, 400, 'INVALID_REQUEST'],
    ['POST', '/clock/advance', { duration: 'soon' }, 400, 'INVALID_REQUEST'],
    ['POST', '/groups/none/rebalance', undefined, 404, 'GROUP_ID_NOT_FOUND'],
    ['POST', '/transactions/none/expire', undefined, 409, 'INVALID_TXN_STATE'],
    ['DELETE', '/faults/99', undefined, 404, 'NOT_FOUND'],
  ])('%s %s %j', async (method, path, body, status, error) => {
    await broker.commit('some', { t: { 0: 0 } }).catch(() => undefined)
    const answer = await ask(method, path, body)
    expect([answer.status, (answer.body as { error: string }).error]).toEqual([status, error])
    expect((answer.body as { message: string }).message).not.toBe('')
  })

  test('a body that is no JSON', async () => {
    const response = await fetch(`${control.url}/topics`, { method: 'POST', body: '{' })
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: 'INVALID_REQUEST', message: 'the body is no JSON' },
    ])
  })
})

test('A page of another site may not ask', async () => {
  for (const headers of [{ host: 'evil.example' }, { origin: 'http://evil.example' }]) {
    const asked = request({ host: control.host, port: control.port, path: '/broker', headers }).end()
    const [response] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }]
    response.resume()
    expect(response.statusCode).toBe(403)
  }
})

test('The document names every route, and health is told', async () => {
  const { paths, openapi } = document
  expect(openapi).toBe('3.1.0')
  const ids = Object.values(paths).flatMap((operations) =>
    Object.values(operations).map(({ operationId }) => operationId),
  )
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBeGreaterThan(50)
  expect(await new Validator().validate({ ...document })).toEqual({ valid: true })
  expect(await get('/healthz')).toEqual({ status: 'ok' })
  expect(await get('/readyz')).toEqual({ status: 'ready', bootstrapServers: broker.bootstrapServers })
})

test('While the broker is away, that is said', async () => {
  await post('/topics', { name: 't' })
  const restarting = post('/restart', { downFor: '200 ms' })
  await vi.waitUntil(() => !broker.isRunning)
  expect(await ask('GET', '/readyz')).toMatchObject({ status: 503, body: { error: 'NOT_RUNNING' } })
  expect(await ask('GET', '/topics')).toMatchObject({ status: 503, body: { error: 'NOT_RUNNING' } })
  expect(await ask('GET', '/healthz')).toMatchObject({ status: 200 })
  await restarting
  expect(await ask('GET', '/readyz')).toMatchObject({ status: 200 })
})

test('curl is enough', async () => {
  const curl = async (...args: string[]) => (await promisify(execFile)('curl', ['-sS', ...args])).stdout
  const made = await curl(`${control.url}/topics`, '-d', '{"name":"from-curl"}')
  expect(JSON.parse(made)).toMatchObject({ name: 'from-curl' })
  expect(await curl('-X', 'POST', `${control.url}/clock/freeze`)).toContain('"isFrozen":true')
  await curl(`${control.url}/topics/from-curl/records`, '-d', '{"records":[{"key":"k","value":"v"}]}')
  expect(await curl(`${control.url}/topics/from-curl/records?partition=0`)).toContain('"key":"k"')
  expect(await curl(`${control.url}/faults`, '-d', '{"action":{"delay":"1 s"}}')).toContain('"hits":0')
  expect(await curl('-w', ' %{http_code}', '-X', 'DELETE', `${control.url}/faults`)).toBe(' 204')
  expect(await curl('-w', ' %{http_code}', `${control.url}/topics/none`)).toMatch(/"error":"NOT_FOUND".* 404$/)
  const stream = execFile('curl', ['-sSN', `${control.url}/topics/from-curl/records/stream`])
  const [event] = (await once(stream.stdout as NodeJS.ReadableStream, 'data')) as [string]
  expect(event).toMatch(/^data: \{"topic":"from-curl",.*"value":"v"/)
  stream.kill()
})
