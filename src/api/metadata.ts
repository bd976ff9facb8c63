// Metadata, key 3: the brokers, and topics with their partitions and leaders.
//
// v0  an empty list asks for all topics; replicas that are down are left out, with an error
// v1  null asks for all topics and [] for none; controllerId, rack, isInternal
// v2  clusterId; v3 throttleTimeMs
// v4  allowAutoTopicCreation; before, topics were always created where the broker does that
// v5  offlineReplicas
// v6  a leader that lacks the client's listener is LISTENER_NOT_FOUND; before, LEADER_NOT_AVAILABLE
// v7  leaderEpoch
// v8  authorized operations of the cluster (gone in v11) and of topics (KIP-430)
// v9  flexible
// v10 topicId in the response; v12 topics may be asked for by id (KIP-516)
// v13 a top-level error code (KIP-1102: rebootstrap)
import type { BrokerConfig } from '../config/index.ts'
import type { AutoTopicCreation, MetadataImage, PartitionRegistration, TopicImage } from '../metadata/index.ts'
import { isInternalTopic, isValidTopicName, NO_LEADER } from '../metadata/index.ts'
import { apis, type Draft, EMPTY_UUID, ErrorCode, type Infer, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED, TOPIC_OPERATIONS } from './support/authorized-operations.ts'
import { isReachable, type PartitionView, viewPartition } from './support/partition-metadata.ts'
import { controllerFor, reachableBrokers } from './support/reachable-brokers.ts'

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
      const topicAuthorizedOperations = request.includeTopicAuthorizedOperations
        ? TOPIC_OPERATIONS
        : OPERATIONS_NOT_ASKED
      const known = ({ name, topicId, isInternal, partitions }: TopicImage): Topic => ({
        errorCode: ErrorCode.NONE,
        name,
        topicId,
        isInternal,
        partitions: partitions.map((partition) => view(partition, listenerName, apiVersion)),
        topicAuthorizedOperations,
      })
      const absent = (name: string, errorCode: number): Topic => ({
        errorCode,
        name,
        isInternal: isInternalTopic(name),
        topicAuthorizedOperations,
      })
      return {
        brokers: reachableBrokers(image, listenerName).map(({ brokerId: nodeId, ...rest }) => ({ nodeId, ...rest })),
        clusterId: image.clusterId,
        controllerId: controllerFor(image),
        topics: topicsOf(request, apiVersion, known, absent),
        clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
          ? CLUSTER_OPERATIONS
          : OPERATIONS_NOT_ASKED,
      }
    },
    ({ topics }, errorCode) => ({
      topics: (topics ?? []).map(({ name, topicId }) => ({ name: name ?? '', topicId, errorCode })),
      errorCode,
    }),
  )

  function topicsOf(
    { topics, allowAutoTopicCreation }: Request,
    apiVersion: number,
    known: (topic: TopicImage) => Topic,
    absent: (name: string, errorCode: number) => Topic,
  ): Topic[] {
    if (topics === null || (apiVersion === 0 && topics.length === 0)) return Array.from(image.topics(), known)
    const ids = new Set(topics.map(({ topicId }) => topicId))
    ids.delete(EMPTY_UUID)
    // With one id in the request, names do not count.
    if (ids.size > 0) return byId(ids, known)
    const names = new Set(topics.map(({ name }) => name ?? ''))
    const missing = [...names].filter((name) => image.topicByName(name) === undefined)
    const create = allowAutoTopicCreation && config().get('auto.create.topics.enable')
    const codes = create ? autoTopicCreation.create(missing) : undefined
    return [
      ...[...names].flatMap((name) => image.topicByName(name) ?? []).map(known),
      ...missing.map((name) => absent(name, codes?.get(name) ?? codeOfMissing(name))),
    ]
  }

  function byId(ids: ReadonlySet<string>, known: (topic: TopicImage) => Topic): Topic[] {
    const unknown: Topic[] = []
    const found: Topic[] = []
    for (const topicId of ids) {
      const topic = image.topicById(topicId)
      if (topic === undefined) unknown.push({ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId })
      else found.push(known(topic))
    }
    return [...unknown, ...found]
  }

  function view(partition: PartitionRegistration, listenerName: string, apiVersion: number) {
    const shown = viewPartition(image, partition, listenerName)
    if (apiVersion > 0) return { ...shown, errorCode: errorOf(shown, partition, apiVersion) }
    const isUp = (id: number): boolean => isReachable(image.brokers.get(id), listenerName)
    const up = { ...shown, replicaNodes: shown.replicaNodes.filter(isUp), isrNodes: shown.isrNodes.filter(isUp) }
    return { ...up, errorCode: errorOf(up, partition, apiVersion) }
  }

  function errorOf(
    { leaderId, replicaNodes, isrNodes }: PartitionView,
    { leader, replicas, isr }: PartitionRegistration,
    apiVersion: number,
  ): number {
    if (leaderId === NO_LEADER) {
      const lacksListener = image.brokers.has(leader) && apiVersion >= 6
      return lacksListener ? ErrorCode.LISTENER_NOT_FOUND : ErrorCode.LEADER_NOT_AVAILABLE
    }
    const complete = replicaNodes.length === replicas.length && isrNodes.length === isr.length
    return complete ? ErrorCode.NONE : ErrorCode.REPLICA_NOT_AVAILABLE
  }
}

/** v10 and v11 have the field for a topic id, but servers never answered by it (KAFKA-10774). */
function checkRequest({ topics }: Request, apiVersion: number): void {
  let anyId = false
  let anonymous = false
  for (const { name, topicId } of topics ?? []) {
    if (apiVersion < 12 && (name === null || topicId !== EMPTY_UUID)) {
      throw new KafkaError(
        'INVALID_REQUEST',
        `Topic ${name === null ? 'name can not be null' : 'IDs are not supported in requests'} for version ${apiVersion}`,
      )
    }
    anyId ||= topicId !== EMPTY_UUID
    anonymous ||= name === null
  }
  if (anonymous && !anyId) throw new KafkaError('UNKNOWN_SERVER_ERROR')
}

function codeOfMissing(name: string): number {
  return isValidTopicName(name) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION
}
