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

interface ApiSchemas {
  readonly request: Message
  readonly response: Message
}

interface Waiting {
  readonly schema: AnyMessage
  readonly version: number
  resolve(response: unknown): void
  reject(error: Error): void
}

export class RawClient {
  private readonly socket: Socket
  private readonly waiting = new Map<number, Waiting>()
  private received: Buffer = Buffer.alloc(0)
  private nextCorrelationId = 1
  private readonly clientId: string
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>

  private constructor(socket: Socket, clientId: string) {
    this.socket = socket
    this.clientId = clientId
    socket.on('data', (chunk) => this.take(chunk))
    socket.on('error', () => socket.destroy())
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const waiting of this.waiting.values()) waiting.reject(new Error('the broker closed the connection'))
        this.waiting.clear()
        resolve()
      })
    })
  }

  static async connect(host: string, port: number, clientId = 'raw-client'): Promise<RawClient> {
    const socket = connect({ host, port, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawClient(socket, clientId)
  }

  /** Sends one request; rejects when the connection ends without an answer. */
  send<A extends ApiSchemas>(api: A, version: number, body: Draft<A['request']>): Promise<Infer<A['response']>> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) throw new Error('the connection is closed')
      const correlationId = this.post(api, version, body)
      const settle = resolve as (response: unknown) => void
      this.waiting.set(correlationId, { schema: api.response, version, resolve: settle, reject })
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
    const correlationId = this.nextCorrelationId++
    const header = { correlationId, clientId: this.clientId }
    this.socket.cork()
    for (const slice of encodeRequest(api.request, version, header, body)) this.socket.write(slice)
    this.socket.uncork()
    return correlationId
  }

  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  private take(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk])
    while (this.received.length >= 4) {
      const end = 4 + this.received.readInt32BE(0)
      if (this.received.length < end) return
      const frame = this.received.subarray(4, end)
      this.received = this.received.subarray(end)
      this.settle(frame)
    }
  }

  private settle(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0)
    const waiting = this.waiting.get(correlationId)
    if (waiting === undefined) throw new Error(`an answer to no request: ${correlationId}`)
    this.waiting.delete(correlationId)
    try {
      const { schema, version } = waiting
      const reader = new Reader(frame)
      read(ResponseHeader, responseHeaderVersion(schema, version), reader)
      // ApiVersions with an unknown version is answered with version 0 (KIP-511).
      const fallback = schema.apiKey === 18 && frame.readInt16BE(reader.position) === 35
      waiting.resolve(decode(schema, fallback ? 0 : version, frame, reader.position))
    } catch (error) {
      waiting.reject(error as Error)
    }
  }

  /** Ends the connection; what still waits for an answer waits for ever. */
  close(): void {
    this.waiting.clear()
    this.socket.destroy()
  }
}
