// Batches for scripts and tests, sound ones and ones that were spoiled on purpose.
import { Batch, encodeBatch, type NewBatch, type NewRecord } from '../../src/wire/records/index.ts'

/** A timestamp that every broker accepts, the same within a run. */
export const TIMESTAMP = Date.now() - 3_600_000

/** Records without keys, their timestamps one apart. */
export function recordsOf(values: readonly string[], key: string | null = null): NewRecord[] {
  return values.map((value, i) => ({
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(value),
    timestamp: TIMESTAMP + i,
  }))
}

export function batchOf(values: readonly string[], batch: Partial<NewBatch> = {}): Buffer {
  return encodeBatch({ records: recordsOf(values), ...batch })
}

/** A batch whose bytes were changed after the checksum was made. */
export function spoiled(change: (batch: Buffer) => void, batch: Buffer = batchOf(['a', 'b'])): Buffer {
  const copy = Buffer.from(batch)
  change(copy)
  return copy
}

/** A batch with other bytes and a checksum that fits them. */
export function resealed(change: (batch: Buffer) => void, batch: Buffer = batchOf(['a', 'b'])): Buffer {
  return spoiled((copy) => {
    change(copy)
    Batch.updateCrc(copy, 0)
  }, batch)
}
