// `expect` for the checks: as much of vitest's as the behaviour tests use, with vitest's meaning. What does not hold is
// thrown with what was expected and what was got.
import { isDeepStrictEqual } from 'node:util'
import { Unexpected } from '../test/support/unexpected.ts'

/** A value that a part of what is got is held against, within `toEqual` and `toMatchObject`. */
class StringMatching {
  private readonly pattern: RegExp

  constructor(pattern: RegExp) {
    this.pattern = pattern
  }

  matches(actual: unknown): boolean {
    return typeof actual === 'string' && this.pattern.test(actual)
  }

  toJSON(): string {
    return `a string that matches ${this.pattern}`
  }
}

interface Matcher {
  /** Of `not.`, whether it does not hold. */
  holds(actual: unknown): boolean
  readonly expected: unknown
  /** What of the actual value is shown. */
  readonly got?: (actual: unknown) => unknown
}

const length = (value: unknown): unknown => (value as { readonly length?: unknown } | null)?.length

const matchers = {
  toBe: (expected: unknown): Matcher => ({ expected, holds: (actual) => Object.is(actual, expected) }),
  toBeNull: (): Matcher => ({ expected: null, holds: (actual) => actual === null }),
  toEqual: (expected: unknown): Matcher => ({ expected, holds: (actual) => equals(expected, actual, false) }),
  toMatchObject: (expected: object): Matcher => ({ expected, holds: (actual) => equals(expected, actual, true) }),
  toHaveLength: (expected: number): Matcher => ({
    expected: `a length of ${expected}`,
    holds: (actual) => length(actual) === expected,
  }),
  toContain: (expected: unknown): Matcher => ({
    expected: { that: 'contains', value: expected },
    holds: (actual) => contains(actual, (element) => Object.is(element, expected), expected),
  }),
  toContainEqual: (expected: unknown): Matcher => ({
    expected: { that: 'contains', value: expected },
    holds: (actual) => contains(actual, (element) => equals(expected, element, false)),
  }),
  toMatch: (expected: RegExp): Matcher => ({
    expected: `a string that matches ${expected}`,
    holds: (actual) => typeof actual === 'string' && expected.test(actual),
  }),
  toBeGreaterThan: (expected: number) => compared('more than', expected, (actual) => actual > expected),
  toBeGreaterThanOrEqual: (expected: number) => compared('at least', expected, (actual) => actual >= expected),
  toBeLessThan: (expected: number) => compared('less than', expected, (actual) => actual < expected),
  toBeLessThanOrEqual: (expected: number) => compared('at most', expected, (actual) => actual <= expected),
}

function compared(words: string, expected: number, holds: (actual: number) => boolean): Matcher {
  return { expected: `${words} ${expected}`, holds: (actual) => typeof actual === 'number' && holds(actual) }
}

function contains(actual: unknown, isIt: (element: unknown) => boolean, text?: unknown): boolean {
  if (typeof actual === 'string') return typeof text === 'string' && actual.includes(text)
  return Array.isArray(actual) && actual.some(isIt)
}

type Matchers<R> = { readonly [K in keyof typeof matchers]: (...expected: Parameters<(typeof matchers)[K]>) => R }
type Expectation = Matchers<void> & { readonly not: Matchers<void>; readonly rejects: Matchers<Promise<void>> }

/** What `actual` must be; `what` says what it is, where the sentence of the check does not. */
export const expect = Object.assign(
  (actual: unknown, what?: string): Expectation => ({
    ...matching((matcher) => judge(matcher, actual, what, true)),
    not: matching((matcher) => judge(matcher, actual, what, false)),
    rejects: matching(async (matcher) => judge(matcher, await rejection(actual), what, true)),
  }),
  { stringMatching: (pattern: RegExp) => new StringMatching(pattern) },
)

function matching<R>(judged: (matcher: Matcher) => R): Matchers<R> {
  const entries = Object.entries(matchers).map(([name, make]) => {
    return [name, (expected: never) => judged(make(expected))] as const
  })
  return Object.fromEntries(entries) as unknown as Matchers<R>
}

function judge({ holds, expected }: Matcher, actual: unknown, what: string | undefined, wanted: boolean): void {
  if (holds(actual) === wanted) return
  const message = what === undefined ? 'not what was expected' : `${what} is not what was expected`
  throw new Unexpected(message, wanted ? expected : { not: expected }, actual)
}

async function rejection(actual: unknown): Promise<unknown> {
  try {
    await (actual as Promise<unknown>)
  } catch (error) {
    return error
  }
  throw new Unexpected('nothing went wrong', 'an error', 'none')
}

/** Whether all is the same, or, of a subset, all that is expected. */
function equals(expected: unknown, actual: unknown, isSubset: boolean): boolean {
  if (expected instanceof StringMatching) return expected.matches(actual)
  if (Object.is(expected, actual)) return true
  if (expected instanceof Uint8Array) return actual instanceof Uint8Array && Buffer.compare(expected, actual) === 0
  if (Array.isArray(expected)) return Array.isArray(actual) && equalElements(expected, actual, isSubset)
  if (!isPlain(expected) || !isPlain(actual)) return isDeepStrictEqual(expected, actual)
  return isSubset ? hasAllOf(expected, actual) : isSameObject(expected, actual)
}

type Plain = Readonly<Record<string, unknown>>

function hasAllOf(expected: Plain, actual: Plain): boolean {
  return Object.keys(expected).every((key) => key in actual && equals(expected[key], actual[key], true))
}

/** What is undefined counts as missing. */
function isSameObject(expected: Plain, actual: Plain): boolean {
  const known = new Set([...Object.keys(expected), ...Object.keys(actual)])
  return [...known].every((key) => equals(expected[key], actual[key], false))
}

function equalElements(expected: readonly unknown[], actual: readonly unknown[], isSubset: boolean): boolean {
  return expected.length === actual.length && expected.every((element, i) => equals(element, actual[i], isSubset))
}

/** An object whose properties are what it is; an error too, for what is looked at of it. */
function isPlain(value: unknown): value is Plain {
  if (typeof value !== 'object' || value === null || value instanceof Map || value instanceof Set) return false
  return !Array.isArray(value) && !ArrayBuffer.isView(value)
}
