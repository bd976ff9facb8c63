// Verification: when the coordinator is asked, how often, in which order writes go on, and what producers are told.
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../io/testing.ts'
import { type ErrorName, KafkaError } from '../wire/index.ts'
import { type TransactionSupport, TransactionVerification, VerificationError } from './index.ts'

const guard = Symbol('guard')
const write = (...partitions: number[]) => ({
  transactionalId: 'id',
  producerId: 7,
  producerEpoch: 0,
  partitions: partitions.map((partition) => ({ topic: 't', partition, baseSequence: 0 })),
})

interface Asked {
  readonly partitions: readonly number[]
  readonly verifyOnly: boolean
}

function setup({ isEnabled = true, answers = [] as (ErrorName | undefined)[][] } = {}) {
  const clock = new FakeClock(0)
  const asked: Asked[] = []
  const waits: number[] = []
  /** What the log of a partition says; else it gives a guard. */
  const logs = new Map<number, KafkaError | undefined>()
  const verification = new TransactionVerification({
    coordinator: {
      async addOrVerify({ partitions, verifyOnly }) {
        asked.push({ partitions: partitions.map(({ partition }) => partition), verifyOnly })
        return answers.shift() ?? partitions.map(() => undefined)
      },
      async awaitEnd(_id, maxMs) {
        waits.push(maxMs)
        clock.advance(maxMs)
      },
    },
    startVerification: (_producer, { partition }) => {
      const answer = logs.get(partition)
      if (answer instanceof KafkaError) throw answer
      return logs.has(partition) ? undefined : guard
    },
    isEnabled: () => isEnabled,
    retryBackoffMs: () => 20,
    retryBackoffMaxMs: () => 100,
    clock,
  })
  return { clock, asked, waits, logs, verification }
}

const told = (outcome: unknown) => (outcome instanceof KafkaError ? [outcome.codeName, outcome.errorMessage] : outcome)

describe('Nobody is asked', () => {
  test('where the transaction is open in all partitions already', () => {
    const { verification, asked, logs } = setup()
    logs.set(0, undefined).set(1, undefined)
    expect(verification.verify(write(0, 1), 'addPartition')).toEqual([undefined, undefined])
    expect(asked).toEqual([])
  })

  test('for the first protocol, where that is not wanted', async () => {
    const { verification, asked } = setup({ isEnabled: false })
    expect(verification.verify(write(0), 'genericError')).toEqual([undefined])
    expect(await verification.verifyOnce(write(), { topic: 't', partition: 0 }, 'genericError')).toBeUndefined()
    expect(asked).toEqual([])
  })

  test('of a partition whose log has refused the producer', async () => {
    const { verification, asked, logs } = setup()
    logs.set(0, new KafkaError('INVALID_PRODUCER_EPOCH'))
    const [refused, verified] = await verification.verify(write(0, 1), 'addPartition')
    expect(told(refused)).toEqual(['INVALID_PRODUCER_EPOCH', null])
    expect(refused).toBeInstanceOf(VerificationError)
    expect(verified).toBe(guard)
    expect(asked).toEqual([{ partitions: [1], verifyOnly: false }])
  })
})

describe('The coordinator', () => {
  test('verifies for the first protocol, and adds for the second, wanted or not', async () => {
    const { verification, asked } = setup()
    expect(await verification.verify(write(0, 1), 'defaultError')).toEqual([guard, guard])
    const unwanted = setup({ isEnabled: false })
    expect(await unwanted.verification.verify(write(2), 'addPartition')).toEqual([guard])
    expect([...asked, ...unwanted.asked]).toEqual([
      { partitions: [0, 1], verifyOnly: true },
      { partitions: [2], verifyOnly: false },
    ])
  })

  test('is asked again while the transaction before is ending', async () => {
    const busy: ErrorName[] = ['CONCURRENT_TRANSACTIONS']
    const { verification, asked, waits } = setup({ answers: [busy, busy] })
    expect(await verification.verify(write(0), 'addPartition')).toEqual([guard])
    expect(waits).toEqual([20, 20])
    expect(asked).toHaveLength(3)
  })

  test('is asked again no longer than that is worth', async () => {
    const answers = Array.from({ length: 10 }, (): ErrorName[] => ['CONCURRENT_TRANSACTIONS'])
    const { verification, asked } = setup({ answers })
    const [outcome] = await verification.verify(write(0), 'addPartition')
    expect(told(outcome)).toEqual(['CONCURRENT_TRANSACTIONS', null])
    expect(asked).toHaveLength(6)
  })

  test('is asked once by who commits offsets', async () => {
    const { verification, asked, waits } = setup({ answers: [['CONCURRENT_TRANSACTIONS']] })
    const verified = verification.verifyOnce(write(), { topic: 't', partition: 0 }, 'addPartition')
    await expect(verified).rejects.toThrow(expect.objectContaining({ codeName: 'CONCURRENT_TRANSACTIONS' }))
    expect(asked).toHaveLength(1)
    expect(waits).toEqual([])
  })
})

describe('A producer is told', () => {
  const unable = (error: ErrorName) =>
    `Unable to verify the partition has been added to the transaction. Underlying error: ${error}`
  const notAdded = 'Partition was not added to the transaction'

  test.for<[TransactionSupport, ErrorName, ErrorName, string | null]>([
    ['defaultError', 'TRANSACTION_ABORTABLE', 'INVALID_TXN_STATE', notAdded],
    ['genericError', 'TRANSACTION_ABORTABLE', 'TRANSACTION_ABORTABLE', null],
    ['defaultError', 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', null],
    ['addPartition', 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', null],
    ['addPartition', 'INVALID_PRODUCER_ID_MAPPING', 'INVALID_PRODUCER_ID_MAPPING', null],
    ['genericError', 'CONCURRENT_TRANSACTIONS', 'NOT_ENOUGH_REPLICAS', unable('CONCURRENT_TRANSACTIONS')],
    ['addPartition', 'COORDINATOR_NOT_AVAILABLE', 'NOT_ENOUGH_REPLICAS', unable('COORDINATOR_NOT_AVAILABLE')],
    ['defaultError', 'COORDINATOR_LOAD_IN_PROGRESS', 'NOT_ENOUGH_REPLICAS', unable('COORDINATOR_LOAD_IN_PROGRESS')],
    ['addPartition', 'NOT_COORDINATOR', 'NOT_ENOUGH_REPLICAS', unable('NOT_COORDINATOR')],
  ])('with %s, of %s: %s', async ([support, error, code, message]) => {
    const { verification } = setup({ answers: [[error]] })
    const [outcome] = await verification.verify(write(0), support)
    expect(told(outcome)).toEqual([code, message])
  })

  test('as a committer of offsets, what the coordinator said', async () => {
    const { verification } = setup({ answers: [['NOT_COORDINATOR'], ['PRODUCER_FENCED'], ['TRANSACTION_ABORTABLE']] })
    const once = () => verification.verifyOnce(write(), { topic: 't', partition: 0 }, 'defaultError')
    await expect(once()).rejects.toThrow('NOT_COORDINATOR')
    await expect(once()).rejects.toThrow('INVALID_PRODUCER_EPOCH')
    await expect(once()).rejects.toThrow('INVALID_TXN_STATE')
  })
})

test('Writes of one producer go on in the order in which they came, though the first is asked about longer', async () => {
  const { verification } = setup({ answers: [['CONCURRENT_TRANSACTIONS'], ['CONCURRENT_TRANSACTIONS']] })
  const order: number[] = []
  const go = async (number: number) => {
    await verification.verify(write(0), 'addPartition')
    order.push(number)
  }
  await Promise.all([go(1), go(2), go(3)])
  expect(order).toEqual([1, 2, 3])
})
