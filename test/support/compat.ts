// What the behaviour tests import. `broker` is the broker under test; a test never asks which one it is.
import type { Rule } from './rules.ts'
import { group } from './runner.ts'

/** Behaviours under a common head, which begins their sentences, and whose word they are. */
export const describe = Object.assign(group, {
  /** The same for each row, which is put into the head. */
  for:
    <T>(rows: readonly T[]) =>
    (head: string, rule: Rule, body: (row: T) => void): void => {
      for (const row of rows) group(head.replace(/%[is]/, String(row)), rule, () => body(row))
    },
})

export { apis, EMPTY_UUID } from '../../src/wire/index.ts'
export { config, guide, kafka, kip, message } from './rules.ts'
export { expect, test, testWith } from './runner.ts'
export { only, recordsIn, type TestBroker, valuesIn } from './test-broker.ts'
