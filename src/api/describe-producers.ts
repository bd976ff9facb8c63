// DescribeProducers, key 61, version 0: the producers that a partition remembers, and their open transactions (KIP-664).
import { type MetadataImage, validateTopicName } from '../metadata/index.ts'
import type { ReplicaManager } from '../replica/index.ts'
import { apis, type Draft, ErrorCode, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Response = Draft<typeof apis.DescribeProducers.response>
type PartitionResponse = NonNullable<NonNullable<Response['topics']>[number]['partitions']>[number]

export function describeProducersApi(rooms: { replicas: ReplicaManager; image: MetadataImage }): ApiHandler {
  const { replicas, image } = rooms

  const checkTopic = (name: string): void => {
    validateTopicName(name)
    if (image.topicByName(name) !== undefined) return
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.')
  }

  const producersOf = (topic: string, partitionIndex: number): PartitionResponse => {
    try {
      checkTopic(topic)
      const partition = replicas.require(topic, partitionIndex)
      partition.checkLeader()
      const activeProducers = Array.from(partition.producers(), (producer) => ({
        producerId: producer.producerId,
        producerEpoch: producer.producerEpoch,
        lastSequence: producer.lastSequence,
        lastTimestamp: producer.lastTimestamp,
        coordinatorEpoch: producer.coordinatorEpoch,
        currentTxnStartOffset: producer.currentTxnFirstOffset ?? -1,
      }))
      return { partitionIndex, errorCode: ErrorCode.NONE, activeProducers }
    } catch (error) {
      if (error instanceof KafkaError)
        return { partitionIndex, errorCode: error.code, errorMessage: error.errorMessage }
      throw error
    }
  }

  return defineApi(
    apis.DescribeProducers,
    { min: 0, max: 0 },
    (_context, { topics }): Response => ({
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => producersOf(name, index)),
      })),
    }),
    ({ topics }, errorCode, errorMessage) => ({
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode, errorMessage })),
      })),
    }),
  )
}
