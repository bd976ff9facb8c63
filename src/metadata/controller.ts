// The controller: commands in, records out. A command is judged against the controller's own state, which runs ahead
// of the log as Kafka's does; its records are appended and replayed into that state in the same turn. When they are
// durable they are replayed into the published image, and then the command is answered.
import type { BrokerConfig, ConfigChange, ConfigOperation } from '../config/index.ts'
import type { Random } from '../io/index.ts'
import { EMPTY_UUID } from '../wire/index.ts'
import type { ApiError } from './api-error.ts'
import {
  activationRecords,
  assignReplicasToDirectories,
  bootstrapOfThisVersion,
  cordonLogDirs,
  fenceBroker,
  type NewRegistration,
  type ReplicaDirectory,
  registerBroker,
  registerController,
  shutDownBroker,
  takeDirectoriesOffline,
  unfenceBroker,
  unregisterBroker,
} from './broker-commands.ts'
import { type Alteration, alterConfigsByReplacing, alterConfigsIncrementally } from './config-commands.ts'
import { electLeaders, type TopicElections, type TopicPartitions } from './election-commands.ts'
import { type FeatureUpdate, updateFeatures } from './feature-commands.ts'
import { checkFeatures, KRAFT_VERSION, type SupportedFeature, supportedFeatures } from './features.ts'
import { MetadataImage } from './image.ts'
import type { MetadataJournal } from './journal.ts'
import type { PartitionRules } from './partition-change.ts'
import { alterPartitionReassignments, type Reassignment, type ReassignmentResult } from './reassignment-commands.ts'
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
import { type NewVoter, type QuorumRules, refuseNewVoter, refuseRemoval, type VoterKey } from './voter-commands.ts'

const PRODUCER_ID_BLOCK_SIZE = 1000

export interface ProducerIdBlock {
  readonly firstId: number
  readonly count: number
}

/** What ApiVersions tells of the features. */
export interface FinalizedFeatures {
  readonly supported: readonly SupportedFeature[]
  readonly finalized: ReadonlyMap<string, number>
  /** The offset of the last record that `finalized` follows from. */
  readonly epoch: number
}

/** The raft quorum of the metadata log, as its leader sees it: one voter, always caught up. */
export interface QuorumState {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly logEndOffset: number
  readonly directoryId: string
  readonly timestamp: number
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
  /** Whether the log ends inside a transaction, which no one will ever end. */
  #inTransaction: boolean
  #failed: unknown

  /**
   * Replays the journal. The image is as it was when the broker stopped; `start` makes this controller active.
   * Throws for a log that this software does not understand.
   */
  constructor(options: ControllerOptions) {
    this.#options = options
    this.image = new MetadataImage(options.clusterId, options.nodeId)
    this.#state = new MetadataImage(options.clusterId, options.nodeId)
    this.#inTransaction = replayJournal(options.journal, (records) => {
      this.image.apply(records)
      this.#state.apply(records)
    })
    this.image.endOffset = options.journal.endOffset
    checkFeatures(this.image.features)
  }

  /** Writes a new cluster's first records, or ends what was cut off, and registers this controller. */
  async start(registration: NewRegistration): Promise<void> {
    const minInsyncReplicas = this.#options.config().get('min.insync.replicas')
    const bootstrap = this.#options.journal.bootstrap?.map(decodeMetadataRecord) ?? bootstrapOfThisVersion()
    const records = activationRecords(this.#state, this.#inTransaction, bootstrap, minInsyncReplicas)
    this.#inTransaction = false
    await this.#write(records)
    await this.#write(registerController(this.#state, registration))
  }

  /** Registers the broker, fenced; resolves with its epoch. */
  async registerBroker(registration: NewRegistration): Promise<number> {
    const { nodeId } = registration
    // An incarnation that went without a word is over. Kafka waits for its session to end; here it is known to have.
    if (this.#state.brokers.get(nodeId)?.fenced === false) await this.#write(fenceBroker(this.#rules(), nodeId))
    const brokerEpoch = this.#options.journal.endOffset
    await this.#write(registerBroker(this.#rules(), registration, brokerEpoch))
    return brokerEpoch
  }

  /** Nobody else can be reached: whoever seems alive has died with the quorum that it was in. */
  async fenceOtherBrokers(nodeId: number): Promise<void> {
    for (const { brokerId, fenced } of [...this.#state.brokers.values()]) {
      if (brokerId !== nodeId && !fenced) await this.#write(fenceBroker(this.#rules(), brokerId))
    }
  }

  /** The broker is ready: from now on it leads, and topics can be created on it. */
  async unfenceBroker(brokerId: number, cordonedLogDirs: readonly string[] = []): Promise<void> {
    await this.#write(unfenceBroker(this.#rules(), brokerId, cordonedLogDirs))
  }

  /** The directories that shall get no new replicas: cordoned.log.dirs, by their ids. */
  async cordonLogDirs(brokerId: number, cordonedLogDirs: readonly string[]): Promise<void> {
    await this.#write(cordonLogDirs(this.#state, brokerId, cordonedLogDirs))
  }

  /** Directories of the broker have failed, and all replicas in them. */
  async takeDirectoriesOffline(brokerId: number, directoryIds: readonly string[]): Promise<void> {
    await this.#write(takeDirectoriesOffline(this.#rules(), brokerId, directoryIds))
  }

  /** The directories that the broker chose for its replicas. */
  async assignReplicasToDirectories(brokerId: number, assignments: readonly ReplicaDirectory[]): Promise<void> {
    await this.#write(assignReplicasToDirectories(this.#rules(), brokerId, assignments))
  }

  /** Takes the broker out in order, before it stops. */
  async shutDownBroker(brokerId: number): Promise<void> {
    if (this.#state.brokers.has(brokerId)) await this.#write(shutDownBroker(this.#rules(), brokerId))
  }

  async unregisterBroker(brokerId: number): Promise<void> {
    await this.#write(unregisterBroker(this.#rules(), brokerId))
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

  /** One error for all updates: they hold together or not at all. */
  updateFeatures(updates: readonly FeatureUpdate[], options: { validateOnly?: boolean } = {}): Promise<ApiError> {
    const { config, nodeId, journal } = this.#options
    const rules = { image: this.#state, config: config(), nodeId, kraftVersion: journal.kraftVersion ?? 0 }
    return this.#run(() => {
      const result = updateFeatures(rules, updates)
      if (result.writesVoters && !options.validateOnly) journal.writeVoters?.().catch((error) => this.#onFailure(error))
      return result
    }, options)
  }

  /** With null, elects for every partition that needs it. */
  electLeaders(electionType: number, asked: readonly TopicPartitions[] | null): Promise<TopicElections[]> {
    return this.#run(() => electLeaders(this.#rules(), electionType, asked))
  }

  alterPartitionReassignments(
    reassignments: readonly Reassignment[],
    options: { allowReplicationFactorChange: boolean },
  ): Promise<ReassignmentResult[]> {
    const { allowReplicationFactorChange } = options
    return this.#run(() => alterPartitionReassignments(this.#rules(), reassignments, allowReplicationFactorChange))
  }

  /** A block of producer ids that no one else will ever get. */
  async allocateProducerIds(brokerId: number): Promise<ProducerIdBlock> {
    const firstId = this.#state.nextProducerId
    const nextProducerId = firstId + PRODUCER_ID_BLOCK_SIZE
    const brokerEpoch = this.#state.brokers.get(brokerId)?.brokerEpoch ?? -1
    await this.#write([{ type: 'ProducerIdsRecord', version: 0, data: { brokerId, brokerEpoch, nextProducerId } }])
    return { firstId, count: PRODUCER_ID_BLOCK_SIZE }
  }

  get features(): FinalizedFeatures {
    const kraftVersion = this.#options.journal.kraftVersion ?? 0
    const finalized = new Map(this.image.features)
    if (kraftVersion > 0) finalized.set(KRAFT_VERSION, kraftVersion)
    return { supported: supportedFeatures, finalized, epoch: this.image.endOffset - 1 }
  }

  /** Always throws: nobody can follow this node's log, and so nobody can vote on it. */
  addRaftVoter(voter: NewVoter): never {
    refuseNewVoter(this.#quorumRules(), voter)
  }

  /** Always throws: there is no other voter. */
  removeRaftVoter(voter: VoterKey): never {
    refuseRemoval(this.#quorumRules(), voter)
  }

  #quorumRules(): QuorumRules {
    const { journal, nodeId, clusterId, config } = this.#options
    const [listenerName = ''] = config().controllerListenerNames
    const kraftVersion = journal.kraftVersion ?? 0
    return { clusterId, nodeId, kraftVersion, directoryId: journal.directoryId ?? EMPTY_UUID, listenerName }
  }

  get quorum(): QuorumState {
    const { journal, nodeId, clock } = this.#options
    return {
      leaderId: nodeId,
      leaderEpoch: journal.leaderEpoch,
      highWatermark: this.image.endOffset,
      logEndOffset: journal.endOffset,
      directoryId: (journal.kraftVersion ?? 0) > 0 ? (journal.directoryId ?? EMPTY_UUID) : EMPTY_UUID,
      timestamp: clock.now(),
    }
  }

  #rules(): PartitionRules {
    return { image: this.#state, config: this.#options.config() }
  }

  async #run<Response>(
    command: () => Result<Response>,
    { validateOnly = false }: { validateOnly?: boolean } = {},
  ): Promise<Response> {
    const { records, response } = command()
    if (!validateOnly) await this.#write(records)
    return response
  }

  /** The state has gone ahead of a log that did not follow: there is no way back but a restart. */
  #onFailure(error: unknown): void {
    if (this.#failed !== undefined) return
    this.#failed = error
    this.#options.onFatal(error)
  }

  /** Appends and replays in this turn; resolves when the records are durable and published. */
  async #write(records: readonly NewMetadataRecord[]): Promise<void> {
    if (this.#failed !== undefined) throw this.#failed
    if (records.length === 0) return
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
      this.#onFailure(error)
      throw error
    }
    this.image.endOffset = endOffset
    this.image.apply(replayable)
    const point = { offset: endOffset, epoch: journal.leaderEpoch, timestamp: clock.now() }
    journal.offerSnapshot?.(point, () => snapshotRecords(this.image).map(encodeMetadataRecord))
  }
}
