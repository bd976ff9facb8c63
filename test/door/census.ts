// Everything that a broker can be asked about what it holds, as plain values: taken before and after a change of the
// broker, the two must be the same. What a restart changes by its nature is left out: leader epochs, broker epochs.
import { createHash } from 'node:crypto'
import { apis } from '../../src/wire/index.ts'
import { Batch } from '../../src/wire/records/index.ts'
import { eventually } from '../support/eventually.ts'
import type { RawClient } from '../support/raw-client.ts'

const TOPIC = 2
const BROKER = 4
const CLIENT_METRICS = 16
const GROUP = 32
const TRANSACTION_STATE = '__transaction_state'

export interface Census {
  readonly cluster: unknown
  readonly topics: unknown
  readonly configs: unknown
  readonly logs: unknown
  readonly producers: unknown
  readonly transactions: unknown
  readonly groups: unknown
}

/** Takes the census when the broker has loaded all that it has to load. */
export async function takeCensus(client: RawClient): Promise<Census> {
  const groups = await groupsOf(client)
  const transactions = await transactionsOf(client)
  const topics = await topicsOf(client)
  const own = topics.filter(({ isInternal }) => !isInternal)
  return {
    cluster: await clusterOf(client),
    topics,
    configs: await configsOf(client),
    logs: await logsOf(client, own),
    producers: await producersOf(client, own),
    transactions,
    groups,
  }
}

async function clusterOf(client: RawClient) {
  const { clusterId, controllerId, brokers } = await client.ask(apis.DescribeCluster, 1, {})
  const versions = { clientSoftwareName: 'census', clientSoftwareVersion: '1' }
  const { finalizedFeatures } = await client.ask(apis.ApiVersions, 4, versions)
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const quorum = (await client.ask(apis.DescribeQuorum, 2, { topics })).topics[0]?.partitions[0]
  return {
    clusterId,
    controllerId,
    brokers: brokers.map(({ brokerId, rack }) => ({ brokerId, rack })),
    features: sorted(finalizedFeatures.map(({ name, maxVersionLevel }) => `${name}=${maxVersionLevel}`)),
    voters: quorum?.currentVoters.map(({ replicaId, replicaDirectoryId }) => ({ replicaId, replicaDirectoryId })),
  }
}

async function topicsOf(client: RawClient) {
  const { topics } = await client.ask(apis.Metadata, 12, { topics: null })
  return sortedBy(topics, ({ name }) => name ?? '').map(({ name, topicId, isInternal, partitions }) => ({
    name: name ?? '',
    topicId,
    isInternal,
    partitions: sortedBy(partitions, ({ partitionIndex }) => partitionIndex).map((partition) => ({
      partitionIndex: partition.partitionIndex,
      errorCode: partition.errorCode,
      leaderId: partition.leaderId,
      replicaNodes: partition.replicaNodes,
      isrNodes: partition.isrNodes,
    })),
  }))
}

type Topics = Awaited<ReturnType<typeof topicsOf>>

/** What was set, wherever something was. */
async function configsOf(client: RawClient) {
  const resourceTypes = [TOPIC, BROKER, CLIENT_METRICS, GROUP]
  const { configResources } = await client.ask(apis.ListConfigResources, 1, { resourceTypes })
  const resources = [
    ...configResources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName })),
    { resourceType: BROKER, resourceName: '' },
  ]
  const { results } = await client.ask(apis.DescribeConfigs, 4, {
    resources: resources.map((resource) => ({ ...resource, configurationKeys: null })),
  })
  // Sources 1, 2, 3, 7 and 8: of a topic, a broker, all brokers, client metrics, a group.
  const isSet = (source: number) => [1, 2, 3, 7, 8].includes(source)
  return sorted(
    results.flatMap(({ resourceType, resourceName, configs }) =>
      configs
        .filter(({ configSource }) => isSet(configSource))
        .map(({ name, value, configSource }) => `${resourceType} ${resourceName} ${name}=${value} (${configSource})`),
    ),
  )
}

/** The batches of every partition, byte for byte, and what their offsets and times say. */
async function logsOf(client: RawClient, topics: Topics) {
  const logs: Record<string, unknown> = {}
  for (const { name, topicId, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const offsets: Record<string, unknown> = {}
      for (const timestamp of [-1, -2, -3, 0]) {
        const request = [{ name, partitions: [{ partitionIndex, timestamp }] }]
        const found = await client.ask(apis.ListOffsets, 7, { replicaId: -1, topics: request })
        const { errorCode, offset, timestamp: time } = found.topics[0]?.partitions[0] ?? {}
        offsets[timestamp] = `${errorCode} ${offset} ${time}`
      }
      logs[`${name}-${partitionIndex}`] = { offsets, ...(await batchesOf(client, topicId, partitionIndex)) }
    }
  }
  return logs
}

async function batchesOf(client: RawClient, topicId: string, partition: number) {
  const hash = createHash('sha256')
  let batches = 0
  let bytes = 0
  let offset = (await fetchFrom(client, topicId, partition, 0)).logStartOffset
  for (;;) {
    const { records, highWatermark } = await fetchFrom(client, topicId, partition, offset)
    let end = offset
    for (const at of Batch.positions(records ?? Buffer.alloc(0))) {
      const batch = (records as Buffer).subarray(at, at + Batch.sizeInBytes(records as Buffer, at))
      hash.update(batch)
      batches++
      bytes += batch.length
      end = Batch.lastOffset(batch, 0) + 1
    }
    if (end === offset || end >= highWatermark) break
    offset = end
  }
  const { lastStableOffset, abortedTransactions } = await fetchFrom(client, topicId, partition, 0, 1)
  return { batches, bytes, digest: hash.digest('hex'), lastStableOffset, abortedTransactions }
}

async function fetchFrom(client: RawClient, topicId: string, partition: number, fetchOffset: number, isolation = 0) {
  const partitions = [{ partition, fetchOffset, partitionMaxBytes: 1 << 24 }]
  const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 24, isolationLevel: isolation }
  const answer = await client.ask(apis.Fetch, 13, { ...request, topics: [{ topicId, partitions }] })
  const fetched = answer.responses[0]?.partitions[0]
  if (fetched === undefined) throw new Error(`nothing fetched of ${topicId}-${partition}: ${answer.errorCode}`)
  return fetched
}

async function producersOf(client: RawClient, topics: Topics) {
  const request = topics.map(({ name, partitions }) => ({
    name,
    partitionIndexes: partitions.map(({ partitionIndex }) => partitionIndex),
  }))
  const answer = await client.ask(apis.DescribeProducers, 0, { topics: request })
  return sorted(
    answer.topics.flatMap(({ name, partitions }) =>
      partitions.flatMap(({ partitionIndex, errorCode, activeProducers }) =>
        errorCode === 'NONE'
          ? activeProducers.map((producer) => `${name}-${partitionIndex} ${JSON.stringify(producer)}`)
          : [`${name}-${partitionIndex} ${errorCode}`],
      ),
    ),
  )
}

async function transactionsOf(client: RawClient) {
  const { topics } = await client.ask(apis.Metadata, 12, { topics: null })
  // Nothing to load, and asking would not make it.
  if (!topics.some(({ name }) => name === TRANSACTION_STATE)) return []
  const listed = await eventually('the transactions', async () => {
    const answer = await client.ask(apis.ListTransactions, 1, {})
    return answer.errorCode === 'NONE' && answer.transactionStates
  })
  const transactionalIds = sorted(listed.map(({ transactionalId }) => transactionalId))
  const { transactionStates } = await client.ask(apis.DescribeTransactions, 0, { transactionalIds })
  return transactionStates.map((state) => ({
    ...state,
    topics: sortedBy(state.topics, ({ topic }) => topic).map(({ topic, partitions }) => ({
      topic,
      partitions: [...partitions].sort((a, b) => a - b),
    })),
  }))
}

async function groupsOf(client: RawClient) {
  const listed = await eventually('the groups', async () => {
    const answer = await client.ask(apis.ListGroups, 5, {})
    return answer.errorCode === 'NONE' && answer.groups
  })
  const groups = []
  for (const { groupId, groupType, protocolType } of sortedBy(listed, ({ groupId }) => groupId)) {
    groups.push({
      groupId,
      groupType,
      protocolType,
      description: await descriptionOf(client, groupId, groupType),
      offsets: await offsetsOf(client, groupId),
    })
  }
  return groups
}

async function descriptionOf(client: RawClient, groupId: string, groupType: string): Promise<unknown> {
  if (groupType === 'consumer') {
    const [group] = (await client.ask(apis.ConsumerGroupDescribe, 1, { groupIds: [groupId] })).groups
    return group && { ...group, members: sortedBy(group.members, ({ memberId }) => memberId) }
  }
  const [group] = (await client.ask(apis.DescribeGroups, 6, { groups: [groupId] })).groups
  return group && { ...group, members: sortedBy(group.members, ({ memberId }) => memberId) }
}

async function offsetsOf(client: RawClient, groupId: string) {
  const groups = [{ groupId, topics: null }]
  const [fetched] = (await client.ask(apis.OffsetFetch, 9, { groups })).groups
  return sorted(
    (fetched?.topics ?? []).flatMap(({ name, partitions }) =>
      partitions.map((partition) => `${name} ${JSON.stringify(partition)}`),
    ),
  )
}

function sorted(texts: readonly string[]): string[] {
  return [...texts].sort()
}

function sortedBy<T>(values: readonly T[], key: (value: T) => string | number): T[] {
  return [...values].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
