// The broker's configuration as it is now: what it was started with under the dynamic configs of the image. Everyone
// who acts on a config asks here, or is told when something changed.
import { type BrokerConfig, ConfigResourceType, resolveTopicConfig, type TopicConfig } from '../config/index.ts'
import type { Logger } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import type { MetadataImage } from './image.ts'

export interface ConfigChanges {
  /** Whether the broker's own configuration is a new one. */
  readonly broker: boolean
  /** The topics whose configuration may be different: all of them after a change of the broker's. */
  readonly topics: Iterable<string>
}

export class LiveConfig {
  readonly #image: MetadataImage
  readonly #log: Logger
  readonly #topics = new Map<string, TopicConfig>()
  readonly #listeners = new Set<(changes: ConfigChanges) => void>()
  #broker: BrokerConfig

  constructor(started: BrokerConfig, image: MetadataImage, log: Logger) {
    this.#broker = started
    this.#image = image
    this.#log = log
    this.#reload()
    image.subscribe(({ configsChanged, topicsCreated, topicsDeleted }) => {
      for (const { name } of [...topicsDeleted, ...topicsCreated]) this.#topics.delete(name)
      const { TOPIC, BROKER } = ConfigResourceType
      const own = String(this.#broker.nodeId)
      const broker = configsChanged.some(
        ({ resourceType, resourceName }) => resourceType === BROKER && (resourceName === '' || resourceName === own),
      )
      if (broker) this.#reload()
      const changed = configsChanged.filter(({ resourceType }) => resourceType === TOPIC)
      for (const { resourceName } of changed) this.#topics.delete(resourceName)
      if (!broker && changed.length === 0) return
      const topics = broker
        ? Array.from(image.topics(), ({ name }) => name)
        : changed.map(({ resourceName }) => resourceName).filter((name) => image.topicByName(name) !== undefined)
      for (const listener of this.#listeners) listener({ broker, topics })
    })
  }

  get broker(): BrokerConfig {
    return this.#broker
  }

  /** The resolved configs of a topic: the same object until something changes. */
  topic(name: string): TopicConfig {
    let resolved = this.#topics.get(name)
    if (resolved === undefined) {
      resolved = resolveTopicConfig(this.#image.topicConfigs(name), this.#broker)
      this.#topics.set(name, resolved)
    }
    return resolved
  }

  /** Calls `listener` after each change. Returns how to stop. */
  subscribe(listener: (changes: ConfigChanges) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #reload(): void {
    const { BROKER } = ConfigResourceType
    const defaults = this.#image.configs(BROKER, '')
    const own = this.#image.configs(BROKER, String(this.#broker.nodeId))
    this.#topics.clear()
    try {
      this.#broker = this.#broker.withDynamic(defaults, own)
    } catch (error) {
      // Stored under other static configs, and no longer possible with these: Kafka goes on without them.
      if (!(error instanceof KafkaError)) throw error
      this.#log.error({ error: error.message }, 'dynamic configs were not applied')
    }
  }
}
