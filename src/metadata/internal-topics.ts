// The topics that Kafka keeps for itself, and what each is created with.
import type { BrokerConfig } from '../config/index.ts'

export const CONSUMER_OFFSETS = '__consumer_offsets'
export const TRANSACTION_STATE = '__transaction_state'
export const SHARE_GROUP_STATE = '__share_group_state'
export const CLUSTER_METADATA = '__cluster_metadata'
export const CLUSTER_METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

const internalTopics: ReadonlySet<string> = new Set([CONSUMER_OFFSETS, TRANSACTION_STATE, SHARE_GROUP_STATE])

export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name)
}

interface TopicTemplate {
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: readonly { readonly name: string; readonly value: string }[]
}

const asConfigs = (configs: Readonly<Record<string, string | number>>): TopicTemplate['configs'] =>
  Object.entries(configs).map(([name, value]) => ({ name, value: String(value) }))

/** How Kafka creates this topic when it creates it by itself; for any other topic, the broker's defaults. */
export function automaticTopic(name: string, config: BrokerConfig): TopicTemplate {
  switch (name) {
    case CONSUMER_OFFSETS:
      return {
        numPartitions: config.get('offsets.topic.num.partitions'),
        replicationFactor: config.get('offsets.topic.replication.factor'),
        configs: asConfigs({
          'compression.type': 'producer',
          'cleanup.policy': 'compact',
          'segment.bytes': config.get('offsets.topic.segment.bytes'),
        }),
      }
    case TRANSACTION_STATE:
      return {
        numPartitions: config.get('transaction.state.log.num.partitions'),
        replicationFactor: config.get('transaction.state.log.replication.factor'),
        configs: asConfigs({
          'compression.type': 'uncompressed',
          'cleanup.policy': 'compact',
          'min.insync.replicas': config.get('transaction.state.log.min.isr'),
          'segment.bytes': config.get('transaction.state.log.segment.bytes'),
          'unclean.leader.election.enable': 'false',
        }),
      }
    case SHARE_GROUP_STATE:
      return {
        numPartitions: config.get('share.coordinator.state.topic.num.partitions'),
        replicationFactor: config.get('share.coordinator.state.topic.replication.factor'),
        configs: asConfigs({
          'compression.type': 'producer',
          'cleanup.policy': 'delete',
          'min.insync.replicas': config.get('share.coordinator.state.topic.min.isr'),
          'segment.bytes': config.get('share.coordinator.state.topic.segment.bytes'),
          'retention.ms': '-1',
        }),
      }
  }
  return {
    numPartitions: config.get('num.partitions'),
    replicationFactor: config.get('default.replication.factor'),
    configs: [],
  }
}
