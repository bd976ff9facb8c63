// The log directories of a broker in the metadata (KIP-858): where its replicas are, and what becomes of them when a
// directory fails.
import { describe, expect, test } from 'vitest'
import { loadBrokerConfig } from '../config/index.ts'
import { assignReplicasToDirectories, takeDirectoriesOffline } from './broker-commands.ts'
import { METADATA_VERSION } from './features.ts'
import { clusterOf, directoryOf, reopened, replay, startedNode, TEST_TOPIC_ID, withPartition } from './testing.ts'

const config = loadBrokerConfig()
const D1 = 'AQEBAQEBAQEBAQEBAQEBAQ'
const D2 = 'AgICAgICAgICAgICAgICAg'
const D3 = 'AwMDAwMDAwMDAwMDAwMDAw'
const UNASSIGNED = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** A broker with three directories, and four topics of one partition. */
async function node() {
  const started = await startedNode({ registration: { logDirs: [D1, D2, D3] } })
  const { controller, image } = started
  const names = ['a', 'b', 'c', 'd']
  await controller.createTopics(names.map((name) => ({ name, numPartitions: 1, replicationFactor: 1 })))
  const assign = (name: string, directoryId: string) =>
    controller.assignReplicasToDirectories(1, [
      { topicId: image.topicByName(name)?.topicId ?? '', partition: 0, directoryId },
    ])
  return { ...started, assign }
}

describe('Replicas of a broker with several directories', () => {
  test('are in none until the broker says so, and lead meanwhile', async () => {
    const { image, assign } = await node()
    expect(image.partition('a', 0)).toMatchObject({ directories: [UNASSIGNED], leader: 1, partitionEpoch: 0 })
    await assign('a', D2)
    expect(image.partition('a', 0)).toMatchObject({ directories: [D2], leader: 1, leaderEpoch: 0, partitionEpoch: 1 })
    // What is known already needs no record.
    await assign('a', D2)
    expect(image.partition('a', 0)?.partitionEpoch).toBe(1)
  })

  test('that are not there any more are left out', async () => {
    const { controller, journal } = await node()
    const before = journal.endOffset
    await controller.assignReplicasToDirectories(1, [
      { topicId: TEST_TOPIC_ID, partition: 0, directoryId: D1 },
      { topicId: controller.image.topicByName('a')?.topicId ?? '', partition: 7, directoryId: D1 },
    ])
    expect(journal.endOffset).toBe(before)
  })

  test('lead nothing when they are in a directory that has failed', async () => {
    const { controller, image, assign } = await node()
    await controller.takeDirectoriesOffline(1, [D3])
    await assign('a', D3)
    expect(image.partition('a', 0)).toMatchObject({
      directories: [D3],
      leader: -1,
      isr: [],
      eligibleLeaderReplicas: [1],
    })
  })
})

describe('A directory that fails', () => {
  test('takes its replicas with it, and no others', async () => {
    const { controller, image, assign } = await node()
    await assign('a', D1)
    await assign('b', D2)
    await assign('c', D2)
    await controller.takeDirectoriesOffline(1, [D2])
    expect(image.brokers.get(1)?.logDirs).toEqual([D1, D3])
    for (const topic of ['b', 'c']) {
      expect(image.partition(topic, 0)).toMatchObject({
        leader: -1,
        isr: [],
        eligibleLeaderReplicas: [1],
        leaderEpoch: 1,
      })
    }
    for (const topic of ['a', 'd']) expect(image.partition(topic, 0)).toMatchObject({ leader: 1, isr: [1] })
  })

  test('is said once, and only of directories that the broker has', async () => {
    const { controller, journal } = await node()
    await controller.takeDirectoriesOffline(1, [D2])
    const before = journal.endOffset
    await controller.takeDirectoriesOffline(1, [D2, 'BAQEBAQEBAQEBAQEBAQEBA'])
    expect(journal.endOffset).toBe(before)
  })

  test('has its replicas lead again when the broker comes back with it', async () => {
    const { controller, journal, registration, assign } = await node()
    await assign('b', D2)
    await controller.takeDirectoriesOffline(1, [D2])
    await controller.shutDownBroker(1)
    const without = await startedNode({
      journal: reopened(journal),
      registration: { ...registration, logDirs: [D1, D3] },
    })
    expect(without.image.partition('b', 0)?.leader).toBe(-1)
    const next = await startedNode({ journal: reopened(without.journal), registration })
    expect(next.image.partition('b', 0)).toMatchObject({ leader: 1, isr: [1] })
  })

  test('of one replica of several has another one lead', () => {
    const image = clusterOf([{ brokerId: 1 }, { brokerId: 2 }, { brokerId: 3 }])
    withPartition(image, { replicas: [1, 2, 3] })
    replay(image, takeDirectoriesOffline({ image, config }, 1, [directoryOf(1)]))
    expect(image.partition('t', 0)).toMatchObject({ leader: 2, isr: [2, 3], leaderEpoch: 6 })
  })

  test('is not told of below the metadata version that knows directories', () => {
    const image = clusterOf([{ brokerId: 1 }], { [METADATA_VERSION]: 14 })
    const rules = { image, config }
    expect(takeDirectoriesOffline(rules, 1, [directoryOf(1)])).toEqual([])
    expect(assignReplicasToDirectories(rules, 1, [{ topicId: TEST_TOPIC_ID, partition: 0, directoryId: D1 }])).toEqual(
      [],
    )
  })
})
