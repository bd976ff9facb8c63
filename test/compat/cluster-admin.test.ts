// UpdateFeatures, DescribeQuorum and UnregisterBroker: the cluster as its administrator sees it.
import { apis, describe, expect, kip, only, type TestBroker, test } from '../support/compat.ts'
import { NotApplicable } from '../support/surroundings.ts'

const [UPGRADE, SAFE_DOWNGRADE] = [1, 2]

/** Asks without changing anything: the features are the whole run's. */
async function update(broker: TestBroker, feature: string, maxVersionLevel: number, upgradeType = UPGRADE) {
  const featureUpdates = [{ feature, maxVersionLevel, upgradeType }]
  return broker.ask(apis.UpdateFeatures, 2, { featureUpdates, validateOnly: true, timeoutMs: 30_000 })
}

/** The level that is final now: asked for again, nothing changes. */
async function levelOf(broker: TestBroker, feature: string): Promise<number> {
  const software = { clientSoftwareName: 'compat', clientSoftwareVersion: '1.0' }
  const { finalizedFeatures } = await broker.ask(apis.ApiVersions, 3, software)
  const found = finalizedFeatures.find(({ name }) => name === feature)
  if (found === undefined) throw new NotApplicable(`the broker has no ${feature}`)
  return found.maxVersionLevel
}

const refusal = (reason: string) =>
  `The update failed for all features since the following feature had an error: ${reason}`

describe('UpdateFeatures', kip(584), () => {
  test('takes the level of today', async ({ broker }) => {
    expect(await update(broker, 'metadata.version', await levelOf(broker, 'metadata.version'))).toMatchObject({
      errorCode: 'NONE',
      errorMessage: null,
      results: [],
    })
  })

  test.for([0, 1])('answers each feature at version %i', async (version, { broker }) => {
    const maxVersionLevel = await levelOf(broker, 'metadata.version')
    const featureUpdates = [{ feature: 'metadata.version', maxVersionLevel }]
    const answer = await broker.ask(apis.UpdateFeatures, version, { featureUpdates, timeoutMs: 30_000 })
    expect(answer.errorCode).toBe('NONE')
    expect(only(answer.results)).toMatchObject({ feature: 'metadata.version', errorCode: 'NONE' })
  })

  test.for<[string, string, number, number, string | ((nodeId: number) => string)]>([
    [
      'a feature that there is not',
      'no.such.feature',
      1,
      UPGRADE,
      (nodeId) =>
        `Invalid update version 1 for feature no.such.feature. Local controller ${nodeId} does not support this feature.`,
    ],
    [
      'a level of the future',
      'metadata.version',
      99,
      UPGRADE,
      (nodeId) =>
        `Invalid update version 99 for feature metadata.version. Local controller ${nodeId} only supports versions 7-30`,
    ],
    [
      'a negative level',
      'metadata.version',
      -1,
      UPGRADE,
      'Invalid update version -1 for feature metadata.version. A feature version cannot be less than 0.',
    ],
    [
      'a downgrade that claims to be an upgrade',
      'metadata.version',
      29,
      UPGRADE,
      "Invalid update version 29 for feature metadata.version. Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    ],
    [
      'a safe downgrade that is none',
      'metadata.version',
      29,
      SAFE_DOWNGRADE,
      'Unsupported metadata.version downgrade from 30 to 29. Refusing to perform the requested downgrade because it might delete metadata information.',
    ],
    [
      'a kind of update that there is not',
      'group.version',
      1,
      9,
      'Invalid update version 1 for feature group.version. The controller does not support the given upgrade type.',
    ],
  ])('refuses %s', async ([, feature, level, upgradeType, reason], { broker }) => {
    expect(await update(broker, feature, level, upgradeType)).toMatchObject({
      errorCode: 'INVALID_UPDATE_VERSION',
      errorMessage: refusal(typeof reason === 'string' ? reason : reason(broker.nodeId)),
      results: [],
    })
  })
})

describe('DescribeQuorum', kip(595), () => {
  test('names the one voter, which leads', async ({ broker }) => {
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
    const answer = await broker.ask(apis.DescribeQuorum, 2, { topics })
    expect(answer.errorCode).toBe('NONE')
    const partition = only(only(answer.topics).partitions)
    expect(partition).toMatchObject({ errorCode: 'NONE', leaderId: broker.nodeId, observers: [] })
    expect(partition.highWatermark).toBeGreaterThan(0)
    expect(only(partition.currentVoters).replicaId).toBe(broker.nodeId)
  })

  test('has a log that grows with the topics', async ({ broker }) => {
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
    const highWatermark = async () => {
      const answer = await broker.ask(apis.DescribeQuorum, 0, { topics })
      return only(only(answer.topics).partitions).highWatermark
    }
    const before = await highWatermark()
    await broker.topic()
    expect(await highWatermark()).toBeGreaterThan(before)
  })

  test.for([
    ['__cluster_metadata', 1],
    ['other', 0],
  ] as const)('does not know %s-%i', async ([topicName, partitionIndex], { broker }) => {
    const topics = [{ topicName, partitions: [{ partitionIndex }] }]
    const answer = await broker.ask(apis.DescribeQuorum, 2, { topics })
    expect(only(only(answer.topics).partitions)).toMatchObject({
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      currentVoters: [],
    })
  })
})

describe('UnregisterBroker', kip(631), () => {
  test.for(['another', 'a negative'])('does not know %s broker', async (which, { broker }) => {
    const brokerId = which === 'another' ? broker.otherNodeId : -1
    expect(await broker.ask(apis.UnregisterBroker, 0, { brokerId })).toMatchObject({
      errorCode: 'BROKER_ID_NOT_REGISTERED',
      errorMessage: `Broker ID ${brokerId} is not currently registered`,
    })
  })
})
