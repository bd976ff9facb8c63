// The records of __cluster_metadata as values: which schema a record type has, and how a record is framed in a log
// record's value (frame version, API key, version as uvarints, then the body). Nothing here keeps state.
import {
  AbortTransactionRecord,
  AccessControlEntryRecord,
  type AnyMessage,
  BeginTransactionRecord,
  BrokerRegistrationChangeRecord,
  ClearElrRecord,
  ClientQuotaRecord,
  ConfigRecord,
  DecodeError,
  DelegationTokenRecord,
  type Draft,
  EndTransactionRecord,
  FeatureLevelRecord,
  FenceBrokerRecord,
  hasVersion,
  type Infer,
  NoOpRecord,
  PartitionChangeRecord,
  PartitionRecord,
  ProducerIdsRecord,
  Reader,
  RegisterBrokerRecord,
  RegisterControllerRecord,
  RemoveAccessControlEntryRecord,
  RemoveDelegationTokenRecord,
  RemoveTopicRecord,
  RemoveUserScramCredentialRecord,
  read,
  TopicRecord,
  UnfenceBrokerRecord,
  UnregisterBrokerRecord,
  UserScramCredentialRecord,
  Writer,
  write,
  ZkMigrationStateRecord,
} from '../wire/index.ts'

const schemas = {
  AbortTransactionRecord,
  AccessControlEntryRecord,
  BeginTransactionRecord,
  BrokerRegistrationChangeRecord,
  ClearElrRecord,
  ClientQuotaRecord,
  ConfigRecord,
  DelegationTokenRecord,
  EndTransactionRecord,
  FeatureLevelRecord,
  FenceBrokerRecord,
  NoOpRecord,
  PartitionChangeRecord,
  PartitionRecord,
  ProducerIdsRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
  RemoveAccessControlEntryRecord,
  RemoveDelegationTokenRecord,
  RemoveTopicRecord,
  RemoveUserScramCredentialRecord,
  TopicRecord,
  UnfenceBrokerRecord,
  UnregisterBrokerRecord,
  UserScramCredentialRecord,
  ZkMigrationStateRecord,
} as const

type Schemas = typeof schemas
export type MetadataRecordType = keyof Schemas

/** A record as it is read. */
export type MetadataRecord = {
  [T in MetadataRecordType]: { readonly type: T; readonly version: number; readonly data: Infer<Schemas[T]> }
}[MetadataRecordType]

/** A record to be written: fields left out stand at their defaults. */
export type NewMetadataRecord = {
  [T in MetadataRecordType]: { readonly type: T; readonly version: number; readonly data: Draft<Schemas[T]> }
}[MetadataRecordType]

const FRAME_VERSION = 1
const typesByKey = new Map<number, MetadataRecordType>(
  Object.entries(schemas).map(([type, schema]) => [(schema as AnyMessage).apiKey ?? -1, type as MetadataRecordType]),
)

/** The value of the log record that carries this metadata record. */
export function encodeMetadataRecord({ type, version, data }: NewMetadataRecord): Buffer {
  const schema: AnyMessage = schemas[type]
  const writer = new Writer(128)
  writer.uvarint(FRAME_VERSION)
  writer.uvarint(schema.apiKey ?? 0)
  writer.uvarint(version)
  write(schema, version, writer, data)
  return writer.toBuffer()
}

export function decodeMetadataRecord(value: Buffer): MetadataRecord {
  const reader = new Reader(value)
  const frameVersion = reader.uvarint()
  if (frameVersion !== FRAME_VERSION)
    throw new DecodeError(`unknown frame version ${frameVersion} of a metadata record`)
  const apiKey = reader.uvarint()
  const version = reader.uvarint()
  const type = typesByKey.get(apiKey)
  if (type === undefined) throw new DecodeError(`unknown metadata record with key ${apiKey}`)
  const schema: AnyMessage = schemas[type]
  if (!hasVersion(schema, version)) throw new DecodeError(`unknown version ${version} of ${type}`)
  return { type, version, data: read(schema, version, reader) } as MetadataRecord
}
