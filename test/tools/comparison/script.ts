// A list of invocations under a name, run on both brokers in step.
import type { Comparison } from './comparison.ts'

export interface Script {
  readonly name: string
  run(tools: Comparison): Promise<void>
}
