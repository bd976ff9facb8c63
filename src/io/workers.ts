// Threads of their own, for work that would hold up the loop: how one is started, and how it hears and answers.
// A thread shares nothing with the loop but files.
import { pathToFileURL } from 'node:url'
import { parentPort, Worker } from 'node:worker_threads'
import type { WorkerEvents, WorkerThread } from './io.ts'

export function startWorker(script: string, { onMessage, onFailure }: WorkerEvents): WorkerThread {
  const worker = script.endsWith('.ts') ? sourceWorker(script) : new Worker(pathToFileURL(script))
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

/** The sources as they are: Node reads TypeScript from 22.18 on, before that a thread needs the loader of development. */
function sourceWorker(script: string): Worker {
  const url = pathToFileURL(script)
  if ((process.features as { typescript?: unknown }).typescript) return new Worker(url)
  // The name that code without a file has would pass for that of CommonJS.
  const load = `delete globalThis.__filename
    import('tsx/esm/api').then((tsx) => { tsx.register(); return import(${JSON.stringify(url.href)}) })`
  return new Worker(load, { eval: true })
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
