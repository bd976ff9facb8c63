// A broker id that stands in a request as text, as Java's Integer.parseInt reads it.
import { KafkaError } from '../../wire/index.ts'

export function parseBrokerId(text: string, what: string): number {
  const id = /^[+-]?[0-9]+$/.test(text) ? Number(text) : Number.NaN
  if (id >= -0x80000000 && id <= 0x7fffffff) return id
  throw new KafkaError('INVALID_REQUEST', `${what} must be an integer, but it is: ${text}`)
}
