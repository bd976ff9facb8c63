// XXH3 with 64 bits and no seed: the hash by which Kafka notices that the topics of a group have changed.
// Plain bigint arithmetic: what is hashed is small, and hashed again only when a topic changes.

const MASK = (1n << 64n) - 1n
const LOW = (1n << 32n) - 1n
const PRIME32_1 = 0x9e3779b1n
const PRIME32_2 = 0x85ebca77n
const PRIME32_3 = 0xc2b2ae3dn
const PRIME64_1 = 0x9e3779b185ebca87n
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn
const PRIME64_3 = 0x165667b19e3779f9n
const PRIME64_4 = 0x85ebca77c2b2ae63n
const PRIME64_5 = 0x27d4eb2f165667c5n
const PRIME_MX1 = 0x165667919e3779f9n
const PRIME_MX2 = 0x9fb21c651e98df25n

/** The algorithm's own constant. */
const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
    '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
)
const STRIPE = 64
const STRIPES_IN_A_BLOCK = 16
const BLOCK = STRIPE * STRIPES_IN_A_BLOCK
const LAST_SECRET = SECRET.length - STRIPE

/** The hash as an unsigned 64-bit integer. */
export function xxh3(input: Buffer): bigint {
  const { length } = input
  if (length === 0) return avalanche64(secret(56) ^ secret(64))
  if (length <= 3) return ofAtMost3(input)
  if (length <= 8) return ofAtMost8(input)
  if (length <= 16) return ofAtMost16(input)
  if (length <= 128) return ofAtMost128(input)
  if (length <= 240) return ofAtMost240(input)
  return ofLong(input)
}

function ofAtMost3(input: Buffer): bigint {
  const { length } = input
  const first = input[0] ?? 0
  const middle = input[length >> 1] ?? 0
  const last = input[length - 1] ?? 0
  const combined = BigInt(((first << 16) | (middle << 24) | last | (length << 8)) >>> 0)
  return avalanche64(combined ^ BigInt((SECRET.readUInt32LE(0) ^ SECRET.readUInt32LE(4)) >>> 0))
}

function ofAtMost8(input: Buffer): bigint {
  const { length } = input
  const combined = BigInt(input.readUInt32LE(length - 4)) + (BigInt(input.readUInt32LE(0)) << 32n)
  let hash = combined ^ secret(8) ^ secret(16)
  hash ^= rotated(hash, 49n) ^ rotated(hash, 24n)
  hash = (hash * PRIME_MX2) & MASK
  hash ^= ((hash >> 35n) + BigInt(length)) & MASK
  hash = (hash * PRIME_MX2) & MASK
  return hash ^ (hash >> 28n)
}

function ofAtMost16(input: Buffer): bigint {
  const { length } = input
  const low = input.readBigUInt64LE(0) ^ secret(24) ^ secret(32)
  const high = input.readBigUInt64LE(length - 8) ^ secret(40) ^ secret(48)
  return avalanche((BigInt(length) + swapped(low) + high + folded(low, high)) & MASK)
}

function ofAtMost128(input: Buffer): bigint {
  const { length } = input
  let sum = BigInt(length) * PRIME64_1
  for (let pair = (length - 1) >> 5; pair >= 0; pair--) {
    sum += mixed(input, 16 * pair, 32 * pair) + mixed(input, length - 16 * (pair + 1), 32 * pair + 16)
  }
  return avalanche(sum & MASK)
}

function ofAtMost240(input: Buffer): bigint {
  const { length } = input
  const rounds = length >> 4
  let sum = BigInt(length) * PRIME64_1
  for (let round = 0; round < 8; round++) sum += mixed(input, 16 * round, 16 * round)
  sum = avalanche(sum & MASK)
  for (let round = 8; round < rounds; round++) sum += mixed(input, 16 * round, 16 * (round - 8) + 3)
  return avalanche((sum + mixed(input, length - 16, 136 - 17)) & MASK)
}

function ofLong(input: Buffer): bigint {
  const { length } = input
  const lanes = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1]
  const blocks = Math.floor((length - 1) / BLOCK)
  for (let block = 0; block < blocks; block++) {
    accumulateStripes(lanes, input, block * BLOCK, STRIPES_IN_A_BLOCK)
    scramble(lanes)
  }
  accumulateStripes(lanes, input, blocks * BLOCK, Math.floor((length - 1 - blocks * BLOCK) / STRIPE))
  accumulate(lanes, input, length - STRIPE, LAST_SECRET - 7)
  let sum = BigInt(length) * PRIME64_1
  for (let lane = 0; lane < 8; lane += 2) {
    sum += folded(laneOf(lanes, lane) ^ secret(11 + 8 * lane), laneOf(lanes, lane + 1) ^ secret(19 + 8 * lane))
  }
  return avalanche(sum & MASK)
}

function accumulateStripes(lanes: bigint[], input: Buffer, at: number, stripes: number): void {
  for (let stripe = 0; stripe < stripes; stripe++) accumulate(lanes, input, at + stripe * STRIPE, 8 * stripe)
}

function accumulate(lanes: bigint[], input: Buffer, at: number, secretAt: number): void {
  for (let lane = 0; lane < 8; lane++) {
    const value = input.readBigUInt64LE(at + 8 * lane)
    const keyed = value ^ secret(secretAt + 8 * lane)
    lanes[lane ^ 1] = (laneOf(lanes, lane ^ 1) + value) & MASK
    lanes[lane] = (laneOf(lanes, lane) + (keyed & LOW) * (keyed >> 32n)) & MASK
  }
}

function scramble(lanes: bigint[]): void {
  for (let lane = 0; lane < 8; lane++) {
    const sum = laneOf(lanes, lane)
    lanes[lane] = ((sum ^ (sum >> 47n) ^ secret(LAST_SECRET + 8 * lane)) * PRIME32_1) & MASK
  }
}

function laneOf(lanes: readonly bigint[], lane: number): bigint {
  return lanes[lane] ?? 0n
}

function secret(at: number): bigint {
  return SECRET.readBigUInt64LE(at)
}

/** 16 bytes of the input under 16 of the secret. */
function mixed(input: Buffer, at: number, secretAt: number): bigint {
  return folded(input.readBigUInt64LE(at) ^ secret(secretAt), input.readBigUInt64LE(at + 8) ^ secret(secretAt + 8))
}

/** The two halves of a 128-bit product, xored. */
function folded(a: bigint, b: bigint): bigint {
  const product = a * b
  return (product & MASK) ^ (product >> 64n)
}

function avalanche(hash: bigint): bigint {
  const mixed = ((hash ^ (hash >> 37n)) * PRIME_MX1) & MASK
  return mixed ^ (mixed >> 32n)
}

function avalanche64(hash: bigint): bigint {
  const once = ((hash ^ (hash >> 33n)) * PRIME64_2) & MASK
  const twice = ((once ^ (once >> 29n)) * PRIME64_3) & MASK
  return twice ^ (twice >> 32n)
}

function rotated(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & MASK
}

function swapped(value: bigint): bigint {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(value)
  return bytes.readBigUInt64BE()
}
