// DescribeCluster, key 60: the cluster's id and its brokers (KIP-700), without a word of topics.
// Authorization: none; Describe on the Cluster to be told the authorized operations.
//
// v1 endpointType: brokers or controllers, of which a broker's port knows the first (KIP-919)
// v2 fenced brokers too, where asked for (KIP-1073)
import type { MetadataImage } from '../metadata/index.ts'
import { apis, type Draft, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED } from './support/authorized-operations.ts'
import { brokerAddresses, controllerFor } from './support/reachable-brokers.ts'

const EndpointType = { BROKER: 1, CONTROLLER: 2 } as const

export function describeClusterApi(rooms: { image: MetadataImage }): ApiHandler {
  const { image } = rooms

  return defineApi(
    apis.DescribeCluster,
    { min: 0, max: 2 },
    ({ connection: { listenerName } }, request): Draft<typeof apis.DescribeCluster.response> => {
      const { endpointType, includeFencedBrokers, includeClusterAuthorizedOperations } = request
      if (endpointType === EndpointType.CONTROLLER) {
        return {
          errorCode: ErrorCode.MISMATCHED_ENDPOINT_TYPE,
          errorMessage:
            'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER',
        }
      }
      if (endpointType !== EndpointType.BROKER) {
        return {
          errorCode: ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
          errorMessage: `Unsupported endpoint type ${endpointType}`,
        }
      }
      const brokers = brokerAddresses(image, listenerName).filter(({ isFenced }) => includeFencedBrokers || !isFenced)
      const controllerId = controllerFor(image)
      return {
        endpointType,
        clusterId: image.clusterId,
        controllerId: brokers.some(({ brokerId }) => brokerId === controllerId) ? controllerId : -1,
        brokers,
        clusterAuthorizedOperations: includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_NOT_ASKED,
      }
    },
    (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
  )
}
