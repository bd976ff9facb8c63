// Requests and responses as they travel: size, header, body.
// Knows which header version goes with which API version, and nothing of what the bodies mean.
import { DecodeError } from './errors.ts'
import { type Api, apiByKey, RequestHeader, ResponseHeader } from './messages/index.ts'
import { Reader, Writer } from './primitives.ts'
import {
  type AnyMessage,
  type Fields,
  hasVersion,
  isFlexible,
  type Message,
  read,
  type StructDraft,
  write,
} from './schema.ts'

const API_VERSIONS = 18
const CONTROLLED_SHUTDOWN = 7

/** The header version of a request: 2 where the body is flexible, else 1; 0 for one request of ZooKeeper's days. */
export function requestHeaderVersion(request: AnyMessage, version: number): number {
  if (request.apiKey === CONTROLLED_SHUTDOWN && version === 0) return 0
  return isFlexible(request, version) ? 2 : 1
}

/** The header version of a response. ApiVersions always has 0, so that a client of any age can read it (KIP-511). */
export function responseHeaderVersion(response: AnyMessage, version: number): number {
  return response.apiKey !== API_VERSIONS && isFlexible(response, version) ? 1 : 0
}

export interface RequestFrame {
  readonly api: Api
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Stands behind the header, before the body. */
  readonly reader: Reader
}

/** What stands first in every request, read before it is known whether the API and the version exist. */
export function peekRequest(frame: Buffer): { apiKey: number; apiVersion: number; correlationId: number } {
  const reader = new Reader(frame)
  return { apiKey: reader.int16(), apiVersion: reader.int16(), correlationId: reader.int32() }
}

/** Reads the header of a frame (without its size). Throws DecodeError, also for an API or version without a schema. */
export function openRequest(frame: Buffer): RequestFrame {
  const { apiKey, apiVersion } = peekRequest(frame)
  const api = apiByKey(apiKey)
  if (api === undefined || !hasVersion(api.request, apiVersion)) {
    throw new DecodeError(`no schema for API key ${apiKey} version ${apiVersion}`)
  }
  const reader = new Reader(frame)
  const header = read(RequestHeader, requestHeaderVersion(api.request, apiVersion), reader)
  return { api, apiVersion, correlationId: header.correlationId, clientId: header.clientId, reader }
}

function sized(fill: (writer: Writer) => void): Uint8Array[] {
  const writer = new Writer()
  writer.int32(0)
  fill(writer)
  const size = writer.size - 4
  const slices = writer.finish()
  const first = slices[0] as Uint8Array
  first[0] = size >> 24
  first[1] = size >> 16
  first[2] = size >> 8
  first[3] = size
  return slices
}

/** A request with its size and header, as a vector of slices. */
export function encodeRequest<F extends Fields>(
  schema: Message<F>,
  apiVersion: number,
  header: { correlationId: number; clientId: string | null },
  body: StructDraft<F>,
): Uint8Array[] {
  return sized((writer) => {
    const requestApiKey = schema.apiKey ?? 0
    const fields = { requestApiKey, requestApiVersion: apiVersion, ...header }
    write(RequestHeader, requestHeaderVersion(schema, apiVersion), writer, fields)
    write(schema, apiVersion, writer, body)
  })
}

/** A response with its size and header, as a vector of slices: long records are not copied. */
export function encodeResponse<F extends Fields>(
  schema: Message<F>,
  apiVersion: number,
  correlationId: number,
  body: StructDraft<F>,
): Uint8Array[] {
  return sized((writer) => {
    write(ResponseHeader, responseHeaderVersion(schema, apiVersion), writer, { correlationId })
    write(schema, apiVersion, writer, body)
  })
}
