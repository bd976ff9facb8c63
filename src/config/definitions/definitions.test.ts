import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { brokerConfigs } from './broker-configs.ts'
import { clientMetricsConfigs } from './client-metrics-configs.ts'
import type { ConfigDefinition, ConfigDefinitions } from './definition.ts'
import { groupConfigs } from './group-configs.ts'
import { topicConfigs } from './topic-configs.ts'

interface Fact {
  readonly name: string
  readonly type: string
  readonly default: string | null
  readonly valid?: string
  readonly importance: string
  readonly internal?: boolean
}

function facts(kind: string): Fact[] {
  return JSON.parse(readFileSync(new URL(`../../../test/facts/${kind}-configs.json`, import.meta.url), 'utf8'))
}

/** The way Kafka prints a validator. */
function valid({ min, max, oneOf, oneOfAnyCase, check }: ConfigDefinition): string | undefined {
  if (min !== undefined) return max === undefined ? `[${min},...]` : `[${min},...,${max}]`
  if (oneOf !== undefined) return `[${oneOf.join(', ')}]`
  if (oneOfAnyCase !== undefined) return `(case insensitive) [${oneOfAnyCase.join(', ')}]`
  switch (check) {
    case 'distinct':
    case 'distinct-non-empty':
      return ''
    case 'non-empty':
      return 'non-empty string'
    case 'non-null':
      return 'non-null string'
    case 'gzip-level':
      return '[1,...,9] or -1'
    case 'throttled-replicas':
      return '[partitionId]:[brokerId],[partitionId]:[brokerId],...'
    case 'quorum-voters':
    case 'bootstrap-servers':
      return 'non-empty list'
    case 'share-offset-reset':
      return '[latest, earliest, by_duration:PnDTnHnMn.nS]'
    case undefined:
      return undefined
  }
}

function asFacts(definitions: ConfigDefinitions): Fact[] {
  return Object.entries(definitions).map(([name, definition]) => ({
    name,
    type: definition.type,
    default: definition.required ? '(required)' : definition.default,
    valid: valid(definition),
    importance: definition.importance,
    internal: definition.internal,
  }))
}

test.each([
  ['broker', brokerConfigs],
  ['topic', topicConfigs],
  ['group', groupConfigs],
] as const)(
  'every %s config of Kafka is there with its type, default, validity and importance',
  (kind, definitions) => {
    expect(asFacts(definitions)).toEqual(facts(kind))
  },
)

test.each([
  ['broker', brokerConfigs],
  ['topic', topicConfigs],
  ['group', groupConfigs],
  ['client metrics', clientMetricsConfigs],
] as const)('every %s config is documented', (_, definitions: ConfigDefinitions) => {
  const undocumented = Object.entries(definitions).filter(([, { doc }]) => doc === null || doc === '')
  expect(undocumented.map(([name]) => name)).toEqual([])
})

test('the broker configs behind topic and group configs exist', () => {
  const all: ConfigDefinitions = { ...topicConfigs, ...groupConfigs }
  const missing = Object.values(all)
    .flatMap(({ broker }) => broker ?? [])
    .filter((name) => !Object.hasOwn(brokerConfigs, name))
  expect(missing).toEqual([])
})
