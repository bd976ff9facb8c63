// The controller: commands in, records out. A command is judged against the controller's own state, which runs ahead
// of the log as Kafka's does; its records are appended and replayed into that state in the same turn. When they are
// durable they are replayed into the published image, and then the command is answered.
import type { BrokerConfig, ConfigChange, ConfigOperation } from '../config/index.ts'
import type { Random } from '../io/index.ts'
import type { ApiError } from './api-error.ts'
import {
  bootstrapRecords,
  type NewRegistration,
  registerBroker,
  registerController,
  shutDownBroker,
  unfenceBroker,
} from './broker-commands.ts'
import { type Alteration, alterConfigsByReplacing, alterConfigsIncrementally } from './config-commands.ts'
import { MetadataImage } from './image.ts'
import type { MetadataJournal } from './journal.ts'
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord, type NewMetadataRecord } from './records.ts'
import { replayJournal } from './replay.ts'
import { snapshotRecords } from './snapshot.ts'
import {
  createPartitions,
  createTopics,
  deleteTopics,
  type NewPartitions,
  type NewTopic,
  type NewTopicResult,
  type Result,
} from './topic-commands.ts'

const PRODUCER_ID_BLOCK_SIZE = 1000

export interface ProducerIdBlock {
  readonly firstId: number
  readonly count: number
}

export interface ControllerOptions {
  readonly journal: MetadataJournal
  readonly clusterId: string
  readonly nodeId: number
  /** The broker's configuration as it is now. */
  readonly config: () => BrokerConfig
  readonly clock: { now(): number }
  readonly random: Random
  /** Called once when the log fails: nothing can be written any more, and the broker must stop. */
  readonly onFatal: (error: unknown) => void
}

export class Controller {
  /** What is durable: the one thing that the rest of the broker reads. */
  readonly image: MetadataImage
  readonly #state: MetadataImage
  readonly #options: ControllerOptions
  #failed: unknown

  /** Replays the journal. The image is as it was when the broker stopped; `start` makes this controller active. */
  constructor(options: ControllerOptions) {
    this.#options = options
    this.image = new MetadataImage(options.clusterId, options.nodeId)
    this.#state = new MetadataImage(options.clusterId, options.nodeId)
    replayJournal(options.journal, (records) => {
      this.image.apply(records)
      this.#state.apply(records)
    })
    this.image.endOffset = options.journal.endOffset
  }

  /** Writes a new cluster's first records, and registers this controller. */
  async start(registration: NewRegistration): Promise<void> {
    if (this.#state.features.size === 0) {
      await this.#write(bootstrapRecords(this.#options.config().get('min.insync.replicas')))
    }
    await this.#write([registerController(registration)])
  }

  /** Registers the broker, fenced; resolves with its epoch. */
  async registerBroker(registration: NewRegistration): Promise<number> {
    const brokerEpoch = this.#options.journal.endOffset
    await this.#write([registerBroker(registration, brokerEpoch)])
    return brokerEpoch
  }

  /** The broker is ready: from now on it leads, and topics can be created on it. */
  async unfenceBroker(brokerId: number): Promise<void> {
    await this.#write(unfenceBroker(this.#state, brokerId))
  }

  /** Takes the broker out in order, before it stops. */
  async shutDownBroker(brokerId: number): Promise<void> {
    if (this.#state.brokers.has(brokerId)) await this.#write(shutDownBroker(this.#state, brokerId))
  }

  /** Rejects only where the whole request is refused; else each topic has its own error, in the order asked. */
  createTopics(topics: readonly NewTopic[], options: { validateOnly?: boolean } = {}): Promise<NewTopicResult[]> {
    const rules = { image: this.#state, config: this.#options.config(), random: this.#options.random }
    return this.#run(() => createTopics(rules, topics), options)
  }

  deleteTopics(topicIds: readonly string[]): Promise<ApiError[]> {
    return this.#run(() => deleteTopics(this.#state, topicIds))
  }

  createPartitions(
    topics: readonly NewPartitions[],
    options: { validateOnly?: boolean } = {},
  ): Promise<({ name: string } & ApiError)[]> {
    return this.#run(() => createPartitions({ image: this.#state, random: this.#options.random }, topics), options)
  }

  incrementalAlterConfigs(
    alterations: readonly Alteration<ConfigOperation>[],
    options: { validateOnly?: boolean } = {},
  ): Promise<ApiError[]> {
    return this.#run(() => alterConfigsIncrementally(this.#state, this.#options.config(), alterations), options)
  }

  alterConfigs(
    alterations: readonly Alteration<ConfigChange>[],
    options: { validateOnly?: boolean } = {},
  ): Promise<ApiError[]> {
    return this.#run(() => alterConfigsByReplacing(this.#state, this.#options.config(), alterations), options)
  }

  /** A block of producer ids that no one else will ever get. */
  async allocateProducerIds(brokerId: number): Promise<ProducerIdBlock> {
    const firstId = this.#state.nextProducerId
    const nextProducerId = firstId + PRODUCER_ID_BLOCK_SIZE
    const brokerEpoch = this.#state.brokers.get(brokerId)?.brokerEpoch ?? -1
    await this.#write([{ type: 'ProducerIdsRecord', version: 0, data: { brokerId, brokerEpoch, nextProducerId } }])
    return { firstId, count: PRODUCER_ID_BLOCK_SIZE }
  }

  /** Whether ids and names stand for a topic in the controller's state, which is ahead of the image. */
  topicIdOf(name: string): string | undefined {
    return this.#state.topicByName(name)?.topicId
  }

  topicNameOf(topicId: string): string | undefined {
    return this.#state.topicById(topicId)?.name
  }

  async #run<Response>(
    command: () => Result<Response>,
    { validateOnly = false }: { validateOnly?: boolean } = {},
  ): Promise<Response> {
    const { records, response } = command()
    if (!validateOnly && records.length > 0) await this.#write(records)
    return response
  }

  /** Appends and replays in this turn; resolves when the records are durable and published. */
  async #write(records: readonly NewMetadataRecord[]): Promise<void> {
    if (this.#failed !== undefined) throw this.#failed
    const { journal, clock } = this.#options
    const values = records.map(encodeMetadataRecord)
    // What is replayed is what a restart would read.
    const replayable: readonly MetadataRecord[] = values.map(decodeMetadataRecord)
    const durable = journal.append(values)
    const endOffset = journal.endOffset
    this.#state.apply(replayable)
    try {
      await durable
    } catch (error) {
      // The state has gone ahead of a log that did not follow: there is no way back but a restart.
      if (this.#failed === undefined) {
        this.#failed = error
        this.#options.onFatal(error)
      }
      throw error
    }
    this.image.endOffset = endOffset
    this.image.apply(replayable)
    const point = { offset: endOffset, epoch: journal.leaderEpoch, timestamp: clock.now() }
    journal.offerSnapshot?.(point, () => snapshotRecords(this.image).map(encodeMetadataRecord))
  }
}
