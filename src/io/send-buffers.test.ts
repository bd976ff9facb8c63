import { expect, test } from 'vitest'
import { giveBack, isLent, takeSendBuffer } from './send-buffers.ts'

const LARGE = 1 << 19

test('what was given back is taken again', () => {
  const first = takeSendBuffer(LARGE)
  giveBack(first)
  expect(takeSendBuffer(LARGE - 1000).buffer).toBe(first.buffer)
})

test('what is lent is nobody else’s', () => {
  const [a, b] = [takeSendBuffer(LARGE), takeSendBuffer(LARGE)]
  expect(a.buffer).not.toBe(b.buffer)
  expect(isLent(a)).toBe(true)
  expect(isLent(a.subarray(5, 9))).toBe(true)
})

test('what is given back twice is taken once', () => {
  const first = takeSendBuffer(LARGE)
  giveBack(first)
  giveBack(first)
  expect(isLent(first)).toBe(false)
  const [a, b] = [takeSendBuffer(LARGE), takeSendBuffer(LARGE)]
  expect(a.buffer).not.toBe(b.buffer)
})

test('no more is taken than twice what is asked for', () => {
  for (const length of [1 << 16, (1 << 16) + 1, 300_000, LARGE, 1 << 20]) {
    const bytes = takeSendBuffer(length)
    expect(bytes).toHaveLength(length)
    expect(bytes.buffer.byteLength).toBeLessThan(2 * length)
  }
})

test('small and huge ones are memory like any other, and other memory is not taken in', () => {
  for (const length of [0, 100, (1 << 20) + 1]) {
    const bytes = takeSendBuffer(length)
    expect(bytes).toHaveLength(length)
    expect(isLent(bytes)).toBe(false)
  }
  const other = Buffer.alloc(LARGE)
  giveBack(other)
  expect(takeSendBuffer(LARGE).buffer).not.toBe(other.buffer)
})
