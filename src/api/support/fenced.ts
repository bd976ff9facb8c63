// Before they knew PRODUCER_FENCED, producers were told INVALID_PRODUCER_EPOCH by the transaction coordinator, too.
import { ErrorCode } from '../../wire/index.ts'

/** The code as a client of this version knows it; `knownFrom` is the first version with PRODUCER_FENCED. */
export function fencedInVersion(errorCode: number, apiVersion: number, knownFrom: number): number {
  const isUnknown = errorCode === ErrorCode.PRODUCER_FENCED && apiVersion < knownFrom
  return isUnknown ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode
}
