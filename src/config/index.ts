// The front door of the room: every config of Kafka as typed data, a broker's and a topic's resolved configuration,
// and what DescribeConfigs and AlterConfigs say about them. Pure functions over data; reads no file, keeps no state.

export type { HostAndPort, Listener, SecurityProtocol, Voter } from './addresses.ts'
export {
  type AlterContext,
  AlterOperation,
  alterBrokerLoggers,
  alterByReplacing,
  alterIncrementally,
  type ConfigChange,
  type ConfigOperation,
  type ConfigResource,
  ConfigResourceType,
  checkOperations,
  checkReplacement,
  isSupportedConfig,
} from './alter.ts'
export { connectionsPerIpOverrides } from './broker-checks.ts'
export {
  type BrokerConfig,
  type BrokerConfigSources,
  type BrokerConfigValue,
  type ConfigMap,
  loadBrokerConfig,
  type ProcessRole,
} from './broker-config.ts'
export { type ClientMetricsConfig, resolveClientMetrics } from './client-metrics.ts'
export type { BrokerConfigName } from './definitions/broker-configs.ts'
export type { ConfigDefinition, ConfigValue } from './definitions/definition.ts'
export type { TopicConfigName } from './definitions/topic-configs.ts'
export {
  type ConfigSynonym,
  type DescribedConfig,
  type DescribeOptions,
  describeBroker,
  describeBrokerDefaults,
  describeBrokerLoggers,
  describeClientMetrics,
  describeGroup,
  describeNewTopic,
  describeTopic,
} from './describe.ts'
export { resolveGroupConfig } from './groups.ts'
export { inHashOrder } from './hash-order.ts'
export {
  type CompressionType,
  newTopicConfigs,
  resolveTopicConfig,
  type TimestampType,
  type TopicConfig,
  topicValue,
} from './topic-config.ts'
