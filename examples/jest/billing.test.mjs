import { startBroker } from 'odradek/testing'
import { connect, startBilling } from './shop.cjs'

let broker
beforeAll(async () => {
  broker = await startBroker({ topics: ['orders', 'orders.dead', 'bills'] })
})
afterAll(() => broker.close())

test('an order whose commit was lost is billed again by the next one', async () => {
  await broker.produce('orders', { key: 'o-1', value: { total: 100 } })
  const lost = broker.fail({ api: 'OffsetCommit', group: 'billing' }, 'REQUEST_TIMED_OUT')
  const stopFirst = await startBilling(connect(broker.brokers, { retry: { retries: 0 } }))
  await lost.waitForHit()
  await stopFirst()
  lost.remove()

  const stopSecond = await startBilling(connect(broker.brokers))
  await broker.waitForCommitted('billing', 'orders', { 0: 1 })
  await stopSecond()
  expect(broker.records('bills').length).toBeGreaterThanOrEqual(2)
  await expect(broker).toHaveCommitted('billing', { orders: { 0: 1 } })
})
