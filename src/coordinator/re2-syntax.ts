// The syntax of RE2 as Kafka has it (RE2/J's Perl dialect, which knows neither backreferences nor look-around): from a
// pattern to a tree, or the error that RE2/J gives. Only what a match depends on is kept; captures are groups like any.

/** What an expression consists of; characters are whole code points. */
export type Re2Node =
  | { readonly kind: 'empty' }
  | { readonly kind: 'char'; readonly matches: (char: string) => boolean }
  | { readonly kind: 'assert'; readonly holds: (before: string | undefined, after: string | undefined) => boolean }
  | { readonly kind: 'concat'; readonly parts: readonly Re2Node[] }
  | { readonly kind: 'alternate'; readonly parts: readonly Re2Node[] }
  | { readonly kind: 'repeat'; readonly part: Re2Node; readonly min: number; readonly max: number }

/** Not a valid expression; the message is RE2/J's. */
export class Re2SyntaxError extends Error {
  constructor(error: string, at?: string) {
    super(`error parsing regexp: ${error}${at === undefined ? '' : `: \`${at}\``}`)
  }
}

interface Flags {
  readonly ignoreCase: boolean
  readonly multiLine: boolean
  readonly dotMatchesNewline: boolean
}

/** What an open group goes back to when it closes. */
interface Group {
  readonly alternatives: Re2Node[]
  readonly parts: Re2Node[]
  readonly flagsAfter: Flags
}

type Test = (char: string) => boolean

const MAX_REPEAT = 1000
const MAX_DEPTH = 1000
const MAX_CODE_POINT = 0x10ffff
/** How far flags and counts are looked for: patterns may be long, and are read once. */
const WINDOW = 64
const NO_FLAGS: Flags = { ignoreCase: false, multiLine: false, dotMatchesNewline: false }

const isNewline = (char: string | undefined): boolean => char === '\n'
const isWord = (char: string | undefined): boolean => char !== undefined && /^[0-9A-Za-z_]$/.test(char)
const isAlphanumeric = (char: string): boolean => /^[0-9A-Za-z]$/.test(char)
const isOctal = (char: string | undefined): char is string => char !== undefined && /^[0-7]$/.test(char)

const asserts = {
  textBegin: { kind: 'assert', holds: (before) => before === undefined },
  textEnd: { kind: 'assert', holds: (_before, after) => after === undefined },
  lineBegin: { kind: 'assert', holds: (before) => before === undefined || isNewline(before) },
  lineEnd: { kind: 'assert', holds: (_before, after) => after === undefined || isNewline(after) },
  wordBoundary: { kind: 'assert', holds: (before, after) => isWord(before) !== isWord(after) },
  noWordBoundary: { kind: 'assert', holds: (before, after) => isWord(before) === isWord(after) },
} satisfies Record<string, Re2Node>

const perlClasses: Readonly<Record<string, string>> = { d: '0-9', s: '\\t\\n\\f\\r ', w: '0-9A-Za-z_' }

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\u{0}-\\u{7f}',
  blank: '\\t ',
  cntrl: '\\u{0}-\\u{1f}\\u{7f}',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}

const categories: ReadonlySet<string> = new Set(
  'L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs Cc Cf Co Cs'.split(' '),
)
/** Unicode has short names for scripts, too, which RE2 does not know; these are long ones. */
const scriptsOfFourLetters: ReadonlySet<string> = new Set('Cham Kawi Lisu Miao Modi Newa Thai Toto Yezi'.split(' '))

export function parseRe2(pattern: string): Re2Node {
  return new Parser(pattern).parse()
}

class Parser {
  readonly #pattern: string
  readonly #chars: readonly string[]
  #at = 0
  #flags = NO_FLAGS
  readonly #groups: Group[] = []
  #group: Group = { alternatives: [], parts: [], flagsAfter: NO_FLAGS }
  readonly #names = new Set<string>()
  /** Where the repetition stood that has just been read; -1 where something else was. */
  #lastRepeat = -1
  /** No named class ends from here on. */
  #isNothingNamed = false

  constructor(pattern: string) {
    this.#pattern = pattern
    this.#chars = [...pattern]
  }

  parse(): Re2Node {
    while (this.#at < this.#chars.length) {
      const start = this.#at
      const isRepeat = this.#next()
      this.#lastRepeat = isRepeat ? start : -1
    }
    if (this.#groups.length > 0) throw new Re2SyntaxError('missing closing )', this.#pattern)
    return closed(this.#group)
  }

  /** Reads one thing; whether it was a repetition. */
  #next(): boolean {
    const char = this.#take()
    switch (char) {
      case '(':
        if (this.#peek() === '?') this.#perlGroup(this.#at - 1)
        else this.#open(this.#flags)
        return false
      case ')':
        this.#close()
        return false
      case '|':
        this.#group.alternatives.push(concat(this.#group.parts.splice(0)))
        return false
      case '^':
        return this.#add(this.#flags.multiLine ? asserts.lineBegin : asserts.textBegin)
      case '$':
        return this.#add(this.#flags.multiLine ? asserts.lineEnd : asserts.textEnd)
      case '.': {
        const all = this.#flags.dotMatchesNewline
        return this.#add({ kind: 'char', matches: (other) => all || !isNewline(other) })
      }
      case '[':
        return this.#add({ kind: 'char', matches: this.#class(this.#at - 1) })
      case '*':
        return this.#repeat(this.#at - 1, 0, Number.POSITIVE_INFINITY)
      case '+':
        return this.#repeat(this.#at - 1, 1, Number.POSITIVE_INFINITY)
      case '?':
        return this.#repeat(this.#at - 1, 0, 1)
      case '{':
        return this.#braces(this.#at - 1)
      case '\\':
        return this.#escaped(this.#at - 1)
      default:
        return this.#literal(char)
    }
  }

  #peek(): string | undefined {
    return this.#chars[this.#at]
  }

  #take(): string {
    return this.#chars[this.#at++] ?? ''
  }

  #from(start: number, end = this.#at): string {
    return this.#chars.slice(start, end).join('')
  }

  #lookingAt(text: string): boolean {
    return [...text].every((char, index) => this.#chars[this.#at + index] === char)
  }

  #add(node: Re2Node): false {
    this.#group.parts.push(node)
    return false
  }

  #literal(char: string): false {
    return this.#add({ kind: 'char', matches: literal(char, this.#flags.ignoreCase) })
  }

  // --- Groups

  #open(flags: Flags): void {
    if (this.#groups.length >= MAX_DEPTH) throw new Re2SyntaxError('expression nests too deeply', this.#pattern)
    this.#groups.push(this.#group)
    this.#group = { alternatives: [], parts: [], flagsAfter: this.#flags }
    this.#flags = flags
  }

  #close(): void {
    const outer = this.#groups.pop()
    if (outer === undefined) throw new Re2SyntaxError('regexp/syntax: internal error', 'stack underflow')
    this.#flags = this.#group.flagsAfter
    outer.parts.push(closed(this.#group))
    this.#group = outer
  }

  #perlGroup(start: number): void {
    this.#at++
    if (this.#lookingAt('P<') || this.#lookingAt('<')) this.#named(start)
    else this.#flagged(start)
  }

  #named(start: number): void {
    this.#at = this.#chars.indexOf('<', start) + 1
    const end = this.#chars.indexOf('>', this.#at)
    if (end < 0) throw new Re2SyntaxError('invalid named capture', this.#from(start, this.#chars.length))
    const name = this.#from(this.#at, end)
    this.#at = end + 1
    if (!/^[0-9A-Za-z_]+$/.test(name)) throw new Re2SyntaxError('invalid named capture', this.#from(start))
    if (this.#names.has(name)) throw new Re2SyntaxError('duplicate capture group name', name)
    this.#names.add(name)
    this.#open(this.#flags)
  }

  #flagged(start: number): void {
    const given = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.#from(this.#at, this.#at + WINDOW))
    if (given === null) throw new Re2SyntaxError('invalid or unsupported Perl syntax', this.#untilUnknownFlag(start))
    const [whole, on = '', off = '', end] = given
    this.#at += whole.length
    const flag = (name: string, before: boolean): boolean => !off.includes(name) && (on.includes(name) || before)
    const { ignoreCase, multiLine, dotMatchesNewline } = this.#flags
    const flags = {
      ignoreCase: flag('i', ignoreCase),
      multiLine: flag('m', multiLine),
      dotMatchesNewline: flag('s', dotMatchesNewline),
    }
    if (end === ':') this.#open(flags)
    else this.#flags = flags
  }

  #untilUnknownFlag(start: number): string {
    let isNegated = false
    let sawFlag = false
    for (; this.#at < this.#chars.length; sawFlag = true) {
      const char = this.#take()
      if (char === '-' && !isNegated) {
        isNegated = true
        sawFlag = false
        // The sign itself is no flag.
        continue
      }
      if (!'imsU'.includes(char) || (isNegated && !sawFlag && (char === ')' || char === ':'))) break
    }
    return this.#from(start)
  }

  // --- Repetitions

  #repeat(start: number, min: number, max: number): true {
    // Lazy or greedy: for whether all of a text matches it is the same.
    if (this.#peek() === '?') this.#at++
    if (this.#lastRepeat >= 0) {
      throw new Re2SyntaxError('invalid nested repetition operator', this.#from(this.#lastRepeat))
    }
    const part = this.#group.parts.pop()
    if (part === undefined) throw new Re2SyntaxError('missing argument to repetition operator', this.#from(start))
    this.#group.parts.push({ kind: 'repeat', part, min, max })
    return true
  }

  #braces(start: number): true {
    const given = /^\{(0|[1-9][0-9]*)(,?)(0|[1-9][0-9]*)?\}/.exec(this.#from(start, start + WINDOW))
    const [whole = '', from = '', comma, to] = given ?? []
    if (given === null || (comma === '' && to !== undefined)) {
      this.#literal('{')
      // RE2/J lets no repetition follow it: to that check, every opening brace is one.
      return true
    }
    this.#at = start + whole.length
    const min = Number(from)
    const max = comma === '' ? min : Number(to ?? Number.POSITIVE_INFINITY)
    if (min > MAX_REPEAT || min > max || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY)) {
      throw new Re2SyntaxError('invalid repeat count', whole)
    }
    return this.#repeat(start, min, max)
  }

  // --- Escapes

  #escaped(start: number): false {
    const char = this.#peek()
    switch (char) {
      case 'A':
        this.#at++
        return this.#add(asserts.textBegin)
      case 'b':
        this.#at++
        return this.#add(asserts.wordBoundary)
      case 'B':
        this.#at++
        return this.#add(asserts.noWordBoundary)
      case 'z':
        this.#at++
        return this.#add(asserts.textEnd)
      case 'C':
        throw new Re2SyntaxError('invalid escape sequence', '\\C')
      case 'Q':
        return this.#quoted()
    }
    this.#at = start
    const test = this.#classEscape()
    if (test !== undefined) return this.#add({ kind: 'char', matches: test })
    return this.#literal(this.#escape())
  }

  #quoted(): false {
    this.#at++
    while (this.#at < this.#chars.length && !this.#lookingAt('\\E')) this.#literal(this.#take())
    this.#at = Math.min(this.#at + 2, this.#chars.length)
    return false
  }

  /** `\d`, `\pL` and the like; undefined where another escape stands here. */
  #classEscape(): Test | undefined {
    const name = this.#chars[this.#at + 1]
    if (this.#peek() !== '\\' || name === undefined) return undefined
    if (name === 'p' || name === 'P') return this.#unicodeClass()
    const items = perlClasses[name.toLowerCase()]
    if (items === undefined) return undefined
    this.#at += 2
    return signed(this.#items(items), name !== name.toLowerCase())
  }

  #unicodeClass(): Test {
    const start = this.#at
    this.#at++
    const isNegated = this.#take() === 'P'
    let name = this.#take()
    if (name === '{') {
      const end = this.#chars.indexOf('}', this.#at)
      if (end < 0) throw new Re2SyntaxError('invalid character class range', this.#from(start, this.#chars.length))
      name = this.#from(this.#at, end)
      this.#at = end + 1
    }
    const isInverse = name.startsWith('^')
    const test = unicodeTest(isInverse ? name.slice(1) : name, this.#flags.ignoreCase)
    if (test === undefined) throw new Re2SyntaxError('invalid character class range', this.#from(start))
    return signed(test, isNegated !== isInverse)
  }

  /** The character that an escape stands for. */
  #escape(): string {
    const start = this.#at++
    if (this.#at >= this.#chars.length) throw new Re2SyntaxError('trailing backslash at end of expression')
    const char = this.#take()
    const simple: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }
    const meant = simple[char]
    if (meant !== undefined) return meant
    if (char === '0' || (isOctal(char) && isOctal(this.#peek()))) return this.#octal(char)
    const hex = char === 'x' ? this.#hex() : undefined
    if (hex !== undefined) return hex
    if (isAlphanumeric(char)) throw new Re2SyntaxError('invalid escape sequence', this.#from(start))
    return char
  }

  #octal(first: string): string {
    let digits = first
    while (digits.length < 3 && isOctal(this.#peek())) digits += this.#take()
    return String.fromCodePoint(Number.parseInt(digits, 8))
  }

  /** `x41` or `x{10ffff}`; undefined where it is neither, with what was read of it behind. */
  #hex(): string | undefined {
    const inBraces = this.#peek() === '{'
    if (inBraces) this.#at++
    let code = Number.NaN
    for (let digits = 0; this.#at < this.#chars.length && (inBraces || digits < 2); digits++) {
      const char = this.#take()
      if (inBraces && char === '}') return digits === 0 ? undefined : String.fromCodePoint(code)
      code = (digits === 0 ? 0 : code * 16) + (/^[0-9A-Fa-f]$/.test(char) ? Number.parseInt(char, 16) : Number.NaN)
      if (inBraces && !(code <= MAX_CODE_POINT)) return undefined
      if (!inBraces && digits === 1) return Number.isNaN(code) ? undefined : String.fromCodePoint(code)
    }
    return undefined
  }

  // --- Character classes

  #class(start: number): Test {
    const isNegated = this.#peek() === '^'
    if (isNegated) this.#at++
    const tests: Test[] = []
    let items = ''
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      const test = this.#namedClass() ?? this.#classEscape()
      if (test !== undefined) tests.push(test)
      else items += this.#range(start)
    }
    this.#at++
    if (items !== '') tests.push(this.#items(items))
    return signed((char) => tests.some((test) => test(char)), isNegated)
  }

  /** `[:alpha:]`; undefined where it is not closed, and so none. */
  #namedClass(): Test | undefined {
    if (!this.#lookingAt('[:') || this.#isNothingNamed) return undefined
    const start = this.#at
    let end = this.#chars.indexOf(':', start + 1)
    while (end >= 0 && this.#chars[end + 1] !== ']') end = this.#chars.indexOf(':', end + 1)
    if (end < 0) {
      this.#isNothingNamed = true
      return undefined
    }
    this.#at = end + 2
    const isNegated = this.#chars[start + 2] === '^'
    const items = end === start + 1 ? undefined : posixClasses[this.#from(start + (isNegated ? 3 : 2), end)]
    if (items === undefined) throw new Re2SyntaxError('invalid character class range', this.#from(start))
    return signed(this.#items(items), isNegated)
  }

  #range(classStart: number): string {
    const start = this.#at
    const low = this.#classChar(classStart)
    const isRange = this.#peek() === '-' && this.#chars[this.#at + 1] !== ']'
    if (!isRange) return item(low)
    this.#at++
    const high = this.#classChar(classStart)
    if (codeOf(high) < codeOf(low)) throw new Re2SyntaxError('invalid character class range', this.#from(start))
    return `${item(low)}-${item(high)}`
  }

  #classChar(classStart: number): string {
    if (this.#at >= this.#chars.length) throw new Re2SyntaxError('missing closing ]', this.#from(classStart))
    return this.#peek() === '\\' ? this.#escape() : this.#take()
  }

  #items(items: string): Test {
    return setTest(`[${items}]`, this.#flags.ignoreCase)
  }
}

function closed({ alternatives, parts }: Group): Re2Node {
  const last = concat(parts)
  return alternatives.length === 0 ? last : { kind: 'alternate', parts: [...alternatives, last] }
}

function concat(parts: readonly Re2Node[]): Re2Node {
  if (parts.length === 0) return { kind: 'empty' }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'concat', parts }
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0
}

/** As it stands in a class of JavaScript's. */
function item(char: string): string {
  return `\\u{${codeOf(char).toString(16)}}`
}

/** JavaScript folds case as RE2 does where both the `i` and the `u` flag are set: simply, by code point. */
function setTest(set: string, ignoreCase: boolean): Test {
  const expression = new RegExp(`^${set}$`, ignoreCase ? 'iu' : 'u')
  return (char) => expression.test(char)
}

function literal(char: string, ignoreCase: boolean): Test {
  return ignoreCase ? setTest(`[${item(char)}]`, true) : (other) => other === char
}

function signed(test: Test, isNegated: boolean): Test {
  return isNegated ? (char) => !test(char) : test
}

function unicodeTest(name: string, ignoreCase: boolean): Test | undefined {
  if (name === 'Any') return () => true
  if (name === 'C') return setTest('[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}]', ignoreCase)
  if (categories.has(name)) return setTest(`\\p{${name}}`, ignoreCase)
  if (!/^[A-Z][A-Za-z_]*$/.test(name) || (name.length === 4 && !scriptsOfFourLetters.has(name))) return undefined
  try {
    return setTest(`\\p{Script=${name}}`, ignoreCase)
  } catch {
    return undefined
  }
}
