// Regular expressions that clients send: RE2's, as in Kafka, matched in time that is linear in the text whatever the
// pattern. The engine is loaded with the first of them.
import { createRequire } from 'node:module'
import type { RE2JS, RE2JSSyntaxException } from 're2js'

/** A text that is no regular expression; the message says why, in the words of Kafka's engine. */
export class RegularExpressionError extends Error {
  override readonly name = 'RegularExpressionError'
}

// The CommonJS build has no import.meta.url, the ES module build no __filename.
const require = createRequire(typeof __filename === 'string' ? __filename : import.meta.url)

interface Engine {
  readonly RE2JS: typeof RE2JS
  readonly RE2JSSyntaxException: typeof RE2JSSyntaxException
}

export class RegularExpression {
  readonly #compiled: RE2JS

  /** Throws a RegularExpressionError. */
  constructor(pattern: string) {
    const { RE2JS, RE2JSSyntaxException } = require('re2js') as Engine
    try {
      this.#compiled = RE2JS.compile(pattern)
    } catch (error) {
      if (error instanceof RE2JSSyntaxException) throw new RegularExpressionError(kafkasWords(error.getDescription()))
      throw error
    }
  }

  /** Whether it matches the whole text. */
  matches(text: string): boolean {
    return this.#compiled.matches(text)
  }
}

/** Kafka's engine of the same family is older; it has no words of its own for this. */
function kafkasWords(description: string): string {
  return description === 'unexpected )' ? 'regexp/syntax: internal error' : description
}
