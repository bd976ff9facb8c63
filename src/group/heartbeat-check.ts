// What makes a ConsumerGroupHeartbeat a valid one, whatever the group: looked at before the group is.
import { type ConsumerGroupHeartbeatRequest, KafkaError } from '../wire/index.ts'
import { LEAVE_GROUP_EPOCH, LEAVE_GROUP_STATIC_EPOCH } from './consumer-member.ts'

/** From this version on, consumers make up their member ids themselves (KIP-1082). */
const KNOWS_MEMBER_ID = 1

/** Throws INVALID_REQUEST or UNSUPPORTED_ASSIGNOR. `assignors`: their names, as the message lists them. */
export function checkHeartbeat(
  request: ConsumerGroupHeartbeatRequest,
  apiVersion: number,
  assignors: readonly string[],
): void {
  const { memberEpoch, serverAssignor } = request
  if (apiVersion >= KNOWS_MEMBER_ID || memberEpoch > 0 || memberEpoch === LEAVE_GROUP_EPOCH) {
    requireText(request.memberId, "MemberId can't be empty.")
  }
  requireText(request.groupId, "GroupId can't be empty.")
  requireText(request.instanceId, "InstanceId can't be empty.")
  requireText(request.rackId, "RackId can't be empty.")
  if (memberEpoch === 0) checkJoin(request)
  else if (memberEpoch === LEAVE_GROUP_STATIC_EPOCH) require(request.instanceId !== null, "InstanceId can't be null.")
  else require(memberEpoch > LEAVE_GROUP_STATIC_EPOCH, 'MemberEpoch is invalid.')
  if (serverAssignor !== null && !assignors.includes(serverAssignor)) {
    throw new KafkaError(
      'UNSUPPORTED_ASSIGNOR',
      `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${assignors.join(', ')}.`,
    )
  }
}

function checkJoin(request: ConsumerGroupHeartbeatRequest): void {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request
  require(rebalanceTimeoutMs !== -1, 'RebalanceTimeoutMs must be provided in first request.')
  require(topicPartitions?.length === 0, 'TopicPartitions must be empty when (re-)joining.')
  require(subscribedTopicNames !== null ||
    subscribedTopicRegex !==
      null, 'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.')
}

/** Null is no text, and fine. */
function requireText(text: string | null, otherwise: string): void {
  require(text === null || !isBlank(text), otherwise)
}

/** As `String.trim()` in Java sees it: control characters are blank too. */
function isBlank(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x20) return false
  return true
}

function require(holds: boolean, otherwise: string): void {
  if (!holds) throw new KafkaError('INVALID_REQUEST', otherwise)
}
