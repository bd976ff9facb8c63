// RemoveRaftVoter, key 81: a controller shall not vote on the metadata log any more (KIP-853). Of one node: never.
// Authorization: Alter on the Cluster.
//
// v0 the first
import type { Controller } from '../metadata/index.ts'
import { apis } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

export function removeRaftVoterApi(rooms: { controller: Pick<Controller, 'removeRaftVoter'> }): ApiHandler {
  return defineApi(
    apis.RemoveRaftVoter,
    { min: 0, max: 0 },
    (_context, request) => rooms.controller.removeRaftVoter(request),
    (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
  )
}
