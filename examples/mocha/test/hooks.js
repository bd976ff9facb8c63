// Root hooks: a broker for each process of mocha, as new before each test. With `mocha --parallel` each worker has its own.
import { startBroker } from 'odradek/testing'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

export const mochaHooks = {
  async beforeAll() {
    this.broker = await startBroker()
  },
  async beforeEach() {
    await this.broker.reset({ topics: ['orders', 'orders.dead', 'bills'] })
  },
  async afterAll() {
    await this.broker.close()
  },
}
