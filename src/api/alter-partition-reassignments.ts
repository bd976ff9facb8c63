// AlterPartitionReassignments, key 45: moves partitions to other brokers, or calls a move off (KIP-455).
// Authorization: Alter on the Cluster.
//
// v1 allowReplicationFactorChange (KIP-860)
import type { Controller } from '../metadata/index.ts'
import { apis, type Draft } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { checkTimeout } from './support/command-timeout.ts'

export function alterPartitionReassignmentsApi(rooms: {
  controller: Pick<Controller, 'alterPartitionReassignments'>
}): ApiHandler {
  const { controller } = rooms

  return defineApi(
    apis.AlterPartitionReassignments,
    { min: 0, max: 1 },
    async (
      _context,
      { topics, allowReplicationFactorChange, timeoutMs },
    ): Promise<Draft<typeof apis.AlterPartitionReassignments.response>> => {
      // Kafka answers this one before the controller sees it, and with an empty text.
      if (topics.length === 0) return { errorMessage: '' }
      checkTimeout(timeoutMs)
      const responses = await controller.alterPartitionReassignments(topics, { allowReplicationFactorChange })
      return { allowReplicationFactorChange, errorMessage: null, responses }
    },
    ({ topics }, errorCode, errorMessage) => ({
      errorCode,
      errorMessage,
      responses: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, errorMessage })),
      })),
    }),
  )
}
