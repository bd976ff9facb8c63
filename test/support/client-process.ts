// A client as a process of its own, so that it can be killed: started again whenever it ends, until it is told to stop.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { eventually } from './eventually.ts'

const LINES_KEPT = 60
/** Where every line of every client is kept, for a run that is to be understood. */
const LOGS = process.env.CLIENT_LOGS
const STOP_DEADLINE_MS = 30_000
const DUMP_DEADLINE_MS = 5000

export interface Command {
  readonly file: string
  readonly args: readonly string[]
}

/** How a JVM is started that shall be up soon and small. */
export function javaCommand(classpath: string, main: string, args: readonly string[]): Command {
  const jvm = ['-Xmx256m', '-Xss512k', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
  const logging = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showThreadName=false']
  return { file: 'java', args: [...jvm, ...logging, '-cp', classpath, main, ...args] }
}

export class ClientProcess {
  readonly name: string
  private readonly command: Command
  private readonly onLine: (line: string) => void
  private child: ChildProcess | undefined
  private ended: Promise<void> = Promise.resolve()
  private wanted = false
  private readonly last: string[] = []
  /** What it prints once it was asked where it stands. */
  private dump: string[] | undefined
  /** The last line of each life that it ended itself. */
  readonly ownEnds: string[] = []

  constructor(name: string, command: Command, onLine: (line: string) => void = () => undefined) {
    this.name = name
    this.command = command
    this.onLine = onLine
  }

  start(): void {
    this.wanted = true
    const child = spawn(this.command.file, this.command.args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child = child
    this.note('--- started')
    // A pipe to a process that was killed.
    child.stdin.on('error', () => undefined)
    const streams = [child.stdout, child.stderr].map((input) => {
      const lines = createInterface({ input })
      lines.on('line', (line) => {
        this.note(line)
        if (input === child.stdout) this.onLine(line)
      })
      return once(lines, 'close')
    })
    this.ended = Promise.all([once(child, 'exit'), ...streams]).then(([[code, signal]]) => {
      this.child = undefined
      const lastWords = this.last.at(-1) ?? ''
      this.note(`--- ended with ${signal ?? code}`)
      if (!this.wanted) return
      this.ownEnds.push(lastWords)
      this.start()
    })
  }

  /** SIGKILL, and wait for the end. */
  async kill(): Promise<void> {
    this.wanted = false
    this.child?.kill('SIGKILL')
    await this.ended
  }

  /** SIGTERM, and wait for the end; what does not end is killed, and is a failure. */
  async stop(): Promise<void> {
    this.wanted = false
    this.child?.kill('SIGTERM')
    await this.endInTime()
  }

  /** Closes its standard input, and waits for the end. */
  async finish(): Promise<void> {
    this.wanted = false
    this.child?.stdin?.end()
    await this.endInTime(4 * STOP_DEADLINE_MS)
  }

  private async endInTime(deadlineMs = STOP_DEADLINE_MS): Promise<void> {
    await eventually(`the end of ${this.name}`, async () => this.child === undefined, deadlineMs)
  }

  /** Its last lines; a JVM that still runs tells where its threads are. */
  async whereItStood(): Promise<string> {
    const { child } = this
    if (child !== undefined && this.command.file === 'java') {
      const dump: string[] = []
      this.dump = dump
      child.kill('SIGQUIT')
      // Its last line is the heap's last.
      const printed = async () => dump.some((line) => /class space/.test(line))
      await eventually('a thread dump', printed, DUMP_DEADLINE_MS).catch(() => undefined)
    }
    const state = child === undefined ? 'not running' : `running as ${child.pid}`
    const headline = `${this.name}: ${state}, ended ${this.ownEnds.length} times by itself`
    return [headline, ...this.last, ...(this.dump ?? [])].join('\n  ')
  }

  private note(line: string): void {
    if (LOGS !== undefined) appendFileSync(join(LOGS, `${this.name}.log`), `${line}\n`)
    if (this.dump !== undefined) {
      this.dump.push(line)
      return
    }
    this.last.push(line)
    if (this.last.length > LINES_KEPT) this.last.shift()
  }
}
