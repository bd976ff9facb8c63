// The controller's rules for the cluster itself: its first records, and the life of a broker from registration over
// unfencing to controlled shutdown. Functions of the image; they change nothing.
import { ConfigResourceType } from '../config/index.ts'
import { bootstrapFeatureLevels, supportedFeatures } from './features.ts'
import { type BrokerEndpoint, type MetadataImage, NO_LEADER } from './image.ts'
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
}

const registeredFeatures = supportedFeatures.map(({ name, min, max }) => ({
  name,
  minSupportedVersion: min,
  maxSupportedVersion: max,
}))

/** What a cluster begins with: its feature levels, and a cluster-wide min.insync.replicas, which ELR needs. */
export function bootstrapRecords(minInsyncReplicas: number): NewMetadataRecord[] {
  return [
    { type: 'BeginTransactionRecord', version: 0, data: { name: 'Bootstrap records' } },
    ...bootstrapFeatureLevels.map(
      ([name, featureLevel]): NewMetadataRecord => ({
        type: 'FeatureLevelRecord',
        version: 0,
        data: { name, featureLevel },
      }),
    ),
    {
      type: 'ConfigRecord',
      version: 0,
      data: {
        resourceType: ConfigResourceType.BROKER,
        resourceName: '',
        name: 'min.insync.replicas',
        value: String(minInsyncReplicas),
      },
    },
    { type: 'EndTransactionRecord', version: 0, data: {} },
  ]
}

export function registerController({ nodeId, incarnationId, controllerEndpoints }: NewRegistration): NewMetadataRecord {
  return {
    type: 'RegisterControllerRecord',
    version: 0,
    data: { controllerId: nodeId, incarnationId, endPoints: controllerEndpoints, features: registeredFeatures },
  }
}

/** `brokerEpoch` is the offset that the record will have. A new registration is fenced until it has caught up. */
export function registerBroker(registration: NewRegistration, brokerEpoch: number): NewMetadataRecord {
  const { nodeId, incarnationId, endpoints, rack, logDirs } = registration
  return {
    type: 'RegisterBrokerRecord',
    version: 4,
    data: {
      brokerId: nodeId,
      incarnationId,
      brokerEpoch,
      endPoints: endpoints,
      features: registeredFeatures,
      rack,
      fenced: true,
      logDirs: [...logDirs],
      cordonedLogDirs: [],
    },
  }
}

/** The broker may lead: it takes the partitions that wait for it. */
export function unfenceBroker(image: MetadataImage, brokerId: number): NewMetadataRecord[] {
  const brokerEpoch = image.brokers.get(brokerId)?.brokerEpoch ?? -1
  const records: NewMetadataRecord[] = [
    { type: 'BrokerRegistrationChangeRecord', version: 0, data: { brokerId, brokerEpoch, fenced: -1 } },
  ]
  for (const topic of image.topics()) {
    for (const { partition, leader, replicas, isr, eligibleLeaderReplicas } of topic.partitions) {
      const canLead = isr.includes(brokerId) || eligibleLeaderReplicas.includes(brokerId)
      if (leader !== NO_LEADER || !replicas.includes(brokerId) || !canLead) continue
      records.push({
        type: 'PartitionChangeRecord',
        version: 2,
        data: {
          partitionId: partition,
          topicId: topic.topicId,
          isr: [brokerId],
          leader: brokerId,
          eligibleLeaderReplicas: eligibleLeaderReplicas.filter((id) => id !== brokerId),
          lastKnownElr: [],
        },
      })
    }
  }
  return records
}

/** The broker leaves in order: another replica leads, or none, and it stays eligible to lead when it comes back. */
export function shutDownBroker(image: MetadataImage, brokerId: number): NewMetadataRecord[] {
  const brokerEpoch = image.brokers.get(brokerId)?.brokerEpoch ?? -1
  const records: NewMetadataRecord[] = [
    { type: 'BrokerRegistrationChangeRecord', version: 1, data: { brokerId, brokerEpoch, inControlledShutdown: 1 } },
  ]
  for (const topic of image.topics()) {
    for (const { partition, leader, isr } of topic.partitions) {
      if (!isr.includes(brokerId)) continue
      const remaining = isr.filter((id) => id !== brokerId)
      const isLast = remaining.length === 0
      records.push({
        type: 'PartitionChangeRecord',
        version: 2,
        data: {
          partitionId: partition,
          topicId: topic.topicId,
          isr: remaining,
          ...(leader === brokerId ? { leader: remaining[0] ?? NO_LEADER } : {}),
          ...(isLast ? { eligibleLeaderReplicas: [brokerId], lastKnownElr: [brokerId] } : {}),
        },
      })
    }
  }
  records.push({ type: 'BrokerRegistrationChangeRecord', version: 0, data: { brokerId, brokerEpoch, fenced: 1 } })
  return records
}
