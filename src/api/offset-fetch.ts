// OffsetFetch, key 9: how far groups have read. Offsets that were never committed are -1, which is no error.
//
// v2 an error for the whole request (before, it stands with each partition), and null topics: all that the group has
// v3 throttleTimeMs; v5 committedLeaderEpoch (KIP-320); v6 flexible
// v7 requireStable: UNSTABLE_OFFSET_COMMIT while a transaction may still change an offset (KIP-447)
// v8 many groups in one request (KIP-709); v9 the member and its epoch, for consumer groups (KIP-848)
// v10 topics by id (KIP-848)
import type { FetchedTopics, FetchGroup, GroupCoordinator } from '../group/index.ts'
import type { MetadataImage } from '../metadata/index.ts'
import { apis, type Draft, EMPTY_UUID, ErrorCode, type Infer, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Request = Infer<typeof apis.OffsetFetch.request>
type Response = Draft<typeof apis.OffsetFetch.response>
type Group = FetchGroup
type Topic = NonNullable<Group['topics']>[number]
type GroupResult = NonNullable<Response['groups']>[number]

const TOP_LEVEL_ERROR = 2
const BATCHED = 8
const TOPIC_IDS = 10

export function offsetFetchApi(rooms: { groups: GroupCoordinator; image: MetadataImage }): ApiHandler {
  const { groups, image } = rooms

  return defineApi(
    apis.OffsetFetch,
    { min: 1, max: 10, legacyMin: 0 },
    async ({ apiVersion }, request) => {
      const { requireStable } = request
      const results = await Promise.all(
        groupsOf(request, apiVersion).map((group) => fetch(group, apiVersion, requireStable)),
      )
      return inVersion(apiVersion, results)
    },
    (request, code, _message, { apiVersion }) =>
      inVersion(
        apiVersion,
        groupsOf(request, apiVersion).map((group) => failed(group, code, apiVersion)),
      ),
  )

  async function fetch(
    { groupId, topics, ...identity }: Group,
    apiVersion: number,
    requireStable: boolean,
  ): Promise<GroupResult> {
    const byId = apiVersion >= TOPIC_IDS
    const asked = byId ? (topics?.map(withName) ?? null) : topics
    const known = asked?.filter(({ name }) => !byId || name !== '') ?? null
    const unknown = asked?.filter(({ name }) => byId && name === '') ?? []
    try {
      const fetched = await groups.fetchOffsets({ groupId, topics: known, ...identity }, { requireStable })
      const found = byId && topics === null ? fetched.flatMap(withId) : fetched
      return { groupId, topics: [...found, ...unknown.map((topic) => failedTopic(topic, ErrorCode.UNKNOWN_TOPIC_ID))] }
    } catch (error) {
      if (error instanceof KafkaError) return failed({ groupId, topics, ...identity }, error.code, apiVersion)
      throw error
    }
  }

  function withName(topic: Topic): Topic {
    return { ...topic, name: image.topicById(topic.topicId)?.name ?? '' }
  }

  /** Offsets of a topic that is gone, and cannot be named any more, are left out. */
  function withId(topic: FetchedTopics[number]): FetchedTopics {
    const known = image.topicByName(topic.name ?? '')
    return known === undefined ? [] : [{ ...topic, topicId: known.topicId }]
  }
}

function groupsOf({ groups, groupId, topics }: Request, apiVersion: number): readonly Group[] {
  if (apiVersion >= BATCHED) return groups
  const asked = topics?.map((topic) => ({ ...topic, topicId: EMPTY_UUID })) ?? null
  return [{ groupId, topics: asked, memberId: null, memberEpoch: -1 }]
}

function failed({ groupId, topics }: Group, errorCode: number, apiVersion: number): GroupResult {
  if (apiVersion >= TOP_LEVEL_ERROR) return { groupId, errorCode }
  return { groupId, topics: topics?.map((topic) => failedTopic(topic, errorCode)) }
}

function failedTopic({ name, topicId, partitionIndexes }: Topic, errorCode: number): FetchedTopics[number] {
  const none = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' }
  return {
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...none, errorCode })),
  }
}

function inVersion(apiVersion: number, groups: readonly GroupResult[]): Response {
  if (apiVersion >= BATCHED) return { groups }
  const [group] = groups
  return { errorCode: group?.errorCode, topics: group?.topics }
}
