// DescribeGroups, key 15: classic groups with their members, what those said in JoinGroup, and what they were assigned.
// Groups of other kinds have descriptions of their own; here they do not exist.
//
// v1 throttleTimeMs; v3 authorizedOperations (KIP-430); v4 groupInstanceId: static members (KIP-345); v5 flexible
// v6 an unknown group is GROUP_ID_NOT_FOUND, with a message (KIP-1043); before, a group that is Dead
import type { DescribedGroup, GroupCoordinator } from '../group/index.ts'
import { apis, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { GROUP_OPERATIONS, OPERATIONS_NOT_ASKED } from './support/authorized-operations.ts'

const TELLS_UNKNOWN_GROUP = 6

export function describeGroupsApi(rooms: { groups: GroupCoordinator }): ApiHandler {
  return defineApi(
    apis.DescribeGroups,
    { min: 0, max: 6 },
    async ({ apiVersion }, { groups, includeAuthorizedOperations }) => {
      const operations = includeAuthorizedOperations ? GROUP_OPERATIONS : OPERATIONS_NOT_ASKED
      const described = await rooms.groups.describeGroups(groups)
      return {
        groups: described.map((group) => {
          const told = group.errorCode === ErrorCode.GROUP_ID_NOT_FOUND ? deadGroup(group, apiVersion) : group
          const isFound = (told.errorCode ?? ErrorCode.NONE) === ErrorCode.NONE
          return { ...told, authorizedOperations: isFound ? operations : OPERATIONS_NOT_ASKED }
        }),
      }
    },
    ({ groups }, errorCode) => ({
      groups: groups.map((groupId) => ({ groupId, errorCode, authorizedOperations: OPERATIONS_NOT_ASKED })),
    }),
  )
}

function deadGroup({ groupId, errorCode, errorMessage }: DescribedGroup, apiVersion: number): DescribedGroup {
  const dead = { groupId, groupState: 'Dead' }
  return apiVersion >= TELLS_UNKNOWN_GROUP ? { ...dead, errorCode, errorMessage } : dead
}
