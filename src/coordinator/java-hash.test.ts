// Java's hash against what Kafka 4.3.1 did with it.
import { expect, test } from 'vitest'
import { javaHashCode, javaHashMapOrder, partitionFor } from './index.ts'

test('a key is in the partition in which Kafka has it', () => {
  expect(partitionFor('joingroup-9', 50)).toBe(37)
  expect(partitionFor('offsetcommit-4', 50)).toBe(13)
  expect(partitionFor('offsetcommit-4-joined', 50)).toBe(25)
  expect(partitionFor('', 50)).toBe(0)
})

test('the hash that has no absolute value stands for partition 0', () => {
  expect(javaHashCode('polygenelubricants')).toBe(-0x80000000)
  expect(partitionFor('polygenelubricants', 50)).toBe(0)
})

test('keys come in the order of a hash map, and those of one bucket in that of their arrival', () => {
  expect(javaHashMapOrder(['c', 'q', 'b', 'a'])).toEqual(['q', 'a', 'b', 'c'])
  expect(javaHashMapOrder(['q', 'a'])).toEqual(['q', 'a'])
  expect(javaHashMapOrder(['a', 'q'])).toEqual(['a', 'q'])
})
