// The lives of a node whose metadata log is compared: what is asked of it in each, and how each ends. Asked once of
// Apache Kafka (record-metadata-log.ts), and of our controller in src/metadata/kafka-log.test.ts.
import type { ApiName } from '../../src/wire/index.ts'

export interface Life {
  readonly commands: readonly {
    readonly api: ApiName
    readonly version: number
    readonly request: Readonly<Record<string, unknown>>
  }[]
  /** In order, or without a word. */
  readonly end: 'stop' | 'kill'
}

const [TOPIC, BROKER, CLIENT_METRICS, GROUP] = [2, 4, 16, 32]
const [SET, DELETE, APPEND] = [0, 1, 2]
const timeoutMs = 30_000

type Config = readonly [name: string, value: string]
type Operation = readonly [name: string, configOperation: number, value: string | null]

function create(name: string, numPartitions: number, ...configs: Config[]) {
  const topic = {
    name,
    numPartitions,
    replicationFactor: 1,
    configs: configs.map(([key, value]) => ({ name: key, value })),
  }
  return { api: 'CreateTopics', version: 7, request: { topics: [topic], timeoutMs } } as const
}

function alter(resourceType: number, resourceName: string, ...operations: Operation[]) {
  const configs = operations.map(([name, configOperation, value]) => ({ name, configOperation, value }))
  const request = { resources: [{ resourceType, resourceName, configs }] }
  return { api: 'IncrementalAlterConfigs', version: 1, request } as const
}

function setFeature(feature: string, maxVersionLevel: number, upgradeType = 1) {
  const request = { featureUpdates: [{ feature, maxVersionLevel, upgradeType }] }
  return { api: 'UpdateFeatures', version: 2, request } as const
}

const SAFE_DOWNGRADE = 2

export const lives: readonly Life[] = [
  {
    commands: [
      create('alpha', 2, ['retention.ms', '5'], ['min.insync.replicas', '2'], ['cleanup.policy', 'compact']),
      create('unclean', 1, ['unclean.leader.election.enable', 'true']),
      {
        api: 'CreateTopics',
        version: 7,
        request: {
          topics: [
            {
              name: 'assigned',
              numPartitions: -1,
              replicationFactor: -1,
              assignments: [
                { partitionIndex: 1, brokerIds: [1] },
                { partitionIndex: 0, brokerIds: [1] },
              ],
            },
          ],
          timeoutMs,
        },
      },
      {
        api: 'CreatePartitions',
        version: 3,
        request: { topics: [{ name: 'alpha', count: 3, assignments: null }], timeoutMs, validateOnly: false },
      },
      alter(TOPIC, 'alpha', ['min.insync.replicas', SET, '1'], ['cleanup.policy', APPEND, 'delete']),
      alter(TOPIC, 'alpha', ['retention.ms', DELETE, null]),
      alter(TOPIC, 'alpha', ['retention.ms', DELETE, null]),
      alter(BROKER, '', ['min.insync.replicas', SET, '1'], ['log.cleaner.backoff.ms', SET, '16000']),
      alter(BROKER, '1', ['log.retention.ms', SET, '100000']),
      alter(BROKER, '1', ['log.retention.ms', SET, '100000']),
      alter(GROUP, 'a-group', ['consumer.session.timeout.ms', SET, '50000']),
      alter(CLIENT_METRICS, 'a-subscription', ['interval.ms', SET, '1000'], ['match', SET, 'client_id=a.*']),
      {
        api: 'AlterConfigs',
        version: 2,
        request: {
          resources: [
            {
              resourceType: TOPIC,
              resourceName: 'alpha',
              configs: [
                { name: 'segment.bytes', value: '2000000' },
                { name: 'cleanup.policy', value: 'compact,delete' },
              ],
            },
          ],
          validateOnly: false,
        },
      },
      {
        api: 'AlterPartitionReassignments',
        version: 1,
        request: { topics: [{ name: 'alpha', partitions: [{ partitionIndex: 0, replicas: [1] }] }], timeoutMs },
      },
      { api: 'ElectLeaders', version: 2, request: { electionType: 0, topicPartitions: null, timeoutMs } },
      setFeature('metadata.version', 30),
      setFeature('kraft.version', 1),
      setFeature('share.version', 0, SAFE_DOWNGRADE),
      { api: 'DeleteTopics', version: 6, request: { topics: [{ name: 'assigned' }], timeoutMs } },
    ],
    end: 'stop',
  },
  { commands: [create('beta', 1)], end: 'kill' },
  { commands: [setFeature('eligible.leader.replicas.version', 0, SAFE_DOWNGRADE)], end: 'kill' },
  { commands: [create('gamma', 1, ['min.insync.replicas', '2'])], end: 'stop' },
  { commands: [setFeature('eligible.leader.replicas.version', 1)], end: 'kill' },
  { commands: [], end: 'stop' },
]
