// ConsumerGroupDescribe, key 69: consumer groups with their epochs, their members, what those have and are to have
// (KIP-848). Groups of other kinds have descriptions of their own; here they do not exist.
//
// v1 memberType: whether a member speaks the classic protocol (KIP-1099)
import type { GroupCoordinator } from '../group/index.ts'
import { apis, ErrorCode, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { GROUP_OPERATIONS, OPERATIONS_NOT_ASKED } from './support/authorized-operations.ts'
import { type ConsumerProtocolGate, servesConsumerGroups } from './support/consumer-protocol-gate.ts'

export function consumerGroupDescribeApi(rooms: { groups: GroupCoordinator } & ConsumerProtocolGate): ApiHandler {
  return defineApi(
    apis.ConsumerGroupDescribe,
    { min: 0, max: 1 },
    async (_context, { groupIds, includeAuthorizedOperations }) => {
      if (!servesConsumerGroups(rooms)) throw new KafkaError('UNSUPPORTED_VERSION')
      const operations = includeAuthorizedOperations ? GROUP_OPERATIONS : OPERATIONS_NOT_ASKED
      const described = await rooms.groups.describeConsumerGroups(groupIds)
      return {
        groups: described.map((group) => {
          const isFound = (group.errorCode ?? ErrorCode.NONE) === ErrorCode.NONE
          return { ...group, authorizedOperations: isFound ? operations : OPERATIONS_NOT_ASKED }
        }),
      }
    },
    ({ groupIds }, errorCode) => ({
      groups: groupIds.map((groupId) => ({ groupId, errorCode, authorizedOperations: OPERATIONS_NOT_ASKED })),
    }),
  )
}
