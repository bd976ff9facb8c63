// Stands between the clients and the broker: remembers what is asked and answered, and does to it what faults say.
import type { Clock } from '../io/index.ts'
import { type Call, type Outcome, type Reply, replyOf } from '../server/index.ts'
import { EMPTY_UUID, ErrorCode, type ErrorName } from '../wire/index.ts'
import type { Activity, WaitOptions } from './activity.ts'
import { milliseconds } from './duration.ts'
import {
  type ApiName,
  checkSelector,
  type Fault,
  type FaultAction,
  type FaultOptions,
  isAboutItems,
  type RequestSelector,
  type RequestView,
  seeded,
  selects,
  subjectOf,
  toAction,
} from './faults.ts'
import { type Fields, Items, isFields, merge, type Subject } from './items.ts'
import { errorsIn, RequestLog } from './request-log.ts'

const { performance } = globalThis
/** APIs that change nothing: an error is put into their answers, since their requests need not name what they are about. */
const readApis: ReadonlySet<string> = new Set(['Fetch', 'Metadata', 'OffsetFetch'])
/** Errors of a fetch session, which are the whole answer's. */
const sessionErrors: ReadonlySet<string> = new Set<ErrorName>([
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
])
/** Size and correlation id of an answer: without them a client would not even try to read it. */
const ANSWER_HEAD_BYTES = 8
const NO_RECORDS = Buffer.alloc(0)

/** What of the broker the traffic needs to know; it changes with the broker. */
export interface TrafficRooms {
  readonly clock: Clock
  readonly nodeId: number
  readonly activity: Activity
  readonly topicName: (topicId: string) => string | undefined
  /** The partitions that a fetch session has. */
  readonly fetchSession: (sessionId: number) => Iterable<{ topic: string; topicId: string; partition: number }>
  /** Resolves when what the request needs is there that Kafka would make at the first request of its kind. */
  readonly prepare: (api: string, request: Fields) => Promise<void> | undefined
}

class InjectedFault implements Fault {
  readonly selector: RequestSelector
  readonly action: FaultAction
  readonly requests: RequestView[] = []
  readonly random: () => number
  readonly held = new Set<() => void>()
  readonly #options: FaultOptions
  readonly #activity: Activity
  readonly #traffic: Traffic
  #seen = 0
  isRemoved = false

  constructor(
    traffic: Traffic,
    activity: Activity,
    selector: RequestSelector,
    action: FaultAction,
    options: FaultOptions,
  ) {
    this.#traffic = traffic
    this.#activity = activity
    this.selector = selector
    this.action = action
    this.#options = options
    this.random = seeded(options.seed ?? 1)
  }

  get hits(): number {
    return this.requests.length
  }

  /** Whether this matching request is one to be hit; counts it. */
  takes(): boolean {
    const { times = Number.POSITIVE_INFINITY, after = 0, probability = 1 } = this.#options
    if (this.isRemoved || this.hits >= times) return false
    if (this.#seen++ < after) return false
    return probability >= 1 || this.random() < probability
  }

  waitForHit(n = 1, options: WaitOptions = {}): Promise<RequestView> {
    const from = this.#traffic.log.count
    return this.#activity.until(
      {
        what: `hit ${n} of the fault ${JSON.stringify(this.selector)}`,
        check: () => this.requests[n - 1],
        seen: () => {
          const others = this.#traffic.log.all().filter(({ id }) => id >= from)
          const names = [...new Set(others.map(({ api }) => api))].join(', ')
          return `${this.hits} hits; since then came ${others.length} requests${names === '' ? '' : `: ${names}`}`
        },
      },
      options,
    )
  }

  remove(): void {
    this.isRemoved = true
    this.#traffic.forget(this)
    for (const release of [...this.held]) release()
  }

  [Symbol.dispose](): void {
    this.remove()
  }
}

/** A connection's answers are this much later, whatever they are. */
export interface Slowness {
  readonly matches: (connection: Call['connection']) => boolean
  readonly delayMs: (sizeInBytes: number) => number
}

export class Traffic {
  readonly log: RequestLog
  readonly #rooms: TrafficRooms
  #faults: InjectedFault[] = []
  readonly slow = new Set<Slowness>()
  readonly #clientIds = new Map<string, string | null>()

  constructor(rooms: TrafficRooms, maxRequests: number) {
    this.#rooms = rooms
    this.log = new RequestLog(maxRequests, rooms.nodeId, (api) => this.#itemsOf(api))
  }

  /** Throws TypeError for a selector or an action that could never do what it says. */
  fail(selector: RequestSelector, action: FaultAction | ErrorName, options: FaultOptions = {}): Fault {
    checkSelector(selector)
    const fault = new InjectedFault(this, this.#rooms.activity, selector, toAction(action), options)
    this.#faults.push(fault)
    return fault
  }

  /** @internal */
  forget(fault: InjectedFault): void {
    this.#faults = this.#faults.filter((each) => each !== fault)
  }

  /** All faults go. */
  heal(): void {
    for (const fault of [...this.#faults]) fault.remove()
    this.slow.clear()
  }

  get faults(): readonly Fault[] {
    return this.#faults
  }

  /** The client id that a connection's last request had. */
  clientIdOf(connection: string): string | null {
    return this.#clientIds.get(connection) ?? null
  }

  onDisconnect(connection: string): void {
    this.#clientIds.delete(connection)
    this.#rooms.activity.note()
  }

  readonly intercept = (call: Call): void => {
    const { handler, context } = call
    const body = call.request as Fields
    const view: RequestView = {
      api: handler.api.name as ApiName,
      apiVersion: context.apiVersion,
      clientId: context.clientId,
      connection: context.connection.id,
      body,
    }
    this.#clientIds.set(view.connection, view.clientId)
    const entry = this.log.begin(view, this.#rooms.clock.now(), sizeOf(body))
    const beganMs = performance.now()
    const finish: Finish = (outcome, reply) => {
      entry.durationMs = performance.now() - beganMs
      if (typeof outcome === 'object') {
        entry.response = outcome.response as Fields
        entry.errors = [...errorsIn(outcome.response)]
      }
      const isGone = outcome === 'close' || reply === 'close'
      entry.outcome = isGone ? 'disconnected' : outcome === 'silent' || outcome === 'none' ? 'no answer' : 'answered'
      if (reply !== undefined) this.#send(call, reply)
      this.#rooms.activity.note()
    }
    const start = (): void => {
      const fault = this.#faultFor(view)
      if (fault === undefined) call.handle(body, (outcome) => finish(outcome, this.#encode(call, outcome)))
      else {
        entry.isFaulty = true
        fault.requests.push(view)
        this.#rooms.activity.note()
        this.#inject(fault, call, view, finish)
      }
    }
    const ready = this.#rooms.prepare(view.api, body)
    if (ready === undefined) start()
    else void ready.then(start, start)
    this.#rooms.activity.note()
  }

  #itemsOf(api: string): Items {
    return new Items(api, this.#rooms.topicName)
  }

  #encode(call: Call, outcome: Outcome): Reply {
    try {
      return replyOf(call, outcome)
    } catch {
      // What a fault made of it cannot be said in this version.
      return 'close'
    }
  }

  #send(call: Call, reply: Reply): void {
    let delayMs = 0
    for (const { matches, delayMs: of } of this.slow) if (matches(call.connection)) delayMs += of(bytesOf(reply))
    if (delayMs === 0) call.reply(reply)
    else this.#rooms.clock.setTimer(delayMs, () => call.reply(reply))
  }

  #faultFor(view: RequestView): InjectedFault | undefined {
    return this.#faults.find((fault) => {
      const { selector } = fault
      return selects(selector, view, this.#rooms.nodeId) && this.#isAbout(view, selector) && fault.takes()
    })
  }

  #isAbout(view: RequestView, selector: RequestSelector): boolean {
    if (!isAboutItems(selector)) return true
    const subject = subjectOf(selector)
    if (this.#itemsOf(view.api).mentions(view.body, subject)) return true
    if (view.api === 'Fetch') return this.#sessionEntries(view.body, subject).length > 0
    // Without topics, all of them are asked for.
    return readApis.has(view.api) && subject.topic !== undefined && view.body.topics === null
  }

  /** What a fetch is about without saying so again: the partitions of its session. */
  #sessionEntries({ sessionId, sessionEpoch }: Fields, wanted: Subject) {
    if (typeof sessionId !== 'number' || sessionId === 0 || typeof sessionEpoch !== 'number' || sessionEpoch <= 0)
      return []
    return [...this.#rooms.fetchSession(sessionId)].filter(
      ({ topic, topicId, partition }) =>
        (wanted.topic === undefined || wanted.topic === (topic === '' ? this.#rooms.topicName(topicId) : topic)) &&
        (wanted.partition === undefined || wanted.partition === partition),
    )
  }

  #inject(fault: InjectedFault, call: Call, view: RequestView, finish: Finish): void {
    const { delay } = fault.action
    if (delay === undefined) {
      this.#act(fault, call, view, finish)
      return
    }
    let isOver = false
    const goOn = (): void => {
      if (isOver) return
      isOver = true
      fault.held.delete(goOn)
      timer.cancel()
      this.#act(fault, call, view, finish)
    }
    const timer = this.#rooms.clock.setTimer(milliseconds(delay), goOn)
    fault.held.add(goOn)
  }

  #act({ selector, action, random }: InjectedFault, call: Call, view: RequestView, finish: Finish): void {
    const { error, message = null, noAnswer, disconnect, work, cut, corrupt, throttle } = action
    const body = view.body
    if (disconnect === 'before') finish('close', 'close')
    else if (noAnswer && work !== 'done') finish('silent', undefined)
    else if (error !== undefined) {
      this.#error(
        call,
        view,
        selector,
        { code: ErrorCode[error], name: error, message, isDone: work === 'done' },
        (outcome) => {
          const told = throttled(outcome, throttle)
          finish(told, this.#encode(call, told))
        },
      )
    } else {
      call.handle(body, (outcome) => {
        if (disconnect === 'after') finish('close', 'close')
        else if (noAnswer) finish('silent', undefined)
        else {
          const told = throttled(outcome, throttle)
          const reply = this.#encode(call, told)
          if (typeof reply === 'string') finish(told, reply)
          else if (cut !== undefined) {
            finish(told, [Buffer.concat(reply).subarray(0, cut)])
            call.connection.closeAfterAnswers()
          } else
            finish(told, corrupt === undefined ? reply : [corrupted(reply, corrupt === true ? 1 : corrupt, random)])
        }
      })
    }
  }

  /** Answers with an error where this API has its place for it. */
  #error(
    call: Call,
    view: RequestView,
    selector: RequestSelector,
    error: InjectedError,
    done: (outcome: Outcome) => void,
  ): void {
    if (view.api === 'Fetch' && !sessionErrors.has(error.name)) this.#failFetch(call, view, selector, error, done)
    else if (!isAboutItems(selector)) {
      if (error.isDone) call.handle(view.body, () => done(failed(call, view.body, error)))
      else done(failed(call, view.body, error))
    } else this.#failItems(call, view, subjectOf(selector), error, done)
  }

  /** The part of the request that is meant fails; the rest is done. */
  #failItems(
    call: Call,
    view: RequestView,
    subject: Subject,
    error: InjectedError,
    done: (outcome: Outcome) => void,
  ): void {
    const items = this.#itemsOf(view.api)
    const { matching, others } = items.split(view.body, subject)
    const refused = matching ?? view.body
    if (readApis.has(view.api) || error.isDone) {
      call.handle(view.body, (outcome) => {
        if (typeof outcome !== 'object') done(outcome)
        else {
          const { message, count } = items.replace(outcome.response as Fields, subject, (part) =>
            failedPart(part, error),
          )
          done(count > 0 ? { response: message } : failed(call, refused, error))
        }
      })
      return
    }
    const outcome = failed(call, refused, error)
    if (others === undefined || typeof outcome !== 'object') done(outcome)
    else {
      call.handle(others, (rest) => {
        done(typeof rest === 'object' ? { response: merge(rest.response as Fields, outcome.response as Fields) } : rest)
      })
    }
  }

  /** An error of a partition is told at once, with whatever there is of others. */
  #failFetch(
    call: Call,
    view: RequestView,
    selector: RequestSelector,
    error: InjectedError,
    done: (outcome: Outcome) => void,
  ): void {
    const subject = subjectOf(selector)
    const items = this.#itemsOf('Fetch')
    const named = items.split(view.body, subject).matching
    const entries = [...entriesOf(named), ...this.#sessionEntries(view.body, subject)].map((entry) => ({
      ...entry,
      topic: this.#rooms.topicName(entry.topicId) ?? entry.topic,
    }))
    call.handle({ ...view.body, maxWaitMs: 0 }, (outcome) => {
      if (typeof outcome !== 'object') return done(outcome)
      const { message } = items.replace(outcome.response as Fields, subject, (part) => failedFetch(part, error.code))
      const missing = entries.map(({ topic, topicId, partition }) => ({
        topic,
        ...(topicId !== '' && topicId !== EMPTY_UUID && { topicId }),
        partitions: [failedFetch({ partitionIndex: partition }, error.code)],
      }))
      // What is in the answer already is not put into it again.
      done({ response: { ...message, responses: merge({ responses: missing }, message).responses } })
    })
  }
}

type Finish = (outcome: Outcome | 'silent', reply: Reply | undefined) => void

interface InjectedError {
  readonly code: number
  readonly name: ErrorName
  readonly message: string | null
  readonly isDone: boolean
}

/** The answer that carries the error for this request, or for this part of one. */
function failed({ handler, context }: Call, request: Fields, { code, message }: InjectedError): Outcome {
  try {
    return { response: handler.fail(context, request, code, message) as object }
  } catch {
    // A Produce that wants no answer.
    return 'close'
  }
}

/** A part of an answer with nothing left but what it is about, and the error. */
function failedPart(part: Fields, { code, message }: InjectedError): Fields {
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(part)) {
    if (typeof value === 'string' || Array.isArray(value)) kept[key] = value
    else if (typeof value === 'number') kept[key] = /partition|index/i.test(key) ? value : -1
  }
  return { ...kept, errorCode: code, ...('errorMessage' in part && { errorMessage: message }) }
}

function failedFetch(part: Fields, errorCode: number): Fields {
  return {
    partitionIndex: part.partitionIndex,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: [],
    records: NO_RECORDS,
  }
}

function entriesOf(request: Fields | undefined): { topic: string; topicId: string; partition: number }[] {
  const topics = Array.isArray(request?.topics) ? request.topics.filter(isFields) : []
  return topics.flatMap(({ topic, topicId, partitions }) =>
    (Array.isArray(partitions) ? partitions.filter(isFields) : []).map(({ partition }) => ({
      topic: String(topic ?? ''),
      topicId: String(topicId ?? ''),
      partition: Number(partition),
    })),
  )
}

function throttled(outcome: Outcome, throttle: FaultAction['throttle']): Outcome {
  if (throttle === undefined || typeof outcome !== 'object') return outcome
  return { response: { ...outcome.response, throttleTimeMs: Math.round(milliseconds(throttle)) } }
}

function corrupted(reply: readonly Uint8Array[], count: number, random: () => number): Buffer {
  const bytes = Buffer.concat(reply)
  const length = bytes.length - ANSWER_HEAD_BYTES
  for (let i = 0; i < count && length > 0; i++) {
    const at = ANSWER_HEAD_BYTES + Math.floor(random() * length)
    bytes[at] = (bytes[at] as number) ^ (1 + Math.floor(random() * 255))
  }
  return bytes
}

function bytesOf(reply: Reply): number {
  return typeof reply === 'string' ? 0 : reply.reduce((sum, { length }) => sum + length, 0)
}

/** What a request holds in memory, roughly: its records above all. */
function sizeOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  let size = 16
  for (const inner of Array.isArray(value) ? value : Object.values(value)) size += sizeOf(inner)
  return size
}
