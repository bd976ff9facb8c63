// The broker's log on stderr, through pino, which is loaded at the first line that is worth printing: a quiet broker
// never pays for it.
import { createRequire } from 'node:module'
import type { pino } from 'pino'
import type { Logger } from '../io/index.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'
export type LogFormat = 'text' | 'json'

/** Prints all that it is told: what is worth a line is the broker's to say, since clients may change it. */
export function createLogger(format: LogFormat): Logger {
  let loaded: Logger | undefined
  const method = (name: keyof Logger) => (details: object, message: string) => {
    loaded ??= loadPino(format)
    loaded[name](details, message)
  }
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') }
}

function loadPino(format: LogFormat): Logger {
  const create = createRequire(import.meta.url)('pino') as typeof pino
  // Synchronous, so that the last lines before a crash are there too.
  const stderr = create.destination({ dest: 2, sync: true })
  const options: pino.LoggerOptions = {
    level: 'debug',
    base: null,
    timestamp: create.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  }
  return create(options, format === 'json' ? stderr : { write: (line) => void stderr.write(asText(line)) })
}

/** `TIME LEVEL message key=value …`, and the stack of an error below. */
function asText(line: string): string {
  const { time, level, msg, err, ...details } = JSON.parse(line) as Record<string, unknown>
  const pairs = Object.entries(details).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`)
  const stack = err === undefined ? '' : `${(err as Error).stack ?? JSON.stringify(err)}\n`
  return `${time} ${String(level).toUpperCase()} ${msg}${pairs.join('')}\n${stack}`
}
