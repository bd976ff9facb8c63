// A set of partitions by topic, as a transaction has it. A value: what adds to it gives another one.

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export class TopicPartitions {
  static readonly NONE = new TopicPartitions(new Map())
  readonly #byTopic: ReadonlyMap<string, ReadonlySet<number>>

  private constructor(byTopic: ReadonlyMap<string, ReadonlySet<number>>) {
    this.#byTopic = byTopic
  }

  static of(partitions: Iterable<TopicPartition>): TopicPartitions {
    return TopicPartitions.NONE.with(partitions)
  }

  with(partitions: Iterable<TopicPartition>): TopicPartitions {
    const added = new Map<string, Set<number>>()
    for (const { topic, partition } of partitions) {
      let ofTopic = added.get(topic)
      if (ofTopic === undefined) {
        ofTopic = new Set(this.#byTopic.get(topic))
        added.set(topic, ofTopic)
      }
      ofTopic.add(partition)
    }
    return added.size === 0 ? this : new TopicPartitions(new Map([...this.#byTopic, ...added]))
  }

  without({ topic, partition }: TopicPartition): TopicPartitions {
    const rest = new Set(this.#byTopic.get(topic))
    if (!rest.delete(partition)) return this
    const byTopic = new Map(this.#byTopic)
    if (rest.size === 0) byTopic.delete(topic)
    else byTopic.set(topic, rest)
    return new TopicPartitions(byTopic)
  }

  has({ topic, partition }: TopicPartition): boolean {
    return this.#byTopic.get(topic)?.has(partition) ?? false
  }

  hasAll(partitions: readonly TopicPartition[]): boolean {
    return partitions.every((partition) => this.has(partition))
  }

  get isEmpty(): boolean {
    return this.#byTopic.size === 0
  }

  *[Symbol.iterator](): Generator<TopicPartition, void, undefined> {
    for (const [topic, partitions] of this.#byTopic) for (const partition of partitions) yield { topic, partition }
  }

  topics(): { topic: string; partitions: number[] }[] {
    return Array.from(this.#byTopic, ([topic, partitions]) => ({ topic, partitions: [...partitions] }))
  }
}
