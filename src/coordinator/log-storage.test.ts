// A coordinator's records as batches of a log, and back.
import { describe, expect, test } from 'vitest'
import { testIo } from '../io/testing.ts'
import { type CompressionName, decodeRecordSet } from '../wire/records/index.ts'
import { type InternalLog, LogStorage } from './index.ts'

/** A log that keeps batches as they come, and gives them offsets. */
class Batches implements InternalLog {
  bytes = Buffer.alloc(0)
  #nextOffset = 0

  appendToInternal(_topic: string, _partition: number, batch: Buffer): Promise<unknown> {
    const stamped = Buffer.from(batch)
    stamped.writeBigInt64BE(BigInt(this.#nextOffset), 0)
    this.#nextOffset += stamped.readInt32BE(57)
    this.bytes = Buffer.concat([this.bytes, stamped])
    return Promise.resolve()
  }

  readAll(_topic: string, _partition: number, visit: (batches: Buffer) => void): void {
    visit(this.bytes)
  }
}

const record = (key: string, value: string | null = 'value') => ({
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
})

function storageOver(
  log: InternalLog,
  { compression, max = 1000 }: { compression?: CompressionName; max?: number } = {},
) {
  const { clock } = testIo()
  return new LogStorage({ log, clock }, { topic: '__words', compression, maxMessageBytes: () => max })
}

async function loaded(storage: LogStorage): Promise<string[]> {
  const seen: string[] = []
  const nextOffset = await storage.load(0, {
    record: ({ offset, producerId, key, value }) => seen.push(`${offset} ${producerId} ${key} ${value}`),
    transactionEnd: ({ offset, producerId, committed }) => seen.push(`${offset} ${producerId} committed: ${committed}`),
  })
  return [...seen, `next ${nextOffset}`]
}

describe('a coordinator in a log', () => {
  test('finds its records, tombstones and transactions in their order', async () => {
    const storage = storageOver(new Batches())
    await storage.append(0, [record('a'), record('b', null)])
    await storage.append(0, [record('c')], { producerId: 7, producerEpoch: 1 })
    await storage.appendMarker(0, { producerId: 7, producerEpoch: 1, coordinatorEpoch: 3, committed: false })
    await storage.append(0, [record('d')])
    expect(await loaded(storage)).toEqual([
      '0 -1 a value',
      '1 -1 b null',
      '2 7 c value',
      '3 7 committed: false',
      '4 -1 d value',
      'next 5',
    ])
  })

  test('writes batches as Kafka does', async () => {
    const log = new Batches()
    const storage = storageOver(log)
    await storage.append(0, [record('a'), record('b')])
    await storage.append(0, [record('c')], { producerId: 7, producerEpoch: 1 })
    const [plain, transactional] = decodeRecordSet(log.bytes)
    const shared = { magic: 2, compression: 'none', timestampType: 'CreateTime', baseSequence: 0, isControl: false }
    expect(plain).toMatchObject({ ...shared, isTransactional: false, producerId: -1, producerEpoch: -1 })
    expect(transactional).toMatchObject({ ...shared, isTransactional: true, producerId: 7, producerEpoch: 1 })
  })

  test('reads what it wrote with compression', async () => {
    const storage = storageOver(new Batches(), { compression: 'gzip' })
    await storage.append(0, [record('a', 'x'.repeat(2000))])
    expect(await loaded(storage)).toEqual([`0 -1 a ${'x'.repeat(2000)}`, 'next 1'])
  })

  test('refuses a batch that is larger than the topic allows', async () => {
    const log = new Batches()
    const storage = storageOver(log, { max: 100 })
    expect(storage.batchCapacity).toBe(39)
    expect(() => storage.append(0, [record('a', 'x'.repeat(100))])).toThrow('RECORD_LIST_TOO_LARGE')
    expect(log.bytes).toHaveLength(0)
  })
})
