// Encoding and decoding beside the codecs of kafkajs and @platformatic/kafka: the same messages, in one process, each
// for a second at a time in turn. Records are made and read too, since that is what a client does.
import { createRequire } from 'node:module'
import * as platformatic from '@platformatic/kafka'
import { apis, type Draft, decode, EMPTY_UUID, encode } from '../src/wire/index.ts'
import { Batch, encodeBatch, readRecords } from '../src/wire/records/index.ts'
import { median } from './process.ts'

const RECORDS = 100
const ROUNDS = 5
const ROUND_MS = 300

export interface CodecResult {
  readonly row: string
  /** Messages a second. */
  readonly odradek: number
  readonly kafkajs: number
  readonly platformatic: number
}

type Run = () => unknown

/** kafkajs is CommonJS, and its protocol is none of its public API. */
const require = createRequire(import.meta.url)
const kafkajs = (path: string) => require(`kafkajs/src/protocol/${path}`)

const values = Array.from({ length: RECORDS }, (_, i) => ({
  key: Buffer.from(`key-${i}`.padEnd(10, '.')),
  value: Buffer.from(`${i}`.padEnd(100, 'x')),
}))

function batch(): Buffer {
  const timestamp = Date.now()
  return encodeBatch({ records: values.map(({ key, value }) => ({ key, value, timestamp })) })
}

function produceRequest(): Record<'odradek' | 'kafkajs' | 'platformatic', Run> {
  const request = kafkajs('requests/produce/v7/request')
  return {
    odradek: () => {
      const topicData = [{ name: 'topic', partitionData: [{ index: 0, records: batch() }] }]
      return encode(apis.Produce.request, 9, { acks: -1, timeoutMs: 1000, topicData })
    },
    kafkajs: () => {
      const messages = values.map(({ key, value }) => ({ key, value, timestamp: Date.now() }))
      const topicData = [{ topic: 'topic', partitions: [{ partition: 0, firstSequence: 0, messages }] }]
      return request({ acks: -1, timeout: 1000, topicData }).encode()
    },
    platformatic: () => {
      const messages = values.map(({ key, value }) => ({ topic: 'topic', partition: 0, key, value }))
      return platformatic.produceV9.createRequest(-1, 1000, messages).buffer
    },
  }
}

function fetchResponse(): Record<'odradek' | 'kafkajs' | 'platformatic', Run> {
  const partition = {
    partitionIndex: 0,
    highWatermark: RECORDS,
    lastStableOffset: RECORDS,
    logStartOffset: 0,
    abortedTransactions: [],
    records: batch(),
  }
  const old = encode(apis.Fetch.response, 11, { responses: [{ topic: 'topic', partitions: [partition] }] })
  const topicId = 'qqqqqqqqQECqqqqqqqqqqg'
  const recent = encode(apis.Fetch.response, 13, { responses: [{ topicId, partitions: [partition] }] })
  const theirs = kafkajs('requests/fetch/v11/response')
  const { parseResponse } = platformatic.fetchV13
  return {
    odradek: () => {
      const records = decode(apis.Fetch.response, 13, recent).responses[0]?.partitions[0]?.records
      if (!records) throw new Error('no records')
      return [...Batch.positions(records)].map((at) => readRecords(records, at))
    },
    kafkajs: () => theirs.decode(old),
    platformatic: () => parseResponse(0, 1, 13, platformatic.Reader.from(recent)),
  }
}

function metadataResponse(): Record<'odradek' | 'kafkajs' | 'platformatic', Run> {
  const response: Draft<typeof apis.Metadata.response> = {
    brokers: [1, 2, 3].map((nodeId) => ({ nodeId, host: `broker-${nodeId}.example`, port: 9092 })),
    clusterId: 'cluster',
    controllerId: 1,
    topics: Array.from({ length: 50 }, (_, i) => ({
      name: `topic-${i}`,
      topicId: EMPTY_UUID,
      partitions: [0, 1, 2, 3, 4, 5].map((partitionIndex) => ({
        partitionIndex,
        leaderId: 1,
        replicaNodes: [1, 2, 3],
        isrNodes: [1, 2, 3],
      })),
    })),
  }
  const old = encode(apis.Metadata.response, 6, {
    ...response,
    topics: response.topics?.map(({ topicId: _, ...rest }) => rest),
  })
  const recent = encode(apis.Metadata.response, 12, response)
  const theirs = kafkajs('requests/metadata/v6/response')
  const { parseResponse } = platformatic.metadataV12
  return {
    odradek: () => decode(apis.Metadata.response, 12, recent),
    kafkajs: () => theirs.decode(old),
    platformatic: () => parseResponse(0, 3, 12, platformatic.Reader.from(recent)),
  }
}

/** How often a second; a run that answers later is awaited, as its users would. */
async function speed(run: Run): Promise<number> {
  const started = performance.now()
  let count = 0
  for (let took = 0; ; took = performance.now() - started) {
    if (took >= ROUND_MS) return (count * 1000) / took
    for (let i = 0; i < 20; i++) {
      const result = run()
      if (result instanceof Promise) await result
    }
    count += 20
  }
}

export async function compareCodecs(): Promise<CodecResult[]> {
  const rows = {
    [`encode Produce, ${RECORDS} records`]: produceRequest(),
    [`decode Fetch, ${RECORDS} records`]: fetchResponse(),
    'decode Metadata, 50 topics': metadataResponse(),
  }
  const results: CodecResult[] = []
  for (const [row, { odradek, kafkajs, platformatic }] of Object.entries(rows)) {
    const speeds = { odradek: [] as number[], kafkajs: [] as number[], platformatic: [] as number[] }
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, run] of Object.entries({ odradek, kafkajs, platformatic })) {
        const found = await speed(run)
        if (round > 0) speeds[name as keyof typeof speeds].push(found)
      }
    }
    results.push({
      row,
      odradek: median(speeds.odradek),
      kafkajs: median(speeds.kafkajs),
      platformatic: median(speeds.platformatic),
    })
  }
  return results
}
