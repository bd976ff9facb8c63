// SIGTERM and SIGINT: the first asks for a clean stop, the second takes no for an answer.
import { ExitCode } from './command-error.ts'

const signals = ['SIGTERM', 'SIGINT'] as const

/**
 * A terminal sends Ctrl-C to npm and to us, and npm hands it on: under `npm start` and npx it arrives twice, within
 * moments.
 */
const echoMs = ['start', 'npx'].includes(process.env.npm_lifecycle_event ?? '') ? 250 : 0

/** Resolves when the first signal has come and `stop` is done. */
export function untilStopped(stop: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let firstAt: number | undefined
    const onSignal = () => {
      if (firstAt === undefined) {
        firstAt = performance.now()
        stop().then(resolve, reject)
      } else if (performance.now() - firstAt >= echoMs) {
        process.exit(ExitCode.interrupted)
      }
    }
    for (const signal of signals) process.on(signal, onSignal)
  })
}
