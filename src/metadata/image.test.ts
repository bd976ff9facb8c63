// What the image makes of each record, and what its listeners are told.
import { describe, expect, test } from 'vitest'
import { ConfigResourceType } from '../config/index.ts'
import { EMPTY_UUID } from '../wire/index.ts'
import { MetadataImage, NO_LEADER } from './image.ts'
import type { NewMetadataRecord } from './records.ts'
import { clusterOf, directoryOf, replay, TEST_TOPIC_ID as topicId, withPartition } from './testing.ts'

const { TOPIC, BROKER, GROUP } = ConfigResourceType

function config(resourceType: number, resourceName: string, name: string, value: string | null): NewMetadataRecord {
  return { type: 'ConfigRecord', version: 0, data: { resourceType, resourceName, name, value } }
}

describe('topics', () => {
  test('are found by name and by id, with their partitions, until they are removed', () => {
    const image = clusterOf([{ brokerId: 1 }])
    withPartition(image, { replicas: [1] })
    replay(image, [config(TOPIC, 't', 'retention.ms', '5')])
    expect(image.topicById(topicId)).toBe(image.topicByName('t'))
    expect(image.topicCount).toBe(1)
    expect(image.partitionCount).toBe(1)
    expect(image.topicConfigs('t').get('retention.ms')).toBe('5')
    replay(image, [{ type: 'RemoveTopicRecord', version: 0, data: { topicId } }])
    expect(image.topicByName('t')).toBeUndefined()
    expect(image.topicById(topicId)).toBeUndefined()
    expect(image.partitionCount).toBe(0)
    expect(image.topicConfigs('t').size).toBe(0)
  })

  test('that Kafka keeps for itself are internal', () => {
    const image = new MetadataImage('c', 1)
    replay(image, [{ type: 'TopicRecord', version: 0, data: { name: '__consumer_offsets', topicId } }])
    expect(image.topicByName('__consumer_offsets')?.isInternal).toBe(true)
  })
})

describe('a partition', () => {
  const change = (data: object): NewMetadataRecord => ({
    type: 'PartitionChangeRecord',
    version: 2,
    data: { partitionId: 0, topicId, ...data },
  })

  test('starts a leader epoch when a record names a leader, even the one of before', () => {
    const image = clusterOf([])
    withPartition(image, {})
    replay(image, [change({ leader: 1 })])
    expect(image.partition('t', 0)).toMatchObject({ leader: 1, leaderEpoch: 6, partitionEpoch: 8 })
    replay(image, [change({ isr: [1] })])
    expect(image.partition('t', 0)).toMatchObject({ leader: 1, leaderEpoch: 6, partitionEpoch: 9, isr: [1] })
    replay(image, [change({ leader: NO_LEADER, isr: [] })])
    expect(image.partition('t', 0)).toMatchObject({ leader: NO_LEADER, leaderEpoch: 7, partitionEpoch: 10, isr: [] })
  })

  test('keeps what a change does not mention', () => {
    const image = clusterOf([])
    const { partition } = withPartition(image, { eligibleLeaderReplicas: [2], lastKnownElr: [3] })
    replay(image, [change({ removingReplicas: [3] })])
    expect(image.partition('t', 0)).toEqual({ ...partition, removingReplicas: [3], partitionEpoch: 8 })
  })

  test('of a record without directories has replicas that are migrating', () => {
    const image = clusterOf([])
    withPartition(image, { directories: [] })
    expect(image.partition('t', 0)?.directories).toEqual([EMPTY_UUID, EMPTY_UUID, EMPTY_UUID])
    replay(image, [change({ replicas: [1] })])
    expect(image.partition('t', 0)?.directories).toEqual([EMPTY_UUID])
    replay(image, [change({ directories: [directoryOf(1)] })])
    expect(image.partition('t', 0)?.directories).toEqual([directoryOf(1)])
  })

  test('loses its eligible leaders when they are cleared, and then counts an epoch', () => {
    const image = clusterOf([])
    withPartition(image, { eligibleLeaderReplicas: [2], lastKnownElr: [3] })
    replay(image, [{ type: 'ClearElrRecord', version: 0, data: { topicName: 't' } }])
    expect(image.partition('t', 0)).toMatchObject({ eligibleLeaderReplicas: [], lastKnownElr: [], partitionEpoch: 8 })
    replay(image, [{ type: 'ClearElrRecord', version: 0, data: { topicName: '' } }])
    expect(image.partition('t', 0)?.partitionEpoch).toBe(8)
  })

  test('that is not there cannot change', () => {
    const image = clusterOf([])
    expect(() => replay(image, [change({ leader: 1 })])).toThrow('unknown partition')
    expect(() => replay(image, [{ type: 'RemoveTopicRecord', version: 0, data: { topicId } }])).toThrow('unknown topic')
  })
})

describe('configs', () => {
  test('are set and removed by resource, and whoever holds the old ones keeps them', () => {
    const image = new MetadataImage('c', 1)
    replay(image, [config(BROKER, '', 'log.retention.ms', '1'), config(BROKER, '', 'log.retention.bytes', '2')])
    const before = image.configs(BROKER, '')
    replay(image, [config(BROKER, '', 'log.retention.ms', null)])
    expect(before.get('log.retention.ms')).toBe('1')
    expect([...image.configs(BROKER, '')]).toEqual([['log.retention.bytes', '2']])
    replay(image, [config(BROKER, '', 'log.retention.bytes', null)])
    expect([...image.configuredResources(BROKER)]).toEqual([])
  })

  test('that this version does not know are forgotten, but a broker may have any', () => {
    const image = new MetadataImage('c', 1)
    replay(image, [
      config(TOPIC, 't', 'message.format.version', '3.0'),
      config(GROUP, 'g', 'gone', '1'),
      config(BROKER, '1', 'a.plugin.of.someone', '1'),
    ])
    expect(image.topicConfigs('t').size).toBe(0)
    expect(image.configs(GROUP, 'g').size).toBe(0)
    expect(image.configs(BROKER, '1').get('a.plugin.of.someone')).toBe('1')
  })
})

describe('brokers', () => {
  const change = (data: object, version = 3): NewMetadataRecord => ({
    type: 'BrokerRegistrationChangeRecord',
    version,
    data: { brokerId: 1, brokerEpoch: 101, ...data },
  })

  test('are fenced, shut down and cordoned by changes of their registration', () => {
    const image = clusterOf([{ brokerId: 1, fenced: true }])
    expect(image.brokers.get(1)).toMatchObject({ fenced: true, cordonedLogDirs: null })
    replay(image, [change({ fenced: -1 })])
    expect(image.brokers.get(1)).toMatchObject({ fenced: false, inControlledShutdown: false })
    replay(image, [change({ cordonedLogDirs: [directoryOf(1)] }), change({ inControlledShutdown: 1 })])
    expect(image.brokers.get(1)).toMatchObject({
      fenced: false,
      inControlledShutdown: true,
      logDirs: [directoryOf(1)],
      cordonedLogDirs: [directoryOf(1)],
    })
    replay(image, [change({ logDirs: [directoryOf(2)], cordonedLogDirs: [] })])
    expect(image.brokers.get(1)).toMatchObject({ logDirs: [directoryOf(2)], cordonedLogDirs: [] })
  })

  test('are fenced and unfenced by the records of before 3.3 too', () => {
    const image = clusterOf([{ brokerId: 1 }])
    replay(image, [{ type: 'FenceBrokerRecord', version: 0, data: { id: 1, epoch: 101 } }])
    expect(image.brokers.get(1)?.fenced).toBe(true)
    replay(image, [{ type: 'UnfenceBrokerRecord', version: 0, data: { id: 1, epoch: 101 } }])
    expect(image.brokers.get(1)?.fenced).toBe(false)
  })

  test('change only under the epoch that they registered with', () => {
    const image = clusterOf([{ brokerId: 1 }])
    expect(() => replay(image, [change({ brokerEpoch: 7, fenced: 1 })])).toThrow('not registered')
  })

  test('go when they are unregistered', () => {
    const image = clusterOf([{ brokerId: 1 }])
    replay(image, [{ type: 'UnregisterBrokerRecord', version: 0, data: { brokerId: 1, brokerEpoch: 101 } }])
    expect(image.brokers.size).toBe(0)
  })
})

test('a feature at level 0 is none, and the level of the raft log is not a feature of the image', () => {
  const image = new MetadataImage('c', 1)
  const level = (name: string, featureLevel: number): NewMetadataRecord => ({
    type: 'FeatureLevelRecord',
    version: 0,
    data: { name, featureLevel },
  })
  replay(image, [level('group.version', 1), level('share.version', 1), level('kraft.version', 1)])
  replay(image, [level('share.version', 0)])
  expect([...image.features]).toEqual([['group.version', 1]])
})

test('what this broker does not act on is kept, by what it is about', () => {
  const image = new MetadataImage('c', 1)
  const acl = (id: string): NewMetadataRecord => ({ type: 'AccessControlEntryRecord', version: 0, data: { id } })
  const quota = (entityNames: [string, string | null][], value: number, remove = false): NewMetadataRecord => ({
    type: 'ClientQuotaRecord',
    version: 0,
    data: {
      entity: entityNames.map(([entityType, entityName]) => ({ entityType, entityName })),
      key: 'producer_byte_rate',
      value,
      remove,
    },
  })
  const credential = (name: string, iterations: number): NewMetadataRecord => ({
    type: 'UserScramCredentialRecord',
    version: 0,
    data: { name, mechanism: 1, iterations },
  })
  const token = (tokenId: string): NewMetadataRecord => ({
    type: 'DelegationTokenRecord',
    version: 0,
    data: { tokenId },
  })
  const a = 'access-control-entry-A'
  const b = 'access-control-entry-w'
  replay(image, [
    acl(a),
    acl(b),
    { type: 'RemoveAccessControlEntryRecord', version: 0, data: { id: a } },
    quota(
      [
        ['user', 'u'],
        ['client-id', null],
      ],
      1,
    ),
    quota(
      [
        ['client-id', null],
        ['user', 'u'],
      ],
      2,
    ),
    quota([['user', 'u']], 3),
    quota([['user', 'u']], 0, true),
    credential('u', 4096),
    credential('u', 8192),
    credential('v', 4096),
    { type: 'RemoveUserScramCredentialRecord', version: 0, data: { name: 'v', mechanism: 1 } },
    token('one'),
    token('two'),
    { type: 'RemoveDelegationTokenRecord', version: 0, data: { tokenId: 'one' } },
  ])
  const kept = <T>(records: Iterable<{ data: T }>): T[] => Array.from(records, ({ data }) => data)
  expect(kept(image.kept.ofType('AccessControlEntryRecord')).map(({ id }) => id)).toEqual([b])
  expect(kept(image.kept.ofType('ClientQuotaRecord')).map(({ value }) => value)).toEqual([2])
  expect(kept(image.kept.ofType('UserScramCredentialRecord')).map(({ iterations }) => iterations)).toEqual([8192])
  expect(kept(image.kept.ofType('DelegationTokenRecord')).map(({ tokenId }) => tokenId)).toEqual(['two'])
})

test('listeners are told once for each batch what it changed, until they stop listening', () => {
  const image = clusterOf([{ brokerId: 1 }])
  const told: unknown[] = []
  const stop = image.subscribe((delta) => {
    const { topicsCreated, partitionsAdded, configsChanged, brokersChanged, featuresChanged } = delta
    told.push([
      topicsCreated.map(({ name }) => name),
      partitionsAdded.map(({ topic, partition }) => `${topic.name}-${partition.partition}`),
      configsChanged.map(({ resourceName }) => resourceName),
      brokersChanged,
      featuresChanged,
    ])
  })
  replay(image, [{ type: 'NoOpRecord', version: 0, data: {} }])
  replay(image, [
    { type: 'TopicRecord', version: 0, data: { name: 't', topicId } },
    config(TOPIC, 't', 'retention.ms', '5'),
    config(TOPIC, 't', 'retention.bytes', '5'),
    { type: 'PartitionRecord', version: 2, data: { partitionId: 0, topicId } },
    { type: 'PartitionRecord', version: 2, data: { partitionId: 1, topicId } },
  ])
  stop()
  replay(image, [config(TOPIC, 't', 'retention.ms', null)])
  expect(told).toEqual([[['t'], ['t-0', 't-1'], ['t'], false, false]])
})
