// Messages in the form of Kafka's own JSON converters: bytes in base64; a field that the version lacks is left out, and
// a tagged one at its default, which does not travel either.
// For tools and tests; nothing on a hot path.
import { EncodeError } from './errors.ts'
import { INT64_MAX, INT64_MIN } from './primitives.ts'
import type { AnyMessage, Field, Fields, Versions } from './schema.ts'
import { EMPTY_UUID, hasVersion, versionRange } from './schema.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

function includes(versions: Versions | undefined, version: number): boolean {
  const range = versions === undefined ? undefined : versionRange(versions)
  return range !== undefined && version >= range.min && version <= range.max
}

function isDefault(field: Field, value: unknown): boolean {
  if (value === null || field.default === null) return value === field.default
  switch (field.kind) {
    case 'array':
      return (value as unknown[]).length === 0
    case 'bytes':
    case 'records':
      return (value as Buffer).length === 0
    case 'struct':
      return Object.entries(field.fields ?? {}).every(([key, inner]) =>
        isDefault(inner, (value as Record<string, unknown>)[key]),
      )
    case 'string':
      return value === (field.default ?? '')
    case 'uuid':
      return value === (field.default ?? EMPTY_UUID)
    case 'bool':
      return value === (field.default ?? false)
    default:
      return value === (field.default ?? 0)
  }
}

/** The JSON form of a decoded message. */
export function toJson(schema: AnyMessage, version: number, value: unknown): Json {
  return structToJson(schema.fields(), version, value as Record<string, unknown>)
}

function structToJson(fields: Fields, version: number, value: Record<string, unknown>): Json {
  const json: { [key: string]: Json } = {}
  for (const [key, field] of Object.entries(fields)) {
    if (!includes(field.versions, version)) continue
    const inner = value[key] ?? null
    if (includes(field.tagged, version) && isDefault(field, inner)) continue
    json[key] = valueToJson(field.kind, field, version, inner)
  }
  return json
}

function valueToJson(kind: Field['kind'], field: Field, version: number, value: unknown): Json {
  if (value === null) return null
  if (kind === 'array') {
    return (value as unknown[]).map((inner) => valueToJson(field.element ?? 'struct', field, version, inner))
  }
  if (kind === 'struct') return structToJson(field.fields ?? {}, version, value as Record<string, unknown>)
  if (kind === 'bytes' || kind === 'records') return (value as Buffer).toString('base64')
  return value as Json
}

/** The draft that `encode` takes, from the JSON form. Throws EncodeError where a value does not fit its field. */
export function fromJson(schema: AnyMessage, version: number, json: unknown): Record<string, unknown> {
  if (!hasVersion(schema, version)) throw new EncodeError(`${schema.name} has no version ${version}`)
  return structFromJson(schema.name, schema.fields(), json)
}

function structFromJson(path: string, fields: Fields, json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw unfit(path, 'an object', json)
  const draft: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(json)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (field === undefined) throw new EncodeError(`${path} has no field ${key}`)
    draft[key] = valueFromJson(`${path}.${key}`, field.kind, field, value)
  }
  return draft
}

const ranges: Record<string, readonly [min: number, max: number]> = {
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  uint16: [0, 0xffff],
  int32: [-0x80000000, 0x7fffffff],
  uint32: [0, 0xffffffff],
  int64: [INT64_MIN, INT64_MAX],
}

function valueFromJson(path: string, kind: Field['kind'], field: Field, json: unknown): unknown {
  if (json === null) return null
  switch (kind) {
    case 'array':
      if (!Array.isArray(json)) throw unfit(path, 'an array', json)
      return json.map((inner, i) => {
        if (inner === null) throw unfit(`${path}[${i}]`, 'a value', inner)
        return valueFromJson(`${path}[${i}]`, field.element ?? 'struct', field, inner)
      })
    case 'struct':
      return structFromJson(path, field.fields ?? {}, json)
    case 'bytes':
    case 'records':
      if (typeof json !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(json)) throw unfit(path, 'base64', json)
      return Buffer.from(json, 'base64')
    case 'uuid':
      if (typeof json !== 'string' || !/^[\w-]{22}$/.test(json)) throw unfit(path, 'a uuid', json)
      return json
    case 'string':
      if (typeof json !== 'string') throw unfit(path, 'a string', json)
      return json
    case 'bool':
      if (typeof json !== 'boolean') throw unfit(path, 'a boolean', json)
      return json
    case 'float64':
      if (typeof json !== 'number') throw unfit(path, 'a number', json)
      return json
    default: {
      const [min, max] = ranges[kind] ?? [0, 0]
      if (typeof json !== 'number' || !Number.isInteger(json) || json < min || json > max) throw unfit(path, kind, json)
      return json
    }
  }
}

function unfit(path: string, wanted: string, got: unknown): EncodeError {
  return new EncodeError(`${path}: ${wanted} wanted, got ${JSON.stringify(got)?.slice(0, 80)}`)
}
