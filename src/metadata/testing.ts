// For tests of the room: an image as plain values, and a controller on a journal in memory with one broker on it.
import { type BrokerConfig, ConfigResourceType, loadBrokerConfig } from '../config/index.ts'
import { testIo } from '../io/testing.ts'
import type { NewRegistration } from './broker-commands.ts'
import { Controller, type ControllerOptions } from './controller.ts'
import type { MetadataImage } from './image.ts'
import { MemoryJournal } from './journal.ts'
import { keptTypes } from './kept-records.ts'
import { LiveConfig } from './live-config.ts'

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
