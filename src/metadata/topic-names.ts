// What a topic may be called, and which names collide in metrics.
import { KafkaError } from '../wire/index.ts'

const MAX_NAME_LENGTH = 249
const VALID_NAME = /^[a-zA-Z0-9._-]+$/

function reasonInvalid(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > MAX_NAME_LENGTH) {
    return `the length of '${name}' is longer than the max allowed length ${MAX_NAME_LENGTH}`
  }
  if (VALID_NAME.test(name)) return undefined
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

export function isValidTopicName(name: string): boolean {
  return reasonInvalid(name) === undefined
}

export function validateTopicName(name: string): void {
  const reason = reasonInvalid(name)
  if (reason !== undefined) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${reason}`)
}

/** The name with '.' as '_': two topics with the same one would share their metrics. Undefined where neither occurs. */
export function collisionKey(name: string): string | undefined {
  return /[._]/.test(name) ? name.replaceAll('.', '_') : undefined
}
