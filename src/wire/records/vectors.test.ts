// Every record set that Kafka's own Java code wrote, decoded and encoded by ours.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { decodeRecordSet, encodeRecordSet, type JsonBatch } from './index.ts'

interface Vector {
  name: string
  hex: string
  batches: JsonBatch[]
}

const file = new URL('../../../test/facts/record-batches.jsonl.gz', import.meta.url)
const vectors = gunzipSync(readFileSync(file))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector)

function withoutSizes(batches: JsonBatch[]): JsonBatch[] {
  return batches.map((batch) => ({ ...batch, sizeInBytes: 0, crc: 0 }))
}

test.each(vectors)('$name decodes to what Kafka reads', ({ hex, batches }) => {
  expect(decodeRecordSet(Buffer.from(hex, 'hex'))).toEqual(batches)
})

test.each(vectors)('$name comes back after encoding', ({ batches }) => {
  expect(withoutSizes(decodeRecordSet(encodeRecordSet(batches)))).toEqual(withoutSizes(batches))
})

// A batch v2 with LogAppendTime keeps deltas to a base timestamp that no reader ever sees.
const exact = vectors.filter(({ name }) => /none|endtxn/.test(name) && !/magic2.*LogAppendTime/.test(name))

test.each(exact)('$name is encoded to the very bytes of Kafka', ({ hex, batches }) => {
  expect(encodeRecordSet(batches).toString('hex')).toBe(hex)
})
