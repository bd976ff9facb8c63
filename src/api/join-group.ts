// JoinGroup, key 11: becomes a member of a classic group, or joins its next generation. Answers when all have joined.
//
// v1 rebalanceTimeoutMs (before, the session timeout counts for both); v2 throttleTimeMs
// v4 a new member is told its id with MEMBER_ID_REQUIRED and joins with that (KIP-394)
// v5 groupInstanceId: static members (KIP-345); v6 flexible
// v7 protocolType, and a null protocolName where there is none (before, an empty one)
// v8 the client's reason (KIP-800); v9 skipAssignment, for a leader that came back (KIP-814)
import type { GroupCoordinator } from '../group/index.ts'
import { apis, type Draft } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Response = Draft<typeof apis.JoinGroup.response>

export function joinGroupApi(rooms: { groups: GroupCoordinator }): ApiHandler {
  return defineApi(
    apis.JoinGroup,
    { min: 0, max: 9 },
    async ({ apiVersion, clientId, connection: { clientHost } }, request) => {
      const rebalanceTimeoutMs = apiVersion === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs
      const who = { apiVersion, clientId, clientHost }
      return inVersion(apiVersion, await rooms.groups.joinGroup(who, { ...request, rebalanceTimeoutMs }))
    },
    (_request, errorCode, _message, { apiVersion }) => inVersion(apiVersion, { errorCode }),
  )
}

const NULL_PROTOCOL_NAME = 7

function inVersion(apiVersion: number, response: Response): Response {
  const name = response.protocolName || null
  return { ...response, protocolName: apiVersion >= NULL_PROTOCOL_NAME ? name : (name ?? '') }
}
