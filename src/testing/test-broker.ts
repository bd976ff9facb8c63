// A broker in a test's hand: what `startBroker` of odradek/testing gives. Brings together what the other files of this
// room know; has no knowledge of its own.
import { RealFileSystem, silentLogger } from '../io/index.ts'
import { automaticTopic, isInternalTopic } from '../metadata/index.ts'
import type { Partition } from '../replica/index.ts'
import { ErrorCode, type ErrorName, errorName, KafkaError } from '../wire/index.ts'
import { type CompressionName, encodeBatch } from '../wire/records/index.ts'
import type { WaitOptions } from './activity.ts'
import { BrokerClock } from './clock.ts'
import { DiskFaults } from './disk.ts'
import { type Duration, milliseconds } from './duration.ts'
import { checkSelector, type Fault, type FaultAction, type FaultOptions } from './faults.ts'
import {
  type GroupView,
  groupView,
  type Offsets,
  type ProducerView,
  type TransactionView,
  transactionView,
} from './groups.ts'
import { type ConnectionView, NetworkFaults } from './network.ts'
import { namedTopics, propertiesOf, type TestBrokerOptions, type TopicOptions, type TopicsOption } from './options.ts'
import { partitionOfKey } from './partitioner.ts'
import { type RecordedRecord, type RecordsOptions, recordsOf } from './records.ts'
import type { LoggedRequest, RequestFilter, RequestLog } from './request-log.ts'
import { type Serde, shown } from './serdes.ts'
import { Snapshot } from './snapshots.ts'
import { Stage } from './stage.ts'
import { versionLimit } from './versions.ts'

const levels = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR', silent: 'FATAL' } as const
const SHOWN_RECORDS = 10

/** A value of a record: bytes, text, null, or anything that JSON or the given serde can write. */
export type RecordValue = Uint8Array | string | null | undefined | object | number | boolean

export interface NewTestRecord {
  readonly key?: RecordValue
  readonly value?: RecordValue
  readonly headers?: Readonly<Record<string, string | Uint8Array | null>>
  /** Default: by the key as Kafka's producers do, or one after the other. */
  readonly partition?: number
  /** ms since the epoch; default: the broker's time. */
  readonly timestamp?: number
}

export interface ProduceOptions {
  readonly compression?: CompressionName
  /** Writes keys that are neither bytes nor text. Default: JSON. */
  readonly key?: Serde<never>
  /** As `key`, of values. */
  readonly value?: Serde<never>
}

export interface PartitionView {
  readonly topic: string
  readonly partition: number
  /** The node that leads it. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly logStartOffset: number
  readonly highWatermark: number
  /** What a reader of committed records sees is below. */
  readonly lastStableOffset: number
  readonly logEndOffset: number
  readonly sizeInBytes: number
  readonly segments: number
  /** Transactions that are open in it, by the ids of their producers. */
  readonly openTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[]
}

export interface TopicView {
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
  /** What the topic sets itself. */
  readonly configs: Readonly<Record<string, string>>
  readonly partitions: readonly PartitionView[]
}

/** What becomes of the clients' connections. */
export interface ConnectionsOption {
  /** `keep`: they stay open, and requests under way are answered where that can be; `close`: they are cut. */
  readonly connections?: 'keep' | 'close'
}

export interface RestartOptions extends ConnectionsOption {
  /** As by kill -9: nothing is flushed or told, and what was not in a file is lost. Default false: stops in order. */
  readonly kill?: boolean
  /** For so long, by the broker's clock, connections are refused. Default 0. */
  readonly downFor?: Duration
}

export interface GroupExpectation {
  /** `Stable`, `Empty`, …; case does not matter. */
  readonly state?: string
  /** How many members. */
  readonly members?: number
  /** How many partitions are assigned in all; `true`: every member has some. */
  readonly assigned?: number | true
}

export class TestBroker implements AsyncDisposable {
  /** The broker's time. */
  readonly clock: BrokerClock
  /** Faults of the disk. */
  readonly disk: DiskFaults
  /** Faults of the network. */
  readonly network: NetworkFaults
  readonly #stage: Stage
  readonly #onDisk: boolean
  #pristine: Snapshot | undefined
  #nextPartition = 0
  #crash: Promise<void> | undefined

  private constructor(stage: Stage, logDir: string | undefined) {
    this.#stage = stage
    this.#onDisk = logDir !== undefined
    this.clock = new BrokerClock(stage)
    this.network = new NetworkFaults(stage)
    this.disk = new DiskFaults(stage.clock, () => this.#crashNow())
    stage.decide = this.disk.decide
  }

  /** @internal */
  static async start(options: TestBrokerOptions): Promise<TestBroker> {
    const { logDir, snapshot, apiVersions } = options
    if (logDir !== undefined && snapshot !== undefined)
      throw new TypeError('a snapshot is for a broker in memory, not for a logDir')
    const from = typeof snapshot === 'string' ? Snapshot.readFrom(snapshot) : snapshot
    const stage = new Stage({
      properties: propertiesOf(options),
      onDisk: logDir !== undefined,
      clusterId: options.clusterId,
      logger: options.logger ?? silentLogger,
      logLevel: levels[options.logLevel ?? 'info'],
      versionLimit: apiVersions === undefined ? undefined : versionLimit(apiVersions),
      maxRequests: options.maxRequests ?? 1000,
      ...(from !== undefined && { files: (now) => from.fork(now) }),
    })
    await stage.open()
    const broker = new TestBroker(stage, logDir)
    try {
      if (from === undefined && logDir === undefined) broker.#pristine = new Snapshot(stage.fork(), stage.clock.now())
      await broker.#createAll(options.topics)
    } catch (error) {
      await broker.close()
      throw error
    }
    return broker
  }

  // --- Where it is

  /** For clients that take a list: `['127.0.0.1:54321']`. */
  get brokers(): string[] {
    return this.#stage.listeners.map(({ host, port }) => `${host === '' ? 'localhost' : host}:${port}`)
  }

  /** For clients that take a text: `127.0.0.1:54321`, several with commas. */
  get bootstrapServers(): string {
    return this.brokers.join(',')
  }

  /** Of the first listener. */
  get host(): string {
    return this.#stage.listeners[0]?.host || 'localhost'
  }

  /** Of the first listener. */
  get port(): number {
    return this.#stage.listeners[0]?.port ?? 0
  }

  get clusterId(): string {
    return this.#stage.broker.clusterId
  }

  get nodeId(): number {
    return this.#stage.config.nodeId
  }

  /** Whether it is there: not while it restarts, and not after `close`. */
  get isRunning(): boolean {
    return this.#stage.isRunning
  }

  /** Ends it: connections are cut, and no timer, socket, file or thread is left. */
  async close(): Promise<void> {
    await this.#crash
    await this.#stage.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // --- Looking inside

  /**
   * The records that a topic has now, up to the high watermark, decoded. Throws KafkaError
   * UNKNOWN_TOPIC_OR_PARTITION.
   */
  records(topic: string, options: RecordsOptions = {}): RecordedRecord[] {
    return this.#partitions(topic, options.partition).flatMap((partition) => recordsOf(partition, options))
  }

  /** The records that a topic has, and then those that come, without end: leave the loop to stop. */
  async *follow(topic: string, options: RecordsOptions = {}): AsyncGenerator<RecordedRecord, void, undefined> {
    const next = new Map<number, number>()
    const fresh = (): RecordedRecord[] =>
      this.#hosted(topic, options.partition).flatMap((partition) => {
        const { partition: number } = partition.topicPartition
        const from = next.get(number) ?? options.from ?? 0
        return recordsOf(partition, { ...options, from })
      })
    for (;;) {
      const records = fresh()
      for (const record of records) {
        next.set(record.partition, record.offset + 1)
        yield record
      }
      if (records.length > 0) continue
      await this.#stage.activity.until(
        { what: `more records of ${topic}`, check: () => (fresh().length > 0 ? true : undefined), seen: () => 'none' },
        { timeout: 0x7fffffff },
      )
    }
  }

  /** The names of all topics, internal ones left out. */
  topics(): string[] {
    return Array.from(this.#image.topics(), ({ name }) => name).filter((name) => !isInternalTopic(name))
  }

  /** Undefined where there is none. */
  topic(name: string): TopicView | undefined {
    const topic = this.#image.topicByName(name)
    if (topic === undefined) return undefined
    return {
      name,
      topicId: topic.topicId,
      isInternal: isInternalTopic(name),
      configs: Object.fromEntries(this.#image.topicConfigs(name)),
      partitions: topic.partitions.flatMap(({ partition }) => this.partition(name, partition) ?? []),
    }
  }

  /** Undefined where there is none. */
  partition(topic: string, partition: number): PartitionView | undefined {
    const found = this.#stage.rooms.replicas.get(topic, partition)
    if (found === undefined) return undefined
    const { log, leaderId, leaderEpoch } = found
    const openTransactions = [...found.producers()].flatMap(({ producerId, currentTxnFirstOffset }) =>
      currentTxnFirstOffset === undefined ? [] : [{ producerId, firstOffset: currentTxnFirstOffset }],
    )
    return {
      topic,
      partition,
      leader: leaderId,
      leaderEpoch,
      logStartOffset: log.logStartOffset,
      highWatermark: log.highWatermark,
      lastStableOffset: log.lastStableOffset,
      logEndOffset: log.logEndOffset,
      sizeInBytes: log.sizeInBytes,
      segments: log.segments.length,
      openTransactions,
    }
  }

  /** Undefined where there is none. */
  group(groupId: string): Promise<GroupView | undefined> {
    return groupView(this.#stage.rooms, groupId)
  }

  /** The ids of all groups. */
  async groups(): Promise<string[]> {
    try {
      const listed = await this.#stage.rooms.groups.listGroups({ states: [], types: [] })
      return listed.map(({ groupId }) => groupId ?? '')
    } catch (error) {
      if (error instanceof KafkaError) return []
      throw error
    }
  }

  /** Undefined for an id that nobody has used. */
  transaction(transactionalId: string): Promise<TransactionView | undefined> {
    return transactionView(this.#stage.rooms, transactionalId)
  }

  /** The producers that a partition remembers. Throws KafkaError UNKNOWN_TOPIC_OR_PARTITION. */
  producers(topic: string, partition: number): ProducerView[] {
    const entries = this.#stage.rooms.replicas.require(topic, partition).producers()
    return Array.from(entries, (entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: entry.lastSequence,
      lastTimestamp: entry.lastTimestamp,
      transactionStartOffset: entry.currentTxnFirstOffset,
    }))
  }

  /** The clients' connections. */
  connections(): ConnectionView[] {
    return this.network.connections()
  }

  /** Requests and their answers, as many as `maxRequests` says. */
  get requests(): RequestLog {
    return this.#stage.traffic.log
  }

  // --- Waiting

  /**
   * Resolves with the records of the topic when there are so many, or with those that the predicate is true of, when
   * there is one. The topic need not be there yet. Rejects with WaitTimeoutError.
   */
  waitForRecords(
    topic: string,
    wanted: number | ((record: RecordedRecord) => boolean),
    options: WaitOptions & RecordsOptions = {},
  ): Promise<RecordedRecord[]> {
    const all = (): RecordedRecord[] =>
      this.#hosted(topic, options.partition).flatMap((partition) => recordsOf(partition, options))
    return this.#stage.activity.until(
      {
        what:
          typeof wanted === 'number'
            ? `${wanted} records in ${topic}`
            : `a record in ${topic} that the predicate is true of`,
        check: () => {
          const found = typeof wanted === 'number' ? all() : all().filter(wanted)
          return found.length >= (typeof wanted === 'number' ? wanted : 1) ? found : undefined
        },
        seen: () => (this.topic(topic) === undefined ? `there is no topic ${topic}` : seenRecords(all())),
      },
      options,
    )
  }

  /** Resolves when the group is as said. Rejects with WaitTimeoutError. */
  waitForGroup(groupId: string, wanted: GroupExpectation = {}, options: WaitOptions = {}): Promise<GroupView> {
    return this.#stage.activity.until(
      {
        what: `the group ${groupId} to be ${JSON.stringify(wanted)}`,
        check: async () => {
          const group = await this.group(groupId)
          return group !== undefined && isAsWanted(group, wanted) ? group : undefined
        },
        seen: async () => seenGroup(groupId, await this.group(groupId)),
      },
      options,
    )
  }

  /**
   * Resolves when the group has committed these offsets of the topic, or later ones: `{ 0: 12 }`. Rejects with
   * WaitTimeoutError.
   */
  waitForCommitted(
    groupId: string,
    topic: string,
    offsets: Readonly<Record<number, number>>,
    options: WaitOptions = {},
  ): Promise<GroupView> {
    return this.#stage.activity.until(
      {
        what: `the group ${groupId} to have committed ${JSON.stringify(offsets)} of ${topic}`,
        check: async () => {
          const group = await this.group(groupId)
          const has = (partition: string, offset: number): boolean =>
            (group?.committed[topic]?.[Number(partition)] ?? -1) >= offset
          return group !== undefined && Object.entries(offsets).every(([partition, offset]) => has(partition, offset))
            ? group
            : undefined
        },
        seen: async () => seenGroup(groupId, await this.group(groupId)),
      },
      options,
    )
  }

  /** Resolves when the group has no more than so many records before it, in all of its topics. Rejects with WaitTimeoutError. */
  waitForLag(groupId: string, lag = 0, options: WaitOptions = {}): Promise<GroupView> {
    return this.#stage.activity.until(
      {
        what: `the group ${groupId} to have a lag of ${lag} or less`,
        check: async () => {
          const group = await this.group(groupId)
          const hasTopics = group !== undefined && Object.keys(group.lag).length > 0
          return hasTopics && group.totalLag <= lag ? group : undefined
        },
        seen: async () => seenGroup(groupId, await this.group(groupId)),
      },
      options,
    )
  }

  /**
   * Resolves with the first answered request of that kind: one that the log has, or the next one. With `after`, only one
   * that came after that request. Rejects with WaitTimeoutError.
   */
  waitForRequest(
    filter: RequestFilter,
    options: WaitOptions & { readonly after?: LoggedRequest } = {},
  ): Promise<LoggedRequest> {
    const { error, ...selector } = filter
    checkSelector(selector)
    const after = options.after?.id ?? -1
    return this.#stage.activity.until(
      {
        what: `a request ${JSON.stringify(filter)}`,
        check: () => this.requests.all(filter).find(({ id, outcome }) => id > after && outcome !== 'waiting'),
        seen: () => {
          const { last } = { last: this.requests.trace({}, { last: 10 }) }
          return last === '' ? 'there was no request' : `the last requests were\n${last}`
        },
      },
      options,
    )
  }

  /** Resolves when there are so many connections; with `waiting`, only those count that wait for an answer. Rejects with WaitTimeoutError. */
  waitForConnections(
    count: number,
    { waiting = false, ...options }: WaitOptions & { readonly waiting?: boolean } = {},
  ): Promise<ConnectionView[]> {
    const found = (): ConnectionView[] => this.connections().filter(({ isWaiting }) => !waiting || isWaiting)
    return this.#stage.activity.until(
      {
        what: `${count} connections${waiting ? ' that wait' : ''}`,
        check: () => (found().length === count ? found() : undefined),
        seen: () => `${found().length}: ${JSON.stringify(this.connections())}`,
      },
      options,
    )
  }

  /** Resolves when nothing is under way but what waits by its nature: long polls, joins of a group. */
  async waitForIdle({ timeout }: WaitOptions = {}): Promise<void> {
    await this.#stage.settle()
    const waiting = ['Fetch', 'JoinGroup', 'SyncGroup']
    await this.#stage.activity.until(
      {
        what: 'the broker to be idle',
        check: () =>
          this.requests.all().every(({ outcome, api }) => outcome !== 'waiting' || waiting.includes(api)) || undefined,
        seen: () => {
          const busy = this.requests.all().filter(({ outcome, api }) => outcome === 'waiting' && !waiting.includes(api))
          return `unanswered: ${busy.map(({ api, clientId }) => `${api} of ${clientId}`).join(', ')}`
        },
      },
      { timeout },
    )
    await this.#stage.settle()
  }

  // --- Doing

  /**
   * Appends records, as a producer with acks=all would; the topic is made where it is missing. Resolves with where they
   * are, in their order. Rejects with KafkaError where the log refuses them.
   */
  async produce(
    topic: string,
    records: NewTestRecord | readonly NewTestRecord[],
    options: ProduceOptions = {},
  ): Promise<{ partition: number; offset: number }[]> {
    if (this.#image.topicByName(topic) === undefined) await this.createTopic(topic)
    const all = Array.isArray(records) ? (records as readonly NewTestRecord[]) : [records as NewTestRecord]
    const count = this.#image.topicByName(topic)?.partitions.length ?? 1
    const timestamp = this.clock.now()
    const byPartition = new Map<number, number[]>()
    const encoded = all.map((record, index) => {
      const key = bytesOf(record.key, options.key)
      const partition = record.partition ?? (key === null ? this.#nextPartition++ % count : partitionOfKey(key, count))
      const ofPartition = byPartition.get(partition)
      if (ofPartition === undefined) byPartition.set(partition, [index])
      else ofPartition.push(index)
      const headers = Object.entries(record.headers ?? {}).map(([name, value]) => ({
        key: name,
        value: typeof value === 'string' ? Buffer.from(value) : value,
      }))
      return { timestamp: record.timestamp ?? timestamp, key, value: bytesOf(record.value, options.value), headers }
    })
    const places: { partition: number; offset: number }[] = []
    await Promise.all(
      Array.from(byPartition, async ([partition, indexes]) => {
        const batch = encodeBatch({
          records: indexes.flatMap((index) => encoded[index] ?? []),
          compression: options.compression,
        })
        const baseOffset = await this.#append(topic, partition, batch)
        for (const [nth, index] of indexes.entries()) places[index] = { partition, offset: baseOffset + nth }
      }),
    )
    this.#stage.activity.note()
    return places
  }

  #append(topic: string, partition: number, batch: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = { acks: -1, internalTopicsAllowed: true }
      this.#stage.rooms.replicas.produce(topic, partition, batch, options, (result) => {
        if (result instanceof KafkaError) reject(result)
        else resolve(result.baseOffset)
      })
    })
  }

  /** Rejects with KafkaError: TOPIC_ALREADY_EXISTS, INVALID_CONFIG, … */
  async createTopic(name: string, options: TopicOptions | number = {}): Promise<TopicView> {
    await this.#createAll({ [name]: options })
    return this.topic(name) as TopicView
  }

  async #createAll(topics: TopicsOption | undefined): Promise<void> {
    const all = namedTopics(topics).filter(
      ({ name }) => this.#image.topicByName(name) === undefined || topics !== undefined,
    )
    if (all.length === 0) return
    const { controller, config } = this.#stage.rooms
    const results = await controller.createTopics(
      all.map(({ name, partitions, configs }) => {
        const template = automaticTopic(name, config.broker)
        return {
          name,
          numPartitions: partitions ?? template.numPartitions,
          replicationFactor: template.replicationFactor,
          configs: [
            ...template.configs,
            ...Object.entries(configs ?? {}).map(([key, value]) => ({ name: key, value: String(value) })),
          ],
        }
      }),
    )
    for (const { errorCode, errorMessage } of results) throwFor(errorCode, errorMessage)
    this.#stage.activity.note()
  }

  /** Rejects with KafkaError UNKNOWN_TOPIC_OR_PARTITION. */
  async deleteTopic(name: string): Promise<void> {
    const topic = this.#image.topicByName(name)
    if (topic === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    const [result] = await this.#stage.rooms.controller.deleteTopics([topic.topicId])
    throwFor(result?.errorCode ?? 0, result?.errorMessage ?? null)
    this.#stage.activity.note()
  }

  /**
   * Deletes the records before these offsets: `{ 0: 100 }`; left out, all that are there. Throws KafkaError
   * OFFSET_OUT_OF_RANGE, POLICY_VIOLATION.
   */
  deleteRecords(topic: string, offsets?: Readonly<Record<number, number>>): void {
    const { replicas } = this.#stage.rooms
    const all = this.#partitions(topic).map(({ topicPartition }) => [topicPartition.partition, -1] as const)
    const asked =
      offsets === undefined ? all : Object.entries(offsets).map(([key, value]) => [Number(key), value] as const)
    for (const [partition, offset] of asked) replicas.deleteRecords(topic, partition, offset)
    this.#stage.activity.note()
  }

  /** Compacts the logs of a topic, or of all compacted ones, now and up to their end. */
  async compact(topic?: string): Promise<void> {
    const { logs } = this.#stage.rooms
    for (const log of [...logs.logs()]) {
      if (log.config.compact && (topic === undefined || log.topicPartition.topic === topic)) await logs.cleanNow(log)
    }
    this.#stage.activity.note()
  }

  /** Deletes what retention lets go by now: looks at all logs at once instead of every five minutes. */
  applyRetention(): void {
    this.#stage.rooms.logs.applyRetention()
    this.#stage.activity.note()
  }

  /** Commits offsets for a group, as a consumer without a group membership would: `{ orders: { 0: 12 } }`. */
  async commit(groupId: string, offsets: Offsets): Promise<void> {
    const topic = '__consumer_offsets'
    if (this.#image.topicByName(topic) === undefined) await this.createTopic(topic)
    const response = await this.#stage.rooms.groups.commitOffsets(8, {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: Object.entries(offsets).map(([name, partitions]) => ({
        name,
        topicId: this.#image.topicByName(name)?.topicId ?? '',
        partitions: Object.entries(partitions).map(([partition, committedOffset]) => ({
          partitionIndex: Number(partition),
          committedOffset,
          committedLeaderEpoch: -1,
          committedMetadata: '',
          commitTimestamp: -1,
        })),
      })),
    })
    for (const { partitions } of response.topics ?? []) {
      for (const { errorCode } of partitions ?? []) throwFor(errorCode ?? 0, null)
    }
    this.#stage.activity.note()
  }

  // --- Between tests

  /**
   * As new: all topics, groups, transactions, faults and remembered requests are gone, and time is the real one. Same
   * port. Connections are kept by default; with `topics`, these are there afterwards.
   */
  async reset({
    connections = 'keep',
    topics,
  }: ConnectionsOption & { readonly topics?: TopicsOption } = {}): Promise<void> {
    this.#heal()
    this.#stage.clock.reset()
    const { clock } = this.#stage
    if (!this.#onDisk) {
      await this.#stage.swap({
        files: this.#pristine?.fork(() => clock.now()) ?? this.#stage.emptyFiles(),
        connections,
      })
    } else {
      const { config } = this.#stage
      const directories = [config.get('metadata.log.dir') ?? [], config.logDirs()].flat()
      const disk = new RealFileSystem()
      await this.#stage.swap({ connections }, async () => {
        for (const directory of directories) await disk.removeTree(directory)
      })
    }
    this.requests.clear()
    await this.#createAll(topics)
  }

  /** The whole state: topics, records, groups, offsets, transactions, configs. Cheap: nothing is copied. In memory only. */
  async snapshot(): Promise<Snapshot> {
    this.#requireMemory('snapshot')
    await this.#stage.settle()
    const { logs } = this.#stage.rooms
    // So that a restore has little to recover.
    await Promise.all(Array.from(logs.logs(), (log) => log.flush()))
    for (const kind of ['recoveryPoint', 'logStartOffset', 'highWatermark'] as const) logs.checkpoint(kind)
    return new Snapshot(this.#stage.fork(), this.clock.now())
  }

  /** Back to a snapshot, as often as wanted; on the same port. Faults and remembered requests stay. In memory only. */
  async restore(snapshot: Snapshot, { connections = 'keep' }: ConnectionsOption = {}): Promise<void> {
    this.#requireMemory('restore')
    const { clock } = this.#stage
    await this.#stage.swap({ files: snapshot.fork(() => clock.now()), connections })
  }

  /** Writes the whole state to a file that `startBroker({ snapshot: file })` takes. In memory only. */
  async saveTo(file: string): Promise<void> {
    const snapshot = await this.snapshot()
    snapshot.saveTo(file)
  }

  /** Stops, in order or not, and starts again: same port, same data. Connections are cut by default. */
  async restart({ kill = false, connections = 'close', downFor = 0 }: RestartOptions = {}): Promise<void> {
    const downMs = milliseconds(downFor)
    const refused = downMs > 0 ? this.network.cut({}, { refuse: true }) : undefined
    await this.#stage.swap({ orderly: !kill, connections }, async () => {
      if (downMs > 0) await new Promise<void>((resolve) => this.#stage.clock.setTimer(downMs, resolve))
      refused?.remove()
    })
  }

  /** In the middle of an operation of the disk: no answer leaves any more. */
  #crashNow(): void {
    if (this.#crash !== undefined) return
    this.#stage.abandon()
    this.#crash = this.#stage
      .swap({ connections: 'close' })
      .catch(() => undefined)
      .then(() => {
        this.#crash = undefined
      })
  }

  // --- Making it fail

  /**
   * From now on, what the selector chooses fails as the action says: an error, a delay, no answer, a disconnect, an
   * answer cut or corrupted, a throttle time. Of several faults, the one that was injected first hits.
   *
   * @example
   * broker.fail({ api: 'Produce', topic: 'orders' }, 'NOT_LEADER_OR_FOLLOWER', { times: 1 })
   * broker.fail({ api: 'OffsetCommit', group: 'billing' }, { disconnect: 'after' })
   */
  fail(
    selector: Parameters<typeof checkSelector>[0],
    action: FaultAction | ErrorName,
    options: FaultOptions = {},
  ): Fault {
    return this.#stage.traffic.fail(selector, action, options)
  }

  /** The faults of requests that are in force. */
  get faults(): readonly Fault[] {
    return this.#stage.traffic.faults
  }

  /** All faults are gone: of requests, of the network, of the disk. */
  heal(): void {
    this.#heal()
    this.#stage.activity.note()
  }

  #heal(): void {
    this.#stage.traffic.heal()
    this.network.heal()
    this.disk.heal()
  }

  /** Whoever has the id now is fenced, as Kafka's `Admin.fenceProducers` does; an open transaction is aborted. */
  async fenceProducer(transactionalId: string): Promise<void> {
    for (;;) {
      try {
        await this.#takeOver(transactionalId)
        return
      } catch (error) {
        if (!(error instanceof KafkaError) || error.codeName !== 'CONCURRENT_TRANSACTIONS') throw error
        await this.#stage.settle()
      }
    }
  }

  /**
   * The transaction is aborted now as if its timeout had passed, and its producer fenced. Rejects with KafkaError
   * INVALID_TXN_STATE where none is open.
   */
  async expireTransaction(transactionalId: string): Promise<void> {
    const transaction = await this.transaction(transactionalId)
    if (transaction?.state !== 'Ongoing') {
      throw new KafkaError('INVALID_TXN_STATE', `${transactionalId} is ${transaction?.state ?? 'not known'}`)
    }
    try {
      await this.#takeOver(transactionalId)
    } catch (error) {
      if (!(error instanceof KafkaError) || error.codeName !== 'CONCURRENT_TRANSACTIONS') throw error
    }
    this.#stage.activity.note()
  }

  async #takeOver(transactionalId: string): Promise<void> {
    const transactionTimeoutMs = (await this.transaction(transactionalId))?.timeoutMs ?? 60_000
    await this.#stage.rooms.transactions.initProducerId({ transactionalId, transactionTimeoutMs, expected: undefined })
    this.#stage.activity.note()
  }

  /**
   * The members of a classic group have to join again, and are told so at their next heartbeat; a consumer group
   * (KIP-848) gets another epoch. Rejects with KafkaError GROUP_ID_NOT_FOUND.
   */
  async rebalance(groupId: string): Promise<void> {
    await this.#stage.rooms.groups.rebalance(groupId)
    this.#stage.activity.note()
  }

  /** Puts a member out of its group, as if it had left or gone silent. Rejects with KafkaError UNKNOWN_MEMBER_ID. */
  async evict(memberId: string, groupId?: string): Promise<void> {
    const groups = groupId === undefined ? await this.groups() : [groupId]
    for (const id of groups) {
      const group = await this.group(id)
      const member = group?.members.find((each) => each.memberId === memberId)
      if (group === undefined || member === undefined) continue
      await this.#leave(group, memberId, member.instanceId)
      this.#stage.activity.note()
      return
    }
    throw new KafkaError('UNKNOWN_MEMBER_ID', `no group has a member ${memberId}`)
  }

  async #leave({ groupId, type }: GroupView, memberId: string, groupInstanceId: string | null): Promise<void> {
    const { groups } = this.#stage.rooms
    const left = await groups.leaveGroup(groupId, [{ memberId, groupInstanceId }])
    const errorCode = left.errorCode ?? left.members?.[0]?.errorCode ?? 0
    if (errorCode !== 0) throwFor(errorCode, `a member of a ${type} group could not be put out`)
  }

  /**
   * The coordinator of a group or of a transactional id moves: whatever it has in memory alone is loaded again, and
   * clients are told NOT_COORDINATOR until they have looked for it anew.
   */
  async moveCoordinator(of: { readonly group: string } | { readonly transactionalId: string }): Promise<void> {
    const { groups, transactions } = this.#stage.rooms
    const asked = new Set<string>()
    const clientOf = ({ clientId, connection }: { clientId: string | null; connection: string }) =>
      clientId ?? connection
    const before = new Set(
      this.connections().map((connection) => clientOf({ ...connection, connection: connection.id })),
    )
    this.#stage.traffic.fail(
      {
        ...of,
        when: (request) => {
          const client = clientOf(request)
          if (request.api === 'FindCoordinator') asked.add(client)
          return request.api !== 'FindCoordinator' && before.has(client) && !asked.has(client)
        },
      },
      'NOT_COORDINATOR',
    )
    if ('group' in of) await groups.handOver(of.group)
    else await transactions.handOver(of.transactionalId)
    this.#stage.activity.note()
  }

  // --- Details

  get #image() {
    return this.#stage.rooms.controller.image
  }

  /** All partitions of a topic, or one of them; none where there is no such topic. */
  #hosted(topic: string, partition?: number): Partition[] {
    const numbers =
      partition === undefined ? this.#image.topicByName(topic)?.partitions.map((each) => each.partition) : [partition]
    return (numbers ?? []).flatMap((number) => this.#stage.rooms.replicas.get(topic, number) ?? [])
  }

  #partitions(topic: string, partition?: number): Partition[] {
    const hosted = this.#hosted(topic, partition)
    if (hosted.length > 0) return hosted
    const there = this.topics()
    const hint = there.length === 0 ? 'there are no topics' : `there are ${there.join(', ')}`
    const name = partition === undefined ? topic : `${topic}-${partition}`
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no ${name}; ${hint}`)
  }

  #requireMemory(what: string): void {
    if (this.#onDisk) throw new TypeError(`${what}: only of a broker in memory, and this one has a logDir`)
  }
}

function throwFor(errorCode: number, message: string | null): void {
  if (errorCode === ErrorCode.NONE) return
  throw new KafkaError(errorName(errorCode) ?? 'UNKNOWN_SERVER_ERROR', message ?? undefined)
}

function bytesOf(value: RecordValue, serde: Serde<never> | undefined): Buffer | null {
  if (value === null || value === undefined) return null
  if (serde !== undefined) return serde.serialize(value as never)
  if (typeof value === 'string') return Buffer.from(value)
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return Buffer.from(JSON.stringify(value))
}

function isAsWanted({ state, members }: GroupView, wanted: GroupExpectation): boolean {
  if (wanted.state !== undefined && wanted.state.toLowerCase() !== state.toLowerCase()) return false
  if (wanted.members !== undefined && wanted.members !== members.length) return false
  if (wanted.assigned === undefined) return true
  if (wanted.assigned === true) return members.length > 0 && members.every(({ assignment }) => assignment.length > 0)
  return members.reduce((sum, { assignment }) => sum + assignment.length, 0) === wanted.assigned
}

function seenGroup(groupId: string, group: GroupView | undefined): string {
  if (group === undefined) return `there is no group ${groupId}`
  const { type, state, members, committed, lag } = group
  const each = members.map(
    ({ clientId, assignment }) =>
      `${clientId}: ${assignment.map(({ topic, partition }) => `${topic}-${partition}`).join(' ') || 'nothing'}`,
  )
  return `a ${type} group, ${state}, ${members.length} members (${each.join('; ')}), committed ${JSON.stringify(committed)}, lag ${JSON.stringify(lag)}`
}

/** Records as a person would list them. */
export function seenRecords(records: readonly RecordedRecord[]): string {
  if (records.length === 0) return 'no records'
  const shownRecords = records.slice(-SHOWN_RECORDS)
  const lines = shownRecords.map(
    ({ partition, offset, key, value, transaction }) =>
      `  ${partition}@${offset} key=${shown(key)} value=${shown(value)}${transaction === 'none' ? '' : ` (${transaction})`}`,
  )
  const left = records.length - shownRecords.length
  return `${records.length} records${left > 0 ? `, the last ${shownRecords.length} of them` : ''}:\n${lines.join('\n')}`
}
