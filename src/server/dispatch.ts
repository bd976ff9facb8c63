// From a frame to an answer: finds the API, decodes, calls its handler, encodes what it gives.
// What Kafka does with requests it cannot take is decided here: ApiVersions with an unknown version is answered with
// version 0 and UNSUPPORTED_VERSION (KIP-511), everything else that cannot be parsed ends the connection.
import { type ApiHandler, CloseConnection, NO_RESPONSE, type RequestContext } from '../api/handler.ts'
import type { Logger } from '../io/index.ts'
import {
  apis,
  type Draft,
  ErrorCode,
  encodeResponse,
  KafkaError,
  openRequest,
  peekRequest,
  type RequestFrame,
  read,
} from '../wire/index.ts'
import type { Connection, Dispatcher, Reply } from './connection.ts'

/** A request on its way to its handler, for who stands between. */
export interface Call {
  readonly connection: Connection
  readonly handler: ApiHandler
  readonly context: RequestContext
  readonly request: unknown
  /** Has the handler do its work for this request, or for another one in its place; never rejects. */
  handle(request: unknown, done: (outcome: Outcome) => void): void
  /** Answers the client, once. */
  reply(reply: Reply): void
}

/** What came of a request: a response, none (acks=0), or the end of the connection. */
export type Outcome = { readonly response: object } | 'none' | 'close'

/** Stands between clients and handlers, where one is set: sees every request, and decides what becomes of it. */
export type Interceptor = (call: Call) => void

export function replyOf({ handler, context }: Pick<Call, 'handler' | 'context'>, outcome: Outcome): Reply {
  if (typeof outcome === 'string') return outcome
  return encodeResponse(handler.api.response, context.apiVersion, context.correlationId, outcome.response)
}

const PRODUCE = apis.Produce.key
const API_VERSIONS = apis.ApiVersions.key

export class ApiDispatcher implements Dispatcher {
  private readonly handlers: ReadonlyMap<number, ApiHandler>
  private readonly log: Logger
  private readonly interceptor: Interceptor | undefined

  constructor(handlers: readonly ApiHandler[], log: Logger, interceptor?: Interceptor) {
    this.handlers = new Map(handlers.map((handler) => [handler.api.key, handler]))
    this.log = log
    this.interceptor = interceptor
  }

  keepsAnswers(): boolean {
    return this.interceptor !== undefined
  }

  mayOverlap(frame: Buffer): boolean {
    return frame.length >= 2 && frame.readInt16BE(0) === PRODUCE
  }

  dispatch(connection: Connection, frame: Buffer, reply: (reply: Reply) => void): void {
    let opened: RequestFrame
    let handler: ApiHandler | undefined
    let request: unknown
    try {
      const { apiKey, apiVersion, correlationId } = peekRequest(frame)
      handler = this.handlers.get(apiKey)
      if (handler === undefined) throw new Error(`API key ${apiKey} is not served`)
      if (apiVersion < handler.versions.min || apiVersion > handler.versions.max) {
        if (apiKey === API_VERSIONS) {
          reply(this.unsupportedApiVersions(correlationId, handler))
          return
        }
        throw new Error(`${handler.api.name} version ${apiVersion} is not served`)
      }
      opened = openRequest(frame)
      request = read(handler.api.request, apiVersion, opened.reader)
    } catch (error) {
      this.log.warn(
        { connection: connection.info.id, client: connection.info.clientHost, reason: (error as Error).message },
        'closed a connection that sent an invalid request',
      )
      reply('close')
      return
    }
    this.run(connection, handler, opened, request, reply)
  }

  private unsupportedApiVersions(correlationId: number, handler: ApiHandler): Reply {
    const body: Draft<typeof apis.ApiVersions.response> = {
      errorCode: ErrorCode.UNSUPPORTED_VERSION,
      apiKeys: [{ apiKey: API_VERSIONS, minVersion: handler.versions.min, maxVersion: handler.versions.max }],
    }
    return encodeResponse(apis.ApiVersions.response, 0, correlationId, body)
  }

  private run(
    connection: Connection,
    handler: ApiHandler,
    frame: RequestFrame,
    request: unknown,
    reply: (reply: Reply) => void,
  ): void {
    const context: RequestContext = {
      apiVersion: frame.apiVersion,
      correlationId: frame.correlationId,
      clientId: frame.clientId,
      connection: connection.info,
    }
    if (this.interceptor === undefined) {
      this.handle(handler, context, request, (outcome) => reply(this.encoded(handler, context, request, outcome)))
      return
    }
    const handle: Call['handle'] = (asked, done) => this.handle(handler, context, asked, done)
    try {
      this.interceptor({ connection, handler, context, request, handle, reply })
    } catch (error) {
      this.log.error({ err: error, api: handler.api.name }, 'an interceptor failed')
      reply('close')
    }
  }

  /** What cannot be encoded is a bug as much as what cannot be done. */
  private encoded(handler: ApiHandler, context: RequestContext, request: unknown, outcome: Outcome): Reply {
    try {
      return replyOf({ handler, context }, outcome)
    } catch (error) {
      try {
        return replyOf({ handler, context }, this.failed(handler, context, request, error))
      } catch (unanswerable) {
        this.log.error({ err: unanswerable, api: handler.api.name }, 'an error could not be answered')
        return 'close'
      }
    }
  }

  private handle(
    handler: ApiHandler,
    context: RequestContext,
    request: unknown,
    done: (outcome: Outcome) => void,
  ): void {
    const answer = (response: unknown): void =>
      done(response === NO_RESPONSE ? 'none' : { response: response as object })
    const fail = (error: unknown): void => done(this.failed(handler, context, request, error))
    let response: unknown
    try {
      response = handler.handle(context, request)
    } catch (error) {
      fail(error)
      return
    }
    if (response instanceof Promise) response.then(answer, fail)
    else answer(response)
  }

  private failed(handler: ApiHandler, context: RequestContext, request: unknown, error: unknown): Outcome {
    if (error instanceof CloseConnection) return 'close'
    if (!(error instanceof KafkaError)) this.log.error({ err: error, api: handler.api.name }, 'a request met a bug')
    const code = error instanceof KafkaError ? error.code : ErrorCode.UNKNOWN_SERVER_ERROR
    const message = error instanceof KafkaError ? error.errorMessage : null
    try {
      return { response: handler.fail(context, request, code, message) as object }
    } catch (unanswerable) {
      this.log.error({ err: unanswerable, api: handler.api.name }, 'an error could not be answered')
      return 'close'
    }
  }
}
