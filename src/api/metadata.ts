// Metadata, key 3: the brokers, and topics with their partitions and leaders.
//
// v1  null asks for all topics and [] for none (before, [] asked for all); controllerId, rack, isInternal
// v2  clusterId
// v3  throttleTimeMs
// v4  allowAutoTopicCreation; before, topics were always created where the broker does that
// v5  offlineReplicas
// v7  leaderEpoch
// v8  authorized operations of the cluster (gone in v11) and of topics (KIP-430)
// v9  flexible
// v10 topicId in the response; v12 topics may be asked for by id (KIP-516)
// v13 a top-level error code (KIP-1102: rebootstrap)
import type { BrokerConfig } from '../config/index.ts'
import type { AutoTopicCreation, MetadataImage, TopicImage } from '../metadata/index.ts'
import { isInternalTopic, isValidTopicName } from '../metadata/index.ts'
import { apis, type Draft, EMPTY_UUID, ErrorCode, type Infer, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED, TOPIC_OPERATIONS } from './support/authorized-operations.ts'
import { partitionMetadata, type View } from './support/partition-metadata.ts'
import { reachableBrokers } from './support/reachable-brokers.ts'

type Request = Infer<typeof apis.Metadata.request>
type Response = Draft<typeof apis.Metadata.response>
type Topic = NonNullable<Response['topics']>[number]

export function metadataApi(rooms: {
  image: MetadataImage
  config: () => BrokerConfig
  autoTopicCreation: AutoTopicCreation
}): ApiHandler {
  const { image, config, autoTopicCreation } = rooms

  return defineApi(
    apis.Metadata,
    { min: 0, max: 13 },
    ({ apiVersion, connection: { listenerName } }, request): Response => {
      checkRequest(request, apiVersion)
      const view: View = { listenerName, unavailableReplicas: apiVersion <= 1 ? 'left out' : 'listed' }
      const topicOperations = request.includeTopicAuthorizedOperations ? TOPIC_OPERATIONS : OPERATIONS_NOT_ASKED
      const known = (topic: TopicImage): Topic => ({
        errorCode: ErrorCode.NONE,
        name: topic.name,
        topicId: topic.topicId,
        isInternal: topic.isInternal,
        partitions: topic.partitions.map((partition) => partitionMetadata(image, partition, view)),
        topicAuthorizedOperations: topicOperations,
      })
      return {
        brokers: reachableBrokers(image, listenerName).map(({ brokerId: nodeId, ...rest }) => ({ nodeId, ...rest })),
        clusterId: image.clusterId,
        controllerId: image.controllerId,
        topics: topicsOf(request, apiVersion, known),
        clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
          ? CLUSTER_OPERATIONS
          : OPERATIONS_NOT_ASKED,
      }
    },
    ({ topics }, errorCode) => ({
      topics: (topics ?? []).map(({ name, topicId }) => ({ name: name ?? '', topicId, errorCode })),
    }),
  )

  function topicsOf({ topics, allowAutoTopicCreation }: Request, apiVersion: number, known: (t: TopicImage) => Topic) {
    if (topics === null || (apiVersion === 0 && topics.length === 0)) return Array.from(image.topics(), known)
    const found = new Map<string, TopicImage>()
    const missing = new Set<string>()
    const unknownIds = new Set<string>()
    for (const { name, topicId } of topics) {
      const topic = isByName(topicId) ? image.topicByName(name ?? '') : image.topicById(topicId)
      if (topic !== undefined) found.set(topic.name, topic)
      else if (isByName(topicId)) missing.add(name ?? '')
      else unknownIds.add(topicId)
    }
    const create = allowAutoTopicCreation && config().get('auto.create.topics.enable')
    const codes = create ? autoTopicCreation.create(missing) : new Map<string, number>()
    return [
      ...Array.from(found.values(), known),
      ...Array.from(missing, (name) => absent(name, codes.get(name))),
      ...Array.from(unknownIds, (topicId) => ({ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId })),
    ]
  }
}

/** v10 and v11 have the field for a topic id, but servers never answered by it (KAFKA-10774). */
function checkRequest({ topics }: Request, apiVersion: number): void {
  for (const { name, topicId } of topics ?? []) {
    if (apiVersion < 12 && (name === null || topicId !== EMPTY_UUID)) {
      throw new KafkaError(
        'INVALID_REQUEST',
        `Topic ${name === null ? 'name can not be null' : 'IDs are not supported in requests'} for version ${apiVersion}`,
      )
    }
    if (name === null && topicId === EMPTY_UUID) throw new KafkaError('UNKNOWN_SERVER_ERROR')
  }
}

function isByName(topicId: string): boolean {
  return topicId === EMPTY_UUID
}

function absent(name: string, codeOfCreation: number | undefined): Topic {
  const code = isValidTopicName(name) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION
  return { errorCode: codeOfCreation ?? code, name, isInternal: isInternalTopic(name) }
}
