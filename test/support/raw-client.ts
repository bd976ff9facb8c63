// One TCP connection that speaks the protocol through our own codecs: requests in, decoded answers out, in order.
import { connect, type Socket } from 'node:net'
import {
  type AnyMessage,
  type Draft,
  decode,
  encodeRequest,
  type Infer,
  type Message,
  Reader,
  ResponseHeader,
  read,
  responseHeaderVersion,
} from '../../src/wire/index.ts'
import { type Readable, readable } from './readable.ts'
import { apiName, type Surroundings, silent, type Tap, unsayable } from './surroundings.ts'

interface ApiSchemas {
  readonly request: Message
  readonly response: Message
}

interface Waiting {
  readonly schema: AnyMessage
  readonly version: number
  /** Tells who listens. */
  tell(answer: unknown): void
  resolve(response: unknown): void
  reject(error: Error): void
}

export class RawClient {
  private readonly socket: Socket
  private readonly waiting = new Map<number, Waiting>()
  private received: Buffer = Buffer.alloc(0)
  private nextCorrelationId = 1
  private readonly clientId: string
  private readonly surroundings: Surroundings
  private readonly tap: Tap
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>

  private constructor(socket: Socket, clientId: string, surroundings: Surroundings) {
    this.socket = socket
    this.clientId = clientId
    this.surroundings = surroundings
    this.tap = surroundings.observe?.() ?? silent
    socket.on('data', (chunk) => this.take(chunk))
    socket.on('error', () => socket.destroy())
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.giveUp('the broker closed the connection')
        this.tap.ended()
        resolve()
      })
    })
  }

  static async connect(
    host: string,
    port: number,
    clientId = 'raw-client',
    surroundings: Surroundings = {},
  ): Promise<RawClient> {
    const socket = connect({ host, port, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawClient(socket, clientId, surroundings)
  }

  /** Our end's address, as the broker sees it where nothing stands between. */
  get localAddress(): string {
    return this.socket.localAddress ?? ''
  }

  /** For what only helps: the version next to this one that the broker has. What a test is about names its own. */
  nearest(api: ApiSchemas, version: number): number {
    return this.surroundings.advertised?.nearest(api.request, version) ?? version
  }

  /** Sends one request; rejects when the connection ends without an answer. */
  send<A extends ApiSchemas>(api: A, version: number, body: Draft<A['request']>): Promise<Infer<A['response']>> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) throw new Error('the connection is closed')
      const { correlationId, tell } = this.write(api, version, body)
      const settle = resolve as (response: unknown) => void
      this.waiting.set(correlationId, { schema: api.response, version, tell, resolve: settle, reject })
    })
  }

  /** As `send`, with the error codes of the answer as their names. */
  async ask<A extends ApiSchemas>(
    api: A,
    version: number,
    body: Draft<A['request']>,
  ): Promise<Readable<Infer<A['response']>>> {
    return readable(await this.send(api, version, body))
  }

  /** Sends one request that gets no answer (Produce with acks=0). */
  post<A extends ApiSchemas>(api: A, version: number, body: Draft<A['request']>): number {
    return this.write(api, version, body).correlationId
  }

  private write<A extends ApiSchemas>(api: A, version: number, body: Draft<A['request']>) {
    this.surroundings.advertised?.require(api.request, version)
    const correlationId = this.nextCorrelationId++
    const slices = this.encoded(api, version, correlationId, body)
    this.socket.cork()
    for (const slice of slices) this.socket.write(slice)
    this.socket.uncork()
    return { correlationId, tell: this.tap.sent(api.request, version, body) }
  }

  private encoded<A extends ApiSchemas>(api: A, version: number, correlationId: number, body: Draft<A['request']>) {
    try {
      return encodeRequest(api.request, version, { correlationId, clientId: this.clientId }, body)
    } catch (error) {
      throw this.surroundings.advertised === undefined ? error : unsayable(error, api.request, version)
    }
  }

  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.tap.sentBytes(bytes)
    this.socket.write(bytes)
  }

  private take(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk])
    while (this.received.length >= 4) {
      const size = this.received.readInt32BE(0)
      if (size < 4) {
        this.breakOff(`the broker sent a frame of ${size} bytes`)
        return
      }
      const end = 4 + size
      if (this.received.length < end) return
      const frame = this.received.subarray(4, end)
      this.received = this.received.subarray(end)
      this.settle(frame)
    }
  }

  private settle(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0)
    const waiting = this.waiting.get(correlationId)
    if (waiting === undefined) {
      this.breakOff(`the broker sent an answer to no request: ${correlationId}`)
      return
    }
    this.waiting.delete(correlationId)
    const { schema, version } = waiting
    try {
      const reader = new Reader(frame)
      read(ResponseHeader, responseHeaderVersion(schema, version), reader)
      // ApiVersions with an unknown version is answered with version 0 (KIP-511).
      const fallback = schema.apiKey === 18 && frame.readInt16BE(reader.position) === 35
      const answer = decode(schema, fallback ? 0 : version, frame, reader.position)
      waiting.tell(answer)
      waiting.resolve(answer)
    } catch (error) {
      const why = `the answer to ${apiName(schema)} ${version} cannot be read: ${(error as Error).message}`
      waiting.tell(new Error(why))
      waiting.reject(new Error(why, { cause: error }))
    }
  }

  /** What comes makes no sense any more. */
  private breakOff(why: string): void {
    this.giveUp(why)
    this.socket.destroy()
  }

  private giveUp(why: string): void {
    for (const { schema, version, tell, reject } of this.waiting.values()) {
      const error = new Error(`${why}, instead of answering ${apiName(schema)} ${version}`)
      tell(error)
      reject(error)
    }
    this.waiting.clear()
  }

  /** Ends the connection; what still waits for an answer waits for ever. */
  close(): void {
    this.waiting.clear()
    this.socket.destroy()
  }
}
