import assert from 'node:assert/strict'
import { connect, startBilling } from '../shop.js'

describe('Billing', () => {
  it('leaves its group when it has been silent for its session timeout, which takes no time here', async function () {
    const { broker } = this
    const stop = await startBilling(connect(broker.brokers), { sessionTimeout: 45_000 })
    await broker.waitForGroup('billing', { state: 'Stable', members: 1, assigned: 1 })
    broker.clock.freeze()
    await broker.clock.advance('46 s')
    assert.equal((await broker.group('billing')).members.length, 0)
    broker.clock.resume()
    await stop()
  })
})
