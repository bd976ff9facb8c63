// Records of keys and values, put into a topic's first partition and read from it, as those who clean it are tested with.
import { encodeBatch } from '../../src/wire/records/index.ts'
import { apis, expect, only, type TestBroker } from './compat.ts'

export async function startOffset(broker: TestBroker, name: string): Promise<number> {
  const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -2 }] }]
  const answer = await broker.ask(apis.ListOffsets, 7, { replicaId: -1, topics })
  return only(only(answer.topics).partitions).offset
}

/** Appends records of keys and values, all of one time, in one batch. */
export async function put(
  broker: TestBroker,
  topic: string,
  entries: readonly (readonly [key: string, value: string | null])[],
  timestamp: number,
): Promise<void> {
  const records = entries.map(([key, value]) => ({
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp,
  }))
  expect((await broker.produce(topic, encodeBatch({ records }))).errorCode).toBe('NONE')
}

/** What is left: offset, key and value of each record. */
export async function contents(
  broker: TestBroker,
  name: string,
): Promise<(readonly [number, string, string | null])[]> {
  const records = await broker.records(name, await startOffset(broker, name))
  return records.map(({ offset, key, value }) => [offset, String(key), value === null ? null : String(value)] as const)
}
