// The differences that are known and meant, each with its reason.
import type { Difference, Invocation } from './comparison.ts'

export interface Expected {
  readonly reason: string
  covers(invocation: Invocation, difference: Difference): boolean
}

export const expected: readonly Expected[] = []
