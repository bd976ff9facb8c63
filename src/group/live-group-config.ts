// The configs that groups run with, as they are now: a group's own values within the broker's bounds, else the broker's.
import { type BrokerConfig, ConfigResourceType, resolveGroupConfig } from '../config/index.ts'
import type { MetadataImage } from '../metadata/index.ts'

type GroupConfig = ReturnType<typeof resolveGroupConfig>

interface Resolved {
  readonly overrides: unknown
  readonly broker: BrokerConfig
  readonly config: GroupConfig
}

export class LiveGroupConfig {
  readonly #broker: () => BrokerConfig
  readonly #image: MetadataImage
  /** Of the groups that have configs of their own; each while nothing changes. */
  readonly #resolved = new Map<string, Resolved>()

  constructor(broker: () => BrokerConfig, image: MetadataImage) {
    this.#broker = broker
    this.#image = image
  }

  get broker(): BrokerConfig {
    return this.#broker()
  }

  sessionTimeoutMs(groupId: string): number {
    const own = this.#ownOf(groupId)
    return own?.['consumer.session.timeout.ms'] ?? this.broker.get('group.consumer.session.timeout.ms')
  }

  heartbeatIntervalMs(groupId: string): number {
    const own = this.#ownOf(groupId)
    return own?.['consumer.heartbeat.interval.ms'] ?? this.broker.get('group.consumer.heartbeat.interval.ms')
  }

  assignmentIntervalMs(groupId: string): number {
    const own = this.#ownOf(groupId)
    return own?.['consumer.assignment.interval.ms'] ?? this.broker.get('group.consumer.assignment.interval.ms')
  }

  /** Undefined where the group has set nothing. The image gives a new map of the configs with each change. */
  #ownOf(groupId: string): GroupConfig | undefined {
    const overrides = this.#image.configs(ConfigResourceType.GROUP, groupId)
    if (overrides.size === 0) {
      this.#resolved.delete(groupId)
      return undefined
    }
    const { broker } = this
    const known = this.#resolved.get(groupId)
    if (known?.overrides === overrides && known.broker === broker) return known.config
    const config = resolveGroupConfig(overrides, broker)
    this.#resolved.set(groupId, { overrides, broker, config })
    return config
  }
}
