// Regular expressions that clients send: RE2's, as in Kafka, matched in time that is linear in the text, so that no
// pattern can hold the loop. The engine is loaded with the first of them.
import { createRequire } from 'node:module'
import type { RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js'
import { KafkaError } from '../wire/index.ts'
import { repeatedBrace, withoutNeedlessEscapes } from './re2-dialect.ts'

// The CommonJS build has no import.meta.url, the ES module build no __filename.
const require = createRequire(typeof __filename === 'string' ? __filename : import.meta.url)

interface Engine {
  readonly RE2JS: typeof RE2JS
  readonly RE2JSException: typeof RE2JSException
  readonly RE2JSSyntaxException: typeof RE2JSSyntaxException
}

/** What is wrong with a pattern, in the words of Kafka's engine: the message with the place, the description without. */
export class InvalidRegularExpression extends KafkaError {
  readonly description: string

  constructor(description: string, message: string) {
    super('INVALID_REGULAR_EXPRESSION', message)
    this.description = description
  }
}

export class Re2 {
  readonly #compiled: RE2JS

  private constructor(compiled: RE2JS) {
    this.#compiled = compiled
  }

  /** Throws an InvalidRegularExpression. */
  static compile(pattern: string): Re2 {
    const engine = require('re2js') as Engine
    try {
      const compiled = engine.RE2JS.compile(withoutNeedlessEscapes(pattern))
      refuseRepeatedBrace(pattern)
      return new Re2(compiled)
    } catch (error) {
      if (error instanceof engine.RE2JSSyntaxException) {
        if (error.getDescription() === FOUND_AT_THE_END) refuseRepeatedBrace(pattern)
        throw refusal(error.getDescription(), error.message)
      }
      if (error instanceof engine.RE2JSException) throw refusal(error.message, error.message)
      throw error
    }
  }

  /** Whether the whole text matches. */
  matches(text: string): boolean {
    return this.#compiled.matches(text)
  }
}

/** The engine of Kafka has no words of its own for a parenthesis that closes nothing. */
const UNEXPECTED = 'unexpected )'
const KAFKAS_WORDS = 'regexp/syntax: internal error'
const FOUND_AT_THE_END = 'missing closing )'
const NESTED = 'invalid nested repetition operator'

function refuseRepeatedBrace(pattern: string): void {
  const repeated = repeatedBrace(pattern)
  if (repeated !== undefined) throw refusal(NESTED, `error parsing regexp: ${NESTED}: \`${repeated}\``)
}

function refusal(description: string, message: string): InvalidRegularExpression {
  if (description !== UNEXPECTED) return new InvalidRegularExpression(description, message)
  return new InvalidRegularExpression(KAFKAS_WORDS, `error parsing regexp: ${KAFKAS_WORDS}: \`stack underflow\``)
}
