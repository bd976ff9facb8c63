// One broker as the differ sees it: every request of a script with its answer, in order.
import { apis, type Draft, type Infer, type Message } from '../../src/wire/index.ts'
import { encodeBatch, type NewBatch } from '../../src/wire/records/index.ts'
import { RawClient } from '../support/raw-client.ts'

interface ApiSchemas {
  readonly name: string
  readonly request: Message
  readonly response: Message
}

export interface Exchange {
  readonly api: string
  readonly version: number
  /** What the script says of the request. */
  readonly note: string
  /** The decoded answer, or `closed` where the broker ended the connection. */
  readonly answer: unknown
}

/** A timestamp that both brokers accept and that is the same for both. */
export const TIMESTAMP = Date.now() - 3_600_000

export class Recorder {
  readonly exchanges: Exchange[] = []
  readonly host: string
  readonly port: number
  private client: RawClient | undefined
  private readonly opened: RawClient[] = []

  constructor(host: string, port: number) {
    this.host = host
    this.port = port
  }

  private async connection(): Promise<RawClient> {
    if (this.client === undefined) {
      const client = await RawClient.connect(this.host, this.port, 'differ')
      this.client = client
      this.opened.push(client)
      void client.closed.then(() => {
        if (this.client === client) this.client = undefined
      })
    }
    return this.client
  }

  /** Sends a request on the script's connection and records the answer. */
  async ask<A extends ApiSchemas>(
    api: A,
    version: number,
    body: Draft<A['request']>,
    note = '',
  ): Promise<Infer<A['response']> | undefined> {
    const client = await this.connection()
    try {
      const answer = await client.send(api, version, body)
      this.exchanges.push({ api: api.name, version, note, answer })
      return answer
    } catch (error) {
      if (!/closed the connection/.test(String(error))) throw error
      await client.closed
      this.exchanges.push({ api: api.name, version, note, answer: 'closed' })
      return undefined
    }
  }

  /** As `ask`, without recording: for what prepares a script. */
  async prepare<A extends ApiSchemas>(
    api: A,
    version: number,
    body: Draft<A['request']>,
  ): Promise<Infer<A['response']>> {
    return (await this.connection()).send(api, version, body)
  }

  /** Sends bytes and records whether the broker ends the connection. */
  async sendBytes(bytes: Uint8Array, note: string): Promise<void> {
    const client = await RawClient.connect(this.host, this.port, 'differ')
    client.sendBytes(bytes)
    await client.closed
    this.exchanges.push({ api: 'bytes', version: 0, note, answer: 'closed' })
  }

  /** Creates a topic and waits until its partitions have a leader; gives its id. */
  async topic(name: string, numPartitions = 1, configs: Record<string, string> = {}): Promise<string> {
    const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const topics = [{ name, numPartitions, replicationFactor: 1, configs: entries }]
    const created = await this.prepare(apis.CreateTopics, 7, { topics, timeoutMs: 30_000 })
    if (created.topics[0]?.errorCode !== 0) throw new Error(`${name}: ${created.topics[0]?.errorMessage}`)
    for (;;) {
      const { topics: described } = await this.prepare(apis.Metadata, 12, { topics: [{ name }] })
      const partitions = described[0]?.partitions ?? []
      if (partitions.length === numPartitions && partitions.every((one) => one.leaderId >= 0)) break
    }
    // Metadata can be ahead of the partition itself.
    for (let partition = 0; partition < numPartitions; partition++) {
      for (;;) {
        const asked = [{ name, partitions: [{ partitionIndex: partition, timestamp: -1 }] }]
        const answer = await this.prepare(apis.ListOffsets, 7, { replicaId: -1, topics: asked })
        if (answer.topics[0]?.partitions[0]?.errorCode === 0) break
      }
    }
    return created.topics[0]?.topicId ?? ''
  }

  /** Appends values with fixed timestamps. */
  async produce(topic: string, values: readonly string[], batch: Partial<NewBatch> = {}): Promise<void> {
    const topicData = [{ name: topic, partitionData: [{ index: 0, records: batchOf(values, batch) }] }]
    const answer = await this.prepare(apis.Produce, 9, { acks: -1, timeoutMs: 30_000, topicData })
    const errorCode = answer.responses[0]?.partitionResponses[0]?.errorCode
    if (errorCode !== 0) throw new Error(`Produce to ${topic}: ${errorCode}`)
  }

  /** Waits until the group's coordinator answers. */
  async coordinator(groupId: string): Promise<void> {
    for (;;) {
      const found = await this.prepare(apis.FindCoordinator, 3, { key: groupId })
      if (found.errorCode !== 0) continue
      const fetched = await this.prepare(apis.OffsetFetch, 7, { groupId, topics: [] })
      if (fetched.errorCode === 0) return
    }
  }

  close(): void {
    for (const client of this.opened) client.close()
  }
}

export function batchOf(values: readonly string[], batch: Partial<NewBatch> = {}): Buffer {
  const records = values.map((value, i) => ({ key: null, value: Buffer.from(value), timestamp: TIMESTAMP + i }))
  return encodeBatch({ records, ...batch })
}

export interface Script {
  readonly name: string
  run(broker: Recorder): Promise<void>
}

interface Versions {
  readonly from: number
  readonly to: number
}

/** One script per version of an API; `tag` makes names of topics and groups that no other script has. */
export function everyVersion(
  api: ApiSchemas,
  { from, to }: Versions,
  run: (broker: Recorder, version: number, tag: string) => Promise<void>,
): Script[] {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const version = from + i
    const tag = `${api.name.toLowerCase()}-${version}`
    return { name: `${api.name} ${version}`, run: (broker) => run(broker, version, tag) }
  })
}
