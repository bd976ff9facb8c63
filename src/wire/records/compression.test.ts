// The codecs: round trips, Kafka's framings, and bounds that hold before memory is taken.
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../errors.ts'
import { TooLargeError } from './bounds.ts'
import { compress, compressionNames, decompress } from './compression.ts'
import { decodeLz4Block, xxHash32 } from './lz4.ts'
import { decodePlain, encodeZstd, storeZstd } from './zstd.ts'

const samples: [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['a sentence', Buffer.from('the quick brown fox jumps over the lazy dog, the quick brown fox')],
  ['zeros over several blocks', Buffer.alloc(200_000)],
  ['noise over several blocks', noise(150_000)],
  ['text over several blocks', Buffer.from('{"id":1,"name":"odradek"}'.repeat(8000))],
]

function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  let state = 1
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[index] = state >>> 24
  }
  return bytes
}

describe.each(compressionNames)('%s', (codec) => {
  test.each(samples)('brings back %s', (_name, data) => {
    expect(decompress(codec, compress(codec, data)).equals(data)).toBe(true)
  })
})

const codecs = compressionNames.filter((name) => name !== 'none')

describe.each(codecs)('%s', (codec) => {
  const data = Buffer.alloc(3_000_000, 'abc')
  const compressed = compress(codec, data)

  test('inflates to its bound, and not a byte beyond', () => {
    expect(decompress(codec, compressed, data.length).length).toBe(data.length)
    expect(() => decompress(codec, compressed, data.length - 1)).toThrow(TooLargeError)
    expect(() => decompress(codec, compressed, 1000)).toThrow(TooLargeError)
  })

  test('refuses a stream that is cut off', () => {
    expect(() => decompress(codec, compressed.subarray(0, compressed.length >> 1))).toThrow(DecodeError)
  })

  test('gives results that the next call leaves alone', () => {
    const first = decompress(codec, compress(codec, Buffer.from('first')))
    decompress(codec, compress(codec, Buffer.from('other')))
    expect(first.toString()).toBe('first')
  })
})

test('a level is used where the codec has levels', () => {
  const text = Buffer.from(samples[5]?.[1] ?? '').subarray(0, 60_000)
  for (const codec of ['gzip', 'zstd'] as const) {
    expect(decompress(codec, compress(codec, text, { level: 1 })).equals(text)).toBe(true)
    expect(decompress(codec, compress(codec, text, { level: 9 })).equals(text)).toBe(true)
  }
  expect(compress('gzip', text, { level: 9 }).length).toBeLessThan(compress('gzip', text, { level: 1 }).length)
})

describe('snappy', () => {
  test('is written in the xerial framing', () => {
    expect(compress('snappy', Buffer.from('hello')).subarray(0, 16).toString('hex')).toBe(
      '82534e4150505900' + '00000001' + '00000001',
    )
  })

  test('is read raw too', () => {
    const raw = Buffer.from([5, 4 << 2, ...Buffer.from('hello')])
    expect(decompress('snappy', raw).toString()).toBe('hello')
  })

  test('refuses a block that declares more than it can hold', () => {
    const bomb = Buffer.from([0xff, 0xff, 0xff, 0x3f, 0, 97])
    expect(() => decompress('snappy', bomb)).toThrow(DecodeError)
  })
})

describe('lz4', () => {
  const levels = Array.from({ length: 17 }, (_, i) => i + 1)

  test.each(levels)('brings back everything at level %i', (level) => {
    const alphabet = noise(120_000).map((byte) => byte % (1 + (byte % 7)))
    const all: [string, Buffer][] = [...samples, ['few different bytes', Buffer.from(alphabet)]]
    for (let size = 0; size < 40; size++) all.push([`${size} bytes`, Buffer.alloc(size, 'ab')])
    for (const [name, data] of all) {
      const frame = compress('lz4', data, { level })
      expect(decompress('lz4', frame).equals(data), name).toBe(true)
      const header = 7
      if (data.length === 0 || data.length > 65_536 || frame.readUInt32LE(header) >= 0x80000000) continue
      const plain = Buffer.alloc(data.length)
      const end = header + 4 + frame.readUInt32LE(header)
      expect(decodeLz4Block(frame, header + 4, end, plain, 0, data.length), name).toBe(data.length)
      expect(plain.equals(data), name).toBe(true)
    }
  })

  test('makes less of the same at a higher level', () => {
    const bytes = noise(60_000)
    const words = Array.from({ length: 10_000 }, (_, i) => `${10_000 + (bytes.readUInt16LE(i * 2) % 400)}`)
    const text = Buffer.from(words.join(' '))
    const [first, middle, last] = [1, 6, 12].map((level) => compress('lz4', text, { level }).length) as [
      number,
      number,
      number,
    ]
    expect(middle).toBeLessThan(first)
    expect(last).toBeLessThan(middle)
  })

  const data = Buffer.from('hello hello hello hello hello hello')

  test('is a frame of independent blocks of 64 KB', () => {
    expect(compress('lz4', data).subarray(0, 7).toString('hex')).toBe('04224d18604082')
    const frame = compress('lz4', Buffer.alloc(200_000))
    expect(decompress('lz4', frame).length).toBe(200_000)
  })

  test('has the wrong header checksum of old in magic 0, which is accepted there alone', () => {
    const legacy = compress('lz4', data, { magic: 0 })
    expect(legacy[6]).toBe((xxHash32(legacy, 0, 6) >>> 8) & 0xff)
    expect(legacy[6]).not.toBe(0x82)
    expect(decompress('lz4', legacy, undefined, 0).equals(data)).toBe(true)
    expect(decompress('lz4', compress('lz4', data), undefined, 0).equals(data)).toBe(true)
    expect(() => decompress('lz4', legacy)).toThrow('Stream frame descriptor corrupted')
  })

  test('has the checksum of its specification', () => {
    expect(xxHash32(Buffer.alloc(0), 0, 0)).toBe(0x02cc5d05)
    const text = Buffer.from('Nobody inspects the spammish repetition')
    expect(xxHash32(text, 0, text.length)).toBe(0xe2293b2f)
  })

  test('is decoded without the native codec to the same bytes', () => {
    for (const [, sample] of samples) {
      const plain = sample.subarray(0, 60_000)
      const frame = compress('lz4', plain)
      const sizeField = frame.length > 11 ? frame.readUInt32LE(7) : 0x80000000
      if (sizeField >= 0x80000000) continue
      const target = Buffer.alloc(plain.length)
      expect(decodeLz4Block(frame, 11, 11 + sizeField, target, 0, target.length)).toBe(plain.length)
      expect(target.equals(plain)).toBe(true)
      expect(() => decodeLz4Block(frame, 11, 11 + sizeField, target, 0, target.length - 1)).toThrow(DecodeError)
    }
  })
})

describe('zstd', () => {
  test('is decoded in JavaScript to the same bytes, within its bound', () => {
    for (const [, data] of samples) {
      if (data.length === 0) continue
      const frame = encodeZstd(data)
      expect(decodePlain(frame, data.length).equals(data)).toBe(true)
      expect(() => decodePlain(frame, data.length - 1)).toThrow(TooLargeError)
    }
  })

  test('is stored in valid frames where no encoder is installed', () => {
    for (const [, data] of samples) expect(decompress('zstd', storeZstd(data)).equals(data)).toBe(true)
  })

  test('refuses a window that libzstd refuses', () => {
    const frame = Buffer.from('28b52ffd00ff010000', 'hex')
    expect(() => decompress('zstd', frame)).toThrow(DecodeError)
  })
})

test('garbage behind a whole gzip member is left unread, as by Java', () => {
  const data = Buffer.from('some data '.repeat(20))
  expect(decompress('gzip', Buffer.concat([gzipSync(data), Buffer.from('garbage')])).equals(data)).toBe(true)
  expect(decompress('gzip', Buffer.concat([gzipSync(data), gzipSync(data)])).length).toBe(2 * data.length)
})
