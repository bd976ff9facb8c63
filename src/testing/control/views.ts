// What the broker tells, as JSON: bytes as text where they are some, and in base64 always.
import type { GroupView } from '../groups.ts'
import type { RecordedRecord } from '../records.ts'
import { type LoggedRequest, readable } from '../request-log.ts'

export function recordJson(record: RecordedRecord): object {
  const { topic, partition, offset, timestamp, timestampType, producer, transaction, marker, batch, codec, schemaId } =
    record
  return {
    topic,
    partition,
    offset,
    timestamp,
    timestampType,
    ...bytesJson('key', record.key),
    ...bytesJson('value', record.value),
    headers: record.headers.map(({ key, value }) => ({ key, ...bytesJson('value', value) })),
    producer: producer ?? null,
    transaction,
    marker: marker ?? null,
    batch,
    codec,
    schemaId: schemaId ?? null,
  }
}

function bytesJson(name: string, bytes: Buffer | null): object {
  const text = bytes?.toString('utf8')
  const isText = bytes === null || Buffer.from(text ?? '').equals(bytes)
  return { [name]: isText ? (text ?? null) : null, [`${name}Base64`]: bytes?.toString('base64') ?? null }
}

export function groupJson(group: GroupView): object {
  return jsonSafe(group) as object
}

export function requestJson(request: LoggedRequest): object {
  const { api, apiVersion, body, response, durationMs, ...rest } = request
  return {
    ...rest,
    api,
    apiVersion,
    durationMs: durationMs ?? null,
    body: readable(api, apiVersion, 'request', body),
    response: response === undefined ? null : readable(api, apiVersion, 'response', response),
  }
}

/** Bytes within plain data become base64. */
export function jsonSafe(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (Array.isArray(value)) return value.map(jsonSafe)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonSafe(inner)]))
}
