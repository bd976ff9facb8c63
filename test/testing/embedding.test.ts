// startBroker of odradek/testing: what is there when it resolves, what it takes, and that nothing is left of it.
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { startBroker } from '../../src/testing/index.ts'

const kafkaOf = (brokers: string[]) => new Kafka({ brokers, logLevel: logLevel.NOTHING })

describe('A broker for a test', () => {
  test('is there with its topics, and a client reads what it wrote', async () => {
    await using broker = await startBroker({
      topics: { orders: { partitions: 3, configs: { 'cleanup.policy': 'compact' } } },
    })
    expect(broker.topics()).toEqual(['orders'])
    expect(broker.topic('orders')).toMatchObject({ configs: { 'cleanup.policy': 'compact' }, partitions: [{}, {}, {}] })
    const kafka = kafkaOf(broker.brokers)
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic: 'orders', messages: [{ key: 'a', value: '1' }] })
    await producer.disconnect()
    const consumer = kafka.consumer({ groupId: 'g' })
    await consumer.connect()
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    const got = new Promise<string>((resolve) => {
      void consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) })
    })
    expect(await got).toBe('1')
    await consumer.disconnect()
    const [record] = broker.records('orders')
    expect(record).toMatchObject({ topic: 'orders', transaction: 'none' })
    expect(record?.text()).toBe('1')
  })
})
