// The tables of docs/ that follow from the code: what is served, and which configs act.
import { readFileSync } from 'node:fs'
import { brokerConfigs } from '../../src/config/definitions/broker-configs.ts'
import type { ConfigDefinitions } from '../../src/config/definitions/definition.ts'
import { groupConfigs } from '../../src/config/definitions/group-configs.ts'
import { topicConfigs } from '../../src/config/definitions/topic-configs.ts'
import { startBroker } from '../../src/index.ts'
import { apis, versionRange } from '../../src/wire/index.ts'
import { RawClient } from '../support/raw-client.ts'
import { clientTable } from './client-table.ts'

export interface Section {
  readonly file: string
  readonly section: string
  readonly content: string
}

export async function generated(): Promise<Section[]> {
  return [
    { file: 'compatibility.md', section: 'apis', content: await apiTable() },
    { file: 'compatibility.md', section: 'clients', content: clientTable() },
    { file: 'configuration.md', section: 'broker', content: configTable(brokerConfigs) },
    { file: 'configuration.md', section: 'topic', content: configTable(topicConfigs) },
    { file: 'configuration.md', section: 'group', content: configTable(groupConfigs) },
  ]
}

interface Fact {
  readonly apiKey: number
  readonly type: string
  readonly name: string
  readonly validVersions: string
  readonly latestVersionUnstable?: boolean
  readonly listeners?: readonly string[]
}

interface Range {
  readonly min: number
  readonly max: number
}

/** What a broker of Kafka 4.3 serves to clients. */
function kafkaApis(): (Range & { key: number; name: string })[] {
  const lines = readFileSync(new URL('../facts/messages-4.3.1.json', import.meta.url), 'utf8').split('\n')
  return lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line.replace(/,$/, '')) as Fact)
    .filter(({ type, listeners }) => type === 'request' && listeners?.includes('broker'))
    .flatMap(({ apiKey: key, name, validVersions, latestVersionUnstable }) => {
      const range = versionRange(validVersions)
      if (range === undefined) return []
      return {
        key,
        name: name.replace(/Request$/, ''),
        min: range.min,
        max: range.max - (latestVersionUnstable ? 1 : 0),
      }
    })
    .sort((a, b) => a.key - b.key)
}

/** What this broker advertises, with all that may be plugged in. */
async function servedApis(): Promise<Map<number, Range>> {
  const properties = { listeners: 'PLAINTEXT://127.0.0.1:0' }
  const broker = await startBroker({ memory: true, properties, clientTelemetry: () => undefined })
  try {
    const client = await RawClient.connect(broker.host, broker.port)
    const { apiKeys } = await client.send(apis.ApiVersions, 0, {})
    client.close()
    return new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]))
  } finally {
    await broker.close()
  }
}

const show = ({ min, max }: Range) => (min === max ? `${min}` : `${min}-${max}`)

async function apiTable(): Promise<string> {
  const served = await servedApis()
  const kafka = kafkaApis()
  const lines = kafka.map(({ key, name, ...range }) => {
    const ours = served.get(key)
    return `| ${key} | ${name} | ${show(range)} | ${ours === undefined ? 'not yet' : show(ours)} |`
  })
  const missing = kafka.filter(({ key }) => !served.has(key)).length
  return [
    `${served.size} of the ${kafka.length} APIs that a broker of Kafka 4.3 has for its clients are served; ${missing} are not there yet.`,
    '',
    '| key | API | Kafka 4.3 | Odradek |',
    '|---:|---|---|---|',
    ...lines,
  ].join('\n')
}

const escaped = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

function configTable(definitions: ConfigDefinitions): string {
  const lines = Object.entries(definitions)
    .filter(([, { internal }]) => !internal)
    .map(([name, { type, default: value, effect, doc }]) => {
      const shown = value === null ? '' : `\`${value === '' ? ' ' : value}\``
      return `| \`${name}\` | ${type.toLowerCase()} | ${shown} | ${effect === 'acts' ? '**acts**' : 'accepted'} | ${escaped(doc ?? '')} |`
    })
  return ['| config | type | default | | |', '|---|---|---|---|---|', ...lines].join('\n')
}
