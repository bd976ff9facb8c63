// What a script or a test needs before it can begin: topics with leaders, groups with a coordinator, records in a log.
import { apis, EMPTY_UUID } from '../../src/wire/index.ts'
import type { NewBatch } from '../../src/wire/records/index.ts'
import { eventually } from './eventually.ts'
import type { RawClient } from './raw-client.ts'
import { batchOf } from './records.ts'
import { NotApplicable } from './surroundings.ts'
import { mustBeNone, Unexpected } from './unexpected.ts'

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
  const version = client.nearest(apis.CreateTopics, 7)
  const [created] = (await client.ask(apis.CreateTopics, version, { topics, timeoutMs: 30_000 })).topics
  mustBeNone(`CreateTopics of ${name}`, created?.errorCode, created?.errorMessage)
  const topic = { name, id: created?.topicId ?? EMPTY_UUID }
  await awaitPartitions(client, topic, numPartitions)
  return topic
}

/** Waits until every partition can be read, by the topic's id if it has one: metadata can be ahead of the partition. */
export async function awaitPartitions(client: RawClient, { name, id }: Topic, numPartitions: number): Promise<void> {
  const partitions = Array.from({ length: numPartitions }, (_, partition) => ({ partition, partitionMaxBytes: 1 }))
  const version = client.nearest(apis.Fetch, id === EMPTY_UUID ? 12 : 13)
  const topics = [{ ...(version < 13 ? { topic: name } : { topicId: id }), partitions }]
  const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1, topics }
  await eventually(`the partitions of ${name}`, async () => {
    const { responses } = await client.ask(apis.Fetch, version, request)
    return responses[0]?.partitions.every(
      ({ errorCode }) => errorCode === 'NONE' || errorCode === 'OFFSET_OUT_OF_RANGE',
    )
  })
}

/** The id of the one broker that there is. */
export async function nodeIdOf(client: RawClient): Promise<number> {
  const { brokers } = await client.ask(apis.Metadata, client.nearest(apis.Metadata, 12), { topics: [] })
  if (brokers.length !== 1) throw new Unexpected('a cluster of one broker', 1, brokers.length)
  return brokers[0]?.nodeId ?? -1
}

/** What a coordinator answers that is not there yet. */
const NOT_YET = new Set(['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'])

/** Waits until the group's coordinator answers, whatever it says of a group that nobody has used. */
export async function awaitCoordinator(client: RawClient, groupId: string): Promise<void> {
  await eventually(`the coordinator of ${groupId}`, async () => {
    const found = await client.ask(apis.FindCoordinator, client.nearest(apis.FindCoordinator, 3), { key: groupId })
    if (found.errorCode !== 'NONE') return false
    const fetched = await client.ask(apis.OffsetFetch, client.nearest(apis.OffsetFetch, 7), { groupId, topics: [] })
    return !NOT_YET.has(fetched.errorCode)
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
  const version = client.nearest(apis.Produce, 9)
  const answer = await client.ask(apis.Produce, version, { acks: -1, timeoutMs: 30_000, topicData })
  const partition = answer.responses[0]?.partitionResponses[0]
  mustBeNone(`Produce to ${topic}`, partition?.errorCode)
  return partition?.baseOffset ?? -1
}

/** An int64 is a number here, and beyond 2^53 it would be another number. */
export function mustBeExact(producerId: number): void {
  if (!Number.isSafeInteger(producerId)) throw new NotApplicable('the producer ids of the broker are beyond 2^53')
}

/** A new producer id without a transactional id; its epoch is 0. */
export async function newProducerId(client: RawClient): Promise<number> {
  const request = { transactionalId: null, transactionTimeoutMs: 0 }
  return eventually('a producer id', async () => {
    const answer = await client.ask(apis.InitProducerId, client.nearest(apis.InitProducerId, 4), request)
    if (answer.errorCode === 'COORDINATOR_LOAD_IN_PROGRESS') return undefined
    mustBeNone('InitProducerId', answer.errorCode)
    mustBeExact(answer.producerId)
    return answer.producerId
  })
}
