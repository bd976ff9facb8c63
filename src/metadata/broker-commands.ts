// The controller's rules for the cluster itself: its first records, and the life of a broker from registration over
// unfencing to shutdown or removal. Functions of the image; they change nothing.
import { ConfigResourceType } from '../config/index.ts'
import { KafkaError } from '../wire/index.ts'
import {
  bootstrapFeatureLevels,
  ELIGIBLE_LEADER_REPLICAS_VERSION,
  METADATA_VERSION,
  supportedFeatures,
} from './features.ts'
import { type BrokerEndpoint, type MetadataImage, NO_LEADER, type PartitionRegistration } from './image.ts'
import {
  hasControllerRegistration,
  hasCordonedLogDirs,
  hasDirectories,
  hasTransactions,
  metadataVersionOf,
  registerBrokerRecordVersion,
} from './metadata-version.ts'
import { changesOf, type PartitionAim, type PartitionRules } from './partition-change.ts'
import { isActive } from './placement.ts'
import type { NewMetadataRecord } from './records.ts'

export interface NewRegistration {
  readonly nodeId: number
  readonly incarnationId: string
  /** The advertised endpoints of the broker's listeners. */
  readonly endpoints: readonly BrokerEndpoint[]
  readonly controllerEndpoints: readonly BrokerEndpoint[]
  readonly rack: string | null
  /** The ids of the log directories that are online. */
  readonly logDirs: readonly string[]
  /** The epoch that the broker had when it was shut down in order, as its directory says; -1 where it was not. */
  readonly previousBrokerEpoch?: number
}

const registeredFeatures = supportedFeatures.map(({ name, min, max }) => ({
  name,
  minSupportedVersion: min,
  maxSupportedVersion: max,
}))

/** The levels that a cluster of this version begins with. */
export function bootstrapOfThisVersion(): NewMetadataRecord[] {
  return bootstrapFeatureLevels.map(([name, featureLevel]) => ({
    type: 'FeatureLevelRecord',
    version: 0,
    data: { name, featureLevel },
  }))
}

/** A new cluster's first records: what it was formatted with, and a cluster-wide min.insync.replicas, which ELR needs. */
function firstRecords(bootstrap: readonly NewMetadataRecord[], minInsyncReplicas: number): NewMetadataRecord[] {
  const levelOf = (feature: string): number =>
    bootstrap.reduce(
      (level, { type, data }) =>
        type === 'FeatureLevelRecord' && data.name === feature ? (data.featureLevel ?? 0) : level,
      0,
    )
  const forElr: NewMetadataRecord = {
    type: 'ConfigRecord',
    version: 0,
    data: {
      resourceType: ConfigResourceType.BROKER,
      resourceName: '',
      name: 'min.insync.replicas',
      value: String(minInsyncReplicas),
    },
  }
  const records = [...bootstrap, ...(levelOf(ELIGIBLE_LEADER_REPLICAS_VERSION) > 0 ? [forElr] : [])]
  if (!hasTransactions(levelOf(METADATA_VERSION))) return records
  return [
    { type: 'BeginTransactionRecord', version: 0, data: { name: 'Bootstrap records' } },
    ...records,
    { type: 'EndTransactionRecord', version: 0, data: {} },
  ]
}

/** What a controller writes when it becomes active: a new cluster's first records, or the end of what was cut off. */
export function activationRecords(
  image: MetadataImage,
  inTransaction: boolean,
  bootstrap: readonly NewMetadataRecord[],
  minInsyncReplicas: number,
): NewMetadataRecord[] {
  const abort: NewMetadataRecord[] = inTransaction
    ? [{ type: 'AbortTransactionRecord', version: 0, data: { reason: 'Controller failover' } }]
    : []
  return image.features.size === 0 ? [...abort, ...firstRecords(bootstrap, minInsyncReplicas)] : abort
}

export function registerController(
  image: MetadataImage,
  { nodeId, incarnationId, controllerEndpoints }: NewRegistration,
): NewMetadataRecord[] {
  if (!hasControllerRegistration(metadataVersionOf(image))) return []
  return [
    {
      type: 'RegisterControllerRecord',
      version: 0,
      data: { controllerId: nodeId, incarnationId, endPoints: controllerEndpoints, features: registeredFeatures },
    },
  ]
}

/**
 * A new incarnation of the broker, fenced until it has caught up. What it led has no leader until then; where its last
 * one did not stop in order, it is not eligible either, since the end of its log may be gone (KIP-966).
 */
export function registerBroker(
  rules: PartitionRules,
  registration: NewRegistration,
  brokerEpoch: number,
): NewMetadataRecord[] {
  const { nodeId, incarnationId, endpoints, rack, logDirs, previousBrokerEpoch = -1 } = registration
  const { image } = rules
  const level = metadataVersionOf(image)
  const existing = image.brokers.get(nodeId)
  const stoppedInOrder = existing !== undefined && existing.brokerEpoch === previousBrokerEpoch
  const hasElr = (image.features.get(ELIGIBLE_LEADER_REPLICAS_VERSION) ?? 0) >= 1
  return [
    ...(hasElr && !stoppedInOrder ? brokerCrashed(rules, nodeId) : brokerLeaves(rules, nodeId)),
    {
      type: 'RegisterBrokerRecord',
      version: registerBrokerRecordVersion(level),
      data: {
        brokerId: nodeId,
        incarnationId,
        brokerEpoch,
        endPoints: endpoints,
        features: registeredFeatures,
        rack,
        fenced: true,
        ...(hasDirectories(level) ? { logDirs } : {}),
      },
    },
  ]
}

/** The broker may lead: it takes the partitions that wait for it. From now on its cordoned directories are known. */
export function unfenceBroker(
  rules: PartitionRules,
  brokerId: number,
  cordonedLogDirs: readonly string[],
): NewMetadataRecord[] {
  const { image } = rules
  const brokerEpoch = epochOf(image, brokerId)
  const canLead = (id: number): boolean => id === brokerId || isActive(image.brokers.get(id))
  return [
    { type: 'BrokerRegistrationChangeRecord', version: 0, data: { brokerId, brokerEpoch, fenced: -1 } },
    ...changeEach(rules, ({ leader }) => (leader === NO_LEADER ? { canLead } : undefined)),
    ...cordonLogDirs(image, brokerId, cordonedLogDirs),
  ]
}

/** The directories that shall get no new replicas (KIP-1066), where they are others than before. */
export function cordonLogDirs(
  image: MetadataImage,
  brokerId: number,
  cordonedLogDirs: readonly string[],
): NewMetadataRecord[] {
  const before = image.brokers.get(brokerId)?.cordonedLogDirs
  const same = before?.length === cordonedLogDirs.length && before.every((id) => cordonedLogDirs.includes(id))
  if (same || !hasCordonedLogDirs(metadataVersionOf(image))) return []
  const brokerEpoch = epochOf(image, brokerId)
  return [{ type: 'BrokerRegistrationChangeRecord', version: 3, data: { brokerId, brokerEpoch, cordonedLogDirs } }]
}

/** Directories of the broker have failed: what it has in them is out of sync, and led by others or nobody. */
export function takeDirectoriesOffline(
  rules: PartitionRules,
  brokerId: number,
  directoryIds: readonly string[],
): NewMetadataRecord[] {
  const known = rules.image.brokers.get(brokerId)?.logDirs ?? []
  const failed = known.filter((id) => directoryIds.includes(id))
  if (failed.length === 0 || !hasDirectories(metadataVersionOf(rules.image))) return []
  const canLead = othersOf(rules, brokerId)
  const brokerEpoch = epochOf(rules.image, brokerId)
  const logDirs = known.filter((id) => !directoryIds.includes(id))
  return [
    ...failed.flatMap((failedId) =>
      changeEach(rules, ({ isr, replicas, directories }) =>
        directories[replicas.indexOf(brokerId)] === failedId ? { isr: without(isr, brokerId), canLead } : undefined,
      ),
    ),
    { type: 'BrokerRegistrationChangeRecord', version: 2, data: { brokerId, brokerEpoch, logDirs } },
  ]
}

export interface ReplicaDirectory {
  readonly topicId: string
  readonly partition: number
  readonly directoryId: string
}

/** The broker says in which directories its replicas are (KIP-858). What is gone meanwhile is left out. */
export function assignReplicasToDirectories(
  rules: PartitionRules,
  brokerId: number,
  assignments: readonly ReplicaDirectory[],
): NewMetadataRecord[] {
  if (!hasDirectories(metadataVersionOf(rules.image))) return []
  return assignments.flatMap(({ topicId, partition, directoryId }) => {
    const topic = rules.image.topicById(topicId)
    const registration = topic?.partitions[partition]
    if (topic === undefined || !registration?.replicas.includes(brokerId)) return []
    const isOnline = rules.image.brokers.get(brokerId)?.logDirs.includes(directoryId)
    const lost = isOnline ? {} : { isr: without(registration.isr, brokerId), canLead: othersOf(rules, brokerId) }
    return changesOf(rules, topic).change(registration, { directory: { brokerId, directoryId }, ...lost }) ?? []
  })
}

/** The broker is gone: it leads nothing until it is unfenced again. */
export function fenceBroker(rules: PartitionRules, brokerId: number): NewMetadataRecord[] {
  const brokerEpoch = epochOf(rules.image, brokerId)
  return [
    ...brokerLeaves(rules, brokerId),
    { type: 'BrokerRegistrationChangeRecord', version: 0, data: { brokerId, brokerEpoch, fenced: 1 } },
  ]
}

/** The broker leaves in order: another replica leads, or none, and it stays eligible to lead when it comes back. */
export function shutDownBroker(rules: PartitionRules, brokerId: number): NewMetadataRecord[] {
  const brokerEpoch = epochOf(rules.image, brokerId)
  return [
    { type: 'BrokerRegistrationChangeRecord', version: 1, data: { brokerId, brokerEpoch, inControlledShutdown: 1 } },
    ...fenceBroker(rules, brokerId),
  ]
}

/** The broker is taken off the cluster's list (KIP-500's UnregisterBroker). */
export function unregisterBroker(rules: PartitionRules, brokerId: number): NewMetadataRecord[] {
  const registration = rules.image.brokers.get(brokerId)
  if (registration === undefined) {
    throw new KafkaError('BROKER_ID_NOT_REGISTERED', `Broker ID ${brokerId} is not currently registered`)
  }
  const { brokerEpoch } = registration
  const canLead = othersOf(rules, brokerId)
  return [
    ...brokerLeaves(rules, brokerId),
    ...changeEach(rules, ({ eligibleLeaderReplicas }) =>
      eligibleLeaderReplicas.includes(brokerId) ? { canLead } : undefined,
    ),
    { type: 'UnregisterBrokerRecord', version: 0, data: { brokerId, brokerEpoch } },
  ]
}

function epochOf(image: MetadataImage, brokerId: number): number {
  return image.brokers.get(brokerId)?.brokerEpoch ?? -1
}

/** Who may lead when this broker may not, although it still looks alive. */
function othersOf({ image }: PartitionRules, brokerId: number): (id: number) => boolean {
  return (id) => id !== brokerId && isActive(image.brokers.get(id))
}

function brokerLeaves(rules: PartitionRules, brokerId: number): NewMetadataRecord[] {
  const canLead = othersOf(rules, brokerId)
  return changeEach(rules, ({ isr }) => (isr.includes(brokerId) ? { isr: without(isr, brokerId), canLead } : undefined))
}

function brokerCrashed(rules: PartitionRules, brokerId: number): NewMetadataRecord[] {
  const canLead = othersOf(rules, brokerId)
  return changeEach(rules, ({ isr, eligibleLeaderReplicas }) => {
    if (!isr.includes(brokerId) && !eligibleLeaderReplicas.includes(brokerId)) return undefined
    return { isr: without(isr, brokerId), canLead, uncleanShutdown: brokerId }
  })
}

function without(ids: readonly number[], brokerId: number): number[] {
  return ids.filter((id) => id !== brokerId)
}

/** The changes of all partitions that `aimOf` has an aim for; elected uncleanly where the topic allows it. */
function changeEach(
  rules: PartitionRules,
  aimOf: (partition: PartitionRegistration) => PartitionAim | undefined,
): NewMetadataRecord[] {
  return [...rules.image.topics()].flatMap((topic) => {
    const concerned = topic.partitions.flatMap((partition) => {
      const aim = aimOf(partition)
      return aim === undefined ? [] : [{ partition, aim }]
    })
    if (concerned.length === 0) return []
    const { election, change } = changesOf(rules, topic)
    return concerned.flatMap(({ partition, aim }) => change(partition, { election, ...aim }) ?? [])
  })
}
