// Memory for what is read from a file in order to be sent: taken for a read, given back when the kernel has it, and taken
// again. New memory for each large answer would cost more than the answer: pages that are zeroed, and a collector that
// runs over the whole heap for every few dozen of them. Who never gives back only leaves the memory to the collector.

/** What a fetch asks of a partition by default. */
const SLAB_BYTES = 1 << 20
/** Less is as quickly made anew. */
const LEAST_BYTES = 64 << 10
/** Slabs that are kept for the next readers, over all brokers of the process. */
const MAX_FREE = 8

const free: ArrayBuffer[] = []
const lent = new WeakSet<ArrayBufferLike>()

/** A buffer of that length, of any content. */
export function takeSendBuffer(length: number): Buffer {
  if (length < LEAST_BYTES || length > SLAB_BYTES) return Buffer.allocUnsafeSlow(length)
  const memory = free.pop() ?? new ArrayBuffer(SLAB_BYTES)
  lent.add(memory)
  return Buffer.from(memory, 0, length)
}

/** Whether the bytes lie in memory that is to be given back. */
export function isLent(bytes: Uint8Array): boolean {
  return lent.has(bytes.buffer)
}

/** The bytes were sent, and nobody looks at them any more. */
export function giveBack(bytes: Uint8Array): void {
  if (lent.delete(bytes.buffer) && free.length < MAX_FREE) free.push(bytes.buffer as ArrayBuffer)
}
