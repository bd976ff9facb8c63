// CreateTopics, key 19: new topics, placed by the controller or by the client.
// Authorization: Create on the Cluster or on each topic; DescribeConfigs on a topic to be told its configs.
//
// v1 validateOnly and error messages; v2 throttleTimeMs; v4 -1 for the default partitions and replication factor
//    (KIP-464; Kafka takes them at any version)
// v5 flexible; the configs, partitions and replication factor of what was created (KIP-525)
// v6 a throttled client is told so (KIP-599); v7 the topic id (KIP-516)
import { type BrokerConfig, describeNewTopic } from '../config/index.ts'
import { CLUSTER_METADATA, type Controller, type NewTopicResult } from '../metadata/index.ts'
import { apis, type Draft, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { checkTimeout } from './support/command-timeout.ts'
import { duplicatesOf } from './support/duplicates.ts'

type Response = Draft<typeof apis.CreateTopics.response>
type TopicResult = NonNullable<Response['topics']>[number]

export function createTopicsApi(rooms: {
  controller: Pick<Controller, 'createTopics'>
  config: () => BrokerConfig
}): ApiHandler {
  const { controller, config } = rooms

  return defineApi(
    apis.CreateTopics,
    { min: 2, max: 7, legacyMin: 0 },
    async (_context, { topics, timeoutMs, validateOnly }): Promise<Response> => {
      const duplicates = duplicatesOf(topics.map(({ name }) => name))
      const single = topics.filter(({ name }) => !duplicates.has(name))
      const wanted = single.filter(({ name }) => name !== CLUSTER_METADATA)
      if (wanted.length > 0) checkTimeout(timeoutMs)
      const results = wanted.length === 0 ? [] : await controller.createTopics(wanted, { validateOnly })
      return {
        topics: [
          ...results.map((result) => created(result, config())),
          ...Array.from(duplicates, (name) => refused(name, 'Duplicate topic name.')),
          ...single
            .filter(({ name }) => name === CLUSTER_METADATA)
            .map(({ name }) => refused(name, `Creation of internal topic ${name} is prohibited.`)),
        ],
      }
    },
    ({ topics }, errorCode, errorMessage) => ({
      topics: topics.map(({ name }) => ({ name, errorCode, errorMessage, configs: [] })),
    }),
  )
}

function refused(name: string, errorMessage: string): TopicResult {
  return { name, errorCode: ErrorCode.INVALID_REQUEST, errorMessage, configs: [] }
}

function created({ configs, ...result }: NewTopicResult, config: BrokerConfig): TopicResult {
  if (result.errorCode !== ErrorCode.NONE) return { ...result, configs: [] }
  return { ...result, configs: describeNewTopic(configs, config) }
}
