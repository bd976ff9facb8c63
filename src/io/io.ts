// The one door to the outside: time, timers, files and randomness, as interfaces.
// Everything else of ours reaches the world through these, so that a test can move the clock, break the disk
// and replay a seed. Implementations: real, memory, faulty.

import type { Network } from './network.ts'

/** A timer that was set; cancelling a fired or cancelled one does nothing. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Wall time, ms since the epoch. */
  now(): number
  /** A monotonic reading in ms (fractional), for durations only. */
  monotonic(): number
  /** Calls `fire` once, `delayMs` from now (at least one turn later). Cheap: many timers share one system timer. */
  setTimer(delayMs: number, fire: () => void): Timer
  /** Calls `run` at the end of this turn of the loop, after the I/O events of the turn: where appends are written together. */
  atEndOfTurn(run: () => void): void
}

export interface FileStat {
  readonly size: number
  readonly mtimeMs: number
  readonly isDirectory: boolean
}

/** An open file. Positioned, synchronous calls, because the log writes in the loop; only fsync may go off it. */
export interface File {
  readonly path: string
  size(): number
  /** Reads up to `length` bytes at `position` into `target` at `offset`; returns the bytes read, 0 at the end. */
  read(target: Uint8Array, offset: number, length: number, position: number): number
  /**
   * Writes all buffers at `position`, in order, as one vectored write where the system has one. All or an error.
   * The buffers belong to the file from then on: a file in memory keeps large ones as they are.
   */
  write(buffers: readonly Uint8Array[], position: number): void
  truncate(size: number): void
  /** Makes room for `size` bytes, where the system can; the file may have that size from then on. */
  preallocate(size: number): void
  /** Durable when it resolves; off the loop. */
  sync(): Promise<void>
  syncNow(): void
  close(): void
}

/** A file lock that ends with the process (Kafka's `.lock`). */
export interface FileLock {
  release(): void
}

/** Whether the system refused something: Node's errors of its own have an underscore in their codes. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  // Not by its class: in jest, Node's own errors are of another realm.
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)
}

/** Errors are Node's: an Error with `code` ENOENT, EEXIST, ENOSPC, EIO, … */
export interface FileSystem {
  /** Opens for reading and writing; `create` makes a missing file (else ENOENT), `truncate` empties it. */
  open(path: string, options?: { create?: boolean; truncate?: boolean; readOnly?: boolean }): File
  exists(path: string): boolean
  stat(path: string): FileStat
  list(directory: string): string[]
  makeDirectory(path: string): void
  readFile(path: string): Buffer
  /**
   * Replaces the file atomically: written beside it, synced, renamed over it. Not `durable` leaves out the syncs, for
   * files that can be made again: it survives the end of the process, not that of the machine.
   */
  replaceFile(path: string, content: Uint8Array | string, options?: { durable?: boolean }): void
  rename(from: string, to: string): void
  /** Removes a file; a missing one is no error. */
  remove(path: string): void
  setModified(path: string, mtimeMs: number): void
  /** Removes a file, or a directory and all in it, off the loop; a missing one is no error. */
  removeTree(path: string): Promise<void>
  /** The volume that holds the path: its size, and what of it can be written. */
  volume(path: string): { readonly totalBytes: number; readonly usableBytes: number }
  /** Makes the directory's entries durable. */
  syncDirectory(path: string): void
  /** Takes the lock, or returns undefined where another process has it. */
  lock(path: string): FileLock | undefined
  /**
   * Starts the first of these scripts that is there in a thread of its own, which reaches the same files through a
   * RealFileSystem. Missing, or undefined, where there is no such thread: the work stays in the loop then.
   */
  startWorker?(scripts: readonly string[], events: WorkerEvents): WorkerThread | undefined
}

/** A thread beside the loop. What is posted is copied. */
export interface WorkerThread {
  post(message: unknown): void
  /** Ends it where it is; resolves when nothing of it runs any more. */
  terminate(): Promise<void>
}

export interface WorkerEvents {
  onMessage(message: unknown): void
  /** It ended by itself, and does nothing more. */
  onFailure(error: Error): void
}

export interface Random {
  /** A float in [0, 1). */
  next(): number
  /** `size` random bytes. */
  bytes(size: number): Buffer
  /** A Kafka uuid: 16 random bytes as 22 url-safe base64 characters, never starting with '-' and never a reserved one. */
  uuid(): string
}

/** Who is told what happens; shaped as pino's logger, so that one fits. */
export interface Logger {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export interface Io {
  readonly network: Network
  readonly clock: Clock
  readonly fs: FileSystem
  readonly random: Random
  readonly log: Logger
}
