// Memory for what is read from a file in order to be sent: taken for a read, given back when the kernel has it, and taken
// again. New memory for each large answer would cost more than the answer: pages that are zeroed, and a collector that
// runs over the whole heap for every few dozen of them. Who never gives back only leaves the memory to the collector.

/** Less is as quickly made anew. */
const LEAST_BYTES = 64 << 10
/** What a fetch asks of a partition by default; more is rare. */
const MOST_BYTES = 1 << 20
/** Pieces of each size that are kept for the next readers, over all brokers of the process: 16 MB at the most. */
const MAX_FREE = 8

/** Pieces have powers of two as sizes. */
const free = new Map<number, ArrayBuffer[]>()
for (let size = LEAST_BYTES; size <= MOST_BYTES; size *= 2) free.set(size, [])

const lent = new WeakSet<ArrayBufferLike>()

/** A buffer of that length, of any content. */
export function takeSendBuffer(length: number): Buffer {
  if (length < LEAST_BYTES || length > MOST_BYTES) return Buffer.allocUnsafeSlow(length)
  const size = 2 ** Math.ceil(Math.log2(length))
  const memory = free.get(size)?.pop() ?? new ArrayBuffer(size)
  lent.add(memory)
  return Buffer.from(memory, 0, length)
}

/** Whether the bytes lie in memory that is to be given back. */
export function isLent(bytes: Uint8Array): boolean {
  return lent.has(bytes.buffer)
}

/** The bytes were sent, and nobody looks at them any more. */
export function giveBack(bytes: Uint8Array): void {
  if (!lent.delete(bytes.buffer)) return
  const pieces = free.get(bytes.buffer.byteLength)
  if (pieces !== undefined && pieces.length < MAX_FREE) pieces.push(bytes.buffer as ArrayBuffer)
}
