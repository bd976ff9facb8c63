// What stands between a produced buffer and the log: Kafka's checks of an append, and the assignment of offsets.
// One pure function: it patches the buffer that it was given where that is enough (offsets, leader epoch, timestamps,
// checksum), and builds a new one only to convert. It knows nothing of producers' states and of files.
import { DecodeError, KafkaError } from '../wire/index.ts'
import {
  Batch,
  type CompressionName,
  compressionName,
  decompressForNow,
  encodeBatch,
  type KafkaRecord,
  type LegacyRecord,
  type NewRecord,
  type RecordMode,
  RecordScan,
  RecordStructureError,
  RecordWalk,
  readLegacyRecords,
  readRecords,
  TooLargeError,
} from '../wire/records/index.ts'

/** Who appends: a producer, a coordinator of this broker, or the leader that this replica follows. */
export type AppendOrigin = 'client' | 'coordinator' | 'replication'

export interface ValidationOptions {
  /** For messages: `topic-0`. */
  topicPartition: string
  origin: AppendOrigin
  /** The log end offset: what the first record gets. */
  offset: number
  /** Wall time in ms. */
  now: number
  partitionLeaderEpoch: number
  /** cleanup.policy contains compact. */
  compactedTopic: boolean
  /** message.timestamp.type */
  timestampType: 'CreateTime' | 'LogAppendTime'
  /** message.timestamp.before.max.ms */
  timestampBeforeMaxMs: number
  /** message.timestamp.after.max.ms */
  timestampAfterMaxMs: number
  /** compression.type; uncompressed is `none`. */
  compression: 'producer' | CompressionName
  /** compression.gzip.level and so on, for the codec above. */
  compressionLevel?: number
  /** max.message.bytes */
  maxMessageBytes: number
  /** How much a compressed batch may inflate to. */
  maxDecompressedBytes?: number
}

/** What the producer state needs of a batch; its records are in `records` of the result. */
export interface AppendedBatch {
  readonly position: number
  readonly sizeInBytes: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly isTransactional: boolean
  readonly isControl: boolean
}

export interface ValidatedRecords {
  /** What to write: the complete batches, in place where possible. */
  readonly records: Buffer
  /** -1 where there was no complete batch: nothing is to be written. */
  readonly baseOffset: number
  readonly lastOffset: number
  readonly recordCount: number
  /** -1 for none. */
  readonly maxTimestamp: number
  /** The last offset of the batch with the greatest timestamp: what goes into the time index. */
  readonly offsetOfMaxTimestamp: number
  /** `now` with LogAppendTime, else -1: what a produce response tells. */
  readonly logAppendTime: number
  readonly batches: readonly AppendedBatch[]
}

/** One record that was refused, as a produce response lists it. */
export interface RecordError {
  readonly batchIndex: number
  readonly message: string
}

/** Refused for some of its records; only here does Kafka send its message to the client. */
export class RecordValidationError extends KafkaError {
  readonly recordErrors: readonly RecordError[]

  constructor(codeName: 'INVALID_RECORD' | 'INVALID_TIMESTAMP', message: string, recordErrors: readonly RecordError[]) {
    super(codeName, message)
    this.recordErrors = recordErrors
  }
}

/** More refused records than this are counted, not listed: a hostile batch has millions. */
const MAX_LISTED_ERRORS = 100_000

type Refusal = 'INVALID_RECORD' | 'CORRUPT_MESSAGE' | 'MESSAGE_TOO_LARGE' | 'UNKNOWN_SERVER_ERROR'

/** An error whose message is for our log: the client gets the code alone, as from Kafka. */
function refusal(codeName: Refusal, message: string): KafkaError {
  const error = new KafkaError(codeName)
  error.message = message
  return error
}

/**
 * Checks produced records as Kafka does, and gives them their offsets. Throws KafkaError with Kafka's code, and
 * RecordValidationError where single records are at fault; the buffer is unchanged then, save for a CRC error's.
 */
export function validateRecords(buffer: Buffer, options: ValidationOptions): ValidatedRecords {
  const analysis = analyzeBatches(buffer, options)
  if (analysis.validBytes === 0) return result(buffer.subarray(0, 0), [], -1, options)
  const records = analysis.validBytes === buffer.length ? buffer : buffer.subarray(0, analysis.validBytes)
  if (options.origin === 'replication') return replicated(records, analysis.batchCount, options)
  const source = analysis.sourceCompression
  if (source !== 'none' || Batch.magic(records, 0) === 2) refuseSecondBatch(analysis.batchCount)
  const target = options.compression === 'producer' ? source : options.compression
  return Batch.magic(records, 0) === 2
    ? validateBatch(records, source, target, options)
    : convertLegacy(records, source, target, options)
}

interface Analysis {
  validBytes: number
  batchCount: number
  sourceCompression: CompressionName
}

/** Batch by batch: sizes, checksums, and what cannot be told from the records. */
function analyzeBatches(buffer: Buffer, options: ValidationOptions): Analysis {
  const analysis: Analysis = { validBytes: 0, batchCount: 0, sourceCompression: 'none' }
  let lastOffset = -1
  let monotonic = true
  for (;;) {
    const at = analysis.validBytes
    const size = completeBatch(buffer, at)
    if (size === 0) break
    checkWholeBatch(buffer, at, size, options)
    const codec = Batch.compressionId(buffer, at)
    if (codec !== 0) analysis.sourceCompression = knownCodec(codec)
    if (lastOffset >= Batch.lastOffset(buffer, at)) monotonic = false
    lastOffset = Batch.lastOffset(buffer, at)
    analysis.validBytes += size
    analysis.batchCount++
  }
  if (options.origin === 'replication' && !monotonic) {
    throw refusal('UNKNOWN_SERVER_ERROR', `Out of order offsets found in append to ${options.topicPartition}`)
  }
  return analysis
}

function completeBatch(buffer: Buffer, at: number): number {
  try {
    return Batch.completeSize(buffer, at)
  } catch (error) {
    throw error instanceof DecodeError ? refusal('CORRUPT_MESSAGE', error.message) : error
  }
}

function checkWholeBatch(buffer: Buffer, at: number, size: number, options: ValidationOptions): void {
  const { topicPartition, origin, maxMessageBytes } = options
  // So short that Kafka reads past its end before it has looked at the size.
  if (Batch.magic(buffer, at) === 2 && size < Batch.LAST_OFFSET_DELTA_END) {
    throw refusal('UNKNOWN_SERVER_ERROR', `Record batch of ${size} bytes in topic partition ${topicPartition}.`)
  }
  if (origin === 'client' && Batch.magic(buffer, at) === 2 && Batch.baseOffset(buffer, at) !== 0) {
    throw refusal(
      'INVALID_RECORD',
      `The baseOffset of the record batch in the append to ${topicPartition} should be 0, but it is ${Batch.baseOffset(buffer, at)}`,
    )
  }
  // A follower takes what its leader took, under whatever limit that had.
  if (size > maxMessageBytes && origin !== 'replication') {
    throw refusal(
      'MESSAGE_TOO_LARGE',
      `The record batch size in the append to ${topicPartition} is ${size} bytes which exceeds the maximum configured value of ${maxMessageBytes}).`,
    )
  }
  if (!Batch.isValid(buffer, at)) {
    throw refusal(
      'CORRUPT_MESSAGE',
      `Record is corrupt (stored crc = ${Batch.crc(buffer, at)}) in topic partition ${topicPartition}.`,
    )
  }
}

/** Kafka answers an id that it has no codec for with an unexpected error, so that is what it gets. */
function knownCodec(id: number): CompressionName {
  try {
    return compressionName(id)
  } catch {
    throw refusal('UNKNOWN_SERVER_ERROR', `Unknown compression type id: ${id}`)
  }
}

function refuseSecondBatch(batchCount: number): void {
  if (batchCount > 1) throw refusal('INVALID_RECORD', 'Compressed outer record has more than one batch')
}

/** What a producer's batch has to declare about itself. */
function checkClientBatch(buffer: Buffer, topicPartition: string): void {
  const [first, last] = [Batch.baseOffset(buffer, 0), Batch.lastOffset(buffer, 0)]
  const range = last - first + 1
  if (range <= 0) {
    throw refusal(
      'INVALID_RECORD',
      `Batch has an invalid offset range: [${first}, ${last}] in topic partition ${topicPartition}`,
    )
  }
  const count = Batch.recordsCount(buffer, 0)
  if (count <= 0) {
    throw refusal(
      'INVALID_RECORD',
      `Invalid reported count for record batch: ${count} in topic partition ${topicPartition}`,
    )
  }
  if (range !== count) {
    throw refusal(
      'INVALID_RECORD',
      `Inconsistent batch offset range [${first}, ${last}] and count of records ${count} in topic partition ${topicPartition}`,
    )
  }
  if (Batch.isControl(buffer, 0)) {
    throw refusal(
      'INVALID_RECORD',
      `Clients are not allowed to write control records in topic partition ${topicPartition}`,
    )
  }
  if (Batch.hasProducerId(buffer, 0) && Batch.baseSequence(buffer, 0) < 0) {
    throw refusal(
      'INVALID_RECORD',
      `Invalid sequence number ${Batch.baseSequence(buffer, 0)} in record batch with producerId ${Batch.producerId(buffer, 0)} in topic partition ${topicPartition}`,
    )
  }
}

/** One batch v2: the path of every client of this century. */
function validateBatch(
  records: Buffer,
  source: CompressionName,
  target: CompressionName,
  options: ValidationOptions,
): ValidatedRecords {
  if (options.origin === 'client') checkClientBatch(records, options.topicPartition)
  // A control batch stays as its coordinator wrote it.
  const inPlace = source === target || (source === 'none' && Batch.isControl(records, 0))
  const maxTimestamp = inspectRecords(records, source, inPlace, options)
  return inPlace ? assignInPlace(records, maxTimestamp, options) : recompress(records, target, options)
}

// One for the process: it holds nothing between two calls.
const scan = new RecordScan()

/** Looks at every record; returns the greatest timestamp of them. */
function inspectRecords(
  records: Buffer,
  source: CompressionName,
  inPlace: boolean,
  options: ValidationOptions,
): number {
  const plain = source === 'none'
  const payload = plain ? records : inflate(records, source, options.maxDecompressedBytes)
  const start = plain ? Batch.BATCH_HEADER_SIZE : 0
  const count = Batch.recordsCount(records, 0)
  if (count === 0) return Batch.NO_TIMESTAMP
  const checkTimes = options.timestampType === 'CreateTime'
  scan.earliest = checkTimes ? options.now - options.timestampBeforeMaxMs : Number.NEGATIVE_INFINITY
  scan.latest = checkTimes ? options.now + options.timestampAfterMaxMs : Number.POSITIVE_INFINITY
  scan.keysRequired = options.compactedTopic
  // Kafka trusts the offset deltas of an uncompressed batch, and looks at those of a compressed one.
  scan.consecutive = !plain
  const clean =
    Batch.timestampType(records, 0) === 'CreateTime' &&
    Batch.baseOffset(records, 0) === 0 &&
    scan.isClean(payload, start, payload.length, count, Batch.baseTimestamp(records, 0))
  if (clean) return scan.maxTimestamp
  const mode = plain ? 'buffer' : inPlace ? 'skim' : 'stream'
  return inspectSlowly(records, new PayloadWalk(payload, start, count, mode), options)
}

function inflate(records: Buffer, codec: CompressionName, maxBytes: number | undefined): Buffer {
  try {
    return decompressForNow(codec, records.subarray(Batch.BATCH_HEADER_SIZE), maxBytes)
  } catch (error) {
    // Producers split a batch that is too large and try again, which is the way out here too.
    if (error instanceof TooLargeError) throw refusal('MESSAGE_TOO_LARGE', error.message)
    if (error instanceof DecodeError) throw refusal('UNKNOWN_SERVER_ERROR', error.message)
    throw error
  }
}

/** A RecordWalk whose structure errors are Kafka's codes. */
class PayloadWalk {
  readonly mode: RecordMode
  readonly record: RecordWalk

  constructor(payload: Buffer, start: number, count: number, mode: RecordMode) {
    this.mode = mode
    this.record = guarded(() => new RecordWalk(payload, start, payload.length, count, mode))
  }

  next(): boolean {
    return guarded(() => this.record.next())
  }
}

function guarded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof RecordStructureError)) throw error
    throw refusal(error.unexpected ? 'UNKNOWN_SERVER_ERROR' : 'INVALID_RECORD', error.message)
  }
}

/**
 * The same inspection record by record, for a batch in which something is unusual: it finds out what. Times are
 * Java's longs here, which wrap around: a timestamp at their ends passes or fails as in Kafka.
 */
function inspectSlowly(records: Buffer, walk: PayloadWalk, options: ValidationOptions): number {
  const baseOffset = Batch.baseOffset(records, 0)
  const baseTimestamp = Batch.exactBaseTimestamp(records, 0)
  const appendTime =
    Batch.timestampType(records, 0) === 'LogAppendTime' ? Batch.exactMaxTimestamp(records, 0) : undefined
  const errors = new RecordErrors(options)
  let maxTimestamp = -1n
  let consecutive = true
  for (let index = 0; walk.next(); index++) {
    const { offsetDelta, timestampDelta, keySize, valueSize } = walk.record
    const timestamp = appendTime ?? toLong(baseTimestamp + timestampDelta)
    const offset = baseOffset + offsetDelta
    const before = errors.count
    errors.check(index, offset, timestamp, keySize >= 0, appendTime !== undefined, () =>
      describe(walk.mode, offset, timestamp, keySize, valueSize),
    )
    if (errors.count > before) continue
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    if (offset !== index) consecutive = false
  }
  errors.throwAny()
  // Kafka would rewrite the batch here, but has skipped the keys and values that it would need.
  if (walk.mode === 'skim' && !consecutive) {
    throw refusal('UNKNOWN_SERVER_ERROR', 'key is skipped in PartialDefaultRecord')
  }
  return Number(maxTimestamp)
}

/** As Kafka prints a record; a null that was skipped shows the size that stood for it. */
function describe(mode: RecordMode, offset: number, timestamp: bigint, keySize: number, valueSize: number): string {
  const skimmed = mode === 'skim'
  const [key, value] = skimmed ? [keySize, valueSize] : [Math.max(keySize, 0), Math.max(valueSize, 0)]
  return `${skimmed ? 'Partial' : ''}DefaultRecord(offset=${offset}, timestamp=${timestamp}, key=${key} bytes, value=${value} bytes)`
}

/** A sum as Java's long has it. */
function toLong(value: bigint): bigint {
  return BigInt.asIntN(64, value)
}

/** A config or a clock's reading as a long: numbers of int64 are saturated. */
function longOf(value: number): bigint {
  return value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value)
}

/** The records of a batch that are at fault. */
class RecordErrors {
  count = 0
  private anyTimestamp = false
  private readonly listed: RecordError[] = []
  private readonly options: ValidationOptions
  private readonly now: bigint
  private readonly beforeMax: bigint
  private readonly afterMax: bigint

  constructor(options: ValidationOptions) {
    this.options = options
    this.now = longOf(options.now)
    this.beforeMax = longOf(options.timestampBeforeMaxMs)
    this.afterMax = longOf(options.timestampAfterMaxMs)
  }

  check(
    index: number,
    offset: number,
    timestamp: bigint,
    hasKey: boolean,
    batchHasAppendTime: boolean,
    describeRecord: () => string,
  ): void {
    if (this.options.compactedTopic && !hasKey) {
      const { topicPartition } = this.options
      this.add(index, `Compacted topic cannot accept message without key in topic partition ${topicPartition}`)
    } else if (this.options.timestampType === 'CreateTime' && timestamp !== -1n) {
      if (!this.isOutOfRange(timestamp)) return
      this.anyTimestamp = true
      const [earliest, latest] = [toLong(this.now - this.beforeMax), toLong(this.now + this.afterMax)]
      this.add(
        index,
        `Timestamp ${timestamp} of message with offset ${offset} is out of range. The timestamp should be within [${earliest}, ${latest}]`,
      )
    } else if (batchHasAppendTime) {
      this.anyTimestamp = true
      this.add(
        index,
        `Invalid timestamp type in message ${describeRecord()}. Producer should not set timestamp type to LogAppendTime.`,
      )
    }
  }

  private isOutOfRange(timestamp: bigint): boolean {
    const age = toLong(this.now - timestamp)
    return age > this.beforeMax || toLong(-age) > this.afterMax
  }

  add(batchIndex: number, message: string): void {
    if (this.count++ < MAX_LISTED_ERRORS) this.listed.push({ batchIndex, message })
  }

  throwAny(): void {
    if (this.count === 0) return
    if (this.anyTimestamp) {
      const message = 'One or more records have been rejected due to invalid timestamp'
      throw new RecordValidationError('INVALID_TIMESTAMP', message, this.listed)
    }
    const shown = this.listed
      .slice(0, 3)
      .map(({ batchIndex, message }) => `RecordError(batchIndex=${batchIndex}, message='${message}')`)
    throw new RecordValidationError(
      'INVALID_RECORD',
      `One or more records have been rejected due to ${this.count} record errors in total, and only showing the first three errors at most: [${shown.join(', ')}]`,
      this.listed,
    )
  }
}

function assignInPlace(records: Buffer, maxTimestamp: number, options: ValidationOptions): ValidatedRecords {
  const { offset, timestampType, now } = options
  const greatest = timestampType === 'LogAppendTime' ? now : maxTimestamp
  const lastOffset = offset + Batch.recordsCount(records, 0) - 1
  Batch.setLastOffset(records, 0, lastOffset)
  Batch.setPartitionLeaderEpoch(records, 0, options.partitionLeaderEpoch)
  Batch.setMaxTimestamp(records, 0, timestampType, greatest)
  return result(records, [appendedBatch(records, 0)], offset, options)
}

/** Another codec than the topic's: a new batch of the same records. */
function recompress(records: Buffer, target: CompressionName, options: ValidationOptions): ValidatedRecords {
  const read = readRecords(records, 0, options.maxDecompressedBytes)
  return rebuild(read, target, options, {
    producerId: Batch.producerId(records, 0),
    producerEpoch: Batch.producerEpoch(records, 0),
    baseSequence: Batch.baseSequence(records, 0),
    isTransactional: Batch.isTransactional(records, 0),
  })
}

interface ProducerFields {
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
  isTransactional?: boolean
}

function rebuild(
  read: readonly KafkaRecord[],
  target: CompressionName,
  options: ValidationOptions,
  producer: ProducerFields,
): ValidatedRecords {
  const records: NewRecord[] = read.map((record, index) => ({ ...record, offset: options.offset + index }))
  checkRebuildable(records, producer)
  const rebuilt = encodeBatch({
    ...producer,
    baseOffset: options.offset,
    records,
    compression: target,
    level: options.compressionLevel,
    timestampType: options.timestampType,
    maxTimestamp: options.timestampType === 'LogAppendTime' ? options.now : undefined,
    partitionLeaderEpoch: options.partitionLeaderEpoch,
  })
  if (rebuilt.length > options.maxMessageBytes) {
    throw refusal(
      'MESSAGE_TOO_LARGE',
      `Message batch size is ${rebuilt.length} bytes in append topartition ${options.topicPartition} which exceeds the maximum configured size of ${options.maxMessageBytes}.`,
    )
  }
  return result(rebuilt, [appendedBatch(rebuilt, 0)], options.offset, options)
}

/** What Kafka's builder of batches refuses, unexpectedly for the producer, who is told UNKNOWN_SERVER_ERROR. */
function checkRebuildable(records: readonly NewRecord[], producer: ProducerFields): void {
  const { producerId = -1, producerEpoch = -1, baseSequence = -1, isTransactional = false } = producer
  let problem: string | undefined
  if (records.some(({ timestamp }) => timestamp < Batch.NO_TIMESTAMP)) problem = 'Invalid negative timestamp'
  else if (isTransactional && producerId === -1) {
    problem = 'Cannot write transactional messages without a valid producer ID'
  } else if (producerId !== -1 && producerEpoch === -1) problem = 'Invalid negative producer epoch'
  else if (producerId !== -1 && baseSequence < 0) problem = 'Invalid negative sequence number used'
  if (problem !== undefined) throw refusal('UNKNOWN_SERVER_ERROR', problem)
}

/** Messages of magic 0 and 1 become one batch v2: no log of today holds another format. */
function convertLegacy(
  records: Buffer,
  source: CompressionName,
  target: CompressionName,
  options: ValidationOptions,
): ValidatedRecords {
  const magic = Batch.magic(records, 0)
  const converted: LegacyRecord[] = []
  for (const at of Batch.positions(records)) {
    if (Batch.magic(records, at) !== magic) {
      throw refusal(
        'INVALID_RECORD',
        `Batch magic ${Batch.magic(records, at)} is not the same as the first batch's magic byte ${magic} in topic partition ${options.topicPartition}`,
      )
    }
    const messages = readMessages(records, at, options)
    checkMessages(messages, magic, source, options)
    for (const message of messages) converted.push(message)
  }
  return rebuild(converted, target, options, {})
}

function readMessages(records: Buffer, at: number, options: ValidationOptions): LegacyRecord[] {
  try {
    return readLegacyRecords(records, at, options.maxDecompressedBytes)
  } catch (error) {
    if (error instanceof TooLargeError) throw refusal('MESSAGE_TOO_LARGE', error.message)
    throw error instanceof DecodeError ? refusal('INVALID_RECORD', error.message) : error
  }
}

function checkMessages(
  messages: readonly LegacyRecord[],
  magic: number,
  source: CompressionName,
  options: ValidationOptions,
): void {
  const errors = new RecordErrors(options)
  for (const [index, message] of messages.entries()) {
    if (message.magic !== magic) {
      errors.add(
        index,
        `Record of magic ${message.magic} does not match outer magic ${magic} in topic partition ${options.topicPartition}`,
      )
      continue
    }
    if (source !== 'none' && message.crc !== message.computedCrc) {
      throw refusal(
        'CORRUPT_MESSAGE',
        `Record is corrupt (stored crc = ${message.crc}, computed crc = ${message.computedCrc}) in topic partition ${options.topicPartition}`,
      )
    }
    errors.check(
      index,
      message.offset,
      BigInt(message.timestamp),
      message.key !== null,
      message.timestampType === 'LogAppendTime',
      () => `LegacyRecordBatch(offset=${message.offset}, timestamp=${message.timestamp})`,
    )
  }
  errors.throwAny()
}

/** A follower writes what its leader wrote. */
function replicated(records: Buffer, batchCount: number, options: ValidationOptions): ValidatedRecords {
  const batches: AppendedBatch[] = []
  for (let at = 0; batches.length < batchCount; at += Batch.sizeInBytes(records, at)) {
    batches.push(appendedBatch(records, at))
  }
  return result(records, batches, batches[0]?.baseOffset ?? -1, { ...options, timestampType: 'CreateTime' })
}

/** What the producer state needs of the batch at `position`. */
export function appendedBatch(records: Buffer, position: number): AppendedBatch {
  return {
    position,
    sizeInBytes: Batch.sizeInBytes(records, position),
    baseOffset: Batch.baseOffset(records, position),
    lastOffset: Batch.lastOffset(records, position),
    maxTimestamp: Batch.maxTimestamp(records, position),
    producerId: Batch.producerId(records, position),
    producerEpoch: Batch.producerEpoch(records, position),
    baseSequence: Batch.baseSequence(records, position),
    lastSequence: Batch.lastSequence(records, position),
    isTransactional: Batch.isTransactional(records, position),
    isControl: Batch.isControl(records, position),
  }
}

function result(
  records: Buffer,
  batches: readonly AppendedBatch[],
  baseOffset: number,
  options: ValidationOptions,
): ValidatedRecords {
  let maxTimestamp = Batch.NO_TIMESTAMP
  let offsetOfMaxTimestamp = -1
  for (const batch of batches) {
    if (batch.maxTimestamp <= maxTimestamp) continue
    maxTimestamp = batch.maxTimestamp
    offsetOfMaxTimestamp = batch.lastOffset
  }
  const lastOffset = batches.at(-1)?.lastOffset ?? -1
  return {
    records,
    baseOffset,
    lastOffset,
    recordCount: lastOffset < 0 ? 0 : lastOffset - baseOffset + 1,
    maxTimestamp,
    offsetOfMaxTimestamp,
    logAppendTime: options.timestampType === 'LogAppendTime' ? options.now : Batch.NO_TIMESTAMP,
    batches,
  }
}
