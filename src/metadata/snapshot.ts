// The image as the records that would make it: what a metadata snapshot contains. In Kafka's order, so that replaying
// needs nothing twice: features, brokers, controllers, topics, configs, producer ids.
import { ConfigResourceType } from '../config/index.ts'
import { METADATA_VERSION } from './features.ts'
import type { BrokerRegistration, ControllerRegistration, MetadataImage, TopicImage } from './image.ts'
import type { NewMetadataRecord } from './records.ts'

export function snapshotRecords(image: MetadataImage): NewMetadataRecord[] {
  return [
    ...features(image),
    ...[...image.brokers.values()].map(broker),
    ...[...image.controllers.values()].map(controller),
    ...[...image.topics()].flatMap(topic),
    ...Object.values(ConfigResourceType).flatMap((type) => configs(image, type)),
    ...producerIds(image),
  ]
}

/** metadata.version comes first: it says how the rest is to be read. */
function features(image: MetadataImage): NewMetadataRecord[] {
  return [...image.features]
    .sort(([a], [b]) => Number(b === METADATA_VERSION) - Number(a === METADATA_VERSION))
    .map(([name, featureLevel]) => ({ type: 'FeatureLevelRecord', version: 0, data: { name, featureLevel } }))
}

function broker({ endpoints, logDirs, ...registration }: BrokerRegistration): NewMetadataRecord {
  return {
    type: 'RegisterBrokerRecord',
    version: 4,
    data: { ...registration, endPoints: endpoints, logDirs: [...logDirs], cordonedLogDirs: [] },
  }
}

function controller({ endpoints, ...registration }: ControllerRegistration): NewMetadataRecord {
  return { type: 'RegisterControllerRecord', version: 0, data: { ...registration, endPoints: endpoints } }
}

function topic({ name, topicId, partitions }: TopicImage): NewMetadataRecord[] {
  return [
    { type: 'TopicRecord', version: 0, data: { name, topicId } },
    ...partitions.map(
      ({ partition, eligibleLeaderReplicas, lastKnownElr, ...registration }): NewMetadataRecord => ({
        type: 'PartitionRecord',
        version: 2,
        data: {
          ...registration,
          partitionId: partition,
          topicId,
          eligibleLeaderReplicas: eligibleLeaderReplicas.length > 0 ? eligibleLeaderReplicas : null,
          lastKnownElr: lastKnownElr.length > 0 ? lastKnownElr : null,
        },
      }),
    ),
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
