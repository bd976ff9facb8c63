// What the broker has after a scenario, asked over a connection of our own: whether the client did what it says.
import { apis } from '../../src/wire/index.ts'
import { Batch, compressionName } from '../../src/wire/records/index.ts'
import { type Address, TestBroker } from '../support/test-broker.ts'

/** Why what is stored is not what the scenario is about, if so. */
export async function objection(address: Address, prefix: string, scenario: string): Promise<string | undefined> {
  const broker = new TestBroker(address)
  try {
    const name = `${prefix}.${scenario}`
    if (scenario.startsWith('codec-')) return await codecObjection(broker, name, scenario.slice('codec-'.length))
    if (scenario === 'idempotence') return await idempotenceObjection(broker, name)
    if (scenario === 'group-consumer') return await groupObjection(broker, name)
    return undefined
  } finally {
    await broker.end()
  }
}

async function firstBatches(broker: TestBroker, topic: string): Promise<{ buffer: Buffer; at: number }> {
  const { records } = await broker.fetch(topic, 0)
  const buffer = records ?? Buffer.alloc(0)
  const [at] = Batch.positions(buffer)
  if (at === undefined) throw new Error(`${topic} is empty`)
  return { buffer, at }
}

async function codecObjection(broker: TestBroker, topic: string, expected: string): Promise<string | undefined> {
  const { buffer, at } = await firstBatches(broker, topic)
  const stored = compressionName(Batch.compressionId(buffer, at))
  return stored === expected ? undefined : `the first batch is stored with the codec ${stored}`
}

async function idempotenceObjection(broker: TestBroker, topic: string): Promise<string | undefined> {
  const { buffer, at } = await firstBatches(broker, topic)
  return Batch.hasProducerId(buffer, at) ? undefined : 'the first batch has no producer id'
}

async function groupObjection(broker: TestBroker, groupId: string): Promise<string | undefined> {
  const { groups } = await broker.ask(apis.ListGroups, 5, {})
  const type = groups.find((group) => group.groupId === groupId)?.groupType
  return type === 'consumer' ? undefined : `the group is ${type}`
}
