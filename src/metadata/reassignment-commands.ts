// The controller's rules for moving partitions to other brokers (KIP-455): what a reassignment may ask for, how one
// begins and how one is called off. It ends by itself, in partition-change.ts. Functions of the image.
import { KafkaError } from '../wire/index.ts'
import { type ApiError, errorOf, NO_ERROR } from './api-error.ts'
import type { MetadataImage, PartitionRegistration, TopicImage } from './image.ts'
import { changesOf, type PartitionRules } from './partition-change.ts'
import { validateAssignment } from './placement.ts'
import type { NewMetadataRecord } from './records.ts'
import type { Result } from './topic-commands.ts'

export interface Reassignment {
  readonly name: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    /** The brokers that shall have it, or null to call the move off. */
    readonly replicas: readonly number[] | null
  }[]
}

export interface ReassignmentResult {
  readonly name: string
  readonly partitions: readonly ({ readonly partitionIndex: number } & ApiError)[]
}

export function alterPartitionReassignments(
  rules: PartitionRules,
  reassignments: readonly Reassignment[],
  allowReplicationFactorChange: boolean,
): Result<ReassignmentResult[]> {
  const records: NewMetadataRecord[] = []
  const response = reassignments.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, replicas }) => {
      const error = errorOf(() => {
        const record = alterReassignment(rules, name, partitionIndex, replicas, allowReplicationFactorChange)
        if (record !== undefined) records.push(record)
      })
      return { partitionIndex, ...(error ?? NO_ERROR) }
    }),
  }))
  return { records, response }
}

function alterReassignment(
  rules: PartitionRules,
  name: string,
  partitionIndex: number,
  replicas: readonly number[] | null,
  allowReplicationFactorChange: boolean,
): NewMetadataRecord | undefined {
  const topic = rules.image.topicByName(name)
  if (topic === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find a topic named ${name}.`)
  }
  const partition = topic.partitions[partitionIndex]
  if (partition === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find partition ${name}:${partitionIndex}.`)
  }
  if (replicas === null) return callOff(rules, topic, partition)
  validateAssignment(rules.image, replicas, undefined)
  if (!allowReplicationFactorChange) checkSameReplicationFactor(partition, replicas)
  return move(rules, topic, partition, replicas)
}

/** The replicas that are to go stay in the list, behind the new ones, until those are in sync. */
function move(
  rules: PartitionRules,
  topic: TopicImage,
  partition: PartitionRegistration,
  target: readonly number[],
): NewMetadataRecord | undefined {
  const removing = sorted(partition.replicas.filter((id) => !target.includes(id)))
  const adding = sorted(target.filter((id) => !partition.replicas.includes(id)))
  return changesOf(rules, topic).change(partition, {
    replicas: [...target, ...removing],
    ...(removing.length > 0 ? { removingReplicas: removing } : {}),
    ...(adding.length > 0 ? { addingReplicas: adding } : {}),
  })
}

function sorted(ids: readonly number[]): number[] {
  return [...ids].sort((a, b) => a - b)
}

function callOff(
  rules: PartitionRules,
  topic: TopicImage,
  partition: PartitionRegistration,
): NewMetadataRecord | undefined {
  if (!isReassigning(partition)) throw new KafkaError('NO_REASSIGNMENT_IN_PROGRESS')
  const stays = (id: number): boolean => !partition.addingReplicas.includes(id)
  const replicas = partition.replicas.filter(stays)
  const isr = partition.isr.filter(stays)
  const { election, change } = changesOf(rules, topic)
  const [first] = replicas
  if (isr.length === 0) {
    if (first === undefined) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        'Invalid replica assignment: addingReplicas contains all replicas.',
      )
    }
    if (election !== 'unclean') {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `Unable to revert partition assignment for ${topic.name}:${partition.partition} because it would require an unclean leader election.`,
      )
    }
    isr.push(first)
  }
  return change(partition, { election, isr, replicas, removingReplicas: [], addingReplicas: [] })
}

export function isReassigning({ addingReplicas, removingReplicas }: PartitionRegistration): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0
}

/** KIP-860. Of a partition on the move, the factor is the one that it is moving to. */
function checkSameReplicationFactor(partition: PartitionRegistration, target: readonly number[]): void {
  const current = new Set([...partition.replicas, ...partition.addingReplicas])
  for (const id of partition.removingReplicas) current.delete(id)
  if (current.size === target.length) return
  throw new KafkaError(
    'INVALID_REPLICATION_FACTOR',
    `The replication factor is changed from ${current.size} to ${target.length}`,
  )
}

export interface OngoingReassignment {
  readonly name: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly replicas: readonly number[]
    readonly addingReplicas: readonly number[]
    readonly removingReplicas: readonly number[]
  }[]
}

/** The partitions that are on the move: of those asked for, or with null of all. */
export function listPartitionReassignments(
  image: MetadataImage,
  asked: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null,
): OngoingReassignment[] {
  const ongoing = (topic: TopicImage, partitions: readonly (PartitionRegistration | undefined)[]) => ({
    name: topic.name,
    partitions: partitions.flatMap((partition) => {
      if (partition === undefined || !isReassigning(partition)) return []
      const { partition: partitionIndex, replicas, addingReplicas, removingReplicas } = partition
      return [{ partitionIndex, replicas, addingReplicas, removingReplicas }]
    }),
  })
  const all =
    asked === null
      ? Array.from(image.topics(), (topic) => ongoing(topic, topic.partitions))
      : asked.flatMap(({ name, partitionIndexes }) => {
          const topic = image.topicByName(name)
          if (topic === undefined) return []
          return [
            ongoing(
              topic,
              partitionIndexes.map((index) => topic.partitions[index]),
            ),
          ]
        })
  return all.filter(({ partitions }) => partitions.length > 0)
}
