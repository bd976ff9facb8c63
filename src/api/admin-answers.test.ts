// Holds the admin APIs to what a real Kafka 4.3.1 answered to the same requests in the same order: recorded by
// test/oracle/record-admin.ts in test/facts/kafka-admin-answers.jsonl.gz. The handlers run over a controller in memory.
import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Difference, differences, Normalizer } from '../../test/differ/compare.ts'
import { type Question, type Scenario, scenarios } from '../../test/oracle/admin-questions.ts'
import { loadBrokerConfig } from '../config/index.ts'
import { type LogLine, testIo } from '../io/testing.ts'
import { AutoTopicCreation, BrokerLoggers, Controller, LiveConfig, MemoryJournal } from '../metadata/index.ts'
import type { Connection } from '../server/connection.ts'
import { ApiDispatcher } from '../server/dispatch.ts'
import {
  type Api,
  apis,
  decode,
  encodeRequest,
  fromJson,
  type Json,
  Reader,
  ResponseHeader,
  read,
  responseHeaderVersion,
  toJson,
} from '../wire/index.ts'
import { alterConfigsApi } from './alter-configs.ts'
import { alterPartitionReassignmentsApi } from './alter-partition-reassignments.ts'
import { apiVersionsApi } from './api-versions.ts'
import { createPartitionsApi } from './create-partitions.ts'
import { createTopicsApi } from './create-topics.ts'
import { deleteTopicsApi } from './delete-topics.ts'
import { describeClusterApi } from './describe-cluster.ts'
import { describeConfigsApi } from './describe-configs.ts'
import { describeQuorumApi } from './describe-quorum.ts'
import { describeTopicPartitionsApi } from './describe-topic-partitions.ts'
import { electLeadersApi } from './elect-leaders.ts'
import type { ApiHandler } from './handler.ts'
import { incrementalAlterConfigsApi } from './incremental-alter-configs.ts'
import { listConfigResourcesApi } from './list-config-resources.ts'
import { listPartitionReassignmentsApi } from './list-partition-reassignments.ts'
import { metadataApi } from './metadata.ts'
import { unregisterBrokerApi } from './unregister-broker.ts'
import { updateFeaturesApi } from './update-features.ts'

interface Answer {
  readonly scenario: string
  readonly api: string
  readonly version: number
  readonly note: string
  readonly response: Json
}

const facts = new URL('../../test/facts/kafka-admin-answers.jsonl.gz', import.meta.url)
const answers: Answer[] = gunzipSync(readFileSync(facts))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

const LISTENER = 'PLAINTEXT'
const PLAINTEXT = 0

/** One node without a disk or a socket: frames in, frames out. */
class Node {
  readonly lines: LogLine[]
  readonly #controller: Controller
  readonly #dispatcher: ApiDispatcher
  readonly #registration

  constructor(overrides: Readonly<Record<string, string>>) {
    const { clock, random, log, lines } = testIo()
    this.lines = lines
    const started = loadBrokerConfig({
      overrides: {
        listeners: `${LISTENER}://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093`,
        'controller.quorum.voters': '1@127.0.0.1:9093',
        'log.dirs': '/data',
        ...overrides,
      },
    })
    let live: LiveConfig | undefined
    const config = () => live?.broker ?? started
    const controller = new Controller({
      journal: Object.assign(new MemoryJournal(), { kraftVersion: 1, directoryId: random.uuid() }),
      clusterId: '4L6g3nShT-eMCtK--X86sw',
      nodeId: 1,
      config,
      clock,
      random,
      onFatal: (error) => expect.unreachable(String(error)),
    })
    const { image } = controller
    live = new LiveConfig(started, image, log)
    this.#controller = controller
    this.#registration = {
      nodeId: 1,
      incarnationId: random.uuid(),
      endpoints: [{ name: LISTENER, host: '127.0.0.1', port: 9092, securityProtocol: PLAINTEXT }],
      controllerEndpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 9093, securityProtocol: PLAINTEXT }],
      rack: started.get('broker.rack'),
      logDirs: [random.uuid()],
    }
    const autoTopicCreation = new AutoTopicCreation(controller, config, log)
    const loggers = new BrokerLoggers(log, 'INFO')
    const handlers: ApiHandler[] = [
      metadataApi({ image, config, autoTopicCreation }),
      apiVersionsApi({ handlers: () => handlers, features: () => controller.features }),
      createTopicsApi({ controller, config }),
      deleteTopicsApi({ controller, image, config }),
      createPartitionsApi({ controller }),
      describeConfigsApi({ image, config, loggers }),
      alterConfigsApi({ controller }),
      incrementalAlterConfigsApi({ controller, config, loggers }),
      listConfigResourcesApi({ image }),
      describeTopicPartitionsApi({ image, config }),
      describeClusterApi({ image }),
      updateFeaturesApi({ controller }),
      describeQuorumApi({ controller, image }),
      electLeadersApi({ controller }),
      alterPartitionReassignmentsApi({ controller }),
      listPartitionReassignmentsApi({ image }),
      unregisterBrokerApi({ controller }),
    ]
    this.#dispatcher = new ApiDispatcher(handlers, log)
  }

  async start(): Promise<void> {
    await this.#controller.start(this.#registration)
    await this.#controller.registerBroker(this.#registration)
    await this.#controller.unfenceBroker(1)
  }

  async answer({ api: name, version, request, after }: Question): Promise<Json> {
    const api: Api = apis[name]
    while (after !== undefined && this.#controller.image.topicByName(after) === undefined) await turn()
    const body = fromJson(api.request, version, this.#withIds(request))
    const frame = Buffer.concat(encodeRequest(api.request, version, { correlationId: 7, clientId: 'questions' }, body))
    const answer = await this.#exchange(frame.subarray(4))
    const reader = new Reader(answer)
    read(ResponseHeader, responseHeaderVersion(api.response, version), reader)
    return toJson(api.response, version, decode(api.response, version, answer, reader.position))
  }

  #exchange(frame: Buffer): Promise<Buffer> {
    const info = { id: '1', listenerName: LISTENER, clientHost: '/127.0.0.1', clientSoftware: undefined }
    return new Promise((resolve, reject) => {
      this.#dispatcher.dispatch({ info } as Connection, frame, (reply) => {
        if (typeof reply === 'string') reject(new Error(`answered with ${reply}`))
        else resolve(Buffer.concat(reply).subarray(4))
      })
    })
  }

  #withIds(request: Question['request']): unknown {
    const text = JSON.stringify(request).replaceAll(/"id of ([^"]+)"/g, (_, name: string) => {
      return JSON.stringify(this.#controller.image.topicByName(name)?.topicId)
    })
    return JSON.parse(text)
  }
}

/** Without what only a broker that serves everything can list, and without the words of a documentation. */
function comparable(normalizer: Normalizer, api: string, response: Json): unknown {
  const answer = JSON.parse(JSON.stringify(response), (key, value) => {
    if (key === 'documentation' && value) return '<text>'
    return key === 'apiKeys' ? value.filter(isServed) : value
  })
  return normalizer.answerOf({ api, answer })
}

const served = new Set(scenarios.flatMap(({ questions }) => questions.map(({ api }) => apis[api].key as number)))

function isServed({ apiKey }: { apiKey: number }): boolean {
  return served.has(apiKey)
}

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
  '%s answers as Kafka',
  (name, scenario) => {
    const recorded = answers.filter((answer) => answer.scenario === name)
    const node = new Node(scenario.overrides)
    const [theirs, ours] = [new Normalizer(), new Normalizer()]

    test('to the questions that were recorded', async () => {
      const asked = scenario.questions.map(({ api, version, note }) => `${api} ${version} ${note}`)
      expect(recorded.map(({ api, version, note }) => `${api} ${version} ${note}`)).toEqual(asked)
      await node.start()
    })

    test.each(questionsOf(scenario))('%s %i: %s', async (_api, _version, _note, at, question) => {
      const answer = await node.answer(question)
      const expected = comparable(theirs, question.api, recorded[at]?.response ?? null)
      expect(differences(expected, comparable(ours, question.api, answer)).map(told)).toEqual([])
    })

    test('without a bug', () => {
      expect(node.lines.filter(({ level }) => level === 'error')).toEqual([])
    })
  },
)

function told({ path, kafka, odradek }: Difference): string {
  return `${path}: Kafka ${JSON.stringify(kafka)}, ours ${JSON.stringify(odradek)}`
}

function questionsOf({ questions }: Scenario) {
  return questions.map((question, at) => [question.api, question.version, question.note, at, question] as const)
}
