// AlterConfigs, key 33: replaces all configs of a topic, a broker, a group or client metrics. Deprecated since 2.3
// for IncrementalAlterConfigs, which does not remove what another client has set meanwhile.
// Authorization: AlterConfigs on each topic and group, and on the Cluster for the rest; told per resource.
//
// v1 throttles before it answers (KIP-219); v2 flexible
import type { Controller } from '../metadata/index.ts'
import { apis, type Draft } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { alterEach, alterFailed } from './support/alterations.ts'

export function alterConfigsApi(rooms: { controller: Pick<Controller, 'alterConfigs'> }): ApiHandler {
  const { controller } = rooms

  return defineApi(
    apis.AlterConfigs,
    { min: 0, max: 2 },
    async (_context, { resources, validateOnly }): Promise<Draft<typeof apis.AlterConfigs.response>> => ({
      responses: await alterEach(resources, (single) => controller.alterConfigs(single, { validateOnly })),
    }),
    ({ resources }, errorCode, errorMessage) => ({ responses: alterFailed(resources, errorCode, errorMessage) }),
  )
}
