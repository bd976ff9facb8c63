// The server over real sockets, with an API of its own that echoes or waits as the test asks.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type ApiHandler, defineApi } from '../api/handler.ts'
import { type Clock, type Logger, realNetwork } from '../io/index.ts'
import { apis, decode, encodeRequest } from '../wire/index.ts'
import { ApiDispatcher } from './dispatch.ts'
import type { Limits } from './limits.ts'
import { Server } from './server.ts'

const standard: Limits = {
  socketRequestMaxBytes: 1 << 20,
  connectionsMaxIdleMs: 600_000,
  maxConnections: 2 ** 31 - 1,
  maxConnectionsPerIp: 2 ** 31 - 1,
  maxConnectionsPerIpOverrides: new Map(),
  queuedMaxRequestBytes: -1,
}

class ManualClock implements Clock {
  private time = 0
  private timers: { at: number; fire: () => void }[] = []
  now = () => this.time
  monotonic = () => this.time
  setTimer(delayMs: number, fire: () => void) {
    const timer = { at: this.time + delayMs, fire }
    this.timers.push(timer)
    return { cancel: () => void this.timers.splice(this.timers.indexOf(timer), 1) }
  }
  atEndOfTurn = (run: () => void) => void setImmediate(run)
  advance(ms: number) {
    this.time += ms
    const due = this.timers.filter(({ at }) => at <= this.time)
    this.timers = this.timers.filter(({ at }) => at > this.time)
    for (const { fire } of due) fire()
  }
}

const warnings: string[] = []
const log: Logger = { debug() {}, info() {}, warn: (_, message) => void warnings.push(message), error() {} }

/** FindCoordinator answers with its key; the key `wait:x` waits until the test releases it. */
const held = new Map<string, () => void>()
const echo: ApiHandler = defineApi(
  apis.FindCoordinator,
  { min: 0, max: 3 },
  (_, request) => {
    if (!request.key.startsWith('wait:')) return { host: request.key }
    return new Promise((resolve) => held.set(request.key, () => resolve({ host: request.key })))
  },
  (_, errorCode) => ({ errorCode }),
)

let server: Server
let sockets: Socket[] = []

async function started(limits: Partial<Limits> = {}, clock = new ManualClock()): Promise<number> {
  server = new Server({ network: realNetwork, clock, log, limits: () => ({ ...standard, ...limits }) })
  await server.bind([{ name: 'PLAINTEXT', host: '127.0.0.1', port: 0 }])
  const [bound] = server.bound
  server.start(new ApiDispatcher([echo], log))
  return bound?.port ?? 0
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

function ask(key: string, correlationId = 1): Buffer {
  return Buffer.concat(encodeRequest(apis.FindCoordinator.request, 0, { correlationId, clientId: null }, { key }))
}

async function answers(socket: Socket, count: number): Promise<string[]> {
  let received = Buffer.alloc(0)
  const found: string[] = []
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received = Buffer.concat([received, chunk as Buffer])
    while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
      const end = 4 + received.readInt32BE(0)
      found.push(decode(apis.FindCoordinator.response, 0, received.subarray(0, end), 8).host)
      received = received.subarray(end)
    }
    if (found.length >= count) break
  }
  return found
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets = []
  held.clear()
  await server.close()
})

describe('a server', () => {
  test('answers pipelined requests in their order, though the first one waits', async () => {
    const socket = await client(await started())
    socket.write(Buffer.concat([ask('wait:a'), ask('b'), ask('c')]))
    const all = answers(socket, 3)
    while (!held.has('wait:a')) await new Promise(setImmediate)
    held.get('wait:a')?.()
    expect(await all).toEqual(['wait:a', 'b', 'c'])
  })

  test('lets a waiting request hold up only its own connection', async () => {
    const port = await started()
    const [waiting, other] = [await client(port), await client(port)]
    waiting.write(ask('wait:a'))
    other.write(ask('b'))
    expect(await answers(other, 1)).toEqual(['b'])
  })

  test.each([
    ['an unknown API key', Buffer.from('0000000a03e7000000000001ffff', 'hex')],
    ['a version that is not served', Buffer.from('0000000a000a0063000000010000', 'hex')],
    ['a body cut short', Buffer.from('0000000a000a000000000001ffff', 'hex')],
    ['a header cut short', Buffer.from('00000003000a00', 'hex')],
    ['a frame over the limit', Buffer.from('7fffffff', 'hex')],
    ['a negative frame', Buffer.from('80000000', 'hex')],
  ])('closes a connection that sends %s, with one log line', async (_, bytes) => {
    warnings.length = 0
    const socket = await client(await started())
    socket.write(bytes)
    socket.resume()
    await once(socket, 'close')
    expect(warnings).toHaveLength(1)
  })

  test('closes a connection over its address’s limit at once', async () => {
    const port = await started({ maxConnectionsPerIp: 1 })
    const first = await client(port)
    const second = await client(port)
    second.resume()
    await once(second, 'close')
    first.write(ask('still here'))
    expect(await answers(first, 1)).toEqual(['still here'])
  })

  test('lets a connection over the broker’s limit wait for a place', async () => {
    const port = await started({ maxConnections: 1 })
    const first = await client(port)
    first.write(ask('first'))
    expect(await answers(first, 1)).toEqual(['first'])
    const second = await client(port)
    second.write(ask('second'))
    first.write(ask('again'))
    expect(await answers(first, 1)).toEqual(['again'])
    first.destroy()
    expect(await answers(second, 1)).toEqual(['second'])
  })

  test('closes a connection that is idle for too long', async () => {
    const clock = new ManualClock()
    const socket = await client(await started({ connectionsMaxIdleMs: 1000 }, clock))
    socket.write(ask('a'))
    expect(await answers(socket, 1)).toEqual(['a'])
    clock.advance(1300)
    socket.resume()
    await once(socket, 'close')
  })

  test('stops reading while the queued requests hold all the memory allowed', async () => {
    const port = await started({ queuedMaxRequestBytes: 20 })
    const [full, other] = [await client(port), await client(port)]
    full.write(ask('wait:a'))
    while (!held.has('wait:a')) await new Promise(setImmediate)
    other.write(ask('wait:b'))
    other.write(ask('c'))
    while (!held.has('wait:b')) await new Promise(setImmediate)
    held.get('wait:a')?.()
    held.get('wait:b')?.()
    expect(await answers(other, 2)).toEqual(['wait:b', 'c'])
  })
})
