// A set of partitions, as a transaction has it. A value: what adds to it gives another one. It is shown and written in
// the order of Kafka's, which is that of a java.util.HashSet.
import { javaHashCode } from '../coordinator/index.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export class TopicPartitions {
  static readonly NONE = new TopicPartitions([])
  readonly #all: readonly TopicPartition[]
  readonly #byTopic = new Map<string, Set<number>>()

  /** `all` without duplicates, and in order. */
  private constructor(all: readonly TopicPartition[]) {
    this.#all = all
    for (const { topic, partition } of all) {
      const ofTopic = this.#byTopic.get(topic)
      if (ofTopic === undefined) this.#byTopic.set(topic, new Set([partition]))
      else ofTopic.add(partition)
    }
  }

  static of(partitions: Iterable<TopicPartition>): TopicPartitions {
    return TopicPartitions.NONE.with(partitions)
  }

  with(partitions: Iterable<TopicPartition>): TopicPartitions {
    const added = new Map<string, TopicPartition>()
    for (const { topic, partition } of partitions) {
      if (!this.has({ topic, partition })) added.set(`${topic}-${partition}`, { topic, partition })
    }
    return added.size === 0 ? this : new TopicPartitions(inOrder([...this.#all, ...inOrder([...added.values()])]))
  }

  without(partition: TopicPartition): TopicPartitions {
    const isOther = (other: TopicPartition) =>
      other.topic !== partition.topic || other.partition !== partition.partition
    return new TopicPartitions(this.#all.filter(isOther))
  }

  has({ topic, partition }: TopicPartition): boolean {
    return this.#byTopic.get(topic)?.has(partition) ?? false
  }

  hasAll(partitions: readonly TopicPartition[]): boolean {
    return partitions.every((partition) => this.has(partition))
  }

  get isEmpty(): boolean {
    return this.#all.length === 0
  }

  [Symbol.iterator](): Iterator<TopicPartition, undefined> {
    return this.#all.values()
  }

  topics(): { topic: string; partitions: number[] }[] {
    return Array.from(this.#byTopic, ([topic, partitions]) => ({ topic, partitions: [...partitions] }))
  }
}

/** By their buckets; within one they stay in the order in which they came. */
function inOrder(partitions: readonly TopicPartition[]): TopicPartition[] {
  let buckets = 16
  while (partitions.length > buckets * 0.75) buckets *= 2
  const bucketOf = new Map(partitions.map((each) => [each, spread(hashOf(each)) & (buckets - 1)]))
  return [...partitions].sort((a, b) => (bucketOf.get(a) ?? 0) - (bucketOf.get(b) ?? 0))
}

function hashOf({ topic, partition }: TopicPartition): number {
  return (Math.imul(31, 31 + partition) + javaHashCode(topic)) | 0
}

/** A HashSet finds buckets by the low bits, and so mixes the high ones into them. */
function spread(hash: number): number {
  return hash ^ (hash >>> 16)
}
