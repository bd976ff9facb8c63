// IncrementalAlterConfigs, key 44: sets, removes, appends to and subtracts from single configs (KIP-339), and sets the
// levels of the broker's loggers (KIP-412), which last as long as its process.
// Authorization: AlterConfigs on each topic and group, and on the Cluster for the rest; told per resource.
//
// v1 flexible
import { alterBrokerLoggers, type BrokerConfig, ConfigResourceType } from '../config/index.ts'
import { type ApiError, type BrokerLoggers, type Controller, errorOf, NO_ERROR } from '../metadata/index.ts'
import { apis, type Draft, type Infer } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { alterEach, alterFailed } from './support/alterations.ts'

type Resource = Infer<typeof apis.IncrementalAlterConfigs.request>['resources'][number]

export function incrementalAlterConfigsApi(rooms: {
  controller: Pick<Controller, 'incrementalAlterConfigs'>
  config: () => BrokerConfig
  loggers: Pick<BrokerLoggers, 'levels' | 'apply'>
}): ApiHandler {
  const { controller, config, loggers } = rooms

  return defineApi(
    apis.IncrementalAlterConfigs,
    { min: 0, max: 1 },
    async (_context, { resources, validateOnly }): Promise<Draft<typeof apis.IncrementalAlterConfigs.response>> => ({
      responses: await alterEach(resources, (single) => alter(single, validateOnly)),
    }),
    ({ resources }, errorCode, errorMessage) => ({ responses: alterFailed(resources, errorCode, errorMessage) }),
  )

  async function alter(resources: readonly Resource[], validateOnly: boolean): Promise<ApiError[]> {
    const levels = new Map(
      resources.filter(isOfLoggers).map((resource) => [resource, alterLoggers(resource, validateOnly)]),
    )
    const stored = resources.filter((resource) => !isOfLoggers(resource))
    const errors = stored.length === 0 ? [] : await controller.incrementalAlterConfigs(stored, { validateOnly })
    const errorOfStored = new Map(stored.map((resource, index) => [resource, errors[index]]))
    return resources.map((resource) => levels.get(resource) ?? errorOfStored.get(resource) ?? NO_ERROR)
  }

  function alterLoggers({ resourceName, configs }: Resource, validateOnly: boolean): ApiError {
    const error = errorOf(() => {
      const changes = alterBrokerLoggers(resourceName, configs, loggers.levels(), config().nodeId)
      if (!validateOnly) loggers.apply(changes)
    })
    return error ?? NO_ERROR
  }
}

function isOfLoggers({ resourceType }: Resource): boolean {
  return resourceType === ConfigResourceType.BROKER_LOGGER
}
