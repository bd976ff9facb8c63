// UpdateFeatures, key 57: raises or lowers the finalized levels of features (KIP-584), all of them or none.
// Authorization: Alter on the Cluster.
//
// v0 only raises: allowDowngrade is read by no one; v1 upgradeType and validateOnly (KIP-778)
// v2 one error for all, no results by feature (KIP-1022)
import type { Controller } from '../metadata/index.ts'
import { apis, type Draft, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

export function updateFeaturesApi(rooms: { controller: Pick<Controller, 'updateFeatures'> }): ApiHandler {
  const { controller } = rooms

  return defineApi(
    apis.UpdateFeatures,
    { min: 0, max: 2 },
    async ({ apiVersion }, { featureUpdates, validateOnly }): Promise<Draft<typeof apis.UpdateFeatures.response>> => {
      const { errorCode, errorMessage } = await controller.updateFeatures(featureUpdates, { validateOnly })
      if (errorCode !== ErrorCode.NONE) {
        const what = 'The update failed for all features since the following feature had an error:'
        return { errorCode, errorMessage: `${what} ${errorMessage}` }
      }
      // Kafka puts the name of the code where a text belongs.
      const results = featureUpdates.map(({ feature }) => ({ feature, errorCode, errorMessage: 'NONE' }))
      return { errorCode, errorMessage: null, results: apiVersion <= 1 ? results : [] }
    },
    (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
  )
}
