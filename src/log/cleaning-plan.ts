// Which part of a log could be compacted, whether that is worth it now, and which segments become one. Kafka's rules as
// functions of a log and the time; they change nothing.
import type { PartitionLog } from './partition-log.ts'
import type { Segment } from './segment.ts'

export interface CleaningPlan {
  readonly log: PartitionLog
  /** What is before it was compacted already. */
  readonly firstDirtyOffset: number
  /** Where the checkpoint did not fit the log, which happens when the log was cut or its beginning deleted. */
  readonly isCheckpointInvalid: boolean
  /** The base offset of the first segment that is left alone. */
  readonly firstUncleanableOffset: number
  readonly cleanableBytes: number
  /** The cleanable part's share of all that a cleaning would read; NaN for nothing. */
  readonly dirtyRatio: number
  /** max.compaction.lag.ms has passed. */
  readonly isOverdue: boolean
}

export function planCleaning(log: PartitionLog, now: number): CleaningPlan {
  const { logStartOffset, logEndOffset } = log
  const checkpoint = log.cleanedUpTo ?? logStartOffset
  const isCheckpointInvalid = checkpoint < logStartOffset || checkpoint > logEndOffset
  const firstDirtyOffset = isCheckpointInvalid ? logStartOffset : checkpoint
  const end = Math.max(firstDirtyOffset, uncleanableFrom(log, firstDirtyOffset, now))
  const firstUncleanableOffset = segmentOf(log, end).baseOffset
  const dirty = log.segmentsBetween(Math.min(firstDirtyOffset, firstUncleanableOffset), firstUncleanableOffset)
  const cleanableBytes = sizeOf(dirty)
  const cleanBytes = sizeOf(log.segments.filter(({ baseOffset }) => baseOffset < firstDirtyOffset))
  return {
    log,
    firstDirtyOffset,
    isCheckpointInvalid,
    firstUncleanableOffset,
    cleanableBytes,
    dirtyRatio: cleanableBytes / (cleanBytes + cleanableBytes),
    isOverdue: isOverdue(log, firstDirtyOffset, now),
  }
}

/** Whether a cleaning is worth it, or has to be. */
export function isDue({ log, cleanableBytes, dirtyRatio, isOverdue }: CleaningPlan): boolean {
  return (isOverdue && cleanableBytes > 0) || dirtyRatio > log.config.minCleanableDirtyRatio
}

function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { size }) => sum + size, 0)
}

/** Not the active segment, nothing of an open transaction, nothing that is younger than min.compaction.lag.ms. */
function uncleanableFrom(log: PartitionLog, firstDirtyOffset: number, now: number): number {
  const { lastStableOffset, activeSegment } = log
  const { minCompactionLagMs } = log.config
  const young =
    minCompactionLagMs > 0
      ? dirtyInactive(log, firstDirtyOffset).find((segment) => segment.largestTimestamp > now - minCompactionLagMs)
      : undefined
  return Math.min(lastStableOffset, activeSegment.baseOffset, young?.baseOffset ?? Number.POSITIVE_INFINITY)
}

function dirtyInactive(log: PartitionLog, firstDirtyOffset: number): Segment[] {
  return log.segmentsBetween(firstDirtyOffset, log.activeSegment.baseOffset)
}

/** The segment with the offset, or the active one. */
function segmentOf(log: PartitionLog, offset: number): Segment {
  return log.segmentsBetween(offset, log.activeSegment.baseOffset)[0] ?? log.activeSegment
}

/** Whether the oldest dirty segment began longer ago than max.compaction.lag.ms. */
function isOverdue(log: PartitionLog, firstDirtyOffset: number, now: number): boolean {
  const limit = now - log.config.maxCompactionLagMs
  // Without a limit no segment is looked at.
  if (limit <= 0) return false
  return dirtyInactive(log, firstDirtyOffset).some(
    ({ firstBatchTimestamp }) => firstBatchTimestamp > 0 && firstBatchTimestamp < limit,
  )
}

/** Segments that follow each other and fit into one, by size, by the sizes of their indexes and by their offsets. */
export function groupSegments(
  segments: readonly Segment[],
  { segmentBytes, segmentIndexBytes }: { readonly segmentBytes: number; readonly segmentIndexBytes: number },
  firstUncleanableOffset: number,
): Segment[][] {
  const groups: Segment[][] = []
  let sizes = { log: 0, offsets: 0, times: 0 }
  for (const [index, segment] of segments.entries()) {
    const own = { log: segment.size, offsets: segment.offsetIndex.sizeInBytes, times: segment.timeIndex.sizeInBytes }
    const group = groups.at(-1)
    const endOffset = segments[index + 1]?.baseOffset ?? firstUncleanableOffset
    const fits =
      group !== undefined &&
      sizes.log + own.log <= segmentBytes &&
      sizes.offsets + own.offsets <= segmentIndexBytes &&
      sizes.times + own.times <= segmentIndexBytes &&
      (segment.size === 0 || endOffset - 1 - (group[0] as Segment).baseOffset <= 0x7fffffff)
    if (fits) {
      group.push(segment)
      sizes = { log: sizes.log + own.log, offsets: sizes.offsets + own.offsets, times: sizes.times + own.times }
    } else {
      groups.push([segment])
      sizes = own
    }
  }
  return groups
}
