// LeaveGroup, key 13: members leave a classic group, which rebalances without them.
//
// v1 throttleTimeMs
// v3 many members, each by its id or its instance id, with an error for each (KIP-345); before, one member, whose error
//    is that of the whole
// v4 flexible; v5 the client's reason (KIP-800)
import type { GroupCoordinator } from '../group/index.ts'
import { apis, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

const BATCHED_VERSION = 3

export function leaveGroupApi(rooms: { groups: GroupCoordinator }): ApiHandler {
  return defineApi(
    apis.LeaveGroup,
    { min: 0, max: 5 },
    async ({ apiVersion }, { groupId, memberId, members }) => {
      if (apiVersion >= BATCHED_VERSION) {
        const leaving = members.map((member) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
        }))
        return rooms.groups.leaveGroup(groupId, leaving)
      }
      const left = await rooms.groups.leaveGroup(groupId, [{ memberId, groupInstanceId: null }])
      return { errorCode: left.errorCode || left.members?.[0]?.errorCode || ErrorCode.NONE }
    },
    (_request, errorCode) => ({ errorCode }),
  )
}
