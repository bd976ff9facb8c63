// How groups look from outside: in the list of all of them, and described one by one, each kind in its own way.
import { JavaHashMap, javaUuidHash } from '../coordinator/index.ts'
import type { ConsumerGroupDescribeResponse, DescribeGroupsResponse, Draft, ListGroupsResponse } from '../wire/index.ts'
import { type Assignment, NO_PARTITIONS } from './assignors/assignor.ts'
import type { ClassicGroup } from './classic-group.ts'
import { metadataOf } from './classic-member.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, usesClassicProtocol } from './consumer-member.ts'
import type { Group } from './group.ts'
import type { GroupTopics } from './group-topics.ts'
import { mostCounted } from './subscription-counts.ts'

export type ListedGroup = NonNullable<Draft<typeof ListGroupsResponse>['groups']>[number]
export type DescribedGroup = NonNullable<Draft<typeof DescribeGroupsResponse>['groups']>[number]
export type DescribedConsumerGroup = NonNullable<Draft<typeof ConsumerGroupDescribeResponse>['groups']>[number]
type DescribedMember = NonNullable<DescribedConsumerGroup['members']>[number]
type DescribedPartitions = NonNullable<NonNullable<DescribedMember['assignment']>['topicPartitions']>

/** Which groups are listed; an empty filter lets all through. Case does not matter. */
export interface GroupFilters {
  readonly states: readonly string[]
  readonly types: readonly string[]
}

/** Which protocol a member speaks. */
const MemberType = { CLASSIC: 0, CONSUMER: 1 } as const

export function listed(groups: Iterable<Group>, { states, types }: GroupFilters): ListedGroup[] {
  const wantedStates = new Set(states.map((state) => state.toLowerCase().trim()))
  const wantedTypes = new Set(types.map((type) => type.toLowerCase()))
  const found: ListedGroup[] = []
  for (const { groupId, protocolType, state: groupState, type: groupType } of groups) {
    if (wantedStates.size > 0 && !wantedStates.has(groupState.toLowerCase())) continue
    if (wantedTypes.size > 0 && !wantedTypes.has(groupType)) continue
    found.push({ groupId, protocolType: protocolType ?? '', groupState, groupType })
  }
  return found
}

export function describeClassic(group: ClassicGroup): DescribedGroup {
  const { groupId, state, protocolName } = group
  const isStable = group.isIn('Stable')
  return {
    groupId,
    groupState: state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (protocolName ?? '') : '',
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, protocolName) : Buffer.alloc(0),
      memberAssignment: member.assignment,
    })),
  }
}

export function describeConsumer(
  group: ConsumerGroup,
  defaultAssignor: string,
  topics: GroupTopics,
): DescribedConsumerGroup {
  const { groupId, groupEpoch, assignmentEpoch, state } = group
  return {
    groupId,
    groupState: state,
    groupEpoch,
    assignmentEpoch,
    assignorName: mostCounted(group.serverAssignors) ?? defaultAssignor,
    members: Array.from(group.members, ([memberId, member]) =>
      describeMember(member, group.targetAssignment.get(memberId) ?? NO_PARTITIONS, topics),
    ),
  }
}

function describeMember(member: ConsumerMember, target: Assignment, topics: GroupTopics): DescribedMember {
  const { memberId, memberEpoch, instanceId, rackId, clientId, clientHost } = member
  return {
    memberId,
    memberEpoch,
    instanceId,
    rackId,
    clientId,
    clientHost,
    subscribedTopicNames: [...member.subscribedTopicNames],
    subscribedTopicRegex: member.subscribedTopicRegex,
    assignment: { topicPartitions: allOwned(member, topics) },
    targetAssignment: {
      topicPartitions: [...target].flatMap(([topicId, partitions]) => named(topics, topicId, [...partitions])),
    },
    memberType: usesClassicProtocol(member) ? MemberType.CLASSIC : MemberType.CONSUMER,
  }
}

/** What the member has, and what it has yet to give up. */
function allOwned(
  { assignedPartitions, partitionsPendingRevocation }: ConsumerMember,
  topics: GroupTopics,
): DescribedPartitions {
  const owned = new JavaHashMap<string, number[]>(javaUuidHash)
  for (const [topicId, epochs] of [...assignedPartitions, ...partitionsPendingRevocation]) {
    owned.computeIfAbsent(topicId, () => []).push(...epochs.keys())
  }
  return [...owned].flatMap(([topicId, partitions]) => named(topics, topicId, partitions))
}

/** Nothing where the topic is gone. */
function named(topics: GroupTopics, topicId: string, partitions: number[]): DescribedPartitions {
  const topic = topics.byId(topicId)
  return topic === undefined ? [] : [{ topicId, topicName: topic.name, partitions }]
}
