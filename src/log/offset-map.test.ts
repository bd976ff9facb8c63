// The map of a cleaning: it says of every key what it was told last, and holds no more than its memory allows.
import { expect, test } from 'vitest'
import { seeded, seedFrom } from '../../test/support/random.ts'
import { hash128, OffsetMap } from './offset-map.ts'

const roomy = { maxBytes: 1 << 20, loadFactor: 0.9, expectedKeys: 10_000, seed: 1 }

function put(map: OffsetMap, key: string, offset: number): void {
  const bytes = Buffer.from(`..${key}..`)
  map.put(bytes, 2, bytes.length - 4, offset)
}

function get(map: OffsetMap, key: string): number {
  const bytes = Buffer.from(`.${key}.`)
  return map.get(bytes, 1, bytes.length - 2)
}

test('the hash is MurmurHash3', () => {
  const result = new Int32Array(4)
  const hex = (text: string) => {
    hash128(Buffer.from(text), 0, Buffer.byteLength(text), 0, result)
    return Array.from(result, (part) => (part >>> 0).toString(16).padStart(8, '0')).join('')
  }
  expect(hex('')).toBe('0'.repeat(32))
  expect(hex('I will not buy this record, it is scratched.')).toBe('a0a9683b25ac5e40d9af2895890dddf5')
})

test('keys are told apart by every byte and by their length', () => {
  const seen = new Set<string>()
  const result = new Int32Array(4)
  const add = (bytes: Buffer) => {
    hash128(bytes, 0, bytes.length, 99, result)
    seen.add(result.join())
  }
  const keys = [Buffer.alloc(0)]
  for (let size = 1; size <= 40; size++) {
    keys.push(Buffer.alloc(size))
    for (let at = 0; at < size; at++) for (const bit of [1, 128]) keys.push(Buffer.alloc(size).fill(bit, at, at + 1))
  }
  for (const key of keys) add(key)
  expect(seen.size).toBe(keys.length)
})

test('the latest offset of each key is found again, and none of others', () => {
  const seed = seedFrom('MAP_SEED')
  const random = seeded(seed)
  const map = new OffsetMap({ ...roomy, seed: random.below(1 << 30) })
  const model = new Map<string, number>()
  for (let offset = 0; offset < 10_000; offset++) {
    const key = `key-${random.below(5000)}`
    put(map, key, offset)
    model.set(key, offset)
    expect(map.latestOffset).toBe(offset)
  }
  expect(map.size).toBe(model.size)
  for (const [key, offset] of model) expect(get(map, key), `seed ${seed}`).toBe(offset)
  for (let i = 5000; i < 6000; i++) expect(get(map, `key-${i}`)).toBe(-1)
})

test('it is full when as many keys are in it as the memory and the load allow', () => {
  const map = new OffsetMap({ maxBytes: 2400, loadFactor: 0.5, expectedKeys: 1000, seed: 1 })
  for (let i = 0; i < 50; i++) {
    expect(map.isFull).toBe(false)
    put(map, `key-${i}`, i)
  }
  expect(map.isFull).toBe(true)
  expect(map.utilization).toBe(1)
  expect(get(map, 'key-0')).toBe(0)
  expect(get(map, 'key-50')).toBe(-1)
})

test('a load of more than everything fills it to the last slot', () => {
  const map = new OffsetMap({ maxBytes: 240, loadFactor: 7, expectedKeys: 1000, seed: 1 })
  for (let i = 0; i < 10; i++) put(map, `key-${i}`, i)
  expect(map.isFull).toBe(true)
  for (let i = 0; i < 10; i++) expect(get(map, `key-${i}`)).toBe(i)
  expect(get(map, 'other')).toBe(-1)
  expect(() => put(map, 'other', 11)).toThrow('full')
})

test('offsets of any size are kept', () => {
  const map = new OffsetMap(roomy)
  for (const offset of [0, 1, 2 ** 31, 2 ** 32 + 5, 2 ** 52]) {
    put(map, 'key', offset)
    expect(get(map, 'key')).toBe(offset)
  }
})
