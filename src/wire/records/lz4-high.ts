// LZ4 blocks packed with more effort than the native codec takes: what a `compression.lz4.level` other than the default
// asks for. A chain of the places with the same four bytes is searched, further at each level. Keeps tables for the next
// block, and nothing else.

/** Each level looks at twice as many places; at some number it is enough, for whoever waits. */
const MAX_ATTEMPTS = 1 << 12
const MIN_MATCH = 4
/** A block ends in literals: the last five bytes, and no match begins in the last twelve. */
const LAST_LITERALS = 5
const MATCH_FREE_END = 12
const HASH_BITS = 15
const MULTIPLIER = 0x9e3779b1
/** Blocks are of 64 KB at the most, so that every distance fits. */
const MAX_BLOCK_BYTES = 1 << 16

const heads = new Int32Array(1 << HASH_BITS)
const chain = new Int32Array(MAX_BLOCK_BYTES)

function hashAt(plain: Buffer, at: number): number {
  return Math.imul(plain.readInt32LE(at), MULTIPLIER) >>> (32 - HASH_BITS)
}

/** The bytes that two places have in common, up to `end`. */
function commonLength(plain: Buffer, a: number, b: number, end: number): number {
  let at = b
  while (at < end && plain[a + at - b] === plain[at]) at++
  return at - b
}

/** The block at a level from 1 to 17, behind four bytes of room for its size. */
export function compressLz4BlockHigh(data: Uint8Array, level: number): Buffer {
  if (data.length > MAX_BLOCK_BYTES) throw new RangeError(`a block of ${data.length} bytes`)
  const plain = Buffer.from(data.buffer, data.byteOffset, data.length)
  const attempts = Math.min(1 << (level - 1), MAX_ATTEMPTS)
  const out = Buffer.allocUnsafe(4 + plain.length + Math.ceil(plain.length / 255) + 16)
  const matchLimit = plain.length - LAST_LITERALS
  let written = 4
  let anchor = 0
  let indexed = 0
  let reference = 0

  function indexUpTo(end: number): void {
    for (; indexed < end; indexed++) {
      const hash = hashAt(plain, indexed)
      chain[indexed] = heads[hash] as number
      heads[hash] = indexed
    }
  }

  /** The longest match for what is at this place, found at `reference`. */
  function longestMatch(at: number): number {
    indexUpTo(at)
    let best = 0
    let candidate = heads[hashAt(plain, at)] as number
    for (let left = attempts; left > 0 && candidate >= 0; left--) {
      // What does not go on where the best one ended is no better.
      if (plain[candidate + best] === plain[at + best]) {
        const length = commonLength(plain, candidate, at, matchLimit)
        if (length > best) {
          best = length
          reference = candidate
          if (at + best === matchLimit) break
        }
      }
      candidate = chain[candidate] as number
    }
    return best
  }

  function writeLength(length: number): void {
    let rest = length - 15
    for (; rest >= 255; rest -= 255) out[written++] = 255
    out[written++] = rest
  }

  /** The literals since the last match, and a match if there is one. */
  function writeSequence(literalsEnd: number, matchLength: number): void {
    const literals = literalsEnd - anchor
    const match = matchLength - MIN_MATCH
    out[written++] = (Math.min(literals, 15) << 4) | (matchLength === 0 ? 0 : Math.min(match, 15))
    if (literals >= 15) writeLength(literals)
    written += plain.copy(out, written, anchor, literalsEnd)
    if (matchLength === 0) return
    out.writeUInt16LE(literalsEnd - reference, written)
    written += 2
    if (match >= 15) writeLength(match)
  }

  heads.fill(-1)
  for (let at = 0; at <= plain.length - MATCH_FREE_END; ) {
    let length = longestMatch(at)
    if (length < MIN_MATCH) {
      at++
      continue
    }
    // One byte further there may be a longer one, worth a literal.
    while (at + 1 <= plain.length - MATCH_FREE_END) {
      const found = reference
      const next = longestMatch(at + 1)
      if (next <= length + 1) {
        reference = found
        break
      }
      length = next
      at++
    }
    writeSequence(at, length)
    at += length
    anchor = at
  }
  writeSequence(plain.length, 0)
  return out.subarray(0, written)
}
