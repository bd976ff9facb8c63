// `odradek/testing/vitest`: the matchers in vitest's expect, for a setup file or a test to import.
import { expect } from 'vitest'
import { type BrokerMatchers, matchers } from './matchers.ts'

expect.extend(matchers as never)

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: as vitest declares it
  interface Matchers<T = any> extends BrokerMatchers<T> {}
}
