// What each record of a consumer group does to it. Requests and a restart go the same way through here.
import { assignmentOf } from './assignors/assignor.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { topicNames, withCurrentAssignment, withMetadata, withoutAssignment } from './consumer-member.ts'
import type { Groups } from './groups.ts'
import type { ConsumerGroupRecord } from './records.ts'

/** The assignment epoch of a group whose assignment is deleted; the group itself goes next. */
const NO_ASSIGNMENT_EPOCH = -1

export function replayConsumerGroup(groups: Groups, record: ConsumerGroupRecord): void {
  const { groupId } = record.key
  if (record.value === null) {
    const group = groups.findConsumer(groupId)
    if (group !== undefined) replayTombstone(groups, group, record)
    return
  }
  replayValue(groups.consumerOfRecord(groupId), record)
}

function replayValue(group: ConsumerGroup, record: ConsumerGroupRecord): void {
  const { type: kind, key, value } = record
  if (value === null) return
  switch (kind) {
    case 'ConsumerGroupMetadata':
      group.groupEpoch = value.epoch
      group.metadataHash = value.metadataHash
      return
    case 'ConsumerGroupPartitionMetadata':
      group.hasPartitionMetadataRecord = true
      return
    case 'ConsumerGroupMemberMetadata':
      group.updateMember(withMetadata(group.memberOrNew(key.memberId), value))
      return
    case 'ConsumerGroupTargetAssignmentMetadata':
      group.assignmentEpoch = value.assignmentEpoch
      group.assignmentTimestamp = value.assignmentTimestamp
      return
    case 'ConsumerGroupTargetAssignmentMember':
      group.setTarget(key.memberId, assignmentOf(value.topicPartitions))
      return
    case 'ConsumerGroupCurrentMemberAssignment':
      group.updateMember(withCurrentAssignment(group.memberOrNew(key.memberId), value))
      return
    case 'ConsumerGroupRegularExpression': {
      const { topics, version, timestamp } = value
      group.setResolvedRegex(key.regularExpression, { topics: topicNames(topics), version, timestamp })
      return
    }
    default:
      kind satisfies never
  }
}

/** What is deleted may be gone already: compaction keeps a tombstone longer than what it deletes. */
function replayTombstone(groups: Groups, group: ConsumerGroup, record: ConsumerGroupRecord): void {
  const { type: kind, key } = record
  switch (kind) {
    case 'ConsumerGroupMetadata':
      groups.remove(key.groupId)
      return
    case 'ConsumerGroupPartitionMetadata':
      group.hasPartitionMetadataRecord = false
      return
    case 'ConsumerGroupMemberMetadata':
      group.removeMember(key.memberId)
      return
    case 'ConsumerGroupTargetAssignmentMetadata':
      group.assignmentEpoch = NO_ASSIGNMENT_EPOCH
      group.assignmentTimestamp = 0
      return
    case 'ConsumerGroupTargetAssignmentMember':
      group.removeTarget(key.memberId)
      return
    case 'ConsumerGroupCurrentMemberAssignment': {
      const member = group.members.get(key.memberId)
      if (member !== undefined) group.updateMember(withoutAssignment(member))
      return
    }
    case 'ConsumerGroupRegularExpression':
      group.removeResolvedRegex(key.regularExpression)
      return
    default:
      kind satisfies never
  }
}
