// Transactions: producers with ids, partitions and offsets in a transaction, and its end.
import { apis } from '../../../src/wire/index.ts'
import { batchOf } from '../../support/records.ts'
import { everyVersion, type Recorder, type Script } from '../recorder.ts'

const PASSING = new Set(['CONCURRENT_TRANSACTIONS'])

interface Identity {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

/** The coordinator of transactions, whose topic the first who looks for it has made. */
async function transactionCoordinator(broker: Recorder, transactionalId: string): Promise<void> {
  const request = { keyType: 1, coordinatorKeys: [transactionalId] }
  await broker.prepareUntil(
    apis.FindCoordinator,
    4,
    request,
    ({ coordinators }) => coordinators[0]?.errorCode === 'NONE',
  )
  // It is found before it has loaded.
  await broker.prepareUntil(
    apis.DescribeTransactions,
    0,
    { transactionalIds: [transactionalId] },
    ({ transactionStates }) => /^(NONE|TRANSACTIONAL_ID_NOT_FOUND)$/.test(transactionStates[0]?.errorCode ?? ''),
  )
}

async function begin(broker: Recorder, transactionalId: string): Promise<Identity> {
  await transactionCoordinator(broker, transactionalId)
  const request = { transactionalId, transactionTimeoutMs: 60_000 }
  const { producerId, producerEpoch } = await broker.prepareUntil(
    apis.InitProducerId,
    4,
    request,
    ({ errorCode }) => !PASSING.has(errorCode),
  )
  broker.know(producerId, `the producer of ${transactionalId}`)
  return { transactionalId, producerId, producerEpoch }
}

/** Adds partition 0 of a topic, unrecorded, once the transaction before has ended. */
async function add(broker: Recorder, identity: Identity, topic: string): Promise<void> {
  await broker.prepareUntil(
    apis.AddPartitionsToTxn,
    3,
    {
      v3AndBelowTransactionalId: identity.transactionalId,
      v3AndBelowProducerId: identity.producerId,
      v3AndBelowProducerEpoch: identity.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [0] }],
    },
    ({ resultsByTopicV3AndBelow }) =>
      !PASSING.has(resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode ?? ''),
  )
}

/** Waits until the transaction has ended for good. */
async function ended(broker: Recorder, transactionalId: string): Promise<void> {
  await broker.prepareUntil(
    apis.DescribeTransactions,
    0,
    { transactionalIds: [transactionalId] },
    ({ transactionStates }) => !/^(Ongoing|Prepare)/.test(transactionStates[0]?.transactionState ?? ''),
  )
}

const initProducerId = everyVersion(apis.InitProducerId, async (broker, version, tag) => {
  const transactionalId = `${tag}-id`
  await transactionCoordinator(broker, transactionalId)
  const ask = (more: object, note: string) =>
    broker.ask(apis.InitProducerId, version, { transactionalId, transactionTimeoutMs: 60_000, ...more }, note)
  await ask({}, 'a new transactional id')
  await ask({}, 'again')
  await ask({ transactionTimeoutMs: 0 }, 'no timeout')
  await ask({ transactionTimeoutMs: -1 }, 'a negative timeout')
  await ask({ transactionTimeoutMs: 900_001 }, 'too long a timeout')
  const identity = await begin(broker, transactionalId)
  await broker.topic(tag)
  await add(broker, identity, tag)
  await ask({}, 'while a transaction is open')
  await ended(broker, transactionalId)
  if (version < 3) return
  const { producerId, producerEpoch } = await begin(broker, transactionalId)
  await ask({ producerId, producerEpoch }, 'a producer that names itself')
  await ask({ producerId, producerEpoch }, 'the same once more')
  await ask({ producerId, producerEpoch: 0 }, 'an old epoch')
  await ask({ producerId, producerEpoch: 500 }, 'an epoch of the future')
  await ask({ producerId: 12345, producerEpoch: 0 }, 'another producer')
  await ask({ producerId, producerEpoch: -1 }, 'an id without an epoch')
})

const addPartitions = everyVersion(apis.AddPartitionsToTxn, async (broker, version, tag) => {
  await broker.topic(tag, 2)
  const identity = await begin(broker, `${tag}-id`)
  const ask = (who: Partial<Identity>, topics: { name: string; partitions: number[] }[], note: string, more = {}) => {
    const { transactionalId, producerId, producerEpoch } = { ...identity, ...who }
    const old = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: topics,
    }
    const transactions = [{ transactionalId, producerId, producerEpoch, topics, ...more }]
    return broker.ask(apis.AddPartitionsToTxn, version, version >= 4 ? { transactions } : old, note)
  }
  const known = [{ name: tag, partitions: [0] }]
  if (version >= 4) await ask({}, known, 'only verify, before', { verifyOnly: true })
  await ask({}, known, 'a partition')
  await ask({}, known, 'again')
  if (version >= 4) await ask({}, known, 'only verify, after', { verifyOnly: true })
  if (version >= 4) await ask({}, [{ name: tag, partitions: [0, 1] }], 'only verify one of two', { verifyOnly: true })
  await ask({}, [{ name: tag, partitions: [1, 7] }], 'one of two unknown')
  await ask({}, [{ name: `${tag}-missing`, partitions: [0] }], 'an unknown topic')
  await ask({ producerEpoch: 9 }, known, 'another epoch')
  await ask({ producerId: 12345 }, known, 'another producer')
  await ask({ transactionalId: 'fixed-nobody' }, known, 'an unknown id')
  await ask({ transactionalId: '' }, known, 'an empty id')
  await ask({}, [], 'nothing')
})

const addOffsets = everyVersion(apis.AddOffsetsToTxn, async (broker, version, tag) => {
  await broker.coordinator(tag)
  const identity = await begin(broker, `${tag}-id`)
  const ask = (more: object, note: string) =>
    broker.ask(apis.AddOffsetsToTxn, version, { ...identity, groupId: tag, ...more }, note)
  await ask({}, 'a group')
  await ask({}, 'again')
  await ask({ groupId: '' }, 'an empty group')
  await ask({ producerEpoch: 9 }, 'another epoch')
  await ask({ producerId: 12345 }, 'another producer')
  await ask({ transactionalId: 'fixed-nobody' }, 'an unknown id')
  await ask({ transactionalId: '' }, 'an empty id')
  await broker.ask(apis.DescribeTransactions, 0, { transactionalIds: [identity.transactionalId] }, 'with offsets')
})

const endTxn = everyVersion(apis.EndTxn, async (broker, version, tag) => {
  await broker.topic(tag)
  const identity = await begin(broker, `${tag}-id`)
  const ask = (more: object, committed: boolean, note: string) =>
    broker.ask(apis.EndTxn, version, { ...identity, committed, ...more }, note)
  await ask({}, true, 'before it began')
  await ask({ producerEpoch: 9 }, true, 'another epoch')
  await ask({ producerId: 12345 }, true, 'another producer')
  await ask({ transactionalId: 'fixed-nobody' }, true, 'an unknown id')
  await ask({ transactionalId: '' }, true, 'an empty id')
  await add(broker, identity, tag)
  await ask({}, true, 'commit')
  await ended(broker, identity.transactionalId)
  await ask({}, true, 'commit again')
  await ask({}, false, 'abort what is committed')
  const other = await begin(broker, `${tag}-other`)
  await add(broker, other, tag)
  await ask(other, false, 'abort')
  await ended(broker, other.transactionalId)
  await ask(other, false, 'abort again')
  await ask(other, true, 'commit what is aborted')
  const idle = await begin(broker, `${tag}-idle`)
  await ask(idle, false, 'abort before it began')
  await ended(broker, idle.transactionalId)
  const transactionalIds = [identity, other, idle].map(({ transactionalId }) => transactionalId)
  await broker.ask(apis.DescribeTransactions, 0, { transactionalIds }, 'afterwards')
})

/** Produces within a transaction and reads it, open, committed and aborted. */
const produce = everyVersion(apis.Produce, async (broker, version, tag) => {
  const topic = `${tag}-transactional`
  const topicId = await broker.topic(topic, 2)
  const identity = await begin(broker, `${tag}-id`)
  const send = (who: Identity, baseSequence: number, note: string, more: object = {}, batch: object = {}) => {
    const { producerId, producerEpoch, transactionalId } = who
    const records = batchOf([note], { producerId, producerEpoch, baseSequence, isTransactional: true, ...batch })
    const name = version >= 13 ? { topicId } : { name: topic }
    const topicData = [{ ...name, partitionData: [{ index: 0, records }] }]
    const body = { transactionalId, acks: -1, timeoutMs: 30_000, topicData, ...more }
    return broker.ask(apis.Produce, version, body, note)
  }
  const read = async (note: string) => {
    const topics = [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }]
    for (const isolationLevel of [0, 1]) {
      const request = { maxWaitMs: 0, minBytes: 0, isolationLevel, topics }
      await broker.ask(apis.Fetch, 12, request, `${note}, isolation level ${isolationLevel}`)
    }
    const asked = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
    await broker.ask(apis.ListOffsets, 7, { replicaId: -1, isolationLevel: 1, topics: asked }, note)
  }
  if (version < 12) await send(identity, 0, 'not added')
  if (version < 12) await add(broker, identity, topic)
  await send(identity, 0, 'in a transaction')
  await send(identity, 1, 'the next')
  await send(identity, 1, 'a duplicate')
  await send(identity, 7, 'a gap')
  await send({ ...identity, transactionalId: 'fixed-nobody' }, 2, 'an unknown transactional id')
  await send({ ...identity, producerEpoch: 9 }, 0, 'another epoch')
  await send(identity, 2, 'not transactional within it', {}, { isTransactional: false })
  await read('open')
  await broker.ask(apis.DescribeProducers, 0, { topics: [{ name: topic, partitionIndexes: [0, 1] }] }, 'open')
  const end = version >= 12 ? 5 : 4
  await broker.ask(apis.EndTxn, end, { ...identity, committed: true }, 'commit')
  await ended(broker, identity.transactionalId)
  await read('committed')
  const next = await begin(broker, `${tag}-aborted`)
  if (version < 12) await add(broker, next, topic)
  await send(next, 0, 'to be aborted')
  await broker.ask(apis.EndTxn, end, { ...next, committed: false }, 'abort')
  await ended(broker, next.transactionalId)
  await read('aborted')
  await send(next, 1, 'late')
})

const txnOffsetCommit = everyVersion(apis.TxnOffsetCommit, async (broker, version, tag) => {
  const topic = `${tag}-topic`
  await broker.topic(topic)
  await broker.coordinator(tag)
  const identity = await begin(broker, `${tag}-id`)
  const ask = (more: object, note: string, name = topic, partition: object = {}) => {
    const partitions = [{ partitionIndex: 0, committedOffset: 5, committedMetadata: 'm', ...partition }]
    const body = { ...identity, groupId: tag, topics: [{ name, partitions }], ...more }
    return broker.ask(apis.TxnOffsetCommit, version, body, note)
  }
  const fetched = async (note: string) => {
    const groups = [{ groupId: tag, topics: [{ name: topic, partitionIndexes: [0] }] }]
    await broker.ask(apis.OffsetFetch, 9, { groups, requireStable: false }, note)
    await broker.ask(apis.OffsetFetch, 9, { groups, requireStable: true }, `${note}, stable`)
  }
  if (version < 5) {
    await ask({}, 'a group that was not added')
    await broker.prepare(apis.AddOffsetsToTxn, 3, { ...identity, groupId: tag })
  }
  await ask({}, 'an offset')
  await fetched('open')
  await ask({}, 'an unknown topic', `${topic}-missing`)
  await ask({}, 'an unknown partition', topic, { partitionIndex: 8 })
  await ask({}, 'too much metadata', topic, { committedMetadata: 'x'.repeat(5000) })
  await ask({ producerEpoch: 9 }, 'another epoch')
  await ask({ producerId: 12345 }, 'another producer')
  await ask({ transactionalId: 'fixed-nobody' }, 'an unknown id')
  await ask({ groupId: '' }, 'an empty group')
  if (version >= 3) {
    await ask({ memberId: 'fixed-nobody', generationId: 1 }, 'an unknown member')
    await ask({ generationId: 4 }, 'a generation without a member')
    await ask({ groupInstanceId: 'fixed-nobody' }, 'an unknown instance')
  }
  await broker.prepare(apis.EndTxn, version >= 5 ? 5 : 4, { ...identity, committed: true })
  await ended(broker, identity.transactionalId)
  await fetched('committed')
})

const describeTransactions = everyVersion(apis.DescribeTransactions, async (broker, version, tag) => {
  await broker.topic(tag, 2)
  const [idle, open] = [await begin(broker, `${tag}-idle`), await begin(broker, `${tag}-open`)]
  await add(broker, open, tag)
  const ask = (transactionalIds: string[], note: string) =>
    broker.ask(apis.DescribeTransactions, version, { transactionalIds }, note)
  await ask([idle.transactionalId, open.transactionalId], 'idle and open')
  await ask(['fixed-nobody', ''], 'unknown and empty')
  await ask([], 'none')
})

const listTransactions = everyVersion(apis.ListTransactions, async (broker, version, tag) => {
  await broker.topic(tag)
  const open = await begin(broker, `${tag}-open`)
  await add(broker, open, tag)
  const ask = (filters: object, note: string) =>
    broker.ask(apis.ListTransactions, version, { stateFilters: [], producerIdFilters: [], ...filters }, note)
  const mine = { producerIdFilters: [open.producerId] }
  await ask(mine, 'by producer')
  await ask({ ...mine, stateFilters: ['Ongoing'] }, 'by state')
  await ask({ ...mine, stateFilters: ['ongoing'] }, 'by a state in small letters')
  await ask({ ...mine, stateFilters: ['Empty'] }, 'by another state')
  await ask({ stateFilters: ['NoSuchState'] }, 'by an unknown state')
  await ask({ producerIdFilters: [12345] }, 'by an unknown producer')
  if (version >= 1) await ask({ ...mine, durationFilter: 0 }, 'by a duration of 0')
  if (version >= 1) await ask({ ...mine, durationFilter: 600_000 }, 'by a long duration')
  if (version >= 2) await ask({ transactionalIdPattern: `${tag}-.*` }, 'by a pattern')
  if (version >= 2) await ask({ ...mine, transactionalIdPattern: '' }, 'by an empty pattern')
  if (version >= 2) await ask({ transactionalIdPattern: '(' }, 'by a pattern that is none')
})

const writeTxnMarkers = everyVersion(apis.WriteTxnMarkers, async (broker, version, tag) => {
  await broker.topic(tag)
  const { producerId, producerEpoch } = await begin(broker, `${tag}-id`)
  const ask = (name: string, partitionIndexes: number[], note: string, more: object = {}) => {
    const topics = [{ name, partitionIndexes }]
    const marker = { producerId, producerEpoch, transactionResult: true, coordinatorEpoch: 5, topics, ...more }
    return broker.ask(apis.WriteTxnMarkers, version, { markers: [marker] }, note)
  }
  await ask(tag, [0], 'a marker')
  await ask(tag, [0], 'of an old coordinator', { coordinatorEpoch: 1 })
  await ask(tag, [0], 'of an old epoch', { producerEpoch: -1 })
  await ask(tag, [0], 'an abort', { transactionResult: false, producerEpoch: producerEpoch + 1 })
  await ask(tag, [7], 'an unknown partition')
  await ask(`${tag}-missing`, [0], 'an unknown topic')
  await broker.ask(apis.WriteTxnMarkers, version, { markers: [] }, 'nothing')
})

export const transactionScripts: readonly Script[] = [
  ...initProducerId,
  ...addPartitions,
  ...addOffsets,
  ...endTxn,
  ...produce,
  ...txnOffsetCommit,
  ...describeTransactions,
  ...listTransactions,
  ...writeTxnMarkers,
].map((script) => ({ ...script, name: `transactions: ${script.name}` }))
