import assert from 'node:assert/strict'
import { connect, placeOrder } from '../shop.js'

describe('An order', () => {
  it('is written although the leader moves', async function () {
    const { broker } = this
    const fault = broker.fail({ api: 'Produce', topic: 'orders' }, 'NOT_LEADER_OR_FOLLOWER', { times: 1 })
    await placeOrder(connect(broker.brokers), { id: 'o-1', total: 12 })
    assert.equal(fault.hits, 1)
    assert.equal(broker.records('orders').length, 1)
  })

  it('is added to what was there before, each time anew', async function () {
    const { broker } = this
    await broker.produce('orders', [{ value: { total: 1 } }, { value: { total: 2 } }])
    const seeded = await broker.snapshot()
    for (const id of ['o-1', 'o-2']) {
      await broker.restore(seeded)
      await placeOrder(connect(broker.brokers), { id, total: 3 })
      assert.equal(broker.records('orders').length, 3)
    }
  })
})
