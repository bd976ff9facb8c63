// A file system that fails on purpose: wraps another one and asks a predicate before every operation.
// With a seeded predicate a run can be repeated exactly.
import type { File, FileLock, FileStat, FileSystem } from './io.ts'

export type Operation =
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'list'
  | 'makeDirectory'
  | 'readFile'
  | 'replaceFile'
  | 'rename'
  | 'remove'

export interface Attempt {
  readonly operation: Operation
  readonly path: string
  /** Of a read or write; else 0. */
  readonly position: number
  readonly length: number
}

export interface Fault {
  /** The error's code; a slow operation that succeeds has none. */
  readonly code?: 'EIO' | 'ENOSPC' | 'EROFS' | 'EMFILE' | 'EACCES'
  /** Of a write: how many bytes reach the file before the error. */
  readonly tornAfterBytes?: number
  /** Of an asynchronous sync: it ends only when this does. */
  readonly until?: Promise<void>
}

export type FaultPredicate = (attempt: Attempt) => Fault | undefined

function failure(fault: Fault, attempt: Attempt): Error {
  const code = fault.code ?? 'EIO'
  return Object.assign(new Error(`${code}: injected into ${attempt.operation} of ${attempt.path}`), { code })
}

export class FaultyFileSystem implements FileSystem {
  readonly inner: FileSystem
  /** Asked before every operation; may be replaced at any time. */
  decide: FaultPredicate
  /** How many operations there were. */
  attempts = 0

  constructor(inner: FileSystem, decide: FaultPredicate = () => undefined) {
    this.inner = inner
    this.decide = decide
  }

  open(path: string, options?: { create?: boolean; truncate?: boolean; readOnly?: boolean }): File {
    this.#check('open', path)
    return new FaultyFile(this.inner.open(path, options), this)
  }

  exists(path: string): boolean {
    return this.inner.exists(path)
  }

  stat(path: string): FileStat {
    return this.inner.stat(path)
  }

  list(directory: string): string[] {
    this.#check('list', directory)
    return this.inner.list(directory)
  }

  makeDirectory(path: string): void {
    this.#check('makeDirectory', path)
    this.inner.makeDirectory(path)
  }

  readFile(path: string): Buffer {
    this.#check('readFile', path)
    return this.inner.readFile(path)
  }

  replaceFile(path: string, content: Uint8Array | string, options?: { durable?: boolean }): void {
    this.#check('replaceFile', path, content.length)
    this.inner.replaceFile(path, content, options)
  }

  rename(from: string, to: string): void {
    this.#check('rename', from)
    this.inner.rename(from, to)
  }

  remove(path: string): void {
    this.#check('remove', path)
    this.inner.remove(path)
  }

  setModified(path: string, mtimeMs: number): void {
    this.inner.setModified(path, mtimeMs)
  }

  async removeTree(path: string): Promise<void> {
    this.#check('remove', path)
    await this.inner.removeTree(path)
  }

  volume(path: string): { totalBytes: number; usableBytes: number } {
    return this.inner.volume(path)
  }

  syncDirectory(path: string): void {
    this.#check('sync', path)
    this.inner.syncDirectory(path)
  }

  lock(path: string): FileLock | undefined {
    this.#check('open', path)
    return this.inner.lock(path)
  }

  ask(attempt: Attempt): Fault | undefined {
    this.attempts++
    return this.decide(attempt)
  }

  #check(operation: Operation, path: string, length = 0): void {
    const attempt = { operation, path, position: 0, length }
    const fault = this.ask(attempt)
    if (fault?.code !== undefined) throw failure(fault, attempt)
  }
}

class FaultyFile implements File {
  readonly #file: File
  readonly #owner: FaultyFileSystem

  constructor(file: File, owner: FaultyFileSystem) {
    this.#file = file
    this.#owner = owner
  }

  get path(): string {
    return this.#file.path
  }

  size(): number {
    return this.#file.size()
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    this.#check('read', position, length)
    return this.#file.read(target, offset, length, position)
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    const attempt: Attempt = { operation: 'write', path: this.path, position, length }
    const fault = this.#owner.ask(attempt)
    if (fault?.code === undefined) {
      this.#file.write(buffers, position)
      return
    }
    const torn = Buffer.concat(buffers, length).subarray(0, fault.tornAfterBytes ?? 0)
    if (torn.length > 0) this.#file.write([torn], position)
    throw failure(fault, attempt)
  }

  truncate(size: number): void {
    this.#check('truncate', size, 0)
    this.#file.truncate(size)
  }

  preallocate(size: number): void {
    this.#check('truncate', size, 0)
    this.#file.preallocate(size)
  }

  async sync(): Promise<void> {
    const attempt: Attempt = { operation: 'sync', path: this.path, position: 0, length: 0 }
    const fault = this.#owner.ask(attempt)
    await fault?.until
    if (fault?.code !== undefined) throw failure(fault, attempt)
    await this.#file.sync()
  }

  syncNow(): void {
    this.#check('sync', 0, 0)
    this.#file.syncNow()
  }

  close(): void {
    this.#file.close()
  }

  #check(operation: Operation, position: number, length: number): void {
    const attempt: Attempt = { operation, path: this.path, position, length }
    const fault = this.#owner.ask(attempt)
    if (fault?.code !== undefined) throw failure(fault, attempt)
  }
}
