// What odradek/testing promises, as named functions that any runner can run: they assert by themselves and need nothing
// of it but what they are handed. CommonJS, since every runner can load that.
const assert = require('node:assert/strict')
const { existsSync, mkdtempSync, readdirSync, rmSync } = require('node:fs')
const { connect } = require('node:net')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

/**
 * @param testing the module odradek/testing
 * @param kafkajs the module kafkajs
 * @param fakeTimers the runner's own: `{ use(), restore() }`
 */
module.exports = function essentials(
  { startBroker, WaitTimeoutError, KafkaError, json },
  { Kafka, logLevel },
  fakeTimers,
) {
  const kafkaOf = (broker, options) =>
    new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING, retry: { initialRetryTime: 30 }, ...options })

  async function send(broker, topic, value, options) {
    const producer = kafkaOf(broker).producer(options)
    await producer.connect()
    try {
      return await producer.send({ topic, messages: [{ key: 'k', value }] })
    } finally {
      await producer.disconnect()
    }
  }

  const values = (broker, topic, options) => broker.records(topic, options).map((record) => record.text())

  const withBroker = (options, run) => async () => {
    const broker = await startBroker(options)
    try {
      await run(broker)
    } finally {
      await broker.close()
    }
  }

  return [
    [
      'a client writes and reads',
      withBroker({ topics: { t: { partitions: 2, configs: { 'cleanup.policy': 'compact' } } } }, async (broker) => {
        await send(broker, 't', 'one')
        const consumer = kafkaOf(broker).consumer({ groupId: 'g', maxWaitTimeInMs: 50 })
        await consumer.connect()
        await consumer.subscribe({ topic: 't', fromBeginning: true })
        const read = await new Promise((resolve) => {
          void consumer.run({
            autoCommitThreshold: 1,
            eachMessage: async ({ message }) => resolve(String(message.value)),
          })
        })
        assert.equal(read, 'one')
        const { members } = await broker.waitForGroup('g', { state: 'Stable', members: 1, assigned: 2 })
        assert.equal(members.length, 1)
        await broker.waitForLag('g', 0)
        await consumer.disconnect()
        assert.equal(broker.topic('t').configs['cleanup.policy'], 'compact')
        assert.ok(broker.requests.all({ api: 'Fetch', topic: 't' }).length > 0)
        assert.match(broker.requests.trace({}, { last: 1 }), / -> /)
      }),
    ],
    [
      'records are looked at without a client',
      withBroker({}, async (broker) => {
        await broker.produce('t', [{ key: 'a', value: { n: 1 }, headers: { h: 'x' } }, { value: null }], {
          compression: 'zstd',
          value: json({ schemaId: 7 }),
        })
        const [first, second] = broker.records('t')
        assert.deepEqual([first.json(), first.schemaId, first.header('h'), first.codec], [{ n: 1 }, 7, 'x', 'zstd'])
        assert.equal(second.value, null)
        assert.throws(() => broker.records('none'), KafkaError)
        for await (const record of broker.follow('t')) if (record.offset === 1) break
      }),
    ],
    [
      'a wait tells what was there instead',
      withBroker({ topics: ['t'] }, async (broker) => {
        await broker.produce('t', { value: 'one' })
        await assert.rejects(broker.waitForRecords('t', 2, { timeout: 30 }), (error) => {
          assert.ok(error instanceof WaitTimeoutError)
          assert.match(
            error.message,
            /waited 30 ms for 2 records in t; instead: 1 records:\n {2}0@0 key=null value="one"/,
          )
          return true
        })
        const found = broker.waitForRecords('t', (record) => record.text() === 'two')
        await broker.produce('t', { value: 'two' })
        assert.equal((await found).length, 1)
      }),
    ],
    [
      'a request fails as it is told, and only that one',
      withBroker({ topics: ['t', 'u'] }, async (broker) => {
        const lost = broker.fail({ api: 'Produce', topic: 't' }, { disconnect: 'after' }, { times: 1 })
        await send(broker, 't', 'one', { idempotent: true, maxInFlightRequests: 1 })
        assert.equal(lost.hits, 1)
        assert.deepEqual(values(broker, 't'), ['one'])
        const denied = broker.fail({ api: 'Produce', topic: 't' }, 'TOPIC_AUTHORIZATION_FAILED')
        await assert.rejects(send(broker, 't', 'two'))
        await send(broker, 'u', 'there')
        denied.remove()
        await send(broker, 't', 'two')
        assert.deepEqual([values(broker, 't'), values(broker, 'u')], [['one', 'two'], ['there']])
      }),
    ],
    [
      'a reset leaves the port alone, a snapshot comes back',
      withBroker({}, async (broker) => {
        const { port } = broker
        await broker.produce('t', { value: 'one' })
        await broker.commit('g', { t: { 0: 1 } })
        const kept = await broker.snapshot()
        await broker.reset({ topics: ['fresh'] })
        assert.deepEqual([broker.topics(), await broker.groups(), broker.port], [['fresh'], [], port])
        for (let run = 0; run < 3; run++) {
          await broker.restore(kept)
          await send(broker, 't', `of run ${run}`)
          assert.deepEqual(values(broker, 't'), ['one', `of run ${run}`])
        }
        assert.deepEqual((await broker.group('g')).committed, { t: { 0: 1 } })
      }),
    ],
    [
      'a state is kept in a file',
      async () => {
        const directory = mkdtempSync(join(tmpdir(), 'odradek-essentials-'))
        try {
          const file = join(directory, 'seeded')
          await withBroker({}, async (broker) => {
            await broker.produce('t', { value: 'one' })
            await broker.saveTo(file)
          })()
          await withBroker({ snapshot: file }, async (broker) => assert.deepEqual(values(broker, 't'), ['one']))()
        } finally {
          rmSync(directory, { recursive: true })
        }
      },
    ],
    [
      'time is the broker’s own, and moves by what it is told',
      withBroker({ topics: { t: { configs: { 'retention.ms': 3_600_000 } } } }, async (broker) => {
        await broker.produce('t', { value: 'old' })
        broker.clock.freeze()
        const before = broker.clock.now()
        await broker.clock.advance('2 hours')
        assert.equal(broker.clock.now(), before + 7_200_000)
        await broker.produce('t', { value: 'new' })
        broker.applyRetention()
        assert.equal(broker.records('t').at(-1).timestamp, before + 7_200_000)
      }),
    ],
    [
      'fake timers of the runner do not reach the broker',
      withBroker({ topics: ['t'] }, async (broker) => {
        fakeTimers.use()
        try {
          await broker.produce('t', { value: 'one' })
          await broker.waitForRecords('t', 1)
          await assert.rejects(broker.waitForRecords('t', 2, { timeout: 20 }), WaitTimeoutError)
          await broker.restart({ kill: true })
          await broker.reset()
        } finally {
          fakeTimers.restore()
        }
      }),
    ],
    [
      'a disk is full, and a write is torn by a crash',
      withBroker({ topics: ['t'] }, async (broker) => {
        await broker.produce('t', { value: 'whole' })
        const torn = broker.disk.fail({ operation: 'write', topic: 't' }, { torn: 20, kill: true }, { times: 1 })
        await send(broker, 't', 'torn')
        assert.equal(torn.hits, 1)
        assert.deepEqual(values(broker, 't'), ['whole', 'torn'])
      }),
    ],
    [
      'the network is cut, and connections are refused',
      withBroker({ topics: ['t'] }, async (broker) => {
        const cut = broker.network.cut({}, { refuse: true })
        await assert.rejects(
          kafkaOf(broker, { retry: { retries: 0 } })
            .admin()
            .connect(),
        )
        cut.remove()
        await send(broker, 't', 'one')
        assert.deepEqual(values(broker, 't'), ['one'])
      }),
    ],
    [
      'a broker is killed and comes back with its log',
      withBroker({ topics: ['t'] }, async (broker) => {
        await send(broker, 't', 'before')
        const restarting = broker.restart({ kill: true, downFor: 100 })
        await send(broker, 't', 'after')
        await restarting
        assert.deepEqual(values(broker, 't'), ['before', 'after'])
      }),
    ],
    [
      'a producer is fenced in its transaction',
      withBroker({ topics: ['t'] }, async (broker) => {
        const producer = kafkaOf(broker).producer({ transactionalId: 'x', idempotent: true, maxInFlightRequests: 1 })
        await producer.connect()
        const transaction = await producer.transaction()
        await transaction.send({ topic: 't', messages: [{ value: 'one' }] })
        assert.equal(broker.records('t')[0].transaction, 'open')
        await broker.fenceProducer('x')
        await assert.rejects(transaction.commit())
        assert.deepEqual(values(broker, 't', { isolation: 'read_committed' }), [])
        await producer.disconnect().catch(() => {})
      }),
    ],
    [
      'it poses as an older Kafka',
      withBroker({ apiVersions: '2.0', topics: ['t'] }, async (broker) => {
        await send(broker, 't', 'one')
        assert.ok(broker.requests.last({ api: 'Produce' }).apiVersion <= 6)
      }),
    ],
    [
      'brokers live side by side, in memory and on disk, and nothing is left of one that is closed',
      async () => {
        const logDir = mkdtempSync(join(tmpdir(), 'odradek-essentials-'))
        const brokers = await Promise.all([...Array(10).fill({}), { logDir }].map((options) => startBroker(options)))
        assert.equal(new Set(brokers.map(({ port }) => port)).size, brokers.length)
        await Promise.all(brokers.map((broker, index) => broker.produce('t', { value: `of ${index}` })))
        for (const [index, broker] of brokers.entries()) assert.deepEqual(values(broker, 't'), [`of ${index}`])
        await Promise.all(brokers.map((broker) => broker.close()))
        assert.ok(readdirSync(logDir).includes('t-0'))
        assert.ok(existsSync(join(logDir, '.kafka_cleanshutdown')))
        for (const { host, port } of brokers.map(({ host, port }) => ({ host, port }))) {
          await new Promise((resolve, reject) => {
            const socket = connect(port, host, () => reject(new Error(`${port} still listens`)))
            socket.on('error', resolve)
          })
        }
        rmSync(logDir, { recursive: true })
      },
    ],
  ]
}
