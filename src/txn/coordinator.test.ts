// Transactional ids as a state machine: every state and what leads from one to the other, what is refused in which, what
// time brings, and what is left of it all after a crash.
import { describe, expect, test } from 'vitest'
import { errorOf, MemoryStorage, turn } from '../../test/support/coordinator-storage.ts'
import {
  elect,
  Producer,
  type RoomOptions,
  red,
  removeTopic,
  type TransactionRoom,
  transactionRoom,
} from '../../test/support/transaction-room.ts'
import { TRANSACTION_STATE } from '../metadata/index.ts'
import { KafkaError } from '../wire/index.ts'

async function producer(options: RoomOptions & { id?: string; client?: number } = {}): Promise<Producer> {
  const room = await transactionRoom(options)
  return new Producer(room, { id: options.id, transactionVersion: options.client }).init()
}

/** Another producer with the same transactional id, which is not initialised. */
function rival({ room, transactionalId: id, transactionVersion }: Producer): Producer {
  return new Producer(room, { id, transactionVersion })
}

const identity = ({ producerId, producerEpoch }: Producer) => [producerId, producerEpoch]

/** Until the transaction that was in the way is gone. */
async function initPatiently(one: Producer): Promise<Producer> {
  expect(await errorOf(one.init())).toBe('CONCURRENT_TRANSACTIONS')
  return one.init()
}

/** What `work` leaves in the log of the id, record by record, as logs that end after each of them. */
function prefixes({ room, transactionalId }: Producer): MemoryStorage[] {
  const partition = room.transactions.partitionFor(transactionalId)
  const entries = room.storage.entries(partition)
  return Array.from({ length: entries.length + 1 }, (_, length) => {
    const storage = new MemoryStorage()
    storage.entries(partition).push(...entries.slice(0, length))
    return storage
  })
}

describe('A transactional id', () => {
  test('gives its producer an id and epoch 0', async () => {
    const one = await producer()
    expect(identity(one)).toEqual([0, 0])
    expect(await one.state()).toBe('Empty')
  })

  test('gives the next producer the same id and the next epoch', async () => {
    const one = await producer()
    expect(identity(await rival(one).init())).toEqual([0, 1])
  })

  test('is nobody’s before it was initialised', async () => {
    const one = new Producer(await transactionRoom())
    Object.assign(one, { producerId: 7, producerEpoch: 0 })
    expect(await errorOf(one.add(0))).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await errorOf(one.commit())).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await errorOf(one.state())).toBe('TRANSACTIONAL_ID_NOT_FOUND')
  })

  test('cannot be empty', async () => {
    const one = new Producer(await transactionRoom(), { id: '' })
    expect(await errorOf(one.init())).toBe('INVALID_REQUEST')
    expect(await errorOf(one.add(0))).toBe('INVALID_REQUEST')
    expect(await errorOf(one.commit())).toBe('INVALID_REQUEST')
    expect(await errorOf(one.state())).toBe('INVALID_REQUEST')
  })

  test.for([0, -1, 1001])('refuses a timeout of %i ms where 1000 are the most', async (transactionTimeoutMs) => {
    const one = new Producer(await transactionRoom({ configs: { 'transaction.max.timeout.ms': '1000' } }))
    expect(await errorOf(one.init({ transactionTimeoutMs }))).toBe('INVALID_TRANSACTION_TIMEOUT')
  })
})

describe('A producer that recovers (KIP-360)', () => {
  test('gets the next epoch, and the same again where it asks again', async () => {
    const one = await producer()
    const again = rival(one)
    Object.assign(again, { producerId: 0, producerEpoch: 0 })
    expect(identity(await again.init({ expected: true }))).toEqual([0, 1])
    expect(identity(await one.init({ expected: true }))).toEqual([0, 1])
  })

  test('is fenced where another one came between', async () => {
    const one = await producer()
    await rival(one).init()
    expect(await errorOf(one.init({ expected: true }))).toBe('PRODUCER_FENCED')
  })

  test('is fenced with another producer’s id', async () => {
    const one = await producer()
    one.producerId = 99
    expect(await errorOf(one.init({ expected: true }))).toBe('PRODUCER_FENCED')
  })

  test('gets a new id where its transactional id was forgotten', async () => {
    const one = new Producer(await transactionRoom())
    Object.assign(one, { producerId: 99, producerEpoch: 5 })
    expect(identity(await one.init({ expected: true }))).toEqual([0, 0])
  })

  test('is not known any more after a restart, as in Kafka: the epoch before is not written', async () => {
    const one = await producer()
    const again = rival(one)
    Object.assign(again, { producerId: 0, producerEpoch: 0 })
    await again.init({ expected: true })
    expect(await errorOf(one.at(await one.room.restarted()).init({ expected: true }))).toBe('PRODUCER_FENCED')
  })
})

describe.for([0, 1, 2])('With transaction.version %i', (transactionVersion) => {
  const client = transactionVersion === 2 ? 2 : 0

  test('a transaction goes from Empty over Ongoing to its end, and to the next', async () => {
    const one = await producer({ transactionVersion, client })
    for (const committed of [true, false, true]) {
      await one.add(0)
      expect(await one.state()).toBe('Ongoing')
      await one.finish(committed)
      expect(await one.state()).toBe(committed ? 'CompleteCommit' : 'CompleteAbort')
    }
    expect(one.room.leaders.written.map(({ committed }) => committed)).toEqual([true, false, true])
  })

  test('every partition gets one marker', async () => {
    const one = await producer({ transactionVersion, client })
    await one.add(0, 2)
    await one.add(2, 3)
    await one.finish(true)
    const { written } = one.room.leaders
    expect(written.map(({ partition }) => partition).sort()).toEqual(['red-0', 'red-2', 'red-3'])
    expect(written.map(({ transactionVersion: ofMarker }) => ofMarker)).toEqual([client, client, client])
  })

  test('the log says nothing that a reload does not bring back', async () => {
    const one = await producer({ transactionVersion, client })
    await one.add(0, 1)
    const before = await one.room.transactions.describe(one.transactionalId)
    const after = await one.room.restarted()
    expect(await after.transactions.describe(one.transactionalId)).toEqual(before)
    await one.at(after).finish(true)
    expect(after.leaders.written).toHaveLength(2)
  })

  test('who takes over has the transaction aborted, and gets an epoch beyond it', async () => {
    const one = await producer({ transactionVersion, client })
    await one.add(0)
    const next = await initPatiently(rival(one))
    expect(identity(next)).toEqual([0, 2])
    expect(one.room.leaders.written).toMatchObject([{ producerEpoch: 1, committed: false }])
    expect(await errorOf(one.commit())).toBe('PRODUCER_FENCED')
    expect(await errorOf(one.add(0))).toBe('PRODUCER_FENCED')
  })

  test('a transaction whose time is over is aborted at the next look', async () => {
    const one = await producer({ transactionVersion, client })
    await one.add(0)
    await one.room.pass(60_000)
    expect(await one.state()).toBe('Ongoing')
    await one.room.pass(10_000)
    expect(await one.state()).toBe('CompleteAbort')
    expect(await errorOf(one.add(0))).toBe('PRODUCER_FENCED')
    expect(identity(await rival(one).init())).toEqual([0, 2])
  })

  test('what a crash comes between ends as it was decided, wherever the log was cut', async () => {
    for (const committed of [true, false]) {
      const one = await producer({ transactionVersion, client })
      await one.add(0)
      await one.add(1)
      const { producerId, producerEpoch } = one
      await one.finish(committed)
      const [nothing, empty, first, both, prepared, completed] = prefixes(one)
      const open = [first, both]
      const at = async (storage: MemoryStorage | undefined) => {
        const room = await one.room.restarted(storage)
        await turn()
        return Object.assign(one.at(room), { producerId, producerEpoch })
      }
      expect(await errorOf((await at(nothing)).state())).toBe('TRANSACTIONAL_ID_NOT_FOUND')
      expect(await (await at(empty)).state()).toBe('Empty')
      for (const storage of open) {
        const back = await at(storage)
        expect(await back.state()).toBe('Ongoing')
        await back.finish(committed)
        expect(back.room.leaders.written).toHaveLength(storage === first ? 1 : 2)
      }
      const ended = committed ? 'CompleteCommit' : 'CompleteAbort'
      const resumed = await at(prepared)
      expect(await resumed.state()).toBe(ended)
      expect(resumed.room.leaders.written).toHaveLength(2)
      expect(resumed.room.leaders.written.every((marker) => marker.committed === committed)).toBe(true)
      const done = await at(completed)
      expect(await done.state()).toBe(ended)
      expect(done.room.leaders.written).toHaveLength(0)
    }
  })
})

describe('Under the first protocol', () => {
  test('the marker has the epoch of the producer, which keeps it', async () => {
    const one = await producer({ client: 0 })
    await one.add(0)
    expect(await one.commit()).toEqual({ producerId: -1, producerEpoch: -1 })
    expect(one.room.leaders.written).toMatchObject([{ producerId: 0, producerEpoch: 0, transactionVersion: 0 }])
    await one.add(0)
  })

  test('the end may be asked for again, but not another one', async () => {
    const one = await producer({ client: 0 })
    await one.add(0)
    await one.commit()
    await one.commit()
    expect(await errorOf(one.abort())).toBe('INVALID_TXN_STATE')
    await one.add(0)
    await one.abort()
    await one.abort()
    expect(await errorOf(one.commit())).toBe('INVALID_TXN_STATE')
    expect(one.room.leaders.written).toHaveLength(2)
  })

  test('there is nothing to end without a transaction', async () => {
    const one = await producer({ client: 0 })
    expect(await errorOf(one.commit())).toBe('INVALID_TXN_STATE')
    expect(await errorOf(one.abort())).toBe('INVALID_TXN_STATE')
  })

  test.for([-1, 1])('an epoch that is %i off is fenced', async (off) => {
    const one = await producer({ client: 0 })
    await one.add(0)
    one.producerEpoch += off
    expect(await errorOf(one.commit())).toBe('PRODUCER_FENCED')
    expect(await errorOf(one.add(1))).toBe('PRODUCER_FENCED')
  })
})

describe('Under the second protocol (KIP-890)', () => {
  test('every end gives another epoch, which the marker has too', async () => {
    const one = await producer()
    await one.add(0)
    expect(await one.commit()).toEqual({ producerId: 0, producerEpoch: 1 })
    expect(one.room.leaders.written).toMatchObject([{ producerId: 0, producerEpoch: 1, transactionVersion: 2 }])
    expect(await errorOf(one.add(0))).toBe('PRODUCER_FENCED')
  })

  test('the end may be asked for again with the epoch of before, and is answered the same', async () => {
    const one = await producer()
    await one.add(0)
    const answer = await one.commit()
    expect(await one.commit()).toEqual(answer)
    expect(await errorOf(one.abort())).toBe('INVALID_TXN_STATE')
    Object.assign(one, answer)
    await one.add(0)
    const aborted = await one.abort()
    expect(await one.abort()).toEqual(aborted)
    expect(await errorOf(one.commit())).toBe('INVALID_TXN_STATE')
  })

  test('a retry is told from the next transaction', async () => {
    const one = await producer()
    await one.add(0)
    Object.assign(one, await one.commit())
    expect(await errorOf(one.commit())).toBe('INVALID_TXN_STATE')
    one.producerEpoch += 1
    expect(await errorOf(one.commit())).toBe('PRODUCER_FENCED')
  })

  test('nothing may be aborted, in every state, and gives another epoch', async () => {
    const one = await producer()
    for (const state of ['Empty', 'CompleteAbort', 'CompleteCommit']) {
      expect(await one.state()).toBe(state)
      await one.finish(false)
      expect(await one.state()).toBe('CompleteAbort')
      if (state !== 'CompleteAbort') continue
      await one.add(0)
      await one.finish(true)
    }
    expect(identity(one)).toEqual([0, 4])
    expect(one.room.leaders.written).toHaveLength(1)
  })

  test('nothing cannot be committed', async () => {
    const one = await producer()
    expect(await errorOf(one.commit())).toBe('INVALID_TXN_STATE')
  })

  test('the two protocols may take turns', async () => {
    const one = await producer({ client: 0 })
    await one.add(0)
    await one.finish(true)
    const two = Object.assign(new Producer(one.room), { producerId: 0, producerEpoch: 0 })
    await two.add(1)
    await two.finish(true)
    one.producerEpoch = two.producerEpoch
    await one.add(2)
    await one.finish(false)
    expect(one.room.leaders.written.map(({ producerEpoch }) => producerEpoch)).toEqual([0, 1, 1])
  })
})

describe('When the epochs are used up', () => {
  const LAST = 32_766

  /** A producer with this epoch, as if it had come to it one by one. */
  async function withEpoch(producerEpoch: number, client = 2): Promise<Producer> {
    const one = await producer({ client })
    const partition = one.room.transactions.partitionFor(one.transactionalId)
    const [entry] = one.room.storage.entries(partition)
    if (entry === undefined || !('value' in entry) || entry.value === null) throw new Error('nothing was written')
    const value = Buffer.from(entry.value)
    // Behind the version and the producer id.
    value.writeInt16BE(producerEpoch, 10)
    const storage = new MemoryStorage()
    storage.entries(partition).push({ ...entry, value })
    const back = one.at(await one.room.restarted(storage))
    return Object.assign(back, { producerEpoch })
  }

  test('the next producer gets another id', async () => {
    const one = await withEpoch(LAST)
    const next = await rival(one).init()
    expect(identity(next)).toEqual([1000, 0])
    expect(await errorOf(one.add(0))).toBe('INVALID_PRODUCER_ID_MAPPING')
  })

  test('one that recovers gets another id, and the same again where it asks again', async () => {
    const one = await withEpoch(LAST)
    const again = one.at(one.room)
    expect(identity(await one.init({ expected: true }))).toEqual([1000, 0])
    expect(identity(await again.init({ expected: true }))).toEqual([1000, 0])
  })

  test('one that recovers with another epoch cannot be helped', async () => {
    const one = await withEpoch(LAST)
    one.producerEpoch = 7
    expect(await errorOf(one.init({ expected: true }))).toBe('UNKNOWN_SERVER_ERROR')
  })

  test('the end of a transaction gives another id, and the retry the same', async () => {
    const one = await withEpoch(LAST)
    await one.add(0)
    expect(await one.commit()).toEqual({ producerId: 1000, producerEpoch: 0 })
    expect(one.room.leaders.written).toMatchObject([{ producerId: 0, producerEpoch: LAST + 1 }])
    expect(await one.commit()).toEqual({ producerId: 1000, producerEpoch: 0 })
    expect(await errorOf(one.abort())).toBe('INVALID_TXN_STATE')
    const back = one.at(await one.room.restarted())
    expect(await back.commit()).toEqual({ producerId: 1000, producerEpoch: 0 })
  })

  test('the id that was taken holds through a crash before the markers', async () => {
    const one = await withEpoch(LAST)
    await one.add(0)
    await one.commit()
    const [, , , prepared] = prefixes(one)
    const back = one.at(await one.room.restarted(prepared))
    await turn()
    expect(await back.commit()).toEqual({ producerId: 1000, producerEpoch: 0 })
  })

  test('a takeover aborts under the very last epoch, and gives another id', async () => {
    const one = await withEpoch(LAST)
    await one.add(0)
    expect(identity(await initPatiently(rival(one)))).toEqual([1000, 1])
    expect(one.room.leaders.written).toMatchObject([{ producerId: 0, producerEpoch: LAST + 1, committed: false }])
  })

  test('the first protocol goes on with the last epoch', async () => {
    const one = await withEpoch(LAST, 0)
    await one.add(0)
    await one.finish(true)
    await one.add(0)
    expect(
      identity(
        await rival(one)
          .init()
          .catch(() => rival(one).init()),
      ),
    ).toEqual([1000, 1])
  })
})

describe('While markers are on their way', () => {
  async function ending(client = 2): Promise<{ one: Producer; ended: Promise<unknown> }> {
    const one = await producer({ client })
    await one.add(0, 1)
    one.room.leaders.hold()
    const ended = one.commit()
    await turn()
    return { one, ended }
  }

  test('nothing else may be done with the id', async () => {
    for (const client of [0, 2]) {
      const { one } = await ending(client)
      expect(await one.state()).toBe('PrepareCommit')
      expect(await errorOf(one.commit())).toBe('CONCURRENT_TRANSACTIONS')
      expect(await errorOf(rival(one).init())).toBe('CONCURRENT_TRANSACTIONS')
      expect(await errorOf(one.add(0))).toBe('CONCURRENT_TRANSACTIONS')
    }
  })

  test('a partition is not verified any more', async () => {
    const { one } = await ending(0)
    expect(await errorOf(one.room.transactions.verifyPartitions(one, [red(0)]))).toBe('CONCURRENT_TRANSACTIONS')
  })

  test('who waits for the end is told when it is there', async () => {
    const { one } = await ending()
    let isOver = false
    const waiting = one.room.transactions.awaitEnd(one.transactionalId, 1000).then(() => {
      isOver = true
    })
    await turn()
    expect(isOver).toBe(false)
    one.room.leaders.release()
    await waiting
    expect(await one.state()).toBe('CompleteCommit')
  })

  test('who waits for the end waits no longer than it says', async () => {
    const { one } = await ending()
    const waiting = one.room.transactions.awaitEnd(one.transactionalId, 20)
    await turn()
    await one.room.pass(20)
    await waiting
    expect(await one.state()).toBe('PrepareCommit')
  })

  test('a partition that cannot be written now holds up the end, not the answer', async () => {
    const one = await producer()
    await one.add(0, 1)
    one.room.leaders.errors.set('red-1', ['NOT_ENOUGH_REPLICAS', 'NETWORK_EXCEPTION', 'NOT_LEADER_OR_FOLLOWER'])
    await one.commit()
    for (const _ of ['once', 'twice', 'a third time']) {
      const described = await one.room.transactions.describe(one.transactionalId)
      expect(described).toMatchObject({
        transactionState: 'PrepareCommit',
        topics: [{ topic: 'red', partitions: [1] }],
      })
      await one.room.pass(100)
    }
    expect(await one.state()).toBe('CompleteCommit')
    expect(one.room.leaders.written.map(({ partition }) => partition)).toEqual(['red-0', 'red-1'])
  })

  test('a deleted partition needs none', async () => {
    const one = await producer()
    await one.add(0, 1)
    removeTopic(one.room.image, 'red')
    await one.commit()
    expect(await one.state()).toBe('CompleteCommit')
    expect(one.room.leaders.written).toHaveLength(0)
  })

  test('a partition without a leader is waited for, and its next leader asked', async () => {
    const one = await producer()
    await one.add(0)
    elect(one.room.image, 'red', -1)
    await one.commit()
    expect(await one.state()).toBe('PrepareCommit')
    elect(one.room.image, 'red', 7)
    await one.room.pass(100)
    expect(one.room.leaders.asked).toEqual([7])
    expect(await one.state()).toBe('CompleteCommit')
  })

  test('a partition that knows a newer producer or coordinator ends nothing, as in Kafka', async () => {
    for (const error of ['INVALID_PRODUCER_EPOCH', 'TRANSACTION_COORDINATOR_FENCED'] as const) {
      const one = await producer()
      await one.add(0)
      one.room.leaders.errors.set('red-0', [error])
      await one.commit()
      await one.room.pass(1000)
      expect(await one.state()).toBe('PrepareCommit')
      expect(one.room.leaders.asked).toHaveLength(1)
    }
  })

  test('an end that could not be written is written when it can be', async () => {
    const one = await producer()
    await one.add(0)
    one.room.leaders.hold()
    const ended = one.commit()
    await turn()
    one.room.storage.failure = new KafkaError('NOT_ENOUGH_REPLICAS')
    one.room.leaders.release()
    await ended
    expect(await one.state()).toBe('PrepareCommit')
    await one.room.pass(100)
    expect(await one.state()).toBe('CompleteCommit')
  })
})

describe('A write that the log refuses', () => {
  test.for([
    ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
    ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
    ['RECORD_LIST_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
  ] as const)('with %s is told as %s, and changes nothing', async ([refusal, told]) => {
    const one = await producer()
    one.room.storage.refusal = new KafkaError(refusal)
    expect(await errorOf(one.add(0))).toBe(told)
    await turn()
    expect(await one.state()).toBe('Empty')
    await one.add(0)
    expect(await one.state()).toBe('Ongoing')
  })

  test('leaves a producer that was to be fenced as it was', async () => {
    const one = await producer()
    await one.add(0)
    one.room.storage.failure = new KafkaError('NOT_ENOUGH_REPLICAS')
    expect(await errorOf(rival(one).init())).toBe('COORDINATOR_NOT_AVAILABLE')
    await turn()
    await one.finish(true)
    expect(await one.state()).toBe('CompleteCommit')
  })
})

describe('An id that was not used for long', () => {
  const configs = {
    'transactional.id.expiration.ms': '10000',
    'transaction.remove.expired.transaction.cleanup.interval.ms': '1000',
  }

  test('is forgotten, and stays so after a restart', async () => {
    const one = await producer({ configs })
    await one.room.pass(9_999)
    expect(await one.state()).toBe('Empty')
    await one.room.pass(1_001)
    expect(await errorOf(one.state())).toBe('TRANSACTIONAL_ID_NOT_FOUND')
    expect(await errorOf(one.add(0))).toBe('INVALID_PRODUCER_ID_MAPPING')
    const after = await one.room.restarted()
    expect(await errorOf(one.at(after).state())).toBe('TRANSACTIONAL_ID_NOT_FOUND')
    expect(identity(await one.at(after).init())).toEqual([1000, 0])
  })

  test('is not forgotten with its transaction open, only some time after that was aborted', async () => {
    const one = await producer({ configs })
    await one.add(0)
    await one.room.pass(60_000)
    expect(await one.state()).toBe('Ongoing')
    await one.room.pass(10_000)
    expect(await one.state()).toBe('CompleteAbort')
    await one.room.pass(11_000)
    expect(await errorOf(one.state())).toBe('TRANSACTIONAL_ID_NOT_FOUND')
  })

  test('goes with many others in batches that the log takes', async () => {
    const room = await transactionRoom({ configs })
    await Promise.all(Array.from({ length: 200 }, (_, index) => new Producer(room, { id: `id-${index}` }).init()))
    room.storage.batchCapacity = 500
    room.storage.batches.length = 0
    await room.pass(11_000)
    expect(room.storage.batches.reduce((sum, size) => sum + size, 0)).toBe(200)
    expect(Math.max(...room.storage.batches)).toBeLessThan(20)
    expect(await listed(room)).toEqual([])
  })
})

describe('Leadership', () => {
  test('that another broker takes leaves the id to it', async () => {
    const one = await producer()
    elect(one.room.image, TRANSACTION_STATE, 7)
    expect(await errorOf(one.add(0))).toBe('NOT_COORDINATOR')
    expect(await listed(one.room)).toEqual([])
    elect(one.room.image, TRANSACTION_STATE, 1)
    await turn()
    await one.add(0)
  })

  test('of the next epoch sends markers of the next coordinator epoch', async () => {
    const one = await producer()
    await one.add(0)
    elect(one.room.image, TRANSACTION_STATE, 1)
    await turn()
    await one.commit()
    expect(one.room.leaders.written).toMatchObject([{ coordinatorEpoch: 1 }])
  })

  test('that goes while markers are on their way lets the next coordinator end it', async () => {
    const one = await producer()
    await one.add(0)
    one.room.leaders.hold()
    const ended = one.commit()
    await turn()
    elect(one.room.image, TRANSACTION_STATE, 1)
    await turn()
    one.room.leaders.release()
    await ended
    await turn()
    expect(await one.state()).toBe('CompleteCommit')
    expect(one.room.leaders.written.map(({ coordinatorEpoch }) => coordinatorEpoch)).toEqual([0, 1])
  })

  test('is not there without the topic', async () => {
    const one = await producer()
    removeTopic(one.room.image, TRANSACTION_STATE)
    expect(await errorOf(one.add(0))).toBe('NOT_COORDINATOR')
    const request = { ...one, partitions: [red(0)], verifyOnly: false }
    expect(await one.room.transactions.addOrVerify(request)).toEqual(['COORDINATOR_NOT_AVAILABLE'])
  })

  test('ends with the coordinator', async () => {
    const one = await producer()
    one.room.transactions.close()
    expect(await errorOf(one.add(0))).toBe('COORDINATOR_NOT_AVAILABLE')
    expect(await errorOf(one.state())).toBe('COORDINATOR_NOT_AVAILABLE')
    expect(await errorOf(listed(one.room))).toBe('COORDINATOR_NOT_AVAILABLE')
  })
})

describe('A broker that asks before it appends', () => {
  test('is told which partitions belong to the transaction', async () => {
    const one = await producer({ client: 0 })
    await one.add(0)
    const request = { ...one, partitions: [red(1), red(0)], verifyOnly: true }
    expect(await one.room.transactions.addOrVerify(request)).toEqual(['TRANSACTION_ABORTABLE', undefined])
  })

  test('has them added', async () => {
    const one = await producer()
    const request = { ...one, partitions: [red(1), red(0)], verifyOnly: false }
    expect(await one.room.transactions.addOrVerify(request)).toEqual([undefined, undefined])
    expect(await one.state()).toBe('Ongoing')
    await one.commit()
    expect(one.room.leaders.written).toHaveLength(2)
  })

  test('is told what is wrong with the producer', async () => {
    const one = await producer()
    const ask = (more: object) =>
      one.room.transactions.addOrVerify({ ...one, partitions: [red(0)], verifyOnly: true, ...more })
    expect(await ask({ producerId: 99 })).toEqual(['INVALID_PRODUCER_ID_MAPPING'])
    expect(await ask({ producerEpoch: 9 })).toEqual(['PRODUCER_FENCED'])
    expect(await ask({ transactionalId: 'other' })).toEqual(['INVALID_PRODUCER_ID_MAPPING'])
    expect(await ask({ transactionalId: '' })).toEqual(['INVALID_REQUEST'])
  })
})

async function listed(room: TransactionRoom, filters: object = {}): Promise<string[]> {
  const everything = { producerIds: new Set<number>(), states: new Set<string>(), runningLongerThanMs: -1 }
  const found = await room.transactions.list({ ...everything, matches: () => true, ...filters })
  return found.map(({ transactionalId }) => transactionalId).sort()
}

describe('The list of transactions', () => {
  test('is filtered by state, producer, duration and name, all of them together', async () => {
    const room = await transactionRoom()
    const [a, b, c] = ['a', 'b', 'c'].map((id) => new Producer(room, { id }))
    for (const one of [a, b, c]) await one?.init()
    await a?.add(0)
    await room.pass(5_000)
    await b?.add(0)
    expect(await listed(room)).toEqual(['a', 'b', 'c'])
    expect(await listed(room, { states: new Set(['Ongoing']) })).toEqual(['a', 'b'])
    expect(await listed(room, { states: new Set(['Ongoing']), runningLongerThanMs: 4_999 })).toEqual(['a'])
    expect(await listed(room, { states: new Set(['Ongoing']), runningLongerThanMs: 5_000 })).toEqual([])
    expect(await listed(room, { producerIds: new Set([b?.producerId, 77]) })).toEqual(['b'])
    expect(await listed(room, { matches: (id: string) => id > 'a' })).toEqual(['b', 'c'])
    expect(await listed(room, { states: new Set(['nonsense']) })).toEqual([])
  })
})

test('Ids for producers are allocated once for all who wait, and never given twice', async () => {
  const room = await transactionRoom()
  const producers = Array.from({ length: 20 }, (_, index) => new Producer(room, { id: `id-${index}` }))
  await Promise.all(producers.map((one) => one.init()))
  expect(new Set(producers.map(({ producerId }) => producerId)).size).toBe(20)
})
