// One of the two brokers as a tool sees it: its address, its directories, files to hand to tools, and what of their
// output it invented.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apis } from '../../../src/wire/index.ts'
import { formatKafka, propertiesText, startKafkaNode } from '../../door/kafka-node.ts'
import { freePorts } from '../../oracle/kafka.ts'
import { awaitPartitions } from '../../support/admin.ts'
import { eventually } from '../../support/eventually.ts'
import { startOdradek } from '../../support/odradek-process.ts'
import { only, TestBroker } from '../../support/test-broker.ts'

function propertiesOf(
  port: number,
  controllerPort: number,
  directories: readonly string[],
): Readonly<Record<string, string>> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': directories.join(),
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // Many records have times of long ago.
    'log.retention.ms': '-1',
    // So that there is always a snapshot of how things are now.
    'metadata.log.max.record.bytes.between.snapshots': '1',
  }
}

export class ToolBroker extends TestBroker {
  readonly kind: 'kafka' | 'odradek'
  /** host:port of the controller. */
  readonly controller: string
  /** Its log directories. */
  readonly directories: readonly [string, string]
  /** What it invented, and what both are compared with. */
  readonly known = new Map<string, string>()
  readonly topicIds = new Map<string, string>()
  readonly #home: string
  readonly #stop: () => Promise<unknown>

  constructor(
    kind: ToolBroker['kind'],
    port: number,
    controllerPort: number,
    home: string,
    stop: () => Promise<unknown>,
  ) {
    super({ host: '127.0.0.1', port, nodeId: 1 })
    this.kind = kind
    this.controller = `127.0.0.1:${controllerPort}`
    this.directories = directoriesOf(home)
    this.#home = home
    this.#stop = stop
    this.known.set(`127.0.0.1:${port}`, '<broker>')
    this.known.set(this.controller, '<controller>')
    this.known.set(home, '<home>')
  }

  /** Its server.properties. */
  get config(): string {
    return join(this.#home, 'server.properties')
  }

  /** A directory of this name for what tools are handed. */
  scratch(name: string): string {
    const path = join(this.#home, 'files', name)
    mkdirSync(path, { recursive: true })
    return path
  }

  /** Writes a file to hand to a tool; gives its path. */
  file(name: string, content: string): string {
    const path = join(this.#home, 'files', name)
    mkdirSync(join(this.#home, 'files'), { recursive: true })
    writeFileSync(path, content)
    return path
  }

  /** The path of the newest file with this ending in a partition's directory. */
  segment(partition: string, ending: string): string {
    for (const directory of this.directories) {
      const path = join(directory, partition)
      try {
        const name = readdirSync(path)
          .filter((file) => file.endsWith(ending))
          .sort()
          .at(-1)
        if (name !== undefined) return join(path, name)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
    throw new Error(`${this.kind} has no ${ending} of ${partition}`)
  }

  /** Waits until a topic that a tool created, or grew, can be used. */
  async awaitTopic(name: string, partitions = 1): Promise<void> {
    const id = await eventually(`${name} with ${partitions} partitions`, async () => {
      const answer = await this.ask(apis.Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
      const [topic] = answer.topics
      return topic?.partitions.length === partitions ? topic.topicId : undefined
    })
    this.topicIds.set(name, id)
    await awaitPartitions(await this.client(), { name, id }, partitions)
  }

  /** Waits until a topic that a tool deleted is gone. */
  async awaitNoTopic(name: string): Promise<void> {
    await eventually(`${name} to be gone`, async () => {
      const answer = await this.ask(apis.Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
      return answer.topics[0]?.errorCode === 'UNKNOWN_TOPIC_OR_PARTITION'
    })
  }

  async stop(): Promise<void> {
    await this.end()
    await this.#stop()
    rmSync(this.#home, { recursive: true, force: true })
  }
}

function directoriesOf(home: string): readonly [string, string] {
  return [join(home, 'a'), join(home, 'b')]
}

/** Both brokers, with the same properties but for ports and paths. */
export async function startBoth(): Promise<readonly [kafka: ToolBroker, odradek: ToolBroker]> {
  const kafka = await start('kafka', async (home, config, port) => {
    await formatKafka(home, config, ['--standalone', '-t', '4L6g3nShT-eMCtK--X86sw'])
    const { kill } = await startKafkaNode(home, config, port)
    return { stop: kill }
  })
  return [kafka, await start('odradek', (_, config) => startOdradek(['--config', config]))]
}

interface Started {
  stop(): Promise<unknown>
}

async function start(
  kind: ToolBroker['kind'],
  run: (home: string, config: string, port: number) => Promise<Started>,
): Promise<ToolBroker> {
  const home = mkdtempSync(join(tmpdir(), `odradek-tools-${kind}-`))
  const [port, controllerPort] = (await freePorts(2)) as [number, number]
  const config = join(home, 'server.properties')
  writeFileSync(config, propertiesText(propertiesOf(port, controllerPort, directoriesOf(home))))
  const { stop } = await run(home, config, port)
  const broker = new ToolBroker(kind, port, controllerPort, home, stop)
  const { clusterId } = await broker.ask(apis.Metadata, 12, { topics: [] })
  if (clusterId !== null) broker.known.set(clusterId, '<cluster id>')
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const quorum = await broker.ask(apis.DescribeQuorum, 2, { topics })
  const voter = only(only(only(quorum.topics).partitions).currentVoters)
  broker.known.set(voter.replicaDirectoryId ?? '', '<directory id>')
  return broker
}
