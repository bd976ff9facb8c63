// AddRaftVoter and RemoveRaftVoter (KIP-853), of a quorum of one that nobody follows.
import { apis, describe, EMPTY_UUID, expect, kip, only, type TestBroker, test } from '../support/compat.ts'

const OTHER = '4L6g3nShT-eMCtK--X86sw'
const NEW_VOTER = 'ReplicaKey(id=2, directoryId=4L6g3nShT-eMCtK--X86sw)'

/** The one voter that there is. */
async function voter(broker: TestBroker): Promise<{ id: number; directory: string }> {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const answer = await broker.ask(apis.DescribeQuorum, 2, { topics })
  const { replicaId, replicaDirectoryId } = only(only(only(answer.topics).partitions).currentVoters)
  return { id: replicaId, directory: replicaDirectoryId }
}

const listener = (name: string) => ({ name, host: 'elsewhere', port: 1 })

const add = (broker: TestBroker, request: object, version = 1) =>
  broker.ask(apis.AddRaftVoter, version, {
    clusterId: null,
    timeoutMs: 30_000,
    voterId: 2,
    voterDirectoryId: OTHER,
    listeners: [listener('CONTROLLER')],
    ...request,
  })

const remove = (broker: TestBroker, request: object) =>
  broker.ask(apis.RemoveRaftVoter, 0, { clusterId: null, voterId: 2, voterDirectoryId: OTHER, ...request })

describe('AddRaftVoter', kip(853), () => {
  test.for([0, 1])(
    'does not wait at version %i for a node that does not follow the log',
    async (version, { broker }) => {
      const listeners = [{ name: 'CONTROLLER', host: '127.0.0.1', port: broker.port }]
      expect((await add(broker, { voterId: 1000 + version, listeners }, version)).errorCode).toBe('REQUEST_TIMED_OUT')
    },
  )

  test('knows who votes already, whatever the directory', async ({ broker }) => {
    const { id, directory } = await voter(broker)
    expect(await add(broker, { voterId: id })).toMatchObject({
      errorCode: 'DUPLICATE_VOTER',
      errorMessage: `The voter id for ReplicaKey(id=${id}, directoryId=${OTHER}) is already part of the set of voters [ReplicaKey(id=${id}, directoryId=${directory})].`,
    })
  })

  test.for<[what: string, request: object]>([
    ['an id', { voterId: -1 }],
    ['a directory', { voterDirectoryId: EMPTY_UUID }],
  ])('refuses a voter without %s', async ([, request], { broker }) => {
    expect(await add(broker, request)).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      errorMessage: "Add voter request didn't include a valid voter",
    })
  })

  test.for<[endpoints: string, names: string[]]>([
    ['{}', []],
    ['{ListenerName(OTHER)=elsewhere/<unresolved>:1}', ['other']],
  ])('refuses a voter whose controller cannot be found: %s', async ([endpoints, names], { broker }) => {
    expect(await add(broker, { listeners: names.map(listener) })).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      errorMessage: `Add voter request didn't include the endpoint (Endpoints(endpoints=${endpoints})) for the default listener ListenerName(CONTROLLER)`,
    })
  })

  test('refuses another cluster first of all', async ({ broker }) => {
    const { clusterId } = await broker.ask(apis.DescribeCluster, 0, {})
    expect(await add(broker, { clusterId: 'another', voterId: -1 })).toMatchObject({
      errorCode: 'INCONSISTENT_CLUSTER_ID',
      errorMessage: `The given id "another" doesn't match the cluster id "${clusterId}"`,
    })
    expect((await add(broker, { clusterId, voterId: -1 })).errorCode).toBe('INVALID_REQUEST')
  })
})

describe('RemoveRaftVoter', kip(853), () => {
  test('does not find a voter that there is not', async ({ broker }) => {
    const { id, directory } = await voter(broker)
    expect(await remove(broker, {})).toMatchObject({
      errorCode: 'VOTER_NOT_FOUND',
      errorMessage: `Cannot remove voter ${NEW_VOTER} from the set of voters [ReplicaKey(id=${id}, directoryId=${directory})]`,
    })
    expect((await remove(broker, { voterId: id })).errorCode).toBe('VOTER_NOT_FOUND')
  })

  test('does not take away the last one', async ({ broker }) => {
    const { id, directory } = await voter(broker)
    const answer = await remove(broker, { voterId: id, voterDirectoryId: directory })
    expect(answer.errorCode).toBe('VOTER_NOT_FOUND')
  })

  test.for<[what: string, request: object]>([
    ['an id', { voterId: -1 }],
    ['a directory', { voterDirectoryId: EMPTY_UUID }],
  ])('refuses a voter without %s', async ([, request], { broker }) => {
    expect(await remove(broker, request)).toMatchObject({
      errorCode: 'INVALID_REQUEST',
      errorMessage: "Remove voter request didn't include a valid voter",
    })
  })

  test('refuses another cluster first of all', async ({ broker }) => {
    expect((await remove(broker, { clusterId: 'another', voterId: -1 })).errorCode).toBe('INCONSISTENT_CLUSTER_ID')
  })
})
