// UnregisterBroker, key 64: takes a broker that will not come back off the cluster's list (KIP-631).
// Authorization: Alter on the Cluster.
//
// v0 the first
import type { Controller } from '../metadata/index.ts'
import { apis, type Draft, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

export function unregisterBrokerApi(rooms: { controller: Pick<Controller, 'unregisterBroker'> }): ApiHandler {
  const { controller } = rooms

  return defineApi(
    apis.UnregisterBroker,
    { min: 0, max: 0 },
    async (_context, { brokerId }): Promise<Draft<typeof apis.UnregisterBroker.response>> => {
      await controller.unregisterBroker(brokerId)
      return { errorCode: ErrorCode.NONE }
    },
    (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
  )
}
