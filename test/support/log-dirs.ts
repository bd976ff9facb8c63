// A broker with two log directories: where its replicas are, and moving them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { apis } from '../../src/wire/index.ts'
import { eventually } from './eventually.ts'
import { only, type TestBroker } from './test-broker.ts'

export interface TwoDirectories {
  readonly configs: Record<string, string>
  readonly a: string
  readonly b: string
}

/** The configs of such a broker, for `testWith`. */
export function twoDirectories(): TwoDirectories {
  const home = mkdtempSync(join(tmpdir(), 'odradek-log-dirs-'))
  afterAll(() => rmSync(home, { recursive: true, force: true }))
  const [a, b] = [join(home, 'a'), join(home, 'b')]
  return { configs: { 'log.dirs': `${a},${b}` }, a, b }
}

export interface Place {
  readonly directory: string
  readonly isFuture: boolean
  readonly size: number
  readonly offsetLag: number
}

/** Where the logs of a partition are, that on its way last. */
export async function placesOf(broker: TestBroker, topic: string, partition = 0): Promise<Place[]> {
  const topics = [{ topic, partitions: [partition] }]
  const { results } = await broker.ask(apis.DescribeLogDirs, 5, { topics })
  return results
    .flatMap(({ logDir: directory, topics: found }) =>
      found.flatMap(({ partitions }) =>
        partitions.map(({ isFutureKey: isFuture, partitionSize: size, offsetLag }) => ({
          directory,
          isFuture,
          size,
          offsetLag,
        })),
      ),
    )
    .sort((one, other) => Number(one.isFuture) - Number(other.isFuture))
}

/** Asks for a move; gives the error of the partition. */
export async function move(broker: TestBroker, topic: string, path: string, partition = 0, version = 2) {
  const dirs = [{ path, topics: [{ name: topic, partitions: [partition] }] }]
  const { results } = await broker.ask(apis.AlterReplicaLogDirs, version, { dirs })
  return only(only(results).partitions).errorCode
}

/** Waits until the partition's only log is there. */
export async function arrival(broker: TestBroker, topic: string, path: string, partition = 0): Promise<void> {
  await eventually(`${topic} to be in ${path}`, async () => {
    const places = await placesOf(broker, topic, partition)
    return places.length === 1 && places[0]?.directory === path && places[0].isFuture === false
  })
}
