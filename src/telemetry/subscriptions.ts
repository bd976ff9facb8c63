// The subscriptions to client metrics: the CLIENT_METRICS resources of the image, and what of them is meant for one
// client. Each is read when it is first needed after a change.
import { type ClientMetricsConfig, ConfigResourceType, inHashOrder, resolveClientMetrics } from '../config/index.ts'
import { javaUuidHash } from '../coordinator/index.ts'
import type { MetadataImage } from '../metadata/index.ts'
import { crc32c } from '../wire/records/index.ts'

/** Who pushes metrics: what subscriptions match, and what the receiver is told. */
export interface TelemetryClient {
  readonly clientId: string | null
  readonly softwareName: string | null
  readonly softwareVersion: string | null
  readonly address: string
  readonly port: number
  readonly connectionId: string
}

/** What one client shall push. */
export interface Subscription {
  /** Another number stands for another set of metrics, or another interval. */
  readonly subscriptionId: number
  /** Prefixes of names; `*` alone for all. */
  readonly requestedMetrics: readonly string[]
  readonly pushIntervalMs: number
}

const ALL_METRICS = '*'
const DEFAULT_INTERVAL_MS = 300_000

export class Subscriptions {
  readonly #image: MetadataImage
  #read: readonly ClientMetricsConfig[] | undefined
  /** How often they have changed. */
  version = 0

  constructor(image: MetadataImage) {
    this.#image = image
    image.subscribe(({ configsChanged }) => {
      const isOurs = ({ resourceType }: { resourceType: number }) => resourceType === ConfigResourceType.CLIENT_METRICS
      const changes = configsChanged.filter(isOurs).length
      if (changes === 0) return
      this.version += changes
      this.#read = undefined
    })
  }

  all(): readonly ClientMetricsConfig[] {
    const type = ConfigResourceType.CLIENT_METRICS
    this.#read ??= Array.from(this.#image.configuredResources(type), (name) =>
      resolveClientMetrics(this.#image.configs(type, name)),
    )
    return this.#read
  }
}

export function subscriptionFor(
  subscriptions: readonly ClientMetricsConfig[],
  clientInstanceId: string,
  client: TelemetryClient,
): Subscription {
  const matching = subscriptions.filter(({ match }) => matches(match, clientInstanceId, client))
  const pushIntervalMs = Math.min(DEFAULT_INTERVAL_MS, ...matching.map(({ intervalMs }) => intervalMs))
  const named = matching.flatMap(({ metrics }) => inHashOrder(metrics))
  const requestedMetrics = named.includes(ALL_METRICS) ? [ALL_METRICS] : inHashOrder([...new Set(named)])
  const described = Buffer.from(`[${requestedMetrics.join(', ')}]${pushIntervalMs}`)
  const subscriptionId = (crc32c(described, 0) | 0) ^ javaUuidHash(clientInstanceId)
  return { subscriptionId, requestedMetrics, pushIntervalMs }
}

/** Every pattern must match the whole of what it is about; a client that does not say so does not match. */
function matches(patterns: ClientMetricsConfig['match'], clientInstanceId: string, client: TelemetryClient): boolean {
  const attributes: Readonly<Record<string, string | null>> = {
    client_instance_id: clientInstanceId,
    client_id: client.clientId,
    client_software_name: client.softwareName,
    client_software_version: client.softwareVersion,
    client_source_address: client.address,
    client_source_port: String(client.port),
  }
  return [...patterns].every(([parameter, pattern]) => {
    const attribute = attributes[parameter] ?? null
    return attribute !== null && pattern.test(attribute)
  })
}
