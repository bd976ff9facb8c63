// A broker that is killed with -9 and started again on the same port and directory: Odradek, or Apache Kafka where
// ODRADEK_TARGET=kafka.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '../oracle/kafka.ts'
import { startOdradek } from './odradek-process.ts'
import { targetName } from './target.ts'

export interface KillableBroker {
  readonly host: string
  readonly port: number
  /** The last of what it printed. */
  output(): string
  /** SIGKILL, and wait for the end. */
  kill(): Promise<void>
  /** Starts it again after a kill. */
  restart(): Promise<void>
  /** Ends it, and removes the directory. */
  stop(): Promise<void>
}

export async function startKillable(overrides: Readonly<Record<string, string>>): Promise<KillableBroker> {
  if (targetName() === 'odradek') return startKillableOdradek(overrides)
  // The controller believes in a broker that was killed for that long, and refuses it until then.
  const broker = await startKafka({ overrides: { 'broker.session.timeout.ms': '2000', ...overrides } })
  return Object.assign(broker, { output: () => '' })
}

async function startKillableOdradek(overrides: Readonly<Record<string, string>>): Promise<KillableBroker> {
  const logDir = mkdtempSync(join(tmpdir(), 'odradek-killable-'))
  const standard = { 'group.initial.rebalance.delay.ms': '0', ...overrides }
  const flags = Object.entries(standard).flatMap(([name, value]) => ['--override', `${name}=${value}`])
  const start = (port: number) => startOdradek(['--port', String(port), '--log-dir', logDir, ...flags])
  let broker = await start(0)
  const { host, port } = broker
  return {
    host,
    port,
    output: () => broker.output(),
    kill: () => broker.kill(),
    async restart() {
      broker = await start(port)
    },
    async stop() {
      await broker.kill()
      rmSync(logDir, { recursive: true, force: true })
    },
  }
}
