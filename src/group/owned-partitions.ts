// The partitions that a member of a consumer group has, or has to give up: by topic id, each with the epoch at which it
// was assigned, which tells a commit of before from one of after (KIP-1251).
import { JavaHashMap, javaIntMap, javaUuidHash } from '../coordinator/index.ts'
import type { ConsumerGroupCurrentMemberAssignmentValue } from '../wire/index.ts'
import type { Assignment } from './assignors/assignor.ts'

/** In the order in which Kafka's maps hold them. */
export type OwnedPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>

export const NOTHING_OWNED: OwnedPartitions = new Map()

type TopicPartitions = ConsumerGroupCurrentMemberAssignmentValue['assignedPartitions'][number]

export function sameOwned(a: OwnedPartitions, b: OwnedPartitions): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, epochs] of a) {
    const others = b.get(topicId)
    if (others === undefined || others.size !== epochs.size) return false
    for (const [partition, epoch] of epochs) if (others.get(partition) !== epoch) return false
  }
  return true
}

export function epochOf(owned: OwnedPartitions, topicId: string, partition: number): number | undefined {
  return owned.get(topicId)?.get(partition)
}

export function withEpoch(assignment: Assignment, epoch: number): OwnedPartitions {
  return mapped(assignment, (partition) => [partition, epoch])
}

/** As if all of them had been there from the start: what a static member that is away may commit when it is back. */
export function withEpochsOfZero(owned: OwnedPartitions): OwnedPartitions {
  return mapped(owned, ([partition]) => [partition, 0])
}

/** Records of before Kafka 4.3 have no epochs: then it is the member's. */
export function ownedOfRecord(topics: readonly TopicPartitions[], memberEpoch: number): OwnedPartitions {
  const owned = new JavaHashMap<string, ReadonlyMap<number, number>>(javaUuidHash)
  for (const { topicId, partitions, assignmentEpochs } of topics) {
    const epochs = assignmentEpochs?.length === partitions.length ? assignmentEpochs : undefined
    const ofTopic = javaIntMap<number>()
    for (const [index, partition] of partitions.entries()) {
      ofTopic.set(partition, epochs?.[index] ?? Math.max(memberEpoch, 0))
    }
    owned.set(topicId, new Map(ofTopic))
  }
  return new Map(owned)
}

export function ownedToRecord(owned: OwnedPartitions): TopicPartitions[] {
  return Array.from(owned, ([topicId, epochs]) => ({
    topicId,
    partitions: [...epochs.keys()],
    assignmentEpochs: [...epochs.values()],
  }))
}

function mapped<P>(
  topics: ReadonlyMap<string, Iterable<P>>,
  epochOfPartition: (partition: P) => [number, number],
): OwnedPartitions {
  const owned = new JavaHashMap<string, ReadonlyMap<number, number>>(javaUuidHash)
  for (const [topicId, partitions] of topics) {
    const epochs = javaIntMap<number>()
    for (const partition of partitions) epochs.set(...epochOfPartition(partition))
    owned.set(topicId, new Map(epochs))
  }
  return new Map(owned)
}
