// Cuts a stream of chunks into frames: an int32 size, then so many bytes.
// A frame that lies in one chunk is a slice of it; only a frame that straddles chunks is copied, once.

/** A size that no request may have. */
export class FrameSizeError extends Error {}

/** Up to this size a straddling frame's memory is taken at once; beyond, it grows with what really arrives. */
const TAKE_AT_ONCE = 1 << 20

export class Framer {
  /** The frame that is being put together, and how much of it is there. */
  private partial: Buffer | undefined
  private filled = 0
  private size = -1
  private readonly header = Buffer.alloc(4)
  private headerFilled = 0
  private readonly maxSize: () => number

  constructor(maxSize: () => number) {
    this.maxSize = maxSize
  }

  /** Calls `onFrame` for every frame that the chunk completes. Throws FrameSizeError. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.size < 0) {
        at = this.readSize(chunk, at)
        if (this.size < 0) return
        if (this.size === 0) throw new FrameSizeError('an empty frame')
      }
      if (this.partial === undefined && chunk.length - at >= this.size) {
        const frame = chunk.subarray(at, at + this.size)
        at += this.size
        this.size = -1
        onFrame(frame)
      } else at = this.fill(chunk, at, onFrame)
    }
  }

  private readSize(chunk: Buffer, from: number): number {
    let at = from
    if (this.headerFilled === 0 && chunk.length - at >= 4) {
      this.setSize(chunk.readInt32BE(at))
      return at + 4
    }
    while (at < chunk.length && this.headerFilled < 4) this.header[this.headerFilled++] = chunk[at++] as number
    if (this.headerFilled === 4) {
      this.headerFilled = 0
      this.setSize(this.header.readInt32BE(0))
    }
    return at
  }

  private setSize(size: number): void {
    const max = this.maxSize()
    if (size < 0 || size > max) throw new FrameSizeError(`a frame of ${size} bytes, ${max} at the most`)
    this.size = size
  }

  private fill(chunk: Buffer, at: number, onFrame: (frame: Buffer) => void): number {
    const take = Math.min(chunk.length - at, this.size - this.filled)
    this.partial = this.roomFor(this.filled + take)
    chunk.copy(this.partial, this.filled, at, at + take)
    this.filled += take
    if (this.filled === this.size) {
      const frame = this.partial.subarray(0, this.size)
      this.partial = undefined
      this.filled = 0
      this.size = -1
      onFrame(frame)
    }
    return at + take
  }

  private roomFor(wanted: number): Buffer {
    const held = this.partial
    if (held !== undefined && held.length >= wanted) return held
    const bigger = Buffer.allocUnsafeSlow(Math.min(this.size, Math.max(TAKE_AT_ONCE, wanted * 2)))
    if (held !== undefined) held.copy(bigger, 0, 0, this.filled)
    return bigger
  }
}
