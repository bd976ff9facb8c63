// Faults that a test injects: which requests they are for, and what becomes of those. Knows requests and responses by
// their schemas alone, so that every API is covered; what delays, cuts and disconnects is done where the traffic is.
import type { ErrorName } from '../wire/index.ts'
import { apis, ErrorCode } from '../wire/index.ts'
import { type Duration, milliseconds } from './duration.ts'
import type { Fields, Subject } from './items.ts'

export type ApiName = keyof typeof apis

/** A request as a test sees it. */
export interface RequestView {
  /** The API's name: `Produce`, `Fetch`, … */
  readonly api: ApiName
  readonly apiVersion: number
  readonly clientId: string | null
  /** The id of the connection it came on. */
  readonly connection: string
  /** The decoded request. */
  readonly body: Fields
}

/** Which requests; what is left out lets all through. */
export interface RequestSelector {
  /** One API, or several. */
  readonly api?: ApiName | readonly ApiName[]
  /** One version, or the lowest and the highest. */
  readonly apiVersion?: number | readonly [min: number, max: number]
  readonly clientId?: string | RegExp
  /** Requests about this topic; an error is for this topic's part of the request alone. */
  readonly topic?: string
  /** As `topic`. */
  readonly partition?: number
  /** Requests of this group; where one request is about several, for this group's part alone. */
  readonly group?: string
  /** As `group`. */
  readonly transactionalId?: string
  /** Requests to this node; there is one. */
  readonly node?: number
  readonly when?: (request: RequestView) => boolean
}

/** What becomes of a request. A delay goes together with anything else, and comes first. */
export interface FaultAction {
  /** The answer carries this error, where this API has its place for it: for the whole request, or for each item. */
  readonly error?: ErrorName
  /** The text beside the error, where the API has a place for one. */
  readonly message?: string
  /** The request is handled this much later. */
  readonly delay?: Duration
  /** The answer never comes; the connection stays open. */
  readonly noAnswer?: true
  /** The connection ends instead of an answer: before the work is done, or after. */
  readonly disconnect?: 'before' | 'after'
  /** With `error`, `noAnswer`: the work is done all the same. By default it is not. */
  readonly work?: 'done'
  /** The answer ends after so many bytes, and the connection with it. */
  readonly cut?: number
  /** Bytes of the answer are others: so many behind its header, spread by the seed; `true` for one. */
  readonly corrupt?: number | true
  /** The answer tells the client to keep away for this long. */
  readonly throttle?: Duration
}

export interface FaultOptions {
  /** How often, at the most; by default until it is removed. */
  readonly times?: number
  /** So many matching requests pass first. */
  readonly after?: number
  /** Of each matching request, from 0 to 1; by the seed, so that a run can be repeated. */
  readonly probability?: number
  /** Of `probability` and `corrupt`. Default 1. */
  readonly seed?: number
}

/** A fault that was injected. */
export interface Fault {
  /** How many requests it has hit. */
  readonly hits: number
  /** The requests that it has hit, the oldest first. */
  readonly requests: readonly RequestView[]
  /** Resolves at the n-th hit, or rejects after `timeout` (default 10 s) with the requests that came instead. */
  waitForHit(n?: number, options?: { readonly timeout?: Duration }): Promise<RequestView>
  /** Hits nothing any more; what it holds up goes on. */
  remove(): void
  [Symbol.dispose](): void
}

export function subjectOf({ topic, partition, group, transactionalId }: RequestSelector): Subject {
  return { topic, partition, group, transactionalId }
}

export function isAboutItems(selector: RequestSelector): boolean {
  return Object.values(subjectOf(selector)).some((value) => value !== undefined)
}

/** Whether the request is one of those, its items aside. Throws what `when` throws. */
export function selects(selector: RequestSelector, request: RequestView, nodeId: number): boolean {
  const { api, apiVersion, clientId, node, when } = selector
  if (api !== undefined && !(typeof api === 'string' ? api === request.api : api.includes(request.api))) return false
  if (node !== undefined && node !== nodeId) return false
  if (apiVersion !== undefined) {
    const [min, max] = typeof apiVersion === 'number' ? [apiVersion, apiVersion] : apiVersion
    if (request.apiVersion < min || request.apiVersion > max) return false
  }
  if (clientId !== undefined) {
    const id = request.clientId ?? ''
    if (!(typeof clientId === 'string' ? clientId === id : clientId.test(id))) return false
  }
  return when === undefined || when(request)
}

const selectorKeys = new Set([
  'api',
  'apiVersion',
  'clientId',
  'topic',
  'partition',
  'group',
  'transactionalId',
  'node',
  'when',
])

/** Throws TypeError for a selector that could never mean what it says: a name that there is not. */
export function checkSelector(selector: RequestSelector): void {
  for (const key of Object.keys(selector)) {
    if (!selectorKeys.has(key))
      throw new TypeError(`a selector has no '${key}'; it has ${[...selectorKeys].join(', ')}`)
  }
  const names = selector.api === undefined ? [] : typeof selector.api === 'string' ? [selector.api] : selector.api
  for (const name of names) {
    if (!Object.hasOwn(apis, name))
      throw new TypeError(`there is no API '${name}'; names are as in Kafka: Produce, Fetch, …`)
  }
}

/** Throws TypeError for what is no action. */
export function toAction(action: FaultAction | ErrorName): FaultAction {
  const asked: FaultAction = typeof action === 'string' ? { error: action } : action
  const { error, delay, disconnect, throttle, cut } = asked
  if (error !== undefined && !Object.hasOwn(ErrorCode, error)) throw new TypeError(`there is no error '${error}'`)
  if (delay !== undefined) milliseconds(delay)
  if (throttle !== undefined) milliseconds(throttle)
  if (disconnect !== undefined && disconnect !== 'before' && disconnect !== 'after') {
    throw new TypeError(`disconnect: 'before' or 'after', got '${disconnect}'`)
  }
  if (cut !== undefined && !(Number.isInteger(cut) && cut >= 0))
    throw new TypeError(`cut: a number of bytes, got ${cut}`)
  const endings = ['error', 'noAnswer', 'disconnect', 'cut', 'corrupt'] as const
  const given = endings.filter((key) => asked[key] !== undefined)
  if (given.length > 1) throw new TypeError(`one of ${given.join(' and ')}: a request has one end`)
  if (given.length === 0 && delay === undefined && throttle === undefined) {
    throw new TypeError('an action has one of error, delay, noAnswer, disconnect, cut, corrupt, throttle')
  }
  return asked
}

/** mulberry32: the same run for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
