// How a partition changes: who leads it then, who is in sync, who stays eligible (KIP-966), and whether a reassignment
// is done by it. Every command that touches a partition states its aim here and gets the one record that says it.
import { type BrokerConfig, topicValue } from '../config/index.ts'
import { defaultDirectory, isInOnlineDirectory } from './directories.ts'
import { ELIGIBLE_LEADER_REPLICAS_VERSION } from './features.ts'
import { type MetadataImage, NO_LEADER, type PartitionRegistration, type TopicImage } from './image.ts'
import { bumpsEpochOnIsrShrink, hasDirectories, metadataVersionOf, partitionRecordVersion } from './metadata-version.ts'
import { isActive } from './placement.ts'
import type { NewMetadataRecord } from './records.ts'

/**
 * `preferred`: the first replica, where it can lead. `online`: the leader stays while it can, else the first that can.
 * `unclean`: as online, and rather a replica that is not in sync than none.
 */
export type Election = 'preferred' | 'online' | 'unclean'

const RECOVERING = 1

/** What shall be; what is left out stays. */
export interface PartitionAim {
  readonly election?: Election
  readonly isr?: readonly number[]
  readonly replicas?: readonly number[]
  readonly removingReplicas?: readonly number[]
  readonly addingReplicas?: readonly number[]
  /** A broker that went down without a word: what it had may be gone, so it is not eligible. */
  readonly uncleanShutdown?: number
  /** Whether the broker may lead; else those that are neither fenced nor shutting down. */
  readonly canLead?: (brokerId: number) => boolean
  /** A broker says which of its directories its replica is in. */
  readonly directory?: { readonly brokerId: number; readonly directoryId: string }
}

type PartitionChange = Extract<NewMetadataRecord, { type: 'PartitionChangeRecord' }>['data']
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What the aim makes of the partition, while it is worked out. */
interface Draft {
  isr: readonly number[]
  replicas: readonly number[]
  removingReplicas: readonly number[]
  addingReplicas: readonly number[]
  eligibleLeaderReplicas: readonly number[]
  directories: readonly string[]
}

/** What the rules look at. */
export interface PartitionRules {
  readonly image: MetadataImage
  readonly config: BrokerConfig
}

/** The changes of one topic's partitions: what they share is looked up once. */
export interface TopicChanges {
  /** `unclean` where the topic allows it (unclean.leader.election.enable), else `online`. */
  readonly election: Election
  /** The record that brings the partition there, or undefined where nothing changes. */
  change(partition: PartitionRegistration, aim: PartitionAim): NewMetadataRecord | undefined
}

interface TopicRules {
  readonly image: MetadataImage
  readonly topicId: string
  readonly level: number
  /** Whether replicas below min.insync.replicas stay eligible. */
  readonly hasElr: boolean
  readonly minIsr: number
}

export function changesOf({ image, config }: PartitionRules, topic: TopicImage): TopicChanges {
  const overrides = image.topicConfigs(topic.name)
  const minIsr = topicValue('min.insync.replicas', overrides, config)
  const rules: TopicRules = {
    image,
    topicId: topic.topicId,
    level: metadataVersionOf(image),
    hasElr: (image.features.get(ELIGIBLE_LEADER_REPLICAS_VERSION) ?? 0) >= 1,
    // Never more than there are replicas.
    minIsr: Math.min(minIsr, topic.partitions[0]?.replicas.length ?? 1),
  }
  return {
    election: topicValue('unclean.leader.election.enable', overrides, config) ? 'unclean' : 'online',
    change: (partition, aim) => partitionChange(rules, partition, aim),
  }
}

function partitionChange(
  rules: TopicRules,
  partition: PartitionRegistration,
  aim: PartitionAim,
): NewMetadataRecord | undefined {
  const { image, level, hasElr } = rules
  const change: Mutable<PartitionChange> = { partitionId: partition.partition, topicId: rules.topicId }
  const draft: Draft = {
    isr: aim.isr ?? partition.isr,
    replicas: aim.replicas ?? partition.replicas,
    removingReplicas: aim.removingReplicas ?? partition.removingReplicas,
    addingReplicas: aim.addingReplicas ?? partition.addingReplicas,
    eligibleLeaderReplicas: partition.eligibleLeaderReplicas,
    directories: directoriesOf(partition, aim),
  }
  completeReassignment(draft)
  if (hasElr) keepEligible(draft, partition, rules.minIsr, aim.uncleanShutdown)
  elect(change, draft, partition, { aim, image, hasElr })
  bumpEpochForLostReplicas(change, draft, partition)
  changeSync(change, draft, partition, hasElr)
  if (bumpsEpochOnIsrShrink(level)) bumpEpochForShrunkIsr(change, partition)
  if (hasElr) rememberLastLeader(change, partition)
  assignReplicas(change, draft, partition, hasDirectories(level) ? image : undefined)
  // Two fields say which partition; with no other there is nothing to say of it.
  if (Object.keys(change).length === 2) return undefined
  return { type: 'PartitionChangeRecord', version: partitionRecordVersion(level), data: change }
}

/** Who is in sync and who is eligible. An unclean election has said already that only its winner is. */
function changeSync(
  change: Mutable<PartitionChange>,
  { isr, eligibleLeaderReplicas }: Draft,
  partition: PartitionRegistration,
  hasElr: boolean,
): void {
  const electedUncleanly = change.isr !== undefined
  const eligible = hasElr && !electedUncleanly ? eligibleLeaderReplicas : []
  if (!equal(eligible, partition.eligibleLeaderReplicas)) change.eligibleLeaderReplicas = eligible
  // Without eligible leader replicas, the last one in sync stays in the ISR, so that it can lead again.
  const mayChange = !electedUncleanly && (isr.length > 0 || hasElr)
  if (mayChange && !equal(isr, partition.isr)) change.isr = isr
}

/** A reassignment ends once everyone it adds is in sync; then the replicas it removes are left out. */
function completeReassignment(draft: Draft): void {
  const { addingReplicas: adding, removingReplicas: removing } = draft
  if (adding.length === 0 && removing.length === 0) return
  const stays = (brokerId: number): boolean => !removing.includes(brokerId)
  const isr = draft.isr.filter(stays)
  const replicas = draft.replicas.filter(stays)
  if (removing.length > 0 && (isr.length === 0 || replicas.length === 0)) return
  if (!containsAll(isr, adding)) return
  // With fewer replicas than before, all of them must be in sync, or the ISR would shrink without need.
  if (adding.length < removing.length && !containsAll(isr, replicas)) return
  Object.assign(draft, { isr, replicas, addingReplicas: [], removingReplicas: [] })
}

/** With fewer in sync than min.insync.replicas, who was in sync until now stays eligible: they miss nothing committed. */
function keepEligible(
  draft: Draft,
  partition: PartitionRegistration,
  minIsr: number,
  uncleanShutdown: number | undefined,
): void {
  if (draft.isr.length >= minIsr) {
    draft.eligibleLeaderReplicas = []
    return
  }
  const candidates = new Set([...draft.eligibleLeaderReplicas, ...partition.isr])
  draft.eligibleLeaderReplicas = [...candidates]
    .filter((brokerId) => !draft.isr.includes(brokerId) && brokerId !== uncleanShutdown)
    .sort((a, b) => a - b)
}

interface Electorate {
  readonly aim: PartitionAim
  readonly image: MetadataImage
  readonly hasElr: boolean
}

function elect(change: Mutable<PartitionChange>, draft: Draft, partition: PartitionRegistration, by: Electorate): void {
  const { leader, unclean } = electLeader(draft, partition, by)
  if (leader === partition.leader) return
  if (draft.eligibleLeaderReplicas.includes(leader)) {
    draft.isr = [leader]
    draft.eligibleLeaderReplicas = draft.eligibleLeaderReplicas.filter((brokerId) => brokerId !== leader)
  }
  change.leader = leader
  if (!unclean) return
  // Whatever only the others had is lost.
  change.isr = [leader]
  if (partition.leaderRecoveryState !== RECOVERING) change.leaderRecoveryState = RECOVERING
}

function electLeader(
  draft: Draft,
  partition: PartitionRegistration,
  { aim, image, hasElr }: Electorate,
): { leader: number; unclean: boolean } {
  const { isr, replicas, eligibleLeaderReplicas: eligible } = draft
  const { election = 'online', canLead = (id) => isActive(image.brokers.get(id)) } = aim
  const isAcceptable = (id: number): boolean => {
    const broker = image.brokers.get(id)
    return broker !== undefined && canLead(id) && isInOnlineDirectory(broker, partition)
  }
  const isValid = (id: number): boolean =>
    (isr.includes(id) || (isr.length === 0 && eligible.includes(id))) && isAcceptable(id)
  const [preferred] = replicas
  const candidates = election === 'preferred' && preferred !== undefined ? [preferred] : []
  const clean = [...candidates, partition.leader, ...replicas].find(isValid)
  if (clean !== undefined) return { leader: clean, unclean: false }
  const [lastKnown, ...others] = partition.lastKnownElr
  if (hasElr && isr.length === 0 && eligible.length === 0 && lastKnown !== undefined && others.length === 0) {
    if (isAcceptable(lastKnown)) return { leader: lastKnown, unclean: true }
  }
  const uncleanLeader = election === 'unclean' ? replicas.find(isAcceptable) : undefined
  return uncleanLeader === undefined ? { leader: NO_LEADER, unclean: false } : { leader: uncleanLeader, unclean: true }
}

/** A replica that goes must notice that it has nothing to say any more: naming the leader starts an epoch. */
function bumpEpochForLostReplicas(
  change: Mutable<PartitionChange>,
  { replicas }: Draft,
  partition: PartitionRegistration,
): void {
  if (change.leader === undefined && !containsAll(replicas, partition.replicas)) change.leader = partition.leader
}

function bumpEpochForShrunkIsr(change: Mutable<PartitionChange>, partition: PartitionRegistration): void {
  if (change.leader !== undefined || !change.isr || containsAll(change.isr, partition.isr)) return
  change.leader = partition.leader
}

/** The last leader of a partition without one is remembered: if all else is lost, its replica is the best left. */
function rememberLastLeader(change: Mutable<PartitionChange>, { leader, lastKnownElr }: PartitionRegistration): void {
  if (change.leader === NO_LEADER && lastKnownElr.length === 0) change.lastKnownElr = [leader]
  else if (change.leader !== undefined && change.leader >= 0 && lastKnownElr.length > 0) change.lastKnownElr = []
}

function directoriesOf(
  { replicas, directories }: PartitionRegistration,
  { directory }: PartitionAim,
): readonly string[] {
  if (directory === undefined) return directories
  return replicas.map((id, index) => (id === directory.brokerId ? directory.directoryId : (directories[index] ?? '')))
}

function assignReplicas(
  change: Mutable<PartitionChange>,
  { replicas, removingReplicas, addingReplicas, directories: known }: Draft,
  partition: PartitionRegistration,
  image: MetadataImage | undefined,
): void {
  if (image !== undefined) {
    const directories = replicas.map((id) => {
      return known[partition.replicas.indexOf(id)] ?? defaultDirectory(image, id)
    })
    if (!equal(directories, partition.directories)) change.directories = directories
  }
  if (!equal(replicas, partition.replicas)) change.replicas = replicas
  if (!equal(removingReplicas, partition.removingReplicas)) change.removingReplicas = removingReplicas
  if (!equal(addingReplicas, partition.addingReplicas)) change.addingReplicas = addingReplicas
}

function containsAll(all: readonly number[], some: readonly number[]): boolean {
  return some.every((one) => all.includes(one))
}

function equal<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}
