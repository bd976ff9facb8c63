// DescribeConfigs, key 32: what topics, brokers, their loggers, groups and client metrics are configured to do.
// Authorization: DescribeConfigs on each topic and group, and on the Cluster for the rest; told per resource.
//
// v0 whether each is the default, only where odradek.legacy.versions asks for it
// v1 synonyms, and where a value is from; v2 throttles before it answers (KIP-219)
// v3 the type and the documentation of each config (KIP-569); v4 flexible
import {
  type BrokerConfig,
  ConfigResourceType,
  type DescribedConfig,
  type DescribeOptions,
  describeBroker,
  describeBrokerDefaults,
  describeBrokerLoggers,
  describeClientMetrics,
  describeGroup,
  describeTopic,
} from '../config/index.ts'
import { type ApiError, type BrokerLoggers, type MetadataImage, textOf, validateTopicName } from '../metadata/index.ts'
import { apis, type Draft, ErrorCode, type Infer, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { parseBrokerId } from './support/broker-id.ts'

const DEFAULT_CONFIG = 5

type Resource = Infer<typeof apis.DescribeConfigs.request>['resources'][number]
type Response = Draft<typeof apis.DescribeConfigs.response>

export function describeConfigsApi(rooms: {
  image: MetadataImage
  config: () => BrokerConfig
  loggers: Pick<BrokerLoggers, 'levels'>
}): ApiHandler {
  const { image, config, loggers } = rooms

  return defineApi(
    apis.DescribeConfigs,
    { min: 1, max: 4, legacyMin: 0 },
    ({ apiVersion }, { resources, includeSynonyms, includeDocumentation }): Response => {
      for (const resource of resources) checkType(resource)
      return {
        results: resources.map((resource) => {
          const { resourceType, resourceName, configurationKeys: keys } = resource
          const { configs, ...error } = attempt(() =>
            describe(resource, { keys, includeSynonyms, includeDocumentation }),
          )
          const told = apiVersion === 0 ? configs.map(withIsDefault) : configs
          return { ...error, resourceType, resourceName, configs: told }
        }),
      }
    },
    // Here Kafka tells its own text of the error, whatever the reason was.
    ({ resources }, errorCode, errorMessage) => ({
      results: resources.map(({ resourceType, resourceName }) => ({
        errorCode,
        errorMessage: textOf(errorCode) ?? errorMessage,
        resourceType,
        resourceName,
        configs: [],
      })),
    }),
  )

  function describe({ resourceType, resourceName }: Resource, options: DescribeOptions): DescribedConfig[] {
    const set = image.configs(resourceType, resourceName)
    switch (resourceType) {
      case ConfigResourceType.TOPIC:
        validateTopicName(resourceName)
        // Kafka tells this one without a text.
        if (image.topicByName(resourceName) === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', '')
        return describeTopic(set, config(), options)
      case ConfigResourceType.BROKER:
        if (resourceName === '') return describeBrokerDefaults(config(), options)
        checkIsThisBroker(resourceName, ' or empty string,')
        return describeBroker(config(), options)
      case ConfigResourceType.BROKER_LOGGER:
        if (resourceName === '') throw new KafkaError('INVALID_REQUEST', 'Broker id must not be empty')
        checkIsThisBroker(resourceName, '')
        return describeBrokerLoggers(loggers.levels(), options)
      case ConfigResourceType.CLIENT_METRICS:
        if (resourceName === '') {
          throw new KafkaError('INVALID_REQUEST', 'Client metrics subscription name must not be empty')
        }
        return describeClientMetrics(set, options)
      default:
        if (resourceName === '') throw new KafkaError('INVALID_REQUEST', 'Group name must not be empty')
        return describeGroup(set, config(), options)
    }
  }

  function checkIsThisBroker(resourceName: string, alternative: string): void {
    const { nodeId } = config()
    if (parseBrokerId(resourceName, 'Broker id') === nodeId) return
    throw new KafkaError(
      'INVALID_REQUEST',
      `Unexpected broker id, expected ${nodeId}${alternative} but received ${resourceName}`,
    )
  }
}

/** Before clients were told where a value is from. */
function withIsDefault(config: DescribedConfig) {
  return { ...config, isDefault: config.configSource === DEFAULT_CONFIG }
}

/** A type that does not exist fails the request as a whole: nobody could say who may see it. */
function checkType({ resourceType, resourceName }: Resource): void {
  const { UNKNOWN, ...types } = ConfigResourceType
  const known: readonly number[] = Object.values(types)
  if (known.includes(resourceType)) return
  throw new KafkaError('INVALID_REQUEST', `Unexpected resource type UNKNOWN for resource ${resourceName}`)
}

/** A result that went well has an empty text. */
function attempt(describe: () => DescribedConfig[]): ApiError & { configs: DescribedConfig[] } {
  try {
    return { errorCode: ErrorCode.NONE, errorMessage: '', configs: describe() }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { errorCode: error.code, errorMessage: error.errorMessage, configs: [] }
  }
}
