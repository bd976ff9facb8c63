// The classic group protocol and offsets.
import { apis } from '../../../src/wire/index.ts'
import { everyVersion, type Recorder, type Script } from '../recorder.ts'
import { unknownTopicId } from './cluster.ts'

/** A subscription to the topic `a`. One that cannot be read makes Kafka 4.3.1 never answer the join. */
const PROTOCOLS = [{ name: 'range', metadata: Buffer.from('00000000000100016100000000', 'hex') }]
const TIMEOUTS = { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000 }

interface Membership {
  readonly memberId: string
  readonly generationId: number
}

/** Joins alone and syncs, so that the group is Stable with one member. */
async function stableMember(
  broker: Recorder,
  groupId: string,
  groupInstanceId: string | null = null,
): Promise<Membership> {
  await broker.coordinator(groupId)
  const join = (memberId: string) =>
    broker.prepare(apis.JoinGroup, 7, {
      groupId,
      memberId,
      groupInstanceId,
      ...TIMEOUTS,
      protocolType: 'consumer',
      protocols: PROTOCOLS,
    })
  let joined = await join('')
  if (joined.errorCode === 'MEMBER_ID_REQUIRED') joined = await join(joined.memberId)
  const { memberId, generationId } = joined
  broker.know(memberId, 'the member')
  const assignments = [{ memberId, assignment: Buffer.from('assigned') }]
  await broker.prepare(apis.SyncGroup, 4, { groupId, generationId, memberId, groupInstanceId, assignments })
  return { memberId, generationId }
}

const findCoordinator = everyVersion(apis.FindCoordinator, async (broker, version, tag) => {
  await broker.coordinator(tag)
  const ask = (keys: string[], note: string, keyType = 0) =>
    version >= 4
      ? broker.ask(apis.FindCoordinator, version, { keyType, coordinatorKeys: keys }, note)
      : broker.ask(apis.FindCoordinator, version, { ...(version >= 1 ? { keyType } : {}), key: keys[0] }, note)
  await ask([tag], 'a group')
  await ask([''], 'an empty group')
  if (version >= 1) await ask([tag], 'an unknown type', 9)
  if (version >= 4) await ask([tag, `${tag}-b`], 'two groups')
  if (version >= 4) await ask([], 'none')
  if (version >= 6) await ask([`${tag}:bad`], 'a share key without a topic', 2)
})

const joinGroup = everyVersion(apis.JoinGroup, async (broker, version, tag) => {
  await broker.coordinator(tag)
  const rebalance = version >= 1 ? { rebalanceTimeoutMs: 30_000 } : {}
  const base = {
    groupId: tag,
    sessionTimeoutMs: 30_000,
    ...rebalance,
    memberId: '',
    protocolType: 'consumer',
    protocols: PROTOCOLS,
  }
  const ask = (more: object, note: string) => broker.ask(apis.JoinGroup, version, { ...base, ...more }, note)
  await ask({ groupId: '' }, 'an empty group')
  await ask({ sessionTimeoutMs: 1 }, 'a short session timeout')
  await ask({ sessionTimeoutMs: 10_000_000 }, 'a long session timeout')
  await ask({ protocols: [] }, 'no protocols')
  await ask({ protocolType: '' }, 'no protocol type')
  await ask({ memberId: 'fixed-nobody' }, 'an unknown member')
  const first = await ask({}, 'a new member')
  const memberId = first?.memberId ?? ''
  if (version >= 4) await ask({ memberId }, 'with the member id')
  const generationId = version >= 4 ? 1 : (first?.generationId ?? 1)
  await broker.prepare(apis.SyncGroup, 3, {
    groupId: tag,
    generationId,
    memberId,
    assignments: [{ memberId, assignment: Buffer.from('a') }],
  })
  await ask({ memberId, protocolType: 'connect' }, 'another protocol type')
  await ask({ memberId, protocols: [{ name: 'other', metadata: Buffer.alloc(0) }] }, 'another protocol')
  if (version >= 5)
    await ask({ groupInstanceId: 'fixed-instance', memberId: 'fixed-nobody' }, 'an unknown static member')
})

/** Two members, each on a connection of its own: the second's join makes the first join again. */
const rebalance = everyVersion(apis.JoinGroup, async (broker, version, tag) => {
  await broker.coordinator(`${tag}-two`)
  const base = {
    groupId: `${tag}-two`,
    sessionTimeoutMs: 30_000,
    ...(version >= 1 ? { rebalanceTimeoutMs: 30_000 } : {}),
    protocolType: 'consumer',
    protocols: PROTOCOLS,
  }
  const join = async (connection: string, note: string, memberId = '', more: object = {}) => {
    const answer = await broker.ask(apis.JoinGroup, version, { ...base, memberId, ...more }, note, connection)
    if (answer?.memberId !== undefined) broker.know(answer.memberId, `member ${connection}`)
    if (answer?.errorCode !== 'MEMBER_ID_REQUIRED') return answer
    return broker.ask(apis.JoinGroup, version, { ...base, memberId: answer.memberId, ...more }, note, connection)
  }
  const beat = (connection: string, memberId: string, generationId: number, note: string) =>
    broker.ask(apis.Heartbeat, 3, { groupId: base.groupId, memberId, generationId }, note, connection)
  const first = (await join('one', 'alone'))?.memberId ?? ''
  await beat('one', first, 1, 'before the leader synced')
  const second = join('two', 'the second')
  // Not recorded, since it is asked until the second join has come.
  const heartbeat = { groupId: base.groupId, memberId: first, generationId: 1 }
  const sync = { ...heartbeat, assignments: [] }
  await broker.prepareUntil(apis.Heartbeat, 3, heartbeat, ({ errorCode }) => errorCode === 'REBALANCE_IN_PROGRESS')
  await broker.ask(apis.SyncGroup, 3, sync, 'during a rebalance', 'one')
  await broker.ask(apis.DescribeGroups, 5, { groups: [base.groupId] }, 'during a rebalance')
  await join('one', 'again', first)
  const secondId = (await second)?.memberId ?? ''
  const assignments = [first, secondId].map((memberId, i) => ({ memberId, assignment: Buffer.from(`for ${i}`) }))
  const waiting = { groupId: base.groupId, memberId: secondId, generationId: 2, assignments: [] }
  await Promise.all([
    broker.ask(apis.SyncGroup, 3, waiting, 'a follower', 'two'),
    broker.ask(apis.SyncGroup, 3, { ...waiting, memberId: first, assignments }, 'the leader', 'one'),
  ])
  await join('two', 'a follower again, unchanged', secondId)
  await beat('two', secondId, 2, 'stable')
  await broker.ask(apis.LeaveGroup, 2, { groupId: base.groupId, memberId: first }, 'the leader', 'one')
  await beat('two', secondId, 2, 'when the leader left')
  await join('two', 'as the only one', secondId)
})

const staticMembers = everyVersion(apis.JoinGroup, async (broker, version, tag) => {
  if (version < 5) return
  const groupId = `${tag}-static`
  const topic = `${tag}-static`
  await broker.topic(topic)
  await broker.coordinator(groupId)
  const join = (memberId: string, note: string, more: object = {}) =>
    broker.ask(
      apis.JoinGroup,
      version,
      {
        groupId,
        memberId,
        groupInstanceId: 'fixed-static',
        ...TIMEOUTS,
        protocolType: 'consumer',
        protocols: PROTOCOLS,
        ...more,
      },
      note,
    )
  const first = (await join('', 'an instance'))?.memberId ?? ''
  broker.know(first, 'the first member')
  const assignments = [{ memberId: first, assignment: Buffer.from('a') }]
  const identity = { groupId, memberId: first, generationId: 1, groupInstanceId: 'fixed-static' }
  await broker.ask(apis.SyncGroup, 3, { ...identity, assignments }, 'a static leader')
  const second = (await join('', 'the instance comes back'))?.memberId ?? ''
  broker.know(second, 'the second member')
  await join(first, 'the one before')
  await broker.ask(apis.Heartbeat, 3, identity, 'the one before')
  await broker.ask(apis.SyncGroup, 3, { ...identity, assignments: [] }, 'the one before')
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
  const { generationId, ...member } = identity
  const commit = { ...member, generationIdOrMemberEpoch: generationId, topics }
  await broker.ask(apis.OffsetCommit, 8, commit, 'the one before')
  await broker.ask(apis.SyncGroup, 3, { ...identity, memberId: second, assignments: [] }, 'the one that came back')
  const protocols = [{ name: 'range', metadata: Buffer.from('00000000000100016200000000', 'hex') }]
  const third = (await join('', 'with another subscription', { protocols }))?.memberId ?? ''
  broker.know(third, 'the third member')
  await broker.ask(apis.DescribeGroups, 5, { groups: [groupId] }, 'a static member')
})

const syncGroup = everyVersion(apis.SyncGroup, async (broker, version, tag) => {
  const { memberId, generationId } = await stableMember(broker, tag)
  const protocol = version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}
  const base = { groupId: tag, memberId, generationId, assignments: [], ...protocol }
  const ask = (more: object, note: string) => broker.ask(apis.SyncGroup, version, { ...base, ...more }, note)
  if (version >= 5) await ask({ protocolType: null, protocolName: null }, 'without a protocol')
  await ask({}, 'again')
  await ask({ generationId: 9 }, 'another generation')
  await ask({ memberId: 'fixed-nobody' }, 'an unknown member')
  await ask({ groupId: `${tag}-missing` }, 'an unknown group')
  await ask({ groupId: '' }, 'an empty group')
  if (version >= 3) await ask({ groupInstanceId: 'fixed-nobody' }, 'an unknown instance')
  if (version >= 5) await ask({ protocolType: 'connect', protocolName: 'range' }, 'another protocol type')
  if (version >= 5) await ask({ protocolType: 'consumer', protocolName: 'other' }, 'another protocol')
})

const heartbeat = everyVersion(apis.Heartbeat, async (broker, version, tag) => {
  const { memberId, generationId } = await stableMember(broker, tag)
  const ask = (more: object, note: string) =>
    broker.ask(apis.Heartbeat, version, { groupId: tag, memberId, generationId, ...more }, note)
  await ask({}, 'a member')
  await ask({ generationId: 7 }, 'another generation')
  await ask({ memberId: 'fixed-nobody' }, 'an unknown member')
  await ask({ groupId: `${tag}-missing` }, 'an unknown group')
  await ask({ groupId: '' }, 'an empty group')
  if (version >= 3) await ask({ groupInstanceId: 'fixed-nobody' }, 'an unknown instance')
})

const leaveGroup = everyVersion(apis.LeaveGroup, async (broker, version, tag) => {
  const { memberId } = await stableMember(broker, tag, version >= 3 ? 'static-one' : null)
  const ask = (groupId: string, leaving: string, note: string, groupInstanceId: string | null = null) =>
    version >= 3
      ? broker.ask(apis.LeaveGroup, version, { groupId, members: [{ memberId: leaving, groupInstanceId }] }, note)
      : broker.ask(apis.LeaveGroup, version, { groupId, memberId: leaving }, note)
  await ask(tag, 'fixed-nobody', 'an unknown member')
  await ask(`${tag}-missing`, memberId, 'an unknown group')
  await ask('', memberId, 'an empty group')
  if (version >= 3) await ask(tag, 'fixed-other', 'another member of the instance', 'static-one')
  if (version >= 3) await ask(tag, '', 'an unknown instance', 'fixed-stranger')
  if (version >= 3) await ask(tag, '', 'by instance', 'static-one')
  else await ask(tag, memberId, 'the member')
  await ask(tag, memberId, 'again')
})

const offsetCommit = everyVersion(apis.OffsetCommit, async (broker, version, tag) => {
  const id = await broker.topic(`${tag}-topic`, 2)
  await broker.coordinator(tag)
  const topicOf = (topicId = id, name = `${tag}-topic`) => (version >= 10 ? { topicId } : { name })
  const commit = (more: object, note: string, topic: object = topicOf(), partition: object = {}) => {
    const partitions = [{ partitionIndex: 0, committedOffset: 5, committedMetadata: 'm', ...partition }]
    const body = { groupId: tag, generationIdOrMemberEpoch: -1, topics: [{ ...topic, partitions }], ...more }
    return broker.ask(apis.OffsetCommit, version, body, note)
  }
  await commit({}, 'a simple consumer')
  await commit({ memberId: 'fixed-nobody', generationIdOrMemberEpoch: 3 }, 'an unknown member')
  await commit({ generationIdOrMemberEpoch: 3 }, 'a generation of an empty group')
  await commit({ groupId: '' }, 'an empty group')
  await commit({}, 'an unknown topic', version >= 10 ? topicOf(unknownTopicId) : topicOf(id, `${tag}-missing`))
  await commit({}, 'an unknown partition', topicOf(), { partitionIndex: 8 })
  await commit({}, 'too much metadata', topicOf(), { committedMetadata: 'x'.repeat(5000) })
  await commit({}, 'null metadata', topicOf(), { committedMetadata: null })
  const { memberId, generationId } = await stableMember(broker, `${tag}-joined`)
  const member = { groupId: `${tag}-joined`, memberId, generationIdOrMemberEpoch: generationId }
  await commit(member, 'a member')
  await commit({ ...member, generationIdOrMemberEpoch: 9 }, 'another generation')
  await commit({ ...member, memberId: 'fixed-nobody' }, 'no member of the group')
  await commit({ ...member, memberId: '', generationIdOrMemberEpoch: -1 }, 'from outside the group')
})

const offsetFetch = everyVersion(apis.OffsetFetch, async (broker, version, tag) => {
  const id = await broker.topic(`${tag}-topic`, 2)
  await broker.coordinator(tag)
  const partitions = [{ partitionIndex: 0, committedOffset: 42, committedLeaderEpoch: 0, committedMetadata: 'm' }]
  await broker.prepare(apis.OffsetCommit, 8, {
    groupId: tag,
    generationIdOrMemberEpoch: -1,
    topics: [{ name: `${tag}-topic`, partitions }],
  })
  const stable = version >= 7 ? { requireStable: true } : {}
  const ask = (
    groupId: string,
    topics: { name: string; topicId: string; partitionIndexes: number[] }[] | null,
    note: string,
  ) => {
    const named =
      topics?.map(({ name, topicId, partitionIndexes }) => ({
        ...(version >= 10 ? { topicId } : { name }),
        partitionIndexes,
      })) ?? null
    return version >= 8
      ? broker.ask(apis.OffsetFetch, version, { groups: [{ groupId, topics: named }], ...stable }, note)
      : broker.ask(apis.OffsetFetch, version, { groupId, topics: named, ...stable }, note)
  }
  const known = { name: `${tag}-topic`, topicId: id, partitionIndexes: [0, 1, 7] }
  await ask(tag, [known], 'committed and not')
  if (version >= 2) await ask(tag, null, 'all')
  await ask(tag, [], 'none')
  await ask(tag, [{ name: `${tag}-missing`, topicId: unknownTopicId, partitionIndexes: [0] }], 'an unknown topic')
  await ask(`${tag}-missing`, [known], 'an unknown group')
  await ask('', [known], 'an empty group')
  if (version >= 9) {
    const groups = [{ groupId: tag, memberId: 'fixed-nobody', memberEpoch: 3, topics: null }]
    await broker.ask(apis.OffsetFetch, version, { groups }, 'with a member epoch')
  }
  if (version >= 8) {
    const groups = [tag, `${tag}-missing`].map((groupId) => ({ groupId, topics: null }))
    await broker.ask(apis.OffsetFetch, version, { groups }, 'two groups')
  }
})

const offsetDelete = everyVersion(apis.OffsetDelete, async (broker, version, tag) => {
  await broker.topic(`${tag}-topic`)
  await broker.coordinator(tag)
  const topics = [{ name: `${tag}-topic`, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
  await broker.prepare(apis.OffsetCommit, 8, { groupId: tag, generationIdOrMemberEpoch: -1, topics })
  const ask = (groupId: string, name: string, note: string) =>
    broker.ask(apis.OffsetDelete, version, { groupId, topics: [{ name, partitions: [{ partitionIndex: 0 }] }] }, note)
  await ask(tag, `${tag}-topic`, 'committed')
  await ask(tag, `${tag}-topic`, 'again')
  await ask(tag, `${tag}-missing`, 'an unknown topic')
  await ask(`${tag}-missing`, `${tag}-topic`, 'an unknown group')
  await ask('', `${tag}-topic`, 'an empty group')
  await stableMember(broker, `${tag}-live`)
  await ask(`${tag}-live`, `${tag}-topic`, 'a live group')
  const subscribed = await stableMember(broker, `${tag}-subscribed`)
  await broker.topic('a')
  await broker.ask(
    apis.OffsetCommit,
    8,
    {
      groupId: `${tag}-subscribed`,
      memberId: subscribed.memberId,
      generationIdOrMemberEpoch: subscribed.generationId,
      topics: [{ name: 'a', partitions: [{ partitionIndex: 0, committedOffset: 3 }] }],
    },
    'a subscribed topic',
  )
  await ask(`${tag}-subscribed`, 'a', 'a subscribed topic')
  await ask(`${tag}-subscribed`, `${tag}-topic`, 'a topic that is not subscribed')
})

const describeGroups = everyVersion(apis.DescribeGroups, async (broker, version, tag) => {
  await stableMember(broker, tag)
  const operations = version >= 3 ? { includeAuthorizedOperations: true } : {}
  await broker.ask(apis.DescribeGroups, version, { groups: [tag] }, 'stable')
  await broker.ask(apis.DescribeGroups, version, { groups: [tag], ...operations }, 'with operations')
  await broker.ask(apis.DescribeGroups, version, { groups: [`${tag}-missing`] }, 'unknown')
  await broker.ask(apis.DescribeGroups, version, { groups: [''] }, 'an empty group')
  await broker.ask(apis.DescribeGroups, version, { groups: [] }, 'none')
})

const listGroups = everyVersion(apis.ListGroups, async (broker, version, tag) => {
  await stableMember(broker, tag)
  // Other scripts' groups are there too, in states that depend on when one asks.
  if (version < 4) await broker.ask(apis.ListGroups, version, {}, 'all')
  if (version >= 4) await broker.ask(apis.ListGroups, version, { statesFilter: ['CompletingRebalance'] }, 'by a state')
  if (version >= 4) await broker.ask(apis.ListGroups, version, { statesFilter: ['NoSuchState'] }, 'by an unknown state')
  if (version >= 5) await broker.ask(apis.ListGroups, version, { typesFilter: ['share'] }, 'by a type')
  if (version >= 5) await broker.ask(apis.ListGroups, version, { typesFilter: ['nonsense'] }, 'by an unknown type')
  if (version >= 5)
    await broker.ask(apis.ListGroups, version, { typesFilter: ['Classic'], statesFilter: ['Dead'] }, 'by both')
})

const deleteGroups = everyVersion(apis.DeleteGroups, async (broker, version, tag) => {
  const { memberId } = await stableMember(broker, tag)
  const ask = (groupsNames: string[], note: string) => broker.ask(apis.DeleteGroups, version, { groupsNames }, note)
  await ask([tag], 'a live group')
  await ask([`${tag}-missing`], 'an unknown group')
  await ask([''], 'an empty name')
  await broker.prepare(apis.LeaveGroup, 2, { groupId: tag, memberId })
  await ask([tag, `${tag}-missing`], 'an empty group')
  await ask([tag], 'again')
})

export const groupScripts: readonly Script[] = [
  ...findCoordinator,
  ...joinGroup,
  ...rebalance,
  ...staticMembers,
  ...syncGroup,
  ...heartbeat,
  ...leaveGroup,
  ...offsetCommit,
  ...offsetFetch,
  ...offsetDelete,
  ...describeGroups,
  ...listGroups,
  ...deleteGroups,
]
