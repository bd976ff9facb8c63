import assert from 'node:assert/strict'
import { brokerTest } from './broker.js'
import { connect, placeOrder, startBilling } from './shop.js'

brokerTest('an order is there once, although the answer to it was lost', { topics: { orders: 3 } }, async (broker) => {
  const fault = broker.fail({ api: 'Produce', topic: 'orders' }, { disconnect: 'after' }, { times: 1 })
  await placeOrder(connect(broker.brokers), { id: 'o-1', total: 12 })
  assert.equal(fault.hits, 1)
  const orders = broker.records('orders').map((record) => record.json())
  assert.deepEqual(orders, [{ id: 'o-1', total: 12 }])
})

const topics = ['orders', 'orders.dead', 'bills']

brokerTest('billing goes on after the broker was killed', { topics }, async (broker, t) => {
  const stop = await startBilling(connect(broker.brokers))
  t.after(stop)
  await broker.produce('orders', { key: 'o-1', value: { total: 1 } })
  await broker.waitForLag('billing', 0)
  await broker.restart({ kill: true, downFor: '200 ms' })
  await broker.produce('orders', { key: 'o-2', value: { total: 2 } })
  await broker.waitForRecords('bills', (record) => record.key?.toString() === 'o-2')
})
