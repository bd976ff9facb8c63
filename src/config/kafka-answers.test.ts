// Holds the room to what a real Kafka 4.3.1 answered: recorded DescribeConfigs, CreateTopics and
// IncrementalAlterConfigs in test/facts/kafka-configs.json, and start-up checks in kafka-broker-config-checks.json.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { KafkaError } from '../wire/errors.ts'
import { alterIncrementally, applyChanges, ConfigResourceType, checkOperations } from './alter.ts'
import { type BrokerConfig, loadBrokerConfig } from './broker-config.ts'
import {
  type DescribedConfig,
  describeBroker,
  describeBrokerDefaults,
  describeClientMetrics,
  describeGroup,
  describeTopic,
} from './describe.ts'
import { newTopicConfigs } from './topic-config.ts'

type Refusal = { readonly error: string; readonly message: string } | null
/** name, value, source, sensitive, readOnly, type, synonyms of [name, value, source] */
type Row = readonly [string, string | null, number, boolean, boolean, number, readonly (readonly unknown[])[]]
type Step =
  | { do: 'describe'; type: number; name: string; configs: Row[] }
  | { do: 'create'; keep: boolean; name: string; configs: [string, string | null][]; refused: Refusal }
  | {
      do: 'alter'
      keep: boolean
      type: number
      name: string
      operations: [string, number, string | null][]
      refused: Refusal
    }

function facts<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../../test/facts/${file}`, import.meta.url), 'utf8'))
}

/** A cluster of one broker, as far as its configs go. */
class Cluster {
  readonly #topics = new Map<string, ReadonlyMap<string, string>>()
  readonly #groups = new Map<string, ReadonlyMap<string, string>>()
  readonly #clientMetrics = new Map<string, ReadonlyMap<string, string>>()
  // Formatting a node with eligible leader replicas writes this one.
  #defaults: ReadonlyMap<string, string> = new Map([['min.insync.replicas', '1']])
  #broker: ReadonlyMap<string, string> = new Map()
  #config: BrokerConfig

  constructor(properties: string) {
    this.#config = loadBrokerConfig({ properties }).withDynamic(this.#defaults, this.#broker)
  }

  describe(type: number, name: string): DescribedConfig[] {
    const all = { includeSynonyms: true, includeDocumentation: true }
    if (type === ConfigResourceType.TOPIC) return describeTopic(this.#of(this.#topics, name), this.#config, all)
    if (type === ConfigResourceType.GROUP) return describeGroup(this.#of(this.#groups, name), this.#config, all)
    if (type === ConfigResourceType.CLIENT_METRICS)
      return describeClientMetrics(this.#of(this.#clientMetrics, name), all)
    return name === '' ? describeBrokerDefaults(this.#config, all) : describeBroker(this.#config, all)
  }

  create(name: string, configs: [string, string | null][], keep: boolean): void {
    const created = newTopicConfigs(configs, this.#config)
    if (keep) this.#topics.set(name, created)
  }

  alter(type: number, name: string, operations: [string, number, string | null][], keep: boolean): void {
    const current =
      type === ConfigResourceType.BROKER
        ? name === ''
          ? this.#defaults
          : this.#broker
        : this.#of(this.#storeOf(type), name)
    const resource = { resourceType: type, resourceName: name }
    const asked = operations.map(([key, configOperation, value]) => ({ name: key, configOperation, value }))
    checkOperations(resource, asked, current, this.#config)
    const changes = alterIncrementally(resource, asked, current, {
      broker: this.#config,
      eligibleLeaderReplicas: true,
      cordonedLogDirs: true,
      validateTopicName: () => undefined,
    })
    if (!keep) return
    const next = applyChanges(current, changes)
    if (type !== ConfigResourceType.BROKER) {
      this.#storeOf(type).set(name, next)
      return
    }
    if (name === '') this.#defaults = next
    else this.#broker = next
    this.#config = this.#config.withDynamic(this.#defaults, this.#broker)
  }

  #storeOf(type: number): Map<string, ReadonlyMap<string, string>> {
    if (type === ConfigResourceType.TOPIC) return this.#topics
    return type === ConfigResourceType.GROUP ? this.#groups : this.#clientMetrics
  }

  #of(store: ReadonlyMap<string, ReadonlyMap<string, string>>, name: string): ReadonlyMap<string, string> {
    return store.get(name) ?? new Map()
  }
}

function refusal(act: () => void): Refusal {
  try {
    act()
    return null
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { error: error.codeName, message: error.message }
  }
}

function asRow(config: DescribedConfig): Row {
  const synonyms = config.synonyms.map(({ name, value, source }) => [name, value, source])
  const { name, value, configSource, isSensitive, readOnly, configType } = config
  return [name, value, configSource, isSensitive, readOnly, configType, synonyms]
}

describe.each(facts<{ properties: string; steps: Step[] }[]>('kafka-configs.json'))('as Kafka answered', (recorded) => {
  const cluster = new Cluster(recorded.properties)
  test.each(recorded.steps.map((step, at) => [at, step.do, JSON.stringify(step).slice(0, 150), step] as const))(
    '%i: %s %s',
    (_at, _do, _text, step) => {
      switch (step.do) {
        case 'describe':
          expect(cluster.describe(step.type, step.name).map(asRow)).toEqual(step.configs)
          return
        case 'create':
          expect(refusal(() => cluster.create(step.name, step.configs, step.keep))).toEqual(step.refused)
          return
        case 'alter':
          expect(refusal(() => cluster.alter(step.type, step.name, step.operations, step.keep))).toEqual(step.refused)
      }
    },
  )
})

describe('a broker starts, or is refused, as Kafka would', () => {
  const base: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': '1@127.0.0.1:39393',
    listeners: 'PLAINTEXT://127.0.0.1:39392,CONTROLLER://127.0.0.1:39393',
    'inter.broker.listener.name': 'PLAINTEXT',
    'advertised.listeners': 'PLAINTEXT://127.0.0.1:39392',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': '/data',
  }
  const recorded = facts<{ set: Record<string, string>; unset: string[]; refused: string | null }[]>(
    'kafka-broker-config-checks.json',
  )
  // Where this broker has a default and Kafka has none, and what only a JVM can know of a class.
  const different = new Set(['-node.id', '-controller.listener.names'])
  const classes = new Set(['java.lang.String', 'org.apache.kafka.NoSuch'])
  const cases = recorded.filter(
    ({ set, unset }) =>
      !(Object.keys(set).length === 0 && unset.some((name) => different.has(`-${name}`))) &&
      !classes.has(set['principal.builder.class'] ?? ''),
  )
  test.each(cases.map((check) => [JSON.stringify([check.set, check.unset]), check] as const))('%s', (_, check) => {
    const overrides = { ...base, ...check.set }
    for (const name of check.unset) delete overrides[name]
    expect(refusal(() => loadBrokerConfig({ overrides }))?.message ?? null).toEqual(check.refused)
  })
})
