// Every schema by name, and the pairs of request and response by API key.

import type { AnyMessage } from '../schema.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from './add-offsets-to-txn.ts'
import { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from './add-partitions-to-txn.ts'
import { AddRaftVoterRequest, AddRaftVoterResponse } from './add-raft-voter.ts'
import { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from './allocate-producer-ids.ts'
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from './alter-client-quotas.ts'
import { AlterConfigsRequest, AlterConfigsResponse } from './alter-configs.ts'
import { AlterPartitionRequest, AlterPartitionResponse } from './alter-partition.ts'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from './alter-partition-reassignments.ts'
import { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse } from './alter-replica-log-dirs.ts'
import { AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse } from './alter-share-group-offsets.ts'
import { AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse } from './alter-user-scram-credentials.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from './api-versions.ts'
import { AssignReplicasToDirsRequest, AssignReplicasToDirsResponse } from './assign-replicas-to-dirs.ts'
import { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from './begin-quorum-epoch.ts'
import { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from './broker-heartbeat.ts'
import { BrokerRegistrationRequest, BrokerRegistrationResponse } from './broker-registration.ts'
import { ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse } from './consumer-group-describe.ts'
import { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from './consumer-group-heartbeat.ts'
import {
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
  GroupMetadataKey,
  GroupMetadataValue,
  LegacyOffsetCommitKey,
  LegacyOffsetCommitValue,
  OffsetCommitKey,
  OffsetCommitValue,
  ShareGroupCurrentMemberAssignmentKey,
  ShareGroupCurrentMemberAssignmentValue,
  ShareGroupMemberMetadataKey,
  ShareGroupMemberMetadataValue,
  ShareGroupMetadataKey,
  ShareGroupMetadataValue,
  ShareGroupStatePartitionMetadataKey,
  ShareGroupStatePartitionMetadataValue,
  ShareGroupTargetAssignmentMemberKey,
  ShareGroupTargetAssignmentMemberValue,
  ShareGroupTargetAssignmentMetadataKey,
  ShareGroupTargetAssignmentMetadataValue,
  StreamsGroupCurrentMemberAssignmentKey,
  StreamsGroupCurrentMemberAssignmentValue,
  StreamsGroupMemberMetadataKey,
  StreamsGroupMemberMetadataValue,
  StreamsGroupMetadataKey,
  StreamsGroupMetadataValue,
  StreamsGroupTargetAssignmentMemberKey,
  StreamsGroupTargetAssignmentMemberValue,
  StreamsGroupTargetAssignmentMetadataKey,
  StreamsGroupTargetAssignmentMetadataValue,
  StreamsGroupTopologyKey,
  StreamsGroupTopologyValue,
} from './consumer-offsets-records.ts'
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from './consumer-protocol.ts'
import {
  EndTxnMarker,
  KRaftVersionRecord,
  LeaderChangeMessage,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from './control-records.ts'
import { ControlledShutdownRequest, ControlledShutdownResponse } from './controlled-shutdown.ts'
import { ControllerRegistrationRequest, ControllerRegistrationResponse } from './controller-registration.ts'
import { CreateAclsRequest, CreateAclsResponse } from './create-acls.ts'
import { CreateDelegationTokenRequest, CreateDelegationTokenResponse } from './create-delegation-token.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from './create-partitions.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from './create-topics.ts'
import { ControlRecordTypeSchema, DefaultPrincipalData, ProducerSnapshot, QuorumStateData } from './data.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from './delete-acls.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from './delete-groups.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from './delete-records.ts'
import { DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse } from './delete-share-group-offsets.ts'
import { DeleteShareGroupStateRequest, DeleteShareGroupStateResponse } from './delete-share-group-state.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from './delete-topics.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from './describe-acls.ts'
import { DescribeClientQuotasRequest, DescribeClientQuotasResponse } from './describe-client-quotas.ts'
import { DescribeClusterRequest, DescribeClusterResponse } from './describe-cluster.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from './describe-configs.ts'
import { DescribeDelegationTokenRequest, DescribeDelegationTokenResponse } from './describe-delegation-token.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from './describe-groups.ts'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from './describe-log-dirs.ts'
import { DescribeProducersRequest, DescribeProducersResponse } from './describe-producers.ts'
import { DescribeQuorumRequest, DescribeQuorumResponse } from './describe-quorum.ts'
import { DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse } from './describe-share-group-offsets.ts'
import { DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse } from './describe-topic-partitions.ts'
import { DescribeTransactionsRequest, DescribeTransactionsResponse } from './describe-transactions.ts'
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from './describe-user-scram-credentials.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from './elect-leaders.ts'
import { EndQuorumEpochRequest, EndQuorumEpochResponse } from './end-quorum-epoch.ts'
import { EndTxnRequest, EndTxnResponse } from './end-txn.ts'
import { EnvelopeRequest, EnvelopeResponse } from './envelope.ts'
import { ExpireDelegationTokenRequest, ExpireDelegationTokenResponse } from './expire-delegation-token.ts'
import { FetchRequest, FetchResponse } from './fetch.ts'
import { FetchSnapshotRequest, FetchSnapshotResponse } from './fetch-snapshot.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from './find-coordinator.ts'
import { GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse } from './get-telemetry-subscriptions.ts'
import { RequestHeader, ResponseHeader } from './headers.ts'
import { HeartbeatRequest, HeartbeatResponse } from './heartbeat.ts'
import { IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse } from './incremental-alter-configs.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from './init-producer-id.ts'
import { InitializeShareGroupStateRequest, InitializeShareGroupStateResponse } from './initialize-share-group-state.ts'
import { JoinGroupRequest, JoinGroupResponse } from './join-group.ts'
import { LeaderAndIsrRequest, LeaderAndIsrResponse } from './leader-and-isr.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from './leave-group.ts'
import { ListConfigResourcesRequest, ListConfigResourcesResponse } from './list-config-resources.ts'
import { ListGroupsRequest, ListGroupsResponse } from './list-groups.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from './list-offsets.ts'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from './list-partition-reassignments.ts'
import { ListTransactionsRequest, ListTransactionsResponse } from './list-transactions.ts'
import { MetadataRequest, MetadataResponse } from './metadata.ts'
import {
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
} from './metadata-records.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from './offset-commit.ts'
import { OffsetDeleteRequest, OffsetDeleteResponse } from './offset-delete.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from './offset-fetch.ts'
import { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from './offset-for-leader-epoch.ts'
import { ProduceRequest, ProduceResponse } from './produce.ts'
import { PushTelemetryRequest, PushTelemetryResponse } from './push-telemetry.ts'
import { ReadShareGroupStateRequest, ReadShareGroupStateResponse } from './read-share-group-state.ts'
import {
  ReadShareGroupStateSummaryRequest,
  ReadShareGroupStateSummaryResponse,
} from './read-share-group-state-summary.ts'
import {
  RemoteLogSegmentMetadataRecord,
  RemoteLogSegmentMetadataSnapshotRecord,
  RemoteLogSegmentMetadataUpdateRecord,
  RemotePartitionDeleteMetadataRecord,
} from './remote-log-records.ts'
import { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from './remove-raft-voter.ts'
import { RenewDelegationTokenRequest, RenewDelegationTokenResponse } from './renew-delegation-token.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from './sasl-authenticate.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from './sasl-handshake.ts'
import { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from './share-acknowledge.ts'
import { ShareFetchRequest, ShareFetchResponse } from './share-fetch.ts'
import { ShareGroupDescribeRequest, ShareGroupDescribeResponse } from './share-group-describe.ts'
import { ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse } from './share-group-heartbeat.ts'
import { ShareSnapshotKey, ShareSnapshotValue, ShareUpdateKey, ShareUpdateValue } from './share-group-state-records.ts'
import { StopReplicaRequest, StopReplicaResponse } from './stop-replica.ts'
import { StreamsGroupDescribeRequest, StreamsGroupDescribeResponse } from './streams-group-describe.ts'
import { StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse } from './streams-group-heartbeat.ts'
import { SyncGroupRequest, SyncGroupResponse } from './sync-group.ts'
import { TransactionLogKey, TransactionLogValue } from './transaction-state-records.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from './txn-offset-commit.ts'
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from './unregister-broker.ts'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from './update-features.ts'
import { UpdateMetadataRequest, UpdateMetadataResponse } from './update-metadata.ts'
import { UpdateRaftVoterRequest, UpdateRaftVoterResponse } from './update-raft-voter.ts'
import { VoteRequest, VoteResponse } from './vote.ts'
import { WriteShareGroupStateRequest, WriteShareGroupStateResponse } from './write-share-group-state.ts'
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from './write-txn-markers.ts'

export * from './add-offsets-to-txn.ts'
export * from './add-partitions-to-txn.ts'
export * from './add-raft-voter.ts'
export * from './allocate-producer-ids.ts'
export * from './alter-client-quotas.ts'
export * from './alter-configs.ts'
export * from './alter-partition.ts'
export * from './alter-partition-reassignments.ts'
export * from './alter-replica-log-dirs.ts'
export * from './alter-share-group-offsets.ts'
export * from './alter-user-scram-credentials.ts'
export * from './api-versions.ts'
export * from './assign-replicas-to-dirs.ts'
export * from './begin-quorum-epoch.ts'
export * from './broker-heartbeat.ts'
export * from './broker-registration.ts'
export * from './consumer-group-describe.ts'
export * from './consumer-group-heartbeat.ts'
export * from './consumer-offsets-records.ts'
export * from './consumer-protocol.ts'
export * from './control-records.ts'
export * from './controlled-shutdown.ts'
export * from './controller-registration.ts'
export * from './create-acls.ts'
export * from './create-delegation-token.ts'
export * from './create-partitions.ts'
export * from './create-topics.ts'
export * from './data.ts'
export * from './delete-acls.ts'
export * from './delete-groups.ts'
export * from './delete-records.ts'
export * from './delete-share-group-offsets.ts'
export * from './delete-share-group-state.ts'
export * from './delete-topics.ts'
export * from './describe-acls.ts'
export * from './describe-client-quotas.ts'
export * from './describe-cluster.ts'
export * from './describe-configs.ts'
export * from './describe-delegation-token.ts'
export * from './describe-groups.ts'
export * from './describe-log-dirs.ts'
export * from './describe-producers.ts'
export * from './describe-quorum.ts'
export * from './describe-share-group-offsets.ts'
export * from './describe-topic-partitions.ts'
export * from './describe-transactions.ts'
export * from './describe-user-scram-credentials.ts'
export * from './elect-leaders.ts'
export * from './end-quorum-epoch.ts'
export * from './end-txn.ts'
export * from './envelope.ts'
export * from './expire-delegation-token.ts'
export * from './fetch.ts'
export * from './fetch-snapshot.ts'
export * from './find-coordinator.ts'
export * from './get-telemetry-subscriptions.ts'
export * from './headers.ts'
export * from './heartbeat.ts'
export * from './incremental-alter-configs.ts'
export * from './init-producer-id.ts'
export * from './initialize-share-group-state.ts'
export * from './join-group.ts'
export * from './leader-and-isr.ts'
export * from './leave-group.ts'
export * from './list-config-resources.ts'
export * from './list-groups.ts'
export * from './list-offsets.ts'
export * from './list-partition-reassignments.ts'
export * from './list-transactions.ts'
export * from './metadata.ts'
export * from './metadata-records.ts'
export * from './offset-commit.ts'
export * from './offset-delete.ts'
export * from './offset-fetch.ts'
export * from './offset-for-leader-epoch.ts'
export * from './produce.ts'
export * from './push-telemetry.ts'
export * from './read-share-group-state.ts'
export * from './read-share-group-state-summary.ts'
export * from './remote-log-records.ts'
export * from './remove-raft-voter.ts'
export * from './renew-delegation-token.ts'
export * from './sasl-authenticate.ts'
export * from './sasl-handshake.ts'
export * from './share-acknowledge.ts'
export * from './share-fetch.ts'
export * from './share-group-describe.ts'
export * from './share-group-heartbeat.ts'
export * from './share-group-state-records.ts'
export * from './stop-replica.ts'
export * from './streams-group-describe.ts'
export * from './streams-group-heartbeat.ts'
export * from './sync-group.ts'
export * from './transaction-state-records.ts'
export * from './txn-offset-commit.ts'
export * from './unregister-broker.ts'
export * from './update-features.ts'
export * from './update-metadata.ts'
export * from './update-raft-voter.ts'
export * from './vote.ts'
export * from './write-share-group-state.ts'
export * from './write-txn-markers.ts'

/** Every schema: requests, responses, headers, coordinator records, metadata records and data. */
export const allMessages: readonly AnyMessage[] = [
  ProduceRequest,
  ProduceResponse,
  LegacyOffsetCommitKey,
  LegacyOffsetCommitValue,
  OffsetCommitKey,
  OffsetCommitValue,
  GroupMetadataKey,
  GroupMetadataValue,
  ConsumerGroupMetadataKey,
  ConsumerGroupMetadataValue,
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataValue,
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
  ShareGroupMemberMetadataKey,
  ShareGroupMemberMetadataValue,
  ShareGroupMetadataKey,
  ShareGroupMetadataValue,
  ShareGroupTargetAssignmentMetadataKey,
  ShareGroupTargetAssignmentMetadataValue,
  ShareGroupTargetAssignmentMemberKey,
  ShareGroupTargetAssignmentMemberValue,
  ShareGroupCurrentMemberAssignmentKey,
  ShareGroupCurrentMemberAssignmentValue,
  ShareGroupStatePartitionMetadataKey,
  ShareGroupStatePartitionMetadataValue,
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
  StreamsGroupMetadataKey,
  StreamsGroupMetadataValue,
  StreamsGroupMemberMetadataKey,
  StreamsGroupMemberMetadataValue,
  StreamsGroupTargetAssignmentMetadataKey,
  StreamsGroupTargetAssignmentMetadataValue,
  StreamsGroupTargetAssignmentMemberKey,
  StreamsGroupTargetAssignmentMemberValue,
  StreamsGroupCurrentMemberAssignmentKey,
  StreamsGroupCurrentMemberAssignmentValue,
  StreamsGroupTopologyKey,
  StreamsGroupTopologyValue,
  RemoteLogSegmentMetadataRecord,
  RemoteLogSegmentMetadataUpdateRecord,
  RemotePartitionDeleteMetadataRecord,
  RemoteLogSegmentMetadataSnapshotRecord,
  ShareSnapshotKey,
  ShareSnapshotValue,
  ShareUpdateKey,
  ShareUpdateValue,
  TransactionLogKey,
  TransactionLogValue,
  FetchRequest,
  FetchResponse,
  ListOffsetsRequest,
  ListOffsetsResponse,
  MetadataRequest,
  MetadataResponse,
  LeaderAndIsrRequest,
  LeaderAndIsrResponse,
  StopReplicaRequest,
  StopReplicaResponse,
  UpdateMetadataRequest,
  UpdateMetadataResponse,
  ControlledShutdownRequest,
  ControlledShutdownResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  SyncGroupRequest,
  SyncGroupResponse,
  DescribeGroupsRequest,
  DescribeGroupsResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  SaslHandshakeRequest,
  SaslHandshakeResponse,
  ApiVersionsRequest,
  ApiVersionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  InitProducerIdRequest,
  InitProducerIdResponse,
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
  EndTxnRequest,
  EndTxnResponse,
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
  DescribeAclsRequest,
  DescribeAclsResponse,
  CreateAclsRequest,
  CreateAclsResponse,
  DeleteAclsRequest,
  DeleteAclsResponse,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  AlterConfigsRequest,
  AlterConfigsResponse,
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
  SaslAuthenticateRequest,
  SaslAuthenticateResponse,
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
  DeleteGroupsRequest,
  DeleteGroupsResponse,
  ElectLeadersRequest,
  ElectLeadersResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
  OffsetDeleteRequest,
  OffsetDeleteResponse,
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
  VoteRequest,
  VoteResponse,
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse,
  EndQuorumEpochRequest,
  EndQuorumEpochResponse,
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  AlterPartitionRequest,
  AlterPartitionResponse,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
  EnvelopeRequest,
  EnvelopeResponse,
  FetchSnapshotRequest,
  FetchSnapshotResponse,
  DescribeClusterRequest,
  DescribeClusterResponse,
  DescribeProducersRequest,
  DescribeProducersResponse,
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
  ListTransactionsRequest,
  ListTransactionsResponse,
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
  PushTelemetryRequest,
  PushTelemetryResponse,
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponse,
  ShareFetchRequest,
  ShareFetchResponse,
  ShareAcknowledgeRequest,
  ShareAcknowledgeResponse,
  AddRaftVoterRequest,
  AddRaftVoterResponse,
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
  UpdateRaftVoterRequest,
  UpdateRaftVoterResponse,
  InitializeShareGroupStateRequest,
  InitializeShareGroupStateResponse,
  ReadShareGroupStateRequest,
  ReadShareGroupStateResponse,
  WriteShareGroupStateRequest,
  WriteShareGroupStateResponse,
  DeleteShareGroupStateRequest,
  DeleteShareGroupStateResponse,
  ReadShareGroupStateSummaryRequest,
  ReadShareGroupStateSummaryResponse,
  StreamsGroupHeartbeatRequest,
  StreamsGroupHeartbeatResponse,
  StreamsGroupDescribeRequest,
  StreamsGroupDescribeResponse,
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  ControlRecordTypeSchema,
  DefaultPrincipalData,
  ProducerSnapshot,
  QuorumStateData,
  EndTxnMarker,
  KRaftVersionRecord,
  LeaderChangeMessage,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
  RequestHeader,
  ResponseHeader,
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
]

/** The request and response of each API, and its name as Kafka has it, by API key. */
export const apis = {
  Produce: { key: 0, name: 'Produce', request: ProduceRequest, response: ProduceResponse },
  Fetch: { key: 1, name: 'Fetch', request: FetchRequest, response: FetchResponse },
  ListOffsets: { key: 2, name: 'ListOffsets', request: ListOffsetsRequest, response: ListOffsetsResponse },
  Metadata: { key: 3, name: 'Metadata', request: MetadataRequest, response: MetadataResponse },
  LeaderAndIsr: { key: 4, name: 'LeaderAndIsr', request: LeaderAndIsrRequest, response: LeaderAndIsrResponse },
  StopReplica: { key: 5, name: 'StopReplica', request: StopReplicaRequest, response: StopReplicaResponse },
  UpdateMetadata: { key: 6, name: 'UpdateMetadata', request: UpdateMetadataRequest, response: UpdateMetadataResponse },
  ControlledShutdown: {
    key: 7,
    name: 'ControlledShutdown',
    request: ControlledShutdownRequest,
    response: ControlledShutdownResponse,
  },
  OffsetCommit: { key: 8, name: 'OffsetCommit', request: OffsetCommitRequest, response: OffsetCommitResponse },
  OffsetFetch: { key: 9, name: 'OffsetFetch', request: OffsetFetchRequest, response: OffsetFetchResponse },
  FindCoordinator: {
    key: 10,
    name: 'FindCoordinator',
    request: FindCoordinatorRequest,
    response: FindCoordinatorResponse,
  },
  JoinGroup: { key: 11, name: 'JoinGroup', request: JoinGroupRequest, response: JoinGroupResponse },
  Heartbeat: { key: 12, name: 'Heartbeat', request: HeartbeatRequest, response: HeartbeatResponse },
  LeaveGroup: { key: 13, name: 'LeaveGroup', request: LeaveGroupRequest, response: LeaveGroupResponse },
  SyncGroup: { key: 14, name: 'SyncGroup', request: SyncGroupRequest, response: SyncGroupResponse },
  DescribeGroups: { key: 15, name: 'DescribeGroups', request: DescribeGroupsRequest, response: DescribeGroupsResponse },
  ListGroups: { key: 16, name: 'ListGroups', request: ListGroupsRequest, response: ListGroupsResponse },
  SaslHandshake: { key: 17, name: 'SaslHandshake', request: SaslHandshakeRequest, response: SaslHandshakeResponse },
  ApiVersions: { key: 18, name: 'ApiVersions', request: ApiVersionsRequest, response: ApiVersionsResponse },
  CreateTopics: { key: 19, name: 'CreateTopics', request: CreateTopicsRequest, response: CreateTopicsResponse },
  DeleteTopics: { key: 20, name: 'DeleteTopics', request: DeleteTopicsRequest, response: DeleteTopicsResponse },
  DeleteRecords: { key: 21, name: 'DeleteRecords', request: DeleteRecordsRequest, response: DeleteRecordsResponse },
  InitProducerId: { key: 22, name: 'InitProducerId', request: InitProducerIdRequest, response: InitProducerIdResponse },
  OffsetForLeaderEpoch: {
    key: 23,
    name: 'OffsetForLeaderEpoch',
    request: OffsetForLeaderEpochRequest,
    response: OffsetForLeaderEpochResponse,
  },
  AddPartitionsToTxn: {
    key: 24,
    name: 'AddPartitionsToTxn',
    request: AddPartitionsToTxnRequest,
    response: AddPartitionsToTxnResponse,
  },
  AddOffsetsToTxn: {
    key: 25,
    name: 'AddOffsetsToTxn',
    request: AddOffsetsToTxnRequest,
    response: AddOffsetsToTxnResponse,
  },
  EndTxn: { key: 26, name: 'EndTxn', request: EndTxnRequest, response: EndTxnResponse },
  WriteTxnMarkers: {
    key: 27,
    name: 'WriteTxnMarkers',
    request: WriteTxnMarkersRequest,
    response: WriteTxnMarkersResponse,
  },
  TxnOffsetCommit: {
    key: 28,
    name: 'TxnOffsetCommit',
    request: TxnOffsetCommitRequest,
    response: TxnOffsetCommitResponse,
  },
  DescribeAcls: { key: 29, name: 'DescribeAcls', request: DescribeAclsRequest, response: DescribeAclsResponse },
  CreateAcls: { key: 30, name: 'CreateAcls', request: CreateAclsRequest, response: CreateAclsResponse },
  DeleteAcls: { key: 31, name: 'DeleteAcls', request: DeleteAclsRequest, response: DeleteAclsResponse },
  DescribeConfigs: {
    key: 32,
    name: 'DescribeConfigs',
    request: DescribeConfigsRequest,
    response: DescribeConfigsResponse,
  },
  AlterConfigs: { key: 33, name: 'AlterConfigs', request: AlterConfigsRequest, response: AlterConfigsResponse },
  AlterReplicaLogDirs: {
    key: 34,
    name: 'AlterReplicaLogDirs',
    request: AlterReplicaLogDirsRequest,
    response: AlterReplicaLogDirsResponse,
  },
  DescribeLogDirs: {
    key: 35,
    name: 'DescribeLogDirs',
    request: DescribeLogDirsRequest,
    response: DescribeLogDirsResponse,
  },
  SaslAuthenticate: {
    key: 36,
    name: 'SaslAuthenticate',
    request: SaslAuthenticateRequest,
    response: SaslAuthenticateResponse,
  },
  CreatePartitions: {
    key: 37,
    name: 'CreatePartitions',
    request: CreatePartitionsRequest,
    response: CreatePartitionsResponse,
  },
  CreateDelegationToken: {
    key: 38,
    name: 'CreateDelegationToken',
    request: CreateDelegationTokenRequest,
    response: CreateDelegationTokenResponse,
  },
  RenewDelegationToken: {
    key: 39,
    name: 'RenewDelegationToken',
    request: RenewDelegationTokenRequest,
    response: RenewDelegationTokenResponse,
  },
  ExpireDelegationToken: {
    key: 40,
    name: 'ExpireDelegationToken',
    request: ExpireDelegationTokenRequest,
    response: ExpireDelegationTokenResponse,
  },
  DescribeDelegationToken: {
    key: 41,
    name: 'DescribeDelegationToken',
    request: DescribeDelegationTokenRequest,
    response: DescribeDelegationTokenResponse,
  },
  DeleteGroups: { key: 42, name: 'DeleteGroups', request: DeleteGroupsRequest, response: DeleteGroupsResponse },
  ElectLeaders: { key: 43, name: 'ElectLeaders', request: ElectLeadersRequest, response: ElectLeadersResponse },
  IncrementalAlterConfigs: {
    key: 44,
    name: 'IncrementalAlterConfigs',
    request: IncrementalAlterConfigsRequest,
    response: IncrementalAlterConfigsResponse,
  },
  AlterPartitionReassignments: {
    key: 45,
    name: 'AlterPartitionReassignments',
    request: AlterPartitionReassignmentsRequest,
    response: AlterPartitionReassignmentsResponse,
  },
  ListPartitionReassignments: {
    key: 46,
    name: 'ListPartitionReassignments',
    request: ListPartitionReassignmentsRequest,
    response: ListPartitionReassignmentsResponse,
  },
  OffsetDelete: { key: 47, name: 'OffsetDelete', request: OffsetDeleteRequest, response: OffsetDeleteResponse },
  DescribeClientQuotas: {
    key: 48,
    name: 'DescribeClientQuotas',
    request: DescribeClientQuotasRequest,
    response: DescribeClientQuotasResponse,
  },
  AlterClientQuotas: {
    key: 49,
    name: 'AlterClientQuotas',
    request: AlterClientQuotasRequest,
    response: AlterClientQuotasResponse,
  },
  DescribeUserScramCredentials: {
    key: 50,
    name: 'DescribeUserScramCredentials',
    request: DescribeUserScramCredentialsRequest,
    response: DescribeUserScramCredentialsResponse,
  },
  AlterUserScramCredentials: {
    key: 51,
    name: 'AlterUserScramCredentials',
    request: AlterUserScramCredentialsRequest,
    response: AlterUserScramCredentialsResponse,
  },
  Vote: { key: 52, name: 'Vote', request: VoteRequest, response: VoteResponse },
  BeginQuorumEpoch: {
    key: 53,
    name: 'BeginQuorumEpoch',
    request: BeginQuorumEpochRequest,
    response: BeginQuorumEpochResponse,
  },
  EndQuorumEpoch: { key: 54, name: 'EndQuorumEpoch', request: EndQuorumEpochRequest, response: EndQuorumEpochResponse },
  DescribeQuorum: { key: 55, name: 'DescribeQuorum', request: DescribeQuorumRequest, response: DescribeQuorumResponse },
  AlterPartition: { key: 56, name: 'AlterPartition', request: AlterPartitionRequest, response: AlterPartitionResponse },
  UpdateFeatures: { key: 57, name: 'UpdateFeatures', request: UpdateFeaturesRequest, response: UpdateFeaturesResponse },
  Envelope: { key: 58, name: 'Envelope', request: EnvelopeRequest, response: EnvelopeResponse },
  FetchSnapshot: { key: 59, name: 'FetchSnapshot', request: FetchSnapshotRequest, response: FetchSnapshotResponse },
  DescribeCluster: {
    key: 60,
    name: 'DescribeCluster',
    request: DescribeClusterRequest,
    response: DescribeClusterResponse,
  },
  DescribeProducers: {
    key: 61,
    name: 'DescribeProducers',
    request: DescribeProducersRequest,
    response: DescribeProducersResponse,
  },
  BrokerRegistration: {
    key: 62,
    name: 'BrokerRegistration',
    request: BrokerRegistrationRequest,
    response: BrokerRegistrationResponse,
  },
  BrokerHeartbeat: {
    key: 63,
    name: 'BrokerHeartbeat',
    request: BrokerHeartbeatRequest,
    response: BrokerHeartbeatResponse,
  },
  UnregisterBroker: {
    key: 64,
    name: 'UnregisterBroker',
    request: UnregisterBrokerRequest,
    response: UnregisterBrokerResponse,
  },
  DescribeTransactions: {
    key: 65,
    name: 'DescribeTransactions',
    request: DescribeTransactionsRequest,
    response: DescribeTransactionsResponse,
  },
  ListTransactions: {
    key: 66,
    name: 'ListTransactions',
    request: ListTransactionsRequest,
    response: ListTransactionsResponse,
  },
  AllocateProducerIds: {
    key: 67,
    name: 'AllocateProducerIds',
    request: AllocateProducerIdsRequest,
    response: AllocateProducerIdsResponse,
  },
  ConsumerGroupHeartbeat: {
    key: 68,
    name: 'ConsumerGroupHeartbeat',
    request: ConsumerGroupHeartbeatRequest,
    response: ConsumerGroupHeartbeatResponse,
  },
  ConsumerGroupDescribe: {
    key: 69,
    name: 'ConsumerGroupDescribe',
    request: ConsumerGroupDescribeRequest,
    response: ConsumerGroupDescribeResponse,
  },
  ControllerRegistration: {
    key: 70,
    name: 'ControllerRegistration',
    request: ControllerRegistrationRequest,
    response: ControllerRegistrationResponse,
  },
  GetTelemetrySubscriptions: {
    key: 71,
    name: 'GetTelemetrySubscriptions',
    request: GetTelemetrySubscriptionsRequest,
    response: GetTelemetrySubscriptionsResponse,
  },
  PushTelemetry: { key: 72, name: 'PushTelemetry', request: PushTelemetryRequest, response: PushTelemetryResponse },
  AssignReplicasToDirs: {
    key: 73,
    name: 'AssignReplicasToDirs',
    request: AssignReplicasToDirsRequest,
    response: AssignReplicasToDirsResponse,
  },
  ListConfigResources: {
    key: 74,
    name: 'ListConfigResources',
    request: ListConfigResourcesRequest,
    response: ListConfigResourcesResponse,
  },
  DescribeTopicPartitions: {
    key: 75,
    name: 'DescribeTopicPartitions',
    request: DescribeTopicPartitionsRequest,
    response: DescribeTopicPartitionsResponse,
  },
  ShareGroupHeartbeat: {
    key: 76,
    name: 'ShareGroupHeartbeat',
    request: ShareGroupHeartbeatRequest,
    response: ShareGroupHeartbeatResponse,
  },
  ShareGroupDescribe: {
    key: 77,
    name: 'ShareGroupDescribe',
    request: ShareGroupDescribeRequest,
    response: ShareGroupDescribeResponse,
  },
  ShareFetch: { key: 78, name: 'ShareFetch', request: ShareFetchRequest, response: ShareFetchResponse },
  ShareAcknowledge: {
    key: 79,
    name: 'ShareAcknowledge',
    request: ShareAcknowledgeRequest,
    response: ShareAcknowledgeResponse,
  },
  AddRaftVoter: { key: 80, name: 'AddRaftVoter', request: AddRaftVoterRequest, response: AddRaftVoterResponse },
  RemoveRaftVoter: {
    key: 81,
    name: 'RemoveRaftVoter',
    request: RemoveRaftVoterRequest,
    response: RemoveRaftVoterResponse,
  },
  UpdateRaftVoter: {
    key: 82,
    name: 'UpdateRaftVoter',
    request: UpdateRaftVoterRequest,
    response: UpdateRaftVoterResponse,
  },
  InitializeShareGroupState: {
    key: 83,
    name: 'InitializeShareGroupState',
    request: InitializeShareGroupStateRequest,
    response: InitializeShareGroupStateResponse,
  },
  ReadShareGroupState: {
    key: 84,
    name: 'ReadShareGroupState',
    request: ReadShareGroupStateRequest,
    response: ReadShareGroupStateResponse,
  },
  WriteShareGroupState: {
    key: 85,
    name: 'WriteShareGroupState',
    request: WriteShareGroupStateRequest,
    response: WriteShareGroupStateResponse,
  },
  DeleteShareGroupState: {
    key: 86,
    name: 'DeleteShareGroupState',
    request: DeleteShareGroupStateRequest,
    response: DeleteShareGroupStateResponse,
  },
  ReadShareGroupStateSummary: {
    key: 87,
    name: 'ReadShareGroupStateSummary',
    request: ReadShareGroupStateSummaryRequest,
    response: ReadShareGroupStateSummaryResponse,
  },
  StreamsGroupHeartbeat: {
    key: 88,
    name: 'StreamsGroupHeartbeat',
    request: StreamsGroupHeartbeatRequest,
    response: StreamsGroupHeartbeatResponse,
  },
  StreamsGroupDescribe: {
    key: 89,
    name: 'StreamsGroupDescribe',
    request: StreamsGroupDescribeRequest,
    response: StreamsGroupDescribeResponse,
  },
  DescribeShareGroupOffsets: {
    key: 90,
    name: 'DescribeShareGroupOffsets',
    request: DescribeShareGroupOffsetsRequest,
    response: DescribeShareGroupOffsetsResponse,
  },
  AlterShareGroupOffsets: {
    key: 91,
    name: 'AlterShareGroupOffsets',
    request: AlterShareGroupOffsetsRequest,
    response: AlterShareGroupOffsetsResponse,
  },
  DeleteShareGroupOffsets: {
    key: 92,
    name: 'DeleteShareGroupOffsets',
    request: DeleteShareGroupOffsetsRequest,
    response: DeleteShareGroupOffsetsResponse,
  },
} as const

export type ApiName = keyof typeof apis

/** An API as the dispatcher sees it: key, name and the two schemas. */
export interface Api {
  readonly key: number
  readonly name: ApiName
  readonly request: AnyMessage
  readonly response: AnyMessage
}

const apisByKey = new Map<number, Api>(Object.values(apis).map((api) => [api.key, api]))
let messagesByName: Map<string, AnyMessage> | undefined

/** The API with this key, or undefined. */
export function apiByKey(key: number): Api | undefined {
  return apisByKey.get(key)
}

/** The schema with this name (`FetchRequest`, `TopicRecord`, …), or undefined. */
export function messageByName(name: string): AnyMessage | undefined {
  messagesByName ??= new Map(allMessages.map((message) => [message.name, message]))
  return messagesByName.get(name)
}
