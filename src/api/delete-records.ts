// DeleteRecords, key 21: the log of a partition begins later from now on (KIP-107).
//
// v1 as v0 for our purposes (it told of quota violations earlier); v2 flexible
import { isInternalTopic } from '../metadata/index.ts'
import type { ReplicaManager } from '../replica/index.ts'
import { apis, type Draft, ErrorCode, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Response = Draft<typeof apis.DeleteRecords.response>

const UNKNOWN_LOW_WATERMARK = -1

export function deleteRecordsApi({ replicas }: { replicas: ReplicaManager }): ApiHandler {
  const deleteBefore = (topic: string, partitionIndex: number, offset: number) => {
    try {
      if (isInternalTopic(topic)) throw new KafkaError('INVALID_TOPIC_EXCEPTION')
      return {
        partitionIndex,
        lowWatermark: replicas.deleteRecords(topic, partitionIndex, offset),
        errorCode: ErrorCode.NONE,
      }
    } catch (error) {
      if (error instanceof KafkaError)
        return { partitionIndex, lowWatermark: UNKNOWN_LOW_WATERMARK, errorCode: error.code }
      throw error
    }
  }

  return defineApi(
    apis.DeleteRecords,
    { min: 0, max: 2 },
    (_context, { topics }): Response => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => deleteBefore(name, partitionIndex, offset)),
      })),
    }),
    ({ topics }, errorCode) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          lowWatermark: UNKNOWN_LOW_WATERMARK,
          errorCode,
        })),
      })),
    }),
  )
}
