const { startBroker } = require('odradek/testing')
const { connect, placeOrder } = require('./shop.cjs')

let broker
beforeAll(async () => {
  broker = await startBroker()
})
beforeEach(() => broker.reset({ topics: ['orders'] }))
afterAll(() => broker.close())

test('an order is there once, although the leader moves', async () => {
  const fault = broker.fail({ api: 'Produce', topic: 'orders' }, 'NOT_LEADER_OR_FOLLOWER', { times: 1 })
  await placeOrder(connect(broker.brokers), { id: 'o-1', total: 12 })
  expect(fault.hits).toBe(1)
  expect(broker.records('orders')).toHaveLength(1)
  expect(broker).toHaveRecord('orders', { key: 'o-1', value: expect.objectContaining({ total: 12 }) })
})

test('fake timers do not reach the broker', async () => {
  jest.useFakeTimers()
  try {
    await broker.produce('orders', { value: 'while no timer fires' })
    await broker.waitForRecords('orders', 1)
  } finally {
    jest.useRealTimers()
  }
})
