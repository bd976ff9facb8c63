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

const PRODUCE = apis.Produce.key
const API_VERSIONS = apis.ApiVersions.key

export class ApiDispatcher implements Dispatcher {
  private readonly handlers: ReadonlyMap<number, ApiHandler>
  private readonly log: Logger

  constructor(handlers: readonly ApiHandler[], log: Logger) {
    this.handlers = new Map(handlers.map((handler) => [handler.api.key, handler]))
    this.log = log
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
    const answer = (response: unknown): void => {
      if (response === NO_RESPONSE) reply('none')
      else reply(encodeResponse(handler.api.response, context.apiVersion, context.correlationId, response as object))
    }
    const fail = (error: unknown): void => {
      if (error instanceof CloseConnection) {
        reply('close')
        return
      }
      if (!(error instanceof KafkaError)) this.log.error({ err: error, api: handler.api.name }, 'a request met a bug')
      const code = error instanceof KafkaError ? error.code : ErrorCode.UNKNOWN_SERVER_ERROR
      const message = error instanceof KafkaError ? error.errorMessage : null
      try {
        answer(handler.fail(context, request, code, message))
      } catch (unanswerable) {
        this.log.error({ err: unanswerable, api: handler.api.name }, 'an error could not be answered')
        reply('close')
      }
    }
    try {
      const response = handler.handle(context, request)
      if (response instanceof Promise) response.then(answer).catch(fail)
      else answer(response)
    } catch (error) {
      fail(error)
    }
  }
}
