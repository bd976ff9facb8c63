// How a command says what went wrong with one of the things it was asked: a code and the text a client is shown.
import { ErrorCode, KafkaError } from '../wire/index.ts'

export interface ApiError {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const NO_ERROR: ApiError = { errorCode: ErrorCode.NONE, errorMessage: null }

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
