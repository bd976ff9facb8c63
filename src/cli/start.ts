// `odradek start`: runs a broker until a signal ends it. One line on stdout when it is ready; its log is on stderr.
import { readFileSync } from 'node:fs'
import { type Broker, startBroker, version } from '../index.ts'
import { CommandError, ExitCode } from './command-error.ts'
import { createLogger } from './logger.ts'
import { reason, refusal } from './refusal.ts'
import { brokerProperties, type StartFlags } from './settings.ts'
import { untilStopped } from './signals.ts'

export async function start(flags: StartFlags): Promise<void> {
  const properties = brokerProperties(flags, flags.config === undefined ? '' : readConfig(flags.config))
  const logger = createLogger(flags.logFormat)
  if (flags.control !== undefined) {
    const { startControlled } = await import('./controlled.ts')
    return startControlled(flags, properties, logger, announce)
  }
  const starting = startBroker({ properties, memory: flags.memory, logger, logLevel: flags.logLevel })
  // A signal may come before the broker is ready; one that never gets ready needs no stop.
  const stopped = untilStopped(() =>
    starting.then(
      (broker) => broker.close(),
      () => undefined,
    ),
  )
  try {
    const broker = await starting
    announce(broker, flags.memory ? 'memory' : properties['log.dirs'])
    await Promise.race([stopped, untilFailed(broker)])
  } catch (error) {
    throw refusal(error)
  }
  process.exit(0)
}

/** A broker that lost its metadata log or all of its directories ends at once, as Kafka does. */
async function untilFailed(broker: Broker): Promise<never> {
  const error = await broker.failure
  throw new CommandError(ExitCode.failed, `the broker cannot go on: ${reason(error)}`)
}

/** `npm start` brings the checkout up to date first, in this process, and marks where that ends. */
function startedAt(): number {
  return performance.getEntriesByName('odradek:start')[0]?.startTime ?? 0
}

function announce({ host, port }: Pick<Broker, 'host' | 'port'>, log = ''): void {
  const tookMs = Math.round(performance.now() - startedAt())
  process.stdout.write(
    `odradek ${version} ready on ${host.includes(':') ? `[${host}]` : host}:${port} (${log}, ${tookMs} ms)\n`,
  )
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandError(ExitCode.usage, `the config ${path} cannot be read: ${reason(error)}`)
  }
}
