// What the control server can be asked: each route with what it takes, and what it does with the broker. Everything that
// a test in this process can do is here; what a function decides there, a value decides here.

import type { WaitOptions } from '../activity.ts'
import type { DiskAction, DiskSelector } from '../disk.ts'
import { type Duration, milliseconds } from '../duration.ts'
import type { FaultAction, FaultOptions, RequestSelector } from '../faults.ts'
import type { Offsets } from '../groups.ts'
import { type ExpectedRecord, isLike } from '../matchers.ts'
import type { ConnectionSelector } from '../network.ts'
import type { TopicOptions, TopicsOption } from '../options.ts'
import type { RecordedRecord, RecordsOptions } from '../records.ts'
import type { ConnectionsOption, NewTestRecord, ProduceOptions, RestartOptions, TestBroker } from '../test-broker.ts'
import { NotFoundError, NotRunningError } from './errors.ts'
import { Handles } from './handles.ts'
import * as is from './schemas.ts'
import { groupJson, jsonSafe, recordJson, requestJson } from './views.ts'

export interface Asked {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  /** Checked by the route's schema: a route knows what is in it. */
  readonly body: unknown
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With `{name}` for what varies. */
  readonly path: string
  readonly summary: string
  readonly query?: Readonly<Record<string, is.Schema>>
  readonly body?: is.Schema
  /** The answer's type where it is not JSON. */
  readonly produces?: 'text/plain' | 'text/event-stream'
  /** Answers with the value as JSON, or with 204 for none. */
  readonly run: (asked: Asked) => unknown
}

const timeout = { timeout: is.duration } as const
const recordsQuery = {
  partition: is.natural,
  from: is.natural,
  isolation: { enum: ['read_uncommitted', 'read_committed'] },
  markers: is.flag,
} as const
const requestQuery = {
  api: is.text,
  clientId: is.text,
  topic: is.text,
  group: is.text,
  transactionalId: is.text,
  error: is.text,
  last: is.natural,
  bodies: is.flag,
} as const

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new NotFoundError(`there is no ${what}`)
  return value
}

export function routesOf(broker: TestBroker): Route[] {
  const handles = new Handles()
  const route = (
    method: Route['method'],
    path: string,
    summary: string,
    run: Route['run'],
    rest: Pick<Route, 'query' | 'body' | 'produces'> = {},
  ): Route => ({ method, path, summary, run, ...rest })
  const brokerView = () => ({
    brokers: broker.brokers,
    bootstrapServers: broker.bootstrapServers,
    host: broker.host,
    port: broker.port,
    clusterId: broker.clusterId,
    nodeId: broker.nodeId,
  })
  const clockView = () => ({
    now: broker.clock.now(),
    iso: new Date(broker.clock.now()).toISOString(),
    isFrozen: broker.clock.isFrozen,
  })
  const recordsAsked = ({ query }: Asked) => query as RecordsOptions
  const filterOf = ({ query }: Asked) => {
    const { last: _, bodies: __, ...filter } = query
    return filter
  }
  const faultJson = (id: string) => {
    const { fault, what } = found(handles.faults.get(id), `fault ${id}`)
    return { id, hits: fault.hits, ...what }
  }
  return [
    route('GET', '/broker', 'Where the broker is, and who it is', brokerView),
    route('GET', '/healthz', 'The control server is there', () => ({ status: 'ok' })),
    route('GET', '/readyz', 'Clients can connect to the broker; 503 while it restarts', () => {
      if (!broker.isRunning) throw new NotRunningError('the broker is not running')
      return { status: 'ready', bootstrapServers: broker.bootstrapServers }
    }),

    // --- Looking inside
    route('GET', '/topics', 'The names of all topics, internal ones left out', () => broker.topics()),
    route(
      'POST',
      '/topics',
      'Makes a topic',
      ({ body }) => {
        const { name, ...options } = body as { name: string } & TopicOptions
        return broker.createTopic(name, options)
      },
      { body: is.object({ name: is.text, ...is.topic }, ['name']) },
    ),
    route('GET', '/topics/{topic}', 'Configs and partitions of a topic', ({ params: { topic = '' } }) =>
      found(broker.topic(topic), `topic ${topic}`),
    ),
    route('DELETE', '/topics/{topic}', 'Deletes a topic', ({ params: { topic = '' } }) => broker.deleteTopic(topic)),
    route(
      'GET',
      '/topics/{topic}/records',
      'The records that are there',
      (asked) => {
        const { limit, ...options } = asked.query as { limit?: number } & RecordsOptions
        const records = broker.records(asked.params.topic ?? '', options)
        return (limit === undefined ? records : records.slice(0, limit)).map(recordJson)
      },
      { query: { ...recordsQuery, limit: is.natural } },
    ),
    route(
      'GET',
      '/topics/{topic}/records/stream',
      'The records that are there, and those that come, as server-sent events',
      async function* (asked) {
        for await (const record of broker.follow(asked.params.topic ?? '', recordsAsked(asked)))
          yield recordJson(record)
      },
      { query: recordsQuery, produces: 'text/event-stream' },
    ),
    route(
      'POST',
      '/topics/{topic}/records',
      'Appends records',
      ({ params: { topic = '' }, body }) => {
        const { records, compression } = body as {
          records: JsonRecord[]
          compression?: ProduceOptions['compression']
        }
        return broker.produce(topic, records.map(fromJson), { compression })
      },
      {
        body: is.object(
          { records: is.list(is.newRecord), compression: { enum: ['none', 'gzip', 'snappy', 'lz4', 'zstd'] } },
          ['records'],
        ),
      },
    ),
    route(
      'POST',
      '/topics/{topic}/delete-records',
      'Deletes the records before these offsets; without, all',
      ({ params: { topic = '' }, body }) =>
        broker.deleteRecords(topic, (body as { offsets?: Record<number, number> }).offsets),
      { body: is.object({ offsets: is.partitionOffsets }) },
    ),
    route(
      'GET',
      '/topics/{topic}/partitions/{partition}/producers',
      'The producers that a partition remembers',
      ({ params }) => broker.producers(params.topic ?? '', Number(params.partition)),
    ),
    route(
      'POST',
      '/compact',
      'Compacts the logs of a topic, or of all',
      ({ body }) => broker.compact((body as { topic?: string }).topic),
      {
        body: is.object({ topic: is.text }),
      },
    ),
    route('POST', '/retention', 'Deletes what retention lets go by now', () => broker.applyRetention()),
    route('GET', '/groups', 'The ids of all groups', () => broker.groups()),
    route('GET', '/groups/{group}', 'State, members, offsets and lag of a group', async ({ params: { group = '' } }) =>
      groupJson(found(await broker.group(group), `group ${group}`)),
    ),
    route(
      'POST',
      '/groups/{group}/offsets',
      'Commits offsets for a group',
      ({ params: { group = '' }, body }) => broker.commit(group, body as Offsets),
      { body: is.offsets },
    ),
    route('POST', '/groups/{group}/rebalance', 'Has the members of a group join again', ({ params: { group = '' } }) =>
      broker.rebalance(group),
    ),
    route(
      'POST',
      '/groups/{group}/evict',
      'Puts a member out of its group',
      ({ params, body }) => broker.evict((body as { memberId: string }).memberId, params.group),
      { body: is.object({ memberId: is.text }, ['memberId']) },
    ),
    route('POST', '/groups/{group}/move-coordinator', "Moves the group's coordinator", ({ params: { group = '' } }) =>
      broker.moveCoordinator({ group }),
    ),
    route('GET', '/transactions/{id}', 'State of a transactional id', async ({ params: { id = '' } }) =>
      found(await broker.transaction(id), `transactional id ${id}`),
    ),
    route('POST', '/transactions/{id}/fence', 'Fences whoever has the id', ({ params: { id = '' } }) =>
      broker.fenceProducer(id),
    ),
    route(
      'POST',
      '/transactions/{id}/expire',
      'Aborts the transaction as if its timeout had passed',
      ({ params: { id = '' } }) => broker.expireTransaction(id),
    ),
    route('POST', '/transactions/{id}/move-coordinator', "Moves the id's coordinator", ({ params: { id = '' } }) =>
      broker.moveCoordinator({ transactionalId: id }),
    ),
    route('GET', '/connections', "The clients' connections", () => broker.connections()),

    // --- Requests
    route(
      'GET',
      '/requests',
      'The requests that are remembered, with their answers',
      (asked) => lastOf(broker.requests.all(filterOf(asked)), asked.query.last).map(requestJson),
      { query: requestQuery },
    ),
    route(
      'GET',
      '/requests/trace',
      'The same, one line for each, for people',
      (asked) => broker.requests.trace(filterOf(asked), asked.query),
      { query: requestQuery, produces: 'text/plain' },
    ),
    route(
      'GET',
      '/requests/mermaid',
      'The same as a sequence diagram',
      (asked) => broker.requests.mermaid(filterOf(asked), asked.query),
      {
        query: requestQuery,
        produces: 'text/plain',
      },
    ),
    route(
      'GET',
      '/requests/stream',
      'Requests as they are answered, as server-sent events',
      async function* (asked) {
        let after = broker.requests.last()
        for (;;) {
          const next = await broker.waitForRequest(filterOf(asked), { after, timeout: 0x7fffffff })
          after = next
          yield requestJson(next)
        }
      },
      { query: requestQuery, produces: 'text/event-stream' },
    ),
    route('DELETE', '/requests', 'Forgets all requests', () => broker.requests.clear()),

    // --- Waiting
    route(
      'POST',
      '/wait/records',
      'Answers with the records of a topic when there are so many, by default one; with `like`, with those like that',
      async ({ body }) => {
        const { topic, count, like, ...options } = body as {
          topic: string
          count?: number
          like?: ExpectedRecord
        } & RecordsOptions
        const wanted = like === undefined ? (count ?? 1) : (record: RecordedRecord) => isLike(record, like)
        return (await broker.waitForRecords(topic, wanted, options)).map(recordJson)
      },
      {
        body: {
          ...is.object({ topic: is.text, count: is.natural, like: is.expectedRecord, ...recordsQuery, ...timeout }, [
            'topic',
          ]),
          not: { required: ['count', 'like'] },
        },
      },
    ),
    route(
      'POST',
      '/wait/group',
      'Answers when a group is like this',
      async ({ body }) => {
        const {
          group,
          state,
          members,
          assigned,
          timeout: within,
        } = body as {
          group: string
          state?: string
          members?: number
          assigned?: number | true
          timeout?: Duration
        }
        return groupJson(await broker.waitForGroup(group, { state, members, assigned }, { timeout: within }))
      },
      {
        body: is.object(
          {
            group: is.text,
            state: is.text,
            members: is.natural,
            assigned: { anyOf: [is.natural, { const: true }] },
            ...timeout,
          },
          ['group'],
        ),
      },
    ),
    route(
      'POST',
      '/wait/committed',
      'Answers when a group has committed these offsets',
      async ({ body }) => {
        const {
          group,
          topic,
          offsets,
          timeout: within,
        } = body as { group: string; topic: string; offsets: Record<number, number>; timeout?: Duration }
        return groupJson(await broker.waitForCommitted(group, topic, offsets, { timeout: within }))
      },
      {
        body: is.object({ group: is.text, topic: is.text, offsets: is.partitionOffsets, ...timeout }, [
          'group',
          'topic',
          'offsets',
        ]),
      },
    ),
    route(
      'POST',
      '/wait/lag',
      'Answers when a group has no more than so many records before it',
      async ({ body }) => {
        const { group, lag, timeout: within } = body as { group: string; lag?: number; timeout?: Duration }
        return groupJson(await broker.waitForLag(group, lag, { timeout: within }))
      },
      { body: is.object({ group: is.text, lag: is.natural, ...timeout }, ['group']) },
    ),
    route(
      'POST',
      '/wait/request',
      'Answers with the first answered request of that kind',
      async ({ body }) => {
        const { timeout: within, ...filter } = body as RequestSelector & { timeout?: Duration }
        return requestJson(await broker.waitForRequest(filter, { timeout: within }))
      },
      {
        body: is.object({
          ...(is.requestSelector.properties as Record<string, is.Schema>),
          error: is.text,
          ...timeout,
        }),
      },
    ),
    route(
      'POST',
      '/wait/connections',
      'Answers when there are so many connections',
      ({ body }) => {
        const { count, ...options } = body as { count: number; waiting?: boolean; timeout?: Duration }
        return broker.waitForConnections(count, options)
      },
      { body: is.object({ count: is.natural, waiting: is.flag, ...timeout }, ['count']) },
    ),
    route(
      'POST',
      '/wait/idle',
      'Answers when nothing is under way',
      ({ body }) => broker.waitForIdle(body as WaitOptions),
      {
        body: is.object(timeout),
      },
    ),

    // --- Making it fail
    route('GET', '/faults', 'The faults of requests that are in force', () =>
      [...handles.faults.keys()].map(faultJson),
    ),
    route(
      'POST',
      '/faults',
      'Injects a fault of requests',
      ({ body }) => {
        const {
          selector = {},
          action,
          options,
        } = body as { selector?: RequestSelector; action: FaultAction; options?: FaultOptions }
        const fault = broker.fail(selector, action, options)
        return faultJson(handles.add(handles.faults, { fault, what: { selector, action, options } }))
      },
      {
        body: is.object({ selector: is.requestSelector, action: is.faultAction, options: is.faultOptions }, ['action']),
      },
    ),
    route('GET', '/faults/{id}', 'A fault, with how many requests it has hit', ({ params: { id = '' } }) =>
      faultJson(id),
    ),
    route(
      'POST',
      '/faults/{id}/wait',
      'Answers at the n-th hit, with its request',
      async ({ params: { id = '' }, body }) => {
        const { fault } = found(handles.faults.get(id), `fault ${id}`)
        const { hits = 1, timeout: within } = body as { hits?: number; timeout?: Duration }
        return jsonSafe(await fault.waitForHit(hits, { timeout: within }))
      },
      { body: is.object({ hits: { type: 'integer', minimum: 1 }, ...timeout }) },
    ),
    route('DELETE', '/faults/{id}', 'Removes a fault', ({ params: { id = '' } }) => {
      found(handles.faults.get(id), `fault ${id}`).fault.remove()
      handles.faults.delete(id)
    }),
    route('DELETE', '/faults', 'Removes all faults: of requests, of the network, of the disk', () => {
      broker.heal()
      handles.clearFaults()
    }),
    route(
      'POST',
      '/disk-faults',
      'Injects a fault of the disk',
      ({ body }) => {
        const {
          selector = {},
          action,
          options,
        } = body as { selector?: DiskSelector; action: DiskAction; options?: FaultOptions }
        return { id: handles.add(handles.removable, broker.disk.fail(selector, action, options)) }
      },
      { body: is.object({ selector: is.diskSelector, action: is.diskAction, options: is.faultOptions }, ['action']) },
    ),
    route(
      'POST',
      '/network/pause',
      'Nothing goes in or out, and nobody is told',
      ({ body }) => ({
        id: handles.add(handles.removable, broker.network.pause(body as ConnectionSelector)),
      }),
      { body: is.object(is.connectionSelector) },
    ),
    route(
      'POST',
      '/network/cut',
      'Ends connections; with `refuse`, new ones too',
      ({ body }) => {
        const { refuse, ...selector } = body as { refuse?: boolean }
        return { id: handles.add(handles.removable, broker.network.cut(selector, { refuse })) }
      },
      { body: is.object({ ...is.connectionSelector, refuse: is.flag }) },
    ),
    route(
      'POST',
      '/network/slow',
      'Answers are late',
      ({ body }) => {
        const { latency, bytesPerSecond, ...selector } = body as {
          latency?: Duration
          bytesPerSecond?: number
        }
        return { id: handles.add(handles.removable, broker.network.slow({ latency, bytesPerSecond }, selector)) }
      },
      {
        body: is.object({
          ...is.connectionSelector,
          latency: is.duration,
          bytesPerSecond: { type: 'number', exclusiveMinimum: 0 },
        }),
      },
    ),
    route('DELETE', '/disk-faults/{id}', 'Removes a fault of the disk', ({ params: { id = '' } }) =>
      handles.remove(id),
    ),
    route('DELETE', '/network/{id}', 'Removes a fault of the network', ({ params: { id = '' } }) => handles.remove(id)),

    // --- Between tests
    route(
      'POST',
      '/reset',
      'As new, on the same port',
      async ({ body }) => {
        await broker.reset(body as ConnectionsOption & { topics?: TopicsOption })
        handles.clearFaults()
        return brokerView()
      },
      { body: is.object({ connections: is.connections, topics: is.topics }) },
    ),
    route('POST', '/snapshots', 'Keeps the whole state', async () => ({
      id: handles.add(handles.snapshots, await broker.snapshot()),
    })),
    route(
      'POST',
      '/snapshots/{id}/restore',
      'Back to a state',
      async ({ params: { id = '' }, body }) => {
        await broker.restore(found(handles.snapshots.get(id), `snapshot ${id}`), body as ConnectionsOption)
      },
      { body: is.object({ connections: is.connections }) },
    ),
    route('DELETE', '/snapshots/{id}', 'Forgets a state', ({ params: { id = '' } }) => {
      found(handles.snapshots.get(id), `snapshot ${id}`)
      handles.snapshots.delete(id)
    }),
    route(
      'POST',
      '/save',
      'Writes the whole state to a file',
      ({ body }) => broker.saveTo((body as { file: string }).file),
      {
        body: is.object({ file: is.text }, ['file']),
      },
    ),
    route(
      'POST',
      '/restart',
      'Stops, in order or as by kill -9, and starts again',
      async ({ body }) => {
        await broker.restart(body as RestartOptions)
        return brokerView()
      },
      { body: is.object({ kill: is.flag, connections: is.connections, downFor: is.duration }) },
    ),

    // --- Time
    route('GET', '/clock', "The broker's time", clockView),
    route('POST', '/clock/freeze', 'Time stands still', () => {
      broker.clock.freeze()
      return clockView()
    }),
    route('POST', '/clock/resume', 'Time goes on by itself', () => {
      broker.clock.resume()
      return clockView()
    }),
    route(
      'POST',
      '/clock/advance',
      'Moves the time on, and fires what becomes due',
      async ({ body }) => {
        await broker.clock.advance(milliseconds((body as { duration: Duration }).duration))
        return clockView()
      },
      { body: is.object({ duration: is.duration }, ['duration']) },
    ),
    route(
      'POST',
      '/clock/set',
      'Sets the time of day',
      ({ body }) => {
        broker.clock.set((body as { time: string | number }).time)
        return clockView()
      },
      {
        body: is.object({ time: { type: ['string', 'number'], description: 'ISO 8601, or ms since the epoch' } }, [
          'time',
        ]),
      },
    ),
  ]
}

interface JsonRecord extends Omit<NewTestRecord, 'key' | 'value'> {
  readonly key?: NewTestRecord['key']
  readonly keyBase64?: string
  readonly value?: NewTestRecord['value']
  readonly valueBase64?: string
}

function fromJson({ keyBase64, valueBase64, ...record }: JsonRecord): NewTestRecord {
  return {
    ...record,
    ...(keyBase64 !== undefined && { key: Buffer.from(keyBase64, 'base64') }),
    ...(valueBase64 !== undefined && { value: Buffer.from(valueBase64, 'base64') }),
  }
}

function lastOf<T>(all: readonly T[], last: unknown): readonly T[] {
  return typeof last === 'number' ? all.slice(-last || all.length) : all
}
