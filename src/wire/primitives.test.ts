// What the writer promises while its buffer grows under it.
import { expect, test } from 'vitest'
import { Reader, Writer } from './primitives.ts'

test('every primitive that makes the buffer grow is in the one that it grew into', () => {
  const uuid = 'ZICAieQgrPFDoPvzSJoXpA'
  const primitives: [
    name: string,
    write: (writer: Writer) => void,
    read: (reader: Reader) => unknown,
    value: unknown,
  ][] = [
    ['bool', (writer) => writer.bool(true), (reader) => reader.bool(), true],
    ['int8', (writer) => writer.int8(-3), (reader) => reader.int8(), -3],
    ['int16', (writer) => writer.int16(-300), (reader) => reader.int16(), -300],
    ['int32', (writer) => writer.int32(-70_000), (reader) => reader.int32(), -70_000],
    ['int64', (writer) => writer.int64(-5e12), (reader) => reader.int64(), -5e12],
    ['float64', (writer) => writer.float64(0.5), (reader) => reader.float64(), 0.5],
    ['uuid', (writer) => writer.uuid(uuid), (reader) => reader.uuid(), uuid],
    ['uvarint', (writer) => writer.uvarint(300), (reader) => reader.uvarint(), 300],
    ['string', (writer) => writer.string('name', true), (reader) => reader.string(true), 'name'],
  ]
  for (const [name, write, read, value] of primitives) {
    for (let filled = 0; filled <= 32; filled++) {
      const writer = new Writer(32)
      for (let byte = 0; byte < filled; byte++) writer.int8(0x55)
      write(writer)
      const reader = new Reader(writer.toBuffer())
      for (let byte = 0; byte < filled; byte++) reader.int8()
      expect(read(reader), `${name} behind ${filled} bytes`).toEqual(value)
    }
  }
})
