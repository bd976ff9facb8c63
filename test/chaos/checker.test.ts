import { describe, expect, test } from 'vitest'
import { type Entry, faultsOf } from './checker.ts'

const entry = (number: number): Entry => ({
  partition: number % 2,
  timestamp: `${1000 + number}`,
  key: `${number}`,
  value: `${number}:text`,
})
const input = [0, 1, 2, 3, 4, 5].map(entry)

describe('the checker', () => {
  test('finds no fault in the same records, whatever the order of partitions', () => {
    expect(faultsOf(input, [1, 0, 3, 5, 2, 4].map(entry))).toEqual([])
  })

  test.for([
    ['a lost record', [0, 1, 2, 3, 5].map(entry), 'lost'],
    ['a doubled record', [0, 1, 2, 2, 3, 4, 5].map(entry), 'doubled'],
    ['an altered value', input.map((one) => ({ ...one, value: one.value.replace('3:t', '3:T') })), 'of no input'],
    ['another timestamp', input.map((one) => ({ ...one, timestamp: one.key === '3' ? '7' : one.timestamp })), 'lost'],
    ['another partition', input.map((one) => ({ ...one, partition: one.key === '3' ? 0 : one.partition })), 'lost'],
    ['another order', [2, 1, 0, 3, 4, 5].map(entry), 'partition 0 differs from record 0 on'],
  ] as const)('finds %s', ([, output, fault]) => {
    expect(faultsOf(input, output).join('\n')).toContain(fault)
  })
})
