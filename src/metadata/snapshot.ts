// The image as the records that would make it: what a metadata snapshot contains. In Kafka's order, so that replaying
// needs nothing twice: features, brokers, controllers, topics, configs, quotas, producer ids, and what is only kept.
import { ConfigResourceType } from '../config/index.ts'
import { METADATA_VERSION } from './features.ts'
import type { BrokerRegistration, ControllerRegistration, MetadataImage, TopicImage } from './image.ts'
import {
  hasCordonedLogDirs,
  hasDirectories,
  metadataVersionOf,
  partitionRecordVersion,
  registerBrokerRecordVersion,
} from './metadata-version.ts'
import type { NewMetadataRecord } from './records.ts'

export function snapshotRecords(image: MetadataImage): NewMetadataRecord[] {
  const level = metadataVersionOf(image)
  return [
    ...features(image),
    ...Array.from(image.brokers.values(), (registration) => broker(registration, level)),
    ...Array.from(image.controllers.values(), controller),
    ...[...image.topics()].flatMap((one) => topic(one, level)),
    ...Object.values(ConfigResourceType).flatMap((type) => configs(image, type)),
    ...image.kept.ofType('ClientQuotaRecord'),
    ...producerIds(image),
    ...image.kept.ofType('AccessControlEntryRecord'),
    ...image.kept.ofType('UserScramCredentialRecord'),
    ...image.kept.ofType('DelegationTokenRecord'),
  ]
}

/** metadata.version comes first: it says how the rest is to be read. */
function features(image: MetadataImage): NewMetadataRecord[] {
  return [...image.features]
    .sort(([a], [b]) => Number(b === METADATA_VERSION) - Number(a === METADATA_VERSION))
    .map(([name, featureLevel]) => ({ type: 'FeatureLevelRecord', version: 0, data: { name, featureLevel } }))
}

function broker(registration: BrokerRegistration, level: number): NewMetadataRecord {
  const { endpoints, logDirs, cordonedLogDirs, ...others } = registration
  return {
    type: 'RegisterBrokerRecord',
    version: registerBrokerRecordVersion(level),
    data: {
      ...others,
      endPoints: endpoints,
      ...(hasDirectories(level) ? { logDirs } : {}),
      ...(hasCordonedLogDirs(level) ? { cordonedLogDirs } : {}),
    },
  }
}

function controller({ endpoints, ...registration }: ControllerRegistration): NewMetadataRecord {
  return { type: 'RegisterControllerRecord', version: 0, data: { ...registration, endPoints: endpoints } }
}

function topic({ name, topicId, partitions }: TopicImage, level: number): NewMetadataRecord[] {
  return [
    { type: 'TopicRecord', version: 0, data: { name, topicId } },
    ...partitions.map((registration): NewMetadataRecord => {
      const { partition, directories, eligibleLeaderReplicas, lastKnownElr, ...others } = registration
      return {
        type: 'PartitionRecord',
        version: partitionRecordVersion(level),
        data: {
          ...others,
          partitionId: partition,
          topicId,
          ...(hasDirectories(level) ? { directories } : {}),
          eligibleLeaderReplicas: eligibleLeaderReplicas.length > 0 ? eligibleLeaderReplicas : null,
          lastKnownElr: lastKnownElr.length > 0 ? lastKnownElr : null,
        },
      }
    }),
  ]
}

function configs(image: MetadataImage, resourceType: number): NewMetadataRecord[] {
  return [...image.configuredResources(resourceType)].flatMap((resourceName) =>
    [...image.configs(resourceType, resourceName)].map(
      ([name, value]): NewMetadataRecord => ({
        type: 'ConfigRecord',
        version: 0,
        data: { resourceType, resourceName, name, value },
      }),
    ),
  )
}

function producerIds({ nextProducerId }: MetadataImage): NewMetadataRecord[] {
  if (nextProducerId === 0) return []
  return [{ type: 'ProducerIdsRecord', version: 0, data: { brokerId: -1, brokerEpoch: -1, nextProducerId } }]
}
