// Who leads, who is in sync and who stays eligible after a change, in clusters of several brokers.
import { describe, expect, test } from 'vitest'
import { loadBrokerConfig } from '../config/index.ts'
import { EMPTY_UUID } from '../wire/index.ts'
import { type MetadataImage, NO_LEADER } from './image.ts'
import { changesOf, type PartitionAim } from './partition-change.ts'
import { clusterOf, directoryOf, replay, type TestBroker, withPartition } from './testing.ts'

const config = loadBrokerConfig()
const RECOVERING = 1

type Given = Parameters<typeof withPartition>[1]

interface Situation {
  readonly brokers?: readonly TestBroker[]
  readonly levels?: Readonly<Record<string, number>>
  readonly minIsr?: number
}

const three: readonly TestBroker[] = [{ brokerId: 1 }, { brokerId: 2 }, { brokerId: 3 }]

function cluster({ brokers = three, levels, minIsr = 1 }: Situation): MetadataImage {
  const image = clusterOf(brokers, levels)
  const data = { resourceType: 2, resourceName: 't', name: 'min.insync.replicas', value: String(minIsr) }
  replay(image, [{ type: 'ConfigRecord', version: 0, data }])
  return image
}

/** What the record says beside which partition it is of; undefined where there is none. */
function changed(given: Given, aim: PartitionAim, situation: Situation = {}) {
  const image = cluster(situation)
  const { topic, partition } = withPartition(image, given)
  const record = changesOf({ image, config }, topic).change(partition, aim)
  if (record?.type !== 'PartitionChangeRecord') return undefined
  const { partitionId: _partition, topicId: _topic, ...change } = record.data
  return change
}

const withoutElr = { 'eligible.leader.replicas.version': 0 }

describe('an election', () => {
  test('leaves the leader where it can lead', () => {
    expect(changed({ leader: 2 }, { election: 'online' })).toBeUndefined()
  })

  test('takes the first replica in sync that is alive', () => {
    const brokers = [{ brokerId: 1, fenced: true }, { brokerId: 2, inControlledShutdown: true }, { brokerId: 3 }]
    expect(changed({ leader: 1 }, {}, { brokers })).toEqual({ leader: 3 })
  })

  test('passes over replicas that are not in sync', () => {
    expect(changed({ leader: 1 }, { isr: [3], canLead: (id) => id !== 1 })).toEqual({ leader: 3, isr: [3] })
  })

  test('of the preferred leader takes the first replica, though another leads well', () => {
    expect(changed({ leader: 2 }, { election: 'preferred' })).toEqual({ leader: 1 })
  })

  test('of a preferred leader that is not in sync leaves the leader', () => {
    expect(changed({ leader: 2, isr: [2, 3] }, { election: 'preferred' })).toBeUndefined()
  })

  test('finds none where nobody in sync is alive', () => {
    const brokers = [{ brokerId: 1, fenced: true }, { brokerId: 2 }, { brokerId: 3 }]
    expect(changed({ isr: [1] }, {}, { brokers, levels: withoutElr })).toEqual({ leader: NO_LEADER })
  })

  test('that may be unclean takes one that is not in sync, and says that it recovers', () => {
    const brokers = [{ brokerId: 1, fenced: true }, { brokerId: 2 }, { brokerId: 3 }]
    expect(changed({ isr: [1] }, { election: 'unclean' }, { brokers })).toEqual({
      leader: 2,
      isr: [2],
      leaderRecoveryState: RECOVERING,
    })
  })

  test('that may be unclean is clean where it can be', () => {
    const brokers = [{ brokerId: 1, fenced: true }, { brokerId: 2 }, { brokerId: 3 }]
    expect(changed({ isr: [1, 3] }, { election: 'unclean' }, { brokers })).toEqual({ leader: 3 })
  })

  test('does not take a replica in a directory that is lost', () => {
    const lost = 'AAAAAAAAAAAAAAAAAAAAAg'
    const directories = [directoryOf(1), lost, directoryOf(3)]
    expect(changed({ directories }, { isr: [2, 3], canLead: (id) => id !== 1 })).toEqual({ leader: 3, isr: [2, 3] })
  })

  test('takes a replica whose broker has not said its directory yet', () => {
    const unassigned = 'AAAAAAAAAAAAAAAAAAAAAQ'
    const directories = [directoryOf(1), unassigned, EMPTY_UUID]
    expect(changed({ directories }, { canLead: (id) => id !== 1 })).toEqual({ leader: 2 })
  })
})

describe('eligible leader replicas', () => {
  test('are those that leave the ISR while it is below min.insync.replicas', () => {
    expect(changed({}, { isr: [1] }, { minIsr: 2 })).toEqual({ isr: [1], eligibleLeaderReplicas: [2, 3] })
    expect(changed({}, { isr: [1, 2] }, { minIsr: 2 })).toEqual({ isr: [1, 2] })
  })

  test('are none once the ISR is large enough again', () => {
    const given = { isr: [1], eligibleLeaderReplicas: [2, 3] }
    expect(changed(given, { isr: [1, 2] }, { minIsr: 2 })).toEqual({ isr: [1, 2], eligibleLeaderReplicas: [] })
  })

  test('count min.insync.replicas as no more than there are replicas', () => {
    expect(changed({ replicas: [1], directories: [directoryOf(1)] }, { isr: [1] }, { minIsr: 2 })).toBeUndefined()
  })

  test('may lead when nobody is in sync, and are in sync then', () => {
    const given = { leader: NO_LEADER, isr: [], eligibleLeaderReplicas: [2, 3], lastKnownElr: [1] }
    const brokers = [{ brokerId: 1, fenced: true }, { brokerId: 2, fenced: true }, { brokerId: 3 }]
    expect(changed(given, {}, { brokers, minIsr: 2 })).toEqual({
      leader: 3,
      isr: [3],
      eligibleLeaderReplicas: [2],
      lastKnownElr: [],
    })
  })

  test('leave out who went down without a word', () => {
    const given = { isr: [1], eligibleLeaderReplicas: [2] }
    const aim = { isr: [], uncleanShutdown: 1, canLead: () => false }
    expect(changed(given, aim, { minIsr: 2 })).toEqual({ leader: NO_LEADER, isr: [], lastKnownElr: [1] })
  })

  test('remember the last leader, who may lead uncleanly when all else is lost', () => {
    const given = { leader: NO_LEADER, isr: [], lastKnownElr: [3] }
    expect(changed(given, {})).toEqual({ leader: 3, isr: [3], lastKnownElr: [], leaderRecoveryState: RECOVERING })
    const brokers = [{ brokerId: 1 }, { brokerId: 2 }, { brokerId: 3, fenced: true }]
    expect(changed(given, {}, { brokers })).toBeUndefined()
  })

  test('are not kept where the feature is off: the last one in sync stays in the ISR', () => {
    const aim = { isr: [], canLead: () => false }
    expect(changed({ isr: [1] }, aim, { levels: withoutElr, minIsr: 2 })).toEqual({ leader: NO_LEADER })
  })
})

describe('a reassignment', () => {
  test('to new replicas waits until they are in sync', () => {
    const aim = { replicas: [3, 1], addingReplicas: [3], removingReplicas: [] }
    const given = { replicas: [1], isr: [1], directories: [directoryOf(1)] }
    expect(changed(given, aim)).toEqual({
      replicas: [3, 1],
      addingReplicas: [3],
      directories: [directoryOf(3), directoryOf(1)],
    })
  })

  test('is done once they are, and who is removed notices by a new epoch', () => {
    const given = {
      replicas: [3, 1],
      isr: [1],
      addingReplicas: [3],
      removingReplicas: [1],
      directories: [directoryOf(3), directoryOf(1)],
    }
    expect(changed(given, { isr: [1, 3] })).toEqual({
      leader: 3,
      isr: [3],
      replicas: [3],
      addingReplicas: [],
      removingReplicas: [],
      directories: [directoryOf(3)],
    })
  })

  test('that only changes the order is done at once', () => {
    expect(changed({}, { replicas: [2, 3, 1] })).toEqual({
      replicas: [2, 3, 1],
      directories: [directoryOf(2), directoryOf(3), directoryOf(1)],
    })
  })

  test('to fewer replicas waits until all that stay are in sync', () => {
    const removing = { replicas: [2, 3, 1], removingReplicas: [1] }
    const waiting = changed({ isr: [1, 2] }, removing)
    expect(waiting).toMatchObject({ replicas: [2, 3, 1], removingReplicas: [1] })
    expect(changed({}, removing)).toMatchObject({ leader: 2, isr: [2, 3], replicas: [2, 3] })
  })

  test('that keeps the leader starts an epoch all the same, so that the one who leaves notices', () => {
    expect(changed({}, { replicas: [1, 2, 3], removingReplicas: [3] })).toMatchObject({ leader: 1, replicas: [1, 2] })
  })
})

describe('at an older metadata.version', () => {
  const at = (level: number) => ({ levels: { ...withoutElr, 'metadata.version': level } })

  test('before 3.6 a smaller ISR starts a leader epoch', () => {
    expect(changed({ directories: [] }, { isr: [1, 2] }, at(11))).toEqual({ leader: 1, isr: [1, 2] })
    expect(changed({ directories: [] }, { isr: [1, 2] }, at(12))).toEqual({ isr: [1, 2] })
  })

  test('before 3.7 no directories are written', () => {
    const given = { directories: [], replicas: [1], isr: [1] }
    const aim = { replicas: [2, 1], addingReplicas: [2] }
    expect(changed(given, aim, at(16))).toEqual({ replicas: [2, 1], addingReplicas: [2] })
  })

  test.each([
    [16, 0],
    [17, 1],
    [22, 1],
    [23, 2],
    [30, 2],
  ])('%i the record has version %i', (level, version) => {
    const image = cluster(at(level))
    const { topic, partition } = withPartition(image, {})
    expect(changesOf({ image, config }, topic).change(partition, { isr: [1] })?.version).toBe(version)
  })
})
