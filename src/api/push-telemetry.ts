// PushTelemetry, key 72: the metrics that a client was asked for (KIP-714).
// Advertised only where somebody receives them; served in any case, as Kafka does.
//
// v0 the first
import type { ClientMetrics } from '../telemetry/index.ts'
import { apis } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { telemetryClient } from './support/telemetry-client.ts'

export function pushTelemetryApi({ telemetry }: { telemetry: ClientMetrics }): ApiHandler {
  const api = defineApi(
    apis.PushTelemetry,
    { min: 0, max: 0 },
    (context, request) => {
      telemetry.push(request, telemetryClient(context))
      return {}
    },
    (_request, errorCode) => ({ errorCode }),
  )
  return { ...api, isAdvertised: telemetry.hasReceiver }
}
