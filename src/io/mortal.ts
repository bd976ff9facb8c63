// Doors that can be shut at once, whoever stands in them: what is left of a broker that was killed fires no timer and
// writes no byte. Its files are closed and its locks given back, as the system does when a process ends.
import type { Clock, File, FileLock, FileStat, FileSystem, Timer, WorkerEvents, WorkerThread } from './io.ts'

function dead(path: string): Error {
  return Object.assign(new Error(`EIO: the process was killed, ${path}`), { code: 'EIO', path })
}

export class MortalClock implements Clock {
  readonly #inner: Clock
  readonly #timers = new Set<Timer>()
  #isDead = false

  constructor(inner: Clock) {
    this.#inner = inner
  }

  now(): number {
    return this.#inner.now()
  }

  monotonic(): number {
    return this.#inner.monotonic()
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    if (this.#isDead) return { cancel: () => undefined }
    const inner = this.#inner.setTimer(delayMs, () => {
      this.#timers.delete(timer)
      fire()
    })
    const timer: Timer = {
      cancel: () => {
        this.#timers.delete(timer)
        inner.cancel()
      },
    }
    this.#timers.add(timer)
    return timer
  }

  atEndOfTurn(run: () => void): void {
    this.#inner.atEndOfTurn(() => {
      if (!this.#isDead) run()
    })
  }

  die(): void {
    this.#isDead = true
    for (const timer of [...this.#timers]) timer.cancel()
  }
}

export class MortalFileSystem implements FileSystem {
  readonly #inner: FileSystem
  readonly #files = new Set<MortalFile>()
  readonly #locks = new Set<FileLock>()
  readonly #workers = new Set<WorkerThread>()
  /** Syncs and deletions that are under way. */
  #inFlight = 0
  #isDead = false
  readonly startWorker: FileSystem['startWorker']

  constructor(inner: FileSystem) {
    this.#inner = inner
    if (inner.startWorker !== undefined) this.startWorker = (scripts, events) => this.#startWorker(scripts, events)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  open(path: string, options?: { create?: boolean; truncate?: boolean; readOnly?: boolean }): File {
    this.check(path)
    const file = new MortalFile(this.#inner.open(path, options), this)
    this.#files.add(file)
    return file
  }

  exists(path: string): boolean {
    return this.#inner.exists(path)
  }

  stat(path: string): FileStat {
    return this.#inner.stat(path)
  }

  list(directory: string): string[] {
    return this.#inner.list(directory)
  }

  makeDirectory(path: string): void {
    this.check(path)
    this.#inner.makeDirectory(path)
  }

  readFile(path: string): Buffer {
    return this.#inner.readFile(path)
  }

  replaceFile(path: string, content: Uint8Array | string, options?: { durable?: boolean }): void {
    this.check(path)
    this.#inner.replaceFile(path, content, options)
  }

  rename(from: string, to: string): void {
    this.check(from)
    this.#inner.rename(from, to)
  }

  remove(path: string): void {
    this.check(path)
    this.#inner.remove(path)
  }

  setModified(path: string, mtimeMs: number): void {
    this.check(path)
    this.#inner.setModified(path, mtimeMs)
  }

  removeTree(path: string): Promise<void> {
    if (this.#isDead) return Promise.resolve()
    return this.track(this.#inner.removeTree(path))
  }

  volume(path: string): { readonly totalBytes: number; readonly usableBytes: number } {
    return this.#inner.volume(path)
  }

  syncDirectory(path: string): void {
    this.check(path)
    this.#inner.syncDirectory(path)
  }

  lock(path: string): FileLock | undefined {
    this.check(path)
    const inner = this.#inner.lock(path)
    if (inner === undefined) return undefined
    const lock: FileLock = {
      release: () => {
        if (this.#locks.delete(lock)) inner.release()
      },
    }
    this.#locks.add(lock)
    return lock
  }

  #startWorker(scripts: readonly string[], events: WorkerEvents): WorkerThread | undefined {
    const inner = this.#isDead ? undefined : this.#inner.startWorker?.(scripts, events)
    if (inner === undefined) return undefined
    const worker: WorkerThread = {
      post: (message) => inner.post(message),
      terminate: () => {
        this.#workers.delete(worker)
        return inner.terminate()
      },
    }
    this.#workers.add(worker)
    return worker
  }

  check(path: string): void {
    if (this.#isDead) throw dead(path)
  }

  async track<T>(work: Promise<T>): Promise<T> {
    this.#inFlight++
    try {
      return await work
    } finally {
      this.#inFlight--
    }
  }

  forget(file: MortalFile): void {
    this.#files.delete(file)
  }

  /** Resolves when nothing that was under way touches a file any more. */
  async die(): Promise<void> {
    this.#isDead = true
    for (const file of [...this.#files]) file.close()
    for (const lock of [...this.#locks]) lock.release()
    await Promise.all([...this.#workers].map((worker) => worker.terminate()))
  }
}

class MortalFile implements File {
  readonly #file: File
  readonly #owner: MortalFileSystem

  constructor(file: File, owner: MortalFileSystem) {
    this.#file = file
    this.#owner = owner
  }

  get path(): string {
    return this.#file.path
  }

  size(): number {
    this.#owner.check(this.path)
    return this.#file.size()
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    this.#owner.check(this.path)
    return this.#file.read(target, offset, length, position)
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    this.#owner.check(this.path)
    this.#file.write(buffers, position)
  }

  truncate(size: number): void {
    this.#owner.check(this.path)
    this.#file.truncate(size)
  }

  preallocate(size: number): void {
    this.#owner.check(this.path)
    this.#file.preallocate(size)
  }

  async sync(): Promise<void> {
    this.#owner.check(this.path)
    await this.#owner.track(this.#file.sync())
  }

  syncNow(): void {
    this.#owner.check(this.path)
    this.#file.syncNow()
  }

  close(): void {
    this.#owner.forget(this)
    this.#file.close()
  }
}
