// One broker for all behaviour tests: Odradek from the build, Apache Kafka where ODRADEK_TARGET=kafka, or what already
// runs at COMPAT_BOOTSTRAP=host:port.
import type { TestProject } from 'vitest/node'
import { awaitCoordinator, nodeIdOf } from '../support/admin.ts'
import { RawClient } from '../support/raw-client.ts'
import { startTarget } from '../support/target.ts'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [host = '', port = ''] = (process.env.COMPAT_BOOTSTRAP ?? '').split(':')
  const broker = port === '' ? await startTarget() : { host, port: Number(port), stop: async () => undefined }
  const client = await RawClient.connect(broker.host, broker.port)
  project.provide('address', { host: broker.host, port: broker.port, nodeId: await nodeIdOf(client) })
  // The first group makes the broker create __consumer_offsets.
  await awaitCoordinator(client, 'compat-setup')
  client.close()
  return () => broker.stop()
}
