// Control records: what a broker writes between the records of applications. The key says which, by version and type.
import { DecodeError } from '../errors.ts'
import { encodeBatch, type KafkaRecord, type NewBatch } from './records.ts'

/** By the type in the key. */
export const controlTypes = [
  'ABORT',
  'COMMIT',
  'LEADER_CHANGE',
  'SNAPSHOT_HEADER',
  'SNAPSHOT_FOOTER',
  'KRAFT_VERSION',
  'KRAFT_VOTERS',
] as const
export type ControlType = (typeof controlTypes)[number]

const KEY_VERSION = 0
const MARKER_VERSION = 0
const MARKER_SIZE = 6

export function controlKey(type: ControlType): Buffer {
  const key = Buffer.allocUnsafe(4)
  key.writeInt16BE(KEY_VERSION, 0)
  key.writeInt16BE(controlTypes.indexOf(type), 2)
  return key
}

/** The type, or 'UNKNOWN' for one of a later Kafka, which readers skip. */
export function controlType(key: Buffer | null): ControlType | 'UNKNOWN' {
  if (key === null || key.length < 4) {
    throw new DecodeError('Invalid key size found for control record. Must have at least 4 bytes')
  }
  const version = key.readInt16BE(0)
  if (version < 0) throw new DecodeError(`Invalid version found for control record: ${version}`)
  return controlTypes[key.readInt16BE(2)] ?? 'UNKNOWN'
}

export interface EndTransactionMarker {
  readonly type: 'ABORT' | 'COMMIT'
  readonly coordinatorEpoch: number
}

export function readEndTransactionMarker(record: Pick<KafkaRecord, 'key' | 'value'>): EndTransactionMarker {
  const type = controlType(record.key)
  if (type !== 'ABORT' && type !== 'COMMIT') throw new DecodeError(`${type} is no end of a transaction`)
  if (record.value === null || record.value.length < MARKER_SIZE) {
    throw new DecodeError(`Invalid value size found for end transaction marker: ${record.value?.length ?? 'null'}`)
  }
  const version = record.value.readInt16BE(0)
  if (version < 0) throw new DecodeError(`Invalid version found for end transaction marker: ${version}`)
  return { type, coordinatorEpoch: record.value.readInt32BE(2) }
}

export interface NewMarker extends EndTransactionMarker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly timestamp: number
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
}

/** The batch that ends a producer's transaction in one partition. */
export function encodeEndTransactionMarker(marker: NewMarker): Buffer {
  const value = Buffer.allocUnsafe(MARKER_SIZE)
  value.writeInt16BE(MARKER_VERSION, 0)
  value.writeInt32BE(marker.coordinatorEpoch, 2)
  return encodeBatch({
    baseOffset: marker.baseOffset ?? 0,
    records: [{ timestamp: marker.timestamp, key: controlKey(marker.type), value }],
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    isTransactional: true,
    isControl: true,
    partitionLeaderEpoch: marker.partitionLeaderEpoch,
  })
}

/** A batch of one control record of the KRaft log; `value` is its message (LeaderChangeMessage, …) as encoded. */
export function encodeControlBatch(
  type: ControlType,
  value: Uint8Array,
  timestamp: number,
  batch: Omit<NewBatch, 'records' | 'isControl'> = {},
): Buffer {
  return encodeBatch({ ...batch, isControl: true, records: [{ timestamp, key: controlKey(type), value }] })
}
