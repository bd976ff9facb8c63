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

  test('is one of hundreds in a process', async () => {
    const brokers = await Promise.all(Array.from({ length: 300 }, () => startBroker({ topics: ['t'] })))
    await Promise.all(brokers.map((broker, index) => broker.produce('t', { value: `of ${index}` })))
    expect(brokers.map((broker) => broker.records('t')[0]?.text())).toEqual(brokers.map((_, index) => `of ${index}`))
    expect(new Set(brokers.map(({ port }) => port)).size).toBe(brokers.length)
    await Promise.all(brokers.map((broker) => broker.close()))
    expect(brokers.some(({ isRunning }) => isRunning)).toBe(false)
  })
})
