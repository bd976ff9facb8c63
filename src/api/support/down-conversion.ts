// Records for clients of before Kafka 0.11, which know no batches but message sets of magic 0 and 1 (KIP-896 gave them
// up): what a fetch found, in the format that its version has.
import type { FetchEntry, FetchResult, ReplicaManager } from '../../replica/index.ts'
import { EncodeError, ErrorCode } from '../../wire/index.ts'
import { Batch, convertRecords } from '../../wire/records/index.ts'

const NONE = Buffer.alloc(0)

/** The format of the records in this version of Fetch; undefined where it is that of the log. */
function messageSetMagic(apiVersion: number): 0 | 1 | undefined {
  if (apiVersion >= 4) return undefined
  return apiVersion >= 2 ? 1 : 0
}

/** What a fetch found, as clients of this version read it. */
export function downConverted(
  replicas: ReplicaManager,
  entry: FetchEntry,
  result: FetchResult,
  apiVersion: number,
): FetchResult {
  const magic = messageSetMagic(apiVersion)
  if (magic === undefined || result.errorCode !== ErrorCode.NONE) return result
  const { fetchOffset, topic, partition, maxBytes } = entry
  let { records } = result
  // No message stands for a control batch: what is behind it is looked for.
  for (;;) {
    const end = Batch.validEnd(records)
    if (end === 0) return { ...result, records: NONE }
    const converted = convert(records.subarray(0, end), magic, fetchOffset)
    if (converted === undefined) return { ...result, errorCode: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, records: NONE }
    const next = nextOffset(records)
    if (converted.length > 0 || next >= result.highWatermark) return { ...result, records: converted }
    records = replicas.require(topic, partition).read(next, 'highWatermark', maxBytes, true).records
  }
}

/** The records up to the first that cannot be told; undefined where none can. */
function convert(records: Buffer, magic: 0 | 1, firstOffset: number): Buffer | undefined {
  const converted: Buffer[] = []
  for (const at of Batch.positions(records)) {
    const batch = records.subarray(at, at + Batch.sizeInBytes(records, at))
    try {
      converted.push(convertRecords(batch, magic, { firstOffset }))
    } catch (error) {
      // There is no zstd in these formats. The client reads what is before, and is told when it gets there.
      if (!(error instanceof EncodeError)) throw error
      if (converted.length === 0) return undefined
      break
    }
  }
  return Buffer.concat(converted)
}

function nextOffset(records: Buffer): number {
  let next = 0
  for (const at of Batch.positions(records)) next = Batch.lastOffset(records, at) + 1
  return next
}
