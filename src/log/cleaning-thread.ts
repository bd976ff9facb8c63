// Where the steps of a cleaning run: in a worker thread for files that one can reach, in the loop for others (a log in
// memory, a disk that fails on purpose), in slices between which the loop does everything else. One step at a time.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock, FileSystem, Logger, Timer, WorkerThread } from '../io/index.ts'
import { Cleaner, type CleaningStep, type CleaningWork, type ResultOf } from './cleaner.ts'
import { Throttle } from './throttle.ts'

/** In the loop: how long and how much is done before everybody else has a turn. */
const SLICE_MS = 4
const SLICE_BYTES = 1 << 20

export interface CleaningThread {
  /** Rejects with the error of a step that failed, and with CleaningEnded after `end`. */
  run<S extends CleaningStep>(step: S): Promise<ResultOf<S>>
  /** Whatever is under way stops where it is; resolves when nothing of it runs any more. */
  end(): Promise<void>
}

export class CleaningEnded extends Error {}

export interface CleaningDoors {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly log: Logger
}

export interface CleaningPace {
  readonly maxBytesPerSecond: number
}

/** What the worker is sent, and what it answers. */
export interface CleaningRequest {
  readonly step: CleaningStep
  readonly pace: CleaningPace
}

export type CleaningReply =
  | { readonly result: ResultOf<CleaningStep> }
  | { readonly error: { readonly message: string; readonly code?: string } }

export function startCleaningThread(doors: CleaningDoors, pace: CleaningPace): CleaningThread {
  return doors.fs.startWorker === undefined ? new LoopThread(doors, pace) : new BackgroundThread(doors, pace)
}

class LoopThread implements CleaningThread {
  readonly #clock: Clock
  readonly #cleaner: Cleaner
  readonly #throttle: Throttle
  #work: CleaningWork<CleaningStep> | undefined
  #pause: { readonly timer: Timer; readonly resume: () => void } | undefined
  #ended = false

  constructor({ fs, clock }: CleaningDoors, { maxBytesPerSecond }: CleaningPace) {
    this.#clock = clock
    this.#cleaner = new Cleaner(fs)
    this.#throttle = new Throttle(maxBytesPerSecond, () => clock.monotonic())
  }

  async run<S extends CleaningStep>(step: S): Promise<ResultOf<S>> {
    if (this.#ended) throw new CleaningEnded()
    const work = this.#cleaner.work(step)
    this.#work = work as CleaningWork<CleaningStep>
    for (;;) {
      const slice = this.#slice(work)
      if ('result' in slice) return slice.result
      await slice.wait
      if (!this.#ended) await this.#rest(slice.restMs)
      if (this.#ended) throw new CleaningEnded()
    }
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resume) => {
      this.#pause = { timer: this.#clock.setTimer(ms, resume), resume }
    })
  }

  /** Works until it is others' turn. */
  #slice<S extends CleaningStep>(work: CleaningWork<S>): { result: ResultOf<S> } | Pause {
    const start = this.#clock.monotonic()
    for (let bytes = 0; ; ) {
      const { done, value } = work.next()
      if (done) return { result: value }
      if (typeof value !== 'number') return { wait: value, restMs: 0 }
      bytes += value
      const restMs = this.#throttle.observe(value)
      if (restMs > 0 || bytes >= SLICE_BYTES || this.#clock.monotonic() - start >= SLICE_MS) return { restMs }
    }
  }

  async end(): Promise<void> {
    this.#ended = true
    this.#pause?.timer.cancel()
    this.#pause?.resume()
    // Closes the files that the step has open.
    this.#work?.return(undefined as never)
  }
}

interface Pause {
  readonly wait?: Promise<void>
  readonly restMs: number
}

/** A worker, started with the first step; where none can be had, the loop after all. */
class BackgroundThread implements CleaningThread {
  readonly #doors: CleaningDoors
  readonly #pace: CleaningPace
  #worker: WorkerThread | undefined
  #loop: LoopThread | undefined
  #hasAnswered = false
  #ended = false
  #settle: ((reply: CleaningReply | Error) => void) | undefined

  constructor(doors: CleaningDoors, pace: CleaningPace) {
    this.#doors = doors
    this.#pace = pace
  }

  async run<S extends CleaningStep>(step: S): Promise<ResultOf<S>> {
    if (this.#ended) throw new CleaningEnded()
    if (this.#loop !== undefined) return this.#loop.run(step)
    this.#worker ??= this.#start()
    if (this.#worker === undefined) return this.#runInLoop(step)
    const reply = await this.#ask(this.#worker, { step, pace: this.#pace })
    if (this.#ended) throw new CleaningEnded()
    if (reply instanceof Error) {
      if (this.#hasAnswered) throw reply
      this.#doors.log.warn({ err: reply }, 'logs are cleaned without a thread of their own')
      return this.#runInLoop(step)
    }
    this.#hasAnswered = true
    if ('error' in reply) throw Object.assign(new Error(reply.error.message), reply.error)
    return reply.result as ResultOf<S>
  }

  #start(): WorkerThread | undefined {
    return this.#doors.fs.startWorker?.(workerScripts(), {
      onMessage: (message) => this.#settle?.(message as CleaningReply),
      onFailure: (error) => this.#settle?.(error),
    })
  }

  #ask(worker: WorkerThread, request: CleaningRequest): Promise<CleaningReply | Error> {
    return new Promise((resolve) => {
      this.#settle = resolve
      worker.post(request)
    })
  }

  #runInLoop<S extends CleaningStep>(step: S): Promise<ResultOf<S>> {
    this.#loop = new LoopThread(this.#doors, this.#pace)
    return this.#loop.run(step)
  }

  async end(): Promise<void> {
    this.#ended = true
    this.#settle?.(new CleaningEnded())
    await Promise.all([this.#loop?.end(), this.#worker?.terminate()])
  }
}

/** The worker's script, beside this file in the sources; in the build, which has chunks and a CommonJS half, above it. */
function workerScripts(): string[] {
  // The CommonJS build has no import.meta.url, the ES module build no __filename.
  const here = dirname(typeof __filename === 'string' ? __filename : fileURLToPath(import.meta.url))
  return ['cleaner-worker.ts', 'cleaner-worker.js', '../cleaner-worker.js', '../../cleaner-worker.js'].map((path) =>
    join(here, path),
  )
}
