// The requests that came and their answers: bounded by number and by bytes, filtered, and printed as a trace or as a
// sequence diagram.
import { apis, errorName, toJson } from '../wire/index.ts'
import {
  type ApiName,
  checkSelector,
  isAboutItems,
  type RequestSelector,
  type RequestView,
  selects,
  subjectOf,
} from './faults.ts'
import { type Fields, type Items, isFields } from './items.ts'

const MAX_BYTES = 64 << 20
const SHOWN_BYTES = 32

/** A request and what became of it. */
export interface LoggedRequest extends RequestView {
  /** Counts up from 0. */
  readonly id: number
  /** When it came, by the broker's clock: ms since the epoch. */
  readonly time: number
  /** From its arrival to its answer, in real ms; undefined before. */
  readonly durationMs: number | undefined
  /** The decoded answer; undefined before it, and where there was none. */
  readonly response: Fields | undefined
  readonly outcome: 'waiting' | 'answered' | 'no answer' | 'disconnected'
  /** The names of the errors in the answer, each once. */
  readonly errors: readonly string[]
  /** Whether a fault has hit it. */
  readonly isFaulty: boolean
}

type Entry = { -readonly [K in keyof LoggedRequest]: LoggedRequest[K] }

export interface TraceOptions {
  /** The last so many alone. */
  readonly last?: number
  /** With the bodies of requests and answers as JSON. Default false. */
  readonly bodies?: boolean
}

/** What the log is asked about: a selector, and what the answer was like. */
export interface RequestFilter extends RequestSelector {
  /** Answers with this error. */
  readonly error?: string
}

export class RequestLog {
  readonly #maxRequests: number
  readonly #nodeId: number
  readonly #itemsOf: (api: string) => Items
  #entries: Entry[] = []
  readonly #sizes = new Map<number, number>()
  #bytes = 0
  #nextId = 0

  constructor(maxRequests: number, nodeId: number, itemsOf: (api: string) => Items) {
    this.#maxRequests = maxRequests
    this.#nodeId = nodeId
    this.#itemsOf = itemsOf
  }

  /** @internal */
  begin(view: RequestView, time: number, sizeInBytes: number): Entry {
    const entry: Entry = {
      ...view,
      id: this.#nextId++,
      time,
      durationMs: undefined,
      response: undefined,
      outcome: 'waiting',
      errors: [],
      isFaulty: false,
    }
    this.#entries.push(entry)
    this.#sizes.set(entry.id, sizeInBytes)
    this.#bytes += sizeInBytes
    while (this.#entries.length > this.#maxRequests || (this.#bytes > MAX_BYTES && this.#entries.length > 1)) {
      const oldest = this.#entries.shift()
      if (oldest === undefined) break
      this.#bytes -= this.#sizes.get(oldest.id) ?? 0
      this.#sizes.delete(oldest.id)
    }
    return entry
  }

  /** How many there were, those that are forgotten included. */
  get count(): number {
    return this.#nextId
  }

  /** Those that are still known, the oldest first; with a filter, those that it lets through. */
  all(filter: RequestFilter = {}): readonly LoggedRequest[] {
    const { error, ...selector } = filter
    checkSelector(selector)
    return this.#entries.filter(
      (entry) => this.#matches(selector, entry) && (error === undefined || entry.errors.includes(error)),
    )
  }

  /** The last one that the filter lets through. */
  last(filter: RequestFilter = {}): LoggedRequest | undefined {
    return this.all(filter).at(-1)
  }

  [Symbol.iterator](): Iterator<LoggedRequest> {
    return this.all()[Symbol.iterator]()
  }

  #matches(selector: RequestSelector, entry: LoggedRequest): boolean {
    if (!selects(selector, entry, this.#nodeId)) return false
    return !isAboutItems(selector) || this.#itemsOf(entry.api).mentions(entry.body, subjectOf(selector))
  }

  clear(): void {
    this.#entries = []
    this.#sizes.clear()
    this.#bytes = 0
  }

  /** One line for each request, for people: when, who, what, and what became of it. */
  trace(filter: RequestFilter = {}, { last, bodies = false }: TraceOptions = {}): string {
    const entries = this.all(filter)
    return (last === undefined ? entries : entries.slice(-last)).map((entry) => traceLine(entry, bodies)).join('\n')
  }

  /** The same as a sequence diagram in Mermaid's language. */
  mermaid(filter: RequestFilter = {}, { last }: Pick<TraceOptions, 'last'> = {}): string {
    const entries = this.all(filter)
    const shown = last === undefined ? entries : entries.slice(-last)
    const clients = [...new Set(shown.map(clientOf))]
    const nameOf = (entry: LoggedRequest): string => `c${clients.indexOf(clientOf(entry))}`
    const lines = ['sequenceDiagram']
    for (const [index, client] of clients.entries()) lines.push(`  participant c${index} as ${plain(client)}`)
    lines.push('  participant broker')
    for (const entry of shown) {
      lines.push(`  ${nameOf(entry)}->>broker: ${plain(`${entry.api} v${entry.apiVersion} ${summary(entry.body)}`)}`)
      if (entry.outcome === 'answered') {
        lines.push(`  broker-->>${nameOf(entry)}: ${plain(`${resultOf(entry)}${tookOf(entry)}`)}`)
      } else if (entry.outcome !== 'waiting') lines.push(`  broker--x${nameOf(entry)}: ${entry.outcome}`)
    }
    return lines.join('\n')
  }
}

function clientOf({ clientId, connection }: LoggedRequest): string {
  return clientId === null || clientId === '' ? connection : clientId
}

/** Mermaid takes some characters for its own. */
function plain(text: string): string {
  return text.replace(/[;#<>\n]/g, ' ').trim()
}

function tookOf({ durationMs }: LoggedRequest): string {
  return durationMs === undefined ? '' : ` (${durationMs.toFixed(1)} ms)`
}

function resultOf({ outcome, errors }: LoggedRequest): string {
  if (outcome !== 'answered') return outcome
  return errors.length === 0 ? 'ok' : errors.join(', ')
}

function traceLine(entry: LoggedRequest, bodies: boolean): string {
  const { id, time, api, apiVersion, isFaulty, body, response } = entry
  const at = new Date(time).toISOString().slice(11, 23)
  const about = summary(body)
  const head = `#${id} ${at} ${clientOf(entry)} ${api} v${apiVersion}${about === '' ? '' : ` ${about}`}`
  const line = `${head} -> ${resultOf(entry)}${tookOf(entry)}${isFaulty ? ' [fault]' : ''}`
  if (!bodies) return line
  const answer =
    response === undefined ? '' : `\n    < ${JSON.stringify(readable(api, apiVersion, 'response', response))}`
  return `${line}\n    > ${JSON.stringify(readable(api, apiVersion, 'request', body))}${answer}`
}

/** What most people look for in a request: topics with their partitions, group, member, transaction. */
function summary(body: Fields): string {
  const found: string[] = []
  for (const key of ['groupId', 'memberId', 'transactionalId', 'key'] as const) {
    const value = body[key]
    if (typeof value === 'string' && value !== '') found.push(`${key.replace(/Id$/, '')}=${value}`)
  }
  const topics = body.topics ?? body.topicData
  for (const topic of Array.isArray(topics) ? topics.filter(isFields) : []) {
    const name = [topic.name, topic.topic, topic.topicId].find((each) => typeof each === 'string' && each !== '')
    const partitions = topic.partitions ?? topic.partitionData ?? topic.partitionIndexes
    const numbers = (Array.isArray(partitions) ? partitions : []).map((each) =>
      isFields(each) ? (each.partitionIndex ?? each.partition ?? each.index) : each,
    )
    if (name !== undefined) found.push(numbers.length === 0 ? String(name) : `${name}[${numbers.join()}]`)
  }
  return found.join(' ')
}

/** A message as JSON, its bytes as text where they are some. */
export function readable(api: ApiName, version: number, side: 'request' | 'response', message: Fields): unknown {
  try {
    return toJson(apis[api][side], version, message)
  } catch {
    return plainJson(message)
  }
}

function plainJson(value: unknown): unknown {
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, Math.min(value.byteLength, SHOWN_BYTES)).toString('base64')
  if (Array.isArray(value)) return value.map(plainJson)
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainJson(inner)]))
}

/** The names of all errors in a response, each once. */
export function errorsIn(response: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(response)) for (const each of response) errorsIn(each, found)
  else if (isFields(response)) {
    for (const [key, value] of Object.entries(response)) {
      if (key === 'errorCode' && typeof value === 'number' && value !== 0) found.add(errorName(value) ?? String(value))
      else if (typeof value === 'object') errorsIn(value, found)
    }
  }
  return found
}
