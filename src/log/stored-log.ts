// A log that nobody has open, read as it stands on the disk: what is looked at before a directory is taken over.
// Changes no byte of it.
import type { FileSystem } from '../io/index.ts'
import { Batch } from '../wire/records/index.ts'
import { LOG_SUFFIX, offsetOf } from './paths.ts'
import { Segment } from './segment.ts'

export interface StoredLog {
  /** Where its first segment begins; 0 without one. */
  readonly startOffset: number
  /** Its batches, up to the first that is torn or corrupt: where a crash cut it, it will end there when it is opened. */
  batches(): Generator<{ readonly buffer: Buffer; readonly at: number }, void, undefined>
}

export function storedLog(fs: FileSystem, directory: string): StoredLog {
  const bases = segmentsIn(fs, directory)
  return { startOffset: bases[0] ?? 0, batches: () => batchesOf(fs, directory, bases) }
}

/** The base offsets of a log's segments, in order. */
function segmentsIn(fs: FileSystem, directory: string): number[] {
  if (!fs.exists(directory)) return []
  const names = fs.list(directory)
  return names.flatMap((name) => offsetOf(name, LOG_SUFFIX) ?? []).sort((a, b) => a - b)
}

function* batchesOf(fs: FileSystem, directory: string, bases: readonly number[]) {
  for (const base of bases) {
    const segment = Segment.open(fs, { directory, baseOffset: base })
    let end = 0
    for (const { buffer, at, position } of segment.wholeBatches(0)) {
      yield { buffer, at }
      end = position + Batch.sizeInBytes(buffer, at)
    }
    segment.abandon()
    if (end < segment.size) return
  }
}
