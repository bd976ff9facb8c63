// For `npx odradek run -- node hello.mjs`: writes a record and reads it back.
import { Kafka, logLevel } from 'kafkajs'

const { KAFKA_BOOTSTRAP_SERVERS } = process.env
if (KAFKA_BOOTSTRAP_SERVERS === undefined) throw new Error('run it beside a broker: npx odradek run -- node hello.mjs')
const kafka = new Kafka({ brokers: KAFKA_BOOTSTRAP_SERVERS.split(','), logLevel: logLevel.NOTHING })

const producer = kafka.producer()
await producer.connect()
await producer.send({ topic: 'greetings', messages: [{ key: 'en', value: 'hello' }] })
await producer.disconnect()

const consumer = kafka.consumer({ groupId: 'readers', maxWaitTimeInMs: 100 })
await consumer.connect()
await consumer.subscribe({ topic: 'greetings', fromBeginning: true })
const greeting = await new Promise((resolve) => {
  consumer.run({ eachMessage: async ({ message }) => resolve(`${message.key}: ${message.value}`) })
})
console.log(greeting)
await consumer.disconnect()
