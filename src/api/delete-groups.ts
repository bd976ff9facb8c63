// DeleteGroups, key 42: deletes groups that have no members, with their offsets (KIP-229).
//
// v1 a throttled client is told so; v2 flexible
import type { GroupCoordinator } from '../group/index.ts'
import { apis } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

export function deleteGroupsApi(rooms: { groups: GroupCoordinator }): ApiHandler {
  return defineApi(
    apis.DeleteGroups,
    { min: 0, max: 2 },
    async (_context, { groupsNames }) => {
      const groupIds = [...new Set(groupsNames)]
      const codes = await rooms.groups.deleteGroups(groupIds)
      return { results: groupIds.map((groupId, index) => ({ groupId, errorCode: codes[index] })) }
    },
    ({ groupsNames }, errorCode) => ({ results: groupsNames.map((groupId) => ({ groupId, errorCode })) }),
  )
}
