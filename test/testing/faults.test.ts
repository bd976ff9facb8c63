// Faults of requests: which they hit, what becomes of those, and that no API is left out.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FaultAction, startBroker, type TestBroker, WaitTimeoutError } from '../../src/testing/index.ts'
import { errorsIn } from '../../src/testing/request-log.ts'
import { type AnyMessage, type Api, apis, hasVersion, versionRange } from '../../src/wire/index.ts'
import { encodeBatch } from '../../src/wire/records/index.ts'
import { RawClient } from '../support/raw-client.ts'

type Field = ReturnType<AnyMessage['fields']>[string]

/** A request with something in every part of it. */
function filled(schema: AnyMessage, version: number): Record<string, unknown> {
  return struct(schema.fields(), version)
}

function struct(fields: Record<string, Field>, version: number): Record<string, unknown> {
  const there = Object.entries(fields).filter(([, { versions }]) => {
    const range = versionRange(versions)
    return range !== undefined && version >= range.min && version <= range.max
  })
  return Object.fromEntries(there.map(([name, field]) => [name, value(name, field.kind, field, version)]))
}

function value(name: string, kind: string, field: Field, version: number): unknown {
  switch (kind) {
    case 'array':
      return [value(name, field.element ?? 'struct', field, version)]
    case 'struct':
      return struct((field.fields ?? {}) as Record<string, Field>, version)
    case 'bytes':
      return Buffer.alloc(0)
    case 'records':
      return null
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAABw'
    case 'string':
      return name === 'clientSoftwareName' || name === 'clientSoftwareVersion' ? 'x' : 'orders'
    case 'bool':
      return false
    default:
      return name === 'acks' ? -1 : name === 'resourceType' ? 2 : 0
  }
}

let broker: TestBroker
let advertised: { api: Api; version: number }[] = []

beforeAll(async () => {
  broker = await startBroker({ topics: ['orders'] })
  const client = await RawClient.connect(broker.host, broker.port)
  const { apiKeys } = await client.send(apis.ApiVersions, 0, {})
  client.close()
  const byKey = new Map<number, Api>(Object.values(apis).map((api) => [api.key, api]))
  advertised = apiKeys.map(({ apiKey, maxVersion }) => ({ api: byKey.get(apiKey) as Api, version: maxVersion }))
})

afterAll(() => broker.close())

async function ask(api: Api, version: number): Promise<unknown> {
  const client = await RawClient.connect(broker.host, broker.port)
  try {
    return await client.send(api, version, filled(api.request, version))
  } finally {
    client.close()
  }
}

describe('Every API', () => {
  test('can be made to answer an error, in its place', async () => {
    expect(advertised.length).toBeGreaterThan(40)
    for (const { api, version } of advertised) {
      expect(hasVersion(api.request, version)).toBe(true)
      using fault = broker.fail({ api: api.name as never }, 'UNKNOWN_SERVER_ERROR')
      const response = await ask(api, version)
      expect([api.name, ...errorsIn(response)]).toEqual([api.name, 'UNKNOWN_SERVER_ERROR'])
      expect(fault.hits, api.name).toBe(1)
    }
  })

  test.each(['before', 'after'] as const)('can be made to disconnect %s its work', async (disconnect) => {
    for (const { api, version } of advertised) {
      using fault = broker.fail({ api: api.name as never }, { disconnect })
      await expect(ask(api, version), api.name).rejects.toThrow('the broker closed the connection')
      expect(fault.hits, api.name).toBe(1)
    }
  })
})

const record = (text: string) => encodeBatch({ records: [{ timestamp: 1, key: null, value: Buffer.from(text) }] })

async function produce(target: TestBroker, topics: Record<string, number[]>, text = 'v') {
  const client = await RawClient.connect(target.host, target.port, 'producer')
  const topicData = Object.entries(topics).map(([name, partitions]) => ({
    name,
    partitionData: partitions.map((index) => ({ index, records: record(text) })),
  }))
  const { responses } = await client
    .send(apis.Produce, 9, { acks: -1, timeoutMs: 1000, topicData })
    .finally(() => client.close())
  return responses
    .flatMap(({ name, partitionResponses }) =>
      partitionResponses.map(({ index, errorCode, baseOffset }) => [`${name}-${index}`, errorCode, baseOffset]),
    )
    .sort()
}

describe('An error of one item', () => {
  test('leaves the others alone: their part of the request is done', async () => {
    await using own = await startBroker({ topics: { a: 2, b: 1 } })
    own.fail({ api: 'Produce', topic: 'a', partition: 1 }, 'NOT_LEADER_OR_FOLLOWER', { times: 1 })
    expect(await produce(own, { a: [0, 1], b: [0] })).toEqual([
      ['a-0', 0, 0],
      ['a-1', 6, -1],
      ['b-0', 0, 0],
    ])
    expect(own.records('a', { partition: 1 })).toEqual([])
    expect(await produce(own, { a: [1] })).toEqual([['a-1', 0, 0]])
  })

  test('may be told although the work was done', async () => {
    await using own = await startBroker({ topics: { a: 2 } })
    own.fail({ api: 'Produce', topic: 'a', partition: 1 }, { error: 'REQUEST_TIMED_OUT', work: 'done' })
    expect(await produce(own, { a: [0, 1] })).toEqual([
      ['a-0', 0, 0],
      ['a-1', 7, -1],
    ])
    expect(own.records('a')).toHaveLength(2)
  })

  test('does not hit requests that are about something else', async () => {
    await using own = await startBroker({ topics: { a: 1, b: 1 } })
    const fault = own.fail({ topic: 'b' }, { disconnect: 'before' })
    expect(await produce(own, { a: [0] })).toEqual([['a-0', 0, 0]])
    expect(fault.hits).toBe(0)
    await expect(produce(own, { a: [0], b: [0] })).rejects.toThrow()
    expect(fault.requests).toMatchObject([{ api: 'Produce', clientId: 'producer' }])
  })

  test.each([12, 17])(
    'comes with a fetch, also of a session that need not name its partitions (v%i)',
    async (version) => {
      await using own = await startBroker({ topics: { a: 2 } })
      await own.produce('a', [
        { value: '1', partition: 0 },
        { value: '2', partition: 1 },
      ])
      const client = await RawClient.connect(own.host, own.port)
      const topicId = own.topic('a')?.topicId
      const topics = [
        { topic: 'a', topicId, partitions: [0, 1].map((partition) => ({ partition, partitionMaxBytes: 1e6 })) },
      ]
      const base = { maxWaitMs: 60_000, minBytes: 1, maxBytes: 1e6 }
      const first = await client.send(apis.Fetch, version, { ...base, sessionEpoch: 0, topics })
      const next = { ...base, sessionId: first.sessionId, sessionEpoch: 1, topics: [] }
      using _ = own.fail({ api: 'Fetch', topic: 'a', partition: 1 }, 'NOT_LEADER_OR_FOLLOWER')
      const second = await client.send(apis.Fetch, version, next)
      const told = second.responses.flatMap(({ partitions }) =>
        partitions.map((each) => [each.partitionIndex, each.errorCode]),
      )
      expect(second.errorCode).toBe(0)
      expect(told.sort()).toEqual([
        [0, 0],
        [1, 6],
      ])
      client.close()
    },
  )
})

describe('A fault', () => {
  test('hits so many times, after so many others', async () => {
    await using own = await startBroker({ topics: ['a'] })
    const fault = own.fail({ api: 'Produce' }, 'NOT_ENOUGH_REPLICAS', { after: 1, times: 2 })
    const codes: unknown[] = []
    for (let i = 0; i < 5; i++) codes.push((await produce(own, { a: [0] }))[0]?.[1])
    expect(codes).toEqual([0, 19, 19, 0, 0])
    expect(fault.hits).toBe(2)
  })

  test('with a probability hits the same requests for the same seed', async () => {
    const run = async (seed: number) => {
      await using own = await startBroker({ topics: ['a'] })
      own.fail({ api: 'Produce' }, 'NOT_ENOUGH_REPLICAS', { probability: 0.5, seed })
      const codes: unknown[] = []
      for (let i = 0; i < 20; i++) codes.push((await produce(own, { a: [0] }))[0]?.[1])
      return codes.join()
    }
    const first = await run(7)
    expect(await run(7)).toBe(first)
    expect(await run(8)).not.toBe(first)
    expect(first).toMatch(/0/)
    expect(first).toMatch(/19/)
  })

  test('of several, the first that matches hits', async () => {
    await using own = await startBroker({ topics: ['a'] })
    own.fail({ api: ['Produce', 'Fetch'], clientId: /^prod/, apiVersion: [0, 9] }, 'NOT_ENOUGH_REPLICAS', { times: 1 })
    own.fail({ api: 'Produce', when: ({ body }) => body.acks === -1 }, 'REQUEST_TIMED_OUT', { times: 1 })
    expect(await produce(own, { a: [0] })).toEqual([['a-0', 19, -1]])
    expect(await produce(own, { a: [0] })).toEqual([['a-0', 7, -1]])
    expect(await produce(own, { a: [0] })).toEqual([['a-0', 0, 0]])
  })

  test('is waited for, and tells what came instead', async () => {
    await using own = await startBroker({ topics: ['a'] })
    const fault = own.fail({ api: 'Produce' }, 'NOT_ENOUGH_REPLICAS')
    const hit = fault.waitForHit(2)
    await produce(own, { a: [0] })
    await produce(own, { a: [0] })
    expect(await hit).toMatchObject({ api: 'Produce' })
    const other = own.fail({ api: 'Fetch' }, 'NOT_LEADER_OR_FOLLOWER')
    const never = expect(other.waitForHit(1, { timeout: 50 })).rejects.toThrow(
      /0 hits; since then came 1 requests: Produce/,
    )
    await produce(own, { a: [0] })
    await never
  })

  test('that delays goes together with an end, and lets go when it is removed', async () => {
    await using own = await startBroker({ topics: ['a'] })
    own.clock.freeze()
    const fault = own.fail({ api: 'Produce' }, { delay: '1 minute', error: 'NOT_ENOUGH_REPLICAS' })
    const answer = produce(own, { a: [0] })
    await fault.waitForHit()
    expect(own.requests.last({ api: 'Produce' })?.outcome).toBe('waiting')
    await own.clock.advance('1 minute')
    expect(await answer).toEqual([['a-0', 19, -1]])
    const later = produce(own, { a: [0] })
    await fault.waitForHit(2)
    fault.remove()
    expect(await later).toEqual([['a-0', 19, -1]])
  })

  test('that answers nothing leaves the connection open; the work is done where it says so', async () => {
    await using own = await startBroker({ topics: ['a'] })
    const fault = own.fail({ api: 'Produce' }, { noAnswer: true, work: 'done' })
    void produce(own, { a: [0] }).catch(() => undefined)
    await fault.waitForHit()
    expect(await own.waitForRecords('a', 1)).toHaveLength(1)
    expect(own.connections()).toMatchObject([{ isWaiting: true, clientId: 'producer' }])
  })

  const spoils: [string, FaultAction][] = [
    ['cut', { cut: 10 }],
    ['corrupted', { corrupt: 40 }],
  ]
  test.each(spoils)('leaves an answer %s', async (_, action) => {
    await using own = await startBroker({ topics: ['a'] })
    own.fail({ api: 'Metadata' }, action)
    const client = await RawClient.connect(own.host, own.port)
    const good = JSON.stringify(await ask(apis.Metadata, 12).catch((error: Error) => error.message))
    const spoiled = await client.send(apis.Metadata, 12, { topics: [{ name: 'a' }] }).then(
      (answer) => JSON.stringify(answer),
      (error: Error) => error.message,
    )
    expect(spoiled).not.toBe(good)
    expect(own.records('a')).toEqual([])
    client.close()
  })

  test('throttles', async () => {
    await using own = await startBroker({ topics: ['a'] })
    own.fail({ api: 'Metadata' }, { throttle: '250 ms' })
    const client = await RawClient.connect(own.host, own.port)
    expect(await client.send(apis.Metadata, 12, { topics: [] })).toMatchObject({ throttleTimeMs: 250 })
    client.close()
  })

  test.each<[string, () => unknown]>([
    ['an API that there is not', () => broker.fail({ api: 'Frobnicate' as never }, 'NOT_COORDINATOR')],
    ['a selector with a typo', () => broker.fail({ topics: 'a' } as never, 'NOT_COORDINATOR')],
    ['an error that there is not', () => broker.fail({}, 'NO_SUCH_ERROR' as never)],
    ['two ends', () => broker.fail({}, { error: 'NOT_COORDINATOR', noAnswer: true })],
    ['no end at all', () => broker.fail({}, {})],
    ['a delay that is none', () => broker.fail({}, { delay: 'soon' })],
  ])('is refused: %s', (_, inject) => {
    expect(inject).toThrow(TypeError)
  })
})

test('What waits ends with the broker', async () => {
  const own = await startBroker()
  const waiting = own.waitForRecords('a', 1)
  await own.close()
  await expect(waiting).rejects.toThrow('the broker was closed')
  await expect(own.waitForRecords('a', 1)).rejects.not.toBeInstanceOf(WaitTimeoutError)
})
