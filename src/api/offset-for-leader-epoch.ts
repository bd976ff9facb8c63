// OffsetForLeaderEpoch, key 23: where a leader epoch ends in the log, which is where a reader's history may part from it.
//
// v2 the epoch that the client believes current (KIP-320); v3 who asks; v4 flexible
import type { ReplicaManager } from '../replica/index.ts'
import { apis, type Draft, ErrorCode, type Infer, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Request = Infer<typeof apis.OffsetForLeaderEpoch.request>
type Response = Draft<typeof apis.OffsetForLeaderEpoch.response>
type PartitionRequest = Request['topics'][number]['partitions'][number]

export function offsetForLeaderEpochApi({ replicas }: { replicas: ReplicaManager }): ApiHandler {
  const endOf = (topic: string, { partition, currentLeaderEpoch, leaderEpoch }: PartitionRequest) => {
    try {
      const found = replicas.require(topic, partition)
      found.checkLeader(currentLeaderEpoch)
      const { epoch, endOffset } = found.log.leaderEpochs.endOffsetFor(leaderEpoch, found.log.writtenOffset)
      return { partition, errorCode: ErrorCode.NONE, leaderEpoch: epoch, endOffset }
    } catch (error) {
      if (error instanceof KafkaError) return { partition, errorCode: error.code }
      throw error
    }
  }

  return defineApi(
    apis.OffsetForLeaderEpoch,
    { min: 2, max: 4, legacyMin: 0 },
    (_context, { topics }): Response => ({
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => endOf(topic, partition)),
      })),
    }),
    ({ topics }, errorCode) => ({
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => ({ partition, errorCode })),
      })),
    }),
  )
}
