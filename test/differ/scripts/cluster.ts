// ApiVersions, Metadata, DescribeTopicPartitions, DescribeCluster, configs.
import { apis } from '../../../src/wire/index.ts'
import { everyVersion, type Script } from '../recorder.ts'

const UNKNOWN_ID = 'fixed-unknown-topic-AA'
const [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP] = [2, 4, 8, 16, 32]
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3]

const apiVersions = everyVersion(apis.ApiVersions, async (broker, version) => {
  const software = { clientSoftwareName: 'differ', clientSoftwareVersion: '1.0' }
  await broker.ask(apis.ApiVersions, version, software)
  if (version >= 3) {
    await broker.ask(apis.ApiVersions, version, { clientSoftwareName: '', clientSoftwareVersion: '1' }, 'no name')
    await broker.ask(apis.ApiVersions, version, { ...software, clientSoftwareVersion: ' x' }, 'bad version')
  }
})

const metadata = everyVersion(apis.Metadata, async (broker, version, tag) => {
  const id = await broker.topic(`${tag}-known`, 2)
  const auto = version >= 4 ? { allowAutoTopicCreation: false } : {}
  const operations = {
    ...(version >= 8 ? { includeTopicAuthorizedOperations: true } : {}),
    ...(version >= 8 && version <= 10 ? { includeClusterAuthorizedOperations: true } : {}),
  }
  const ask = (topics: { name?: string | null; topicId?: string }[] | null, note: string, more = {}) =>
    broker.ask(apis.Metadata, version, { topics, ...auto, ...more }, note)
  await ask([{ name: `${tag}-known` }], 'a topic')
  await ask([{ name: `${tag}-known` }], 'with operations', operations)
  if (version >= 4) await ask([{ name: `${tag}-missing` }], 'a missing topic')
  if (version >= 4)
    await ask([{ name: 'a/b' }, { name: '' }, { name: '..' }, { name: 'x'.repeat(250) }], 'invalid names')
  await ask(version === 0 ? [{ name: `${tag}-known` }] : [], 'no topics')
  if (version >= 4) await ask([{ name: `${tag}-auto` }], 'auto creation', { allowAutoTopicCreation: true })
  if (version >= 12) {
    await ask([{ name: null, topicId: id }], 'by id')
    await ask([{ name: null, topicId: UNKNOWN_ID }], 'by an unknown id')
    await ask([{ name: `${tag}-known`, topicId: id }], 'by name and id')
  }
})

const describeTopicPartitions = everyVersion(apis.DescribeTopicPartitions, async (broker, version, tag) => {
  await broker.topic(`${tag}-a`, 3)
  await broker.topic(`${tag}-b`, 2)
  const ask = (names: string[], note: string, more = {}) =>
    broker.ask(apis.DescribeTopicPartitions, version, { topics: names.map((name) => ({ name })), ...more }, note)
  await ask([`${tag}-a`, `${tag}-b`], 'two topics')
  await ask([`${tag}-b`, `${tag}-a`, `${tag}-missing`], 'with a missing one')
  await ask([`${tag}-a`, `${tag}-b`], 'limited', { responsePartitionLimit: 2 })
  await ask([`${tag}-a`, `${tag}-b`], 'from a cursor', { cursor: { topicName: `${tag}-a`, partitionIndex: 2 } })
  await ask([`${tag}-a`], 'from a negative cursor', { cursor: { topicName: `${tag}-a`, partitionIndex: -1 } })
  await ask(['bad name'], 'an invalid name')
})

const describeCluster = everyVersion(apis.DescribeCluster, async (broker, version) => {
  await broker.ask(apis.DescribeCluster, version, {})
  await broker.ask(apis.DescribeCluster, version, { includeClusterAuthorizedOperations: true }, 'with operations')
  if (version >= 1) await broker.ask(apis.DescribeCluster, version, { endpointType: 2 }, 'controllers')
  if (version >= 1) await broker.ask(apis.DescribeCluster, version, { endpointType: 7 }, 'an unknown endpoint type')
  if (version >= 2) await broker.ask(apis.DescribeCluster, version, { includeFencedBrokers: true }, 'fenced too')
})

const describeConfigs = everyVersion(apis.DescribeConfigs, async (broker, version, tag) => {
  await broker.topic(tag, 1, { 'retention.ms': '1234', 'cleanup.policy': 'compact' })
  const flags = { includeSynonyms: true, ...(version >= 3 ? { includeDocumentation: true } : {}) }
  const ask = (resourceType: number, resourceName: string, configurationKeys: string[] | null, note: string) =>
    broker.ask(
      apis.DescribeConfigs,
      version,
      { resources: [{ resourceType, resourceName, configurationKeys }], ...flags },
      note,
    )
  await ask(TOPIC, tag, null, 'a topic')
  await ask(TOPIC, tag, ['retention.ms', 'no.such.config'], 'two keys')
  await ask(TOPIC, `${tag}-missing`, null, 'a missing topic')
  await ask(TOPIC, 'bad name', null, 'an invalid topic')
  await ask(
    BROKER,
    '1',
    ['num.io.threads', 'log.retention.ms', 'log.retention.hours', 'compression.type', 'min.insync.replicas'],
    'a broker',
  )
  await ask(BROKER, '', null, 'the cluster default')
  await ask(BROKER, '77', null, 'another broker')
  await ask(BROKER, 'x', null, 'a broker that is no number')
  await ask(GROUP, `${tag}-group`, null, 'a group')
  await ask(CLIENT_METRICS, `${tag}-metrics`, null, 'client metrics')
  await ask(99, 'x', null, 'an unknown type')
})

const alterConfigs = everyVersion(apis.AlterConfigs, async (broker, version, tag) => {
  await broker.topic(tag, 1, { 'retention.ms': '1234' })
  const alter = (
    resourceType: number,
    resourceName: string,
    configs: { name: string; value: string | null }[],
    note: string,
    validateOnly = false,
  ) =>
    broker.ask(apis.AlterConfigs, version, { resources: [{ resourceType, resourceName, configs }], validateOnly }, note)
  await alter(TOPIC, tag, [{ name: 'segment.bytes', value: '2000000' }], 'replace all')
  await alter(TOPIC, tag, [{ name: 'segment.bytes', value: 'x' }], 'a bad value')
  await alter(TOPIC, tag, [{ name: 'no.such.config', value: 'x' }], 'an unknown name')
  await alter(TOPIC, tag, [{ name: 'segment.bytes', value: null }], 'a null value')
  await alter(TOPIC, tag, [{ name: 'segment.bytes', value: '3000000' }], 'validate only', true)
  await alter(TOPIC, `${tag}-missing`, [], 'a missing topic')
  const resources = [{ resourceType: TOPIC, resourceName: tag, configurationKeys: ['segment.bytes', 'retention.ms'] }]
  await broker.ask(apis.DescribeConfigs, 4, { resources }, 'afterwards')
})

const incrementalAlterConfigs = everyVersion(apis.IncrementalAlterConfigs, async (broker, version, tag) => {
  await broker.topic(tag)
  const alter = (
    resourceType: number,
    resourceName: string,
    configs: [name: string, configOperation: number, value: string | null][],
    note: string,
  ) => {
    const entries = configs.map(([name, configOperation, value]) => ({ name, configOperation, value }))
    return broker.ask(
      apis.IncrementalAlterConfigs,
      version,
      { resources: [{ resourceType, resourceName, configs: entries }] },
      note,
    )
  }
  await alter(TOPIC, tag, [['retention.ms', SET, '99']], 'set')
  await alter(TOPIC, tag, [['cleanup.policy', APPEND, 'compact']], 'append')
  await alter(TOPIC, tag, [['cleanup.policy', SUBTRACT, 'delete']], 'subtract')
  await alter(TOPIC, tag, [['retention.ms', DELETE, null]], 'delete')
  await alter(TOPIC, tag, [['retention.ms', APPEND, '1']], 'append to what is no list')
  await alter(TOPIC, tag, [['retention.ms', SET, null]], 'set null')
  await alter(TOPIC, tag, [['retention.ms', SET, '-2']], 'out of range')
  await alter(TOPIC, tag, [['retention.ms', 9, '1']], 'an unknown operation')
  await alter(
    TOPIC,
    tag,
    [
      ['retention.ms', SET, '1'],
      ['retention.ms', SET, '2'],
    ],
    'the same key twice',
  )
  await alter(TOPIC, tag, [['no.such.config', SET, '1']], 'an unknown name')
  await alter(TOPIC, `${tag}-missing`, [['retention.ms', SET, '1']], 'a missing topic')
  await alter(BROKER, '1', [['broker.id', SET, '5']], 'what is read only')
  await alter(BROKER, '1', [['log.cleaner.threads', SET, '2']], 'a broker')
  await alter(BROKER, '1', [['log.cleaner.threads', DELETE, null]], 'a broker, back')
  await alter(BROKER, '', [['log.cleaner.backoff.ms', SET, '16000']], 'the cluster default')
  await alter(BROKER, '', [['log.cleaner.backoff.ms', DELETE, null]], 'the cluster default, back')
  await alter(BROKER, '9', [['log.cleaner.threads', SET, '2']], 'another broker')
  await alter(GROUP, `${tag}-group`, [['consumer.session.timeout.ms', SET, '50000']], 'a group')
  await alter(GROUP, '', [['consumer.session.timeout.ms', SET, '50000']], 'a group without a name')
  await alter(BROKER_LOGGER, '1', [['kafka.server.NoSuchLogger', SET, 'DEBUG']], 'an unknown logger')
  await alter(99, 'x', [['a', SET, 'b']], 'an unknown type')
  const resources = [{ resourceType: TOPIC, resourceName: tag, configurationKeys: ['cleanup.policy', 'retention.ms'] }]
  await broker.ask(apis.DescribeConfigs, 4, { resources }, 'afterwards')
})

const listConfigResources = everyVersion(apis.ListConfigResources, async (broker, version, tag) => {
  const resources = [
    {
      resourceType: CLIENT_METRICS,
      resourceName: tag,
      configs: [{ name: 'interval.ms', configOperation: SET, value: '1000' }],
    },
  ]
  await broker.prepare(apis.IncrementalAlterConfigs, 1, { resources })
  await broker.ask(apis.ListConfigResources, version, version >= 1 ? { resourceTypes: [CLIENT_METRICS] } : {})
  if (version >= 1) await broker.ask(apis.ListConfigResources, version, { resourceTypes: [BROKER] }, 'brokers')
  if (version >= 1) await broker.ask(apis.ListConfigResources, version, { resourceTypes: [99] }, 'an unknown type')
})

export const unknownTopicId = UNKNOWN_ID
export const clusterScripts: readonly Script[] = [
  ...apiVersions,
  ...metadata,
  ...describeTopicPartitions,
  ...describeCluster,
  ...describeConfigs,
  ...alterConfigs,
  ...incrementalAlterConfigs,
  ...listConfigResources,
]
