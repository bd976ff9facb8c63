// The broker under test: Odradek from the build, or Apache Kafka where ODRADEK_TARGET=kafka.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '../oracle/kafka.ts'
import { startOdradek } from './odradek-process.ts'

export interface Target {
  readonly name: 'odradek' | 'kafka'
  readonly host: string
  readonly port: number
  /** The broker's log directory. */
  readonly logDir: string
  stop(): Promise<void>
}

export function targetName(): Target['name'] {
  return process.env.ODRADEK_TARGET === 'kafka' ? 'kafka' : 'odradek'
}

/** Starts a broker of the chosen kind in a directory of its own; `overrides` are broker configs. */
export async function startTarget(overrides: Record<string, string> = {}): Promise<Target> {
  return targetName() === 'kafka' ? startKafka({ overrides }) : startOdradekTarget(overrides)
}

export async function startOdradekTarget(overrides: Record<string, string> = {}): Promise<Target> {
  const logDir = mkdtempSync(join(tmpdir(), 'odradek-target-'))
  const standard = {
    'group.initial.rebalance.delay.ms': '0',
    // As the Kafka beside it says, which can close its other listeners for that.
    'advertised.listeners': 'PLAINTEXT://127.0.0.1:0',
    ...overrides,
  }
  const flags = Object.entries(standard).flatMap(([name, value]) => ['--override', `${name}=${value}`])
  const broker = await startOdradek(['--port', '0', '--log-dir', logDir, ...flags])
  return {
    name: 'odradek',
    host: broker.host,
    port: broker.port,
    logDir,
    async stop() {
      await broker.stop()
      rmSync(logDir, { recursive: true, force: true })
    },
  }
}
