// The checks' `expect` against vitest's: where one is content, the other is.
import { describe, expect, test } from 'vitest'
import { expect as own } from '../../conformance/expect.ts'
import { Unexpected } from '../support/unexpected.ts'

const values: readonly unknown[] = [
  null,
  undefined,
  0,
  -0,
  1,
  '',
  'abc',
  true,
  [],
  [1, 2],
  [2, 1],
  [[1], { a: 1 }],
  {},
  { a: 1 },
  { a: 1, b: undefined },
  { a: 1, b: { c: [1, 2] } },
  { a: 1, b: { c: [1, 2], d: null } },
  { a: [{ x: 1, y: 2 }] },
  { a: [{ x: 1 }] },
  { a: null },
  Buffer.from('abc'),
  Buffer.from('abd'),
  Buffer.alloc(0),
  { bytes: Buffer.from('abc') },
  new Map([[1, 2]]),
  new Map([[1, 3]]),
  new Set([1]),
  new Set([2]),
]

type Looking = Readonly<Record<string, (expected: unknown) => void>>
const vitests = (actual: unknown) => expect(actual) as unknown as Looking

const kindOf = (value: unknown): unknown => Object.getPrototypeOf(value)

const isContent = (look: () => unknown): boolean => {
  try {
    look()
    return true
  } catch {
    return false
  }
}

describe.for(['toBe', 'toEqual', 'toMatchObject', 'toContain', 'toContainEqual', 'toHaveLength'] as const)(
  '%s',
  (name) => {
    // Vitest refuses to compare with some kinds of values at all.
    const expectable = values.filter((value) => {
      if (name === 'toMatchObject') return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
      return name !== 'toHaveLength' || typeof value === 'number'
    })
    const actuals = values.filter((value) => {
      if (name.startsWith('toContain')) return Array.isArray(value)
      // Vitest takes null for an object, and a size for a length.
      if (name === 'toMatchObject') return typeof value === 'object' && value !== null
      return name !== 'toHaveLength' || !(value instanceof Map || value instanceof Set)
    })

    test('holds where vitest’s does', () => {
      for (const actual of actuals) {
        for (const expected of expectable) {
          if (name === 'toMatchObject' && kindOf(actual) !== kindOf(expected)) continue
          const ours = isContent(() => own(actual)[name](expected as never))
          expect(ours, `${String(actual)} ${name} ${String(expected)}`).toBe(
            isContent(() => vitests(actual)[name]?.(expected)),
          )
          expect(isContent(() => own(actual).not[name](expected as never))).toBe(!ours)
        }
      }
    })
  },
)

test('compares numbers and texts', () => {
  own(2).toBeGreaterThan(1)
  own(2).toBeGreaterThanOrEqual(2)
  own(2).toBeLessThan(3)
  own(2).toBeLessThanOrEqual(2)
  own('abc').toMatch(/b/)
  own('abc').toContain('bc')
  own(null).toBeNull()
  own({ host: '/127.0.0.1' }).toEqual({ host: own.stringMatching(/^\/127/) })
  for (const wrong of [
    () => own(1).toBeGreaterThan(1),
    () => own('2').toBeGreaterThan(1),
    () => own(2).toBeLessThanOrEqual(1),
    () => own('abc').toMatch(/d/),
    () => own(undefined).toBeNull(),
    () => own({ host: '1' }).toEqual({ host: own.stringMatching(/^\/127/) }),
  ]) {
    expect(wrong).toThrow(Unexpected)
  }
})

test('looks into what a promise is rejected with', async () => {
  await own(Promise.reject(new TypeError('x'))).rejects.toMatchObject({ message: 'x' })
  await expect(own(Promise.reject(new Error('y'))).rejects.toMatchObject({ message: 'x' })).rejects.toThrow(Unexpected)
  await expect(own(Promise.resolve(1)).rejects.toMatchObject({})).rejects.toThrow('nothing went wrong')
})

test('tells what was expected and what was got', () => {
  const failed = (look: () => unknown): unknown => {
    try {
      look()
      return undefined
    } catch (error) {
      return error
    }
  }
  expect(failed(() => own({ a: 2 }, 'the answer').toEqual({ a: 1 }))).toMatchObject({
    message: 'the answer is not what was expected',
    expected: { a: 1 },
    actual: { a: 2 },
  })
  expect(failed(() => own(1).not.toBe(1))).toMatchObject({ expected: { not: 1 }, actual: 1 })
  expect(failed(() => own(1).toBeGreaterThan(1))).toMatchObject({ expected: 'more than 1' })
})
