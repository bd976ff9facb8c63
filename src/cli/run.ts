// `odradek run -- COMMAND …`: a broker in memory for as long as a command runs, whose exit code becomes ours. The
// command is told by its environment where the broker is, and where its control.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import {
  type ControlServer,
  serveControl,
  startBroker,
  type TestBroker,
  type TestBrokerOptions,
} from '../testing/index.ts'
import { CommandError, ExitCode } from './command-error.ts'
import { refusal } from './refusal.ts'

export interface RunFlags {
  readonly port?: number
  readonly topic?: readonly string[]
  readonly logDir?: string
  readonly override?: Readonly<Record<string, string>>
  readonly apiVersions?: string
  readonly env?: readonly string[]
  readonly snapshot?: string
  readonly control?: boolean
}

const STANDARD_NAME = 'KAFKA_BOOTSTRAP_SERVERS'
const CONTROL_NAME = 'ODRADEK_CONTROL_URL'
/** A shell's: the command was not found, or cannot be run. */
const NOT_FOUND = 127
const NOT_EXECUTABLE = 126
const SIGNALLED = 128

/** Resolves with the exit code that ours shall be. */
export async function run(flags: RunFlags, command: readonly string[]): Promise<number> {
  const [file, ...args] = command
  if (file === undefined) throw new CommandError(ExitCode.usage, 'a command is needed: odradek run -- COMMAND …')
  const broker = await startBroker(optionsOf(flags)).catch((error: unknown) => {
    throw error instanceof TypeError ? new CommandError(ExitCode.usage, error.message) : refusal(error)
  })
  const control = flags.control ? await serveControl(broker) : undefined
  try {
    return await exitCodeOf(
      spawn(file, args, { stdio: 'inherit', env: environment(flags, broker, control), shell: isScript(file) }),
    )
  } finally {
    await control?.close()
    await broker.close()
  }
}

function optionsOf({ port, topic = [], logDir, override, apiVersions, snapshot }: RunFlags): TestBrokerOptions {
  return {
    port,
    logDir,
    snapshot,
    topics: Object.fromEntries(topic.map(topicOf)),
    config: override,
    apiVersions: apiVersions as TestBrokerOptions['apiVersions'],
  }
}

/** `orders`, or `orders:3` for three partitions. */
function topicOf(text: string): [string, number] {
  const [name = '', partitions = '1'] = text.split(':')
  if (!/^[1-9]\d*$/.test(partitions)) throw new CommandError(ExitCode.usage, `--topic ${text}: NAME or NAME:PARTITIONS`)
  return [name, Number(partitions)]
}

function environment(
  { env = [] }: RunFlags,
  { bootstrapServers }: TestBroker,
  control: ControlServer | undefined,
): NodeJS.ProcessEnv {
  const names = [STANDARD_NAME, ...env]
  return {
    ...process.env,
    ...Object.fromEntries(names.map((name) => [name, bootstrapServers])),
    ...(control !== undefined && { [CONTROL_NAME]: control.url }),
  }
}

/** On Windows, npm and npx are scripts of the shell. */
function isScript(file: string): boolean {
  return process.platform === 'win32' && !/[.](exe|com)$/i.test(file)
}

async function exitCodeOf(child: ChildProcess): Promise<number> {
  // What ends us is the command's to take; a terminal has sent it to both already.
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  process.on('SIGTERM', pass)
  process.on('SIGHUP', pass)
  process.on('SIGINT', () => undefined)
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return code ?? SIGNALLED + (signal === null ? 0 : constants.signals[signal])
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    process.stderr.write(
      `odradek: ${path ?? 'the command'}: ${code === 'ENOENT' ? 'command not found' : (error as Error).message}\n`,
    )
    return code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE
  }
}
