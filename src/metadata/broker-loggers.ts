// The broker's loggers and their levels, which clients may change while it runs (KIP-412). One logger for each part of
// the broker, all over one sink; a level that nobody set is the root's. Lasts as long as the process, as in Kafka.
import type { ConfigChange, ConfigMap } from '../config/index.ts'
import type { Logger } from '../io/index.ts'

/** As Kafka prints them, the most talkative first. */
const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const
export type LogLevel = (typeof levels)[number]

const ROOT = 'root'

export class BrokerLoggers {
  readonly #sink: Logger
  readonly #names = new Set<string>()
  /** What was set; the root's is always there. */
  readonly #set: Map<string, LogLevel>

  /** The sink must let through all that a client may turn on. */
  constructor(sink: Logger, rootLevel: LogLevel) {
    this.#sink = sink
    this.#set = new Map([[ROOT, rootLevel]])
  }

  /** The logger of one part of the broker; from now on clients see it. */
  logger(name: string): Logger {
    this.#names.add(name)
    const method =
      (method: keyof Logger, level: LogLevel) =>
      (details: object, message: string): void => {
        if (levels.indexOf(level) >= levels.indexOf(this.#levelOf(name))) this.#sink[method](details, message)
      }
    return {
      debug: method('debug', 'DEBUG'),
      info: method('info', 'INFO'),
      warn: method('warn', 'WARN'),
      error: method('error', 'ERROR'),
    }
  }

  /** Every logger with the level that counts for it. */
  levels(): ConfigMap {
    return new Map([ROOT, ...this.#names].map((name) => [name, this.#levelOf(name)]))
  }

  /** Sets levels; null goes back to the root's. The changes are checked before (config's alterBrokerLoggers). */
  apply(changes: readonly ConfigChange[]): void {
    for (const { name, value } of changes) {
      const level = levels.find((known) => known === value)
      if (level !== undefined) this.#set.set(name, level)
      else if (name !== ROOT) this.#set.delete(name)
    }
  }

  #levelOf(name: string): LogLevel {
    return this.#set.get(name) ?? this.#set.get(ROOT) ?? 'INFO'
  }
}
