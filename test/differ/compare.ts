// Two brokers' answers to the same request, field by field, after what must differ (ids, ports, times) is named alike.
import { decodeRecordSet } from '../../src/wire/records/index.ts'

export interface Difference {
  readonly path: string
  readonly kafka: unknown
  readonly odradek: unknown
}

/** Values that each broker invents: replaced by what they are and when they were first seen. */
const LABELLED = new Set(['topicId', 'memberId', 'sessionId', 'producerId', 'leader', 'leaderId', 'memberIds'])
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
])
const EMPTY_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
/** What elements of an array are told apart by, since brokers list them in orders of their own. */
const KEYS = [
  'apiKey',
  'name',
  'topic',
  'topicName',
  'topicId',
  'groupId',
  'resourceName',
  'key',
  'partition',
  'partitionIndex',
  'index',
  'nodeId',
  'brokerId',
]

export class Normalizer {
  private readonly labels = new Map<string, string>()

  /** The answer in a form that two brokers share. */
  normalize(value: unknown, key = ''): unknown {
    if (Array.isArray(value)) return this.array(value, key)
    if (Buffer.isBuffer(value)) return key === 'records' ? this.records(value) : value.toString('hex')
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.normalize(inner, name)]))
    }
    if (MASKED.has(key)) return isSet(value) ? `<${key}>` : value
    if (LABELLED.has(key) && isInvented(value)) return this.label(key, String(value))
    return value
  }

  private array(values: unknown[], key: string): unknown[] {
    const sorted = values.every((value) => typeof value === 'object') ? [...values].sort(byKey) : values
    return sorted.map((value) => this.normalize(value, key))
  }

  private records(bytes: Buffer): unknown {
    return decodeRecordSet(bytes).map((batch) => ({
      ...batch,
      crc: '<crc>',
      producerId: this.normalize(batch.producerId, 'producerId'),
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

function isSet(value: unknown): boolean {
  return value !== null && value !== -1 && value !== '' && value !== 0
}

function isInvented(value: unknown): boolean {
  if (typeof value === 'number') return value > 1
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
  if (Array.isArray(kafka) && Array.isArray(odradek)) {
    const length = Math.max(kafka.length, odradek.length)
    return Array.from({ length }, (_, i) => differences(kafka[i], odradek[i], `${path}[${i}]`)).flat()
  }
  if (isObject(kafka) && isObject(odradek)) {
    const keys = new Set([...Object.keys(kafka), ...Object.keys(odradek)])
    return [...keys].flatMap((key) => differences(kafka[key], odradek[key], path === '' ? key : `${path}.${key}`))
  }
  return [{ path, kafka, odradek }]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
