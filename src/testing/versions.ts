// What brokers of other versions of Kafka serve: for each release, the highest version of each API that its clients use,
// where it differs from the release before. A client that is told so behaves as it does with that broker. The lowest
// versions are those that Kafka 3.9 still had.
import type { ApiHandler } from '../api/handler.ts'
import type { VersionLimit } from '../handlers.ts'
import { apis } from '../wire/index.ts'

type ApiName = keyof typeof apis

const changes = {
  '0.11': {
    Produce: 3,
    Fetch: 5,
    ListOffsets: 2,
    Metadata: 4,
    OffsetCommit: 3,
    OffsetFetch: 3,
    FindCoordinator: 1,
    JoinGroup: 2,
    Heartbeat: 1,
    LeaveGroup: 1,
    SyncGroup: 1,
    DescribeGroups: 1,
    ListGroups: 1,
    SaslHandshake: 0,
    ApiVersions: 1,
    CreateTopics: 2,
    DeleteTopics: 1,
    DeleteRecords: 0,
    InitProducerId: 0,
    OffsetForLeaderEpoch: 0,
    AddPartitionsToTxn: 0,
    AddOffsetsToTxn: 0,
    EndTxn: 0,
    WriteTxnMarkers: 0,
    TxnOffsetCommit: 0,
    DescribeAcls: 0,
    CreateAcls: 0,
    DeleteAcls: 0,
    DescribeConfigs: 0,
    AlterConfigs: 0,
  },
  '1.0': {
    Produce: 5,
    Fetch: 6,
    Metadata: 5,
    SaslHandshake: 1,
    AlterReplicaLogDirs: 0,
    DescribeLogDirs: 0,
    SaslAuthenticate: 0,
    CreatePartitions: 0,
  },
  '1.1': {
    Fetch: 7,
    DescribeConfigs: 1,
    CreateDelegationToken: 0,
    RenewDelegationToken: 0,
    ExpireDelegationToken: 0,
    DescribeDelegationToken: 0,
    DeleteGroups: 0,
  },
  '2.0': {
    Produce: 6,
    Fetch: 8,
    ListOffsets: 3,
    Metadata: 6,
    OffsetCommit: 4,
    OffsetFetch: 4,
    FindCoordinator: 2,
    JoinGroup: 3,
    Heartbeat: 2,
    LeaveGroup: 2,
    SyncGroup: 2,
    DescribeGroups: 2,
    ListGroups: 2,
    ApiVersions: 2,
    CreateTopics: 3,
    DeleteTopics: 2,
    DeleteRecords: 1,
    InitProducerId: 1,
    OffsetForLeaderEpoch: 1,
    AddPartitionsToTxn: 1,
    AddOffsetsToTxn: 1,
    EndTxn: 1,
    TxnOffsetCommit: 1,
    DescribeAcls: 1,
    CreateAcls: 1,
    DeleteAcls: 1,
    DescribeConfigs: 2,
    AlterConfigs: 1,
    AlterReplicaLogDirs: 1,
    DescribeLogDirs: 1,
    CreatePartitions: 1,
    CreateDelegationToken: 1,
    RenewDelegationToken: 1,
    ExpireDelegationToken: 1,
    DescribeDelegationToken: 1,
    DeleteGroups: 1,
  },
  '2.1': {
    Produce: 7,
    Fetch: 10,
    ListOffsets: 4,
    Metadata: 7,
    OffsetCommit: 6,
    OffsetFetch: 5,
    DeleteTopics: 3,
    OffsetForLeaderEpoch: 2,
    TxnOffsetCommit: 2,
  },
  '2.2': { ListOffsets: 5, JoinGroup: 4, SaslAuthenticate: 1, ElectLeaders: 0 },
  '2.3': {
    Fetch: 11,
    Metadata: 8,
    OffsetCommit: 7,
    JoinGroup: 5,
    Heartbeat: 3,
    SyncGroup: 3,
    DescribeGroups: 3,
    OffsetForLeaderEpoch: 3,
    IncrementalAlterConfigs: 0,
  },
  '2.4': {
    Produce: 8,
    Metadata: 9,
    OffsetCommit: 8,
    OffsetFetch: 6,
    FindCoordinator: 3,
    JoinGroup: 6,
    Heartbeat: 4,
    LeaveGroup: 4,
    SyncGroup: 4,
    DescribeGroups: 5,
    ListGroups: 3,
    ApiVersions: 3,
    CreateTopics: 5,
    DeleteTopics: 4,
    InitProducerId: 2,
    CreateDelegationToken: 2,
    DeleteGroups: 2,
    ElectLeaders: 2,
    IncrementalAlterConfigs: 1,
    AlterPartitionReassignments: 0,
    ListPartitionReassignments: 0,
    OffsetDelete: 0,
  },
  '2.5': {
    OffsetFetch: 7,
    JoinGroup: 7,
    SyncGroup: 5,
    InitProducerId: 3,
    TxnOffsetCommit: 3,
    DescribeAcls: 2,
    CreateAcls: 2,
    DeleteAcls: 2,
    SaslAuthenticate: 2,
    CreatePartitions: 2,
    RenewDelegationToken: 2,
    ExpireDelegationToken: 2,
    DescribeDelegationToken: 2,
  },
  '2.6': {
    ListGroups: 4,
    DeleteRecords: 2,
    DescribeConfigs: 3,
    DescribeLogDirs: 2,
    DescribeClientQuotas: 0,
    AlterClientQuotas: 0,
  },
  '2.7': {
    Fetch: 12,
    CreateTopics: 6,
    DeleteTopics: 5,
    InitProducerId: 4,
    AddPartitionsToTxn: 2,
    AddOffsetsToTxn: 2,
    EndTxn: 2,
    CreatePartitions: 3,
    DescribeUserScramCredentials: 0,
    AlterUserScramCredentials: 0,
    UpdateFeatures: 0,
  },
  '2.8': {
    Produce: 9,
    ListOffsets: 6,
    Metadata: 11,
    CreateTopics: 7,
    DeleteTopics: 6,
    OffsetForLeaderEpoch: 4,
    AddPartitionsToTxn: 3,
    AddOffsetsToTxn: 3,
    EndTxn: 3,
    WriteTxnMarkers: 1,
    DescribeConfigs: 4,
    AlterConfigs: 2,
    AlterReplicaLogDirs: 2,
    DescribeClientQuotas: 1,
    AlterClientQuotas: 1,
    DescribeCluster: 0,
    DescribeProducers: 0,
  },
  '3.0': { ListOffsets: 7, OffsetFetch: 8, FindCoordinator: 4, DescribeTransactions: 0, ListTransactions: 0 },
  '3.1': { Fetch: 13, Metadata: 12 },
  '3.2': { JoinGroup: 9, LeaveGroup: 5, DescribeLogDirs: 3 },
  '3.3': {
    DescribeAcls: 3,
    CreateAcls: 3,
    DeleteAcls: 3,
    DescribeLogDirs: 4,
    CreateDelegationToken: 3,
    DescribeDelegationToken: 3,
    UpdateFeatures: 1,
  },
  '3.4': {},
  '3.5': { Fetch: 15, ListOffsets: 8 },
  '3.6': { AddPartitionsToTxn: 4 },
  '3.7': { Produce: 10, Fetch: 16, OffsetCommit: 9, OffsetFetch: 9, DescribeCluster: 1, ConsumerGroupHeartbeat: 0 },
  '3.8': {
    Produce: 11,
    FindCoordinator: 5,
    ListGroups: 5,
    InitProducerId: 5,
    AddPartitionsToTxn: 5,
    AddOffsetsToTxn: 4,
    EndTxn: 4,
    TxnOffsetCommit: 4,
    ListTransactions: 1,
    ConsumerGroupDescribe: 0,
  },
  '3.9': { Fetch: 17, ListOffsets: 9, FindCoordinator: 6, ApiVersions: 4 },
  '4.0': {
    Produce: 12,
    ListOffsets: 10,
    Metadata: 13,
    DescribeGroups: 6,
    EndTxn: 5,
    TxnOffsetCommit: 5,
    DescribeQuorum: 2,
    UpdateFeatures: 2,
    DescribeCluster: 2,
    UnregisterBroker: 0,
    ConsumerGroupHeartbeat: 1,
    ConsumerGroupDescribe: 1,
    GetTelemetrySubscriptions: 0,
    PushTelemetry: 0,
    ListConfigResources: 0,
    DescribeTopicPartitions: 0,
    AddRaftVoter: 0,
    RemoveRaftVoter: 0,
  },
  '4.1': {
    Produce: 13,
    Fetch: 18,
    AlterPartitionReassignments: 1,
    ListTransactions: 2,
    ListConfigResources: 1,
    ShareGroupHeartbeat: 1,
    ShareGroupDescribe: 1,
    ShareFetch: 1,
    ShareAcknowledge: 1,
    DescribeShareGroupOffsets: 0,
    AlterShareGroupOffsets: 0,
    DeleteShareGroupOffsets: 0,
  },
  '4.2': {
    ListOffsets: 11,
    OffsetCommit: 10,
    OffsetFetch: 10,
    WriteTxnMarkers: 2,
    ShareFetch: 2,
    ShareAcknowledge: 2,
    AddRaftVoter: 1,
    StreamsGroupHeartbeat: 0,
    StreamsGroupDescribe: 0,
    DescribeShareGroupOffsets: 1,
  },
  '4.3': { DescribeLogDirs: 5 },
} as const satisfies Record<string, Partial<Record<ApiName, number>>>

/** A release of Apache Kafka whose APIs can be posed as. */
export type KafkaVersion = keyof typeof changes

/** In the order in which they came. */
export const kafkaVersions = Object.keys(changes) as KafkaVersion[]

/** An API's highest version, or the lowest and the highest; `false` for an API that is not served. */
export type ApiRange = number | readonly [min: number, max: number] | false

/** A release of Kafka to pose as, or single APIs that are served otherwise. */
export type ApiVersionsOption = KafkaVersion | Partial<Record<ApiName, ApiRange>>

/** The release in which the versions of old clients were given up. */
const LEGACY_UNTIL: KafkaVersion = '4.0'
/** From this release on, ApiVersions tells of features that clients go by. */
const FEATURES_FROM: KafkaVersion = '4.0'

/** How handlers are cut down to what is asked for. Throws for a release that is not known. */
export function versionLimit(option: ApiVersionsOption): VersionLimit {
  if (typeof option !== 'string') return (handler) => cutDown(handler, option[handler.api.name as ApiName])
  const known = kafkaVersions.indexOf(option)
  if (known < 0) throw new TypeError(`apiVersions: no Kafka ${option}; known are ${kafkaVersions.join(', ')}`)
  const highest: Partial<Record<string, number>> = {}
  for (const version of kafkaVersions.slice(0, known + 1)) Object.assign(highest, changes[version])
  const tellsFeatures = known >= kafkaVersions.indexOf(FEATURES_FROM)
  return (handler) => {
    const limited = cutDown(handler, highest[handler.api.name] ?? false)
    return limited?.api.key === apis.ApiVersions.key && !tellsFeatures ? withoutFeatures(limited) : limited
  }
}

/** Whether the release still had the versions that Kafka 4 gave up. */
export function hasLegacyVersions(option: ApiVersionsOption | undefined): boolean {
  if (typeof option !== 'string') return false
  return kafkaVersions.indexOf(option) < kafkaVersions.indexOf(LEGACY_UNTIL)
}

function cutDown(handler: ApiHandler, range: ApiRange | undefined): ApiHandler | undefined {
  if (range === undefined) return handler
  if (range === false) return undefined
  const [min, max] = typeof range === 'number' ? [handler.versions.min, range] : range
  const versions = { min: Math.max(min, handler.versions.min), max: Math.min(max, handler.versions.max) }
  return versions.min > versions.max ? undefined : { ...handler, versions }
}

function withoutFeatures(handler: ApiHandler): ApiHandler {
  return {
    ...handler,
    handle: (context, request) => {
      const response = handler.handle(context, request)
      return typeof response !== 'object' || response instanceof Promise
        ? response
        : { ...response, supportedFeatures: [], finalizedFeatures: [], finalizedFeaturesEpoch: -1 }
    },
  }
}
