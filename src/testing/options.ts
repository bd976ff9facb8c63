// What `startBroker` of odradek/testing takes, and the configs that follow from it.
import type { Logger } from '../io/index.ts'
import { MEMORY_DIRECTORY, type Snapshot } from './snapshots.ts'
import { type ApiVersionsOption, hasLegacyVersions } from './versions.ts'

export interface TopicOptions {
  /** Default: the broker's `num.partitions`, 1. */
  readonly partitions?: number
  /** Configs of the topic, as in Kafka. */
  readonly configs?: Readonly<Record<string, string | number | boolean>>
}

/** Topics by name: with options, or with a number of partitions alone; or only their names. */
export type TopicsOption = Readonly<Record<string, TopicOptions | number>> | readonly string[]

export interface TestBrokerOptions {
  /** Topics that are there when the broker is ready. */
  readonly topics?: TopicsOption
  /** Keeps the log in this directory instead of in memory. */
  readonly logDir?: string
  /** The port on 127.0.0.1; default 0, a free one. */
  readonly port?: number
  /** Listeners as in Kafka's `listeners`, in place of `port`: `PLAINTEXT://127.0.0.1:0,OTHER://127.0.0.1:0`. */
  readonly listeners?: string
  /**
   * Any config of a Kafka broker. It wins over everything else here, and over what is different from Kafka's defaults for
   * the sake of tests: one partition and one replica for internal topics, no delay of a group's first rebalance.
   */
  readonly config?: Readonly<Record<string, string | number | boolean>>
  /** The cluster's id, 22 characters of url-safe base64; default: a random one. */
  readonly clusterId?: string
  /** The broker's `node.id`; default 1. */
  readonly nodeId?: number
  /** Poses as an older Kafka (`'0.11'` … `'4.3'`), or serves single APIs otherwise: `{ Fetch: 11, Produce: [3, 8], DescribeCluster: false }`. */
  readonly apiVersions?: ApiVersionsOption
  /** What the broker begins with: a snapshot, or the file of one. Not together with `logDir`. */
  readonly snapshot?: Snapshot | string
  /** How many requests are remembered with their answers; default 1000. */
  readonly maxRequests?: number
  /** Is told what happens; silent where it is left out. A pino logger fits. */
  readonly logger?: Logger
  /** From which level on it is told. Default `info`. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

export interface NamedTopic extends TopicOptions {
  readonly name: string
}

export function namedTopics(topics: TopicsOption = []): NamedTopic[] {
  if (isNames(topics)) return topics.map((name) => ({ name }))
  return Object.entries(topics).map(([name, options]) =>
    typeof options === 'number' ? { name, partitions: options } : { name, ...options },
  )
}

function isNames(topics: TopicsOption): topics is readonly string[] {
  return Array.isArray(topics)
}

/** Different from Kafka's where that makes a test quicker and cannot change what it finds. */
const friendlyDefaults = {
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  // Logs are cleaned in the loop here, and small: a map of 128 MB is not for them.
  'log.cleaner.dedupe.buffer.size': '1048577',
}

export function propertiesOf({
  logDir,
  port = 0,
  listeners,
  nodeId = 1,
  apiVersions,
  config = {},
}: TestBrokerOptions): Record<string, string> {
  return {
    ...friendlyDefaults,
    listeners: listeners ?? `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': logDir ?? MEMORY_DIRECTORY,
    'node.id': String(nodeId),
    ...(hasLegacyVersions(apiVersions) && { 'odradek.legacy.versions': 'true' }),
    ...Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)])),
  }
}
