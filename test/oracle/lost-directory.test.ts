// A log directory that is taken away while the broker runs: what every API answers for what was in it, and for the rest,
// is what Apache Kafka answers; and so are the records that its controller writes.
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decodeMetadataRecord } from '../../src/metadata/records.ts'
import { apis } from '../../src/wire/index.ts'
import { Batch, encodeBatch, readRecords } from '../../src/wire/records/index.ts'
import { awaitCoordinator, createTopic } from '../support/admin.ts'
import { eventually } from '../support/eventually.ts'
import { RawClient } from '../support/raw-client.ts'
import { startOdradekTarget } from '../support/target.ts'
import { startKafka } from './kafka.ts'

const GROUPS = ['a', 'b', 'c', 'd', 'e', 'f']

interface Directories {
  readonly kept: string
  readonly lost: string
}

/** The partition of two that a coordinator's key belongs to. */
function partitionOf(key: string): number {
  let hash = 0
  for (const char of key) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0
  return Math.abs(hash) % 2
}

/** What clients are told of a topic in one of the directories. */
async function ofTopic(client: RawClient, name: string) {
  const records = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: Date.now() }] })
  const topicData = [{ name, partitionData: [{ index: 0, records }] }]
  const fetch = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }
  const [produced, fetched, listed, epoch, metadata, described, deleted, producers] = [
    await client.ask(apis.Produce, 9, { acks: -1, timeoutMs: 5000, topicData }),
    await client.ask(apis.Fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1000,
      topics: [{ topic: name, partitions: [fetch] }],
    }),
    await client.ask(apis.ListOffsets, 7, {
      replicaId: -1,
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
    }),
    await client.ask(apis.OffsetForLeaderEpoch, 4, {
      replicaId: -1,
      topics: [{ topic: name, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 9 }] }],
    }),
    await client.ask(apis.Metadata, 12, { topics: [{ name }] }),
    await client.ask(apis.DescribeTopicPartitions, 0, { topics: [{ name }], responsePartitionLimit: 10 }),
    await client.ask(apis.DeleteRecords, 2, {
      topics: [{ name, partitions: [{ partitionIndex: 0, offset: 0 }] }],
      timeoutMs: 1000,
    }),
    await client.ask(apis.DescribeProducers, 0, { topics: [{ name, partitionIndexes: [0] }] }),
  ]
  return {
    produced: produced.responses[0]?.partitionResponses[0]?.errorCode,
    fetched: fetched.responses[0]?.partitions[0]?.errorCode,
    listed: listed.topics[0]?.partitions[0],
    epoch: epoch.topics[0]?.partitions[0],
    metadata: metadata.topics[0]?.partitions,
    described: described.topics[0]?.partitions,
    deleted: deleted.topics[0]?.partitions[0],
    producers: producers.topics[0]?.partitions[0],
  }
}

/** What they are told of a group, and of a transactional id of the same name. */
async function ofCoordinators(client: RawClient, key: string) {
  const find = async (keyType: number) =>
    (await client.ask(apis.FindCoordinator, 4, { keyType, coordinatorKeys: [key] })).coordinators[0]?.errorCode
  const topics = [{ name: 'any', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
  const commit = { groupId: key, generationIdOrMemberEpoch: -1, topics }
  const beat = { groupId: key, generationId: 1, memberId: 'nobody' }
  return {
    group: await find(0),
    commit: (await client.ask(apis.OffsetCommit, 8, commit)).topics[0]?.partitions[0]?.errorCode,
    fetch: (await client.ask(apis.OffsetFetch, 7, { groupId: key, topics: [] })).errorCode,
    heartbeat: (await client.ask(apis.Heartbeat, 4, beat)).errorCode,
    described: (await client.ask(apis.DescribeGroups, 5, { groups: [key] })).groups[0]?.errorCode,
    listed: (await client.ask(apis.ListGroups, 4, {})).errorCode,
    transactions: await find(1),
    began: (await client.ask(apis.InitProducerId, 4, { transactionalId: key, transactionTimeoutMs: 60_000 })).errorCode,
  }
}

/** The records of the metadata log that speak of directories, without what is random. */
function directoryRecords(directory: string): unknown[] {
  const log = join(directory, '__cluster_metadata-0')
  const name = readdirSync(log).find((file) => file.endsWith('.log')) ?? ''
  const bytes = readFileSync(join(log, name))
  const records = [...Batch.positions(bytes)]
    .filter((at) => !Batch.isControl(bytes, at))
    .flatMap((at) => readRecords(bytes, at))
    .flatMap(({ value }) => (value === null ? [] : decodeMetadataRecord(value)))
  // Which replica goes where is each broker's own choice.
  const nameless = (ids: readonly string[] | null | undefined) => ids?.map(() => 'a directory')
  return records.flatMap(({ type, version, data }): unknown[] => {
    if (type === 'PartitionChangeRecord') {
      const { topicId: _, directories, ...change } = data
      return [{ type, version, ...change, directories: nameless(directories) }]
    }
    return type === 'BrokerRegistrationChangeRecord' ? [{ type, version, logDirs: nameless(data.logDirs) }] : []
  })
}

/** The same life for both: topics in two directories, one of which goes; then whatever clients ask. */
async function live(address: { host: string; port: number }, { kept, lost }: Directories) {
  const client = await RawClient.connect(address.host, address.port)
  try {
    for (const group of GROUPS) await awaitCoordinator(client, group)
    await eventually('the transactions’ coordinator', async () => {
      const request = { transactionalId: 'a', transactionTimeoutMs: 60_000 }
      await client.ask(apis.FindCoordinator, 4, { keyType: 1, coordinatorKeys: ['a'] })
      return (await client.ask(apis.InitProducerId, 4, request)).errorCode === 'NONE'
    })
    for (let i = 0; i < 4; i++) await createTopic(client, `topic-${i}`)
    const isIn = (directory: string) => (name: string) => readdirSync(directory).includes(name)
    const topicIn = (directory: string) => `topic-${[0, 1, 2, 3].find((i) => isIn(directory)(`topic-${i}-0`))}`
    const groupIn = (directory: string) =>
      GROUPS.find((group) => isIn(directory)(`__consumer_offsets-${partitionOf(group)}`)) ?? ''
    const [topics, groups] = [
      { kept: topicIn(kept), lost: topicIn(lost) },
      { kept: groupIn(kept), lost: groupIn(lost) },
    ]
    renameSync(lost, `${lost}-gone`)
    await eventually('the metadata to know', async () => {
      const {
        topics: [topic],
      } = await client.ask(apis.Metadata, 12, { topics: [{ name: topics.lost }] })
      return topic?.partitions[0]?.leaderId === -1
    })
    await eventually('the coordinators to know', async () => {
      const answer = await client.ask(apis.FindCoordinator, 4, { keyType: 0, coordinatorKeys: [groups.lost] })
      return answer.coordinators[0]?.errorCode !== 'NONE'
    })
    const { results } = await client.ask(apis.DescribeLogDirs, 4, { topics: null })
    const answers = {
      directories: results.map(({ logDir, errorCode }) => [logDir === lost ? 'lost' : 'kept', errorCode]).sort(),
      lost: await ofTopic(client, topics.lost),
      kept: await ofTopic(client, topics.kept),
      lostGroup: await ofCoordinators(client, groups.lost),
      keptGroup: await ofCoordinators(client, groups.kept),
    }
    // A topic of that name can be made again, where there is room.
    await client.ask(apis.DeleteTopics, 5, { topicNames: [topics.lost], timeoutMs: 10_000 })
    await eventually('a topic of the same name', () => createTopic(client, topics.lost).catch(() => false as const))
    const again = await ofTopic(client, topics.lost)
    return { ...answers, again, records: directoryRecords(kept) }
  } finally {
    client.close()
  }
}

test('clients are told the same of a directory that is gone, and the metadata says the same', async () => {
  const root = mkdtempSync(join(tmpdir(), 'odradek-lost-'))
  const configsOf = ({ kept, lost }: Directories) => ({
    'log.dirs': `${kept},${lost}`,
    'offsets.topic.num.partitions': '2',
    'transaction.state.log.num.partitions': '2',
    'replica.high.watermark.checkpoint.interval.ms': '200',
  })
  try {
    const found: Awaited<ReturnType<typeof live>>[] = []
    for (const [name, start] of [
      ['kafka', (overrides: Record<string, string>) => startKafka({ overrides })],
      ['odradek', startOdradekTarget],
    ] as const) {
      const directories = { kept: join(root, `${name}-1`), lost: join(root, `${name}-2`) }
      const target = await start(configsOf(directories))
      try {
        found.push(await live(target, directories))
      } finally {
        await target.stop()
      }
    }
    const [kafka, odradek] = found
    if (kafka === undefined || odradek === undefined) throw new Error('two brokers')
    const { records: expected, ...answers } = kafka
    const { records, ...given } = odradek
    expect(given).toEqual(answers)
    const texts = (all: unknown[]) => all.map((record) => JSON.stringify(record)).sort()
    expect(texts(records)).toEqual(texts(expected))
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
