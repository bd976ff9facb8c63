// `odradek/testing/jest`: the matchers in jest's expect, for `setupFilesAfterEnv` or a test to import.
import { type BrokerMatchers, matchers } from './matchers.ts'

declare const expect: { extend(matchers: object): void }

expect.extend(matchers)

declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: as jest declares it
    interface Matchers<R, T = {}> extends BrokerMatchers<R> {}
  }
}
