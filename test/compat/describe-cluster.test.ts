// DescribeCluster (KIP-700): the brokers, and the refusal to speak as a controller.
import { apis, describe, expect, kip, only, test } from '../support/compat.ts'

describe('DescribeCluster', kip(700), () => {
  test.for([0, 1, 2])('names the cluster, its controller and its broker at version %i', async (version, { broker }) => {
    const answer = await broker.ask(apis.DescribeCluster, version, {})
    const metadata = await broker.ask(apis.Metadata, 12, { topics: [] })
    expect(answer).toMatchObject({
      errorCode: 'NONE',
      errorMessage: null,
      clusterId: metadata.clusterId,
      controllerId: metadata.controllerId,
    })
    expect(only(answer.brokers)).toMatchObject({
      brokerId: only(metadata.brokers).nodeId,
      port: broker.port,
      rack: null,
    })
  })

  test('keeps what is allowed to itself until it is asked', async ({ broker }) => {
    const silent = await broker.ask(apis.DescribeCluster, 0, {})
    const asked = await broker.ask(apis.DescribeCluster, 0, { includeClusterAuthorizedOperations: true })
    expect(silent.clusterAuthorizedOperations).toBe(-2147483648)
    expect(asked.clusterAuthorizedOperations).toBe(0b1111110100000)
  })

  test('is no controller', async ({ broker }) => {
    expect(await broker.ask(apis.DescribeCluster, 1, { endpointType: 2 })).toMatchObject({
      errorCode: 'MISMATCHED_ENDPOINT_TYPE',
      errorMessage: 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER',
      brokers: [],
    })
  })

  test('refuses a type of endpoint that there is not', async ({ broker }) => {
    expect(await broker.ask(apis.DescribeCluster, 1, { endpointType: 7 })).toMatchObject({
      errorCode: 'UNSUPPORTED_ENDPOINT_TYPE',
      errorMessage: 'Unsupported endpoint type 7',
      brokers: [],
    })
  })

  test('lists fenced brokers on demand, and this one is not fenced', async ({ broker }) => {
    const { brokers } = await broker.ask(apis.DescribeCluster, 2, { includeFencedBrokers: true })
    expect(only(brokers).isFenced).toBe(false)
  })
})
