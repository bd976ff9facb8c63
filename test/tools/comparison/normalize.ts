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

/** Scripts of their own give records a time of before 2024, which stays. */
const TIME: Rule = [/\b1(?:[89]\d|7[3-9])\d{10}\b/g, '<time>']

const everywhere: readonly Rule[] = [
  [new RegExp(UUID, 'g'), '<uuid>'],
  [/TopicId: [\w-]{22}/g, 'TopicId: <topic id>'],
  [/\btries=\d+/g, 'tries=<n>'],
  [/after \d+ attempt\(s\)/g, 'after <n> attempt(s)'],
  // Columns are as wide as the widest of what was invented.
  [/ {2,}/g, ' '],
  [/[ \t]+$/gm, ''],
  // What a consumer of the newer protocol calls itself, beside its host.
  [/(?<= )[\w-]{22}(?= \/)/g, '<member id>'],
  // Where in the tool an exception came from hangs on the threads.
  [/^(\tat .*|\t\.\.\. \d+ more)\n/gm, ''],
  // A logger without a logger says so once in a JVM, whichever broker the tool is about.
  [/^SLF4J: .*(\n|$)/gm, ''],
  // Clients count themselves, and here both count together.
  [/\b(consumer|producer|adminclient)((?:-[\w.-]+?)?)-\d+(?=-<uuid>|\b)/g, '$1$2-<n>'],
]

/** Rates, sizes of what was measured, and durations. */
const NUMBERS: Rule = [/\b\d+([.,]\d+)?\b/g, '<number>']

const perTool: Readonly<Partial<Record<ToolName, readonly Rule[]>>> = {
  'dump-log': [[/("(?:p|nextP|previousP)roducerId":)\d+/g, '$1<producer id>']],
  'metadata-quorum': [
    [/((?:LeaderEpoch|HighWatermark|MaxFollowerLagTimeMs):\s+)\d+/g, '$1<number>'],
    // How far the log is depends on when one asks, and Kafka writes into it while nothing happens.
    [/^(\d+)\s*\t([^\t]+)\s*\t\d+\s*\t(\d+)\s*\t[^\t]*\t[^\t]*\t(\w+).*$/gm, '$1 $2 <end> $3 <then> <then> $4'],
  ],
  transactions: [
    // Producer ids are told in the order in which clients ask, and a client may ask twice. As `list` has them, `describe`,
    // and `describe-producers`.
    [/^(\S+[ ]*\t\d+[ ]*\t)\d+(?=[ ]*\t[A-Z]\w+[ \t]*$)/gm, '$1<producer id>'],
    [/^(\d+[ ]*\t\S+[ ]*\t)\d+(?=[ ]*\t\d+[ ]*\t[A-Z])/gm, '$1<producer id>'],
    [/^\d+(?=[ ]*\t\d+[ ]*\t-?\d+[ ]*\t-?\d+[ ]*\t<time>)/gm, '<producer id>'],
    // How long a transaction has been open, beside the time at which it began.
    [/(<time>\s*\t)\d+(?=\s*\t)/g, '$1<duration>'],
  ],
  'producer-perf-test': [[/^(\d+ records sent),.*$/gm, '$1, …']],
  cluster: [[/^(\d+ +\S+ +)\d+(?= )/gm, '$1<port>']],
  // Which of its waits was the last one, when it had enough.
  'delete-records': [[/TimeoutException: .*/g, 'TimeoutException: …']],
  features: [[/Epoch: \d+/g, 'Epoch: <number>']],
}

/** One broker's text in common terms. */
export function normalized(broker: ToolBroker, tool: ToolName, text: string): string {
  let common = text
  const known = [...broker.known].sort(([a], [b]) => b.length - a.length)
  for (const [invented, label] of known) common = common.replaceAll(invented, label)
  for (const [pattern, replacement] of [TIME, ...(perTool[tool] ?? []), ...everywhere]) {
    common = common.replace(pattern, replacement)
  }
  return common.trimEnd()
}

/** For `only`: what is JSON, with the elements of its arrays in an order of their own. */
export function sortedJson(lines: readonly string[]): string[] {
  return lines.map((line) => (line.startsWith('{') ? JSON.stringify(sorted(JSON.parse(line))) : line))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const elements = value.map(sorted).map((element) => [JSON.stringify(element), element] as const)
    return elements.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, element]) => element)
  }
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, sorted(inner)]))
}

/** For `only`: with every number masked. */
export function withoutNumbers(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(...NUMBERS))
}
