// DescribeQuorum, key 55: who votes on the metadata log, and how far each is (KIP-595). Of one node: itself.
// Authorization: Describe on the Cluster.
//
// v1 when each voter fetched and was caught up (KIP-836)
// v2 error messages, directory ids, and the addresses of the controllers (KIP-853)
import { apiError, CLUSTER_METADATA, type Controller, type MetadataImage, textOf } from '../metadata/index.ts'
import { apis, type Draft, type Infer } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Request = Infer<typeof apis.DescribeQuorum.request>
type Response = Draft<typeof apis.DescribeQuorum.response>

export function describeQuorumApi(rooms: { controller: Pick<Controller, 'quorum'>; image: MetadataImage }): ApiHandler {
  const { controller, image } = rooms

  return defineApi(
    apis.DescribeQuorum,
    { min: 0, max: 2 },
    ({ apiVersion }, request): Response => {
      if (!asksForMetadata(request)) return unknownPartitions(request)
      const { leaderId, leaderEpoch, highWatermark, logEndOffset, directoryId, timestamp } = controller.quorum
      const self = {
        replicaId: leaderId,
        ...(apiVersion >= 2 ? { replicaDirectoryId: directoryId } : {}),
        logEndOffset,
        lastFetchTimestamp: timestamp,
        lastCaughtUpTimestamp: timestamp,
      }
      const partition = {
        partitionIndex: 0,
        leaderId,
        leaderEpoch,
        highWatermark,
        currentVoters: [self],
        observers: [],
      }
      return {
        topics: [{ topicName: CLUSTER_METADATA, partitions: [partition] }],
        ...(apiVersion >= 2 ? { nodes: [{ nodeId: leaderId, listeners: listenersOf(leaderId) }] } : {}),
      }
    },
    (_request, errorCode, errorMessage) => ({ errorCode, errorMessage: textOf(errorCode) ?? errorMessage }),
  )

  function listenersOf(nodeId: number) {
    return (image.controllers.get(nodeId)?.endpoints ?? []).map(({ name, host, port }) => ({ name, host, port }))
  }
}

/** The one partition there is, once and alone. */
function asksForMetadata({ topics: [topic, ...others] }: Request): boolean {
  const [partition, ...otherPartitions] = topic?.partitions ?? []
  return (
    topic?.topicName === CLUSTER_METADATA &&
    partition?.partitionIndex === 0 &&
    others.length === 0 &&
    otherPartitions.length === 0
  )
}

function unknownPartitions({ topics }: Request): Response {
  const error = apiError('UNKNOWN_TOPIC_OR_PARTITION')
  return {
    topics: topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...error })),
    })),
  }
}
