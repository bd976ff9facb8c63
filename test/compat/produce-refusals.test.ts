// Produce: batches that are not sound. Nothing of a refused batch reaches the log.
import { Batch, encodeBatch } from '../../src/wire/records/index.ts'
import { apis, describe, expect, guide, only, type TestBroker, test } from '../support/compat.ts'
import { batchOf, recordsOf, resealed, spoiled, TIMESTAMP } from '../support/records.ts'

const [LENGTH, MAGIC, CRC, ATTRIBUTES, LAST_OFFSET_DELTA, RECORDS_COUNT] = [8, 16, 17, 21, 23, 57]

async function refused(broker: TestBroker, topic: string, records: Buffer) {
  // Below, an answer has no room for what was wrong.
  broker.needs(apis.Produce, 8)
  const answer = await broker.produce(topic, records)
  expect(await broker.endOffset(topic)).toBe(0)
  return answer
}

/** A compressed batch with other bytes in place of its records. */
function withPayload(payload: Buffer, compression: 'gzip' | 'snappy' | 'lz4' | 'zstd'): Buffer {
  const sound = batchOf(['a', 'b'], { compression })
  const batch = Buffer.concat([sound.subarray(0, Batch.BATCH_HEADER_SIZE), payload])
  return resealed((copy) => copy.writeInt32BE(batch.length - Batch.LOG_OVERHEAD, LENGTH), batch)
}

describe('Produce refuses', guide('Record Batch'), () => {
  test.for<[string, () => Buffer, string, string?]>([
    ['a wrong checksum', () => spoiled((batch) => batch.writeUInt32BE(1, CRC)), 'CORRUPT_MESSAGE'],
    [
      'a value that changed on the way',
      () => spoiled((batch) => batch.writeUInt8(99, batch.length - 2)),
      'CORRUPT_MESSAGE',
    ],
    [
      'a magic of the future',
      () => spoiled((batch) => batch.writeInt8(3, MAGIC)),
      'CORRUPT_MESSAGE',
      'Invalid magic found in record: 3',
    ],
    ['magic 1 over a batch of magic 2', () => spoiled((batch) => batch.writeInt8(1, MAGIC)), 'INVALID_RECORD'],
    [
      'a length below that of a header',
      () => spoiled((batch) => batch.writeInt32BE(9, LENGTH)),
      'CORRUPT_MESSAGE',
      'Record size 9 is less than the minimum record overhead (14)',
    ],
    ['a batch cut short', () => batchOf(['a', 'b']).subarray(0, 70), 'INVALID_RECORD'],
    ['a header cut short', () => batchOf(['a', 'b']).subarray(0, 40), 'INVALID_RECORD'],
    ['no records', () => Buffer.alloc(0), 'INVALID_RECORD'],
    ['a batch of none', () => encodeBatch({ records: [], maxTimestamp: TIMESTAMP }), 'INVALID_RECORD'],
    ['two batches', () => Buffer.concat([batchOf(['a']), batchOf(['b'])]), 'INVALID_RECORD'],
    [
      'more records announced than there are',
      () =>
        resealed((batch) => {
          batch.writeInt32BE(5, RECORDS_COUNT)
          batch.writeInt32BE(4, LAST_OFFSET_DELTA)
        }),
      'INVALID_RECORD',
    ],
    [
      'fewer records announced than there are',
      () =>
        resealed((batch) => {
          batch.writeInt32BE(1, RECORDS_COUNT)
          batch.writeInt32BE(0, LAST_OFFSET_DELTA)
        }),
      'INVALID_RECORD',
    ],
    ['a negative count', () => resealed((batch) => batch.writeInt32BE(-1, RECORDS_COUNT)), 'INVALID_RECORD'],
    [
      'a last offset that does not fit the count',
      () => encodeBatch({ records: recordsOf(['a', 'b']), lastOffset: 5 }),
      'INVALID_RECORD',
    ],
    [
      'a base offset that is not 0',
      () => encodeBatch({ records: recordsOf(['a']), baseOffset: 100 }),
      'INVALID_RECORD',
    ],
    [
      'offsets with a gap between them',
      () => encodeBatch({ records: recordsOf(['a', 'b']).map((record, i) => ({ ...record, offset: i * 2 })) }),
      'INVALID_RECORD',
    ],
    ['a control batch', () => encodeBatch({ records: recordsOf(['a']), isControl: true }), 'INVALID_RECORD'],
    ['a codec that there is not', () => resealed((batch) => batch.writeInt16BE(7, ATTRIBUTES)), 'UNKNOWN_SERVER_ERROR'],
  ])('%s', async ([, records, errorCode, errorMessage = null], { broker }) => {
    const { name } = await broker.topic()
    const answer = await refused(broker, name, records())
    expect(answer).toMatchObject({ errorCode, baseOffset: -1, errorMessage, recordErrors: [] })
  })

  test.for<['gzip' | 'snappy' | 'lz4' | 'zstd', string]>([
    ['gzip', 'garbage'],
    ['snappy', 'garbage'],
    ['lz4', 'garbage'],
    ['zstd', 'garbage'],
    ['gzip', ''],
    ['snappy', ''],
    ['lz4', ''],
  ])('a batch of %s whose records are %o, as an error of its own', async ([compression, payload], { broker }) => {
    const { name } = await broker.topic()
    const answer = await refused(broker, name, withPayload(Buffer.from(payload), compression))
    expect(answer).toMatchObject({ errorCode: 'UNKNOWN_SERVER_ERROR', errorMessage: null })
  })

  test('a batch of zstd whose records are nothing, as records that are missing', async ({ broker }) => {
    const { name } = await broker.topic()
    const answer = await refused(broker, name, withPayload(Buffer.alloc(0), 'zstd'))
    expect(answer).toMatchObject({ errorCode: 'INVALID_RECORD', errorMessage: null })
  })

  test.for(['none', 'gzip'] as const)(
    'a record without a key on a compacted topic, in a batch of %s',
    async (compression, { broker }) => {
      const { name } = await broker.topic({ configs: { 'cleanup.policy': 'compact' } })
      const records = [...recordsOf(['a'], 'k'), ...recordsOf(['b']), ...recordsOf(['c'], 'k'), ...recordsOf(['d'])]
      const answer = await refused(broker, name, encodeBatch({ records, compression }))
      const message = `Compacted topic cannot accept message without key in topic partition ${name}-0`
      const errors = [1, 3].map((index) => `RecordError(batchIndex=${index}, message='${message}')`).join(', ')
      expect(answer).toMatchObject({
        errorCode: 'INVALID_RECORD',
        errorMessage: `One or more records have been rejected due to 2 record errors in total, and only showing the first three errors at most: [${errors}]`,
      })
      expect(answer.recordErrors).toEqual([1, 3].map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: message })))
    },
  )

  test('a batch above max.message.bytes', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'max.message.bytes': '200' } })
    const answer = await refused(broker, name, batchOf(['x'.repeat(300)]))
    expect(answer).toMatchObject({ errorCode: 'MESSAGE_TOO_LARGE', logStartOffset: -1 })
  })

  test('a batch above max.message.bytes only when decompressed, not', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'max.message.bytes': '200' } })
    const answer = await broker.produce(name, batchOf(['x'.repeat(10_000)], { compression: 'gzip' }))
    expect(answer.errorCode).toBe('NONE')
  })

  test('a batch that the topic’s own codec makes too large', async ({ broker }) => {
    const { name } = await broker.topic({ configs: { 'max.message.bytes': '200', 'compression.type': 'uncompressed' } })
    const answer = await refused(broker, name, batchOf(['x'.repeat(1_000)], { compression: 'gzip' }))
    expect(answer.errorCode).toBe('MESSAGE_TOO_LARGE')
  })

  test('a transactional batch in a request without a transactional id', async ({ broker }) => {
    const { name } = await broker.topic()
    const producerId = await broker.producerId()
    const answer = await refused(
      broker,
      name,
      batchOf(['a'], { isTransactional: true, producerId, producerEpoch: 0, baseSequence: 0 }),
    )
    expect(answer.errorCode).toBe('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  })

  test('a batch above segment.bytes', async ({ broker }) => {
    const configs = { 'segment.bytes': '1048576', 'max.message.bytes': '5000000' }
    const { name } = await broker.topic({ configs })
    expect((await refused(broker, name, batchOf(['x'.repeat(1_100_000)]))).errorCode).toBe('RECORD_LIST_TOO_LARGE')
  })

  test('and takes the next sound batch on the same connection', async ({ broker }) => {
    const { name } = await broker.topic()
    await refused(
      broker,
      name,
      spoiled((batch) => batch.writeUInt32BE(1, CRC)),
    )
    expect(await broker.produce(name, batchOf(['a']))).toMatchObject({ errorCode: 'NONE', baseOffset: 0 })
    expect(only(await broker.records(name)).offset).toBe(0)
  })
})
