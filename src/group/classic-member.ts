// A member of a classic group: what it can do, what it was assigned, and the request of it that waits.
import type { Draft, JoinGroupResponse, SyncGroupResponse } from '../wire/index.ts'

export type JoinResponse = Draft<typeof JoinGroupResponse>
export type SyncResponse = Draft<typeof SyncGroupResponse>
/** Answers a waiting request; only the first call counts. */
export type Answer<Response> = (response: Response) => void

export interface Protocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface MemberIdentity {
  readonly memberId: string
  /** Set for a static member (KIP-345). */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly protocolType: string
}

/** What a member says anew each time it joins. */
export interface MemberTerms {
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  /** In the order of the member's preference. */
  readonly protocols: readonly Protocol[]
}

export const NO_ASSIGNMENT = Buffer.alloc(0)

export interface ClassicMember extends MemberIdentity {
  terms: MemberTerms
  assignment: Buffer
  /** Joined and not yet told its generation; such a member cannot send heartbeats. */
  isNew: boolean
  awaitingJoin: Answer<JoinResponse> | undefined
  awaitingSync: Answer<SyncResponse> | undefined
}

export function classicMember(identity: MemberIdentity, terms: MemberTerms, assignment = NO_ASSIGNMENT): ClassicMember {
  return { ...identity, terms, assignment, isNew: false, awaitingJoin: undefined, awaitingSync: undefined }
}

/** Copies: what is decoded are slices of a request, or of the log, which a member would keep alive as a whole. */
export function ownedProtocols(protocols: readonly Protocol[]): Protocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }))
}

/** What the member says to the assignor that is named. */
export function metadataOf({ terms }: ClassicMember, protocolName: string | null): Buffer {
  const protocol = terms.protocols.find(({ name }) => name === protocolName)
  if (protocol === undefined) throw new Error(`Member does not support protocol ${protocolName}`)
  return protocol.metadata
}

/** The first of the member's protocols that all members have. */
export function vote({ terms }: ClassicMember, candidates: ReadonlySet<string>): string {
  const protocol = terms.protocols.find(({ name }) => candidates.has(name))
  if (protocol === undefined) throw new Error('Member does not support any of the candidate protocols')
  return protocol.name
}

/** Whether a join says what the member said before, in the same order. */
export function hasSameProtocols({ terms }: ClassicMember, protocols: readonly Protocol[]): boolean {
  return (
    terms.protocols.length === protocols.length &&
    terms.protocols.every(({ name, metadata }, index) => {
      const other = protocols[index]
      return other !== undefined && name === other.name && metadata.equals(other.metadata)
    })
  )
}

/** A member that waits for the coordinator is alive without a heartbeat, except before its first generation. */
export function hasSatisfiedHeartbeat({ isNew, awaitingJoin, awaitingSync }: ClassicMember): boolean {
  return !isNew && (awaitingJoin !== undefined || awaitingSync !== undefined)
}
