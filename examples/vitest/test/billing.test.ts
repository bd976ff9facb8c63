import { startBroker, type TestBroker } from 'odradek/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { connect, startBilling } from '../src/shop.js'

let broker: TestBroker
let stop: (() => Promise<void>) | undefined
beforeAll(async () => {
  broker = await startBroker()
})
beforeEach(() => broker.reset({ topics: ['orders', 'orders.dead', 'bills'] }))
afterEach(async () => {
  await stop?.()
  stop = undefined
})
afterAll(() => broker.close())

test('an order is billed, and committed', async () => {
  await broker.produce('orders', { key: 'o-1', value: { total: 100 } })
  stop = await startBilling(connect(broker.brokers))
  await broker.waitForRecords('bills', 1)
  expect(broker).toHaveRecord('bills', { key: 'o-1', value: { gross: 119 } })
  await broker.waitForCommitted('billing', 'orders', { 0: 1 })
  await expect(broker).toHaveLag('billing', 0)
})

test('what is no order goes to the dead, and the next one is billed', async () => {
  await broker.produce('orders', [{ value: 'no JSON' }, { key: 'o-2', value: { total: 1 } }])
  stop = await startBilling(connect(broker.brokers))
  await broker.waitForCommitted('billing', 'orders', { 0: 2 })
  expect(broker).toHaveRecord('orders.dead', { value: 'no JSON', headers: { offset: '0' } })
  expect(broker).toHaveRecord('bills', { key: 'o-2', value: { gross: 1.19 } })
})

test('fake timers are for the code under test; the broker has a clock of its own', async () => {
  vi.useFakeTimers()
  try {
    broker.clock.freeze()
    const before = broker.clock.now()
    await broker.clock.advance('1 h')
    expect(broker.clock.now()).toBe(before + 3_600_000)
    await broker.produce('orders', { value: 'while no timer fires' })
    expect(broker).toHaveRecord('orders', { timestamp: before + 3_600_000 })
  } finally {
    vi.useRealTimers()
  }
})
