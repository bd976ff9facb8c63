// OffsetCommit, OffsetFetch and OffsetDelete: what a group remembers.
import { rebalance, subscription } from '../support/classic-member.ts'
import { apis, describe, expect, kip, message, only, type TestBroker, test } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

interface Commit {
  readonly version?: number
  readonly memberId?: string
  readonly generation?: number
  readonly partitionIndex?: number
  readonly committedOffset?: number
  readonly committedMetadata?: string | null
  readonly committedLeaderEpoch?: number
}

/** Commits one offset, as nobody's member unless told otherwise; gives the partition's error. */
async function commit(
  broker: TestBroker,
  groupId: string,
  name: string,
  { version = 9, memberId = '', generation = -1, ...partition }: Commit = {},
): Promise<string> {
  const topics = [{ name, partitions: [{ partitionIndex: 0, committedOffset: 5, ...partition }] }]
  const body = { groupId, memberId, generationIdOrMemberEpoch: generation, topics }
  const answer = await broker.ask(apis.OffsetCommit, version, body)
  return only(only(answer.topics).partitions).errorCode
}

/** What a group has for partitions of a topic, or of all of them, at version 9. */
async function committed(
  broker: TestBroker,
  groupId: string,
  topics: { name: string; partitionIndexes: number[] }[] | null,
) {
  const answer = await broker.ask(apis.OffsetFetch, 9, { groups: [{ groupId, topics }] })
  return only(answer.groups)
}

async function committedOffset(broker: TestBroker, groupId: string, name: string): Promise<number> {
  const { topics } = await committed(broker, groupId, [{ name, partitionIndexes: [0] }])
  return only(only(topics).partitions).committedOffset
}

describe('OffsetCommit', message('OffsetCommit'), () => {
  test.for([2, 3, 4, 5, 6, 7, 8, 9])('keeps an offset at version %i', async (version, { broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    expect(await commit(broker, group, name, { version })).toBe('NONE')
    expect(await committedOffset(broker, group, name)).toBe(5)
  })

  test('keeps an offset by topic id at version 10', async ({ broker }) => {
    const [groupId, { name, id }] = [await broker.group(), await broker.topic()]
    const topics = [{ topicId: id, partitions: [{ partitionIndex: 0, committedOffset: 7 }] }]
    const answer = await broker.ask(apis.OffsetCommit, 10, { groupId, generationIdOrMemberEpoch: -1, topics })
    expect(only(answer.topics)).toMatchObject({ topicId: id })
    expect(only(only(answer.topics).partitions).errorCode).toBe('NONE')
    expect(await committedOffset(broker, groupId, name)).toBe(7)
  })

  test('keeps metadata and leader epoch', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    await commit(broker, group, name, { committedMetadata: 'a note', committedLeaderEpoch: 3 })
    const { topics } = await committed(broker, group, [{ name, partitionIndexes: [0] }])
    expect(only(only(topics).partitions)).toEqual({
      partitionIndex: 0,
      committedOffset: 5,
      committedLeaderEpoch: 3,
      metadata: 'a note',
      errorCode: 'NONE',
    })
  })

  test('makes empty metadata of null', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    expect(await commit(broker, group, name, { committedMetadata: null })).toBe('NONE')
    const { topics } = await committed(broker, group, [{ name, partitionIndexes: [0] }])
    expect(only(only(topics).partitions).metadata).toBe('')
  })

  test('goes back as well as forth', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    await commit(broker, group, name, { committedOffset: 9 })
    await commit(broker, group, name, { committedOffset: 2 })
    expect(await committedOffset(broker, group, name)).toBe(2)
  })

  test('keeps an offset beyond the end of the log', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    expect(await commit(broker, group, name, { committedOffset: 2 ** 40 })).toBe('NONE')
    expect(await committedOffset(broker, group, name)).toBe(2 ** 40)
  })

  test('keeps a negative offset', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    expect(await commit(broker, group, name, { committedOffset: -5 })).toBe('NONE')
    expect(await committedOffset(broker, group, name)).toBe(-5)
  })

  test('makes a group of nobody, which is empty', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    await commit(broker, group, name)
    const described = only((await broker.ask(apis.DescribeGroups, 5, { groups: [group] })).groups)
    expect(described).toMatchObject({ errorCode: 'NONE', groupState: 'Empty', protocolType: '', members: [] })
  })

  test('takes the group without a name', async ({ broker }) => {
    const { name } = await broker.topic()
    await broker.group()
    expect(await commit(broker, '', name, { committedOffset: 11 })).toBe('NONE')
    expect(await committedOffset(broker, '', name)).toBe(11)
  })

  test('answers each partition for itself', async ({ broker }) => {
    const [groupId, { name }] = [await broker.group(), await broker.topic({ partitions: 2 })]
    const partitions = [0, 1, 8].map((partitionIndex) => ({ partitionIndex, committedOffset: partitionIndex }))
    const topics = [{ name, partitions }]
    const answer = await broker.ask(apis.OffsetCommit, 8, { groupId, generationIdOrMemberEpoch: -1, topics })
    const errors = only(answer.topics).partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])
    expect(errors.sort()).toEqual([
      [0, 'NONE'],
      [1, 'NONE'],
      [8, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ])
  })

  test('takes the commits of a member', async ({ broker }) => {
    const { name } = await broker.topic()
    const member = await (await broker.member(await broker.group())).settle()
    expect(await member.commit(name, 4)).toBe('NONE')
    expect(await committedOffset(broker, member.groupId, name)).toBe(4)
  })

  test('keeps the offsets when the last member leaves', async ({ broker }) => {
    const { name } = await broker.topic()
    const member = await (await broker.member(await broker.group())).settle()
    await member.commit(name, 4)
    await member.leave()
    expect(await committedOffset(broker, member.groupId, name)).toBe(4)
  })

  test('takes a member’s commit while others join', async ({ broker }) => {
    const { name } = await broker.topic()
    const first = await (await broker.member(await broker.group())).settle()
    const joining = (await broker.member(first.groupId)).join()
    await eventually('a rebalance', async () => (await first.heartbeat()) === 'REBALANCE_IN_PROGRESS')
    expect(await first.commit(name, 4)).toBe('NONE')
    await first.join()
    await joining
  })

  test('refuses a member’s commit while the leader has not synced', async ({ broker }) => {
    const { name } = await broker.topic()
    const first = await (await broker.member(await broker.group())).settle()
    await rebalance([first], [await broker.member(first.groupId)])
    expect(await first.commit(name, 4)).toBe('REBALANCE_IN_PROGRESS')
  })

  test.for<[string, Commit, string]>([
    ['from another generation', { generation: 9 }, 'ILLEGAL_GENERATION'],
    ['from a member that it does not know', { memberId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
    ['from nobody, while the group has members', { memberId: '', generation: -1 }, 'UNKNOWN_MEMBER_ID'],
  ])('refuses a commit %s', async ([, request, errorCode], { broker }) => {
    const { name } = await broker.topic()
    const { groupId, memberId, generationId } = await (await broker.member(await broker.group())).settle()
    const known = { memberId, generation: generationId }
    expect(await commit(broker, groupId, name, { ...known, ...request })).toBe(errorCode)
    expect(await committedOffset(broker, groupId, name)).toBe(-1)
  })

  test('refuses a member of a group that there is not, and of one that nobody is in', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    expect(await commit(broker, group, name, { memberId: 'nobody', generation: 3 })).toBe('GROUP_ID_NOT_FOUND')
    expect(await commit(broker, group, name, { memberId: 'nobody', generation: 3, version: 8 })).toBe(
      'ILLEGAL_GENERATION',
    )
    await commit(broker, group, name)
    expect(await commit(broker, group, name, { memberId: 'nobody', generation: 3 })).toBe('UNKNOWN_MEMBER_ID')
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    expect(await commit(broker, await broker.group(), broker.name('missing'))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('does not know an id that no topic has', async ({ broker }) => {
    const topics = [{ topicId: UNKNOWN_ID, partitions: [{ partitionIndex: 0, committedOffset: 7 }] }]
    const body = { groupId: await broker.group(), generationIdOrMemberEpoch: -1, topics }
    const answer = await broker.ask(apis.OffsetCommit, 10, body)
    expect(only(only(answer.topics).partitions).errorCode).toBe('UNKNOWN_TOPIC_ID')
  })

  test('refuses metadata above offset.metadata.max.bytes', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    expect(await commit(broker, group, name, { committedMetadata: 'x'.repeat(4097) })).toBe('OFFSET_METADATA_TOO_LARGE')
    expect(await commit(broker, group, name, { committedMetadata: 'x'.repeat(4096) })).toBe('NONE')
  })

  test('answers a commit of nothing with nothing', async ({ broker }) => {
    const body = { groupId: await broker.group(), generationIdOrMemberEpoch: -1, topics: [] }
    expect((await broker.ask(apis.OffsetCommit, 8, body)).topics).toEqual([])
  })
})

describe('OffsetFetch', message('OffsetFetch'), () => {
  test.for([1, 2, 3, 4, 5, 6, 7])(
    'of one group tells what was committed at version %i',
    async (version, { broker }) => {
      const [groupId, { name }] = [await broker.group(), await broker.topic()]
      await commit(broker, groupId, name, { committedMetadata: 'm' })
      const topics = [{ name, partitionIndexes: [0] }]
      const answer = await broker.ask(apis.OffsetFetch, version, { groupId, topics })
      expect(only(only(answer.topics).partitions)).toMatchObject({
        partitionIndex: 0,
        committedOffset: 5,
        metadata: 'm',
        errorCode: 'NONE',
      })
    },
  )

  test.for([8, 9])('of several groups tells each what it committed at version %i', async (version, { broker }) => {
    const { name } = await broker.topic()
    const [one, two] = [await broker.group(), await broker.group()]
    await commit(broker, one, name, { committedOffset: 1 })
    await commit(broker, two, name, { committedOffset: 2 })
    const groups = [one, two].map((groupId) => ({ groupId, topics: [{ name, partitionIndexes: [0] }] }))
    const answer = await broker.ask(apis.OffsetFetch, version, { groups })
    const offsets = answer.groups.map((group) => [group.groupId, only(only(group.topics).partitions).committedOffset])
    expect(offsets).toEqual([
      [one, 1],
      [two, 2],
    ])
  })

  test('tells an offset by topic id at version 10', async ({ broker }) => {
    const [groupId, { name, id }] = [await broker.group(), await broker.topic()]
    await commit(broker, groupId, name)
    const groups = [{ groupId, topics: [{ topicId: id, partitionIndexes: [0] }] }]
    const { topics } = only((await broker.ask(apis.OffsetFetch, 10, { groups })).groups)
    expect(only(topics)).toMatchObject({ topicId: id })
    expect(only(only(topics).partitions)).toMatchObject({ committedOffset: 5, errorCode: 'NONE' })
  })

  test('does not know an id that no topic has', async ({ broker }) => {
    const groups = [{ groupId: await broker.group(), topics: [{ topicId: UNKNOWN_ID, partitionIndexes: [0] }] }]
    const { topics } = only((await broker.ask(apis.OffsetFetch, 10, { groups })).groups)
    expect(only(only(topics).partitions)).toMatchObject({ errorCode: 'UNKNOWN_TOPIC_ID', committedOffset: -1 })
  })

  test('tells -1 for what was not committed, and for what there is not', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    const missing = broker.name('missing')
    const { errorCode, topics } = await committed(broker, group, [
      { name, partitionIndexes: [0, 7] },
      { name: missing, partitionIndexes: [0] },
    ])
    expect(errorCode).toBe('NONE')
    const partitions = topics.flatMap((topic) => topic.partitions)
    expect(partitions).toHaveLength(3)
    for (const partition of partitions) {
      expect(partition).toMatchObject({
        committedOffset: -1,
        committedLeaderEpoch: -1,
        metadata: '',
        errorCode: 'NONE',
      })
    }
  })

  test('tells all that a group committed where the topics are null', async ({ broker }) => {
    const group = await broker.group()
    const [one, two] = [await broker.topic(), await broker.topic()]
    await commit(broker, group, one.name)
    await commit(broker, group, two.name)
    const { topics } = await committed(broker, group, null)
    expect(topics.map(({ name }) => name).sort()).toEqual([one.name, two.name].sort())
  })

  test('tells nothing where the topics are none', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    await commit(broker, group, name)
    expect((await committed(broker, group, [])).topics).toEqual([])
  })

  test('tells nothing of a group that there is not, without an error', async ({ broker }) => {
    await broker.group()
    expect(await committed(broker, broker.name('no-group'), null)).toMatchObject({ errorCode: 'NONE', topics: [] })
  })

  test('takes no notice of an epoch in a classic group', async ({ broker }) => {
    const [groupId, { name }] = [await broker.group(), await broker.topic()]
    await commit(broker, groupId, name)
    const groups = [{ groupId, memberId: 'nobody', memberEpoch: 3, topics: null }]
    expect(only((await broker.ask(apis.OffsetFetch, 9, { groups })).groups)).toMatchObject({ errorCode: 'NONE' })
  })

  test('forgets the offsets of a topic that is deleted', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    await commit(broker, group, name)
    await broker.ask(apis.DeleteTopics, 6, { topics: [{ name }], timeoutMs: 30_000 })
    await eventually('the offset to be gone', async () => (await committedOffset(broker, group, name)) === -1)
  })
})

describe('OffsetDelete', kip(496), () => {
  const remove = async (broker: TestBroker, groupId: string, name: string, partitionIndex = 0) => {
    const topics = [{ name, partitions: [{ partitionIndex }] }]
    return broker.ask(apis.OffsetDelete, 0, { groupId, topics })
  }
  const errorIn = (answer: Awaited<ReturnType<typeof remove>>) => only(only(answer.topics).partitions).errorCode

  test('forgets an offset', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    await commit(broker, group, name)
    const answer = await remove(broker, group, name)
    expect(answer.errorCode).toBe('NONE')
    expect(errorIn(answer)).toBe('NONE')
    expect((await committed(broker, group, null)).topics).toEqual([])
  })

  test('says nothing of an offset that was not committed', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic({ partitions: 2 })]
    await commit(broker, group, name)
    expect(errorIn(await remove(broker, group, name, 1))).toBe('NONE')
  })

  test('does not know a topic that nobody made', async ({ broker }) => {
    const [group, { name }] = [await broker.group(), await broker.topic()]
    await commit(broker, group, name)
    expect(errorIn(await remove(broker, group, broker.name('missing')))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('does not know a group that there is not', async ({ broker }) => {
    const { name } = await broker.topic()
    await broker.group()
    expect(await remove(broker, broker.name('no-group'), name)).toMatchObject({
      errorCode: 'GROUP_ID_NOT_FOUND',
      topics: [],
    })
  })

  test('refuses the topics that members subscribe to, and takes others', async ({ broker }) => {
    const [subscribed, other] = [await broker.topic(), await broker.topic()]
    const member = await (await broker.member(await broker.group(), { topics: [subscribed.name] })).settle()
    await member.commit(subscribed.name, 1)
    await member.commit(other.name, 1)
    expect(errorIn(await remove(broker, member.groupId, subscribed.name))).toBe('GROUP_SUBSCRIBED_TO_TOPIC')
    expect(errorIn(await remove(broker, member.groupId, other.name))).toBe('NONE')
    expect(await committedOffset(broker, member.groupId, subscribed.name)).toBe(1)
    expect(await committedOffset(broker, member.groupId, other.name)).toBe(-1)
  })

  test('refuses a group whose members are no consumers', async ({ broker }) => {
    const { name } = await broker.topic()
    const protocols = [{ name: 'x', metadata: subscription([]) }]
    const options = { protocolType: 'connect', protocols }
    const member = await (await broker.member(await broker.group(), options)).settle()
    await member.commit(name, 1)
    expect(await remove(broker, member.groupId, name)).toMatchObject({ errorCode: 'NON_EMPTY_GROUP', topics: [] })
  })
})
