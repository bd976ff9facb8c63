// The front door of the room: the group coordinator. Groups of all kinds, their members and their committed offsets.
export type { LeavingMember, Requester } from './classic-groups.ts'
export type { JoinResponse, SyncResponse } from './classic-member.ts'
export type { HeartbeatResponse } from './consumer-groups.ts'
export { GroupCoordinator, type GroupCoordinatorRooms, type LeaveResponse } from './coordinator.ts'
export type { DescribedConsumerGroup, DescribedGroup, GroupFilters, ListedGroup } from './descriptions.ts'
export type { CommitResponse, DeleteResponse, FetchedTopics, FetchGroup, TxnCommitResponse } from './offsets.ts'
export { consumerOffsetsStorage } from './storage.ts'
