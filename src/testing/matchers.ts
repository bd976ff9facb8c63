// Matchers for expect, in vitest and in jest: `expect.extend(matchers)`, or the entries odradek/testing/vitest and
// odradek/testing/jest, which also tell TypeScript. What they say when they fail shows what was there.
import { isDeepStrictEqual } from 'node:util'
import type { GroupView, Offsets } from './groups.ts'
import type { RecordedRecord, RecordsOptions } from './records.ts'
import { json, type Serde } from './serdes.ts'
import { seenRecords, type TestBroker } from './test-broker.ts'

/** What a record has to be like; what is left out may be anything. Asymmetric matchers fit everywhere. */
export interface ExpectedRecord {
  /** Text, bytes, null; anything else is compared with what the serde or JSON makes of the bytes. */
  readonly key?: unknown
  /** As `key`. */
  readonly value?: unknown
  /** These among others; values are text. */
  readonly headers?: Readonly<Record<string, unknown>>
  readonly partition?: unknown
  readonly offset?: unknown
  readonly timestamp?: unknown
  readonly transaction?: unknown
}

export interface ToHaveRecordOptions extends RecordsOptions {
  /** Reads keys; default JSON. */
  readonly keySerde?: Serde
  /** Reads values; default JSON. */
  readonly serde?: Serde
}

/** What vitest and jest give a matcher, as far as it is needed here. */
interface MatcherContext {
  readonly isNot?: boolean
  equals(a: unknown, b: unknown): boolean
  readonly utils: {
    printExpected(value: unknown): string
    printReceived(value: unknown): string
    diff(a: unknown, b: unknown): string | null | undefined
  }
}

interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

const fields = ['partition', 'offset', 'timestamp', 'transaction'] as const

/** For `expect.extend`. */
export const matchers = {
  /** The topic has a record like that. */
  toHaveRecord(
    this: MatcherContext,
    broker: TestBroker,
    topic: string,
    expected: ExpectedRecord,
    options: ToHaveRecordOptions = {},
  ): MatcherResult {
    const records = broker.topic(topic) === undefined ? [] : broker.records(topic, options)
    const differences = records.map((record) => differencesOf(this, record, expected, options))
    const pass = differences.some((each) => each === 0)
    return {
      pass,
      message: () => {
        const wanted = `expected ${topic} ${this.isNot ? 'not ' : ''}to have a record like ${this.utils.printExpected(expected)}`
        if (broker.topic(topic) === undefined)
          return `${wanted}\nbut there is no such topic; there are ${broker.topics().join(', ') || 'none'}`
        const closest = pass ? undefined : records[indexOfLeast(differences)]
        const diff =
          closest === undefined
            ? ''
            : `\nthe closest differs:\n${this.utils.diff(expected, likeExpected(closest, expected, options)) ?? ''}`
        return `${wanted}\nit has ${seenRecords(records)}${diff}`
      },
    }
  },

  /** The group has committed exactly these offsets of the topics named: `{ orders: { 0: 12 } }`. */
  async toHaveCommitted(
    this: MatcherContext,
    broker: TestBroker,
    groupId: string,
    offsets: Offsets,
  ): Promise<MatcherResult> {
    const group = await broker.group(groupId)
    const committed = group === undefined ? {} : pick(group.committed, offsets)
    return {
      pass: group !== undefined && this.equals(committed, offsets),
      message: () =>
        group === undefined
          ? `expected the group ${groupId} to have committed ${this.utils.printExpected(offsets)}, but there is no such group`
          : `expected the group ${groupId} ${this.isNot ? 'not ' : ''}to have committed\n${this.utils.diff(offsets, group.committed) ?? this.utils.printExpected(offsets)}`,
    }
  },

  /** The group has so many records before it, in all of its topics, or in the one named. */
  async toHaveLag(
    this: MatcherContext,
    broker: TestBroker,
    groupId: string,
    lag: number,
    topic?: string,
  ): Promise<MatcherResult> {
    const group = await broker.group(groupId)
    const actual = group === undefined ? undefined : lagOf(group, topic)
    return {
      pass: actual === lag,
      message: () =>
        group === undefined
          ? `expected the group ${groupId} to have a lag of ${lag}, but there is no such group`
          : `expected the group ${groupId} ${this.isNot ? 'not ' : ''}to have a lag of ${this.utils.printExpected(lag)}${topic === undefined ? '' : ` in ${topic}`}, it has ${this.utils.printReceived(actual)}: ${JSON.stringify(group.lag)}`,
    }
  },
}

/** What the matchers are to TypeScript. */
export interface BrokerMatchers<R = unknown> {
  toHaveRecord(topic: string, expected: ExpectedRecord, options?: ToHaveRecordOptions): R
  toHaveCommitted(groupId: string, offsets: Offsets): Promise<R>
  toHaveLag(groupId: string, lag: number, topic?: string): Promise<R>
}

function lagOf({ lag, totalLag }: GroupView, topic: string | undefined): number {
  if (topic === undefined) return totalLag
  return Object.values(lag[topic] ?? {}).reduce((sum, each) => sum + each, 0)
}

/** Of the topics that were asked about. */
function pick(committed: Offsets, asked: Offsets): Offsets {
  return Object.fromEntries(Object.entries(committed).filter(([topic]) => topic in asked))
}

/** What `toHaveRecord` finds, without an expect. */
export function isLike(record: RecordedRecord, expected: ExpectedRecord): boolean {
  return differencesOf({ equals: isDeepStrictEqual }, record, expected, {}) === 0
}

/** How many of the expected parts are otherwise. */
function differencesOf(
  context: Pick<MatcherContext, 'equals'>,
  record: RecordedRecord,
  expected: ExpectedRecord,
  options: ToHaveRecordOptions,
): number {
  const actual = Object(likeExpected(record, expected, options)) as Readonly<Record<string, unknown>>
  return Object.entries(expected).filter(([name, value]) => !context.equals(actual[name], value)).length
}

/** The record in the form of what was expected, with those parts alone. */
function likeExpected(record: RecordedRecord, expected: ExpectedRecord, options: ToHaveRecordOptions): ExpectedRecord {
  const like: Record<string, unknown> = {}
  if ('key' in expected) like.key = inFormOf(expected.key, record.key, options.keySerde)
  if ('value' in expected) like.value = inFormOf(expected.value, record.value, options.serde)
  if (expected.headers !== undefined) {
    like.headers = Object.fromEntries(Object.keys(expected.headers).map((name) => [name, record.header(name)]))
  }
  for (const field of fields) if (field in expected) like[field] = record[field]
  return like
}

function inFormOf(expected: unknown, bytes: Buffer | null, serde: Serde | undefined): unknown {
  if (bytes === null || ArrayBuffer.isView(expected)) return bytes
  if (serde === undefined && (typeof expected === 'string' || isForText(expected))) return bytes.toString('utf8')
  try {
    return (serde ?? json()).deserialize(bytes)
  } catch {
    return bytes.toString('utf8')
  }
}

/** expect.stringContaining and its like look at text. */
function isForText(expected: unknown): boolean {
  if (expected instanceof RegExp) return true
  const name = typeof expected === 'object' && expected !== null ? Reflect.get(expected, 'toString') : undefined
  return typeof name === 'function' && /^String/.test(String(name.call(expected)))
}

function indexOfLeast(numbers: readonly number[]): number {
  return numbers.indexOf(Math.min(...numbers))
}
