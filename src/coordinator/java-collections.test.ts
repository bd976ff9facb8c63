// The order of Java's and Kafka's maps, as those on a JVM have it.
import { describe, expect, test } from 'vitest'
import { JavaHashMap, javaHashCode, javaHashSetOrder, javaIntSetOrder, TimelineHashMap } from './index.ts'

const members = Array.from({ length: 14 }, (_, index) => `member-${index}`)
const numbered = (...numbers: number[]) => numbers.map((number) => `member-${number}`)
const asHashMap = numbered(5, 6, 3, 13, 4, 12, 9, 11, 10, 7, 8, 1, 2, 0)
/** Three strings of one hash. */
const colliding = ['Aa', 'BB', 'C#']

describe('a HashMap', () => {
  test('has its keys by their buckets, in a table that grows with them', () => {
    const map = new JavaHashMap<string, number>(javaHashCode)
    for (const [index, member] of members.entries()) map.set(member, index)
    expect(map.keys()).toEqual(asHashMap)
    expect(JavaHashMap.copyOf(map, javaHashCode).keys()).toEqual(asHashMap)
    expect([...map].slice(0, 2)).toEqual([
      ['member-5', 5],
      ['member-6', 6],
    ])
    expect([...map.values()].slice(0, 2)).toEqual([5, 6])
  })

  test('has what was put into a bucket behind what is there, and what was computed before it', () => {
    const put = new JavaHashMap<string, number>(javaHashCode)
    for (const key of colliding) put.set(key, 0)
    expect(put.keys()).toEqual(['Aa', 'BB', 'C#'])
    const computed = new JavaHashMap<string, number>(javaHashCode)
    for (const key of colliding) computed.computeIfAbsent(key, () => 0)
    expect(computed.keys()).toEqual(['C#', 'BB', 'Aa'])
    computed.delete('BB')
    computed.set('BB', 1)
    expect(computed.keys()).toEqual(['C#', 'Aa', 'BB'])
  })

  test('keeps the place of a key whose value changes, and computes nothing twice', () => {
    const map = new JavaHashMap<string, number>(javaHashCode)
    for (const key of colliding) map.set(key, 0)
    map.set('Aa', 7)
    expect(map.keys()).toEqual(colliding)
    expect(map.computeIfAbsent('Aa', () => 8)).toBe(7)
    expect(map.get('Aa')).toBe(7)
    expect(map.delete('none')).toBe(false)
    expect(map.size).toBe(3)
  })
})

describe('a HashSet', () => {
  test('made of a list has room for it from the start', () => {
    expect(javaIntSetOrder([100, 3, 17, 1, 33, 16])).toEqual([16, 17, 1, 33, 3, 100])
    expect(javaHashSetOrder(colliding, javaHashCode)).toEqual(colliding)
  })
})

describe('a TimelineHashMap', () => {
  test('has another order', () => {
    const map = new TimelineHashMap<number>()
    for (const [index, member] of members.entries()) map.set(member, index)
    const order = numbered(13, 3, 10, 8, 0, 5, 12, 2, 7, 4, 11, 9, 1, 6)
    expect(map.keys()).toEqual(order)
    map.delete('member-3')
    map.set('member-3', 1)
    map.set('member-5', 9)
    expect(map.keys()).toEqual(order)
    expect(map.get('member-5')).toBe(9)
  })
})
