// A file system in memory: what a broker without a disk keeps its log in, and what tests break.
// Large written buffers are kept as they are, without a copy, so whoever writes must not change them afterwards;
// small ones are gathered in chunks, so that a few bytes never hold on to a large buffer.
import { freemem, totalmem } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import type { File, FileLock, FileStat, FileSystem } from './io.ts'

/** From this size on a written buffer is kept instead of copied. */
const KEEP_FROM = 8 * 1024
const MAX_OWN_CHUNK = 64 * 1024

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path })
}

interface Chunk {
  readonly start: number
  /** Only the first `length` bytes count. */
  bytes: Uint8Array
  length: number
  /** Made here, so it may be changed in place. */
  owned: boolean
}

/** The bytes of one file, alive as long as it is linked or open. */
class Content {
  size = 0
  mtimeMs = 0
  readonly #chunks: Chunk[] = []

  /** Another one with the same bytes, which both have until one of them changes a part. */
  copy(): Content {
    const copy = new Content()
    copy.size = this.size
    copy.mtimeMs = this.mtimeMs
    for (const { start, bytes, length } of this.#chunks) copy.#chunks.push({ start, bytes, length, owned: false })
    return copy
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    const end = Math.min(position + length, this.size)
    let at = position
    for (let index = this.#indexOf(position); at < end; index++) {
      const chunk = this.#chunks[index] as Chunk
      const from = at - chunk.start
      const count = Math.min(chunk.length - from, end - at)
      target.set(chunk.bytes.subarray(from, from + count), offset + at - position)
      at += count
    }
    return Math.max(at - position, 0)
  }

  write(bytes: Uint8Array, position: number): void {
    if (position > this.size) this.#append(new Uint8Array(position - this.size))
    const overwritten = Math.min(this.size - position, bytes.length)
    if (overwritten > 0) this.#overwrite(bytes.subarray(0, overwritten), position)
    if (overwritten < bytes.length) this.#append(bytes.subarray(overwritten))
  }

  truncate(size: number): void {
    if (size > this.size) this.#append(new Uint8Array(size - this.size))
    for (let last = this.#chunks.at(-1); last !== undefined && last.start >= size; last = this.#chunks.at(-1)) {
      this.#chunks.pop()
    }
    const last = this.#chunks.at(-1)
    if (last !== undefined) last.length = size - last.start
    this.size = size
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length >= KEEP_FROM) {
      this.#chunks.push({ start: this.size, bytes, length: bytes.length, owned: false })
    } else if (bytes.length > 0) {
      const chunk = this.#chunkWithRoom(bytes.length)
      chunk.bytes.set(bytes, chunk.length)
      chunk.length += bytes.length
    }
    this.size += bytes.length
  }

  #chunkWithRoom(wanted: number): Chunk {
    const last = this.#chunks.at(-1)
    if (last?.owned) {
      const needed = last.length + wanted
      if (needed <= last.bytes.length) return last
      if (needed <= MAX_OWN_CHUNK) {
        const grown = new Uint8Array(Math.min(MAX_OWN_CHUNK, Math.max(2 * last.bytes.length, needed)))
        grown.set(last.bytes.subarray(0, last.length))
        last.bytes = grown
        return last
      }
    }
    const capacity = this.size === 0 ? Math.max(256, wanted) : KEEP_FROM
    const chunk = { start: this.size, bytes: new Uint8Array(capacity), length: 0, owned: true }
    this.#chunks.push(chunk)
    return chunk
  }

  #overwrite(bytes: Uint8Array, position: number): void {
    let done = 0
    for (let index = this.#indexOf(position); done < bytes.length; index++) {
      const chunk = this.#chunks[index] as Chunk
      if (!chunk.owned) {
        chunk.bytes = chunk.bytes.slice(0, chunk.length)
        chunk.owned = true
      }
      const from = position + done - chunk.start
      const count = Math.min(chunk.length - from, bytes.length - done)
      chunk.bytes.set(bytes.subarray(done, done + count), from)
      done += count
    }
  }

  /** The chunk that holds the byte at `position`, which is before the end. */
  #indexOf(position: number): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#chunks[middle] as Chunk).start <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** A file by its name, or by the handles that have it open. A snapshot shares its content until one of both changes it. */
class Entry {
  #content: Content
  #isShared: boolean

  constructor(content = new Content(), isShared = false) {
    this.#content = content
    this.#isShared = isShared
  }

  get content(): Content {
    return this.#content
  }

  /** To be changed. */
  get own(): Content {
    if (this.#isShared) {
      this.#content = this.#content.copy()
      this.#isShared = false
    }
    return this.#content
  }

  share(): Entry {
    this.#isShared = true
    return new Entry(this.#content, true)
  }
}

class MemoryFile implements File {
  readonly path: string
  readonly #entry: Entry
  readonly #now: () => number

  constructor(path: string, entry: Entry, now: () => number) {
    this.path = path
    this.#entry = entry
    this.#now = now
  }

  size(): number {
    return this.#entry.content.size
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    return this.#entry.content.read(target, offset, length, position)
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    const content = this.#entry.own
    let at = position
    for (const buffer of buffers) {
      content.write(buffer, at)
      at += buffer.length
    }
    content.mtimeMs = this.#now()
  }

  truncate(size: number): void {
    const content = this.#entry.own
    content.truncate(size)
    content.mtimeMs = this.#now()
  }

  /** Memory is there when it is needed. */
  preallocate(): void {}

  sync(): Promise<void> {
    return Promise.resolve()
  }

  syncNow(): void {}

  close(): void {}
}

type Directory = Map<string, Entry | Directory>

export class MemoryFileSystem implements FileSystem {
  readonly #root: Directory
  readonly #locks = new Set<string>()
  readonly #now: () => number

  constructor(now: () => number = Date.now, root: Directory = new Map()) {
    this.#now = now
    this.#root = root
  }

  /** A file system with all of this one's files as they are now; what neither changes, both share. Nothing is locked. */
  fork(now = this.#now): MemoryFileSystem {
    return new MemoryFileSystem(now, shareAll(this.#root))
  }

  open(path: string, options: { create?: boolean; truncate?: boolean; readOnly?: boolean } = {}): File {
    const directory = this.#directory(dirname(path))
    const name = nameOf(path)
    let entry = directory.get(name)
    if (entry instanceof Map) throw failure('EISDIR', path)
    if (entry === undefined) {
      if (!options.create) throw failure('ENOENT', path)
      entry = new Entry()
      entry.own.mtimeMs = this.#now()
      directory.set(name, entry)
    }
    if (options.truncate) entry.own.truncate(0)
    return new MemoryFile(path, entry, this.#now)
  }

  exists(path: string): boolean {
    return this.#find(path) !== undefined
  }

  stat(path: string): FileStat {
    const node = this.#find(path)
    if (node === undefined) throw failure('ENOENT', path)
    if (node instanceof Map) return { size: 0, mtimeMs: 0, isDirectory: true }
    return { size: node.content.size, mtimeMs: node.content.mtimeMs, isDirectory: false }
  }

  list(directory: string): string[] {
    return [...this.#directory(directory).keys()]
  }

  makeDirectory(path: string): void {
    let directory = this.#root
    for (const part of partsOf(path)) {
      let next = directory.get(part)
      if (next === undefined) {
        next = new Map()
        directory.set(part, next)
      }
      if (!(next instanceof Map)) throw failure('EEXIST', path)
      directory = next
    }
  }

  readFile(path: string): Buffer {
    const file = this.open(path)
    const bytes = Buffer.allocUnsafeSlow(file.size())
    file.read(bytes, 0, bytes.length, 0)
    return bytes
  }

  replaceFile(path: string, content: Uint8Array | string): void {
    const fresh = new Content()
    fresh.write(typeof content === 'string' ? Buffer.from(content) : Uint8Array.from(content), 0)
    fresh.mtimeMs = this.#now()
    this.#directory(dirname(path)).set(nameOf(path), new Entry(fresh))
  }

  rename(from: string, to: string): void {
    const source = this.#directory(dirname(from))
    const node = source.get(nameOf(from))
    if (node === undefined) throw failure('ENOENT', from)
    const target = this.#directory(dirname(to))
    const replaced = target.get(nameOf(to))
    if (replaced instanceof Map && replaced.size > 0) throw failure('ENOTEMPTY', to)
    source.delete(nameOf(from))
    target.set(nameOf(to), node)
  }

  remove(path: string): void {
    const parent = this.#find(dirname(path))
    if (parent instanceof Map) parent.delete(nameOf(path))
  }

  setModified(path: string, mtimeMs: number): void {
    const node = this.#find(path)
    if (!(node instanceof Entry)) throw failure('ENOENT', path)
    node.own.mtimeMs = mtimeMs
  }

  removeTree(path: string): Promise<void> {
    this.remove(path)
    return Promise.resolve()
  }

  volume(): { totalBytes: number; usableBytes: number } {
    return { totalBytes: totalmem(), usableBytes: freemem() }
  }

  syncDirectory(): void {}

  lock(path: string): FileLock | undefined {
    const key = normalize(path)
    if (this.#locks.has(key)) return undefined
    this.open(path, { create: true })
    this.#locks.add(key)
    return { release: () => this.#locks.delete(key) }
  }

  #directory(path: string): Directory {
    const node = this.#find(path)
    if (node === undefined) throw failure('ENOENT', path)
    if (!(node instanceof Map)) throw failure('ENOTDIR', path)
    return node
  }

  #find(path: string): Entry | Directory | undefined {
    let node: Entry | Directory | undefined = this.#root
    for (const part of partsOf(path)) {
      if (!(node instanceof Map)) return undefined
      node = node.get(part)
    }
    return node
  }
}

function shareAll(directory: Directory): Directory {
  const copy: Directory = new Map()
  for (const [name, node] of directory) copy.set(name, node instanceof Map ? shareAll(node) : node.share())
  return copy
}

function partsOf(path: string): string[] {
  return normalize(path)
    .split(/[\\/]/)
    .filter((part) => part !== '' && part !== '.')
}

function nameOf(path: string): string {
  return partsOf(path).at(-1) ?? ''
}

/** Copies a whole tree, so that a test may break the copy: what a crash would have left on the disk. */
export function copyTree(from: FileSystem, to: FileSystem, path: string): void {
  to.makeDirectory(path)
  for (const name of from.list(path)) {
    const child = join(path, name)
    if (from.stat(child).isDirectory) copyTree(from, to, child)
    else to.replaceFile(child, from.readFile(child))
  }
}
