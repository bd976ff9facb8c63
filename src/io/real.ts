// The real world: Node's clock, its file system and its randomness. The only file of ours that imports node:fs.
// Files are read and written synchronously, in the loop; fsync alone has a variant off it.
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type {
  Clock,
  File,
  FileLock,
  FileStat,
  FileSystem,
  Io,
  Logger,
  Random,
  Timer,
  WorkerEvents,
  WorkerThread,
} from './io.ts'
import { realNetwork } from './network.ts'
import { TimerHeap } from './timers.ts'
import { startWorker } from './workers.ts'

/** The longest delay that a system timer takes. */
const MAX_SYSTEM_DELAY_MS = 0x7fffffff

export class RealClock implements Clock {
  readonly #timers = new TimerHeap()
  #systemTimer: NodeJS.Timeout | undefined
  #systemDue = Number.POSITIVE_INFINITY
  #endOfTurn: (() => void)[] = []

  now(): number {
    return Date.now()
  }

  monotonic(): number {
    return performance.now()
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const due = performance.now() + Math.max(delayMs, 0)
    const timer = this.#timers.add(due, fire)
    if (due < this.#systemDue) this.#arm(due)
    return timer
  }

  atEndOfTurn(run: () => void): void {
    if (this.#endOfTurn.push(run) === 1) setImmediate(this.#runEndOfTurn)
  }

  readonly #runEndOfTurn = (): void => {
    const runs = this.#endOfTurn
    this.#endOfTurn = []
    for (let index = 0; index < runs.length; index++) {
      try {
        runs[index]?.()
      } catch (error) {
        // What threw is a bug and surfaces as one; the others still get their end of the turn.
        for (const later of runs.slice(index + 1)) this.atEndOfTurn(later)
        throw error
      }
    }
  }

  /** One system timer for all, which does not keep the process alive: what listens or connects does. */
  #arm(due: number): void {
    clearTimeout(this.#systemTimer)
    this.#systemDue = due
    const delay = Math.min(Math.max(Math.ceil(due - performance.now()), 1), MAX_SYSTEM_DELAY_MS)
    this.#systemTimer = setTimeout(this.#fireDue, delay)
    this.#systemTimer.unref()
  }

  readonly #fireDue = (): void => {
    this.#systemDue = Number.POSITIVE_INFINITY
    const now = performance.now()
    try {
      for (let timer = this.#timers.takeDue(now); timer !== undefined; timer = this.#timers.takeDue(now)) timer.fire()
    } finally {
      const next = this.#timers.nextDue()
      if (next !== undefined && next < this.#systemDue) this.#arm(next)
    }
  }
}

class RealFile implements File {
  readonly path: string
  readonly #descriptor: number
  #syncsInFlight = 0
  #closed = false

  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
  }

  size(): number {
    return fs.fstatSync(this.#descriptor).size
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    let done = 0
    while (done < length) {
      const count = fs.readSync(this.#descriptor, target, offset + done, length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    let total = 0
    for (const buffer of buffers) total += buffer.length
    const written = this.#writeOnce(buffers, position)
    if (written < total) this.#writeRest(buffers, position, written)
  }

  #writeOnce(buffers: readonly Uint8Array[], position: number): number {
    const [first] = buffers
    if (first === undefined) return 0
    if (buffers.length === 1) return fs.writeSync(this.#descriptor, first, 0, first.length, position)
    return fs.writevSync(this.#descriptor, buffers as Uint8Array[], position)
  }

  /** A short write is rare (a full disk, a signal); going on either ends it or tells the error. */
  #writeRest(buffers: readonly Uint8Array[], position: number, alreadyWritten: number): void {
    let skip = alreadyWritten
    let at = position + alreadyWritten
    for (const buffer of buffers) {
      let from = Math.min(skip, buffer.length)
      skip -= from
      while (from < buffer.length) {
        const count = fs.writeSync(this.#descriptor, buffer, from, buffer.length - from, at)
        from += count
        at += count
      }
    }
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.#descriptor, size)
  }

  preallocate(size: number): void {
    if (size > this.size()) fs.ftruncateSync(this.#descriptor, size)
  }

  sync(): Promise<void> {
    this.#syncsInFlight++
    return new Promise((resolve, reject) => {
      fs.fsync(this.#descriptor, (error) => {
        this.#syncsInFlight--
        if (this.#closed && this.#syncsInFlight === 0) fs.closeSync(this.#descriptor)
        if (error === null) resolve()
        else reject(error)
      })
    })
  }

  syncNow(): void {
    fs.fsyncSync(this.#descriptor)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    // The descriptor's number may be given to another file at once, so a sync under way is awaited.
    if (this.#syncsInFlight === 0) fs.closeSync(this.#descriptor)
  }
}

export class RealFileSystem implements FileSystem {
  open(path: string, options: { create?: boolean; truncate?: boolean; readOnly?: boolean } = {}): File {
    const { O_RDONLY, O_RDWR, O_CREAT, O_TRUNC } = fs.constants
    let flags = options.readOnly ? O_RDONLY : O_RDWR
    if (options.create) flags |= O_CREAT
    if (options.truncate) flags |= O_TRUNC
    return new RealFile(path, fs.openSync(path, flags, 0o644))
  }

  exists(path: string): boolean {
    return fs.existsSync(path)
  }

  stat(path: string): FileStat {
    const stat = fs.statSync(path)
    return { size: stat.size, mtimeMs: stat.mtimeMs, isDirectory: stat.isDirectory() }
  }

  list(directory: string): string[] {
    return fs.readdirSync(directory)
  }

  makeDirectory(path: string): void {
    fs.mkdirSync(path, { recursive: true })
  }

  readFile(path: string): Buffer {
    return fs.readFileSync(path)
  }

  replaceFile(path: string, content: Uint8Array | string, options: { durable?: boolean } = {}): void {
    const durable = options.durable ?? true
    const temporary = `${path}.tmp`
    const descriptor = fs.openSync(temporary, 'w', 0o644)
    try {
      fs.writeFileSync(descriptor, content)
      if (durable) fs.fsyncSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
    fs.renameSync(temporary, path)
    if (durable) this.syncDirectory(dirname(path))
  }

  rename(from: string, to: string): void {
    fs.renameSync(from, to)
  }

  remove(path: string): void {
    fs.rmSync(path, { force: true })
  }

  setModified(path: string, mtimeMs: number): void {
    fs.utimesSync(path, new Date(mtimeMs), new Date(mtimeMs))
  }

  removeTree(path: string): Promise<void> {
    return fs.promises.rm(path, { force: true, recursive: true })
  }

  volume(path: string): { totalBytes: number; usableBytes: number } {
    const { blocks, bavail, bsize } = fs.statfsSync(path)
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize }
  }

  syncDirectory(path: string): void {
    // Windows has no such thing as syncing a directory.
    if (process.platform === 'win32') return
    const descriptor = fs.openSync(path, 'r')
    try {
      fs.fsyncSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
  }

  startWorker(scripts: readonly string[], events: WorkerEvents): WorkerThread | undefined {
    const script = scripts.find((path) => fs.existsSync(path))
    return script === undefined ? undefined : startWorker(script, events)
  }

  lock(path: string): FileLock | undefined {
    const native = nativeLocks()
    return native === undefined ? lockByProcessId(path) : lockNatively(path, native)
  }
}

interface NativeLocks {
  tryLock(descriptor: number): boolean
  unlock(descriptor: number): void
}

/** Locks of the system, which Java's conflict with; loaded at the first lock. */
function nativeLocks(): NativeLocks | undefined {
  try {
    // The CommonJS build has no import.meta.url, the ES module build no __filename.
    const here = typeof __filename === 'string' ? __filename : import.meta.url
    return createRequire(here)('fs-native-extensions') as NativeLocks
  } catch {
    return undefined
  }
}

function lockNatively(path: string, native: NativeLocks): FileLock | undefined {
  const descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644)
  let locked = false
  try {
    locked = native.tryLock(descriptor)
  } finally {
    if (!locked) fs.closeSync(descriptor)
  }
  if (!locked) return undefined
  return { release: () => fs.closeSync(descriptor) }
}

/** Locks held by this process, which its own id in the file could not tell from an old one's. */
const heldByThisProcess = new Set<string>()

/** Where no native lock is to be had: the owner's process id stands in the file, and counts while that process lives. */
function lockByProcessId(path: string): FileLock | undefined {
  const resolved = fs.existsSync(path) ? fs.realpathSync(path) : path
  if (heldByThisProcess.has(resolved)) return undefined
  const owner = fs.existsSync(path) ? Number.parseInt(fs.readFileSync(path, 'latin1'), 10) : Number.NaN
  if (owner > 0 && owner !== process.pid && isAlive(owner)) return undefined
  fs.writeFileSync(path, String(process.pid))
  const held = fs.realpathSync(path)
  heldByThisProcess.add(held)
  return {
    release: () => {
      heldByThisProcess.delete(held)
      fs.writeFileSync(path, '')
    },
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    // It lives, but is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Kafka's reserved uuids: zero and one (the metadata topic's). */
function isReserved(bytes: Buffer): boolean {
  return bytes.readUInt32BE(0) === 0 && bytes.readUInt32BE(4) === 0 && bytes.readBigUInt64BE(8) < 2n
}

/** A version 4 uuid in Kafka's text form, from a source of random bytes. */
export function uuidFrom(bytes: (size: number) => Buffer): string {
  for (;;) {
    const raw = bytes(16)
    raw[6] = ((raw[6] as number) & 0x0f) | 0x40
    raw[8] = ((raw[8] as number) & 0x3f) | 0x80
    const text = raw.toString('base64url')
    if (!text.startsWith('-') && !isReserved(raw)) return text
  }
}

export const realRandom: Random = {
  next: () => Math.random(),
  bytes: (size) => randomBytes(size),
  uuid: () => uuidFrom(randomBytes),
}

const silent = (): void => undefined
export const silentLogger: Logger = { debug: silent, info: silent, warn: silent, error: silent }

/** The doors to the real world; give a logger to hear of what happens. */
export function realIo(log: Logger = silentLogger): Io {
  return { network: realNetwork, clock: new RealClock(), fs: new RealFileSystem(), random: realRandom, log }
}
