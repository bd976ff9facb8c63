// Where Kafka's engine (RE2/J) reads a pattern in another way than ours, which follows a later version of the same code:
// a brace that counts nothing cannot be repeated, and any character outside ASCII may be escaped.

/** What cannot be escaped, or opens what is read in another way; a repetition; a brace that is none. */
const TOKEN =
  /\\Q[\s\S]*?(?:\\E|$)|\\[pPx]\{[^}]*(?:\}|$)|\\[\s\S]|\[\^?\]?(?:\[:\w*:\]|\\[\s\S]|[^\]\\])*\]|\{(?:0|[1-9]\d*)(?:,(?:0|[1-9]\d*)?)?\}|\{/g
const QUOTING = /^\\(?:Q|[pPx]\{)/
const REPETITION = /^(?:[*+?]|\{(?:0|[1-9]\d*)(?:,(?:0|[1-9]\d*)?)?\})\??/
const ESCAPED_BEYOND_ASCII = /\\(?=[^\0-\x7f])/g

/** The repetition of a brace, as the message tells it; undefined where there is none. */
export function repeatedBrace(pattern: string): string | undefined {
  for (const { 0: token, index } of pattern.matchAll(TOKEN)) {
    if (token !== '{') continue
    const repetition = REPETITION.exec(pattern.slice(index + 1))
    if (repetition !== null) return token + repetition[0]
  }
  return undefined
}

/** The pattern without the escapes that only Kafka's engine takes. */
export function withoutNeedlessEscapes(pattern: string): string {
  return pattern.replace(TOKEN, (token) => (QUOTING.test(token) ? token : token.replace(ESCAPED_BEYOND_ASCII, '')))
}
