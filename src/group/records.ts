// The records of __consumer_offsets as typed values, and their bytes: an int16 that is the type (keys) or the version
// (values), then the message. The versions are those that Kafka 4.3 writes.
import type { CoordinatorCodec, CoordinatorResult, EncodedRecord } from '../coordinator/index.ts'
import {
  type AnyMessage,
  DecodeError,
  EMPTY_UUID,
  encode,
  GroupMetadataKey,
  GroupMetadataValue,
  hasVersion,
  LegacyOffsetCommitKey,
  LegacyOffsetCommitValue,
  OffsetCommitKey,
  OffsetCommitValue,
  Reader,
  read,
} from '../wire/index.ts'

export type GroupRecord =
  | { readonly type: 'OffsetCommit'; readonly key: OffsetCommitKey; readonly value: OffsetCommitValue | null }
  | { readonly type: 'GroupMetadata'; readonly key: GroupMetadataKey; readonly value: GroupMetadataValue | null }

/** What an operation on a shard of groups yields. */
export type GroupResult<T = void> = CoordinatorResult<GroupRecord, T>

/** Nothing to be written: what changed is known to this shard alone, or nothing did. */
export const NOTHING: GroupResult = { records: [], response: undefined }

export function offsetTombstone(group: string, topic: string, partition: number): GroupRecord {
  return { type: 'OffsetCommit', key: { group, topic, partition }, value: null }
}

export function groupTombstone(group: string): GroupRecord {
  return { type: 'GroupMetadata', key: { group }, value: null }
}

const PREFIX_SIZE = 2
/** The keys' messages have one version each. */
const KEY_VERSION = 0
const GROUP_METADATA_VERSION = 3
const OFFSET_COMMIT_VERSION = 4
/** The only version with the expire timestamp, which commits with their own retention time have. */
const EXPIRING_OFFSET_COMMIT_VERSION = 1

export const groupRecordCodec: CoordinatorCodec<GroupRecord> = { encode: encodeRecord, decode: decodeRecord }

function encodeRecord(record: GroupRecord): EncodedRecord {
  switch (record.type) {
    case 'OffsetCommit': {
      const { key, value } = record
      const version = value?.expireTimestamp === -1 ? OFFSET_COMMIT_VERSION : EXPIRING_OFFSET_COMMIT_VERSION
      return {
        key: prefixed(OffsetCommitKey.apiKey, encode(OffsetCommitKey, KEY_VERSION, key)),
        value: value && prefixed(version, encode(OffsetCommitValue, version, value)),
      }
    }
    case 'GroupMetadata': {
      const { key, value } = record
      const version = GROUP_METADATA_VERSION
      return {
        key: prefixed(GroupMetadataKey.apiKey, encode(GroupMetadataKey, KEY_VERSION, key)),
        value: value && prefixed(version, encode(GroupMetadataValue, version, value)),
      }
    }
  }
}

function decodeRecord(key: Buffer, value: Buffer | null): GroupRecord | undefined {
  if (key.length < PREFIX_SIZE) throw new DecodeError('Could not read the type of a record from its key')
  switch (key.readInt16BE(0)) {
    case LegacyOffsetCommitKey.apiKey:
      return {
        type: 'OffsetCommit',
        key: read(LegacyOffsetCommitKey, KEY_VERSION, message(key)),
        value:
          value && fromLegacy(read(LegacyOffsetCommitValue, version(LegacyOffsetCommitValue, value), message(value))),
      }
    case OffsetCommitKey.apiKey:
      return {
        type: 'OffsetCommit',
        key: read(OffsetCommitKey, KEY_VERSION, message(key)),
        value: value && read(OffsetCommitValue, version(OffsetCommitValue, value), message(value)),
      }
    case GroupMetadataKey.apiKey:
      return {
        type: 'GroupMetadata',
        key: read(GroupMetadataKey, KEY_VERSION, message(key)),
        value: value && read(GroupMetadataValue, version(GroupMetadataValue, value), message(value)),
      }
    default:
      return undefined
  }
}

function fromLegacy(value: LegacyOffsetCommitValue): OffsetCommitValue {
  return { ...value, leaderEpoch: -1, expireTimestamp: -1, topicId: EMPTY_UUID }
}

function prefixed(prefix: number | undefined, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_SIZE + body.length)
  bytes.writeInt16BE(prefix ?? 0, 0)
  body.copy(bytes, PREFIX_SIZE)
  return bytes
}

/** What follows the prefix. Bytes behind the message are ignored, as Kafka does. */
function message(bytes: Buffer): Reader {
  return new Reader(bytes, PREFIX_SIZE)
}

function version(schema: AnyMessage, value: Buffer): number {
  if (value.length < PREFIX_SIZE) throw new DecodeError(`Could not read the version of a ${schema.name}`)
  const version = value.readInt16BE(0)
  if (!hasVersion(schema, version)) throw new DecodeError(`Unknown version ${version} of ${schema.name}`)
  return version
}
