// DescribeLogDirs, key 35: the log directories of this broker, and the size of each partition in them.
//
// v1 throttling as of KIP-219; v2 flexible; v3 an error of the whole; v4 the size of the volume (KIP-827)
// v5 whether new partitions stay out of the directory (KIP-1066)
import { resolve } from 'node:path'
import { type FileSystem, isSystemError } from '../io/index.ts'
import type { LogDirectory, LogManager, PartitionLog } from '../log/index.ts'
import { apis, type Draft, ErrorCode, type Infer } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

type Request = Infer<typeof apis.DescribeLogDirs.request>
type Response = Draft<typeof apis.DescribeLogDirs.response>
type Result = NonNullable<Response['results']>[number]

export function describeLogDirsApi(rooms: {
  logs: LogManager
  fs: FileSystem
  cordoned: () => readonly string[]
}): ApiHandler {
  const { logs, fs, cordoned } = rooms

  const volumeOf = (logDir: string): ReturnType<FileSystem['volume']> | undefined => {
    try {
      return fs.volume(logDir)
    } catch (error) {
      if (isSystemError(error)) return undefined
      throw error
    }
  }

  const describe = (directory: LogDirectory, request: Request): Result => {
    const { path, isOffline } = directory
    const logDir = resolve(path)
    if (isOffline) return { logDir, errorCode: ErrorCode.KAFKA_STORAGE_ERROR, topics: [] }
    const volume = volumeOf(path)
    // It is gone, and nobody has wanted to write to it since.
    if (volume === undefined) return { logDir, errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, topics: [] }
    return {
      logDir,
      errorCode: ErrorCode.NONE,
      topics: topicsIn(logs, directory, request),
      totalBytes: volume.totalBytes,
      usableBytes: volume.usableBytes,
      isCordoned: cordoned().includes(path) || cordoned().includes('*'),
    }
  }

  return defineApi(
    apis.DescribeLogDirs,
    { min: 1, max: 5, legacyMin: 0 },
    (_context, request): Response => ({
      results: logs.directories.map((directory) => describe(directory, request)),
    }),
    (_request, errorCode) => ({ errorCode }),
  )
}

function topicsIn(logs: LogManager, directory: LogDirectory, { topics }: Request): NonNullable<Result['topics']> {
  const wanted = topics && new Map(topics.map(({ topic, partitions }) => [topic, new Set(partitions)]))
  const byTopic = new Map<string, PartitionLog[]>()
  for (const log of logs.logsIn(directory)) {
    const { topic, partition } = log.topicPartition
    if (wanted !== null && !wanted.get(topic)?.has(partition)) continue
    const ofTopic = byTopic.get(topic)
    if (ofTopic === undefined) byTopic.set(topic, [log])
    else ofTopic.push(log)
  }
  return Array.from(byTopic, ([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map((log) => describePartition(logs, log)),
  }))
}

function describePartition(logs: LogManager, log: PartitionLog) {
  const { topic, partition } = log.topicPartition
  return {
    partitionIndex: partition,
    partitionSize: log.sizeInBytes,
    offsetLag: offsetLag(log, logs.get(topic, partition)),
    isFutureKey: logs.future(topic, partition) === log,
  }
}

/** How far a log that is on its way is behind the current one; -1 where that is not to be had. */
function offsetLag(log: PartitionLog, current: PartitionLog | undefined): number {
  if (current === undefined || current.isOffline) return -1
  return log === current ? Math.max(log.highWatermark - log.logEndOffset, 0) : current.logEndOffset - log.logEndOffset
}
