// Connections: frames, their order, and what ends a connection without harm to others.
import { type ByteConnection, openBytes, requestFrame } from '../support/byte-connection.ts'
import { apis, describe, expect, guide, kafka, kip, only, test } from '../support/compat.ts'
import { batchOf } from '../support/records.ts'

const [PRODUCE, METADATA, API_VERSIONS] = [0, 3, 18]

/** A Metadata request of version 1 for no topics. */
const metadataFrame = (correlationId: number) =>
  requestFrame({ apiKey: METADATA, apiVersion: 1, correlationId }, Buffer.alloc(4))

async function stillAnswers(connection: ByteConnection): Promise<void> {
  connection.send(metadataFrame(4711))
  expect((await connection.frame()).readInt32BE(0)).toBe(4711)
}

describe('A connection', guide('Network'), () => {
  test('answers pipelined requests in their order', async ({ broker }) => {
    const connection = await openBytes(broker)
    const ids = Array.from({ length: 100 }, (_, i) => i * 7 + 1)
    connection.send(Buffer.concat(ids.map(metadataFrame)))
    const answered: number[] = []
    for (const _ of ids) answered.push((await connection.frame()).readInt32BE(0))
    expect(answered).toEqual(ids)
  })

  test('answers different requests in their order, slow ones too', async ({ broker }) => {
    const [waited, appended] = [await broker.topic(), await broker.topic()]
    const client = await broker.connect()
    const order: string[] = []
    const topics = [{ topic: waited.name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100 }] }]
    const topicData = [{ name: appended.name, partitionData: [{ index: 0, records: batchOf(['b']) }] }]
    await Promise.all([
      client.ask(apis.Fetch, 12, { maxWaitMs: 200, minBytes: 1, topics }).then(() => order.push('fetch')),
      client.ask(apis.Produce, 9, { acks: -1, timeoutMs: 30_000, topicData }).then(() => order.push('produce')),
      client.ask(apis.ApiVersions, 0, {}).then(() => order.push('api versions')),
    ])
    expect(order).toEqual(['fetch', 'produce', 'api versions'])
  })

  test('appends pipelined batches in their order', async ({ broker }) => {
    const { name } = await broker.topic()
    const client = await broker.connect()
    const values = Array.from({ length: 50 }, (_, i) => `value ${i}`)
    const answers = await Promise.all(
      values.map((value) =>
        client.ask(apis.Produce, 9, {
          acks: -1,
          timeoutMs: 30_000,
          topicData: [{ name, partitionData: [{ index: 0, records: batchOf([value]) }] }],
        }),
      ),
    )
    expect(answers.map(({ responses }) => only(only(responses).partitionResponses).baseOffset)).toEqual(
      values.map((_, i) => i),
    )
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(values)
  })

  test('takes a frame in pieces, byte after byte', async ({ broker }) => {
    const connection = await openBytes(broker)
    for (const byte of metadataFrame(5)) connection.send(Buffer.from([byte]))
    expect((await connection.frame()).readInt32BE(0)).toBe(5)
  })

  test('takes a frame that is cut by the next', async ({ broker }) => {
    const connection = await openBytes(broker)
    const frames = Buffer.concat([metadataFrame(1), metadataFrame(2), metadataFrame(3)])
    connection.send(frames.subarray(0, 25))
    expect((await connection.frame()).readInt32BE(0)).toBe(1)
    connection.send(frames.subarray(25))
    expect((await connection.frame()).readInt32BE(0)).toBe(2)
    expect((await connection.frame()).readInt32BE(0)).toBe(3)
  })

  test('answers with the correlation id that came, negative ones too', async ({ broker }) => {
    const connection = await openBytes(broker)
    for (const id of [-1, 0, 0x7fffffff, -0x80000000]) {
      connection.send(metadataFrame(id))
      expect((await connection.frame()).readInt32BE(0)).toBe(id)
    }
  })

  test('takes a client without an id and one with a long one', async ({ broker }) => {
    const connection = await openBytes(broker)
    await stillAnswers(connection)
    const client = await broker.connect('x'.repeat(10_000))
    expect((await client.ask(apis.Metadata, 12, { topics: [] })).brokers).toHaveLength(1)
  })

  test('takes one version after another', async ({ broker }) => {
    for (const version of [0, 12, 3, 9, 1]) {
      const { brokers } = await broker.ask(apis.Metadata, version, { topics: version === 0 ? [] : null })
      expect(brokers).toHaveLength(1)
    }
  })

  test('is one of hundreds', async ({ broker }) => {
    const connections = await Promise.all(Array.from({ length: 300 }, () => openBytes(broker)))
    await Promise.all(connections.map(stillAnswers))
  })

  test('may be opened and closed again and again', async ({ broker }) => {
    for (let i = 0; i < 50; i++) {
      const connection = await openBytes(broker)
      await stillAnswers(connection)
      connection.reset()
    }
    await stillAnswers(await openBytes(broker))
  })
})

describe('A connection ends, and no other with it,', kafka, () => {
  test.for<[string, Buffer]>([
    ['at a negative size', Buffer.from('ffffffff', 'hex')],
    ['at a size above socket.request.max.bytes', Buffer.from('7fffffff', 'hex')],
    ['at an empty frame', Buffer.from('00000000', 'hex')],
    ['at a frame of one byte', Buffer.from('0000000100', 'hex')],
    ['at a header that is cut short', Buffer.from('00000006000300010000', 'hex')],
    ['at an API that there is not', requestFrame({ apiKey: 999, apiVersion: 0, correlationId: 1 })],
    ['at a negative API', requestFrame({ apiKey: -1, apiVersion: 0, correlationId: 1 })],
    ['at an API of controllers', requestFrame({ apiKey: 52, apiVersion: 0, correlationId: 1 }, Buffer.alloc(16))],
    [
      'at a version of the future',
      requestFrame({ apiKey: METADATA, apiVersion: 99, correlationId: 1 }, Buffer.alloc(4)),
    ],
    ['at a negative version', requestFrame({ apiKey: METADATA, apiVersion: -1, correlationId: 1 }, Buffer.alloc(4))],
    ['at a body that is missing', requestFrame({ apiKey: METADATA, apiVersion: 1, correlationId: 1 })],
    [
      'at a body that is cut short',
      requestFrame({ apiKey: METADATA, apiVersion: 1, correlationId: 1 }, Buffer.from('0000000200', 'hex')),
    ],
    [
      'at a count beyond the frame',
      requestFrame({ apiKey: METADATA, apiVersion: 1, correlationId: 1 }, Buffer.from('7fffffff', 'hex')),
    ],
    [
      'at a string beyond the frame',
      requestFrame({ apiKey: METADATA, apiVersion: 1, correlationId: 1 }, Buffer.from('000000017fff61', 'hex')),
    ],
    ['at the words of another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ])('%s', async ([, bytes], { broker }) => {
    const other = await openBytes(broker)
    const connection = await openBytes(broker)
    connection.send(bytes)
    expect(await connection.closed).toBe(0)
    await stillAnswers(other)
  })

  test('at a version that Kafka 4 took away', async ({ broker }) => {
    broker.lacks(apis.Fetch, 3)
    const connection = await openBytes(broker)
    connection.send(requestFrame({ apiKey: PRODUCE, apiVersion: 2, correlationId: 1 }, Buffer.alloc(10)))
    expect(await connection.closed).toBe(0)
  })

  test('takes any negative count for a null array, where there may be one', async ({ broker }) => {
    const { name } = await broker.topic()
    const connection = await openBytes(broker)
    const body = Buffer.from('fffffffe', 'hex')
    connection.send(requestFrame({ apiKey: METADATA, apiVersion: 1, correlationId: 9 }, body))
    const { topics } = connection.decode(apis.Metadata.response, 1, await connection.frame())
    expect(topics.map((topic) => topic.name)).toContain(name)
  })

  test('takes bytes behind the end of a body without a word', async ({ broker }) => {
    const connection = await openBytes(broker)
    const body = Buffer.concat([Buffer.alloc(4), Buffer.from('more than there should be')])
    connection.send(requestFrame({ apiKey: METADATA, apiVersion: 1, correlationId: 9 }, body))
    expect((await connection.frame()).readInt32BE(0)).toBe(9)
  })

  test('after the answers to what came before', async ({ broker }) => {
    const connection = await openBytes(broker)
    connection.send(Buffer.concat([metadataFrame(1), metadataFrame(2), Buffer.from('ffffffff', 'hex')]))
    expect((await connection.frame()).readInt32BE(0)).toBe(1)
    expect((await connection.frame()).readInt32BE(0)).toBe(2)
    await connection.closed
  })

  test('where half a frame is followed by the client’s end', async ({ broker }) => {
    const connection = await openBytes(broker)
    connection.send(metadataFrame(1).subarray(0, 9))
    connection.end()
    expect(await connection.closed).toBe(0)
    await stillAnswers(await openBytes(broker))
  })

  test('where a client goes away while it waits', async ({ broker }) => {
    const { name } = await broker.topic()
    const waiting = await broker.connect()
    const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100 }] }]
    waiting.post(apis.Fetch, 12, { maxWaitMs: 60_000, minBytes: 1, topics })
    waiting.close()
    await waiting.closed
    expect(await broker.append(name, ['a'])).toBe(0)
  })

  test('though ApiVersions itself may come in any version', async ({ broker }) => {
    const connection = await openBytes(broker)
    connection.send(requestFrame({ apiKey: API_VERSIONS, apiVersion: 0x7fff, correlationId: 3 }, Buffer.alloc(1)))
    const answer = await connection.frame()
    expect(connection.decode(apis.ApiVersions.response, 0, answer).errorCode).toBe('UNSUPPORTED_VERSION')
    await stillAnswers(connection)
  })
})

describe('Unknown tagged fields', kip(482), () => {
  test('in a header and a body are skipped', async ({ broker }) => {
    broker.needs(apis.Metadata, 12)
    const connection = await openBytes(broker)
    const header = Buffer.from('0003000c00000007ffff', 'hex')
    const tagged = Buffer.from([1, 0x90, 0x4e, 3, 1, 2, 3])
    // topics: none; allowAutoTopicCreation; includeTopicAuthorizedOperations.
    const body = Buffer.concat([Buffer.from([1, 0, 0]), tagged])
    const frame = Buffer.concat([header, tagged, body])
    const size = Buffer.alloc(4)
    size.writeInt32BE(frame.length)
    connection.send(Buffer.concat([size, frame]))
    const answer = await connection.frame()
    expect(answer.readInt32BE(0)).toBe(7)
    expect(connection.decode(apis.Metadata.response, 12, answer).brokers).toHaveLength(1)
  })
})

describe('A broker that a client left in the middle of a batch', guide('Network'), () => {
  test('has nothing of that batch', async ({ broker }) => {
    const { name } = await broker.topic()
    const connection = await openBytes(broker)
    const records = batchOf(['x'.repeat(10_000)])
    const body = Buffer.concat([Buffer.from('ffffffff00007530', 'hex'), records])
    const frame = requestFrame({ apiKey: PRODUCE, apiVersion: 3, correlationId: 1 }, body)
    connection.send(frame.subarray(0, 5_000))
    connection.reset()
    await connection.closed
    expect(await broker.append(name, ['whole'])).toBe(0)
    expect((await broker.records(name)).map(({ value }) => String(value))).toEqual(['whole'])
  })
})
