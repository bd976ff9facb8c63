// ListConfigResources, key 74: the names of what can be configured. Was ListClientMetricsResources (KIP-714).
// Authorization: DescribeConfigs on the Cluster.
//
// v0 client metrics only; v1 any type, all of them where none is asked for (KIP-1142)
import { ConfigResourceType } from '../config/index.ts'
import type { MetadataImage } from '../metadata/index.ts'
import { apis, type Draft, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { brokerAddresses } from './support/reachable-brokers.ts'

type Response = Draft<typeof apis.ListConfigResources.response>

/** In the order in which Kafka lists them. */
const { GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC } = ConfigResourceType
const allTypes: readonly number[] = [GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC]

export function listConfigResourcesApi(rooms: { image: MetadataImage }): ApiHandler {
  const { image } = rooms

  return defineApi(
    apis.ListConfigResources,
    { min: 0, max: 1 },
    ({ apiVersion, connection: { listenerName } }, { resourceTypes }): Response => {
      const supported = apiVersion === 0 ? [CLIENT_METRICS] : allTypes
      const asked = resourceTypes.length === 0 ? supported : resourceTypes
      if (asked.some((type) => !supported.includes(type))) return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
      const listed = allTypes.filter((type) => asked.includes(type))
      return {
        configResources: listed.flatMap((resourceType) =>
          namesOf(resourceType, listenerName).map((resourceName) => ({ resourceName, resourceType })),
        ),
      }
    },
    (_request, errorCode) => ({ errorCode }),
  )

  /** Topics and brokers always have configs; groups and client metrics are known only by what was set for them. */
  function namesOf(resourceType: number, listenerName: string): string[] {
    switch (resourceType) {
      case TOPIC:
        return Array.from(image.topics(), ({ name }) => name)
      case BROKER:
      case BROKER_LOGGER:
        return brokerAddresses(image, listenerName).map(({ brokerId }) => String(brokerId))
      default:
        return [...image.configuredResources(resourceType)]
    }
  }
}
