// What administers partitions and the quorum: elections, reassignments, directories, features, voters.
import { apis, EMPTY_UUID } from '../../../src/wire/index.ts'
import { everyVersion, type Recorder, type Script } from '../recorder.ts'

const electLeaders = everyVersion(apis.ElectLeaders, async (broker, version, tag) => {
  await broker.topic(tag, 2)
  const ask = (topicPartitions: { topic: string; partitions: number[] }[] | null, note: string, electionType = 0) =>
    broker.ask(
      apis.ElectLeaders,
      version,
      { topicPartitions, timeoutMs: 30_000, ...(version >= 1 ? { electionType } : {}) },
      note,
    )
  await ask([{ topic: tag, partitions: [0, 1] }], 'a preferred leader that leads')
  await ask([{ topic: tag, partitions: [7] }], 'an unknown partition')
  await ask([{ topic: `${tag}-missing`, partitions: [0] }], 'an unknown topic')
  await ask([], 'nothing')
  await ask(null, 'every partition')
  if (version >= 1) await ask([{ topic: tag, partitions: [0] }], 'an unclean leader that is not needed', 1)
  if (version >= 1) await ask([{ topic: tag, partitions: [0] }], 'an unknown type', 9)
})

const alterPartitionReassignments = everyVersion(apis.AlterPartitionReassignments, async (broker, version, tag) => {
  await broker.topic(tag, 2)
  const ask = (
    partitions: { partitionIndex: number; replicas: number[] | null }[],
    note: string,
    more: object = {},
    name = tag,
  ) =>
    broker.ask(
      apis.AlterPartitionReassignments,
      version,
      { timeoutMs: 30_000, topics: [{ name, partitions }], ...more },
      note,
    )
  await ask([{ partitionIndex: 0, replicas: [1] }], 'to where it is')
  await ask([{ partitionIndex: 0, replicas: null }], 'cancel what is not there')
  await ask([{ partitionIndex: 0, replicas: [9] }], 'to an unknown broker')
  await ask([{ partitionIndex: 0, replicas: [1, 1] }], 'to one broker twice')
  await ask([{ partitionIndex: 0, replicas: [-1] }], 'to a negative broker')
  await ask([{ partitionIndex: 0, replicas: [] }], 'to nobody')
  await ask([{ partitionIndex: 7, replicas: [1] }], 'an unknown partition')
  await ask([{ partitionIndex: 0, replicas: [1] }], 'an unknown topic', {}, `${tag}-missing`)
  await broker.ask(apis.AlterPartitionReassignments, version, { timeoutMs: 30_000, topics: [] }, 'nothing')
  if (version >= 1) {
    await ask([{ partitionIndex: 0, replicas: [1, 9] }], 'a factor kept', { allowReplicationFactorChange: false })
  }
})

const listPartitionReassignments = everyVersion(apis.ListPartitionReassignments, async (broker, version, tag) => {
  await broker.topic(tag)
  const ask = (topics: { name: string; partitionIndexes: number[] }[] | null, note: string) =>
    broker.ask(apis.ListPartitionReassignments, version, { timeoutMs: 30_000, topics }, note)
  await ask(null, 'all')
  await ask([{ name: tag, partitionIndexes: [0] }], 'a partition')
  await ask([{ name: tag, partitionIndexes: [7] }], 'an unknown partition')
  await ask([{ name: `${tag}-missing`, partitionIndexes: [0] }], 'an unknown topic')
  await ask([], 'nothing')
})

const alterReplicaLogDirs = everyVersion(apis.AlterReplicaLogDirs, async (broker, version, tag) => {
  await broker.topic(tag)
  const { results } = await broker.prepare(apis.DescribeLogDirs, 4, { topics: [] })
  const ask = (path: string, name: string, partitions: number[], note: string) =>
    broker.ask(apis.AlterReplicaLogDirs, version, { dirs: [{ path, topics: [{ name, partitions }] }] }, note)
  await ask(results[0]?.logDir ?? '', tag, [0], 'to where it is')
  await ask('/no/such/directory', tag, [0], 'to an unknown directory')
  await ask('relative', tag, [0], 'to a relative path')
  await ask(results[0]?.logDir ?? '', tag, [7], 'an unknown partition')
  await ask(results[0]?.logDir ?? '', `${tag}-missing`, [0], 'an unknown topic')
  await broker.ask(apis.AlterReplicaLogDirs, version, { dirs: [] }, 'nothing')
})

const describeQuorum = everyVersion(apis.DescribeQuorum, async (broker, version) => {
  const ask = (topicName: string, partitionIndex: number, note: string) =>
    broker.ask(apis.DescribeQuorum, version, { topics: [{ topicName, partitions: [{ partitionIndex }] }] }, note)
  await ask('__cluster_metadata', 0, 'the metadata')
  await ask('__cluster_metadata', 1, 'another partition')
  await ask('other', 0, 'another topic')
  await broker.ask(apis.DescribeQuorum, version, { topics: [] }, 'nothing')
})

const updateFeatures = everyVersion(apis.UpdateFeatures, async (broker, version) => {
  const ask = (featureUpdates: object[], note: string) =>
    broker.ask(
      apis.UpdateFeatures,
      version,
      // Where the version allows, nothing is changed: other scripts go on with the features that there are.
      { featureUpdates, timeoutMs: 30_000, ...(version >= 1 ? { validateOnly: true } : {}) },
      note,
    )
  const up = (feature: string, maxVersionLevel: number, more: object = {}) => [{ feature, maxVersionLevel, ...more }]
  await ask(up('no.such.feature', 1), 'an unknown feature')
  await ask(up('metadata.version', 99), 'a level of the future')
  await ask(up('metadata.version', 30), 'the level of today')
  await ask(up('metadata.version', -1), 'a negative level')
  await ask(up('', 1), 'a feature without a name')
  await ask([...up('group.version', 1), ...up('group.version', 1)], 'the same feature twice')
  await ask([], 'nothing')
  if (version === 0) return
  await ask(up('metadata.version', 29), 'a downgrade that claims to be an upgrade')
  await ask(up('metadata.version', 29, { upgradeType: 2 }), 'a safe downgrade')
  await ask(up('metadata.version', 3, { upgradeType: 2 }), 'a downgrade too far')
  await ask(up('group.version', 0, { upgradeType: 3 }), 'an unsafe downgrade')
  await ask(up('group.version', 1, { upgradeType: 9 }), 'an unknown type')
  await ask(up('group.version', 0), 'level 0 as an upgrade')
  await ask([...up('group.version', 1), ...up('no.such.feature', 1)], 'one good, one bad')
})

const unregisterBroker = everyVersion(apis.UnregisterBroker, async (broker, version) => {
  await broker.ask(apis.UnregisterBroker, version, { brokerId: 99 }, 'an unknown broker')
  await broker.ask(apis.UnregisterBroker, version, { brokerId: -1 }, 'a negative broker')
})

/** Messages about voters quote the cluster and the directory. */
async function knowQuorum(broker: Recorder): Promise<string> {
  const { clusterId } = await broker.prepare(apis.Metadata, 12, { topics: [] })
  broker.know(clusterId ?? '', 'the cluster')
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const quorum = await broker.prepare(apis.DescribeQuorum, 2, { topics })
  const directory = quorum.topics[0]?.partitions[0]?.currentVoters[0]?.replicaDirectoryId ?? ''
  broker.know(directory, 'the directory')
  return directory
}

const addRaftVoter = everyVersion(apis.AddRaftVoter, async (broker, version) => {
  const directory = await knowQuorum(broker)
  const ask = (more: object, note: string) =>
    broker.ask(
      apis.AddRaftVoter,
      version,
      {
        clusterId: null,
        timeoutMs: 5_000,
        voterId: 2,
        voterDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAQ',
        listeners: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 1 }],
        ...more,
      },
      note,
    )
  await ask({ clusterId: 'fixed-another-cluster' }, 'another cluster')
  await ask({ voterId: -1 }, 'a negative voter')
  await ask({ voterDirectoryId: EMPTY_UUID }, 'no directory')
  await ask({ listeners: [] }, 'no listeners')
  await ask({ listeners: [{ name: 'OTHER', host: '127.0.0.1', port: 1 }] }, 'another listener')
  await ask({ voterId: 1, voterDirectoryId: directory }, 'the voter that there is')
})

const removeRaftVoter = everyVersion(apis.RemoveRaftVoter, async (broker, version) => {
  await knowQuorum(broker)
  const ask = (more: object, note: string) =>
    broker.ask(
      apis.RemoveRaftVoter,
      version,
      { clusterId: null, voterId: 2, voterDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAQ', ...more },
      note,
    )
  await ask({ clusterId: 'fixed-another-cluster' }, 'another cluster')
  await ask({}, 'an unknown voter')
  await ask({ voterId: -1 }, 'a negative voter')
})

export const adminScripts: readonly Script[] = [
  ...electLeaders,
  ...alterPartitionReassignments,
  ...listPartitionReassignments,
  ...alterReplicaLogDirs,
  ...describeQuorum,
  ...updateFeatures,
  ...unregisterBroker,
  ...addRaftVoter,
  ...removeRaftVoter,
]
