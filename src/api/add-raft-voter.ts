// AddRaftVoter, key 80: a controller that follows the metadata log shall vote on it (KIP-853). Of one node: never.
// Authorization: Alter on the Cluster.
//
// v0 the first
// v1 whether to answer before the change is committed
import type { Controller } from '../metadata/index.ts'
import { apis } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

export function addRaftVoterApi(rooms: { controller: Pick<Controller, 'addRaftVoter'> }): ApiHandler {
  return defineApi(
    apis.AddRaftVoter,
    { min: 0, max: 1 },
    (_context, request) => rooms.controller.addRaftVoter(request),
    (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
  )
}
