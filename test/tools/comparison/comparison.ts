// The same invocation of a tool on both brokers, and where what it says differs, line by line.
import { eventually } from '../../support/eventually.ts'
import { expected } from './expected.ts'
import { normalized, type Said } from './normalize.ts'
import type { ToolBroker } from './tool-broker.ts'
import type { Outcome, RunningTool, ToolName, ToolRunner } from './tool-runner.ts'

export interface Invocation {
  readonly tool: ToolName
  /** As a person would type them, with what differs between the brokers in its common name. */
  readonly args: readonly string[]
}

/** A line that one of them says and the other does not; the exit code is a line too. */
export interface Difference {
  readonly where: keyof Said
  readonly kafka?: string
  readonly odradek?: string
}

type Argument = string | ((broker: ToolBroker) => string)

export interface RunOptions {
  readonly input?: string
  /** Where the tool is told of the broker: as `--bootstrap-server` behind the others, or not by us. */
  readonly bootstrap?: 'last' | 'first' | 'none'
  /** Whether the lines come in an order that means nothing. */
  readonly unordered?: boolean
  /** What of the output is compared, where not all can be: it gets the lines, and gives lines. */
  readonly only?: (lines: readonly string[]) => readonly string[]
  /** In a JVM of its own, as `bin/` starts it. */
  readonly alone?: boolean
}

const SETTLED_MS = 5_000

export class Comparison {
  readonly brokers: readonly [kafka: ToolBroker, odradek: ToolBroker]
  readonly explained = new Map<string, number>()
  compared = 0
  unexplained = 0
  readonly #runner: ToolRunner
  #faults: string[] = []
  #lastAt = performance.now()

  constructor(brokers: Comparison['brokers'], runner: ToolRunner) {
    this.brokers = brokers
    this.#runner = runner
  }

  /** Does the same to both. */
  async both<T>(work: (broker: ToolBroker) => Promise<T>): Promise<[kafka: T, odradek: T]> {
    return Promise.all(this.brokers.map(work)) as Promise<[T, T]>
  }

  /** The same to one after the other. */
  async #inTurn<T>(work: (broker: ToolBroker) => Promise<T>): Promise<[kafka: T, odradek: T]> {
    const [kafka, odradek] = this.brokers
    return [await work(kafka), await work(odradek)]
  }

  /** Runs a tool that changes something, on both, and compares what it says. Gives the raw outcomes. */
  async run(
    tool: ToolName,
    args: readonly Argument[],
    options: RunOptions = {},
  ): Promise<[kafka: Outcome, odradek: Outcome]> {
    const outcomes = await this.#runBoth(tool, args, options)
    this.compare(tool, args, outcomes, options)
    return outcomes
  }

  /** Runs a tool that only looks: what it sees may still be on its way, so that it may look again until both agree. */
  async read(
    tool: ToolName,
    args: readonly Argument[],
    options: RunOptions = {},
  ): Promise<[kafka: Outcome, odradek: Outcome]> {
    let outcomes = await this.#runBoth(tool, args, options)
    const differs = () => this.#differences(tool, args, outcomes, options).length > 0
    if (differs()) {
      const again = async () => {
        outcomes = await this.#runBoth(tool, args, options)
        return !differs()
      }
      await eventually('the same on both', again, SETTLED_MS).catch(() => undefined)
    }
    this.compare(tool, args, outcomes, options)
    return outcomes
  }

  /** Starts a tool on both that goes on until it is stopped. */
  begin(
    tool: ToolName,
    args: readonly Argument[],
    options: RunOptions = {},
  ): [kafka: RunningTool, odradek: RunningTool] {
    return this.brokers.map((broker) =>
      this.#runner.begin(tool, argumentsFor(broker, args, options), options.input),
    ) as [RunningTool, RunningTool]
  }

  compare(tool: ToolName, args: readonly Argument[], outcomes: readonly [Outcome, Outcome], options: RunOptions = {}) {
    this.compared++
    const invocation = this.#invocation(tool, args)
    if (process.env.TOOLS_VERBOSE) this.#tell(invocation, outcomes[0])
    this.#lastAt = performance.now()
    for (const difference of this.#differences(tool, args, outcomes, options, 'all')) {
      const known = expected.find((one) => one.covers(invocation, difference))
      if (known === undefined) {
        this.unexplained++
        const fault = `${tool} ${invocation.args.join(' ')}: ${told(difference)}`
        this.#faults.push(fault)
        if (process.env.TOOLS_VERBOSE) console.log(`!! ${fault}`)
      } else {
        this.explained.set(known.reason, (this.explained.get(known.reason) ?? 0) + 1)
      }
    }
  }

  /** Compares what no tool prints. */
  agree(what: string, kafka: readonly string[], odradek: readonly string[]): void {
    for (const difference of lineDifferences(kafka, odradek)) {
      this.unexplained++
      this.#faults.push(`${what}: ${told({ where: 'stdout', ...difference })}`)
    }
  }

  /** The differences that nobody has explained, since this was asked before. */
  takeFaults(): string[] {
    const faults = this.#faults
    this.#faults = []
    return faults
  }

  summary(): string {
    const listed = [...this.explained.values()].reduce((sum, times) => sum + times, 0)
    return `tools: ${this.compared} invocations compared, ${listed} listed differences, ${this.unexplained} unexplained`
  }

  async #runBoth(tool: ToolName, args: readonly Argument[], options: RunOptions): Promise<[Outcome, Outcome]> {
    const run = async (broker: ToolBroker): Promise<Outcome> => {
      const own = argumentsFor(broker, args, options)
      if (options.alone) return this.#runner.runAlone(tool, own, options.input)
      return this.#runner.begin(tool, own, options.input).outcome
    }
    return options.alone ? this.#inTurn(run) : this.both(run)
  }

  #tell({ tool, args }: Invocation, { code, stdout, stderr }: Outcome): void {
    const [kafka] = this.brokers
    const text = [stdout, stderr].map((one) => normalized(kafka, tool, one)).join('\n')
    console.log(
      `$ kafka-${tool} ${args.join(' ')}\n${text}\n=> ${code} (${Math.round(performance.now() - this.#lastAt)} ms)`,
    )
  }

  #invocation(tool: ToolName, args: readonly Argument[]): Invocation {
    const [kafka] = this.brokers
    return { tool, args: args.map((arg) => (typeof arg === 'string' ? arg : normalized(kafka, tool, arg(kafka)))) }
  }

  #differences(
    tool: ToolName,
    args: readonly Argument[],
    outcomes: readonly [Outcome, Outcome],
    options: RunOptions,
    which: 'all' | 'unexplained' = 'unexplained',
  ): Difference[] {
    const [kafka, odradek] = this.brokers.map((broker, i) => said(broker, tool, outcomes[i] as Outcome, options))
    const all = differences(kafka as Said, odradek as Said)
    if (which === 'all') return all
    const invocation = this.#invocation(tool, args)
    return all.filter((difference) => !expected.some((one) => one.covers(invocation, difference)))
  }
}

function argumentsFor(broker: ToolBroker, args: readonly Argument[], { bootstrap = 'last' }: RunOptions): string[] {
  const own = args.map((arg) => (typeof arg === 'string' ? arg : arg(broker)))
  const where = ['--bootstrap-server', broker.bootstrap]
  if (bootstrap === 'none') return own
  return bootstrap === 'first' ? [...where, ...own] : [...own, ...where]
}

function said(broker: ToolBroker, tool: ToolName, { code, stdout, stderr }: Outcome, options: RunOptions): Said {
  const lines = (text: string) => {
    const all = normalized(broker, tool, text).split('\n')
    const wanted = options.only?.(all) ?? all
    return options.unordered ? [...wanted].sort() : wanted
  }
  return { code: [`exit code ${code}`], stdout: lines(stdout), stderr: lines(stderr) }
}

function differences(kafka: Said, odradek: Said): Difference[] {
  return (['code', 'stdout', 'stderr'] as const).flatMap((where) =>
    lineDifferences(kafka[where], odradek[where]).map((difference) => ({ where, ...difference })),
  )
}

/** Lines that only one of two texts has, those that took each other's place together. */
function lineDifferences(left: readonly string[], right: readonly string[]): Omit<Difference, 'where'>[] {
  const common = longestCommon(left, right)
  const found: Omit<Difference, 'where'>[] = []
  let [i, j] = [0, 0]
  for (const [nextI, nextJ] of [...common, [left.length, right.length] as const]) {
    for (; i < nextI || j < nextJ; i += Number(i < nextI), j += Number(j < nextJ)) {
      found.push({
        ...(i < nextI && { kafka: left[i] as string }),
        ...(j < nextJ && { odradek: right[j] as string }),
      })
    }
    i = nextI + 1
    j = nextJ + 1
  }
  return found
}

/** Pairs of places of a longest common subsequence. */
function longestCommon(left: readonly string[], right: readonly string[]): (readonly [number, number])[] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Uint32Array(right.length + 1))
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const row = lengths[i] as Uint32Array
      row[j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const pairs: (readonly [number, number])[] = []
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    if (left[i] === right[j]) pairs.push([i++, j++])
    else if (at(i + 1, j) >= at(i, j + 1)) i++
    else j++
  }
  return pairs
}

function told({ where, kafka, odradek }: Difference): string {
  const show = (line: string | undefined) => (line === undefined ? 'nothing' : JSON.stringify(line))
  return `${where}: Kafka says ${show(kafka)}, Odradek ${show(odradek)}`
}
