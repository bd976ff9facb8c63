// Maps that iterate as those of Kafka do: java.util.HashMap, and Kafka's own TimelineHashMap. Assignors take members,
// topics and partitions in the order of such a map, so who gets what follows from it, and so does the order of lists
// in answers and records. They hold what JavaScript's Map holds; only the order differs.
import { javaHashCode } from './java-hash.ts'

/** The 32-bit hash of a key, as its class in Java has it. */
type HashOf<K> = (key: K) => number

/** `Integer.hashCode()`. */
const ofInt: HashOf<number> = (value) => value

const LOAD_FACTOR = 0.75
const DEFAULT_CAPACITY = 16
/** A bucket that has this many already makes a small table grow, whatever its load. */
const CROWDED = 8
const LARGE_TABLE = 64

interface Entry<V> {
  value: V
  /** Within one bucket the lower stands first. */
  readonly rank: number
}

/** Keys by their bucket; within one, what was put is behind what was there, and what was computed is before it. */
export class JavaHashMap<K, V> {
  readonly #hashOf: HashOf<K>
  readonly #map = new Map<K, Entry<V>>()
  #capacity: number
  #lowest = 0
  #highest = 0
  #ordered: readonly K[] | undefined

  /** `initialCapacity` as that of Java's constructor. */
  constructor(hashOf: HashOf<K>, initialCapacity = DEFAULT_CAPACITY) {
    this.#hashOf = hashOf
    this.#capacity = tableSizeFor(initialCapacity)
  }

  /** `new HashMap(map)`, where the entries come in the order of that map. */
  static copyOf<K, V>(
    entries: Iterable<readonly [K, V]> & { readonly size: number },
    hashOf: HashOf<K>,
  ): JavaHashMap<K, V> {
    const { size } = entries
    const copy = new JavaHashMap<K, V>(hashOf, size === 0 ? DEFAULT_CAPACITY : Math.floor(size / LOAD_FACTOR + 1))
    for (const [key, value] of entries) copy.set(key, value)
    return copy
  }

  get size(): number {
    return this.#map.size
  }

  get(key: K): V | undefined {
    return this.#map.get(key)?.value
  }

  has(key: K): boolean {
    return this.#map.has(key)
  }

  /** `put`. */
  set(key: K, value: V): void {
    const entry = this.#map.get(key)
    if (entry !== undefined) {
      entry.value = value
      return
    }
    const isCrowded = this.#isCrowded(key, CROWDED)
    this.#insert(key, { value, rank: ++this.#highest })
    if (isCrowded) this.#grow()
    if (this.#map.size > this.#threshold) this.#grow()
  }

  /** `computeIfAbsent`, with what `make` gives. */
  computeIfAbsent(key: K, make: () => V): V {
    if (this.#map.size > this.#threshold) this.#grow()
    const entry = this.#map.get(key)
    if (entry !== undefined) return entry.value
    const value = make()
    const isCrowded = this.#isCrowded(key, CROWDED - 1)
    this.#insert(key, { value, rank: --this.#lowest })
    if (isCrowded) this.#grow()
    return value
  }

  delete(key: K): boolean {
    const isGone = this.#map.delete(key)
    if (isGone) this.#ordered = undefined
    return isGone
  }

  keys(): readonly K[] {
    this.#ordered ??= Array.from(this.#map, ([key, { rank }]) => ({ key, bucket: this.#bucketOf(key), rank }))
      .sort((a, b) => a.bucket - b.bucket || a.rank - b.rank)
      .map(({ key }) => key)
    return this.#ordered
  }

  *values(): Generator<V> {
    for (const key of this.keys()) yield this.get(key) as V
  }

  *[Symbol.iterator](): Generator<[K, V]> {
    for (const key of this.keys()) yield [key, this.get(key) as V]
  }

  get #threshold(): number {
    return Math.floor(this.#capacity * LOAD_FACTOR)
  }

  #insert(key: K, entry: Entry<V>): void {
    this.#map.set(key, entry)
    this.#ordered = undefined
  }

  #grow(): void {
    this.#capacity *= 2
    this.#ordered = undefined
  }

  #bucketOf(key: K): number {
    const hash = this.#hashOf(key)
    return (hash ^ (hash >>> 16)) & (this.#capacity - 1)
  }

  /** Whether a table that is small has that many keys in the bucket of this one. */
  #isCrowded(key: K, limit: number): boolean {
    if (this.#capacity >= LARGE_TABLE || this.#map.size < limit) return false
    const bucket = this.#bucketOf(key)
    let count = 0
    for (const other of this.#map.keys()) if (this.#bucketOf(other) === bucket) count++
    return count >= limit
  }
}

/** The elements of `new HashSet(elements)` as it iterates. */
export function javaHashSetOrder<K>(elements: readonly K[], hashOf: HashOf<K>): readonly K[] {
  const capacity = Math.max(Math.floor(elements.length / LOAD_FACTOR) + 1, DEFAULT_CAPACITY)
  const set = new JavaHashMap<K, true>(hashOf, capacity)
  for (const element of elements) set.set(element, true)
  return set.keys()
}

/** As `javaHashSetOrder`, of ints. Those below the capacity, which is the usual case, are in order as they are. */
export function javaIntSetOrder(elements: readonly number[]): readonly number[] {
  return javaHashSetOrder(elements, ofInt)
}

export function javaIntMap<V>(initialCapacity?: number): JavaHashMap<number, V> {
  return new JavaHashMap<number, V>(ofInt, initialCapacity)
}

/** Kafka's TimelineHashMap by string: buckets by other bits of the hash, and the last to come into one stands first. */
export class TimelineHashMap<V> {
  readonly #map = new Map<string, V>()
  #capacity = 2
  #ordered: readonly string[] | undefined

  get size(): number {
    return this.#map.size
  }

  get(key: string): V | undefined {
    return this.#map.get(key)
  }

  has(key: string): boolean {
    return this.#map.has(key)
  }

  set(key: string, value: V): void {
    const { size } = this.#map
    if ((size + 1) * LOAD_FACTOR > this.#capacity) {
      this.#capacity *= 2
      this.#ordered = undefined
    }
    this.#map.set(key, value)
    if (this.#map.size !== size) this.#ordered = undefined
  }

  delete(key: string): boolean {
    const isGone = this.#map.delete(key)
    if (isGone) this.#ordered = undefined
    return isGone
  }

  keys(): readonly string[] {
    this.#ordered ??= sortedBy([...this.#map.keys()].reverse(), (key) => slotOf(javaHashCode(key), this.#capacity))
    return this.#ordered
  }

  /** In no particular order. */
  values(): Iterable<V> {
    return this.#map.values()
  }

  *[Symbol.iterator](): Generator<[string, V]> {
    for (const key of this.keys()) yield [key, this.#map.get(key) as V]
  }
}

const GOLDEN_RATIO = 0x9e3779b97f4a7c15n

/** The topmost bits of the product with 2^64 over the golden ratio. */
function slotOf(hash: number, capacity: number): number {
  const bits = BigInt(31 - Math.clz32(capacity))
  return Number(BigInt.asUintN(64, BigInt(hash) * GOLDEN_RATIO) >> (64n - bits))
}

function tableSizeFor(capacity: number): number {
  return capacity <= 1 ? 1 : 2 ** (32 - Math.clz32(capacity - 1))
}

/** Stable: keys of one place stay as they are. */
function sortedBy<K>(keys: readonly K[], placeOf: (key: K) => number): readonly K[] {
  return keys
    .map((key) => ({ key, place: placeOf(key) }))
    .sort((a, b) => a.place - b.place)
    .map(({ key }) => key)
}
