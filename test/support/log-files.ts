// A partition's files, as a broker left them on the disk: whichever broker it was, they have the same names and forms.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Batch, readRecords } from '../../src/wire/records/index.ts'

export interface SegmentFiles {
  readonly baseOffset: number
  readonly log: Buffer
  readonly index: Buffer
  readonly timeIndex: Buffer
  /** Undefined where the segment has no such file. */
  readonly transactionIndex: Buffer | undefined
}

/** The segments in order, all but the one in use. */
export function inactiveSegments(logDir: string, topic: string, partition = 0): SegmentFiles[] {
  const directory = join(logDir, `${topic}-${partition}`)
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .sort()
  return names.slice(0, -1).map((name) => {
    const read = (suffix: string) => readFileSync(join(directory, name.replace('.log', suffix)))
    return {
      baseOffset: Number.parseInt(name, 10),
      log: read('.log'),
      index: read('.index'),
      timeIndex: read('.timeindex'),
      transactionIndex: existsSync(join(directory, name.replace('.log', '.txnindex'))) ? read('.txnindex') : undefined,
    }
  })
}

/** Up to where (exclusive) the log was cleaned, as its checkpoint says. */
export function cleanedUpTo(logDir: string, topic: string, partition = 0): number | undefined {
  const path = join(logDir, 'cleaner-offset-checkpoint')
  if (!existsSync(path)) return undefined
  const line = readFileSync(path, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${topic} ${partition} `))
  return line === undefined ? undefined : Number(line.split(' ')[2])
}

/** Everything that a batch says of itself and of its records. */
export function describeBatches(log: Buffer) {
  return [...Batch.positions(log)].map((at) => ({
    baseOffset: Batch.baseOffset(log, at),
    lastOffset: Batch.lastOffset(log, at),
    sizeInBytes: Batch.sizeInBytes(log, at),
    partitionLeaderEpoch: Batch.partitionLeaderEpoch(log, at),
    isValid: Batch.isValid(log, at),
    compression: Batch.compressionId(log, at),
    timestampType: Batch.timestampType(log, at),
    isTransactional: Batch.isTransactional(log, at),
    isControl: Batch.isControl(log, at),
    deleteHorizonMs: Batch.deleteHorizonMs(log, at),
    baseTimestamp: Batch.baseTimestamp(log, at),
    maxTimestamp: Batch.maxTimestamp(log, at),
    producerId: Batch.producerId(log, at),
    producerEpoch: Batch.producerEpoch(log, at),
    baseSequence: Batch.baseSequence(log, at),
    count: Batch.recordsCount(log, at),
    records: readRecords(log, at).map(({ offset, timestamp, key, value, headers }) => ({
      offset,
      timestamp,
      key: key === null ? null : key.toString('latin1'),
      value: value === null ? null : value.toString('latin1'),
      headers: headers.map((header) => `${header.key}=${header.value?.toString('latin1')}`),
    })),
  }))
}

export type DescribedBatch = ReturnType<typeof describeBatches>[number]
