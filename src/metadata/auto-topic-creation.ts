// Topics that come to be because someone asked for them: a client's Metadata request, or a coordinator that needs its
// internal topic. Answers at once with what Kafka answers while the topic is on its way; the client asks again.
import type { BrokerConfig } from '../config/index.ts'
import type { Logger } from '../io/index.ts'
import { ErrorCode } from '../wire/index.ts'
import type { Controller } from './controller.ts'
import { automaticTopic } from './internal-topics.ts'
import { isValidTopicName } from './topic-names.ts'

export class AutoTopicCreation {
  readonly #controller: Pick<Controller, 'createTopics'>
  readonly #config: () => BrokerConfig
  readonly #log: Logger
  /** What was asked of the controller and not answered yet: asked once, however often clients do. */
  readonly #inFlight = new Set<string>()

  constructor(controller: Pick<Controller, 'createTopics'>, config: () => BrokerConfig, log: Logger) {
    this.#controller = controller
    this.#config = config
    this.#log = log
  }

  /** Starts the creation where it can be; returns the code that each name has in the meantime. */
  create(names: Iterable<string>): Map<string, number> {
    const codes = new Map<string, number>()
    const missing: string[] = []
    for (const name of names) {
      const valid = isValidTopicName(name)
      codes.set(name, valid ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION)
      if (valid && !this.#inFlight.has(name)) missing.push(name)
    }
    if (missing.length > 0) void this.#send(missing)
    return codes
  }

  async #send(names: readonly string[]): Promise<void> {
    for (const name of names) this.#inFlight.add(name)
    try {
      const topics = names.map((name) => ({ name, ...automaticTopic(name, this.#config()) }))
      for (const { name, errorCode, errorMessage } of await this.#controller.createTopics(topics)) {
        if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS) {
          this.#log.warn({ topic: name, errorCode, errorMessage }, 'a topic could not be created automatically')
        }
      }
    } catch (error) {
      this.#log.warn({ topics: names, error: String(error) }, 'topics could not be created automatically')
    } finally {
      for (const name of names) this.#inFlight.delete(name)
    }
  }
}
