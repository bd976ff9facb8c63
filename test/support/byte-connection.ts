// A connection of bytes: what a sound client would never send, and what comes back, frame by frame.
import { connect, type Socket } from 'node:net'
import { type AnyMessage, decode, type Infer, type Message, responseHeaderVersion } from '../../src/wire/index.ts'
import { type Readable, readable } from './readable.ts'
import { silent, type Tap } from './surroundings.ts'
import type { TestBroker } from './test-broker.ts'

interface Waiting {
  resolve(frame: Buffer): void
  reject(error: Error): void
}

export class ByteConnection {
  private readonly socket: Socket
  private readonly frames: Buffer[] = []
  private readonly waiting: Waiting[] = []
  private received: Buffer = Buffer.alloc(0)
  private ended = false
  private readonly tap: Tap
  /** Resolves with how many frames had come when the connection ended, whoever ended it. */
  readonly closed: Promise<number>

  constructor(socket: Socket, tap: Tap = silent) {
    this.socket = socket
    this.tap = tap
    let count = 0
    socket.on('data', (chunk: Buffer) => {
      count += this.take(chunk)
    })
    socket.on('error', () => socket.destroy())
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.ended = true
        tap.ended()
        for (const { reject } of this.waiting.splice(0)) reject(new Error('the broker closed the connection'))
        resolve(count)
      })
    })
  }

  send(bytes: Uint8Array): void {
    this.tap.sentBytes(bytes)
    this.socket.write(bytes)
  }

  /** Takes nothing in until `resume`. */
  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  /** The next answer, without its size. */
  frame(): Promise<Buffer> {
    const ready = this.frames.shift()
    if (ready !== undefined) return Promise.resolve(ready)
    if (this.ended) return Promise.reject(new Error('the broker closed the connection'))
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject })
    })
  }

  /** Ends our side, after all that was sent. */
  end(): void {
    this.socket.end()
  }

  /** Breaks the connection off. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** An answer with its header, as `frame` gives it. */
  decode<M extends Message>(schema: M, version: number, frame: Buffer): Readable<Infer<M>> {
    const headerSize = responseHeaderVersion(schema as AnyMessage, version) === 0 ? 4 : 5
    return readable(decode(schema, version, frame, headerSize)) as Readable<Infer<M>>
  }

  private take(chunk: Buffer): number {
    this.received = Buffer.concat([this.received, chunk])
    let taken = 0
    while (this.received.length >= 4) {
      const end = 4 + this.received.readInt32BE(0)
      if (end < 4) return this.breakOff(taken)
      if (this.received.length < end) break
      const frame = this.received.subarray(4, end)
      this.received = this.received.subarray(end)
      this.tap.gotFrame(frame)
      const waiting = this.waiting.shift()
      if (waiting === undefined) this.frames.push(frame)
      else waiting.resolve(frame)
      taken++
    }
    return taken
  }

  /** A size below zero: nothing that comes behind it can be read. */
  private breakOff(taken: number): number {
    this.received = Buffer.alloc(0)
    this.socket.destroy()
    return taken
  }
}

/** Opens a connection that ends with the test. */
export async function openBytes(broker: TestBroker): Promise<ByteConnection> {
  const socket = connect({ host: broker.host, port: broker.port, noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  broker.atEnd(() => socket.destroy())
  return new ByteConnection(socket, broker.surroundings.observe?.())
}

interface Header {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
}

/** A request with its size and a header of version 1 and no client id. */
export function requestFrame(header: Header, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(14)
  head.writeInt32BE(10 + body.length, 0)
  head.writeInt16BE(header.apiKey, 4)
  head.writeInt16BE(header.apiVersion, 6)
  head.writeInt32BE(header.correlationId, 8)
  head.writeInt16BE(-1, 12)
  return Buffer.concat([head, body])
}
