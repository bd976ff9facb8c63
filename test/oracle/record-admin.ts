// Records what Apache Kafka answers to the admin questions: `tsx test/oracle/record-admin.ts`, after they changed.
// Writes test/facts/kafka-admin-answers.jsonl.gz, one answer a line, in the order of the questions.
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { type Api, apis, fromJson, type Infer, toJson } from '../../src/wire/index.ts'
import { RawClient } from '../support/raw-client.ts'
import { AFTERWARDS, PREPARES, type Question, type Scenario, scenarios } from './admin-questions.ts'
import { startKafka } from './kafka.ts'

const FACTS = new URL('../facts/kafka-admin-answers.jsonl.gz', import.meta.url)

async function idOf(client: RawClient, topic: string): Promise<string> {
  const request = { topics: [{ name: topic }], allowAutoTopicCreation: false }
  const { topics }: Infer<typeof apis.Metadata.response> = await client.send(apis.Metadata, 12, request)
  const [found] = topics
  return found?.errorCode === 0 ? found.topicId : ''
}

async function withIds(client: RawClient, request: Question['request']): Promise<unknown> {
  const names = new Set([...JSON.stringify(request).matchAll(/"id of ([^"]+)"/g)].map(([, name]) => name as string))
  let text = JSON.stringify(request)
  for (const name of names) text = text.replaceAll(`"id of ${name}"`, JSON.stringify(await idOf(client, name)))
  return JSON.parse(text)
}

/**
 * Until what was answered counts everywhere in the broker. It publishes the log in order, one batch after the other:
 * once it tells of an offset behind the end, everything up to there has been acted on.
 */
async function untilPublished(client: RawClient): Promise<void> {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const { topics: quorum } = await client.send(apis.DescribeQuorum, 2, { topics })
  const end = quorum[0]?.partitions[0]?.highWatermark ?? 0
  const software = { clientSoftwareName: 'questions', clientSoftwareVersion: '1' }
  while ((await client.send(apis.ApiVersions, 4, software)).finalizedFeaturesEpoch <= end) await delay(20)
}

async function answer(client: RawClient, { api: name, version, request, note, after }: Question): Promise<unknown> {
  while (after !== undefined && (await idOf(client, after)) === '') await delay(20)
  if (note === AFTERWARDS) await untilPublished(client)
  const api: Api = apis[name]
  const body = fromJson(api.request, version, await withIds(client, request))
  return toJson(api.response, version, await client.send(api, version, body))
}

/** Kafka's documentation is its own text; only that there is one is a fact. */
function withoutDocumentation(_key: string, value: unknown): unknown {
  const documented = typeof value === 'object' && value !== null && 'documentation' in value
  return documented && value.documentation !== null && value.documentation !== ''
    ? { ...value, documentation: 'text' }
    : value
}

async function record({ name, overrides, questions }: Scenario): Promise<string[]> {
  const kafka = await startKafka({ overrides })
  const client = await RawClient.connect(kafka.host, kafka.port, 'questions')
  try {
    const lines: string[] = []
    for (const question of questions) {
      const { api, version, note } = question
      const response = await answer(client, question).catch((error: unknown) => {
        throw new Error(`${api} ${version} (${note})`, { cause: error })
      })
      lines.push(JSON.stringify({ scenario: name, api, version, note, response }, withoutDocumentation))
      if (note.startsWith(PREPARES)) await untilPublished(client)
    }
    return lines
  } finally {
    client.close()
    await kafka.stop()
  }
}

const lines: string[] = []
for (const scenario of scenarios) lines.push(...(await record(scenario)))
writeFileSync(FACTS, gzipSync(`${lines.join('\n')}\n`, { level: 9 }))
console.log(`${lines.length} answers recorded`)
