// The broker is killed with -9 under load, at random moments, and started again on the same directory: what was
// acknowledged is there, once, in order. CRASH_KILLS sets how often, CRASH_SEED repeats a run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { apis, ErrorCode } from '../../src/wire/index.ts'
import { startOdradek } from '../support/odradek-process.ts'
import { seeded, seedFrom } from '../support/random.ts'
import { RawClient } from '../support/raw-client.ts'
import { type Address, broken, NumberedProducer, readNumbers } from './workload.ts'

const KILLS = Number(process.env.CRASH_KILLS ?? 5)
const GROUP = 'survivors'

/** Small segments and a dense index, so that a kill often meets a roll. */
const TOPIC_CONFIGS = { 'internal.segment.bytes': '65536', 'index.interval.bytes': '512' }
const ARGUMENTS = ['--port', '0']

/** What besides records was acknowledged. */
interface Promised {
  readonly topics: Map<string, string>
  offset: number
}

async function createTopic(client: RawClient, name: string, retentionMs: string): Promise<boolean> {
  const configs = Object.entries({ ...TOPIC_CONFIGS, 'retention.ms': retentionMs }).map(([name, value]) => ({
    name,
    value,
  }))
  const topics = [{ name, numPartitions: 1, replicationFactor: 1, configs }]
  const answer = await client.send(apis.CreateTopics, 5, { topics, timeoutMs: 30_000 })
  return answer.topics[0]?.errorCode === ErrorCode.NONE
}

/** Creates topics, alters configs and commits offsets until the broker is gone. */
async function administer(address: Address, promised: Promised, round: number): Promise<void> {
  const client = await RawClient.connect(address.host, address.port)
  try {
    for (let i = 0; ; i++) {
      const topic = `made-${round}-${i}`
      if (i < 5 && (await createTopic(client, topic, '1000000'))) promised.topics.set(topic, '1000000')
      const retention = String(2_000_000 + i)
      const configs = [{ name: 'retention.ms', configOperation: 0, value: retention }]
      const resources = [{ resourceType: 2, resourceName: `made-${round}-0`, configs }]
      const altered = await client.send(apis.IncrementalAlterConfigs, 1, { resources })
      if (altered.responses[0]?.errorCode === ErrorCode.NONE) promised.topics.set(`made-${round}-0`, retention)
      const next = promised.offset + 1
      const committed = await client.send(apis.OffsetCommit, 8, {
        groupId: GROUP,
        generationIdOrMemberEpoch: -1,
        topics: [{ name: 'numbers-0', partitions: [{ partitionIndex: 0, committedOffset: next }] }],
      })
      if (committed.topics[0]?.partitions[0]?.errorCode === ErrorCode.NONE) promised.offset = next
    }
  } catch (error) {
    if (!/closed|ECONN|EPIPE/.test(String(error))) throw error
  } finally {
    client.close()
  }
}

async function retentionOf(client: RawClient, topic: string): Promise<string | null | undefined> {
  const resources = [{ resourceType: 2, resourceName: topic, configurationKeys: ['retention.ms'] }]
  const answer = await client.send(apis.DescribeConfigs, 4, { resources })
  return answer.results[0]?.configs[0]?.value
}

async function committedOffset(client: RawClient): Promise<number> {
  for (;;) {
    await client.send(apis.FindCoordinator, 3, { key: GROUP })
    const topics = [{ name: 'numbers-0', partitionIndexes: [0] }]
    const answer = await client.send(apis.OffsetFetch, 7, { groupId: GROUP, topics })
    if (answer.errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS || answer.errorCode === ErrorCode.NOT_COORDINATOR)
      continue
    return answer.topics[0]?.partitions[0]?.committedOffset ?? -1
  }
}

test(`nothing acknowledged is lost, doubled or reordered over ${KILLS} kills`, {
  timeout: 60_000 + KILLS * 20_000,
}, async () => {
  const seed = seedFrom('CRASH_SEED')
  console.log(`CRASH_SEED=${seed}`)
  const random = seeded(seed)
  const directory = mkdtempSync(join(tmpdir(), 'odradek-crash-'))
  const producers = Array.from({ length: 4 }, (_, i) => new NumberedProducer(`numbers-${i}`, i % 2 === 0))
  const promised: Promised = { topics: new Map(), offset: 0 }
  let acknowledgedFound = 0
  let unacknowledgedFound = 0
  try {
    let broker = await startOdradek([...ARGUMENTS, '--log-dir', directory])
    const setup = await RawClient.connect(broker.host, broker.port)
    for (const { topic } of producers) {
      expect(await createTopic(setup, topic, '-1')).toBe(true)
      promised.topics.set(topic, '-1')
    }
    await setup.send(apis.FindCoordinator, 3, { key: GROUP })
    setup.close()
    for (let round = 0; round < KILLS; round++) {
      let killed = false
      const load = [
        ...producers.map((producer) => producer.run(broker, random, () => killed)),
        administer(broker, promised, round),
      ]
      await delay(100 + random.below(900))
      await broker.kill()
      killed = true
      await Promise.all(load)

      broker = await startOdradek([...ARGUMENTS, '--log-dir', directory])
      const client = await RawClient.connect(broker.host, broker.port)
      acknowledgedFound = 0
      unacknowledgedFound = 0
      for (const producer of producers) {
        const found = await readNumbers(client, producer.topic)
        const acknowledged = new Set(producer.acknowledged)
        const kept = found.filter((number) => acknowledged.has(number)).length
        acknowledgedFound += kept
        unacknowledgedFound += found.length - kept
        expect(broken(producer, found), `kill ${round}, ${producer.topic}`).toEqual([])
      }
      for (const [topic, retention] of promised.topics) {
        const found = await retentionOf(client, topic)
        // An alteration whose answer was lost may have taken effect; an acknowledged one may not be undone.
        expect(Number(found), `kill ${round}, retention.ms of ${topic}`).toBeGreaterThanOrEqual(Number(retention))
      }
      expect(await committedOffset(client), `kill ${round}, committed offset`).toBeGreaterThanOrEqual(promised.offset)
      client.close()
    }
    expect(await broker.stop()).toBe(0)
    const acknowledged = producers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)
    expect(acknowledgedFound).toBe(acknowledged)
    console.log(
      `${KILLS} kills: acknowledged = found: ${acknowledged} = ${acknowledgedFound} records (${unacknowledgedFound} more were written whose answer the kill took), ${promised.topics.size} topics, offset ${promised.offset}`,
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
