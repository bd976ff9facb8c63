// The features (KIP-584) of Apache Kafka 4.3: what this software supports, what a new cluster starts with, and what one
// level needs of another.

import { KafkaError } from '../wire/index.ts'

export interface SupportedFeature {
  readonly name: string
  readonly min: number
  readonly max: number
}

export const METADATA_VERSION = 'metadata.version'
export const KRAFT_VERSION = 'kraft.version'
export const ELIGIBLE_LEADER_REPLICAS_VERSION = 'eligible.leader.replicas.version'

export const LATEST_METADATA_VERSION = 30

/** In the order in which Kafka's controller registers them. */
export const supportedFeatures: readonly SupportedFeature[] = [
  { name: 'group.version', min: 0, max: 1 },
  { name: KRAFT_VERSION, min: 0, max: 1 },
  { name: METADATA_VERSION, min: 7, max: LATEST_METADATA_VERSION },
  { name: 'share.version', min: 0, max: 1 },
  { name: 'streams.version', min: 0, max: 1 },
  { name: 'transaction.version', min: 0, max: 2 },
  { name: ELIGIBLE_LEADER_REPLICAS_VERSION, min: 0, max: 1 },
]

/** What a directory is formatted with, in the order of the records: metadata.version (4.3-IV0) stands first. */
export const bootstrapFeatureLevels: readonly (readonly [string, number])[] = [
  [METADATA_VERSION, LATEST_METADATA_VERSION],
  [ELIGIBLE_LEADER_REPLICAS_VERSION, 1],
  ['group.version', 1],
  ['share.version', 1],
  ['streams.version', 1],
  ['transaction.version', 2],
]

/** The other features that a level needs, as name and level. Eligible leader replicas need the records of 4.0-IV1. */
export function dependenciesOf(name: string, level: number): readonly (readonly [string, number])[] {
  return name === ELIGIBLE_LEADER_REPLICAS_VERSION && level >= 1 ? [[METADATA_VERSION, 23]] : []
}

/** A level that this software does not know means records that it would misread. */
export function checkFeatures(levels: ReadonlyMap<string, number>): void {
  for (const [name, level] of levels) {
    const supported = supportedFeatures.find((feature) => feature.name === name)
    if (supported !== undefined && level >= supported.min && level <= supported.max) continue
    const range = supported === undefined ? 'does not know it' : `supports ${supported.min} to ${supported.max}`
    const problem = `the metadata log has ${name} at level ${level}, and this software ${range}`
    throw new KafkaError('KAFKA_STORAGE_ERROR', problem)
  }
}
