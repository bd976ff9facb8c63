// What a group's client is told of an operation that failed: the log's errors in the terms of a coordinator.
import { type ErrorName, KafkaError } from '../wire/index.ts'

const coordinatorTerms: Partial<Record<ErrorName, ErrorName>> = {
  NETWORK_EXCEPTION: 'COORDINATOR_LOAD_IN_PROGRESS',
  UNKNOWN_TOPIC_OR_PARTITION: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS: 'COORDINATOR_NOT_AVAILABLE',
  REQUEST_TIMED_OUT: 'COORDINATOR_NOT_AVAILABLE',
  NOT_LEADER_OR_FOLLOWER: 'NOT_COORDINATOR',
  KAFKA_STORAGE_ERROR: 'NOT_COORDINATOR',
  MESSAGE_TOO_LARGE: 'UNKNOWN_SERVER_ERROR',
  RECORD_LIST_TOO_LARGE: 'UNKNOWN_SERVER_ERROR',
  INVALID_FETCH_SIZE: 'UNKNOWN_SERVER_ERROR',
}

/** OffsetFetch has no word for a coordinator that cannot write; its clients would give up. */
const fetchTerms: Partial<Record<ErrorName, ErrorName>> = {
  ...coordinatorTerms,
  UNKNOWN_TOPIC_OR_PARTITION: 'NOT_COORDINATOR',
  NOT_ENOUGH_REPLICAS: 'NOT_COORDINATOR',
  REQUEST_TIMED_OUT: 'NOT_COORDINATOR',
}

export function inCoordinatorTerms(error: KafkaError): KafkaError {
  return translate(error, coordinatorTerms)
}

export function inFetchTerms(error: KafkaError): KafkaError {
  return translate(error, fetchTerms)
}

function translate(error: KafkaError, terms: Partial<Record<ErrorName, ErrorName>>): KafkaError {
  const codeName = terms[error.codeName]
  return codeName === undefined ? error : new KafkaError(codeName)
}
