// @platformatic/kafka.
import { readFileSync } from 'node:fs'
import {
  Admin,
  Consumer,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
  ProduceAcks,
  Producer,
} from '@platformatic/kafka'
import { drive } from './harness.mjs'
import { scenarios } from './scenarios.mjs'

// It exports no package.json.
const manifest = new URL('../package.json', import.meta.resolve('@platformatic/kafka'))
const { version } = JSON.parse(readFileSync(manifest, 'utf8'))

const TOPIC_RESOURCE = 2
const SET_OPERATION = 0
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1

const bytes = (value) => (typeof value === 'string' ? Buffer.from(value) : value)

function toMessage(topic, { key, value, partition, timestamp, headers = [] }) {
  return {
    topic,
    key: bytes(key) ?? undefined,
    value: bytes(value) ?? undefined,
    partition,
    timestamp: timestamp === undefined ? undefined : BigInt(timestamp),
    headers: new Map(headers.map(([name, bytesOfIt]) => [Buffer.from(name), bytesOfIt])),
  }
}

const fromMessage = ({ partition, offset, key, value, timestamp, headers }) => ({
  partition,
  offset: Number(offset),
  key: key ?? null,
  value: value ?? null,
  timestamp: Number(timestamp),
  headers: Array.from(headers ?? [], ([name, bytesOfIt]) => [name.toString(), bytesOfIt ?? null]),
})

function connectClient(run) {
  const base = { clientId: run.name, bootstrapBrokers: [run.bootstrap], retries: 30, retryDelay: 200, timeout: 10_000 }
  let connected
  const admin = () => {
    connected ??= run.using(new Admin(base))
    return connected
  }

  async function consume(
    groupId,
    topic,
    { protocol = 'classic', committed = false, partition, offset, manual = false },
  ) {
    const consumer = new Consumer({
      ...base,
      groupId,
      groupProtocol: protocol,
      maxWaitTime: 100,
      maxBytes: 20 << 20,
      isolationLevel: committed ? READ_COMMITTED : READ_UNCOMMITTED,
      ...(protocol === 'classic' && { heartbeatInterval: 500 }),
    })
    const stream = await consumer.consume({
      topics: [topic],
      autocommit: false,
      isolationLevel: committed ? READ_COMMITTED : READ_UNCOMMITTED,
      ...(protocol === 'classic' && { heartbeatInterval: 500 }),
      ...(manual
        ? { mode: MessagesStreamModes.MANUAL, offsets: [{ topic, partition, offset: BigInt(offset) }] }
        : { mode: MessagesStreamModes.COMMITTED, fallbackMode: MessagesStreamFallbackModes.EARLIEST }),
    })
    const records = []
    const messages = []
    stream.on('error', (error) => console.error(error))
    stream.on('data', (message) => {
      if (partition !== undefined && message.partition !== partition) return
      messages.push(message)
      records.push(fromMessage(message))
    })
    let open = true
    return {
      records,
      messages,
      consumer,
      partitions: () => (open ? (consumer.assignments?.find((one) => one.topic === topic)?.partitions ?? []) : []),
      async commit() {
        const next = new Map(records.map((record) => [record.partition, record.offset + 1]))
        const offsets = Array.from(next, ([index, position]) => ({
          topic,
          partition: index,
          offset: BigInt(position),
          leaderEpoch: 0,
        }))
        await consumer.commit({ offsets })
      },
      async close() {
        if (!open) return
        open = false
        await stream.close()
        await consumer.close(true)
      },
    }
  }

  let readers = 0
  return {
    async createTopic(topic, partitions, configs) {
      const entries = Object.entries(configs).map(([name, value]) => ({ name, value }))
      await admin().createTopics({ topics: [topic], partitions, replicas: 1, configs: entries })
    },
    topicNames: () => admin().listTopics(),
    async partitionCount(topic) {
      const { topics } = await admin().metadata({ topics: [topic], forceUpdate: true })
      return topics.get(topic).partitionsCount
    },
    deleteTopic: (topic) => admin().deleteTopics({ topics: [topic] }),
    async topicConfig(topic, name) {
      const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configurationKeys: [name] }]
      const [described] = await admin().describeConfigs({ resources })
      return described.configs[0].value
    },
    alterTopicConfig: (topic, name, value) =>
      admin().incrementalAlterConfigs({
        resources: [
          {
            resourceType: TOPIC_RESOURCE,
            resourceName: topic,
            configs: [{ name, value, configOperation: SET_OPERATION }],
          },
        ],
      }),
    async cluster() {
      const { brokers, controllerId } = await admin().metadata({ forceUpdate: true })
      const address = ({ host, port }) => `${host}:${port}`
      return { brokers: Array.from(brokers.values(), address), controller: address(brokers.get(controllerId) ?? {}) }
    },
    async committed(groupId, topic) {
      const groups = [{ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }]
      const [group] = await admin().listConsumerGroupOffsets({ groups })
      const offset = Number(group.topics[0]?.partitions[0]?.committedOffset ?? -1)
      return offset < 0 ? null : offset
    },
    alterCommitted: (groupId, topic, offset) =>
      admin().alterConsumerGroupOffsets({
        groupId,
        topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset: BigInt(offset) }] }],
      }),
    async offsetAt(topic, timestamp) {
      const partitions = [{ partitionIndex: 0, timestamp: BigInt(timestamp) }]
      const [found] = await admin().listOffsets({ topics: [{ name: topic, partitions }] })
      const offset = Number(found.partitions[0].offset)
      return offset < 0 ? null : offset
    },
    async producer({ codec = 'none', idempotent = false, transactionalId }) {
      const inTransactions = transactionalId !== undefined
      const producer = new Producer({
        ...base,
        idempotent: idempotent || inTransactions,
        ...(inTransactions && { transactionalId }),
      })
      let transaction = inTransactions ? await producer.beginTransaction() : undefined
      const done = () => {
        transaction = undefined
      }
      return {
        async begin() {
          transaction ??= await producer.beginTransaction()
        },
        async send(topic, records) {
          const messages = records.map((record) => toMessage(topic, record))
          const options = { messages, compression: codec, acks: ProduceAcks.ALL }
          await (transaction ?? producer).send(options)
        },
        commit: () => transaction.commit().finally(done),
        abort: () => transaction.abort().finally(done),
        async sendOffsets({ consumer, messages }) {
          await transaction.addConsumer(consumer)
          await transaction.addOffset(messages.at(-1))
        },
        close: () => producer.close(true),
      }
    },
    reader: (topic, { partition = 0, offset = 0, committed } = {}) =>
      consume(`${run.name}-reader-${++readers}`, topic, { partition, offset, committed, manual: true }),
    member: (groupId, topic, { protocol }) => consume(groupId, topic, { protocol }),
  }
}

await drive(connectClient, version, scenarios)
