// A connection that loads a broker at next to no cost of its own, so that the broker is measured and not the client:
// requests that are encoded once and sent over and over, record batches that are counted and not looked into.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { apis, type Draft, decode, ErrorCode, encodeRequest } from '../src/wire/index.ts'
import { Batch, encodeBatch } from '../src/wire/records/index.ts'
import type { Address } from './clients.ts'

/** The Java clients' defaults: `max.in.flight.requests.per.connection`, `batch.size`, `max.partition.fetch.bytes`. */
const IN_FLIGHT = 5
const BATCH_BYTES = 16_384
const FETCH_BYTES = 1 << 20

/** The last versions that are not flexible: the answers' headers are four bytes. */
const PRODUCE_VERSION = 8
const FETCH_VERSION = 11
const HEADER_BYTES = 8

export interface Load {
  readonly topic: string
  readonly recordSize: number
  readonly records: number
  readonly compression: 'none' | 'lz4'
}

/** Sends the same batch again and again, as many requests in flight as a producer has; MB/s of values. */
export async function produceLoad(address: Address, load: Load): Promise<number> {
  const perBatch = Math.max(1, Math.floor(BATCH_BYTES / load.recordSize))
  const request = produceRequest(load, perBatch)
  const requests = Math.ceil(load.records / perBatch)
  const started = performance.now()
  await converse(address, (send) => {
    let unsent = requests
    let unanswered = requests
    const sendNext = () => {
      if (unsent-- > 0) send(request)
    }
    for (let i = 0; i < IN_FLIGHT; i++) sendNext()
    return (frame) => {
      const { responses } = decode(apis.Produce.response, PRODUCE_VERSION, frame, HEADER_BYTES)
      const errorCode = responses[0]?.partitionResponses[0]?.errorCode
      if (errorCode !== ErrorCode.NONE) throw new Error(`Produce: error ${errorCode}`)
      sendNext()
      return --unanswered === 0
    }
  })
  return megabytesASecond(requests * perBatch * load.recordSize, started)
}

/** Reads a topic's only partition from its beginning, one request at a time, up to `records`; MB/s of values. */
export async function fetchLoad(address: Address, { topic, records, recordSize }: Load): Promise<number> {
  const started = performance.now()
  await converse(address, (send) => {
    let offset = 0
    const sendNext = () => send(fetchRequest(topic, offset))
    sendNext()
    return (frame) => {
      const { responses } = decode(apis.Fetch.response, FETCH_VERSION, frame, HEADER_BYTES)
      const partition = responses[0]?.partitions[0]
      if (partition?.errorCode !== ErrorCode.NONE) throw new Error(`Fetch: error ${partition?.errorCode}`)
      for (const at of Batch.positions(partition.records ?? Buffer.alloc(0))) {
        offset = Batch.lastOffset(partition.records as Buffer, at) + 1
      }
      if (offset >= records) return true
      sendNext()
      return false
    }
  })
  return megabytesASecond(records * recordSize, started)
}

function megabytesASecond(bytes: number, started: number): number {
  return bytes / 2 ** 20 / ((performance.now() - started) / 1000)
}

/** Letters at random, as kafka-producer-perf-test has them; where they are to be compressed, words of a few. */
function randomValue(size: number, compression: Load['compression']): Buffer {
  const letter = () => String.fromCharCode(65 + Math.floor(Math.random() * 26))
  const letters = Array.from({ length: size }, letter).join('')
  if (compression === 'none') return Buffer.from(letters)
  const words = Array.from({ length: 50 }, (_, i) => letters.slice(i * 7, i * 7 + 7))
  const text = Array.from({ length: size }, () => words[Math.floor(Math.random() * words.length)]).join(' ')
  return Buffer.from(text.slice(0, size))
}

function produceRequest({ topic, recordSize, compression }: Load, perBatch: number): Buffer {
  const timestamp = Date.now()
  const values = Array.from({ length: perBatch }, () => ({
    key: null,
    value: randomValue(recordSize, compression),
    timestamp,
  }))
  const records = encodeBatch({ records: values, compression })
  const body = { acks: -1, timeoutMs: 30_000, topicData: [{ name: topic, partitionData: [{ index: 0, records }] }] }
  return bytesOf(encodeRequest(apis.Produce.request, PRODUCE_VERSION, { correlationId: 1, clientId: 'load' }, body))
}

function fetchRequest(topic: string, fetchOffset: number): Buffer {
  const body: Draft<typeof apis.Fetch.request> = {
    maxWaitMs: 500,
    minBytes: 1,
    sessionEpoch: -1,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: FETCH_BYTES }] }],
  }
  return bytesOf(encodeRequest(apis.Fetch.request, FETCH_VERSION, { correlationId: 1, clientId: 'load' }, body))
}

const bytesOf = (slices: readonly Uint8Array[]): Buffer => Buffer.concat(slices)

/** Whether that was the last answer. */
type OnFrame = (frame: Buffer) => boolean

/** A connection from its first request to its last answer; frames lie in memory that the next one overwrites. */
async function converse(address: Address, begin: (send: (request: Buffer) => void) => OnFrame): Promise<void> {
  const chunk = Buffer.alloc(256 << 10)
  let take: (bytes: Buffer) => void = () => undefined
  const onread = {
    buffer: chunk,
    callback: (size: number) => {
      take(chunk.subarray(0, size))
      return true
    },
  }
  const socket: Socket = connect({ ...address, noDelay: true, onread })
  await once(socket, 'connect')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the broker closed the connection')))
    const frames = new Frames(begin((request) => socket.write(request)))
    take = (bytes) => {
      try {
        if (frames.take(bytes)) resolve()
      } catch (error) {
        reject(error)
      }
    }
  })
  socket.destroy()
}

class Frames {
  readonly #onFrame: OnFrame
  #memory = Buffer.alloc(4 << 20)
  #filled = 0

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame
  }

  take(bytes: Buffer): boolean {
    bytes.copy(this.#memory, this.#filled)
    this.#filled += bytes.length
    let at = 0
    let isLast = false
    while (!isLast && this.#filled - at >= 4) {
      const end = at + 4 + this.#memory.readInt32BE(at)
      if (end > this.#filled) break
      isLast = this.#onFrame(this.#memory.subarray(at, end))
      at = end
    }
    this.#memory.copyWithin(0, at, this.#filled)
    this.#filled -= at
    return isLast
  }
}
