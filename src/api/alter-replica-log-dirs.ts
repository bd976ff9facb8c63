// AlterReplicaLogDirs, key 34: moves replicas of this broker to other log directories of it (KIP-113).
// Authorization: Alter on the Cluster.
//
// v1 throttling as of KIP-219
// v2 flexible
import type { LogDirectoryMoves } from '../replica/index.ts'
import { apis, type Draft, ErrorCode, type Infer, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Request = Infer<typeof apis.AlterReplicaLogDirs.request>
type Response = Draft<typeof apis.AlterReplicaLogDirs.response>

export function alterReplicaLogDirsApi({ moves }: { moves: LogDirectoryMoves }): ApiHandler {
  const alter = (topic: string, partition: number, path: string): number => {
    try {
      moves.alter({ topic, partition }, path)
      return ErrorCode.NONE
    } catch (error) {
      if (error instanceof KafkaError) return error.code
      throw error
    }
  }

  return defineApi(
    apis.AlterReplicaLogDirs,
    { min: 1, max: 2, legacyMin: 0 },
    (_context, request): Response => answer(request, alter),
    (request, errorCode) => answer(request, () => errorCode),
  )
}

/** Of a partition that is named twice, the last directory counts. */
function answer({ dirs }: Request, errorOf: (topic: string, partition: number, path: string) => number): Response {
  const paths = new Map<string, Map<number, string>>()
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      const ofTopic = paths.get(name) ?? new Map<number, string>()
      paths.set(name, ofTopic)
      for (const partition of partitions) ofTopic.set(partition, path)
    }
  }
  return {
    results: Array.from(paths, ([topicName, ofTopic]) => ({
      topicName,
      partitions: Array.from(ofTopic, ([partitionIndex, path]) => ({
        partitionIndex,
        errorCode: errorOf(topicName, partitionIndex, path),
      })),
    })),
  }
}
