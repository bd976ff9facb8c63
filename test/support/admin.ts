// What a script or a test needs before it can begin: topics with leaders, groups with a coordinator, records in a log.
import { apis } from '../../src/wire/index.ts'
import type { NewBatch } from '../../src/wire/records/index.ts'
import { eventually } from './eventually.ts'
import type { RawClient } from './raw-client.ts'
import { batchOf } from './records.ts'

export interface Topic {
  readonly name: string
  readonly id: string
}

/** Creates a topic and waits until its partitions can be read. */
export async function createTopic(
  client: RawClient,
  name: string,
  numPartitions = 1,
  configs: Readonly<Record<string, string>> = {},
): Promise<Topic> {
  const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  const topics = [{ name, numPartitions, replicationFactor: 1, configs: entries }]
  const [created] = (await client.ask(apis.CreateTopics, 7, { topics, timeoutMs: 30_000 })).topics
  if (created?.errorCode !== 'NONE') throw new Error(`${name}: ${created?.errorCode} ${created?.errorMessage}`)
  await awaitPartitions(client, created.topicId, numPartitions)
  return { name, id: created.topicId }
}

/** Waits until every partition can be read by the topic's id: metadata can be ahead of the partition itself. */
export async function awaitPartitions(client: RawClient, topicId: string, numPartitions: number): Promise<void> {
  const partitions = Array.from({ length: numPartitions }, (_, partition) => ({ partition, partitionMaxBytes: 1 }))
  const request = { maxWaitMs: 0, minBytes: 0, topics: [{ topicId, partitions }] }
  await eventually(`the partitions of ${topicId}`, async () => {
    const { responses } = await client.ask(apis.Fetch, 13, request)
    return responses[0]?.partitions.every(
      ({ errorCode }) => errorCode === 'NONE' || errorCode === 'OFFSET_OUT_OF_RANGE',
    )
  })
}

/** Waits until the group's coordinator answers. */
export async function awaitCoordinator(client: RawClient, groupId: string): Promise<void> {
  await eventually(`the coordinator of ${groupId}`, async () => {
    const found = await client.ask(apis.FindCoordinator, 3, { key: groupId })
    if (found.errorCode !== 'NONE') return false
    const fetched = await client.ask(apis.OffsetFetch, 7, { groupId, topics: [] })
    return fetched.errorCode === 'NONE'
  })
}

/** Appends one batch of values with fixed timestamps; gives the offset of the first. */
export async function append(
  client: RawClient,
  topic: string,
  values: readonly string[],
  batch: Partial<NewBatch> = {},
  index = 0,
): Promise<number> {
  const topicData = [{ name: topic, partitionData: [{ index, records: batchOf(values, batch) }] }]
  const answer = await client.ask(apis.Produce, 9, { acks: -1, timeoutMs: 30_000, topicData })
  const partition = answer.responses[0]?.partitionResponses[0]
  if (partition?.errorCode !== 'NONE') throw new Error(`Produce to ${topic}: ${partition?.errorCode}`)
  return partition.baseOffset
}

/** A new producer id without a transactional id; its epoch is 0. */
export async function newProducerId(client: RawClient): Promise<number> {
  const request = { transactionalId: null, transactionTimeoutMs: 0 }
  return eventually('a producer id', async () => {
    const answer = await client.ask(apis.InitProducerId, 4, request)
    if (answer.errorCode === 'COORDINATOR_LOAD_IN_PROGRESS') return undefined
    if (answer.errorCode !== 'NONE') throw new Error(`InitProducerId: ${answer.errorCode}`)
    return answer.producerId
  })
}
