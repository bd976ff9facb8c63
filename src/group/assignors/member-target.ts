// What one member will have, while an assignor works on it: the assignment of before, copied at the first change.
import { JavaHashMap, javaIntMap, javaUuidHash } from '../../coordinator/index.ts'
import type { Assignment } from './assignor.ts'

type Partitions = JavaHashMap<number, true>

export class MemberTarget {
  readonly #before: Assignment
  #changed: JavaHashMap<string, Partitions> | undefined

  constructor(before: Assignment) {
    this.#before = before
  }

  /** `expected` is how many partitions of the topic the member is likely to get. */
  add(topicId: string, partition: number, expected?: number): void {
    const capacity = expected === undefined ? undefined : Math.floor(expected / 0.75 + 1)
    const partitions = this.change().computeIfAbsent(topicId, () => javaIntMap(capacity))
    partitions.set(partition, true)
  }

  remove(topicId: string, partition: number): void {
    const topics = this.change()
    const partitions = topics.get(topicId)
    if (partitions === undefined) return
    partitions.delete(partition)
    if (partitions.size === 0) topics.delete(topicId)
  }

  removeTopic(topicId: string): void {
    this.change().delete(topicId)
  }

  result(): Assignment {
    const changed = this.#changed
    if (changed === undefined) return this.#before
    return new Map(Array.from(changed, ([topicId, partitions]) => [topicId, new Set(partitions.keys())]))
  }

  /** The copy, which may become another order of the same. */
  change(): JavaHashMap<string, Partitions> {
    if (this.#changed !== undefined) return this.#changed
    const copy = new JavaHashMap<string, Partitions>(javaUuidHash, this.#before.size)
    for (const [topicId, partitions] of this.#before) {
      const copied: Partitions = javaIntMap(Math.max(Math.floor(partitions.size / 0.75) + 1, 16))
      for (const partition of partitions) copied.set(partition, true)
      copy.set(topicId, copied)
    }
    this.#changed = copy
    return copy
  }
}
