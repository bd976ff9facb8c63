// What a tool says, in a form that two brokers share: what they invented is named alike, times and durations are masked.
import type { ToolBroker } from './tool-broker.ts'
import type { ToolName } from './tool-runner.ts'

export interface Said {
  readonly code: readonly string[]
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
}

type Rule = readonly [pattern: RegExp, replacement: string]

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

const everywhere: readonly Rule[] = [
  [/\b1[0-9]{12}\b/g, '<time>'],
  [new RegExp(UUID, 'g'), '<uuid>'],
  [/TopicId: [\w-]{22}/g, 'TopicId: <topic id>'],
  [/\btries=\d+/g, 'tries=<n>'],
  [/after \d+ attempt\(s\)/g, 'after <n> attempt(s)'],
  // Columns are as wide as the widest of what was invented.
  [/ {2,}/g, ' '],
  // Where in the tool an exception came from hangs on the threads.
  [/^(\tat .*|\t\.\.\. \d+ more)\n/gm, ''],
  // Clients count themselves, and here both count together.
  [/\b(consumer|producer|adminclient)((?:-[\w.-]+?)?)-\d+(?=-<uuid>|\b)/g, '$1$2-<n>'],
]

/** Rates, sizes of what was measured, and durations. */
const NUMBERS: Rule = [/\b\d+([.,]\d+)?\b/g, '<number>']

const perTool: Readonly<Partial<Record<ToolName, readonly Rule[]>>> = {
  'metadata-quorum': [
    [/((?:LeaderEpoch|HighWatermark|MaxFollowerLagTimeMs):\s+)\d+/g, '$1<number>'],
    [/"directoryId": "[\w-]{22}"/g, '"directoryId": "<directory id>"'],
    // NodeId, DirectoryId, LogEndOffset, Lag, LastFetchTimestamp, LastCaughtUpTimestamp, Status
    [
      /^(\d+)\t[\w-]{22}\s*\t\d+\s*\t(\d+)\s*\t[^\t]*\t[^\t]*\t(\w+).*$/gm,
      '$1 <directory id> <end> $2 <then> <then> $3',
    ],
  ],
  'producer-perf-test': [[/^(\d+ records sent),.*$/gm, '$1, …']],
  features: [[/Epoch: \d+/g, 'Epoch: <number>']],
}

/** One broker's text in common terms. */
export function normalized(broker: ToolBroker, tool: ToolName, text: string): string {
  let common = text
  const known = [...broker.known].sort(([a], [b]) => b.length - a.length)
  for (const [invented, label] of known) common = common.replaceAll(invented, label)
  for (const [pattern, replacement] of perTool[tool] ?? []) common = common.replace(pattern, replacement)
  for (const [pattern, replacement] of everywhere) common = common.replace(pattern, replacement)
  return common.trimEnd()
}

/** For `only`: with every number masked. */
export function withoutNumbers(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(...NUMBERS))
}
