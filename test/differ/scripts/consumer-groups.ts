// The consumer groups of KIP-848.
import { apis } from '../../../src/wire/index.ts'
import { eventually } from '../../support/eventually.ts'
import { everyVersion, type Recorder, type Script } from '../recorder.ts'

const MEMBER = 'fixed-member-a'
const OTHER = 'fixed-member-b'

type TopicPartitions = { topicId: string; partitions: number[] }[]

/** Heartbeats, unrecorded, until a member has this many partitions and has said so. */
async function settle(broker: Recorder, groupId: string, memberId: string, epoch: number, size: number): Promise<void> {
  let memberEpoch = epoch
  let topicPartitions: TopicPartitions | null = null
  await eventually(`${size} partitions of ${memberId}`, async () => {
    const request = { groupId, memberId, memberEpoch, topicPartitions }
    const answer = await broker.prepare(apis.ConsumerGroupHeartbeat, 0, request)
    if (answer.errorCode !== 'NONE') throw new Error(`${memberId}: ${answer.errorCode}`)
    memberEpoch = answer.memberEpoch
    if (answer.assignment !== null) topicPartitions = answer.assignment.topicPartitions
    const has = topicPartitions?.reduce((sum, { partitions }) => sum + partitions.length, 0)
    return has === size && answer.assignment === null
  })
}

const heartbeat = everyVersion(apis.ConsumerGroupHeartbeat, async (broker, version, tag) => {
  await broker.topic(tag, 4)
  await broker.coordinator(tag)
  const introduction = { memberEpoch: 0, rebalanceTimeoutMs: 30_000, subscribedTopicNames: [tag], topicPartitions: [] }
  const ask = (more: object, note: string) =>
    broker.ask(apis.ConsumerGroupHeartbeat, version, { groupId: tag, memberId: MEMBER, memberEpoch: 0, ...more }, note)
  const first = await ask(introduction, 'a first member')
  const memberEpoch = first?.memberEpoch ?? 0
  const topicPartitions = first?.assignment?.topicPartitions ?? []
  await ask({ memberEpoch, topicPartitions }, 'what it owns')
  await ask({ memberEpoch }, 'nothing new')
  await ask({ ...introduction, memberEpoch, topicPartitions }, 'all of itself')
  await ask({ memberEpoch: memberEpoch + 1 }, 'an epoch of the future')
  await ask({ memberEpoch: memberEpoch - 1 }, 'an old epoch')
  await ask({ memberEpoch: -3 }, 'an epoch that there is not')
  await ask({ memberEpoch: -2 }, 'leaving for a while without an instance')
  await ask({ memberId: 'fixed-nobody', memberEpoch: 1 }, 'an unknown member')
  await ask({ memberId: '', memberEpoch: 1 }, 'an empty member')
  await ask({ groupId: '', ...introduction }, 'an empty group')
  await ask({ groupId: `${tag}-missing`, memberEpoch: 1 }, 'an unknown group')
  const join = (more: object, note: string) => ask({ ...introduction, memberId: OTHER, ...more }, note)
  await join({ rebalanceTimeoutMs: -1 }, 'without a rebalance timeout')
  await join({ topicPartitions: null }, 'without partitions')
  await join({ topicPartitions }, 'with partitions')
  await join({ subscribedTopicNames: null }, 'without a subscription')
  await join({ serverAssignor: 'nope' }, 'an unknown assignor')
  await join({ instanceId: '' }, 'an empty instance')
  await join({ rackId: '' }, 'an empty rack')
  if (version >= 1) await join({ subscribedTopicNames: null, subscribedTopicRegex: '(' }, 'a bad pattern')
  await join({ groupId: `${tag}-nothing`, subscribedTopicNames: [] }, 'a subscription to nothing')
  await join({ groupId: `${tag}-lost`, subscribedTopicNames: [`${tag}-missing`] }, 'a missing topic')
  const second = await join({}, 'a second member')
  await settleBoth(broker, tag, memberEpoch, second?.memberEpoch ?? 0)
  await broker.ask(apis.ConsumerGroupDescribe, 1, { groupIds: [tag] }, 'two members')
  await broker.ask(apis.DescribeGroups, 6, { groups: [tag] }, 'as a classic group')
  await broker.ask(apis.DeleteGroups, 2, { groupsNames: [tag] }, 'with members')
  await broker.ask(apis.Heartbeat, 4, { groupId: tag, memberId: MEMBER, generationId: 3 }, 'as a classic member')
  await ask({ memberId: OTHER, memberEpoch: -1 }, 'leaving')
  await ask({ memberId: OTHER, memberEpoch: 3 }, 'after leaving')
})

/** Both take and give until each has two partitions. */
async function settleBoth(broker: Recorder, groupId: string, firstEpoch: number, secondEpoch: number): Promise<void> {
  await settle(broker, groupId, MEMBER, firstEpoch, 2)
  await settle(broker, groupId, OTHER, secondEpoch, 2)
}

const staticMembers = everyVersion(apis.ConsumerGroupHeartbeat, async (broker, version, tag) => {
  const groupId = `${tag}-static`
  await broker.topic(groupId, 2)
  await broker.coordinator(groupId)
  const introduction = {
    memberEpoch: 0,
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: [groupId],
    topicPartitions: [],
  }
  const ask = (memberId: string, more: object, note: string) =>
    broker.ask(
      apis.ConsumerGroupHeartbeat,
      version,
      { groupId, memberId, memberEpoch: 0, instanceId: 'fixed-instance', ...more },
      note,
    )
  const first = await ask(MEMBER, introduction, 'a static member')
  await ask(OTHER, introduction, 'another in its place')
  await ask(MEMBER, { memberEpoch: -2 }, 'leaving for a while')
  await broker.ask(apis.ConsumerGroupDescribe, 1, { groupIds: [groupId] }, 'away')
  await ask(OTHER, introduction, 'another in its place, now')
  await ask(MEMBER, { memberEpoch: first?.memberEpoch ?? 1 }, 'the one before')
  await ask(OTHER, { memberEpoch: 1, instanceId: 'fixed-stranger' }, 'an unknown instance')
  await ask(OTHER, { memberEpoch: -1 }, 'leaving for good')
})

const describeGroups = everyVersion(apis.ConsumerGroupDescribe, async (broker, version, tag) => {
  await broker.topic(tag, 2)
  await broker.coordinator(tag)
  await broker.prepare(apis.ConsumerGroupHeartbeat, 0, {
    groupId: tag,
    memberId: MEMBER,
    memberEpoch: 0,
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: [tag],
    topicPartitions: [],
  })
  const ask = (groupIds: string[], note: string, more: object = {}) =>
    broker.ask(apis.ConsumerGroupDescribe, version, { groupIds, ...more }, note)
  await ask([tag], 'a group')
  await ask([tag], 'with operations', { includeAuthorizedOperations: true })
  await ask([`${tag}-missing`, ''], 'unknown and empty')
  await ask([], 'none')
  const topics = [{ name: tag, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
  const commit = (commitVersion: number, memberId: string, generationIdOrMemberEpoch: number, note: string) =>
    broker.ask(apis.OffsetCommit, commitVersion, { groupId: tag, memberId, generationIdOrMemberEpoch, topics }, note)
  await commit(9, MEMBER, 77, 'another member epoch')
  await commit(9, 'fixed-nobody', 1, 'an unknown member')
  await commit(9, '', -1, 'from outside')
  await commit(8, MEMBER, 1, 'a version without epochs')
  for (const [memberId, memberEpoch] of [
    [MEMBER, 77],
    ['fixed-nobody', 1],
    [null, -1],
  ] as const) {
    const groups = [{ groupId: tag, memberId, memberEpoch, topics: null }]
    await broker.ask(apis.OffsetFetch, 9, { groups }, `member ${memberId} of epoch ${memberEpoch}`)
  }
})

export const consumerGroupScripts: readonly Script[] = [...heartbeat, ...staticMembers, ...describeGroups]
