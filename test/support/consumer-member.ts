// A member of a consumer group (KIP-848), driven by hand: every heartbeat is the test's.
import { randomUUID } from 'node:crypto'
import { apis, type Draft, type Infer } from '../../src/wire/index.ts'
import { eventually } from './eventually.ts'
import type { RawClient } from './raw-client.ts'
import type { Readable } from './readable.ts'
import { mustBeNone } from './unexpected.ts'

type Request = Draft<typeof apis.ConsumerGroupHeartbeat.request>
export type HeartbeatAnswer = Readable<Infer<typeof apis.ConsumerGroupHeartbeat.response>>
type TopicPartitions = { topicId: string; partitions: number[] }[]

export interface ConsumerMemberOptions {
  readonly clientId?: string
  readonly memberId?: string
  readonly instanceId?: string
  readonly rackId?: string
  readonly rebalanceTimeoutMs?: number
  readonly serverAssignor?: string
  readonly topics?: readonly string[]
  readonly regex?: string
}

export class ConsumerMember {
  readonly client: RawClient
  readonly groupId: string
  readonly options: ConsumerMemberOptions
  memberId: string
  memberEpoch = 0
  /** What the coordinator last assigned. */
  assigned: TopicPartitions = []

  constructor(client: RawClient, groupId: string, options: ConsumerMemberOptions) {
    this.client = client
    this.groupId = groupId
    this.options = options
    this.memberId = options.memberId ?? randomUUID()
  }

  /** What a member tells of itself when it joins. */
  get introduction() {
    const { instanceId, rackId, rebalanceTimeoutMs, serverAssignor, topics, regex } = this.options
    return {
      instanceId: instanceId ?? null,
      rackId: rackId ?? null,
      rebalanceTimeoutMs: rebalanceTimeoutMs ?? 30_000,
      serverAssignor: serverAssignor ?? null,
      subscribedTopicNames: topics === undefined ? (regex === undefined ? [] : null) : [...topics],
      subscribedTopicRegex: regex ?? null,
      topicPartitions: [],
    }
  }

  /** Joins with epoch 0. */
  join(more: Partial<Request> = {}): Promise<HeartbeatAnswer> {
    this.memberEpoch = 0
    return this.heartbeat({ ...this.introduction, ...more })
  }

  /** One heartbeat, which tells nothing new but what it is given. */
  async heartbeat(more: Partial<Request> = {}): Promise<HeartbeatAnswer> {
    const { groupId, memberId, memberEpoch } = this
    const version = this.client.nearest(apis.ConsumerGroupHeartbeat, 1)
    const answer = await this.client.ask(apis.ConsumerGroupHeartbeat, version, {
      groupId,
      memberId,
      memberEpoch,
      instanceId: this.options.instanceId ?? null,
      ...more,
    })
    if (answer.errorCode === 'NONE') {
      this.memberEpoch = answer.memberEpoch
      if (answer.assignment !== null) this.assigned = answer.assignment.topicPartitions
    }
    return answer
  }

  /** Takes what is assigned and tells so, until the assignment passes. */
  async settle(passes: (assigned: TopicPartitions) => boolean): Promise<this> {
    await eventually(`an assignment of ${this.memberId}`, async () => {
      const answer = await this.heartbeat({ topicPartitions: this.assigned })
      mustBeNone('ConsumerGroupHeartbeat', answer.errorCode, answer.errorMessage)
      return answer.assignment === null && passes(this.assigned)
    })
    return this
  }

  /** How many partitions are assigned. */
  get size(): number {
    return this.assigned.reduce((sum, { partitions }) => sum + partitions.length, 0)
  }

  leave(memberEpoch = -1): Promise<HeartbeatAnswer> {
    return this.heartbeat({ memberEpoch })
  }
}
