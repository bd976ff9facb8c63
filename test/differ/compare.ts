// Two brokers' answers to the same request, field by field, after what must differ (ids, ports, times) is named alike.
import { decodeRecordSet } from '../../src/wire/records/index.ts'

export interface Difference {
  readonly path: string
  readonly kafka: unknown
  readonly odradek: unknown
}

/** Values that each broker invents: replaced by what they are and when they were first seen. */
const LABELLED = new Set([
  'topicId',
  'memberId',
  'sessionId',
  'producerId',
  'leader',
  'memberIds',
  'ongoingTxnProducerId',
  'leaderDirectoryId',
  'replicaDirectoryId',
])
const MASKED = new Set([
  'clusterId',
  'port',
  'host',
  'logDir',
  'logAppendTimeMs',
  'finalizedFeaturesEpoch',
  'totalBytes',
  'usableBytes',
  'lastTimestamp',
  'transactionStartTimeMs',
  'lastFetchTimestamp',
  'lastCaughtUpTimestamp',
])
/** How far the log of the metadata is depends on when one asks. */
const MASKED_IN: Readonly<Record<string, readonly string[]>> = {
  DescribeQuorum: ['highWatermark', 'logEndOffset', 'leaderEpoch'],
}
const EMPTY_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
/** A time of today in a message, and today less Long.MAX_VALUE. */
const TIME = /\b1[0-9]{12}\b|-92233[0-9]{14}\b/g
/** What elements of an array are told apart by, since brokers list them in orders of their own. */
const KEYS = [
  'apiKey',
  'name',
  'topic',
  'topicName',
  'topicId',
  'groupId',
  'transactionalId',
  'resourceType',
  'resourceName',
  'key',
  'partition',
  'partitionIndex',
  'partitionId',
  'index',
  'nodeId',
  'brokerId',
  'memberId',
  'producerId',
]

export class Normalizer {
  private readonly labels: Map<string, string>
  private masked: readonly string[] = []

  /** `known` holds what the broker invented and what the script calls it. */
  constructor(known: ReadonlyMap<string, string> = new Map()) {
    this.labels = new Map(known)
  }

  /** The answer in a form that two brokers share. */
  answerOf({ api, answer }: { readonly api: string; readonly answer: unknown }): unknown {
    this.masked = MASKED_IN[api] ?? []
    return this.normalize(answer, '')
  }

  private normalize(value: unknown, key: string): unknown {
    if (Array.isArray(value)) return this.array(value, key)
    if (Buffer.isBuffer(value)) return key === 'records' ? this.records(value) : value.toString('latin1')
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.normalize(inner, name)]))
    }
    if (MASKED.has(key) || this.masked.includes(key)) return isSet(value) ? `<${key}>` : value
    if (LABELLED.has(key) && isInvented(value)) return this.label(key, String(value))
    return typeof value === 'string' ? this.text(value) : value
  }

  private array(values: unknown[], key: string): unknown[] {
    const normalized = values.map((value) => this.normalize(value, key))
    return normalized.every((value) => typeof value === 'object') ? normalized.sort(byKey) : normalized
  }

  /** A text, where a message may quote what the broker invented. */
  private text(value: string): string {
    let text = value.replace(TIME, '<time>')
    for (const [invented, label] of this.labels) {
      if (invented.length > 8) text = text.replaceAll(invented, label)
    }
    return text
  }

  private records(bytes: Buffer): unknown {
    return decodeRecordSet(bytes).map((batch) => ({
      ...batch,
      crc: '<crc>',
      producerId: this.normalize(batch.producerId, 'producerId'),
      // A marker has the time of the coordinator.
      ...(batch.isControl ? { maxTimestamp: '<time>', records: batch.records.map(timeless) } : {}),
    }))
  }

  private label(key: string, value: string): string {
    const known = this.labels.get(value)
    if (known !== undefined) return known
    const label = `<${key} ${this.labels.size}>`
    this.labels.set(value, label)
    return label
  }
}

function timeless<T extends object>(record: T): T & { timestamp: string } {
  return { ...record, timestamp: '<time>' }
}

function isSet(value: unknown): boolean {
  return value !== null && value !== -1 && value !== '' && value !== 0
}

/** Scripts name what they invent themselves `fixed-…`, or give it few digits. */
function isInvented(value: unknown): boolean {
  if (typeof value === 'number') return value >= 0 && value !== 12345
  return typeof value === 'string' && value.length > 8 && value !== EMPTY_UUID && !value.startsWith('fixed-')
}

function byKey(a: unknown, b: unknown): number {
  for (const key of KEYS) {
    const [left, right] = [(a as Record<string, unknown>)?.[key], (b as Record<string, unknown>)?.[key]]
    if (left === undefined || right === undefined || left === right) continue
    if (typeof left === 'number' && typeof right === 'number') return left - right
    return String(left) < String(right) ? -1 : 1
  }
  return 0
}

/** Where two normalised answers differ. */
export function differences(kafka: unknown, odradek: unknown, path = ''): Difference[] {
  if (Object.is(kafka, odradek)) return []
  if (Array.isArray(kafka) && Array.isArray(odradek)) return differencesOfArrays(kafka, odradek, path)
  if (isObject(kafka) && isObject(odradek)) {
    const keys = new Set([...Object.keys(kafka), ...Object.keys(odradek)])
    return [...keys].flatMap((key) => differences(kafka[key], odradek[key], path === '' ? key : `${path}.${key}`))
  }
  return [{ path, kafka, odradek }]
}

/** Elements that have a name are compared with those of the same name, others with those at the same place. */
function differencesOfArrays(kafka: unknown[], odradek: unknown[], path: string): Difference[] {
  const [left, right] = [byName(kafka), byName(odradek)]
  if (left !== undefined && right !== undefined) {
    const names = new Set([...left.keys(), ...right.keys()])
    return [...names].flatMap((name) => differences(left.get(name), right.get(name), `${path}[${name}]`))
  }
  const length = Math.max(kafka.length, odradek.length)
  return Array.from({ length }, (_, i) => differences(kafka[i], odradek[i], `${path}[${i}]`)).flat()
}

/** The elements by their name, where each has one of its own. */
function byName(elements: unknown[]): Map<string, unknown> | undefined {
  const named = new Map<string, unknown>()
  for (const element of elements) {
    if (!isObject(element)) return undefined
    const key = KEYS.find((one) => element[one] !== undefined && element[one] !== null && element[one] !== '')
    if (key !== undefined) named.set(String(element[key]), element)
  }
  return named.size === elements.length ? named : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
