// GetTelemetrySubscriptions, key 71: which metrics the client shall push, and how often (KIP-714).
// Advertised only where somebody receives them; served in any case, as Kafka does.
//
// v0 the first
import type { ClientMetrics } from '../telemetry/index.ts'
import { apis } from '../wire/index.ts'
import { compressionId } from '../wire/records/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { telemetryClient } from './support/telemetry-client.ts'

/** In the order in which they are preferred. */
const acceptedCompressionTypes = (['zstd', 'lz4', 'gzip', 'snappy'] as const).map(compressionId)

export function getTelemetrySubscriptionsApi({ telemetry }: { telemetry: ClientMetrics }): ApiHandler {
  const api = defineApi(
    apis.GetTelemetrySubscriptions,
    { min: 0, max: 0 },
    (context, { clientInstanceId }) => {
      const { requestedMetrics, ...told } = telemetry.get(clientInstanceId, telemetryClient(context))
      return { ...told, requestedMetrics: [...requestedMetrics], acceptedCompressionTypes, deltaTemporality: true }
    },
    (_request, errorCode) => ({ errorCode }),
  )
  return { ...api, isAdvertised: telemetry.hasReceiver }
}
