// A crowd of consumers of both protocols for the model test of groups: clients come, are slow, leave, crash and turn to
// the other protocol; topics and coordinators come and go. After every step no two members may have one partition, and
// whatever happened, all is well in the end.
import { deepStrictEqual } from 'node:assert'
import { groupRecordCodec } from '../../src/group/records.ts'
import { turn } from './coordinator-storage.ts'
import { ClassicConsumer, type CrowdMember, type Manner, NewConsumer, type Subscription } from './crowd-members.ts'
import { addPartition, createTopic, deleteTopic, type GroupRoom, groupRoom, offsetsOf } from './group-room.ts'

export const GROUPS = ['a', 'b']
export const CLIENTS = 7
export const TOPICS = ['green', 'grey', 'white']
const PATIENCE_MS = 500
/** Longer than any session, a rebalance after that, and the age that expressions must have. */
const ROUNDS = 300
/** A classic member that never heard of its first join is waited for as long as this. */
const FORGETTING_MS = 10 * 60_000

export type CrowdStep =
  | { readonly do: 'turn'; readonly client: number; readonly manner: Manner }
  | { readonly do: 'subscribe'; readonly client: number; readonly subscription: Subscription }
  | { readonly do: 'leave'; readonly client: number; readonly forAWhile: boolean }
  /** It is gone without a word, and comes back as someone else, if not as its instance. */
  | { readonly do: 'crash'; readonly client: number }
  /** It leaves, and comes back with the other protocol. */
  | { readonly do: 'switch'; readonly client: number }
  | { readonly do: 'commit'; readonly client: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'topic'; readonly name: string; readonly change: 'create' | 'grow' | 'delete' }
  | { readonly do: 'restart' }

interface Slot {
  readonly groupId: string
  readonly instanceId: string | null
  isClassic: boolean
  subscription: Subscription
  member: CrowdMember | undefined
}

export class Crowd {
  #room: GroupRoom
  readonly #slots: Slot[]
  #names = 0

  private constructor(room: GroupRoom, slots: Slot[]) {
    this.#room = room
    this.#slots = slots
  }

  static async start(configs: Record<string, string>, classicShare: number): Promise<Crowd> {
    const room = await groupRoom(configs)
    const slots = Array.from({ length: CLIENTS }, (_, index) => ({
      groupId: GROUPS[index % GROUPS.length] ?? '',
      instanceId: index % 3 === 0 ? `instance-${index}` : null,
      isClassic: index < classicShare * CLIENTS,
      subscription: { topics: ['red', 'green'], regex: null, assignor: null },
      member: undefined,
    }))
    return new Crowd(room, slots)
  }

  /** Throws where something breaks that must hold. */
  async play(steps: readonly CrowdStep[]): Promise<void> {
    for (const step of steps) {
      await this.#take(step)
      await turn()
      await this.#check()
    }
    await this.#settle()
  }

  async #take(step: CrowdStep): Promise<void> {
    switch (step.do) {
      case 'turn':
        return this.#takeTurn(this.#slot(step.client), step.manner)
      case 'subscribe': {
        const slot = this.#slot(step.client)
        slot.subscription = step.subscription
        slot.member?.subscribe(step.subscription)
        return
      }
      case 'leave':
        return this.#leave(this.#slot(step.client), step.forAWhile)
      case 'crash':
        this.#slot(step.client).member = undefined
        return
      case 'switch': {
        const slot = this.#slot(step.client)
        await this.#leave(slot, true)
        slot.isClassic = !slot.isClassic
        return
      }
      case 'commit':
        await this.#slot(step.client)
          .member?.commit()
          .catch(() => undefined)
        return
      case 'pass':
        return this.#room.pass(step.ms)
      case 'topic':
        return this.#changeTopic(step.name, step.change)
      case 'restart':
        return this.#restart()
    }
  }

  #slot(index: number): Slot {
    const slot = this.#slots[index]
    if (slot === undefined) throw new Error(`there is no client ${index}`)
    return slot
  }

  async #takeTurn(slot: Slot, manner: Manner): Promise<void> {
    const member = this.#memberOf(slot)
    await member.takeTurn(manner)
    if (member.hasGivenUp) slot.member = undefined
  }

  #memberOf(slot: Slot): CrowdMember {
    if (slot.member !== undefined) return slot.member
    const identity = { name: `member-${++this.#names}`, groupId: slot.groupId, instanceId: slot.instanceId }
    const Kind = slot.isClassic ? ClassicConsumer : NewConsumer
    slot.member = new Kind(this.#room, identity, slot.subscription)
    return slot.member
  }

  async #leave(slot: Slot, forAWhile: boolean): Promise<void> {
    const { member } = slot
    slot.member = undefined
    await member?.leave(forAWhile)
  }

  #changeTopic(name: string, change: 'create' | 'grow' | 'delete'): void {
    const exists = this.#room.image.topicByName(name) !== undefined
    if (change === 'create' && !exists) createTopic(this.#room, name, 3)
    if (change === 'grow' && exists) addPartition(this.#room, name)
    if (change === 'delete' && exists) deleteTopic(this.#room, name)
  }

  /** What the next coordinator knows is what this one knew. */
  async #restart(): Promise<void> {
    const before = await this.#known()
    this.#room.groups.close()
    await turn()
    this.#room = await this.#room.restarted()
    for (const { member } of this.#slots) if (member !== undefined) member.room = this.#room
    deepStrictEqual(await this.#known(before.settled), before, 'What is known after a crash')
  }

  /** Of classic groups those at rest: a rebalance that is under way is not written. */
  async #known(only?: readonly string[]) {
    const { groups } = this.#room
    const classic = await groups.describeGroups(GROUPS)
    const settled = only ?? classic.flatMap(({ groupId, groupState }) => (isAtRest(groupState) ? [groupId ?? ''] : []))
    const described = await groups.describeConsumerGroups(GROUPS)
    return {
      settled,
      classic: classic.filter(({ groupId = '' }) => settled.includes(groupId)).map(inOneOrder),
      consumer: described.map(inOneOrder),
      offsets: await Promise.all(GROUPS.map((groupId) => offsetsOf(this.#room, groupId))),
    }
  }

  async #check(): Promise<void> {
    const bugs = this.#room.io.lines.filter(({ level }) => level === 'error')
    deepStrictEqual(bugs, [], 'bugs')
    for (const groupId of GROUPS) {
      const epochs = await this.#epochsOf(groupId)
      const owners = new Map<string, string>()
      for (const { member } of this.#slots) {
        const epoch = member && epochs.get(member.memberId)
        if (member === undefined || epoch === undefined) continue
        // A classic member of before: it has nothing any more, which it finds out with its next request.
        if (member.generation !== undefined && member.generation < epoch) continue
        for (const partition of member.owned) {
          const other = owners.get(partition)
          if (other !== undefined) throw new Error(`${other} and ${member.memberId} both have ${partition}`)
          owners.set(partition, member.memberId)
        }
      }
    }
  }

  /** The members of a group, and the epoch of each, or the generation of all. */
  async #epochsOf(groupId: string): Promise<ReadonlyMap<string, number>> {
    const [consumer] = await this.#room.groups.describeConsumerGroups([groupId])
    const [classic] = await this.#room.groups.describeGroups([groupId])
    const generation = generationOf(this.#room, groupId)
    return new Map([
      ...(consumer?.members ?? []).map(({ memberId = '', memberEpoch = 0 }) => [memberId, memberEpoch] as const),
      ...(classic?.members ?? []).map(({ memberId = '' }) => [memberId, generation] as const),
    ])
  }

  /** All do what they should, for as long as it may take until everyone has what there is for it. */
  async #settle(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      for (const slot of this.#slots) {
        if (slot.member === undefined) continue
        await this.#takeTurn(slot, 'well')
        await turn()
      }
      await this.#room.pass(PATIENCE_MS)
      await this.#check()
    }
    for (const groupId of GROUPS) await this.#checkShared(groupId)
    await this.#room.pass(FORGETTING_MS)
    for (const { groupState } of await this.#listed()) deepStrictEqual(groupState, 'Empty', 'a group of silent members')
  }

  /** The members that are there have everything that there is for them. */
  async #checkShared(groupId: string): Promise<void> {
    const members = this.#slots.filter((slot) => slot.groupId === groupId && slot.member !== undefined)
    if (members.length === 0) return
    const listed = (await this.#listed()).find((group) => group.groupId === groupId)
    deepStrictEqual(listed?.groupState, 'Stable', `state of ${groupId}`)
    const owned = members.flatMap(({ member }) => [...(member?.owned ?? [])]).toSorted()
    const wanted = [...this.#wanted(members)].toSorted()
    deepStrictEqual(owned, wanted, `partitions of ${groupId}`)
  }

  #listed() {
    return this.#room.groups.listGroups({ states: [], types: [] })
  }

  #wanted(slots: readonly Slot[]): ReadonlySet<string> {
    const wanted = new Set<string>()
    for (const { name, topicId, partitions } of this.#room.image.topics()) {
      const isWanted = slots.some(({ subscription: { topics, regex }, isClassic }) => {
        const matches = !isClassic && regex !== null && new RegExp(`^(?:${regex})$`).test(name)
        return topics.includes(name) || matches
      })
      if (isWanted) for (const { partition } of partitions) wanted.add(`${topicId}-${partition}`)
    }
    return wanted
  }
}

/** The last generation of a classic group that was complete, as its record tells; -1 where there is none. */
function generationOf({ storage, groups }: GroupRoom, groupId: string): number {
  for (const entry of storage.entries(groups.partitionFor(groupId)).toReversed()) {
    if (!('key' in entry) || entry.key === null) continue
    const record = groupRecordCodec.decode(entry.key, entry.value)
    if (record?.type === 'GroupMetadata' && record.key.group === groupId) return record.value?.generation ?? -1
  }
  return -1
}

function isAtRest(state: string | undefined): boolean {
  return state === 'Stable' || state === 'Empty'
}

/** Lists that have no order of their own, in one. */
function inOneOrder(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (Array.isArray(value))
    return value.map(inOneOrder).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inOneOrder(inner)]))
}
