// What an API file is made of: the API's schemas, the versions it serves, and one function from request to response.
// A handler authorizes, calls one room and answers; it keeps no state of its own.
import type { Draft, Infer, Message } from '../wire/index.ts'

/** Who asks, and how: what a handler may know of its connection. */
export interface RequestContext {
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly connection: ConnectionInfo
}

export interface ConnectionInfo {
  /** Unique among the broker's connections, alive or closed. */
  readonly id: string
  /** The name of the listener that accepted it: decides which advertised endpoint a client is told. */
  readonly listenerName: string
  /** The peer's address as Kafka shows it to clients: `/127.0.0.1`. */
  readonly clientHost: string
  readonly clientPort: number
  /** Where the connection remembers what ApiVersions 3+ told it (KIP-511). */
  clientSoftware: { name: string; version: string } | undefined
}

/** No response at all: Produce with acks=0. */
export const NO_RESPONSE = Symbol('no response')

/** Thrown by a handler where Kafka ends the connection instead of answering (a failed Produce with acks=0). */
export class CloseConnection extends Error {}

export type Answer<Response> = Response | typeof NO_RESPONSE

interface ApiSchemas {
  readonly key: number
  readonly name: string
  readonly request: Message
  readonly response: Message
}

export interface Versions {
  readonly min: number
  readonly max: number
  /** From which one on it is served where `odradek.legacy.versions` asks for those that Kafka 4 gave up. */
  readonly legacyMin?: number
}

export interface ApiHandler {
  readonly api: ApiSchemas
  /** The versions that are served and advertised. */
  readonly versions: Versions
  /** Whether ApiVersions tells of it; left out, it does. */
  readonly isAdvertised?: boolean
  handle(context: RequestContext, request: unknown): Answer<unknown> | Promise<Answer<unknown>>
  /** The response for a KafkaError or a bug that `handle` threw: Kafka's getErrorResponse. */
  fail(context: RequestContext, request: unknown, code: number, message: string | null): unknown
}

/**
 * Makes the handler of one API.
 *
 * `handle` answers at once or later; it changes state in the turn in which it is called. `fail` gives the response that
 * carries an error for the whole request, in the shape that Kafka's getErrorResponse has for this API.
 */
export function defineApi<A extends ApiSchemas>(
  api: A,
  versions: Versions,
  handle: (
    context: RequestContext,
    request: Infer<A['request']>,
  ) => Answer<Draft<A['response']>> | Promise<Answer<Draft<A['response']>>>,
  fail: (
    request: Infer<A['request']>,
    code: number,
    message: string | null,
    context: RequestContext,
  ) => Draft<A['response']>,
): ApiHandler {
  return {
    api,
    versions,
    handle: (context, request) => handle(context, request as Infer<A['request']>),
    fail: (context, request, code, message) => fail(request as Infer<A['request']>, code, message, context),
  }
}
