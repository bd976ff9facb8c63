// A test with a broker of its own. When it fails, the last requests are told.
import { test } from 'node:test'
import { startBroker } from 'odradek/testing'

export function brokerTest(name, options, run) {
  test(name, async (t) => {
    const broker = await startBroker(options)
    t.after(() => broker.close())
    try {
      await run(broker, t)
    } catch (error) {
      t.diagnostic(broker.requests.trace({}, { last: 20 }))
      throw error
    }
  })
}
