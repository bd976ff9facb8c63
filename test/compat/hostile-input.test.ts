// Hostile input: requests of every API whose bytes lie about what follows. The connection ends without an answer, nothing
// that was announced is waited for or set aside, and the broker goes on.
import type { AnyMessage } from '../../src/wire/index.ts'
import { openBytes, requestFrame } from '../support/byte-connection.ts'
import { apis, describe, expect, guide, kafka, type TestBroker, test } from '../support/compat.ts'
import { LIES, type Lie, newest, requestWith } from '../support/hostile-requests.ts'
import { NotApplicable, type VersionRange } from '../support/surroundings.ts'

const APIS = [
  'Produce',
  'Fetch',
  'ListOffsets',
  'Metadata',
  'OffsetCommit',
  'OffsetFetch',
  'FindCoordinator',
  'JoinGroup',
  'Heartbeat',
  'LeaveGroup',
  'SyncGroup',
  'DescribeGroups',
  'ListGroups',
  'ApiVersions',
  'CreateTopics',
  'DeleteTopics',
  'DeleteRecords',
  'InitProducerId',
  'OffsetForLeaderEpoch',
  'AddPartitionsToTxn',
  'AddOffsetsToTxn',
  'EndTxn',
  'WriteTxnMarkers',
  'TxnOffsetCommit',
  'DescribeConfigs',
  'AlterConfigs',
  'AlterReplicaLogDirs',
  'DescribeLogDirs',
  'CreatePartitions',
  'DeleteGroups',
  'ElectLeaders',
  'IncrementalAlterConfigs',
  'AlterPartitionReassignments',
  'ListPartitionReassignments',
  'OffsetDelete',
  'DescribeQuorum',
  'UpdateFeatures',
  'DescribeCluster',
  'DescribeProducers',
  'UnregisterBroker',
  'DescribeTransactions',
  'ListTransactions',
  'ConsumerGroupHeartbeat',
  'ConsumerGroupDescribe',
  'ListConfigResources',
  'DescribeTopicPartitions',
  'AddRaftVoter',
  'RemoveRaftVoter',
] as const

/** The versions that the broker says it has of an API. */
async function rangeOf(broker: TestBroker, { apiKey }: AnyMessage): Promise<VersionRange> {
  const { apiKeys } = await broker.ask(apis.ApiVersions, 0, {})
  const found = apiKeys.find((range) => range.apiKey === apiKey)
  if (found === undefined) throw new NotApplicable(`the API ${apiKey} is not advertised`)
  return { min: found.minVersion, max: found.maxVersion }
}

/** Sends it on a connection of its own, which ends; one that was open before, and a new one, go on. */
async function endsOneConnection(broker: TestBroker, bytes: Uint8Array): Promise<void> {
  const [other, connection] = [await broker.connect(), await openBytes(broker)]
  connection.send(bytes)
  expect(await connection.closed, 'how many answers came before the end').toBe(0)
  for (const client of [other, await broker.connect()]) {
    expect((await client.ask(apis.ApiVersions, 0, {})).errorCode).toBe('NONE')
  }
}

describe.for(Object.keys(LIES) as Lie[])('A request %s', guide('Protocol Primitive Types'), (lie) => {
  const lying = APIS.filter((api) => LIES[lie](apis[api].request, newest(apis[api].request)) !== undefined)
  test.for(lying)('ends its connection and no other: %s', async (api, { broker }) => {
    const request: AnyMessage = apis[api].request
    const version = newest(request, await rangeOf(broker, request))
    const body = LIES[lie](request, version)
    if (body === undefined) throw new NotApplicable(`${api} ${version} has nothing of the kind`)
    await endsOneConnection(broker, requestWith(request, version, body))
  })
})

describe('A request of a version that is not advertised', guide('Compatibility'), () => {
  // ApiVersions itself is answered in every version, so that a client can ask at all.
  test.for(APIS.filter((api) => api !== 'ApiVersions'))(
    'ends its connection and no other: %s',
    async (api, { broker }) => {
      const { request } = apis[api]
      const { max } = await rangeOf(broker, request)
      const header = { apiKey: request.apiKey ?? -1, apiVersion: max + 1, correlationId: 1 }
      await endsOneConnection(broker, requestFrame(header, Buffer.alloc(64)))
    },
  )
})

describe('A connection whose client sends nothing sensible', kafka, () => {
  /** What of a topic can be read afterwards. */
  async function valuesOf(broker: TestBroker, topic: string): Promise<string[]> {
    return (await broker.records(topic)).map(({ value }) => String(value))
  }

  test('leaves what others have written as it was', async ({ broker }) => {
    const { name } = await broker.topicWith(['a', 'b'])
    for (const lie of Object.values(LIES)) {
      const body = lie(apis.Produce.request, 9)
      if (body !== undefined) await endsOneConnection(broker, requestWith(apis.Produce.request, 9, body))
    }
    expect(await valuesOf(broker, name)).toEqual(['a', 'b'])
    expect(await broker.append(name, ['c'])).toBe(2)
  })

  test('does not keep the requests before from their answers', async ({ broker }) => {
    const connection = await openBytes(broker)
    const sound = requestWith(apis.ApiVersions.request, 0, Buffer.alloc(0))
    const { request } = apis.Metadata
    connection.send(Buffer.concat([sound, sound, requestWith(request, 9, Buffer.alloc(64, 0xff)), sound]))
    expect(await connection.closed).toBe(2)
  })

  test.for([0xff, 0x80, 0x7f, 0x01])('ends at a frame of bytes %i', async (byte, { broker }) => {
    const size = Buffer.alloc(4)
    size.writeInt32BE(256)
    await endsOneConnection(broker, Buffer.concat([size, Buffer.alloc(256, byte)]))
  })

  test('is one of many, all at once', async ({ broker }) => {
    const { request } = apis.Metadata
    const hostile = requestWith(request, 9, Buffer.from('ffffffff07', 'hex'))
    const connections = await Promise.all(Array.from({ length: 50 }, () => openBytes(broker)))
    for (const connection of connections) connection.send(hostile)
    expect(await Promise.all(connections.map(({ closed }) => closed))).toEqual(connections.map(() => 0))
    expect((await broker.ask(apis.Metadata, 9, { topics: [] })).brokers).toHaveLength(1)
  })
})
