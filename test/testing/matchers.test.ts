// The matchers: what they are true of, and what they say when they are not.
import '../../src/testing/vitest.ts'
import { describe, expect, test } from 'vitest'
import { avro, frame, json, protobuf, startBroker, text, unframe } from '../../src/testing/index.ts'

describe('toHaveRecord', () => {
  test('compares text, JSON, bytes, headers and what the log knows', async () => {
    await using broker = await startBroker({ topics: ['orders'] })
    await broker.produce('orders', { key: 'k', value: { id: 1, items: ['a'] }, headers: { trace: 'x' } })
    await broker.produce('orders', { key: 'plain', value: 'text' })
    await broker.produce('orders', { key: 'gone', value: null })
    expect(broker).toHaveRecord('orders', {
      key: 'k',
      value: { id: 1, items: ['a'] },
      headers: { trace: 'x' },
      offset: 0,
    })
    expect(broker).toHaveRecord('orders', { value: expect.objectContaining({ id: expect.any(Number) }) })
    expect(broker).toHaveRecord('orders', { value: 'text', partition: 0 })
    expect(broker).toHaveRecord('orders', { value: expect.stringContaining('ex') })
    expect(broker).toHaveRecord('orders', { value: Buffer.from('text') })
    expect(broker).toHaveRecord('orders', { key: 'gone', value: null })
    expect(broker).not.toHaveRecord('orders', { key: 'k', value: 'text' })
    expect(broker).not.toHaveRecord('nothing', {})
  })

  test('says what was there, and how the closest differs', async () => {
    await using broker = await startBroker({ topics: ['orders'] })
    await broker.produce('orders', [
      { key: 'a', value: { id: 1 } },
      { key: 'b', value: { id: 2 } },
    ])
    const failing = () => expect(broker).toHaveRecord('orders', { key: 'b', value: { id: 3 } })
    expect(failing).toThrow('it has 2 records:')
    expect(failing).toThrow('0@1 key="b" value="{\\"id\\":2}"')
    expect(failing).toThrow('the closest differs')
    expect(() => expect(broker).toHaveRecord('other', {})).toThrow('there is no such topic; there are orders')
  })

  test('reads Avro, Protobuf and framed JSON', async () => {
    await using broker = await startBroker({ topics: ['t'] })
    const upper = {
      toBuffer: (s: string) => Buffer.from(s.toUpperCase()),
      fromBuffer: (b: Buffer) => b.toString().toLowerCase(),
    }
    const proto = {
      encode: (s: string) => ({ finish: () => Buffer.from(s) }),
      decode: (b: Uint8Array) => Buffer.from(b).toString(),
    }
    const serdes = [
      avro(upper, { schemaId: 7 }),
      avro(new Map([[9, upper]])),
      protobuf(proto, { schemaId: 8 }),
      protobuf(proto),
    ]
    for (const serde of serdes) {
      await broker.produce('t', { value: 'abc' }, { value: serde as never })
      expect(broker.records('t').at(-1)?.decode(serde)).toBe('abc')
      expect(broker).toHaveRecord(
        't',
        { value: 'abc', offset: broker.records('t').length - 1 },
        { serde: serde as never },
      )
    }
    expect(broker.records('t').map(({ schemaId }) => schemaId)).toEqual([7, 9, 8, undefined])
    await broker.produce('t', { value: { a: 1 } }, { value: json({ schemaId: 3 }) as never })
    expect(broker).toHaveRecord('t', { value: { a: 1 } })
    expect(unframe(frame(5, Buffer.from('x')))).toEqual({ schemaId: 5, payload: Buffer.from('x') })
    expect(text.deserialize(text.serialize('ü'))).toBe('ü')
    expect(() => avro(new Map([[1, upper]])).deserialize(frame(2, Buffer.from('x')))).toThrow(
      'no Avro type for schema id 2',
    )
  })
})

test('toHaveCommitted and toHaveLag', async () => {
  await using broker = await startBroker({ topics: { t: 2 } })
  await broker.produce('t', [
    { value: '1', partition: 0 },
    { value: '2', partition: 0 },
    { value: '3', partition: 1 },
  ])
  await broker.commit('g', { t: { 0: 1, 1: 1 } })
  await expect(broker).toHaveCommitted('g', { t: { 0: 1, 1: 1 } })
  await expect(broker).not.toHaveCommitted('g', { t: { 0: 1 } })
  await expect(broker).toHaveLag('g', 1)
  await expect(broker).toHaveLag('g', 1, 't')
  await expect(expect(broker).toHaveLag('g', 0)).rejects.toThrow(': {"t":{"0":1,"1":0}}')
  await expect(expect(broker).toHaveCommitted('x', {})).rejects.toThrow('there is no such group')
})
