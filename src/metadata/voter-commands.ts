// The controller's rules for the voters of its quorum (KIP-853), of which it is the only one: who asks to add or remove
// one is told why that cannot be. Functions of what the quorum is; they change nothing.
import { EMPTY_UUID, KafkaError } from '../wire/index.ts'

export interface QuorumRules {
  readonly clusterId: string
  readonly kraftVersion: number
  readonly nodeId: number
  readonly directoryId: string
  /** The first of the controller's listeners: where a new voter must be reached. */
  readonly listenerName: string
}

export interface VoterKey {
  readonly clusterId: string | null
  readonly voterId: number
  readonly voterDirectoryId: string
}

export interface NewVoter extends VoterKey {
  readonly listeners: readonly { readonly name: string; readonly host: string; readonly port: number }[]
}

/** A voter must have caught up with the log first, and nobody can follow it here. Always throws KafkaError. */
export function refuseNewVoter(rules: QuorumRules, voter: NewVoter): never {
  checkCluster(rules, voter)
  if (!isKey(voter)) throw new KafkaError('INVALID_REQUEST', "Add voter request didn't include a valid voter")
  checkListener(rules, voter)
  checkVersion(rules, 'adding')
  if (voter.voterId === rules.nodeId) {
    throw new KafkaError(
      'DUPLICATE_VOTER',
      `The voter id for ${shown(voter)} is already part of the set of voters ${votersOf(rules)}.`,
    )
  }
  throw new KafkaError(
    'REQUEST_TIMED_OUT',
    `Aborted add voter operation for ${shown(voter)} since it is lagging behind`,
  )
}

/** Of one voter, none can go. Always throws KafkaError. */
export function refuseRemoval(rules: QuorumRules, voter: VoterKey): never {
  checkCluster(rules, voter)
  if (!isKey(voter)) throw new KafkaError('INVALID_REQUEST', "Remove voter request didn't include a valid voter")
  checkVersion(rules, 'removing')
  throw new KafkaError(
    'VOTER_NOT_FOUND',
    `Cannot remove voter ${shown(voter)} from the set of voters ${votersOf(rules)}`,
  )
}

function checkCluster({ clusterId }: QuorumRules, { clusterId: given }: VoterKey): void {
  if (given === null || given === clusterId) return
  throw new KafkaError('INCONSISTENT_CLUSTER_ID', `The given id "${given}" doesn't match the cluster id "${clusterId}"`)
}

function isKey({ voterId, voterDirectoryId }: VoterKey): boolean {
  return voterId >= 0 && voterDirectoryId !== EMPTY_UUID
}

function checkListener({ listenerName }: QuorumRules, { listeners }: NewVoter): void {
  const endpoints = new Map(
    listeners.map(({ name, host, port }) => [name.toUpperCase(), `${host}/<unresolved>:${port}`]),
  )
  if (endpoints.has(listenerName)) return
  const given = Array.from(endpoints, ([name, address]) => `ListenerName(${name})=${address}`).join(', ')
  throw new KafkaError(
    'INVALID_REQUEST',
    `Add voter request didn't include the endpoint (Endpoints(endpoints={${given}})) for the default listener ListenerName(${listenerName})`,
  )
}

function checkVersion({ kraftVersion }: QuorumRules, what: 'adding' | 'removing'): void {
  if (kraftVersion > 0) return
  throw new KafkaError(
    'UNSUPPORTED_VERSION',
    `Cluster doesn't support ${what} voter because the kraft.version feature is ${kraftVersion}`,
  )
}

function votersOf({ nodeId, directoryId }: QuorumRules): string {
  return `[${shown({ voterId: nodeId, voterDirectoryId: directoryId })}]`
}

function shown({ voterId, voterDirectoryId }: Pick<VoterKey, 'voterId' | 'voterDirectoryId'>): string {
  return `ReplicaKey(id=${voterId}, directoryId=${voterDirectoryId})`
}
