// `odradek start --control PORT`: the broker of odradek/testing, in the hand of whoever reaches the control port.
import type { Logger } from '../io/index.ts'
import { serveControl, startBroker } from '../testing/index.ts'
import { refusal } from './refusal.ts'
import type { StartFlags } from './settings.ts'
import { untilStopped } from './signals.ts'

type Announce = (where: { readonly host: string; readonly port: number }, log: string) => void

export async function startControlled(
  flags: StartFlags,
  properties: Record<string, string>,
  logger: Logger,
  announce: Announce,
): Promise<void> {
  const { 'log.dirs': logDirs = '', ...others } = properties
  const config = flags.memory ? others : properties
  const logDir = flags.memory ? undefined : logDirs
  const starting = startBroker({ config, logDir, logger, logLevel: flags.logLevel })
  const stopped = untilStopped(() =>
    starting.then(
      (broker) => broker.close(),
      () => undefined,
    ),
  )
  try {
    const broker = await starting
    const control = await serveControl(broker, { port: flags.control, host: flags.controlHost })
    announce(broker, logDir ?? 'memory')
    process.stdout.write(`odradek control on ${control.url}\n`)
    await stopped
  } catch (error) {
    throw refusal(error)
  }
  process.exit(0)
}
