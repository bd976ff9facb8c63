// What the behaviour tests are run by: vitest. The conformance kit puts a file of its own in this one's place, so that
// the tests lean on nothing but what is here.
import { afterAll, test as base, beforeAll, describe, inject } from 'vitest'
import { nodeIdOf } from './admin.ts'
import { RawClient } from './raw-client.ts'
import type { Rule } from './rules.ts'
import { startTarget, type Target } from './target.ts'
import { type Address, TestBroker } from './test-broker.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    address: Address
  }
}

export type Configs = Readonly<Record<string, string>>

export interface Fixtures {
  readonly broker: TestBroker
}

export interface Test {
  (sentence: string, body: (fixtures: Fixtures) => Promise<void>): void
  /** One test for each row; the first of it, or it itself, is put into the sentence. */
  for<T>(rows: readonly T[]): (sentence: string, body: (row: T, fixtures: Fixtures) => Promise<void>) => void
  /** `test` for what stands for another rule than its `describe`. */
  under(rule: Rule): Test
  /** `test` for what holds of a broker with these configs, where they are not those of every broker. */
  given(configs: Configs): Test
}

/** They share nothing, wait much and compute little: all tests of a file run at once. */
function testOn(address: () => Address): Test {
  const { concurrent } = base.extend<Fixtures>({
    // Vitest reads which fixtures a fixture needs from this pattern.
    // biome-ignore lint/correctness/noEmptyPattern: see above
    broker: async ({}, use) => {
      const broker = new TestBroker(address())
      await use(broker)
      await broker.end()
    },
  })
  const test: Test = Object.assign(
    (sentence: string, body: (fixtures: Fixtures) => Promise<void>) => concurrent(sentence, body),
    {
      for: <T>(rows: readonly T[]) => concurrent.for(rows),
      under: () => test,
      // The brokers that are started here have them.
      given: () => test,
    },
  )
  return test
}

/** Tests against the broker that the run shares. */
export const test = testOn(() => inject('address'))

/** Tests against a broker with these configs that this file has for itself. */
export function testWith(configs: Configs): Test {
  let own: (Target & { readonly nodeId: number }) | undefined
  beforeAll(async () => {
    const target = await startTarget(configs)
    const client = await RawClient.connect(target.host, target.port)
    own = { ...target, nodeId: await nodeIdOf(client) }
    client.close()
  })
  afterAll(() => own?.stop())
  return testOn(() => {
    if (own === undefined) throw new Error('the broker of this file is not running')
    return own
  })
}

/** Tests under a common head, and whose word they are. */
export function group(head: string, _rule: Rule, body: () => void): void {
  describe(head, body)
}

export { expect } from 'vitest'
