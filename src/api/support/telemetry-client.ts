// Who sent a request, as subscriptions to client metrics see it.
import type { TelemetryClient } from '../../telemetry/index.ts'
import type { RequestContext } from '../handler.ts'

export function telemetryClient({ clientId, connection }: RequestContext): TelemetryClient {
  const { id: connectionId, clientHost, clientPort: port, clientSoftware } = connection
  return {
    clientId,
    // Kafka takes it that a client which does not say has these.
    softwareName: clientSoftware?.name ?? 'unknown',
    softwareVersion: clientSoftware?.version ?? 'unknown',
    address: clientHost.slice(1),
    port,
    connectionId,
  }
}
