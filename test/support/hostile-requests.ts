// Requests whose bytes lie: made from the schemas, so that every API has its own. What is here makes bytes and sends
// nothing.
import { type AnyMessage, encode, isFlexible, requestHeaderVersion, versionRange } from '../../src/wire/index.ts'
import { requestFrame } from './byte-connection.ts'
import type { VersionRange } from './surroundings.ts'

/** 2^31 - 1 as a varint, and as an int32. */
const HUGE_VARINT = Buffer.from('ffffffff07', 'hex')
const HUGE_INT32 = Buffer.from('7fffffff', 'hex')
/** A string's length where it has no varint. */
const HUGE_INT16 = Buffer.from('7fff', 'hex')

/** Each gives the body of a request, or undefined where a request of this version has nothing that could lie so. */
export const LIES = {
  'cut short': (request, version) => {
    const sound = encode(request, version, {})
    return sound.length === 0 ? undefined : sound.subarray(0, -1)
  },
  'with more elements announced than bytes follow': (request, version) => {
    const before = bodyBefore('array', request, version)
    return before && Buffer.concat([before, isFlexible(request, version) ? HUGE_VARINT : HUGE_INT32])
  },
  'with a string announced that is longer than the frame': (request, version) => {
    const before = bodyBefore('string', request, version)
    return before && Buffer.concat([before, isFlexible(request, version) ? HUGE_VARINT : HUGE_INT16])
  },
  'with more tagged fields announced than bytes follow': (request, version) => {
    if (!isFlexible(request, version)) return undefined
    return Buffer.concat([encode(request, version, {}).subarray(0, -1), HUGE_VARINT])
  },
} as const satisfies Record<string, (request: AnyMessage, version: number) => Buffer | undefined>

export type Lie = keyof typeof LIES

/** The newest version of our schemas, and of a broker with this range. */
export function newest(
  { versions }: AnyMessage,
  { max }: VersionRange = { min: 0, max: Number.POSITIVE_INFINITY },
): number {
  return Math.min(max, versionRange(versions)?.max ?? 0)
}

/** A request with its size, its header and this body. */
export function requestWith(request: AnyMessage, apiVersion: number, body: Uint8Array): Buffer {
  // Behind the client's id, a header of version 2 has its tagged fields: none.
  const rest = requestHeaderVersion(request, apiVersion) >= 2 ? Buffer.alloc(1) : Buffer.alloc(0)
  return requestFrame({ apiKey: request.apiKey ?? -1, apiVersion, correlationId: 1 }, Buffer.concat([rest, body]))
}

/** A sound body up to its first array or string. */
function bodyBefore(kind: 'array' | 'string', request: AnyMessage, version: number): Buffer | undefined {
  const fields = Object.entries(request.fields()).filter(([, { versions, tagged }]) => {
    return tagged === undefined && isWithin(version, versions)
  })
  const at = fields.findIndex(([, field]) => field.kind === kind)
  if (at < 0) return undefined
  const before = { ...request, fields: () => Object.fromEntries(fields.slice(0, at)) }
  const bytes = encode(before, version, {})
  return isFlexible(request, version) ? bytes.subarray(0, -1) : bytes
}

function isWithin(version: number, versions: string): boolean {
  const range = versionRange(versions)
  return range !== undefined && version >= range.min && version <= range.max
}
