// What a broker does by itself about transactions: it aborts those whose time is over. On a broker of their own,
// which looks for them many times a second.
import { apis, config, describe, expect, kip, only, type TestBroker, testWith } from '../support/compat.ts'
import { eventually } from '../support/eventually.ts'

const test = testWith({
  'transaction.max.timeout.ms': '60000',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '100',
})

async function stateOf(broker: TestBroker, transactionalId: string) {
  const answer = await broker.ask(apis.DescribeTransactions, 0, { transactionalIds: [transactionalId] })
  return only(answer.transactionStates)
}

describe('A transaction whose time is over', kip(98), () => {
  test.for([1, 2] as const)('is aborted, under protocol %i', async (protocol, { broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol, timeoutMs: 1_000 })
    const { producerId } = producer
    await producer.send(name, ['a'])
    const read = () => broker.fetch(name, 0, {}, { isolationLevel: 1, maxWaitMs: 0 })
    await eventually('the marker', async () => (await read()).lastStableOffset === 2)
    expect((await read()).abortedTransactions).toEqual([{ producerId, firstOffset: 0 }])
    await eventually('its end', async () => {
      return (await stateOf(broker, producer.transactionalId)).transactionState === 'CompleteAbort'
    })
  })

  test.for([
    [1, 'PRODUCER_FENCED'],
    [2, 'INVALID_TXN_STATE'],
  ] as const)('takes no more of its producer, under protocol %i', async ([protocol, errorCode], { broker }) => {
    const { name } = await broker.topic()
    const producer = await broker.transaction({ protocol, timeoutMs: 1_000 })
    await producer.send(name, ['a'])
    await eventually('its end', async () => {
      return (await stateOf(broker, producer.transactionalId)).transactionState === 'CompleteAbort'
    })
    expect(await producer.commit()).toBe(errorCode)
    expect((await producer.trySend(name, ['late'])).errorCode).toBe('INVALID_PRODUCER_EPOCH')
  })

  test('leaves its id to the next producer', async ({ broker }) => {
    const { name } = await broker.topic()
    const first = await broker.transaction({ timeoutMs: 1_000 })
    await first.send(name, ['a'])
    await eventually('its end', async () => {
      return (await stateOf(broker, first.transactionalId)).transactionState === 'CompleteAbort'
    })
    const next = await broker.transaction({ transactionalId: first.transactionalId })
    expect(next.producerId).toBe(first.producerId)
    expect((await next.send(name, ['b'])).errorCode).toBe('NONE')
    expect(await next.commit()).toBe('NONE')
  })

  test('forgets the offsets in it', async ({ broker }) => {
    const [groupId, { name }] = [await broker.group(), await broker.topic()]
    const producer = await broker.transaction({ timeoutMs: 1_000 })
    await producer.commitOffset(groupId, name, 5)
    await eventually('the offset to be stable', async () => {
      const groups = [{ groupId, topics: [{ name, partitionIndexes: [0] }] }]
      const answer = await broker.ask(apis.OffsetFetch, 9, { groups, requireStable: true })
      const { errorCode, committedOffset } = only(only(only(answer.groups).topics).partitions)
      return errorCode === 'NONE' && committedOffset === -1
    })
  })
})

describe('transaction.max.timeout.ms', config('transaction.max.timeout.ms'), () => {
  test('bounds the timeout that a producer may ask for', async ({ broker }) => {
    const { transactionalId } = await broker.transaction({ timeoutMs: 60_000 })
    const answer = await broker.ask(apis.InitProducerId, 5, { transactionalId, transactionTimeoutMs: 60_001 })
    expect(answer.errorCode).toBe('INVALID_TRANSACTION_TIMEOUT')
  })
})
