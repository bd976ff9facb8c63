// What RE2/J, the engine in Kafka, says of the same patterns and texts: recorded in test/facts/re2.jsonl.gz. And that no
// pattern takes longer than its length and that of the text allow.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { KafkaError } from '../wire/index.ts'
import { Re2 } from './index.ts'

interface Fact {
  readonly pattern: string
  readonly error?: string
  readonly matches?: readonly string[]
  readonly others?: readonly string[]
}

const facts = gunzipSync(readFileSync(new URL('../../test/facts/re2.jsonl.gz', import.meta.url)))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Fact)

function errorOf(pattern: string): string | null | undefined {
  try {
    Re2.compile(pattern)
    return undefined
  } catch (error) {
    return (error as KafkaError).errorMessage
  }
}

test('Every recorded pattern is refused in the same words, or matches the same texts', () => {
  expect(facts.length).toBeGreaterThan(1000)
  for (const { pattern, error, matches = [], others = [] } of facts) {
    expect(errorOf(pattern), pattern).toBe(error)
    if (error !== undefined) continue
    const expression = Re2.compile(pattern)
    for (const text of matches) expect(expression.matches(text), `${pattern} on ${JSON.stringify(text)}`).toBe(true)
    for (const text of others) expect(expression.matches(text), `${pattern} on ${JSON.stringify(text)}`).toBe(false)
  }
})

test('A refusal is one for the client', () => {
  expect(() => Re2.compile('(')).toThrow(expect.objectContaining({ codeName: 'INVALID_REGULAR_EXPRESSION' }))
})

test('The whole text has to match', () => {
  const expression = Re2.compile('txn-[0-9]+')
  expect(['txn-12', 'txn-', 'a-txn-12', 'txn-12-b'].map((text) => expression.matches(text))).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test('What makes other engines try every way there is takes no longer than anything else', () => {
  const text = 'a'.repeat(10_000)
  for (const pattern of ['(a*)*b', '(a|a)*b', '(a|aa)+b', '(.*)(.*)(.*)(.*)(.*)b']) {
    expect(Re2.compile(pattern).matches(text), pattern).toBe(false)
  }
})

test('A pattern that would grow without bounds is refused', () => {
  expect(errorOf('(a{1000}){1000}')).toBe('error parsing regexp: invalid repeat count: `{1000}`')
  expect(errorOf('('.repeat(10_000) + ')'.repeat(10_000))).toContain('expression nests too deeply')
})
