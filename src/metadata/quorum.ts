// The raft quorum that keeps the metadata log, as its control records and `quorum-state` tell it: the level of
// kraft.version, who votes, and the last epoch. Values in, values out; where they are kept is the journal's affair.
import {
  type Draft,
  decode,
  EMPTY_UUID,
  encode,
  KafkaError,
  KRaftVersionRecord,
  LeaderChangeMessage,
  type QuorumStateData,
  VotersRecord,
} from '../wire/index.ts'
import { controlKey, controlType, type NewRecord, readBatchRecords } from '../wire/records/index.ts'
import type { BrokerEndpoint } from './image.ts'

/** With level 1 the voters stand in the log (KIP-853); with 0, in `controller.quorum.voters`. */
export const DYNAMIC_VOTERS = 1
const STATIC_VOTERS = 0
const MAX_KRAFT_VERSION = DYNAMIC_VOTERS

export type Voter = VotersRecord['voters'][number]

export interface Quorum {
  readonly kraftVersion: number
  /** Empty where the configuration says who they are. */
  readonly voters: readonly Voter[]
}

/** What a log says that says nothing of it. */
export const STATIC_QUORUM: Quorum = { kraftVersion: STATIC_VOTERS, voters: [] }

/** The quorum after the control batch at `at`. */
export function quorumAfter(quorum: Quorum, buffer: Buffer, at: number): Quorum {
  let after = quorum
  for (const { key, value } of readBatchRecords(buffer, at)) {
    if (value === null) continue
    switch (controlType(key)) {
      case 'KRAFT_VERSION':
        after = { ...after, kraftVersion: decode(KRaftVersionRecord, 0, value).kRaftVersion }
        break
      case 'KRAFT_VOTERS':
        after = { ...after, voters: decode(VotersRecord, 0, value).voters }
        break
    }
  }
  return after
}

export interface QuorumNode {
  readonly nodeId: number
  readonly directoryId: string
  /** Where the controller listens. */
  readonly controllerEndpoints: readonly BrokerEndpoint[]
}

/** A quorum of this node alone, whose voters stand in the log. */
export function dynamicQuorum({ nodeId, directoryId, controllerEndpoints }: QuorumNode): Quorum {
  const voter = {
    voterId: nodeId,
    voterDirectoryId: directoryId,
    endpoints: controllerEndpoints.map(({ name, host, port }) => ({ name, host, port })),
    kRaftVersionFeature: { minSupportedVersion: STATIC_VOTERS, maxSupportedVersion: MAX_KRAFT_VERSION },
  }
  return { kraftVersion: DYNAMIC_VOTERS, voters: [voter] }
}

/**
 * Throws KAFKA_STORAGE_ERROR unless this node is the whole quorum: nobody else is asked here, so a log that others vote
 * on would part from theirs.
 */
export function checkQuorum(
  { kraftVersion, voters }: Quorum,
  node: Pick<QuorumNode, 'nodeId' | 'directoryId'>,
  staticVoters: readonly number[],
): void {
  const refuse = (why: string): never => {
    throw new KafkaError('KAFKA_STORAGE_ERROR', why)
  }
  if (kraftVersion > MAX_KRAFT_VERSION) {
    refuse(`the metadata log has kraft.version at level ${kraftVersion}, and this software supports 0 to 1`)
  }
  const ids = kraftVersion === STATIC_VOTERS ? staticVoters : voters.map(({ voterId }) => voterId)
  const others = ids.filter((id) => id !== node.nodeId)
  if (others.length > 0) refuse(`the metadata quorum has other voters than node ${node.nodeId}: ${others.join(', ')}`)
  if (ids.length === 0) refuse(`node ${node.nodeId} has no vote in the quorum of its metadata log`)
  const directoryId = voters[0]?.voterDirectoryId
  if (kraftVersion >= DYNAMIC_VOTERS && directoryId !== node.directoryId) {
    refuse(
      `node ${node.nodeId} votes in the metadata quorum with the directory ${directoryId}, not ${node.directoryId}`,
    )
  }
}

/** What an epoch of this node begins with; in a log that does not have them yet, version and voters follow. */
export function epochRecords(nodeId: number, timestamp: number): NewRecord[] {
  const voters = [{ voterId: nodeId }]
  const leader = encode(LeaderChangeMessage, 0, { leaderId: nodeId, voters, grantingVoters: voters })
  return [{ timestamp, key: controlKey('LEADER_CHANGE'), value: leader }]
}

/** The version of the quorum's format and its voters, where they stand in the log. */
export function quorumRecords({ kraftVersion, voters }: Quorum, timestamp: number): NewRecord[] {
  if (kraftVersion < DYNAMIC_VOTERS) return []
  const version = encode(KRaftVersionRecord, 0, { kRaftVersion: kraftVersion })
  return [
    { timestamp, key: controlKey('KRAFT_VERSION'), value: version },
    { timestamp, key: controlKey('KRAFT_VOTERS'), value: encode(VotersRecord, 0, { voters: [...voters] }) },
  ]
}

export interface StoredQuorumState {
  readonly leaderEpoch: number
  /** Of a quorum whose voters the configuration names. */
  readonly voterIds: readonly number[]
}

/** Reads `quorum-state`. Throws KAFKA_STORAGE_ERROR. */
export function parseQuorumState(path: string, text: string): StoredQuorumState {
  const refuse = (why: string): never => {
    throw new KafkaError('KAFKA_STORAGE_ERROR', `${path} ${why}`)
  }
  let state: Record<string, unknown> = {}
  try {
    state = JSON.parse(text) as Record<string, unknown>
  } catch {
    refuse('is no JSON')
  }
  const { data_version: version, leaderEpoch, currentVoters } = state
  if (version !== 0 && version !== 1) refuse(`has the data_version ${String(version)}, and 0 and 1 are known`)
  const voters = Array.isArray(currentVoters) ? (currentVoters as { voterId?: unknown }[]) : []
  return {
    leaderEpoch: typeof leaderEpoch === 'number' ? leaderEpoch : refuse('names no leader epoch'),
    voterIds: voters.flatMap(({ voterId }) => (typeof voterId === 'number' ? voterId : [])),
  }
}

/** The content of `quorum-state` while this node leads. */
export function quorumStateText({ kraftVersion }: Quorum, nodeId: number, leaderEpoch: number): string {
  const votes = { leaderId: nodeId, leaderEpoch, votedId: -1 } satisfies Draft<typeof QuorumStateData>
  const state =
    kraftVersion >= DYNAMIC_VOTERS
      ? { ...votes, votedDirectoryId: EMPTY_UUID, data_version: 1 }
      : { clusterId: '', ...votes, appliedOffset: 0, currentVoters: [{ voterId: nodeId }], data_version: 0 }
  return JSON.stringify(state)
}
