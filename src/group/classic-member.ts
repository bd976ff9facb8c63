// A member of a classic group: what it can do, what it was assigned, and the request of it that waits.
import type { apis, Draft } from '../wire/index.ts'

export type JoinResponse = Draft<typeof apis.JoinGroup.response>
export type SyncResponse = Draft<typeof apis.SyncGroup.response>
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

export const NO_ASSIGNMENT = Buffer.alloc(0)

export interface ClassicMember extends MemberIdentity {
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** In the order of the member's preference. */
  protocols: readonly Protocol[]
  assignment: Buffer
  /** Joined and not yet told its generation; such a member cannot send heartbeats. */
  isNew: boolean
  awaitingJoin: Answer<JoinResponse> | undefined
  awaitingSync: Answer<SyncResponse> | undefined
}

/** What the member says to the assignor that is named. */
export function metadataOf(member: ClassicMember, protocolName: string | null): Buffer {
  const protocol = member.protocols.find(({ name }) => name === protocolName)
  if (protocol === undefined) throw new Error(`Member does not support protocol ${protocolName}`)
  return protocol.metadata
}

/** The first of the member's protocols that all members have. */
export function vote(member: ClassicMember, candidates: ReadonlySet<string>): string {
  const protocol = member.protocols.find(({ name }) => candidates.has(name))
  if (protocol === undefined) throw new Error('Member does not support any of the candidate protocols')
  return protocol.name
}

/** Whether a join says what the member said before, in the same order. */
export function hasSameProtocols(member: ClassicMember, protocols: readonly Protocol[]): boolean {
  return (
    member.protocols.length === protocols.length &&
    member.protocols.every(({ name, metadata }, index) => {
      const other = protocols[index]
      return other !== undefined && name === other.name && metadata.equals(other.metadata)
    })
  )
}
