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
} from '../config/index.ts'
import { KafkaError } from '../wire/index.ts'
import { type ApiError, errorOf, NO_ERROR } from './api-error.ts'
import { ELIGIBLE_LEADER_REPLICAS_VERSION } from './features.ts'
import type { MetadataImage } from './image.ts'
import type { NewMetadataRecord } from './records.ts'
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
  const context = alterContext(image, broker)
  return alterEach(image, alterations, (alteration) => {
    checkOperations(alteration)
    return alterIncrementally(alteration, alteration.configs, currentConfigs(image, alteration), context)
  })
}

/** As above, for the older AlterConfigs: what is not named is removed. */
export function alterConfigsByReplacing(
  image: MetadataImage,
  broker: BrokerConfig,
  alterations: readonly Alteration<ConfigChange>[],
): Result<ApiError[]> {
  const context = alterContext(image, broker)
  return alterEach(image, alterations, (alteration) =>
    alterByReplacing(alteration, alteration.configs, currentConfigs(image, alteration), context),
  )
}

function alterContext(image: MetadataImage, broker: BrokerConfig): AlterContext {
  return { broker, eligibleLeaderReplicas: (image.features.get(ELIGIBLE_LEADER_REPLICAS_VERSION) ?? 0) >= 1 }
}

function currentConfigs(image: MetadataImage, { resourceType, resourceName }: ConfigResource) {
  return image.configs(resourceType, resourceName)
}

function alterEach<Entry>(
  image: MetadataImage,
  alterations: readonly Alteration<Entry>[],
  changesOf: (alteration: Alteration<Entry>) => readonly ConfigChange[],
): Result<ApiError[]> {
  const records: NewMetadataRecord[] = []
  const response = alterations.map((alteration): ApiError => {
    const { resourceType, resourceName } = alteration
    const error = errorOf(() => {
      const isTopic = resourceType === ConfigResourceType.TOPIC
      if (isTopic && resourceName !== '') validateTopicName(resourceName)
      const changes = changesOf(alteration)
      if (isTopic && image.topicByName(resourceName) === undefined) {
        throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${resourceName}' does not exist.`)
      }
      for (const { name, value } of changes) {
        records.push({ type: 'ConfigRecord', version: 0, data: { resourceType, resourceName, name, value } })
      }
    })
    return error ?? NO_ERROR
  })
  return { records, response }
}

/** An operation that does not exist is refused by a broker for itself, and makes Kafka's controller fail for the rest. */
function checkOperations({ resourceType, configs }: Alteration<ConfigOperation>): void {
  if (resourceType === ConfigResourceType.BROKER) return
  const known: readonly number[] = Object.values(AlterOperation)
  if (configs.some(({ configOperation }) => !known.includes(configOperation)))
    throw new KafkaError('UNKNOWN_SERVER_ERROR')
}
