// ListPartitionReassignments, key 46: the partitions that are on the move (KIP-455).
// Authorization: Describe on the Cluster.
//
// v0 the first
import { listPartitionReassignments, type MetadataImage } from '../metadata/index.ts'
import { apis, type Draft } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

export function listPartitionReassignmentsApi(rooms: { image: MetadataImage }): ApiHandler {
  const { image } = rooms

  return defineApi(
    apis.ListPartitionReassignments,
    { min: 0, max: 0 },
    (_context, { topics }): Draft<typeof apis.ListPartitionReassignments.response> => ({
      errorMessage: null,
      topics: listPartitionReassignments(image, topics),
    }),
    ({ topics }, errorCode, errorMessage) => ({
      errorCode,
      errorMessage,
      topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex })),
      })),
    }),
  )
}
