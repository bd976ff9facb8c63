// Which segments of a log are too old: by where the log begins, by size and by time. Judges; removes nothing.
import type { PartitionLog } from './partition-log.ts'

/** How many segments at the log's beginning may go now, as the topic's configs and the log's start offset say. */
export function countExpired(log: PartitionLog, now: number): number {
  const byStart = log.countOld(0, (_, next) => next !== undefined && next.baseOffset <= log.logStartOffset)
  if (!log.config.delete) return byStart
  const { retentionMs, retentionBytes } = log.config
  const bySize = retentionBytes < 0 ? byStart : beyondSize(log, byStart, retentionBytes)
  if (retentionMs < 0) return bySize
  return log.countOld(bySize, (segment) => now - segment.largestTimestamp > retentionMs)
}

/** As many as can go with at least `retentionBytes` left. */
function beyondSize(log: PartitionLog, known: number, retentionBytes: number): number {
  const sizes = log.segments.slice(known).reduce((sum, { size }) => sum + size, 0)
  let excess = sizes - retentionBytes
  return log.countOld(known, (segment) => {
    if (excess < segment.size) return false
    excess -= segment.size
    return true
  })
}
