// CreatePartitions, key 37: more partitions for topics that exist.
// Authorization: Alter on each topic.
//
// v1 throttles before it answers (KIP-219); v2 flexible; v3 a throttled client is told so (KIP-599)
import type { Controller } from '../metadata/index.ts'
import { apis, type Draft, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { checkTimeout } from './support/command-timeout.ts'
import { duplicatesOf } from './support/duplicates.ts'

export function createPartitionsApi(rooms: { controller: Pick<Controller, 'createPartitions'> }): ApiHandler {
  const { controller } = rooms

  return defineApi(
    apis.CreatePartitions,
    { min: 0, max: 3 },
    async (_context, { topics, timeoutMs, validateOnly }): Promise<Draft<typeof apis.CreatePartitions.response>> => {
      const duplicates = duplicatesOf(topics.map(({ name }) => name))
      const wanted = topics.filter(({ name }) => !duplicates.has(name))
      if (wanted.length > 0) checkTimeout(timeoutMs)
      const results = await controller.createPartitions(wanted, { validateOnly })
      const refused = { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' }
      return { results: [...Array.from(duplicates, (name) => ({ name, ...refused })), ...results] }
    },
    ({ topics }, errorCode, errorMessage) => ({
      results: topics.map(({ name }) => ({ name, errorCode, errorMessage })),
    }),
  )
}
