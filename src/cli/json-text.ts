// JSON as text with every int64 exact: JavaScript prints Long.MAX_VALUE, which is 2^63 here, with other digits.
import { INT64_MAX } from '../wire/index.ts'

/** The JSON text of plain data, on one line. */
export function jsonText(value: unknown): string {
  if (typeof value === 'number') return numberText(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member)}`).join(',')}}`
}

function numberText(value: number): string {
  if (value === INT64_MAX) return '9223372036854775807'
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value).toString() : JSON.stringify(value)
}
