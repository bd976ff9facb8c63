// The controller's rules for elections that a client asks for (KIP-183, KIP-460). A function of the image.
import { ErrorCode, KafkaError } from '../wire/index.ts'
import { type ApiError, apiError, NO_ERROR } from './api-error.ts'
import { NO_LEADER, type TopicImage } from './image.ts'
import { changesOf, type PartitionRules, type TopicChanges } from './partition-change.ts'
import type { NewMetadataRecord } from './records.ts'
import type { Result } from './topic-commands.ts'

export const ElectionType = { PREFERRED: 0, UNCLEAN: 1 } as const

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

export interface PartitionResult extends ApiError {
  readonly partitionId: number
}

export interface TopicElections {
  readonly topic: string
  readonly partitionResult: readonly PartitionResult[]
}

/** Elects for the partitions asked, or with null for all; of all, only those that needed one are told. */
export function electLeaders(
  rules: PartitionRules,
  electionType: number,
  asked: readonly TopicPartitions[] | null,
): Result<TopicElections[]> {
  if (electionType !== ElectionType.PREFERRED && electionType !== ElectionType.UNCLEAN) {
    throw new KafkaError('INVALID_REQUEST', `Unknown election type ${electionType}`)
  }
  const records: NewMetadataRecord[] = []
  const electEach = (name: string, partitions: readonly number[]): PartitionResult[] => {
    const topic = rules.image.topicByName(name)
    const changes = topic && changesOf(rules, topic)
    return partitions.map((partitionId) => {
      const outcome =
        topic === undefined || changes === undefined
          ? unknown(`No such topic as ${name}`)
          : electLeader(topic, changes, partitionId, electionType)
      if ('type' in outcome) records.push(outcome)
      return { partitionId, ...('type' in outcome ? NO_ERROR : outcome) }
    })
  }
  if (asked !== null) {
    const response = asked.map(({ topic, partitions }) => ({ topic, partitionResult: electEach(topic, partitions) }))
    return { records, response }
  }
  const response = Array.from(rules.image.topics(), ({ name, partitions }) => ({
    topic: name,
    partitionResult: electEach(
      name,
      partitions.map(({ partition }) => partition),
    ).filter(({ errorCode }) => errorCode !== ErrorCode.ELECTION_NOT_NEEDED),
  }))
  return { records, response }
}

function unknown(errorMessage: string): ApiError {
  return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
}

function electLeader(
  topic: TopicImage,
  { change }: TopicChanges,
  partitionId: number,
  electionType: number,
): NewMetadataRecord | ApiError {
  const partition = topic.partitions[partitionId]
  if (partition === undefined) return unknown(`No such partition as ${topic.name}-${partitionId}`)
  const { leader, replicas } = partition
  const unclean = electionType === ElectionType.UNCLEAN
  if (unclean ? leader !== NO_LEADER : leader === (replicas[0] ?? NO_LEADER)) return apiError('ELECTION_NOT_NEEDED')
  const record = change(partition, { election: unclean ? 'unclean' : 'preferred' })
  if (record !== undefined) return record
  return apiError(unclean ? 'ELIGIBLE_LEADERS_NOT_AVAILABLE' : 'PREFERRED_LEADER_NOT_AVAILABLE')
}
