// ElectLeaders, AlterPartitionReassignments and ListPartitionReassignments, on a cluster of one broker.
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'

const [PREFERRED, UNCLEAN] = [0, 1]

async function elect(broker: TestBroker, topic: string, partition: number, electionType = PREFERRED) {
  const topicPartitions = [{ topic, partitions: [partition] }]
  return broker.ask(apis.ElectLeaders, 2, { electionType, topicPartitions, timeoutMs: 30_000 })
}

async function reassign(broker: TestBroker, name: string, replicas: number[] | null, partitionIndex = 0) {
  const topics = [{ name, partitions: [{ partitionIndex, replicas }] }]
  const answer = await broker.ask(apis.AlterPartitionReassignments, 1, { timeoutMs: 30_000, topics })
  expect(answer.errorCode).toBe('NONE')
  return only(only(answer.responses).partitions)
}

describe('ElectLeaders', kip(460), () => {
  test.for([0, 1, 2])('elects nobody where the preferred leader leads, at version %i', async (version, { broker }) => {
    const { name } = await broker.topic()
    const answer = await broker.ask(apis.ElectLeaders, version, {
      topicPartitions: [{ topic: name, partitions: [0] }],
      timeoutMs: 30_000,
    })
    expect(answer.errorCode).toBe('NONE')
    expect(only(only(answer.replicaElectionResults).partitionResult)).toEqual({
      partitionId: 0,
      errorCode: 'ELECTION_NOT_NEEDED',
      errorMessage: 'Leader election not needed for topic partition.',
    })
  })

  test('elects no unclean leader where there is one', async ({ broker }) => {
    const { name } = await broker.topic()
    const { replicaElectionResults } = await elect(broker, name, 0, UNCLEAN)
    expect(only(only(replicaElectionResults).partitionResult).errorCode).toBe('ELECTION_NOT_NEEDED')
  })

  test('leaves out what needs no election where it looks at every partition', async ({ broker }) => {
    const { name } = await broker.topic()
    const answer = await broker.ask(apis.ElectLeaders, 2, { topicPartitions: null, timeoutMs: 30_000 })
    expect(answer.errorCode).toBe('NONE')
    expect(answer.replicaElectionResults.find(({ topic }) => topic === name)?.partitionResult).toEqual([])
  })

  test('does not know a partition that there is not', async ({ broker }) => {
    const { name } = await broker.topic()
    const { replicaElectionResults } = await elect(broker, name, 7)
    expect(only(only(replicaElectionResults).partitionResult)).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      errorMessage: `No such partition as ${name}-7`,
    })
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    const name = broker.name('missing')
    const { replicaElectionResults } = await elect(broker, name, 0)
    expect(only(only(replicaElectionResults).partitionResult)).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      errorMessage: `No such topic as ${name}`,
    })
  })

  test('refuses a type of election that there is not', async ({ broker }) => {
    const { name } = await broker.topic()
    const answer = await elect(broker, name, 0, 9)
    expect(answer.errorCode).toBe('INVALID_REQUEST')
    expect(only(only(answer.replicaElectionResults).partitionResult)).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      errorMessage: 'Unknown election type 9',
    })
  })
})

describe('AlterPartitionReassignments', kip(455), () => {
  test('takes a partition to where it is', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(await reassign(broker, name, [broker.nodeId])).toEqual({
      partitionIndex: 0,
      errorCode: 'NONE',
      errorMessage: null,
    })
  })

  test('has nothing to cancel', async ({ broker }) => {
    const { name } = await broker.topic()
    expect((await reassign(broker, name, null)).errorCode).toBe('NO_REASSIGNMENT_IN_PROGRESS')
  })

  test.for<[string, (broker: TestBroker) => number[], (broker: TestBroker) => string]>([
    [
      'a broker that there is not',
      ({ otherNodeId }) => [otherNodeId],
      ({ otherNodeId }) =>
        `The manual partition assignment includes broker ${otherNodeId}, but no such broker is registered.`,
    ],
    [
      'one broker twice',
      ({ nodeId }) => [nodeId, nodeId],
      ({ nodeId }) => `The manual partition assignment includes the broker ${nodeId} more than once.`,
    ],
    [
      'a negative broker',
      () => [-1],
      () => 'The manual partition assignment includes broker -1, but no such broker is registered.',
    ],
    ['nobody', () => [], () => 'The manual partition assignment includes an empty replica list.'],
  ])('refuses to give a partition to %s', async ([, replicas, errorMessage], { broker }) => {
    const { name } = await broker.topic()
    expect(await reassign(broker, name, replicas(broker))).toMatchObject({
      errorCode: 'INVALID_REPLICA_ASSIGNMENT',
      errorMessage: errorMessage(broker),
    })
  })

  test('does not know a partition that there is not', async ({ broker }) => {
    const { name } = await broker.topic()
    expect(await reassign(broker, name, [broker.nodeId], 7)).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      errorMessage: `Unable to find partition ${name}:7.`,
    })
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    const name = broker.name('missing')
    expect(await reassign(broker, name, [broker.nodeId])).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      errorMessage: `Unable to find a topic named ${name}.`,
    })
  })
})

describe('ListPartitionReassignments', kip(455), () => {
  test('lists none, neither of all nor of a partition', async ({ broker }) => {
    const { name } = await broker.topic()
    for (const topics of [null, [{ name, partitionIndexes: [0] }], [{ name: 'missing', partitionIndexes: [0] }]]) {
      expect(await broker.ask(apis.ListPartitionReassignments, 0, { timeoutMs: 30_000, topics })).toMatchObject({
        errorCode: 'NONE',
        errorMessage: null,
        topics: [],
      })
    }
  })
})
