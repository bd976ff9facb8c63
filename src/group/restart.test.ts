// Whatever was asked of groups, in whatever order: what a coordinator knows after a crash is what was written before.
import { expect, test } from 'vitest'
import { turn } from '../../test/support/coordinator-storage.ts'
import { commit, type GroupRoom, groupRoom, Member, offsetsOf } from '../../test/support/group-room.ts'
import { type Seeded, seeded, seedFrom } from '../../test/support/random.ts'
import type { DescribedGroup } from './index.ts'

const GROUPS = ['a', 'b', 'c']
const TOPICS = ['red', 'blue'] as const
const STEPS = 300

class Crowd {
  readonly #random: Seeded
  room: GroupRoom
  readonly #members: { readonly member: Member; readonly groupId: string }[] = []
  #transactions = 0

  constructor(room: GroupRoom, random: Seeded) {
    this.room = room
    this.#random = random
  }

  /** Asks for something; what it is answered does not matter here. */
  step(): void {
    const { groups, io } = this.room
    const random = this.#random
    const groupId = random.pick(GROUPS)
    const offset = random.below(1000)
    const topic = random.pick(TOPICS)
    const known = this.#members[random.below(this.#members.length + 1)]
    const producerId = random.below(3)
    const requests: readonly (() => Promise<unknown>)[] = [
      () => commit(this.room, { groupId, offset, topic, partition: random.below(2) }),
      () => this.#join(groupId, random.chance(0.4) ? `instance-${random.below(3)}` : undefined),
      async () => known?.member.join(),
      async () => known?.member.sync(known.member.isLeader ? { [known.member.memberId]: `part ${offset}` } : {}),
      async () => known?.member.commit(offset, topic),
      async () => (random.chance(0.3) ? known?.member.leave() : undefined),
      () => this.#commitInTransaction(groupId, offset, producerId),
      () => this.#endTransaction(groupId, producerId, random.chance(0.6)),
      () => groups.deleteOffsets({ groupId, topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }] }),
      async () => (random.chance(0.1) ? groups.deleteGroups([groupId]) : undefined),
      async () => io.clock.advance(random.below(3000)),
    ]
    random
      .pick(requests)()
      .catch(() => undefined)
  }

  async #join(groupId: string, groupInstanceId: string | undefined): Promise<void> {
    const options = { apiVersion: 3, groupInstanceId, rebalanceTimeoutMs: 4000, sessionTimeoutMs: 8000 }
    const member = new Member(this.room, groupId, `client-${this.#members.length}`, options)
    this.#members.push({ member, groupId })
    await member.join()
  }

  #commitInTransaction(groupId: string, offset: number, producerId: number): Promise<unknown> {
    const partition = { partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: '' }
    return this.room.groups.commitTransactionalOffsets({
      transactionalId: `transaction-${this.#transactions++}`,
      groupId,
      producerId,
      producerEpoch: 0,
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name: 'red', partitions: [partition] }],
    })
  }

  #endTransaction(groupId: string, producerId: number, committed: boolean): Promise<void> {
    const partition = this.room.groups.partitionFor(groupId)
    return this.room.groups.completeTransaction(partition, {
      producerId,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      committed,
    })
  }
}

const isSettled = ({ groupState }: DescribedGroup) => groupState === 'Stable' || groupState === 'Empty'

/** What is written of a group: a rebalance that is under way is not. */
async function whatIsKnown(room: GroupRoom, settled: ReadonlySet<string | undefined>) {
  const described = await room.groups.describeGroups(GROUPS)
  return {
    offsets: await Promise.all(GROUPS.map((groupId) => offsetsOf(room, groupId))),
    groups: described.filter(({ groupId }) => settled.has(groupId)),
  }
}

test('a coordinator knows after a crash what was written before', async () => {
  const random = seeded(seedFrom('GROUPS_SEED'))
  const crowd = new Crowd(await groupRoom(), random)
  for (let step = 0; step < STEPS; step++) {
    crowd.step()
    if (random.chance(0.5)) await turn()
    if (step % 25 !== 24) continue
    await turn()
    const described = await crowd.room.groups.describeGroups(GROUPS)
    const settled = new Set(described.filter(isSettled).map(({ groupId }) => groupId))
    const before = await whatIsKnown(crowd.room, settled)
    const after = await whatIsKnown(await crowd.room.restarted(), settled)
    expect(after, `seed ${random.seed}, step ${step}`).toEqual(before)
  }
})
