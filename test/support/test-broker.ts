// The broker as one test sees it: connections that end with the test, names of its own, topics, groups, records.
import { randomBytes } from 'node:crypto'
import { type Draft, type Infer, type Message, apis as wire } from '../../src/wire/index.ts'
import { Batch, type KafkaRecord, type NewBatch, readRecords } from '../../src/wire/records/index.ts'
import { append, awaitCoordinator, createTopic, newProducerId, type Topic } from './admin.ts'
import { ClassicMember, type MemberOptions } from './classic-member.ts'
import { ConsumerMember, type ConsumerMemberOptions } from './consumer-member.ts'
import { RawClient } from './raw-client.ts'
import type { Readable } from './readable.ts'
import { apiName, NotApplicable, type Surroundings } from './surroundings.ts'
import { TransactionalProducer, type TransactionProtocol } from './transactional-producer.ts'
import { mustBeNone, Unexpected } from './unexpected.ts'

interface ApiSchemas {
  readonly request: Message
  readonly response: Message
}

export interface Address {
  readonly host: string
  readonly port: number
  /** The broker's id. */
  readonly nodeId?: number
  readonly surroundings?: Surroundings
}

type FetchRequest = Draft<typeof wire.Fetch.request>
type FetchPartition = NonNullable<NonNullable<FetchRequest['topics']>[number]['partitions']>[number]
type ProducePartition = Readable<Infer<typeof wire.Produce.response>>['responses'][number]['partitionResponses'][number]
type FetchedPartition = Readable<Infer<typeof wire.Fetch.response>>['responses'][number]['partitions'][number]

export class TestBroker {
  readonly host: string
  readonly port: number
  readonly surroundings: Surroundings
  private readonly knownNodeId: number | undefined
  private readonly closers: (() => unknown)[] = []
  private hasEnded = false
  private first: Promise<RawClient> | undefined

  constructor({ host, port, nodeId, surroundings = {} }: Address) {
    this.host = host
    this.port = port
    this.knownNodeId = nodeId
    this.surroundings = surroundings
  }

  /** The broker's id, which whoever found the broker knows. */
  get nodeId(): number {
    if (this.knownNodeId === undefined) throw new Error('nobody asked the broker for its id')
    return this.knownNodeId
  }

  /** The id of a broker that there is not. */
  get otherNodeId(): number {
    return this.nodeId + 8
  }

  get bootstrap(): string {
    return `${this.host}:${this.port}`
  }

  /** A name that nothing else has. */
  name(what = 'topic'): string {
    const { mark } = this.surroundings
    return `${mark === undefined ? '' : `${mark}-`}${what}-${randomBytes(6).toString('hex')}`
  }

  /** The connection that the other methods use. */
  client(): Promise<RawClient> {
    this.first ??= this.connect()
    return this.first
  }

  /** One more connection, closed at the end of the test: what waits holds up its own connection. */
  async connect(clientId = 'compat'): Promise<RawClient> {
    if (this.hasEnded) throw new Error('the test is over')
    const client = await RawClient.connect(this.host, this.port, clientId, this.surroundings)
    this.atEnd(() => client.close())
    return client
  }

  /** Where a client seems to come from; what stands between may show another address than our own. */
  async clientHost(): Promise<RegExp> {
    const { localAddress } = await this.client()
    return localAddress === '127.0.0.1' ? /^\/127\.0\.0\.1$/ : /^\/[\da-f.:%]+$/
  }

  /** For a behaviour that a version brings: it is not looked for on a broker that does not claim to have that. */
  needs({ request }: ApiSchemas, version: number): void {
    this.surroundings.advertised?.require(request, version)
  }

  /** For a behaviour of brokers that have given a version up. */
  lacks({ request }: ApiSchemas, version: number): void {
    if (this.surroundings.advertised?.has(request, version) !== true) return
    throw new NotApplicable(`${apiName(request)} ${version} is advertised`)
  }

  atEnd(close: () => unknown): void {
    if (this.hasEnded) close()
    else this.closers.push(close)
  }

  async end(): Promise<void> {
    this.hasEnded = true
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
    const client = await this.connect()
    // Where it does not matter, what the broker has: the newer protocol came with version 5.
    const protocol = options.protocol ?? (client.nearest(wire.EndTxn, 5) < 5 ? 1 : 2)
    return new TransactionalProducer(client, id, protocol).init(options.timeoutMs)
  }

  /** Produces to one partition at version 12 unless told otherwise, by name; gives that partition's answer. */
  async produce(
    topic: string,
    records: Buffer | null,
    { acks = -1, index = 0, version }: { acks?: number; index?: number; version?: number } = {},
  ): Promise<ProducePartition> {
    const topicData = [{ name: topic, partitionData: [{ index, records }] }]
    const client = await this.client()
    const answer = await client.ask(wire.Produce, version ?? client.nearest(wire.Produce, 12), {
      acks,
      timeoutMs: 30_000,
      topicData,
    })
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
    const client = await this.client()
    const answer = await client.ask(wire.Fetch, client.nearest(wire.Fetch, 12), {
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
      mustBeNone(`Fetch from ${topic}`, errorCode)
      const read = recordsIn(records)
      all.push(...read)
      const last = read.at(-1)
      if (last === undefined || last.offset + 1 >= highWatermark) return all
      next = last.offset + 1
    }
  }

  async endOffset(topic: string, partitionIndex = 0): Promise<number> {
    const topics = [{ name: topic, partitions: [{ partitionIndex, timestamp: -1 }] }]
    const client = await this.client()
    const answer = await client.ask(wire.ListOffsets, client.nearest(wire.ListOffsets, 7), { replicaId: -1, topics })
    return only(only(answer.topics).partitions).offset
  }
}

/** The one element of an array that has one. */
export function only<T>(elements: readonly T[]): T {
  if (elements.length !== 1) {
    throw new Unexpected(`one element expected, got ${elements.length}`, 'an array of one element', elements)
  }
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
