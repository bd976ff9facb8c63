// Which segments of a log are too old: by time, by size, and by where the log begins. Judges; removes nothing.
import type { PartitionLog } from './partition-log.ts'
import type { Segment } from './segment.ts'

/** The segments at the log's beginning that may go now, as the topic's configs and the log's start offset say. */
export function expiredSegments(log: PartitionLog, now: number): Segment[] {
  const byStart = log.oldSegments((_, next) => next !== undefined && next.baseOffset <= log.logStartOffset)
  if (!log.config.delete) return byStart
  const { retentionMs, retentionBytes } = log.config
  const byTime = retentionMs < 0 ? [] : log.oldSegments((segment) => now - segment.largestTimestamp > retentionMs)
  const bySize = retentionBytes < 0 ? [] : beyondSize(log, retentionBytes)
  return [byStart, byTime, bySize].reduce((most, some) => (some.length > most.length ? some : most))
}

/** As many as can go with at least `retentionBytes` left. */
function beyondSize(log: PartitionLog, retentionBytes: number): Segment[] {
  let excess = log.sizeInBytes - retentionBytes
  return log.oldSegments((segment) => {
    if (excess < segment.size) return false
    excess -= segment.size
    return true
  })
}
