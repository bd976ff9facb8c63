// `test` and `expect` of the behaviour tests. `broker` is the one broker of the run; a test never asks which one it is.
import { afterAll, test as base, beforeAll, inject } from 'vitest'
import { startTarget, type Target } from './target.ts'
import { type Address, TestBroker } from './test-broker.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    address: Address
  }
}

interface Fixtures {
  broker: TestBroker
}

/** They share nothing, wait much and compute little: all tests of a file run at once. */
function testOn(address: () => Address) {
  const test = base.extend<Fixtures>({
    // Vitest reads which fixtures a fixture needs from this pattern.
    // biome-ignore lint/correctness/noEmptyPattern: see above
    broker: async ({}, use) => {
      const broker = new TestBroker(address())
      await use(broker)
      await broker.end()
    },
  })
  return test.concurrent
}

/** A test against the broker that the run shares. */
export const test = testOn(() => inject('address'))

/** `test` for the tests of this file, against a broker with these configs that they have for themselves. */
export function testWith(configs: Record<string, string>): typeof test {
  let target: Target | undefined
  beforeAll(async () => {
    target = await startTarget(configs)
  })
  afterAll(() => target?.stop())
  return testOn(() => {
    if (target === undefined) throw new Error('the broker of this file is not running')
    return target
  })
}

export { describe, expect } from 'vitest'
export { apis, EMPTY_UUID } from '../../src/wire/index.ts'
export { only, recordsIn, type TestBroker, valuesIn } from './test-broker.ts'
