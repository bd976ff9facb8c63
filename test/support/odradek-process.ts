// The built broker as a process of its own, so that it can be killed.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const READY = /^odradek \S+ ready on (.+):(\d+) \((.*), (\d+) ms\)$/m
const START_TIMEOUT_MS = 30_000

export interface OdradekProcess {
  readonly host: string
  readonly port: number
  readonly pid: number
  /** What the ready line says it took, in ms. */
  readonly startMs: number
  /** The last of what it printed. */
  output(): string
  /** SIGKILL, and wait for the end. */
  kill(): Promise<void>
  /** SIGTERM, and wait for the end; resolves with the exit code. */
  stop(): Promise<number | null>
}

/** Starts the CLI of the build with these arguments and waits for its ready line. */
export async function startOdradek(args: readonly string[]): Promise<OdradekProcess> {
  const child = spawn(process.execPath, [CLI, 'start', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  let last = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      last = (last + chunk.toString()).slice(-4000)
    })
  }
  const match = await readyLine(child, exited)
  return {
    host: match[1] ?? '',
    port: Number(match[2]),
    pid: child.pid ?? 0,
    startMs: Number(match[4]),
    output: () => last,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    stop() {
      child.kill('SIGTERM')
      return exited
    },
  }
}

async function readyLine(child: ChildProcess, exited: Promise<number | null>): Promise<RegExpMatchArray> {
  let output = ''
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4000)
  })
  const ready = new Promise<RegExpMatchArray>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const match = READY.exec(output)
      if (match !== null) resolve(match)
    })
  })
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS)
  const ended = exited.then((code) => `ended with ${code}`)
  const late = once(timeout, 'abort').then(() => 'was not ready in time')
  const first = await Promise.race([ready, ended, late])
  if (typeof first !== 'string') return first
  child.kill('SIGKILL')
  throw new Error(`the broker ${first}: ${output}${errors}`)
}
