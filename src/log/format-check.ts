// Whether the batches of the logs in a directory have the one format that is read here. Kafka before 0.11 wrote message
// sets of magic 0 and 1, and a cluster that is older than that may still have them. Reads heads; changes nothing.
import { join } from 'node:path'
import type { File, FileSystem } from '../io/index.ts'
import { KafkaError } from '../wire/index.ts'
import { Batch } from '../wire/records/index.ts'
import type { LogDirectory } from './log-directory.ts'
import { LOG_SUFFIX, offsetOf } from './paths.ts'

const CURRENT_MAGIC = 2
/** Offset, length, leader epoch or checksum, magic. */
const HEAD_BYTES = 17
const CHUNK_BYTES = 1 << 20

/**
 * Throws KAFKA_STORAGE_ERROR for the first batch of an older format. In a directory that was looked through before, the
 * first batch of each segment answers for it: formats have only ever gone up.
 */
export function checkFormats(fs: FileSystem, directory: LogDirectory): void {
  const firstOnly = directory.isKnown
  for (const { kind, path } of directory.partitions()) {
    if (kind !== 'current' && kind !== 'future') continue
    for (const name of fs.list(path)) {
      if (offsetOf(name, LOG_SUFFIX) !== undefined) checkSegment(fs, join(path, name), firstOnly)
    }
  }
}

function checkSegment(fs: FileSystem, path: string, firstOnly: boolean): void {
  const file = fs.open(path, { readOnly: true })
  try {
    const size = file.size()
    const chunk = Buffer.allocUnsafe(firstOnly ? HEAD_BYTES : Math.min(CHUNK_BYTES, size))
    for (let position = 0; position + HEAD_BYTES <= size; ) {
      const read = file.read(chunk, 0, chunk.length, position)
      const next = checkHeads(file, chunk.subarray(0, read), position)
      if (next === undefined || firstOnly) return
      position = next
    }
  } finally {
    file.close()
  }
}

/** Looks at the batches whose heads are in the buffer; gives where the next one begins, if there can be one. */
function checkHeads(file: File, buffer: Buffer, position: number): number | undefined {
  let at = 0
  while (at + HEAD_BYTES <= buffer.length) {
    const size = Batch.sizeInBytes(buffer, at)
    if (size < Batch.LOG_OVERHEAD + Batch.LEGACY_OVERHEAD_V0) return undefined
    const magic = Batch.magic(buffer, at)
    if (magic < CURRENT_MAGIC && isWhole(file, position + at, size)) {
      const where = `at offset ${Batch.baseOffset(buffer, at)} of ${file.path}`
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `the batch ${where} has magic ${magic}, the format of before Kafka 0.11, which is not read here`,
      )
    }
    at += size
  }
  return position + at
}

/** What a crash left behind the end may look like anything. */
function isWhole(file: File, position: number, size: number): boolean {
  if (position + size > file.size()) return false
  const bytes = Buffer.allocUnsafe(size)
  file.read(bytes, 0, size, position)
  return Batch.isValid(bytes, 0)
}
