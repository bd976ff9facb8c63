import { startBroker, type TestBroker } from 'odradek/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect, placeOrder } from '../src/shop.js'

let broker: TestBroker
beforeAll(async () => {
  broker = await startBroker()
})
beforeEach(() => broker.reset({ topics: ['orders'] }))
afterAll(() => broker.close())

test('an order is there', async () => {
  await placeOrder(connect(broker.brokers), { id: 'o-1', total: 12 })
  expect(broker).toHaveRecord('orders', { key: 'o-1', value: { id: 'o-1', total: 12 } })
})

test('an order is there once, although the answer to it was lost', async () => {
  const fault = broker.fail({ api: 'Produce', topic: 'orders' }, { disconnect: 'after' }, { times: 1 })
  await placeOrder(connect(broker.brokers), { id: 'o-1', total: 12 })
  expect(fault.hits).toBe(1)
  expect(broker.records('orders')).toHaveLength(1)
})

test('an order that the broker will never take is told', async () => {
  broker.fail({ api: 'Produce', topic: 'orders' }, 'TOPIC_AUTHORIZATION_FAILED')
  await expect(placeOrder(connect(broker.brokers), { id: 'o-1', total: 12 })).rejects.toThrow(/authorized/i)
  expect(broker.records('orders')).toEqual([])
})
