// kafkajs. Its codecs but gzip are plug-ins: snappy's is published; the published ones of lz4 and zstd compile packages
// that today's Node cannot build, so these two are plugged in as its documentation describes.
import { createRequire } from 'node:module'
import { compress as zstdCompress, decompress as zstdDecompress } from '@mongodb-js/zstd'
import kafkajs from 'kafkajs'
import SnappyCodec from 'kafkajs-snappy'
import lz4 from 'lz4-napi'
import { drive, unsupported, until } from './harness.mjs'
import { scenarios } from './scenarios.mjs'

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs
const { version } = createRequire(import.meta.url)('kafkajs/package.json')

CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: (encoder) => lz4.compressFrame(encoder.buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: (encoder) => zstdCompress(encoder.buffer),
  decompress: (buffer) => zstdDecompress(buffer),
})
const CODECS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}

function toHeaders(pairs = []) {
  const headers = {}
  for (const [name, value] of pairs) {
    if (value === null) unsupported('it has no null headers: it encodes each value as a string or bytes')
    headers[name] = name in headers ? [headers[name], value].flat() : value
  }
  return headers
}

const fromHeaders = (headers) =>
  Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => [name, value]))

function toMessage({ headers, timestamp, ...message }) {
  return { ...message, headers: toHeaders(headers), ...(timestamp && { timestamp: String(timestamp) }) }
}

const fromMessage = (partition, { key, value, timestamp, headers, offset }) => ({
  partition,
  offset: Number(offset),
  key,
  value,
  timestamp: Number(timestamp),
  headers: fromHeaders(headers),
})

function connectClient(run) {
  const kafka = new Kafka({
    brokers: [run.bootstrap],
    clientId: run.name,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 20 },
  })
  let connected
  const connectAdmin = async () => {
    const admin = kafka.admin()
    await admin.connect()
    run.using({ close: () => admin.disconnect() })
    return admin
  }
  const admin = () => {
    connected ??= connectAdmin()
    return connected
  }
  const topicResource = (name) => ({ type: ConfigResourceTypes.TOPIC, name })

  async function consumer(groupId, topic, { committed = false, autoCommit = false, partition, offset }) {
    const consumer = kafka.consumer({
      groupId,
      readUncommitted: !committed,
      // A member that starts anew waits until its former self is forgotten.
      sessionTimeout: 6000,
      heartbeatInterval: 500,
      maxWaitTimeInMs: 100,
      maxBytesPerPartition: 20 << 20,
      maxBytes: 20 << 20,
    })
    const records = []
    let partitions = []
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      partitions = payload.memberAssignment[topic] ?? []
    })
    consumer.on(consumer.events.REBALANCING, () => {
      partitions = []
    })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit,
      eachMessage: async (read) => {
        if (partition === undefined || read.partition === partition)
          records.push(fromMessage(read.partition, read.message))
      },
    })
    if (offset !== undefined) consumer.seek({ topic, partition, offset: String(offset) })
    let open = true
    return {
      records,
      groupId,
      partitions: () => partitions,
      async commit() {
        const next = new Map(records.map((record) => [record.partition, record.offset + 1]))
        const offsets = Array.from(next, ([index, position]) => ({ topic, partition: index, offset: String(position) }))
        await consumer.commitOffsets(offsets)
      },
      async close() {
        if (open) await consumer.disconnect()
        open = false
        partitions = []
      },
    }
  }

  let readers = 0
  return {
    async createTopic(topic, numPartitions, configs) {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
      const asked = await admin()
      // Its own wait gives up where a broker does not know the topic yet.
      await asked.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: false })
      const known = async () => {
        const { topics } = await asked.fetchTopicMetadata({ topics: [topic] })
        return topics[0].partitions.every(({ leader }) => leader >= 0)
      }
      await until('the leaders', () => known().catch(() => false))
    },
    topicNames: async () => (await admin()).listTopics(),
    async partitionCount(topic) {
      const { topics } = await (await admin()).fetchTopicMetadata({ topics: [topic] })
      return topics[0].partitions.length
    },
    deleteTopic: async (topic) => (await admin()).deleteTopics({ topics: [topic] }),
    async topicConfig(topic, name) {
      const resources = [{ ...topicResource(topic), configNames: [name] }]
      const { resources: described } = await (await admin()).describeConfigs({ resources, includeSynonyms: false })
      return described[0].configEntries[0].configValue
    },
    async alterTopicConfig(topic, name, value) {
      const resources = [{ ...topicResource(topic), configEntries: [{ name, value }] }]
      await (await admin()).alterConfigs({ validateOnly: false, resources })
    },
    async cluster() {
      const { brokers, controller } = await (await admin()).describeCluster()
      const address = ({ host, port }) => `${host}:${port}`
      return {
        brokers: brokers.map(address),
        controller: address(brokers.find(({ nodeId }) => nodeId === controller) ?? {}),
      }
    },
    async committed(groupId, topic) {
      const [found] = await (await admin()).fetchOffsets({ groupId, topics: [topic] })
      const offset = Number(found.partitions.find(({ partition }) => partition === 0)?.offset ?? -1)
      return offset < 0 ? null : offset
    },
    async alterCommitted(groupId, topic, offset) {
      await (await admin()).setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: String(offset) }] })
    },
    async offsetAt(topic, timestamp) {
      const offsets = await (await admin()).fetchTopicOffsetsByTimestamp(topic, timestamp)
      return Number(offsets[0].offset)
    },
    async producer({ codec = 'none', idempotent = false, transactionalId }) {
      const producer = kafka.producer({
        idempotent: idempotent || transactionalId !== undefined,
        ...(transactionalId && { transactionalId, maxInFlightRequests: 1 }),
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      })
      await producer.connect()
      // The client asks for the producer id with the first transaction; that fences the one before.
      let transaction = transactionalId === undefined ? undefined : await producer.transaction()
      const done = () => {
        transaction = undefined
      }
      return {
        async begin() {
          transaction ??= await producer.transaction()
        },
        async send(topic, records) {
          const messages = records.map(toMessage)
          await (transaction ?? producer).send({ topic, messages, acks: -1, compression: CODECS[codec] })
        },
        commit: () => transaction.commit().finally(done),
        abort: () => transaction.abort().finally(done),
        sendOffsets: ({ groupId }, topic, offset) =>
          transaction.sendOffsets({
            consumerGroupId: groupId,
            topics: [{ topic, partitions: [{ partition: 0, offset: String(offset) }] }],
          }),
        close: () => producer.disconnect(),
      }
    },
    /** It reads in groups only; this group has one member. */
    reader: (topic, { partition = 0, offset, committed } = {}) =>
      consumer(`${run.name}-reader-${++readers}`, topic, { partition, offset, committed }),
    member(groupId, topic, { protocol = 'classic' }) {
      if (protocol !== 'classic') unsupported('it has the classic protocol alone')
      return consumer(groupId, topic, {})
    },
  }
}

await drive(connectClient, version, scenarios)
