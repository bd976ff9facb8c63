// kafka-configs and kafka-client-metrics: every kind of entity; and every config of a broker that can change while it runs.

import { apis } from '../../../../src/wire/index.ts'
import { eventually } from '../../../support/eventually.ts'
import { only } from '../../../support/test-broker.ts'
import type { Comparison } from '../comparison.ts'
import type { Script } from '../script.ts'
import type { ToolBroker } from '../tool-broker.ts'

type Argument = string | ((broker: ToolBroker) => string)

function ofEntity(tools: Comparison, ...entity: string[]) {
  return {
    describe: (...args: Argument[]) => tools.read('configs', ['--describe', ...entity, ...args]),
    alter: (...args: Argument[]) => tools.run('configs', ['--alter', ...entity, ...args]),
  }
}

const entities: Script = {
  name: 'kafka-configs',
  async run(tools) {
    await tools.both((broker) => broker.topic({ name: 'configured' }))
    const topic = ofEntity(tools, '--entity-type', 'topics', '--entity-name', 'configured')
    await topic.describe()
    await topic.describe('--all')
    await topic.alter('--add-config', 'retention.ms=1234,cleanup.policy=[compact,delete]')
    await topic.alter('--add-config-file', (broker) => broker.file('topic.properties', 'segment.ms=77\nflush.ms=5\n'))
    await topic.describe()
    await topic.describe('--all')
    await topic.alter('--add-config', 'retention.ms=soon')
    await topic.alter('--add-config', 'no.such.config=1')
    await topic.alter('--add-config', 'cleanup.policy=[shred]')
    await topic.alter('--add-config', 'min.insync.replicas=0')
    await topic.alter('--add-config', 'retention.ms')
    await topic.alter('--delete-config', 'no.such.config')
    await topic.alter('--delete-config', 'segment.index.bytes')
    await topic.alter('--delete-config', 'retention.ms', '--add-config', 'segment.bytes=2000000')
    await topic.describe()
    await topic.alter()
    const missing = ofEntity(tools, '--entity-type', 'topics', '--entity-name', 'missing')
    await missing.describe()
    await missing.alter('--add-config', 'retention.ms=1')
    await ofEntity(tools, '--topic', 'configured').describe()

    const broker = ofEntity(tools, '--entity-type', 'brokers', '--entity-name', '1')
    const everyBroker = ofEntity(tools, '--entity-type', 'brokers', '--entity-default')
    await broker.describe()
    await broker.describe('--all')
    await everyBroker.describe()
    await everyBroker.describe('--all')
    await everyBroker.alter('--add-config', 'log.cleaner.threads=2,log.retention.minutes=10')
    await broker.alter('--add-config', 'log.cleaner.threads=3,log.retention.ms=7000000')
    await broker.describe()
    await broker.describe('--all')
    await everyBroker.describe()
    await topic.describe('--all')
    await broker.alter('--add-config', 'log.cleaner.threads=0')
    await broker.alter('--add-config', 'log.cleaner.threads=many')
    await broker.alter('--add-config', 'num.partitions=3')
    await broker.alter('--add-config', 'no.such.config=1')
    await broker.describe()
    await broker.alter('--delete-config', 'log.cleaner.threads,log.retention.ms,no.such.config')
    await everyBroker.alter('--delete-config', 'log.cleaner.threads,log.retention.minutes')
    await broker.describe()
    await ofEntity(tools, '--entity-type', 'brokers', '--entity-name', '9').describe()
    await ofEntity(tools, '--entity-type', 'brokers', '--entity-name', 'x').describe()
    await ofEntity(tools, '--entity-type', 'brokers').describe()

    const group = ofEntity(tools, '--entity-type', 'groups', '--entity-name', 'a-group')
    await group.describe()
    await group.describe('--all')
    await group.alter('--add-config', 'consumer.session.timeout.ms=50000,consumer.heartbeat.interval.ms=6000')
    await group.describe()
    await group.alter('--add-config', 'consumer.session.timeout.ms=1')
    await group.alter('--add-config', 'no.such.config=1')
    await tools.read('configs', ['--describe', '--entity-type', 'groups'], { unordered: true })
    await group.alter('--delete-config', 'consumer.session.timeout.ms,consumer.heartbeat.interval.ms')
    await group.describe()

    const logger = ofEntity(tools, '--entity-type', 'broker-loggers', '--entity-name', '1')
    await logger.alter('--add-config', 'no.such.Logger=DEBUG')
    await logger.alter('--add-config', 'root=LOUD')
    await ofEntity(tools, '--entity-type', 'ghosts', '--entity-name', '1').describe()
    await tools.run('configs', ['--describe'])
    await tools.run('configs', [])
    await tools.read('configs', ['--describe', '--entity-type', 'topics', '--entity-name', 'configured'], {
      alone: true,
    })
  },
}

const metrics: Script = {
  name: 'kafka-client-metrics',
  async run(tools) {
    const run = (...args: string[]) => tools.run('client-metrics', args)
    // Kafka lists them by hashes that no two runs share.
    const read = (...args: string[]) => tools.read('client-metrics', args, { unordered: true })
    await read('--list')
    await run('--alter', '--name', 'basic', '--metrics', 'org.apache.kafka.producer.', '--interval', '60000')
    await run('--alter', '--name', 'picky', '--metrics', '*', '--match', 'client_id=a.*,client_software_name=java')
    await read('--list')
    await read('--describe')
    await read('--describe', '--name', 'basic')
    await read('--describe', '--name', 'missing')
    await run('--alter', '--name', 'basic', '--interval', '1')
    await run('--alter', '--name', 'basic', '--interval', 'often')
    await run('--alter', '--name', 'basic', '--match', 'shoe_size=42')
    await run('--alter', '--name', 'basic', '--match', 'client_id=a(')
    await run('--alter', '--name', 'basic', '--interval', '')
    await read('--describe', '--name', 'basic')
    const entity = ofEntity(tools, '--entity-type', 'client-metrics', '--entity-name', 'picky')
    await entity.describe()
    await run('--delete', '--name', 'basic')
    await run('--delete', '--name', 'missing')
    await run('--delete', '--name', 'picky')
    await read('--list')
    await run()
  },
}

/** Cannot be taken back while there are eligible leader replicas. */
const KEPT = 'min.insync.replicas'

/** A value for every dynamic config that it does not have by itself, and one that it cannot have. */
const changed: Readonly<Record<string, readonly [good: string, bad: string]>> = {
  'background.threads': ['12', '0'],
  'compression.gzip.level': ['3', '10'],
  'compression.lz4.level': ['4', '18'],
  'compression.type': ['lz4', 'zip'],
  'compression.zstd.level': ['5', '99'],
  'config.providers': ['', 'x,x'],
  'cordoned.log.dirs': ['', '/no/such/dir'],
  'follower.fetch.last.tiered.offset.enable': ['true', 'maybe'],
  'follower.replication.throttled.rate': ['1000', '-1'],
  'group.consumer.assignment.interval.ms': ['2000', '-1'],
  'group.coordinator.cached.buffer.max.bytes': ['600000', '1'],
  'group.share.assignment.interval.ms': ['2000', '-1'],
  'group.streams.assignment.interval.ms': ['2000', '-1'],
  'leader.replication.throttled.rate': ['1000', 'fast'],
  'log.cleaner.backoff.ms': ['10000', '-1'],
  'log.cleaner.dedupe.buffer.size': ['150000000', '10'],
  'log.cleaner.delete.retention.ms': ['3600000', '-1'],
  'log.cleaner.io.buffer.load.factor': ['0.8', 'x'],
  'log.cleaner.io.buffer.size': ['600000', '-1'],
  'log.cleaner.io.max.bytes.per.second': ['1000000000', 'x'],
  'log.cleaner.max.compaction.lag.ms': ['3600000', '0'],
  'log.cleaner.min.cleanable.ratio': ['0.4', '2'],
  'log.cleaner.min.compaction.lag.ms': ['10', '-1'],
  'log.cleaner.threads': ['2', '-1'],
  'log.cleanup.policy': ['compact', 'burn'],
  'log.flush.interval.messages': ['100000', '0'],
  'log.flush.interval.ms': ['100000', 'x'],
  'log.index.interval.bytes': ['5000', '-1'],
  'log.index.size.max.bytes': ['5000000', '1'],
  'log.local.retention.bytes': ['100', '-3'],
  'log.local.retention.ms': ['100', '-3'],
  'log.message.timestamp.after.max.ms': ['7200000', '-1'],
  'log.message.timestamp.before.max.ms': ['7200000', '-1'],
  'log.message.timestamp.type': ['LogAppendTime', 'Teatime'],
  'log.preallocate': ['true', 'perhaps'],
  'log.retention.bytes': ['100000000', 'x'],
  'log.retention.ms': ['100000000', '0'],
  'log.roll.jitter.ms': ['1000', '-1'],
  'log.roll.ms': ['100000000', '0'],
  'log.segment.bytes': ['100000000', '13'],
  'log.segment.delete.delay.ms': ['100000', '-1'],
  'max.connection.creation.rate': ['100000', '-1'],
  'max.connections': ['100000', '-1'],
  'max.connections.per.ip': ['100000', '-1'],
  'max.connections.per.ip.overrides': ['10.0.0.1:5', '10.0.0.1:x'],
  'message.max.bytes': ['2000000', '-1'],
  'metric.reporters': ['', 'x,x'],
  [KEPT]: ['1', '0'],
  'num.io.threads': ['9', '0'],
  'num.network.threads': ['4', '0'],
  'num.recovery.threads.per.data.dir': ['3', '0'],
  'num.replica.fetchers': ['2', '0'],
  'producer.id.expiration.ms': ['80000000', '0'],
  'remote.fetch.max.wait.ms': ['600', '0'],
  'replica.alter.log.dirs.io.max.bytes.per.second': ['100000', '-1'],
  'share.coordinator.cached.buffer.max.bytes': ['600000', '1'],
  'transaction.partition.verification.enable': ['false', 'x'],
  'unclean.leader.election.enable': ['true', 'x'],
}

/** The names of the dynamic configs, as one broker has them. */
async function dynamicConfigs(broker: ToolBroker): Promise<string[]> {
  const request = { resources: [{ resourceType: 4, resourceName: '1', configurationKeys: null }] }
  const { configs } = only((await broker.ask(apis.DescribeConfigs, 4, request)).results)
  return configs.filter(({ readOnly }) => !readOnly).map(({ name }) => name)
}

const dynamic: Script = {
  name: 'kafka-configs, every config that is dynamic',
  async run(tools) {
    const [theirs, ours] = await tools.both(dynamicConfigs)
    tools.agree('the dynamic configs', [...theirs].sort(), [...ours].sort())
    const scopes = {
      broker: ofEntity(tools, '--entity-type', 'brokers', '--entity-name', '1'),
      cluster: ofEntity(tools, '--entity-type', 'brokers', '--entity-default'),
    }
    const names = [...new Set([...theirs, ...Object.keys(changed)])].sort()
    for (const scope of [scopes.cluster, scopes.broker]) {
      for (const name of names) {
        const [good, bad] = changed[name] ?? ['', 'x']
        await scope.alter('--add-config', `${name}=${good}`)
        await scope.alter('--add-config', `${name}=${bad}`)
      }
      await scope.describe()
      await scopes.broker.describe('--all')
      const [set] = await tools.both(setConfigs)
      tools.agree('what was set', ...(await tools.both(setConfigs)))
      if (set.includes(KEPT)) await scope.alter('--delete-config', KEPT)
      await scope.alter('--delete-config', set.filter((name) => name !== KEPT).join())
      await scope.describe()
      const areBack = async (broker: ToolBroker) => (await setConfigs(broker)).every((name) => name === KEPT)
      await tools.both((broker) => eventually('the configs to be back', () => areBack(broker)))
    }
    for (const config of ['num.network.threads=3', 'num.io.threads=3', 'x=y']) {
      await scopes.cluster.alter('--add-config', `listener.name.plaintext.${config}`)
    }
    await scopes.broker.describe()
    await scopes.cluster.describe()
    await scopes.broker.describe('--all')
  },
}

/** What is set dynamically, for one broker or for all. */
async function setConfigs(broker: ToolBroker): Promise<string[]> {
  const resources = ['1', ''].map((resourceName) => ({ resourceType: 4, resourceName, configurationKeys: null }))
  const { results } = await broker.ask(apis.DescribeConfigs, 4, { resources })
  const found = results.flatMap(({ configs }) =>
    configs.filter(({ configSource }) => configSource === 2 || configSource === 3),
  )
  return [...new Set(found.map(({ name }) => name))].sort()
}

export const configScripts: readonly Script[] = [entities, metrics, dynamic]
