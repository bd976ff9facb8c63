// ElectLeaders, key 43: has partitions led by their preferred replica (KIP-183), or, where none in sync is left, by one
// that is not (KIP-460).
// Authorization: Alter on the Cluster.
//
// v0 preferred leaders only; v1 electionType, and a top-level error; v2 flexible
import type { Controller } from '../metadata/index.ts'
import { apis, type Draft } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { checkTimeout } from './support/command-timeout.ts'

type Response = Draft<typeof apis.ElectLeaders.response>

export function electLeadersApi(rooms: { controller: Pick<Controller, 'electLeaders'> }): ApiHandler {
  const { controller } = rooms

  return defineApi(
    apis.ElectLeaders,
    { min: 0, max: 2 },
    async (_context, { electionType, topicPartitions, timeoutMs }): Promise<Response> => {
      // Null asks for all partitions, an empty list for none.
      if (topicPartitions?.length === 0) return {}
      checkTimeout(timeoutMs)
      return { replicaElectionResults: await controller.electLeaders(electionType, topicPartitions) }
    },
    ({ topicPartitions }, errorCode, errorMessage, { apiVersion }): Response => ({
      ...(apiVersion >= 1 ? { errorCode } : {}),
      replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
        topic,
        partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
      })),
    }),
  )
}
