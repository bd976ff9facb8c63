// A transactional producer, driven by hand: it does nothing that the test does not say, except count sequences.
import { apis } from '../../src/wire/index.ts'
import { mustBeExact } from './admin.ts'
import { eventually } from './eventually.ts'
import type { RawClient } from './raw-client.ts'
import { batchOf } from './records.ts'
import { mustBeNone } from './unexpected.ts'

/** What passes by itself: the coordinator is loading, or it is still ending the transaction before. */
const PASSING = new Set([
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
])

/** Of the two protocols, the newer adds partitions by producing and ends with a new epoch (KIP-890). */
export type TransactionProtocol = 1 | 2

const VERSIONS = {
  1: { produce: 11, endTxn: 4, txnOffsetCommit: 4, addOffsetsToTxn: 3 },
  2: { produce: 12, endTxn: 5, txnOffsetCommit: 5, addOffsetsToTxn: 4 },
} as const

const APIS = {
  produce: apis.Produce,
  endTxn: apis.EndTxn,
  txnOffsetCommit: apis.TxnOffsetCommit,
  addOffsetsToTxn: apis.AddOffsetsToTxn,
} as const

export interface Sent {
  readonly errorCode: string
  readonly baseOffset: number
}

export class TransactionalProducer {
  readonly client: RawClient
  readonly transactionalId: string
  readonly protocol: TransactionProtocol
  producerId = -1
  producerEpoch = -1
  private readonly sequences = new Map<string, number>()

  constructor(client: RawClient, transactionalId: string, protocol: TransactionProtocol) {
    this.client = client
    this.transactionalId = transactionalId
    this.protocol = protocol
  }

  get identity() {
    const { transactionalId, producerId, producerEpoch } = this
    return { transactionalId, producerId, producerEpoch }
  }

  /** The same producer, in the middle of whatever it does, on another connection. */
  on(client: RawClient): TransactionalProducer {
    const { transactionalId, protocol, producerId, producerEpoch, sequences } = this
    const producer = new TransactionalProducer(client, transactionalId, protocol)
    producer.become(producerId, producerEpoch)
    for (const [partition, sequence] of sequences) producer.sequences.set(partition, sequence)
    return producer
  }

  /** A broker may have less than the last version of the older protocol; the newer one is a version. */
  private versionOf(what: keyof typeof APIS): number {
    const wanted = VERSIONS[this.protocol][what]
    return this.protocol === 1 ? this.client.nearest(APIS[what], wanted) : wanted
  }

  /** Begins anew: fences whoever had the id before, and aborts what it left open. */
  async init(transactionTimeoutMs = 60_000): Promise<this> {
    await this.findCoordinator()
    const version = this.client.nearest(apis.InitProducerId, 5)
    const request = { transactionalId: this.transactionalId, transactionTimeoutMs }
    const answer = await this.untilItPasses(() => this.client.ask(apis.InitProducerId, version, request))
    mustBeNone('InitProducerId', answer.errorCode)
    mustBeExact(answer.producerId)
    this.become(answer.producerId, answer.producerEpoch)
    return this
  }

  /** Who looks for a coordinator makes the broker create __transaction_state. */
  private async findCoordinator(): Promise<void> {
    const version = this.client.nearest(apis.FindCoordinator, 4)
    const key = this.transactionalId
    const request = { keyType: 1, ...(version < 4 ? { key } : { coordinatorKeys: [key] }) }
    await this.untilItPasses(async () => {
      const answer = await this.client.ask(apis.FindCoordinator, version, request)
      return version < 4 ? answer : (answer.coordinators[0] ?? { errorCode: 'COORDINATOR_NOT_AVAILABLE' })
    })
  }

  /** Adds a partition to the transaction; gives the error. */
  async add(topic: string, partition = 0): Promise<string> {
    const { errorCode } = await this.untilItPasses(async () => ({ errorCode: await this.tryAdd(topic, partition) }))
    return errorCode
  }

  /** One AddPartitionsToTxn request. */
  async tryAdd(topic: string, partition = 0): Promise<string> {
    const version = this.client.nearest(apis.AddPartitionsToTxn, 3)
    const answer = await this.client.ask(apis.AddPartitionsToTxn, version, {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
    })
    return answer.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode ?? 'no answer'
  }

  /** Produces to a partition, which the older protocol wants added first. */
  async send(topic: string, values: readonly string[], partition = 0): Promise<Sent> {
    if (this.protocol === 1) {
      const errorCode = await this.add(topic, partition)
      if (errorCode !== 'NONE') return { errorCode, baseOffset: -1 }
    }
    return this.untilItPasses(() => this.trySend(topic, values, partition))
  }

  /** One Produce request. */
  async trySend(topic: string, values: readonly string[], partition = 0): Promise<Sent> {
    const { producerId, producerEpoch, transactionalId } = this
    const key = `${topic}-${partition}`
    const baseSequence = this.sequences.get(key) ?? 0
    const records = batchOf(values, { producerId, producerEpoch, baseSequence, isTransactional: true })
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
    const body = { transactionalId, acks: -1, timeoutMs: 30_000, topicData }
    const answer = await this.client.ask(apis.Produce, this.versionOf('produce'), body)
    const answered = answer.responses[0]?.partitionResponses[0]
    if (answered === undefined) throw new Error('no answer for the partition')
    if (answered.errorCode === 'NONE') this.sequences.set(key, baseSequence + values.length)
    return { errorCode: answered.errorCode, baseOffset: answered.baseOffset }
  }

  /** Commits an offset of a group within the transaction; gives the error. */
  async commitOffset(groupId: string, topic: string, committedOffset: number, member: object = {}): Promise<string> {
    if (this.protocol === 1) {
      const errorCode = await this.addOffsets(groupId)
      if (errorCode !== 'NONE') return errorCode
    }
    const { errorCode } = await this.untilItPasses(async () => ({
      errorCode: await this.tryCommitOffset(groupId, topic, committedOffset, member),
    }))
    return errorCode
  }

  async tryCommitOffset(groupId: string, topic: string, committedOffset: number, member: object = {}): Promise<string> {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: '' }] }]
    const body = { ...this.identity, groupId, ...member, topics }
    const answer = await this.client.ask(apis.TxnOffsetCommit, this.versionOf('txnOffsetCommit'), body)
    return answer.topics[0]?.partitions[0]?.errorCode ?? 'no answer'
  }

  async addOffsets(groupId: string): Promise<string> {
    const version = this.versionOf('addOffsetsToTxn')
    const body = { ...this.identity, groupId }
    return (await this.untilItPasses(() => this.client.ask(apis.AddOffsetsToTxn, version, body))).errorCode
  }

  commit(): Promise<string> {
    return this.end(true)
  }

  abort(): Promise<string> {
    return this.end(false)
  }

  private async end(committed: boolean): Promise<string> {
    const body = { ...this.identity, committed }
    const version = this.versionOf('endTxn')
    const answer = await this.untilItPasses(() => this.client.ask(apis.EndTxn, version, body))
    if (answer.errorCode === 'NONE' && answer.producerId >= 0) this.become(answer.producerId, answer.producerEpoch)
    return answer.errorCode
  }

  private become(producerId: number, producerEpoch: number): void {
    if (producerId === this.producerId && producerEpoch === this.producerEpoch) return
    this.producerId = producerId
    this.producerEpoch = producerEpoch
    this.sequences.clear()
  }

  private untilItPasses<T extends { readonly errorCode: string }>(ask: () => Promise<T>): Promise<T> {
    return eventually('the transaction coordinator', async () => {
      const answer = await ask()
      return PASSING.has(answer.errorCode) ? undefined : answer
    })
  }
}
