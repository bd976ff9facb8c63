// What a broker is filled with before it hands its directory over: topics of every kind, every codec, transactions
// finished and open, groups of both kinds, configs. And the checks that life goes on: whoever was at work goes on.
import { apis } from '../../src/wire/index.ts'
import { type CompressionName, compressionNames } from '../../src/wire/records/index.ts'
import { awaitCoordinator, createTopic } from '../support/admin.ts'
import { ClassicMember } from '../support/classic-member.ts'
import { ConsumerMember } from '../support/consumer-member.ts'
import { eventually } from '../support/eventually.ts'
import { RawClient } from '../support/raw-client.ts'
import { batchOf } from '../support/records.ts'
import type { Address } from '../support/test-broker.ts'
import { TransactionalProducer, type TransactionProtocol } from '../support/transactional-producer.ts'

/** So long that no session and no transaction ends by itself while brokers change. */
const LONG_MS = 600_000
const GROUP_RESOURCE = 32
const CLIENT_METRICS_RESOURCE = 16
const BROKER_RESOURCE = 4
const SMALL_SEGMENTS = { 'internal.segment.bytes': '20000', 'index.interval.bytes': '500' }

/** An idempotent producer and the last batch that it sent. */
interface Numbered {
  readonly topic: string
  readonly producerId: number
  readonly baseSequence: number
  readonly baseOffset: number
}

interface OpenTransaction {
  readonly producer: TransactionalProducer
  readonly topic: string
  readonly values: readonly string[]
}

/** What is loaded onto one broker, and still known on the next. */
export class Cargo {
  #client: RawClient | undefined
  #address: Address | undefined
  #connections: RawClient[] = []
  readonly #numbered: Numbered[] = []
  readonly #open: OpenTransaction[] = []
  readonly #classic: { readonly groupId: string; readonly member: ClassicMember }[] = []
  readonly #consumers: ConsumerMember[] = []
  readonly #producerIds = new Set<number>()
  readonly #groupIds = new Set<string>()
  readonly #transactionalIds = new Set<string>()

  get client(): RawClient {
    if (this.#client === undefined) throw new Error('no broker has it now')
    return this.#client
  }

  /** The broker that has the directory now; resolves when it has loaded what it has to load. */
  async arrive(address: Address): Promise<void> {
    this.leave()
    this.#address = address
    this.#client = await this.#connect()
    for (const groupId of this.#groupIds) await awaitCoordinator(this.client, groupId)
    for (const transactionalId of this.#transactionalIds) await this.#awaitTransaction(transactionalId)
  }

  async #awaitTransaction(transactionalId: string): Promise<void> {
    await eventually(`the coordinator of ${transactionalId}`, async () => {
      const { transactionStates } = await this.client.ask(apis.DescribeTransactions, 0, {
        transactionalIds: [transactionalId],
      })
      return transactionStates[0]?.errorCode === 'NONE'
    })
  }

  leave(): void {
    for (const connection of this.#connections.splice(0)) connection.close()
    this.#client = undefined
  }

  async #connect(): Promise<RawClient> {
    if (this.#address === undefined) throw new Error('no broker has it now')
    const connection = await RawClient.connect(this.#address.host, this.#address.port, 'door')
    this.#connections.push(connection)
    return connection
  }

  // --- What is loaded

  async load(round: number): Promise<void> {
    await this.#loadRecords(round)
    await this.#loadTopics(round)
    await this.#loadConfigs(round)
    await this.#loadProducers(round)
    await this.#loadTransactions(round, 1)
    await this.#loadTransactions(round, 2)
    await this.#loadClassicGroups(round)
    await this.#loadConsumerGroups(round)
  }

  async #loadRecords(round: number): Promise<void> {
    const { name } = await createTopic(this.client, `codecs-${round}`, 3, SMALL_SEGMENTS)
    for (const [index, codec] of compressionNames.entries()) {
      for (let batch = 0; batch < 30; batch++) await this.#append(name, recordsWith(codec, batch), index % 3)
    }
    const stamped = await createTopic(this.client, `stamped-${round}`, 1, {
      'message.timestamp.type': 'LogAppendTime',
      'compression.type': 'zstd',
    })
    await this.#append(stamped.name, batchOf(['a', 'b', 'c']))
    const compacted = await createTopic(this.client, `compacted-${round}`, 1, {
      'cleanup.policy': 'compact',
      'min.compaction.lag.ms': String(LONG_MS),
    })
    await this.#append(compacted.name, keyed(['k', 'k', 'l']))
  }

  async #loadTopics(round: number): Promise<void> {
    const grown = await createTopic(this.client, `grown-${round}`, 1)
    const growth = [{ name: grown.name, count: 4 }]
    await this.client.ask(apis.CreatePartitions, 3, { topics: growth, timeoutMs: 30_000 })
    const cut = await createTopic(this.client, `cut-${round}`, 1, SMALL_SEGMENTS)
    for (let batch = 0; batch < 40; batch++) await this.#append(cut.name, recordsWith('none', batch))
    const partitions = [{ partitionIndex: 0, offset: 101 }]
    await this.client.ask(apis.DeleteRecords, 2, { topics: [{ name: cut.name, partitions }], timeoutMs: 30_000 })
    // Another topic under a name that was in use: its id tells them apart.
    const name = `again-${round}`
    await createTopic(this.client, name, 2)
    await this.#append(name, batchOf(['gone']))
    await this.client.ask(apis.DeleteTopics, 6, { topics: [{ name }], timeoutMs: 30_000 })
    await eventually(`${name} to be made anew`, async () => {
      try {
        return await createTopic(this.client, name, 1)
      } catch {
        return false
      }
    })
    await this.#append(name, batchOf(['here']))
  }

  async #loadConfigs(round: number): Promise<void> {
    const set = (resourceType: number, resourceName: string, configs: Record<string, string>) => ({
      resourceType,
      resourceName,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 })),
    })
    const { responses } = await this.client.ask(apis.IncrementalAlterConfigs, 1, {
      resources: [
        set(BROKER_RESOURCE, '', { 'log.cleaner.threads': '2', 'message.max.bytes': String(2_000_000 + round) }),
        set(BROKER_RESOURCE, '1', { 'log.cleaner.backoff.ms': String(16_000 + round) }),
        set(CLIENT_METRICS_RESOURCE, `metrics-${round}`, { 'interval.ms': '1000', metrics: 'org.apache.kafka.' }),
        set(GROUP_RESOURCE, `consumers-${round}`, { 'consumer.session.timeout.ms': '50000' }),
      ],
    })
    for (const { errorCode, errorMessage, resourceName } of responses) {
      if (errorCode !== 'NONE') throw new Error(`configs of ${resourceName}: ${errorMessage}`)
    }
  }

  /** Producers with sequences, whose last batch is sent again on the next broker. */
  async #loadProducers(round: number): Promise<void> {
    const { name: topic } = await createTopic(this.client, `numbered-${round}`)
    const producerId = await this.#newProducerId()
    let baseOffset = -1
    for (const baseSequence of [0, 2, 4]) {
      baseOffset = await this.#append(topic, batchOf(['x', 'y'], { producerId, producerEpoch: 0, baseSequence }))
    }
    this.#numbered.push({ topic, producerId, baseSequence: 4, baseOffset })
  }

  async #newProducerId(): Promise<number> {
    const request = { transactionalId: null, transactionTimeoutMs: 0 }
    const { producerId } = await eventually('a producer id', async () => {
      const answer = await this.client.ask(apis.InitProducerId, 4, request)
      return answer.errorCode === 'NONE' && answer
    })
    if (this.#producerIds.has(producerId)) throw new Error(`producer id ${producerId} was given twice`)
    this.#producerIds.add(producerId)
    return producerId
  }

  async #loadTransactions(round: number, protocol: TransactionProtocol): Promise<void> {
    const { name: topic } = await createTopic(this.client, `transactions-${round}-${protocol}`)
    const begin = async (what: string): Promise<TransactionalProducer> => {
      const transactionalId = `${what}-${round}-${protocol}`
      this.#transactionalIds.add(transactionalId)
      return new TransactionalProducer(await this.#connect(), transactionalId, protocol).init(LONG_MS)
    }
    const groupId = await this.#group(`transactional-${round}`)
    const committed = await begin('committed')
    await committed.send(topic, ['one', 'two'])
    await expectNone('offset', committed.commitOffset(groupId, topic, 2))
    await expectNone('commit', committed.commit())
    const aborted = await begin('aborted')
    await aborted.send(topic, ['never'])
    await expectNone('abort', aborted.abort())
    // In a topic of its own: what is open holds back whoever reads what is committed.
    const open = await createTopic(this.client, `open-${round}-${protocol}`)
    const producer = await begin('open')
    await producer.send(open.name, ['later', 'still later'])
    this.#open.push({ producer, topic: open.name, values: ['later', 'still later'] })
    const left = await createTopic(this.client, `left-${round}-${protocol}`)
    await (await begin('left')).send(left.name, ['who knows'])
  }

  async #loadClassicGroups(round: number): Promise<void> {
    const topic = `codecs-${round}`
    const groupId = await this.#group(`classic-${round}`)
    const options = { topics: [topic], sessionTimeoutMs: LONG_MS, groupInstanceId: 'static' }
    const member = new ClassicMember(await this.#connect(), groupId, options)
    await member.settle()
    this.#classic.push({ groupId, member })
    await this.#commit(groupId, topic, 7, { memberId: member.memberId, generationIdOrMemberEpoch: member.generationId })
    await this.#commit(await this.#group(`alone-${round}`), topic, 11)
  }

  /** A group whose coordinator is ready. */
  async #group(groupId: string): Promise<string> {
    await awaitCoordinator(this.client, groupId)
    this.#groupIds.add(groupId)
    return groupId
  }

  async #loadConsumerGroups(round: number): Promise<void> {
    const { apiKeys } = await this.client.ask(apis.ApiVersions, 3, {
      clientSoftwareName: 'door',
      clientSoftwareVersion: '1',
    })
    if (!apiKeys.some(({ apiKey }) => apiKey === apis.ConsumerGroupHeartbeat.key)) return
    const groupId = await this.#group(`consumers-${round}`)
    const member = new ConsumerMember(await this.#connect(), groupId, { topics: [`codecs-${round}`] })
    await eventually('the consumer group', async () => (await member.join()).errorCode === 'NONE')
    await member.settle(() => member.size === 3)
    this.#consumers.push(member)
    const { memberId, memberEpoch: generationIdOrMemberEpoch } = member
    await this.#commit(member.groupId, `codecs-${round}`, 5, { memberId, generationIdOrMemberEpoch })
  }

  async #commit(groupId: string, topic: string, committedOffset: number, member: object = {}): Promise<void> {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: 'here' }] }]
    const answer = await this.client.ask(apis.OffsetCommit, 9, { groupId, ...member, topics })
    const { errorCode } = answer.topics[0]?.partitions[0] ?? {}
    if (errorCode !== 'NONE') throw new Error(`OffsetCommit of ${groupId}: ${errorCode}`)
  }

  async #append(topic: string, records: Buffer, index = 0): Promise<number> {
    const topicData = [{ name: topic, partitionData: [{ index, records }] }]
    const answer = await this.client.ask(apis.Produce, 9, { acks: -1, timeoutMs: 30_000, topicData })
    const partition = answer.responses[0]?.partitionResponses[0]
    if (partition?.errorCode !== 'NONE') throw new Error(`Produce to ${topic}: ${partition?.errorCode}`)
    return partition.baseOffset
  }

  // --- What goes on

  /** Whoever was at work on the broker before goes on with this one. */
  async goOn(): Promise<void> {
    for (const numbered of this.#numbered.splice(0)) await this.#goOnProducing(numbered)
    for (const open of this.#open.splice(0)) await this.#finish(open)
    for (const { groupId, member } of this.#classic) await this.#heartbeat(groupId, member)
    for (const member of this.#consumers) await this.#heartbeatOfConsumer(member)
    await this.#newProducerId()
  }

  async #goOnProducing({ topic, producerId, baseSequence, baseOffset }: Numbered): Promise<void> {
    const batch = (sequence: number): Buffer =>
      batchOf(['x', 'y'], { producerId, producerEpoch: 0, baseSequence: sequence })
    const again = await this.#append(topic, batch(baseSequence))
    if (again !== baseOffset) throw new Error(`${topic}: a batch sent again got ${again}, not ${baseOffset}`)
    const next = await this.#append(topic, batch(baseSequence + 2))
    if (next !== baseOffset + 2) throw new Error(`${topic}: the next batch got ${next}`)
  }

  async #finish({ producer, topic, values }: OpenTransaction): Promise<void> {
    const resumed = producer.on(await this.#connect())
    const more = await resumed.send(topic, ['at last'])
    if (more.errorCode !== 'NONE') throw new Error(`${producer.transactionalId}: ${more.errorCode}`)
    await expectNone(producer.transactionalId, resumed.commit())
    const partitions = [{ partitionIndex: 0, timestamp: -1 }]
    const request = { replicaId: -1, isolationLevel: 1, topics: [{ name: topic, partitions }] }
    await eventually(`the end of ${producer.transactionalId}`, async () => {
      const { topics } = await this.client.ask(apis.ListOffsets, 7, request)
      // Its records, one more, and the marker.
      return topics[0]?.partitions[0]?.offset === values.length + 2
    })
  }

  async #heartbeat(groupId: string, { memberId, generationId, groupInstanceId }: ClassicMember): Promise<void> {
    const request = { groupId, memberId, generationId, groupInstanceId }
    await eventually(`${groupId} to go on`, async () => {
      const { errorCode } = await this.client.ask(apis.Heartbeat, 4, request)
      if (errorCode === 'NONE') return true
      if (errorCode === 'COORDINATOR_LOAD_IN_PROGRESS' || errorCode === 'NOT_COORDINATOR') return false
      throw new Error(`Heartbeat of ${groupId}: ${errorCode}`)
    })
  }

  async #heartbeatOfConsumer({ groupId, memberId, memberEpoch }: ConsumerMember): Promise<void> {
    await eventually(`${groupId} to go on`, async () => {
      const request = { groupId, memberId, memberEpoch }
      const { errorCode, errorMessage } = await this.client.ask(apis.ConsumerGroupHeartbeat, 1, request)
      if (errorCode === 'NONE') return true
      if (errorCode === 'COORDINATOR_LOAD_IN_PROGRESS' || errorCode === 'NOT_COORDINATOR') return false
      throw new Error(`ConsumerGroupHeartbeat of ${groupId}: ${errorCode} ${errorMessage}`)
    })
  }
}

async function expectNone(what: string, answer: Promise<string>): Promise<void> {
  const errorCode = await answer
  if (errorCode !== 'NONE') throw new Error(`${what}: ${errorCode}`)
}

/** Some records with keys, headers and nulls. */
function recordsWith(compression: CompressionName, seed: number): Buffer {
  const texts = Array.from({ length: 5 }, (_, i) => `${compression} ${seed} ${i} ${'text '.repeat(10 + (seed % 20))}`)
  return batchOf(texts, {
    compression,
    records: texts.map((text, i) => ({
      timestamp: Date.UTC(2026, 0, 1) + seed * 1000 + i,
      key: i === 0 ? null : Buffer.from(`key ${i}`),
      value: i === 1 ? null : Buffer.from(text),
      headers: i === 2 ? [{ key: 'header', value: Buffer.from(text) }] : [],
    })),
  })
}

function keyed(keys: readonly string[]): Buffer {
  const records = keys.map((key, i) => ({ timestamp: Date.now(), key: Buffer.from(key), value: Buffer.from(`v${i}`) }))
  return batchOf([], { records })
}
