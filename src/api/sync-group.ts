// SyncGroup, key 14: gives the leader's assignment to the members of a generation. Answers when it is stored.
//
// v1 throttleTimeMs; v3 groupInstanceId: static members (KIP-345); v4 flexible
// v5 protocolType and protocolName, which must be those of the generation (KIP-559)
import type { GroupCoordinator } from '../group/index.ts'
import { apis, KafkaError } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

export function syncGroupApi(rooms: { groups: GroupCoordinator }): ApiHandler {
  return defineApi(
    apis.SyncGroup,
    { min: 0, max: 5 },
    ({ apiVersion }, request) => {
      const namesProtocol = request.protocolType !== null && request.protocolName !== null
      if (apiVersion >= 5 && !namesProtocol) throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
      return rooms.groups.syncGroup(request)
    },
    (_request, errorCode) => ({ errorCode }),
  )
}
