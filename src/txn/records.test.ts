// The records of __transaction_state: what they hold at which level of transaction.version, and what is made of those
// that this version would not write.
import { expect, test } from 'vitest'
import type { TransactionMetadata } from './metadata.ts'
import { TopicPartitions } from './partitions.ts'
import { transactionRecordCodec } from './records.ts'

const metadata: TransactionMetadata = {
  producerId: 5,
  previousProducerId: 4,
  nextProducerId: 6,
  producerEpoch: 7,
  lastProducerEpoch: 6,
  transactionTimeoutMs: 60_000,
  state: 'Ongoing',
  partitions: TopicPartitions.of([
    { topic: 'a', partition: 0 },
    { topic: 'b', partition: 3 },
  ]),
  startTimestamp: 1_700_000_000_000,
  lastUpdateTimestamp: 1_700_000_000_001,
  clientTransactionVersion: 2,
}

const describeRecord = (of: TransactionMetadata | null | undefined) =>
  of && { ...of, partitions: of.partitions.topics() }

function throughTheLog(written: TransactionMetadata, transactionVersion: number) {
  const codec = transactionRecordCodec(() => transactionVersion)
  const { key, value } = codec.encode({ transactionalId: 'id', metadata: written })
  return { version: value?.readInt16BE(0), record: codec.decode(key, value) }
}

test.for([1, 2])('At level %i all but the epoch before comes back', (level) => {
  const { version, record } = throughTheLog(metadata, level)
  expect(version).toBe(1)
  expect(record?.transactionalId).toBe('id')
  expect(describeRecord(record?.metadata)).toEqual(describeRecord({ ...metadata, lastProducerEpoch: -1 }))
})

test('At level 0 the other producer ids are not written', () => {
  const { version, record } = throughTheLog({ ...metadata, clientTransactionVersion: 0 }, 0)
  expect(version).toBe(0)
  expect(record?.metadata).toMatchObject({ producerId: 5, previousProducerId: -1, nextProducerId: -1 })
})

test('At level 0 there is no place for a transaction of the second protocol', () => {
  expect(() => throughTheLog(metadata, 0)).toThrow(expect.objectContaining({ codeName: 'UNSUPPORTED_VERSION' }))
})

test('A tombstone comes back as one', () => {
  const codec = transactionRecordCodec(() => 2)
  const { key, value } = codec.encode({ transactionalId: 'id', metadata: null })
  expect(value).toBeNull()
  expect(codec.decode(key, null)).toEqual({ transactionalId: 'id', metadata: null })
})

test('Keys and values of later versions are left out', () => {
  const codec = transactionRecordCodec(() => 2)
  const { key, value } = codec.encode({ transactionalId: 'id', metadata })
  const later = (bytes: Buffer | null) => Buffer.concat([Buffer.from([0, 9]), (bytes as Buffer).subarray(2)])
  expect(codec.decode(later(key), value)).toBeUndefined()
  expect(codec.decode(key, later(value))).toBeUndefined()
})

test('Bytes that are no record are an error', () => {
  const codec = transactionRecordCodec(() => 2)
  const { key, value } = codec.encode({ transactionalId: 'id', metadata })
  expect(() => codec.decode(Buffer.alloc(1), value)).toThrow('type of a record')
  expect(() => codec.decode(key, Buffer.alloc(1))).toThrow('version of a TransactionLogValue')
  expect(() => codec.decode(key, value?.subarray(0, 12) ?? null)).toThrow()
  const unknownState = Buffer.from(value ?? [])
  // Behind the version, the producer id, its epoch and the timeout.
  unknownState.writeInt8(99, 16)
  expect(() => codec.decode(key, unknownState)).toThrow('Unknown state 99')
})
