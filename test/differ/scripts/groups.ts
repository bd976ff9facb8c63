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
  if (joined.errorCode === 79) joined = await join(joined.memberId)
  const { memberId, generationId } = joined
  const assignments = [{ memberId, assignment: Buffer.from('assigned') }]
  await broker.prepare(apis.SyncGroup, 4, { groupId, generationId, memberId, groupInstanceId, assignments })
  return { memberId, generationId }
}

const findCoordinator = everyVersion(apis.FindCoordinator, { from: 0, to: 6 }, async (broker, version, tag) => {
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

const joinGroup = everyVersion(apis.JoinGroup, { from: 0, to: 9 }, async (broker, version, tag) => {
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

const syncGroup = everyVersion(apis.SyncGroup, { from: 0, to: 5 }, async (broker, version, tag) => {
  const { memberId, generationId } = await stableMember(broker, tag)
  const base = { groupId: tag, memberId, generationId, assignments: [] }
  const ask = (more: object, note: string) => broker.ask(apis.SyncGroup, version, { ...base, ...more }, note)
  await ask({}, 'again')
  await ask({ generationId: 9 }, 'another generation')
  await ask({ memberId: 'fixed-nobody' }, 'an unknown member')
  await ask({ groupId: `${tag}-missing` }, 'an unknown group')
  await ask({ groupId: '' }, 'an empty group')
  if (version >= 5) await ask({ protocolType: 'connect', protocolName: 'range' }, 'another protocol type')
  if (version >= 5) await ask({ protocolType: 'consumer', protocolName: 'other' }, 'another protocol')
})

const heartbeat = everyVersion(apis.Heartbeat, { from: 0, to: 4 }, async (broker, version, tag) => {
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

const leaveGroup = everyVersion(apis.LeaveGroup, { from: 0, to: 5 }, async (broker, version, tag) => {
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

const offsetCommit = everyVersion(apis.OffsetCommit, { from: 2, to: 10 }, async (broker, version, tag) => {
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

const offsetFetch = everyVersion(apis.OffsetFetch, { from: 1, to: 10 }, async (broker, version, tag) => {
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

const offsetDelete = everyVersion(apis.OffsetDelete, { from: 0, to: 0 }, async (broker, version, tag) => {
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
})

const describeGroups = everyVersion(apis.DescribeGroups, { from: 0, to: 6 }, async (broker, version, tag) => {
  await stableMember(broker, tag)
  const operations = version >= 3 ? { includeAuthorizedOperations: true } : {}
  await broker.ask(apis.DescribeGroups, version, { groups: [tag] }, 'stable')
  await broker.ask(apis.DescribeGroups, version, { groups: [tag], ...operations }, 'with operations')
  await broker.ask(apis.DescribeGroups, version, { groups: [`${tag}-missing`] }, 'unknown')
  await broker.ask(apis.DescribeGroups, version, { groups: [''] }, 'an empty group')
  await broker.ask(apis.DescribeGroups, version, { groups: [] }, 'none')
})

const listGroups = everyVersion(apis.ListGroups, { from: 0, to: 5 }, async (broker, version, tag) => {
  await stableMember(broker, tag)
  // Other scripts' groups are there too, so only filters that find nothing can be compared whole.
  if (version >= 4) await broker.ask(apis.ListGroups, version, { statesFilter: ['CompletingRebalance'] }, 'by a state')
  if (version >= 4) await broker.ask(apis.ListGroups, version, { statesFilter: ['NoSuchState'] }, 'by an unknown state')
  if (version >= 5) await broker.ask(apis.ListGroups, version, { typesFilter: ['share'] }, 'by a type')
  if (version >= 5) await broker.ask(apis.ListGroups, version, { typesFilter: ['nonsense'] }, 'by an unknown type')
  if (version >= 5)
    await broker.ask(apis.ListGroups, version, { typesFilter: ['Classic'], statesFilter: ['Dead'] }, 'by both')
})

const deleteGroups = everyVersion(apis.DeleteGroups, { from: 0, to: 2 }, async (broker, version, tag) => {
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
