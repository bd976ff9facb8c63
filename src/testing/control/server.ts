// The control server: a test broker over HTTP with JSON, for tests in other languages. Listens on the loopback unless it
// is told otherwise. Requests are checked by their schemas; errors say what went wrong.
import { once } from 'node:events'
import { type FastifyError, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { KafkaError } from '../../wire/errors.ts'
import { WaitTimeoutError } from '../activity.ts'
import type { TestBroker } from '../test-broker.ts'
import { NotFoundError, NotRunningError } from './errors.ts'
import { openApi } from './openapi.ts'
import { type Asked, type Route, routesOf } from './routes.ts'

export interface ControlOptions {
  /** Default 0, a free one. */
  readonly port?: number
  /** Default 127.0.0.1. Whoever reaches it has the broker in their hand. */
  readonly host?: string
}

export interface ControlServer {
  readonly host: string
  readonly port: number
  /** `http://127.0.0.1:8080` */
  readonly url: string
  close(): Promise<void>
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/
const missing: ReadonlySet<string> = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'GROUP_ID_NOT_FOUND', 'UNKNOWN_MEMBER_ID'])
const conflicts: ReadonlySet<string> = new Set(['TOPIC_ALREADY_EXISTS', 'INVALID_TXN_STATE'])

export async function startControl(
  broker: TestBroker,
  { port = 0, host = '127.0.0.1' }: ControlOptions = {},
): Promise<ControlServer> {
  const server = fastify({
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1024 },
    // What nobody knows is refused, not dropped.
    ajv: { customOptions: { removeAdditional: false, allowUnionTypes: true } },
  })
  const isLocal = LOOPBACK.test(host) || host === '::1'
  server.addHook('onRequest', async (request) => {
    // A page in a browser could send here too, under a name of its own.
    const { host: named = '', origin } = request.headers
    const isForeign =
      !LOOPBACK.test(named) || (origin !== undefined && !LOOPBACK.test(origin.replace(/^https?:\/\//, '')))
    if (isLocal && isForeign) throw Object.assign(new Error('only from this machine'), { statusCode: 403 })
  })
  // Whatever it says it is, a body is JSON; an empty one is none.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (_, text, done) => {
    try {
      done(null, text === '' ? {} : JSON.parse(String(text)))
    } catch {
      done(Object.assign(new Error('the body is no JSON'), { statusCode: 400 }))
    }
  })
  server.setErrorHandler((error: FastifyError, _request, reply) => fail(reply, error, broker.isRunning))
  server.setNotFoundHandler((request, reply) =>
    reply
      .status(404)
      .send({ error: 'NOT_FOUND', message: `there is no ${request.method} ${request.url}; see /openapi.json` }),
  )
  const routes = routesOf(broker)
  for (const route of routes) {
    server.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      schema: {
        querystring: { type: 'object', properties: { ...route.query }, additionalProperties: false },
        ...(route.method !== 'GET' && route.body !== undefined && { body: route.body }),
      },
      // A body may be left out where nothing in it is needed.
      preValidation: async (request) => {
        request.body ??= {}
      },
      handler: (request, reply) => answer(route, request, reply),
    })
  }
  const document = openApi(routes)
  server.get('/openapi.json', async () => document)
  await server.listen({ port, host })
  const [address] = server.addresses()
  const bound = typeof address === 'object' ? { host: address.address, port: address.port } : { host, port }
  const shown = bound.host.includes(':') ? `[${bound.host}]` : bound.host
  return { ...bound, url: `http://${shown}:${bound.port}`, close: () => server.close() }
}

async function answer(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const asked: Asked = {
    params: request.params as Asked['params'],
    query: request.query as Asked['query'],
    body: request.body ?? {},
  }
  if (route.produces === 'text/event-stream') {
    await stream(route.run(asked) as AsyncGenerator<unknown>, reply)
    return reply
  }
  const value = await route.run(asked)
  if (route.produces === 'text/plain') return reply.type('text/plain; charset=utf-8').send(value)
  return value === undefined ? reply.status(204).send() : value
}

async function stream(values: AsyncGenerator<unknown>, reply: FastifyReply): Promise<void> {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  raw.flushHeaders()
  const gone = once(raw, 'close').then(() => undefined)
  try {
    for (;;) {
      const next = await Promise.race([values.next(), gone])
      if (next === undefined || next.done) return
      if (!raw.write(`data: ${JSON.stringify(next.value)}\n\n`)) await Promise.race([once(raw, 'drain'), gone])
    }
  } catch {
    // The broker was closed.
  } finally {
    raw.end()
  }
}

function fail(reply: FastifyReply, error: FastifyError, isRunning: boolean): FastifyReply {
  const tell = (status: number, name: string): FastifyReply =>
    reply.status(status).send({ error: name, message: error.message })
  if (error instanceof NotFoundError) return tell(404, 'NOT_FOUND')
  if (error instanceof NotRunningError) return tell(503, 'NOT_RUNNING')
  if (error instanceof WaitTimeoutError) return tell(408, 'TIMEOUT')
  if (error instanceof KafkaError) {
    const { codeName } = error
    return tell(missing.has(codeName) ? 404 : conflicts.has(codeName) ? 409 : 422, codeName)
  }
  if (error instanceof TypeError || error.validation !== undefined) return tell(400, 'INVALID_REQUEST')
  const status = error.statusCode ?? 500
  // Whatever was asked found nobody there.
  if (status === 500 && !isRunning) return tell(503, 'NOT_RUNNING')
  return tell(status, status === 403 ? 'FORBIDDEN' : status < 500 ? 'INVALID_REQUEST' : 'INTERNAL_ERROR')
}
