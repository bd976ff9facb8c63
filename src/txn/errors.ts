// What the log says of a write that failed, in the terms of a transaction coordinator.
import { type ErrorName, KafkaError } from '../wire/index.ts'

const coordinatorTerms: Partial<Record<ErrorName, ErrorName>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'COORDINATOR_NOT_AVAILABLE',
  REQUEST_TIMED_OUT: 'COORDINATOR_NOT_AVAILABLE',
  NOT_LEADER_OR_FOLLOWER: 'NOT_COORDINATOR',
  KAFKA_STORAGE_ERROR: 'NOT_COORDINATOR',
  MESSAGE_TOO_LARGE: 'UNKNOWN_SERVER_ERROR',
  RECORD_LIST_TOO_LARGE: 'UNKNOWN_SERVER_ERROR',
}

export function inCoordinatorTerms(error: unknown): unknown {
  if (!(error instanceof KafkaError)) return error
  const codeName = coordinatorTerms[error.codeName]
  return codeName === undefined ? error : new KafkaError(codeName)
}
