// The groups of one shard by their id, whatever their kind.
import { KafkaError } from '../wire/index.ts'
import { ClassicGroup } from './classic-group.ts'
import type { Group } from './group.ts'

export class Groups {
  readonly #groups = new Map<string, Group>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  find(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  get(groupId: string): Group {
    const group = this.#groups.get(groupId)
    if (group === undefined) throw new KafkaError('GROUP_ID_NOT_FOUND', `Group ${groupId} not found.`)
    return group
  }

  findClassic(groupId: string): ClassicGroup | undefined {
    const group = this.#groups.get(groupId)
    return group instanceof ClassicGroup ? group : undefined
  }

  getClassic(groupId: string): ClassicGroup {
    const group = this.get(groupId)
    if (group instanceof ClassicGroup) return group
    throw new KafkaError('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a classic group.`)
  }

  /** A new group is empty, and known to nobody but this shard until a record tells of it. */
  createClassic(groupId: string): ClassicGroup {
    const group = new ClassicGroup(groupId, this.#now)
    this.#groups.set(groupId, group)
    return group
  }

  /** Offsets make a group, where there is none: a "simple" one, without members. */
  getOrCreate(groupId: string): Group {
    return this.#groups.get(groupId) ?? this.createClassic(groupId)
  }

  put(group: Group): void {
    this.#groups.set(group.groupId, group)
  }

  remove(groupId: string): void {
    this.#groups.delete(groupId)
  }

  [Symbol.iterator](): IterableIterator<Group> {
    return this.#groups.values()
  }
}
