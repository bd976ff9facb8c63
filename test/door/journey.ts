// One set of log directories that goes from broker to broker. Each finds all that the one before left, goes on with what
// it was doing, and loads more.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { freePorts } from '../oracle/kafka.ts'
import { startOdradek } from '../support/odradek-process.ts'
import type { RawClient } from '../support/raw-client.ts'
import { TestBroker } from '../support/test-broker.ts'
import { Cargo } from './cargo.ts'
import { type Census, takeCensus } from './census.ts'
import { loadElsewhere, servesElsewhere, takeCensusElsewhere } from './elsewhere.ts'
import { formatKafka, type NodePorts, propertiesText, shippedProperties, startKafkaNode } from './kafka-node.ts'

const CLUSTER_ID = '4L6g3nShT-eMCtK--X86sw'

/** Everything small or short, so that a journey meets rolls, snapshots and ends of sessions. */
const overrides = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
  'metadata.log.max.record.bytes.between.snapshots': '5000',
  'offsets.topic.num.partitions': '5',
  'transaction.state.log.num.partitions': '5',
  'share.coordinator.state.topic.num.partitions': '5',
  'group.initial.rebalance.delay.ms': '0',
  // How long Kafka waits for a broker that was killed.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
}

type BrokerName = 'odradek' | 'kafka'

export interface JourneyOptions {
  readonly directories?: number
  /** Whether the voters of the metadata quorum stand in the configuration (kraft.version 0), and not in the log. */
  readonly staticVoters?: boolean
}

export class Journey {
  readonly home = mkdtempSync(join(tmpdir(), 'odradek-door-'))
  readonly config = join(this.home, 'server.properties')
  readonly #cargo = new Cargo()
  readonly #ports: NodePorts
  readonly #hasStaticVoters: boolean
  readonly #directories: readonly string[]
  #running: { kill(): Promise<void> } | undefined
  #stage = 0
  #census: Census | undefined
  #elsewhere: { readonly census: unknown; readonly stages: readonly number[] } = { census: undefined, stages: [] }

  private constructor(ports: NodePorts, { directories = 1, staticVoters = false }: JourneyOptions) {
    this.#ports = ports
    this.#hasStaticVoters = staticVoters
    const { 'controller.quorum.bootstrap.servers': bootstrap = '', ...shipped } = shippedProperties(ports)
    const quorum: Record<string, string> = staticVoters
      ? { 'controller.quorum.voters': `1@${bootstrap}` }
      : { 'controller.quorum.bootstrap.servers': bootstrap }
    this.#directories = Array.from({ length: directories }, (_, index) => join(this.home, `data-${index}`))
    const logDirs = this.#directories.join()
    writeFileSync(this.config, propertiesText({ ...shipped, ...quorum, 'log.dirs': logDirs, ...overrides }))
  }

  static async begin(options: JourneyOptions = {}): Promise<Journey> {
    const [client, controller] = (await freePorts(2)) as [number, number]
    return new Journey({ client, controller }, options)
  }

  /** What the last broker held at its end. */
  get census(): Census | undefined {
    return this.#census
  }

  /** The paths of the log directories. */
  get directories(): readonly string[] {
    return this.#directories
  }

  /** As `kafka-storage format` does it. */
  format(...flags: readonly string[]): Promise<void> {
    const standalone = this.#hasStaticVoters ? [] : ['--standalone']
    return formatKafka(this.home, this.config, ['-t', CLUSTER_ID, ...standalone, ...flags])
  }

  /** One broker has the directories, and is only looked at. */
  async visit(name: BrokerName, end: 'stop' | 'kill', look: (broker: TestBroker) => Promise<void>): Promise<void> {
    const node = await this.#start(name)
    this.#running = node
    const broker = new TestBroker({ host: '127.0.0.1', port: this.#ports.client })
    try {
      await look(broker)
    } finally {
      await broker.end()
    }
    this.#running = undefined
    if (end === 'kill') await node.kill()
    else await node.stop()
  }

  /** One broker has the directories, from its start to its end. */
  async stage(
    name: BrokerName,
    end: 'stop' | 'kill',
    look: (client: RawClient) => Promise<void> = async () => undefined,
  ): Promise<void> {
    const node = await this.#start(name)
    this.#running = node
    const cargo = this.#cargo
    await cargo.arrive({ host: '127.0.0.1', port: this.#ports.client })
    const found = await takeCensus(cargo.client)
    if (this.#census !== undefined) expect(found, `stage ${this.#stage}, on ${name}`).toEqual(this.#census)
    await look(cargo.client)
    await cargo.goOn()
    await cargo.load(this.#stage)
    if (await servesElsewhere(cargo.client)) await this.#visitElsewhere()
    this.#census = await takeCensus(cargo.client)
    cargo.leave()
    this.#running = undefined
    if (end === 'kill') await node.kill()
    else await node.stop()
    this.#stage++
  }

  #start(name: BrokerName) {
    if (name === 'kafka') return startKafkaNode(this.home, this.config, this.#ports.client)
    return startOdradek(['--config', this.config])
  }

  async #visitElsewhere(): Promise<void> {
    const { client } = this.#cargo
    const { census, stages } = this.#elsewhere
    if (census !== undefined) expect(await takeCensusElsewhere(client, stages)).toEqual(census)
    await loadElsewhere(client, this.#stage, stages.at(-1))
    const visited = [...stages, this.#stage]
    this.#elsewhere = { census: await takeCensusElsewhere(client, visited), stages: visited }
  }

  async end(): Promise<void> {
    this.#cargo.leave()
    await this.#running?.kill()
    rmSync(this.home, { recursive: true, force: true })
  }
}
