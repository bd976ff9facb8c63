// The brokers that are measured, each as a process of its own on a free port with a new directory.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '../test/oracle/kafka.ts'
import { startOdradek } from '../test/support/odradek-process.ts'

export interface MeasuredBroker {
  readonly host: string
  readonly port: number
  readonly pid: number
  /** From the start of the process to the first answer, in ms. */
  readonly startMs: number
  stop(): Promise<void>
}

export interface Contender {
  readonly name: 'Odradek' | 'Apache Kafka'
  start(): Promise<MeasuredBroker>
}

export const odradek: Contender = {
  name: 'Odradek',
  async start() {
    const directory = mkdtempSync(join(tmpdir(), 'odradek-bench-'))
    const started = performance.now()
    // As the Kafka beside it: a group that is new waits for nobody.
    const override = 'group.initial.rebalance.delay.ms=0'
    const broker = await startOdradek(['--port', '0', '--log-dir', directory, '--override', override])
    const startMs = performance.now() - started
    return {
      host: broker.host,
      port: broker.port,
      pid: broker.pid,
      startMs,
      async stop() {
        await broker.stop()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },
}

export const kafka: Contender = {
  name: 'Apache Kafka',
  async start() {
    // Formatting is not counted: only the broker's own process is.
    const broker = await startKafka({ heap: '1g' })
    return { host: broker.host, port: broker.port, pid: broker.pid, startMs: broker.startMs, stop: () => broker.stop() }
  },
}
