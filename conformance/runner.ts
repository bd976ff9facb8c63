// Stands in the place of test/support/runner.ts in the build: the behaviour tests that import that one write themselves
// into the list of checks. It must have all that the other has.
import { format } from 'node:util'
import { kafka, type Rule } from '../test/support/rules.ts'
import type * as vitestRunner from '../test/support/runner.ts'
import type { Configs, Fixtures, Test } from '../test/support/runner.ts'
import { write } from './check.ts'

/** The heads that a test stands under, outermost first. */
const heads: { readonly head: string; readonly rule: Rule }[] = []

/** Tests under a common head, and whose word they are. */
export function group(head: string, rule: Rule, body: () => void): void {
  heads.push({ head, rule })
  body()
  heads.pop()
}

export const test: Test = testUnder({})

/** For a broker of its own: a file with such tests is left out (areas.ts). */
export const testWith = ((): never => {
  throw new Error('a test that starts brokers is no check')
}) satisfies (typeof vitestRunner)['testWith']

interface Own {
  readonly rule?: Rule
  readonly given?: Configs
}

function testUnder(own: Own): Test {
  const one = (sentence: string, run: (fixtures: Fixtures) => Promise<void>): void => {
    const rule = own.rule ?? heads.at(-1)?.rule ?? kafka
    const name = [...heads.map(({ head }) => head), sentence].join(' ')
    write({ name, rule, given: own.given ?? {}, run })
  }
  return Object.assign(one, {
    for:
      <T>(rows: readonly T[]) =>
      (sentence: string, body: (row: T, fixtures: Fixtures) => Promise<void>): void => {
        for (const row of rows) one(withRow(sentence, row), (fixtures) => body(row, fixtures))
      },
    under: (rule: Rule) => testUnder({ ...own, rule }),
    given: (configs: Configs) => testUnder({ ...own, given: { ...own.given, ...configs } }),
  })
}

/** As vitest puts a row into a sentence: a list gives each placeholder one of its elements. */
function withRow(sentence: string, row: unknown): string {
  const placeholders = sentence.match(/%[a-z]/gi)?.length ?? 0
  const values = Array.isArray(row) ? row : [row]
  return format(sentence, ...values.slice(0, placeholders))
}

export { expect } from './expect.ts'
