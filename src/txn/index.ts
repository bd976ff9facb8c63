// The front door of the room: the transaction coordinator, and the producer ids that it shares with everyone.
export { TransactionCoordinator, type TransactionCoordinatorRooms } from './coordinator.ts'
export type { SendMarkers, TxnMarkerResults, TxnMarkers } from './markers.ts'
export { transactionStates } from './metadata.ts'
export { ProducerIds } from './producer-ids.ts'
export type { TransactionFilters } from './shard.ts'
export { transactionStateStorage } from './storage.ts'
