// DescribeTopicPartitions, key 75: topics with their partitions, in portions (KIP-966). Unlike Metadata it tells the
// eligible leader replicas, and never creates a topic.
// Authorization: Describe on each topic; of all topics, those without are left out.
//
// v0 the first
import type { BrokerConfig } from '../config/index.ts'
import { isInternalTopic, isValidTopicName, type MetadataImage, type TopicImage } from '../metadata/index.ts'
import { apis, type Draft, ErrorCode, type Infer, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { TOPIC_OPERATIONS } from './support/authorized-operations.ts'
import { viewPartition } from './support/partition-metadata.ts'

type Request = Infer<typeof apis.DescribeTopicPartitions.request>
type Response = Draft<typeof apis.DescribeTopicPartitions.response>
type Topic = NonNullable<Response['topics']>[number]

export function describeTopicPartitionsApi(rooms: { image: MetadataImage; config: () => BrokerConfig }): ApiHandler {
  const { image, config } = rooms

  return defineApi(
    apis.DescribeTopicPartitions,
    { min: 0, max: 0 },
    ({ connection: { listenerName } }, request): Response => {
      const names = namesFrom(request)
      const { cursor, responsePartitionLimit } = request
      const topics: Topic[] = []
      let remaining = Math.max(1, Math.min(config().get('max.request.partition.size.limit'), responsePartitionLimit))
      for (const name of names) {
        if (remaining === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
        const topic = image.topicByName(name)
        if (topic === undefined) {
          topics.push(absent(name))
          continue
        }
        const start = name === cursor?.topicName ? cursor.partitionIndex : 0
        const end = Math.min(topic.partitions.length, start + remaining)
        topics.push(known(topic, start, end, listenerName))
        if (end < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: end } }
        remaining -= Math.max(0, end - start)
      }
      return { topics }
    },
    ({ topics }, errorCode) => ({ topics: topics.map(({ name }) => ({ name, errorCode })) }),
  )

  /** The topics that are left to tell, sorted: those before the cursor have been told. */
  function namesFrom({ topics, cursor }: Request): string[] {
    const all = topics.length === 0 ? Array.from(image.topics(), ({ name }) => name) : topics.map(({ name }) => name)
    const names = new Set(all.filter((name) => name >= (cursor?.topicName ?? '')))
    if (cursor !== null && topics.length > 0 && !names.has(cursor.topicName)) {
      throw new KafkaError(
        'INVALID_REQUEST',
        `DescribeTopicPartitionsRequest topic list should contain the cursor topic: ${cursor.topicName}`,
      )
    }
    if (cursor !== null && cursor.partitionIndex < 0) {
      throw new KafkaError('INVALID_REQUEST', 'DescribeTopicPartitionsRequest cursor partition must be valid')
    }
    // Kafka takes a topic without a name for the one at the cursor, and fails where there is no cursor.
    if (cursor === null && names.has('')) throw new KafkaError('UNKNOWN_SERVER_ERROR')
    return [...names].sort()
  }

  function known(
    { name, topicId, isInternal, partitions }: TopicImage,
    start: number,
    end: number,
    listener: string,
  ): Topic {
    return {
      errorCode: ErrorCode.NONE,
      name,
      topicId,
      isInternal,
      partitions: partitions.slice(start, end).map((partition) => {
        const { eligibleLeaderReplicas, lastKnownElr } = partition
        return { ...viewPartition(image, partition, listener), eligibleLeaderReplicas, lastKnownElr }
      }),
      topicAuthorizedOperations: TOPIC_OPERATIONS,
    }
  }

  function absent(name: string): Topic {
    return {
      errorCode: isValidTopicName(name) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION,
      name,
      isInternal: isInternalTopic(name),
      topicAuthorizedOperations: TOPIC_OPERATIONS,
    }
  }
}
