// A member of a classic group, driven by hand: it does nothing that the test does not say.
import {
  apis,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  type Draft,
  encode,
  type Infer,
  type Message,
} from '../../src/wire/index.ts'
import { eventually } from './eventually.ts'
import type { RawClient } from './raw-client.ts'
import type { Readable } from './readable.ts'
import { mustBeNone } from './unexpected.ts'

export interface Protocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface MemberOptions {
  readonly clientId?: string
  readonly groupInstanceId?: string
  readonly topics?: readonly string[]
  readonly protocolType?: string
  readonly protocols?: readonly Protocol[]
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
}

type JoinAnswer = Readable<Infer<typeof apis.JoinGroup.response>>
type SyncAnswer = Readable<Infer<typeof apis.SyncGroup.response>>

export class ClassicMember {
  readonly client: RawClient
  readonly groupId: string
  readonly groupInstanceId: string | null
  memberId = ''
  generationId = -1
  /** What every join of this member sends. */
  readonly joining: {
    readonly protocolType: string
    readonly protocols: readonly Protocol[]
    readonly sessionTimeoutMs: number
    readonly rebalanceTimeoutMs: number
  }

  constructor(client: RawClient, groupId: string, options: MemberOptions) {
    this.client = client
    this.groupId = groupId
    this.groupInstanceId = options.groupInstanceId ?? null
    this.joining = {
      protocolType: options.protocolType ?? 'consumer',
      protocols: options.protocols ?? [{ name: 'range', metadata: subscription(options.topics ?? []) }],
      sessionTimeoutMs: options.sessionTimeoutMs ?? 30_000,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 30_000,
    }
  }

  /** Asks at this version, or the one next to it that the broker has. */
  private ask<A extends { readonly request: Message; readonly response: Message }>(
    api: A,
    version: number,
    body: Draft<A['request']>,
  ): Promise<Readable<Infer<A['response']>>> {
    return this.client.ask(api, this.client.nearest(api, version), body)
  }

  /** Joins, with the member id that the broker asks for; resolves when the rebalance is done. */
  async join(): Promise<JoinAnswer> {
    let answer = await this.tryJoin()
    if (answer.errorCode === 'MEMBER_ID_REQUIRED') answer = await this.tryJoin(answer.memberId)
    if (answer.errorCode === 'NONE') {
      this.memberId = answer.memberId
      this.generationId = answer.generationId
    }
    return answer
  }

  /** One JoinGroup request. */
  tryJoin(memberId = this.memberId): Promise<JoinAnswer> {
    const { groupId, groupInstanceId, joining } = this
    return this.ask(apis.JoinGroup, 9, { groupId, memberId, groupInstanceId, ...joining })
  }

  /** Syncs; a leader gives the others' assignments by member id, as text. */
  sync(assignments: Readonly<Record<string, string>> = {}): Promise<SyncAnswer> {
    const { groupId, memberId, generationId, groupInstanceId, joining } = this
    return this.ask(apis.SyncGroup, 5, {
      groupId,
      memberId,
      generationId,
      groupInstanceId,
      protocolType: joining.protocolType,
      protocolName: joining.protocols[0]?.name ?? null,
      assignments: Object.entries(assignments).map(([id, text]) => ({ memberId: id, assignment: Buffer.from(text) })),
    })
  }

  /** Joins alone and syncs: the group is Stable then. */
  async settle(): Promise<this> {
    const joined = await this.join()
    mustBeNone('JoinGroup', joined.errorCode)
    const synced = await this.sync({ [this.memberId]: 'assigned' })
    mustBeNone('SyncGroup', synced.errorCode)
    return this
  }

  async heartbeat(): Promise<string> {
    const { groupId, memberId, generationId, groupInstanceId } = this
    return (await this.ask(apis.Heartbeat, 4, { groupId, memberId, generationId, groupInstanceId })).errorCode
  }

  async leave(): Promise<string> {
    const { groupId, memberId, groupInstanceId } = this
    const members = [{ memberId, groupInstanceId, reason: 'the test says so' }]
    const answer = await this.ask(apis.LeaveGroup, 5, { groupId, members })
    return answer.errorCode === 'NONE' ? (answer.members[0]?.errorCode ?? 'NONE') : answer.errorCode
  }

  /** Commits one offset of partition 0 as this member. */
  async commit(topic: string, committedOffset: number): Promise<string> {
    const { groupId, memberId, generationId, groupInstanceId } = this
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset }] }]
    const body = { groupId, memberId, generationIdOrMemberEpoch: generationId, groupInstanceId, topics }
    const answer = await this.ask(apis.OffsetCommit, 8, body)
    return answer.topics[0]?.partitions[0]?.errorCode ?? 'no answer'
  }
}

/** The newcomers join a group of members that rejoin when they are told to; gives the answers in the same order. */
export async function rebalance(
  members: readonly ClassicMember[],
  newcomers: readonly ClassicMember[],
): Promise<JoinAnswer[]> {
  const joining = newcomers.map((member) => member.join())
  const rejoining = members.map(async (member) => {
    await eventually('a rebalance', async () => (await member.heartbeat()) === 'REBALANCE_IN_PROGRESS')
    return member.join()
  })
  return Promise.all([...rejoining, ...joining])
}

/** What a consumer of these topics puts into JoinGroup: the version, and the subscription behind it. */
export function subscription(topics: readonly string[], version = 1): Buffer {
  return Buffer.concat([int16(version), encode(ConsumerProtocolSubscription, version, { topics })])
}

/** What a leader puts into SyncGroup for one member. */
export function assignment(partitions: Readonly<Record<string, readonly number[]>>): Buffer {
  const assignedPartitions = Object.entries(partitions).map(([topic, indexes]) => ({ topic, partitions: indexes }))
  return Buffer.concat([int16(1), encode(ConsumerProtocolAssignment, 1, { assignedPartitions })])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}
