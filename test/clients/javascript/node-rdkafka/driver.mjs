// node-rdkafka: librdkafka, compiled from the sources in its package.
import { createRequire } from 'node:module'
import rdkafka from 'node-rdkafka'
import { check, drive, unsupported } from './harness.mjs'
import { scenarios } from './scenarios.mjs'

const { AdminClient, CODES, KafkaConsumer, Producer } = rdkafka
const { version } = createRequire(import.meta.url)('node-rdkafka/package.json')
const TIMEOUT_MS = 30_000
const POLL_MS = 20

const call = (object, method, ...args) =>
  new Promise((resolve, reject) => {
    object[method](...args, (error, value) => (error ? reject(error) : resolve(value)))
  })

const bytes = (value) => (typeof value === 'string' ? Buffer.from(value) : value)

const toHeaders = (headers = []) => headers.map(([name, value]) => ({ [name]: value }))
const fromHeaders = (headers = []) =>
  headers.flatMap((header) => Object.entries(header).map(([name, value]) => [name, value]))

const fromMessage = ({ partition, offset, key, value, timestamp, headers }) => ({
  partition,
  offset,
  key: typeof key === 'string' ? Buffer.from(key) : key,
  value,
  timestamp,
  headers: fromHeaders(headers),
})

function connectClient(run) {
  const base = {
    'bootstrap.servers': run.bootstrap,
    'client.id': run.name,
    'reconnect.backoff.max.ms': 500,
    log_level: 0,
  }
  let connected
  const admin = () => {
    if (connected === undefined) {
      connected = AdminClient.create(base)
      run.using({ close: async () => connected.disconnect() })
    }
    return connected
  }
  let asking
  /** A producer that only asks. */
  const asker = async () => {
    if (asking === undefined) {
      asking = new Producer(base)
      await call(asking, 'connect', {})
      run.using({ close: () => call(asking, 'disconnect') })
    }
    return asking
  }

  async function consumerOf(configs) {
    const consumer = new KafkaConsumer(
      {
        ...base,
        'enable.auto.commit': false,
        'fetch.wait.max.ms': 100,
        'fetch.message.max.bytes': 20 << 20,
        'receive.message.max.bytes': 100_000_000,
        ...configs,
      },
      { 'auto.offset.reset': 'earliest' },
    )
    // It has this listener or none: without one, an error of the client ends the process.
    consumer.on('event.error', () => undefined)
    await call(consumer, 'connect', {})
    return consumer
  }

  function records(consumer, topic) {
    const read = []
    let open = true
    const poll = async () => {
      while (open) {
        const messages = await call(consumer, 'consume', 1000).catch(() => [])
        read.push(...messages.map(fromMessage))
        // It calls back at once where there is nothing.
        if (messages.length === 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    }
    consumer.setDefaultConsumeTimeout(POLL_MS)
    const polling = poll()
    return {
      records: read,
      consumer,
      partitions: () =>
        open
          ? consumer
              .assignments()
              .filter((one) => one.topic === topic)
              .map(({ partition }) => partition)
          : [],
      async commit() {
        const next = new Map(read.map((record) => [record.partition, record.offset + 1]))
        consumer.commitSync(Array.from(next, ([partition, offset]) => ({ topic, partition, offset })))
      },
      async close() {
        if (!open) return
        open = false
        await polling
        await call(consumer, 'disconnect')
      },
    }
  }

  let readers = 0
  return {
    createTopic: (topic, num_partitions, config) =>
      call(admin(), 'createTopic', { topic, num_partitions, replication_factor: 1, config }, TIMEOUT_MS),
    async topicNames() {
      const { topics } = await call(await asker(), 'getMetadata', { timeout: TIMEOUT_MS })
      return topics.map(({ name }) => name)
    },
    async partitionCount(topic) {
      const { topics } = await call(await asker(), 'getMetadata', { topic, timeout: TIMEOUT_MS })
      return topics.find(({ name }) => name === topic).partitions.length
    },
    deleteTopic: (topic) => call(admin(), 'deleteTopic', topic, TIMEOUT_MS),
    topicConfig: () => unsupported('its AdminClient has no calls for configs'),
    async cluster() {
      const { brokers } = await call(await asker(), 'getMetadata', { timeout: TIMEOUT_MS })
      check(brokers.length > 0, 'no brokers')
      unsupported('its metadata does not tell the controller')
    },
    async committed(groupId, topic) {
      const consumer = await consumerOf({ 'group.id': groupId })
      try {
        const [{ offset }] = await call(consumer, 'committed', [{ topic, partition: 0 }], TIMEOUT_MS)
        return offset ?? null
      } finally {
        await call(consumer, 'disconnect')
      }
    },
    alterCommitted: () => unsupported('its AdminClient has no calls for the offsets of groups'),
    async offsetAt(topic, timestamp) {
      const times = [{ topic, partition: 0, offset: timestamp }]
      const [{ offset }] = await call(await asker().then(() => reader()), 'offsetsForTimes', times, TIMEOUT_MS)
      return offset < 0 || offset === undefined ? null : offset
      async function reader() {
        const consumer = await consumerOf({ 'group.id': `${run.name}-times-${++readers}` })
        run.using({ close: () => call(consumer, 'disconnect') })
        return consumer
      }
    },
    async producer({ codec = 'none', idempotent = false, transactionalId }) {
      if (codec === 'zstd' && !rdkafka.features.includes('zstd')) {
        unsupported('libzstd was not available at build time')
      }
      const producer = new Producer(
        {
          ...base,
          dr_cb: true,
          'compression.codec': codec,
          'linger.ms': 1,
          'message.max.bytes': 20 << 20,
          'enable.idempotence': idempotent || transactionalId !== undefined,
          ...(transactionalId && { 'transactional.id': transactionalId }),
        },
        { 'request.required.acks': -1 },
      )
      const waiting = new Map()
      let sent = 0
      producer.on('event.error', () => undefined)
      producer.on('delivery-report', (error, { opaque }) => {
        waiting.get(opaque)?.(error)
        waiting.delete(opaque)
      })
      await call(producer, 'connect', {})
      producer.setPollInterval(5)
      if (transactionalId !== undefined) await call(producer, 'initTransactions', TIMEOUT_MS)
      const sendOne = (topic, { key = null, value, partition = null, timestamp = null, headers }) =>
        new Promise((resolve, reject) => {
          const id = ++sent
          waiting.set(id, (error) => (error ? reject(error) : resolve()))
          producer.produce(topic, partition, bytes(value), bytes(key), timestamp, id, toHeaders(headers))
        })
      return {
        begin: () => call(producer, 'beginTransaction'),
        send: async (topic, all) => {
          await Promise.all(all.map((record) => sendOne(topic, record)))
        },
        commit: () => call(producer, 'commitTransaction', TIMEOUT_MS),
        abort: () => call(producer, 'abortTransaction', TIMEOUT_MS),
        sendOffsets: ({ consumer }, topic, offset) =>
          call(producer, 'sendOffsetsToTransaction', [{ topic, partition: 0, offset }], consumer, TIMEOUT_MS),
        close: () => call(producer, 'disconnect'),
      }
    },
    async reader(topic, { partition = 0, offset = 0, committed = false } = {}) {
      const consumer = await consumerOf({
        'group.id': `${run.name}-reader-${++readers}`,
        'isolation.level': committed ? 'read_committed' : 'read_uncommitted',
      })
      consumer.assign([{ topic, partition, offset }])
      return records(consumer, topic)
    },
    async member(groupId, topic, { protocol = 'classic' }) {
      const consumer = await consumerOf({
        'group.id': groupId,
        'group.protocol': protocol,
        rebalance_cb: protocol === 'classic' ? true : incremental,
        ...(protocol === 'classic' && { 'heartbeat.interval.ms': 500, 'session.timeout.ms': 10_000 }),
      })
      consumer.subscribe([topic])
      return records(consumer, topic)
    },
  }
}

/** Partitions come and go one by one in the protocol of KIP-848. */
function incremental({ code }, partitions) {
  if (code === CODES.ERRORS.ERR__ASSIGN_PARTITIONS) this.incrementalAssign(partitions)
  else this.incrementalUnassign(partitions)
}

await drive(connectClient, `${version.replace(/^v/, '')} (librdkafka ${rdkafka.librdkafkaVersion})`, scenarios)
