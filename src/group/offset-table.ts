// Values by group, topic and partition: how offsets are kept and how they are asked for.

type ByPartition<V> = Map<number, V>
type ByTopic<V> = Map<string, ByPartition<V>>

export class OffsetTable<V> {
  readonly #groups = new Map<string, ByTopic<V>>()

  get(groupId: string, topic: string, partition: number): V | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  put(groupId: string, topic: string, partition: number, value: V): void {
    const topics: ByTopic<V> = this.#groups.get(groupId) ?? new Map()
    this.#groups.set(groupId, topics)
    const partitions: ByPartition<V> = topics.get(topic) ?? new Map()
    topics.set(topic, partitions)
    partitions.set(partition, value)
  }

  /** Empty maps go too: a group is known here only while it has something. */
  remove(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (topics === undefined || partitions === undefined) return
    partitions.delete(partition)
    if (partitions.size > 0) return
    topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }

  groups(): Iterable<string> {
    return this.#groups.keys()
  }

  topics(groupId: string): Iterable<readonly [topic: string, partitions: ReadonlyMap<number, V>]> {
    return this.#groups.get(groupId) ?? []
  }

  partitions(groupId: string, topic: string): Iterable<readonly [partition: number, value: V]> {
    return this.#groups.get(groupId)?.get(topic) ?? []
  }

  *entries(): Generator<readonly [groupId: string, topic: string, partition: number, value: V]> {
    for (const [groupId, topics] of this.#groups) {
      for (const [topic, partitions] of topics) {
        for (const [partition, value] of partitions) yield [groupId, topic, partition, value]
      }
    }
  }
}
