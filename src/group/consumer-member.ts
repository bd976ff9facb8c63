// A member of a consumer group (KIP-848), as records tell of it. It never changes: each record makes a new one.
import { javaHashCode, javaHashSetOrder } from '../coordinator/index.ts'
import type { ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupMemberMetadataValue } from '../wire/index.ts'
import { NOTHING_OWNED, type OwnedPartitions, ownedOfRecord, sameOwned } from './owned-partitions.ts'

export const MemberState = {
  /** It has what it should have. */
  STABLE: 0,
  /** It has yet to give up partitions. */
  UNREVOKED_PARTITIONS: 1,
  /** It waits for partitions that others have yet to give up. */
  UNRELEASED_PARTITIONS: 2,
  /** A state of a later version. */
  UNKNOWN: 127,
} as const
export type MemberState = (typeof MemberState)[keyof typeof MemberState]

/** The epoch with which a member leaves. */
export const LEAVE_GROUP_EPOCH = -1
/** The epoch with which a static member leaves, and comes back under its instance id. */
export const LEAVE_GROUP_STATIC_EPOCH = -2

/** What only those who speak the classic protocol have. */
export type ClassicTerms = NonNullable<ConsumerGroupMemberMetadataValue['classicMemberMetadata']>

export interface ConsumerMember {
  readonly memberId: string
  readonly memberEpoch: number
  /** What the member may still send where the answer with its epoch was lost. */
  readonly previousMemberEpoch: number
  readonly state: MemberState
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly clientId: string
  readonly clientHost: string
  /** In the order of Java's set of them. */
  readonly subscribedTopicNames: ReadonlySet<string>
  /** Empty, or null in some records, for none. */
  readonly subscribedTopicRegex: string | null
  readonly serverAssignorName: string | null
  readonly assignedPartitions: OwnedPartitions
  readonly partitionsPendingRevocation: OwnedPartitions
  /** Null for a member that speaks the consumer protocol. */
  readonly classicTerms: ClassicTerms | null
}

export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    memberEpoch: 0,
    previousMemberEpoch: -1,
    state: MemberState.STABLE,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: new Set(),
    subscribedTopicRegex: '',
    serverAssignorName: null,
    assignedPartitions: NOTHING_OWNED,
    partitionsPendingRevocation: NOTHING_OWNED,
    classicTerms: null,
  }
}

export function topicNames(names: readonly string[]): ReadonlySet<string> {
  return new Set(javaHashSetOrder(names, javaHashCode))
}

export function usesClassicProtocol({ classicTerms }: ConsumerMember): boolean {
  return classicTerms !== null
}

/** The regular expression that the member subscribes to, if any. */
export function regexOf(member: ConsumerMember | undefined): string | undefined {
  return member?.subscribedTopicRegex || undefined
}

/** Whether the member is through with this assignment. */
export function isReconciledTo({ state, memberEpoch }: ConsumerMember, assignmentEpoch: number): boolean {
  return state === MemberState.STABLE && memberEpoch === assignmentEpoch
}

export function withMetadata(member: ConsumerMember, value: ConsumerGroupMemberMetadataValue): ConsumerMember {
  const { subscribedTopicNames, serverAssignor, classicMemberMetadata, ...rest } = value
  return {
    ...member,
    ...rest,
    subscribedTopicNames: topicNames(subscribedTopicNames),
    serverAssignorName: serverAssignor,
    classicTerms: classicMemberMetadata && ownedTerms(classicMemberMetadata),
  }
}

export function withCurrentAssignment(
  member: ConsumerMember,
  value: ConsumerGroupCurrentMemberAssignmentValue,
): ConsumerMember {
  const { memberEpoch, previousMemberEpoch, state } = value
  return {
    ...member,
    memberEpoch,
    previousMemberEpoch,
    state: isKnownState(state) ? state : MemberState.UNKNOWN,
    assignedPartitions: ownedOfRecord(value.assignedPartitions, memberEpoch),
    partitionsPendingRevocation: ownedOfRecord(value.partitionsPendingRevocation, memberEpoch),
  }
}

/** What is left of the member's assignment where its record is deleted; the member itself goes next. */
export function withoutAssignment(member: ConsumerMember): ConsumerMember {
  return {
    ...member,
    memberEpoch: LEAVE_GROUP_EPOCH,
    previousMemberEpoch: LEAVE_GROUP_EPOCH,
    assignedPartitions: NOTHING_OWNED,
    partitionsPendingRevocation: NOTHING_OWNED,
  }
}

export function sameMember(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a === b ||
    (a.memberId === b.memberId &&
      a.memberEpoch === b.memberEpoch &&
      a.previousMemberEpoch === b.previousMemberEpoch &&
      a.state === b.state &&
      sameMetadata(a, b) &&
      sameOwned(a.assignedPartitions, b.assignedPartitions) &&
      sameOwned(a.partitionsPendingRevocation, b.partitionsPendingRevocation))
  )
}

/** Whether all that the member itself has said is the same. */
function sameMetadata(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.subscribedTopicRegex === b.subscribedTopicRegex &&
    a.serverAssignorName === b.serverAssignorName &&
    sameNames(a.subscribedTopicNames, b.subscribedTopicNames) &&
    sameTerms(a.classicTerms, b.classicTerms)
  )
}

export function sameNames(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const name of a) if (!b.has(name)) return false
  return true
}

function sameTerms(a: ClassicTerms | null, b: ClassicTerms | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    a.supportedProtocols.length === b.supportedProtocols.length &&
    a.supportedProtocols.every(({ name, metadata }, index) => {
      const other = b.supportedProtocols[index]
      return other !== undefined && name === other.name && metadata.equals(other.metadata)
    })
  )
}

/** Copies: what is decoded are slices of the log, which a member would keep alive as a whole. */
function ownedTerms({ sessionTimeoutMs, supportedProtocols }: ClassicTerms): ClassicTerms {
  return {
    sessionTimeoutMs,
    supportedProtocols: supportedProtocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
  }
}

function isKnownState(state: number): state is MemberState {
  return Object.values<number>(MemberState).includes(state)
}
