// The scenarios, for JavaScript clients. Each gets `client`, which wraps one client's own calls, and `run`, the names
// and helpers of this scenario. What each promises is in ../scenarios.ts.
import { check, checkEqual, reasonOf, sendThroughRestarts, unsupported, until } from './harness.mjs'

const LARGEST_MESSAGE_BYTES = 1_048_588
/** What a batch of one record without key and headers has around a value of that size. */
const BATCH_OVERHEAD_BYTES = 72

const numbered = (count, from = 0) => Array.from({ length: count }, (_, i) => ({ value: `value ${from + i}` }))
const texts = (records) => records.map(({ value }) => value?.toString())

async function produce(client, run, topic, records, options = {}) {
  const producer = run.using(await client.producer(options))
  await producer.send(topic, records)
  return producer
}

async function topicOf(client, run, partitions = 1, configs = {}) {
  await client.createTopic(run.name, partitions, configs)
  return run.name
}

/** Reads partition 0 from its beginning up to the record "end". */
async function readToEnd(client, run, topic, options = {}) {
  const reader = run.using(await client.reader(topic, options))
  await until('the record "end"', () => texts(reader.records).includes('end'))
  await reader.close().catch(() => undefined)
  return texts(reader.records).slice(0, texts(reader.records).indexOf('end'))
}

const sendEnd = (client, run, topic) => produce(client, run, topic, [{ value: 'end' }])

const codec = (name) => async (client, run) => {
  const topic = await topicOf(client, run)
  const sent = Array.from({ length: 200 }, (_, i) => ({ value: `${i} ${'all work and no play '.repeat(5)}` }))
  await produce(client, run, topic, sent, { codec: name })
  await sendEnd(client, run, topic)
  checkEqual(await readToEnd(client, run, topic), texts(sent), 'what was read')
}

const group = (protocol) => async (client, run) => {
  const topic = await topicOf(client, run)
  await produce(client, run, topic, numbered(10))
  const first = run.using(await client.member(run.name, topic, { protocol }))
  await until('ten records', () => first.records.length === 10)
  checkEqual(texts(first.records), texts(numbered(10)), 'what the first member read')
  await first.commit()
  await first.close()
  await produce(client, run, topic, numbered(5, 10))
  const second = run.using(await client.member(run.name, topic, { protocol }))
  await until('five records', () => second.records.length >= 5)
  checkEqual(texts(second.records), texts(numbered(5, 10)), 'what the second member read')
}

const rebalance = (protocol) => async (client, run) => {
  const topic = await topicOf(client, run, 4)
  const join = async () => run.using(await client.member(run.name, topic, { protocol }))
  const sendToAll = (word) =>
    produce(
      client,
      run,
      topic,
      [0, 1, 2, 3].map((partition) => ({ value: `${word} ${partition}`, partition })),
    )
  const all = JSON.stringify([0, 1, 2, 3])
  const first = await join()
  await until('all partitions for the first member', () => first.partitions().length === 4)
  const second = await join()
  const owned = () => [...first.partitions(), ...second.partitions()].sort()
  await until('partitions for both members', () => {
    return first.partitions().length > 0 && second.partitions().length > 0 && JSON.stringify(owned()) === all
  })
  await sendToAll('shared')
  const shared = () => new Set(texts([...first.records, ...second.records]).filter((text) => text.startsWith('shared')))
  await until('a record of each partition', () => shared().size === 4)
  await first.close()
  await until('all partitions for the second member', () => second.partitions().length === 4)
  await sendToAll('alone')
  await until('all records at the second member', () => {
    return new Set(texts(second.records).filter((text) => text.startsWith('alone'))).size === 4
  })
}

async function restart(client, run, options, check) {
  const topic = await topicOf(client, run)
  const producer = run.using(await client.producer(options))
  const send = (values) =>
    producer.send(
      topic,
      values.map((value) => ({ value })),
    )
  const acknowledged = await sendThroughRestarts(run, send)
  check(acknowledged, await readToEnd(client, run, topic))
}

function checkNothingLost(acknowledged, read) {
  const there = new Set(read)
  checkEqual(
    acknowledged.filter((value) => !there.has(value)),
    [],
    'acknowledged records that are lost',
  )
}

function checkOnceInOrder(acknowledged, read) {
  checkNothingLost(acknowledged, read)
  checkEqual(
    read.filter((value, i) => i > 0 && Number(value) <= Number(read[i - 1])),
    [],
    'records twice or not in order',
  )
}

/** What it is refused with. */
async function refusal(promise) {
  try {
    await promise
  } catch (error) {
    return error
  }
  return undefined
}

export const scenarios = {
  async topics(client, run) {
    const topic = await topicOf(client, run, 3)
    await until('the topic in the list', async () => (await client.topicNames()).includes(topic))
    checkEqual(await client.partitionCount(topic), 3, 'partitions')
    await client.deleteTopic(topic)
    await until('the topic gone', async () => !(await client.topicNames()).includes(topic))
  },

  async 'topic-configs'(client, run) {
    const topic = await topicOf(client, run, 1, { 'retention.ms': '3600000' })
    checkEqual(await client.topicConfig(topic, 'retention.ms'), '3600000', 'retention.ms as created')
    await client.alterTopicConfig(topic, 'retention.ms', '7200000')
    await until('the new retention.ms', async () => (await client.topicConfig(topic, 'retention.ms')) === '7200000')
  },

  async cluster(client, run) {
    const { brokers, controller } = await client.cluster()
    checkEqual(brokers, [run.bootstrap], 'brokers')
    checkEqual(controller, run.bootstrap, 'the controller')
  },

  async 'group-offsets'(client, run) {
    const topic = await topicOf(client, run)
    await produce(client, run, topic, numbered(5))
    const member = run.using(await client.member(run.name, topic, {}))
    await until('five records', () => member.records.length === 5)
    await member.commit()
    await member.close()
    checkEqual(await client.committed(run.name, topic), 5, 'the committed offset')
  },

  async 'alter-group-offsets'(client, run) {
    const topic = await topicOf(client, run)
    await produce(client, run, topic, numbered(5))
    await client.alterCommitted(run.name, topic, 3)
    checkEqual(await client.committed(run.name, topic), 3, 'the committed offset')
    const member = run.using(await client.member(run.name, topic, {}))
    await until('two records', () => member.records.length >= 2)
    checkEqual(texts(member.records), texts(numbered(2, 3)), 'what was read from there')
  },

  'codec-none': codec('none'),
  'codec-gzip': codec('gzip'),
  'codec-snappy': codec('snappy'),
  'codec-lz4': codec('lz4'),
  'codec-zstd': codec('zstd'),

  async nulls(client, run) {
    const topic = await topicOf(client, run)
    const sent = [
      { key: null, value: 'no key' },
      { key: 'tombstone', value: null },
      { key: '', value: '' },
    ]
    await produce(client, run, topic, sent)
    const reader = run.using(await client.reader(topic))
    await until('three records', () => reader.records.length === 3)
    const read = reader.records.map(({ key, value }) => ({
      key: key?.toString() ?? null,
      value: value?.toString() ?? null,
    }))
    checkEqual(read, sent, 'keys and values')
  },

  async headers(client, run) {
    const topic = await topicOf(client, run)
    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    const headers = [
      ['binary', every],
      ['repeated', Buffer.from('one')],
      ['repeated', Buffer.from('two')],
      ['empty', Buffer.alloc(0)],
      ['schlüssel', Buffer.from('wert')],
    ]
    await produce(client, run, topic, [{ value: 'with headers', headers }])
    const reader = run.using(await client.reader(topic))
    await until('the record', () => reader.records.length === 1)
    const hex = (list) => list.map(([name, value]) => [name, Buffer.from(value).toString('hex')])
    checkEqual(hex(reader.records[0].headers), hex(headers), 'headers')
  },

  async 'null-header'(client, run) {
    const topic = await topicOf(client, run)
    await produce(client, run, topic, [{ value: 'with a null header', headers: [['nothing', null]] }])
    const reader = run.using(await client.reader(topic))
    await until('the record', () => reader.records.length === 1)
    checkEqual(reader.records[0].headers, [['nothing', null]], 'headers')
  },

  async 'largest-record'(client, run) {
    const topic = await topicOf(client, run)
    const producer = run.using(await client.producer({}))
    const largest = LARGEST_MESSAGE_BYTES - BATCH_OVERHEAD_BYTES
    await producer.send(topic, [{ value: Buffer.alloc(largest, 'x') }])
    const error = await refusal(producer.send(topic, [{ value: Buffer.alloc(largest + 1, 'x') }]))
    check(
      /too.?large|too.?big|larger than/i.test(reasonOf(error)),
      `one byte more was answered with ${reasonOf(error)}`,
    )
    await producer.send(topic, [{ value: 'end' }])
    const read = await readToEnd(client, run, topic)
    checkEqual(
      read.map((value) => value.length),
      [largest],
      'sizes',
    )

    const large = `${topic}.large`
    await client.createTopic(large, 1, { 'max.message.bytes': String(8 << 20) })
    await producer.send(large, [{ value: Buffer.alloc(8_000_000, 'y') }])
    await producer.send(large, [{ value: 'end' }])
    checkEqual(
      (await readToEnd(client, run, large)).map((value) => value.length),
      [8_000_000],
      'sizes',
    )
  },

  async 'seek-by-time'(client, run) {
    const topic = await topicOf(client, run)
    const start = Date.now() - 3_600_000
    const sent = numbered(10).map(({ value }, i) => ({ value, timestamp: start + 1000 * i }))
    await produce(client, run, topic, sent)
    const offset = await client.offsetAt(topic, start + 2500)
    checkEqual(offset, 3, 'the offset at a time between two records')
    checkEqual(await client.offsetAt(topic, start + 4000), 4, 'the offset at the time of a record')
    const after = await client.offsetAt(topic, start + 60_000)
    check(after === null || after === 10, `the offset after the last record is ${after}`)
    const reader = run.using(await client.reader(topic, { offset }))
    await until('the records from there', () => reader.records.length === 7)
    checkEqual(
      reader.records.map(({ timestamp }) => timestamp),
      sent.slice(3).map(({ timestamp }) => timestamp),
      'timestamps',
    )
  },

  async idempotence(client, run) {
    const topic = await topicOf(client, run)
    const producer = run.using(await client.producer({ idempotent: true }))
    for (let from = 0; from < 300; from += 100) await producer.send(topic, numbered(100, from))
    await producer.send(topic, [{ value: 'end' }])
    checkEqual(await readToEnd(client, run, topic), texts(numbered(300)), 'what was read')
  },

  async 'transaction-commit'(client, run) {
    const topic = await topicOf(client, run, 2)
    const producer = run.using(await client.producer({ transactionalId: run.name }))
    const both = (word) => [0, 1].map((partition) => ({ value: word, partition }))
    for (const word of ['first', 'second']) {
      await producer.begin()
      await producer.send(topic, both(word))
      await producer.commit()
    }
    for (const partition of [0, 1]) {
      const reader = run.using(await client.reader(topic, { partition, committed: true }))
      await until('two records', () => reader.records.length >= 2)
      checkEqual(texts(reader.records), ['first', 'second'], `partition ${partition}`)
    }
  },

  async 'transaction-abort'(client, run) {
    const topic = await topicOf(client, run)
    const producer = run.using(await client.producer({ transactionalId: run.name }))
    for (const [word, end] of [
      ['kept', 'commit'],
      ['dropped', 'abort'],
      ['also kept', 'commit'],
    ]) {
      await producer.begin()
      await producer.send(topic, [{ value: word, partition: 0 }])
      await producer[end]()
    }
    await sendEnd(client, run, topic)
    checkEqual(await readToEnd(client, run, topic, { committed: true }), ['kept', 'also kept'], 'read_committed')
    checkEqual(await readToEnd(client, run, topic), ['kept', 'dropped', 'also kept'], 'read_uncommitted')
  },

  async 'transaction-offsets'(client, run) {
    const topic = await topicOf(client, run)
    await produce(client, run, topic, numbered(5))
    const member = run.using(await client.member(run.name, topic, {}))
    await until('five records', () => member.records.length === 5)
    const producer = run.using(await client.producer({ transactionalId: run.name }))
    const output = `${topic}.output`
    await client.createTopic(output, 1, {})
    const transform = async (end) => {
      await producer.begin()
      await producer.send(output, [{ value: end, partition: 0 }])
      await producer.sendOffsets(member, topic, 5)
      await producer[end]()
    }
    await transform('abort')
    checkEqual((await client.committed(run.name, topic)) ?? null, null, 'the committed offset after an abort')
    await transform('commit')
    await until('the committed offset', async () => (await client.committed(run.name, topic)) === 5)
    await sendEnd(client, run, output)
    checkEqual(await readToEnd(client, run, output, { committed: true }), ['commit'], 'the output')
  },

  async fencing(client, run) {
    const topic = await topicOf(client, run)
    const zombie = run.using(await client.producer({ transactionalId: run.name }))
    await zombie.begin()
    await zombie.send(topic, [{ value: 'of the zombie', partition: 0 }])
    const successor = run.using(await client.producer({ transactionalId: run.name }))
    const error = await refusal(zombie.commit())
    check(/fence|epoch/i.test(reasonOf(error)), `the zombie's commit was answered with ${reasonOf(error)}`)
    await successor.begin()
    await successor.send(topic, [{ value: 'of the successor', partition: 0 }])
    await successor.commit()
    await sendEnd(client, run, topic)
    checkEqual(await readToEnd(client, run, topic, { committed: true }), ['of the successor'], 'read_committed')
  },

  async 'read-committed'(client, run) {
    const topic = await topicOf(client, run)
    await produce(client, run, topic, [{ value: 'before' }])
    const producer = run.using(await client.producer({ transactionalId: run.name }))
    await producer.begin()
    await producer.send(topic, [{ value: 'within', partition: 0 }])
    await sendEnd(client, run, topic)
    const committed = run.using(await client.reader(topic, { committed: true }))
    await until('what was before the transaction', () => committed.records.length > 0)
    checkEqual(await readToEnd(client, run, topic), ['before', 'within'], 'read_uncommitted')
    checkEqual(texts(committed.records), ['before'], 'read_committed while the transaction is open')
    await producer.commit()
    await until('what was held back', () => committed.records.length === 3)
    checkEqual(texts(committed.records), ['before', 'within', 'end'], 'read_committed')
  },

  'group-classic': group('classic'),
  'rebalance-classic': rebalance('classic'),
  'group-consumer': group('consumer'),
  'rebalance-consumer': rebalance('consumer'),

  restart: (client, run) => restart(client, run, {}, checkNothingLost),
  'restart-idempotent': (client, run) => restart(client, run, { idempotent: true }, checkOnceInOrder),

  async 'restart-group'(client, run) {
    const topic = await topicOf(client, run)
    const member = run.using(await client.member(run.name, topic, {}))
    const producer = run.using(await client.producer({}))
    const send = (values) =>
      producer.send(
        topic,
        values.map((value) => ({ value })),
      )
    const acknowledged = await sendThroughRestarts(run, send)
    await until('the record "end" at the member', () => texts(member.records).includes('end'))
    checkNothingLost(acknowledged, texts(member.records))
  },
}

export { unsupported }
