// The shop: orders are placed by a producer, and billed by a consumer; what is no order goes to a topic for the dead.
import { Kafka, logLevel } from 'kafkajs'

export function connect(brokers, options = {}) {
  return new Kafka({
    clientId: 'shop',
    brokers,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50 },
    ...options,
  })
}

export async function placeOrder(kafka, order) {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  try {
    await producer.send({ topic: 'orders', messages: [{ key: order.id, value: JSON.stringify(order) }] })
  } finally {
    await producer.disconnect()
  }
}

/** Returns what ends it. */
export async function startBilling(kafka, { sessionTimeout = 30_000 } = {}) {
  const consumer = kafka.consumer({ groupId: 'billing', sessionTimeout, maxWaitTimeInMs: 100 })
  const producer = kafka.producer()
  await Promise.all([consumer.connect(), producer.connect()])
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  await consumer.run({
    autoCommitThreshold: 1,
    eachMessage: async ({ message }) => {
      const bill = billOf(message.value)
      await producer.send(
        bill === undefined
          ? { topic: 'orders.dead', messages: [{ value: message.value, headers: { offset: message.offset } }] }
          : { topic: 'bills', messages: [{ key: message.key, value: JSON.stringify(bill) }] },
      )
    },
  })
  return async () => {
    await Promise.all([consumer.disconnect(), producer.disconnect()])
  }
}

function billOf(value) {
  try {
    const { total } = JSON.parse(String(value))
    return { gross: Math.round(total * 119) / 100 }
  } catch {
    return undefined
  }
}
