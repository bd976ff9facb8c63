// Offsets within a transaction: AddOffsetsToTxn and TxnOffsetCommit, and what OffsetFetch tells meanwhile.
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

async function fetchOffset(broker: TestBroker, groupId: string, name: string, requireStable = false) {
  const groups = [{ groupId, topics: [{ name, partitionIndexes: [0] }] }]
  const answer = await broker.ask(apis.OffsetFetch, 9, { groups, requireStable })
  return only(only(only(answer.groups).topics).partitions)
}

async function committedIs(broker: TestBroker, groupId: string, name: string, offset: number): Promise<void> {
  await eventually(`offset ${offset} of ${groupId}`, async () => {
    const { errorCode, committedOffset } = await fetchOffset(broker, groupId, name, true)
    return errorCode === 'NONE' && committedOffset === offset
  })
}

describe.for([1, 2] as const)('An offset in a transaction of protocol %i', kip(98), (protocol) => {
  test('is not told while it is open', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    const producer = await broker.transaction({ protocol })
    expect(await producer.commitOffset(group, name, 5)).toBe('NONE')
    expect(await fetchOffset(broker, group, name)).toMatchObject({ errorCode: 'NONE', committedOffset: -1 })
  })

  test('makes the group’s offset unstable for who asks', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    const producer = await broker.transaction({ protocol })
    await producer.commitOffset(group, name, 5)
    expect(await fetchOffset(broker, group, name, true)).toMatchObject({
      errorCode: 'UNSTABLE_OFFSET_COMMIT',
      committedOffset: -1,
    })
  })

  test('is told when it is committed', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    const producer = await broker.transaction({ protocol })
    await producer.commitOffset(group, name, 5)
    expect(await producer.commit()).toBe('NONE')
    await committedIs(broker, group, name, 5)
  })

  test('is forgotten when it is aborted', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    const producer = await broker.transaction({ protocol })
    await producer.commitOffset(group, name, 3)
    await producer.commit()
    await committedIs(broker, group, name, 3)
    await producer.commitOffset(group, name, 9)
    await producer.abort()
    await committedIs(broker, group, name, 3)
  })

  test('is forgotten when the next producer of its id comes', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    const first = await broker.transaction({ protocol })
    await first.commitOffset(group, name, 5)
    await broker.transaction({ protocol, transactionalId: first.transactionalId })
    await committedIs(broker, group, name, -1)
  })

  test('goes with the records of the same transaction', async ({ broker }) => {
    const [group, from, to] = [await broker.group(), await broker.topic(), await broker.topic()]
    const producer = await broker.transaction({ protocol })
    await producer.send(to.name, ['out'])
    await producer.commitOffset(group, from.name, 1)
    await producer.commit()
    await committedIs(broker, group, from.name, 1)
    await eventually('the records', async () => {
      return (await broker.fetch(to.name, 0, {}, { isolationLevel: 1 })).lastStableOffset === 2
    })
  })

  test('may come from a member of the group, which is checked', async ({ broker }) => {
    const { name } = await broker.topic()
    const member = await (await broker.member(await broker.group())).settle()
    const producer = await broker.transaction({ protocol })
    const { groupId, memberId, generationId } = member
    const commit = (claim: object) => producer.commitOffset(groupId, name, 5, claim)
    expect(await commit({ memberId, generationId })).toBe('NONE')
    expect(await commit({ memberId, generationId: 9 })).toBe('ILLEGAL_GENERATION')
    expect(await commit({ memberId: 'nobody', generationId })).toBe('UNKNOWN_MEMBER_ID')
    expect(await commit({ memberId, generationId, groupInstanceId: 'nobody' })).toBe('UNKNOWN_MEMBER_ID')
  })

  test('may come from outside, though the group has members', async ({ broker }) => {
    const { name } = await broker.topic()
    const member = await (await broker.member(await broker.group())).settle()
    const producer = await broker.transaction({ protocol })
    expect(await producer.commitOffset(member.groupId, name, 5)).toBe('NONE')
  })

  test('does not keep its group from being deleted', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    const producer = await broker.transaction({ protocol })
    await producer.commitOffset(group, name, 5)
    const answer = await broker.ask(apis.DeleteGroups, 2, { groupsNames: [group] })
    expect(only(answer.results).errorCode).toBe('NONE')
    expect(await producer.commit()).toBe('NONE')
  })

  test('is refused to a producer that is fenced', async ({ broker }) => {
    broker.needs(apis.AddOffsetsToTxn, 2)
    const [group, { name }] = [await broker.group(), await broker.topic()]
    const first = await broker.transaction({ protocol })
    await broker.transaction({ protocol, transactionalId: first.transactionalId })
    const errorCode = protocol === 1 ? 'PRODUCER_FENCED' : 'INVALID_PRODUCER_EPOCH'
    expect(await first.commitOffset(group, name, 5)).toBe(errorCode)
  })
})

describe('TxnOffsetCommit', kip(98), () => {
  test.for([0, 1, 2, 3, 4])('takes an offset of a group that was added at version %i', async (version, { broker }) => {
    const [groupId, { name }] = [await broker.group(), await broker.topic()]
    const producer = await broker.transaction({ protocol: 1 })
    await producer.addOffsets(groupId)
    const topics = [{ name, partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: 'm' }] }]
    const answer = await broker.ask(apis.TxnOffsetCommit, version, { ...producer.identity, groupId, topics })
    expect(only(only(answer.topics).partitions)).toEqual({ partitionIndex: 0, errorCode: 'NONE' })
  })

  test('adds the group by itself at version 5', async ({ broker }) => {
    const [groupId, { name }] = [await broker.group(), await broker.topic()]
    const producer = await broker.transaction({ protocol: 2 })
    expect(await producer.tryCommitOffset(groupId, name, 5)).toBe('NONE')
    expect(await producer.commit()).toBe('NONE')
    await committedIs(broker, groupId, name, 5)
  })

  test('refuses a group that was not added below version 5', async ({ broker }) => {
    broker.needs(apis.TxnOffsetCommit, 4)
    const [groupId, { name }] = [await broker.group(), await broker.topic()]
    const producer = await broker.transaction({ protocol: 1 })
    expect(await producer.tryCommitOffset(groupId, name, 5)).toBe('TRANSACTION_ABORTABLE')
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    const groupId = await broker.group()
    const producer = await broker.transaction({ protocol: 1 })
    await producer.addOffsets(groupId)
    const missing = broker.name('missing')
    expect(await producer.tryCommitOffset(groupId, missing, 5)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('refuses an empty group id', async ({ broker }) => {
    const { name } = await broker.topic()
    await broker.group()
    const producer = await broker.transaction({ protocol: 1 })
    expect(await producer.tryCommitOffset('', name, 5)).toBe('INVALID_GROUP_ID')
  })

  test('refuses metadata above offset.metadata.max.bytes', async ({ broker }) => {
    const [groupId, { name }] = [await broker.group(), await broker.topic()]
    const producer = await broker.transaction({ protocol: 1 })
    await producer.addOffsets(groupId)
    const committedMetadata = 'x'.repeat(4097)
    const topics = [{ name, partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata }] }]
    const answer = await broker.ask(apis.TxnOffsetCommit, 3, { ...producer.identity, groupId, topics })
    expect(only(only(answer.topics).partitions).errorCode).toBe('OFFSET_METADATA_TOO_LARGE')
  })
})

describe('AddOffsetsToTxn', kip(98), () => {
  test.for([0, 1, 2, 3, 4])('adds a group at version %i', async (version, { broker }) => {
    const groupId = await broker.group()
    const { identity, transactionalId } = await broker.transaction({ protocol: 1 })
    const answer = await broker.ask(apis.AddOffsetsToTxn, version, { ...identity, groupId })
    expect(answer.errorCode).toBe('NONE')
    const request = { transactionalIds: [transactionalId] }
    const [state] = (await broker.ask(apis.DescribeTransactions, 0, request)).transactionStates
    expect(state).toMatchObject({ transactionState: 'Ongoing' })
    expect(only(state?.topics ?? []).topic).toBe('__consumer_offsets')
  })

  test.for<[string, object, string]>([
    ['another epoch', { producerEpoch: 9 }, 'PRODUCER_FENCED'],
    ['another producer id', { producerId: 999_999 }, 'INVALID_PRODUCER_ID_MAPPING'],
    ['an id that nobody began', { transactionalId: 'nobody' }, 'INVALID_PRODUCER_ID_MAPPING'],
    ['an empty id', { transactionalId: '' }, 'INVALID_REQUEST'],
  ])('refuses %s', async ([, other, errorCode], { broker }) => {
    const groupId = await broker.group()
    const { identity } = await broker.transaction({ protocol: 1 })
    const answer = await broker.ask(apis.AddOffsetsToTxn, 3, { ...identity, groupId, ...other })
    expect(answer.errorCode).toBe(errorCode)
  })
})
