// ListGroups, key 16: the groups of all kinds that this broker coordinates.
//
// v1 throttleTimeMs; v3 flexible; v4 only groups in certain states (KIP-518); v5 only those of certain types (KIP-848)
import type { GroupCoordinator } from '../group/index.ts'
import { apis } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

export function listGroupsApi(rooms: { groups: GroupCoordinator }): ApiHandler {
  return defineApi(
    apis.ListGroups,
    { min: 0, max: 5 },
    async (_context, { statesFilter, typesFilter }) => ({
      groups: await rooms.groups.listGroups({ states: statesFilter, types: typesFilter }),
    }),
    (_request, errorCode) => ({ errorCode }),
  )
}
