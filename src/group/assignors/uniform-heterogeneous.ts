// The uniform assignor where members subscribe to different topics. Members keep what they have; what is free goes,
// topic by topic, to the least loaded of its subscribers; then partitions move from the most to the least loaded until
// no topic has subscribers whose loads differ by more than one, or a limit of rounds is reached.
import type { Assignment, GroupSpec } from './assignor.ts'
import { MemberTarget } from './member-target.ts'

const MAX_ROUNDS = 16
const NOBODY = -1

export function assignHeterogeneous(group: GroupSpec): ReadonlyMap<string, Assignment> {
  return new HeterogeneousAssignment(group).compute()
}

/** One assignment while it is computed. Members are meant by their index. */
class HeterogeneousAssignment {
  readonly #group: GroupSpec
  readonly #targets: readonly MemberTarget[]
  /** How many partitions each member has by now. */
  readonly #loads: number[]
  /** By topic id, in the order of the members. */
  readonly #subscribers = new Map<string, number[]>()
  /** By topic id: the member that has each partition. */
  readonly #owners = new Map<string, number[]>()

  constructor(group: GroupSpec) {
    this.#group = group
    this.#targets = group.members.map(({ assignment }) => new MemberTarget(assignment))
    this.#loads = group.members.map(() => 0)
    for (const [member, { topicIds }] of group.members.entries()) {
      for (const topicId of topicIds) {
        const subscribers = this.#subscribers.get(topicId)
        if (subscribers === undefined) this.#subscribers.set(topicId, [member])
        else subscribers.push(member)
      }
    }
    for (const topicId of this.#subscribers.keys()) {
      this.#owners.set(topicId, new Array<number>(group.partitionCount(topicId)).fill(NOBODY))
    }
  }

  compute(): ReadonlyMap<string, Assignment> {
    if (this.#subscribers.size === 0) return new Map()
    this.#keepSubscribed()
    this.#assignFree()
    this.#balance()
    return new Map(
      this.#group.members.map(({ memberId }, member) => [memberId, this.#target(member).result()] as const),
    )
  }

  #keepSubscribed(): void {
    for (const [member, spec] of this.#group.members.entries()) {
      for (const [topicId, partitions] of spec.assignment) {
        if (!spec.isSubscribedTo(topicId)) {
          this.#target(member).removeTopic(topicId)
          continue
        }
        this.#changeLoad(member, partitions.size)
        const owners = this.#ownersOf(topicId)
        for (const partition of partitions) owners[partition] = member
      }
    }
  }

  #assignFree(): void {
    const free = new Map<string, number[]>()
    for (const [topicId, owners] of this.#owners) {
      const partitions = [...owners.keys()].filter((partition) => owners[partition] === NOBODY)
      if (partitions.length > 0) free.set(topicId, partitions)
    }
    for (const topicId of this.#inOrder([...free.keys()])) {
      const loads = new Loads(this.#subscribersOf(topicId), this.#loads)
      for (const partition of free.get(topicId) ?? []) this.#give(topicId, partition, loads.nextLeastLoaded())
    }
  }

  /** Goes round the topics until a whole round has moved nothing. */
  #balance(): void {
    const topics = this.#inOrder(
      [...this.#subscribers.keys()].filter((topicId) => this.#subscribersOf(topicId).length >= 2),
    )
    let lastMoved: string | undefined
    for (let round = 0; round < MAX_ROUNDS; round++) {
      for (const topicId of topics) {
        if (topicId === lastMoved) return
        const hasMoved = this.#balanceTopic(topicId)
        if (hasMoved || lastMoved === undefined) lastMoved = topicId
      }
    }
  }

  /** Moves partitions of the topic, the highest of a member first, from the most to the least loaded subscribers. */
  #balanceTopic(topicId: string): boolean {
    const loads = new Loads(this.#subscribersOf(topicId), this.#loads)
    if (loads.imbalance <= 1) return false
    const owned = this.#partitionsByOwner(topicId)
    let hasMoved = false
    while (!loads.isBalanced) {
      let from = loads.nextMostLoaded()
      while (from !== undefined && (owned.get(from)?.length ?? 0) === 0) {
        // It owes its load to other topics.
        loads.excludeMostLoaded()
        from = loads.nextMostLoaded()
      }
      const partition = from === undefined ? undefined : owned.get(from)?.pop()
      if (partition === undefined) break
      const to = loads.nextLeastLoaded()
      if (loads.isBalanced) break
      this.#give(topicId, partition, to)
      hasMoved = true
    }
    return hasMoved
  }

  #partitionsByOwner(topicId: string): Map<number, number[]> {
    const owned = new Map<number, number[]>()
    for (const [partition, owner] of this.#ownersOf(topicId).entries()) {
      const partitions = owned.get(owner)
      if (partitions === undefined) owned.set(owner, [partition])
      else partitions.push(partition)
    }
    return owned
  }

  #give(topicId: string, partition: number, member: number): void {
    const owners = this.#ownersOf(topicId)
    const from = owners[partition] ?? NOBODY
    if (from !== NOBODY) {
      this.#target(from).remove(topicId, partition)
      this.#changeLoad(from, -1)
    }
    this.#target(member).add(topicId, partition, Math.ceil(owners.length / this.#subscribersOf(topicId).length))
    owners[partition] = member
    this.#changeLoad(member, 1)
  }

  /** The topics that load their subscribers most come first, then those that leave the least choice. */
  #inOrder(topicIds: readonly string[]): string[] {
    const ratio = (topicId: string): number => this.#ownersOf(topicId).length / this.#subscribersOf(topicId).length
    return [...topicIds].sort(
      (a, b) =>
        ratio(b) - ratio(a) || this.#subscribersOf(a).length - this.#subscribersOf(b).length || compareUuids(a, b),
    )
  }

  #target(member: number): MemberTarget {
    const target = this.#targets[member]
    if (target === undefined) throw new Error(`there is no member ${member}`)
    return target
  }

  #changeLoad(member: number, by: number): void {
    this.#loads[member] = (this.#loads[member] ?? 0) + by
  }

  #subscribersOf(topicId: string): number[] {
    return this.#subscribers.get(topicId) ?? []
  }

  #ownersOf(topicId: string): number[] {
    return this.#owners.get(topicId) ?? []
  }
}

/**
 * The subscribers of a topic by their load. From below they are taken in rounds: all of the lowest level once, then all
 * of the next, those included that had it before; from above likewise.
 */
class Loads {
  readonly #members: number[]
  readonly #loads: readonly number[]
  readonly imbalance: number
  /** The first `#lowEnd` members have at least this load, once the round is through. */
  #lowLevel: number
  #lowEnd = 0
  #nextLow = 0
  /** The members from `#highStart` up to `#highEnd` have at most this load, once the round is through. */
  #highLevel: number
  #highStart: number
  #highEnd: number
  #nextHigh: number

  constructor(subscribers: readonly number[], loads: readonly number[]) {
    this.#loads = loads
    this.#members = [...subscribers].sort((a, b) => (loads[a] ?? 0) - (loads[b] ?? 0) || a - b)
    const last = this.#members.length - 1
    this.imbalance = this.#loadAt(last) - this.#loadAt(0)
    this.#lowLevel = this.#loadAt(0) - 1
    this.#highLevel = this.#loadAt(last) + 1
    this.#highStart = this.#members.length
    this.#highEnd = this.#members.length
    this.#nextHigh = last
  }

  get isBalanced(): boolean {
    return this.#highLevel - this.#lowLevel <= 1
  }

  nextLeastLoaded(): number {
    if (this.#nextLow >= this.#lowEnd) {
      this.#lowLevel++
      while (this.#lowEnd < this.#members.length && this.#loadAt(this.#lowEnd) === this.#lowLevel) this.#lowEnd++
      this.#nextLow = 0
    }
    return this.#memberAt(this.#nextLow++)
  }

  /** Undefined where all are excluded. */
  nextMostLoaded(): number | undefined {
    if (this.#nextHigh < this.#highStart) {
      const isEmpty = this.#highEnd <= this.#highStart
      this.#highLevel = isEmpty && this.#highStart > 0 ? this.#loadAt(this.#highStart - 1) : this.#highLevel - 1
      while (this.#highStart > 0 && this.#loadAt(this.#highStart - 1) === this.#highLevel) this.#highStart--
      this.#nextHigh = this.#highEnd - 1
    }
    return this.#nextHigh < 0 ? undefined : this.#memberAt(this.#nextHigh--)
  }

  /** Takes the member that `nextMostLoaded` gave last out of its rounds. */
  excludeMostLoaded(): void {
    const at = this.#nextHigh + 1
    this.#highEnd--
    const excluded = this.#memberAt(at)
    this.#members[at] = this.#memberAt(this.#highEnd)
    this.#members[this.#highEnd] = excluded
  }

  #memberAt(index: number): number {
    return this.#members[index] ?? NOBODY
  }

  #loadAt(index: number): number {
    return this.#loads[this.#memberAt(index)] ?? 0
  }
}

/** As Kafka compares them: as two signed longs. */
function compareUuids(a: string, b: string): number {
  const [left, right] = [Buffer.from(a, 'base64url'), Buffer.from(b, 'base64url')]
  for (const at of [0, 8]) {
    const [x, y] = [left.readBigInt64BE(at), right.readBigInt64BE(at)]
    if (x !== y) return x < y ? -1 : 1
  }
  return 0
}
