// Between a config's text and its value: parsing, checking and printing, with Kafka's rules and Kafka's messages.
// Knows nothing of which configs exist.
import { KafkaError } from '../wire/errors.ts'
import { parseBootstrapServers, parseQuorumVoters } from './addresses.ts'
import type { ConfigDefinition, ConfigType, ConfigValue } from './definitions/definition.ts'

/** The longest value that a ConfigRecord may carry, as Java's String.length counts. */
const MAX_TEXT_LENGTH = 32_767

export function checkTextLength(text: string): void {
  if (text.length <= MAX_TEXT_LENGTH) return
  throw new KafkaError(
    'INVALID_CONFIG',
    `The configuration value cannot be added because it exceeds the maximum value size of ${MAX_TEXT_LENGTH} bytes.`,
  )
}

/** Kafka's ConfigException: "Invalid value V for configuration N: why". */
export function invalidValue(name: string, value: string | null, why?: string): KafkaError {
  return new KafkaError(
    'INVALID_CONFIG',
    `Invalid value ${value} for configuration ${name}${why === undefined ? '' : `: ${why}`}`,
  )
}

/** Parses and checks one config. Throws INVALID_CONFIG with Kafka's message. */
export function parseConfig(name: string, definition: ConfigDefinition, text: string): ConfigValue {
  const parsed = parseType(name, definition.type, text)
  const value = refusesDuplicates(definition) ? [...new Set(parsed as readonly string[])] : parsed
  checkValue(name, definition, value)
  return value
}

/** Kafka's ValidList: duplicates are dropped before the value is checked, so nobody is ever refused for one. */
function refusesDuplicates(definition: ConfigDefinition): boolean {
  return definition.check === 'distinct' || definition.check === 'distinct-non-empty'
}

/** The value of a config that nobody set. */
export function defaultValue(name: string, definition: ConfigDefinition): ConfigValue {
  if (definition.required) {
    throw new KafkaError('INVALID_CONFIG', `Missing required configuration "${name}" which has no default value.`)
  }
  return definition.default === null ? null : parseType(name, definition.type, definition.default)
}

export function parseType(name: string, type: ConfigType, text: string): ConfigValue {
  const trimmed = text.trim()
  switch (type) {
    case 'BOOLEAN': {
      const lower = trimmed.toLowerCase()
      if (lower !== 'true' && lower !== 'false') {
        throw invalidValue(name, text, 'Expected value to be either true or false')
      }
      return lower === 'true'
    }
    case 'STRING':
    case 'PASSWORD':
      return trimmed
    case 'INT':
    case 'SHORT':
    case 'LONG':
      return Number(parseInteger(name, type, text))
    case 'DOUBLE':
      return parseDouble(name, text)
    case 'LIST':
      return trimmed === '' ? [] : trimmed.split(/\s*,\s*/)
    case 'CLASS':
      // There is no JVM to load a class from, so only the names of Kafka's own classes are known.
      if (!trimmed.startsWith('org.apache.kafka.')) {
        throw invalidValue(name, text, `Class ${text} could not be found.`)
      }
      return trimmed
  }
}

const integerBits = { SHORT: 16, INT: 32, LONG: 64 } as const

function parseInteger(name: string, type: 'INT' | 'SHORT' | 'LONG', text: string): bigint {
  const digits = text.trim()
  const value = /^[+-]?[0-9]+$/.test(digits) ? BigInt(digits.replace(/^\+/, '')) : null
  if (value === null || BigInt.asIntN(integerBits[type], value) !== value) {
    throw invalidValue(name, text, `Not a number of type ${type}`)
  }
  return value
}

const javaDouble = /^[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)$/

function parseDouble(name: string, text: string): number {
  const trimmed = text.trim()
  if (!javaDouble.test(trimmed)) throw invalidValue(name, text, 'Not a number of type DOUBLE')
  const plain = /(?:NaN|Infinity)$/.test(trimmed) ? trimmed.replace(/^[+-]NaN/, 'NaN') : trimmed.replace(/[fFdD]$/, '')
  return Number(plain)
}

/** The text Kafka shows for a config that was set to `text`: its value, printed back ("+05" is "5", "1" a double "1.0"). */
export function canonicalText(name: string, definition: ConfigDefinition, text: string): string {
  const { type } = definition
  if (type === 'LONG') return String(parseInteger(name, type, text))
  return printValue(type, parseConfig(name, definition, text)) ?? ''
}

/** Prints a value as Java does. Long.MAX_VALUE, which a number holds as 2^63, comes out as it went in. */
export function printValue(type: ConfigType, value: ConfigValue): string | null {
  if (value === null) return null
  if (typeof value === 'number') {
    if (type === 'DOUBLE') return printDouble(value)
    return value >= 2 ** 63 ? '9223372036854775807' : String(BigInt(value))
  }
  return typeof value === 'object' ? value.join(',') : String(value)
}

/** Java's Double.toString: plain between 1e-3 and 1e7, otherwise one digit, a point and an exponent. */
export function printDouble(value: number): string {
  const magnitude = Math.abs(value)
  if (Number.isNaN(value) || magnitude === Number.POSITIVE_INFINITY) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (magnitude >= 1e-3 && magnitude < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`
}

/** How Java's toString shows a value inside an error message. */
function shown(type: ConfigType, value: ConfigValue): string | null {
  return typeof value === 'object' && value !== null ? `[${value.join(', ')}]` : printValue(type, value)
}

function checkValue(name: string, definition: ConfigDefinition, value: ConfigValue): void {
  const { type, min, max, oneOf, oneOfAnyCase, check } = definition
  if (typeof value === 'number') {
    if (min !== undefined && value < min) throw invalidValue(name, shown(type, value), `Value must be at least ${min}`)
    if (max !== undefined && value > max) {
      throw invalidValue(name, shown(type, value), `Value must be no more than ${max}`)
    }
  }
  if (typeof value === 'string') {
    if (oneOf !== undefined && !oneOf.includes(value)) {
      throw invalidValue(name, value, `String must be one of: ${oneOf.join(', ')}`)
    }
    if (oneOfAnyCase !== undefined && !oneOfAnyCase.includes(value.toUpperCase())) {
      throw invalidValue(name, value, `String must be one of (case insensitive): ${oneOfAnyCase.join(', ')}`)
    }
  }
  if (check !== undefined) runCheck(name, definition, value)
}

function runCheck(name: string, definition: ConfigDefinition, value: ConfigValue): void {
  switch (definition.check) {
    case 'non-empty':
      if (value === '') throw invalidValue(name, value, 'String must be non-empty')
      return
    case 'non-null':
      // A text is never null; Kafka's check is for programs.
      return
    case 'distinct':
    case 'distinct-non-empty':
      checkDistinct(name, definition, value as readonly string[])
      return
    case 'gzip-level':
      if ((value as number) > 9 || ((value as number) < 1 && value !== -1)) {
        throw invalidValue(name, String(value), `Value must be between 1 and 9 or equal to -1`)
      }
      return
    case 'throttled-replicas':
      checkThrottledReplicas(name, value as readonly string[])
      return
    case 'quorum-voters':
      parseQuorumVoters(value as readonly string[])
      return
    case 'bootstrap-servers':
      parseBootstrapServers(value as readonly string[])
      return
    case 'share-offset-reset':
      checkShareOffsetReset(name, value as string)
      return
  }
}

function checkDistinct(name: string, definition: ConfigDefinition, values: readonly string[]): void {
  const { oneOf, check } = definition
  if (values.length === 0 && check === 'distinct-non-empty') {
    const valid = oneOf === undefined ? 'any non-empty value' : `[${oneOf.join(', ')}]`
    throw new KafkaError('INVALID_CONFIG', `Configuration '${name}' must not be empty. Valid values include: ${valid}`)
  }
  for (const value of values) {
    if (value === '') throw new KafkaError('INVALID_CONFIG', `Configuration '${name}' values must not be empty.`)
    if (oneOf !== undefined && !oneOf.includes(value)) {
      throw invalidValue(name, value, `String must be one of: ${oneOf.join(', ')}`)
    }
  }
}

function checkThrottledReplicas(name: string, replicas: readonly string[]): void {
  if (replicas.length === 1 && replicas[0] === '*') return
  if (replicas.every((replica) => /^(?:[0-9]+:[0-9]+)?$/.test(replica))) return
  throw invalidValue(
    name,
    shown('LIST', replicas),
    `${name} must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...`,
  )
}

/** ISO 8601 as Java's Duration.parse takes it, without a sign that would make it negative. */
const duration = /^P(?=.)(?:[0-9]+D)?(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:[.,][0-9]{0,9})?S)?)?$/i

function checkShareOffsetReset(name: string, value: string): void {
  if (value === 'earliest' || value === 'latest') return
  if (value.startsWith('by_duration:') && duration.test(value.slice('by_duration:'.length))) return
  throw invalidValue(
    name,
    value,
    `Invalid value \`${value}\` for configuration ${name}. The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.`,
  )
}
