// A broker's whole state as a value: its files, shared with it until one of both changes them; and the same in a file.
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type FileSystem, MemoryFileSystem, RealFileSystem } from '../io/index.ts'

/** Where the log of a broker in memory is. */
export const MEMORY_DIRECTORY = '/odradek'
const FORMAT = 'odradek snapshot 1'

interface StoredFile {
  readonly path: string
  readonly size: number
  readonly mtimeMs: number
}

/** What a broker was when it was taken. It can be restored any number of times, by any broker in memory. */
export class Snapshot {
  readonly #files: MemoryFileSystem
  /** When it was taken, by the broker's clock: ms since the epoch. */
  readonly takenMs: number

  /** @internal */
  constructor(files: MemoryFileSystem, takenMs: number) {
    this.#files = files
    this.takenMs = takenMs
  }

  /** @internal Files for a broker to live on. */
  fork(now: () => number): MemoryFileSystem {
    return this.#files.fork(now)
  }

  /** Writes it to a file, compressed. Throws Node's error where that cannot be. */
  saveTo(path: string): void {
    const files = filesIn(this.#files, MEMORY_DIRECTORY)
    const head = JSON.stringify({ format: FORMAT, takenMs: this.takenMs, files })
    const size = Buffer.alloc(4)
    const headBytes = Buffer.from(head)
    size.writeUInt32BE(headBytes.length)
    const contents = files.map((file) => this.#files.readFile(join(MEMORY_DIRECTORY, file.path)))
    new RealFileSystem().replaceFile(path, gzipSync(Buffer.concat([size, headBytes, ...contents])), { durable: false })
  }

  /** Reads one that `saveTo` has written. Throws Node's error, or an Error for a file that is none. */
  static readFrom(path: string): Snapshot {
    const disk = new RealFileSystem()
    const refuse = (): never => {
      throw new Error(`${path} is no snapshot of a broker`)
    }
    let bytes = disk.readFile(path)
    try {
      bytes = gunzipSync(bytes)
    } catch {
      refuse()
    }
    const headEnd = bytes.length < 4 ? 0 : 4 + bytes.readUInt32BE(0)
    if (headEnd === 0 || headEnd > bytes.length) refuse()
    const head = JSON.parse(bytes.toString('utf8', 4, headEnd)) as {
      format: string
      takenMs: number
      files: StoredFile[]
    }
    if (head.format !== FORMAT) refuse()
    const files = new MemoryFileSystem()
    let at = headEnd
    for (const { path: name, size, mtimeMs } of head.files) {
      const target = join(MEMORY_DIRECTORY, name)
      files.makeDirectory(dirname(target))
      files.replaceFile(target, bytes.subarray(at, at + size))
      files.setModified(target, mtimeMs)
      at += size
    }
    return new Snapshot(files, head.takenMs)
  }
}

function filesIn(fs: FileSystem, directory: string, prefix = ''): StoredFile[] {
  return fs.list(directory).flatMap((name) => {
    const path = join(directory, name)
    const stored = prefix === '' ? name : `${prefix}/${name}`
    const { isDirectory, size, mtimeMs } = fs.stat(path)
    return isDirectory ? filesIn(fs, path, stored) : [{ path: stored, size, mtimeMs }]
  })
}
