// What ListOffsets told before records had times: offsets at which segments begin, by when their files were last written.
import type { PartitionLog } from '../log/index.ts'
import { ListOffsetsTimestamp } from './partition.ts'

/** At most `count` offsets, the greatest first: of the segments that were last written at `timestamp` or before. */
export function segmentOffsets(log: PartitionLog, timestamp: number, count: number, now: number): number[] {
  const places = log.segments.map(({ baseOffset, lastModifiedMs: writtenMs }) => ({
    offset: Math.max(baseOffset, log.logStartOffset),
    writtenMs,
  }))
  if ((log.segments.at(-1)?.size ?? 0) > 0) places.push({ offset: log.highWatermark, writtenMs: now })
  const last = placeOf(places, timestamp)
  return places
    .slice(Math.max(0, last + 1 - Math.max(0, count)), last + 1)
    .map(({ offset }) => offset)
    .sort((a, b) => b - a)
}

function placeOf(places: readonly { readonly writtenMs: number }[], timestamp: number): number {
  switch (timestamp) {
    case ListOffsetsTimestamp.LATEST:
      return places.length - 1
    case ListOffsetsTimestamp.EARLIEST:
      return 0
    default:
      return places.findLastIndex(({ writtenMs }) => writtenMs <= timestamp)
  }
}

/** A consumer is told of nothing that it could not read. */
export function withinHighWatermark(offsets: readonly number[], highWatermark: number): number[] {
  const within = offsets.filter((offset) => offset <= highWatermark)
  return within.length === offsets.length ? within : [highWatermark, ...within]
}
