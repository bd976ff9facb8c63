// Runs the drivers: two at a time, each once against the broker that all share and once against a broker of its own that
// it has killed and started again. What they print settles the outcomes.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { createInterface } from 'node:readline'
import { awaitCoordinator } from '../support/admin.ts'
import type { Command } from '../support/client-process.ts'
import { type KillableBroker, startKillable } from '../support/killable-broker.ts'
import { RawClient } from '../support/raw-client.ts'
import { startTarget, type Target } from '../support/target.ts'
import type { Address } from '../support/test-broker.ts'
import { type Driver, NotInstalled } from './drivers.ts'
import type { Outcome } from './results.ts'
import { RESTART_SCENARIOS, type Scenario, SHARED_SCENARIOS } from './scenarios.ts'
import { objection } from './stored.ts'

const AT_ONCE = 2
const SHARED_DEADLINE_MS = 600_000
const RESTART_DEADLINE_MS = 400_000
const LINES_KEPT = 20
/** Consumer groups (KIP-848) hear at each heartbeat what they own now: every five seconds, where nobody asks for less. */
const BROKER_CONFIGS = {
  'group.consumer.min.heartbeat.interval.ms': '500',
  'group.consumer.heartbeat.interval.ms': '500',
}

export type Ending = Outcome | { readonly outcome: 'skipped'; readonly reason: string }

interface Settled extends Promise<Ending> {
  settle(ending: Ending): void
}

function settled(): Settled {
  let settle: (ending: Ending) => void = () => undefined
  const promise = new Promise<Ending>((resolve) => {
    settle = resolve
  })
  return Object.assign(promise, { settle })
}

/** One client's run; every scenario that was asked for is settled in the end. */
export class ClientRun {
  readonly driver: Driver
  readonly endings: ReadonlyMap<Scenario, Settled>
  version = ''

  constructor(driver: Driver, scenarios: readonly Scenario[]) {
    this.driver = driver
    this.endings = new Map(scenarios.map((scenario) => [scenario, settled()]))
  }

  settleAll(ending: Ending): void {
    for (const { settle } of this.endings.values()) settle(ending)
  }

  of(scenario: Scenario): Promise<Ending> {
    return this.endings.get(scenario) ?? Promise.resolve({ outcome: 'skipped', reason: 'not asked for' })
  }
}

export class Matrix {
  readonly runs: readonly ClientRun[]
  private shared: Target | undefined
  private readonly children = new Set<ChildProcess>()

  constructor(drivers: readonly Driver[], scenarios: readonly Scenario[]) {
    this.runs = drivers.map((driver) => new ClientRun(driver, scenarios))
  }

  async run(): Promise<void> {
    this.shared = await startTarget(BROKER_CONFIGS)
    const client = await RawClient.connect(this.shared.host, this.shared.port)
    // The first group makes the broker create __consumer_offsets.
    await awaitCoordinator(client, 'matrix-setup')
    client.close()
    const waiting = [...this.runs]
    const worker = async () => {
      for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) await this.runClient(run)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  }

  async stop(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL')
    await this.shared?.stop()
  }

  private async runClient(run: ClientRun): Promise<void> {
    try {
      const command = await run.driver.prepare()
      await this.runShared(run, command)
      await this.runRestarts(run, command)
      run.settleAll({ outcome: 'failed', reason: 'the driver did not tell' })
    } catch (error) {
      const reason = (error as Error).message
      run.settleAll({ outcome: error instanceof NotInstalled ? 'skipped' : 'failed', reason })
    }
  }

  private async runShared(run: ClientRun, command: Command): Promise<void> {
    const scenarios = [...run.endings.keys()].filter((name) => name in SHARED_SCENARIOS)
    const broker = this.shared
    if (scenarios.length === 0 || broker === undefined) return
    await this.runDriver(run, command, broker, '-', scenarios, SHARED_DEADLINE_MS)
  }

  private async runRestarts(run: ClientRun, command: Command): Promise<void> {
    const scenarios = [...run.endings.keys()].filter((name) => name in RESTART_SCENARIOS)
    if (scenarios.length === 0) return
    const broker = await startKillable({})
    const control = await controlOf(broker)
    try {
      await this.runDriver(run, command, broker, control.address, scenarios, RESTART_DEADLINE_MS)
    } finally {
      control.server.close()
      await broker.stop()
    }
  }

  private async runDriver(
    run: ClientRun,
    { file, args }: Command,
    broker: Address,
    control: string,
    scenarios: readonly Scenario[],
    deadlineMs: number,
  ): Promise<void> {
    const { name } = run.driver
    const words = [`${broker.host}:${broker.port}`, control, name, scenarios.join(',')]
    const child = spawn(file, [...args, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.children.add(child)
    const errors: string[] = []
    const checks: Promise<void>[] = []
    createInterface({ input: child.stderr }).on('line', (line) => {
      errors.push(line)
      if (errors.length > LINES_KEPT) errors.shift()
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = parsed(line)
      if (told?.version !== undefined) run.version = told.version
      if (told?.scenario !== undefined) checks.push(settle(run, broker, told as Told))
    })
    const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
    const [code, signal] = await Promise.race([once(child, 'close'), failedStart(child)])
    clearTimeout(late)
    this.children.delete(child)
    await Promise.all(checks)
    const end = `the driver ended with ${signal ?? code} before: ${errors.join(' | ')}`
    for (const scenario of scenarios) run.endings.get(scenario)?.settle({ outcome: 'failed', reason: end })
  }
}

interface Told extends Outcome {
  readonly scenario: Scenario
}

function parsed(line: string): (Partial<Told> & { version?: string }) | undefined {
  try {
    return JSON.parse(line) as Partial<Told> & { version?: string }
  } catch {
    // A client that prints of its own accord.
    return undefined
  }
}

async function failedStart(child: ChildProcess): Promise<never> {
  const [error] = await once(child, 'error')
  throw error
}

async function settle(run: ClientRun, address: Address, { scenario, outcome, reason }: Told): Promise<void> {
  const against =
    outcome === 'ok'
      ? await objection(address, run.driver.name, scenario).catch((error: Error) => error.message)
      : undefined
  const ending: Outcome = against === undefined ? { outcome, reason } : { outcome: 'failed', reason: against }
  run.endings.get(scenario)?.settle(ending)
}

/** Who connects here gets the broker killed and started again, and a closed connection when it is up. */
async function controlOf(broker: KillableBroker): Promise<{ server: Server; address: string }> {
  const server = createServer(async (socket) => {
    socket.on('error', () => undefined)
    await broker.kill()
    await broker.restart()
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return { server, address: `127.0.0.1:${port}` }
}
