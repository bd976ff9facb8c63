// DeleteTopics, key 20: topics and all that is in them, by name or by id.
// Authorization: Delete on the Cluster or on each topic, once ids are names.
//
// v1 throttleTimeMs; v3 TOPIC_DELETION_DISABLED (before, INVALID_REQUEST); v4 flexible
// v5 error messages, and a throttled client is told so (KIP-599); v6 topics may be given by id (KIP-516)
import type { BrokerConfig } from '../config/index.ts'
import { type ApiError, apiError, type Controller, type MetadataImage } from '../metadata/index.ts'
import { apis, type Draft, EMPTY_UUID, ErrorCode, type Infer, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { checkTimeout } from './support/command-timeout.ts'
import { duplicatesOf } from './support/duplicates.ts'

type Request = Infer<typeof apis.DeleteTopics.request>
type Response = Draft<typeof apis.DeleteTopics.response>
type Result = NonNullable<Response['responses']>[number]

export function deleteTopicsApi(rooms: {
  controller: Pick<Controller, 'deleteTopics'>
  image: MetadataImage
  config: () => BrokerConfig
}): ApiHandler {
  const { controller, image, config } = rooms

  return defineApi(
    apis.DeleteTopics,
    { min: 1, max: 6, legacyMin: 0 },
    async ({ apiVersion }, request): Promise<Response> => {
      if (!config().get('delete.topic.enable')) {
        throw new KafkaError(apiVersion < 3 ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED')
      }
      const { names, ids, duplicateIds, refused } = sortOut(request)
      if (names.length > 0 || ids.length > 0) checkTimeout(request.timeoutMs)
      const { found, unknown } = resolve(names, ids, duplicateIds)
      const deletable = [...found].filter(([, name]) => name !== undefined)
      const errors = await controller.deleteTopics(deletable.map(([topicId]) => topicId))
      const deleted = deletable.map(([topicId, name], index) => ({ name: name ?? null, topicId, ...errors[index] }))
      return { responses: [...refused, ...unknown, ...deleted] }
    },
    (request, errorCode) => ({
      responses: topicsOf(request).map(({ name, topicId }) => ({ name, topicId, errorCode })),
    }),
  )

  /** The topics to delete, by id, and what cannot be found. One that is given by name and by id too is not deleted. */
  function resolve(names: readonly string[], ids: readonly string[], duplicateIds: ReadonlySet<string>) {
    const unknown: Result[] = []
    const found = new Map<string, string | undefined>()
    for (const topicId of ids) {
      const topic = image.topicById(topicId)
      if (topic === undefined) unknown.push({ name: null, topicId, ...apiError('UNKNOWN_TOPIC_ID') })
      else found.set(topicId, topic.name)
    }
    for (const name of names) {
      const topicId = image.topicByName(name)?.topicId
      if (topicId === undefined) unknown.push({ name, ...apiError('UNKNOWN_TOPIC_OR_PARTITION') })
      else if (found.has(topicId) || duplicateIds.has(topicId)) {
        found.set(topicId, undefined)
        const error = invalid('The provided topic name maps to an ID that was already supplied.')
        unknown.push({ name, topicId, ...error })
      } else found.set(topicId, name)
    }
    return { found, unknown }
  }
}

/** Before v6 the request is a list of names. */
function topicsOf({ topics, topicNames }: Request): { name: string | null; topicId: string }[] {
  return [...topics, ...topicNames.map((name) => ({ name, topicId: EMPTY_UUID }))]
}

/** What is given once and in one form only, and the refusals of the rest. */
function sortOut(request: Request) {
  const names: string[] = []
  const ids: string[] = []
  const refused: Result[] = []
  for (const { name, topicId } of topicsOf(request)) {
    if (name !== null && topicId !== EMPTY_UUID) {
      refused.push({ name, topicId, ...invalid('You may not specify both topic name and topic id.') })
    } else if (name !== null) names.push(name)
    else if (topicId !== EMPTY_UUID) ids.push(topicId)
    else refused.push({ name: null, ...invalid('Neither topic name nor id were specified.') })
  }
  const duplicateNames = duplicatesOf(names)
  const duplicateIds = duplicatesOf(ids)
  for (const name of duplicateNames) refused.push({ name, ...invalid('Duplicate topic name.') })
  for (const topicId of duplicateIds) refused.push({ name: null, topicId, ...invalid('Duplicate topic id.') })
  return {
    names: names.filter((name) => !duplicateNames.has(name)),
    ids: ids.filter((topicId) => !duplicateIds.has(topicId)),
    duplicateIds,
    refused,
  }
}

function invalid(errorMessage: string): ApiError {
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
}
