// The controller's promises: what is answered is durable, what a restart finds is what was written, and nothing of a
// refused command stays behind.
import { describe, expect, test } from 'vitest'
import { MemoryJournal } from './journal.ts'
import { encodeMetadataRecord, type NewMetadataRecord } from './records.ts'
import { imageState, reopened, startedNode, testNode } from './testing.ts'

const one = { numPartitions: 1, replicationFactor: 1 }

/** A journal whose appends are durable when the test says so. */
class SlowJournal extends MemoryJournal {
  #waiting: PromiseWithSettlers[] = []

  override append(values: readonly Buffer[]): Promise<void> {
    void super.append(values)
    const settlers = withSettlers()
    this.#waiting.push(settlers)
    return settlers.promise
  }

  get waiting(): number {
    return this.#waiting.length
  }

  settle(error?: Error): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { resolve, reject } of waiting) {
      if (error === undefined) resolve()
      else reject(error)
    }
  }
}

interface PromiseWithSettlers {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

function withSettlers(): PromiseWithSettlers {
  let settlers: Omit<PromiseWithSettlers, 'promise'> | undefined
  const promise = new Promise<void>((resolve, reject) => {
    settlers = { resolve, reject }
  })
  if (settlers === undefined) throw new Error('a promise runs its executor at once')
  return { promise, ...settlers }
}

/** A node that was started, with a journal that is slow from now on. */
async function slowNode(onFatal?: (error: unknown) => void) {
  const { journal: before } = await startedNode()
  const journal = new SlowJournal(before.entries)
  return { ...testNode({ journal, onFatal }), journal }
}

describe('a command', () => {
  test('is answered, and its result seen, when its records are durable', async () => {
    const { controller, image, journal } = await slowNode()
    let answered = false
    const creation = controller.createTopics([{ name: 't', ...one }]).then(() => {
      answered = true
    })
    await Promise.resolve()
    expect(answered).toBe(false)
    expect(image.topicByName('t')).toBeUndefined()
    journal.settle()
    await creation
    expect(image.topicByName('t')?.partitions).toHaveLength(1)
  })

  test('is judged by what was decided before, durable or not', async () => {
    const { controller, journal } = await slowNode()
    const first = controller.createTopics([{ name: 't', ...one }])
    const second = controller.createTopics([{ name: 't', ...one }])
    expect((await second)[0]?.errorMessage).toBe("Topic 't' already exists.")
    journal.settle()
    expect((await first)[0]?.errorMessage).toBeNull()
  })

  test('that only validates writes nothing', async () => {
    const { controller, image, journal } = await slowNode()
    const [result] = await controller.createTopics([{ name: 't', ...one }], { validateOnly: true })
    expect(result).toMatchObject({ errorCode: 0, numPartitions: 1, replicationFactor: 1 })
    const changed = await controller.updateFeatures(
      [{ feature: 'share.version', maxVersionLevel: 0, upgradeType: 2 }],
      {
        validateOnly: true,
      },
    )
    expect(changed.errorCode).toBe(0)
    expect(journal.waiting).toBe(0)
    expect(image.topicCount).toBe(0)
  })

  test('that is refused in part is written in part', async () => {
    const { controller, image } = await startedNode()
    const results = await controller.createTopics([
      { name: 'good', ...one },
      { name: 'bad name', ...one },
    ])
    expect(results.map(({ errorCode }) => errorCode)).toEqual([0, 17])
    expect(Array.from(image.topics(), ({ name }) => name)).toEqual(['good'])
  })

  test('of more than ten thousand records is refused as a whole', async () => {
    const { controller, image } = await startedNode()
    const topics = Array.from({ length: 5001 }, (_, index) => ({ name: `t${index}`, ...one }))
    await expect(controller.createTopics(topics)).rejects.toThrow('excessively large batch operation')
    expect(image.topicCount).toBe(0)
  })

  test('fails with the log, tells so once, and none is taken after it', async () => {
    const fatal: unknown[] = []
    const { controller, image, journal } = await slowNode((error) => fatal.push(error))
    const first = controller.createTopics([{ name: 'a', ...one }])
    const second = controller.createTopics([{ name: 'b', ...one }])
    const failure = new Error('the disk is gone')
    journal.settle(failure)
    await expect(first).rejects.toBe(failure)
    await expect(second).rejects.toBe(failure)
    await expect(controller.createTopics([{ name: 'c', ...one }])).rejects.toBe(failure)
    expect(fatal).toEqual([failure])
    expect(image.topicCount).toBe(0)
  })
})

describe('a restart', () => {
  test('finds what was written', async () => {
    const { controller, image, journal } = await startedNode()
    await controller.createTopics([{ name: 't', numPartitions: 3, replicationFactor: 1 }])
    await controller.createPartitions([{ name: 't', count: 5, assignments: null }])
    await controller.incrementalAlterConfigs([
      { resourceType: 2, resourceName: 't', configs: [{ name: 'retention.ms', configOperation: 0, value: '5' }] },
    ])
    await controller.allocateProducerIds(1)
    const after = testNode({ journal: reopened(journal) })
    expect(imageState(after.image)).toEqual(imageState(image))
    expect(after.image.endOffset).toBe(image.endOffset)
  })

  test('ends a transaction that was cut off, so that nothing written later is lost with it', async () => {
    const { journal } = await startedNode()
    const begun: NewMetadataRecord[] = [
      { type: 'BeginTransactionRecord', version: 0, data: { name: 'cut off' } },
      { type: 'ProducerIdsRecord', version: 0, data: { brokerId: 1, nextProducerId: 9000 } },
    ]
    await journal.append(begun.map(encodeMetadataRecord))
    const second = await startedNode({ journal: reopened(journal) })
    await second.controller.createTopics([{ name: 't', ...one }])
    const third = testNode({ journal: reopened(second.journal) })
    expect(third.image.topicByName('t')).toBeDefined()
    expect(third.image.nextProducerId).toBe(0)
  })

  test('begins anew where the first records were cut off', async () => {
    const journal = new MemoryJournal()
    const begun: NewMetadataRecord[] = [
      { type: 'BeginTransactionRecord', version: 0, data: { name: 'Bootstrap records' } },
      { type: 'FeatureLevelRecord', version: 0, data: { name: 'metadata.version', featureLevel: 30 } },
    ]
    await journal.append(begun.map(encodeMetadataRecord))
    const { image, journal: after } = await startedNode({ journal: reopened(journal) })
    expect(image.features.get('metadata.version')).toBe(30)
    expect(imageState(testNode({ journal: reopened(after) }).image)).toEqual(imageState(image))
  })

  test('keeps the levels that the log has', async () => {
    const { controller, journal } = await startedNode()
    await controller.updateFeatures([{ feature: 'group.version', maxVersionLevel: 0, upgradeType: 2 }])
    const { image } = await startedNode({ journal: reopened(journal) })
    expect(image.features.has('group.version')).toBe(false)
  })

  test('refuses a log of a level that this software does not know', async () => {
    const journal = new MemoryJournal()
    const level = { name: 'metadata.version', featureLevel: 31 }
    await journal.append([encodeMetadataRecord({ type: 'FeatureLevelRecord', version: 0, data: level })])
    expect(() => testNode({ journal: reopened(journal) })).toThrow(
      'the metadata log has metadata.version at level 31, and this software supports 7 to 30',
    )
  })
})

describe('the broker', () => {
  test('leads nothing before it is unfenced, and everything after', async () => {
    const first = await startedNode()
    await first.controller.createTopics([{ name: 't', ...one }])
    await first.controller.shutDownBroker(1)
    const node = testNode({
      journal: reopened(first.journal),
      registration: { previousBrokerEpoch: first.brokerEpoch },
    })
    await node.controller.start(node.registration)
    await node.controller.registerBroker(node.registration)
    expect(node.image.partition('t', 0)).toMatchObject({ leader: -1, isr: [], eligibleLeaderReplicas: [1] })
    await node.controller.unfenceBroker(1)
    expect(node.image.partition('t', 0)).toMatchObject({ leader: 1, isr: [1], leaderRecoveryState: 0, leaderEpoch: 2 })
  })

  test('recovers what it leads after a crash, since the end of its log may be gone', async () => {
    const first = await startedNode()
    await first.controller.createTopics([{ name: 't', ...one }])
    const { image } = await startedNode({ journal: reopened(first.journal) })
    expect(image.partition('t', 0)).toMatchObject({ leader: 1, isr: [1], leaderRecoveryState: 1, leaderEpoch: 2 })
  })

  test('has an epoch that no earlier one had', async () => {
    const first = await startedNode()
    const second = await startedNode({ journal: reopened(first.journal) })
    expect(second.brokerEpoch).toBeGreaterThan(first.brokerEpoch)
    expect(second.image.brokers.get(1)?.brokerEpoch).toBe(second.brokerEpoch)
  })

  test('gets no new replicas once all of its directories are cordoned', async () => {
    const { controller, registration } = await startedNode()
    await controller.cordonLogDirs(1, registration.logDirs)
    const [result] = await controller.createTopics([{ name: 't', ...one }])
    expect(result?.errorMessage).toBe(
      'Unable to replicate the partition 1 time(s): All brokers are currently fenced, or have all their log directories cordoned.',
    )
    await controller.cordonLogDirs(1, [])
    expect((await controller.createTopics([{ name: 't', ...one }]))[0]?.errorCode).toBe(0)
  })

  test('leads nothing any more when it is unregistered', async () => {
    const { controller, image } = await startedNode()
    await controller.createTopics([{ name: 't', ...one }])
    await controller.unregisterBroker(1)
    expect(image.brokers.size).toBe(0)
    expect(image.partition('t', 0)).toMatchObject({ leader: -1, isr: [], lastKnownElr: [1] })
    await expect(controller.unregisterBroker(1)).rejects.toThrow('Broker ID 1 is not currently registered')
  })
})

test('producer ids are handed out in blocks that never overlap, over restarts too', async () => {
  const first = await startedNode()
  const blocks = [await first.controller.allocateProducerIds(1), await first.controller.allocateProducerIds(1)]
  const second = await startedNode({ journal: reopened(first.journal) })
  blocks.push(await second.controller.allocateProducerIds(1))
  expect(blocks).toEqual([0, 1000, 2000].map((firstId) => ({ firstId, count: 1000 })))
})

test('the quorum is this node alone, caught up with itself', async () => {
  const { controller, journal, image } = await startedNode()
  expect(controller.quorum).toMatchObject({
    leaderId: 1,
    leaderEpoch: journal.leaderEpoch,
    highWatermark: journal.endOffset,
    logEndOffset: journal.endOffset,
  })
  expect(controller.features.epoch).toBe(image.endOffset - 1)
})
