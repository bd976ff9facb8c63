// Every API that the broker serves, put together from the rooms: what is in this list is what ApiVersions advertises.
import { addOffsetsToTxnApi } from './api/add-offsets-to-txn.ts'
import { addPartitionsToTxnApi } from './api/add-partitions-to-txn.ts'
import { addRaftVoterApi } from './api/add-raft-voter.ts'
import { alterConfigsApi } from './api/alter-configs.ts'
import { alterPartitionReassignmentsApi } from './api/alter-partition-reassignments.ts'
import { alterReplicaLogDirsApi } from './api/alter-replica-log-dirs.ts'
import { apiVersionsApi } from './api/api-versions.ts'
import { consumerGroupDescribeApi } from './api/consumer-group-describe.ts'
import { consumerGroupHeartbeatApi } from './api/consumer-group-heartbeat.ts'
import { createPartitionsApi } from './api/create-partitions.ts'
import { createTopicsApi } from './api/create-topics.ts'
import { deleteGroupsApi } from './api/delete-groups.ts'
import { deleteRecordsApi } from './api/delete-records.ts'
import { deleteTopicsApi } from './api/delete-topics.ts'
import { describeClusterApi } from './api/describe-cluster.ts'
import { describeConfigsApi } from './api/describe-configs.ts'
import { describeGroupsApi } from './api/describe-groups.ts'
import { describeLogDirsApi } from './api/describe-log-dirs.ts'
import { describeProducersApi } from './api/describe-producers.ts'
import { describeQuorumApi } from './api/describe-quorum.ts'
import { describeTopicPartitionsApi } from './api/describe-topic-partitions.ts'
import { describeTransactionsApi } from './api/describe-transactions.ts'
import { electLeadersApi } from './api/elect-leaders.ts'
import { endTxnApi } from './api/end-txn.ts'
import { fetchApi } from './api/fetch.ts'
import { findCoordinatorApi } from './api/find-coordinator.ts'
import { getTelemetrySubscriptionsApi } from './api/get-telemetry-subscriptions.ts'
import type { ApiHandler } from './api/handler.ts'
import { heartbeatApi } from './api/heartbeat.ts'
import { incrementalAlterConfigsApi } from './api/incremental-alter-configs.ts'
import { initProducerIdApi } from './api/init-producer-id.ts'
import { joinGroupApi } from './api/join-group.ts'
import { leaveGroupApi } from './api/leave-group.ts'
import { listConfigResourcesApi } from './api/list-config-resources.ts'
import { listGroupsApi } from './api/list-groups.ts'
import { listOffsetsApi } from './api/list-offsets.ts'
import { listPartitionReassignmentsApi } from './api/list-partition-reassignments.ts'
import { listTransactionsApi } from './api/list-transactions.ts'
import { metadataApi } from './api/metadata.ts'
import { offsetCommitApi } from './api/offset-commit.ts'
import { offsetDeleteApi } from './api/offset-delete.ts'
import { offsetFetchApi } from './api/offset-fetch.ts'
import { offsetForLeaderEpochApi } from './api/offset-for-leader-epoch.ts'
import { produceApi } from './api/produce.ts'
import { pushTelemetryApi } from './api/push-telemetry.ts'
import { removeRaftVoterApi } from './api/remove-raft-voter.ts'
import { syncGroupApi } from './api/sync-group.ts'
import { txnOffsetCommitApi } from './api/txn-offset-commit.ts'
import { unregisterBrokerApi } from './api/unregister-broker.ts'
import { updateFeaturesApi } from './api/update-features.ts'
import { writeTxnMarkersApi } from './api/write-txn-markers.ts'
import type { GroupCoordinator } from './group/index.ts'
import type { Clock, FileSystem } from './io/index.ts'
import type { LogManager } from './log/index.ts'
import type { AutoTopicCreation, BrokerLoggers, Controller, LiveConfig } from './metadata/index.ts'
import type { FetchSessions, LogDirectoryMoves, ReplicaManager } from './replica/index.ts'
import type { ClientMetrics } from './telemetry/index.ts'
import type { ProducerIds, TransactionCoordinator } from './txn/index.ts'

export interface Rooms {
  readonly controller: Controller
  readonly config: LiveConfig
  readonly loggers: BrokerLoggers
  readonly autoTopicCreation: AutoTopicCreation
  readonly logs: LogManager
  readonly fs: FileSystem
  readonly clock: Clock
  readonly replicas: ReplicaManager
  readonly moves: LogDirectoryMoves
  readonly sessions: FetchSessions
  readonly producerIds: ProducerIds
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly telemetry: ClientMetrics
}

/** What a broker of another version would serve of an API; undefined where it has none. */
export type VersionLimit = (handler: ApiHandler) => ApiHandler | undefined

export function handlersOf(rooms: Rooms, limit?: VersionLimit): readonly ApiHandler[] {
  const { controller, replicas, logs, fs, loggers, groups, transactions } = rooms
  const { image } = controller
  const config = () => rooms.config.broker
  let handlers: readonly ApiHandler[] = []
  const all: readonly ApiHandler[] = [
    // Records
    produceApi({ replicas, image }),
    fetchApi({ replicas, sessions: rooms.sessions, image, config: rooms.config }),
    listOffsetsApi({ replicas, now: () => rooms.clock.now() }),
    offsetForLeaderEpochApi({ replicas }),
    deleteRecordsApi({ replicas }),
    describeProducersApi({ replicas, image }),
    alterReplicaLogDirsApi({ moves: rooms.moves }),
    describeLogDirsApi({ logs, fs, cordoned: () => config().get('cordoned.log.dirs') }),
    // Transactions
    initProducerIdApi({ producerIds: rooms.producerIds, transactions }),
    addPartitionsToTxnApi({ transactions, image }),
    addOffsetsToTxnApi({ transactions, groups }),
    endTxnApi({ transactions }),
    txnOffsetCommitApi({ groups, replicas, image }),
    writeTxnMarkersApi({ replicas, groups, now: () => rooms.clock.now() }),
    describeTransactionsApi({ transactions }),
    listTransactionsApi({ transactions }),
    // The cluster
    apiVersionsApi({ handlers: () => handlers, features: () => controller.features }),
    metadataApi({ image, config, autoTopicCreation: rooms.autoTopicCreation }),
    describeClusterApi({ image }),
    describeQuorumApi({ controller, image }),
    describeTopicPartitionsApi({ image, config }),
    updateFeaturesApi({ controller }),
    addRaftVoterApi({ controller }),
    removeRaftVoterApi({ controller }),
    unregisterBrokerApi({ controller }),
    // Topics
    createTopicsApi({ controller, config }),
    deleteTopicsApi({ controller, image, config }),
    createPartitionsApi({ controller }),
    electLeadersApi({ controller }),
    alterPartitionReassignmentsApi({ controller }),
    listPartitionReassignmentsApi({ image }),
    // Groups
    findCoordinatorApi({ image, autoTopicCreation: rooms.autoTopicCreation, groups, transactions }),
    joinGroupApi({ groups }),
    syncGroupApi({ groups }),
    heartbeatApi({ groups }),
    leaveGroupApi({ groups }),
    offsetCommitApi({ groups, image }),
    offsetFetchApi({ groups, image }),
    offsetDeleteApi({ groups, image }),
    describeGroupsApi({ groups }),
    consumerGroupHeartbeatApi({ groups, image, config }),
    consumerGroupDescribeApi({ groups, image, config }),
    listGroupsApi({ groups }),
    deleteGroupsApi({ groups }),
    // Configs
    describeConfigsApi({ image, config, loggers }),
    alterConfigsApi({ controller }),
    incrementalAlterConfigsApi({ controller, config, loggers }),
    listConfigResourcesApi({ image }),
    // Client metrics
    getTelemetrySubscriptionsApi({ telemetry: rooms.telemetry }),
    pushTelemetryApi({ telemetry: rooms.telemetry }),
  ]
  const served = config().legacyVersions ? all.map(withLegacyVersions) : all
  handlers = limit === undefined ? served : served.flatMap((handler) => limit(handler) ?? [])
  return handlers
}

/** With the versions that Kafka 4 gave up. */
function withLegacyVersions(handler: ApiHandler): ApiHandler {
  const { min, max, legacyMin = min } = handler.versions
  return { ...handler, versions: { min: legacyMin, max } }
}
