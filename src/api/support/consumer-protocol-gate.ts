// Whether consumers may use the protocol of KIP-848: the broker offers it, and the cluster's feature level has it.
import type { BrokerConfig } from '../../config/index.ts'
import type { MetadataImage } from '../../metadata/index.ts'

export interface ConsumerProtocolGate {
  readonly image: MetadataImage
  readonly config: () => BrokerConfig
}

const GROUP_VERSION = 'group.version'
const HAS_CONSUMER_PROTOCOL = 1

export function servesConsumerGroups({ image, config }: ConsumerProtocolGate): boolean {
  const isOffered = config().get('group.coordinator.rebalance.protocols').includes('consumer')
  return isOffered && (image.features.get(GROUP_VERSION) ?? 0) >= HAS_CONSUMER_PROTOCOL
}
