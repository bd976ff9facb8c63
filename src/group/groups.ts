// The groups of one shard by their id, whatever their kind, in the order in which Kafka lists them.
import { TimelineHashMap } from '../coordinator/index.ts'
import { KafkaError } from '../wire/index.ts'
import { ClassicGroup } from './classic-group.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { ForeignGroup } from './foreign-group.ts'
import type { ForeignGroupType, Group } from './group.ts'

export class Groups {
  readonly #groups = new TimelineHashMap<Group>()
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

  findConsumer(groupId: string): ConsumerGroup | undefined {
    const group = this.#groups.get(groupId)
    return group instanceof ConsumerGroup ? group : undefined
  }

  getConsumer(groupId: string): ConsumerGroup {
    const group = this.get(groupId)
    if (group instanceof ConsumerGroup) return group
    throw new KafkaError('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`)
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

  /** The group of which a record tells. It takes the place of one that only offsets have made. */
  consumerOfRecord(groupId: string): ConsumerGroup {
    const group = this.#ofRecord(groupId)
    if (group instanceof ConsumerGroup) return group
    if (group !== undefined) throw new Error(`Group ${groupId} is not a consumer group`)
    const created = new ConsumerGroup(groupId)
    this.#groups.set(groupId, created)
    return created
  }

  /** As `consumerOfRecord`, of a group that has no coordinator here. */
  foreignOfRecord(groupId: string, type: ForeignGroupType): ForeignGroup {
    const group = this.#ofRecord(groupId)
    if (group instanceof ForeignGroup && group.type === type) return group
    if (group !== undefined) throw new Error(`Group ${groupId} is not a ${type} group`)
    const created = new ForeignGroup(type, groupId)
    this.#groups.set(groupId, created)
    return created
  }

  put(group: Group): void {
    this.#groups.set(group.groupId, group)
  }

  remove(groupId: string): void {
    this.#groups.delete(groupId)
  }

  /** In no particular order. */
  all(): Iterable<Group> {
    return this.#groups.values()
  }

  *[Symbol.iterator](): Generator<Group> {
    for (const [, group] of this.#groups) yield group
  }

  #ofRecord(groupId: string): Group | undefined {
    const group = this.#groups.get(groupId)
    return group instanceof ClassicGroup && group.isSimple ? undefined : group
  }
}
