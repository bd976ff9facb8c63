// OffsetCommit, key 8: stores how far a group has read. Answers when that is written.
//
// v0 and v1 only where odradek.legacy.versions asks for it; v1 generation and member, and the time of each commit
// v2-v4 retentionTimeMs: how long these offsets are kept, whatever the broker says (gone in v5, KIP-211)
// v3 throttleTimeMs; v6 committedLeaderEpoch (KIP-320); v7 groupInstanceId: static members (KIP-345)
// v8 flexible; v9 for consumer groups: an unknown group and a stale epoch have errors of their own (KIP-848)
// v10 topics by id (KIP-848)
import type { GroupCoordinator } from '../group/index.ts'
import type { MetadataImage } from '../metadata/index.ts'
import { apis, type Draft, EMPTY_UUID, ErrorCode, type Infer } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Request = Infer<typeof apis.OffsetCommit.request>
type Topic = Request['topics'][number]
type Answered = NonNullable<Draft<typeof apis.OffsetCommit.response>['topics']>[number]

const TOPIC_IDS = 10

export function offsetCommitApi(rooms: { groups: GroupCoordinator; image: MetadataImage }): ApiHandler {
  const { groups, image } = rooms

  return defineApi(
    apis.OffsetCommit,
    { min: 2, max: 10, legacyMin: 0 },
    async ({ apiVersion }, request) => {
      const known: Topic[] = []
      const refused: Answered[] = []
      for (const asked of request.topics) {
        const topic = resolve(asked, apiVersion)
        const code = apiVersion >= TOPIC_IDS ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        if (topic === undefined) refused.push(failed(asked, code))
        else split(topic, known, refused)
      }
      if (known.length === 0) return { topics: merged(refused) }
      const { topics = [] } = await groups.commitOffsets(apiVersion, { ...request, topics: known })
      return { topics: refused.length === 0 ? topics : merged([...refused, ...topics]) }
    },
    ({ topics }, errorCode) => ({ topics: topics.map((topic) => failed(topic, errorCode)) }),
  )

  /** The topic with both its name and its id. */
  function resolve(asked: Topic, apiVersion: number): Topic | undefined {
    const topic = apiVersion >= TOPIC_IDS ? image.topicById(asked.topicId) : image.topicByName(asked.name)
    return topic && { ...asked, name: topic.name, topicId: topic.topicId }
  }

  function split(topic: Topic, known: Topic[], refused: Answered[]): void {
    const exists = ({ partitionIndex }: Topic['partitions'][number]): boolean =>
      image.partition(topic.name, partitionIndex) !== undefined
    const partitions = topic.partitions.filter(exists)
    const missing = topic.partitions.filter((partition) => !exists(partition))
    if (partitions.length > 0) known.push({ ...topic, partitions })
    if (missing.length > 0)
      refused.push(failed({ ...topic, partitions: missing }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
  }
}

function failed({ name, topicId, partitions }: Topic, errorCode: number): Answered {
  return { name, topicId, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
}

/** One entry for each topic, in the order in which they first occur. */
function merged(topics: readonly Answered[]): Answered[] {
  const byTopic = new Map<string, Answered>()
  for (const topic of topics) {
    const key = topic.name === '' || topic.name === undefined ? `id ${topic.topicId ?? EMPTY_UUID}` : topic.name
    const partitions = [...(byTopic.get(key)?.partitions ?? []), ...(topic.partitions ?? [])]
    byTopic.set(key, { ...topic, partitions })
  }
  return [...byTopic.values()]
}
