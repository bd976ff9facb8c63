// The broker's log on stderr, through pino, which is loaded at the first line that is worth printing: a quiet broker
// never pays for it.
import { createRequire } from 'node:module'
import type { pino } from 'pino'
import type { Logger } from '../io/index.ts'

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof levels)[number]
export type LogFormat = 'text' | 'json'

export function createLogger(level: LogLevel, format: LogFormat): Logger {
  let loaded: Logger | undefined
  const method = (name: keyof Logger) => (details: object, message: string) => {
    if (levels.indexOf(name) < levels.indexOf(level)) return
    loaded ??= loadPino(level, format)
    loaded[name](details, message)
  }
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') }
}

function loadPino(level: LogLevel, format: LogFormat): Logger {
  const create = createRequire(import.meta.url)('pino') as typeof pino
  // Synchronous, so that the last lines before a crash are there too.
  const stderr = create.destination({ dest: 2, sync: true })
  const options: pino.LoggerOptions = {
    level,
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
