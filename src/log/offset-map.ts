// The latest offset of each key, by the key's hash, in memory of a fixed size: what a cleaning looks records up in.
// Hashes of 128 bits stand for the keys, as in Kafka; of the same length and up to 16 bytes, no two keys share one.

/** Hash 16, offset 8: what an entry takes, and what decides how many fit. */
const BYTES_PER_ENTRY = 24
/** A table for few keys is kept this empty, since that costs nothing. */
const ROOMY_LOAD = 0.5
const LANES = 4

export interface OffsetMapOptions {
  /** log.cleaner.dedupe.buffer.size, of one cleaner thread. */
  readonly maxBytes: number
  /** log.cleaner.io.buffer.load.factor */
  readonly loadFactor: number
  /** No more keys than this will come. */
  readonly expectedKeys: number
  readonly seed: number
}

export class OffsetMap {
  /** Up to this offset (inclusive) the log is in the map. */
  latestOffset = -1
  readonly #maxKeys: number
  readonly #slots: number
  /** Four numbers a slot. */
  readonly #hashes: Int32Array
  /** One more than the offset, so that 0 is an empty slot. */
  readonly #offsets: Float64Array
  readonly #seed: number
  readonly #hash = new Int32Array(LANES)
  #size = 0

  constructor({ maxBytes, loadFactor, expectedKeys, seed }: OffsetMapOptions) {
    const maxSlots = Math.max(1, Math.floor(Math.min(maxBytes, 0x7fffffff) / BYTES_PER_ENTRY))
    this.#maxKeys = Math.min(Math.floor(maxSlots * loadFactor), maxSlots)
    this.#slots = Math.min(maxSlots, Math.max(1, Math.ceil(expectedKeys / ROOMY_LOAD)))
    this.#hashes = new Int32Array(this.#slots * LANES)
    this.#offsets = new Float64Array(this.#slots)
    this.#seed = seed
  }

  get size(): number {
    return this.#size
  }

  get isFull(): boolean {
    return this.#size >= this.#maxKeys || this.#size >= this.#slots
  }

  /** How much of what may be taken is taken, 0 to 1. */
  get utilization(): number {
    return this.#maxKeys === 0 ? 1 : this.#size / this.#maxKeys
  }

  /** The key stands in `bytes`. The map may not be full. */
  put(bytes: Buffer, start: number, size: number, offset: number): void {
    const slot = this.#find(bytes, start, size)
    if (slot < 0) throw new Error('a key for an offset map that is full')
    if (this.#offsets[slot] === 0) {
      this.#hashes.set(this.#hash, slot * LANES)
      this.#size++
    }
    this.#offsets[slot] = offset + 1
    this.latestOffset = offset
  }

  /** -1 for a key that is not here. */
  get(bytes: Buffer, start: number, size: number): number {
    const slot = this.#find(bytes, start, size)
    return slot < 0 ? -1 : (this.#offsets[slot] as number) - 1
  }

  /** The slot of the key, or the empty one where it would go; -1 where it is not here and there is no room. */
  #find(bytes: Buffer, start: number, size: number): number {
    hash128(bytes, start, size, this.#seed, this.#hash)
    const [hashes, wanted] = [this.#hashes, this.#hash]
    let slot = ((wanted[0] as number) >>> 0) % this.#slots
    for (let probes = 0; probes < this.#slots; probes++) {
      if (this.#offsets[slot] === 0) return slot
      const at = slot * LANES
      if (
        hashes[at] === wanted[0] &&
        hashes[at + 1] === wanted[1] &&
        hashes[at + 2] === wanted[2] &&
        hashes[at + 3] === wanted[3]
      ) {
        return slot
      }
      slot = slot + 1 === this.#slots ? 0 : slot + 1
    }
    return -1
  }
}

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function finish(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

/** Up to four bytes as a number, the first the least; what is behind the end counts as 0. */
function word(bytes: Buffer, at: number, end: number): number {
  if (at + 4 <= end) {
    return (
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    )
  }
  let value = 0
  for (let index = at; index < end; index++) value |= (bytes[index] as number) << ((index - at) * 8)
  return value
}

/** MurmurHash3 for 32-bit machines, 128 bits: small integers alone, and good enough that only malice finds a clash. */
export function hash128(bytes: Buffer, start: number, size: number, seed: number, result: Int32Array): void {
  let h1 = seed | 0
  let h2 = h1
  let h3 = h1
  let h4 = h1
  const end = start + size
  const wholeEnd = end - (size & 15)
  for (let at = start; at < wholeEnd; at += 16) {
    h1 ^= Math.imul(rotate(Math.imul(word(bytes, at, end), C1), 15), C2)
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 ^= Math.imul(rotate(Math.imul(word(bytes, at + 4, end), C2), 16), C3)
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0
    h3 ^= Math.imul(rotate(Math.imul(word(bytes, at + 8, end), C3), 17), C4)
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0
    h4 ^= Math.imul(rotate(Math.imul(word(bytes, at + 12, end), C4), 18), C1)
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0
  }
  if (wholeEnd < end) {
    h1 ^= Math.imul(rotate(Math.imul(word(bytes, wholeEnd, end), C1), 15), C2)
    h2 ^= Math.imul(rotate(Math.imul(word(bytes, wholeEnd + 4, end), C2), 16), C3)
    h3 ^= Math.imul(rotate(Math.imul(word(bytes, wholeEnd + 8, end), C3), 17), C4)
    h4 ^= Math.imul(rotate(Math.imul(word(bytes, wholeEnd + 12, end), C4), 18), C1)
  }
  h1 ^= size
  h2 ^= size
  h3 ^= size
  h4 ^= size
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = (h2 + h1) | 0
  h3 = (h3 + h1) | 0
  h4 = (h4 + h1) | 0
  h1 = finish(h1)
  h2 = finish(h2)
  h3 = finish(h3)
  h4 = finish(h4)
  h1 = (h1 + h2 + h3 + h4) | 0
  result[0] = h1
  result[1] = (h2 + h1) | 0
  result[2] = (h3 + h1) | 0
  result[3] = (h4 + h1) | 0
}
