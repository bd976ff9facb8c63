// What the cluster is: topics, partitions, brokers, configs, features and the next producer id, as the records of
// __cluster_metadata say when replayed in order. Only `apply` changes it; whoever keeps something derived subscribes.
import { type ConfigMap, type ConfigResource, ConfigResourceType, isSupportedConfig } from '../config/index.ts'
import { EMPTY_UUID } from '../wire/index.ts'
import { KRAFT_VERSION } from './features.ts'
import { isInternalTopic } from './internal-topics.ts'
import { KeptRecords } from './kept-records.ts'
import type { MetadataRecord } from './records.ts'

export const NO_LEADER = -1
/** What a PartitionChangeRecord carries where the leader stays. */
const NO_LEADER_CHANGE = -2

export interface PartitionRegistration {
  readonly partition: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
  /** The log directory of each replica, in the order of `replicas`. */
  readonly directories: readonly string[]
  readonly eligibleLeaderReplicas: readonly number[]
  readonly lastKnownElr: readonly number[]
  readonly leaderRecoveryState: number
}

export interface TopicImage {
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
  /** By partition id, without gaps. */
  readonly partitions: readonly PartitionRegistration[]
}

export interface BrokerEndpoint {
  readonly name: string
  readonly host: string
  readonly port: number
  /** The protocol's id: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number
}

export interface BrokerRegistration {
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly incarnationId: string
  readonly endpoints: readonly BrokerEndpoint[]
  readonly features: readonly { name: string; minSupportedVersion: number; maxSupportedVersion: number }[]
  readonly rack: string | null
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  readonly logDirs: readonly string[]
  /** Directories that get no new replicas (KIP-1066); null until the broker has said which. */
  readonly cordonedLogDirs: readonly string[] | null
}

export interface ControllerRegistration {
  readonly controllerId: number
  readonly incarnationId: string
  readonly endpoints: readonly BrokerEndpoint[]
  readonly features: readonly { name: string; minSupportedVersion: number; maxSupportedVersion: number }[]
}

/** What one batch of records changed. Topics are as they are now; deleted ones as they were. */
export interface MetadataDelta {
  readonly topicsCreated: readonly TopicImage[]
  readonly topicsDeleted: readonly TopicImage[]
  readonly partitionsAdded: readonly { readonly topic: TopicImage; readonly partition: PartitionRegistration }[]
  readonly partitionsChanged: readonly { readonly topic: TopicImage; readonly partition: PartitionRegistration }[]
  readonly configsChanged: readonly ConfigResource[]
  readonly brokersChanged: boolean
  readonly featuresChanged: boolean
}

export type MetadataListener = (delta: MetadataDelta, image: MetadataImage) => void

interface MutableTopic extends TopicImage {
  readonly partitions: PartitionRegistration[]
}

const noConfigs: ConfigMap = new Map()

type Data<T extends MetadataRecord['type']> = Extract<MetadataRecord, { type: T }>['data']

export class MetadataImage {
  readonly clusterId: string
  /** The controller that is active: with one node, itself. */
  controllerId: number
  /** How far the log was applied (exclusive). */
  endOffset = 0
  nextProducerId = 0

  readonly #topicsByName = new Map<string, MutableTopic>()
  readonly #topicsById = new Map<string, MutableTopic>()
  readonly #brokers = new Map<number, BrokerRegistration>()
  readonly #controllers = new Map<number, ControllerRegistration>()
  readonly #features = new Map<string, number>()
  readonly #configs = new Map<number, Map<string, Map<string, string>>>()
  readonly #kept = new KeptRecords()
  readonly #listeners = new Set<MetadataListener>()
  #partitionCount = 0

  constructor(clusterId: string, controllerId: number) {
    this.clusterId = clusterId
    this.controllerId = controllerId
  }

  topicByName(name: string): TopicImage | undefined {
    return this.#topicsByName.get(name)
  }

  topicById(topicId: string): TopicImage | undefined {
    return this.#topicsById.get(topicId)
  }

  topics(): Iterable<TopicImage> {
    return this.#topicsByName.values()
  }

  get topicCount(): number {
    return this.#topicsByName.size
  }

  get partitionCount(): number {
    return this.#partitionCount
  }

  partition(topic: string, partition: number): PartitionRegistration | undefined {
    return this.#topicsByName.get(topic)?.partitions[partition]
  }

  get brokers(): ReadonlyMap<number, BrokerRegistration> {
    return this.#brokers
  }

  get controllers(): ReadonlyMap<number, ControllerRegistration> {
    return this.#controllers
  }

  /** The finalized level of each feature. */
  get features(): ReadonlyMap<string, number> {
    return this.#features
  }

  /** What was set for a resource; empty where nothing was. */
  configs(type: number, name: string): ConfigMap {
    return this.#configs.get(type)?.get(name) ?? noConfigs
  }

  topicConfigs(name: string): ConfigMap {
    return this.configs(ConfigResourceType.TOPIC, name)
  }

  /** The names of the resources of a kind for which something was set. */
  configuredResources(type: number): Iterable<string> {
    return this.#configs.get(type)?.keys() ?? []
  }

  /** The records about what this broker does not act on. */
  get kept(): Pick<KeptRecords, 'ofType'> {
    return this.#kept
  }

  /** Calls `listener` after each change, in the turn of the change. Returns how to stop. */
  subscribe(listener: MetadataListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Replays records and tells the listeners what became different. */
  apply(records: readonly MetadataRecord[]): void {
    const change = new Change()
    for (const record of records) this.#replay(record, change)
    if (this.#listeners.size === 0 || change.isEmpty()) return
    for (const listener of this.#listeners) listener(change, this)
  }

  #replay(record: MetadataRecord, change: Change): void {
    switch (record.type) {
      case 'TopicRecord':
        this.#createTopic(record.data.name, record.data.topicId, change)
        return
      case 'PartitionRecord':
        this.#addPartition(record.data, change)
        return
      case 'PartitionChangeRecord':
        this.#changePartition(record.data, change)
        return
      case 'RemoveTopicRecord':
        this.#removeTopic(record.data.topicId, change)
        return
      case 'ConfigRecord':
        this.#setConfig(record.data, change)
        return
      case 'RegisterBrokerRecord':
        this.#registerBroker(record.data, change)
        return
      case 'BrokerRegistrationChangeRecord':
        this.#changeBroker(record.data, change)
        return
      case 'FenceBrokerRecord':
        this.#changeBroker({ brokerId: record.data.id, brokerEpoch: record.data.epoch, fenced: 1 }, change)
        return
      case 'UnfenceBrokerRecord':
        this.#changeBroker({ brokerId: record.data.id, brokerEpoch: record.data.epoch, fenced: -1 }, change)
        return
      case 'UnregisterBrokerRecord':
        change.brokersChanged = this.#brokers.delete(record.data.brokerId) || change.brokersChanged
        return
      case 'RegisterControllerRecord':
        this.#registerController(record.data)
        return
      case 'FeatureLevelRecord':
        this.#setFeature(record.data, change)
        return
      case 'ProducerIdsRecord':
        this.nextProducerId = record.data.nextProducerId
        return
      case 'ClearElrRecord':
        this.#clearElr(record.data.topicName, change)
        return
      case 'AccessControlEntryRecord':
      case 'RemoveAccessControlEntryRecord':
      case 'ClientQuotaRecord':
      case 'DelegationTokenRecord':
      case 'RemoveDelegationTokenRecord':
      case 'UserScramCredentialRecord':
      case 'RemoveUserScramCredentialRecord':
        this.#kept.replay(record)
        return
      case 'NoOpRecord':
      case 'BeginTransactionRecord':
      case 'EndTransactionRecord':
      case 'AbortTransactionRecord':
      case 'ZkMigrationStateRecord':
        // Transactions are resolved before the image, and Kafka 4 knows no ZooKeeper.
        return
      default:
        record satisfies never
    }
  }

  #createTopic(name: string, topicId: string, change: Change): void {
    const topic: MutableTopic = { name, topicId, isInternal: isInternalTopic(name), partitions: [] }
    this.#topicsByName.set(name, topic)
    this.#topicsById.set(topicId, topic)
    change.topicsCreated.push(topic)
  }

  #addPartition(data: Data<'PartitionRecord'>, change: Change): void {
    const topic = this.#topicsById.get(data.topicId)
    if (topic === undefined) throw new Error(`a PartitionRecord for the unknown topic id ${data.topicId}`)
    const partition: PartitionRegistration = {
      partition: data.partitionId,
      leader: data.leader,
      leaderEpoch: data.leaderEpoch,
      partitionEpoch: data.partitionEpoch,
      replicas: data.replicas,
      isr: data.isr,
      addingReplicas: data.addingReplicas,
      removingReplicas: data.removingReplicas,
      directories: orMigrating(data.directories, data.replicas),
      eligibleLeaderReplicas: data.eligibleLeaderReplicas ?? [],
      lastKnownElr: data.lastKnownElr ?? [],
      leaderRecoveryState: data.leaderRecoveryState,
    }
    if (topic.partitions[data.partitionId] === undefined) this.#partitionCount++
    topic.partitions[data.partitionId] = partition
    change.partitionsAdded.push({ topic, partition })
  }

  #changePartition(data: Data<'PartitionChangeRecord'>, change: Change): void {
    const topic = this.#topicsById.get(data.topicId)
    const old = topic?.partitions[data.partitionId]
    if (topic === undefined || old === undefined) {
      throw new Error(`a PartitionChangeRecord for the unknown partition ${data.topicId}-${data.partitionId}`)
    }
    const newLeader = data.leader !== NO_LEADER_CHANGE
    const replicas = data.replicas ?? old.replicas
    const partition: PartitionRegistration = {
      ...old,
      isr: data.isr ?? old.isr,
      replicas,
      addingReplicas: data.addingReplicas ?? old.addingReplicas,
      removingReplicas: data.removingReplicas ?? old.removingReplicas,
      directories: orMigrating(data.directories ?? old.directories, replicas),
      eligibleLeaderReplicas: data.eligibleLeaderReplicas ?? old.eligibleLeaderReplicas,
      lastKnownElr: data.lastKnownElr ?? old.lastKnownElr,
      leaderRecoveryState: data.leaderRecoveryState === -1 ? old.leaderRecoveryState : data.leaderRecoveryState,
      leader: newLeader ? data.leader : old.leader,
      // A record that names a leader starts an epoch, even where it is the leader of before.
      leaderEpoch: newLeader ? old.leaderEpoch + 1 : old.leaderEpoch,
      partitionEpoch: old.partitionEpoch + 1,
    }
    topic.partitions[data.partitionId] = partition
    change.partitionsChanged.push({ topic, partition })
  }

  /** Of one topic, or with an empty name of all. Counts as a change of the partitions that had any. */
  #clearElr(topicName: string, change: Change): void {
    const named = this.#topicsByName.get(topicName)
    if (topicName !== '' && named === undefined) throw new Error(`a ClearElrRecord for the unknown topic ${topicName}`)
    for (const topic of named === undefined ? this.#topicsByName.values() : [named]) {
      for (const old of topic.partitions) {
        if (old.eligibleLeaderReplicas.length === 0 && old.lastKnownElr.length === 0) continue
        const partitionEpoch = old.partitionEpoch + 1
        const partition = { ...old, eligibleLeaderReplicas: [], lastKnownElr: [], partitionEpoch }
        topic.partitions[old.partition] = partition
        change.partitionsChanged.push({ topic, partition })
      }
    }
  }

  #removeTopic(topicId: string, change: Change): void {
    const topic = this.#topicsById.get(topicId)
    if (topic === undefined) throw new Error(`a RemoveTopicRecord for the unknown topic id ${topicId}`)
    this.#topicsById.delete(topicId)
    this.#topicsByName.delete(topic.name)
    this.#configs.get(ConfigResourceType.TOPIC)?.delete(topic.name)
    this.#partitionCount -= topic.partitions.length
    change.topicsDeleted.push(topic)
  }

  #setConfig(data: Data<'ConfigRecord'>, change: Change): void {
    const { resourceType: type, resourceName } = data
    // As in Kafka, what an older version stored and this one does not know is forgotten.
    if (!isSupportedConfig(type, data.name)) return
    const ofType = this.#configs.get(type) ?? new Map<string, Map<string, string>>()
    this.#configs.set(type, ofType)
    // A new map each time: whoever resolved the old one keeps a consistent view.
    const configs = new Map(ofType.get(resourceName))
    if (data.value === null) configs.delete(data.name)
    else configs.set(data.name, data.value)
    if (configs.size === 0) ofType.delete(resourceName)
    else ofType.set(resourceName, configs)
    const known = change.configsChanged.some(
      (changed) => changed.resourceType === type && changed.resourceName === resourceName,
    )
    if (!known) change.configsChanged.push({ resourceType: type, resourceName })
  }

  #registerBroker(data: Data<'RegisterBrokerRecord'>, change: Change): void {
    const { endPoints, isMigratingZkBroker: _, ...registration } = data
    this.#brokers.set(data.brokerId, { ...registration, endpoints: endPoints })
    change.brokersChanged = true
  }

  #changeBroker(
    data: Partial<Data<'BrokerRegistrationChangeRecord'>> & { brokerId: number; brokerEpoch: number },
    change: Change,
  ): void {
    const old = this.#brokers.get(data.brokerId)
    if (old?.brokerEpoch !== data.brokerEpoch) {
      throw new Error(`a change of broker ${data.brokerId} with epoch ${data.brokerEpoch}, which is not registered`)
    }
    const { fenced = 0, inControlledShutdown = 0, logDirs = [], cordonedLogDirs = null } = data
    this.#brokers.set(data.brokerId, {
      ...old,
      fenced: fenced === 0 ? old.fenced : fenced > 0,
      inControlledShutdown: inControlledShutdown === 0 ? old.inControlledShutdown : inControlledShutdown > 0,
      logDirs: logDirs.length === 0 ? old.logDirs : logDirs,
      cordonedLogDirs: cordonedLogDirs ?? old.cordonedLogDirs,
    })
    change.brokersChanged = true
  }

  #registerController(data: Data<'RegisterControllerRecord'>): void {
    const { controllerId, incarnationId, endPoints, features } = data
    this.#controllers.set(controllerId, { controllerId, incarnationId, endpoints: endPoints, features })
  }

  #setFeature({ name, featureLevel }: { name: string; featureLevel: number }, change: Change): void {
    // Its level is what the log's own control records say; a record that says it too was a mistake (KAFKA-18979).
    if (name === KRAFT_VERSION) return
    if (featureLevel === 0) this.#features.delete(name)
    else this.#features.set(name, featureLevel)
    change.featuresChanged = true
  }
}

/** Records of before 3.7 name no directories. */
function orMigrating(directories: readonly string[], replicas: readonly number[]): readonly string[] {
  return directories.some((directory) => directory !== EMPTY_UUID) ? directories : replicas.map(() => EMPTY_UUID)
}

class Change implements MetadataDelta {
  readonly topicsCreated: TopicImage[] = []
  readonly topicsDeleted: TopicImage[] = []
  readonly partitionsAdded: { topic: TopicImage; partition: PartitionRegistration }[] = []
  readonly partitionsChanged: { topic: TopicImage; partition: PartitionRegistration }[] = []
  readonly configsChanged: ConfigResource[] = []
  brokersChanged = false
  featuresChanged = false

  isEmpty(): boolean {
    return (
      this.topicsCreated.length === 0 &&
      this.topicsDeleted.length === 0 &&
      this.partitionsAdded.length === 0 &&
      this.partitionsChanged.length === 0 &&
      this.configsChanged.length === 0 &&
      !this.brokersChanged &&
      !this.featuresChanged
    )
  }
}
