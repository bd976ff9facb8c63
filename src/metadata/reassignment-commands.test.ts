// Moving partitions between several brokers: what begins, what is called off, what is listed.
import { describe, expect, test } from 'vitest'
import { loadBrokerConfig } from '../config/index.ts'
import { electLeaders } from './election-commands.ts'
import { type MetadataImage, NO_LEADER } from './image.ts'
import { alterPartitionReassignments, listPartitionReassignments } from './reassignment-commands.ts'
import { clusterOf, directoryOf, replay, withPartition } from './testing.ts'

const config = loadBrokerConfig()
const brokers = [1, 2, 3, 4].map((brokerId) => ({ brokerId }))

function alter(image: MetadataImage, replicas: readonly number[] | null, allowReplicationFactorChange = true) {
  const asked = [{ name: 't', partitions: [{ partitionIndex: 0, replicas }] }]
  const { records, response } = alterPartitionReassignments({ image, config }, asked, allowReplicationFactorChange)
  replay(image, records)
  return response[0]?.partitions[0]?.errorMessage
}

function moving(): MetadataImage {
  const image = clusterOf(brokers)
  withPartition(image, { replicas: [1, 2], isr: [1, 2] })
  expect(alter(image, [3, 2])).toBeNull()
  return image
}

describe('a reassignment', () => {
  test('adds the new replicas first, and lists what is on the move', () => {
    const image = moving()
    expect(image.partition('t', 0)).toMatchObject({
      replicas: [3, 2, 1],
      addingReplicas: [3],
      removingReplicas: [1],
      directories: [directoryOf(3), directoryOf(2), directoryOf(1)],
      leader: 1,
    })
    const ongoing = { partitionIndex: 0, replicas: [3, 2, 1], addingReplicas: [3], removingReplicas: [1] }
    const listed = [{ name: 't', partitions: [ongoing] }]
    expect(listPartitionReassignments(image, null)).toEqual(listed)
    expect(listPartitionReassignments(image, [{ name: 't', partitionIndexes: [0, 9] }])).toEqual(listed)
    expect(listPartitionReassignments(image, [{ name: 't', partitionIndexes: [9] }])).toEqual([])
  })

  test('is called off: the replicas of before, without those that were added', () => {
    const image = moving()
    expect(alter(image, null)).toBeNull()
    expect(image.partition('t', 0)).toMatchObject({ replicas: [2, 1], addingReplicas: [], removingReplicas: [] })
    expect(listPartitionReassignments(image, null)).toEqual([])
  })

  test('is not called off where only new replicas are in sync, unless the topic allows it', () => {
    const image = moving()
    const change = { partitionId: 0, topicId: image.topicByName('t')?.topicId, isr: [3], leader: 3 }
    replay(image, [{ type: 'PartitionChangeRecord', version: 2, data: change }])
    expect(alter(image, null)).toBe(
      'Unable to revert partition assignment for t:0 because it would require an unclean leader election.',
    )
    const name = 'unclean.leader.election.enable'
    const data = { resourceType: 2, resourceName: 't', name, value: 'true' }
    replay(image, [{ type: 'ConfigRecord', version: 0, data }])
    expect(alter(image, null)).toBeNull()
    expect(image.partition('t', 0)).toMatchObject({ replicas: [2, 1], isr: [2], leader: 2 })
  })

  test('can be told to keep the replication factor, which on the move is the one to come', () => {
    const image = moving()
    expect(alter(image, [4], false)).toBe('The replication factor is changed from 2 to 1')
    expect(alter(image, [4, 1], false)).toBeNull()
  })

  test('with more replicas ends when they are in sync', () => {
    const image = clusterOf(brokers)
    withPartition(image, { replicas: [1], isr: [1] })
    alter(image, [1, 2, 3])
    expect(image.partition('t', 0)).toMatchObject({ replicas: [1, 2, 3], addingReplicas: [2, 3] })
  })
})

describe('an election that a client asks for', () => {
  const elect = (image: MetadataImage, type: number, partitions: number[] | null) => {
    const asked = partitions && [{ topic: 't', partitions }]
    const { records, response } = electLeaders({ image, config }, type, asked)
    replay(image, records)
    return response[0]?.partitionResult.map(({ errorCode }) => errorCode)
  }
  const [PREFERRED, UNCLEAN] = [0, 1]
  const [NONE, PREFERRED_LEADER_NOT_AVAILABLE, ELIGIBLE_LEADERS_NOT_AVAILABLE, NOT_NEEDED] = [0, 80, 83, 84]

  test('gives the lead to the preferred replica', () => {
    const image = clusterOf(brokers)
    withPartition(image, { leader: 2 })
    expect(elect(image, PREFERRED, [0])).toEqual([NONE])
    expect(image.partition('t', 0)?.leader).toBe(1)
    expect(elect(image, PREFERRED, [0])).toEqual([NOT_NEEDED])
    expect(elect(image, PREFERRED, null)).toEqual([])
  })

  test('cannot give it to one that is not in sync', () => {
    const image = clusterOf(brokers)
    withPartition(image, { leader: 2, isr: [2] })
    expect(elect(image, PREFERRED, [0])).toEqual([PREFERRED_LEADER_NOT_AVAILABLE])
    expect(elect(image, PREFERRED, null)).toEqual([PREFERRED_LEADER_NOT_AVAILABLE])
  })

  test('gives it uncleanly to whoever is alive', () => {
    const image = clusterOf([{ brokerId: 1, fenced: true }, { brokerId: 2 }, { brokerId: 3, fenced: true }])
    withPartition(image, { leader: NO_LEADER, isr: [1] })
    expect(elect(image, UNCLEAN, [0])).toEqual([NONE])
    expect(image.partition('t', 0)).toMatchObject({ leader: 2, isr: [2], leaderRecoveryState: 1 })
    expect(elect(image, UNCLEAN, [0])).toEqual([NOT_NEEDED])
  })

  test('fails where nobody is alive', () => {
    const image = clusterOf([1, 2, 3].map((brokerId) => ({ brokerId, fenced: true })))
    withPartition(image, { leader: NO_LEADER, isr: [1] })
    expect(elect(image, UNCLEAN, [0])).toEqual([ELIGIBLE_LEADERS_NOT_AVAILABLE])
  })
})
