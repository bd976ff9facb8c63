// For tests of the room: an image as plain values, and a controller on a journal in memory with one broker on it.
import { type BrokerConfig, ConfigResourceType, loadBrokerConfig } from '../config/index.ts'
import { testIo } from '../io/testing.ts'
import type { NewRegistration } from './broker-commands.ts'
import { Controller, type ControllerOptions } from './controller.ts'
import { ELIGIBLE_LEADER_REPLICAS_VERSION, LATEST_METADATA_VERSION, METADATA_VERSION } from './features.ts'
import { MetadataImage, type PartitionRegistration, type TopicImage } from './image.ts'
import { MemoryJournal } from './journal.ts'
import { keptTypes } from './kept-records.ts'
import { LiveConfig } from './live-config.ts'
import { registerBrokerRecordVersion } from './metadata-version.ts'
import { decodeMetadataRecord, encodeMetadataRecord, type NewMetadataRecord } from './records.ts'

/** All that an image holds: equal for images that say the same. */
export function imageState(image: MetadataImage) {
  const configsOf = (type: number) =>
    Array.from(image.configuredResources(type), (name) => [name, new Map(image.configs(type, name))] as const)
  return {
    features: new Map(image.features),
    brokers: new Map(image.brokers),
    controllers: new Map(image.controllers),
    topics: new Map(Array.from(image.topics(), (topic) => [topic.name, structuredClone(topic)])),
    configs: new Map(Object.values(ConfigResourceType).map((type) => [type, new Map(configsOf(type))])),
    nextProducerId: image.nextProducerId,
    partitionCount: image.partitionCount,
    kept: new Map(keptTypes.map((type) => [type, new Set([...image.kept.ofType(type)])])),
  }
}

export interface TestNode {
  readonly controller: Controller
  readonly image: MetadataImage
  readonly journal: MemoryJournal
  readonly config: LiveConfig
  readonly registration: NewRegistration
}

export interface TestNodeOptions {
  /** Where a node of before left off. */
  readonly journal?: MemoryJournal
  readonly overrides?: Readonly<Record<string, string>>
  readonly registration?: Partial<NewRegistration>
  readonly onFatal?: ControllerOptions['onFatal']
}

/** A node that is not started: its controller has replayed the journal, no more. */
export function testNode(options: TestNodeOptions = {}): TestNode {
  const journal = options.journal ?? new MemoryJournal()
  // Each start draws other ids than those before.
  const { clock, random, log } = testIo({ seed: 1 + journal.endOffset })
  const started = loadBrokerConfig({ overrides: { 'log.dirs': '/data', ...options.overrides } })
  let live: LiveConfig | undefined
  const config = (): BrokerConfig => live?.broker ?? started
  const unexpected = (error: unknown): void => {
    throw error
  }
  const onFatal = options.onFatal ?? unexpected
  const controller = new Controller({ journal, clusterId: 'cluster', nodeId: 1, config, clock, random, onFatal })
  live = new LiveConfig(started, controller.image, log)
  const registration: NewRegistration = {
    nodeId: 1,
    incarnationId: random.uuid(),
    endpoints: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9092, securityProtocol: 0 }],
    controllerEndpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 9093, securityProtocol: 0 }],
    rack: null,
    logDirs: [TEST_DIRECTORY],
    ...options.registration,
  }
  return { controller, image: controller.image, journal, config: live, registration }
}

const TEST_DIRECTORY = 'ZICAieQgrPFDoPvzSJoXpA'

/** A node whose broker is registered and leads. */
export async function startedNode(options: TestNodeOptions = {}): Promise<TestNode & { readonly brokerEpoch: number }> {
  const node = testNode(options)
  await node.controller.start(node.registration)
  const brokerEpoch = await node.controller.registerBroker(node.registration)
  await node.controller.unfenceBroker(1)
  return { ...node, brokerEpoch }
}

/** The same log, opened again. */
export function reopened(journal: MemoryJournal): MemoryJournal {
  return new MemoryJournal(journal.entries)
}

/** Replays records as they would be read from a log. */
export function replay(image: MetadataImage, records: readonly NewMetadataRecord[]): void {
  image.apply(records.map(encodeMetadataRecord).map(decodeMetadataRecord))
}

export interface TestBroker {
  readonly brokerId: number
  readonly rack?: string
  readonly fenced?: boolean
  readonly inControlledShutdown?: boolean
  readonly cordoned?: boolean
}

/** A cluster of several brokers, with these feature levels; of each broker one directory, `directoryOf` its id. */
export function clusterOf(
  brokers: readonly TestBroker[],
  levels: Readonly<Record<string, number>> = {},
): MetadataImage {
  const image = new MetadataImage('cluster', 1)
  const features = { [METADATA_VERSION]: LATEST_METADATA_VERSION, [ELIGIBLE_LEADER_REPLICAS_VERSION]: 1, ...levels }
  const version = registerBrokerRecordVersion(features[METADATA_VERSION] ?? LATEST_METADATA_VERSION)
  replay(image, [
    ...Object.entries(features).map(
      ([name, featureLevel]): NewMetadataRecord => ({
        type: 'FeatureLevelRecord',
        version: 0,
        data: { name, featureLevel },
      }),
    ),
    ...brokers.map(({ brokerId, rack = null, fenced = false, inControlledShutdown = false, cordoned }) => {
      const logDirs = [directoryOf(brokerId)]
      const data = {
        brokerId,
        brokerEpoch: 100 + brokerId,
        endPoints: [{ name: 'PLAINTEXT', host: `host${brokerId}`, port: 9092, securityProtocol: 0 }],
        rack,
        fenced,
        inControlledShutdown,
        ...(version >= 3 ? { logDirs } : {}),
        ...(cordoned ? { cordonedLogDirs: logDirs } : {}),
      }
      return { type: 'RegisterBrokerRecord', version, data } as const
    }),
  ])
  return image
}

export function directoryOf(brokerId: number): string {
  return `directory-of-broker${brokerId % 10}A`.padEnd(22, 'A').slice(0, 22)
}

/** The partition of one topic, `t`, made by its record. */
export function withPartition(
  image: MetadataImage,
  partition: Partial<Extract<NewMetadataRecord, { type: 'PartitionRecord' }>['data']>,
): { readonly topic: TopicImage; readonly partition: PartitionRegistration } {
  const replicas = partition.replicas ?? [1, 2, 3]
  const directories = replicas.map(directoryOf)
  const data = {
    partitionId: 0,
    topicId: TEST_TOPIC_ID,
    replicas,
    isr: replicas,
    leader: 1,
    leaderEpoch: 5,
    partitionEpoch: 7,
  }
  replay(image, [
    { type: 'TopicRecord', version: 0, data: { name: 't', topicId: TEST_TOPIC_ID } },
    { type: 'PartitionRecord', version: 2, data: { ...data, directories, ...partition } },
  ])
  const topic = image.topicByName('t')
  const registration = image.partition('t', 0)
  if (topic === undefined || registration === undefined) throw new Error('the topic was not made')
  return { topic, partition: registration }
}

export const TEST_TOPIC_ID = 'topic-t-of-the-tests-A'
