// Heartbeat, key 12: a member of a classic group is alive; it is told whether it has to join again.
//
// v1 throttleTimeMs; v3 groupInstanceId: static members (KIP-345); v4 flexible
import type { GroupCoordinator } from '../group/index.ts'
import { apis } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

export function heartbeatApi(rooms: { groups: GroupCoordinator }): ApiHandler {
  return defineApi(
    apis.Heartbeat,
    { min: 0, max: 4 },
    async (_context, request) => {
      await rooms.groups.heartbeat(request)
      return {}
    },
    (_request, errorCode) => ({ errorCode }),
  )
}
