// The broker as one test sees it: connections that end with the test, names of its own, topics, groups, records.
import { randomBytes } from 'node:crypto'
import { type Draft, type Infer, type Message, apis as wire } from '../../src/wire/index.ts'
import { Batch, type KafkaRecord, type NewBatch, readRecords } from '../../src/wire/records/index.ts'
import { append, awaitCoordinator, createTopic, newProducerId, type Topic } from './admin.ts'
import { ClassicMember, type MemberOptions } from './classic-member.ts'
import { ConsumerMember, type ConsumerMemberOptions } from './consumer-member.ts'
import { RawClient } from './raw-client.ts'
import type { Readable } from './readable.ts'
import { TransactionalProducer, type TransactionProtocol } from './transactional-producer.ts'

interface ApiSchemas {
  readonly request: Message
  readonly response: Message
}

export interface Address {
  readonly host: string
  readonly port: number
}

type FetchRequest = Draft<typeof wire.Fetch.request>
type FetchPartition = NonNullable<NonNullable<FetchRequest['topics']>[number]['partitions']>[number]
type ProducePartition = Readable<Infer<typeof wire.Produce.response>>['responses'][number]['partitionResponses'][number]
type FetchedPartition = Readable<Infer<typeof wire.Fetch.response>>['responses'][number]['partitions'][number]

export class TestBroker {
  readonly host: string
  readonly port: number
  private readonly closers: (() => unknown)[] = []
  private first: Promise<RawClient> | undefined

  constructor({ host, port }: Address) {
    this.host = host
    this.port = port
  }

  get bootstrap(): string {
    return `${this.host}:${this.port}`
  }

  /** A name that nothing else has. */
  name(what = 'topic'): string {
    return `${what}-${randomBytes(6).toString('hex')}`
  }

  /** The connection that the other methods use. */
  client(): Promise<RawClient> {
    this.first ??= this.connect()
    return this.first
  }

  /** One more connection, closed at the end of the test: what waits holds up its own connection. */
  async connect(clientId = 'compat'): Promise<RawClient> {
    const client = await RawClient.connect(this.host, this.port, clientId)
    this.atEnd(() => client.close())
    return client
  }

  atEnd(close: () => unknown): void {
    this.closers.push(close)
  }

  async end(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close()
  }

  async ask<A extends ApiSchemas>(
    api: A,
    version: number,
    body: Draft<A['request']>,
  ): Promise<Readable<Infer<A['response']>>> {
    return (await this.client()).ask(api, version, body)
  }

  async topic(options: { name?: string; partitions?: number; configs?: Record<string, string> } = {}): Promise<Topic> {
    return createTopic(await this.client(), options.name ?? this.name(), options.partitions, options.configs)
  }

  /** A topic of one partition with one record for each value. */
  async topicWith(values: readonly string[], batch: Partial<NewBatch> = {}): Promise<Topic> {
    const topic = await this.topic()
    await this.append(topic.name, values, batch)
    return topic
  }

  /** Appends one batch to partition 0, or another; gives the offset of its first record. */
  async append(topic: string, values: readonly string[], batch: Partial<NewBatch> = {}, index = 0): Promise<number> {
    return append(await this.client(), topic, values, batch, index)
  }

  /** The name of a group whose coordinator is ready. */
  async group(name = this.name('group')): Promise<string> {
    await awaitCoordinator(await this.client(), name)
    return name
  }

  async producerId(): Promise<number> {
    return newProducerId(await this.client())
  }

  /** A member of a classic group, on a connection of its own; it has not joined yet. */
  async member(groupId: string, options: MemberOptions = {}): Promise<ClassicMember> {
    return new ClassicMember(await this.connect(options.clientId), groupId, options)
  }

  /** A member of a consumer group, on a connection of its own; it has not joined yet. */
  async consumer(groupId: string, options: ConsumerMemberOptions = {}): Promise<ConsumerMember> {
    return new ConsumerMember(await this.connect(options.clientId), groupId, options)
  }

  /** A transactional producer, begun. */
  async transaction(
    options: { transactionalId?: string; protocol?: TransactionProtocol; timeoutMs?: number } = {},
  ): Promise<TransactionalProducer> {
    const id = options.transactionalId ?? this.name('transaction')
    return new TransactionalProducer(await this.connect(), id, options.protocol ?? 2).init(options.timeoutMs)
  }

  /** Produces to one partition at version 12, by name; gives that partition's answer. */
  async produce(
    topic: string,
    records: Buffer | null,
    { acks = -1, index = 0, version = 12 }: { acks?: number; index?: number; version?: number } = {},
  ): Promise<ProducePartition> {
    const topicData = [{ name: topic, partitionData: [{ index, records }] }]
    const answer = await this.ask(wire.Produce, version, { acks, timeoutMs: 30_000, topicData })
    return only(only(answer.responses).partitionResponses)
  }

  /** Fetches from one partition at version 12, by name; gives that partition's answer. */
  async fetch(
    topic: string,
    fetchOffset: number,
    partition: Partial<FetchPartition> = {},
    request: Partial<FetchRequest> = {},
  ): Promise<FetchedPartition> {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20, ...partition }]
    const topics = [{ topic, partitions }]
    const answer = await this.ask(wire.Fetch, 12, {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 1 << 20,
      topics,
      ...request,
    })
    return only(only(answer.responses).partitions)
  }

  /** Every record of the partition from this offset on; one fetch gives no more than one segment. */
  async records(topic: string, fetchOffset = 0, partition = 0): Promise<KafkaRecord[]> {
    const all: KafkaRecord[] = []
    for (let next = fetchOffset; ; ) {
      const { records, errorCode, highWatermark } = await this.fetch(topic, next, { partition }, { maxWaitMs: 0 })
      if (errorCode !== 'NONE') throw new Error(`Fetch from ${topic}: ${errorCode}`)
      const read = recordsIn(records)
      all.push(...read)
      const last = read.at(-1)
      if (last === undefined || last.offset + 1 >= highWatermark) return all
      next = last.offset + 1
    }
  }

  async endOffset(topic: string, partitionIndex = 0): Promise<number> {
    const topics = [{ name: topic, partitions: [{ partitionIndex, timestamp: -1 }] }]
    const answer = await this.ask(wire.ListOffsets, 7, { replicaId: -1, topics })
    return only(only(answer.topics).partitions).offset
  }
}

/** The one element of an array that has one. */
export function only<T>(elements: readonly T[]): T {
  if (elements.length !== 1) throw new Error(`one element expected, got ${JSON.stringify(elements)}`)
  return elements[0] as T
}

/** The records of the complete batches of an answer. */
export function recordsIn(bytes: Buffer | null): KafkaRecord[] {
  const buffer = bytes ?? Buffer.alloc(0)
  return [...Batch.positions(buffer)].flatMap((at) => readRecords(buffer, at))
}

export function valuesIn(bytes: Buffer | null): string[] {
  return recordsIn(bytes).map(({ value }) => String(value))
}
