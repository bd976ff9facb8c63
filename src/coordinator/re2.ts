// Regular expressions that clients send (RE2's, as in Kafka), matched in time that is bounded by the length of the
// expression and the text: all ways through the expression are followed at once, so that no pattern can hold the loop.
import { KafkaError } from '../wire/index.ts'
import { parseRe2, type Re2Node, Re2SyntaxError } from './re2-syntax.ts'

type Step =
  | { readonly kind: 'char'; readonly matches: (char: string) => boolean; readonly next: number }
  | {
      readonly kind: 'assert'
      readonly holds: (before: string | undefined, after: string | undefined) => boolean
      readonly next: number
    }
  | { readonly kind: 'split'; next: number; readonly other: number }
  | { readonly kind: 'match' }

/** Repetitions of repetitions multiply: beyond this an expression is refused. */
const MAX_STEPS = 100_000
const MATCH = 0

export class Re2 {
  readonly #steps: readonly Step[]
  readonly #start: number

  private constructor(steps: readonly Step[], start: number) {
    this.#steps = steps
    this.#start = start
  }

  /** Throws INVALID_REGULAR_EXPRESSION, in RE2/J's words. */
  static compile(pattern: string): Re2 {
    try {
      const program = new Program()
      const start = program.add(parseRe2(pattern), MATCH)
      return new Re2(program.steps, start)
    } catch (error) {
      if (!(error instanceof Re2SyntaxError)) throw error
      throw new KafkaError('INVALID_REGULAR_EXPRESSION', error.message)
    }
  }

  /** Whether the whole text matches. */
  matches(text: string): boolean {
    const chars = [...text]
    let current = this.#closure([this.#start], undefined, chars[0])
    for (let index = 0; index < chars.length && current.size > 0; index++) {
      const char = chars[index] as string
      current = this.#closure(this.#after(current, char), char, chars[index + 1])
    }
    return current.has(MATCH)
  }

  #after(steps: Iterable<number>, char: string): number[] {
    const next: number[] = []
    for (const index of steps) {
      const step = this.#steps[index]
      if (step?.kind === 'char' && step.matches(char)) next.push(step.next)
    }
    return next
  }

  /** All steps that can be reached between two characters. */
  #closure(from: readonly number[], before: string | undefined, after: string | undefined): Set<number> {
    const reached = new Set<number>()
    const open = [...from]
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (reached.has(index)) continue
      reached.add(index)
      const step = this.#steps[index]
      if (step?.kind === 'split') open.push(step.next, step.other)
      else if (step?.kind === 'assert' && step.holds(before, after)) open.push(step.next)
    }
    return reached
  }
}

/** Built from its end: each step knows the one behind it. */
class Program {
  readonly steps: Step[] = [{ kind: 'match' }]

  /** Adds what the node takes, going on at `next`; where it begins. */
  add(node: Re2Node, next: number): number {
    switch (node.kind) {
      case 'empty':
        return next
      case 'char':
        return this.#push({ kind: 'char', matches: node.matches, next })
      case 'assert':
        return this.#push({ kind: 'assert', holds: node.holds, next })
      case 'concat':
        return node.parts.reduceRight((behind, part) => this.add(part, behind), next)
      case 'alternate':
        return node.parts
          .map((part) => this.add(part, next))
          .reduceRight((other, part) => this.#push({ kind: 'split', next: part, other }))
      case 'repeat':
        return this.#repeat(node, next)
    }
  }

  #repeat({ part, min, max }: Extract<Re2Node, { kind: 'repeat' }>, end: number): number {
    let next = end
    if (max === Number.POSITIVE_INFINITY) {
      const loop = { kind: 'split' as const, next: end, other: end }
      next = this.#push(loop)
      loop.next = this.add(part, next)
    } else {
      for (let count = min; count < max; count++) {
        next = this.#push({ kind: 'split', next: this.add(part, next), other: end })
      }
    }
    for (let count = 0; count < min; count++) next = this.add(part, next)
    return next
  }

  #push(step: Step): number {
    if (this.steps.length >= MAX_STEPS) throw new Re2SyntaxError('invalid repeat count')
    return this.steps.push(step) - 1
  }
}
