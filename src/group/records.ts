// The records of __consumer_offsets as typed values, and their bytes: an int16 that is the type (keys) or the version
// (values), then the message. The versions are those that Kafka 4.3 writes.
import type { CoordinatorCodec, CoordinatorResult, EncodedRecord } from '../coordinator/index.ts'
import {
  type AnyMessage,
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
  ConsumerGroupMetadataKey,
  ConsumerGroupMetadataValue,
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataValue,
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
  DecodeError,
  EMPTY_UUID,
  encode,
  GroupMetadataKey,
  GroupMetadataValue,
  hasVersion,
  type Infer,
  LegacyOffsetCommitKey,
  LegacyOffsetCommitValue,
  type Message,
  OffsetCommitKey,
  OffsetCommitValue,
  Reader,
  read,
} from '../wire/index.ts'
import type { ForeignGroupType } from './group.ts'

/** The record types of consumer groups (KIP-848): their keys and values. Each has the one version 0. */
const consumerGroupRecords = {
  ConsumerGroupMetadata: { key: ConsumerGroupMetadataKey, value: ConsumerGroupMetadataValue },
  ConsumerGroupPartitionMetadata: {
    key: ConsumerGroupPartitionMetadataKey,
    value: ConsumerGroupPartitionMetadataValue,
  },
  ConsumerGroupMemberMetadata: { key: ConsumerGroupMemberMetadataKey, value: ConsumerGroupMemberMetadataValue },
  ConsumerGroupTargetAssignmentMetadata: {
    key: ConsumerGroupTargetAssignmentMetadataKey,
    value: ConsumerGroupTargetAssignmentMetadataValue,
  },
  ConsumerGroupTargetAssignmentMember: {
    key: ConsumerGroupTargetAssignmentMemberKey,
    value: ConsumerGroupTargetAssignmentMemberValue,
  },
  ConsumerGroupCurrentMemberAssignment: {
    key: ConsumerGroupCurrentMemberAssignmentKey,
    value: ConsumerGroupCurrentMemberAssignmentValue,
  },
  ConsumerGroupRegularExpression: {
    key: ConsumerGroupRegularExpressionKey,
    value: ConsumerGroupRegularExpressionValue,
  },
} as const satisfies Record<string, { key: Message; value: Message }>

type ConsumerGroupRecords = typeof consumerGroupRecords
export type ConsumerGroupRecordType = keyof ConsumerGroupRecords

/** A group's epoch, and a hash of all that it knows of its topics: 64 bits, of which a number would lose some. */
export type GroupEpochValue = Omit<ConsumerGroupMetadataValue, 'metadataHash'> & { readonly metadataHash: bigint }

type ValueOf<T extends ConsumerGroupRecordType> = T extends 'ConsumerGroupMetadata'
  ? GroupEpochValue
  : Infer<ConsumerGroupRecords[T]['value']>

export type ConsumerGroupRecord = {
  [T in ConsumerGroupRecordType]: {
    readonly type: T
    readonly key: Infer<ConsumerGroupRecords[T]['key']>
    readonly value: ValueOf<T> | null
  }
}[ConsumerGroupRecordType]

/** A record of a kind of group that is not served here: what of it must be kept apart, and what deletes it. */
export interface ForeignRecord {
  readonly type: 'Foreign'
  readonly groupType: ForeignGroupType
  readonly groupId: string
  /** The type of the record in the log. */
  readonly recordType: number
  readonly key: Buffer
  readonly isTombstone: boolean
}

export type GroupRecord =
  | { readonly type: 'OffsetCommit'; readonly key: OffsetCommitKey; readonly value: OffsetCommitValue | null }
  | { readonly type: 'GroupMetadata'; readonly key: GroupMetadataKey; readonly value: GroupMetadataValue | null }
  | ConsumerGroupRecord
  | ForeignRecord

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
const CONSUMER_GROUP_VERSION = 0

const consumerGroupTypes = new Map<number, ConsumerGroupRecordType>(
  (Object.entries(consumerGroupRecords) as [ConsumerGroupRecordType, { key: AnyMessage }][]).map(([type, { key }]) => [
    key.apiKey ?? -1,
    type,
  ]),
)

/** The record types of share and streams groups. All their keys begin with the group's id. */
const foreignTypes = new Map<number, ForeignGroupType>([
  ...[10, 11, 12, 13, 14, 15].map((type) => [type, 'share'] as const),
  ...[17, 19, 20, 21, 22, 23].map((type) => [type, 'streams'] as const),
])

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
    case 'Foreign':
      if (!record.isTombstone) throw new Error(`Records of ${record.groupType} groups are not written here`)
      return { key: record.key, value: null }
    default:
      return encodeConsumerGroupRecord(record)
  }
}

function encodeConsumerGroupRecord({ type, key, value }: ConsumerGroupRecord): EncodedRecord {
  const schemas: { key: AnyMessage; value: AnyMessage } = consumerGroupRecords[type]
  const encodedKey = prefixed(schemas.key.apiKey, encode(schemas.key, KEY_VERSION, key))
  if (value === null) return { key: encodedKey, value: null }
  const isEpoch = 'metadataHash' in value
  const body = isEpoch ? encodeEpoch(value) : encode(schemas.value, CONSUMER_GROUP_VERSION, value)
  return { key: encodedKey, value: prefixed(CONSUMER_GROUP_VERSION, body) }
}

/** The hash is the last thing in the message; without it there is nothing but the epoch. */
function encodeEpoch({ epoch, metadataHash }: GroupEpochValue): Buffer {
  const hasHash = metadataHash !== 0n
  const body = encode(ConsumerGroupMetadataValue, CONSUMER_GROUP_VERSION, { epoch, metadataHash: hasHash ? 1 : 0 })
  if (hasHash) body.writeBigInt64BE(BigInt.asIntN(64, metadataHash), body.length - 8)
  return body
}

function decodeRecord(key: Buffer, value: Buffer | null): GroupRecord | undefined {
  if (key.length < PREFIX_SIZE) throw new DecodeError('Could not read the type of a record from its key')
  const recordType = key.readInt16BE(0)
  switch (recordType) {
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
    default: {
      const type = consumerGroupTypes.get(recordType)
      if (type !== undefined) return decodeConsumerGroupRecord(type, key, value)
      return decodeForeign(recordType, key, value)
    }
  }
}

function decodeConsumerGroupRecord(type: ConsumerGroupRecordType, key: Buffer, value: Buffer | null): GroupRecord {
  const schemas: { key: AnyMessage; value: AnyMessage } = consumerGroupRecords[type]
  const decodedKey = read(schemas.key, KEY_VERSION, message(key))
  const body = value && read(schemas.value, version(schemas.value, value), message(value))
  const hash = type === 'ConsumerGroupMetadata' && value !== null ? { metadataHash: metadataHashIn(value) } : {}
  return { type, key: decodedKey, value: body && { ...body, ...hash } } as ConsumerGroupRecord
}

/** Prefix and epoch, then the number of tagged fields, the hash's tag and its size. */
const METADATA_HASH_AT = PREFIX_SIZE + 4 + 3

function metadataHashIn(value: Buffer): bigint {
  const hasHash = value.length >= METADATA_HASH_AT + 8 && value[METADATA_HASH_AT - 2] === 0
  return hasHash ? value.readBigUInt64BE(METADATA_HASH_AT) : 0n
}

function decodeForeign(recordType: number, key: Buffer, value: Buffer | null): ForeignRecord | undefined {
  const groupType = foreignTypes.get(recordType)
  if (groupType === undefined) return undefined
  const groupId = read(ConsumerGroupMetadataKey, KEY_VERSION, message(key)).groupId
  return { type: 'Foreign', groupType, groupId, recordType, key: Buffer.from(key), isTombstone: value === null }
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
