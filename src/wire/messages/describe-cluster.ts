// The DescribeCluster API (key 60): its request and response.
import { bool, type Infer, int8, int16, int32, message, string, structs } from '../schema.ts'

export const DescribeClusterRequest = message(
  'DescribeClusterRequest',
  { apiKey: 60, type: 'request', versions: '0-2', flexible: '0+', listeners: ['broker', 'controller'] },
  () => ({
    includeClusterAuthorizedOperations: bool('0+'),
    endpointType: int8('1+', { default: 1 }),
    includeFencedBrokers: bool('2+'),
  }),
)
export type DescribeClusterRequest = Infer<typeof DescribeClusterRequest>

export const DescribeClusterResponse = message(
  'DescribeClusterResponse',
  { apiKey: 60, type: 'response', versions: '0-2', flexible: '0+' },
  () => ({
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    endpointType: int8('1+', { default: 1 }),
    clusterId: string('0+'),
    controllerId: int32('0+', { default: -1 }),
    brokers: structs('DescribeClusterBroker', '0+', {
      brokerId: int32('0+'),
      host: string('0+'),
      port: int32('0+'),
      rack: string('0+', { nullable: '0+', default: null }),
      isFenced: bool('2+'),
    }),
    clusterAuthorizedOperations: int32('0+', { default: -2147483648 }),
  }),
)
export type DescribeClusterResponse = Infer<typeof DescribeClusterResponse>
