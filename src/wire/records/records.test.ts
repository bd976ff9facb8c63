// Batches v2 and message sets beyond what the vectors hold: patching, building, converting, control records.
import { expect, test } from 'vitest'
import { DecodeError, EncodeError } from '../errors.ts'
import {
  Batch,
  controlType,
  convertRecords,
  crc32,
  crc32c,
  encodeBatch,
  encodeControlBatch,
  encodeEndTransactionMarker,
  encodeMessageSet,
  type KafkaRecord,
  type NewRecord,
  readEndTransactionMarker,
  readRecords,
} from './index.ts'

const T = 1_700_000_000_000
const records: NewRecord[] = [
  { timestamp: T, key: Buffer.from('a'), value: Buffer.from('one'), headers: [{ key: 'h', value: null }] },
  { timestamp: T + 5, key: null, value: Buffer.from('two') },
  { timestamp: T - 9, key: Buffer.from('c'), value: null },
]

test('the checksums are those of their standards', () => {
  const digits = Buffer.from('123456789')
  expect(crc32c(digits)).toBe(0xe3069283)
  expect(crc32(digits)).toBe(0xcbf43926)
  expect(crc32c(digits, 4, 9, crc32c(digits, 0, 4))).toBe(0xe3069283)
  expect(crc32(digits, 4, 9, crc32(digits, 0, 4))).toBe(0xcbf43926)
})

test('every header field is read where it was written', () => {
  const batch = encodeBatch({
    baseOffset: 2 ** 40,
    records,
    compression: 'gzip',
    producerId: 12,
    producerEpoch: 3,
    baseSequence: 0x7ffffffe,
    isTransactional: true,
    partitionLeaderEpoch: 8,
  })
  const framed = Buffer.concat([Buffer.alloc(7), batch])
  expect(Batch.baseOffset(framed, 7)).toBe(2 ** 40)
  expect(Batch.lastOffset(framed, 7)).toBe(2 ** 40 + 2)
  expect(Batch.sizeInBytes(framed, 7)).toBe(batch.length)
  expect(Batch.batchLength(framed, 7)).toBe(batch.length - 12)
  expect(Batch.partitionLeaderEpoch(framed, 7)).toBe(8)
  expect(Batch.magic(framed, 7)).toBe(2)
  expect(Batch.compressionId(framed, 7)).toBe(1)
  expect(Batch.timestampType(framed, 7)).toBe('CreateTime')
  expect(Batch.baseTimestamp(framed, 7)).toBe(T)
  expect(Batch.maxTimestamp(framed, 7)).toBe(T + 5)
  expect(Batch.producerId(framed, 7)).toBe(12)
  expect(Batch.producerEpoch(framed, 7)).toBe(3)
  expect(Batch.baseSequence(framed, 7)).toBe(0x7ffffffe)
  expect(Batch.lastSequence(framed, 7)).toBe(0)
  expect(Batch.recordsCount(framed, 7)).toBe(3)
  expect(Batch.isTransactional(framed, 7)).toBe(true)
  expect(Batch.isControl(framed, 7)).toBe(false)
  expect(Batch.deleteHorizonMs(framed, 7)).toBeUndefined()
  expect(Batch.isValid(framed, 7)).toBe(true)
})

test('offset and leader epoch are patched outside of the checksum, timestamps inside', () => {
  const batch = encodeBatch({ records })
  Batch.setLastOffset(batch, 0, 99)
  Batch.setPartitionLeaderEpoch(batch, 0, 5)
  expect(Batch.baseOffset(batch, 0)).toBe(97)
  expect(Batch.isValid(batch, 0)).toBe(true)
  const crc = Batch.crc(batch, 0)
  Batch.setMaxTimestamp(batch, 0, 'LogAppendTime', T + 100)
  expect(Batch.crc(batch, 0)).not.toBe(crc)
  expect(Batch.isValid(batch, 0)).toBe(true)
  expect(readRecords(batch, 0).map(({ timestamp }) => timestamp)).toEqual([T + 100, T + 100, T + 100])
})

test('a delete horizon stands in the place of the base timestamp', () => {
  const batch = encodeBatch({ records, deleteHorizonMs: T + 1000 })
  expect(Batch.deleteHorizonMs(batch, 0)).toBe(T + 1000)
  expect(readRecords(batch, 0).map(({ timestamp }) => timestamp)).toEqual([T, T + 5, T - 9])
})

test('a cleaned batch keeps its offsets when records go, and may be empty', () => {
  const batch = encodeBatch({ baseOffset: 10, records: [{ ...records[0], offset: 12 } as NewRecord], lastOffset: 15 })
  expect(Batch.lastOffset(batch, 0)).toBe(15)
  expect(readRecords(batch, 0)[0]?.offset).toBe(12)
  const empty = encodeBatch({ baseOffset: 10, records: [], lastOffset: 15, maxTimestamp: T })
  expect([Batch.baseTimestamp(empty, 0), Batch.maxTimestamp(empty, 0)]).toEqual([-1, T])
  expect(readRecords(empty, 0)).toEqual([])
})

test('timestamps at the ends of int64 come back', () => {
  const far: NewRecord[] = [0, 2 ** 52, 2 ** 63, -(2 ** 62)].map((timestamp) => ({ timestamp, key: null, value: null }))
  const read = readRecords(encodeBatch({ records: far }), 0)
  expect(read.map(({ timestamp }) => timestamp)).toEqual([0, 2 ** 52, 2 ** 63, -(2 ** 62)])
})

test('an offset before the base cannot be encoded', () => {
  const before = { ...records[0], offset: 9 } as NewRecord
  expect(() => encodeBatch({ baseOffset: 10, records: [before] })).toThrow(EncodeError)
})

test('iteration stops at a batch that is cut off, and refuses a length that none has', () => {
  const batch = encodeBatch({ records })
  const two = Buffer.concat([batch, batch, batch.subarray(0, 40)])
  expect([...Batch.positions(two)]).toEqual([0, batch.length])
  expect(Batch.validEnd(two)).toBe(2 * batch.length)
  const broken = Buffer.from(batch)
  broken.writeInt32BE(13, 8)
  expect(() => [...Batch.positions(broken)]).toThrow(DecodeError)
})

test('records read are slices of the batch, not copies', () => {
  const batch = encodeBatch({ records })
  const value = readRecords(batch, 0)[1]?.value
  batch.write('TWO', batch.indexOf('two'))
  expect(value?.toString()).toBe('TWO')
})

test.each(['none', 'gzip', 'snappy', 'lz4'] as const)('%s batches are converted down and up', (compression) => {
  const batch = encodeBatch({ baseOffset: 50, records, compression })
  const plain = readRecords(batch, 0).map((record) => ({ ...record, headers: [] }))
  const messages = convertRecords(batch, 1)
  expect(Batch.magic(messages, 0)).toBe(1)
  const shape = ({ offset, timestamp, key, value }: KafkaRecord) => ({ offset, timestamp, key, value, headers: [] })
  const deep = [...Batch.positions(messages)].flatMap((at) => readRecords(messages, at).map(shape))
  expect(deep).toEqual(plain)
  const up = convertRecords(messages, 2)
  expect([...Batch.positions(up)].flatMap((at) => readRecords(up, at))).toEqual(plain)
  const oldest = convertRecords(batch, 0)
  const timeless = [...Batch.positions(oldest)].flatMap((at) => readRecords(oldest, at).map(shape))
  expect(timeless).toEqual(plain.map((record) => ({ ...record, timestamp: -1 })))
})

test('control batches are left out on the way down', () => {
  const marker = encodeEndTransactionMarker({
    type: 'COMMIT',
    coordinatorEpoch: 1,
    producerId: 1,
    producerEpoch: 0,
    timestamp: T,
  })
  expect(convertRecords(marker, 1)).toHaveLength(0)
})

test('a marker is read as it was written', () => {
  const marker = { type: 'ABORT', coordinatorEpoch: 4 } as const
  const batch = encodeEndTransactionMarker({ ...marker, producerId: 1, producerEpoch: 0, timestamp: T, baseOffset: 6 })
  expect(Batch.isControl(batch, 0) && Batch.isTransactional(batch, 0)).toBe(true)
  const [record] = readRecords(batch, 0)
  expect(record && readEndTransactionMarker(record)).toEqual(marker)
})

test('control records tell their type by key', () => {
  const batch = encodeControlBatch('LEADER_CHANGE', Buffer.from([0]), T)
  expect(controlType(readRecords(batch, 0)[0]?.key ?? null)).toBe('LEADER_CHANGE')
  expect(controlType(Buffer.from([0, 0, 0, 77]))).toBe('UNKNOWN')
  expect(() => controlType(Buffer.from([0, 0]))).toThrow(DecodeError)
})

test('a wrapper of magic 1 with offset 0 has absolute offsets from 0 on', () => {
  const set = encodeMessageSet({ magic: 1, records, compression: 'gzip' })
  Batch.setBaseOffset(set, 0, 0)
  expect(readRecords(set, 0).map(({ offset }) => offset)).toEqual([0, 1, 2])
  Batch.setBaseOffset(set, 0, 1)
  expect(() => readRecords(set, 0)).toThrow(DecodeError)
})
