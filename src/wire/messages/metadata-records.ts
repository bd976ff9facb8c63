// The KRaft records of __cluster_metadata.
import {
  array,
  bool,
  bytes,
  float64,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  message,
  string,
  structs,
  uint16,
  uuid,
} from '../schema.ts'

export const AbortTransactionRecord = message(
  'AbortTransactionRecord',
  { apiKey: 25, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    reason: string('0+', { nullable: '0+', tag: 0, tagged: '0+', default: null }),
  }),
)
export type AbortTransactionRecord = Infer<typeof AbortTransactionRecord>

export const AccessControlEntryRecord = message(
  'AccessControlEntryRecord',
  { apiKey: 18, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    id: uuid('0+'),
    resourceType: int8('0+'),
    resourceName: string('0+'),
    patternType: int8('0+'),
    principal: string('0+'),
    host: string('0+'),
    operation: int8('0+'),
    permissionType: int8('0+'),
  }),
)
export type AccessControlEntryRecord = Infer<typeof AccessControlEntryRecord>

export const BeginTransactionRecord = message(
  'BeginTransactionRecord',
  { apiKey: 23, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    name: string('0+', { nullable: '0+', tag: 0, tagged: '0+', default: null }),
  }),
)
export type BeginTransactionRecord = Infer<typeof BeginTransactionRecord>

export const BrokerRegistrationChangeRecord = message(
  'BrokerRegistrationChangeRecord',
  { apiKey: 17, type: 'metadata', versions: '0-3', flexible: '0+' },
  () => ({
    brokerId: int32('0+'),
    brokerEpoch: int64('0+'),
    fenced: int8('0+', { tag: 0, tagged: '0+' }),
    inControlledShutdown: int8('1+', { tag: 1, tagged: '1+' }),
    logDirs: array('uuid', '2+', { tag: 2, tagged: '2+' }),
    cordonedLogDirs: array('uuid', '3+', { nullable: '3+', tag: 3, tagged: '3+', default: null }),
  }),
)
export type BrokerRegistrationChangeRecord = Infer<typeof BrokerRegistrationChangeRecord>

export const ClearElrRecord = message(
  'ClearElrRecord',
  { apiKey: 28, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    topicName: string('0+'),
  }),
)
export type ClearElrRecord = Infer<typeof ClearElrRecord>

export const ClientQuotaRecord = message(
  'ClientQuotaRecord',
  { apiKey: 14, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    entity: structs('EntityData', '0+', {
      entityType: string('0+'),
      entityName: string('0+', { nullable: '0+' }),
    }),
    key: string('0+'),
    value: float64('0+'),
    remove: bool('0+'),
  }),
)
export type ClientQuotaRecord = Infer<typeof ClientQuotaRecord>

export const ConfigRecord = message(
  'ConfigRecord',
  { apiKey: 4, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    resourceType: int8('0+'),
    resourceName: string('0+'),
    name: string('0+'),
    value: string('0+', { nullable: '0+' }),
  }),
)
export type ConfigRecord = Infer<typeof ConfigRecord>

export const DelegationTokenRecord = message(
  'DelegationTokenRecord',
  { apiKey: 10, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    owner: string('0+'),
    requester: string('0+'),
    renewers: array('string', '0+'),
    issueTimestamp: int64('0+'),
    maxTimestamp: int64('0+'),
    expirationTimestamp: int64('0+'),
    tokenId: string('0+'),
  }),
)
export type DelegationTokenRecord = Infer<typeof DelegationTokenRecord>

export const EndTransactionRecord = message(
  'EndTransactionRecord',
  { apiKey: 24, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({}),
)
export type EndTransactionRecord = Infer<typeof EndTransactionRecord>

export const FeatureLevelRecord = message(
  'FeatureLevelRecord',
  { apiKey: 12, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    name: string('0+'),
    featureLevel: int16('0+'),
  }),
)
export type FeatureLevelRecord = Infer<typeof FeatureLevelRecord>

export const FenceBrokerRecord = message(
  'FenceBrokerRecord',
  { apiKey: 7, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    id: int32('0+'),
    epoch: int64('0+'),
  }),
)
export type FenceBrokerRecord = Infer<typeof FenceBrokerRecord>

export const NoOpRecord = message(
  'NoOpRecord',
  { apiKey: 20, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({}),
)
export type NoOpRecord = Infer<typeof NoOpRecord>

export const PartitionChangeRecord = message(
  'PartitionChangeRecord',
  { apiKey: 5, type: 'metadata', versions: '0-2', flexible: '0+' },
  () => ({
    partitionId: int32('0+', { default: -1 }),
    topicId: uuid('0+'),
    isr: array('int32', '0+', { nullable: '0+', tag: 0, tagged: '0+', default: null }),
    leader: int32('0+', { tag: 1, tagged: '0+', default: -2 }),
    replicas: array('int32', '0+', { nullable: '0+', tag: 2, tagged: '0+', default: null }),
    removingReplicas: array('int32', '0+', { nullable: '0+', tag: 3, tagged: '0+', default: null }),
    addingReplicas: array('int32', '0+', { nullable: '0+', tag: 4, tagged: '0+', default: null }),
    leaderRecoveryState: int8('0+', { tag: 5, tagged: '0+', default: -1 }),
    directories: array('uuid', '1+', { nullable: '1+', tag: 8, tagged: '1+', default: null }),
    eligibleLeaderReplicas: array('int32', '2+', { nullable: '2+', tag: 6, tagged: '2+', default: null }),
    lastKnownElr: array('int32', '2+', { nullable: '2+', tag: 7, tagged: '2+', default: null }),
  }),
)
export type PartitionChangeRecord = Infer<typeof PartitionChangeRecord>

export const PartitionRecord = message(
  'PartitionRecord',
  { apiKey: 3, type: 'metadata', versions: '0-2', flexible: '0+' },
  () => ({
    partitionId: int32('0+', { default: -1 }),
    topicId: uuid('0+'),
    replicas: array('int32', '0+'),
    isr: array('int32', '0+'),
    removingReplicas: array('int32', '0+'),
    addingReplicas: array('int32', '0+'),
    leader: int32('0+', { default: -1 }),
    leaderRecoveryState: int8('0+', { tag: 0, tagged: '0+', default: 0 }),
    leaderEpoch: int32('0+', { default: -1 }),
    partitionEpoch: int32('0+', { default: -1 }),
    directories: array('uuid', '1+'),
    eligibleLeaderReplicas: array('int32', '2+', { nullable: '2+', tag: 1, tagged: '2+', default: null }),
    lastKnownElr: array('int32', '2+', { nullable: '2+', tag: 2, tagged: '2+', default: null }),
  }),
)
export type PartitionRecord = Infer<typeof PartitionRecord>

export const ProducerIdsRecord = message(
  'ProducerIdsRecord',
  { apiKey: 15, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    brokerId: int32('0+'),
    brokerEpoch: int64('0+', { default: -1 }),
    nextProducerId: int64('0+'),
  }),
)
export type ProducerIdsRecord = Infer<typeof ProducerIdsRecord>

export const RegisterBrokerRecord = message(
  'RegisterBrokerRecord',
  { apiKey: 0, type: 'metadata', versions: '0-4', flexible: '0+' },
  () => ({
    brokerId: int32('0+'),
    isMigratingZkBroker: bool('2+', { default: false }),
    incarnationId: uuid('0+'),
    brokerEpoch: int64('0+'),
    endPoints: structs('BrokerEndpoint', '0+', {
      name: string('0+'),
      host: string('0+'),
      port: uint16('0+'),
      securityProtocol: int16('0+'),
    }),
    features: structs('BrokerFeature', '0+', {
      name: string('0+'),
      minSupportedVersion: int16('0+'),
      maxSupportedVersion: int16('0+'),
    }),
    rack: string('0+', { nullable: '0+' }),
    fenced: bool('0+', { default: true }),
    inControlledShutdown: bool('1+', { default: false }),
    logDirs: array('uuid', '3+', { tag: 0, tagged: '3+' }),
    cordonedLogDirs: array('uuid', '4+', { nullable: '4+', tag: 1, tagged: '4+', default: null }),
  }),
)
export type RegisterBrokerRecord = Infer<typeof RegisterBrokerRecord>

export const RegisterControllerRecord = message(
  'RegisterControllerRecord',
  { apiKey: 27, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    controllerId: int32('0+'),
    incarnationId: uuid('0+'),
    zkMigrationReady: bool('0+'),
    endPoints: structs('ControllerEndpoint', '0+', {
      name: string('0+'),
      host: string('0+'),
      port: uint16('0+'),
      securityProtocol: int16('0+'),
    }),
    features: structs('ControllerFeature', '0+', {
      name: string('0+'),
      minSupportedVersion: int16('0+'),
      maxSupportedVersion: int16('0+'),
    }),
  }),
)
export type RegisterControllerRecord = Infer<typeof RegisterControllerRecord>

export const RemoveAccessControlEntryRecord = message(
  'RemoveAccessControlEntryRecord',
  { apiKey: 19, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    id: uuid('0+'),
  }),
)
export type RemoveAccessControlEntryRecord = Infer<typeof RemoveAccessControlEntryRecord>

export const RemoveDelegationTokenRecord = message(
  'RemoveDelegationTokenRecord',
  { apiKey: 26, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    tokenId: string('0+'),
  }),
)
export type RemoveDelegationTokenRecord = Infer<typeof RemoveDelegationTokenRecord>

export const RemoveTopicRecord = message(
  'RemoveTopicRecord',
  { apiKey: 9, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    topicId: uuid('0+'),
  }),
)
export type RemoveTopicRecord = Infer<typeof RemoveTopicRecord>

export const RemoveUserScramCredentialRecord = message(
  'RemoveUserScramCredentialRecord',
  { apiKey: 22, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    name: string('0+'),
    mechanism: int8('0+'),
  }),
)
export type RemoveUserScramCredentialRecord = Infer<typeof RemoveUserScramCredentialRecord>

export const TopicRecord = message(
  'TopicRecord',
  { apiKey: 2, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    name: string('0+'),
    topicId: uuid('0+'),
  }),
)
export type TopicRecord = Infer<typeof TopicRecord>

export const UnfenceBrokerRecord = message(
  'UnfenceBrokerRecord',
  { apiKey: 8, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    id: int32('0+'),
    epoch: int64('0+'),
  }),
)
export type UnfenceBrokerRecord = Infer<typeof UnfenceBrokerRecord>

export const UnregisterBrokerRecord = message(
  'UnregisterBrokerRecord',
  { apiKey: 1, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    brokerId: int32('0+'),
    brokerEpoch: int64('0+'),
  }),
)
export type UnregisterBrokerRecord = Infer<typeof UnregisterBrokerRecord>

export const UserScramCredentialRecord = message(
  'UserScramCredentialRecord',
  { apiKey: 11, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    name: string('0+'),
    mechanism: int8('0+'),
    salt: bytes('0+'),
    storedKey: bytes('0+'),
    serverKey: bytes('0+'),
    iterations: int32('0+'),
  }),
)
export type UserScramCredentialRecord = Infer<typeof UserScramCredentialRecord>

export const ZkMigrationStateRecord = message(
  'ZkMigrationStateRecord',
  { apiKey: 21, type: 'metadata', versions: '0', flexible: '0+' },
  () => ({
    zkMigrationState: int8('0+'),
  }),
)
export type ZkMigrationStateRecord = Infer<typeof ZkMigrationStateRecord>
