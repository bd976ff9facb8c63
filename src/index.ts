// The public API: what `import … from 'odradek'` gives.
import { Broker } from './broker.ts'
import { loadBrokerConfig } from './config/index.ts'
import { type Logger, MemoryFileSystem, realIo } from './io/index.ts'
import type { TelemetryReceiver } from './telemetry/index.ts'

export type { Broker } from './broker.ts'
export type { Logger } from './io/index.ts'
export type { ClientTelemetry, TelemetryReceiver } from './telemetry/index.ts'
export { version } from './version.ts'
export { ErrorCode, KafkaError } from './wire/index.ts'

export interface BrokerOptions {
  /** Configs as in Kafka's server.properties; what is not here has Kafka's default. */
  readonly properties?: Readonly<Record<string, string>>
  /** Keeps the log in memory: nothing of it touches the disk, and it ends with the broker. */
  readonly memory?: boolean
  /** The id of a new cluster, 22 characters of url-safe base64; a random one where it is left out. */
  readonly clusterId?: string
  /** Is told what happens; silent where it is left out. A pino logger fits. */
  readonly logger?: Logger
  /** From which level on it is told; clients may change it while the broker runs (KIP-412). Default `info`. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /**
   * Takes the metrics that clients push (KIP-714), as subscriptions in CLIENT_METRICS resources ask for them. Without
   * it, clients are not told that they could. What it throws is logged, and the client told INVALID_RECORD.
   */
  readonly clientTelemetry?: TelemetryReceiver
}

const levels = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR', silent: 'FATAL' } as const

/**
 * Starts a broker in this process: one node that is its own quorum, as Kafka's combined mode.
 *
 * It listens where `listeners` says (default `PLAINTEXT://127.0.0.1:9092`; port 0 takes a free one, see `port`) and
 * keeps its log in `log.dirs` (default `/tmp/kafka-logs`, as Kafka). Resolves when clients can connect. Rejects with a
 * `KafkaError` INVALID_CONFIG for a configuration that Kafka would refuse, with KAFKA_STORAGE_ERROR where another
 * broker has the log directory, and with Node's error where a port cannot be had.
 *
 * @example
 * const broker = await startBroker({ memory: true, properties: { listeners: 'PLAINTEXT://127.0.0.1:0' } })
 * // … connect to `${broker.host}:${broker.port}` …
 * await broker.close()
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { properties, memory = false, clusterId, logger, logLevel = 'info', clientTelemetry } = options
  const real = realIo(logger)
  const io = memory ? { ...real, fs: new MemoryFileSystem(real.clock.now) } : real
  const config = loadBrokerConfig({ overrides: properties })
  return Broker.start({ io, config, clusterId, logLevel: levels[logLevel], clientTelemetry })
}
