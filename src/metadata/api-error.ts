// How a command says what went wrong with one of the things it was asked: a code and the text a client is shown.
import { ErrorCode, type ErrorName, KafkaError } from '../wire/index.ts'

export interface ApiError {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const NO_ERROR: ApiError = { errorCode: ErrorCode.NONE, errorMessage: null }

/** Kafka's own text of an error, for the places where it tells that instead of a reason of its own. */
const texts = {
  UNKNOWN_SERVER_ERROR: 'The server experienced an unexpected error when processing the request.',
  UNKNOWN_TOPIC_OR_PARTITION: 'This server does not host this topic-partition.',
  INVALID_REQUEST:
    'This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.',
  PREFERRED_LEADER_NOT_AVAILABLE: 'The preferred leader was not available.',
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 'Eligible topic partition leaders are not available.',
  ELECTION_NOT_NEEDED: 'Leader election not needed for topic partition.',
  UNKNOWN_TOPIC_ID: 'This server does not host this topic ID.',
} as const satisfies Partial<Record<ErrorName, string>>

/** The error with Kafka's own text. */
export function apiError(name: keyof typeof texts): ApiError {
  return { errorCode: ErrorCode[name], errorMessage: texts[name] }
}

/** Kafka's own text of a code, where one of its answers tells that whatever the reason was. */
export function textOf(errorCode: number): string | undefined {
  return Object.entries<string>(texts).find(([name]) => ErrorCode[name as keyof typeof texts] === errorCode)?.[1]
}

/** The error that `attempt` throws, or undefined. What is not a KafkaError is a bug, and not caught. */
export function errorOf(attempt: () => void): ApiError | undefined {
  try {
    attempt()
    return undefined
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { errorCode: error.code, errorMessage: error.errorMessage }
  }
}
