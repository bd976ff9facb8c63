// Threads of their own, for work that would hold up the loop: how one is started, and how it hears and answers.
// A thread shares nothing with the loop but files.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { parentPort, Worker } from 'node:worker_threads'
import type { WorkerEvents, WorkerThread } from './io.ts'

export function startWorker(script: string, { onMessage, onFailure }: WorkerEvents): WorkerThread {
  const loader = loaderFor(script)
  const worker = new Worker(pathToFileURL(script), loader === undefined ? {} : { execArgv: loader })
  // As a timer, it does not keep the process alive.
  worker.unref()
  let ended = false
  const fail = (error: Error): void => {
    if (ended) return
    ended = true
    onFailure(error)
  }
  worker.on('message', onMessage)
  worker.on('messageerror', fail)
  worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', (code) => fail(new Error(`a worker thread ended with ${code}`)))
  return {
    post: (message) => worker.postMessage(message),
    async terminate() {
      ended = true
      await worker.terminate()
    },
  }
}

/** Where the sources run as they are, a thread needs what reads TypeScript; Node does from 22.18 on. */
function loaderFor(script: string): string[] | undefined {
  const readsTypes = (process.features as { typescript?: unknown }).typescript
  if (!script.endsWith('.ts') || readsTypes || process.execArgv.some((flag) => flag.includes('tsx'))) return undefined
  try {
    return ['--import', pathToFileURL(createRequire(script).resolve('tsx')).href]
  } catch {
    return undefined
  }
}

/** In the thread: answers each message, one after the other. */
export function serveMessages(answer: (message: unknown) => Promise<unknown>): void {
  const port = parentPort
  if (port === null) throw new Error('this is no worker thread')
  port.on('message', (message) => {
    answer(message).then(
      (reply) => port.postMessage(reply),
      (error: unknown) => {
        // What nobody expected ends the thread, and its owner hears of it.
        setImmediate(() => {
          throw error
        })
      },
    )
  })
}
