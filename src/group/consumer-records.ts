// The records of consumer groups, made from what they say. Tombstones come in the order that replay needs: what a
// member has before the member, and all members before their group.
import type { Assignment } from './assignors/assignor.ts'
import type { ConsumerGroup, ResolvedRegex } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { ownedToRecord } from './owned-partitions.ts'
import type { GroupRecord } from './records.ts'

export function epochRecord(groupId: string, epoch: number, metadataHash: bigint): GroupRecord {
  return { type: 'ConsumerGroupMetadata', key: { groupId }, value: { epoch, metadataHash } }
}

export function memberRecord(groupId: string, member: ConsumerMember): GroupRecord {
  const { memberId, instanceId, rackId, clientId, clientHost, subscribedTopicRegex, rebalanceTimeoutMs } = member
  return {
    type: 'ConsumerGroupMemberMetadata',
    key: { groupId, memberId },
    value: {
      instanceId,
      rackId,
      clientId,
      clientHost,
      subscribedTopicNames: [...member.subscribedTopicNames].sort(),
      subscribedTopicRegex,
      rebalanceTimeoutMs,
      serverAssignor: member.serverAssignorName,
      classicMemberMetadata: member.classicTerms,
    },
  }
}

export function currentAssignmentRecord(groupId: string, member: ConsumerMember): GroupRecord {
  const { memberId, memberEpoch, previousMemberEpoch, state } = member
  return {
    type: 'ConsumerGroupCurrentMemberAssignment',
    key: { groupId, memberId },
    value: {
      memberEpoch,
      previousMemberEpoch,
      state,
      assignedPartitions: ownedToRecord(member.assignedPartitions),
      partitionsPendingRevocation: ownedToRecord(member.partitionsPendingRevocation),
    },
  }
}

export function targetRecord(groupId: string, memberId: string, assignment: Assignment): GroupRecord {
  const topicPartitions = Array.from(assignment, ([topicId, partitions]) => ({ topicId, partitions: [...partitions] }))
  return { type: 'ConsumerGroupTargetAssignmentMember', key: { groupId, memberId }, value: { topicPartitions } }
}

export function targetEpochRecord(groupId: string, assignmentEpoch: number, assignmentTimestamp: number): GroupRecord {
  const value = { assignmentEpoch, assignmentTimestamp }
  return { type: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId }, value }
}

export function regexRecord(groupId: string, regularExpression: string, resolved: ResolvedRegex): GroupRecord {
  const { topics, version, timestamp } = resolved
  const value = { topics: [...topics].sort(), version, timestamp }
  return { type: 'ConsumerGroupRegularExpression', key: { groupId, regularExpression }, value }
}

export function regexTombstone(groupId: string, regularExpression: string): GroupRecord {
  return { type: 'ConsumerGroupRegularExpression', key: { groupId, regularExpression }, value: null }
}

export function partitionMetadataTombstone(groupId: string): GroupRecord {
  return { type: 'ConsumerGroupPartitionMetadata', key: { groupId }, value: null }
}

/** What removes a member, and what it has and was to have before it. */
export function memberTombstones(groupId: string, memberId: string): GroupRecord[] {
  const key = { groupId, memberId }
  return [
    { type: 'ConsumerGroupCurrentMemberAssignment', key, value: null },
    { type: 'ConsumerGroupTargetAssignmentMember', key, value: null },
    { type: 'ConsumerGroupMemberMetadata', key, value: null },
  ]
}

/** `replaced`: the member id whose place was taken, and the one that took it. */
export function consumerGroupTombstones(
  { groupId, members, resolvedRegexes }: ConsumerGroup,
  replaced?: { readonly old: string; readonly new: string },
): GroupRecord[] {
  const keys = members.keys().map((memberId) => ({
    groupId,
    memberId: memberId === replaced?.old ? replaced.new : memberId,
  }))
  return [
    ...keys.map((key) => ({ type: 'ConsumerGroupCurrentMemberAssignment', key, value: null }) as const),
    ...keys.map((key) => ({ type: 'ConsumerGroupTargetAssignmentMember', key, value: null }) as const),
    { type: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId }, value: null },
    ...keys.map((key) => ({ type: 'ConsumerGroupMemberMetadata', key, value: null }) as const),
    ...resolvedRegexes.keys().map((regex) => regexTombstone(groupId, regex)),
    partitionMetadataTombstone(groupId),
    { type: 'ConsumerGroupMetadata', key: { groupId }, value: null },
  ]
}
