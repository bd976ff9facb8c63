// Values as a report shows them: plain JSON of bounded size. Bytes are hex; what is cut says how much there was.

/** Beyond these, a value is cut. */
const MAX_BYTES = 96
const MAX_TEXT = 400
const MAX_ELEMENTS = 24
const MAX_DEPTH = 10

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain }

export function plain(value: unknown, depth = 0): Plain {
  switch (typeof value) {
    case 'string':
      return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}… (${value.length} characters)` : value
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'boolean':
      return value
    case 'object':
      return value === null ? null : plainObject(value, depth)
    default:
      return String(value)
  }
}

function plainObject(value: object, depth: number): Plain {
  if (value instanceof Uint8Array) return hex(value)
  if (depth >= MAX_DEPTH) return '…'
  if (value instanceof Map || value instanceof Set) return plain([...value], depth)
  if (Array.isArray(value)) return plainList(value, depth)
  if (value instanceof Error) return value.message
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), depth + 1)
  const known = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(known.map(([key, inner]) => [key, plain(inner, depth + 1)]))
}

function plainList(list: readonly unknown[], depth: number): Plain {
  const shown = list.slice(0, MAX_ELEMENTS).map((element) => plain(element, depth + 1))
  return list.length > MAX_ELEMENTS ? [...shown, `… (${list.length} in all)`] : shown
}

/** `0x00ff…`, with how many bytes there were where not all are shown. */
export function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAX_BYTES)).toString('hex')
  return bytes.length > MAX_BYTES ? `0x${shown}… (${bytes.length} bytes)` : `0x${shown}`
}
