// The controller's rules for configs: how alterations become ConfigRecords. What a config may be is the config room's to
// say; here stands what needs the image: whether a topic exists, and what is set now. Functions; they change nothing.
import {
  type AlterContext,
  AlterOperation,
  alterByReplacing,
  alterIncrementally,
  type BrokerConfig,
  type ConfigChange,
  type ConfigOperation,
  type ConfigResource,
  ConfigResourceType,
  checkOperations,
  checkReplacement,
} from '../config/index.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'
import { type ApiError, errorOf, NO_ERROR } from './api-error.ts'
import { configRecords, type ResourceChanges } from './config-records.ts'
import { ELIGIBLE_LEADER_REPLICAS_VERSION } from './features.ts'
import type { MetadataImage } from './image.ts'
import { hasCordonedLogDirs, metadataVersionOf } from './metadata-version.ts'
import type { Result } from './topic-commands.ts'
import { validateTopicName } from './topic-names.ts'

/** The operations on one resource. */
export interface Alteration<Entry> extends ConfigResource {
  readonly configs: readonly Entry[]
}

/** One error for each alteration, in their order; what is valid is written even where another is not. */
export function alterConfigsIncrementally(
  image: MetadataImage,
  broker: BrokerConfig,
  alterations: readonly Alteration<ConfigOperation>[],
): Result<ApiError[]> {
  const checked = alterations.map((alteration) =>
    errorOf(() => checkOperations(alteration, alteration.configs, configsOf(image, alteration), broker)),
  )
  // An operation that does not exist makes Kafka's controller fail for all that got as far as it.
  if (alterations.some((alteration, index) => checked[index] === undefined && !operationsExist(alteration))) {
    const failed = { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage: null }
    return { records: [], response: checked.map((error) => error ?? failed) }
  }
  const context = alterContext(image, broker)
  return alterEach(image, alterations, checked, (alteration) =>
    alterIncrementally(alteration, alteration.configs, configsOf(image, alteration), context),
  )
}

/** As above, for the older AlterConfigs: what is not named is removed. */
export function alterConfigsByReplacing(
  image: MetadataImage,
  broker: BrokerConfig,
  alterations: readonly Alteration<ConfigChange>[],
): Result<ApiError[]> {
  const checked = alterations.map((alteration) =>
    errorOf(() => checkReplacement(alteration, alteration.configs, broker)),
  )
  const context = alterContext(image, broker)
  return alterEach(image, alterations, checked, (alteration) =>
    alterByReplacing(alteration, alteration.configs, configsOf(image, alteration), context),
  )
}

function alterContext(image: MetadataImage, broker: BrokerConfig): AlterContext {
  return {
    broker,
    eligibleLeaderReplicas: (image.features.get(ELIGIBLE_LEADER_REPLICAS_VERSION) ?? 0) >= 1,
    cordonedLogDirs: hasCordonedLogDirs(metadataVersionOf(image)),
    validateTopicName,
  }
}

function configsOf(image: MetadataImage, { resourceType, resourceName }: ConfigResource) {
  return image.configs(resourceType, resourceName)
}

function operationsExist({ configs }: Alteration<ConfigOperation>): boolean {
  const known: readonly number[] = Object.values(AlterOperation)
  return configs.every(({ configOperation }) => known.includes(configOperation))
}

function alterEach<Entry>(
  image: MetadataImage,
  alterations: readonly Alteration<Entry>[],
  checked: readonly (ApiError | undefined)[],
  changesOf: (alteration: Alteration<Entry>) => readonly ConfigChange[],
): Result<ApiError[]> {
  const altered: ResourceChanges[] = []
  const response = alterations.map((alteration, index): ApiError => {
    const error =
      checked[index] ??
      errorOf(() => {
        const changes = changesOf(alteration)
        checkTopicExists(image, alteration)
        altered.push({ ...alteration, changes })
      })
    return error ?? NO_ERROR
  })
  return { records: configRecords(image, altered), response }
}

function checkTopicExists(image: MetadataImage, { resourceType, resourceName }: ConfigResource): void {
  if (resourceType !== ConfigResourceType.TOPIC || image.topicByName(resourceName) !== undefined) return
  throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${resourceName}' does not exist.`)
}
