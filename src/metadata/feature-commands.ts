// The controller's rules for feature levels (KIP-584, KIP-778): which may be finalized, and the records that say so.
// All updates of a request hold, or none does. Functions of the image; they change nothing.
import { type BrokerConfig, ConfigResourceType, inHashOrder } from '../config/index.ts'
import { KafkaError } from '../wire/index.ts'
import { type ApiError, errorOf, NO_ERROR } from './api-error.ts'
import {
  dependenciesOf,
  ELIGIBLE_LEADER_REPLICAS_VERSION,
  KRAFT_VERSION,
  METADATA_VERSION,
  supportedFeatures,
} from './features.ts'
import type { MetadataImage } from './image.ts'
import { metadataChanged, metadataVersionOf } from './metadata-version.ts'
import type { NewMetadataRecord } from './records.ts'
import type { Result } from './topic-commands.ts'

/** UpdateFeatures' upgradeType; any other number is one that this controller does not know. */
export const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const

export interface FeatureUpdate {
  readonly feature: string
  readonly maxVersionLevel: number
  readonly upgradeType: number
}

export interface FeatureRules {
  readonly image: MetadataImage
  readonly config: BrokerConfig
  readonly nodeId: number
  /** The level of the raft log itself, which no FeatureLevelRecord says. */
  readonly kraftVersion: number
}

export interface FeatureResult extends Result<ApiError> {
  /** kraft.version goes from 0 to 1, for which the journal has records of its own. */
  readonly writesVoters: boolean
}

/** The error of the first update that does not hold. */
export function updateFeatures(rules: FeatureRules, updates: readonly FeatureUpdate[]): FeatureResult {
  const byName = new Map(updates.map((update) => [update.feature, update]))
  const levels = new Map(rules.image.features)
  levels.set(METADATA_VERSION, metadataVersionOf(rules.image))
  for (const { feature, maxVersionLevel } of byName.values()) levels.set(feature, maxVersionLevel)
  const records: NewMetadataRecord[] = []
  const error = errorOf(() => {
    for (const name of inHashOrder([...byName.keys()])) {
      const update = byName.get(name)
      if (update !== undefined) records.push(...updateFeature(rules, update, levels))
    }
  })
  if (error !== undefined) return { records: [], response: error, writesVoters: false }
  const writesVoters = (byName.get(KRAFT_VERSION)?.maxVersionLevel ?? 0) > rules.kraftVersion
  return { records: [...recordsForElr(rules, byName), ...records], response: NO_ERROR, writesVoters }
}

function refuse({ feature, maxVersionLevel }: FeatureUpdate, why: string): never {
  throw new KafkaError(
    'INVALID_UPDATE_VERSION',
    `Invalid update version ${maxVersionLevel} for feature ${feature}. ${why}`,
  )
}

function updateFeature(
  rules: FeatureRules,
  update: FeatureUpdate,
  levels: ReadonlyMap<string, number>,
): NewMetadataRecord[] {
  const { feature: name, maxVersionLevel: featureLevel, upgradeType } = update
  const known: readonly number[] = Object.values(UpgradeType)
  if (!known.includes(upgradeType)) refuse(update, 'The controller does not support the given upgrade type.')
  const isUpgrade = upgradeType === UpgradeType.UPGRADE
  const current = currentLevel(rules, name)
  if (featureLevel < 0) refuse(update, 'A feature version cannot be less than 0.')
  checkSupport(rules, update)
  if (featureLevel < current && isUpgrade) {
    refuse(
      update,
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    )
  }
  if (featureLevel > current && !isUpgrade) refuse(update, "Can't downgrade to a newer version.")
  if (name === KRAFT_VERSION) return updateKraftVersion(update, current)
  if (name === METADATA_VERSION) checkMetadataVersion(update, current)
  else checkDependencies(update, levels)
  return [{ type: 'FeatureLevelRecord', version: 0, data: { name, featureLevel } }]
}

function currentLevel({ image, kraftVersion }: FeatureRules, name: string): number {
  if (name === METADATA_VERSION) return metadataVersionOf(image)
  return name === KRAFT_VERSION ? kraftVersion : (image.features.get(name) ?? 0)
}

/** The controller's own software, every registered broker's, and every other controller's must know the level. */
function checkSupport({ image, nodeId }: FeatureRules, update: FeatureUpdate): void {
  const local = supportedFeatures.find(({ name }) => name === update.feature)
  checkRange(update, `Local controller ${nodeId}`, local)
  const ranges = (features: readonly { name: string; minSupportedVersion: number; maxSupportedVersion: number }[]) => {
    const found = features.find(({ name }) => name === update.feature)
    return found && { min: found.minSupportedVersion, max: found.maxSupportedVersion }
  }
  for (const { brokerId, features } of image.brokers.values()) {
    checkRange(update, `Broker ${brokerId}`, ranges(features))
  }
  for (const { controllerId, features } of image.controllers.values()) {
    if (controllerId !== nodeId) checkRange(update, `Controller ${controllerId}`, ranges(features))
  }
}

function checkRange(update: FeatureUpdate, who: string, range: { min: number; max: number } | undefined): void {
  const { min, max } = range ?? { min: 0, max: 0 }
  if (update.maxVersionLevel >= min && update.maxVersionLevel <= max) return
  refuse(update, max === 0 ? `${who} does not support this feature.` : `${who} only supports versions ${min}-${max}`)
}

/** The level of the raft log itself: no FeatureLevelRecord says it. */
function updateKraftVersion(update: FeatureUpdate, current: number): NewMetadataRecord[] {
  const { maxVersionLevel, upgradeType } = update
  if (upgradeType !== UpgradeType.UPGRADE) {
    if (maxVersionLevel !== current) refuse(update, "Can't downgrade the version of this feature.")
    return []
  }
  // Kafka waits for one record, whether or not the level is a new one.
  return [{ type: 'NoOpRecord', version: 0, data: {} }]
}

function checkMetadataVersion({ maxVersionLevel, upgradeType }: FeatureUpdate, current: number): void {
  if (maxVersionLevel >= current || !metadataChanged(maxVersionLevel, current)) return
  const why =
    upgradeType === UpgradeType.UNSAFE_DOWNGRADE
      ? 'Unsafe metadata downgrade is not supported in this version.'
      : 'Refusing to perform the requested downgrade because it might delete metadata information.'
  throw new KafkaError(
    'INVALID_UPDATE_VERSION',
    `Unsupported metadata.version downgrade from ${current} to ${maxVersionLevel}. ${why}`,
  )
}

function checkDependencies(update: FeatureUpdate, levels: ReadonlyMap<string, number>): void {
  const { feature, maxVersionLevel } = update
  // A level of 0 is supported by everyone for every name, and found out here.
  if (supportedFeatures.every(({ name }) => name !== feature)) refuse(update, `Feature ${feature} not found.`)
  for (const [name, level] of dependenciesOf(feature, maxVersionLevel)) {
    if ((levels.get(name) ?? 0) >= level) continue
    refuse(update, `${feature} could not be set to ${maxVersionLevel} because it depends on ${name} level ${level}`)
  }
}

/** Eligible leader replicas need one min.insync.replicas for the cluster, and none of a single broker. */
function recordsForElr({ image, config }: FeatureRules, updates: ReadonlyMap<string, FeatureUpdate>) {
  if ((updates.get(ELIGIBLE_LEADER_REPLICAS_VERSION)?.maxVersionLevel ?? 0) === 0) return []
  const name = 'min.insync.replicas'
  const setTo = (resourceName: string, value: string | null): NewMetadataRecord => ({
    type: 'ConfigRecord',
    version: 0,
    data: { resourceType: ConfigResourceType.BROKER, resourceName, name, value },
  })
  const records: NewMetadataRecord[] = []
  if (!image.configs(ConfigResourceType.BROKER, '').has(name)) {
    const configured = config.withDynamic(new Map(), new Map())
    records.push(setTo('', String(configured.get(name))))
  }
  for (const resourceName of image.configuredResources(ConfigResourceType.BROKER)) {
    const isBroker = resourceName !== ''
    if (isBroker && image.configs(ConfigResourceType.BROKER, resourceName).has(name))
      records.push(setTo(resourceName, null))
  }
  return records
}
