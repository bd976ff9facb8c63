// From the flags of `odradek start` and a server.properties to what the broker is started with.
// The flags are stronger than the file, and --override is stronger than both.
import { parse } from 'dot-properties'
import { CommandError, ExitCode } from './command-error.ts'
import type { LogFormat, LogLevel } from './logger.ts'

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 9092
const DEFAULT_LOG_DIR = 'data'

export interface StartFlags {
  readonly port?: number
  readonly host?: string
  readonly logDir?: readonly string[]
  readonly memory?: boolean
  readonly config?: string
  readonly override?: Readonly<Record<string, string>>
  /** The port of the control server; without it there is none. */
  readonly control?: number
  readonly controlHost?: string
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
}

type Properties = Record<string, string>

/** The configs of the broker, `log.dirs` among them; `configText` is the content of the file that --config names. */
export function brokerProperties(flags: StartFlags, configText = ''): Properties {
  const file = parseProperties(configText)
  return withLogDirs(flags, { ...withListeners(flags, file), ...flags.override })
}

function parseProperties(text: string): Properties {
  try {
    const entries = Object.entries(parse(text) as Properties)
    return Object.fromEntries(entries.map(([name, value]) => [name, value.trim()]))
  } catch (error) {
    throw new CommandError(ExitCode.usage, `the config is not a properties file: ${(error as Error).message}`)
  }
}

/** --port and --host are one plaintext listener in place of the file's, those of its controller excepted. */
function withListeners({ host, port }: StartFlags, file: Properties): Properties {
  if (host === undefined && port === undefined && file.listeners !== undefined) return file
  const name = host ?? DEFAULT_HOST
  const own = `PLAINTEXT://${name.includes(':') ? `[${name}]` : name}:${port ?? DEFAULT_PORT}`
  const controllers = namesIn(file['controller.listener.names'])
  const kept = namesIn(file.listeners).filter((listener) => controllers.includes(listener.split(':', 1)[0] ?? ''))
  // What the file advertises is where its own listeners are.
  const { 'advertised.listeners': _, ...others } = file
  return { ...others, listeners: [own, ...kept].join() }
}

function namesIn(list = ''): string[] {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

function withLogDirs({ logDir, override = {} }: StartFlags, properties: Properties): Properties {
  const given = override['log.dirs'] ?? override['log.dir'] ?? logDir?.join(',')
  const { 'log.dir': single, ...others } = properties
  return { ...others, 'log.dirs': given ?? properties['log.dirs'] ?? single ?? DEFAULT_LOG_DIR }
}
