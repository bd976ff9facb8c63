// kafka-cluster, kafka-features, kafka-metadata-quorum, kafka-broker-api-versions.
import type { Script } from '../script.ts'
import type { ToolBroker } from '../tool-broker.ts'

const impatient = (broker: ToolBroker) =>
  broker.file('impatient.properties', 'default.api.timeout.ms=1000\nrequest.timeout.ms=1000\n')

const cluster: Script = {
  name: 'kafka-cluster and kafka-broker-api-versions',
  async run(tools) {
    await tools.read('cluster', ['cluster-id'])
    await tools.read('cluster', ['list-endpoints'])
    await tools.read('cluster', ['list-endpoints', '--include-fenced-brokers'])
    await tools.run('cluster', ['unregister', '--id', '99'])
    await tools.run('cluster', ['unregister', '--id', '-1'])
    // Here the tool ends the JVM when it does not understand.
    await tools.run('cluster', ['unregister'], { alone: true })
    await tools.run('cluster', ['cluster-id'], { alone: true, bootstrap: 'none' })
    const controller = ['--bootstrap-controller', (broker: ToolBroker) => broker.controller]
    await tools.run('cluster', ['cluster-id', ...controller, '--command-config', impatient], { bootstrap: 'none' })
    await tools.read('broker-api-versions', [])
    await tools.read('broker-api-versions', [], { bootstrap: 'none' })
    await tools.read('cluster', ['cluster-id'], { alone: true })
  },
}

const features: Script = {
  name: 'kafka-features',
  async run(tools) {
    const run = (...args: string[]) => tools.run('features', args, { bootstrap: 'first' })
    const read = (...args: string[]) => tools.read('features', args, { bootstrap: 'first' })
    await read('describe')
    await read('describe', '--node-id', '1')
    const patience = ['--command-config', impatient]
    await tools.read('features', [...patience, 'describe', '--node-id', '9'], { bootstrap: 'first' })
    await read('version-mapping')
    await read('version-mapping', '--release-version', '4.0')
    await read('version-mapping', '--release-version', 'x')
    await read('feature-dependencies', '--feature', 'transaction.version=2')
    await read('feature-dependencies', '--feature', 'metadata.version=25')
    await read('feature-dependencies', '--feature', 'no.such.feature=1')
    await run('upgrade', '--feature', 'no.such.feature=1')
    await run('upgrade', '--feature', 'metadata.version=99')
    await run('upgrade', '--feature', 'metadata.version=3')
    await run('upgrade', '--feature', 'group.version=1')
    await run('upgrade', '--feature', 'group.version=7')
    await run('upgrade', '--feature', 'transaction.version=2', '--feature', 'group.version=1')
    await run('upgrade', '--release-version', '4.3')
    await run('upgrade', '--release-version', '4.0')
    await run('upgrade', '--release-version', '9.9')
    await run('upgrade', '--metadata', '4.0')
    await run('upgrade', '--metadata', 'x')
    await run('upgrade', '--feature', 'group.version')
    await run('upgrade')
    await run('downgrade', '--feature', 'metadata.version=25', '--dry-run')
    await run('downgrade', '--feature', 'metadata.version=25')
    await run('downgrade', '--feature', 'group.version=0', '--dry-run')
    await run('downgrade', '--feature', 'group.version=0', '--unsafe', '--dry-run')
    await run('downgrade', '--release-version', '4.1', '--dry-run')
    await run('downgrade', '--metadata', '3.3', '--unsafe', '--dry-run')
    await run('disable', '--feature', 'transaction.version', '--dry-run')
    await run('disable', '--feature', 'metadata.version', '--dry-run')
    await run('disable', '--feature', 'eligible.leader.replicas.version')
    await run('disable', '--feature', 'eligible.leader.replicas.version')
    await read('describe')
    await run('upgrade', '--feature', 'eligible.leader.replicas.version=1')
    await read('describe')
    await run('no-such-command')
  },
}

const quorum: Script = {
  name: 'kafka-metadata-quorum',
  async run(tools) {
    const run = (...args: string[]) => tools.run('metadata-quorum', args, { bootstrap: 'first' })
    const read = (...args: string[]) => tools.read('metadata-quorum', args, { bootstrap: 'first' })
    await read('describe', '--status')
    await read('describe', '--replication')
    await read('describe', '--replication', '--human-readable')
    await read('describe')
    await read('describe', '--status', '--human-readable')
    await run('remove-controller', '--controller-id', '9', '--controller-directory-id', 'AAAAAAAAAAAAAAAAAAAAAQ')
    await run('remove-controller', '--controller-id', '9', '--controller-directory-id', 'x', '--dry-run')
    await run(
      'remove-controller',
      '--controller-id',
      '9',
      '--controller-directory-id',
      'AAAAAAAAAAAAAAAAAAAAAQ',
      '--dry-run',
    )
    await run('remove-controller', '--controller-id', '9')
    await run('add-controller', '--dry-run')
    await run()
  },
}

export const clusterScripts: readonly Script[] = [cluster, features, quorum]
